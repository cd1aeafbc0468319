"""PATCH of a quote: 204, or why not (docs/wire/emporix.md, 12)."""

from collections.abc import Sequence

from tillroll.dialects.emporix.quotes.edits import quote_edit
from tillroll.dialects.emporix.quotes.errors import offerer, refusal
from tillroll.dialects.emporix.quotes.requests import Operation
from tillroll.dialects.emporix.quotes.view import items_of, shipping_of
from tillroll.dialects.emporix.wire.errors import NO_CONTENT, Reply
from tillroll.dialects.emporix.wire.rejections import postponed
from tillroll.dialects.emporix.wire.resources import iso
from tillroll.dialects.emporix.wire.secured import Call, HandleMany
from tillroll.domain.quotes.commands import Step
from tillroll.domain.quotes.quote import ACCEPTED
from tillroll.domain.rejections import Refused
from tillroll.engine.checkout.place import Unjudged
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.quotes.change import ChangeQuote, change_quotes
from tillroll.engine.quotes.edit import HistoryWords
from tillroll.store import Transaction

# Whether a quote that is accepted becomes an order at once, or waits for its checkout.
ACCEPTED_BECOMES_ORDER = "acceptedQuoteBecomesOrder"

_WORDS = HistoryWords(iso, items_of, shipping_of)


def changing(catalogue: Catalogue) -> HandleMany:
    """The handler of PATCHes, all of a commit together."""

    def handle_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        desk = Desk(tx, catalogue)
        outcomes = change_quotes(desk, [_change(desk, call) for call in calls])
        answers: list[Reply] = []
        for call, outcome in zip(calls, outcomes, strict=True):
            if isinstance(outcome, Refused):
                answers.append(refusal(outcome, call.inbound.values["id"]))
            elif isinstance(outcome, Unjudged):
                answers.append(postponed(call, outcome))
            else:
                answers.append(NO_CONTENT)
        return answers

    return handle_many


def _change(desk: Desk, call: Call) -> ChangeQuote:
    operations: list[Operation] = call.inbound.command
    edits = [quote_edit(operation, call.shop) for operation in operations]
    accepts = any(isinstance(edit.edit, Step) and edit.edit.status == ACCEPTED for edit in edits)
    sells = accepts and _sells(desk, call.shop)
    id = call.inbound.values["id"]
    return ChangeQuote(offerer(call), id, edits, _WORDS, sells, call.inbound.findings)


def _sells(desk: Desk, shop: str) -> bool:
    return desk.view(shop).is_on(ACCEPTED_BECOMES_ORDER, default=True)
