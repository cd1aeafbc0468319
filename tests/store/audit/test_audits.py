"""Each query of the audit finds what it is there for, in the shop where it is, and nothing in a healthy neighbour.

The two shops have the same ids: what is missing in one of them is there in the other one.
"""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from tests.store.every_query.neighbours import Neighbourhood, neighbourhood
from tests.store.ground import SHOP, lay_ground, opened

OTHER = "other"
Row = tuple[Any, ...]

SENT = {"state": "DELIVERED", "settled_at": 1, "replays": 0}
# What a healthy shop has: table and columns; what is not said is a number 1, or the column's own name.
HEALTHY: list[tuple[str, dict[str, Any]]] = [
    ("cart", {"id": "c1", "status": "CLOSED", "order_id": "o1", "type": "1"}),
    ("cart", {"id": "c2", "status": "CLOSED", "order_id": None, "type": "2"}),
    ("cart", {"id": "c3", "status": "OPEN", "order_id": None, "type": "3"}),
    ("quote", {"id": "q1", "status": "ACCEPTED", "order_id": "o2", "cart_id": "c2"}),
    ("quote", {"id": "q2", "status": "OPEN", "order_id": None, "cart_id": None}),
    ("quote_change", {"quote_id": "q1", "position": 1, "op": "CREATE"}),
    ("quote_change", {"quote_id": "q1", "position": 2, "op": "REPLACE"}),
    ("quote_change", {"quote_id": "q2", "position": 1, "op": "CREATE"}),
    ("sales_order", {"number": 1, "id": "o1", "cart_id": "c1", "quote_id": None, "checkout": 1}),
    ("sales_order", {"number": 2, "id": "o2", "cart_id": None, "quote_id": "q1", "checkout": 1}),
    ("sales_order", {"number": 3, "id": "o3", "cart_id": "c1", "quote_id": None, "checkout": 0}),
    ("sales_order", {"number": 4, "id": "o4", "cart_id": None, "quote_id": "q1", "checkout": 0}),
    ("quote", {"id": "q3", "status": "ACCEPTED", "order_id": "o5", "cart_id": None}),
    ("quote_change", {"quote_id": "q3", "position": 1, "op": "CREATE"}),
    ("sales_order", {"number": 5, "id": "o5", "cart_id": None, "quote_id": "q3", "checkout": 1}),
    ("event", {"kind": "order_placed", "subject": "o5"}),
    ("sequence", {"name": "order", "next": 6}),
    ("sequence", {"name": "customer", "next": 77}),
    ("event", {"kind": "order_placed", "subject": "o1"}),
    ("event", {"kind": "order_placed", "subject": "o2"}),
    ("event", {"kind": "order_written", "subject": "o3"}),
    ("event", {"kind": "order_written", "subject": "o4"}),
    ("event", {"kind": "cart_opened", "subject": "c9"}),
    ("coupon", {"code": "k", "redemption_count": 2, "redemptions_max": 2}),
    ("coupon", {"code": "l", "redemption_count": 1, "redemptions_max": -1}),
    ("coupon_redemption", {"code": "l", "id": "r3", "order_id": None, "customer": "u"}),
    ("coupon_customer_use", {"code": "l", "customer": "u", "uses": 1, "uses_max": -1}),
    ("coupon_redemption", {"code": "k", "id": "r1", "order_id": "o1", "customer": "u"}),
    ("coupon_redemption", {"code": "k", "id": "r2", "order_id": None, "customer": "v"}),
    ("coupon_customer_use", {"code": "k", "customer": "u", "uses": 1, "uses_max": 1}),
    ("coupon_customer_use", {"code": "k", "customer": "v", "uses": 1, "uses_max": -1}),
    ("delivery_counter", {"id": "w", "booked": 2, "capacity": 2}),
    ("delivery_booking", {"window_id": "w", "cause": "order", "subject": "o1", "places": 1}),
    ("delivery_booking", {"window_id": "w", "cause": "increment", "subject": "o3", "places": 1}),
    ("stock_movement", {"cause": "order", "subject": "o1", "quantity": -1}),
    ("stock_movement", {"cause": "correction", "subject": "o3", "quantity": -1}),
    ("availability", {"product_id": "mug", "on_hand": 0}),
    ("customer", {"id": "u", "email": "u@example.com", "active": 1}),
    ("customer", {"id": "v", "email": "v@example.com", "active": 1}),
    ("token", {"kind": "customer", "client_id": "client", "customer_id": "u"}),
    ("token", {"kind": "service", "client_id": "client", "customer_id": None}),
    ("payment_attempt", {"id": "p1", "order_id": "o1", "state": "AUTHORISED", "wish": ""}),
    ("payment_attempt", {"id": "p2", "order_id": "o2", "state": "CAPTURED", "wish": "", "provider_id": None}),
    ("payment_posting", {"subject": "p1", "cause": "x", "account": "asked", "holder": "p1", "amount_minor": 1}),
    ("payment_posting", {"subject": "p1", "cause": "x", "account": "auth_contra", "holder": "", "amount_minor": -1}),
    ("payment_posting", {"subject": "p2", "cause": "x", "account": "asked", "holder": "p2", "amount_minor": 1}),
    ("payment_posting", {"subject": "p2", "cause": "x", "account": "auth_contra", "holder": "", "amount_minor": -1}),
    ("payment_posting", {"subject": "p2", "cause": "y", "account": "asked", "holder": "p2", "amount_minor": -1}),
    ("payment_posting", {"subject": "p2", "cause": "y", "account": "auth_contra", "holder": "", "amount_minor": 1}),
    ("payment_refund", {"id": "r1", "attempt_id": "p2", "state": "SUCCEEDED", "amount_minor": 1}),
    ("payment_refund", {"id": "r2", "attempt_id": "p2", "state": "FAILED", "amount_minor": 1}),
    ("webhook", {"id": "we", "types": "order.created", "state": "ENABLED", "asked_since": -60_000_000}),
    *(
        ("webhook_delivery", {"type": "order.created", "subject": f"order:o{n}", "webhook_id": "we", **SENT})
        for n in range(1, 6)
    ),
    ("webhook_delivery", {"subject": "x", "webhook_id": "we", "state": "DELIVERED", "replays": 0, "settled_at": 1}),
    ("webhook_delivery", {"subject": "x", "webhook_id": "we", "state": "PENDING", "replays": 0, "settled_at": None}),
    ("webhook_delivery", {"subject": "x", "webhook_id": "we", "state": "DELIVERED", "replays": 1, "settled_at": 1}),
    ("webhook_lane", {"webhook_id": "we", "subject": "x"}),
]

