"""The two calls on the wire: a cart event, a checkout event (docs/wire/alhena.md, 2 to 8)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tillroll.dialects.alhena.calls import ENCODER, Call, Desk, Reception, Settled, at_desk, unread_facts
from tillroll.dialects.alhena.companies import DIALECT
from tillroll.dialects.alhena.errors import ALHENA, CODES, message_of, recorded
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
_SUCCESS = {CART_EVENT: "CART_EVENT_RECORDED", CHECKOUT_EVENT: "CHECKOUT_EVENT_RECORDED"}

# Checkouts without an order id are one where they say the same within this time (docs/wire/alhena.md, 8).
BUCKET_MICROSECONDS = 600_000_000


def routes(reception: Reception) -> list[Route]:
    """The documented calls. A body's declared type is not asked for: browsers that leave a page say plain text."""
    cart = at_desk(reception, Desk(CART_EVENT, _event, _judged))
    checkout = at_desk(reception, Desk(CHECKOUT_EVENT, _event, _judged))
    return [
        Route("POST", "/analytics/cart_events", cart, ALHENA, read_cart_event, writes=True, content_types=()),
        Route(
            "POST", "/analytics/checkout_events", checkout, ALHENA, read_checkout_event, writes=True, content_types=()
        ),
    ]


def _kind(call: Call) -> str:
    return CART_EVENT if isinstance(call.told, CartEvent) else CHECKOUT_EVENT


def _judged(tx: Transaction, calls: Sequence[Call]) -> list[Settled]:
    if not calls:
        return []
    reports = [_report(call) for call in calls]
    verdicts = judge_reports(tx, reports, max(call.inbound.received_at for call in calls))
    return [_concluded(*one) for one in zip(calls, reports, verdicts, strict=True)]


def _report(call: Call) -> Report:
    told, inbound = call.told, call.inbound
    report = Report(
        shop=call.company.shop,
        visitor=told.sender.visitor,
        id=inbound.id,
        happened_at=told.happened_at,
        received_at=inbound.received_at,
        window=call.company.window,
        is_lenient=call.company.is_lenient,
    )
    if isinstance(told, CheckoutEvent):
        return msgspec.structs.replace(report, order=_order(told, inbound))
    assert isinstance(told, CartEvent)
    assert told.change is not None
    assert told.quantity is not None
    cart = CartReport(told.product_id, told.change, told.quantity, told.happened_at)
    return msgspec.structs.replace(report, cart=cart)


def _order(told: CheckoutEvent, inbound: Inbound) -> ReportedOrder:
    """What makes a checkout count once: its order's id, else what it says, once in ten minutes."""
    said = msgspec.structs.replace(told, wrong=(), event_id="", happened_at=0)
    printed = idempotency.fingerprint(ENCODER.encode(_plain(msgspec.to_builtins(said, builtin_types=(Decimal,))))).hex()
    if told.order_id:
        return ReportedOrder(f"order/{told.order_id}", printed)
    visitor = idempotency.fingerprint(told.sender.visitor.encode()).hex()
    unnamed, bucket = f"unnamed/{visitor}/{printed}", inbound.received_at // BUCKET_MICROSECONDS
    return ReportedOrder(f"{unnamed}/{bucket}", printed, f"{unnamed}/{bucket - 1}", BUCKET_MICROSECONDS)


def _plain(value: Any) -> Any:
    """The same, decimals without trailing zeros: 199.970 says what 199.97 says."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.normalize() if isinstance(value, Decimal) else value


def _concluded(call: Call, report: Report, judged: JudgedReport) -> Settled:
    refusal = judged.refusal
    if refusal is None:
        return Settled(recorded(_SUCCESS[_kind(call)]), _event(call, ACCEPTED))
    if refusal is ReportRefusal.ORDER_REPORTED_BEFORE:
        return _repeated(call, judged)
    if judged.is_recorded(report):  # the shop forgives it; the ledger remembers what was forgiven
        return Settled(recorded(_SUCCESS[_kind(call)]), _event(call, ACCEPTED, refusal.value))
    code = CODES[refusal]
    return Settled(call.company.error(code, message_of(code)), _event(call, REFUSED, refusal.value))


def _repeated(call: Call, judged: JudgedReport) -> Settled:
    """An order that was recorded before: an error where it has an id, and nothing new where it has none."""
    assert isinstance(call.told, CheckoutEvent)
    reason = ReportRefusal.ORDER_REPORTED_BEFORE.value if judged.is_identical else "order_reported_otherwise"
    kept = _event(call, REPEATED, reason)
    if not call.told.order_id:
        return Settled(recorded(_SUCCESS[CHECKOUT_EVENT]), kept)
    code = CODES[ReportRefusal.ORDER_REPORTED_BEFORE]
    response = call.company.error(code, message_of(code))
    if judged.is_identical:
        said = msgspec.json.decode(response.body) | {"identical": True, "duplicate_of": call.told.order_id}
        response = Response(response.status, msgspec.json.encode(said))
    return Settled(response, kept)


def _event(call: Call, outcome: str, reason: str = "") -> OutsideEvent:
    told, inbound = call.told, call.inbound
    assert isinstance(told, CartEvent | CheckoutEvent)
    return OutsideEvent(
        shop=call.company.shop,
        dialect=DIALECT,
        kind=_kind(call),
        call=inbound.id,
        received_at=inbound.received_at,
        happened_at=told.happened_at,
        document=ENCODER.encode(_document(call, told)).decode(),
        subject=column_text(told.product_id if isinstance(told, CartEvent) else told.order_id),
        visitor=column_text(told.sender.visitor),
        channel=told.sender.company_key,
        detail=column_text(told.source) or None,
        outcome=outcome,
        reason=reason,
    )


def _document(call: Call, told: CartEvent | CheckoutEvent) -> dict[str, Any]:
    """What the ledger keeps of a call: what it says, who vouches for it, and what is odd about it."""
    facts: dict[str, Any] = {
        "userFingerprint": told.sender.fingerprint,
        "userFaqFingerprint": told.sender.faq_fingerprint,
        "value": told.value,
        "currency": told.currency,
        "trusted": call.company.trusts(call.inbound),
    }
    if isinstance(told, CartEvent):
        facts |= {
            "type": told.change.value.upper() if told.change is not None else None,
            "productId": told.product_id,
            "productName": told.product_name,
            "quantity": from_thousandths(told.quantity) if told.quantity is not None else None,
            "valueMeans": call.company.settings.cart_value,
        }
    else:
        kept = fitting(told.line_items, call.list_bytes_max)
        facts |= {"orderId": told.order_id, "lineItems": kept}
        if len(kept) < len(told.line_items):
            facts |= {"lineItemsCount": len(told.line_items), "truncated": len(call.inbound.body)}
        facts["valueMeans"] = call.company.settings.line_value
    flags = _flags(call, told)
    if flags:
        facts["flags"] = flags
    if any(not one.is_forgivable for one in told.wrong):
        facts |= unread_facts(call.inbound)
    return facts


def _flags(call: Call, told: CartEvent | CheckoutEvent) -> list[str]:
    """What is odd about a report without being wrong (docs/wire/alhena.md, 7 and 13)."""
    flags = ["negative_value"] if told.value is not None and told.value < 0 else []
    if isinstance(told, CartEvent):
        return flags
    if told.names_two_orders:
        flags.append("two_order_ids")
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
