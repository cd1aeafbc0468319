"""A wire between the store and PostgreSQL that can be cut at the one moment that matters: around a COMMIT."""

import contextlib
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qs, quote, urlsplit

Cut = Literal["before", "after", "held"]

_SOCKET_NAME = ".s.PGSQL.5432"


class Wire:
    """Carries bytes between a Unix socket of its own and that of `database_url`; `url` is the way through it.

    `cut = "before"` swallows the next COMMIT, `cut = "after"` lets it through and swallows its answer; either way the
    connection is gone for the client. `cut = "held"` keeps the COMMIT, and the server's side of the connection open,
    until `deliver_held`. With `broken` set nobody gets through any more.
    """

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        self._target = f"{parse_qs(parts.query)['host'][0]}/{_SOCKET_NAME}"
        self._folder = Path(tempfile.mkdtemp(prefix="wire-"))  # short: a socket's whole path has about 100 bytes
        self.url = f"postgresql://{parts.netloc}{parts.path}?host={quote(str(self._folder))}"
        self.cut: Cut | None = None
        self.break_with_cut = False
        self.broken = False
        self.cuts = 0
        self._held: list[tuple[socket.socket, bytes]] = []
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{self._folder}/{_SOCKET_NAME}")
        self._listener.listen()
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in [self._listener, *self._sockets]:
            hang_up(one)
        for thread in self._threads:
            thread.join()
        shutil.rmtree(self._folder)

    def hang_up_all(self) -> None:
        """Cut every connection, whatever it is doing."""
        for one in self._sockets:
            hang_up(one)

    def deliver_held(self) -> None:
        """Let a COMMIT that was held arrive after all."""
        for server, request in self._held:
            with contextlib.suppress(OSError):  # the server has ended it
                server.sendall(request)

    def _start(self, target: object, *arguments: object) -> None:
        assert callable(target)
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                self._sockets += [client, server]
                if self.broken:
                    hang_up(client)
                else:
                    server.connect(self._target)
                    self._start(self._carry_requests, client, server)
                    self._start(self._carry_answers, server, client)

    def _carry_requests(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while request := client.recv(65536):
                if self.cut is not None and b"COMMIT" in request:
                    self._cut_at(request, client, server)
                    return
                server.sendall(request)
        hang_up(server)

    def _carry_answers(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while answer := server.recv(65536):
                client.sendall(answer)
        hang_up(client)

    def _cut_at(self, request: bytes, client: socket.socket, server: socket.socket) -> None:
        side, self.cut = self.cut, None
        self.broken = self.break_with_cut
        self.cuts += 1
        client.shutdown(socket.SHUT_RDWR)  # from here on the client hears nothing, not even the answer
        if side == "held":
            self._held.append((server, request))
        elif side == "after":
            server.sendall(request)
            server.shutdown(socket.SHUT_WR)  # the server answers what it was asked, then sees the end
        else:
            hang_up(server)


def hang_up(one: socket.socket) -> None:
    """End a connection in both directions, and wake whoever waits on it."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
