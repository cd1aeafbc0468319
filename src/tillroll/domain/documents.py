"""What the merchant's documents are made of.

The documents are kept as the merchant sent them and read through structs, which name the documented fields and pass
over the rest; times are ISO 8601 as written.
"""

from datetime import tzinfo
from decimal import Decimal

from msgspec import Struct

from tillroll.domain.times import Period

Localized = str | dict[str, str]


class Document(Struct, rename="camel", frozen=True, omit_defaults=True):
    """A merchant's document, in camel case on the wire."""


class Money(Document, frozen=True):
    """An amount in a currency."""

    amount: Decimal
    currency: str


class UnitQuantity(Document, frozen=True):
    """A quantity of a unit, e.g. 100 g."""

    quantity: Decimal = Decimal(1)
    unit_code: str | None = None


class Validity(Struct, rename={"from_": "from"}, frozen=True, omit_defaults=True):
    """From when to when something holds; either end may be open."""

    from_: str | None = None
    to: str | None = None

    def on(self, clock: tzinfo) -> Period:
        """The period that this is, in days of a clock."""
        return Period(self.from_, self.to, clock)
