"""Reading what clients say of customers and their addresses, and what is wrong with it (docs/wire/emporix.md, 14)."""

from collections.abc import Sequence

import msgspec

from tillroll.dialects.emporix.wire.fields import country_problem, currency_problem
from tillroll.dialects.http import Problem
from tillroll.dialects.nesting import nesting_problem
from tillroll.domain.customers.customer import (
    EMAIL_CHARACTERS_MAX,
    CustomerAddress,
    CustomerDocument,
    Profile,
    is_email,
)

# As large as a cart may become: a till reads it with every checkout.
CUSTOMER_BYTES_MAX = 262_144
TAGS_MAX = 20
TAG_CHARACTERS_MAX = 64

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def email_problem(field: str, email: str) -> Problem | None:
    """What is wrong with an e-mail address, if anything."""
    if not email:
        return Problem(field, "missing_value", f"{field} is required: send an e-mail address")
    if is_email(email):
        return None
    message = f"{field} must be an e-mail address of at most {EMAIL_CHARACTERS_MAX} characters, not '{email[:80]}'"
    return Problem(field, "invalid_value", message)


def profile_problems(place: str, profile: Profile) -> list[Problem | None]:
    """What is wrong with a profile; `place` is where it stands in the body."""
    before = f"{place}." if place else ""
    email, currency = profile.contact_email, profile.preferred_currency
    return [
        email_problem(f"{before}contactEmail", email) if email else None,
        currency_problem(currency or None, f"{before}preferredCurrency"),
        nesting_problem([profile.mixins, profile.metadata]),
    ]


def address_problems(place: str, address: CustomerAddress) -> list[Problem | None]:
    """What is wrong with an address; `place` is where it stands in the body."""
    before = f"{place}." if place else ""
    tags: Sequence[str] = address.tags
    return [
        None
        if address.contact_name
        else Problem(f"{before}contactName", "missing_value", "contactName is required: send a name"),
        country_problem(f"{before}country", address.country),
        tags_problem(f"{before}tags", tags),
        nesting_problem([address.mixins, address.metadata]),
    ]


def tags_problem(field: str, tags: Sequence[str]) -> Problem | None:
    """What is wrong with an address's tags, if anything."""
    if len(tags) <= TAGS_MAX and all(0 < len(tag) <= TAG_CHARACTERS_MAX for tag in tags):
        return None
    message = f"{field} must be at most {TAGS_MAX} names of up to {TAG_CHARACTERS_MAX} characters"
    return Problem(field, "invalid_value", message)


def size_problem(document: CustomerDocument) -> Problem | None:
    """What is wrong with a customer that has become too large to be read with every checkout, if anything."""
    if len(_ENCODER.encode(document)) <= CUSTOMER_BYTES_MAX:
        return None
    return Problem("", "too_large", f"a customer must not have more than {CUSTOMER_BYTES_MAX} bytes of JSON in all")
