"""Reports of revenue: what was sold, whose it is, by one model or by all of them side by side."""

from collections.abc import Sequence
from datetime import UTC
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tillroll.dialects.http import JSON_CONTENT, Inbound, Response, Route
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.sales import DEFAULT_MODEL
from tillroll.dialects.openapi import Operation, Parameter, Schema, one_of, ref, structs
from tillroll.engine.access.native_keys import REPORTS_READ
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales import report
from tillroll.engine.sales.follow import ORDER, REFUND
from tillroll.engine.sales.periods import day_text
from tillroll.engine.sales.policies import names_of
from tillroll.engine.sales.report import Asked, Figures, Revenue
from tillroll.store import Transaction

CALENDARS = (ORDER, REFUND)
SOURCE, DAY = "source", "day"
_BY = (SOURCE, DAY)
_ENCODER = msgspec.json.Encoder()

Minor = Annotated[int, Meta(description="An amount in minor units of the currency: cents of euros.")]
Orders = Annotated[int, Meta(description="How many sales.")]
Day = Annotated[str, Meta(description="A day on the shop's clock, YYYY-MM-DD.")]


class RevenueCell(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The figures of a source, of a day, or of a source on a day."""

    source: Annotated[str | None, Meta(description="Whose; `unattributed` is nobody's.")] = None
    day: Annotated[str | None, Meta(description="On which day.")] = None
    orders: Annotated[int, Meta(description="How many sales it has a part in.")]
    total_minor: Annotated[int, Meta(description="What it is credited with; all sources together are the total.")]
    direct_minor: Annotated[int, Meta(description="The part of it that touches of the very product have earned.")]
    assisted_minor: Annotated[
        int, Meta(description="The sales on whose path it was, whole. These do NOT add up over sources.")
    ]
    refunds_minor: Annotated[int, Meta(description="What was given back of it.")]


class RevenueFigures(Struct, frozen=True, kw_only=True):
    """The figures of some days."""

    from_day: Annotated[Day, Meta(description="The first day.")] = msgspec.field(name="from")
    to: Annotated[Day, Meta(description="The last day.")]
    total_minor: Annotated[int, Meta(description="What was sold, before refunds.")]
    direct_minor: Annotated[int, Meta(description="Of it, what touches of the very product have earned.")]
    assisted_minor: Annotated[int, Meta(description="The sales with any touch on their path, whole.")]
    unattributed_minor: Annotated[int, Meta(description="What nobody has earned.")]
    refunds_minor: Annotated[int, Meta(description="What was given back, by the calendar of the report.")]
    net_minor: Annotated[int, Meta(description="The total less refunds.")]
    orders: Orders
    average_order_minor: Annotated[int | None, Meta(description="The total by orders, rounded half up.")]
    visits: Annotated[int, Meta(description="Visitors, each counted once a day.")]
    conversion: Annotated[float | None, Meta(description="Orders by visits; null without visits.")]


class OtherCurrency(Struct, frozen=True):
    """A currency that the report leaves out."""

    currency: Annotated[str, Meta(description="ISO 4217.")]
    orders: Orders


class RevenueAnswer(RevenueFigures, frozen=True, kw_only=True):
    """A report of revenue."""

    currency: Annotated[str, Meta(description="The one currency of the report; empty where nothing was sold.")]
    model: Annotated[str, Meta(description="The model that shares the revenue.")]
    calendar: Annotated[str, Meta(description="By which day refunds are counted: `order` or `refund`.")]
    as_of: Annotated[
        int, Meta(description="The position of the ledger that the figures are of; ask with it for the same.")
    ]
    by: Annotated[list[RevenueCell], Meta(description="The figures by source, by day, or by both.")]
    previous: Annotated[RevenueFigures | None, Meta(description="As many days before, where they were asked for.")]
    other_currencies: Annotated[list[OtherCurrency], Meta(description="What the report is not about.")]


class ModelFigures(Struct, frozen=True, kw_only=True):
    """One model."""

    model: Annotated[str, Meta(description="Its name.")]
    sources: Annotated[list[RevenueCell], Meta(description="What each source has under it.")]


class SourceBand(Struct, frozen=True, kw_only=True):
    """How far models are apart about a source."""

    source: Annotated[str, Meta(description="Whose.")]
    lowest_minor: Annotated[int, Meta(description="What the meanest model gives it.")]
    highest_minor: Annotated[int, Meta(description="What the most generous one does.")]


class ModelsAnswer(Struct, frozen=True, kw_only=True):
    """All models side by side."""

    from_day: Annotated[Day, Meta(description="The first day.")] = msgspec.field(name="from")
    to: Annotated[Day, Meta(description="The last day.")]
    currency: Annotated[str, Meta(description="The one currency of the report.")]
    models: Annotated[list[ModelFigures], Meta(description="Model by model, on the same paths.")]
    bands: Annotated[list[SourceBand], Meta(description="Source by source, the lowest and the highest.")]


def routes() -> list[Route]:
    """The reports."""
    return [
        Route("GET", "/v1/reports/revenue", with_scope(REPORTS_READ, _revenue), NATIVE, _read, reads="report"),
        Route("GET", "/v1/reports/attribution", with_scope(REPORTS_READ, _models), NATIVE, read_period, reads="report"),
    ]


PERIOD = [
    Parameter("from", summary="The first day, YYYY-MM-DD on the shop's clock; thirty days where not said."),
    Parameter("to", summary="The last day; today where not said."),
    Parameter("currency", summary="ISO 4217; the commonest one of those days where not said."),
]
COMPONENTS: dict[str, Schema] = structs("reports", {one.__name__: one for one in (RevenueAnswer, ModelsAnswer)})


def operations() -> list[Operation]:
    """What is to be said of these routes."""
    more = [
        Parameter("model", one_of(*names_of()), "Which model shares the revenue; `last_non_direct` where not said."),
        Parameter("by", summary="`source`, `day`, or `source,day`."),
        Parameter("calendar", one_of(*CALENDARS), "By which day refunds are counted; `order` where not said."),
        Parameter("compare", one_of("previous"), "Tell of as many days before, too."),
        Parameter("as_of", {"type": "integer", "minimum": 0}, "The figures as they were at a position of the ledger."),
    ]
    return [
        Operation(
            "GET",
            "/v1/reports/revenue",
            "Reports revenue, and whose it is",
            {200: ref("reports.RevenueAnswer")},
            parameters=[*PERIOD, *more],
        ),
        Operation(
            "GET",
            "/v1/reports/attribution",
            "Shows all models side by side",
            {200: ref("reports.ModelsAnswer")},
            parameters=PERIOD,
        ),
    ]


def read_period(inbound: Inbound) -> None:
    """Days and currency, as far as they can be judged without the shop."""
    asked.days(inbound, UTC)
    asked.text(inbound, "currency")


def _read(inbound: Inbound) -> None:
    """The same of a report of revenue."""
    read_period(inbound)
    asked.one_of(inbound, "model", names_of())
    asked.one_of(inbound, "calendar", CALENDARS)
    asked.one_of(inbound, "compare", ("previous",))
    asked.whole(inbound, "as_of", 0, (0, 2**62))
    _by(inbound)


def _by(inbound: Inbound) -> Sequence[str]:
    said = [part.strip() for part in asked.text(inbound, "by").split(",") if part.strip()]
    if any(part not in _BY for part in said):
        raise asked.malformed("by", "by is source, day, or both of them with a comma")
    return tuple(part for part in _BY if part in said)


def _asked(tx: Transaction, call: Call) -> Asked:
    inbound = call.inbound
    first, last = asked.days(inbound, clock_of(tx, call.shop))
    return Asked(
        shop=call.shop,
        first=first,
        last=last,
        currency=asked.text(inbound, "currency").upper(),
        model=asked.one_of(inbound, "model", names_of(), DEFAULT_MODEL),
        calendar=asked.one_of(inbound, "calendar", CALENDARS, ORDER),
        as_of=asked.whole(inbound, "as_of", 0, (0, 2**62)) if asked.text(inbound, "as_of") else None,
    )


def _revenue(tx: Transaction, call: Call) -> Response:
    wanted = _asked(tx, call)
    found = report.revenue(tx, wanted)
    before = None
    if asked.text(call.inbound, "compare"):
        earlier = msgspec.structs.replace(report.previous(wanted), currency=found.currency)
        before = _figures(report.revenue(tx, earlier), earlier)
    answer = RevenueAnswer(
        **msgspec.structs.asdict(_figures(found, wanted)),
        currency=found.currency,
        model=wanted.model,
        calendar=wanted.calendar,
        as_of=found.as_of,
        by=_cells(found, _by(call.inbound)),
        previous=before,
        other_currencies=[
            OtherCurrency(one.currency, one.orders) for one in report.other_currencies(tx, wanted, found.currency)
        ],
    )
    return Response(200, _ENCODER.encode(answer), (JSON_CONTENT,))


def _figures(found: Revenue, wanted: Asked) -> RevenueFigures:
    total, unattributed = found.total, report.unattributed(found)
    return RevenueFigures(
        from_day=day_text(wanted.first),
        to=day_text(wanted.last),
        total_minor=total.credited_minor,
        direct_minor=sum(one.direct_minor for one in found.sources.values()),
        assisted_minor=total.credited_minor - unattributed,
        unattributed_minor=unattributed,
        refunds_minor=total.refunded_minor,
        net_minor=total.credited_minor - total.refunded_minor,
        orders=total.orders,
        average_order_minor=total.average_minor,
        visits=found.visits,
        conversion=round(total.orders / found.visits, 6) if found.visits else None,
    )


def _cells(found: Revenue, by: Sequence[str]) -> list[RevenueCell]:
    if by == _BY:
        return [_cell(figures, source, day) for (day, source), figures in sorted(found.cells.items())]
    if by == (SOURCE,):
        return [_cell(figures, source) for source, figures in found.sources.items()]
    if by == (DAY,):
        return [_cell(figures, None, day) for day, figures in sorted(found.totals_by_day.items())]
    return []


def _cell(figures: Figures, source: str | None, day: int | None = None) -> RevenueCell:
    return RevenueCell(
        source=source,
        day=day_text(day) if day is not None else None,
        orders=figures.orders,
        total_minor=figures.credited_minor,
        direct_minor=figures.direct_minor,
        assisted_minor=figures.assisted_minor,
        refunds_minor=figures.refunded_minor,
    )


def _models(tx: Transaction, call: Call) -> Response:
    wanted = _asked(tx, call)
    wanted = msgspec.structs.replace(wanted, currency=report.currency_of(tx, wanted))
    found = report.models(tx, wanted)
    sources = sorted({source for figures in found.values() for source in figures})
    bands = []
    for source in sources:
        credited = [figures[source].credited_minor if source in figures else 0 for figures in found.values()]
        bands.append(SourceBand(source=source, lowest_minor=min(credited), highest_minor=max(credited)))
    answer = ModelsAnswer(
        from_day=day_text(wanted.first),
        to=day_text(wanted.last),
        currency=wanted.currency,
        models=[
            ModelFigures(model=model, sources=[_cell(one, source) for source, one in figures.items()])
            for model, figures in found.items()
        ],
        bands=bands,
    )
    return Response(200, _ENCODER.encode(answer), (JSON_CONTENT,))
