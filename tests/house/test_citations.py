"""Every citation leads to a page of this repository, and each kind of breach is found."""

from pathlib import Path

import pytest

from tests.house.citations import citations_that_lead_nowhere, places
from tests.house.tree import ROOT

PAGE = "# A page\n\n## 5. Carts\n\n### 5.1 Rules\n\n1. One.\n2. Two\n   lines.\n\n## 14. More\n\n3. Three.\n"

BREACHES = [
    '"""Carts (docs/wire/nobody.md, 5)."""',
    '"""Carts (docs/wire/emporix.md, 6)."""',
    '"""Carts (docs/wire/emporix.md, 5.2)."""',
    '"""Carts (docs/wire/emporix.md, 5 and 7)."""',
    '"""Carts (docs/wire/emporix.md, 5.1 rule 3)."""',
    '"""Carts (docs/wire/emporix.md, 5.1 rules 1 to 4)."""',
    '"""Carts (docs/wire/emporix.md, 14.4)."""',
    '"""Carts (docs/wire/emporix.md, 5)."""\n# One line each (6).',
    '"""Carts (6.1 rule 2)."""',
    "x = 1  # as it is (docs/decisions/0099-nothing.md)",
]

INNOCENT = [
    '"""Carts (docs/wire/emporix.md)."""',
    '"""Carts (docs/wire/emporix.md, 5, 5.1 and 14)."""',
    '"""Carts (docs/wire/emporix.md, 5.1 rules 1 and 2, format B; and what is ours)."""',
    '"""Carts (docs/wire/emporix.md, 14.3)."""\n# One line each (5.1 rule 1), and 404 (not 500).',
    "x = f(6)  # as it is",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("docs/wire/emporix.md", "src/tillroll/a.py"):
        (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / "docs/wire/emporix.md").write_text(PAGE, "utf-8")
    return tmp_path


def test_every_citation_of_the_house_leads_somewhere() -> None:
    found = citations_that_lead_nowhere(ROOT)
    assert not found, "\n".join(found)


def test_nothing_names_notes_that_are_not_here() -> None:
    named = [
        path.relative_to(ROOT).as_posix()
        for folder in ("src", "tests", "docs")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".sql", ".md")
        if "contracts" + "/" in path.read_text("utf-8")
    ]
    assert named == []


@pytest.mark.parametrize("text", BREACHES)
def test_a_breach_is_found(text: str, root: Path) -> None:
    (root / "src/tillroll/a.py").write_text(text, "utf-8")
    assert citations_that_lead_nowhere(root)


@pytest.mark.parametrize("text", INNOCENT)
def test_an_innocent_file_is_left_alone(text: str, root: Path) -> None:
    (root / "src/tillroll/a.py").write_text(text, "utf-8")
    assert citations_that_lead_nowhere(root) == []


@pytest.mark.parametrize("text", ["Wrong (§6).", "Wrong (docs/wire/emporix.md, 6).", "Wrong (§5.1 rule 9)."])
def test_a_page_is_read_like_a_comment(text: str, root: Path) -> None:
    (root / "docs/dialects").mkdir()
    (root / "docs/dialects/emporix.md").write_text(f"# Here\n\n{text}\n", "utf-8")
    assert citations_that_lead_nowhere(root)


def test_chapters_and_rules_are_told_apart() -> None:
    assert places(", 5.2, 6.1 rules 4 to 7, and more 9") == ("5.2", "6.1", "6.1#4", "6.1#7")
    assert places(", 3-6") == ("3", "6")
    assert places(" and more") == ()
