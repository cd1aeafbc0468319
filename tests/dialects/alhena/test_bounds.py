"""What is kept of reports that say a lot, and of those that come too often."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.alhena.storefront import Visitor
from tests.harness import new_shop, running_server
from tests.shop import Shop, succeeded

LINES = [
    {"product_id": f"p{n}", "product_name": "x" * 400, "quantity": 1, "value": 1, "currency": "EUR"} for n in range(900)
]


def document(event: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The document of an event, and its size."""
    return event["document"], len(json.dumps(event["document"]))


def test_of_a_refused_checkout_some_lines_are_kept_and_it_says_so(shop: Shop) -> None:
    with shop.client() as client:
        visitor = Visitor(shop, client)
        answer = visitor.buy(line_items=LINES, headers={"x-tillroll-key": "wrong"})
        assert answer.status_code == 403
        said, size = document(visitor.events()[-1])
        assert (said["lineItemsCount"], said["truncated"] > 300_000) == (900, True)
        assert size < 8_000


def test_of_a_page_the_lines_of_a_large_cart_are_kept_and_of_a_back_end_all(shop: Shop) -> None:
    key = {"x-tillroll-key": shop.credentials["native"]["api_key"]}
    with shop.client() as client:
        visitor = Visitor(shop, client)
        assert visitor.talk().status_code == 200
        assert visitor.buy("O-1", line_items=LINES).status_code == 200
        assert visitor.buy("O-2", line_items=LINES, headers=key).status_code == 200
        page, back_end = (document(event) for event in visitor.events()[-2:])
        assert (page[0]["lineItemsCount"], page[1] < 72_000) == (900, True)
        assert len(back_end[0]["lineItems"]) == 900
        assert "truncated" not in back_end[0]


def test_metadata_of_a_page_is_short(shop: Shop) -> None:
    with shop.client() as client:
        visitor = Visitor(shop, client)
        assert visitor.talk(metadata={f"k{n}": "x" * 400 for n in range(50)}).status_code == 200
        said, size = document(visitor.events()[-1])
        assert said["truncated"] > 20_000
        assert size < 6_000


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Shop]:
    """A shop on a server that keeps two refused calls of an address a minute, and takes six of pages."""
    settings = {"refused_calls_per_minute": 2, "address_reports_per_minute": 6}
    with (
        running_server(f"sqlite:///{tmp_path / 'tillroll.db'}", settings=settings) as server,
        new_shop(server) as shop,
    ):
        yield shop


def test_reports_beyond_the_limits_are_counted_and_not_kept(limited: Shop) -> None:
    native = limited.credentials["native"]["api_key"]
    with limited.client() as client:
        visitor = Visitor(limited, client)
        wrong = [visitor.talk(headers={"x-tillroll-key": "wrong"}).status_code for _ in range(4)]
        assert wrong == [403, 403, 429, 429]
        assert [Visitor(limited, client).talk().status_code for _ in range(7)] == [200] * 6 + [429]
        assert [Visitor(limited, client).talk(headers={"x-tillroll-key": native}).status_code for _ in range(9)] == [
            200
        ] * 9
        bearer = {"authorization": f"Bearer {native}"}
        found = succeeded(client.get("/v1/events/outcomes", headers=bearer), 200)["outcomes"]
        counted = {(one["outcome"], one["reason"]): one["calls"] for one in found}
        assert counted == {("accepted", ""): 15, ("refused", "wrong_key"): 2, ("refused", "too_many"): 3}


def test_pages_tell_of_visits_as_often_as_of_all_else_together(limited: Shop) -> None:
    with limited.client() as client:
        visitor = Visitor(limited, client)
        calls = [("/v1/page_views", {}), ("/v1/product_views", {"product_id": "mug"}), ("/v1/conversations", {})] * 3
        answers = [visitor.send(path, **fields) for path, fields in calls]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 3
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers[6:])
