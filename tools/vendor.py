"""Brings the JavaScript of others into the tree: the files of npm packages at pinned versions, for `make vendor`.

`vendored.json` names each package with its version and the digest of its archive, and each file with its own digest.
npm asks whatever registry it is set to; what has another digest than the one that is written there is not taken.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "src" / "tillroll" / "pages" / "assets"
LIST = FOLDER / "vendored.json"
NPM_SECONDS_MAX = 120


def main() -> None:
    """Write every file of the list; exits with 1 where a digest is another one."""
    for package in json.loads(LIST.read_text("utf-8")):
        with tempfile.TemporaryDirectory() as folder:
            archive = packed(package, Path(folder))
            check(archive.read_bytes(), package["integrity"], f"{package['name']} {package['version']}")
            take(package, archive)


def packed(package: dict[str, Any], folder: Path) -> Path:
    """The archive of a package, as npm brings it."""
    wanted = f"{package['name']}@{package['version']}"
    command = ["npm", "pack", wanted, "--ignore-scripts", "--pack-destination", str(folder)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=NPM_SECONDS_MAX)
    (archive,) = folder.glob("*.tgz")
    return archive


def take(package: dict[str, Any], archive: Path) -> None:
    """Copy the files that are wanted out of an archive."""
    with tarfile.open(archive) as opened:
        for file in package["files"]:
            member = opened.extractfile(f"package/{file['from']}")
            if member is None:
                sys.exit(f"{package['name']} has no file {file['from']}")
            content = member.read()
            check(content, file["integrity"], file["from"])
            (FOLDER / file["to"]).write_bytes(content)
            print(f"{file['to']:<24}{len(content):>9} bytes of {package['name']} {package['version']}")


def check(content: bytes, integrity: str, name: str) -> None:
    """Stop where something does not have its digest, written as browsers and npm do: `sha512-…` in base64."""
    algorithm, _, wanted = integrity.partition("-")
    found = base64.b64encode(hashlib.new(algorithm, content).digest()).decode()
    if found != wanted:
        sys.exit(f"{name} has the digest {algorithm}-{found}, and not {integrity}")


if __name__ == "__main__":
    main()
