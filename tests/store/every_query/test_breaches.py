"""Every CHECK, unique key and foreign key of the schema, broken once: a list that is compared with both catalogues.

What leaves a migration is missed here, and what comes to one asks for its line.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from itertools import takewhile
from typing import Any

import psycopg
import pytest

from tests.store.every_query.neighbours import Neighbourhood, neighbourhood
from tests.store.ground import INTEGRITY_ERRORS, SHOP, add_shop, engine_of
from tillroll.store import Store

Change = dict[str, Any]

# A row of each table is made of what its columns are called and the number 1; this is what has to be something else.
VALUES: dict[str, Change] = {
    "cart": {"status": "OPEN"},
    "event": {"outcome": "accepted", "device": "mobile"},
    "idempotency_key": {"body": b"", "fingerprint": b""},
    "interaction": {"last_at": 9},
    "inventory_item": {"state": "sold"},
    "payment_attempt": {"state": "AUTHORISED"},
    "quote": {"status": "ACCEPTED"},
    "shop_invitation": {"role": "viewer"},
    "shop_member": {"role": "viewer"},
    "user_session": {"kind": "key"},
}
# What is in the schema's way: the rows that others hang under.
PARENTS = ("user_account", "application", "inventory_item")

# Of each CHECK, the table, what breaks it, and what just does not.
CHECKS: list[tuple[str, Change, Change]] = [
    ("availability", {"on_hand": -1}, {"on_hand": 0}),
    ("coupon", {"redemption_count": -1}, {"redemption_count": 0}),
    ("coupon", {"redemptions_max": 2, "redemption_count": 3}, {"redemptions_max": 2, "redemption_count": 2}),
    ("coupon_customer_use", {"uses": -1}, {"uses": 0}),
    ("coupon_customer_use", {"uses_max": 2, "uses": 3}, {"uses_max": 2, "uses": 2}),
    ("delivery_counter", {"booked": -1}, {"booked": 0}),
    ("delivery_counter", {"capacity": 2, "booked": 3}, {"capacity": 2, "booked": 2}),
    ("event", {"outcome": "lost"}, {"outcome": "refused"}),
    ("event", {"device": "fridge"}, {"device": ""}),
    ("event_tally", {"calls": 0}, {"calls": 1}),
    ("interaction", {"started_at": 2, "last_at": 1}, {"started_at": 2, "last_at": 2}),
    ("inventory_change", {"currency": ""}, {"currency": "e"}),
    ("inventory_item", {"landed_minor": -1}, {"landed_minor": 0}),
    ("inventory_item", {"state": "burnt"}, {"state": "lost"}),
    ("inventory_item", {"state_minor": -1}, {"state_minor": 0}),
    ("inventory_item", {"state": "sold", "state_minor": None}, {"state": "lost", "state_minor": None}),
    ("inventory_item", {"state_currency": ""}, {"state_currency": "e"}),
    ("login_failure", {"failures": 0}, {"failures": 1}),
    ("payment_attempt", {"amount_minor": 0, "captured_minor": 0}, {"amount_minor": 1, "captured_minor": 0}),
    ("payment_attempt", {"captured_minor": 2}, {"captured_minor": 0}),
    ("payment_dispute", {"amount_minor": 0}, {"amount_minor": 1}),
    ("payment_operation", {"tries": 0}, {"tries": 1}),
    ("payment_posting", {"amount_minor": 0}, {"amount_minor": -1}),
    ("payment_refund", {"amount_minor": 0}, {"amount_minor": 1}),
    ("quote", {"status": "OPEN"}, {"status": "OPEN", "order_id": None}),
    ("refused_checkout", {"checkouts": 0}, {"checkouts": 1}),
    ("reported_cart_line", {"quantity": -1}, {"quantity": 0}),
    ("search_cart_line", {"quantity": -1}, {"quantity": 0}),
    ("search_checkout", {"calls": 0}, {"calls": 1}),
    ("shop_invitation", {"role": "owner"}, {"role": "admin"}),
    ("shop_member", {"role": "owner"}, {"role": "admin"}),
    ("user_session", {"kind": "robot"}, {"kind": "browser"}),
]

# Of each unique key, the table, the columns, and where it holds for a part of the rows alone, what lies outside.
UNIQUE: list[tuple[str, str, Change]] = [
    ("allowed_origin", "shop origin", {}),
    ("application", "client_id", {}),
    ("application", "shop client_id", {}),
    ("availability", "shop site product_id", {}),
    ("banned_network", "shop network", {}),
    ("cart", "shop id", {}),
    ("cart", "owner site type legal_entity_id shop", {"status": "CLOSED"}),
    ("cart_day", "shop dialect currency day node", {}),
    ("cart_outcome", "shop dialect currency day", {}),
    ("cart_sum", "shop dialect span currency day product", {}),
    ("exchange_rate", "shop into_currency day currency since", {}),
    ("catalogue_entry", "shop kind id", {}),
    ("catalogue_entry", "shop kind alternate_key", {"alternate_key": None}),
    ("channel", "dialect identifier", {}),
    ("commit_mark", "writer", {}),
    ("coupon", "shop code", {}),
    ("coupon_customer_use", "shop code customer", {}),
    ("coupon_redemption", "shop code id", {}),
    ("credential", "shop kind identifier", {}),
    ("customer", "shop id", {}),
    ("customer", "shop email", {}),
    ("decided_report", "shop report decision", {}),
    ("delivery_booking", "shop cause subject window_id", {}),
    ("delivery_counter", "shop id", {}),
    ("event", "position", {}),
    ("event_tally", "shop dialect day outcome reason stripe", {}),
    ("followed_cart", "shop node closed", {}),
    ("grant_code", "hash", {}),
    ("idempotency_key", "shop caller key", {}),
    ("identity_link", "shop id", {}),
    ("identity_node", "shop node link", {}),
    ("interaction", "shop visitor kind id started_at", {}),
    ("inventory_change", "item_id position", {}),
    ("inventory_item", "id", {}),
    ("inventory_item", "identity", {}),
    ("inventory_version", "item_id version", {}),
    ("inventory_version", "fingerprint", {}),
    ("known_login", "shop pair", {}),
    ("login_failure", "shop kind subject", {}),
    ("native_event", "shop id", {}),
    ("order_transition", "shop order_id position", {}),
    ("password_reset", "hash", {}),
    ("payment_attempt", "shop id", {}),
    ("payment_attempt", "shop provider provider_id", {"provider_id": None}),
    ("payment_attempt", "shop order_id", {"state": "VOIDED"}),
    ("payment_bell", "shop mode_id id", {}),
    ("payment_dispute", "shop id", {}),
    ("payment_operation", "shop key", {}),
    ("payment_posting", "shop subject cause account holder", {}),
    ("payment_refund", "shop id", {}),
    ("payment_refund", "shop attempt_id provider_refund_id", {"provider_refund_id": None}),
    ("quote", "shop id", {}),
    ("quote", "shop cart_id", {"cart_id": None}),
    ("quote_change", "shop quote_id position", {}),
    ("refused_checkout", "shop day reason stripe", {}),
    ("reported_cart_line", "shop visitor product_id", {}),
    ("reported_order", "shop key", {}),
    ("revenue", "shop calendar currency model day source", {}),
    ("saas_secret", "shop", {}),
    ("sale", "shop id", {}),
    ("sale_decision", "shop id", {}),
    ("sale_node", "shop node at position", {}),
    ("sale_refund", "shop position", {}),
    ("sale_report", "shop position", {}),
    ("sale_version", "shop id since", {}),
    ("sales_follower", "shop", {}),
    ("sales_order", "shop number", {}),
    ("sales_order", "shop id", {}),
    ("sales_order", "shop cart_id", {"checkout": 0}),
    ("sales_order", "shop quote_id", {"checkout": 0, "cart_id": None}),
    ("sales_policy", "shop", {}),
    ("search_cart_line", "shop channel session_id line", {}),
    ("search_checkout", "shop channel session_id", {}),
    ("search_sum", "shop kind span day name", {}),
    ("sequence", "shop name", {}),
    ("session_context", "shop session_id", {}),
    ("setup_link", "hash", {}),
    ("shop", "id", {}),
    ("shop_audit", "shop", {}),
    ("shop_invitation", "hash", {}),
    ("shop_member", "shop user_id", {}),
    ("signing_key", "shop identifier", {}),
    ("stock_movement", "shop cause subject site product_id", {}),
    ("stray_call", "call", {}),
    ("token", "hash", {}),
    ("told_cart", "shop node", {}),
    ("uncredited_report", "shop visitor happened_at id", {}),
    ("user_account", "id", {}),
    ("user_account", "name_key", {}),
    ("user_attempt", "subject", {}),
    ("user_grant", "user_id client_id", {}),
    ("user_grant", "token_hash", {"token_hash": None}),
    ("user_login_step", "hash", {}),
    ("user_recovery_code", "user_id hash", {}),
    ("user_session", "hash", {}),
    ("user_totp", "user_id", {}),
    ("visit_count", "shop day", {}),
    ("visitor_day", "shop day node", {}),
    ("webhook", "shop id", {}),
    ("webhook_delivery", "position", {}),
    ("webhook_lane", "shop webhook_id subject", {}),
    ("webhook_secret", "shop webhook_id secret", {}),
]

# Tables with a shop that need none: what they hold may be nobody's, or outlives nothing.
OF_NO_SHOP = {"idempotency_key", "known_login"}
# What else hangs under something: table, column, and what it names.
FOREIGN = {
    ("grant_code", "client_id", "application"),
    ("grant_code", "user_id", "user_account"),
    ("inventory_change", "item_id", "inventory_item"),
    ("inventory_item", "user_id", "user_account"),
    ("inventory_version", "item_id", "inventory_item"),
    ("shop_member", "user_id", "user_account"),
    ("user_grant", "client_id", "application"),
    ("user_grant", "user_id", "user_account"),
    ("user_login_step", "user_id", "user_account"),
    ("user_recovery_code", "user_id", "user_account"),
    ("user_session", "user_id", "user_account"),
    ("user_totp", "user_id", "user_account"),
}

_CHECKS_OF_POSTGRES = """
    SELECT CAST(conrelid AS regclass)::text FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace
