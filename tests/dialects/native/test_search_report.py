"""What a shop's search brought, over HTTP: sessions, clicks and the sale that followed."""

import time
from typing import Any

from tests.refusals import assert_refused
from tests.shop import Shop, succeeded

SECONDS_MAX = 20


def test_a_session_that_searched_clicked_and_bought_is_reported(shop: Shop) -> None:
    keys = shop.credentials["doofinder"]
    hashid, session = keys["hashid"], {"session_id": "a" * 32}
    client, headers = shop.client(), {"authorization": f"Token {keys['api_key']}"}

    def put(path: str, **body: Any) -> None:
        succeeded(client.put(f"/6/{hashid}/stats/{path}", headers=headers, json=session | body), 200)

    put("init")
    put("click", dfid=f"{hashid}@product@{'0' * 32}", query="red mugs")
    put(f"cart/{session['session_id']}", index="product", id="mug", title="Mug", amount=2, price=12.5)
    put("checkout")
    office = shop.client(shop.credentials["native"]["api_key"])
    deadline = time.monotonic() + SECONDS_MAX
    while (found := succeeded(office.get("/v1/reports/search"), 200))["checkouts"] != 1:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    assert (found["sessions"], found["clicks"], found["orders"], found["sales_minor"]) == (1, 1, 1, 2500)
    assert (found["conversion"], found["clicks_per_session"], found["average_order_minor"]) == (1, 1, 2500)
    assert found["items"] == [{"name": f"{hashid}@product@{'0' * 32}", "clicks": 1}]
    assert found["queries"] == [{"name": "red mugs", "clicks": 1}]
    assert found["sold_queries"] == [{"query": "red mugs", "orders": 1, "sales_minor": 2500}]
    assert [(one["sessions"], one["sales_minor"]) for one in found["by"]] == [(1, 2500)]
    assert_refused(office.get("/v1/reports/search", params={"currency": "EUR"}), 400, "/v1/reports")
