"""The report of an experiment: what visitors who saw something bought, beside those who did not."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tillroll.dialects.http import JSON_CONTENT, Inbound, Problem, Response, Route
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.sales import kept_model
from tillroll.dialects.openapi import Operation, Parameter, Schema, one_of, ref, structs
from tillroll.domain.attribution.holdout import Comparison, Interval
from tillroll.engine.access.native_keys import REPORTS_READ
from tillroll.engine.attribution import holdouts
from tillroll.engine.attribution.holdouts import ArmFigures, Tried
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales.policies import names_of
from tillroll.engine.sales.reading import Witnesses
from tillroll.store import Transaction
from tillroll.store.shops import rows as shop_rows

_ENCODER = msgspec.json.Encoder()
_SHARE = re.compile(r"0?\.[0-9]{1,6}", re.ASCII)
_NOTES = f"""Everybody who was assigned counts, whether anything was used or not; what was bought since then is net of
refunds. Of an experiment with more than {holdouts.VISITORS_MAX} assignments the first are compared, and `cut`
says so."""


class ShownInterval(Struct, frozen=True, kw_only=True):
    """An estimate with the ends of its interval of 95 %."""

    estimate: Annotated[float, Meta(description="The estimate.")]
    low: Annotated[float, Meta(description="The lower end.")]
    high: Annotated[float, Meta(description="The upper end.")]


class ShownArm(Struct, frozen=True, kw_only=True):
    """One arm of an experiment."""

    group: Annotated[str, Meta(description="How it is called.")]
    visitors: Annotated[int, Meta(description="Visitors who were assigned to it.")]
    buyers: Annotated[int, Meta(description="Of them, those who have bought since then.")]
    orders: Annotated[int, Meta(description="How often they did.")]
    revenue_minor: Annotated[int, Meta(description="What they bought, less what was given back.")]
    per_visitor_minor: Annotated[float | None, Meta(description="The same by visitors.")]
    conversion: Annotated[float | None, Meta(description="Buyers by visitors.")]


class ShownComparison(Struct, frozen=True, kw_only=True):
    """Test beside control."""

    difference_minor: Annotated[ShownInterval | None, Meta(description="Revenue per visitor, test less control.")]
    lift: Annotated[ShownInterval | None, Meta(description="The same as a part of the control's revenue.")]


class HoldoutAnswer(Struct, frozen=True, kw_only=True):
    """What an experiment says."""

    experiment: Annotated[str, Meta(description="Its name.")]
    currency: Annotated[str, Meta(description="The one currency of the report.")]
    arms: Annotated[list[ShownArm], Meta(description="Test, then control.")]
    sample_ratio: Annotated[float, Meta(description="How likely chance makes arms of these sizes.")]
    withheld: Annotated[bool, Meta(description="Whether it is so unlikely that nothing is compared.")]
    cap_minor: Annotated[int, Meta(description="What one visitor counts for at most in `capped`.")]
    capped: Annotated[ShownComparison, Meta(description="Compared with the cap.")]
    raw: Annotated[ShownComparison, Meta(description="Compared without it.")]
    incremental_minor: Annotated[
        ShownInterval | None, Meta(description="What the visitors in test bought because of what was tried.")
    ]
    attributed_minor: Annotated[
        int | None,
        Meta(description="What `source` is credited with of the same purchases; null without one."),
    ]
    calibration: Annotated[ShownInterval | None, Meta(description="The one by the other.")]
    mixed: Annotated[int, Meta(description="Visitors who were in both arms; they count in neither.")]
    cut: Annotated[bool, Meta(description="Whether there were more visitors or purchases than are compared.")]


def routes(witnesses: Witnesses) -> list[Route]:
    """The one report."""
    run = with_scope(REPORTS_READ, partial(_holdout, witnesses))
    return [Route("GET", "/v1/reports/holdout", run, NATIVE, _read, reads="report")]


COMPONENTS: dict[str, Schema] = structs("reports", {"HoldoutAnswer": HoldoutAnswer})


def operations() -> list[Operation]:
    """What is to be said of it."""
    parameters = [
        Parameter("experiment", summary="The experiment's name.", required=True),
        Parameter("from", summary="Assigned from then on: a moment, or a day on the shop's clock."),
        Parameter("to", summary="Assigned and bought until then: a moment, or a whole day on the shop's clock."),
        Parameter("currency", summary="ISO 4217; the shop's own where not said."),
        Parameter("test", summary="How the group is called that saw it; `test` where not said."),
        Parameter("control", summary="How the group is called that did not; `control` where not said."),
        Parameter("share", summary="The part of the visitors that was meant to be in control; `0.5` where not said."),
        Parameter("source", summary="Whose credits to show beside it, such as `chat`."),
        Parameter("model", one_of(*names_of()), "By which model; `last_non_direct` where not said."),
    ]
    return [
        Operation(
            "GET",
            "/v1/reports/holdout",
            "Compares the arms of an experiment, and what it proves with what is credited",
            {200: ref("reports.HoldoutAnswer")},
            parameters=parameters,
            notes=_NOTES,
        )
    ]


def _read(inbound: Inbound) -> Mapping[str, Decimal]:
    """What can be judged without the shop."""
    asked.check_moments(inbound)
    kept_model(inbound)
    asked.currency(inbound)
    for name in ("experiment", "source"):
        asked.text(inbound, name)
    share = asked.text(inbound, "share") or "0.5"
    if not _SHARE.fullmatch(share) or not Decimal(share):
        raise asked.malformed("share", "share is a number between 0 and 1, of six places at most")
    if (asked.text(inbound, "test") or "test") == (asked.text(inbound, "control") or "control"):
        raise asked.malformed("test", "test and control are two groups")
    return {"share": Decimal(share)}


def _holdout(witnesses: Witnesses, tx: Transaction, call: Call) -> Response:
    inbound = call.inbound
    if not asked.text(inbound, "experiment"):
        return NATIVE.refuse(400, [Problem("experiment", "missing_value", "name the experiment")])
    since, until = asked.moments(inbound, clock_of(tx, call.shop))
    wanted = Tried(
        shop=call.shop,
        experiment=asked.text(inbound, "experiment"),
        since=since,
        until=until,
        currency=asked.currency(inbound) or shop_rows.currency_of(tx, call.shop),
        test=asked.text(inbound, "test") or "test",
        control=asked.text(inbound, "control") or "control",
        control_share=inbound.command["share"],
        source=asked.text(inbound, "source"),
        model=kept_model(inbound),
    )
    found = holdouts.report(tx, witnesses, wanted)
    answer = HoldoutAnswer(
        experiment=wanted.experiment,
        currency=wanted.currency,
        arms=[_arm(wanted.test, found.test), _arm(wanted.control, found.control)],
        sample_ratio=float(found.raw.sample_ratio),
        withheld=found.raw.is_withheld,
        cap_minor=found.cap_minor,
        capped=_comparison(found.capped),
        raw=_comparison(found.raw),
        incremental_minor=_interval(found.incremental),
        attributed_minor=found.test.attributed_minor if wanted.source else None,
        calibration=_interval(found.calibration),
        mixed=found.mixed,
        cut=found.is_cut,
    )
    return Response(200, _ENCODER.encode(answer), (JSON_CONTENT,))


def _arm(group: str, arm: ArmFigures) -> ShownArm:
    return ShownArm(
        group=group,
        visitors=arm.visitors,
        buyers=arm.buyers,
        orders=arm.orders,
        revenue_minor=arm.revenue_minor,
        per_visitor_minor=round(arm.revenue_minor / arm.visitors, 6) if arm.visitors else None,
        conversion=round(arm.buyers / arm.visitors, 6) if arm.visitors else None,
    )


def _comparison(one: Comparison) -> ShownComparison:
    return ShownComparison(difference_minor=_interval(one.difference), lift=_interval(one.lift))


def _interval(one: Interval | None) -> ShownInterval | None:
    if one is None:
        return None
    return ShownInterval(estimate=float(one.estimate), low=float(one.low), high=float(one.high))