"""
_FOREIGN_OF_POSTGRES = """
    SELECT CAST(conrelid AS regclass)::text, attname, CAST(confrelid AS regclass)::text FROM pg_constraint
    JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
_FOREIGN_OF_SQLITE = """
    SELECT one.name, key."from", key."table" FROM sqlite_schema AS one, pragma_foreign_key_list(one.name) AS key
    WHERE one.type = 'table'
"""


class Rows:
    """Rows that are written past the store, each in a transaction that is undone."""

    def __init__(self, url: str, known: Neighbourhood) -> None:
        self._is_sqlite = engine_of(url) == "sqlite"
        self.tables = known.tables
        self._connection: Any
        if self._is_sqlite:
            self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            self._connection.execute("PRAGMA foreign_keys = ON")
        else:
            self._connection = psycopg.connect(url, autocommit=True)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def row(self, table: str, **changes: Any) -> Change:
        """A row that nothing speaks against, with these changes."""
        described = self.tables[table]
        row: Change = {column: 1 if column in described.numbers else column for column in described.columns}
        if "shop" in row:
            row["shop"] = SHOP
        if "item_id" in row:
            row["item_id"] = "id"
        return row | VALUES.get(table, {}) | changes

    def others(self, table: str, but: Collection[str] = ()) -> Change:
        """Other values of all that a row is told apart by, but not of these columns, and not another shop."""
        told_apart = {column for key in self.tables[table].keys for column in key} - {"shop", *but}
        return {column: _another(value) for column, value in self.row(table).items() if column in told_apart}

    def written(self, *rows: tuple[str, Change]) -> None:
        """Write these rows in one transaction, after those that they may hang under, and undo it; raises what the
        database says against it."""
        self._connection.execute("BEGIN")
        try:
            for parent in takewhile(lambda parent: parent != rows[0][0], PARENTS):
                self._write(parent, self.row(parent))
                self._write(parent, self.row(parent) | self.others(parent))
            for table, row in rows:
                self._write(table, row)
        finally:
            self._connection.execute("ROLLBACK")

    def found(self, statement: str) -> list[Any]:
        """What a statement finds."""
        return list(self._connection.execute(statement).fetchall())

    def _write(self, table: str, row: Change) -> None:
        overriding = "" if self._is_sqlite else "OVERRIDING SYSTEM VALUE"
        places = ", ".join(["?" if self._is_sqlite else "%s"] * len(row))
        statement = f"INSERT INTO {table} ({', '.join(row)}) {overriding} VALUES ({places})"
        self._connection.execute(statement, list(row.values()))


