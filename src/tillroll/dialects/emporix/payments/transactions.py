"""Payments as the back office lists them: `/payment-gateway/{tenant}/transactions` (docs/wire/emporix.md, 17).

Each act that a provider was asked for is an entry, with what it answered: without keys, secrets and cards.
"""

from decimal import Decimal
from typing import Literal

from tillroll.dialects.emporix.payments.acts import unknown
from tillroll.dialects.emporix.wire.amounts import Money
from tillroll.dialects.emporix.wire.answers import AnswerPart, Instant
from tillroll.dialects.emporix.wire.errors import PAYMENT_GATEWAY, Reply, respond
from tillroll.dialects.emporix.wire.payload import paging
from tillroll.dialects.emporix.wire.resources import iso
from tillroll.dialects.emporix.wire.secured import Call, back_office, secured
from tillroll.dialects.http import JSON_CONTENT, Response, Route
from tillroll.engine.payments import history
from tillroll.engine.payments.history import PastAct, PastPayment
from tillroll.store import Transaction

READ = "payment-gateway.paymenttransactions_read"
PATH = "/payment-gateway/{tenant}/transactions"
PAGE_SIZE = 50

_TYPES = {
    "open": "INITIALIZATION",
    "authorise": "AUTHORIZATION",
    "capture": "CAPTURE",
    "void": "CANCEL",
    "refund": "REFUND",
}
_AUTHORIZATION_START = "AUTHORIZATION_START"
_SUCCESSFUL = frozenset(
    {
        ("open", "opened"),
        *(("authorise", answer) for answer in ("authorised", "captured", "needs_action", "processing")),
        ("capture", "captured"),
        ("void", "canceled"),
        *(("refund", answer) for answer in ("pending", "succeeded")),
    }
)
EntryType = Literal["INITIALIZATION", "AUTHORIZATION", "AUTHORIZATION_START", "CAPTURE", "CANCEL", "REFUND"]


class TransactionEntry(AnswerPart, frozen=True, kw_only=True):
    """One act that the provider was asked for."""

    id: str
    created_date: Instant
    type: EntryType
    successful: bool
    amount: Money
    summary: str | None = None
    remote_response: str | None = None
    remote_token: str | None = None


class PaymentInformation(AnswerPart, frozen=True, kw_only=True):
    """By which mode it is paid."""

    payment_mode: str


class PaymentTransaction(AnswerPart, frozen=True, kw_only=True):
    """A payment with the acts on it."""

    id: str
    provider: str
    payment_information: PaymentInformation
    entries: tuple[TransactionEntry, ...]


def routes() -> list[Route]:
    """The list, and one of it."""
    read = back_office(READ)
    return [
        Route("GET", PATH, secured(PAYMENT_GATEWAY, read, _list), PAYMENT_GATEWAY, reads="list"),
        Route("GET", PATH + "/{transactionId}", secured(PAYMENT_GATEWAY, read, _show), PAYMENT_GATEWAY),
    ]


def _list(tx: Transaction, call: Call) -> Response:
    """GET: a page of at most fifty, the newest first, with the number of all where that is asked for."""
    asked = paging(call.inbound, PAGE_SIZE)
    size = min(asked.size, PAGE_SIZE)
    first = (asked.number - 1) * size
    page = [_transaction(one) for one in history.page(tx, call.shop, range(first, first + size))]
    told = respond(200, page)
    if not asked.total:
        return told
    return Response(200, told.body, (JSON_CONTENT, (b"x-total-count", b"%d" % history.count(tx, call.shop))))


def _show(tx: Transaction, call: Call) -> Reply:
    id = call.inbound.values["transactionId"]
    found = history.find(tx, call.shop, id)
    return respond(200, _transaction(found)) if found is not None else unknown(id)


def _transaction(past: PastPayment) -> PaymentTransaction:
    return PaymentTransaction(
        id=past.attempt.id,
        provider=past.attempt.provider,
        payment_information=PaymentInformation(payment_mode=past.attempt.mode_id),
        entries=tuple(_entry(past, act) for act in past.acts),
    )


def _entry(past: PastPayment, act: PastAct) -> TransactionEntry:
    needs_action = (act.kind, act.answer) == ("authorise", "needs_action")
    type: EntryType = _AUTHORIZATION_START if needs_action else _TYPES[act.kind]  # type: ignore[assignment]
    amount: Decimal = act.amount
    return TransactionEntry(
        id=act.id,
        created_date=iso(act.asked_at),
        type=type,
        successful=(act.kind, act.answer) in _SUCCESSFUL,
        amount=Money(amount=amount, currency=past.attempt.currency),
        summary=" ".join(part for part in (act.answer, act.code) if part) or None,
        remote_response=act.told or None,
        remote_token=past.attempt.provider_id,
    )
