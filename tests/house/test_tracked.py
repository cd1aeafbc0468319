"""The repository says nothing about the machine it was written on; its requirements are pinned, without addresses."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import tracked
from tests.house.tree import ROOT

Rule = Callable[[Path], list[str]]

# Apart, so that this file keeps the rule that it tests.
SLASH = "/"

PINNED = "click==8.5.1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n    # via tillroll (pyproject.toml)\n"

RULES: list[Rule] = [
    tracked.registries_and_machine_paths,
    tracked.addresses_in_requirements,
    tracked.unpinned_requirements,
]

BREACHES: list[tuple[Rule, str, str]] = [
    *((tracked.registries_and_machine_paths, "docs/a.md", f"see https://{host}/x") for host in tracked.REGISTRIES),
    (tracked.registries_and_machine_paths, "package-lock.json", f"FILES.{tracked.REGISTRIES[1].upper()}"),
    (tracked.registries_and_machine_paths, "docs/a.md", f"in `{SLASH}work/main`"),
    (tracked.registries_and_machine_paths, "Makefile", f"X={SLASH}root/x"),
    (tracked.registries_and_machine_paths, "docs/a.md", f"{SLASH}Users/someone"),
    (tracked.addresses_in_requirements, "requirements.txt", PINNED + "x @ https://example.org/x.whl"),
    (tracked.addresses_in_requirements, "requirements-dev.txt", "--index-url https://example.org"),
    (tracked.addresses_in_requirements, "requirements-dev.txt", "--extra-index-url example"),
    (tracked.addresses_in_requirements, "requirements.txt", "-i example\n" + PINNED),
    (tracked.addresses_in_requirements, "requirements.txt", "./wheels/x.whl"),
    (tracked.unpinned_requirements, "requirements.txt", PINNED + "x==1\n"),
    (tracked.unpinned_requirements, "requirements.txt", "x>=1 --hash=sha256:00\n"),
    (tracked.unpinned_requirements, "requirements-dev.txt", "x==1 # --hash=sha256:00\n"),
]

INNOCENT: dict[str, str] = {
    "docs/a.md": "GET https://shop.example.org/home/page, ./work/x, {root}/home/x and /var/lib/tillroll",
    "requirements-dev.txt": PINNED,
    "requirements.txt": PINNED,
    ".venv/lib/pip.py": f"{SLASH}root/x",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps_the_rule(rule: Rule) -> None:
    found = rule(ROOT)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_a_breach_is_found(rule: Rule, path: str, text: str, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT | {path: text})
    found = rule(tmp_path)
    assert found
    assert all(line.startswith(f"{path}:") for line in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_an_innocent_repository_is_left_alone(rule: Rule, tmp_path: Path) -> None:
    build(tmp_path, INNOCENT)
    (tmp_path / "docs" / "a.png").write_bytes(b"\x89PNG\xff" + f"{SLASH}root/x".encode())
    assert rule(tmp_path) == []


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_files_that_git_ignores_are_left_alone_and_new_ones_are_read(tmp_path: Path) -> None:
    build(tmp_path, {".gitignore": "/notes/\n", "notes/a.md": f"{SLASH}root/x", "new.md": f"{SLASH}root/x"})
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    assert tracked.registries_and_machine_paths(tmp_path) == ["new.md:1: names a registry or a machine's own path"]


def test_the_rules_read_the_real_requirements() -> None:
    assert [path.name for path in tracked.requirements(ROOT)] == ["requirements-dev.txt", "requirements.txt"]
    assert Path("pyproject.toml") in tracked.tracked_files(ROOT)


def build(root: Path, files: dict[str, str]) -> None:
    """Write a small repository."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
