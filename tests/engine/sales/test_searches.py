"""What a shop's search brought, on both databases: counts by day, and the queries that led to purchases."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.engine.sales.telling import HOUR, MINUTE, Telling
from tests.store.ground import NOW, SHOP, lay_ground, look, opened
from tillroll.domain.events.events import REFUSED, REPEATED, OutsideEvent
from tillroll.engine.sales import searches
from tillroll.engine.sales.searches import SearchReport
from tillroll.store import Store
from tillroll.store.sales.searches import SearchDay, SearchName

DAY = 24 * HOUR
TODAY = NOW // DAY
SUMS = "SELECT kind, day, name, events, minor FROM search_sum WHERE span < 8 ORDER BY kind, day, name"
EVERY_SUM = "SELECT kind, span, day, name, events, minor FROM search_sum ORDER BY kind, span, day, name"
KINDS = {
    "init": "session",
    "click": "click",
    "banner_click": "banner",
    "redirect": "redirect",
    "checkout": "checkout",
}


class Searching(Telling):
    """A ledger that tells of search sessions."""

    def said(self, kind: str, at: int = 0, query: str | None = None, **more: Any) -> OutsideEvent:
        """An event of a session."""
        visitor = more.pop("visitor", "s1")
        more = {"subject": "h@product@d", "channel": "h"} | more
        return self.event("doofinder", kind, more.pop("document", {}), at, visitor=visitor, detail=query, **more)

    def bought(self, price: str, at: int = 0, **more: Any) -> OutsideEvent:
        """A checkout of one piece."""
        return self.said("checkout", at, document={"cart": [{"id": "mug", "amount": 1, "price": price}]}, **more)

    def report(self) -> SearchReport:
        """The report of all days."""
        return self.store.read_now(lambda tx: searches.report(tx, self.shop, TODAY - 500, TODAY + 500))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened(database_url) as store:
        lay_ground(store)
        yield store


@pytest.fixture
def telling(store: Store) -> Searching:
    return Searching(store)


def test_sessions_are_counted_by_day_and_what_did_not_count_is_not(telling: Searching) -> None:
    telling.told(
        telling.said("init"),
        telling.said("click", query="red mugs"),
        telling.said("click", MINUTE, subject="h@product@e"),
        telling.said("banner_click", subject="7"),
        telling.said("redirect", DAY, subject="9"),
        telling.said("init", outcome=REFUSED, reason="banned_ip"),
        telling.said("checkout", 2 * MINUTE, outcome=REPEATED),
        telling.said("checkout", 2 * MINUTE),
    )
    found = telling.report()
    assert found.days == [
        SearchDay("session", TODAY, 1, 0),
        SearchDay("click", TODAY, 2, 0),
        SearchDay("banner", TODAY, 1, 0),
        SearchDay("redirect", TODAY + 1, 1, 0),
        SearchDay("checkout", TODAY, 1, 0),
    ]
    assert [one.name for one in found.items] == ["h@product@d", "h@product@e"]
    assert found.queries == [SearchName("red mugs", 1, 0)]
    assert (found.banners, found.redirects) == ([SearchName("7", 1, 0)], [SearchName("9", 1, 0)])


def test_a_purchase_belongs_to_the_query_that_was_clicked_last_before_it(telling: Searching) -> None:
    telling.told(
        telling.said("click", query="mugs"),
        telling.said("click", MINUTE, query="cups"),
        telling.said("click", 2 * MINUTE),
        telling.said("click", 2 * MINUTE, query="jugs", visitor="s2"),
        telling.said("click", 2 * MINUTE, query="jugs", channel="other"),
        telling.bought("5", 3 * MINUTE),
        telling.said("click", 4 * MINUTE, query="mugs"),
        telling.bought("7.005", HOUR),
        telling.bought("9", 30 * HOUR),
    )
    found = telling.report()
    assert found.sold_queries == [SearchName("mugs", 1, 701), SearchName("cups", 1, 500)]
    assert [one for one in found.days if one.kind == "order"] == [
        SearchDay("order", TODAY, 2, 1201),
        SearchDay("order", TODAY + 2, 1, 900),
    ]


def test_the_figures_are_those_of_an_independent_reckoning_and_of_a_rebuild(
    telling: Searching, database_url: str
) -> None:
    chance = random.Random(7)
    for _ in range(6):
        telling.told(*[_event(telling, chance) for _ in range(60)])
    assert look(database_url, SUMS) == _reckoned(database_url)
    before = look(database_url, EVERY_SUM)
    by_span = [
        Counter((row[0], row[3], row[4], row[5]) for row in before if row[1] == span and row[3]) for span in (8, 64)
    ]
    assert by_span[0] == by_span[1] != Counter()  # the three days are in one span of either length
    telling.rebuild()
    assert look(database_url, EVERY_SUM) == before


def _event(telling: Searching, chance: random.Random) -> OutsideEvent:
    at, visitor = chance.randrange(3 * DAY), chance.choice(("s1", "s2", "s3"))
    if chance.random() < 0.2:
        return telling.bought(str(Decimal(chance.randrange(10**5)) / 1000), at, visitor=visitor)
    outcome = chance.choice(("accepted", "accepted", "accepted", REFUSED))
    query = chance.choice((None, "mugs", "cups"))
    kind = chance.choice(("init", "click", "click", "banner_click", "redirect"))
    return telling.said(kind, at, query, visitor=visitor, subject=chance.choice("ab"), outcome=outcome)


def _reckoned(url: str) -> list[tuple[str, int, str, int, int]]:
    """The same sums, from the raw ledger and by the vendor's definitions alone."""
    rows = look(
        url,
        "SELECT position, kind, subject, visitor, detail, happened_at, document FROM event "
        f"WHERE shop = '{SHOP}' AND outcome = 'accepted' ORDER BY position",
    )
    events: Counter[tuple[str, int, str]] = Counter()
    money: Counter[tuple[str, int, str]] = Counter()
    for position, kind, subject, visitor, query, at, document in rows:
        day = at // DAY
        events[KINDS[kind], day, ""] += 1
        if kind in ("click", "banner_click", "redirect"):
            events[KINDS[kind], day, subject] += 1
        if kind == "click" and query:
            events["query_clicked", day, query] += 1
        if kind == "checkout":
            (item,) = json.loads(document)["cart"]
            cents = int((Decimal(item["price"]) * 100).quantize(Decimal(1), ROUND_HALF_UP))
            events["order", day, ""] += 1
            money["order", day, ""] += cents
            clicked = [row for row in rows if row[0] < position and row[1] == "click" and row[3] == visitor and row[4]]
            led = [row[4] for row in clicked if at - DAY <= row[5] <= at]
            if led:
                events["query_sold", day, led[-1]] += 1
                money["query_sold", day, led[-1]] += cents
    return sorted((*key, count, money[key]) for key, count in events.items())
