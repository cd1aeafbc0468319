"""A receiver of webhooks as a process of its own: it verifies with the published library, notes what came, and answers
as its file of manners says.

    with received(folder) as receiver:  …  receiver.wait(lambda told: len(told) == 3)

It is run as `python -m tests.webhooks.receiver PORT FOLDER`. What came stands in `FOLDER/told`, one JSON document a
line, written before the answer; `FOLDER/manners` has a word for each of the next answers: a status, `slow`, `cut`,
`long`, `later` (429 with Retry-After) or `elsewhere` (a redirect). Once no word is left, everything is answered 204.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.processes import end, running

WAIT_SECONDS_MAX = 60
# Longer than any delivery of a test may take.
SLOW_SECONDS = 30
LATER_SECONDS = 3
LONG_BYTES = 50_000_000


class Receiver:
    """What the process has been told so far, and how it is to answer."""

    def __init__(self, folder: Path, port: int, process: "subprocess.Popen[Any]") -> None:
        self._folder, self.port, self._process = folder, port, process
        self.url = f"http://127.0.0.1:{port}/hook?shop=1"

    def told(self) -> list[dict[str, Any]]:
        """Everything that came, in the order in which it came: `id`, `type`, `data`, `headers`, `at`, `manner`."""
        file = self._folder / "told"
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def behave(self, *manners: str) -> None:
        """How the next messages are answered."""
        behave(self._folder, manners)

    def die(self) -> None:
        """End at once."""
        end(self._process)

    def wait(self, wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Everything that came, once it is as wanted."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not wanted(found := self.told()):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found


def behave(folder: Path, manners: Sequence[str]) -> None:
    """Leave these words to a receiver."""
    draft = folder / "manners.new"
    draft.write_text("\n".join(manners))
    draft.replace(folder / "manners")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def received(folder: Path, port: int = 0, *manners: str) -> Iterator[Receiver]:
    """A receiver that listens, and is gone at the end; a further one on the same port and folder goes on."""
    folder.mkdir(exist_ok=True)
    behave(folder, manners)
    port = port or free_port()
    with running([sys.executable, "-m", "tests.webhooks.receiver", str(port), str(folder)]) as process:
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while True:
            assert process.poll() is None
            assert time.monotonic() < deadline
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield Receiver(folder, port, process)


class _Handler(BaseHTTPRequestHandler):
    folder: Path
    lock = threading.Lock()

    def do_POST(self) -> None:
        """Note a message, then answer in some manner."""
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.lock:
            manner = self._manner()
            self._note(body, manner)
        self._answer(manner)

    def do_GET(self) -> None:
        """Nothing of ours asks: whoever follows a redirect is noted."""
        with self.lock:
            self._note(b'{"type": "followed", "data": null}', "followed")
        self._answer("204")

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def _manner(self) -> str:
        file = self.folder / "manners"
        words = file.read_text().split("\n") if file.exists() else []
        words = [word for word in words if word]
        if not words:
            return "204"
        if len(words) > 1:
            behave(self.folder, words[1:])
        else:
            file.unlink()
        return words[0]

    def _note(self, body: bytes, manner: str) -> None:
        said = json.loads(body)
        note = {"id": self.headers.get("webhook-id"), "type": said["type"], "data": said["data"], "manner": manner}
        note |= {"path": self.path, "headers": dict(self.headers.items()), "body": body.decode(), "at": time.time()}
        with (self.folder / "told").open("a", encoding="utf-8") as file:
            file.write(json.dumps(note) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _answer(self, manner: str) -> None:
        if manner == "cut":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if manner == "slow":
            time.sleep(SLOW_SECONDS)
        status = {"slow": 204, "long": 200, "later": 429, "elsewhere": 307}.get(manner) or int(manner)
        self.send_response(status)
        if manner == "later":
            self.send_header("retry-after", str(LATER_SECONDS))
        if manner == "elsewhere":
            self.send_header("location", f"http://{self.headers['host']}/elsewhere")
        self.send_header("connection", "close")
        self.end_headers()
        if manner == "long":
            self._pour()

    def _pour(self) -> None:
        """More than anybody reads, until nobody does."""
        try:
            for _ in range(LONG_BYTES // 65_536):
                self.wfile.write(b"x" * 65_536)
        except OSError:
            return


def verified(secret: str, one: dict[str, Any]) -> bool:
    """Whether the published library takes a message that came; it raises where it does not."""
    Webhook(secret).verify(one["body"], one["headers"], json_parse=False)
    return True


def _serve() -> None:
    port, folder = sys.argv[1:]
    _Handler.folder = Path(folder)
    ThreadingHTTPServer.request_queue_size = 100
    with ThreadingHTTPServer(("127.0.0.1", int(port)), _Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    _serve()
