"""The slices keep their walls, and each rule finds the breach that it is there for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import slices
from tests.house.tree import ROOT

Rule = Callable[[Path], list[str]]

RULES: list[Rule] = [
    slices.slices_without_a_line,
    slices.imports_between_slices,
    slices.inner_modules_from_outside,
    slices.folders_too_full,
    slices.tests_without_a_slice,
    slices.classes_of_one_name,
]

BREACHES: list[tuple[Rule, str, str]] = [
    (slices.slices_without_a_line, "src/tillroll/engine/helpers/text.py", ""),
    (slices.slices_without_a_line, "src/tillroll/store/things/queries.sql", ""),
    (slices.slices_without_a_line, "src/tillroll/dialects/emporix/things/routes.py", ""),
    (slices.imports_between_slices, "src/tillroll/domain/cart/a.py", "from tillroll.domain.checkout.decide import x"),
    (slices.imports_between_slices, "src/tillroll/domain/cart/a.py", "from tillroll.domain import checkout"),
    (slices.imports_between_slices, "src/tillroll/domain/cart/a.py", "import tillroll.domain.orders.order"),
    (slices.imports_between_slices, "src/tillroll/domain/cart/a.py", "from ..orders import order"),
    (slices.imports_between_slices, "src/tillroll/domain/money.py", "from tillroll.domain.cart.cart import Cart"),
    (slices.imports_between_slices, "src/tillroll/engine/access/a.py", "from tillroll.engine.cart import carts"),
    (slices.imports_between_slices, "src/tillroll/engine/checkout/a.py", "from tillroll.engine.quotes import quotes"),
    (slices.imports_between_slices, "src/tillroll/engine/orders/a.py", "from tillroll.engine.quotes.quotes import x"),
    (
        slices.imports_between_slices,
        "src/tillroll/dialects/emporix/wire/a.py",
        "def late():\n    from tillroll.dialects.emporix.cart import view",
    ),
    (
        slices.inner_modules_from_outside,
        "src/tillroll/engine/quotes/a.py",
        "from tillroll.domain.cart.merge import merge",
    ),
    (
        slices.inner_modules_from_outside,
        "src/tillroll/dialects/emporix/coupons/a.py",
        "from tillroll.engine.orders import status",
    ),
    (slices.inner_modules_from_outside, "src/tillroll/workers.py", "from tillroll.engine.stock import stock"),
    (slices.tests_without_a_slice, "tests/engine/things/test_a.py", ""),
    (slices.classes_of_one_name, "src/tillroll/engine/cart/a.py", "class Cart: pass"),
    (slices.classes_of_one_name, "src/tillroll/store/a.py", "class Cart: pass"),
    (slices.classes_of_one_name, "src/tillroll/store/a.py", "class A:\n    class Cart: pass"),
]

INNOCENT: dict[str, str] = {
    "src/tillroll/domain/money.py": "from decimal import Decimal",
    "src/tillroll/domain/cart/cart.py": "from tillroll.domain.delivery.delivery import Window\nclass Cart: pass",
    "src/tillroll/domain/cart/merge.py": "from tillroll.domain import money\nfrom tillroll.domain.cart import cart",
    "src/tillroll/engine/cart/claim.py": "from tillroll.domain.cart.merge import merge",
    "src/tillroll/engine/quotes/change.py": "from tillroll.engine.checkout.place import place_orders",
    "src/tillroll/engine/orders/status.py": "from tillroll.domain.cart.cart import Cart",
    "src/tillroll/dialects/emporix/routes.py": "from tillroll.dialects.emporix.cart import carts",
    "src/tillroll/dialects/emporix/cart/carts.py": "from ..wire import errors\nclass Cart: pass",
    "src/tillroll/store/cart/queries.sql": "SELECT 1",
    "src/tillroll/store/migrations/sqlite/0001.sql": "SELECT 1",
    "tests/engine/cart/test_carts.py": "",
    "tests/dialects/emporix/exchanges/a.http": "",
}


@pytest.mark.parametrize("rule", [*RULES, slices.lines_without_a_slice], ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    found = rule(ROOT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_a_breach_is_found(rule: Rule, path: str, text: str, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT | {path: text})
    assert rule(tmp_path)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_an_innocent_house_is_left_alone(rule: Rule, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT)
    assert rule(tmp_path) == []


def test_the_tables_have_no_circle() -> None:
    assert slices.circles(slices.FLOORS.values()) == []


def test_a_circle_is_found() -> None:
    table = {"cart": "orders", "orders": "quotes", "quotes": "cart", "site": ""}
    assert slices.circles([table]) == ["cart knows itself", "orders knows itself", "quotes knows itself"]


def test_every_slice_that_is_allowed_is_one() -> None:
    for table in slices.FLOORS.values():
        assert {name for allowed in table.values() for name in allowed.split()} <= set(table)


def test_a_slice_that_has_gone_is_found(tmp_path: Path) -> None:
    build(tmp_path, INNOCENT)
    assert slices.lines_without_a_slice(tmp_path)


@pytest.mark.parametrize(
    "folder",
    ["src/tillroll/engine/cart", "tests/domain/cart", "src/tillroll/store/cart", "src/tillroll/dashboard/sales"],
)
def test_a_folder_that_is_too_full_is_found(folder: str, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT | {f"{folder}/file_{number}.py": "" for number in range(slices.FILES_MAX + 1)})
    assert [line.partition(":")[0] for line in slices.folders_too_full(tmp_path)] == [folder]


def build(root: Path, files: dict[str, str]) -> None:
    """Write a small source tree."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
