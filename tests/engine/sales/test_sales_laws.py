"""Laws of sales: whatever is told, in whatever order and steps, money adds up, and the past can be made again."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests.engine.sales.telling import HOUR, MINUTE, Telling
from tests.store.ground import add_shop, look, opened
from tillroll.domain.events.events import REFUSED, REPEATED, OutsideEvent
from tillroll.domain.sales.sale import Sale
from tillroll.domain.storefronts.storefront import ReportRefusal
from tillroll.engine.sales.policies import Counting, rule_sets
from tillroll.store import Store

# What is kept of a shop's sales, but where its follower is.
KEPT = (
    "SELECT id, since, document, entries FROM sale WHERE shop = '{}' ORDER BY id",
    "SELECT id, since, until, document, entries FROM sale_version WHERE shop = '{}' ORDER BY id, since",
    "SELECT position, sale, order_key, call, document FROM sale_report WHERE shop = '{}' ORDER BY position",
    "SELECT node, at, position FROM sale_node WHERE shop = '{}' ORDER BY node, at, position",
    "SELECT id, document FROM identity_link WHERE shop = '{}' ORDER BY id",
    "SELECT id, document FROM sale_decision WHERE shop = '{}' ORDER BY id",
    "SELECT report, decision FROM decided_report WHERE shop = '{}' ORDER BY report, decision",
    "SELECT position, order_key, report, document FROM sale_refund WHERE shop = '{}' ORDER BY position",
)
SUMS = (
    "SELECT calendar, currency, model, day, source, orders, credited_minor, direct_minor, assisted_minor, "
    "refunded_minor FROM revenue WHERE shop = '{}' AND (orders <> 0 OR credited_minor <> 0 OR direct_minor <> 0 "
    "OR assisted_minor <> 0 OR refunded_minor <> 0) ORDER BY calendar, currency, model, day, source"
)

SHOPS = count(1)
DAY = 24 * HOUR
# The sales themselves, and all that share them.
MODELS = ("", *(one.name for one in rule_sets(Counting())))
NUMBERS = st.sampled_from(["A", "B", "#0a ", ""])
TIMES = st.sampled_from([0, 1, 10, 29, 31, 45, 70, 90]).map(lambda minutes: minutes * MINUTE)
TOTALS = st.sampled_from([0, 1, 999, 1000, 1001, 100_000])
DAYS = st.integers(0, 3)
LATE = st.builds(lambda at, day: at + day * DAY, TIMES, DAYS)
SESSIONS, PAIRS = st.sampled_from(["s", "t"]), st.sampled_from(["f/g", "h/i"])
NODES = st.sampled_from(["doofinder:s", "doofinder:t", "alhena:f/g", "alhena:h/i", "emporix:customer:1", "native:b"])
PRODUCTS = st.sampled_from(["mug", "cup"])
OUTCOMES: st.SearchStrategy[dict[str, str]] = st.sampled_from(
    [{}, {}, {}, {"outcome": REPEATED}, {"outcome": REFUSED, "reason": ReportRefusal.NO_INTERACTION.value}]
)
PLACES = st.integers(0, 9)
Say = Callable[[Telling, list[int]], OutsideEvent]


class Told(Struct, frozen=True):
    """One thing that happens, by the name of what tells it, and its words."""

    name: str
    words: tuple[Any, ...]


def _amount(total: int) -> str:
    return f"{total // 100}.{total % 100:02d}"


def _place(at: int, positions: list[int]) -> int:
    return positions[at % len(positions)] if positions else 1


SAYS: dict[str, Callable[..., OutsideEvent]] = {
    "order": lambda t, _, number, total, at, product: t.order(number, total, at, items=[(product, 1, total)]),
    "foreign": lambda t, _, number, total, at: t.order(number, total, at, currency="PLN"),
    "moved": lambda t, _, number, at: t.moved(number, "DECLINED", at),
    "storefront": lambda t, _, number, total, at, pair, more: t.storefront(
        number, _amount(total), at, visitor=pair, **more
    ),
    "item": lambda t, _, number, total, at, sku: t.item(number, total, at, sku=sku),
    "session": lambda t, _, total, at, session, product: t.session(
        at=at, visitor=session, cart=[{"id": product, "amount": 1, "price": total / 100}]
    ),
    "click": lambda t, _, at, session: t.click(at - 60 * MINUTE, visitor=session),
    "chat": lambda t, _, at, pair: t.chat(at - 60 * MINUTE, visitor=pair),
    "link": lambda t, places, one, other, day: t.link(one, other, id=f"lnk_{len(places)}", at=day * DAY),
    "unlink": lambda t, _, place, day: t.unlink(f"lnk_{place}", at=day * DAY),
    "refund": lambda t, _, number, amount, at: t.refund(amount, at, order_id=number),
    "refund_sale": lambda t, places, place, amount, at: t.refund(amount, at, sale=f"s{_place(place, places)}"),
    "merge": lambda t, places, one, other: t.merge(
        f"s{_place(one, places)}", f"s{_place(other, places)}", id=f"dec_{len(places)}"
    ),
    "split": lambda t, places, place: t.split(_place(place, places), id=f"dec_{len(places)}"),
    "undo": lambda t, _, place: t.undo(f"dec_{place}"),
}
AMOUNTS = st.sampled_from([None, 1, 500, 5000])
WORDS: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "order": (NUMBERS, TOTALS, TIMES, PRODUCTS),
    "foreign": (NUMBERS, TOTALS, TIMES),
    "moved": (NUMBERS, LATE),
    "storefront": (NUMBERS, TOTALS, TIMES, PAIRS, OUTCOMES),
    "item": (NUMBERS, TOTALS, TIMES, PRODUCTS),
    "session": (TOTALS, TIMES, SESSIONS, PRODUCTS),
    "click": (TIMES, SESSIONS),
    "chat": (TIMES, PAIRS),
    "link": (NODES, NODES, DAYS),
    "unlink": (PLACES, DAYS),
    "refund": (NUMBERS, AMOUNTS, LATE),
    "refund_sale": (PLACES, AMOUNTS, LATE),
    "merge": (PLACES, PLACES),
    "split": (PLACES,),
    "undo": (PLACES,),
}
HAPPENING = st.one_of([st.builds(Told, st.just(name), st.tuples(*words)) for name, words in WORDS.items()])
LEDGER = st.lists(st.tuples(HAPPENING, st.booleans()), min_size=1, max_size=14)
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('laws') / 'tillroll.db'}"


@pytest.fixture(scope="module")
def store(url: str) -> Iterator[Store]:
    with opened(url) as store:
        store.migrate()
        yield store


def begun(store: Store) -> Telling:
    """A shop of its own, of which nothing is told yet."""
    shop = f"shop{next(SHOPS)}"
    store.write_now(lambda tx: add_shop(tx, shop))
    return Telling(store, shop)


def tell(telling: Telling, ledger: list[tuple[Told, bool]]) -> None:
    """Tell of all that happens, and follow the ledger wherever it says so, and in the end."""
    positions: list[int] = []
    for told, is_followed in ledger:
        positions += telling.tell(SAYS[told.name](telling, positions, *told.words))
        if is_followed:
            telling.settle()
    telling.settle()


def kept(url: str, telling: Telling) -> list[list[tuple[Any, ...]]]:
    return [look(url, statement.format(telling.shop)) for statement in (*KEPT, SUMS)]


def sums(url: str, telling: Telling) -> dict[tuple[str, str, str], list[int]]:
    """By calendar, currency and model: credited and refunded minor units of all sources and days."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for calendar, currency, model, _, _, _, credited, _, _, refunded in look(url, SUMS.format(telling.shop)):
        found[calendar, currency, model][0] += credited
        found[calendar, currency, model][1] += refunded
    return dict(found)


