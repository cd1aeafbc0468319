"""Companies, the places where they are, and that customers act for them (docs/wire/emporix.md, 14)."""

from msgspec import Struct
from msgspec.structs import force_setattr

from tillroll.domain.countries import country_code


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

    def __post_init__(self) -> None:
        """The country is in its kept form, however it was sent or kept before."""
        if self.country_code is not None:
            force_setattr(self, "country_code", country_code(self.country_code))


class Location(Struct, frozen=True, rename="camel"):
    """A place where a company is."""

    id: str
    type: str = "HEADQUARTER"
    name: str | None = None
    contact_details: ContactDetails = ContactDetails()
