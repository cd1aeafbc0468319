"""Changing quotes: edits one after the other, all or none of them (docs/wire/emporix.md, 12).

    lock the quotes of all changes ──► edit copies ──► save what changed, buy what was accepted ──► what became of each

A customer answers an offer, and nothing else; a merchant changes what is offered until it is accepted or declined. A
quote that is accepted with all that an order needs becomes one at once.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.events.events import Origin
from tillroll.domain.orders.order import PaymentMethod, PlaceOrder
from tillroll.domain.quotes.commands import QuoteEdit, Step
from tillroll.domain.quotes.history import StoredQuote
from tillroll.domain.quotes.quote import ACCEPTED, FINAL, OPEN, missing_parts
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.domain.values import nesting_rejection
from tillroll.engine.access.access import CUSTOMER, SERVICE
from tillroll.engine.checkout.place import Placed, Unjudged, place_orders
from tillroll.engine.checkout.subjects import Findings, Purchase
from tillroll.engine.documents.desk import Desk
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.edit import Editing, HistoryWords, apply
from tillroll.engine.quotes.sizes import size_rejection
from tillroll.engine.quotes.steps import take_step
from tillroll.engine.quotes.terms import Offerer
from tillroll.engine.rejected import Rejected, invalid, refuse_if
from tillroll.store.quotes import kept

# How the step to another status is written, also one that nobody can read; as the history tells it.
STATUS = "/status"

# Nobody says how an accepted quote is paid: outside, until somebody says otherwise (docs/wire/emporix.md, 4.6).
_INVOICE = PaymentMethod("none", "invoice")

_QuoteKey = tuple[str, str]


class ChangeQuote(Struct, frozen=True):
    """A caller's edits of one quote.

    `sells` says whether it becomes an order where it is accepted now, or waits for its checkout; `verdicts` is what was
    worked out before about what is attached to its customer.
    """

    offerer: Offerer
    quote_id: str
    edits: Sequence[QuoteEdit]
    words: HistoryWords
    sells: bool = True
    verdicts: Findings = {}

    @property
    def shop(self) -> str:
        """The caller's shop."""
        return self.offerer.caller.shop

    @property
    def key(self) -> _QuoteKey:
        """Which quote it is about."""
        return self.shop, self.quote_id


Changed = StoredQuote | Refused | Unjudged


class _Accepted(Struct, frozen=True):
    position: int
    change: ChangeQuote
    stored: StoredQuote


def change_quotes(desk: Desk, changes: Sequence[ChangeQuote]) -> list[Changed]:
    """Make these changes; of each the quote as it is then, or why it is not changed.

    The quotes are locked first of all, in one sorted order. Of several changes of one quote the later ones see what
    became of the first.
    """
    locked = _lock(desk, changes)
    outcomes: dict[int, Changed] = {}
    waiting = list(enumerate(changes))
    while waiting:
        first = dict(reversed([(change.key, position) for position, change in waiting]))
        this_round = [(position, change) for position, change in waiting if first[change.key] == position]
        waiting = [(position, change) for position, change in waiting if first[change.key] != position]
        outcomes |= _Round(desk, locked).run(this_round)
    return [outcomes[position] for position in range(len(changes))]


def _lock(desk: Desk, changes: Sequence[ChangeQuote]) -> dict[_QuoteKey, StoredQuote]:
    now = max(change.offerer.now for change in changes)
    named: dict[str, set[str]] = {}
    for change in changes:
        named.setdefault(change.shop, set()).add(change.quote_id)
    return {
        (shop, id): stored
        for shop in sorted(named)
        for id, stored in quotes.lock(desk.tx, shop, named[shop], now).items()
    }


