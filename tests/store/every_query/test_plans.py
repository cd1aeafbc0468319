"""How the databases find rows by their keys: each key in the index, and never by walking a shop's rows."""

import re
import sqlite3
from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from tests.store.ground import SHOP, lay_ground, opened
from tillroll.store.queries import queries

# What narrows down rows that were found already: it is read once.
OF_A_LIST = re.compile(r"IN \(SELECT key FROM json_each\(:(kinds|busy)\)\)")
BY_KEYS = sorted(name for name, text in queries("sqlite").items() if "FROM json_each(" in OF_A_LIST.sub("", text))
# The columns that a query compares with what `json_each` yields: `cart.id = wanted.key`.
KEY_COLUMN = re.compile(r"\w+\.(?P<column>\w+) = (?:\w+\.key\b|CAST\(\w+\.key AS BIGINT\)|json_extract\(\w+\.value\b)")

TABLES_WITH_KEYS = (
    "availability",
    "cart",
    "cart_sum",
    "catalogue_entry",
    "channel",
    "coupon",
    "coupon_customer_use",
    "coupon_redemption",
    "delivery_counter",
    "customer",
    "credential",
    "decided_report",
    "event",
    "followed_cart",
    "idempotency_key",
    "identity_link",
    "identity_node",
    "interaction",
    "inventory_item",
    "inventory_version",
    "native_event",
    "user_attempt",
    "quote",
    "reported_cart_line",
    "reported_order",
    "sale",
    "sale_decision",
    "sale_node",
    "sale_refund",
    "sale_report",
    "sales_order",
    "search_sum",
    "token",
    "user_grant",
)
ROWS = 2_000
# Columns that say the same in all of the rows; every other text differs from row to row.
SAME = {"shop": SHOP, "caller": "service:till", "site": "main", "kind": "product", "status": "ACCEPTED"}
# Most carts that are looked for are open, and an index of open carts alone must not seem empty.
SAME_IN_TABLE = {"cart": {"status": "OPEN"}, "event": {"device": "mobile", "outcome": "accepted"}}
# Sums of one dialect and currency, which are those that are asked for.
SAME_IN_TABLE |= {"cart_sum": {"dialect": str(ROWS), "currency": str(ROWS)}}
SAME |= {"state": "in_stock"}
# Whole numbers that differ from row to row; all others are nought.
NUMBERED = {"day", "number", "position", "report"}


def test_every_query_by_keys_is_looked_at() -> None:
    assert {"carts", "lock_carts", "coupons", "availabilities", "answers", "tokens", "shop_heads"} <= set(BY_KEYS)
    assert all(KEY_COLUMN.search(queries("sqlite")[name]) for name in BY_KEYS)


@pytest.mark.parametrize("name", BY_KEYS)
def test_sqlite_goes_from_the_keys_to_the_index(sqlite_url: str, name: str) -> None:
    with opened(sqlite_url) as store:
        store.migrate()
    steps = sqlite_plan(sqlite_url, queries("sqlite")[name])
    if OF_A_LIST.search(queries("sqlite")[name]):
        list_of_kinds = steps.index("LIST SUBQUERY 1")
        del steps[list_of_kinds : list_of_kinds + 2]
    while "VIRTUAL TABLE" in steps[0]:
        del steps[0]
    assert not [step for step in steps if "VIRTUAL TABLE" in step], "the keys are read again for each row"
    assert steps[0].startswith("SEARCH "), "the rows are not looked up"
    assert not [step for step in steps if step.startswith("SCAN ")]
    for column in KEY_COLUMN.findall(queries("sqlite")[name]):
        assert f"{column}=?" in steps[0], f"{column} is not looked up in the index"


