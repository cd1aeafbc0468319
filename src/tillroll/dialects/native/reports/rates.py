"""Rates of exchange that reports convert by: `/v1/rates`.

PUT     /v1/rates                              these hold from now on
GET     /v1/rates                              those that hold, the latest day first
DELETE  /v1/rates/{currency}/{into}/{day}      there is none of this day
"""

from decimal import Decimal
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tillroll.dialects.http import JSON_CONTENT, Inbound, Problem, Response, Route
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.witness import DIALECT
from tillroll.dialects.openapi import Operation, Parameter, Schema, ref, structs
from tillroll.domain.events.events import Origin
from tillroll.domain.rates.rates import HOLDS_DAYS, DayRate
from tillroll.engine.access.native_keys import REPORTS_READ, SALES_WRITE
from tillroll.engine.rates import rates
from tillroll.engine.rates.rates import RateChange
from tillroll.engine.sales import periods
from tillroll.engine.sales.periods import day_text
from tillroll.store import Transaction
from tillroll.store.rates.rows import RatePage, RateRow

RATES_MAX = 1_000
LIMIT, LIMIT_MAX = 100, 500
_EARLIEST, _LATEST = -(2**31), 2**31
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_NOTES = f"""A rate holds from its day on, until that of the next one, and for {HOLDS_DAYS} days at most. Nothing is
inverted and nothing chained: of EUR into PLN nothing follows for PLN into EUR. Each change is an event of the ledger,
so that figures `as_of` a position are converted by the rates of then."""

Code = Annotated[str, Meta(description="ISO 4217.", max_length=10)]
DayText = Annotated[str, Meta(description="From which day on, YYYY-MM-DD.", max_length=10)]
Source = Annotated[str, Meta(description="Who says so, for people.", max_length=100)]


class RateItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a unit of a currency is in another one."""

    currency: Annotated[Code, Meta(description="The currency that is converted, ISO 4217.")]
    into: Annotated[Code, Meta(description="The currency that it is converted into, ISO 4217.")]
    day: DayText
    rate: Annotated[Decimal, Meta(description="What a unit of `currency` is in `into`, exactly.")]
    source: Source = ""


class RatesRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Rates that hold from now on; one of the same currencies and day takes the place of the one before."""

    rates: Annotated[list[RateItem], Meta(description="The rates.", min_length=1, max_length=RATES_MAX)]


class RatesSet(Struct, frozen=True):
    """How many rates hold now of those that were sent: all of them."""

    stored: Annotated[int, Meta(description="How many rates were stored: all that were sent.")]


class RatesList(Struct, frozen=True):
    """A page of the rates that hold."""

    items: Annotated[list[RateItem], Meta(description="The rates, the latest day first.")]
    next: Annotated[str | None, Meta(description="The `cursor` of the next page; null on the last one.")]


def routes() -> list[Route]:
    """Everything about rates."""
    path = "/v1/rates/{currency}/{into}/{day}"
    return [
        Route(
            "PUT",
            "/v1/rates",
            with_scope(SALES_WRITE, _set),
            NATIVE,
            partial(asked.body, RatesRequest),
            writes=True,
        ),
        Route("GET", "/v1/rates", with_scope(REPORTS_READ, _list), NATIVE, _read, reads="list"),
        Route("DELETE", path, with_scope(SALES_WRITE, _remove), NATIVE, writes=True),
    ]


COMPONENTS: dict[str, Schema] = structs("reports", {one.__name__: one for one in (RatesRequest, RatesSet, RatesList)})


