"""The last line of defence: what must never be true, the database itself refuses, whatever our code believes."""

from typing import Any

import pytest

from tests.store.ground import INTEGRITY_ERRORS, NOW, SHOP, add_shop
from tillroll.store import Store, Transaction

STOCK = {"shop": SHOP, "site": "main", "product_id": "mug"}
CART = {"shop": SHOP, "owner": "guest", "site": "main", "type": "", "legal_entity_id": "", "document": "{}", "now": NOW}
ORDER = {"shop": SHOP, "cart_id": "cart", "checkout": 1, "status": "CREATED", "customer_id": None, "session_id": "s"}
ORDER |= {
    "legal_entity_id": None,
    "quote_id": None,
    "site": "main",
    "currency": "EUR",
    "total_minor": 1,
    "document": "{}",
    "now": NOW,
}
QUOTE: dict[str, Any] = {"shop": SHOP, "customer_id": "c", "status": "OPEN", "valid_to": None, "cart_id": "cart"}
QUOTE |= {"document": "{}", "now": NOW}
ANSWER = {"shop": SHOP, "caller": "c", "key": "k", "fingerprint": b"", "status": 200, "headers": "[]", "body": b""}
ANSWER |= {"now": NOW}


def run(store: Store, query: str, **parameters: Any) -> int:
    """How many rows one statement touches, in a transaction of its own."""
    return store.write_now(lambda tx: tx.run(query, **parameters))


def refused(store: Store, query: str, **parameters: Any) -> None:
    """Fail unless the database refuses the statement."""
    with pytest.raises(INTEGRITY_ERRORS):
        run(store, query, **parameters)


@pytest.fixture
def stocked(store: Store) -> Store:
    """Three on hand."""
    run(store, "insert_availability", **STOCK, on_hand=3, sellable=1, document="{}", now=NOW)
    return store


@pytest.fixture
def couponed(store: Store) -> Store:
    """A coupon for two redemptions, of which one has happened."""
    run(store, "insert_coupon", shop=SHOP, code="TEN", redemptions_max=2, document="{}", now=NOW)
    assert run(store, "redeem_coupon", shop=SHOP, code="TEN", uses=1, now=NOW) == 1
    return store


def on_hand(store: Store) -> int:
    """What is on hand of the one product."""
    row = store.write_now(lambda tx: tx.row("availability", **STOCK))
    assert row is not None
    return int(row[0])


def test_stock_can_not_be_taken_below_zero(stocked: Store) -> None:
    assert run(stocked, "take_stock", **STOCK, quantity=4, now=NOW) == 0
    assert run(stocked, "take_stock", **STOCK, quantity=3, now=NOW) == 1
    assert run(stocked, "take_stock", **STOCK, quantity=1, now=NOW) == 0
    assert on_hand(stocked) == 0


def test_stock_below_zero_is_refused_whoever_writes_it(stocked: Store) -> None:
    refused(stocked, "return_stock", **STOCK, quantity=-4, now=NOW)
    refused(stocked, "update_availability", **STOCK, on_hand=-1, sellable=1, document="{}", now=NOW)
    other = {**STOCK, "product_id": "cup"}
    refused(stocked, "insert_availability", **other, on_hand=-1, sellable=1, document="{}", now=NOW)
    assert on_hand(stocked) == 3


def test_a_movement_of_stock_is_noted_once(stocked: Store) -> None:
    movement = {**STOCK, "cause": "order", "subject": "EON1", "quantity": -1, "now": NOW}
    run(stocked, "insert_stock_movement", **movement)
    refused(stocked, "insert_stock_movement", **movement)


def test_a_coupon_can_not_be_redeemed_beyond_its_limit(couponed: Store) -> None:
    assert run(couponed, "redeem_coupon", shop=SHOP, code="TEN", uses=2, now=NOW) == 0
    assert run(couponed, "redeem_coupon", shop=SHOP, code="TEN", uses=1, now=NOW) == 1
    assert run(couponed, "redeem_coupon", shop=SHOP, code="TEN", uses=1, now=NOW) == 0


