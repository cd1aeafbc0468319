"""A client that says exactly these bytes, and nothing that a library would add."""

import contextlib
import json
import socket
import time
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

SECONDS_MAX = 30


class Answer(NamedTuple):
    """One answer off the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body decoded."""
        return json.loads(self.body)


class Raw:
    """A connection."""

    def __init__(self, url: str, *, receive_bytes: int | None = None) -> None:
        place = urlsplit(url)
        assert place.hostname is not None
        assert place.port is not None
        self.socket = socket.socket()
        if receive_bytes is not None:  # before it connects, or the window is agreed upon already
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(SECONDS_MAX)
        self.socket.connect((place.hostname, place.port))
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *pieces: bytes) -> Self:
        """Send; a server that has hung up meanwhile is no failure here."""
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                self.socket.sendall(piece)
        return self

    def answer(self, *, to_head: bool = False) -> Answer | None:
        """The next answer, None where the server has closed the connection instead."""
        while b"\r\n\r\n" not in self._read:
            if not self._more():
                assert not self._read, self._read
                return None
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        assert len(headers) == len(lines), lines
        length = 0 if to_head else int(headers.get("content-length", "0"))
        while len(self._read) < length:
            assert self._more(), "the answer is cut off"
        body, self._read = self._read[:length], self._read[length:]
        return Answer(int(status.split()[1]), headers, body)

    def until(self, end: bytes) -> bytes:
        """What comes up to the end of these bytes."""
        while end not in self._read:
            assert self._more(), "what was to come is cut off"
        at = self._read.index(end) + len(end)
        found, self._read = self._read[:at], self._read[at:]
        return found

    def rest(self) -> bytes:
        """What still comes, until the server closes the connection."""
        while self._more():
            pass
        return self._read

    def is_closed(self) -> bool:
        """Whether the server closes the connection, without another byte; waits for it."""
        return not self._read and not self._more()

    def _more(self) -> bool:
        try:
            piece = self.socket.recv(65_536)
        except ConnectionError:
            return False
        self._read += piece
        return bool(piece)


def asked(url: str, *pieces: bytes) -> Answer | None:
    """The answer to exactly these bytes on a new connection."""
    with Raw(url) as raw:
        return raw.send(*pieces).answer()


def assert_last_word(raw: Raw, status: int) -> Answer:
    """Fail unless the server refuses in Tillroll's own words, and then closes."""
    answer = raw.answer()
    assert answer is not None, f"closed instead of {status}"
    assert answer.status == status, answer
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json["status"] == status
    assert raw.is_closed()
    return answer


def seconds_since(start: float) -> float:
    """How long ago that was, by the monotonic clock."""
    return time.monotonic() - start
