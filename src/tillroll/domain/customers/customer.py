"""The customer: a profile, addresses, and the rules by which they may be changed.

The login's e-mail, the password's hash and whether the customer is active stand beside the document (contracts, 14).
"""

import re
from typing import Any

from msgspec import Struct

from tillroll.domain.countries import country_code
from tillroll.domain.typed import Typed

# RFC 5321: 64 before the @, 255 behind it.
EMAIL_CHARACTERS_MAX = 320
# More addresses than any household or company keeps by hand.
ADDRESSES_MAX = 100

BILLING = "BILLING"
SHIPPING = "SHIPPING"

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Business(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a business customer says of its company."""

    company_registration_id: str | None = None


class CustomerAddress(Struct, rename="camel", omit_defaults=True):
    """One address; its tags say what it is for: BILLING, SHIPPING or whatever the shop makes of it."""

    id: str = ""
    contact_name: str | None = None
    company_name: str | None = None
    street: str | None = None
    street_number: str | None = None
    street_appendix: str | None = None
    extra_line1: str | None = None
    extra_line2: str | None = None
    extra_line3: str | None = None
    extra_line4: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country: str | None = None
    state: str | None = None
    contact_phone: str | None = None
    tags: list[str] = []
    is_default: bool = False
    metadata: dict[str, Any] | None = None
    mixins: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """The country is in its kept form, however it was sent or kept before."""
        self.country = country_code(self.country) if self.country is not None else None


class Profile(Struct, rename="camel", omit_defaults=True):
    """Who a customer is, in the customer's own words."""

    title: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    company: str | None = None
    preferred_language: str | None = None
    preferred_currency: str | None = None
    preferred_site: str | None = None
    type: str | None = None
    photo_url: str | None = None
    b2b: Business | None = None
    metadata: dict[str, Any] | None = None
    mixins: dict[str, Any] | None = None


class CustomerDocument(Struct, rename="camel", omit_defaults=True):
    """A customer as it is stored."""

    profile: Profile
    addresses: list[CustomerAddress] = []

    def address(self, id: str) -> CustomerAddress | None:
        """The address with this id."""
        return next((address for address in self.addresses if address.id == id), None)

    @property
    def default_address(self) -> CustomerAddress | None:
        """The address that is marked as the default, if any."""
        return next((address for address in self.addresses if address.is_default), None)


def login_name(email: str) -> str:
    """The form in which the e-mail of a login is kept and compared."""
    return Typed(email).trimmed.lower()


def is_email(text: str) -> bool:
    """Whether this could be an e-mail address."""
    return len(text) <= EMAIL_CHARACTERS_MAX and _EMAIL.fullmatch(text) is not None and text.isprintable()


def put_address(document: CustomerDocument, address: CustomerAddress) -> str | None:
    """Add an address, or put it in the place of the one with its id; or say why not.

    The first address is the default one, and making one the default makes the others not.
    """
    known = document.address(address.id)
    if known is None and len(document.addresses) >= ADDRESSES_MAX:
        return f"A customer has at most {ADDRESSES_MAX} addresses."
    if not document.addresses:
        address.is_default = True
    document.addresses = (
        [*document.addresses, address]
        if known is None
        else [address if one is known else one for one in document.addresses]
    )
    if address.is_default:
        for one in document.addresses:
            one.is_default = one is address
    return None


def remove_address(document: CustomerDocument, id: str) -> bool:
    """Take an address away; False where there is none with this id."""
    kept = [address for address in document.addresses if address.id != id]
    found = len(kept) < len(document.addresses)
    document.addresses = kept
    return found


def address_for(document: CustomerDocument, tag: str) -> CustomerAddress | None:
    """The customer's address for a purpose: the default one if it has the tag, else the first that has it, else the
    default, else the first (docs/wire/emporix.md, 4.7)."""
    tagged = [address for address in document.addresses if tag in address.tags]
    ordered = sorted(tagged or document.addresses, key=lambda address: not address.is_default)
    return ordered[0] if ordered else None
