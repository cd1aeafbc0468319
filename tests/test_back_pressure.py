"""Searches that fill their lane, over HTTP: others are served, and too many are told so in the dialect's words.

The searches are real ones, over many products, by conditions that no index and no text answers.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.harness import Server, new_shop, running_server
from tests.shop import NO_CERTIFICATES, Shop, told
from tillroll.app import described_routes
from tillroll.dialects.http import Inbound
from tillroll.settings import Settings
from tillroll.store.readers import lanes

SEARCHES = lanes(1)["search"]
PRODUCTS = 2_000
BATCH = 200
# Decodes every product, and none of them has it.
SLOW = {"q": "mixins.nothing.at.all:exists"}


@pytest.fixture
def patient_server(database_url: str) -> Iterator[Server]:
    """A server whose requests may take as long as they take on a slow day."""
    with running_server(database_url, settings={"request_seconds": 100}) as server:
        yield server


@pytest.fixture
def shop(patient_server: Server) -> Iterator[Shop]:
    """A shop with many products."""
    with new_shop(patient_server) as shop:
        for start in range(0, PRODUCTS, BATCH):
            batch = [product(number) for number in range(start, start + BATCH)]
            answer = shop.service.post(f"/product/{shop.name}/products/bulk", json=batch)
            assert answer.status_code == 207, told(answer)
        yield shop


def product(number: int) -> dict[str, Any]:
    """A product that takes a while to decode."""
    facts = {f"fact{n}": {"value": n} for n in range(120)}
    return {"id": f"p{number}", "code": f"P{number}", "name": {"en": "Pot"}, "published": True, "facts": facts}


def token_of(client: httpx.Client) -> dict[str, str]:
    """The header that says who asks."""
    return {"authorization": client.headers["authorization"]}


def test_a_product_is_read_while_searches_fill_their_lane(shop: Shop) -> None:
    guests = [token_of(shop.guest()) for _ in range(6)]
    products = f"/product/{shop.name}/products"
    order: list[str] = []

    async def scene() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=shop.url, limits=limits, timeout=100, trust_env=False, verify=NO_CERTIFICATES
        ) as client:

            async def search(guest: dict[str, str]) -> httpx.Response:
                answer = await client.get(products, params=SLOW, headers=guest)
                order.append("search" if answer.status_code == 200 else "refused")
                if answer.status_code == 503:
                    full.set()
                return answer

            full = asyncio.Event()
            searches = [asyncio.create_task(search(guest)) for _ in range(8) for guest in guests]
            await full.wait()
            answer = await client.get(f"{products}/p7", headers=guests[0])
            assert answer.status_code == 200, told(answer)
            order.append("product")
            return await asyncio.gather(*searches)

    answers = asyncio.run(scene())
    assert "search" in order[order.index("product") :]  # one was still waiting
    assert {answer.status_code for answer in answers} == {200, 503}
    assert sum(answer.status_code == 200 for answer in answers) >= SEARCHES.waiting_max // 2
    for refused in (answer for answer in answers if answer.status_code == 503):
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["content-type"] == "application/json"
        body = refused.json()
        assert (body["code"], body["status"]) == (503, "Service Unavailable")
        assert "busy" in body["message"]


def test_one_guest_leaves_room_for_the_search_of_another(shop: Shop) -> None:
    greedy, modest = token_of(shop.guest()), token_of(shop.guest())
    products = f"/product/{shop.name}/products"

    async def scene() -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=shop.url, limits=limits, timeout=100, trust_env=False, verify=NO_CERTIFICATES
        ) as client:

            async def search() -> int:
                status = (await client.get(products, params=SLOW, headers=greedy)).status_code
                if status == 503:
                    full.set()
                return status

            full = asyncio.Event()
            crowd = [asyncio.create_task(search()) for _ in range(20)]
            await full.wait()
            answer = await client.get(products, params={"q": "code:P7"}, headers=modest)
            assert [found["id"] for found in answer.json()] == ["p7"]
            assert not all(task.done() for task in crowd)
            await asyncio.gather(*crowd)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "list"),
        ("pageNumber=2&pageSize=10", "list"),
        ("fields=id", "list"),
        ("q=name:x", "search"),
        ("%71=name:x", "search"),
        ("pageNumber=2&sort=name", "search"),
        ("siteCode=main", "search"),
    ],
)
def test_a_list_becomes_a_search_when_it_is_asked_for_more_than_a_page(query: str, expected: str) -> None:
    _, routes = described_routes(Settings())
    (route,) = [one for one in routes if (one.method, one.path) == ("GET", "/product/{tenant}/products")]
    assert callable(route.reads)
    asked = Inbound("GET", "/", {}, query.encode(), [], b"", "", 0, "")
    assert route.reads(asked) == expected


def test_what_reads_much_is_no_point_read() -> None:
    _, routes = described_routes(Settings())
    points = {one.path for one in routes if one.reads == "point" and not one.writes and one.alone is None}
    lists = {path for path in points if f"{path}/{{id}}" in points and "carts" not in path and "/me" not in path}
    assert lists == set()
    assert not [path for path in points if path.endswith(("/search", "/report", "/export", "/sheet", "/events"))]
    assert not [path for path in points if "/stats/" in path or "/topstats/" in path]
