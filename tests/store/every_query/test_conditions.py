"""What is left out of a list, and in what order the rest stands, where no page says it."""

from typing import Any

import pytest

from tests.store.every_query.test_queries import EVERYWHERE
from tests.store.ground import NOW, SHOP, add_shop
from tests.store.orders.buying_story import CHANGE, NEW_ORDER
from tillroll.store import Store, Transaction

OF_SHOP = {"shop": SHOP}
SHOPS = ("other", SHOP)


@pytest.fixture
def shops(store: Store) -> Store:
    """A second shop."""
    store.write_now(lambda tx: add_shop(tx, "other"))
    return store


def test_an_order_is_changed_and_deleted_in_its_own_shop_alone(shops: Store) -> None:
    change = {"customer_id": None, "session_id": "s", "total_minor": 7, "document": "[]"}

    def look(tx: Transaction) -> None:
        for shop in SHOPS:
            tx.run("insert_sales_order", shop=shop, **NEW_ORDER, number=1, id="EON1")
        assert tx.run("update_sales_order", **OF_SHOP, id="EON1", **change) == 1
        assert tx.rows("sales_order", shop="other", id="EON1")[0][6:8] == (1, "{}")
        assert tx.run("delete_sales_order", **OF_SHOP, id="EON1") == 1
        assert [len(tx.rows("sales_order", shop=shop, id="EON1")) for shop in SHOPS] == [1, 0]

    shops.write_now(look)


def test_the_order_of_a_cart_is_that_of_its_checkout(shops: Store) -> None:
    def look(tx: Transaction) -> None:
        tx.run("insert_sales_order", **OF_SHOP, **{**NEW_ORDER, "checkout": 0}, number=1, id="EON1")
        assert tx.rows("checkout_order_of_cart", **OF_SHOP, cart_id="cart") == []
        tx.run("insert_sales_order", **OF_SHOP, **NEW_ORDER, number=2, id="EON2")
        assert tx.rows("checkout_order_of_cart", **OF_SHOP, cart_id="cart") == [("EON2",)]

    shops.write_now(look)


def test_a_history_is_told_in_its_order_and_forgotten_alone(shops: Store) -> None:
    def look(tx: Transaction) -> None:
        for position in (2, 3, 1):
            step = {"status": "S", "comment": "", "now": NOW}
            tx.run("insert_order_transition", **OF_SHOP, order_id="EON1", position=position, **step)
            for quote in ("a", "b"):
                row = {**CHANGE, "quote_id": quote, "position": position}
                tx.run("insert_quote_change", **OF_SHOP, **row)
        assert [row[0] for row in tx.rows("order_transitions", **OF_SHOP, order_id="EON1")] == [1, 2, 3]
        assert [row[0] for row in tx.rows("quote_changes", **OF_SHOP, quote_id="a")] == [1, 2, 3]
        assert tx.run("delete_quote_changes", **OF_SHOP, id="a") == 3
        assert len(tx.rows("quote_changes", **OF_SHOP, quote_id="b")) == 3

    shops.write_now(look)


def test_what_expires_or_idles_is_open_and_old_enough_and_the_oldest_comes_first(shops: Store) -> None:
    def look(tx: Transaction) -> None:
        for id, status, valid_to in (
            ("c", "OPEN", NOW),
            ("a", "OPEN", NOW - 1),
            ("b", "OPEN", NOW),
            ("d", "OPEN", NOW + 1),
            ("e", "DECLINED", NOW - 5),
        ):
            quote = {"customer_id": "c", "status": status, "valid_to": valid_to, "cart_id": None, "document": "{}"}
            tx.run("insert_quote", **OF_SHOP, **quote, id=id, now=NOW)
        ids = [(SHOP, id) for id in ("a", "b", "c")]
        assert tx.rows("expiring_quotes", now=NOW, limit=10) == ids
        assert tx.rows("expiring_quotes", now=NOW, limit=2) == ids[:2]
        for id in ("c3", "c1", "c2", "d1"):
            cart: dict[str, Any] = {"site": "m", "type": id, "legal_entity_id": "", "owner": "o", "document": "{}"}
            tx.run("insert_cart", **OF_SHOP, **cart, id=id, now=NOW)
        closed = {"status": "CLOSED", "owner": "o", "version": 1, "changes": 1, "document": "{}", "now": NOW}
        tx.run("update_cart", **OF_SHOP, id="c2", site="m", type="c2", legal_entity_id="", **closed)
        carts = [(SHOP, "c1"), (SHOP, "c3")]
        assert tx.rows("idle_carts", oldest="d1", before=NOW + 1, limit=10) == carts
        assert tx.rows("idle_carts", oldest="d1", before=NOW + 1, limit=1) == carts[:1]
        assert tx.rows("idle_carts", oldest="d1", before=NOW, limit=10) == []
        assert tx.rows("open_carts_of_owners", **OF_SHOP, keys='{"o":1}') == [("c1",), ("c3",), ("d1",)]

    shops.write_now(look)


