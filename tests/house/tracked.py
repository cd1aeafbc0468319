"""What must not be in any file of the repository: where its packages came from, and the machine it was written on.

Every rule takes the root of a source tree and returns what it found there, one line for each breach.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

# In parts, so that this file keeps its own rule.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("deb", "debian", "org"),
        ("repo1", "maven", "org"),
    )
)
REGISTRY = re.compile("|".join(re.escape(host) for host in REGISTRIES), re.IGNORECASE)

# The beginning of a path in somebody's home, not the middle of another path or of a URL.
MACHINE_PATH = re.compile(r"(?<![\w.~}>-])/(?:work|root|home|Users)/\w")

# A URL, a local index, or one of pip's words for either.
ADDRESS = re.compile(r"://|^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)\b|\s@\s|^\s*[./]")

UNTRACKED_FOLDERS = {
    *(".git", ".hypothesis", ".lock", ".mypy_cache", ".oracles", ".pytest_cache", ".ruff_cache", ".venv"),
    *("__pycache__", "build", "dist", "node_modules"),
}


def registries_and_machine_paths(root: Path) -> list[str]:
    """Names of package registries and paths of one machine, in any text file of the repository."""
    return [
        f"{path}:{number}: names a registry or a machine's own path"
        for path, number, line in tracked_lines(root)
        if REGISTRY.search(line) or MACHINE_PATH.search(line)
    ]


def addresses_in_requirements(root: Path) -> list[str]:
    """Requirements that say where a package comes from: that is for whoever installs it to choose."""
    return [
        f"{path.name}:{number}: an address"
        for path in requirements(root)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if ADDRESS.search(line)
    ]


def unpinned_requirements(root: Path) -> list[str]:
    """Requirements without an exact version and a hash; pip refuses the latter only when told to."""
    return [
        f"{path.name}: {requirement.split()[0]} is not pinned"
        for path in requirements(root)
        for requirement in logical_lines(path.read_text("utf-8"))
        if not re.match(r"\S+==\S+", requirement) or "--hash=sha256:" not in requirement
    ]


def requirements(root: Path) -> list[Path]:
    """The files of pinned requirements."""
    return sorted(root.glob("requirements*.txt"))


def logical_lines(text: str) -> list[str]:
    """The requirements of a file, each with its continuation lines, without comments."""
    joined = re.sub(r"(?m)\s*#.*$", "", text).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip()]


def tracked_lines(root: Path) -> Iterator[tuple[str, int, str]]:
    """Every line of every text file of the repository, with the file's path and the line's number."""
    for path in tracked_files(root):
        try:
            text = (root / path).read_text("utf-8")
        except UnicodeDecodeError:
            continue  # a picture, or an exchange recorded in another encoding
        yield from ((path.as_posix(), number, line) for number, line in enumerate(text.splitlines(), 1))


def tracked_files(root: Path) -> list[Path]:
    """The files that git knows or would add, or, where there is no repository or no git, all but what tools made."""
    listed = listed_by_git(root)
    paths = root.rglob("*") if listed is None else (root / name for name in listed)
    relative = sorted(path.relative_to(root) for path in paths if path.is_file() and not path.is_symlink())
    return relative if listed is not None else [path for path in relative if UNTRACKED_FOLDERS.isdisjoint(path.parts)]


def listed_by_git(root: Path) -> list[str] | None:
    """The paths below the root that git lists, or None where it cannot."""
    if not (root / ".git").exists():
        return None
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in listing.stdout.decode("utf-8", "surrogateescape").split("\0") if name]
