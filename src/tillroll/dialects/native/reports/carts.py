"""Reports of carts: what was added and taken away each day, what became of each cart, and which products they are."""

from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tillroll.dialects.http import JSON_CONTENT, Inbound, Response, Route
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.reports.revenue import PERIOD, Day, Minor, OtherCurrency
from tillroll.dialects.openapi import Operation, Parameter, Schema, ref, structs
from tillroll.engine.access.native_keys import REPORTS_READ
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales import carts
from tillroll.engine.sales.carts import AbandonedProduct
from tillroll.engine.sales.periods import day_text
from tillroll.engine.sales.reading import Witnesses
from tillroll.engine.sales.show import quantity_text
from tillroll.store import Transaction
from tillroll.store.sales.carts import CartPeriod, CartProduct

DIALECT_DEFAULT = "alhena"
_ENCODER = msgspec.json.Encoder()
_NOTES = """Carts as their events tell of them, one dialect at a time: where two of them report the same cart, adding
them up would count it twice. A cart is over with its checkout; what is put in afterwards begins another one."""


class CartFigures(Struct, frozen=True, kw_only=True):
    """What was added and taken away, together or on a day."""

    added_minor: Annotated[int, Meta(description="What was added: pieces at the price that their event tells.")]
    removed_minor: Annotated[int, Meta(description="What was taken away, likewise.")]
    gmv_minor: Annotated[int, Meta(description="What was added less what was taken away.")]
    carts: Annotated[
        int, Meta(description="Carts with an addition or removal; over several days each once for each of them.")
    ]
    average_cart_minor: Annotated[
        int | None, Meta(description="`gmv_minor` by `carts`, rounded half up: the average cart value.")
    ]


class CartsOfDay(CartFigures, frozen=True, kw_only=True):
    """The figures of a day."""

    day: Day


class ShownFunnel(Struct, frozen=True, kw_only=True):
    """What became of the carts that were begun in these days."""

    carts: Annotated[int, Meta(description="How many were begun.")]
    checkouts: Annotated[int, Meta(description="Of them, those whose visitor has checked out.")]
    orders: Annotated[int, Meta(description="Of these, those whose purchase is a sale that counts.")]
    abandoned: Annotated[int, Meta(description="Carts with something in them, unbought and unchanged for 24 hours.")]
    abandoned_minor: Annotated[int, Meta(description="What is in them.")]


class ShownProduct(Struct, frozen=True, kw_only=True):
    """A product, and how often it was added and taken away."""

    product_id: Annotated[str, Meta(description="The product, as the cart's events name it.")]
    added: Annotated[str, Meta(description="Pieces that were added, as a decimal.")]
    removed: Annotated[str, Meta(description="Pieces that were taken away, as a decimal.")]
    added_minor: Minor
    removed_minor: Minor


class ShownLeft(Struct, frozen=True, kw_only=True):
    """A product that was left in carts."""

    product_id: Annotated[str, Meta(description="The product, as the cart's events name it.")]
    carts: Annotated[int, Meta(description="Abandoned carts with it.")]
    left: Annotated[str, Meta(description="Pieces of it in them, as a decimal.")]
    left_minor: Minor


class ShownReason(Struct, frozen=True):
    """Why checkouts were refused."""

    reason: Annotated[str, Meta(description="The reason, such as `out_of_stock`.")]
    checkouts: Annotated[int, Meta(description="How many were refused for it.")]


