"""Sales: what was bought, by whose word, whose revenue it is and why, and what people decide about it.

GET  /v1/sales                 the list                    POST /v1/sales/{id}/refunds   give money back
GET  /v1/sales/{id}            one, with its reports       POST /v1/sales/{id}/merge     these are one
GET  /v1/sales/{id}/why        every touch, every rule     POST /v1/sales/{id}/split     these reports are another one
                                                           POST /v1/sales/{id}/undo      a decision was a mistake
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from tillroll.dialects.http import JSON_CONTENT, Inbound, Problem, Response, Route
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.sale_answers import (
    DecisionAnswer,
    RefundAnswer,
    SaleAnswer,
    SalesPage,
    WhyAnswer,
    answer_of,
    item_of,
    why_of,
)
from tillroll.dialects.native.witness import DIALECT
from tillroll.dialects.openapi import Operation, Parameter, Schema, one_of, ref, structs
from tillroll.domain.attribution.models import Model
from tillroll.domain.events.events import Origin
from tillroll.domain.sales.facts import Refunded
from tillroll.engine.access.native_keys import SALES_READ, SALES_WRITE
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales import decide, show
from tillroll.engine.sales.decide import Decided
from tillroll.engine.sales.policies import counting, key_of, names_of
from tillroll.engine.sales.reading import Witnesses
from tillroll.engine.sales.show import ShownSale
from tillroll.store import Transaction
from tillroll.store.sales.rows import SalePage, pattern_of

STATES = ("counted", "refused", "test", "withdrawn")
DEFAULT_MODEL = Model.LAST_NON_DIRECT.value
LIMIT = 50
AMOUNT_MAX = 10**15
_REASON_CHARACTERS_MAX = 500
_LINES_MAX = 1_000
_SALES_MAX = 50
_ENCODER = msgspec.json.Encoder()

Show = Callable[[Transaction, Call, ShownSale], Response]


class RefundLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is given back of one line."""

    product_id: Annotated[str, Meta(description="The product.", min_length=1, max_length=200)]
    quantity: Annotated[
        Decimal | None, Meta(description="How many pieces, as a decimal; all of them where it is not said.")
    ] = None
    amount_minor: Annotated[
        Annotated[int, Meta(ge=0, le=AMOUNT_MAX)] | None,
        Meta(description="How much, where it is not what the pieces cost."),
    ] = None


class RefundRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money back: of lines, or an amount of the whole; all that is left where neither is said."""

    amount_minor: Annotated[
        Annotated[int, Meta(ge=1, le=AMOUNT_MAX)] | None,
        Meta(description="How much in minor units of the sale's currency."),
    ] = None
    lines: Annotated[
        list[RefundLine],
        Meta(description="Of which lines; of all by their value where none is named.", max_length=_LINES_MAX),
    ] = []
    currency: Annotated[str, Meta(description="The sale's currency, to be sure; it may be left out.", max_length=3)] = (
        ""
    )
    reason: Annotated[str, Meta(description="Why, for people.", max_length=_REASON_CHARACTERS_MAX)] = ""


class MergeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The sales that are one with this one."""

    sales: Annotated[list[str], Meta(description="Their ids.", min_length=1, max_length=_SALES_MAX, examples=[["s12"]])]


class SplitRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The reports that are a sale of their own."""

    reports: Annotated[
        list[int], Meta(description="Their positions in the ledger.", min_length=1, max_length=_LINES_MAX)
    ]


class UndoRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The decision that was a mistake."""

    decision: Annotated[str, Meta(description="Its id.", min_length=1, max_length=100)]


def routes(witnesses: Witnesses) -> list[Route]:
    """Everything about sales."""

    def read(path: str, handle: Show) -> Route:
        run = with_scope(SALES_READ, partial(_of_sale, witnesses, handle))
        return Route("GET", path, run, NATIVE, kept_model, reads="list")

    def write(verb: str, handle: Show, body: type[Struct]) -> Route:
        run = with_scope(SALES_WRITE, partial(_of_sale, witnesses, handle))
        return Route("POST", f"/v1/sales/{{id}}/{verb}", run, NATIVE, partial(asked.body, body), writes=True)

    return [
        Route("GET", "/v1/sales", with_scope(SALES_READ, _list), NATIVE, _filter, reads="list"),
        read("/v1/sales/{id}", _show),
        read("/v1/sales/{id}/why", _why),
        write("refunds", _refund, RefundRequest),
        write("merge", partial(_merge, witnesses), MergeRequest),
        write("split", _split, SplitRequest),
        write("undo", _undo, UndoRequest),
    ]


