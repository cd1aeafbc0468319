"""Search: what the shop's search brought, as the search report of our own API has it.

GET /dashboard/{shop}/search     sessions, clicks, purchases, and the queries, items, banners and redirects behind them
GET /dashboard/{shop}/search.csv the days as a file; with by=queries, sold, items, banners or redirects those
"""

from collections.abc import Iterable, Sequence

from tillroll.dashboard import filters
from tillroll.dashboard.asked import wanted
from tillroll.dashboard.cards import Course, Values, cards
from tillroll.dashboard.files import sheet
from tillroll.dashboard.filters import COMPARE
from tillroll.dashboard.meanings import SEARCH_CARDS
from tillroll.dashboard.office import Office, Staff
from tillroll.dashboard.snippets import DEFAULT_ORIGIN
from tillroll.dashboard.wording import major_text
from tillroll.dialects.guards import origin_of
from tillroll.dialects.http import Response, Route
from tillroll.domain.sales.searches import Searched
from tillroll.engine.sales import searches
from tillroll.engine.sales.periods import day_text
from tillroll.engine.sales.searches import ORDER, SearchReport
from tillroll.store.sales.searches import SearchDay, SearchName
from tillroll.store.shops import rows as shop_rows

SHOWS = (COMPARE,)
KINDS = tuple(one.value for one in Searched)
# What a file may be by, beside days.
BY = ("queries", "sold", "items", "banners", "redirects")


def routes(office: Office) -> list[Route]:
    """The page and its file."""
    return [office.page("/search", _search, reads="report"), office.page("/search.csv", _sheet, reads="report")]


def _search(staff: Staff) -> Response:
    asks = wanted(staff.query, staff.visit.now, staff.words.clock)
    say, currency, span = staff.words, shop_rows.currency_of(staff.tx, staff.shop), asks.last - asks.first + 1
    found = searches.report(staff.tx, staff.shop, asks.first, asks.last)
    before = searches.report(staff.tx, staff.shop, asks.first - span, asks.first - 1) if asks.compares else None
    course = Course(
        now=_values(found.days),
        before=_values(before.days) if before is not None else None,
        days=[_values([one for one in found.days if one.day == day]) for day in range(asks.first, asks.last + 1)],
    )
    return staff.show(
        "search.html",
        bar=filters.bar(staff, asks, f"{staff.base}/search", SHOWS),
        cards=cards(SEARCH_CARDS, course, currency, say),
        currency=currency,
        found=found,
        span_before=say.span_of(asks.first - span, asks.first - 1),
        is_empty=not any(one.events for one in found.days),
        origin=origin_of(staff.visit.inbound) or DEFAULT_ORIGIN,
    )


def _values(days: Iterable[SearchDay]) -> Values:
    counts = dict.fromkeys((*KINDS, ORDER), 0)
    minor = 0
    for one in days:
        counts[one.kind] = counts.get(one.kind, 0) + one.events
        minor += one.minor if one.kind == ORDER else 0
    sessions, clicks = counts[Searched.SESSION.value], counts[Searched.CLICK.value]
    return counts | {
        "revenue": minor,
        "per_session": round(clicks / sessions, 2) if sessions else None,
        "search_conversion": counts[Searched.CHECKOUT.value] / sessions if sessions else None,
    }


def _sheet(staff: Staff) -> Response:
    asks = wanted(staff.query, staff.visit.now, staff.words.clock)
    found = searches.report(staff.tx, staff.shop, asks.first, asks.last)
    currency, by = shop_rows.currency_of(staff.tx, staff.shop), staff.query.get("by", "")
    name = f"search-{by if by in BY else 'day'}-{staff.shop}-{day_text(asks.first)}-{day_text(asks.last)}.csv"
    if by in BY:
        head = ["name", "events", "currency", "amount"]
        lines = [[one.name, str(one.events), currency, major_text(one.minor, currency)] for one in _names(found, by)]
    else:
        head = ["day", "kind", "events", "currency", "amount"]
        lines = [
            [day_text(one.day), one.kind, str(one.events), currency, major_text(one.minor, currency)]
            for one in sorted(found.days, key=lambda one: (one.day, one.kind))
        ]
    return sheet(name, [head, *lines])


def _names(found: SearchReport, by: str) -> Sequence[SearchName]:
    return {
        "queries": found.queries,
        "sold": found.sold_queries,
        "items": found.items,
        "banners": found.banners,
        "redirects": found.redirects,
    }[by]