@given(LEDGER)
@FEW
def test_what_comes_in_steps_is_what_comes_at_once(store: Store, url: str, ledger: list[tuple[Told, bool]]) -> None:
    telling = begun(store)
    tell(telling, ledger)
    in_steps = kept(url, telling)
    telling.rebuild()
    assert kept(url, telling) == in_steps


@given(LEDGER)
@FEW
def test_every_model_shares_all_of_the_revenue_and_takes_all_of_the_refunds_back(
    store: Store, url: str, ledger: list[tuple[Told, bool]]
) -> None:
    telling = begun(store)
    tell(telling, ledger)
    sales = [one for one in telling.sales() if one.counts]
    found = sums(url, telling)
    for sale in sales:
        assert 0 <= sale.refunded_minor <= sale.total_minor
        assert sum(line.total_minor or 0 for line in sale.lines) == sale.total_minor
    for currency in {one.currency for one in sales}:
        ours = [one for one in sales if one.currency == currency]
        whole = [sum(one.total_minor for one in ours), sum(one.refunded_minor for one in ours)]
        assert {model: found.get(("order", currency, model), [0, 0]) for model in MODELS} == dict.fromkeys(
            MODELS, whole
        )
    assert {currency for _, currency, _ in found} <= {one.currency for one in sales}


@given(LEDGER)
@FEW
def test_what_is_given_back_of_everything_leaves_nothing_with_anybody(
    store: Store, url: str, ledger: list[tuple[Told, bool]]
) -> None:
    telling = begun(store)
    tell(telling, ledger)
    telling.told(*[telling.refund(None, sale=one.id, currency="") for one in telling.sales()])
    for sale in telling.sales():
        assert sale.refunded_minor == sale.total_minor, sale
    left: dict[tuple[str, str, str], int] = defaultdict(int)
    for calendar, currency, model, _, source, _, credited, _, _, refunded in look(url, SUMS.format(telling.shop)):
        if calendar == "order":
            left[currency, model, source] += credited - refunded
    assert not any(left.values()), dict(left)


@given(LEDGER, PLACES, PLACES)
@FEW
def test_a_merge_that_is_undone_leaves_everything_as_it_was(
    store: Store, url: str, ledger: list[tuple[Told, bool]], one: int, other: int
) -> None:
    telling = begun(store)
    tell(telling, ledger)
    before, was = telling.sales(), sums(url, telling)
    if before:
        ids = [before[place % len(before)].id for place in (one, other)]
        telling.told(telling.merge(*ids, id="dec_merge"))
        telling.told(telling.undo("dec_merge"))
    assert [as_bought(one) for one in telling.sales()] == [as_bought(one) for one in before]
    assert sums(url, telling) == was


def as_bought(sale: Sale) -> Sale:
    """A sale without what else it might be one with: who is known to be one later is so in new versions."""
    return replace(sale, candidates=())