COMPONENTS: dict[str, Schema] = structs(
    "sales",
    {
        one.__name__: one
        for one in (
            SalesPage,
            SaleAnswer,
            WhyAnswer,
            RefundRequest,
            RefundAnswer,
            MergeRequest,
            SplitRequest,
            UndoRequest,
            DecisionAnswer,
        )
    },
)


def operations() -> list[Operation]:
    """What is to be said of these routes."""
    model = Parameter("model", one_of(*names_of()), "By which model the sale is credited.")
    page = [
        Parameter("from", summary="Placed from then on: a moment, or a day on the shop's clock."),
        Parameter("to", summary="Placed until then: a moment, or a whole day on the shop's clock."),
        Parameter("currency", summary="ISO 4217."),
        Parameter("source", summary="Who has a part in it under any model, or `unattributed`."),
        Parameter("status", one_of(*STATES), "In which state it is."),
        Parameter("q", summary="An order number, as people write it, or a sale's id."),
        Parameter("conflicts", one_of("true"), "Only sales with conflicts or candidates."),
        Parameter("limit", {"type": "integer", "minimum": 1, "maximum": show.PAGE_MAX, "default": LIMIT}),
        Parameter("cursor", summary="The `next` of the page before."),
    ]

    def of(verb: str, summary: str, shapes: tuple[str, str], example: Any) -> Operation:
        request, answer = shapes
        path = f"/v1/sales/{{id}}/{verb}"
        return Operation(
            "POST", path, summary, {201: ref(f"sales.{answer}")}, body=ref(f"sales.{request}"), example=example
        )

    return [
        Operation("GET", "/v1/sales", "Lists sales, the latest first", {200: ref("sales.SalesPage")}, parameters=page),
        Operation(
            "GET",
            "/v1/sales/{id}",
            "Shows one sale with its reports, conflicts, credits and refunds",
            {200: ref("sales.SaleAnswer")},
            parameters=[model],
        ),
        Operation(
            "GET",
            "/v1/sales/{id}/why",
            "Explains every cent: each touch that might have earned, and the rule that took or refused it",
            {200: ref("sales.WhyAnswer")},
            parameters=[model],
        ),
        of("refunds", "Gives money back", ("RefundRequest", "RefundAnswer"), {"amount_minor": 500, "reason": "late"}),
        of("merge", "Makes sales one", ("MergeRequest", "DecisionAnswer"), {"sales": ["s12"]}),
        of("split", "Makes reports a sale of their own", ("SplitRequest", "DecisionAnswer"), {"reports": [12]}),
        of("undo", "Undoes a decision", ("UndoRequest", "DecisionAnswer"), {"decision": "dec_1"}),
    ]


class _Filter(Struct, frozen=True, kw_only=True):
    """Which sales are asked for, as far as it can be read without the shop."""

    place: tuple[int, str]
    limit: int
    currency: str
    state: str
    source: str
    wanted: str
    is_conflicting: bool


def _filter(inbound: Inbound) -> _Filter:
    asked.check_moments(inbound)
    return _Filter(
        place=asked.cursor(inbound) or (2**62, ""),
        limit=asked.whole(inbound, "limit", LIMIT, (1, show.PAGE_MAX)),
        currency=asked.currency(inbound),
        state=asked.one_of(inbound, "status", STATES),
        source=asked.text(inbound, "source"),
        wanted=asked.text(inbound, "q"),
        is_conflicting=asked.one_of(inbound, "conflicts", ("true", "false")) == "true",
    )


def _list(tx: Transaction, call: Call) -> Response:
    wanted: _Filter = call.inbound.command
    since, until = asked.moments(call.inbound, clock_of(tx, call.shop))
    limit, (at, id) = wanted.limit, wanted.place
    page = SalePage(
        shop=call.shop,
        limit=limit + 1,
        since=since,
        until=until,
        at=at,
        id=id,
        currency=wanted.currency,
        state=wanted.state,
        source=pattern_of(wanted.source) if wanted.source else "",
        wanted=key_of(counting(tx, call.shop), wanted.wanted),
        conflicting=int(wanted.is_conflicting),
    )
    found = show.page(tx, page)
    last = found[limit - 1] if len(found) > limit else None
    following = asked.cursor_of(last.placed_at, last.id) if last is not None else None
    return _said(200, SalesPage([item_of(row) for row in found[:limit]], following))


def kept_model(inbound: Inbound) -> str:
    """The model that was asked for, of those that figures are kept by: of the others there is none of one sale."""
    if asked.text(inbound, "model") == Model.MARKOV.value:
        told = "markov is a matter of all paths of some days: ask /v1/reports/revenue or /v1/reports/attribution for it"
        raise asked.malformed("model", told)
    return asked.one_of(inbound, "model", names_of(), DEFAULT_MODEL)


