"""JavaScript that is not ours, the vendors' clients and what makes types of our description: installed, never changed.

They come from pinned digests into a cache, and their own scripts are never run.
`npm/package-lock.json` names every package of the tree with its version and sha512, and no address: npm asks whatever
registry it is set to, and refuses what does not have the digest.
"""

import fcntl
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

PINS = Path(__file__).parent / "npm"
INSTALL_SECONDS_MAX = 100
SCRIPT_SECONDS_MAX = 60


@pytest.fixture(scope="session")
def node_modules(pytestconfig: pytest.Config) -> Path:
    """The folder of the installed packages; skips where Node is missing, but never where CI=true."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Node is missing, and in CI the JavaScript clients are not optional", pytrace=False)
        pytest.skip("Node is missing: the JavaScript clients are not tested here")
    pins = b"".join((PINS / name).read_bytes() for name in ("package.json", "package-lock.json"))
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir(f"npm-{sha256(pins).hexdigest()[:16]}")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one installation, however many test processes ask for it
        if not (folder / "done").exists():
            _install(folder)
            (folder / "done").touch()
    return folder / "node_modules"


def _install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, folder / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX, check=False)
    if done.returncode != 0:
        pytest.fail(f"npm could not install the pinned clients:\n{done.stderr[-2000:]}", pytrace=False)


def run_script(node_modules: Path, script: str, **environment: str) -> str:
    """What a script prints that may require the installed packages."""
    return _run(node_modules, ["-e", script], environment)


def run_module(node_modules: Path, file: Path, **environment: str) -> str:
    """What a file prints that is run beside the installed packages."""
    return _run(node_modules, [str(file)], environment)


def _run(node_modules: Path, arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["node", *arguments],
        cwd=node_modules.parent,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SCRIPT_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
