"""Carts are changed in process: items, prices, sites, coupons, merges; each change is made, or it is said why not."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.engine.small_shop import SmallShop, open_shop
from tests.store.ground import NOW, opened
from tillroll.domain.cart.cart import CLOSED, CartLine, CartPrice
from tillroll.domain.pricing.external import External
from tillroll.domain.rejections import Reason, Refused
from tillroll.engine.access.access import Caller
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.coupons import put_on, take_off, take_off_at
from tillroll.engine.cart.items import ChangedLine, ItemDesk, ItemSettings, add_item, change_item, clear, remove_item
from tillroll.engine.cart.merge import Merging, merge_carts
from tillroll.engine.cart.moves import Goal, move, refresh
from tillroll.engine.coupons import coupons
from tillroll.engine.coupons.coupons import CouponWrite
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind, Write
from tillroll.store import Store

SETTINGS = ItemSettings("skipOriginal", "skipEffective", "skipCurrency", "anyPrice")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def in_shop(store: Store, work: Callable[[SmallShop], None]) -> None:
    """Do something in a small shop, in one transaction."""
    store.write_now(lambda tx: work(open_shop(tx)))


def items(shop: SmallShop, stored: StoredCart) -> ItemDesk:
    """Work on a cart's items."""
    return ItemDesk(shop.desk, shop.shop, stored, SETTINGS, NOW)


def line(product: str = "pen", price: CartPrice | None = None, external: External | None = None) -> CartLine:
    """A line to be put in, at a price that lacks nothing but its currency."""
    price = price or CartPrice(f"{product}-price", Decimal(3), Decimal(2), "EUR")
    return CartLine("", product, "", Decimal(1), price, external=external)


def reasons(outcome: object) -> list[tuple[Reason, str]]:
    """Why something was not done."""
    assert isinstance(outcome, Refused), outcome
    return [(rejection.reason, rejection.subject) for rejection in outcome.rejections]


def switch_on(shop: SmallShop, key: str) -> None:
    """Set up that the shop allows something."""
    text = f'{{"key": "{key}", "value": true}}'
    documents.insert(shop.tx, shop.shop, Write(Kind.CONFIGURATION, key, text, None, "", None), NOW)
    shop.desk = type(shop.desk)(shop.tx, type(shop.desk.catalogue)())