@pytest.fixture
def rows(store: Store, database_url: str) -> Iterator[Rows]:
    """Rows of two shops."""
    store.write_now(lambda tx: add_shop(tx, "other"))
    with neighbourhood(database_url) as known, closing(Rows(database_url, known)) as found:
        yield found


def test_the_list_names_every_check(rows: Rows, database_url: str) -> None:
    if engine_of(database_url) == "postgres":
        found = Counter(table for (table,) in rows.found(_CHECKS_OF_POSTGRES))
    else:
        texts = rows.found("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL")
        found = Counter({table: len(re.findall(r"\bCHECK \(", text)) for table, text in texts})
    assert +found == Counter(table for table, _, _ in CHECKS)


def test_the_list_names_every_unique_key(rows: Rows) -> None:
    found = Counter((name, frozenset(key)) for name, table in rows.tables.items() for key in table.keys)
    assert found == Counter((table, frozenset(columns.split())) for table, columns, _ in UNIQUE)


def test_the_list_names_every_foreign_key(rows: Rows, database_url: str) -> None:
    found = set(rows.found(_FOREIGN_OF_POSTGRES if engine_of(database_url) == "postgres" else _FOREIGN_OF_SQLITE))
    of_shops = {name for name, table in rows.tables.items() if "shop" in table.columns} - OF_NO_SHOP
    assert found == FOREIGN | {(table, "shop", "shop") for table in of_shops}


