"""Carts by search, and chains of commands on one cart (docs/wire/emporix.md, 5)."""

from typing import Any

import httpx
import pytest

from tests.dialects.emporix.hostile import check_refusal, refuses
from tests.shop import Guest, Shop, send, succeeded, told


class Basket:
    """A guest's cart with a mug in it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.guest: Guest = shop.guest()
        self.id = shop.cart(self.guest, ["mug"])
        self.path = f"/cart/{shop.name}/carts/{self.id}"

    def run(self, *commands: dict[str, Any], query: str = "", client: httpx.Client | None = None) -> httpx.Response:
        return send(client or self.guest, "POST", f"{self.path}/execute{query}", {"commands": list(commands)})

    def results(self, *commands: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = succeeded(self.run(*commands, query=query), 207)["results"]
        return found

    def version(self) -> int:
        version: int = succeeded(self.guest.get(self.path), 200)["metadata"]["version"]
        return version


@pytest.fixture
def basket(shop: Shop) -> Basket:
    shop.standard()
    return Basket(shop)


def update(quantity: int, **options: Any) -> dict[str, Any]:
    return {
        "type": "UpdateCartItem",
        "data": {"quantity": quantity},
        "options": {"itemId": "0", "partial": True} | options,
    }


# -------------------------------------------------------------------------------------------------------------- chains


def test_a_chain_runs_in_order_and_answers_as_the_calls_would(basket: Basket) -> None:
    code = basket.shop.coupon()
    results = basket.results(
        {"type": "AddCartItem", "data": basket.shop.item("tea", 2)},
        update(3),
        {"type": "ApplyCartDiscount", "data": {"code": code}},
        {"type": "GetCart"},
        {"type": "ValidateCart"},
        {"type": "GetCartDiscounts"},
        {"type": "DeleteCartDiscount", "options": {"discountIndex": "0"}},
        {"type": "DeleteCartItem", "options": {"itemId": "1"}},
        {"type": "RefreshCart"},
        {"type": "GetCart", "options": {"expandCalculation": False}},
    )
    assert [(one["index"], one["type"]) for one in results][:2] == [(0, "AddCartItem"), (1, "UpdateCartItem")]
    assert [one["code"] for one in results] == [201, 204, 201, 200, 200, 200, 204, 204, 204, 200]
    assert results[0]["status"] == "Created"
    assert results[0]["data"]["itemId"] == "1"
    assert results[0]["headers"] == {"location": f"{basket.path}/items/1"}
    assert "data" not in results[1]
    cart = results[3]["data"]
    assert [(item["id"], item["quantity"]) for item in cart["items"]] == [("0", 3), ("1", 2)]
    assert cart["calculatedPrice"]["finalPrice"]["grossValue"] == pytest.approx(0.9 * (3 * 11.9 + 21.4))
    assert results[4]["data"] == {"isValid": True}
    assert [one["code"] for one in results[5]["data"]] == [code]
    assert "calculatedPrice" not in results[9]["data"]
    assert results[9]["data"]["items"] == basket.guest.get(f"{basket.path}?expandCalculation=false").json()["items"]


def test_a_chain_of_batches_and_whole_changes(basket: Basket) -> None:
    results = basket.results(
        {"type": "DeleteCartItems"},
        {"type": "AddCartItemsBatch", "data": [basket.shop.item("tea"), {"quantity": 1}]},
        {"type": "UpdateCartItemsBatch", "data": [{"id": "1", "quantity": 4}], "options": {"partial": True}},
        {"type": "UpdateCart", "data": {"channel": {"name": "app"}}},
        {"type": "DeleteCartDiscounts", "options": {"codes": ["A", "B"]}},
    )
    assert [one["code"] for one in results] == [204, 200, 207, 204, 204]
    assert [one["status"] for one in results[1]["data"]] == [201, 400]
    cart = succeeded(basket.guest.get(basket.path), 200)
    assert ([item["quantity"] for item in cart["items"]], cart["channel"]) == ([4], {"name": "app"})


def test_a_chain_ends_at_the_first_refusal_unless_it_is_to_go_on(basket: Basket) -> None:
    gone = {"type": "DeleteCartItem", "options": {"itemId": "9"}}
    results = basket.results(update(2), gone, update(5))
    assert [one["code"] for one in results] == [204, 404]
    assert results[1]["data"]["message"] == f"Cart item not found in cart {basket.id} with code 9"
    assert basket.guest.get(f"{basket.path}/items/0").json()["quantity"] == 2
    results = basket.results(gone, {"type": "AddCartItem", "data": {"quantity": 0}}, update(5), query="?onError=resume")
    assert [one["code"] for one in results] == [404, 400, 204]
    assert basket.guest.get(f"{basket.path}/items/0").json()["quantity"] == 5


def test_versions_are_compared_as_the_chain_says(basket: Basket) -> None:
    now = basket.version()
    explicit = "?versioning=explicit&onError=resume"
    results = basket.results(
        update(2, resourceVersion=now),
        update(3, resourceVersion=now + 1),
        update(4, resourceVersion=now + 1),
        {"type": "GetCart"},
        query=explicit,
    )
    assert [one["code"] for one in results] == [204, 204, 409, 200]
    assert results[2]["data"]["message"].startswith(
        "The version of the object that you are trying to update has already"
    )
    assert results[3]["data"]["metadata"]["version"] == basket.version() == now + 2
    follow = basket.results(update(5, resourceVersion=now + 2), update(6), query="?versioning=follow")
    assert [one["code"] for one in follow] == [204, 204]
    stale = basket.results(update(7, resourceVersion=now), update(8), query="?versioning=follow")
    assert [one["code"] for one in stale] == [409]
    assert [one["code"] for one in basket.results(update(9, resourceVersion=1))] == [204]
    assert basket.guest.get(f"{basket.path}/items/0").json()["quantity"] == 9


@pytest.mark.parametrize(
    ("body", "query", "said"),
    [
        ({"commands": []}, "", "commands must contain between 1 and 10 entries"),
        ({}, "", "commands must contain between 1 and 10 entries"),
        ({"commands": [{"type": "GetCart"}] * 11}, "", "commands must contain at most 10 entries"),
        ({"commands": [{"type": "CreateCart"}]}, "", "Unknown command type: CreateCart"),
        ({"commands": [{"type": "GetCart"}, {"data": 1}]}, "", "type is required"),
        ({"commands": [{"type": "DeleteCartItem"}]}, "", "options.itemId is required on command type DeleteCartItem"),
        ({"commands": [{"type": "GetCart"}]}, "?versioning=lock", "Invalid versioning value: lock. Expected skip"),
        ({"commands": [{"type": "GetCart"}]}, "?onError=stop", "Invalid onError value: stop. Expected fail"),
        (
            {"commands": [{"type": "AddCartItem", "data": {}}]},
            "?versioning=explicit",
            "versioning=explicit requires options.resourceVersion on participating command type AddCartItem",
        ),
        ({"commands": [{"type": "GetCart", "options": {"resourceVersion": 10**30}}]}, "", "options.resourceVersion"),
    ],
)
def test_a_chain_that_can_not_be_runs_nothing(basket: Basket, body: Any, query: str, said: str) -> None:
    before = basket.version()
    refused = send(basket.guest, "POST", f"{basket.path}/execute{query}", body)
    assert refused.status_code == 400, told(refused)
    assert said in refused.text
    assert basket.version() == before


def test_a_chain_is_for_its_owner_and_can_not_set_prices(basket: Basket) -> None:
    assert basket.run({"type": "GetCart"}, client=basket.shop.guest()).status_code == 404
    assert basket.run({"type": "GetCart"}, client=basket.shop.client()).status_code == 401
    stolen = basket.shop.item("tea") | {"externalDiscounts": [{"id": "all", "discountType": "PERCENT", "value": 100}]}
    results = basket.results({"type": "AddCartItem", "data": stolen})
    assert (results[0]["code"], len(results)) == (403, 1)
    for name, response in refuses(basket.guest, "POST", f"{basket.path}/execute"):
        check_refusal(name, response)


def test_a_repeated_chain_runs_once(basket: Basket) -> None:
    body = {"commands": [{"type": "AddCartItem", "data": basket.shop.item("tea")}]}
    answers = [
        send(basket.guest, "POST", f"{basket.path}/execute", body, headers={"idempotency-key": "1"}) for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
    assert [item["quantity"] for item in basket.guest.get(basket.path).json()["items"]] == [1, 1]


# -------------------------------------------------------------------------------------------------------------- search


def found(client: httpx.Client, shop: Shop, q: str = "", **query: str) -> list[str]:
    answer = client.post(f"/cart/{shop.name}/carts/search", json={"q": q}, params=query)
    assert answer.status_code == 200, told(answer)
    return [cart["id"] for cart in answer.json()]


def test_a_shopper_finds_the_own_carts_and_a_back_office_all(basket: Basket) -> None:
    shop, other = basket.shop, basket.shop.guest()
    foreign = shop.cart(other)
    wishes = shop.cart(basket.guest, type="wishlist")
    assert found(basket.guest, shop) == [wishes, basket.id]
    assert found(basket.guest, shop, f"id:{foreign}") == []
    assert found(basket.guest, shop, "customerId:C1") == []
    assert found(basket.guest, shop, "type:wishlist") == [wishes]
    assert found(basket.guest, shop, "items.itemYrn:~mug") == [basket.id]
    assert found(shop.service, shop) == [wishes, foreign, basket.id]
    assert found(shop.service, shop, f"id:({foreign},{basket.id})") == [foreign, basket.id]
    assert found(shop.service, shop, f"sessionId:{basket.guest.session_id}") == [wishes, basket.id]
    assert found(shop.service, shop, pageSize="1", pageNumber="2") == [foreign]
    succeeded(shop.checkout(basket.guest, shop.order_request(basket.id)), 200)
    assert found(basket.guest, shop, "status:OPEN") == [wishes]
    closed = basket.guest.post(f"/cart/{shop.name}/carts/search", json={"q": "status:CLOSED"}).json()
    assert [(cart["id"], cart["status"]) for cart in closed] == [(basket.id, "CLOSED")]
    for q in ("(", 7, ["a"]):
        refused = basket.guest.post(f"/cart/{shop.name}/carts/search", json={"q": q})
        assert refused.status_code == 400, told(refused)


def test_a_validated_session_keeps_other_sessions_out(basket: Basket) -> None:
    guarded = basket.shop.cart(basket.guest, type="guarded", sessionValidated=True)
    path = f"/cart/{basket.shop.name}/carts/{guarded}"
    for client in (basket.guest, basket.shop.service):
        assert client.get(path, headers={"session-id": "another"}).status_code == 403
        refused = client.put(path, json={"zipCode": "1"}, headers={"session-id": "another"})
        assert refused.status_code == 403
        assert client.get(path, headers={"session-id": basket.guest.session_id}).status_code == 200
        assert client.get(path).status_code == 200