# The query, what breaks the promise, and what is found besides the shop.
BREACHES: list[tuple[str, str, list[Row]]] = [
    ("audit_payment_entries", "UPDATE payment_posting SET amount_minor = 5 WHERE holder = 'p1'", [("p1", "x", 4)]),
    ("audit_payment_clearing", "UPDATE payment_attempt SET state = 'VOIDED' WHERE id = 'p1'", [("p1", "asked", 1)]),
    (
        "audit_orders_without_money",
        "UPDATE payment_attempt SET authorised_at = NULL WHERE id = 'p1'",
        [("o1", "status")],
    ),
    ("audit_money_without_order", "UPDATE sales_order SET status = 'DECLINED' WHERE id = 'o1'", [("p1", "o1")]),
    ("audit_money_without_order", "UPDATE sales_order SET deleted = 1 WHERE id = 'o1'", [("p1", "o1")]),
    (
        "audit_refunds_beyond_captures",
        "UPDATE payment_refund SET state = 'PENDING' WHERE id = 'r2'",
        [("p2", 2, 1)],
    ),
    ("audit_orders_without_message", "DELETE FROM webhook_delivery WHERE subject = 'order:o1'", [("we", "o1")]),
    (
        "audit_orders_without_message",
        "UPDATE webhook_delivery SET type = 'order.changed' WHERE subject = 'order:o2'",
        [("we", "o2")],
    ),
    ("audit_messages_without_order", "DELETE FROM sales_order WHERE id = 'o1'", [("we", "order:o1")]),
    ("audit_messages_without_lane", "DELETE FROM webhook_lane", [("we", "x")]),
    ("audit_messages_without_lane", "UPDATE webhook_lane SET subject = 'y'", [("we", "x"), ("we", "y")]),
    ("audit_messages_without_lane", "DELETE FROM webhook_delivery WHERE state = 'PENDING'", [("we", "x")]),
    (
        "audit_overtaken_messages",
        "UPDATE webhook_delivery SET replays = 0 WHERE replays = 1",
        [("we", "x")],
    ),
    ("audit_carts_with_two_orders", "UPDATE sales_order SET cart_id = 'c1' WHERE id = 'o2'", [("c1", 2)]),
    ("audit_orders_without_closed_cart", "DELETE FROM cart WHERE id = 'c1'", [("o1",)]),
    ("audit_orders_without_closed_cart", "UPDATE cart SET status = 'OPEN' WHERE id = 'c1'", [("o1",)]),
    ("audit_orders_without_closed_cart", "UPDATE cart SET order_id = NULL WHERE id = 'c1'", [("o1",)]),
    ("audit_orders_without_closed_cart", "UPDATE cart SET order_id = 'o3' WHERE id = 'c1'", [("o1",)]),
    ("audit_carts_without_order", "DELETE FROM sales_order WHERE id = 'o1'", [("c1",)]),
    ("audit_carts_without_order", "UPDATE cart SET order_id = 'o3' WHERE id = 'c3'", [("c3",)]),
    ("audit_carts_without_order", "UPDATE cart SET order_id = 'o2' WHERE id = 'c3'", [("c3",)]),
    (
        "audit_quotes_with_two_orders",
        "UPDATE sales_order SET quote_id = 'q1', checkout = 1 WHERE id = 'o3'",
        [("q1", 2)],
    ),
    ("audit_orders_without_accepted_quote", "DELETE FROM quote WHERE id = 'q1'", [("o2",)]),
    ("audit_orders_without_accepted_quote", "UPDATE quote SET status = 'OPEN' WHERE id = 'q1'", [("o2",)]),
    ("audit_orders_without_accepted_quote", "UPDATE quote SET order_id = NULL WHERE id = 'q1'", [("o2",)]),
    ("audit_orders_without_accepted_quote", "UPDATE quote SET order_id = 'o1' WHERE id = 'q1'", [("o2",)]),
    ("audit_quotes_without_order", "DELETE FROM sales_order WHERE id = 'o2'", [("q1",)]),
    ("audit_quotes_without_order", "UPDATE sales_order SET quote_id = NULL WHERE id = 'o2'", [("q1",)]),
    ("audit_quotes_without_order", "UPDATE quote SET order_id = 'o2' WHERE id = 'q2'", [("q2",)]),
    ("audit_quotes_of_open_carts", "UPDATE cart SET status = 'OPEN' WHERE id = 'c2'", [("q1", "c2")]),
    ("audit_quotes_of_open_carts", "UPDATE cart SET order_id = 'o1' WHERE id = 'c2'", [("q1", "c2")]),
    ("audit_quotes_without_history", "DELETE FROM quote_change WHERE quote_id = 'q1' AND position = 1", [("q1", 0)]),
    ("audit_quotes_without_history", "UPDATE quote_change SET op = 'CREATE' WHERE quote_id = 'q1'", [("q1", 2)]),
    ("audit_number_gaps", "DELETE FROM sales_order WHERE id = 'o3'", [(4, 5, 5)]),
    ("audit_number_gaps", "DELETE FROM sales_order WHERE id = 'o5'", [(4, 4, 5)]),
    ("audit_number_gaps", "UPDATE sequence SET next = 7 WHERE name = 'order'", [(5, 5, 6)]),
    ("audit_negative_stock", "UPDATE availability SET on_hand = -1", [("mug", -1)]),
    ("audit_overredeemed_coupons", "UPDATE coupon SET redemption_count = 3", [("k", 3)]),
    ("audit_overredeemed_coupons", "UPDATE coupon SET redemption_count = -1 WHERE code = 'l'", [("l", -1)]),
    ("audit_coupon_counts", "UPDATE coupon SET redemption_count = 1 WHERE code = 'k'", [("k", 1, 2)]),
    ("audit_coupon_counts", "DELETE FROM coupon_redemption WHERE id = 'r1'", [("k", 2, 1)]),
    ("audit_redemptions_without_order", "DELETE FROM sales_order WHERE id = 'o1'", [("r1",)]),
    (
        "audit_customer_uses",
        "UPDATE coupon_customer_use SET uses = 0 WHERE customer = 'u' AND code = 'k'",
        [("k", "u", 0, 1)],
    ),
    ("audit_customer_uses", "DELETE FROM coupon_redemption WHERE id = 'r2'", [("k", "v", 1, 0)]),
    ("audit_orders_without_event", "DELETE FROM event WHERE subject = 'o1'", [("o1", 0)]),
    ("audit_orders_without_event", "UPDATE event SET subject = 'o1' WHERE subject = 'o2'", [("o1", 2), ("o2", 0)]),
    ("audit_orders_without_event", "UPDATE event SET kind = 'order_placed' WHERE subject = 'o3'", [("o3", 0)]),
    ("audit_events_without_order", "DELETE FROM sales_order WHERE id = 'o1'", [("o1",)]),
    ("audit_events_without_order", "DELETE FROM sales_order WHERE id = 'o3'", [("o3",)]),
    ("audit_overbooked_windows", "UPDATE delivery_counter SET booked = 3", [("w", 3, 2)]),
    ("audit_overbooked_windows", "UPDATE delivery_counter SET booked = -1", [("w", -1, 2)]),
    ("audit_window_counts", "UPDATE delivery_counter SET booked = 1", [("w", 1, 2)]),
    ("audit_window_counts", "DELETE FROM delivery_booking WHERE subject = 'o3'", [("w", 2, 1)]),
    ("audit_sales_by_hand", "UPDATE stock_movement SET cause = 'order' WHERE subject = 'o3'", [("o3",)]),
    ("audit_sales_by_hand", "UPDATE coupon_redemption SET order_id = 'o4' WHERE id = 'r2'", [("o4",)]),
    (
        "audit_emails_of_two_customers",
        "UPDATE customer SET email = 'u@example.com'",
        [("u@example.com", 2)],
    ),
    ("audit_tokens_without_customer", "DELETE FROM customer WHERE id = 'u'", [("u",)]),
    ("audit_tokens_without_customer", "UPDATE customer SET active = 0", [("u",)]),
    ("audit_tokens_without_customer", "UPDATE token SET kind = 'customer' WHERE kind = 'service'", [("client",)]),
]
# One item with two versions and two steps, one with one of each, and one without a step.
ITEMS: list[tuple[str, dict[str, Any]]] = [
    ("inventory_item", {"id": "i", "version": 2, "changes": 2, "state": "sold", "state_currency": "eur"}),
    ("inventory_item", {"id": "j", "identity": "j", "version": 1, "changes": 0, "state": "in_stock"}),
    ("inventory_item", {"id": "k", "identity": "k", "changes": 1, "state": "returned", "state_currency": "usd"}),
    ("inventory_version", {"item_id": "k", "version": 1, "fingerprint": "4"}),
    ("inventory_change", {"item_id": "k", "position": 1, "state": "returned", "currency": "usd"}),
    ("inventory_version", {"item_id": "i", "version": 1, "fingerprint": "1", "document": "old"}),
    ("inventory_version", {"item_id": "i", "version": 2, "fingerprint": "2"}),
    ("inventory_version", {"item_id": "j", "version": 1, "fingerprint": "3"}),
    ("inventory_change", {"item_id": "i", "position": 1, "state": "listed", "currency": "usd"}),
    ("inventory_change", {"item_id": "i", "position": 2, "state": "sold", "currency": "eur"}),
]
ITEM_BREACHES: list[tuple[str, str, list[Row]]] = [
    ("audit_item_versions", "DELETE FROM inventory_version WHERE fingerprint = '1'", [("i", 2, 1)]),
    ("audit_item_versions", "UPDATE inventory_item SET version = version + 1", [("i", 3, 2), ("j", 2, 1), ("k", 2, 1)]),
    ("audit_item_versions", "UPDATE inventory_version SET version = 3 WHERE fingerprint = '2'", [("i", 2, 2)]),
    ("audit_item_documents", "UPDATE inventory_item SET document = 'new'", [("i",), ("j",), ("k",)]),
    ("audit_item_documents", "UPDATE inventory_version SET document = 'new' WHERE fingerprint = '2'", [("i",)]),
    ("audit_item_changes", "UPDATE inventory_item SET state = 'lost'", [("i", "lost"), ("j", "lost"), ("k", "lost")]),
    ("audit_item_changes", "UPDATE inventory_item SET state_minor = 2", [("i", "sold"), ("k", "returned")]),
    ("audit_item_changes", "UPDATE inventory_item SET state_currency = 'usd'", [("i", "sold")]),
    ("audit_item_changes", "DELETE FROM inventory_change WHERE position = 2", [("i", "sold")]),
]
# What the schema forbids, and the audit looks for all the same.
FORBIDDEN = ("unique_checkout_cart_id", "unique_checkout_quote_id", "customer_email")


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    """Two healthy shops with the same ids, in a database that lets everything through."""
    url = f"sqlite:///{tmp_path_factory.mktemp('audits') / 'tillroll.db'}"
    with opened(url) as store:
        lay_ground(store)
    with neighbourhood(url) as shops:
        shops.run("PRAGMA ignore_check_constraints = ON")
        for index in FORBIDDEN:
            shops.run(f"DROP INDEX {index}")
        for shop in (OTHER, SHOP):
            for number, (table, said) in enumerate(HEALTHY):
                _write(shops, table, {"shop": shop, **_unique(table, shop, number), **said})
        for table, said in ITEMS:
            _write(shops, table, {"shop": SHOP, **said} if table == "inventory_item" else said)
        yield shops


