"""Every list in its order, page by page, and every count as long as its list.

What does not belong into a list stands beside it: what is deleted, of another status or site, or somebody else's.
"""

from itertools import count
from typing import Any

import pytest

from tests.store.every_query.test_queries import NEW
from tests.store.ground import NOW, SHOP, add_shop
from tests.store.orders.buying_story import NEW_ORDER
from tillroll.store import Store, Transaction

OF_SHOP = {"shop": SHOP}
# Where a list says of what it is: query, parameters, the count beside it, and the ids that it shows, in order.
Listed = tuple[str, dict[str, Any], str, list[str]]

# number, status, site, customer, session, company, deleted
ORDERS: list[tuple[int, str, str, str | None, str, str | None, bool]] = [
    (1, "CREATED", "main", None, "s", None, False),
    (2, "CREATED", "other", None, "s", "le", False),
    (3, "SHIPPED", "main", "c", "s", "le", False),
    (4, "SHIPPED", "main", None, "t", None, False),
    (5, "CREATED", "main", "c", "t", "le", True),
    (6, "CREATED", "main", None, "s", None, True),
    (7, "CREATED", "main", "c", "s", "other", False),
    (8, "CREATED", "main", None, "s", None, False),
    (9, "SHIPPED", "other", "d", "u", "le", False),
    (10, "CREATED", "main", None, "s", None, False),
]
CARTS = [("c1", "s", "CLOSED"), ("c2", "s", "OPEN"), ("c3", "t", "OPEN"), ("c4", "s", "CLOSED"), ("c5", "s", "CLOSED")]
QUOTES = [("b", "c", 1), ("a", "c", 2), ("d", "x", 3), ("c", "c", 2), ("e", "c", 0)]
# By age, and of one age by name: neither is the order in which they are written.
AGED = [("b", 2), ("d", 1), ("a", 2), ("c", 0), ("e", 3)]
BY_AGE = ["c", "d", "a", "b", "e"]

LISTS: list[Listed] = [
    ("sales_orders", {"status": "", "site": ""}, "sales_order_count", ["10", "9", "8", "7", "4", "3", "2", "1"]),
    ("sales_orders", {"status": "SHIPPED", "site": ""}, "sales_order_count", ["9", "4", "3"]),
    ("sales_orders", {"status": "", "site": "main"}, "sales_order_count", ["10", "8", "7", "4", "3", "1"]),
    ("sales_orders", {"status": "SHIPPED", "site": "main"}, "sales_order_count", ["4", "3"]),
    ("sales_orders_of_customer", {"owner": "c"}, "sales_order_count_of_customer", ["7", "3"]),
    ("sales_orders_of_session", {"owner": "s"}, "sales_order_count_of_session", ["10", "8", "2", "1"]),
    ("sales_orders_of_legal_entity", {"owner": "le"}, "sales_order_count_of_legal_entity", ["9", "3", "2"]),
    ("carts_page", {"status": ""}, "", ["c5", "c4", "c3", "c2", "c1"]),
    ("carts_page", {"status": "CLOSED"}, "", ["c5", "c4", "c1"]),
    ("carts_of_owner", {"owner": "s", "status": ""}, "", ["c5", "c4", "c2", "c1"]),
    ("carts_of_owner", {"owner": "s", "status": "CLOSED"}, "", ["c5", "c4", "c1"]),
    ("quotes_page", {}, "quote_count", ["d", "c", "a", "b", "e"]),
    ("quotes_page_of_customer", {"customer": "c"}, "quote_count_of_customer", ["c", "a", "b", "e"]),
    ("customers_page", {}, "customer_count", BY_AGE),
    ("coupons_page", {"deleted": 0}, "coupon_count", ["c", "d", "a", "b"]),
    ("coupons_page", {"deleted": 1}, "coupon_count", BY_AGE),
    ("coupon_redemptions_page", {"code": "a"}, "", BY_AGE),
    ("availabilities_of_site", {"site": "main"}, "availability_count", ["a", "b", "c", "d", "e"]),
    ("catalogue_page", {"kind": "product"}, "catalogue_count", BY_AGE),
    ("catalogue_page_of_parent", {"kind": "product", "parent": "p"}, "catalogue_count_of_parent", ["c", "a", "b", "e"]),
]
# Lists that go on behind a place: query, parameters, what says the place, and what is shown behind none.
AFTER: list[tuple[str, dict[str, Any], list[str]]] = [
    ("catalogue_chunk", {"kind": "product", "containing": ""}, ["a", "b", "c", "d", "e"]),
    ("catalogue_chunk_of_parent", {"kind": "product", "parent": "p", "containing": ""}, ["a", "b", "c", "e"]),
]


