"""Where a buyer is at home when neither the request nor the cart says so: the last but one resort of tax
determination (docs/wire/emporix.md, 4.7 and 6.1)."""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.domain.countries import country_code
from tillroll.domain.customers.customer import BILLING, SHIPPING, CustomerDocument, address_for
from tillroll.domain.site.sites import Site


class DefaultTaxAddress(Struct, frozen=True):
    """The countries of a company's and a customer's addresses, by what they are for; empty for a guest."""

    company: dict[str, str] = {}
    customer: dict[str, str] = {}

    def country(self, purpose: str) -> str | None:
        """The country for BILLING or SHIPPING: the company's, else the customer's."""
        return self.company.get(purpose) or self.customer.get(purpose)


class CompanyAddress(Struct, frozen=True):
    """One of a company's addresses, as far as taxes go."""

    country: str
    tags: tuple[str, ...] = ()


NOWHERE = DefaultTaxAddress()


def default_tax_address_of(
    customer: CustomerDocument | None, company: Sequence[CompanyAddress] = ()
) -> DefaultTaxAddress:
    """Where these are at home: a tagged address comes first, then the default one, then the first."""
    of_customer, of_company = {}, {}
    for purpose in (BILLING, SHIPPING):
        address = address_for(customer, purpose) if customer is not None else None
        if address is not None and address.country:
            of_customer[purpose] = country_code(address.country)
        places = sorted(company, key=lambda one: purpose not in one.tags)
        if places:
            of_company[purpose] = country_code(places[0].country)
    return DefaultTaxAddress(of_company, of_customer)


def tax_purpose(site: Site) -> str:
    """Which address decides about a site's taxes."""
    return SHIPPING if site.tax_determination_based_on == "SHIPPING_ADDRESS" else BILLING