def test_postgres_finds_the_keys_in_an_index(postgres_url: str) -> None:
    with opened(postgres_url) as store:
        lay_ground(store)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("SET session_replication_role = replica")  # rows whose users and applications are nobody
        for table in TABLES_WITH_KEYS:
            fill(connection, table)
        # So few rows are as quickly read as searched. The question is what is possible when there are more.
        connection.execute("SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off")
        for name in BY_KEYS:
            text = queries("postgres")[name]
            parameters = dict.fromkeys(re.findall(r"%\((\w+)\)s", text), str(ROWS)) | SAME
            parameters |= dict.fromkeys(re.findall(r"json_(?:each|array_elements)\(%\((\w+)\)s", text), "{}")
            plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {text}".encode(), parameters))
            searched = " ".join(re.findall(r"Index Cond: (.*)", plan))
            for column in KEY_COLUMN.findall(queries("sqlite")[name]):
                assert re.search(rf"\b{column}\"? = (\(*\w+\.(key|value)\b|ANY \(\(InitPlan)", searched), (
                    f"{name}\n{plan}"
                )


def test_a_page_of_the_catalogue_is_read_in_the_order_of_its_index(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        store.migrate()
    assert sqlite_plan(sqlite_url, queries("sqlite")["catalogue_page"]) == [
        "SEARCH catalogue_entry USING INDEX catalogue_by_age (shop=? AND kind=?)"
    ]


def test_a_page_below_a_parent_looks_at_that_parent_alone(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        store.migrate()
    first, *_ = sqlite_plan(sqlite_url, queries("sqlite")["catalogue_page_of_parent"])
    assert first.endswith("USING INDEX catalogue_by_parent (shop=? AND kind=? AND parent=?)")


EVENT_PAGES = {
    "events_page": "event_by_shop",
    "events_page_of_visitor": "event_by_visitor",
    "events_page_of_subject": "event_by_subject",
}


@pytest.mark.parametrize(("page", "index"), EVENT_PAGES.items())
@pytest.mark.parametrize("way", ["", "_down"])
def test_a_page_of_the_ledger_is_read_in_the_order_of_its_index_both_ways(
    sqlite_url: str, postgres_url: str, page: str, index: str, way: str
) -> None:
    name = page.replace("events_page", f"events_page{way}")
    for url in (sqlite_url, postgres_url):
        with opened(url) as store:
            lay_ground(store)
    (step,) = sqlite_plan(sqlite_url, queries("sqlite")[name])
    assert f"USING INDEX {index} (shop=? AND " in step
    assert step.endswith("position>? AND position<?)")
    with psycopg.connect(postgres_url) as connection:
        fill(connection, "event")
        connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        text = queries("postgres")[name]
        own = {"after": 5, "before": 500, "since": 0, "until": 9, "limit": 10, "dialect": "", "kind": "", "outcome": ""}
        parameters = {**SAME, "visitor": "7", "subject": "7", **own}
        plan = [line for (line,) in connection.execute(f"EXPLAIN {text}".encode(), parameters)]
    assert not [line for line in plan if "Sort" in line], plan
    conditions = " ".join(line for line in plan if "Index Cond" in line)
    assert "position" in conditions, plan


def test_the_place_of_a_moment_is_looked_up_by_position(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        store.migrate()
    assert sqlite_plan(sqlite_url, queries("sqlite")["event_from"]) == [
        "SEARCH event USING INDEX event_by_shop (shop=? AND position>?)"
    ]


def sqlite_plan(url: str, query: str) -> list[str]:
    """What SQLite means to do for a query, step by step."""
    parameters = dict.fromkeys(re.findall(r":(\w+)", query), "{}")
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return [step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {query}", parameters)]


def fill(connection: psycopg.Connection, table: str) -> None:
    """Put rows into a table, each with keys of its own, and let the planner count them."""
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [table]
    ).fetchall()
    own = {"text": sql.SQL("number::text"), "bytea": sql.SQL("''"), "bigint": sql.SQL("0")}
    same = SAME | SAME_IN_TABLE.get(table, {})
    values = [
        sql.Literal(same[name])
        if name in same and type == "text"
        else sql.SQL("number")
        if name in NUMBERED
        else own[type]
        for name, type in columns
    ]
    insert = sql.SQL(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM generate_series(1, {}) AS number"
    ).format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
        sql.SQL(", ").join(values),
        sql.Literal(ROWS),
    )
    connection.execute(insert)
    connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