@pytest.mark.parametrize(
    ("query", "breach", "found"), ITEM_BREACHES, ids=[f"{one[0]}: {one[1]}" for one in ITEM_BREACHES]
)
def test_a_breach_of_an_item_is_found(shops: Neighbourhood, query: str, breach: str, found: list[Row]) -> None:
    assert shops.transaction.rows(query, limit=10) == []
    with shops.undone():
        shops.run(breach)
        assert shops.transaction.rows(query, limit=10) == found
        assert shops.transaction.rows(query, limit=1) == found[:1]


def test_nothing_is_found_in_healthy_shops(shops: Neighbourhood) -> None:
    for query in {query for query, _, _ in BREACHES}:
        assert shops.transaction.rows(query, limit=10) == [], query


@pytest.mark.parametrize(("query", "breach", "found"), BREACHES, ids=[f"{one[0]}: {one[1]}" for one in BREACHES])
@pytest.mark.parametrize("broken", [SHOP, OTHER])
def test_a_breach_is_found_where_it_is(
    shops: Neighbourhood, broken: str, query: str, breach: str, found: list[Row]
) -> None:
    where = f"{breach} {'AND' if 'WHERE' in breach else 'WHERE'} shop = '{broken}'"
    with shops.undone():
        shops.run(where)
        assert shops.transaction.rows(query, limit=10) == [(broken, *row) for row in found]


