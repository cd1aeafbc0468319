"""What a shop's search brought, followed: sums by day, by what was clicked, and by the query that led to a purchase.

sessions · clicks · banners · redirects · checkouts ─► sums by day
a checkout ─► the last query that was clicked in its session, within a day ─► what the query brought
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from msgspec import Struct

from tillroll.domain.attribution.touches import DAY
from tillroll.domain.events.events import ACCEPTED
from tillroll.domain.sales.searches import Searched, SearchTold
from tillroll.domain.sales.spans import spans_of
from tillroll.engine.sales.periods import day_of
from tillroll.engine.sales.reading import Home, Witnesses
from tillroll.store import Transaction
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.ledger.rows import LedgerRow
from tillroll.store.sales import searches as rows
from tillroll.store.sales.searches import SearchDay, SearchDays, SearchName, SearchSum

# What sums are kept under, beside those of everything of a kind.
ORDER = "order"
QUERY_CLICKED, QUERY_SOLD = "query_clicked", "query_sold"
# Nobody clicks more in the sessions of one step.
CLICKS_MAX = 10_000
NAMES_MAX = 20


class SearchReport(Struct, frozen=True, kw_only=True):
    """What a shop's search brought in some days; lists have the most frequent, or what brought most, first."""

    days: list[SearchDay]
    items: list[SearchName]
    queries: list[SearchName]
    sold_queries: list[SearchName]
    banners: list[SearchName]
    redirects: list[SearchName]


def enter(  # noqa: PLR0913  whose events, of which shop, on which clock
    tx: Transaction, shop: str, witnesses: Witnesses, found: Sequence[LedgerRow], home: Home, clock: tzinfo
) -> None:
    """Add up what these events tell of searches."""
    told = [(row, what) for row in found if (what := witnesses.search(row, home)) is not None]
    if not told:
        return
    sums: dict[tuple[str, int, int, str], list[int]] = {}
    led = _led(tx, shop, witnesses, told)
    for row, what in told:
        day = day_of(row.happened_at, clock)
        for kind, name, minor in _counted(what, led.get(row.position, "")):
            for span, begins in spans_of(day).items() if name else ((0, day),):
                held = sums.setdefault((kind, span, begins, name), [0, 0])
                held[0] += 1
                held[1] += minor
    rows.add_to_sums(tx, shop, [SearchSum(*key, *held) for key, held in sorted(sums.items())])


def _counted(what: SearchTold, query: str) -> Iterable[tuple[str, str, int]]:
    """Under what an event is added up."""
    yield what.what.value, "", 0
    if what.name:
        yield what.what.value, what.name, 0
    if what.what is Searched.CLICK and what.query:
        yield QUERY_CLICKED, what.query, 0
    if what.minor is not None:
        yield ORDER, "", what.minor
        if query:
            yield QUERY_SOLD, query, what.minor


def _led(
    tx: Transaction, shop: str, witnesses: Witnesses, told: Sequence[tuple[LedgerRow, SearchTold]]
) -> Mapping[int, str]:
    """For each purchase, by position, the query whose result was clicked last before it in the same session."""
    bought = [(row, what) for row, what in told if what.minor is not None]
    if not bought:
        return {}
    clicks = ledger_rows.events_of_visitors(
        tx,
        shop,
        {what.session for _, what in bought},
        witnesses.searches,
        since=min(row.happened_at for row, _ in bought) - DAY,
        until=max(row.position for row, _ in bought),
        limit=CLICKS_MAX,
    )
    found: dict[int, str] = {}
    for row, _ in bought:
        queries = [
            click.detail
            for click in clicks  # the latest first
            if (click.visitor, click.channel, click.kind) == (row.visitor, row.channel, Searched.CLICK.value)
            and (click.dialect, click.outcome) == (row.dialect, ACCEPTED)
            and click.position < row.position
            and row.happened_at - DAY <= click.happened_at <= row.happened_at
            and click.detail
        ]
        found[row.position] = queries[0] or "" if queries else ""
    return found


def report(tx: Transaction, shop: str, first: int, last: int) -> SearchReport:
    """What a shop's search brought, from one day to another."""
    days = SearchDays(shop, first, last)

    def named(kind: str) -> list[SearchName]:
        return rows.by_name(tx, days, kind, NAMES_MAX)

    return SearchReport(
        days=[day for kind in (*Searched, ORDER) for day in rows.by_day(tx, days, str(kind))],
        items=named(Searched.CLICK.value),
        queries=named(QUERY_CLICKED),
        sold_queries=named(QUERY_SOLD),
        banners=named(Searched.BANNER.value),
        redirects=named(Searched.REDIRECT.value),
    )
