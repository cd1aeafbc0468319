"""Reports of revenue: what was sold, whose it is, by one model or by all of them side by side."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tillroll.dialects.http import JSON_CONTENT, Inbound, Problem, Response, Route
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.sales import DEFAULT_MODEL
from tillroll.dialects.openapi import Operation, Parameter, Schema, one_of, ref, structs
from tillroll.domain.attribution.models import Model
from tillroll.engine.access.native_keys import REPORTS_READ
from tillroll.engine.attribution.removal import BOUNDS, AskedPaths, Removal, removal
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales import report
from tillroll.engine.sales.follow import ORDER, REFUND
from tillroll.engine.sales.periods import day_text
from tillroll.engine.sales.policies import names_in_reports
from tillroll.engine.sales.reading import Witnesses
from tillroll.engine.sales.report import Asked, Figures, Revenue
from tillroll.store import Transaction

CALENDARS = (ORDER, REFUND)
SOURCE, DAY = "source", "day"
_BY = (SOURCE, DAY)
MARKOV = Model.MARKOV.value
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_NOTES = f"""`markov` is reckoned when it is asked for, from all paths of the days: those that ended with a sale and
those that led to nothing. Days with more than {BOUNDS.sales} sales, {BOUNDS.touches} touches or {BOUNDS.sources}
sources are refused: ask for fewer. It knows no `as_of`, and dates refunds at the order."""

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


class ConvertedBy(Struct, frozen=True, kw_only=True):
    """A rate, and what was converted by it."""

    currency: Annotated[str, Meta(description="The currency that was converted.")]
    day: Annotated[Day, Meta(description="The day from which the rate is.")]
    rate: Annotated[Decimal, Meta(description="What a unit of it is in the report's currency.")]
    source: Annotated[str, Meta(description="Who says so.")]
    orders: Orders
    total_minor: Annotated[int, Meta(description="What was sold, in the currency that was converted.")]
    refunds_minor: Annotated[int, Meta(description="What was given back, in the currency that was converted.")]
    converted_minor: Annotated[int, Meta(description="What was sold, in the report's currency.")]
    converted_refunds_minor: Annotated[int, Meta(description="What was given back, in the report's currency.")]


class NotConvertedAnswer(Struct, frozen=True, kw_only=True):
    """What there was no rate for, and is not in the report."""

    currency: Annotated[str, Meta(description="Its currency.")]
    orders: Orders
    total_minor: Annotated[int, Meta(description="What was sold, in minor units of it.")]
    refunds_minor: Annotated[int, Meta(description="What was given back, in minor units of it.")]


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
    other_currencies: Annotated[
        list[OtherCurrency], Meta(description="The other currencies of these days, in the report or not.")
    ]
    converted: Annotated[
        list[ConvertedBy], Meta(description="With `convert`: what of the report was converted, and by which rates.")
    ]
    not_converted: Annotated[
        list[NotConvertedAnswer], Meta(description="With `convert`: what no rate holds for. It is added to nothing.")
    ]


class ModelFigures(Struct, frozen=True, kw_only=True):
    """One model."""

    model: Annotated[str, Meta(description="Its name.")]
    sources: Annotated[list[RevenueCell], Meta(description="What each source has under it.")]


class SourceBand(Struct, frozen=True, kw_only=True):
    """How far models are apart about a source."""

    source: Annotated[str, Meta(description="Whose.")]
    lowest_minor: Annotated[int, Meta(description="What the meanest model gives it.")]
    highest_minor: Annotated[int, Meta(description="What the most generous one does.")]


class SourceEffect(Struct, frozen=True, kw_only=True):
    """What would be missing without a source."""

    source: Annotated[str, Meta(description="Whose.")]
    effect: Annotated[float, Meta(description="The part of the sales that would be missing, from 0 to 1.")]


class RemovalAnswer(Struct, frozen=True, kw_only=True):
    """What the paths of the days say, where they were asked for."""

    converting: Annotated[int, Meta(description="Paths that ended with a sale, in whatever currency.")]
    lost: Annotated[int, Meta(description="Paths that led to nothing.")]
    effects: Annotated[list[SourceEffect], Meta(description="The removal effect of each source, the largest first.")]


class ModelsAnswer(Struct, frozen=True, kw_only=True):
    """All models side by side."""

    from_day: Annotated[Day, Meta(description="The first day.")] = msgspec.field(name="from")
    to: Annotated[Day, Meta(description="The last day.")]
    currency: Annotated[str, Meta(description="The one currency of the report.")]
    models: Annotated[list[ModelFigures], Meta(description="Model by model, on the same paths.")]
    bands: Annotated[list[SourceBand], Meta(description="Source by source, the lowest and the highest.")]
    converted: Annotated[
        list[ConvertedBy], Meta(description="With `convert`: what of the report was converted, and by which rates.")
    ]
    not_converted: Annotated[
        list[NotConvertedAnswer], Meta(description="With `convert`: what no rate holds for. It is added to nothing.")
    ]
    removal: Annotated[RemovalAnswer | None, Meta(description="What `model=markov` is reckoned from; else null.")]


def routes(witnesses: Witnesses) -> list[Route]:
    """The reports."""
    revenue = with_scope(REPORTS_READ, partial(_revenue, witnesses))
    models = with_scope(REPORTS_READ, partial(_models, witnesses))
    return [
        Route("GET", "/v1/reports/revenue", revenue, NATIVE, _read, reads="report"),
        Route("GET", "/v1/reports/attribution", models, NATIVE, _read_models, reads="report"),
    ]


PERIOD = [
    Parameter("from", summary="The first day, YYYY-MM-DD on the shop's clock; thirty days where not said."),
    Parameter("to", summary="The last day; today where not said."),
    Parameter("currency", summary="ISO 4217; the commonest one of those days where not said."),
]
CONVERT = Parameter("convert", one_of("true"), "Add what was sold in other currencies, by the shop's dated rates.")
COMPONENTS: dict[str, Schema] = structs("reports", {one.__name__: one for one in (RevenueAnswer, ModelsAnswer)})


def operations() -> list[Operation]:
    """What is to be said of these routes."""
    more = [
        Parameter(
            "model", one_of(*names_in_reports()), "Which model shares the revenue; `last_non_direct` where not said."
        ),
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
            parameters=[*PERIOD, *more, CONVERT],
            notes=_NOTES,
        ),
        Operation(
            "GET",
            "/v1/reports/attribution",
            "Shows all models side by side",
            {200: ref("reports.ModelsAnswer")},
            parameters=[*PERIOD, CONVERT, Parameter("model", one_of(MARKOV), "`markov` shows it, too.")],
            notes=_NOTES,
        ),
    ]


def read_period(inbound: Inbound) -> None:
    """Days and currency, as far as they can be judged without the shop."""
    asked.check_days(inbound)
    asked.currency(inbound)


def _read_converted(inbound: Inbound) -> None:
    """The same of a report that converts."""
    read_period(inbound)
    asked.one_of(inbound, "convert", ("true", "false"))


def _read(inbound: Inbound) -> None:
    """The same of a report of revenue."""
    _read_converted(inbound)
    model = asked.one_of(inbound, "model", names_in_reports())
    calendar = asked.one_of(inbound, "calendar", CALENDARS)
    asked.one_of(inbound, "compare", ("previous",))
    asked.whole(inbound, "as_of", 0, (0, 2**62))
    _by(inbound)
    if model == MARKOV and calendar == REFUND:
        told = "markov shares the sales of the days that are asked for: their refunds are those of calendar=order"
        raise asked.malformed("calendar", told)
    if model == MARKOV and asked.text(inbound, "as_of"):
        raise asked.malformed("as_of", "markov is reckoned from the newest state of all paths: ask without as_of")


def _read_models(inbound: Inbound) -> None:
    """The same of all models."""
    _read_converted(inbound)
    asked.one_of(inbound, "model", (MARKOV,))


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
        currency=asked.currency(inbound),
        model=asked.one_of(inbound, "model", names_in_reports(), DEFAULT_MODEL),
        calendar=asked.one_of(inbound, "calendar", CALENDARS, ORDER),
        as_of=asked.whole(inbound, "as_of", 0, (0, 2**62)) if asked.text(inbound, "as_of") else None,
        converts=asked.one_of(inbound, "convert", ("true", "false")) == "true",
    )


def _revenue(witnesses: Witnesses, tx: Transaction, call: Call) -> Response:
    wanted = _asked(tx, call)
    wanted = msgspec.structs.replace(wanted, currency=report.currency_of(tx, wanted))
    found = _reported(tx, witnesses, wanted)
    if isinstance(found, Response):
        return found
    before = None
    if asked.text(call.inbound, "compare"):
        earlier = report.previous(wanted)
        compared = _reported(tx, witnesses, earlier)
        if isinstance(compared, Response):
            return compared
        before = _figures(compared, earlier)
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
        converted=_converted(found),
        not_converted=_not_converted(found),
    )
    return Response(200, _ENCODER.encode(answer), (JSON_CONTENT,))


def _reported(tx: Transaction, witnesses: Witnesses, wanted: Asked) -> Revenue | Response:
    """The figures of a model, or why there are none."""
    if wanted.model != MARKOV:
        return report.revenue(tx, wanted)
    found = _removal(tx, witnesses, wanted)
    if isinstance(found, Response):
        return found
    return report.revenue(tx, wanted, found.rows_on(clock_of(tx, wanted.shop)))


def _removal(tx: Transaction, witnesses: Witnesses, wanted: Asked) -> Removal | Response:
    """Removal effects of the days, or that there are too many paths for somebody who waits."""
    found = removal(tx, witnesses, AskedPaths(wanted.shop, wanted.first, wanted.last))
    if isinstance(found, Removal):
        return found
    told = f"these days have more than {found.most} {found.what}: ask for markov of fewer days"
    return NATIVE.refuse(400, [Problem("from", "invalid_value", told)])


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


def _models(witnesses: Witnesses, tx: Transaction, call: Call) -> Response:
    wanted = _asked(tx, call)
    wanted = msgspec.structs.replace(wanted, currency=report.currency_of(tx, wanted))
    found = report.models(tx, wanted)
    paths = _removal(tx, witnesses, wanted) if wanted.model == MARKOV else None
    if isinstance(paths, Response):
        return paths
    whole = report.revenue(tx, wanted, paths.rows_on(clock_of(tx, wanted.shop)) if paths is not None else None)
    if paths is not None:
        found |= {MARKOV: whole.sources}
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
        converted=_converted(whole),
        not_converted=_not_converted(whole),
        removal=_removal_answer(paths) if paths is not None else None,
    )
    return Response(200, _ENCODER.encode(answer), (JSON_CONTENT,))


def _removal_answer(found: Removal) -> RemovalAnswer:
    ordered = sorted(found.effects.items(), key=lambda one: (-one[1], one[0]))
    return RemovalAnswer(
        converting=found.converting,
        lost=found.lost,
        effects=[SourceEffect(source=source, effect=round(float(effect), 9)) for source, effect in ordered],
    )


def _converted(found: Revenue) -> list[ConvertedBy]:
    return [
        ConvertedBy(
            currency=one.rate.currency,
            day=day_text(one.rate.day),
            rate=one.rate.rate,
            source=one.rate.source,
            orders=one.orders,
            total_minor=one.total_minor,
            refunds_minor=one.refunded_minor,
            converted_minor=one.converted_minor,
            converted_refunds_minor=one.converted_refunds_minor,
        )
        for one in found.used
    ]


def _not_converted(found: Revenue) -> list[NotConvertedAnswer]:
    return [
        NotConvertedAnswer(
            currency=one.currency, orders=one.orders, total_minor=one.total_minor, refunds_minor=one.refunded_minor
        )
        for one in found.missing
    ]