@pytest.fixture
def full(store: Store) -> Store:
    """A shop with some of everything, written in no order, and another one with the same."""

    def fill(tx: Transaction) -> None:
        add_shop(tx, "other")
        for shop in ("other", SHOP):
            _fill(tx, {"shop": shop})

    store.write_now(fill)
    return store


@pytest.mark.parametrize("listed", LISTS, ids=[f"{query} {told}" for query, told, _, _ in LISTS])
def test_a_list_is_in_order_and_its_count_is_its_length(full: Store, listed: Listed) -> None:
    query, told, count_query, expected = listed
    asked = OF_SHOP | told

    def look(tx: Transaction) -> None:
        assert [row[0] for row in tx.rows(query, **asked, limit=100, offset=0)] == expected
        for size in (1, 2, 3):
            pages = [tx.rows(query, **asked, limit=size, offset=offset) for offset in range(0, len(expected), size)]
            assert [row[0] for page in pages for row in page] == expected
            assert all(len(page) == size for page in pages[:-1])
        assert tx.rows(query, **asked, limit=10, offset=len(expected)) == []
        if count_query:
            assert tx.rows(count_query, **asked) == [(len(expected),)]

    full.write_now(look)


@pytest.mark.parametrize("listed", AFTER, ids=[query for query, _, _ in AFTER])
def test_a_list_goes_on_behind_the_last_of_a_page(full: Store, listed: tuple[str, dict[str, Any], list[str]]) -> None:
    query, told, expected = listed

    def look(tx: Transaction) -> list[str]:
        found: list[str] = []
        for _ in count():
            after = found[-1] if found else ""
            page = [row[0] for row in tx.rows(query, **OF_SHOP, **told, after=after, limit=2)]
            assert len(page) <= 2
            if not page:
                return found
            found += page
        raise AssertionError

    assert full.write_now(look) == expected


def test_what_is_deleted_is_not_shown_alone_either(full: Store) -> None:
    def look(tx: Transaction) -> None:
        assert tx.rows("sales_order", **OF_SHOP, id="5") == []
        assert tx.rows("lock_sales_orders", **OF_SHOP, keys='{"4":1,"5":1}')[0][0] == "4"
        assert len(tx.rows("lock_sales_orders", **OF_SHOP, keys='{"4":1,"5":1}')) == 1
        change = {"customer_id": None, "session_id": "s", "total_minor": 1, "document": "{}"}
        assert tx.run("update_sales_order", **OF_SHOP, id="5", **change) == 0
        assert tx.run("delete_sales_order", **OF_SHOP, id="5") == 0
        for query in ("coupons", "lock_coupons"):
            assert tx.rows(query, **OF_SHOP, keys='{"e":1}') == []
        assert tx.run("redeem_coupon", **OF_SHOP, code="e", uses=1, now=NOW) == 0

    full.write_now(look)


