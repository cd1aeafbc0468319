"""A simulated payment service provider in a thread of the tests, and what is asked of it.

    running_provider() ──► Provider   its address, its control routes, and clients of the official SDK

Each secret key is an account of its own, so that tests which need no script of their own share one provider.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

import httpx
import stripe
import uvicorn

from tests.shop import NO_CERTIFICATES
from tillroll.server import bind, url_of
from tillroll.server.unruly import unruly_server
from tillroll.settings import Settings
from tillroll.simulator.application import Setup, Simulator

TOKEN = "control"
ADDRESSES = ("api", "files", "connect", "meter_events")


class Provider:
    """A running simulator."""

    def __init__(self, url: str, token: str = TOKEN) -> None:
        self.url = url
        self._control = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=url, trust_env=False, verify=NO_CERTIFICATES, timeout=20)

    def sdk(self, key: str) -> stripe.StripeClient:
        """The official SDK with this secret key; it sends nothing twice, and nothing about the machine."""
        stripe.enable_telemetry = False
        addresses: Any = dict.fromkeys(ADDRESSES, self.url)
        return stripe.StripeClient(key, base_addresses=addresses)

    def play(self, *rules: dict[str, Any], **script: Any) -> None:
        """Go by a script with these rules."""
        self._control_json("PUT", "script", {"rules": rules, "search_lag_ms": 0, **script})

    def act(self, do: str, id: str, **also: Any) -> dict[str, Any]:
        """Do what a person would do in the provider's dashboard."""
        return self._control_json("POST", "act", {"do": do, "id": id, **also})

    def advance(self, seconds: int) -> None:
        """Put its clock forward."""
        self._control_json("POST", "clock", {"advance_seconds": seconds})

    def ledger(self, intent: str) -> list[tuple[str, int]]:
        """What the provider's books have of an intent: op and amount of each line."""
        lines = self._control_json("GET", "ledger")["data"]
        return [(one["op"], one["amount"]) for one in lines if one["intent"] == intent]

    def requests(self, op: str, **wanted: Any) -> list[dict[str, Any]]:
        """What it was asked, of one operation."""
        lines: list[dict[str, Any]] = self._control_json("GET", "requests")["data"]
        return [
            one for one in lines if one["op"] == op and all(one.get(name) == value for name, value in wanted.items())
        ]

    def _control_json(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.http.request(method, f"/_sim/{path}", json=body, headers=self._control)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def new_key() -> str:
    """A secret key that nobody else has: an account of its own."""
    return f"sk_test_{token_hex(8)}"


@contextmanager
def running_provider(**setup: Any) -> Iterator[Provider]:
    """A provider in a thread, until the end of the block; `setup` are the fields of `Setup` beside the token."""
    settings = Settings(port=0)
    sockets = bind(settings)
    for one in sockets:
        one.listen()
    application = Simulator(Setup(token=TOKEN, **setup))
    parts = {**unruly_server(settings), "log_config": None}
    server = uvicorn.Server(uvicorn.Config(application, **parts))
    thread = threading.Thread(target=_serve, args=(server, sockets), name="simulated provider")
    thread.start()
    provider = Provider(url_of(sockets[0]))
    try:
        yield provider
    finally:
        provider.http.close()
        server.should_exit = True
        thread.join(20)
        for one in sockets:
            one.close()
    assert not thread.is_alive()


def _serve(server: uvicorn.Server, sockets: Any) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets))
