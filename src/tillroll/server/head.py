"""What a request line and its headers must be, before anybody knows whose words to refuse them in (RFC 9110, 9112)."""

import re
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import unquote

from msgspec import Struct

from tillroll.dialects.http import Header, Scope
from tillroll.dialects.native.errors import NATIVE

# A host name or an address, and perhaps a port (RFC 9112, 3.2; RFC 3986, 3.2.2). Nothing at all is a valid Host.
_HOST = re.compile(rb"(?:[\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?", re.ASCII)
_ABSOLUTE = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)
# What a resource of ours may be asked; the parser knows more methods, of other protocols.
_METHODS = b"DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"

_STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode())
    for status in HTTPStatus
    if status >= HTTPStatus.OK
}
_LAST_END = b"connection: close\r\n\r\n"
# A dozen of headers stand on most answers. What is said once takes a place among them for a while: few are enough, so
# that long ones hold no memory to speak of.
LINES_REMEMBERED = 64


class Refused(Exception):
    """A request that no dialect hears of."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Head(Struct):
    """What is known of a request once its headers are complete."""

    scope: Scope
    length: int
    """How many bytes the body has; -1 where it says so itself, in chunks."""
    waits_for_word: bool


def read_head(method: bytes, target: bytes, version: str, headers: list[Header]) -> Head:
    """Raises Refused for what can not be a request to this server."""
    if version not in ("1.1", "1.0"):
        raise Refused(400, "This server speaks HTTP/1.1.")
    if method == b"CONNECT":
        raise Refused(405, "This server is no proxy.")
    named = dict(headers)
    _check_host(named, version, headers)
    if target[:1] != b"/":
        target = _origin_form(target, headers)
    if b"#" in target:
        raise Refused(400, "A request has no fragment.")
    raw_path, _, query = target.partition(b"?")
    path = raw_path.decode("ascii")
    scope: Scope = {
        "type": "http",
        "http_version": version,
        "method": method.decode("ascii"),
        "scheme": "http",
        "root_path": "",
        "path": unquote(path) if "%" in path else path,
        "raw_path": raw_path,
        "query_string": query,
        "headers": headers,
    }
    expected = named.get(b"expect")
    if expected is None or version == "1.0":
        return Head(scope, _length(named, version), waits_for_word=False)
    if expected.lower() != b"100-continue":
        raise Refused(417, "Expect nothing but 100-continue.")
    return Head(scope, _length(named, version), waits_for_word=True)


def _check_host(named: dict[bytes, bytes], version: str, headers: list[Header]) -> None:
    host = named.get(b"host")
    if host is None:
        if version == "1.1":
            raise Refused(400, "Send a Host header.")
    elif not _HOST.fullmatch(host):
        raise Refused(400, "The Host header is no host.")
    elif len(named) != len(headers) and sum(name == b"host" for name, _ in headers) > 1:
        raise Refused(400, "Send one Host header.")


def _origin_form(target: bytes, headers: list[Header]) -> bytes:
    """The path of a whole address, whose host counts instead of the header (RFC 9112, 3.2.2)."""
    found = _ABSOLUTE.fullmatch(target)
    if found is None or not found[1] or not _HOST.fullmatch(found[1]):
        raise Refused(400, "The address of a request begins with a slash.")
    headers[:] = [(name, found[1] if name == b"host" else value) for name, value in headers]
    return found[2] if found[2][:1] == b"/" else b"/" + found[2]


def _length(named: dict[bytes, bytes], version: str) -> int:
    """The parser has refused lengths that are none, two of them, and both framings at once."""
    encoding = named.get(b"transfer-encoding")
    if encoding is not None:
        if encoding.lower() != b"chunked" or version != "1.1":
            raise Refused(400, "The only Transfer-Encoding is chunked, and HTTP/1.0 has none.")
        return -1
    return int(named.get(b"content-length", b"0"))


def answer_bytes(status: int, headers: Sequence[Header], *, is_last: bool) -> bytes:
    """A status line and headers as they are sent; raises RuntimeError for one that would begin another line."""
    return b"".join([_STATUS_LINES[status], *map(_line, headers), _LAST_END if is_last else b"\r\n"])


@lru_cache(LINES_REMEMBERED)
def _line(header: Header) -> bytes:
    line = b": ".join(header)
    if b"\n" in line or b"\r" in line:
        raise RuntimeError("a header holds a line break")
    return line + b"\r\n"


def refusal_bytes(refused: Refused) -> bytes:
    """A refusal in our own words, the last thing that is said on a connection."""
    response = NATIVE.refuse(refused.status, message=refused.message)
    headers: list[Header] = [
        *response.headers,
        (b"content-length", b"%d" % len(response.body)),
        (b"x-content-type-options", b"nosniff"),
    ]
    if refused.status == 503:
        headers.append((b"retry-after", b"1"))
    if refused.status == 405:
        headers.append((b"allow", _METHODS))
    return answer_bytes(refused.status, headers, is_last=True) + response.body