class CartsAnswer(CartFigures, frozen=True, kw_only=True):
    """A report of carts."""

    from_day: Annotated[Day, Meta(description="The first day.")] = msgspec.field(name="from")
    to: Annotated[Day, Meta(description="The last day.")]
    dialect: Annotated[str, Meta(description="By whose events.")]
    currency: Annotated[str, Meta(description="The one currency of the report; empty where there were no carts.")]
    active_days: Annotated[int, Meta(description="Days with an addition or a removal.")]
    daily_gmv_minor: Annotated[
        int | None, Meta(description="`gmv_minor` by `active_days`, rounded half up: the daily cart GMV.")
    ]
    by: Annotated[list[CartsOfDay], Meta(description="The figures of each active day.")]
    funnel: Annotated[ShownFunnel, Meta(description="What became of the carts that were begun in these days.")]
    most_added: Annotated[list[ShownProduct], Meta(description="Twenty products, those that were added most first.")]
    most_removed: Annotated[list[ShownProduct], Meta(description="The same by what was taken away.")]
    most_abandoned: Annotated[
        list[ShownLeft],
        Meta(description="Twenty products that are worth most in the latest thousand abandoned carts."),
    ]
    refused_checkouts: Annotated[
        int, Meta(description="Checkouts at the shop's own till that were refused in these days, whatever the dialect.")
    ]
    refused_for: Annotated[
        list[ShownReason], Meta(description="Why they were, the commonest first; one may have several reasons.")
    ]
    other_currencies: Annotated[
        list[OtherCurrency], Meta(description="What the report is not about; `orders` are carts here.")
    ]


def routes(witnesses: Witnesses) -> list[Route]:
    """The one report."""
    return [
        Route(
            "GET",
            "/v1/reports/carts",
            with_scope(REPORTS_READ, _carts),
            NATIVE,
            partial(_read, witnesses.cart_dialects),
            reads="report",
        )
    ]


COMPONENTS: dict[str, Schema] = structs("reports", {"CartsAnswer": CartsAnswer})


def operations() -> list[Operation]:
    """What is to be said of it."""
    dialect = Parameter("dialect", summary="By whose events: `alhena`, which holds where not said, or `doofinder`.")
    return [
        Operation(
            "GET",
            "/v1/reports/carts",
            "Reports carts: their value by day, what became of them, and their products",
            {200: ref("reports.CartsAnswer")},
            parameters=[*PERIOD, dialect],
            notes=_NOTES,
        )
    ]


def _read(dialects: tuple[str, ...], inbound: Inbound) -> str:
    """The dialect, once the rest could be read."""
    asked.check_days(inbound)
    asked.currency(inbound)
    return asked.one_of(inbound, "dialect", dialects, DIALECT_DEFAULT)


def _carts(tx: Transaction, call: Call) -> Response:
    inbound = call.inbound
    first, last = asked.days(inbound, clock_of(tx, call.shop))
    period = CartPeriod(call.shop, inbound.command, asked.currency(inbound), first, last)
    period = msgspec.structs.replace(period, currency=carts.currency_of(tx, period))
    found = carts.report(tx, period, call.now)
    whole = found.whole
    answer = CartsAnswer(
        **msgspec.structs.asdict(_figures(whole)),
        from_day=day_text(first),
        to=day_text(last),
        dialect=period.dialect,
        currency=period.currency,
        active_days=whole.days,
        daily_gmv_minor=whole.daily_minor,
        by=[
            CartsOfDay(**msgspec.structs.asdict(_figures(carts.figures([day]))), day=day_text(day.day))
            for day in found.days
        ],
        funnel=ShownFunnel(**msgspec.structs.asdict(found.funnel)),
        most_added=[_product(one) for one in found.most_added],
        most_removed=[_product(one) for one in found.most_removed],
        most_abandoned=[_left(one) for one in found.most_abandoned],
        refused_checkouts=found.refused_checkouts,
        refused_for=[ShownReason(one.reason, one.checkouts) for one in found.refused],
        other_currencies=[OtherCurrency(one.currency, one.carts) for one in found.currencies],
    )
    return Response(200, _ENCODER.encode(answer), (JSON_CONTENT,))


def _figures(found: carts.CartFigures) -> CartFigures:
    return CartFigures(
        added_minor=found.added_minor,
        removed_minor=found.removed_minor,
        gmv_minor=found.gmv_minor,
        carts=found.carts,
        average_cart_minor=found.average_minor,
    )


def _product(one: CartProduct) -> ShownProduct:
    return ShownProduct(
        product_id=one.product,
        added=quantity_text(one.added),
        removed=quantity_text(one.removed),
        added_minor=one.added_minor,
        removed_minor=one.removed_minor,
    )


def _left(one: AbandonedProduct) -> ShownLeft:
    return ShownLeft(product_id=one.product, carts=one.carts, left=quantity_text(one.quantity), left_minor=one.minor)