def test_a_limit_below_what_was_redeemed_is_refused_whoever_writes_it(couponed: Store) -> None:
    change = {"shop": SHOP, "code": "TEN", "document": "{}", "deleted": 0, "now": NOW}
    refused(couponed, "update_coupon", **change, redemptions_max=0)
    assert run(couponed, "update_coupon", **change, redemptions_max=1) == 1
    assert run(couponed, "update_coupon", **change, redemptions_max=-1) == 1


def test_a_customer_can_not_use_a_coupon_beyond_the_limit(couponed: Store) -> None:
    use = {"shop": SHOP, "code": "TEN", "customer": "c", "uses_max": 2}
    assert [run(couponed, "use_coupon_as_customer", **use) for _ in range(3)] == [1, 1, 0]
    assert run(couponed, "use_coupon_as_customer", **{**use, "customer": "d"}) == 1


def test_a_limit_of_no_uses_lets_no_customer_in(couponed: Store) -> None:
    refused(couponed, "use_coupon_as_customer", shop=SHOP, code="TEN", customer="c", uses_max=0)


def test_a_cart_has_one_checkout_order(store: Store) -> None:
    store.write_now(lambda tx: add_shop(tx, "other"))
    run(store, "insert_sales_order", **ORDER, number=1, id="EON1")
    refused(store, "insert_sales_order", **ORDER, number=2, id="EON2")
    run(store, "insert_sales_order", **{**ORDER, "checkout": 0}, number=3, id="EON3")
    run(store, "insert_sales_order", **{**ORDER, "checkout": 0}, number=4, id="EON4")
    run(store, "insert_sales_order", **{**ORDER, "cart_id": "another"}, number=5, id="EON5")
    run(store, "insert_sales_order", **{**ORDER, "shop": "other"}, number=1, id="EON1")


def test_a_quote_has_one_checkout_order(store: Store) -> None:
    store.write_now(lambda tx: add_shop(tx, "other"))
    of_quote = {**ORDER, "cart_id": None, "quote_id": "quote"}
    run(store, "insert_sales_order", **of_quote, number=1, id="EON1")
    refused(store, "insert_sales_order", **of_quote, number=2, id="EON2")
    run(store, "insert_sales_order", **{**of_quote, "checkout": 0}, number=3, id="EON3")
    run(store, "insert_sales_order", **{**of_quote, "quote_id": "another"}, number=4, id="EON4")
    run(store, "insert_sales_order", **{**of_quote, "shop": "other"}, number=1, id="EON1")


def test_a_cart_becomes_one_quote(store: Store) -> None:
    run(store, "insert_quote", **QUOTE, id="first")
    refused(store, "insert_quote", **QUOTE, id="second")
    run(store, "insert_quote", **{**QUOTE, "cart_id": None}, id="third")
    run(store, "insert_quote", **{**QUOTE, "cart_id": None}, id="fourth")


@pytest.mark.parametrize("status", ["OPEN", "DECLINED", "EXPIRED"])
def test_a_quote_with_an_order_is_accepted_and_stays(store: Store, status: str) -> None:
    run(store, "insert_quote", **QUOTE, id="quote")
    change = {"shop": SHOP, "id": "quote", "customer_id": "c", "valid_to": None, "document": "{}", "now": NOW}
    refused(store, "update_quote", **change, status=status, order_id="EON1", version=1)
    assert run(store, "update_quote", **change, status="ACCEPTED", order_id="EON1", version=1) == 1
    refused(store, "update_quote", **change, status=status, order_id="EON1", version=2)
    assert run(store, "delete_quote", shop=SHOP, id="quote") == 0


