"""Whom a quote is for and where it goes, as profile and addresses of its customer say (docs/wire/emporix.md, 12)."""

from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.customers.customer import (
    BILLING,
    SHIPPING,
    CustomerAddress,
    CustomerDocument,
    address_for,
    login_name,
)
from tillroll.domain.orders.order import Address, Customer
from tillroll.engine.customers import customers
from tillroll.engine.customers.customers import StoredCustomer
from tillroll.engine.rejected import invalid
from tillroll.store import Transaction

# The fields that name an address, and what each is for.
BILLING_ID, SHIPPING_ID = "billing_address_id", "shipping_address_id"
_PURPOSES = {BILLING_ID: BILLING, SHIPPING_ID: SHIPPING}


def find_customer(tx: Transaction, shop: str, id: str | None, email: str | None = None) -> StoredCustomer:
    """The active customer with this id, or with this e-mail; raises Rejected."""
    found = None
    if id:
        found = customers.find(tx, shop, id)
    elif email:
        found = customers.find_by_email(tx, shop, login_name(email))
    if found is None or not found.active:
        field, named = ("customer_id", id) if id else ("customer_email", email)
        message = f"there is no active customer '{(named or '')[:80]}': name the customer whom the quote is for"
        raise invalid(field, message)
    return found


def customer_of(stored: StoredCustomer) -> Customer:
    """A customer as quotes and orders copy it."""
    profile = stored.document.profile
    return Customer(
        profile.contact_email or stored.email,
        id=stored.id,
        title=profile.title,
        first_name=profile.first_name,
        middle_name=profile.middle_name,
        last_name=profile.last_name,
        contact_phone=profile.contact_phone,
        company=profile.company,
    )


def named_address(document: CustomerDocument, field: str, id: str) -> Address:
    """The customer's address with this id, for the field that names it; raises Rejected."""
    known = document.address(id)
    if known is None:
        message = f"the customer has no address '{id[:80]}': send the id of one of the customer's addresses"
        raise invalid(field, message)
    address = _copied(known, _PURPOSES[field], document)
    if address is None:
        message = f"the address '{id[:80]}' lacks its street, city, zipCode or country: complete it"
        raise invalid(field, message)
    return address


class QuotePlace(Struct, frozen=True):
    """An address, and its id where it is one of the customer's own."""

    address: Address | None = None
    id: str | None = None


def place_of(
    document: CustomerDocument, cart_addresses: list[dict[str, Any]], field: str, id: str | None
) -> QuotePlace:
    """The address for a purpose: the one that is named, else the cart's, else the customer's own; raises Rejected.

    None where nobody has said one that is complete.
    """
    if id:
        return QuotePlace(named_address(document, field, id), id)
    type = _PURPOSES[field]
    for address in cart_addresses:
        if address.get("type") == type:
            try:
                return QuotePlace(msgspec.convert(address, Address))
            except msgspec.ValidationError:
                break  # a stub, which an emptied address leaves in a cart
    known = address_for(document, type)
    copied = _copied(known, type, document) if known is not None else None
    return QuotePlace(copied, known.id) if known is not None and copied is not None else QuotePlace()


def _copied(known: CustomerAddress, type: str, document: CustomerDocument) -> Address | None:
    """A customer's address as orders have it; None where it lacks what every address needs."""
    if not (known.street and known.zip_code and known.city and known.country):
        return None
    profile = document.profile
    name = known.contact_name or " ".join(part for part in (profile.first_name, profile.last_name) if part)
    return Address(
        name or known.company_name or "",
        known.street,
        known.zip_code,
        known.city,
        known.country,
        type,
        company_name=known.company_name,
        street_number=known.street_number,
        street_appendix=known.street_appendix,
        state=known.state,
        contact_phone=known.contact_phone,
    )
