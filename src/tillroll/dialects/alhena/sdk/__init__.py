"""The script for storefronts: one file, under our name and under the one that the vendor's snippet asks for.

/sdk/tillroll.js        stores and sends nothing before consent
/sdk/gleenWidget.js     the same file, where a storefront's snippet stays as it was and only the host changes
"""

import gzip
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files

from msgspec import Struct

from tillroll.dialects.alhena.errors import ALHENA
from tillroll.dialects.http import Header, Inbound, Response, Route
from tillroll.store import Transaction

PATHS = ("/sdk/tillroll.js", "/sdk/gleenWidget.js")

# Long enough to spare a shop's every page the question, short enough for a mended script to arrive within the hour.
CACHED_SECONDS = 3_600


class _Script(Struct, frozen=True):
    """The file as it is sent: plain, compressed, and the tag by which browsers ask whether it has changed."""

    plain: bytes
    compressed: bytes
    etag: bytes


def routes() -> list[Route]:
    """The script's two names; it needs no database."""
    return [Route("GET", path, _never, ALHENA, alone=_answer) for path in PATHS]


@cache
def script() -> _Script:
    """The script, read and compressed once."""
    plain = files(__package__).joinpath("tillroll.js").read_bytes()
    return _Script(plain, gzip.compress(plain, 9, mtime=0), b'"%s"' % sha256(plain).hexdigest()[:16].encode())


def _answer(inbound: Inbound) -> Response:
    one = script()
    headers: list[Header] = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cache-control", b"public, max-age=%d" % CACHED_SECONDS),
        (b"etag", one.etag),
        (b"vary", b"accept-encoding"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"cross-origin"),
        (b"access-control-allow-origin", b"*"),  # for modules, and for pages that state the script's digest
    ]
    if one.etag.decode() in inbound.header(b"if-none-match"):
        return Response(304, b"", tuple(headers[1:]))
    if "gzip" in inbound.header(b"accept-encoding"):
        return Response(200, one.compressed, (*headers, (b"content-encoding", b"gzip")))
    return Response(200, one.plain, tuple(headers))


def _never(_tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    return [_answer(inbound) for inbound in requests]
