"""What clients of every age send: events by name with any method, and the paths of versions 4 and 5."""

import pytest

from tests.dialects.doofinder.client import SESSION, SearchShop


def kinds(search: SearchShop) -> list[str]:
    """What the ledger has, in its order, and that nothing of it was refused."""
    events = search.events()
    assert {one["outcome"] for one in events} <= {"accepted"}
    return [one["kind"] for one in events]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_an_event_may_be_sent_by_its_name_with_any_method(search: SearchShop, method: str) -> None:
    for event in ("init", "checkout", "scrolled"):
        answer = search.http.request(
            method, f"/6/{search.hashid}/stats/{event}", params={"session_id": SESSION}, headers=search.token
        )
        assert (answer.status_code, answer.json()) == (200, {"status": "registered"})
    assert kinds(search) == ["init", "checkout", "other"]


@pytest.mark.parametrize("version", ["4", "5"])
def test_the_oldest_clients_say_everything_in_the_path(search: SearchShop, version: str) -> None:
    dfid = f"{search.hashid}@product@{'a' * 32}"
    for path in (f"init/{search.hashid}", f"click/{search.hashid}/{dfid}/red%20shoes", f"seen/{search.hashid}/{dfid}"):
        answer = search.http.get(f"/{version}/hit/{SESSION}/{path}", headers=search.token)
        assert (answer.status_code, answer.content) == (200, b'"OK"')
    answer = search.http.get(
        f"/{version}/stats/click", params={"session_id": SESSION, "dfid": dfid}, headers=search.token
    )
    assert (answer.status_code, answer.content) == (200, b'"OK"')
    assert kinds(search) == ["init", "click", "other", "click"]
    assert [(one["subject"], one["detail"]) for one in search.events(kind="click")] == [
        (dfid, "red shoes"),
        (dfid, None),
    ]
    assert search.http.get(f"/{version}/nothing").headers["access-control-allow-origin"] == "*"


def test_an_item_has_an_older_name_and_may_have_no_title(search: SearchShop) -> None:
    asked = {"hashid": search.hashid, "session_id": SESSION, "item": "SKU 1", "amount": "1"}
    assert search.http.get("/5/stats/add-to-cart", params=asked, headers=search.token).content == b'"OK"'
    body = {"id": "SKU 1", "index": "product", "title": None, "amount": 2}
    answer = search.http.put(f"/6/{search.hashid}/stats/cart/{SESSION}", json=body, headers=search.token)
    assert answer.status_code == 200, answer.text
    assert kinds(search) == ["cart_add", "cart_add"]
    del body["title"]
    refused = search.http.put(f"/6/{search.hashid}/stats/cart/{SESSION}", json=body, headers=search.token)
    assert refused.json() == {"error": 'Following fields are missing: ["title"]'}
