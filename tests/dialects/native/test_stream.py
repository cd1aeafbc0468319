"""The stream of what arrives: outcomes and reasons, resumed from a position, on two servers, ended with the server."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from tests.dialects.alhena.storefront import Visitor
from tests.harness import Server, new_native_key, new_shop, running_server, running_servers
from tests.refusals import assert_refused
from tests.server.raw import Raw
from tests.shop import Shop, succeeded
from tests.store.ground import opened
from tillroll.dialects.native.live.hub import STREAMS_OF_SHOP_MAX
from tillroll.engine.access.native_keys import EVENTS_READ, identifier_of
from tillroll.engine.shops import shops

SECONDS_MAX = 20
LIVE = {"accept": "text/event-stream"}


class Heard:
    """An open stream, read event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()
        assert (next(self._lines), next(self._lines)) == ("retry: 2000", "")

    def events(self, number: int) -> list[dict[str, Any]]:
        """The next events."""
        return [self._event() for _ in range(number)]

    def _event(self) -> dict[str, Any]:
        said: list[str] = []
        for line in self._lines:
            if line:
                said.append(line)
            elif said[0].startswith(":"):
                said.clear()
            else:
                break
        id, kind, *data = said
        event: dict[str, Any] = msgspec.json.decode("\n".join(line.removeprefix("data: ") for line in data))
        assert (id, kind) == (f"id: {event['position']}", f"event: {event['outcome']}")
        return event

    def line(self) -> str:
        """The next line that is not empty."""
        return next(line for line in self._lines if line)

    def rest(self) -> list[str]:
        """Whatever still comes, until the stream ends."""
        return [line for line in self._lines if line and not line.startswith(":")]


@contextmanager
def heard(shop: Shop, headers: dict[str, str] | None = None, **query: Any) -> Iterator[Heard]:
    """A stream of what arrives in a shop."""
    client = shop.client(shop.credentials["native"]["api_key"])
    with client.stream(
        "GET", "/v1/stream", headers=LIVE | (headers or {}), params=query, timeout=SECONDS_MAX
    ) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.headers["x-request-id"]) == 32
        yield Heard(answer)


def tell(shop: Shop, *ids: str) -> None:
    client = shop.client(shop.credentials["native"]["api_key"])
    items = [{"id": id, "kind": "product_viewed", "product_id": id, "visitor": "ada"} for id in ids]
    succeeded(client.post("/v1/events", json=items), 200)


def ledger(shop: Shop) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.client(shop.credentials["native"]["api_key"]).get("/v1/events").json()["events"]
    return found


def test_what_arrives_is_told_with_its_outcome_and_reason(shop: Shop, shared_server: Server) -> None:
    with heard(shop) as stream, heard(shop, outcome="refused") as refused, new_shop(shared_server) as other:
        tell(other, "elsewhere")
        tell(shop, "mug")
        assert Visitor(shop).cart().status_code == 404
        first, second = stream.events(2)
        assert (first["kind"], first["outcome"], first["subject"]) == ("product_viewed", "accepted", "mug")
        assert (second["dialect"], second["outcome"]) == ("alhena", "refused")
        assert second["reason"]
        assert refused.events(1) == [second]
        assert [first, second] == ledger(shop)


def test_who_comes_back_misses_nothing(shop: Shop) -> None:
    numbers = [f"i{number}" for number in range(450)]
    tell(shop, *numbers[:3])
    first = ledger(shop)[0]["position"]
    tell(shop, *numbers[3:])
    with heard(shop, {"last-event-id": str(first)}) as stream, heard(shop, after=first, dialect="native") as again:
        tell(shop, "last")
        wanted = [*numbers[1:], "last"]
        assert [one["subject"] for one in stream.events(450)] == wanted
        assert [one["subject"] for one in again.events(450)] == wanted
    answer = shop.client(shop.credentials["native"]["api_key"]).get("/v1/stream", params={"after": first})
    assert answer.text.count("\nevent: accepted\n") == 200  # who asks for no stream gets a page of it, and an end


def test_what_can_not_be_streamed_is_refused(shop: Shop) -> None:
    client = shop.client(shop.credentials["native"]["api_key"])
    for query, headers in (
        ({"after": "x"}, {}),
        ({"outcome": "x"}, {}),
        ({"dialect": "x"}, {}),
        ({"afer": "1"}, {}),
        ({}, {"last-event-id": "x"}),
        ({}, {"last-event-id": "9" * 30}),
    ):
        assert_refused(client.get("/v1/stream", params=query, headers=LIVE | headers), 400, "/v1/stream")
    assert_refused(shop.client("wrong").get("/v1/stream", headers=LIVE), 401, "/v1/stream")


def test_a_shop_has_so_many_streams_and_a_place_that_is_left_is_free(shop: Shop) -> None:
    with heard(shop) as stream:
        with ExitStack() as stack:
            others = [stack.enter_context(heard(shop)) for _ in range(STREAMS_OF_SHOP_MAX - 1)]
            assert _status(shop) == 429
            tell(shop, "mug")
            assert {one["subject"] for other in others for one in other.events(1)} == {"mug"}
        deadline = time.monotonic() + SECONDS_MAX
        while _status(shop) != 200:
            assert time.monotonic() < deadline
        assert [one["subject"] for one in stream.events(1)] == ["mug"]