def operations() -> list[Operation]:
    """What is to be said of these routes."""
    rate = {"currency": "PLN", "into": "EUR", "day": "2026-11-30", "rate": 0.2351, "source": "ECB"}
    page = [
        Parameter("currency", summary="Only rates of this currency, ISO 4217."),
        Parameter("into", summary="Only rates into this currency, ISO 4217."),
        Parameter("from", summary="Only of this day and later ones, YYYY-MM-DD."),
        Parameter("to", summary="Only of this day and earlier ones, YYYY-MM-DD."),
        Parameter("limit", {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT}),
        Parameter("cursor", summary="The `next` of the page before."),
    ]
    return [
        Operation(
            "PUT",
            "/v1/rates",
            "Sets dated rates of exchange",
            {200: ref("reports.RatesSet")},
            body=ref("reports.RatesRequest"),
            example={"rates": [rate]},
            notes=_NOTES,
        ),
        Operation(
            "GET",
            "/v1/rates",
            "Lists the rates that hold",
            {200: ref("reports.RatesList")},
            parameters=page,
            notes=_NOTES,
        ),
        Operation("DELETE", "/v1/rates/{currency}/{into}/{day}", "Takes a rate away", {204: None}),
    ]


def _set(tx: Transaction, call: Call) -> Response:
    wanted: RatesRequest = call.inbound.command
    found = [_rate_of(one) for one in wanted.rates]
    problems = [
        Problem(f"rates[{place}].day", "invalid_value", "day is a day: YYYY-MM-DD")
        for place, one in enumerate(found)
        if one is None
    ]
    known = [one for one in found if one is not None]
    if not problems:
        problems = [
            Problem(f"rates[{place}].{field}", "invalid_value", message)
            for place, field, message in rates.problems(known)
        ]
    if problems:
        return NATIVE.refuse(400, problems)
    rates.set_rates(tx, _change(call), known, wanted.rates)
    return _said(RatesSet(len(known)))


def _remove(tx: Transaction, call: Call) -> Response:
    said = {name: call.inbound.values[name] for name in ("currency", "into", "day")}
    named = _rate_of(RateItem(**said, rate=Decimal(1)))
    if named is None or not rates.remove(tx, _change(call), named, said):
        return NATIVE.refuse(404, message="This shop has no such rate.")
    return Response(204, b"", ())


def _rate_of(item: RateItem) -> DayRate | None:
    """A rate as it is kept; None where its day is none."""
    day = periods.day(item.day)
    if day is None:
        return None
    currency, into = item.currency.strip().upper(), item.into.strip().upper()
    return DayRate(currency=currency, into=into, day=day, rate=item.rate, source=item.source)


def _change(call: Call) -> RateChange:
    return RateChange(Origin(call.shop, DIALECT), call.inbound.id, call.now)


class _Wanted(Struct, frozen=True):
    """Which rates are asked for."""

    page: RatePage
    limit: int


def _read(inbound: Inbound) -> _Wanted:
    first, last = asked.any_days(inbound)
    limit = asked.whole(inbound, "limit", LIMIT, (1, LIMIT_MAX))
    day, after = asked.cursor(inbound) or (2**31, "/")
    currency, _, into = after.partition("/")
    page = RatePage(
        shop="",
        limit=limit + 1,
        first=_EARLIEST if first is None else first,
        last=_LATEST if last is None else last,
        day=day,
        after_currency=currency,
        after_into=into,
        currency=asked.currency(inbound),
        into=asked.currency(inbound, "into"),
    )
    return _Wanted(page, limit)


def _list(tx: Transaction, call: Call) -> Response:
    wanted: _Wanted = call.inbound.command
    found = rates.page(tx, msgspec.structs.replace(wanted.page, shop=call.shop))
    last = found[wanted.limit - 1] if len(found) > wanted.limit else None
    following = asked.cursor_of(last.day, f"{last.currency}/{last.into}") if last is not None else None
    return _said(RatesList([_item(row) for row in found[: wanted.limit]], following))


def _item(row: RateRow) -> RateItem:
    return RateItem(
        currency=row.currency, into=row.into, day=day_text(row.day), rate=Decimal(row.rate), source=row.source
    )


def _said(answer: Struct) -> Response:
    return Response(200, _ENCODER.encode(answer), (JSON_CONTENT,))
