"""Under which terms something is sold: whose taxes, on which side of them, rounded how.

    whereabouts ──► tax_country ──┐
    price models ─► side_of ──────┼─► PricingTerms ──► pricing_lines ──► price_cart
    site, currency, uplift ───────┘

Carts, quotes, orders by hand and checkouts all ask here, so that what is shown is what is offered and charged. Where
the vendor leaves a rule open, it is the same for all four (docs/decisions/0023-one-calculation.md).
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from tillroll.domain.countries import country_code
from tillroll.domain.customers.customer import BILLING
from tillroll.domain.customers.tax_address import NOWHERE, DefaultTaxAddress, tax_purpose
from tillroll.domain.prices.match import PriceContext
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.pricing.shapes import PricingRules
from tillroll.domain.site.sites import Site


class Whereabouts(Struct, frozen=True):
    """Whatever is known of where a purchase goes: the types and countries of its addresses, the country that its cart
    names, and where its buyer is at home."""

    addresses: tuple[tuple[str, str], ...] = ()
    country: str | None = None
    default_tax_address: DefaultTaxAddress = NOWHERE

    def named(self, purpose: str) -> str | None:
        """The country that the purchase itself names for BILLING or SHIPPING."""
        return self._address(purpose) or self.country or self._address(BILLING)

    def _address(self, purpose: str) -> str | None:
        return next((country for type, country in self.addresses if type == purpose and country), None)


class PricingTerms(Struct, frozen=True):
    """What all lines of one purchase are priced under: place, time and buyer, the country's taxes, and the rules."""

    context: PriceContext
    taxes: TaxTable | None
    rules: PricingRules

    @property
    def site(self) -> Site:
        """Where it is sold."""
        return self.context.site

    @property
    def country(self) -> str:
        """Whose taxes apply; empty where nobody knows."""
        return self.context.country


def tax_country(site: Site, where: Whereabouts) -> str:
    """Whose taxes apply, as a country code; empty where nothing says (docs/wire/emporix.md, 4.7 and 6.1).

    That of the address which the site names, else the cart's country, else the billing address, else where the buyer is
    at home, else the site's home.
    """
    purpose = tax_purpose(site)
    found = where.named(purpose) or where.default_tax_address.country(purpose) or site.home_country
    return country_code(found) if found else ""


def side_of(site: Site, models: Iterable[PriceModel | None]) -> bool:
    """Whether a purchase is priced gross: as the site says, else as the first of these price models, else net.

    `models` are those of the prices that its lines name in the catalogue, in the order of the lines: what an outside
    system priced says nothing (docs/wire/emporix.md, 6.1 rule 3, and 8).
    """
    if site.includes_tax is not None:
        return site.includes_tax
    return next((model.includes_tax for model in models if model is not None), False)


def rules_under(
    site: Site, currency: str, models: Iterable[PriceModel | None], uplift_percent: Decimal
) -> PricingRules:
    """How a purchase is calculated: to which places, on which side (docs/wire/emporix.md, 6.1 rules 1, 3 and 13)."""
    return PricingRules(site.scale_in(currency), side_of(site, models), currency, uplift_percent)
