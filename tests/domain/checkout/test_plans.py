"""Plain lines take a short way: it says what the long way says, whatever the catalogue is and whatever changes."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.domain.checkout.checkout_world import NOW, line, price, product, read, world
from tillroll.domain.cart.cart import Cart, CartLine, CartPrice
from tillroll.domain.checkout.inputs import Facts, LinePlan, PlanKey, StockLevel
from tillroll.domain.checkout.lines import JudgedLines, judge_lines
from tillroll.domain.checkout.plans import PLANS_MAX
from tillroll.domain.prices.lists import Buyer, listed
from tillroll.domain.prices.match import PriceContext
from tillroll.domain.prices.prices import ListPrice, PriceList, PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.pricing.terms import PricingTerms, rules_under
from tillroll.domain.site.sites import Site

PRODUCTS = ("tea", "cup")
VALUES = ("10.00", "0.004", "0", "3.335", "1.00")
PAST = {"from": "2020-01-01T00:00:00.000Z", "to": "2021-01-01T00:00:00.000Z"}

_PRICES = some.fixed_dictionaries(
    {"tierValues": some.sampled_from([[{"priceValue": one}, {"priceValue": "2.50"}] for one in VALUES])},
    optional={
        "currency": some.sampled_from(["EUR", "USD"]),
        "salePrice": some.sampled_from([{"discountAmount": "1.50"}, {"discountRate": "33.3"}]),
        "location": some.sampled_from([{"countryCode": "DE"}, {"countryCode": "FR"}]),
        "restrictions": some.sampled_from(
            [
                {"siteCodes": ["elsewhere"]},
                {"siteCodes": ["main"], "validity": PAST},
                {"validity": {"from": PAST["from"]}},
                {"principals": [{"type": "GROUP", "id": "friends"}]},
            ]
        ),
    },
)
_MODELS = some.fixed_dictionaries(
    {"includesTax": some.booleans()},
    optional={
        "measurementUnit": some.sampled_from([{"quantity": one, "unitCode": "g"} for one in (0, 1, 100)]),
        "tierDefinition": some.sampled_from(
            [
                {"tierType": kind, "tiers": [{"minQuantity": {"quantity": one}} for one in (0, 3)]}
                for kind in ("BASIC", "VOLUME", "TIERED")
            ]
        ),
    },
)
_SOLD = some.fixed_dictionaries(
    {},
    optional={
        "published": some.booleans(),
        "productType": some.sampled_from(["BASIC", "BUNDLE", "PARENT_VARIANT"]),
        "weightDependent": some.booleans(),
        "taxClasses": some.sampled_from([{}, {"DE": "REDUCED"}, {"DE": "UNKNOWN"}, {"FR": "STANDARD"}]),
    },
)
_SITES = some.sampled_from([{"includesTax": True}, {"includesTax": False}, {}])
_LISTED = listed(
    read(PriceList, {"id": "fair", "currency": "EUR"}),
    read(
        ListPrice,
        {"itemId": {"itemType": "PRODUCT", "id": "tea"}, "priceModelId": "basic", "tierValues": [{"priceValue": "7"}]},
    ),
    "tea-price",
)


class Shop:
    """Facts of which one thing after the other changes."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self.facts = replace(world().facts, plans={})
        self.facts.stock = {("main", "tea"): StockLevel(5000, True)}
        self.site: Site = read(Site, {"code": "main", "currency": "EUR"})
        self.leads = self.facts.models["basic"]

    def change(self) -> None:
        """Set one thing up anew."""
        draw, facts = self._data.draw, self.facts
        what, id = draw(some.sampled_from(["price", "prices", "model", "product", "site", "taxes"])), draw(_IDS)
        sold = facts.products[id]
        if what == "price":
            facts.products[id] = replace(sold, prices=(price(id, **draw(_PRICES)),))
        elif what == "prices":
            more = draw(some.sampled_from([(price(id, id="other"),), (price(id),), (_LISTED,)]))
            facts.products[id] = replace(sold, prices=(*sold.prices, *more))
        elif what == "model":
            facts.models["basic"] = read(PriceModel, {"id": "basic", **draw(_MODELS)})
        elif what == "product":
            changed = product(id, **draw(_SOLD))
            facts.products[id] = replace(changed, prices=sold.prices)
        elif what == "site":
            self.site = read(Site, {"code": "main", "currency": "EUR", **draw(_SITES)})
            self.leads = read(PriceModel, {"id": "leads", **draw(_MODELS)})
        else:
            classes = [
                {"code": "STANDARD", "rate": draw(some.sampled_from(["19", "0"]))},
                {"code": "REDUCED", "rate": "7"},
            ]
            tables = [read(TaxTable, {"location": {"countryCode": "DE"}, "taxClasses": classes})]
            facts.tax_tables = dict(zip(["DE"], draw(some.sampled_from([tables, []])), strict=False))

    def judged(self, cart: Cart, facts: Facts) -> JudgedLines:
        """The cart's lines as these facts have them."""
        buyer = Buyer(groups=frozenset({"friends"})) if cart.customer_id is not None else Buyer()
        context = PriceContext(self.site, "EUR", "DE", NOW, buyer, exchange_rates={"USD": Decimal("0.9")})
        rules = rules_under(self.site, "EUR", [self.leads], Decimal(0))
        return judge_lines(facts, PricingTerms(context, facts.tax_tables.get("DE"), rules), cart)


