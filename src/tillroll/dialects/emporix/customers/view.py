"""A customer as Emporix writes it: to the customer, and with what only the seller sees to the seller (14)."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from tillroll.dialects.emporix.customers.answers import (
    Account,
    CustomerForSeller,
    ShownAddress,
    ShownBusiness,
    ShownCustomer,
)
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.domain.customers.customer import Business, CustomerAddress
from tillroll.engine.customers.customers import StoredCustomer

# Whom an anonymous token belongs to.
ANONYMOUS = ShownCustomer(
    first_name="Anonymous",
    last_name="Anonymous",
    preferred_site="default",
    customer_number="00000000",
    id="00000000",
    accounts=(),
)


def for_customer(stored: StoredCustomer, expand: str = "", companies: Sequence[Document] = ()) -> ShownCustomer:
    """What a customer is told about itself; `expand` may ask for addresses."""
    return ShownCustomer(**_fields(stored, expand, companies, {}))


def for_seller(stored: StoredCustomer, expand: str = "", companies: Sequence[Document] = ()) -> CustomerForSeller:
    """What a back office is told about a customer."""
    created = iso(stored.created_at)
    known = {"createdAt": created, "modifiedAt": iso(stored.modified_at)}
    return CustomerForSeller(
        **_fields(stored, expand, companies, known),
        active=stored.active,
        on_hold=stored.on_hold,
        email=stored.email,
        metadata_created_at=created,
    )


def _fields(stored: StoredCustomer, expand: str, companies: Sequence[Document], known: Document) -> dict[str, Any]:
    """The fields that everybody is told; `known` is what else is known of the customer."""
    profile, default = stored.document.profile, stored.document.default_address
    wants_addresses = "addresses" in (part.strip() for part in expand.split(","))
    return {
        **asdict(profile),
        "customer_number": stored.id,
        "id": stored.id,
        "contact_email": profile.contact_email or stored.email,
        "accounts": (Account(id=stored.email),),
        "business_model": "B2B" if companies else "B2C",
        "b2b": _business(profile.b2b, companies),
        "mixins": profile.mixins or {},
        "metadata": {**(profile.metadata or {}), "version": stored.version, **known},
        "default_address": address(default) if default is not None else None,
        "addresses": addresses(stored) if wants_addresses else None,
    }


def _business(business: Business | None, companies: Sequence[Document]) -> ShownBusiness | None:
    if business is None and not companies:
        return None
    registration = business.company_registration_id if business is not None else None
    return ShownBusiness(company_registration_id=registration, legal_entities=tuple(companies))


def addresses(stored: StoredCustomer) -> tuple[ShownAddress, ...]:
    """All addresses of a customer."""
    return tuple(address(kept) for kept in stored.document.addresses)


def address(kept: CustomerAddress) -> ShownAddress:
    """One address."""
    return ShownAddress(**asdict(kept))
