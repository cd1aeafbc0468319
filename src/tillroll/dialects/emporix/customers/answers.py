"""What a customer is answered as: the profile as it is kept, and what stands beside it (docs/wire/emporix.md, 14)."""

from typing import Any, Literal

from tillroll.dialects.emporix.wire.answers import AnswerPart, Instant, KeptMetadata
from tillroll.domain.customers.customer import Business


class Account(AnswerPart, frozen=True, kw_only=True):
    """What somebody logs in with."""

    id: str


class ShownBusiness(Business, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a business customer says of its company, and for which companies it acts."""

    legal_entities: tuple[dict[str, Any], ...] = ()


class ShownAddress(AnswerPart, frozen=True, kw_only=True):
    """One address of a customer."""

    id: str
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
    tags: list[str]
    is_default: bool
    metadata: dict[str, Any] | None = None
    mixins: dict[str, Any] | None = None


class ShownCustomer(AnswerPart, frozen=True, kw_only=True):
    """A customer as it is told to the customer; a guest is the customer 00000000."""

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
    b2b: ShownBusiness | None = None
    customer_number: str
    id: str
    accounts: tuple[Account, ...]
    business_model: Literal["B2B", "B2C"] | None = None
    mixins: dict[str, Any] | None = None
    metadata: KeptMetadata | None = None
    default_address: ShownAddress | None = None
    addresses: tuple[ShownAddress, ...] | None = None


class CustomerForSeller(ShownCustomer, frozen=True, kw_only=True):
    """A customer as it is told to a back office."""

    active: bool
    on_hold: bool
    email: str
    metadata_created_at: Instant
