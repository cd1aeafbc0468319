"""What has still to leave a floor becomes less and never more, and each rule finds the breach that it is there for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import leftovers
from tests.house.tree import ROOT

Rule = Callable[..., list[str]]

RULES: list[Rule] = [
    leftovers.queries_above_the_store,
    leftovers.wire_words_below_the_dialects,
    leftovers.rules_in_the_dialects,
]

BREACHES: list[tuple[Rule, str, str]] = [
    (leftovers.queries_above_the_store, "engine/cart/a.py", "def f(tx):\n    return tx.rows('carts')"),
    (leftovers.queries_above_the_store, "engine/cart/a.py", "def f(self):\n    self._tx.run_many('carts', [])"),
    (leftovers.queries_above_the_store, "dialects/emporix/cart/a.py", "def f(desk):\n    desk.tx.row('cart')"),
    (leftovers.wire_words_below_the_dialects, "domain/cart/a.py", "'''As Emporix has it.'''"),
    (leftovers.wire_words_below_the_dialects, "engine/cart/a.py", "DIALECT = 'alhena'"),
    (leftovers.wire_words_below_the_dialects, "domain/cart/a.py", 'class A(Struct, rename="camel"): pass'),
    (leftovers.wire_words_below_the_dialects, "domain/cart/a.py", "item_yrn = ''"),
    (leftovers.wire_words_below_the_dialects, "engine/cart/a.py", "key = 'siteCode'"),
    (leftovers.wire_words_below_the_dialects, "store/cart/queries.sql", "SELECT 1 WHERE dialect = 'scout'"),
    (leftovers.rules_in_the_dialects, "dialects/emporix/a.py", "from tillroll.domain.cart.cart import add"),
    (leftovers.rules_in_the_dialects, "dialects/a.py", "from tillroll.domain.cart import cart\nadd = cart.add"),
]

INNOCENT: dict[str, str] = {
    "store/sqlite.py": "def f(tx):\n    return tx.rows('carts')",
    "engine/cart/a.py": "def f(route, window):\n    '''(docs/wire/emporix.md, 5)'''\n    route.run(window.rows())",
    "domain/cart/cart.py": "OPEN = 1\nclass Cart:\n    def add(self): pass\ndef add(cart): pass",
    "dialects/emporix/cart/b.py": "from tillroll.domain.cart.cart import OPEN, Cart",
    "dialects/emporix/cart/a.py": "DIALECT = 'emporix'\nkey = 'siteCode'",
    "store/cart/queries.sql": "SELECT id FROM cart",
    "store/migrations/sqlite/0001.sql": "CREATE TABLE yrn (id TEXT)",
}


@pytest.mark.parametrize("rule", RULES)
def test_the_house_has_no_more_and_no_less(rule: Rule) -> None:
    found = rule(ROOT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_a_breach_is_found(rule: Rule, path: str, text: str, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT | {path: text})
    assert [line.partition(":")[0] for line in rule(tmp_path, {})] == [f"src/tillroll/{path}"]


@pytest.mark.parametrize("rule", RULES)
def test_an_innocent_house_is_left_alone(rule: Rule, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT)
    assert rule(tmp_path, {}) == []


def test_what_has_gone_is_taken_from_the_list(tmp_path: Path) -> None:
    build(tmp_path, INNOCENT | {"engine/cart/b.py": "def f(tx):\n    return tx.rows('carts')"})
    path = "src/tillroll/engine/cart/b.py"
    assert leftovers.queries_above_the_store(tmp_path, {path: 1}) == []
    assert leftovers.queries_above_the_store(tmp_path, {path: 2})
    assert leftovers.queries_above_the_store(tmp_path, {path: 1, "src/tillroll/engine/gone.py": 1})


def build(root: Path, files: dict[str, str]) -> None:
    """Write a small package."""
    for name, text in files.items():
        path = root / "src" / "tillroll" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
