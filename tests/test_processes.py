"""What the tests promise each other of the processes that they start: none outlives its test or stops the suite."""

import ast
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.harness import running_server
from tests.processes import running

ROOT = Path(__file__).parents[1]
# Much longer than the test within may take; much shorter than what its child waits for.
SECONDS_MAX = 100

HANGING = """
import sys
from pathlib import Path
from tests.processes import running

def test_hangs() -> None:
    with running([sys.executable, "-c", "import time; time.sleep(3600)"]) as process:
        Path(sys.argv[-1]).with_name("child").write_text(str(process.pid))
        process.wait()
"""


@pytest.mark.parametrize("shell", ["", "trap '' INT; "], ids=["as usual", "SIGINT is ignored"])
def test_a_test_that_hangs_in_its_child_ends_within_its_time_and_so_does_the_child(tmp_path: Path, shell: str) -> None:
    hanging = tmp_path / "test_hanging.py"
    hanging.write_text(HANGING)
    command = f"{shell}exec {sys.executable} -m pytest -c pyproject.toml -p no:cacheprovider --timeout=2 {hanging}"
    with running(["/bin/sh", "-c", command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as suite:
        said, _ = suite.communicate(timeout=SECONDS_MAX)
    assert suite.returncode == 1
    assert "Timeout" in said
    assert "1 failed" in said
    assert not psutil.pid_exists(int((tmp_path / "child").read_text()))


def test_a_process_that_heeds_no_signal_is_gone_at_the_end_with_those_that_it_has_started() -> None:
    command = "trap '' INT TERM HUP; sleep 3600 & echo $!; wait"
    with running(["/bin/sh", "-c", command], stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        sleeper = int(shell.stdout.readline())
    assert shell.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while psutil.pid_exists(sleeper) and psutil.Process(sleeper).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_is_a_process_of_its_own_with_its_own_signals_and_an_end_that_is_told(sqlite_url: str) -> None:
    with running_server(sqlite_url) as first, running_server(sqlite_url) as second:
        assert len({first.process.pid, second.process.pid}) == 2
        assert second.process.poll() is None
        first.process.terminate()
        assert first.process.wait(20) == -signal.SIGTERM  # once all was finished, as uvicorn tells its starter
        assert "ERROR" not in first.log
        second.kill()
        assert second.process.poll() == -signal.SIGKILL


def waited_for_without_end(source: str) -> list[int]:
    """The lines in which `with subprocess.Popen(…)` stands, whose end waits for that of the process."""
    return [
        item.context_expr.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.With | ast.AsyncWith)
        for item in node.items
        if isinstance(item.context_expr, ast.Call) and ast.unparse(item.context_expr.func).endswith("Popen")
    ]


def test_nothing_is_waited_for_without_an_end() -> None:
    breaches = {
        str(path.relative_to(ROOT)): lines
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if (lines := waited_for_without_end(path.read_text("utf-8")))
    }
    assert breaches == {}


def test_a_process_that_is_waited_for_without_end_is_found() -> None:
    assert waited_for_without_end("with a() as b, subprocess.Popen(['sleep', '1']) as c:\n    pass\n") == [1]
    assert waited_for_without_end("with running(['sleep', '1']):\n    pass\n") == []
