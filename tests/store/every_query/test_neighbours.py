"""Nobody reads or writes what a neighbour has under the same id: the story of every query, told beside a second shop.

A query that forgot whose rows it is about would answer with two rows instead of one, or touch the neighbour's.
"""

import re
from typing import Any

import pytest

from tests.house.tree import ROOT
from tests.store.every_query.neighbours import APART, NEIGHBOUR, SECOND_USER, Neighbourhood, Owner, neighbourhood
from tests.store.every_query.test_queries import STORY, Step, result_of
from tests.store.ground import SHOP, engine_of
from tillroll.store import Store
from tillroll.store.queries import Engine, queries

OWNERS = (Owner("shop", SHOP, NEIGHBOUR), Owner("user_id", 1, SECOND_USER))
NOBODY: dict[str, object] = {"shop": "nobody", "user_id": 404}

# Queries that name no shop although their rows belong to one: for all shops at once, or by what is one of a kind.
OF_ALL_SHOPS = {
    # background work, and what an operator lists
    "applications",
    "claim_payment_attempts",
    "claim_payment_refunds",
    "claim_webhook_lanes",
    "delete_expired_password_resets",
    "delete_expired_tokens",
    "delete_old_answers",
    "delete_old_known_logins",
    "delete_old_login_failures",
    "delete_old_webhook_deliveries",
    "delete_old_payment_bells",
    "expiring_quotes",
    "idle_carts",
    "idle_search_carts",
    "event_writers",
    "invitation",
    "last_position",
    "latest_events",
    "payment_attempts_due",
    "payment_refunds_due",
    "received_from",
    "sales_begun_anew",
    "sales_followers",
    "sales_followers_of",
    "shops_asking",
    "shops_between",
    "stock_differences",
    "webhook_lanes_due",
    # by a secret, or by what a vendor's clients name a shop by
    "applications_by_key",
    "channels",
    "credential_shops",
    "key_of_secret",
    "shops_of_secret",
    "spend_token",
    "token",
    "tokens",
    # by an id of the whole server, or the user's
    "application",
    "application_names",
    "change_inventory_item",
    "count_removed_versions",
    "correct_inventory_item",
    "delete_inventory_changes",
    "delete_inventory_items",
    "delete_inventory_versions",
    "delete_memberships",
    "holdings_of_user",
    "inventory_groups",
    "inventory_item",
    "inventory_order_items",
    "inventory_page",
    "inventory_page_back",
    "inventory_totals",
    "lock_inventory_item",
    "lock_inventory_items",
    "repeat_inventory_item",
    "shops_of_member",
    "user_grants",
}


@pytest.mark.parametrize("apart", [-APART, APART], ids=["an older neighbour", "a younger neighbour"])
def test_a_neighbour_with_the_same_ids_changes_nothing_and_is_not_changed(
    store: Store, database_url: str, apart: int
) -> None:
    assert store is not None  # whose tables these are
    is_sqlite, own = engine_of(database_url) == "sqlite", words_of_postgres()
    texts = queries(engine_of(database_url))
    with neighbourhood(database_url) as beside:
        for step in STORY:
            query, parameters, expected = step
            if not is_numbered(texts[query]) and (is_sqlite or query in own):
                rehearse(beside, step, texts[query], apart)
            assert result_of(beside.transaction, query, parameters, expected) == expected, (query, parameters)


def test_every_query_of_a_shop_is_told_beside_a_neighbour(database_url: str) -> None:
    engine = engine_of(database_url)
    told = {query for query, parameters, _ in STORY if _owner_of(parameters) is not None}
    names_a_shop = {query for query, text in queries(engine).items() if _names_a_shop(text, engine)}
    assert {query for query in names_a_shop if not query.startswith("audit_")} <= told


def test_a_query_of_all_shops_is_one_that_is_meant_to_be(store: Store, database_url: str) -> None:
    assert store is not None  # whose tables are asked for
    engine = engine_of(database_url)
    with neighbourhood(database_url) as beside:
        of_shops = {name for name, table in beside.tables.items() if "shop" in table.columns}
        found = {
            query
            for query, text in queries(engine).items()
            if of_shops & set(beside.named(text)) and not _names_a_shop(text, engine) and not query.startswith("audit_")
        }
    assert found == OF_ALL_SHOPS


def rehearse(beside: Neighbourhood, step: Step, text: str, apart: int) -> None:
    """Run a step beside a neighbour, and beside rows that differ from what it asks for in one thing each: nothing of
    them is found, and nothing of them is touched."""
    query, parameters, expected = step
    owner = _owner_of(parameters)
    others = beside.decoys(query, text, parameters)
    if owner is not None:
        others.insert(0, owner)
    with beside.undone(), beside.beside(others, text, apart):
        if owner is not None and not text.startswith("INSERT") and query != "lock_visitors":
            nobody = {**parameters, owner.column: NOBODY[owner.column]}
            nothing = result_of(beside.transaction, query, nobody, expected)
            assert _is_nothing(nothing), (query, nobody, nothing)
        found = result_of(beside.transaction, query, parameters, expected)
        assert found == expected, (query, parameters, others, found)


def words_of_postgres() -> set[str]:
    """The queries that PostgreSQL has words of its own for; the others are the same text on both databases."""
    folder = ROOT / "src" / "tillroll" / "store"
    return {
        name for path in folder.glob("*/*.postgres.sql") for name in re.findall(r"-- name: (\w+)", path.read_text())
    }


def is_numbered(text: str) -> bool:
    """Whether a statement makes rows that the database numbers, also where that is undone afterwards."""
    return text.startswith(("INSERT INTO event ", "INSERT INTO user_account ", "INSERT INTO webhook_delivery "))


def _owner_of(parameters: dict[str, Any]) -> Owner | None:
    """Whose rows a step is about; None where it is about everybody's."""
    for owner in OWNERS:
        if parameters.get(owner.column) == owner.us:
            return owner
    return None


def _names_a_shop(text: str, engine: Engine) -> bool:
    """Whether a query is told which shop it is about."""
    told = r":shop\b" if engine == "sqlite" else r"%\(shop\)s|\bshop text\b"
    return re.search(told, text) is not None


def _is_nothing(found: object) -> bool:
    """No row at all, or a row of noughts."""
    return found == 0 or (isinstance(found, list) and all(value == 0 for row in found for value in row))
