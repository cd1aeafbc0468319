"""What a migration makes of data that is there already, on both databases."""

import logging
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import yoyo
from psycopg.conninfo import conninfo_to_dict

import tillroll.store
from tests.store.ground import INTEGRITY_ERRORS, change, engine_of, look, opened
from tillroll.store import Transaction

MIGRATIONS = Path(tillroll.store.__file__).parent / "migrations"

ITEM = """INSERT INTO inventory_item (id, user_id, identity, client_id, version, repeats, order_id, name, size, brand,
    store, month, search, currency, landed_minor, bought_at, state, state_minor, state_at, changes, document,
    created_at, modified_at)
VALUES ('{0}', 1, '{0}', '', 2, 0, '', 'x', 'OS', '', '', '2020-01', 'x', 'eur', 100, 1, '{1}', {2}, 1, {3}, '{{}}',
    1, 1)"""
VERSION = """INSERT INTO inventory_version (item_id, version, fingerprint, source, document, raw, received_at)
VALUES ('{0}', {1}, '{0}{1}', 'form', '{{"currency": "{2}"}}', '{{}}', {3})"""
# Bought in dollars, as was said at 10, and in euros, as was said at 30: sold before, refunded after that, or neither.
BEFORE_10 = [
    """INSERT INTO user_account (id, name, name_key, password_hash, created_at, password_changed_at)
    VALUES (1, 'Ada', 'ada', 'h', 1, 1)""",
    *(ITEM.format(*one) for one in (("a", "sold", 200, 1), ("b", "returned", 50, 1), ("c", "in_stock", "NULL", 0))),
    *(VERSION.format(id, *one) for id in "abc" for one in ((1, "usd", 10), (2, "eur", 30))),
    """INSERT INTO inventory_change (item_id, position, state, amount_minor, happened_at, made_at)
    VALUES ('a', 1, 'sold', 200, 1, 20), ('b', 1, 'returned', 50, 1, 40)""",
]

BEFORE_12 = [
    "INSERT INTO shop (id, currency, settings, created_at) VALUES ('acme', 'EUR', '{}', 1)",
    """INSERT INTO event (shop, dialect, kind, subject, happened_at, received_at, document)
    VALUES ('acme', 'doofinder', 'click', 'item', 1, 1, '{}')""",
]


def migrated_to(empty_url: str, last: str, statements: list[str]) -> None:
    """Bring an empty database to an older schema, and write what its users had."""
    if empty_url.startswith("sqlite"):
        address, engine = f"sqlite:///{quote(empty_url.removeprefix('sqlite:///'))}", "sqlite"
    else:
        address, engine = "postgresql+psycopg:///?" + urlencode(conninfo_to_dict(empty_url)), "postgres"
    with yoyo.get_backend(address) as backend:
        older = [one for one in backend.to_apply(yoyo.read_migrations(str(MIGRATIONS / engine))) if one.id <= last]
        for one in older:
            backend.apply_one(one)
        with backend.transaction():
            for statement in statements:
                backend.execute(statement)


def test_a_sale_keeps_the_currency_that_its_amount_was_meant_in(
    empty_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "yoyo")
    migrated_to(empty_url, "0010", BEFORE_10)
    with opened(empty_url) as store:
        store.migrate()

        def found(tx: Transaction) -> list[tuple[Any, ...]]:
            rows = tx.rows("inventory_page", user_id=1, state="", currency="", pattern="", limit=9, bought_at=9, id="")
            return [(row[0], row[5], row[6]) for row in rows] + [
                tuple(tx.rows("inventory_changes", item_id=id)[0][1:4]) for id in "ab"
            ]

        assert store.write_now(found) == [
            *(("c", None, "eur"), ("b", 50, "eur"), ("a", 200, "usd")),
            *(("sold", 200, "usd"), ("returned", 50, "eur")),
        ]


def test_nobody_knows_the_device_of_events_that_were_there_before(
    empty_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "yoyo")
    migrated_to(empty_url, "0012", BEFORE_12)
    with opened(empty_url) as store:
        store.migrate()

        def totals(tx: Transaction, device: str) -> tuple[Any, ...] | None:
            span = {"shop": "acme", "channels": "", "edge": "|", "first": 0, "last": 2}
            return tx.row("search_totals", kind="click", device=device, **span)

        found = [store.write_now(partial(totals, device=device)) for device in ("", "desktop", "mobile")]
        assert found == [(1, 0, 0), (0, 0, 0), (0, 0, 0)]


BEFORE_40 = [
    *BEFORE_10,
    "INSERT INTO shop (id, currency, settings, created_at) VALUES ('acme', 'EUR', '{}', 1)",
    """INSERT INTO event (shop, dialect, kind, subject, happened_at, received_at, document, outcome, device)
    VALUES ('acme', 'doofinder', 'click', 'item', 1, 1, '{}', 'repeated', 'mobile')""",
]
BROKEN = (
    "UPDATE event SET outcome = 'lost'",
    "UPDATE event SET device = 'fridge'",
    "UPDATE inventory_item SET state = 'eaten' WHERE id = 'c'",
)


def test_checks_that_are_written_otherwise_hold_for_the_rows_that_were_there(
    empty_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "yoyo")
    migrated_to(empty_url, "0010", BEFORE_40[:-1])
    migrated_to(empty_url, "0039", BEFORE_40[-1:])
    with opened(empty_url) as store:
        store.migrate()
    for statement in BROKEN:
        with pytest.raises(INTEGRITY_ERRORS):
            change(empty_url, statement)
    change(empty_url, "ALTER TABLE event ADD COLUMN later TEXT")
    assert look(empty_url, "SELECT outcome, device, later FROM event") == [("repeated", "mobile", None)]
    if engine_of(empty_url) == "sqlite":
        assert look(empty_url, "PRAGMA integrity_check") == [("ok",)]
