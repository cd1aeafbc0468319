"""The two calls on the wire: a cart event, a checkout event (docs/wire/alhena.md, 2 to 8)."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.alhena.calls import (
    ENCODER,
    Call,
    End,
    Kind,
    Reception,
    Said,
    browser_facts,
    conclude,
    device_of,
    hear,
    report_route,
    settle,
    unread_facts,
)
from tillroll.dialects.alhena.companies import DIALECT
from tillroll.dialects.alhena.errors import CODES, message_of, recorded
from tillroll.dialects.alhena.payload import CartEvent, CheckoutEvent, LineItem, read_cart_event, read_checkout_event
from tillroll.dialects.http import Inbound, Response, Route
from tillroll.domain.events.events import ACCEPTED, REFUSED, REPEATED, OutsideEvent, column_text, fitting
from tillroll.domain.money import from_thousandths
from tillroll.domain.storefronts.storefront import CartReport, ReportRefusal
from tillroll.engine.access import idempotency
from tillroll.engine.storefronts.storefronts import JudgedReport, Report, ReportedOrder, judge_reports
from tillroll.store import Transaction

CART_EVENT = "cart_event"
CHECKOUT_EVENT = "checkout_event"
CART_RECORDED = "CART_EVENT_RECORDED"
CHECKOUT_RECORDED = "CHECKOUT_EVENT_RECORDED"

Reported = TypeVar("Reported", CartEvent, CheckoutEvent)

# Checkouts without an order id are one where they say the same within this time (docs/wire/alhena.md, 8).
BUCKET_MICROSECONDS = 600_000_000


_CART = Kind(CART_EVENT, CartEvent)
_CHECKOUT = Kind(CHECKOUT_EVENT, CheckoutEvent)


def routes(reception: Reception) -> list[Route]:
    """The documented calls."""

    def cart_events(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        calls = hear(tx, reception, _CART, requests)
        ends = settle(tx, calls, partial(_judge_cart_events, tx))
        events = [_cart_event(call, end) for call, end in zip(calls, ends, strict=True) if end.outcome]
        return conclude(tx, ends, events)

    def checkout_events(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        calls = hear(tx, reception, _CHECKOUT, requests)
        ends = settle(tx, calls, partial(_judge_checkout_events, tx))
        events = [_checkout_event(call, end) for call, end in zip(calls, ends, strict=True) if end.outcome]
        return conclude(tx, ends, events)

    return [
        report_route(reception, "/analytics/cart_events", cart_events, read_cart_event),
        report_route(reception, "/analytics/checkout_events", checkout_events, read_checkout_event),
    ]


def _judge_cart_events(tx: Transaction, calls: Sequence[Call[CartEvent]]) -> list[End]:
    reports = [_cart_report(call) for call in calls]
    verdicts = judge_reports(tx, reports, max(call.inbound.received_at for call in calls))
    return [_concluded(*judged, CART_RECORDED) for judged in zip(calls, reports, verdicts, strict=True)]


def _judge_checkout_events(tx: Transaction, calls: Sequence[Call[CheckoutEvent]]) -> list[End]:
    reports = [_report(call, order=_order(call.told, call.inbound)) for call in calls]
    verdicts = judge_reports(tx, reports, max(call.inbound.received_at for call in calls))
    return [
        _repeated(call, verdict)
        if verdict.refusal is ReportRefusal.ORDER_REPORTED_BEFORE
        else _concluded(call, report, verdict, CHECKOUT_RECORDED)
        for call, report, verdict in zip(calls, reports, verdicts, strict=True)
    ]


def _cart_report(call: Call[CartEvent]) -> Report:
    told = call.told
    assert told.change is not None
    assert told.quantity is not None
    return _report(call, cart=CartReport(told.product_id, told.change, told.quantity, told.happened_at))


def _report(call: Call[Said], *, cart: CartReport | None = None, order: ReportedOrder | None = None) -> Report:
    told, inbound = call.told, call.inbound
    return Report(
        shop=call.company.shop,
        visitor=told.sender.visitor,
        id=inbound.id,
        happened_at=told.happened_at,
        received_at=inbound.received_at,
        window=call.company.window,
        is_lenient=call.company.is_lenient,
        cart=cart,
        order=order,
    )


def _order(told: CheckoutEvent, inbound: Inbound) -> ReportedOrder:
    """What makes a checkout count once: its order's id, else what it says, once in ten minutes."""
    said = replace(told, wrong=(), event_id="", happened_at=0)
    printed = idempotency.digest_of(ENCODER.encode(_plain(msgspec.to_builtins(said, builtin_types=(Decimal,))))).hex()
    if told.order_id:
        return ReportedOrder(f"order/{told.order_id}", printed)
    visitor = idempotency.digest_of(told.sender.visitor.encode()).hex()
    unnamed, bucket = f"unnamed/{visitor}/{printed}", inbound.received_at // BUCKET_MICROSECONDS
    return ReportedOrder(f"{unnamed}/{bucket}", printed, f"{unnamed}/{bucket - 1}", BUCKET_MICROSECONDS)


