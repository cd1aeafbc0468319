"""What the ledger tells about sales, in one vocabulary for all who tell it.

    an event of any dialect ──► the dialect's reader ──► Fact ──► the book of sales

A visitor is known by nodes, texts of the form `dialect:id`. Times are microseconds UTC, quantities thousandths, money
integer minor units of its currency.
"""

import re

from msgspec import Struct

from tillroll.domain.typed import Typed

# How order numbers are compared. The plain way takes `#00123 ` and `123` for one number, the exact one only what is
# equal to the letter.
PLAIN = "plain"
EXACT = "exact"
NUMBER_RULES = (PLAIN, EXACT)

# A quantity that stands for all there is of a line.
ALL_PIECES = 10**12

_ZEROS = re.compile(r"^0+(?=.)")


class SaleLine(Struct, frozen=True, array_like=True):
    """So many thousandths of a product, and what they came to; None where nobody said it."""

    product_id: str
    quantity: int
    total_minor: int | None = None


class Reported(Struct, frozen=True, kw_only=True, tag="report", omit_defaults=True):
    """A purchase, or one item of it, as one party tells it.

    `number` is the merchant's order number as it was told. A report whose party tells of an order item by item names
    the item in `part`; a later version of the same part takes the place of the earlier one. `nodes` are the visitor's,
    those who are certainly persons first.
    """

    number: str = ""
    currency: str = ""
    total_minor: int | None = None
    lines: tuple[SaleLine, ...] = ()
    nodes: tuple[str, ...] = ()
    part: str = ""
    is_refused: bool = False
    """Whether it counts only when the interaction that it lacks arrives later."""
    is_repeated: bool = False
    is_test: bool = False
    flags: tuple[str, ...] = ()


class Corrected(Struct, frozen=True, kw_only=True, tag="correction", omit_defaults=True):
    """An order is another one from now on; what is not said stays."""

    number: str
    currency: str = ""
    total_minor: int | None = None
    lines: tuple[SaleLine, ...] = ()


class Withdrawn(Struct, frozen=True, tag="withdrawal"):
    """An order that was written down by mistake is none."""

    number: str


class Cancelled(Struct, frozen=True, tag="cancellation"):
    """An order will not be delivered: all that is left of it is given back."""

    number: str


class ReportCredited(Struct, frozen=True, tag="credit"):
    """A report that was refused counts after all; `call` is the id of its request."""

    call: str


class Linked(Struct, frozen=True, tag="link"):
    """These nodes are one visitor."""

    link: str
    nodes: tuple[str, ...]


class Unlinked(Struct, frozen=True, tag="unlink"):
    """A link was a mistake."""

    link: str


class Refunded(Struct, frozen=True, kw_only=True, tag="refund", omit_defaults=True):
    """Money that was given back: of these lines, or `amount_minor` of all of them. It names the sale or the order."""

    sale: str = ""
    number: str = ""
    currency: str = ""
    amount_minor: int | None = None
    lines: tuple[SaleLine, ...] = ()
    reason: str = ""


class Merged(Struct, frozen=True, tag="merge"):
    """Somebody has decided that these sales are one."""

    decision: str
    sales: tuple[str, ...]


class Parted(Struct, frozen=True, tag="split"):
    """Somebody has decided that these reports, named by their positions, are a sale of their own."""

    decision: str
    reports: tuple[int, ...]


class Undone(Struct, frozen=True, tag="undo"):
    """A decision was a mistake."""

    decision: str


class TouchTold(Struct, frozen=True, kw_only=True, tag="touch"):
    """A visitor has met something that may earn revenue; `subject` is what a later word about it names it by."""

    source: str
    nodes: tuple[str, ...]
    product: str | None = None
    session: str | None = None
    subject: str = ""
    is_helpful: bool | None = None
    is_direct: bool = False
    """Whether it came from nowhere that could be named."""


class RatingTold(Struct, frozen=True, kw_only=True, tag="rating"):
    """What a visitor thinks of what was met before."""

    nodes: tuple[str, ...]
    subject: str
    is_helpful: bool


What = (
    Reported
    | Corrected
    | Withdrawn
    | Cancelled
    | ReportCredited
    | Linked
    | Unlinked
    | Refunded
    | Merged
    | Parted
    | Undone
    | TouchTold
    | RatingTold
)


class Fact(Struct, frozen=True, kw_only=True):
    """One event of the ledger that sales depend on."""

    position: int
    dialect: str
    kind: str
    call: str
    at: int
    received_at: int
    what: What


class SaleRules(Struct, frozen=True, kw_only=True):
    """What a shop has decided about its sales. Times are microseconds."""

    authority: tuple[str, ...] = ()
    """Whose word on amounts, currency and lines counts first, by dialect; who is not named comes last."""
    numbers: str = PLAIN
    match_within: int = 30 * 60 * 1_000_000
    """How far apart two reports of one purchase may be where only one of them has an order number."""
    shared_persons: int = 3
    """A device that more persons than these have used is shared: it makes nobody one with anybody."""
    nodes_max: int = 100
    """A visitor of more nodes than these is known by the one alone that was named."""

    def key_of(self, number: str) -> str:
        """The form in which order numbers are compared; empty for no number."""
        if self.numbers == EXACT:
            return number
        return _ZEROS.sub("", Typed(number).closed.removeprefix("#"))

    def rank_of(self, dialect: str) -> int:
        """How early this party's word counts: the less the earlier."""
        return self.authority.index(dialect) if dialect in self.authority else len(self.authority)