def plans_of(shop: Shop) -> dict[PlanKey, LinePlan]:
    """What it has found of plain lines."""
    assert shop.facts.plans is not None
    return shop.facts.plans


_IDS = some.sampled_from(PRODUCTS)
_CLAIMS = some.builds(
    CartPrice,
    some.sampled_from(["tea-price", "cup-price", "other", "none"]),
    some.none(),
    some.sampled_from([None, *map(Decimal, (*VALUES, "8.50", "6.7", "8.40"))]),
    some.sampled_from([None, "EUR", "USD"]),
    price_list_id=some.sampled_from([None, None, "fair"]),
)
_LINES = some.builds(
    CartLine,
    some.sampled_from(["0", "1", "2"]),
    _IDS,
    some.just("urn:yaas:hybris:product:product:acme;tea"),
    some.sampled_from(list(map(Decimal, ("0", "0.3", "1", "2", "3", "4.5")))),
    some.none() | _CLAIMS,
)
_CARTS = some.builds(
    Cart,
    some.just("cart-1"),
    some.just("main"),
    some.just("EUR"),
    session_id=some.just("s"),
    customer_id=some.sampled_from([None, "C1"]),
    lines=some.lists(some.builds(line, _IDS, some.sampled_from(["1", "2", "7"])) | _LINES, max_size=4),
)


@settings(max_examples=300, deadline=None)
@given(data=some.data())
def test_the_short_way_says_what_the_long_way_says(data: Any) -> None:
    shop = Shop(data)
    for _ in range(data.draw(some.integers(1, 6))):
        for _ in range(data.draw(some.integers(0, 2))):
            shop.change()
        cart = data.draw(_CARTS)
        short = shop.judged(cart, shop.facts)
        assert short == shop.judged(cart, replace(shop.facts, plans=None))
        event("sold" if short.entries and not short.rejections else "refused")


CART = Cart("cart-1", "main", "EUR", session_id="s", lines=[line()])


def test_a_plain_line_takes_the_short_way_from_its_second_time_on() -> None:
    shop = Shop(None)
    cart = replace(CART, lines=[line(), line("cup")])
    first = shop.judged(cart, shop.facts)
    plans = dict(plans_of(shop))
    assert [plan.sold is not None for plan in plans.values()] == [True, True]
    assert shop.judged(cart, shop.facts) == first
    assert all(plans_of(shop)[key] is plan for key, plan in plans.items())


