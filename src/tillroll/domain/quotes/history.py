"""A quote with its life: the status that it has now, and every change that has led there.

OPEN ──► ACCEPTED, DECLINED, EXPIRED          each step with its comment and its reason, both over with the next one
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import Note, Origin
from tillroll.domain.quotes import quote as rules
from tillroll.domain.quotes.quote import ACCEPTED, EXPIRED, Quote

QUOTE_CHANGED = "quote_changed"

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Author(Struct, frozen=True):
    """Who changes a quote, as its history tells it: an EMPLOYEE, a CUSTOMER or the SYSTEM."""

    type: str
    id: str


SYSTEM = Author("SYSTEM", "system")


def author(client_id: str, customer_id: str | None, *, is_employee: bool) -> Author:
    """Whoever changes a quote with this client, as this customer."""
    return Author("EMPLOYEE", client_id) if is_employee else Author("CUSTOMER", customer_id or "")


class QuoteStep(Struct, frozen=True):
    """A step of a quote's life: the status that it takes, and why."""

    status: str
    comment: str | None = None
    reason: dict[str, Any] | None = None


class QuoteChange(Struct, frozen=True):
    """One change: an operation on a path, with the values after and before in the words of whoever made it."""

    op: str
    path: str
    new_value: Any
    previous_value: Any
    author: Author
    changed_at: int


class StoredQuote(Struct):
    """A quote and what stands beside it; `version` is that of the row, times are microseconds UTC.

    `changes` are those of this transaction that are yet to be written.
    """

    quote: Quote
    status: str
    customer_id: str
    order_id: str | None
    version: int
    created_at: int
    modified_at: int
    changes: list[QuoteChange] = []

    @property
    def shown_status(self) -> dict[str, Any]:
        """The status as the quote's document and its history show it."""
        shown = {
            "value": self.status,
            "comment": self.quote.status_comment,
            "quoteReason": self.quote.status_reason,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def is_of(self, customer_id: str | None) -> bool:
        """Whether it is offered to this customer; nobody is none."""
        return customer_id is not None and customer_id == self.customer_id

    def note(self, change: QuoteChange) -> None:
        """Remember a change."""
        self.changes = [*self.changes, change]

    def become(self, step: QuoteStep, author: Author, now: int) -> None:
        """Take a step of the quote's life; comment and reason of the step before are over."""
        before = self.shown_status
        self.status = step.status
        self.quote.status_comment, self.quote.status_reason = step.comment, step.reason
        self.note(QuoteChange("REPLACE", "/status", self.shown_status, before, author, now))

    def expire(self, now: int) -> None:
        """Take the step that time has taken, where it has."""
        if rules.status_at(self.status, self.quote.valid_to, now) != self.status:
            self.become(QuoteStep(EXPIRED), SYSTEM, now)

    def sell(self, order_id: str, author: Author, now: int) -> None:
        """Become an order: accepted, where it was not accepted before."""
        self.order_id = order_id
        if self.status != ACCEPTED:
            self.become(QuoteStep(ACCEPTED), author, now)
        self.note(QuoteChange("ADD", "/orderId", order_id, None, SYSTEM, now))


class WrittenChanges(Struct, frozen=True):
    """Changes of a quote that have been written, and the version of its row that they make."""

    stored: StoredQuote
    version: int
    changes: Sequence[QuoteChange]


def notes_of(origin: Origin, written: Sequence[WrittenChanges]) -> list[Note]:
    """What became true of these quotes, for the ledger: one note for each, whatever has changed in it."""
    return [_note(origin, one) for one in written]


def _note(origin: Origin, written: WrittenChanges) -> Note:
    stored, changes = written.stored, written.changes
    now = changes[-1].changed_at
    facts: Mapping[str, Any] = {
        "status": stored.status,
        "orderId": stored.order_id,
        "changes": [f"{change.op} {change.path}" for change in changes],
        "by": changes[-1].author.type,
    }
    return Note(
        shop=origin.shop,
        dialect=origin.dialect,
        kind=QUOTE_CHANGED,
        subject=stored.quote.id,
        visitor=f"customer:{stored.customer_id}",
        happened_at=now,
        received_at=now,
        document=_ENCODER.encode(facts).decode(),
    )
