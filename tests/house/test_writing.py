"""The house is written as it promises, and each rule finds the breach that it is there for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import writing
from tests.house.tree import ROOT, sources

Rule = Callable[[Path], list[str]]

LONG_BODY = "    pass\n"
PROMISE = '"""A promise."""\n'

RULES: list[Rule] = [
    writing.sql_outside_the_store,
    writing.files_too_long,
    writing.functions_too_long,
    writing.undocumented,
    writing.loose_ends,
    writing.floats_in_domain,
    writing.dates_read_elsewhere,
    writing.refusals_in_bytes,
    writing.swallowed_exceptions,
]

BREACHES: list[tuple[Rule, str, str]] = [
    (writing.sql_outside_the_store, "src/tillroll/engine/a.py", "x = 'SELECT id\\n FROM carts'"),
    (writing.sql_outside_the_store, "src/tillroll/engine/a.py", "x = 'WITH c AS (SELECT 1 FROM carts) INSERT'"),
    (writing.sql_outside_the_store, "src/tillroll/engine/a.py", "x = f'SELECT {1} FROM {2}'"),
    (writing.sql_outside_the_store, "src/tillroll/engine/a.py", "x = 'INSERT OR IGNORE INTO carts'"),
    (writing.sql_outside_the_store, "src/tillroll/engine/a.py", "x = '  insert into carts'"),
    (writing.sql_outside_the_store, "src/tillroll/bench.py", "x = ('UPDATE carts '\n 'SET a = 1')"),
    (writing.sql_outside_the_store, "src/tillroll/cli.py", "def f():\n    run('delete from carts')"),
    (writing.sql_outside_the_store, "src/tillroll/engine/a.sql", "SELECT 1"),
    (writing.files_too_long, "src/tillroll/a.py", "x = 1\n" * 601),
    (writing.files_too_long, "tests/a.py", "x = 1\n" * 601),
    (writing.functions_too_long, "src/tillroll/a.py", "def f():\n" + LONG_BODY * 70),
    (writing.functions_too_long, "tests/a.py", "class A:\n  async def f():\n" + LONG_BODY * 70),
    (writing.undocumented, "src/tillroll/a.py", "x = 1"),
    (writing.undocumented, "src/tillroll/a.py", '"""  """'),
    (writing.undocumented, "src/tillroll/a.py", PROMISE + "def f(): pass"),
    (writing.undocumented, "src/tillroll/a.py", PROMISE + "async def f(): pass"),
    (writing.undocumented, "src/tillroll/a.py", PROMISE + "class A: pass"),
    (writing.loose_ends, "src/tillroll/a.py", "x = 1  # TODO later"),
    (writing.loose_ends, "tests/a.py", "# FIXME"),
    (writing.loose_ends, "src/tillroll/a.py", 'def f():\n    """XXX: not yet."""'),
    (writing.loose_ends, "src/tillroll/store/a.sql", "-- TODO an index"),
    (writing.floats_in_domain, "src/tillroll/domain/a.py", "x = 0.1"),
    (writing.floats_in_domain, "src/tillroll/domain/a.py", "def f(x=1e3): pass"),
    (writing.dates_read_elsewhere, "src/tillroll/domain/a.py", "x = instant(until)"),
    (writing.dates_read_elsewhere, "src/tillroll/engine/a.py", "x = times.instant(until)"),
    (writing.dates_read_elsewhere, "src/tillroll/dialects/a.py", "x = date.fromisoformat(until)"),
    (writing.dates_read_elsewhere, "src/tillroll/cli.py", "x = datetime.strptime(until, '%Y')"),
    (writing.refusals_in_bytes, "src/tillroll/dialects/emporix/cart/a.py", "x = respond(404, {'code': 404})"),
    (writing.refusals_in_bytes, "src/tillroll/dialects/emporix/wire/a.py", "x = http.Response(409, b'{}')"),
    (writing.swallowed_exceptions, "src/tillroll/a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (
        writing.swallowed_exceptions,
        "src/tillroll/a.py",
        "for x in y:\n  try:\n    f()\n  except (A, Exception):\n    continue",
    ),
    (
        writing.swallowed_exceptions,
        "src/tillroll/a.py",
        "def f():\n  try:\n    f()\n  except BaseException:\n    return None",
    ),
    (writing.swallowed_exceptions, "tests/a.py", "try:\n    f()\nexcept:\n    print('oh')"),
    (writing.swallowed_exceptions, "src/tillroll/a.py", "with contextlib.suppress(Exception):\n    f()"),
]

INNOCENT: dict[str, str] = {
    "src/tillroll/dialects/emporix/cart/a.py": PROMISE + "x = [respond(200), Response(204), Refusal(404, {})]\n",
    "src/tillroll/dialects/scout/a.py": PROMISE + "x = Response(404)\n",
    "src/tillroll/domain/a.py": PROMISE + "from decimal import Decimal\n\nONE = Decimal('0.1')\nXXX = 'XXX'\n",
    "src/tillroll/engine/a.py": PROMISE
    + "def f():\n    '''SELECT a FROM b.'''\n    return ['Select one from the list', 'update the set now', 'DELETE']\n",
    "src/tillroll/engine/b.py": PROMISE
    + "def f():\n    '''Do.'''\n    try:\n        g()\n    except Exception as error:\n        log(error)\n"
    + "    try:\n        g()\n    except KeyError:\n        pass\n    try:\n        g()\n    except:\n        raise\n",
    "src/tillroll/engine/c.py": PROMISE
    + "def _f(): pass\nclass _A: pass\n\n\nclass B:\n    '''A.'''\n    def f(self): pass\n",
    "src/tillroll/payments/a.py": PROMISE + "TIMEOUT_SECONDS = 2.5\n",
    "src/tillroll/store/a.py": PROMISE + "x = 'SELECT a FROM b'\n",
    "src/tillroll/store/a.sql": "SELECT 1",
    "src/tillroll/store/longest.py": PROMISE + "x = 1\n" * 599,
    "tests/a.py": "@table(\n" + "1,\n" * 80 + ")\ndef f():\n" + LONG_BODY * 69,
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
    assert all(line.startswith(f"{path}:") for line in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_an_innocent_house_is_left_alone(rule: Rule, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT)
    assert rule(tmp_path) == []


def test_the_rules_read_the_real_tests() -> None:
    assert "tests/house/test_writing.py" in {str(source.path) for source in sources(ROOT, "src", "tests")}


def build(root: Path, files: dict[str, str]) -> None:
    """Write a small source tree."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
