"""Price lists, their prices, and what they mean in a match, a cart and a checkout: docs/wire/emporix.md, 8."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import JSON, NUMBERS, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, send, succeeded, told

PUBLISHED: dict[str, Any] = {
    "name": {"en": "Germany price list"},
    "currency": "EUR",
    "countries": ["DE"],
    "customerGroups": ["group-1"],
    "siteCode": "main",
    "validity": {"from": "2022-05-01T00:00:00.000Z", "to": "2999-05-01T00:00:00.000Z"},
}


@pytest.fixture
def lists(shop: Shop) -> str:
    return f"/price/{shop.name}/price-lists"


def found(shop: Shop, *products: str, **criteria: Any) -> list[dict[str, Any]]:
    """What `match-prices` finds for one of each."""
    body = {"siteCode": "main", "targetCurrency": "EUR", "targetLocation": {"countryCode": "DE"}} | criteria
    items = [{"itemId": {"itemType": "PRODUCT", "id": id}, "quantity": {"quantity": 1}} for id in products]
    response = shop.service.post(f"/price/{shop.name}/match-prices", json=body | {"items": items})
    assert response.status_code == 200, told(response)
    answer: list[dict[str, Any]] = response.json()
    return answer


def test_a_list_lives_and_dies_with_its_prices(shop: Shop, lists: str) -> None:
    shop.standard()
    created = shop.service.post(lists, json=PUBLISHED | {"id": "germany"})
    assert (created.status_code, created.json()) == (201, {"id": "germany"})
    kept = shop.service.get(f"{lists}/germany").json()
    assert {name: kept[name] for name in PUBLISHED} == PUBLISHED
    price = shop.list_price("germany", "mug", "16.99")
    prices = f"{lists}/germany/prices"
    assert shop.service.get(f"{prices}/{price}").json()["tierValues"][0]["priceValue"] == 16.99
    assert [one["id"] for one in shop.service.get(prices).json()] == [price]
    changed = shop.service.put(f"{lists}/germany", json=PUBLISHED | {"currency": "PLN", "metadata": {"version": 1}})
    assert changed.status_code == 204, told(changed)
    assert shop.service.put(f"{lists}/germany", json=PUBLISHED | {"metadata": {"version": 1}}).status_code == 409
    assert shop.service.put(f"{lists}/other", json=PUBLISHED).status_code == 201
    assert shop.service.delete(f"{lists}/germany").status_code == 204
    assert shop.service.get(f"{lists}/germany").status_code == 404
    assert shop.service.get(prices).status_code == 404
    shop.service.post(lists, json=PUBLISHED | {"id": "germany"})
    assert shop.service.get(prices).json() == []


def test_lists_are_found_by_what_they_say(shop: Shop, lists: str) -> None:
    shop.site()
    for id, change in (
        ("a", {}),
        ("b", {"currency": "PLN", "countries": ["PL"], "customerGroups": ["group-2"]}),
        ("c", {"regions": ["EU"], "countries": [], "validity": {"to": "2023-01-01T00:00:00Z"}}),
    ):
        assert shop.service.post(lists, json=PUBLISHED | {"id": id} | change).status_code == 201

    def ids(**query: str) -> list[str]:
        response = shop.service.get(lists, params=query)
        assert response.status_code == 200, told(response)
        return [one["id"] for one in response.json()]

    assert ids() == ["a", "b", "c"]
    assert ids(currency="PLN") == ids(country="PL") == ids(customerGroup="group-2") == ["b"]
    assert ids(region="EU") == ["c"]
    assert ids(effectiveDate="2026-01-01T00:00:00Z") == ["a", "b"]
    assert ids(effectiveDate="2022-12-01T00:00:00Z", country="DE") == ["a"]
    assert ids(q="currency:EUR", site="main") == ["a", "c"]
    counted = shop.service.post(f"{lists}/search", json={"q": "id:(a,c)"}, headers={"X-Total-Count": "true"})
    assert ([one["id"] for one in counted.json()], counted.headers["x-total-count"]) == (["a", "c"], "2")
    assert shop.service.get(lists, params={"effectiveDate": "soon"}).status_code == 400


WRONG_LISTS: list[tuple[dict[str, Any], str]] = [
    ({"currency": "EURO"}, "currency: currency must be an ISO 4217 code, not 'EURO'"),
    ({"name": {}}, "name: name may not be empty"),
    ({"countries": ["Germany"]}, "countries: countries must be an ISO 3166 code of two letters, not 'Germany'"),
    (
        {"legalEntityId": "acme"},
        "customerGroups: Customer groups cannot be provided if there is a legal entity for the price list",
    ),
    ({"validity": {"from": "2025-01-01", "to": "2024-01-01"}}, "validity: from must not be after to"),
    (
        {"siteCode": "nowhere"},
        "The site(s) with code(s):[nowhere] do(es) not exist on tenant:{shop}. Please provide valid site codes",
    ),
]


def test_lists_that_mean_nothing_are_refused(shop: Shop, lists: str) -> None:
    shop.site()
    for change, detail in WRONG_LISTS:
        response = shop.service.post(lists, json=PUBLISHED | change)
        assert response.status_code == 400, told(response)
        assert detail.format(shop=shop.name) in response.json()["details"]
    assert shop.service.get(lists).json() == []


def test_a_price_that_can_not_be_kept_has_its_documented_code(shop: Shop, lists: str) -> None:
    shop.standard()
    shop.price_list(id="list")
    model = shop.price_model(tiers=(0, 5))
    body: dict[str, Any] = {"itemId": {"itemType": "PRODUCT", "id": "mug"}, "priceModelId": model}
    body |= {"tierValues": [{"priceValue": 2}, {"priceValue": 1}]}
    where = f"and tenant: {shop.name}"
    expected = {
        "PRICE-LIST-PRICE-CREATION-1": f"The price list with id: none {where} is not existing. "
        "Please provide a valid price list id.",
        "PRICE-LIST-PRICE-CREATION-2": f"The price model with id: none {where} is not existing. "
        "Please provide a valid price model id.",
        "PRICE-LIST-PRICE-CREATION-3": f"Tier values not valid with price model: {model} for tenant: {shop.name}.",
    }
    sent = [
        ("none", body),
        ("list", body | {"priceModelId": "none"}),
        ("list", body | {"tierValues": [{"priceValue": 1}]}),
    ]
    for (list_id, price), (code, message) in zip(sent, expected.items(), strict=True):
        for method, path in (("POST", f"{lists}/{list_id}/prices"), ("PUT", f"{lists}/{list_id}/prices/p")):
            refused = shop.service.request(method, path, json=price)
            assert refused.status_code == 400, told(refused)
            said = refused.json()
            assert (said["code"], said["errorCode"], said["status"]) == (400, code, "Bad Request")
            assert said["message"] == message
    assert shop.service.get(f"{lists}/list/prices").json() == []


def test_many_prices_are_written_and_deleted_at_once(shop: Shop, lists: str) -> None:
    shop.standard()
    shop.price_list(id="list")
    model = shop.price_model()
    prices = f"{lists}/list/prices"

    def price(id: str, product: str, amount: int) -> dict[str, Any]:
        item = {"itemType": "PRODUCT", "id": product}
        return {"id": id, "itemId": item, "priceModelId": model, "tierValues": [{"priceValue": amount}]}

    posted = shop.service.post(f"{prices}/bulk", json=[price("a", "mug", 1), price("b", "tea", 2), {"id": "c"}])
    assert posted.status_code == 207, told(posted)
    assert [(line["index"], line["id"], line["code"]) for line in posted.json()] == [
        (0, "a", 201),
        (1, "b", 201),
        (2, "c", 400),
    ]
    put = shop.service.put(f"{prices}/bulk", json=[price("a", "mug", 3), price("d", "mug", 4)])
    assert [line["code"] for line in put.json()] == [204, 201]
    mugs = shop.service.get(prices, params={"itemId": "mug"}).json()
    assert {one["id"]: one["tierValues"][0]["priceValue"] for one in mugs} == {"a": 3, "d": 4}
    assert [one["id"] for one in shop.service.post(f"{prices}/search", json={"q": "itemId.id:tea"}).json()] == ["b"]
    deleted = shop.service.request("DELETE", f"{prices}/bulk", json=["a", "d", "none"])
    assert deleted.status_code == 204, told(deleted)
    assert [one["id"] for one in shop.service.get(prices).json()] == ["b"]


def test_a_list_beats_a_cheaper_price_of_the_catalogue(shop: Shop) -> None:
    shop.standard()
    price_list = shop.price_list()
    dear = shop.list_price(price_list, "mug", 100)
    (mug,) = found(shop, "mug")
    assert (mug["priceId"], mug["priceListId"]) == (dear, price_list)
    assert (mug["effectiveValue"], mug["tax"]["prices"]["effectiveValue"]["netValue"]) == (119, 100)
    (tea,) = found(shop, "tea")
    assert "priceListId" not in tea


def test_the_most_exact_list_wins_and_then_the_lowest_value(shop: Shop) -> None:
    shop.standard()
    regions = {"key": "countryRegions", "value": {"EU": ["DE", "FR"]}}
    assert shop.service.post(f"/configuration/{shop.name}/configurations", json=[regions]).status_code == 201
    lists = {
        "everybody": shop.price_list(),
        "dearer": shop.price_list(),
        "region": shop.price_list(regions=["EU"]),
        "country": shop.price_list(countries=["DE"]),
        "group": shop.price_list(customerGroups=["vip"]),
        "elsewhere": shop.price_list(countries=["FR"], customerGroups=["vip"]),
        "over": shop.price_list(countries=["DE"], validity={"to": "2020-01-01T00:00:00Z"}),
    }
    amounts = {"everybody": 1, "dearer": 2, "region": 3, "country": 4, "group": 5, "elsewhere": 6, "over": 7}
    for name, amount in amounts.items():
        shop.list_price(lists[name], "mug", amount)

    def winner(**criteria: Any) -> str:
        (match,) = found(shop, "mug", **criteria)
        return next(name for name, id in lists.items() if id == match["priceListId"])

    assert winner(principal={"type": "GROUP", "id": "vip"}) == "group"
    assert winner(principal={"type": "CUSTOMER", "id": "vip"}) == "country"
    shop.service.delete(f"/price/{shop.name}/price-lists/{lists['country']}")
    assert winner() == "region"
    shop.service.delete(f"/price/{shop.name}/price-lists/{lists['region']}")
    assert winner() == "everybody"


def test_a_companys_list_is_found_for_that_company(shop: Shop) -> None:
    shop.standard()
    company = shop.company(name="Acme")
    price_list = shop.price_list(legalEntityId=company)
    shop.list_price(price_list, "mug", 7)
    assert found(shop, "mug", legalEntityId=company)[0]["priceListId"] == price_list
    assert "priceListId" not in found(shop, "mug", legalEntityId="other")[0]
    assert "priceListId" not in found(shop, "mug")[0]


def test_a_list_for_a_company_that_is_not_there_is_refused(shop: Shop) -> None:
    path = f"/price/{shop.name}/price-lists"
    refused = shop.service.post(path, json={"name": {"en": "x"}, "currency": "EUR", "legalEntityId": "nobody"})
    assert refused.status_code == 400
    assert "there is no legal entity 'nobody'" in refused.text


def test_a_lists_price_goes_into_the_cart_and_into_the_order(shop: Shop) -> None:
    shop.standard()
    price_list = shop.price_list(countries=["DE"])
    price = shop.list_price(price_list, "mug", 5)
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"])
    path = f"/cart/{shop.name}/carts/{cart}"
    assert guest.put(f"{path}/refresh").status_code == 204
    (item,) = guest.get(path).json()["items"]
    assert item["price"] == {
        "priceId": price,
        "priceListId": price_list,
        "originalAmount": 5.95,
        "effectiveAmount": 5.95,
        "currency": "EUR",
    }
    assert guest.get(f"{path}/validate").json() == {"isValid": True}
    bought = shop.checkout(guest, shop.order_request(cart))
    assert bought.status_code == 200, told(bought)
    order = guest.get(f"/order-v2/{shop.name}/orders/{bought.json()['orderId']}").json()
    (entry,) = order["entries"]
    assert (entry["price"]["priceId"], entry["price"]["priceListId"]) == (price, price_list)
    assert entry["calculatedPrice"]["finalPrice"]["grossValue"] == 5.95


def test_a_lists_price_is_refused_for_somebody_it_is_not_for(shop: Shop) -> None:
    shop.standard()
    price_list = shop.price_list(customerGroups=["vip"])
    price = shop.list_price(price_list, "mug", 5)
    guest = shop.guest()
    claimed = {"priceId": price, "originalAmount": 5.95, "effectiveAmount": 5.95, "currency": "EUR"}
    for seen in (claimed, claimed | {"priceListId": price_list}):
        cart = shop.cart(guest, [shop.item("mug", price=seen)])
        assert not guest.get(f"/cart/{shop.name}/carts/{cart}/validate").json()["isValid"]
        refused = shop.checkout(guest, shop.order_request(cart))
        assert refused.status_code == 400, told(refused)
        assert [one["type"] for one in refused.json()["details"]] == ["price_not_applicable"]
        guest.delete(f"/cart/{shop.name}/carts/{cart}")
    cart = shop.cart(guest, [shop.item("mug", price=claimed | {"priceListId": "another"})])
    refused = shop.checkout(guest, shop.order_request(cart))
    assert [one["type"] for one in refused.json()["details"]] == ["price_not_found"]


def test_values_that_are_no_amounts_are_refused(shop: Shop, lists: str) -> None:
    body = '{"itemId": {"itemType": "PRODUCT", "id": "mug"}, "priceModelId": "m", "tierValues": [{"priceValue": %s}]}'
    for value in NUMBERS:
        check_refusal(value, shop.service.post(f"{lists}/none/prices", content=body % value, headers=JSON))


def test_hostile_bodies_are_refused(shop: Shop, lists: str) -> None:
    shop.site()
    shop.price_list(id="kept")
    bodies = [("POST", lists), ("PUT", f"{lists}/kept"), ("PATCH", f"{lists}/kept")]
    bodies += [("POST", f"{lists}/kept/prices"), ("POST", f"{lists}/kept/prices/bulk")]
    bodies += [("DELETE", f"{lists}/kept/prices/bulk")]
    for method, path in bodies:
        assert list(refuses(shop.service, method, path))
    long = send(shop.service, "POST", lists, PUBLISHED | {"id": "ä" * 61})
    assert long.status_code == 400


def test_only_back_offices_of_the_shop_read_and_write(shop: Shop, shared_server: Server, lists: str) -> None:
    calls: list[tuple[str, str, Any]] = [("POST", lists, PUBLISHED), ("PUT", f"{lists}/a", PUBLISHED)]
    calls += [("GET", lists, None), ("GET", f"{lists}/a", None), ("GET", f"{lists}/a/prices", None)]
    price = {"itemId": {"id": "mug"}, "priceModelId": "m", "tierValues": [{"priceValue": 1}]}
    calls += [("DELETE", f"{lists}/a", None), ("POST", f"{lists}/a/prices", price), ("POST", f"{lists}/search", {})]
    with new_shop(shared_server) as other:
        check_doors(shop, other, calls)


def test_a_companys_list_holds_for_the_token_and_the_cart_of_who_acts_for_it(shop: Shop) -> None:
    shop.standard()
    customer = shop.customer()
    company = shop.company(customer)
    price_list = shop.price_list(legalEntityId=company)
    price = shop.list_price(price_list, "mug", 5)
    refresh = {"refreshToken": customer.refresh_token, "legalEntityId": company}
    answer = shop.guest().get(f"/customer/{shop.name}/refreshauthtoken", params=refresh)
    of_company = shop.client(succeeded(answer, 200)["access_token"])
    body = {"items": [{"itemId": {"itemType": "PRODUCT", "id": "mug"}, "quantity": {"quantity": 1}}]}
    path = f"/price/{shop.name}/match-prices-by-context"
    assert "priceListId" not in customer.post(path, json=body).json()[0]
    (match,) = of_company.post(path, json=body).json()
    assert (match["priceListId"], match["priceId"], match["effectiveValue"]) == (price_list, price, 5.95)

    cart = shop.cart(of_company, ["mug"])  # of the token's company, where none is named
    found = succeeded(of_company.get(f"/cart/{shop.name}/carts", params={"siteCode": "main"}), 200)
    assert (found["id"], found["legalEntityId"]) == (cart, company)
    assert of_company.put(f"/cart/{shop.name}/carts/{cart}/refresh").status_code == 204
    buyer = {"id": customer.customer_id, "firstName": "Ada", "email": customer.email}
    bought = shop.checkout(customer, shop.order_request(cart, customer=buyer))
    order_id = succeeded(bought, 200)["orderId"]
    (entry,) = customer.get(f"/order-v2/{shop.name}/orders/{order_id}").json()["entries"]
    assert (entry["price"]["priceId"], entry["calculatedPrice"]["finalPrice"]["grossValue"]) == (price, 5.95)
