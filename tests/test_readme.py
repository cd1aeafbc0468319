"""The README's shell blocks, run as they stand there, buy something."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import running_server
from tests.house.tree import ROOT

CHAPTER = re.compile(r"^## Buy with curl$(?P<text>.*?)^## ", re.MULTILINE | re.DOTALL)
SHELL_BLOCK = re.compile(r"^```sh\n(?P<script>.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = ("bash", "curl", "python3", "tillroll")

# Where this environment keeps its own commands, `tillroll` among them.
SEARCH_PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def curl_script() -> str:
    """The shell blocks of the README's chapter on curl, one after the other."""
    chapter = CHAPTER.search((ROOT / "README.md").read_text("utf-8"))
    assert chapter is not None
    return "\n".join(SHELL_BLOCK.findall(chapter["text"]))


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
    assert done.stdout.splitlines()[-1] == "bought: EON1001"
    assert '"grossValue": 30.83' in done.stdout


def test_the_script_is_all_of_the_chapter() -> None:
    assert curl_script().count("```") == 0
    assert curl_script().startswith("export PATH=")
    assert curl_script().rstrip().endswith('echo "bought: $ORDER"')
