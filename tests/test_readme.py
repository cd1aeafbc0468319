"""The README's shell blocks, run as they stand there, buy something and report an event."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import running_server
from tests.house.tree import ROOT

CHAPTER = re.compile(r"^## (Buy|Report an event) with curl$(?P<text>.*?)(?=^## )", re.MULTILINE | re.DOTALL)
SHELL_BLOCK = re.compile(r"^```sh\n(?P<script>.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = ("bash", "curl", "python3", "tillroll")

# Where this environment keeps its own commands, `tillroll` among them.
SEARCH_PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def curl_script() -> str:
    """The shell blocks of the README's chapters on curl, one after the other."""
    chapters = [found["text"] for found in CHAPTER.finditer((ROOT / "README.md").read_text("utf-8"))]
    assert len(chapters) == 2
    return "\n".join(block for text in chapters for block in SHELL_BLOCK.findall(text))


@pytest.fixture
def search_path() -> str:
    """A PATH on which every program is found that the README uses; who decides about a change must have them all."""
    missing = [program for program in PROGRAMS if shutil.which(program, path=SEARCH_PATH) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"the README can not be tried without {', '.join(missing)}: install it", pytrace=False)
    if missing:
        pytest.skip(f"there is no {', '.join(missing)} here")
    return SEARCH_PATH


def test_the_readme_buys_something(database_url: str, search_path: str, tmp_path: Path) -> None:
    with running_server(database_url) as server:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TILLROLL_")}
        environment |= {"PATH": search_path, "TILLROLL_DB": database_url, "URL": server.url, "NO_PROXY": "*"}
        command = ["bash", "-euo", "pipefail", "-c", curl_script()]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
        )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "bought: EON1001" in done.stdout.splitlines()
    assert '"grossValue": 30.83' in done.stdout
    bought, _, reported = done.stdout.partition("bought: EON1001")
    assert '"event_type":"CART_EVENT_RECORDED"' in reported
    assert reported.count('"outcome": "accepted"') == 2
    assert '"outcome"' not in bought


def test_the_script_is_all_of_the_chapters() -> None:
    assert curl_script().count("```") == 0
    assert curl_script().startswith("export PATH=")
    assert curl_script().rstrip().endswith("| python3 -m json.tool")