def _of_sale(witnesses: Witnesses, handle: Show, tx: Transaction, call: Call) -> Response:
    """Answer about the sale of the path."""
    shown = show.sale(tx, witnesses, call.shop, call.inbound.values["id"])
    return handle(tx, call, shown) if shown is not None else NATIVE.refuse(404, message="There is no such sale.")


def _show(_tx: Transaction, call: Call, shown: ShownSale) -> Response:
    explanation = show.why(shown, call.inbound.command)
    assert explanation is not None
    return _said(200, answer_of(shown, explanation))


def _why(_tx: Transaction, call: Call, shown: ShownSale) -> Response:
    explanation = show.why(shown, call.inbound.command)
    assert explanation is not None
    return _said(200, why_of(shown, explanation))


def _refund(tx: Transaction, call: Call, shown: ShownSale) -> Response:
    wanted: RefundRequest = call.inbound.command
    if wanted.currency and wanted.currency.upper() != shown.sale.currency:
        message = f"the sale is in {shown.sale.currency or 'no currency'}"
        return NATIVE.refuse(400, [Problem("currency", "invalid_value", message)])
    products = {line.product_id for line in shown.sale.lines}
    missing = [f"lines[{place}].product_id" for place, one in enumerate(wanted.lines) if one.product_id not in products]
    if missing:
        return NATIVE.refuse(400, [Problem(field, "invalid_value", "the sale has no such line") for field in missing])
    odd = [
        Problem(f"lines[{place}].quantity", "invalid_value", "more than nothing, with three decimal places at most")
        for place, one in enumerate(wanted.lines)
        if one.quantity is not None and not show.is_quantity(one.quantity)
    ]
    if odd:
        return NATIVE.refuse(400, odd)
    decided = _decided(call, "rfd")
    lines = tuple(show.refund_line(one.product_id, one.quantity, one.amount_minor) for one in wanted.lines)
    refund = Refunded(
        sale=shown.sale.id,
        currency=shown.sale.currency,
        amount_minor=wanted.amount_minor,
        lines=lines,
        reason=wanted.reason,
    )
    document: dict[str, Any] = {"sale": refund.sale, "currency": refund.currency, "amount_minor": refund.amount_minor}
    document |= {"lines": wanted.lines, "reason": wanted.reason}
    decide.refund(tx, decided, document)
    reversal = show.refunded(shown, refund, call.now)
    answer = RefundAnswer(
        refund=decided.id,
        sale=shown.sale.id,
        amount_minor=reversal.amount_minor,
        excess_minor=reversal.excess_minor,
    )
    return _said(201, answer)


def _merge(witnesses: Witnesses, tx: Transaction, call: Call, shown: ShownSale) -> Response:
    wanted: MergeRequest = call.inbound.command
    found = [show.found(tx, call.shop, id) for id in wanted.sales]
    problems = [
        Problem(f"sales[{place}]", "invalid_value", "there is no such sale")
        for place, id in enumerate(found)
        if id is None
    ]
    others = {id for id in found if id is not None} - {shown.sale.id}
    if problems or not others:
        own = Problem("sales", "invalid_value", "name another sale than this one")
        return NATIVE.refuse(400, problems or [own])
    decided = _decided(call, "dec")
    decide.merge(tx, decided, (shown.sale.id, *sorted(others)))
    return _said(201, DecisionAnswer(decision=decided.id))


def _split(tx: Transaction, call: Call, shown: ShownSale) -> Response:
    wanted: SplitRequest = call.inbound.command
    named = set(wanted.reports)
    strangers = sorted(named - set(shown.sale.reports))
    if strangers or named == set(shown.sale.reports):
        message = f"{strangers[0]} is no report of this sale" if strangers else "one report has to stay"
        return NATIVE.refuse(400, [Problem("reports", "invalid_value", message)])
    decided = _decided(call, "dec")
    decide.split(tx, decided, tuple(sorted(named)))
    return _said(201, DecisionAnswer(decision=decided.id))


def _undo(tx: Transaction, call: Call, shown: ShownSale) -> Response:
    wanted: UndoRequest = call.inbound.command
    if wanted.decision not in shown.sale.decisions:
        message = "no decision of this id holds for this sale"
        return NATIVE.refuse(400, [Problem("decision", "invalid_value", message)])
    decide.undo(tx, _decided(call, "dec"), wanted.decision)
    return _said(201, DecisionAnswer(decision=wanted.decision))


def _decided(call: Call, prefix: str) -> Decided:
    return Decided(Origin(call.shop, DIALECT), f"{prefix}_{call.inbound.id}", call.now)


def _said(status: int, answer: Struct) -> Response:
    return Response(status, _ENCODER.encode(answer), (JSON_CONTENT,))
