"""The documents say what is there, and each rule finds the breach that it is there for."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import documents
from tests.house.documents import CHANGELOG, DECISIONS, DEPENDENCIES, DOOFINDER, EMPORIX, ENDPOINTS, HOUSE, OPERATING
from tests.house.tree import ROOT
from tillroll import __version__
from tillroll.engine.shops.audit import audit
from tillroll.store import open_store

Rule = Callable[[Path], list[str]]

RULES: list[Rule] = [
    documents.rooms,
    documents.routes,
    documents.endpoints,
    documents.checkout_details,
    documents.services,
    documents.configuration_keys,
    documents.settings,
    documents.commands,
    documents.mentions,
    documents.links,
    documents.dependencies,
    documents.decisions,
    documents.changelog,
]

# What is changed in a copy of the repository: a file, a text in it that is there now, and what stands there instead.
BREACHES: list[tuple[Rule, str, str, str]] = [
    (documents.rooms, HOUSE, "| `bench` | 4 |", "| `bench` | 3 |"),
    (documents.rooms, HOUSE, "| `bench` | 4 |", "| `benches` | 4 |"),
    (documents.rooms, HOUSE, "| `store` | 1 |", "| `engine` | 2 |"),
    (documents.routes, EMPORIX, "| POST | `/tax/{tenant}/taxes` |", "| PUT | `/tax/{tenant}/taxes` |"),
    (documents.routes, EMPORIX, "| POST | `/tax/{tenant}/taxes` |", "POST `/tax/{tenant}/taxes`"),
    (documents.routes, EMPORIX, "`/checkout/{tenant}/checkouts/orders`", "`/checkout/{tenant}/orders`"),
    (
        documents.routes,
        EMPORIX,
        "`/site/{tenant}/sites` | back office: `site.site_manage` |",
        "`/site/{tenant}/sites` | anyone |",
    ),
    (documents.routes, DOOFINDER, "| PUT | `/6/{hashid}/stats/init` |", "| PUT | `/6/{hashid}/stats/begin` |"),
    (documents.routes, DOOFINDER, "`/api/v2/stats/sales` | signed reporter", "`/api/v2/stats/sales` | reporter"),
    (documents.endpoints, ENDPOINTS, "| POST `/oauth/token` |", "| PUT `/oauth/token` |"),
    (documents.endpoints, ENDPOINTS, "| left out: no model", "| no model"),
    (documents.checkout_details, EMPORIX, "| `out_of_stock` |", "| `sold_out` |"),
    (documents.checkout_details, EMPORIX, "`cart.items[{}].quantity`", "`cart.items[{}]`"),
    (documents.services, EMPORIX, "| `availability` | E |", "| `stock` | E |"),
    (documents.configuration_keys, EMPORIX, "| `checkoutTakesStock` | `true`", "| `checkoutTakesAll` | `true`"),
    (
        documents.configuration_keys,
        "src/tillroll/engine/orders/stock.py",
        '"checkoutTakesStock"',
        '"checkoutTakesMore"',
    ),
    (documents.settings, OPERATING, "| `8080` |", "| `8000` |"),
    (documents.settings, OPERATING, "| `port` | `TILLROLL_PORT` |", "| `port` | `PORT` |"),
    (documents.settings, OPERATING, "| `log_level` |", "| `loglevel` |"),
    (documents.commands, OPERATING, "| `tillroll audit` |", "| `tillroll prove` |"),
    (documents.commands, OPERATING, "| `tillroll key revoke` |", "| `tillroll key create` |"),
    (documents.mentions, "README.md", "tillroll migrate ", "tillroll upgrade "),
    (documents.mentions, "README.md", "tillroll shop add", "tillroll shop new"),
    (documents.mentions, "README.md", "`make run`", "`make serve`"),
    (documents.links, "README.md", "](HOUSE.md)", "](RULES.md)"),
    (documents.links, OPERATING, "](benchmarks.md)", "](docs/benchmarks.md)"),
    (documents.dependencies, DEPENDENCIES, "| `click` |", "| `typer` |"),
    (documents.dependencies, "pyproject.toml", '"click>=8.5"', '"typer>=1"'),
    (documents.dependencies, "requirements.txt", "aiosql==15.0", "aiosql==15.1"),
    (documents.dependencies, "pyproject.toml", '"ruff>=0.17"', '"black>=26"'),
    (documents.decisions, f"{DECISIONS}/0006-tokens.md", "# 0006: ", "# 0007: "),
    (documents.decisions, f"{DECISIONS}/0006-tokens.md", "## Not chosen", "## Alternatives"),
    (documents.decisions, f"{DECISIONS}/0006-tokens.md", "## Decision", "## Decision" + "\n" * 60),
    (documents.changelog, CHANGELOG, f"\n## {__version__}\n", "\n## 9.9.9\n"),
]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository; who changes it puts it back."""
    folder = tmp_path_factory.mktemp("copied")
    copy_repository(folder)
    return folder


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_documents_keep_the_rule(rule: Rule) -> None:
    found = rule(ROOT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("rule", "path", "old", "new"), BREACHES)
def test_a_breach_is_found(rule: Rule, path: str, old: str, new: str, copied: Path) -> None:
    text = (copied / path).read_text("utf-8")
    assert old in text
    (copied / path).write_text(text.replace(old, new), "utf-8")
    try:
        assert rule(copied)
    finally:
        (copied / path).write_text(text, "utf-8")


def test_a_module_without_a_room_is_found(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    (tmp_path / "src" / "tillroll" / "metrics.py").write_text('"""Counts."""\n', "utf-8")
    assert documents.rooms(tmp_path) == [f"{HOUSE}: the room metrics is not documented"]


def test_a_missing_record_is_found(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    next((tmp_path / DECISIONS).glob("0002-*.md")).unlink()
    assert documents.decisions(tmp_path)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_copy_of_the_documents_is_left_alone(rule: Rule, copied: Path) -> None:
    assert rule(copied) == []


def test_the_properties_of_the_audit_are_documented(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    try:
        store.migrate()
        properties = asyncio.run(store.read(audit, None))
    finally:
        store.close()
    documented = [row[0] for row in documents.table(ROOT, OPERATING, "property")]
    assert sorted(documented) == sorted(one.name for one in properties)


def copy_repository(target: Path) -> None:
    """Copy everything that the rules read."""
    skipped = shutil.ignore_patterns("__pycache__")
    for folder in ("docs", "src"):
        shutil.copytree(ROOT / folder, target / folder, ignore=skipped)
    for pattern in ("*.md", "*.txt", "pyproject.toml", "Makefile", "LICENSE"):
        for path in ROOT.glob(pattern):
            shutil.copy(path, target)