@pytest.mark.parametrize(("query", "breach", "found"), BREACHES, ids=[f"{one[0]}: {one[1]}" for one in BREACHES])
def test_breaches_of_all_shops_are_found_in_order_and_no_more_than_asked_for(
    shops: Neighbourhood, query: str, breach: str, found: list[Row]
) -> None:
    with shops.undone():
        shops.run(breach)
        every = [(shop, *row) for shop in (SHOP, OTHER) for row in found]
        assert shops.transaction.rows(query, limit=10) == every
        assert shops.transaction.rows(query, limit=1) == every[:1]


def test_orders_are_read_in_chunks_over_all_shops(shops: Neighbourhood) -> None:
    found: list[tuple[str, int]] = []
    while rows := shops.transaction.rows(
        "audit_orders_after",
        shop=found[-1][0] if found else "",
        number=found[-1][1] if found else 0,
        limit=3,
    ):
        assert len(rows) <= 3
        found += [(row[0], row[1]) for row in rows]
    assert found == [(shop, number) for shop in (SHOP, OTHER) for number in (1, 2, 3, 4, 5)]


def test_what_orders_hold_and_took_is_summed_up_for_each(shops: Neighbourhood) -> None:
    held = shops.transaction.rows("audit_places_of_orders")
    assert sorted(held) == [(shop, "o1", "w", 1) for shop in (SHOP, OTHER)]
    with shops.undone():
        shops.run("UPDATE stock_movement SET cause = 'count' WHERE subject = 'o1'")
        assert {row[3] for row in shops.transaction.rows("audit_stock_taken")} == {-1}
    assert {row[3] for row in shops.transaction.rows("audit_stock_taken")} == {-2}


def _unique(table: str, shop: str, number: int) -> dict[str, Any]:
    """What is one of a kind on the whole server."""
    if table == "token":
        return {"hash": f"{shop} {number}"}
    numbered = ("event", "webhook_delivery")
    return {"position": number + (1 if shop == SHOP else 1000)} if table in numbered else {}


def _write(shops: Neighbourhood, table: str, said: dict[str, Any]) -> None:
    described = shops.tables[table]
    row: dict[str, Any] = {column: 1 if column in described.numbers else column for column in described.columns}
    row |= {"outcome": "accepted", "device": ""} if table == "event" else {}
    row |= {"awaits_payment": 0, "deleted": 0} if table == "sales_order" else {}
    row |= {"provider_refund_id": None} if table == "payment_refund" else {}
    row |= said
    values = ", ".join("NULL" if value is None else repr(value) for value in row.values())
    try:
        shops.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})")
    except sqlite3.IntegrityError as error:
        raise AssertionError((table, said)) from error
