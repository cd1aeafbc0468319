"""A group of checkouts answers what its members answer one after the other, whatever two of them differ in."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.store.ground import NOW, opened
from tillroll.domain.cart.cart import Cart, CartLine
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.orders.order import Address, Customer, PaymentMethod, PlaceOrder, ShippingChoice
from tillroll.domain.rejections import Refused
from tillroll.engine.access.access import ANONYMOUS, Caller
from tillroll.engine.cart import carts
from tillroll.engine.cart import pricing as cart_pricing
from tillroll.engine.checkout.place import Outcome, Placed, place_orders
from tillroll.engine.checkout.subjects import Purchase
from tillroll.engine.coupons import coupons
from tillroll.engine.coupons.coupons import CouponWrite
from tillroll.engine.documents import documents as catalogue
from tillroll.engine.documents.documents import Kind, Write
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Store, Transaction

SHOP = "acme"
# The clock of `ground` shows the fourteenth of November 2023.
DAYS = ("2023-11-16T12:00:00.000Z", "2023-11-17T12:00:00.000Z")
SITES = {"main": "EUR", "outlet": "EUR", "abroad": "USD"}
COUNTRIES = {"DE": 19, "AT": 20}
FEES = {"parcel": ("4.90", "EUR"), "courier": ("9.90", "EUR"), "dollars": ("5.90", "USD")}
ENCODER = msgspec.json.Encoder(decimal_format="number")


class Wish(Struct, frozen=True):
    """What one buyer wants; each of these may be another for the next one."""

    product: str = "mug"
    site: str = "main"
    zone: str = "near"
    method: str = "parcel"
    country: str = "DE"
    billing: str = "DE"
    currency: str = "EUR"
    coupon: str = ""
    day: str = ""
    email: str = "ada@example.com"


WISHES = {
    "plain": Wish(),
    "another product": Wish(product="tea"),
    "another site": Wish(site="outlet"),
    "another method of the zone": Wish(method="courier"),
    "another zone": Wish(zone="far", country="AT"),
    "billed elsewhere": Wish(billing="AT"),
    "another currency": Wish(site="abroad", currency="USD", method="dollars"),
    "a coupon": Wish(coupon="TEN"),
    "another coupon": Wish(coupon="FIVE"),
    "a day": Wish(day=DAYS[0]),
    "another day": Wish(day=DAYS[1]),
    "another buyer": Wish(email="bob@example.com"),
    "the last piece": Wish(product="last"),
    "the last redemption": Wish(coupon="LAST"),
    "one redemption each": Wish(coupon="EACH"),
    "one redemption each, another buyer": Wish(coupon="EACH", email="bob@example.com"),
    "the last place": Wish(zone="far", country="AT", day=DAYS[0]),
}
# Of these, there is one for each buyer or for all: the second of two is refused, in a group as well.
SCARCE = {"the last piece", "the last redemption", "one redemption each", "the last place"}
SCARCE |= {"one redemption each, another buyer"}


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


class Told(Struct):
    """What buyers were answered, and what is in the store then."""

    answers: list[object]
    kept: list[object]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with a shop of several sites, zones, methods, countries and currencies."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('groups') / 'tillroll.db'}") as store:
        store.migrate()
        store.write_now(_set_up)
        yield store


@pytest.mark.parametrize("second", WISHES)
@pytest.mark.parametrize("first", WISHES)
def test_a_group_of_two_is_answered_as_one_after_the_other(store: Store, first: str, second: str) -> None:
    wishes = [WISHES[first], WISHES[second]]
    together, apart = (_told(store, wishes, is_group=is_group) for is_group in (True, False))
    assert together == apart
    is_scarce = wishes[0] == wishes[1] and first in SCARCE
    assert [type(answer) for answer in together.answers] == [str, tuple if is_scarce else str]


def test_a_group_of_all_is_answered_as_one_after_the_other(store: Store) -> None:
    wishes = [wish for pair in product(WISHES.values(), repeat=2) for wish in pair][:60]
    together, apart = (_told(store, wishes, is_group=is_group) for is_group in (True, False))
    assert together == apart
    assert {type(answer) for answer in together.answers} == {str, tuple}


def test_a_cart_that_is_in_a_group_twice_becomes_one_order(store: Store) -> None:
    def buy(tx: Transaction) -> None:
        (purchase,) = _purchases(tx, [Wish()])
        placed, again = place_orders(tx, Catalogue(), [purchase, purchase])
        assert isinstance(placed, Placed)
        assert not isinstance(again, Placed | Refused)
        assert len(tx.rows("sales_orders", shop=SHOP, status="", site="", limit=10, offset=0)) == 1
        raise _Undone

    with pytest.raises(_Undone):
        store.write_now(buy)


def _told(store: Store, wishes: list[Wish], *, is_group: bool) -> Told:
    found: list[Told] = []

    def buy(tx: Transaction) -> None:
        purchases = _purchases(tx, wishes)
        groups = [purchases] if is_group else [[one] for one in purchases]
        outcomes = [outcome for group in groups for outcome in place_orders(tx, Catalogue(), group)]
        found.append(Told([_answer(one) for one in outcomes], _kept(tx)))
        raise _Undone

    with pytest.raises(_Undone):
        store.write_now(buy)
    return found[0]


def _answer(outcome: Outcome) -> object:
    if isinstance(outcome, Placed):
        return outcome.order_id
    assert isinstance(outcome, Refused), outcome
    return tuple((one.reason.value, one.subject) for one in outcome.rejections)


def _stock(tx: Transaction, site: str) -> list[object]:
    """What is on hand; of the version only that a sale has made a later one, which a group does once for all."""
    rows = tx.rows("availabilities_of_site", shop=SHOP, site=site, limit=100, offset=0)
    return [(*row[:3], row[3] > 1, row[4]) for row in rows]


def _kept(tx: Transaction) -> list[object]:
    """The orders with all that follows from them."""
    page = {"shop": SHOP, "limit": 100, "offset": 0}
    windows = msgspec.json.encode({f"{time}/s/{day[:10]}": 1 for time in ("near", "far") for day in DAYS}).decode()
    everywhere = {"after": 0, "before": 2**63 - 1, "since": 0, "until": 2**63 - 1}
    events = tx.rows("events_page", shop=SHOP, **everywhere, limit=100, dialect="", kind="", outcome="")
    return [
        tx.rows("sales_orders", **page, status="", site=""),
        tx.rows("carts_page", **page, status=""),
        [_stock(tx, site) for site in SITES],
        sorted(tx.rows("stock_movements_of_cause", shop=SHOP, cause="order")),
        tx.rows("coupons_page", **page, deleted=0),
        [tx.rows("coupon_redemptions_page", **page, code=code) for code in ("TEN", "FIVE", "LAST", "EACH")],
        tx.rows("delivery_counters", shop=SHOP, keys=windows),
        [event[1:] for event in events],
    ]


def _purchases(tx: Transaction, wishes: list[Wish]) -> list[Purchase]:
    return [_purchase(tx, wish, f"s{number}") for number, wish in enumerate(wishes)]


def _purchase(tx: Transaction, wish: Wish, session: str) -> Purchase:
    view = Catalogue().view(tx, SHOP)
    cart = Cart(
        f"cart-{session}",
        wish.site,
        wish.currency,
        session_id=session,
        lines=[CartLine("0", wish.product, "", Decimal(1))],
        lines_made=1,
        coupons=[wish.coupon] if wish.coupon else [],
        delivery_window=DeliveryWindow(wish.zone, "s", wish.day) if wish.day else None,
    )
    (match,) = cart_pricing.matches(view, cart, NOW)
    assert match is not None, wish
    cart.lines[0].price = cart_pricing.matched_price(match)
    caller = Caller(SHOP, ANONYMOUS, "client", frozenset(), session, None, NOW + 1, "some")
    assert carts.insert(tx, caller.origin, carts.opened(cart, caller.owner, NOW))
    fee = Decimal(FEES[wish.method][0])
    where = Address("Ada Example", "Torstr. 1", "10115", "Somewhere", wish.country, "SHIPPING")
    request = PlaceOrder(
        cart.id,
        Customer(wish.email, first_name="Ada", guest=True),
        ShippingChoice(wish.method, wish.zone, "Way", fee),
        (where, replace(where, type="BILLING", country=wish.billing)),
        (PaymentMethod("none"),),
    )
    return Purchase(caller, request, (), NOW)


def _set_up(tx: Transaction) -> None:
    tx.run("insert_shop", id=SHOP, currency="EUR", settings="{}", now=NOW)
    for kind, id, document, parent in _documents():
        subject = document.get("targetCurrency")
        catalogue.insert(tx, SHOP, Write(kind, id, ENCODER.encode(document).decode(), None, parent, subject), NOW)
    for code, limits in {"TEN": {}, "FIVE": {}, "LAST": {"maxRedemptions": 1}, "EACH": {}}.items():
        coupon = {"code": code, "name": code, "discountType": "PERCENT", "discountPercentage": 5}
        coupon |= {"allowAnonymous": True, **limits} | ({"maxRedemptionsPerCustomer": 1} if code == "EACH" else {})
        coupons.insert(
            tx, SHOP, CouponWrite(code, limits.get("maxRedemptions", -1), ENCODER.encode(coupon).decode()), NOW
        )
    for site, id in product(SITES, ("mug", "tea", "last")):
        on_hand = 1000 if id == "last" else 900_000
        row = {"shop": SHOP, "site": site, "product_id": id, "on_hand": on_hand, "sellable": 1, "document": "{}"}
        tx.run("insert_availability", **row, now=NOW)


def _documents() -> Iterator[tuple[Kind, str, dict[str, Any], str]]:
    for country, rate in COUNTRIES.items():
        classes = [{"code": "STANDARD", "rate": rate}]
        yield Kind.TAX, country, {"location": {"countryCode": country}, "taxClasses": classes}, ""
    model = {"id": "gross", "includesTax": True, "measurementUnit": {"quantity": 1, "unitCode": "pc"}}
    yield Kind.PRICE_MODEL, "gross", model | {"tierDefinition": {"tierType": "BASIC"}}, ""
    for id, amount in {"mug": 12.5, "tea": 7, "last": 3}.items():
        told = {"id": id, "code": id, "name": id, "published": True}
        yield Kind.PRODUCT, id, told | {"taxClasses": dict.fromkeys(COUNTRIES, "STANDARD")}, "published"
        for currency in ("EUR", "USD"):
            price = {"id": f"{id}-{currency}", "itemId": {"itemType": "PRODUCT", "id": id}, "currency": currency}
            price |= {"priceModelId": "gross", "restrictions": {"siteCodes": [*SITES]}}
            yield Kind.PRICE, f"{id}-{currency}", price | {"tierValues": [{"priceValue": amount}]}, id
    for site in SITES:
        yield from _site(site)


def _site(site: str) -> Iterator[tuple[Kind, str, dict[str, Any], str]]:
    home = {"address": {"country": "DE", "zipCode": "10115"}}
    yield Kind.SITE, site, {"code": site, "includesTax": True, "homeBase": home, "currency": SITES[site]}, ""
    for zone, country in {"near": "DE", "far": "AT"}.items():
        yield Kind.ZONE, f"{site}/{zone}", {"id": zone, "name": zone, "shipTo": [{"country": country}]}, site
        for method, (cost, currency) in FEES.items():
            fee = {"minOrderValue": {"amount": 0, "currency": currency}, "cost": {"amount": cost, "currency": currency}}
            told = {"id": method, "name": method, "shippingTaxCode": "STANDARD", "fees": [fee]}
            yield Kind.METHOD, f"{site}/{zone}/{method}", told, f"{site}/{zone}"
    if site == "main":
        for zone, capacity in {"near": 1000, "far": 1}.items():
            hours = {"timeFrom": "10:00", "timeTo": "12:00"}
            slot = {"id": "s", "shippingMethod": "parcel", "deliveryTimeRange": hours, "capacity": capacity}
            time = {"id": zone, "siteCode": site, "isDeliveryDay": True, "zoneId": zone, "timeZoneId": "UTC"}
            period = {"dateFrom": "2020-01-01T12:00:00.000Z", "dateTo": "2099-12-31T12:00:00.000Z"}
            time |= {"day": {"datePeriod": period}, "slots": [slot | {"cutOffTime": {"time": "06:00"}}]}
            yield Kind.DELIVERY_TIME, zone, time, site
