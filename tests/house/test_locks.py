"""Locks are taken in one module, and each rule finds the breach that it is there for."""

from pathlib import Path

import pytest

from tests.house import locks
from tests.house.tree import ROOT

QUERIES = "src/tillroll/store/cart/queries.postgres.sql"
ROWS = "src/tillroll/store/cart/rows.py"
CARTS = "src/tillroll/engine/cart/carts.py"

INNOCENT: dict[str, str] = {
    QUERIES: "-- name: lock_carts\n-- FOR UPDATE\nSELECT id FROM cart ORDER BY id FOR UPDATE;\n\n"
    "-- name: delete_old!\nDELETE FROM cart WHERE id IN (SELECT id FROM cart FOR UPDATE SKIP LOCKED);\n\n"
    "-- name: carts\n-- Not FOR UPDATE.\nSELECT id FROM cart;\n",
    ROWS: "def lock_carts(tx):\n    return tx.rows('lock_carts')\n\n\ndef carts(tx):\n    return tx.rows('carts')\n",
    "src/tillroll/engine/locks.py": "from tillroll.store.cart.rows import lock_carts\n",
    CARTS: "from tillroll.engine.locks import Locks\nfrom tillroll.store.cart import rows\nfound = rows.carts(1)\n",
}

BREACHES: list[tuple[str, str]] = [
    (CARTS, "def f(tx):\n    return tx.rows('lock_carts')"),
    (CARTS, "from tillroll.store.cart.rows import lock_carts"),
    (CARTS, "from tillroll.store.cart.rows import lock_carts as read"),
    (CARTS, "from tillroll.store.cart import rows as stored\n\n\ndef f(tx):\n    return stored.lock_carts(tx)"),
    (
        "src/tillroll/dialects/emporix/cart/a.py",
        "import tillroll.store.cart.rows\ntillroll.store.cart.rows.lock_carts(1)",
    ),
    ("src/tillroll/workers.py", "class A:\n    def f(self):\n        return self._tx.row('lock_carts')"),
]

HIDDEN: list[str] = [
    "-- name: read_carts\nSELECT id FROM cart FOR UPDATE;",
    "-- name: read_carts\nSELECT id FROM cart\nFOR NO KEY UPDATE;",
    "-- name: read_carts\nSELECT id FROM cart FOR SHARE;",
    "-- name: read_carts\nSELECT pg_advisory_xact_lock(1);",
]


def test_only_one_module_takes_locks() -> None:
    found = locks.locks_taken_elsewhere(ROOT) + locks.locks_under_another_name(ROOT)
    assert not found, "\n".join(found)


def test_the_list_of_those_who_lock_alone_is_not_too_long() -> None:
    assert locks.modules_without_a_lock(ROOT) == []


def test_the_house_has_locks_to_look_after() -> None:
    assert {"lock_carts", "lock_availabilities", "open_delivery_counter"} <= locks.locking_queries(ROOT)
    assert ("store", "stock", "rows", "lock_stock") in locks.functions_that_lock(ROOT)


@pytest.mark.parametrize(("path", "text"), BREACHES)
def test_a_lock_that_is_taken_elsewhere_is_found(path: str, text: str, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT | {path: text})
    assert [line.partition(":")[0] for line in locks.locks_taken_elsewhere(tmp_path, set())] == [path]


@pytest.mark.parametrize("text", HIDDEN)
def test_a_lock_under_another_name_is_found(text: str, tmp_path: Path) -> None:
    files = INNOCENT | {QUERIES: text, ROWS: "def read(tx):\n    return tx.rows('read_carts')"}
    build(tmp_path, files | {CARTS: "from tillroll.store.cart.rows import read"})
    assert locks.locks_under_another_name(tmp_path)
    assert locks.locks_taken_elsewhere(tmp_path, set())


def test_an_innocent_house_is_left_alone(tmp_path: Path) -> None:
    build(tmp_path, INNOCENT)
    assert locks.locks_taken_elsewhere(tmp_path, set()) == []
    assert locks.locks_under_another_name(tmp_path) == []


def test_who_locks_alone_is_let_and_has_to_lock(tmp_path: Path) -> None:
    build(tmp_path, INNOCENT | {CARTS: "def f(tx):\n    return tx.rows('lock_carts')"})
    assert locks.locks_taken_elsewhere(tmp_path, {"engine/cart/carts.py"}) == []
    assert locks.modules_without_a_lock(tmp_path, {"engine/cart/carts.py"}) == []
    assert locks.modules_without_a_lock(tmp_path, {"engine/cart/gone.py"})


def build(root: Path, files: dict[str, str]) -> None:
    """Write a small package."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