def test_an_item_is_put_in_where_its_price_is_complete(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        stored = shop.cart(shop.ada)
        bare = CartPrice("", None, None, None)
        assert reasons(add_item(items(shop, stored), line(price=bare))) == [
            (Reason.VALUE_MISSING, "price.price_id"),
            (Reason.VALUE_MISSING, "price.original_amount"),
            (Reason.VALUE_MISSING, "price.effective_amount"),
            (Reason.VALUE_MISSING, "price.currency"),
        ]
        foreign = External(priced=True, product={"id": "pen"})
        assert reasons(add_item(items(shop, stored), line(price=bare, external=foreign))) == [
            (Reason.VALUE_MISSING, "price.effective_amount")
        ]
        assert [one.id for one in stored.cart.lines] == ["0"]
        assert not stored.events
        switch_on(shop, "skipCurrency")
        held = add_item(items(shop, stored), line(price=CartPrice("p", Decimal(3), Decimal(2), None)))
        assert isinstance(held, CartLine)
        assert (held.id, held.price) == ("1", CartPrice("p", Decimal(3), Decimal(2), "EUR"))
        assert [event.action for event in stored.events] == ["item_added"]

    in_shop(store, work)


def test_two_prices_of_a_product_are_refused_until_the_shop_allows_them(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        stored = shop.cart(shop.ada)
        other = line("mug", CartPrice("other", Decimal(9), Decimal(9), "EUR"))
        assert reasons(add_item(items(shop, stored), replace(other))) == [(Reason.LINE_REFUSED, "mug")]
        switch_on(shop, "anyPrice")
        held = add_item(items(shop, stored), replace(other))
        assert isinstance(held, CartLine)
        assert (held.id, held.quantity, held.price) == ("0", Decimal(3), other.price)

    in_shop(store, work)


def test_a_change_keeps_of_a_price_what_was_not_sent_where_it_is_partial(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        stored = shop.cart(shop.ada)
        known = stored.cart.lines[0]
        sent = CartPrice("", None, Decimal(8), None)
        whole = ChangedLine(replace(known, quantity=Decimal(5)), sent, is_partial=False)
        assert (Reason.VALUE_MISSING, "price.price_id") in reasons(change_item(items(shop, stored), whole))
        assert stored.cart.lines[0] == known
        partial = replace(whole, line=replace(known, quantity=Decimal(5)), is_partial=True)
        assert change_item(items(shop, stored), partial) is None
        (changed,) = stored.cart.lines
        assert (changed.quantity, changed.price) == (
            Decimal(5),
            CartPrice("mug-price", Decimal(10), Decimal(8), "EUR"),
        )
        assert remove_item(stored, "0", NOW)
        assert not remove_item(stored, "0", NOW)
        clear(stored, NOW)
        assert [event.action for event in stored.events] == ["item_changed", "item_removed"]

    in_shop(store, work)


def test_what_an_outside_system_has_priced_goes_back_to_the_price_of_the_shop_where_there_is_one(
    store: Store,
) -> None:
    def work(shop: SmallShop) -> None:
        stored = shop.cart(shop.ada)
        outside = CartPrice("outside", None, Decimal(1), "EUR")
        for product, expected in (("mug", None), ("pen", [(Reason.VALUE_MISSING, "price")])):
            external = CartLine("0", product, "", Decimal(2), outside, external=External(priced=True))
            stored.cart.lines = [external]
            outcome = change_item(items(shop, stored), ChangedLine(replace(external, external=None), None, True))
            assert (outcome if expected is None else reasons(outcome)) == expected
        stored.cart.lines = [CartLine("0", "mug", "", Decimal(2), outside)]
        refresh(shop.desk.view(shop.shop), stored, NOW)
        (refreshed,) = stored.cart.lines
        assert refreshed.price is not None
        assert refreshed.price.price_id == "mug-price"

    in_shop(store, work)


def test_a_cart_goes_nowhere_where_it_has_no_price_or_its_owner_has_such_a_cart(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        stored, view = shop.cart(shop.ada), shop.desk.view(shop.shop)
        other = shop.cart(shop.merchant, id="other")
        here = carts.identity_of(stored.cart, stored.owner)
        assert reasons(move(view, stored, Goal(here, "USD"), NOW)) == [(Reason.LINE_REFUSED, "0")]
        taken = carts.identity_of(other.cart, other.owner)
        assert reasons(move(view, stored, Goal(taken, None), NOW)) == [(Reason.CART_EXISTS, "other")]
        assert (stored.cart.currency, stored.cart.type) == ("EUR", "shopping")
        assert move(view, stored, Goal(replace(here, type="wishes"), None), NOW) is None
        assert (stored.cart.currency, stored.cart.type) == ("EUR", "wishes")

    in_shop(store, work)


def test_a_coupon_is_put_on_a_cart_once_and_taken_off(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        ten = '{"code": "TEN", "name": "TEN", "discountType": "PERCENT", "discountPercentage": 10}'
        yen = '{"amount": 1, "currency": "JPY"}'
        off = f'{{"code": "YEN", "name": "YEN", "discountType": "ABSOLUTE", "discountAbsolute": {yen}}}'
        for code, document in (("TEN", ten), ("YEN", off)):
            coupons.insert(shop.tx, shop.shop, CouponWrite(code, -1, document), NOW)
        stored, view = shop.cart(shop.ada), shop.desk.view(shop.shop)
        assert reasons(put_on(view, stored, "none", NOW))[0][0] is Reason.COUPON_NOT_FOUND
        assert reasons(put_on(view, stored, "yen", NOW)) == [(Reason.COUPON_CURRENCY_INCORRECT, "YEN")]
        assert put_on(view, stored, "ten", NOW) == "TEN"
        assert reasons(put_on(view, stored, "TEN", NOW)) == [(Reason.COUPON_REFUSED, "TEN")]
        take_off(view, stored, ["other"], NOW)
        assert stored.cart.coupons == ["TEN"]
        take_off_at(stored, 0, NOW)
        assert stored.cart.coupons == []
        assert put_on(view, stored, "TEN", NOW) == "TEN"
        take_off(view, stored, None, NOW)
        assert [event.action for event in stored.events] == ["discount_added", "discount_removed"] * 2

    in_shop(store, work)


def merging(caller: Caller, *ids: str, into: str = "cart", version: int | None = None) -> Merging:
    """A caller wants these carts to come into another one."""
    return Merging(caller, into, ids, version, NOW)


def test_carts_are_merged_all_or_none_by_who_may_take_them(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        shop.cart(shop.ada, 2)
        shop.cart(shop.guest, 3, id="guests")
        ada = replace(shop.ada, session_id=shop.guest.session_id)
        outcomes = merge_carts(
            shop.desk,
            [
                merging(shop.ada, "guests"),
                merging(ada, "guests", "none"),
                merging(ada, "cart"),
                merging(ada, "guests", into="none"),
                merging(ada, "guests", version=99),
                merging(ada, "guests"),
                merging(ada, "guests"),
            ],
        )
        assert [reasons(refused) for refused in outcomes[:5]] == [
            [(Reason.CART_NOT_FOUND, "guests")],
            [(Reason.CART_NOT_FOUND, "none")],
            [(Reason.CARTS_NOT_MERGEABLE, "cart")],
            [(Reason.CART_NOT_FOUND, "none")],
            [(Reason.CART_OUTDATED, "cart")],
        ]
        assert outcomes[5:] == [None, None]
        found = carts.find(shop.tx, shop.shop, ["cart", "guests"])
        assert [one.quantity for one in found["cart"].cart.lines] == [Decimal(5)]
        assert found["guests"].status == CLOSED

    in_shop(store, work)
