"""A customer as Emporix writes it: to the customer, and with what only the seller sees to the seller (14)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.domain.customers.customer import CustomerAddress
from tillroll.engine.customers.customers import StoredCustomer

# Whom an anonymous token belongs to.
ANONYMOUS: Document = {
    "firstName": "Anonymous",
    "lastName": "Anonymous",
    "preferredSite": "default",
    "customerNumber": "00000000",
    "id": "00000000",
    "accounts": [],
}


def for_customer(stored: StoredCustomer, expand: str = "", companies: Sequence[Document] = ()) -> Document:
    """What a customer is told about itself; `expand` may ask for addresses."""
    profile = stored.document.profile
    shown: Document = _builtins(profile)
    shown |= {
        "customerNumber": stored.id,
        "id": stored.id,
        "contactEmail": profile.contact_email or stored.email,
        "accounts": [{"id": stored.email}],
        "businessModel": "B2B" if companies else "B2C",
        "mixins": profile.mixins or {},
        "metadata": {**(profile.metadata or {}), "version": stored.version},
    }
    if companies:
        shown["b2b"] = {**shown.get("b2b", {}), "legalEntities": list(companies)}
    default = stored.document.default_address
    if default is not None:
        shown["defaultAddress"] = address(default)
    if "addresses" in (part.strip() for part in expand.split(",")):
        shown["addresses"] = addresses(stored)
    return shown


def for_seller(stored: StoredCustomer, expand: str = "", companies: Sequence[Document] = ()) -> Document:
    """What a back office is told about a customer."""
    created = iso(stored.created_at)
    shown = for_customer(stored, expand, companies)
    shown["metadata"] |= {"createdAt": created, "modifiedAt": iso(stored.modified_at)}
    return shown | {
        "active": stored.active,
        "onHold": stored.on_hold,
        "email": stored.email,
        "metadataCreatedAt": created,
    }


def addresses(stored: StoredCustomer) -> list[Document]:
    """All addresses of a customer."""
    return [address(one) for one in stored.document.addresses]


def address(one: CustomerAddress) -> Document:
    """One address."""
    return _builtins(one) | {"tags": one.tags, "isDefault": one.is_default}


def _builtins(value: object) -> Document:
    document: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(Decimal,))
    return document
