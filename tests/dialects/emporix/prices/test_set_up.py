"""Price models and prices: docs/wire/emporix.md, 8, format B."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import JSON, NUMBERS, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, told

MODEL: dict[str, Any] = {
    "name": {"en": "Per 100 g"},
    "includesTax": True,
    "includesMarkup": False,
    "measurementUnit": {"quantity": 100, "unitCode": "g"},
    "tierDefinition": {
        "tierType": "VOLUME",
        "tiers": [{"minQuantity": {"quantity": at, "unitCode": "g"}} for at in (0, 500, 1000)],
    },
}


def price_of(model: str, *values: object, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "itemId": {"itemType": "PRODUCT", "id": "mug"},
        "currency": "EUR",
        "location": {"countryCode": "DE"},
        "priceModelId": model,
        "restrictions": {"siteCodes": ["main"], "validity": {"from": "2022-04-01T00:00:00.000Z"}},
        "tierValues": [{"priceValue": value} for value in values],
    }
    return body | more


def tiers(*minima: object, kind: str = "VOLUME") -> dict[str, Any]:
    return {"tierType": kind, "tiers": [{"minQuantity": {"quantity": at, "unitCode": "pc"}} for at in minima]}


@pytest.fixture
def models(shop: Shop) -> str:
    return f"/price/{shop.name}/priceModels"


@pytest.fixture
def prices(shop: Shop) -> str:
    return f"/price/{shop.name}/prices"


def test_a_model_is_created_read_replaced_and_deleted(shop: Shop, models: str) -> None:
    created = shop.service.post(models, json=MODEL)
    assert created.status_code == 201, told(created)
    id = created.json()["id"]
    assert set(created.json()) == {"id"}
    model = shop.service.get(f"{models}/{id}").json()
    assert model["metadata"]["version"] == 1
    assert model["name"] == {"en": "Per 100 g"}
    ids = [tier["id"] for tier in model["tierDefinition"]["tiers"]]
    assert len(set(ids)) == 3
    model["name"] = "Renamed"
    assert shop.service.put(f"{models}/{id}", json=model).status_code == 204
    again = shop.service.get(f"{models}/{id}").json()
    assert (again["name"], again["metadata"]["version"]) == ("Renamed", 2)
    assert [tier["id"] for tier in again["tierDefinition"]["tiers"]] == ids
    assert shop.service.get(models).json() == [again]
    assert shop.service.delete(f"{models}/{id}").status_code == 204
    missing = shop.service.get(f"{models}/{id}")
    assert missing.status_code == 404
    assert missing.json() == {
        "code": 404,
        "status": "Not Found",
        "message": f"Price model with id {id} has not been found.",
    }


def test_a_stale_version_is_a_conflict(shop: Shop, models: str) -> None:
    id = shop.service.post(models, json=MODEL).json()["id"]
    assert shop.service.put(f"{models}/{id}", json=MODEL | {"metadata": {"version": 1}}).status_code == 204
    stale = shop.service.put(f"{models}/{id}", json=MODEL | {"metadata": {"version": 1}})
    assert stale.json() == {
        "code": 409,
        "status": "Conflict",
        "message": "The object that you are trying to update has already changed. Please refresh and try again!",
    }


def test_a_basic_model_needs_no_tiers(shop: Shop, models: str) -> None:
    body = {"name": "Plain", "includesTax": False, "tierDefinition": {"tierType": "BASIC"}}
    id = shop.service.post(models, json=body | {"measurementUnit": {"quantity": 0, "unitCode": "pc"}}).json()["id"]
    (tier,) = shop.service.get(f"{models}/{id}").json()["tierDefinition"]["tiers"]
    assert tier == {"minQuantity": {"quantity": 0, "unitCode": "pc"}, "id": tier["id"]}


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        (tiers(1, 2), "the first tier must start at 0"),
        (tiers(0, 5, 5), "ascending order"),
        (tiers(0, 5, 3), "ascending order"),
        (tiers(0, 5, kind="BASIC"), "a BASIC model has a single tier"),
        (tiers(kind="TIERED"), "needs at least one tier"),
        (tiers(0, "0.0001"), "at most three decimal places"),
        (tiers(*range(101)), "at most 100 tiers"),
        ({"tierType": "VOLUME", "tiers": [{"minQuantity": {"quantity": 0, "unitCode": "kg"}}]}, "unitCode"),
        ({"tierType": "STAIRS"}, "Invalid enum value"),
    ],
)
def test_tiers_that_mean_nothing_are_refused(shop: Shop, models: str, definition: object, said: str) -> None:
    body = MODEL | {"measurementUnit": {"quantity": 1, "unitCode": "pc"}, "tierDefinition": definition}
    response = shop.service.post(models, json=body)
    assert response.status_code == 400, told(response)
    assert set(response.json()) == {"code", "status", "message", "details"}
    assert said in " ".join(response.json()["details"])


def test_a_price_is_created_read_replaced_and_deleted(shop: Shop, prices: str) -> None:
    shop.site()
    model = shop.price_model(tiers=(0, 5, 10))
    created = shop.service.post(prices, json=price_of(model, 15.99, 14.99, "13.99"))
    assert created.status_code == 201, told(created)
    id = created.json()["id"]
    assert created.headers["location"] == f"{prices}/{id}"
    price = shop.guest().get(f"{prices}/{id}").json()
    assert [tier["priceValue"] for tier in price["tierValues"]] == [15.99, 14.99, 13.99]
    assert '"priceValue":13.99' in shop.service.get(f"{prices}/{id}").text
    assert all(tier["id"] for tier in price["tierValues"])
    assert shop.service.put(f"{prices}/{id}", json=price | {"currency": "USD"}).status_code == 204
    assert shop.service.get(f"{prices}/{id}").json()["currency"] == "USD"
    assert shop.service.delete(f"{prices}/{id}").status_code == 204
    assert shop.service.get(f"{prices}/{id}").status_code == 404


def test_a_put_creates_what_is_not_there(shop: Shop, prices: str) -> None:
    shop.site()
    model = shop.price_model()
    response = shop.service.put(f"{prices}/mine", json=price_of(model, 1))
    assert (response.status_code, response.json()) == (201, {"id": "mine"})
    taken = shop.service.post(prices, json=price_of(model, 1, id="mine"))
    assert taken.json()["message"] == "Price with id mine already exists."
    assert taken.status_code == 409


def test_values_that_name_their_tiers_are_put_in_order(shop: Shop, models: str, prices: str) -> None:
    shop.site()
    model = shop.price_model(tiers=(0, 10))
    first, second = (tier["id"] for tier in shop.service.get(f"{models}/{model}").json()["tierDefinition"]["tiers"])
    swapped = [{"id": second, "priceValue": 8}, {"id": first, "priceValue": 9}]
    id = shop.service.post(prices, json=price_of(model, tierValues=swapped)).json()["id"]
    assert shop.service.get(f"{prices}/{id}").json()["tierValues"] == [swapped[1], swapped[0]]
    foreign = [{"id": first, "priceValue": 8}, {"id": "other", "priceValue": 9}]
    refused = shop.service.post(prices, json=price_of(model, tierValues=foreign))
    assert refused.status_code == 400
    assert "must be those of the price model's tiers" in refused.json()["message"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"priceModelId": "nowhere"}, "priceModelId: Price model with id nowhere has not been found."),
        ({"tierValues": []}, "there must be 1 to 100 tierValues"),
        ({"tierValues": [{"priceValue": 1}] * 2}, "the price model has 1 tier(s), but there are 2 tierValues"),
        ({"currency": "EURO"}, "currency must be an ISO 4217 code, not 'EURO'"),
        ({"itemId": {"itemType": "SKU", "id": "1"}}, "prices are kept for a PRODUCT, not for a SKU"),
        ({"itemId": {"itemType": "PRODUCT", "id": ""}}, "itemId.id must be 1 to 255 characters"),
        ({"itemId": None}, "Expected"),
        ({"location": {"countryCode": "Germany"}}, "countryCode must be an ISO 3166 code"),
        ({"restrictions": {"siteCodes": ["abcd"]}}, "The site(s) with code(s):[abcd] do(es) not exist on tenant:"),
        ({"restrictions": {"validity": {"from": "soon"}}}, "'soon' is not a date and time in ISO 8601"),
        ({"restrictions": {"validity": {"from": "2025-01-02", "to": "2025-01-01"}}}, "from must not be after to"),
        ({"salePrice": {"discountRate": 101}}, "discountRate must be 0 to 100 percent"),
        ({"salePrice": {"discountAmount": -1}}, "must not be negative"),
        ({"tierValues": [{"priceValue": 10**12}]}, "must be an amount below 10^12"),
        ({"id": "a/b"}, "id must be 1 to 255 characters without slashes"),
        ({"id": 5}, "Expected `str`, got `int`".replace("`", "'")),
    ],
)
def test_a_price_that_means_nothing_is_refused(shop: Shop, prices: str, change: dict[str, Any], said: str) -> None:
    shop.site()
    response = shop.service.post(prices, json=price_of(shop.price_model(), 1) | change)
    assert response.status_code == 400, told(response)
    assert said in " ".join(response.json()["details"])
    assert shop.service.get(prices).json() == []


@pytest.mark.parametrize("value", NUMBERS)
def test_amounts_that_are_no_amounts_are_refused(shop: Shop, models: str, prices: str, value: str) -> None:
    model = shop.price_model()
    body = '{"itemId": {"id": "mug"}, "currency": "EUR", "priceModelId": "%s", "tierValues": [{"priceValue": %s}]}'
    check_refusal(value, shop.service.post(prices, content=body % (model, value), headers=JSON))
    body = '{"name": "x", "measurementUnit": {"quantity": %s}}'
    check_refusal(value, shop.service.post(models, content=body % value, headers=JSON))


def test_hostile_bodies_are_refused(shop: Shop, models: str, prices: str) -> None:
    for method, path in (("POST", models), ("PUT", f"{models}/x"), ("POST", prices), ("PUT", f"{prices}/x")):
        for _, response in refuses(shop.service, method, path):
            assert response.json()["code"] == response.status_code
    for path in (f"{prices}/bulk", f"{prices}/search"):
        assert len(list(refuses(shop.service, "POST", path))) > 5


def test_every_door_is_shut_to_strangers(shop: Shop, shared_server: Server, models: str, prices: str) -> None:
    calls: list[tuple[str, str, Any]] = [
        ("POST", models, MODEL),
        ("POST", prices, price_of("x", 1)),
        ("POST", f"{prices}/bulk", []),
        ("PUT", f"{prices}/bulk", []),
        *((method, f"{path}/x", {}) for path in (models, prices) for method in ("PUT", "PATCH")),
        *(("DELETE", f"{path}/x", None) for path in (models, prices)),
    ]
    with new_shop(shared_server) as other:
        check_doors(shop, other, calls)
    assert shop.service.get("/price/ab/prices").json()["code"] == 400


def test_a_bulk_call_answers_for_each_price(shop: Shop, prices: str) -> None:
    shop.site()
    model = shop.price_model()
    good, bad = price_of(model, 1, id="one"), price_of("nowhere", 1, id="two")
    response = shop.service.post(f"{prices}/bulk", json=[good, bad, good, {}, price_of(model, 2)])
    assert response.status_code == 207, told(response)
    lines = response.json()
    assert lines[0] == {"index": 0, "id": "one", "code": 201, "status": "CREATED"}
    assert (lines[1]["code"], lines[1]["status"]) == (400, "BAD_REQUEST")
    assert lines[1]["message"] == "priceModelId: Price model with id nowhere has not been found."
    assert [line["code"] for line in lines] == [201, 400, 409, 400, 201]
    assert lines[4]["id"] != lines[0]["id"]
    changed = shop.service.put(f"{prices}/bulk", json=[good | {"currency": "USD"}, price_of(model, 3, id="three")])
    assert [line["status"] for line in changed.json()] == ["NO_CONTENT", "CREATED"]
    assert shop.service.get(f"{prices}/one").json()["currency"] == "USD"
    too_many = shop.service.post(f"{prices}/bulk", json=[{}] * 201)
    assert too_many.status_code == 400
    assert too_many.json()["details"] == ["Maximum size of the payload array is 200."]


def test_a_retried_bulk_call_is_answered_as_the_first(shop: Shop, prices: str) -> None:
    shop.site()
    bodies = [price_of(shop.price_model(), 1)]
    first, second = (
        shop.service.post(f"{prices}/bulk", json=bodies, headers={"Idempotency-Key": "bulk-1"}) for _ in range(2)
    )
    assert first.content == second.content
    assert len(shop.service.get(prices).json()) == 1


def test_prices_are_listed_by_what_they_are_for(shop: Shop, prices: str) -> None:
    shop.site()
    model = shop.price_model()
    for product, currency in (("mug", "EUR"), ("mug", "USD"), ("tea", "EUR")):
        shop.service.post(prices, json=price_of(model, 1, currency=currency, itemId={"id": product}))

    def found(**query: str) -> list[tuple[str, str]]:
        listed = shop.service.get(prices, params=query)
        assert listed.status_code == 200, told(listed)
        return [(price["itemId"]["id"], price["currency"]) for price in listed.json()]

    assert found() == [("mug", "EUR"), ("mug", "USD"), ("tea", "EUR")]
    assert found(pageSize="1", pageNumber="2") == [("mug", "USD")]
    assert found(itemId="mug") == [("mug", "EUR"), ("mug", "USD")]
    assert found(currency="EUR", itemId="mug") == [("mug", "EUR")]
    assert found(siteCode="main", country="AT") == []
    assert found(q="itemId.id:(mug,tea) currency:EUR") == [("mug", "EUR"), ("tea", "EUR")]
    assert found(q="currency:~US") == [("mug", "USD")]
    assert found(q="salePrice:exists") == []
    assert found(q="salePrice:missing metadata.version:(>=1 AND <2)") == found()
    counted = shop.service.get(prices, params={"itemId": "mug"}, headers={"X-Total-Count": "true"})
    assert counted.headers["x-total-count"] == "2"
    for q in ("nonsense", "a:(b", "a:", ":b", "a:b" * 2000):
        refused = shop.service.get(prices, params={"q": q})
        assert refused.status_code == 400, q


def test_prices_are_searched_by_items_and_by_query(shop: Shop, prices: str) -> None:
    shop.site()
    id = shop.service.post(prices, json=price_of(shop.price_model(), 1)).json()["id"]
    grouped = shop.service.post(f"{prices}/search", json={"itemIds": ["mug", "tea"], "currency": "EUR"})
    assert grouped.status_code == 200, told(grouped)
    assert [(group["itemId"], len(group["prices"])) for group in grouped.json()] == [("mug", 1), ("tea", 0)]
    (price,) = shop.service.post(f"{prices}/search", json={"q": f"id:{id}"}).json()
    assert price["id"] == id
    assert shop.service.post(f"{prices}/search", json={}).status_code == 400
    # A search only reads: it takes no key, and keeps nothing for one.
    keyed = shop.service.post(f"{prices}/search", json={"q": f"id:{id}"}, headers={"Idempotency-Key": "search-1"})
    assert keyed.status_code == 200, told(keyed)
