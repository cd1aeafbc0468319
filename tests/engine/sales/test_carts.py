"""Carts on both databases: what was added, taken away, bought and left, by two dialects' own rules."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.engine.sales.telling import HOUR, MINUTE, Telling
from tests.store.ground import NOW, SHOP, lay_ground, look, opened
from tillroll.domain.events.events import REFUSED, OutsideEvent
from tillroll.domain.sales.carts import QUANTITY_MAX, worth_of
from tillroll.engine.sales import carts
from tillroll.engine.sales.carts import AbandonedProduct, CartFunnel, CartsReported
from tillroll.store import Store
from tillroll.store.sales.carts import CartDay, CartPeriod, CartProduct

DAY = 24 * HOUR
TODAY = NOW // DAY
SESSION = "s1"
ADDED, MORE, LESS, REMOVED = "ITEM_ADDED", "QUANTITY_INCREASED", "QUANTITY_DECREASED", "ITEM_REMOVED"
EVERYTHING = (
    "SELECT node, closed, dialect, currency, opened_day, changed_at, bought_at, worth_minor, document "
    "FROM followed_cart ORDER BY node, closed",
    "SELECT dialect, currency, day, node FROM cart_day ORDER BY dialect, currency, day, node",
    "SELECT dialect, span, currency, day, product, added, removed, added_minor, removed_minor, carts FROM cart_sum "
    "ORDER BY dialect, span, currency, day, product",
    "SELECT dialect, currency, day, carts, checkouts, orders, unbought, unbought_minor FROM cart_outcome "
    "ORDER BY dialect, currency, day",
)
# What became of carts, of the carts and the sales themselves.
OUTCOMES = """SELECT dialect, followed_cart.currency, opened_day, count(*),
    sum(CASE WHEN bought_at > 0 THEN 1 ELSE 0 END), sum(CASE WHEN sale.state = 'counted' THEN 1 ELSE 0 END),
    sum(CASE WHEN bought_at = 0 AND worth_minor > 0 THEN 1 ELSE 0 END),
    sum(CASE WHEN bought_at = 0 AND worth_minor > 0 THEN worth_minor ELSE 0 END)
FROM followed_cart
LEFT JOIN sale_report ON sale_report.position = followed_cart.closed AND followed_cart.bought_at > 0
LEFT JOIN sale ON sale.id = sale_report.sale
WHERE opened_day > 0 GROUP BY dialect, followed_cart.currency, opened_day
ORDER BY dialect, followed_cart.currency, opened_day"""
# The sums of longer spans, of those of their days.
SPANS = """SELECT dialect, currency, day - day % {0} AS first, product, sum(added), sum(removed), sum(added_minor),
    sum(removed_minor) FROM cart_sum WHERE span = 1 GROUP BY dialect, currency, day - day % {0}, product