def _status(shop: Shop) -> int:
    """What becomes of one more stream, which is left at once."""
    client = shop.client(shop.credentials["native"]["api_key"])
    with client.stream("GET", "/v1/stream", headers=LIVE, timeout=SECONDS_MAX) as answer:
        if answer.status_code != 200:
            answer.read()
            assert_refused(answer, 429, "/v1/stream")
            assert answer.headers["retry-after"]
        return answer.status_code


def said(shop: Shop, method: str = "GET", version: str = "1.1") -> bytes:
    """The bytes that ask for a stream."""
    key = shop.credentials["native"]["api_key"]
    headers = f"host: x\r\naccept: text/event-stream\r\nauthorization: Bearer {key}"
    return f"{method} /v1/stream HTTP/{version}\r\n{headers}\r\n\r\n".encode()


def test_a_head_takes_no_place(shop: Shop) -> None:
    with Raw(shop.url) as raw:
        for _ in range(STREAMS_OF_SHOP_MAX + 1):
            answer = raw.send(said(shop, "HEAD")).answer(to_head=True)
            assert answer is not None
            assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
            assert "content-length" not in answer.headers
        alive = raw.send(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").answer()
        assert alive is not None
        assert alive.json["status"] == "ok"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_stream_is_the_last_answer_of_its_connection(shop: Shop, version: str) -> None:
    with Raw(shop.url) as raw:
        answer = raw.send(said(shop, version=version), b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").answer()
        assert answer is not None
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert raw.until(b"retry: 2000\n\n") == b"retry: 2000\n\n"
        tell(shop, "mug")
        assert b'"subject":"mug"' in raw.until(b"\n\n")
        raw.socket.shutdown(socket.SHUT_WR)
        assert raw.is_closed()


def test_who_does_not_keep_up_is_sent_away_and_comes_back(shop: Shop) -> None:
    page = f"https://shop.example/{'a' * 2_000}"
    client = shop.client(shop.credentials["native"]["api_key"])
    with heard(shop) as quick, Raw(shop.url, receive_bytes=4_096) as raw:
        assert raw.send(said(shop)).answer() is not None
        raw.until(b"retry: 2000\n\n")
        told: list[int] = []
        item = {"kind": "page_viewed", "page": page, "visitor": "v"}
        for number in range(14):  # more than what waits, and what the kernel takes for a reader
            items = [item | {"id": f"{number}-{one}"} for one in range(400)]
            succeeded(client.post("/v1/events", json=items), 200)
            told += [one["position"] for one in quick.events(len(items))]
        pieces = raw.rest().split(b"\n\n")
        assert pieces.pop() == b""  # the last event is whole
        slow = [int(piece.partition(b"\n")[0].removeprefix(b"id: ")) for piece in pieces]
        assert slow == told[: len(slow)]
        assert 0 < len(slow) < len(told)
    with heard(shop, {"last-event-id": str(slow[-1])}) as again:
        assert [one["position"] for one in again.events(len(told) - len(slow))] == told[len(slow) :]


def test_a_quiet_stream_says_so_and_ends_with_its_key(database_url: str) -> None:
    with running_server(database_url, settings={"stream_quiet_seconds": 0.2}) as server, new_shop(server) as shop:
        secret = new_native_key(database_url, shop.name, EVENTS_READ)
        with heard(shop) as other, heard(shop, {"authorization": f"Bearer {secret}"}) as stream:
            assert stream.line() == ": nothing new"
            with opened(database_url) as store:
                store.write_now(lambda tx: shops.revoke_key(tx, shop.name, identifier_of(secret), 1))
            assert stream.rest() == []
            tell(shop, "mug")
            assert [one["subject"] for one in other.events(1)] == ["mug"]
            assert_refused(shop.client(secret).get("/v1/stream", headers=LIVE), 401, "/v1/stream")


def test_a_stream_outlives_the_sessions_of_its_database(postgres_url: str) -> None:
    with running_server(postgres_url) as server, new_shop(server) as shop, heard(shop) as stream:
        tell(shop, "cup")
        stream.events(1)
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        client = shop.client(shop.credentials["native"]["api_key"])
        deadline = time.monotonic() + SECONDS_MAX
        item = {"id": "mug", "kind": "product_viewed", "product_id": "mug", "visitor": "ada"}
        while client.post("/v1/events", json=[item]).status_code != 200:
            assert time.monotonic() < deadline
        assert [one["subject"] for one in stream.events(1)] == ["mug"]


@pytest.fixture
def servers(database_url: str) -> Iterator[list[Server]]:
    """Two servers on one database."""
    with running_servers(database_url, 2) as servers:
        yield servers


def test_every_server_tells_what_any_of_them_took(servers: list[Server]) -> None:
    with new_shop(servers) as shop:
        there = shop.at(servers[1].url)
        with heard(shop) as here, heard(there) as beyond:
            for number in range(10):
                tell(there if number % 2 else shop, f"i{number}")
            told = here.events(10)
            assert sorted(one["subject"] for one in told) == [f"i{number}" for number in range(10)]
            assert beyond.events(10) == told == ledger(shop)


def test_streams_end_with_the_server(sqlite_url: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(running_server(sqlite_url))
        shop = stack.enter_context(new_shop(server))
        stream = stack.enter_context(heard(shop))
        tell(shop, "mug")
        stream.events(1)
        server.stop()
        assert stream.rest() == []
