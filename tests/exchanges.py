"""Recorded exchanges: what a client sends and what it must get, byte for byte, one file for each case.

    # What the case shows.
    > POST /analytics/cart_events          the request: method and target, headers, an empty line, the body
    > content-type: application/json
    >
    > {"company_key": "{{shop}}"}
    < 404                                  the answer: status, those headers that matter, an empty line, the body
    < content-type: application/json
    <
    < {"status":"error"}

A file may hold several exchanges, which happen in order on one connection. `{{name}}` is a value: in a request it
must be known, in an answer an unknown one is learned and is known from then on. A body's lines are joined by newlines.
"""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

PLACEHOLDER = re.compile(rb"\{\{(\w+)\}\}")
# What an answer's value may look like when it is learned: an id or a token, not the rest of the document.
LEARNED = rb'(?P<%s>[^"\\&\s,<>{}\[\]]+)'


class Exchange(NamedTuple):
    """One request and its answer, as recorded."""

    line: int
    request: bytes
    answer: bytes


def exchanges(path: Path) -> list[Exchange]:
    """The exchanges of a file, in order."""
    found: list[Exchange] = []
    request: list[bytes] = []
    answer: list[bytes] = []
    start = 0
    for number, line in enumerate([*path.read_bytes().splitlines(), b""], 1):
        kind, text = line[:1], line[2:]
        if answer and kind != b"<":
            found.append(Exchange(start, b"\n".join(request), b"\n".join(answer)))
            request, answer = [], []
        if kind == b">":
            start = start if request else number
            request.append(text)
        elif kind == b"<":
            answer.append(text)
        else:
            assert not line or kind == b"#", f"{path.name}:{number}: neither a request, an answer nor a comment"
    assert found, f"{path.name} holds no exchange"
    return found


def replay(path: Path, url: str, known: dict[str, str]) -> None:
    """Send what the file has recorded to a server, and fail where an answer is another one; `known` learns."""
    place = urlsplit(url)
    assert place.hostname is not None
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=30)
    try:
        for exchange in exchanges(path):
            _replay_one(connection, path, exchange, known)
    finally:
        connection.close()


def _replay_one(connection: http.client.HTTPConnection, path: Path, exchange: Exchange, known: dict[str, str]) -> None:
    head, _, body = PLACEHOLDER.sub(lambda found: _value(path, found, known), exchange.request).partition(b"\n\n")
    first, *header_lines = head.decode("latin-1").split("\n")
    method, _, target = first.partition(" ")
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in _headers(header_lines):
        connection.putheader(name, value)
    if body:
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body or None)
    response = connection.getresponse()
    got = response.read()
    wanted_head, _, wanted_body = exchange.answer.partition(b"\n\n")
    status, *wanted_headers = wanted_head.decode("latin-1").split("\n")
    told = f"{path.name}:{exchange.line}: {method} {target}\n{response.status} {got!r}"
    assert response.status == int(status), told
    for name, value in _headers(wanted_headers):
        assert response.headers.get(name) == value, f"{told}\n{name}: {response.headers.get(name)}"
    match = re.fullmatch(_pattern(wanted_body, known), got)
    assert match is not None, f"{told}\nwanted {wanted_body!r}"
    known.update({name: value.decode() for name, value in match.groupdict().items()})


def _value(path: Path, found: "re.Match[bytes]", known: dict[str, str]) -> bytes:
    name = found[1].decode()
    assert name in known, f"{path.name}: nobody has said what {name} is"
    return known[name].encode()


def _headers(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(":")
        yield name.strip(), value.strip()


def _pattern(body: bytes, known: dict[str, str]) -> bytes:
    """The body as a pattern: what is known stands as it is, what is not is learned, once."""
    parts = []
    learned: set[bytes] = set()
    for position, part in enumerate(PLACEHOLDER.split(body)):
        if position % 2 == 0:
            parts.append(re.escape(part))
        elif part.decode() in known:
            parts.append(re.escape(known[part.decode()].encode()))
        else:
            parts.append(b"(?P=%s)" % part if part in learned else LEARNED % part)
            learned.add(part)
    return b"".join(parts)
