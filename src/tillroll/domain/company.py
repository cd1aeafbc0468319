"""Companies, the places where they are, and that customers act for them (contracts/emporix.md, 14)."""

from msgspec import Struct


class Reference(Struct, frozen=True):
    """Another document, by id."""

    id: str


class ContactAssignment(Struct, frozen=True, rename="camel"):
    """That a customer acts for a company."""

    id: str
    legal_entity: Reference
    customer: Reference
    type: str = "CONTACT"
    primary: bool = False


class LegalEntity(Struct, frozen=True, rename="camel"):
    """A company, or a part of one."""

    id: str
    name: str
    type: str = "COMPANY"
    parent_id: str | None = None
    entities_addresses: tuple[Reference, ...] = ()
    customer_groups: tuple[Reference, ...] = ()


class ContactDetails(Struct, frozen=True, rename="camel"):
    """Where a place is, as far as taxes go."""

    country_code: str | None = None
    tags: tuple[str, ...] = ()


class Location(Struct, frozen=True, rename="camel"):
    """A place where a company is."""

    id: str
    type: str = "HEADQUARTER"
    name: str | None = None
    contact_details: ContactDetails = ContactDetails()