ORDER BY dialect, currency, first, product"""
OF_SPAN = """SELECT dialect, currency, day, product, added, removed, added_minor, removed_minor FROM cart_sum
WHERE span = {0} ORDER BY dialect, currency, day, product"""


class Carts(Telling):
    """A ledger that tells of carts."""

    def alhena(self, type: str, quantity: Any, at: int = 0, **more: Any) -> OutsideEvent:
        """A cart event of a storefront."""
        document = {"type": type, "quantity": quantity, "value": Decimal("12.5"), "currency": "EUR"}
        document |= {"valueMeans": "unit"} | more.pop("said", {})
        product, visitor = more.pop("product", "mug"), more.pop("visitor", "one/two")
        return self.event("alhena", "cart_event", document, at, subject=product, visitor=visitor, **more)

    def search(self, kind: str, *changes: tuple[str, int], at: int = 0, **said: Any) -> OutsideEvent:
        """A call about the cart of a search session."""
        document = {"said": {"id": "mug", "price": Decimal("12.5")} | said, "changes": list(changes)}
        return self.event("doofinder", kind, document, at, subject="d", visitor=SESSION, channel="h")

    def report(self, dialect: str = "alhena", currency: str = "EUR", at: int = 0) -> CartsReported:
        """The report of all days."""
        period = CartPeriod(self.shop, dialect, currency, TODAY - 500, TODAY + 500)
        return self.store.read_now(lambda tx: carts.report(tx, period, NOW + at))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened(database_url) as store:
        lay_ground(store)
        yield store


@pytest.fixture
def telling(store: Store) -> Carts:
    return Carts(store)


def test_a_day_is_what_was_added_less_what_was_taken_away(telling: Carts) -> None:
    telling.told(
        telling.alhena(ADDED, 2),
        telling.alhena(MORE, 3, MINUTE),
        telling.alhena(LESS, 1, 2 * MINUTE),
        telling.alhena(ADDED, 1, DAY, product="cup", said={"value": 7}),
        telling.alhena(REMOVED, 1, DAY + MINUTE),
        telling.alhena(ADDED, 1, DAY, visitor="three/four", said={"currency": "PLN"}),
    )
    found = telling.report()
    assert found.days == [CartDay(TODAY, 3750, 2500, 1), CartDay(TODAY + 1, 700, 1250, 1)]
    assert found.most_added == [CartProduct("mug", 3000, 3000, 3750, 3750), CartProduct("cup", 1000, 0, 700, 0)]
    assert [one.product for one in found.most_removed] == ["mug"]
    assert [(one.currency, one.carts) for one in found.currencies] == [("PLN", 1)]


def test_repeats_and_late_arrivals_do_no_harm(telling: Carts) -> None:
    telling.told(
        telling.alhena(ADDED, 2, MINUTE),
        telling.alhena(ADDED, 2, MINUTE),
        telling.alhena(ADDED, 1),
        telling.alhena(ADDED, 2, 2 * MINUTE),
    )
    assert telling.report().days == [CartDay(TODAY, 2500, 0, 1)]


@pytest.mark.parametrize(
    ("said", "minor"),
    [
        ({"value": 30, "valueMeans": "line"}, 3000),
        ({"value": -12}, 2400),
        ({"value": 10**11}, 0),
    ],
)
def test_a_value_is_of_a_piece_or_of_the_line_and_an_absurd_one_is_none(
    telling: Carts, said: dict[str, Any], minor: int
) -> None:
    telling.told(telling.alhena(ADDED, 2, said=said))
    assert telling.report().days == [CartDay(TODAY, minor, 0, 1)]


@pytest.mark.parametrize("currency", ["EUR", "JPY", "CLF", "???"])
def test_what_no_number_can_hold_is_worth_nothing(currency: str) -> None:
    assert worth_of("999999999999999.9999999999999", QUANTITY_MAX, currency) == 0
    assert worth_of(None, 1000, currency) == 0


def test_a_line_value_of_a_removal_that_leaves_nothing_is_that_of_before(telling: Carts) -> None:
    line = {"valueMeans": "line", "value": 30}
    telling.told(telling.alhena(ADDED, 2, said=line), telling.alhena(REMOVED, 0, MINUTE, said=line))
    assert telling.report().days == [CartDay(TODAY, 3000, 3000, 1)]


def test_a_refused_change_counts_once_its_interaction_is_told_of(telling: Carts) -> None:
    refused = telling.alhena(ADDED, 2, outcome=REFUSED, reason="no_interaction")
    never = telling.alhena(MORE, 9, MINUTE, outcome=REFUSED, reason="not_added_before")
    telling.told(refused, never, telling.alhena(ADDED, 1, product="cup"))
    assert telling.report().days == [CartDay(TODAY, 1250, 0, 1)]
    telling.told(telling.event("alhena", "report_credited", {}, subject=refused.call, visitor="one/two"))
    assert telling.report().days == [CartDay(TODAY, 3750, 0, 1)]


def test_a_checkout_ends_a_cart_and_what_clears_it_takes_nothing_away(telling: Carts) -> None:
    telling.told(
        telling.alhena(ADDED, 2),
        telling.storefront(at=MINUTE),
        telling.alhena(REMOVED, 0, 2 * MINUTE),
        telling.alhena(ADDED, 1, 0),  # late, and of the cart before
        telling.alhena(ADDED, 1, 3 * MINUTE),
    )
    found = telling.report()
    assert found.days == [CartDay(TODAY, 3750, 0, 1)]
    assert found.funnel == CartFunnel(2, 1, 1, 0, 0)
    assert telling.report(at=2 * DAY).funnel == CartFunnel(2, 1, 1, 1, 1250)


def test_a_checkout_whose_interaction_is_missing_is_no_order_yet(telling: Carts) -> None:
    bought = telling.storefront(at=MINUTE, outcome=REFUSED, reason="no_interaction")
    telling.told(telling.alhena(ADDED, 2), bought)
    assert telling.report().funnel == CartFunnel(1, 1, 0, 0, 0)
    telling.told(telling.event("alhena", "report_credited", {}, subject=bought.call, visitor="one/two"))
    assert telling.report().funnel == CartFunnel(1, 1, 1, 0, 0)


def test_the_cart_of_a_search_session_adds_up(telling: Carts) -> None:
    telling.told(
        telling.search("cart_add", ("l1", 2000)),
        telling.search("cart_add", ("l1", 1000), at=MINUTE, price=None),
        telling.search("cart_add", ("l2", 1000), id="cup", price="5"),
        telling.search("cart_remove", ("l1", 9000), price=None),
        telling.search("cart_clear"),
        telling.search("cart_remove", ("l1", 1000)),
    )
    found = telling.report("doofinder")
    assert found.days == [CartDay(TODAY, 4250, 4250, 1)]
    assert [one.product for one in found.most_added] == ["mug", "cup"]
    assert found.funnel == CartFunnel(1, 0, 0, 0, 0)
    assert telling.report(at=2 * DAY).days == []


def test_a_whole_cart_takes_the_place_of_what_was_there(telling: Carts) -> None:
    items = [{"id": "mug", "quantity": 1, "price": 12.5}, {"id": "cup", "quantity": 2, "price": "5"}]
    whole = json.dumps(items)
    telling.told(
        telling.search("cart_add", ("l1", 2000)),
        telling.search("cart_add", ("l3", 1000), id="jug", price="20"),
        telling.search("cart", ("l1", 1000), ("l2", 2000), checkout_json=whole),
        telling.session(visitor=SESSION, channel="h", cart=[{"id": "mug", "amount": 1, "price": "12.5"}]),
    )
    found = telling.report("doofinder")
    assert found.days == [CartDay(TODAY, 2500 + 2000 + 1000, 1250 + 2000, 1)]
    assert found.funnel == CartFunnel(1, 1, 1, 0, 0)


def test_a_cart_that_was_left_alone_is_abandoned_with_what_is_in_it(telling: Carts) -> None:
    telling.told(telling.search("cart_add", ("l1", 2000)), telling.search("cart_expired", at=MINUTE))
    found = telling.report("doofinder")
    assert found.funnel == CartFunnel(1, 0, 0, 1, 2500)
    assert found.most_abandoned == [AbandonedProduct("mug", 1, 2000, 2500)]


def test_what_is_worth_most_in_abandoned_carts_comes_first(telling: Carts) -> None:
    telling.told(
        telling.alhena(ADDED, 1),
        telling.alhena(ADDED, 9, product="cup", said={"value": 1}),
        telling.alhena(ADDED, 2, visitor="three/four"),
        telling.alhena(ADDED, 5, visitor="five/six"),
        telling.storefront(at=MINUTE, visitor="five/six"),
    )
    assert telling.report().most_abandoned == []
    found = telling.report(at=2 * DAY).most_abandoned
    assert found == [AbandonedProduct("mug", 2, 3000, 3750), AbandonedProduct("cup", 1, 9000, 900)]


@pytest.mark.parametrize("seed", range(3))
def test_the_figures_are_those_of_an_independent_reckoning_and_of_a_rebuild(
    telling: Carts, database_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    events = [_event(telling, chance, at) for at in range(0, 3 * DAY, HOUR // 3)]
    for start in range(0, len(events), 40):
        telling.told(*events[start : start + 40])
    assert [(one.day, one.added_minor, one.removed_minor, one.carts) for one in telling.report().days] == (
        _reckoned_of_storefronts(database_url)
    )
    assert [(one.day, one.added_minor, one.removed_minor, one.carts) for one in telling.report("doofinder").days] == (
        _reckoned_of_sessions(database_url)
    )
    before = [look(database_url, statement) for statement in EVERYTHING]
    assert _texts(before[-1]) == _texts(look(database_url, OUTCOMES))
    for span in (8, 64):
        assert _texts(look(database_url, OF_SPAN.format(span))) == _texts(look(database_url, SPANS.format(span)))
    telling.rebuild()
    assert [look(database_url, statement) for statement in EVERYTHING] == before


def _texts(rows: list[Any]) -> list[list[str]]:
    """Rows, whatever the database takes a sum for."""
    return [[str(value) for value in row] for row in rows]


def _event(telling: Carts, chance: random.Random, at: int) -> OutsideEvent:
    """Anything that may happen to one of a few carts."""
    moment = max(0, at - chance.choice((0, 0, 0, 9 * HOUR)))
    if chance.random() < 0.5:
        line = chance.choice(("l1", "l2"))
        kind = chance.choice(("cart_add", "cart_add", "cart_remove", "cart_clear", "checkout"))
        price = chance.choice(("12.5", "3.335"))
        cart = [{"id": "mug", "amount": 1, "price": 1}] if kind == "checkout" else []
        changes = [(line, chance.randrange(4) * 500)] if kind in ("cart_add", "cart_remove") else []
        document = {"said": {"id": line, "price": price}, "changes": changes, "cart": cart}
        return telling.event("doofinder", kind, document, at, subject="d", visitor=SESSION, channel="h")
    visitor, product = f"{chance.randrange(3)}/x", chance.choice(("mug", "cup"))
    if chance.random() < 0.1:
        return telling.storefront(f"N{at}", at=moment, visitor=visitor)
    said = {"value": Decimal(chance.randrange(1, 4000)) / 1000}
    more: dict[str, Any] = {"product": product, "visitor": visitor, "said": said}
    if chance.random() < 0.1:
        more |= {"outcome": REFUSED, "reason": "not_added_before"}
    return telling.alhena(chance.choice((ADDED, MORE, LESS, REMOVED)), chance.randrange(5), moment, **more)


def _ledger(url: str, dialect: str) -> list[tuple[str, str, str, int, dict[str, Any], str]]:
    rows = look(
        url,
        "SELECT kind, subject, visitor, happened_at, document, outcome FROM event "
        f"WHERE shop = '{SHOP}' AND dialect = '{dialect}' ORDER BY position",
    )
    return [(*row[:4], json.loads(row[4], parse_float=Decimal), row[5]) for row in rows]


def _cents(amount: Decimal) -> int:
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))


def _summed(moved: list[tuple[int, str, int]]) -> list[tuple[int, int, int, int]]:
    """Day, added, removed, carts; of what each event has moved."""
    days = sorted({day for day, _, _ in moved})
    return [
        (
            day,
            sum(cents for on, _, cents in moved if on == day and cents > 0),
            -sum(cents for on, _, cents in moved if on == day and cents < 0),
            len({cart for on, cart, _ in moved if on == day}),
        )
        for day in days
    ]


def _day(at: int) -> int:
    return (datetime.fromtimestamp(at / 1e6, UTC).date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days


def _reckoned_of_storefronts(url: str) -> list[tuple[int, int, int, int]]:
    """By the vendor's rule: absolute quantities, the latest by its own time holds, a checkout empties the cart."""
    state: dict[str, dict[str, tuple[int, Decimal]]] = {}
    ended: dict[str, int] = {}
    moved = []
    for kind, product, visitor, at, said, outcome in _ledger(url, "alhena"):
        cart = state.setdefault(visitor, {})
        if kind == "checkout_event":
            state[visitor], ended[visitor] = {}, max(at, ended.get(visitor, 0))
        elif outcome == "accepted" and at >= ended.get(visitor, 0) and at >= cart.get(product, (0, Decimal(0)))[0]:
            now = Decimal(0 if said["type"] == REMOVED else said["quantity"])
            before = cart.get(product, (0, Decimal(0)))[1]
            if now or product in cart:
                cart[product] = at, now
            if now != before:
                cents = _cents(abs(now - before) * Decimal(said["value"]))
                moved.append((_day(at), visitor, cents if now > before else -cents))
    return _summed(moved)


def _reckoned_of_sessions(url: str) -> list[tuple[int, int, int, int]]:
    """By the vendor's rule: additions add up, removals stop at nothing, the last price that was said holds."""
    cart: dict[str, list[Decimal]] = {}
    moved = []
    for kind, _, _, at, document, _ in _ledger(url, "doofinder"):
        if kind == "checkout":
            cart = {}
        if kind == "cart_clear":
            moved += [(_day(at), "", -_cents(price * held)) for held, price in cart.values() if held]
            cart = {line: [Decimal(0), price] for line, (_, price) in cart.items()}
        for line, thousandths in document.get("changes", ()):
            pieces, price = Decimal(thousandths) / 1000, Decimal(document["said"]["price"])
            held = cart.get(line, [Decimal(0)])[0]
            after = held + pieces if kind == "cart_add" else max(Decimal(0), held - pieces)
            if after or line in cart:
                cart[line] = [after, price]
            if after != held:
                moved.append((_day(at), "", _cents(abs(after - held) * price) * (1 if after > held else -1)))
    return _summed(moved)