class _Round:
    """One change for each of some quotes: what changed is saved, then what was accepted is bought, all together."""

    def __init__(self, desk: Desk, locked: dict[_QuoteKey, StoredQuote]) -> None:
        self._desk = desk
        self._locked = locked

    def run(self, changes: Sequence[tuple[int, ChangeQuote]]) -> dict[int, Changed]:
        """What becomes of these changes, by position."""
        outcomes: dict[int, Changed] = {}
        saved: dict[str, list[StoredQuote]] = {}
        accepted: list[_Accepted] = []
        for position, change in changes:
            try:
                edited = self._edited(change)
            except Rejected as rejected:
                outcomes[position] = rejected.refused
                continue
            if self._becomes_order(change, edited):
                accepted.append(_Accepted(position, change, edited))
            else:
                saved.setdefault(change.shop, []).append(edited)
                self._locked[change.key] = edited
                outcomes[position] = edited
        for shop in sorted(saved):
            origin = Origin(shop, changes[0][1].offerer.caller.dialect)
            quotes.save(self._desk.tx, origin, saved[shop], max(change.offerer.now for _, change in changes))
        return outcomes | self._bought(accepted)

    def _edited(self, change: ChangeQuote) -> StoredQuote:
        """The quote as the change would have it; raises Rejected."""
        stored, offerer = self._locked.get(change.key), change.offerer
        if stored is None or not quotes.belongs_to(stored, offerer.caller):
            message = f"there is no quote '{change.quote_id[:80]}' of the caller's"
            raise Rejected(Rejection(Reason.QUOTE_NOT_FOUND, change.quote_id, message))
        if not offerer.manages and (offerer.caller.kind == SERVICE or not all(edit.answers for edit in change.edits)):
            message = "what is offered is for merchants to change"
            raise Rejected(Rejection(Reason.CHANGE_FORBIDDEN, change.quote_id, message))
        copy = kept.copy_of(stored)
        for edit in change.edits:
            self._edit(change, copy, edit)
        _check(stored, copy)
        return copy

    def _edit(self, change: ChangeQuote, copy: StoredQuote, edit: QuoteEdit) -> None:
        view = self._desk.view(change.shop)
        if isinstance(edit.edit, Step):
            take_step(view, copy, edit.edit, change.offerer)
            return
        if edit.pointer != STATUS and copy.status in FINAL and not _completes(copy, edit):
            message = f"the quote is {copy.status}: what it offers can not be changed any more"
            raise invalid(edit.pointer, message)
        apply(Editing(view, change.offerer, copy, edit, change.words))

    def _becomes_order(self, change: ChangeQuote, edited: StoredQuote) -> bool:
        before = self._locked[change.key]
        is_accepted = edited.status == ACCEPTED and before.status != ACCEPTED
        return is_accepted and change.sells and not missing_parts(edited.quote)

    def _bought(self, accepted: Sequence[_Accepted]) -> dict[int, Changed]:
        """Buy quotes that have been accepted, as their customers; one that can not be sold stays as it was."""
        if not accepted:
            return {}
        purchases = [_purchase(acceptance) for acceptance in accepted]
        outcomes: dict[int, Changed] = {}
        for acceptance, outcome in zip(
            accepted, place_orders(self._desk.tx, self._desk.catalogue, purchases), strict=True
        ):
            if isinstance(outcome, Refused | Unjudged):
                outcomes[acceptance.position] = outcome
                continue
            assert isinstance(outcome, Placed)  # an accepted quote had no order, and its row is locked
            self._locked[acceptance.change.key] = outcomes[acceptance.position] = acceptance.stored
        return outcomes


def _check(before: StoredQuote, after: StoredQuote) -> None:
    """Raise Rejected where a quote has become one that can not be."""
    quote = after.quote
    if after.status == OPEN and before.quote.lines and not quote.lines:
        raise invalid("items", "an open quote has at least one item: add another before the last one is removed")
    attached: list[Any] = [
        quote.custom_fields,
        quote.metadata,
        *((line.custom_fields, line.metadata, line.product) for line in quote.lines),
    ]
    refuse_if([size_rejection(quote), nesting_rejection(msgspec.to_builtins(attached))])


def _completes(stored: StoredQuote, edit: QuoteEdit) -> bool:
    """Whether an edit adds what an accepted quote lacks to become an order."""
    lacks = stored.status == ACCEPTED and stored.order_id is None
    return lacks and edit.completes in missing_parts(stored.quote)


def _purchase(accepted: _Accepted) -> Purchase:
    """The checkout of an accepted quote: its customer buys, whoever has accepted for them."""
    offerer, quote = accepted.change.offerer, accepted.stored.quote
    buyer = offerer.caller
    if buyer.kind == SERVICE:
        buyer = replace(buyer, kind=CUSTOMER, customer_id=quote.customer.id, session_id=None)
    request = PlaceOrder(None, None, None, (), (_INVOICE,), quote_id=quote.id)
    return Purchase(buyer, request, (), offerer.now, accepted.stored, accepted.change.verdicts)
