"""The report of what a shop's search brought: sessions, clicks, purchases, and the queries behind them."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tillroll.dialects.http import JSON_CONTENT, Inbound, Response, Route
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.reports.revenue import PERIOD, Day
from tillroll.dialects.openapi import Operation, Schema, ref, structs
from tillroll.engine.access.native_keys import REPORTS_READ
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales import searches
from tillroll.engine.sales.periods import day_text
from tillroll.store import Transaction
from tillroll.store.sales.searches import SearchDay, SearchName

_ENCODER = msgspec.json.Encoder()
_NOTES = """Sums of what search sessions report, in the shop's own currency. A purchase belongs to the query whose
result was clicked last before it in its session, within 24 hours; so queries add up to what they brought, and to no
more."""


class SearchFigures(Struct, frozen=True, kw_only=True):
    """What happened in sessions, together or on a day."""

    sessions: Annotated[int, Meta(description="Sessions that began.")]
    clicks: Annotated[int, Meta(description="Results that were clicked.")]
    banner_clicks: Annotated[int, Meta(description="Banners that were clicked.")]
    redirects: Annotated[int, Meta(description="Redirects that were followed.")]
    checkouts: Annotated[int, Meta(description="Checkouts, of whatever was in the cart.")]
    orders: Annotated[int, Meta(description="Checkouts with something in the cart.")]
    sales_minor: Annotated[int, Meta(description="What these carts came to, as far as their prices are known.")]


class SearchOfDay(SearchFigures, frozen=True, kw_only=True):
    """The figures of a day."""

    day: Day


class NamedCount(Struct, frozen=True, kw_only=True):
    """How often something was clicked."""

    name: Annotated[str, Meta(description="What: an item's `dfid`, a query, or the number of a banner or redirect.")]
    clicks: Annotated[int, Meta(description="How often.")]


class SoldQuery(Struct, frozen=True, kw_only=True):
    """What a query brought."""

    query: Annotated[str, Meta(description="What was searched for.")]
    orders: Annotated[int, Meta(description="Purchases after a click on its results.")]
    sales_minor: Annotated[int, Meta(description="What they came to.")]


class SearchAnswer(SearchFigures, frozen=True, kw_only=True):
    """A report of searches."""

    from_day: Annotated[Day, Meta(description="The first day.")] = msgspec.field(name="from")
    to: Annotated[Day, Meta(description="The last day.")]
    conversion: Annotated[float | None, Meta(description="Checkouts by sessions; null without sessions.")]
    clicks_per_session: Annotated[float | None, Meta(description="Clicks by sessions; null without sessions.")]
    average_order_minor: Annotated[int | None, Meta(description="`sales_minor` by `orders`, rounded half up.")]
    by: Annotated[list[SearchOfDay], Meta(description="The figures of each day on which anything happened.")]
    items: Annotated[list[NamedCount], Meta(description="The twenty items that were clicked most.")]
    queries: Annotated[list[NamedCount], Meta(description="The twenty queries whose results were clicked most.")]
    sold_queries: Annotated[list[SoldQuery], Meta(description="The twenty queries that brought most.")]
    banners: Annotated[list[NamedCount], Meta(description="The twenty banners that were clicked most.")]
    redirected: Annotated[list[NamedCount], Meta(description="The twenty redirects that were followed most.")]


def routes() -> list[Route]:
    """The one report."""
    return [Route("GET", "/v1/reports/search", with_scope(REPORTS_READ, _search), NATIVE, _read, reads="report")]


COMPONENTS: dict[str, Schema] = structs("reports", {"SearchAnswer": SearchAnswer})


def operations() -> list[Operation]:
    """What is to be said of it."""
    return [
        Operation(
            "GET",
            "/v1/reports/search",
            "Reports what the shop's search brought: sessions, clicks, purchases, and the queries behind them",
            {200: ref("reports.SearchAnswer")},
            parameters=[one for one in PERIOD if one.name != "currency"],
            notes=_NOTES,
        )
    ]


def _read(inbound: Inbound) -> None:
    """The days, as far as they can be judged without the shop."""
    asked.check_days(inbound)


def _search(tx: Transaction, call: Call) -> Response:
    first, last = asked.days(call.inbound, clock_of(tx, call.shop))
    found = searches.report(tx, call.shop, first, last)
    whole = _figures(found.days)
    answer = SearchAnswer(
        **msgspec.structs.asdict(whole),
        from_day=day_text(first),
        to=day_text(last),
        conversion=round(whole.checkouts / whole.sessions, 6) if whole.sessions else None,
        clicks_per_session=round(whole.clicks / whole.sessions, 6) if whole.sessions else None,
        average_order_minor=(2 * whole.sales_minor + whole.orders) // (2 * whole.orders) if whole.orders else None,
        by=[
            SearchOfDay(
                **msgspec.structs.asdict(_figures([one for one in found.days if one.day == day])), day=day_text(day)
            )
            for day in sorted({one.day for one in found.days})
        ],
        items=_named(found.items),
        queries=_named(found.queries),
        sold_queries=[
            SoldQuery(query=one.name, orders=one.events, sales_minor=one.minor) for one in found.sold_queries
        ],
        banners=_named(found.banners),
        redirected=_named(found.redirects),
    )
    return Response(200, _ENCODER.encode(answer), (JSON_CONTENT,))


def _figures(days: list[SearchDay]) -> SearchFigures:
    events: dict[str, int] = {}
    for one in days:
        events[one.kind] = events.get(one.kind, 0) + one.events
    return SearchFigures(
        sessions=events.get("session", 0),
        clicks=events.get("click", 0),
        banner_clicks=events.get("banner", 0),
        redirects=events.get("redirect", 0),
        checkouts=events.get("checkout", 0),
        orders=events.get(searches.ORDER, 0),
        sales_minor=sum(one.minor for one in days),
    )


def _named(names: list[SearchName]) -> list[NamedCount]:
    return [NamedCount(name=one.name, clicks=one.events) for one in names]