def test_every_change_raises_the_version_by_one_and_says_when(full: Store) -> None:
    change = {"customer_id": None, "session_id": "s", "total_minor": 1, "document": "{}"}
    accepted = {"customer_id": "c", "status": "ACCEPTED", "valid_to": None, "order_id": "1", "document": "{}"}
    profile = {"contact_email": "a", "active": 1, "on_hold": 0, "document": "{}", "version": 1, "now": NOW + 9}
    coupon = {"redemptions_max": -1, "document": "{}", "deleted": 0, "now": NOW + 9}

    def look(tx: Transaction) -> None:
        tx.run("update_sales_order", **OF_SHOP, id="1", **change)
        assert tx.rows("sales_order", **OF_SHOP, id="1")[0][6:] == (2, "{}", NOW, NOW)
        tx.run("update_sales_order_status", **OF_SHOP, id="1", status="SHIPPED", now=NOW + 9)
        assert tx.rows("sales_order", **OF_SHOP, id="1")[0][6:] == (3, "{}", NOW, NOW + 9)
        tx.run("update_quote", **OF_SHOP, id="b", version=1, **accepted, now=NOW + 9)
        assert tx.rows("quote", **OF_SHOP, id="b")[0][4:] == (2, "{}", NOW + 1, NOW + 9)
        tx.run("close_cart", **OF_SHOP, id="c2", order_id="1", version=1, now=NOW + 9)
        assert tx.rows("carts", **OF_SHOP, keys='{"c2":1}')[0][6:] == ("1", 2, "{}", NOW, NOW + 9)
        tx.run("update_customer", **OF_SHOP, id="a", **profile)
        assert tx.run("update_customer", **OF_SHOP, id="a", **profile) == 0
        assert tx.rows("customer", **OF_SHOP, id="a")[0][6:] == (2, "{}", NOW + 2, NOW + 9)
        tx.run("update_coupon", **OF_SHOP, code="a", **coupon)
        assert tx.rows("coupon", **OF_SHOP, code="a")[0][4:] == (2, "{}", NOW + 2, NOW + 9)

    full.write_now(look)


def test_of_what_is_forgotten_the_oldest_goes_first_and_what_has_not_expired_stays(store: Store) -> None:
    token = {"kind": "service", "client_id": "c", "scopes": "", "session_id": None, "customer_id": None}
    token |= {"legal_entity_id": None}
    stray = {"dialect": "d", "claimed": "h", "kind": "k", "reason": "r", "document": "{}"}
    answer = {"caller": "c", "fingerprint": b"", "status": 200, "headers": "[]", "body": b""}

    def look(tx: Transaction) -> None:
        for id, age in AGED:
            tx.run("insert_token", **OF_SHOP, **token, hash=id, expires_at=NOW + age)
            tx.run("insert_password_reset", **OF_SHOP, hash=id, customer_id=id, expires_at=NOW + age)
            tx.run("insert_stray_call", **stray, call=id, received_at=NOW + age)
            tx.run("insert_answer", **OF_SHOP, **answer, key=id, now=NOW + age)
            tx.run("remember_login", **OF_SHOP, pair=id, account=id, now=NOW + age)
            tx.run("count_login_failure", **OF_SHOP, kind="a", subject=id, now=NOW + age, rested_since=0)
            tx.run("count_user_attempt", subject=id, now=NOW + age, window_start=0)
        for query, until in (
            ("delete_expired_tokens", "now"),
            ("delete_expired_password_resets", "now"),
            ("delete_old_stray_calls", "before"),
            ("delete_old_answers", "before"),
            ("delete_old_known_logins", "before"),
            ("delete_old_login_failures", "before"),
            ("delete_old_user_attempts", "before"),
        ):
            assert tx.run(query, **{until: NOW}, limit=10) == 0, query
            assert tx.run(query, **{until: NOW + 3}, limit=2) == 2, query
        left = {"a", "b", "e"}
        wanted = '{"a":1,"b":1,"c":1,"d":1,"e":1}'
        assert {row[0] for row in tx.rows("tokens", keys=wanted)} == left
        assert {id for id, _ in AGED if tx.rows("password_reset", **OF_SHOP, hash=id)} == left
        assert [row[0] for row in tx.rows("stray_calls", dialect="d", claimed="h", limit=10)][2:] == ["e"]
        assert {row[0] for row in tx.rows("stray_calls", dialect="d", claimed="h", limit=2)} == {"a", "b"}
        claims = '[["c","a"],["c","b"],["c","c"],["c","d"],["c","e"]]'
        assert {row[1] for row in tx.rows("answers", **OF_SHOP, claims=claims)} == left
        assert {id for id, _ in AGED if tx.rows("known_login", **OF_SHOP, pair=id)} == left
        assert {id for id, _ in AGED if tx.rows("login_failures", **OF_SHOP, kind="a", subject=id)} == left
        assert {row[0] for row in tx.rows("user_attempts", keys=wanted)} == left

    store.write_now(look)


