"""Price lists: which one is the most exact, and what is true of every match (docs/wire/emporix.md, 8)."""

from decimal import Decimal as D
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tillroll.domain.prices.lists import Buyer, list_of, listed, named, specificity
from tillroll.domain.prices.match import PriceContext, best_match, misfit, model_of, value_here
from tillroll.domain.prices.prices import ListPrice, Price, PriceItem, PriceList, PriceModel, TierValue
from tillroll.domain.rejections import Reason
from tillroll.domain.site.sites import Site

BUYER = Buyer("C1", frozenset({"vip"}), ("own", "parent", "group"))
EU = frozenset({"EU"})
MODEL = PriceModel(id="m", includes_tax=True)
HERE = PriceContext(Site("main", "EUR"), "EUR", "DE", 0, BUYER, D(19), EU, {"USD": D("0.5")})

# From the most exact to what holds for everybody; what does not hold at all stands below.
IN_ORDER: list[dict[str, Any]] = [
    {"legal_entity_id": "own", "countries": ("DE",)},
    {"legal_entity_id": "own", "regions": ("EU",)},
    {"legal_entity_id": "own"},
    {"legal_entity_id": "parent", "countries": ("de",)},
    {"legal_entity_id": "group"},
    {"customer_groups": ("vip", "other"), "countries": ("FR", "DE")},
    {"customer_groups": ("vip",)},
    {"countries": ("DE",)},
    {"regions": ("EU",), "countries": ("FR",)},
    {},
]
ELSEWHERE: list[dict[str, Any]] = [
    {"legal_entity_id": "stranger"},
    {"customer_groups": ("other",)},
    {"countries": ("FR",)},
    {"regions": ("US",)},
    {"site_code": "second"},
    {"currency": "PLN"},
]


def price(number: int, amount: D, **fields: Any) -> Price:
    """A price of a list; without fields at all, one of the catalogue."""
    values = (TierValue(amount),)
    if fields.pop("in_catalogue", False):
        return Price(PriceItem("mug"), "EUR", "m", values, id=f"p{number}")
    price_list = PriceList(**{"currency": "EUR", "id": f"l{number}", **fields})
    return listed(price_list, ListPrice(PriceItem("mug"), "m", values), f"p{number}")


def test_lists_are_exact_in_one_order() -> None:
    ranks = [specificity(PriceList("EUR", **fields), BUYER, "DE", EU) for fields in IN_ORDER]
    assert None not in ranks
    assert ranks == sorted(ranks, reverse=True, key=lambda rank: rank or (-1, -1))
    assert len(set(ranks)) == len(ranks)


def test_what_is_for_others_does_not_fit() -> None:
    for fields in ELSEWHERE:
        assert misfit(price(0, D(1), **fields), HERE) is Reason.PRICE_NOT_APPLICABLE
    assert specificity(PriceList("EUR", legal_entity_id="own"), Buyer("C1"), "DE", EU) is None
    assert specificity(PriceList("EUR", customer_groups=("vip",)), Buyer("vip"), "DE", EU) is None


def test_the_prices_of_a_list_are_net_whatever_their_model_says() -> None:
    models = {"m": MODEL}.get
    in_list, in_catalogue = price(0, D(1)), price(1, D(1), in_catalogue=True)
    found = [model_of(one, models) for one in (in_list, in_catalogue)]
    assert [one.includes_tax for one in found if one is not None] == [False, True]
    assert model_of(in_list, lambda _id: None) is None


def test_an_amount_is_exchanged_exactly() -> None:
    dollars = price(0, D("0.0000000000000000003"), currency="USD")
    assert value_here(dollars, MODEL, D(1), HERE).effective == D("0.00000000000000000015")


def test_a_price_is_named_by_its_id_and_where_told_by_its_list() -> None:
    prices = [price(0, D(1)), price(0, D(2), id="other"), price(0, D(3), in_catalogue=True)]
    assert named(prices, "p0", None) == prices
    assert named(prices, "p0", "other") == [prices[1]]
    assert named(prices, "p1", None) == []


AMOUNTS = st.integers(1, 10**6).map(lambda cents: D(cents).scaleb(-2))
CANDIDATES = st.sampled_from([*IN_ORDER, *ELSEWHERE, {"in_catalogue": True}, {"currency": "USD"}])


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(CANDIDATES, AMOUNTS), max_size=4))
def test_a_match_is_the_most_exact_then_the_cheapest_whatever_the_order(wanted: list[tuple[Any, D]]) -> None:
    prices = [price(number, amount, **dict(fields)) for number, (fields, amount) in enumerate(wanted)]
    fitting = [one for one in prices if misfit(one, HERE) is None]
    outcomes = set()
    for order in permutations(prices):
        best = best_match(order, {"m": MODEL}.get, HERE, D(1))
        assert (best is None) == (not fitting)
        if best is None:
            return
        outcomes.add((_rank(best[0]), _cost(best[0])))
    (rank, cost), *others = outcomes
    assert not others
    assert rank == max(_rank(one) for one in fitting)
    assert cost == min(_cost(one) for one in fitting if _rank(one) == rank)


def _rank(one: Price) -> tuple[int, int]:
    price_list = list_of(one)
    found = specificity(price_list, BUYER, "DE", EU) if price_list is not None else None
    return found if found is not None else (-1, -1)


def _cost(one: Price) -> D:
    """The net value in euros."""
    value = value_here(one, MODEL, D(1), HERE).effective
    return value if list_of(one) is not None else value / D("1.19")