def test_failures_and_logins_are_forgiven_and_forgotten_for_their_own_account(shops: Store) -> None:
    def look(tx: Transaction) -> None:
        for shop in SHOPS:
            for account in ("a", "b"):
                told = {"kind": "account", "subject": account}
                tx.run("count_login_failure", shop=shop, **told, now=NOW, rested_since=0)
                for age, pair in enumerate("xy"):
                    tx.run("remember_login", shop=shop, pair=account + pair, account=account, now=NOW + age)
        again = {"kind": "account", "subject": "b", "now": NOW + 5}
        assert tx.rows("count_login_failure", **OF_SHOP, **again, rested_since=NOW) == [(2,)]
        assert tx.run("forgive_login_failures", **OF_SHOP, kind="account", subject="a") == 1
        left = [
            (shop, account)
            for shop in SHOPS
            for account in ("a", "b")
            if tx.rows("login_failures", shop=shop, kind="account", subject=account)
        ]
        assert left == [("other", "a"), ("other", "b"), (SHOP, "b")]
        assert tx.run("forget_oldest_logins", **OF_SHOP, account="a", kept=1) == 1
        pairs = [(shop, pair) for shop in SHOPS for pair in ("ax", "ay", "bx", "by")]
        gone = [(shop, pair) for shop, pair in pairs if not tx.rows("known_login", shop=shop, pair=pair)]
        assert gone == [(SHOP, "ax")]

    shops.write_now(look)


def test_a_number_is_reserved_once_and_never_given_back(shops: Store) -> None:
    def look(tx: Transaction) -> None:
        assert [tx.run("reserve_numbers", **OF_SHOP, name="n", next=number) for number in (5, 5, 4, 6)] == [1, 0, 0, 1]
        assert tx.rows("sequence_next", **OF_SHOP, name="n") == [(6,)]

    shops.write_now(look)


def test_a_search_cart_is_cleared_alone(shops: Store) -> None:
    line = {"line": "l", "index_name": "product", "item_id": "i", "quantity": 1, "price": None, "title": "t"}
    places = [
        {"shop": shop, "channel": channel, "session_id": session}
        for shop in SHOPS
        for channel in ("g", "h")
        for session in ("v", "w")
    ]

    def look(tx: Transaction) -> None:
        for place in places:
            tx.run("add_to_search_cart", **place, **line, now=NOW)
        assert tx.run("clear_search_cart", **places[-1]) == 1
        left = [(row[0], row[1], row[2]) for row in tx.rows("audit_search_cart_lines")]
        assert left == sorted(tuple(place.values()) for place in places[:-1])
        tx.run("touch_search_cart", **places[0], now=NOW + 5)
        idle = tx.rows("idle_search_carts", before=NOW + 9, limit=10)
        assert idle[-1] == tuple(places[0].values())
        assert len(tx.rows("idle_search_carts", before=NOW + 9, limit=3)) == 3

    shops.write_now(look)


def test_events_are_filtered_by_all_that_is_asked_for_and_paged_in_order(shops: Store) -> None:
    told: list[dict[str, Any]] = [
        {"dialect": dialect, "kind": kind, "outcome": outcome}
        for dialect in ("doofinder", "alhena")
        for kind in ("click", "init")
        for outcome in ("accepted", "refused")
    ]

    def look(tx: Transaction) -> None:
        for number, one in enumerate(told):
            row = {"subject": "s", "visitor": "v", "happened_at": NOW, "received_at": NOW, "document": str(number)}
            more = {"reason": "", "call": f"{number:02x}", "channel": "", "person": None, "detail": None, "device": ""}
            tx.run("insert_call", **OF_SHOP, **one, **row, **more)
        for query, narrowed in (
            ("events_page", {}),
            ("events_page_of_visitor", {"visitor": "v"}),
            ("events_page_of_subject", {"subject": "s"}),
            ("events_page_down", {}),
            ("events_page_down_of_visitor", {"visitor": "v"}),
            ("events_page_down_of_subject", {"subject": "s"}),
        ):
            asked = {**OF_SHOP, **narrowed, **EVERYWHERE, "limit": 100}
            order = list(enumerate(told))[:: -1 if "down" in query else 1]
            everything = {"dialect": "", "kind": "", "outcome": ""}
            for name in everything:
                for value in {one[name] for one in told}:
                    found = tx.rows(query, **asked, **{**everything, name: value})
                    expected = [str(number) for number, one in order if one[name] == value]
                    assert [row[-1] for row in found] == expected, (query, name)
            rows = tx.rows(query, **asked, **everything)
            assert [row[-1] for row in rows] == [str(number) for number, _ in order]
            on = {"before" if "down" in query else "after": rows[2][0], "limit": 3}
            assert tx.rows(query, **{**asked, **everything, **on}) == rows[3:6]

    shops.write_now(look)


def test_tallies_are_those_of_the_days_that_were_asked_for(shops: Store) -> None:
    def look(tx: Transaction) -> None:
        for day in (12, 9, 11, 10):
            row = {"dialect": "doofinder", "day": day, "outcome": "accepted", "reason": "", "stripe": 1, "calls": day}
            tx.run("add_to_tally", **OF_SHOP, **row)
        found = tx.rows("tallies", **OF_SHOP, first=10, last=11)
        assert [(row[1], row[4]) for row in found] == [(10, 10), (11, 11)]

    shops.write_now(look)