def test_a_revoked_key_is_found_by_nobody(store: Store) -> None:
    key = {"kind": "doofinder", "identifier": "k"}

    def look(tx: Transaction) -> None:
        tx.run("insert_credential", **OF_SHOP, **key, secret_hash="h", scopes="", now=NOW)
        tx.run(
            "insert_credential", **OF_SHOP, kind="doofinder", identifier="public", secret_hash=None, scopes="", now=NOW
        )
        assert tx.rows("live_key_hashes", **OF_SHOP, kind="doofinder") == [("h",)]
        assert tx.run("revoke_credential", **OF_SHOP, identifier="k", now=NOW) == 1
        assert tx.rows("credential", **OF_SHOP, **key) == []
        assert tx.rows("credential_shops", identifier="k") == []
        assert tx.rows("live_key_hashes", **OF_SHOP, kind="doofinder") == []
        assert tx.rows("live_keys", **OF_SHOP, kind="doofinder") == []
        assert tx.rows("key_of_secret", **key, secret_hash="h") == []
        assert tx.rows("shops_of_secret", kind="doofinder", secret_hash="h") == []

    store.write_now(look)


def _fill(tx: Transaction, shop: dict[str, str]) -> None:
    for number, status, site, customer, session, company, is_deleted in sorted(ORDERS, key=lambda one: one[0] % 4):
        row = {**NEW_ORDER, "status": status, "site": site, "customer_id": customer, "session_id": session}
        row |= {"legal_entity_id": company, "cart_id": f"cart {number}", "number": number, "id": str(number)}
        tx.run("insert_sales_order", **shop, **row)
        if is_deleted:
            assert tx.run("delete_sales_order", **shop, id=str(number)) == 1
    _fill_carts(tx, shop)
    for id, customer, age in QUOTES:
        row = {"customer_id": customer, "status": "OPEN", "valid_to": None, "cart_id": None, "document": "{}"}
        tx.run("insert_quote", **shop, **row, id=id, now=NOW + age)
    for id, age in AGED:
        _fill_aged(tx, shop, id, NOW + age)


def _fill_carts(tx: Transaction, shop: dict[str, str]) -> None:
    for id, owner, status in reversed(CARTS):
        row = {"site": "main", "type": id, "legal_entity_id": "", "owner": owner, "document": "{}"}
        tx.run("insert_cart", **shop, **row, id=id, now=NOW)
        if status == "CLOSED":
            change = {"status": status, "version": 1, "changes": 0}
            assert tx.run("update_cart", **shop, **row, **change, id=id, now=NOW) == 1


def _fill_aged(tx: Transaction, shop: dict[str, str], id: str, now: int) -> None:
    parent = "q" if id == "d" else "p"
    entry = {"kind": "product", "alternate_key": None, "parent": parent, "subject": None, "document": "{}"}
    tx.run("insert_catalogue_entry", **shop, **entry, id=id, now=now)
    tx.run("insert_customer", **shop, **{**NEW, "now": now}, id=id, email=f"{id}@example.com")
    tx.run("insert_coupon", **shop, code=id, redemptions_max=-1, document="{}", now=now)
    if id == "e":
        coupon = {"redemptions_max": -1, "document": "{}", "deleted": 1}
        tx.run("update_coupon", **shop, code=id, **coupon, now=now)
    redemption = {"code": "a", "order_id": None, "customer": "c", "legal_entity_id": None, "document": "{}"}
    tx.run("insert_coupon_redemption", **shop, **redemption, id=id, now=now)
    stock = {"on_hand": 1, "sellable": 1, "document": "{}"}
    tx.run("insert_availability", **shop, **stock, site="main", product_id=id, now=now)
    tx.run("insert_availability", **shop, **stock, site="other", product_id=f"{id} there", now=now)
