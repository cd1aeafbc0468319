"""The house keeps its floors, and each rule finds the breach that it is there for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import floors
from tests.house.tree import ROOT, package_sources

Rule = Callable[[Path], list[str]]

RULES: list[Rule] = [
    floors.rooms_without_a_floor,
    floors.imports_that_point_up,
    floors.dialects_that_meet,
    floors.strangers_in_domain,
    floors.clocks_and_dice_inside,
]

BREACHES: list[tuple[Rule, str, str]] = [
    (floors.rooms_without_a_floor, "metrics.py", ""),
    (floors.rooms_without_a_floor, "helpers/text.py", ""),
    (floors.imports_that_point_up, "domain/cart.py", "from tillroll.store import sqlite"),
    (floors.imports_that_point_up, "domain/cart.py", "import tillroll.store.sqlite"),
    (floors.imports_that_point_up, "domain/cart.py", "from tillroll import store"),
    (floors.imports_that_point_up, "domain/cart.py", "from ..store import sqlite"),
    (floors.imports_that_point_up, "domain/cart.py", "from .. import store"),
    (floors.imports_that_point_up, "domain/__init__.py", "from ..store import sqlite"),
    (floors.imports_that_point_up, "store/sqlite.py", "def late():\n    from tillroll.engine import cart"),
    (floors.imports_that_point_up, "engine/cart.py", "from tillroll.dialects.http import Inbound"),
    (floors.imports_that_point_up, "dialects/http.py", "from tillroll.app import build"),
    (floors.imports_that_point_up, "dialects/native/routes.py", "from tillroll.dashboard import pages"),
    (floors.imports_that_point_up, "dashboard/pages.py", "from tillroll.dialects.native import routes"),
    (floors.imports_that_point_up, "app.py", "from tillroll.cli import main"),
    (floors.imports_that_point_up, "settings.py", "from tillroll.domain import money"),
    (floors.imports_that_point_up, "__init__.py", "from tillroll.domain import money"),
    (floors.dialects_that_meet, "dialects/scout/routes.py", "from tillroll.dialects.alhena import routes"),
    (floors.dialects_that_meet, "dialects/scout/routes.py", "from tillroll.dialects import alhena"),
    (floors.dialects_that_meet, "dialects/scout/routes.py", "from ..alhena.routes import ROUTES"),
    (floors.dialects_that_meet, "dialects/http.py", "from tillroll.dialects.alhena import routes"),
    (floors.dialects_that_meet, "dialects/__init__.py", "from .alhena import routes"),
    (floors.strangers_in_domain, "domain/cart.py", "import asyncio"),
    (floors.strangers_in_domain, "domain/cart.py", "from http import HTTPStatus"),
    (floors.strangers_in_domain, "domain/cart.py", "import http.client"),
    (floors.strangers_in_domain, "domain/cart.py", "def late():\n    import os.path"),
    (floors.strangers_in_domain, "domain/cart.py", "async def price():\n    return 1"),
    (floors.clocks_and_dice_inside, "engine/cart.py", "import time"),
    (floors.clocks_and_dice_inside, "engine/cart.py", "from uuid import uuid4"),
    (floors.clocks_and_dice_inside, "engine/cart.py", "from os import urandom"),
    (floors.clocks_and_dice_inside, "engine/cart.py", "import os as system\nkey = system.urandom(16)"),
    (floors.clocks_and_dice_inside, "engine/stock.py", "from datetime import UTC, datetime as d\nnow = d.now(UTC)"),
    (floors.clocks_and_dice_inside, "engine/stock.py", "import datetime\nclock = datetime.datetime.now"),
    (floors.clocks_and_dice_inside, "dialects/native/routes.py", "import datetime\nday = datetime.date.today()"),
    (floors.clocks_and_dice_inside, "dialects/native/http.py", "import secrets"),
]

INNOCENT: dict[str, str] = {
    "__init__.py": "__version__ = '1'",
    "__main__.py": "from tillroll.cli import main",
    "app.py": "import time\nfrom tillroll import __version__, settings\nfrom tillroll.dialects.alhena import routes",
    "bench/__init__.py": "import random",
    "cli.py": "import tillroll\nfrom tillroll.app import build",
    "dashboard/pages.py": "from tillroll.dialects.http import Inbound\nfrom tillroll.engine import report",
    "dialects/alhena/routes.py": "from . import payloads\nfrom .. import http",
    "dialects/alhena/payloads.py": "from tillroll.domain import commands",
    "dialects/http.py": "import time, uuid\nasync def answer():\n    return 1",
    "domain/cart.py": "from datetime import time\nfrom tillroll.domain import money\nfrom tillroll import settings",
    "engine/cart.py": "def due(self, task):\n    return self.time.now() and task.random",
    "payments/stripe.py": "from tillroll.engine import payments",
    "settings.py": "import os",
    "store/sqlite.py": "import asyncio, sqlite3\nasync def write():\n    return 1",
    "workers.py": "from tillroll.payments import gateway",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    found = rule(ROOT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_a_breach_is_found(rule: Rule, path: str, text: str, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT | {path: text})
    found = rule(tmp_path)
    assert found
    assert all(line.startswith(f"src/tillroll/{path}:") for line in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_an_innocent_house_is_left_alone(rule: Rule, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT)
    assert rule(tmp_path) == []


def test_the_rules_read_the_real_house() -> None:
    assert "src/tillroll/domain/money.py" in {str(source.path) for source in package_sources(ROOT)}


def build(root: Path, files: dict[str, str]) -> None:
    """Write a small package."""
    for name, text in files.items():
        path = root / "src" / "tillroll" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