@pytest.mark.parametrize(
    ("changes", "model"),
    [
        ({"restrictions": {"principals": [{"type": "GROUP", "id": "friends"}]}}, {}),
        ({"restrictions": {"validity": {"from": PAST["from"]}}}, {}),
        ({"currency": "USD"}, {}),
        ({}, {"tierDefinition": {"tierType": "VOLUME", "tiers": [{"minQuantity": {"quantity": 0}}]}}),
        ({}, {"measurementUnit": {"quantity": 100, "unitCode": "g"}}),
        ({"tierValues": [{"priceValue": "0.004"}]}, {}),
    ],
    ids=["buyer", "time", "exchange", "quantity", "unit", "next to nothing"],
)
def test_what_hangs_on_more_than_the_catalogue_takes_the_long_way(
    changes: dict[str, Any], model: dict[str, Any]
) -> None:
    shop = Shop(None)
    shop.facts.products["tea"] = replace(shop.facts.products["tea"], prices=(price("tea", **changes),))
    shop.facts.models["basic"] = read(PriceModel, {"id": "basic", "includesTax": True, **model})
    shop.judged(replace(CART, customer_id="C1"), shop.facts)
    assert [plan.sold for plan in plans_of(shop).values()] == [None]


def test_of_two_prices_with_one_id_none_is_planned_with() -> None:
    shop = Shop(None)
    shop.facts.products["tea"] = replace(shop.facts.products["tea"], prices=(price("tea"), price("tea")))
    shop.judged(CART, shop.facts)
    assert [plan.sold for plan in plans_of(shop).values()] == [None]


SEEN = CartPrice("tea-price", None, Decimal("10.00"), "EUR")


@pytest.mark.parametrize(
    "other",
    [
        line(price=replace(SEEN, currency="USD")),
        line(price=replace(SEEN, effective_amount=Decimal("9.99"))),
        line(price=replace(SEEN, price_list_id="fair")),
        line(price=None),
    ],
    ids=["currency", "amount", "list", "none"],
)
def test_a_price_that_the_client_saw_otherwise_is_refused_beside_a_plan(other: CartLine) -> None:
    shop = Shop(None)
    assert shop.judged(CART, shop.facts).rejections == []
    refused = shop.judged(replace(CART, lines=[other]), shop.facts)
    assert (len(refused.rejections), refused.entries) == (1, [])


def test_a_part_that_would_cost_nothing_is_refused_beside_a_plan() -> None:
    shop = Shop(None)
    cents = price("tea", tierValues=[{"priceValue": "0.01"}])
    shop.facts.products["tea"] = replace(shop.facts.products["tea"], prices=(cents,))
    whole = line(price=replace(SEEN, effective_amount=Decimal("0.01")))
    assert shop.judged(replace(CART, lines=[whole]), shop.facts).rejections == []
    part = replace(whole, quantity=Decimal("0.3"))
    (refused,) = shop.judged(replace(CART, lines=[part]), shop.facts).rejections
    assert refused.reason.value == "price_quantity_mismatch"


def test_the_other_side_of_the_tax_has_a_plan_of_its_own() -> None:
    shop = Shop(None)
    units = []
    for gross in (True, False):
        shop.leads = read(PriceModel, {"id": "leads", "includesTax": gross})
        (entry,) = shop.judged(CART, shop.facts).pricing
        units.append(entry.unit_price)
    assert [round(unit, 4) for unit in units] == [Decimal("10.0000"), Decimal("8.4034")]


def test_plans_are_bounded_and_nobody_fills_them_with_prices_that_are_not_there() -> None:
    shop = Shop(None)
    shop.judged(replace(CART, lines=[line(price=replace(SEEN, price_id="none"))]), shop.facts)
    assert plans_of(shop) == {}
    one = LinePlan(product("x").value, price("x"), None, None, shop.site, None)
    plans_of(shop).update({("x", str(number), ("main", "DE", "EUR", True)): one for number in range(PLANS_MAX)})
    shop.judged(CART, shop.facts)
    assert list(plans_of(shop)) == [("tea", "tea-price", ("main", "DE", "EUR", True))]
