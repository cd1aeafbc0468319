"""A shop as Doofinder's clients see it: a hashid, a key, and the events that its ledger shows afterwards."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.harness import Server
from tests.shop import NO_CERTIFICATES, Shop
from tests.store.ground import opened
from tillroll.engine.access import admission
from tillroll.store import Transaction

ORIGIN = "https://shop.example"
SESSION = "0123456789abcdef0123456789abcdef"
CAR = {"id": "SKU 1", "index": "product", "title": "Ford Fiesta", "price": "8900.99"}


class SearchShop:
    """A shop's search: calls with its key, and the read API of its back office."""

    def __init__(self, shop: Shop, server: Server) -> None:
        self.shop, self.server = shop, server
        self.hashid: str = shop.credentials["doofinder"]["hashid"]
        self.key: str = shop.credentials["doofinder"]["api_key"]
        self.native_key: str = shop.credentials["native"]["api_key"]
        self.http = httpx.Client(base_url=server.url, trust_env=False, timeout=60, verify=NO_CERTIFICATES)
        self.token = {"Authorization": f"Token {self.key}"}

    def call(self, method: str, path: str, **said: Any) -> httpx.Response:
        """One call below the engine's stats, with the key unless other headers are given."""
        said.setdefault("headers", self.token)
        return self.http.request(method, f"/6/{self.hashid}/stats/{path}", **said)

    def put(self, path: str, **parameters: Any) -> httpx.Response:
        """A PUT with a JSON body."""
        return self.call("PUT", path, json=parameters)

    def add(self, session: str = SESSION, **item: Any) -> httpx.Response:
        """Add to a session's cart."""
        return self.put(f"cart/{session}", **{**CAR, **item})

    def read(self, path: str = "/v1/events", **query: Any) -> Any:
        """What our own read API shows."""
        headers = {"Authorization": f"Bearer {self.native_key}"}
        answer = self.http.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def events(self, **query: Any) -> list[dict[str, Any]]:
        """Every event of the shop, or those asked for."""
        found: list[dict[str, Any]] = self.read(limit=500, **query)["events"]
        return found

    def last(self) -> dict[str, Any]:
        """The newest event."""
        return self.events()[-1]

    def cart_of(self, session: str = SESSION) -> list[tuple[str, float]]:
        """Ids and amounts of what a session's cart held, found out by buying it."""
        assert self.put("checkout", session_id=session).status_code == 200
        return [(item["id"], item["amount"]) for item in self.last()["document"]["cart"]]

    def change(self, work: Callable[[Transaction], object]) -> None:
        """Change the set-up past the server, as the command line does."""
        with opened(self.server.database_url) as store:
            store.write_now(work)

    def add_engine(self, hashid: str) -> None:
        """Let clients name the shop by this hashid, too."""
        self.change(lambda tx: admission.add_channel(tx, self.shop.name, ("doofinder", hashid, ""), 0))

    def admit_origin(self, origin: str = ORIGIN) -> None:
        """Let pages of this origin report without a key."""
        self.change(lambda tx: admission.add_origin(tx, self.shop.name, origin, 0))