def _plain(value: Any) -> Any:
    """The same, decimals without trailing zeros: 199.970 says what 199.97 says."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.normalize() if isinstance(value, Decimal) else value


def _concluded(call: Call[Said], report: Report, judged: JudgedReport, success: str) -> End:
    refusal = judged.refusal
    if refusal is None:
        return End(recorded(success), ACCEPTED)
    if judged.is_recorded(report):  # the shop forgives it; the ledger remembers what was forgiven
        return End(recorded(success), ACCEPTED, refusal.value)
    code = CODES[refusal]
    return End(call.company.error(code, message_of(code)), REFUSED, refusal.value)


def _repeated(call: Call[CheckoutEvent], judged: JudgedReport) -> End:
    """An order that was recorded before: an error where it has an id, and nothing new where it has none."""
    reason = ReportRefusal.ORDER_REPORTED_BEFORE.value if judged.is_identical else "order_reported_otherwise"
    if not call.told.order_id:
        return End(recorded(CHECKOUT_RECORDED), REPEATED, reason)
    code = CODES[ReportRefusal.ORDER_REPORTED_BEFORE]
    response = call.company.error(code, message_of(code))
    if judged.is_identical:
        said = msgspec.json.decode(response.body) | {"identical": True, "duplicate_of": call.told.order_id}
        response = Response(response.status, msgspec.json.encode(said))
    return End(response, REPEATED, reason)


def _cart_event(call: Call[CartEvent], end: End) -> OutsideEvent:
    told = call.told
    facts = {
        "type": told.change.value.upper() if told.change is not None else None,
        "productId": told.product_id,
        "productName": told.product_name,
        "quantity": from_thousandths(told.quantity) if told.quantity is not None else None,
        "valueMeans": call.company.settings.cart_value,
    }
    document = _document(call, facts, _negative(told.value))
    return _event(call, end, _Entry(CART_EVENT, told.product_id, document))


def _checkout_event(call: Call[CheckoutEvent], end: End) -> OutsideEvent:
    told = call.told
    kept = fitting(told.line_items, call.list_bytes_max)
    facts: dict[str, Any] = {"orderId": told.order_id, "lineItems": kept}
    if len(kept) < len(told.line_items):
        facts |= {"lineItemsCount": len(told.line_items), "truncated": len(call.inbound.body)}
    facts["valueMeans"] = call.company.settings.line_value
    document = _document(call, facts, _negative(told.value) + _odd_lines(call))
    return _event(call, end, _Entry(CHECKOUT_EVENT, told.order_id, document))


class _Entry(Struct, frozen=True):
    """What of an event differs by the kind of its call."""

    kind: str
    subject: str
    document: str


def _event(call: Call[Reported], end: End, entry: _Entry) -> OutsideEvent:
    """What the ledger keeps of either kind of call."""
    told, inbound = call.told, call.inbound
    return OutsideEvent(
        shop=call.company.shop,
        dialect=DIALECT,
        kind=entry.kind,
        call=inbound.id,
        received_at=inbound.received_at,
        happened_at=told.happened_at,
        document=entry.document,
        subject=column_text(entry.subject),
        visitor=column_text(told.sender.visitor),
        channel=told.sender.company_key,
        detail=column_text(told.source) or None,
        device=device_of(call.inbound),
        outcome=end.outcome,
        reason=end.reason,
    )


def _document(call: Call[Reported], facts: dict[str, Any], flags: list[str]) -> str:
    """What the ledger keeps of what a call says: who vouches for it, what its kind adds, what is odd about it."""
    told = call.told
    document: dict[str, Any] = {
        "userFingerprint": told.sender.fingerprint,
        "userFaqFingerprint": told.sender.faq_fingerprint,
        "value": told.value,
        "currency": told.currency,
        "trusted": call.company.trusts(call.inbound),
        **browser_facts(call),
        **facts,
    }
    if flags:
        document["flags"] = flags
    if any(not wrong.is_forgivable for wrong in told.wrong):
        document |= unread_facts(call.inbound)
    return ENCODER.encode(document).decode()


def _negative(value: Decimal | None) -> list[str]:
    """What is odd about a value without being wrong (docs/wire/alhena.md, 7)."""
    return ["negative_value"] if value is not None and value < 0 else []


def _odd_lines(call: Call[CheckoutEvent]) -> list[str]:
    """What is odd about a checkout's lines without being wrong (docs/wire/alhena.md, 7 and 13)."""
    told = call.told
    flags = ["two_order_ids"] if told.names_two_orders else []
    if told.value is None or not told.line_items:
        return flags
    sums = {"line": sum_of(told.line_items, is_unit=False), "unit": sum_of(told.line_items, is_unit=True)}
    if sums[call.company.settings.line_value] != told.value:
        flags.append("line_values_read_otherwise" if told.value in sums.values() else "lines_do_not_add_up")
    if any(total and told.value in (total * 100, total / 100) for total in sums.values()):
        flags.append("cents_and_units_mixed")
    return flags


def sum_of(items: Sequence[LineItem], *, is_unit: bool) -> Decimal:
    """What the items come to, their values read as prices of one or of the whole line."""
    return sum((item.value * item.quantity if is_unit else item.value for item in items), Decimal(0))
