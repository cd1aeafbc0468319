"""The server that the demo runs, and the client that tells each call on the screen."""

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from tillroll.server import lifeline

SHOP = "demo"
READY_SECONDS_MAX = 30.0

_LISTENING = re.compile(r"running on http://\S+:(\d+)")
_LONG_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class DemoFailed(Exception):
    """A step of the demo did not go as it should."""


class DemoServer(Struct, frozen=True):
    """A server process and the address that it listens on."""

    process: subprocess.Popen[str]
    host: str
    port: int


class Answer(Struct, frozen=True):
    """What came back: the body as text, and where a redirection points."""

    text: str
    location: str

    @property
    def json(self) -> Any:
        """The body decoded, None where there is none."""
        return json.loads(self.text) if self.text else None


class Browser(Struct):
    """One HTTP client, telling each call on the screen; it keeps the headers that it was given, and its cookies."""

    server: DemoServer
    headers: dict[str, str] = {}
    is_quiet: bool = False
    cookies: dict[str, str] = msgspec.field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, *, says: str = "") -> Any:
        """Send JSON; the decoded answer. Raises DemoFailed as `send` does."""
        return self.send(method, path, None if body is None else ("application/json", json.dumps(body)), says=says).json

    def form(self, method: str, path: str, fields: dict[str, str], *, says: str = "") -> Answer:
        """Send a form. Raises DemoFailed as `send` does."""
        return self.send(method, path, ("application/x-www-form-urlencoded", urlencode(fields)), says=says)

    def send(self, method: str, path: str, content: tuple[str, str] | None = None, *, says: str = "") -> Answer:
        """Send one request, its content as type and text. Raises DemoFailed for an error.

        While seeding, a 409 is none: the shop was seeded before.
        """
        headers = dict(self.headers)
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if content is not None:
            headers["content-type"] = content[0]
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=30)
        try:
            connection.request(method, path, content[1].encode() if content is not None else None, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        finally:
            connection.close()
        known_already = self.is_quiet and response.status == 409
        if not 200 <= response.status < 400 and not known_already:
            raise DemoFailed(f"{method} {path} answered {response.status}: {text}")
        for cookie in response.headers.get_all("set-cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value
        if not self.is_quiet:
            shown = _LONG_ID.sub("…", path.partition("?")[0])
            tell(f"  {method:<5}{shown:<46} {response.status}  {says}")
        return Answer(text, response.headers.get("location", ""))


@contextlib.contextmanager
def served(db: str, host: str, port: int) -> Iterator[DemoServer]:
    """A server process of its own, ready to answer; it ends with this block, and with this process in any case."""
    command = [sys.executable, "-m", "tillroll", "serve", "--db", db, "--host", host, "--port", str(port)]
    with lifeline.given() as (descriptor, named):
        process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=os.environ | named, pass_fds=[descriptor], process_group=0
        )
        try:
            yield DemoServer(process, host, _port_of(process))
        finally:
            process.terminate()
            process.wait(timeout=15)


def _port_of(process: "subprocess.Popen[str]") -> int:
    """The port that the server says it listens on; raises DemoFailed where it does not come up."""
    assert process.stderr is not None
    said: list[str] = []
    give_up_at = time.monotonic() + READY_SECONDS_MAX
    for line in process.stderr:
        said.append(line)
        found = _LISTENING.search(line)
        if found is not None:
            threading.Thread(target=_pass_on, args=(process.stderr,), daemon=True).start()
            return int(found[1])
        if time.monotonic() > give_up_at:
            break
    raise DemoFailed("the server did not come up:\n" + "".join(said))


def _pass_on(log: IO[str]) -> None:
    """Show what the server complains about from now on; that it starts and stops is no news."""
    for line in log:
        if not line.startswith("INFO:"):
            sys.stderr.write(line)


def tell(text: str) -> None:
    """Show a line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
