"""The files that pages load: the stylesheet, the scripts, and what is vendored (`vendored.json` says from where).

An address carries a digest of its file: browsers keep it for as long as they like, and a new file has a new one.
"""

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path

from tillroll.dialects.http import NOSNIFF, Inbound, Response

PREFIX = "/assets"
FILES = {
    "style.css": b"text/css; charset=utf-8",
    "dashboard.js": b"text/javascript; charset=utf-8",
    "chart.js": b"text/javascript; charset=utf-8",
    "docs.css": b"text/css; charset=utf-8",
    "docs.js": b"text/javascript; charset=utf-8",
    "mark.svg": b"image/svg+xml",
}
_FOLDER = Path(__file__).parent
_DIGEST_CHARACTERS = 12
_KEPT = (b"cache-control", b"public, max-age=31536000, immutable")
_BRIEFLY = (b"cache-control", b"public, max-age=300")


def address_of(name: str) -> str:
    """The address of a file as it is now."""
    return f"{PREFIX}/{name}?v={_digest(name)}"


def path_of(name: str) -> str:
    """The path of a file, whatever is in it."""
    return f"{PREFIX}/{name}"


def send(inbound: Inbound) -> Response:
    """A file, compressed where that is taken."""
    name = inbound.path.rpartition("/")[2]
    is_packed = "gzip" in inbound.header(b"accept-encoding")
    is_current = inbound.query.get("v") == _digest(name)
    headers = (
        (b"content-type", FILES[name]),
        _KEPT if is_current else _BRIEFLY,
        NOSNIFF,
        (b"vary", b"accept-encoding"),
    )
    coding = ((b"content-encoding", b"gzip"),) if is_packed else ()
    return Response(200, _packed(name) if is_packed else _bytes(name), (*headers, *coding))


@cache
def _bytes(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(_bytes(name), 9, mtime=0)


@cache
def _digest(name: str) -> str:
    return sha256(_bytes(name)).hexdigest()[:_DIGEST_CHARACTERS]