def test_an_order_number_and_an_order_id_are_given_once(store: Store) -> None:
    run(store, "insert_sales_order", **{**ORDER, "cart_id": None}, number=1, id="EON1")
    refused(store, "insert_sales_order", **{**ORDER, "cart_id": None}, number=1, id="EON2")
    refused(store, "insert_sales_order", **{**ORDER, "cart_id": None}, number=2, id="EON1")


def test_an_owner_has_one_open_cart_per_site_type_and_legal_entity(store: Store) -> None:
    run(store, "insert_cart", **CART, id="first")
    refused(store, "insert_cart", **CART, id="second")
    for field, value in (("owner", "other"), ("site", "us"), ("type", "wishlist"), ("legal_entity_id", "le")):
        run(store, "insert_cart", **{**CART, field: value}, id=field)
    assert run(store, "close_cart", shop=SHOP, id="first", order_id="EON1", version=1, now=NOW) == 1
    run(store, "insert_cart", **CART, id="second")


def test_a_closed_cart_can_not_be_closed_again(store: Store) -> None:
    run(store, "insert_cart", **CART, id="cart")
    assert run(store, "close_cart", shop=SHOP, id="cart", order_id="EON1", version=1, now=NOW) == 1
    for version in (1, 2):
        assert run(store, "close_cart", shop=SHOP, id="cart", order_id="EON2", version=version, now=NOW) == 0


def test_an_idempotency_key_has_one_answer_per_caller_and_shop(store: Store) -> None:
    run(store, "insert_answer", **ANSWER)
    refused(store, "insert_answer", **ANSWER)
    run(store, "insert_answer", **{**ANSWER, "caller": "d"})
    run(store, "insert_answer", **{**ANSWER, "shop": "other"})


def test_nothing_hangs_under_a_shop_that_is_not_there(store: Store) -> None:
    refused(store, "insert_cart", **{**CART, "shop": "nobody"}, id="cart")
    refused(store, "insert_sales_order", **{**ORDER, "shop": "nobody"}, number=1, id="EON1")


def test_a_refused_statement_takes_its_whole_transaction_with_it(stocked: Store) -> None:
    def take_and_break(tx: Transaction) -> None:
        assert tx.run("take_stock", **STOCK, quantity=1, now=NOW) == 1
        tx.run("return_stock", **STOCK, quantity=-9, now=NOW)

    with pytest.raises(INTEGRITY_ERRORS):
        stocked.write_now(take_and_break)
    assert on_hand(stocked) == 3


def test_a_window_can_not_be_overbooked_whoever_writes_it(store: Store) -> None:
    window = {"shop": SHOP, "id": "w/s/2030-01-01", "now": NOW}
    assert run(store, "open_delivery_counter", **window, capacity=1) == 1
    assert run(store, "take_places", **window, places=1, capacity=1) == 1
    assert run(store, "take_places", **window, places=1, capacity=1) == 0
    assert run(store, "return_place", **window) == 1
    refused(store, "return_place", **window)


def test_an_order_books_a_window_once(store: Store) -> None:
    booking = {"shop": SHOP, "window_id": "w/s/2030-01-01", "cause": "order", "subject": "EON1", "places": 1}
    assert run(store, "insert_delivery_booking", **booking, now=NOW) == 1
    refused(store, "insert_delivery_booking", **booking, now=NOW)


def test_an_event_comes_from_a_known_kind_of_device_or_an_unknown_one(store: Store) -> None:
    call: dict[str, Any] = {"shop": SHOP, "dialect": "doofinder", "kind": "click", "subject": "", "visitor": None}
    call |= {"happened_at": NOW, "received_at": NOW, "document": "{}", "outcome": "accepted", "reason": ""}
    call |= {"call": "0a", "channel": "", "person": None, "detail": None}
    for device in ("", "desktop", "mobile"):
        assert run(store, "insert_call", **call, device=device) == 1
    for wrong in ("fridge", "Mobile", None):
        refused(store, "insert_call", **call, device=wrong)