def test_every_check_refuses_what_breaks_it_and_nothing_else(rows: Rows) -> None:
    for table, broken, whole in CHECKS:
        rows.written((table, rows.row(table, **whole)))
        with pytest.raises(INTEGRITY_ERRORS, match=r"(?i)check"):
            rows.written((table, rows.row(table, **broken)))


def test_every_unique_key_refuses_a_second_row_and_nothing_else(rows: Rows) -> None:
    for table, columns, outside in UNIQUE:
        key = columns.split()
        first = rows.row(table)
        second = first | rows.others(table, key)
        with pytest.raises(INTEGRITY_ERRORS, match=r"(?i)unique"):
            rows.written((table, first), (table, second))
        for column in key:
            another = "other" if column == "shop" else _another(first[column])
            elsewhere = _elsewhere(table) if column == "shop" else {}
            rows.written((table, first), (table, second | {column: another} | elsewhere))
        if outside:
            rows.written((table, first | outside), (table, second | outside))


def test_nothing_hangs_under_what_is_not_there(rows: Rows) -> None:
    of_shops = {(name, "shop", "shop") for name, table in rows.tables.items() if "shop" in table.columns}
    for table, column, parent in sorted(FOREIGN | of_shops):
        row = rows.row(table)
        row[column] = 404 if column in rows.tables[table].numbers else "nobody"
        if table in OF_NO_SHOP:
            rows.written((table, row))
            continue
        with pytest.raises(INTEGRITY_ERRORS, match=r"(?i)foreign key"):
            rows.written((table, row))
        assert parent in rows.tables


def _another(value: Any) -> Any:
    return value + 1 if isinstance(value, int) else f"another {value}"


def _elsewhere(table: str) -> Change:
    """What is one of a kind on the whole server, besides what the shop's own key says."""
    return {"client_id": "elsewhere"} if table == "application" else {}
