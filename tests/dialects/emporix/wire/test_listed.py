"""Lists of what a merchant sets up, by the parameters that are documented for them, each of which decides something."""

from collections.abc import Callable

import pytest

from tests.shop import Shop, send, succeeded, told


def ids(shop: Shop, path: str, field: str, **asked: str) -> list[str]:
    """What a list holds when it is asked like this."""
    answer = shop.service.get(path.format(shop.name), params=asked)
    assert answer.status_code == 200, told(answer)
    return [one[field] for one in answer.json()]


def sites(shop: Shop) -> None:
    """Two sites, one of which is not active."""
    shop.site("main")
    shop.site("old", active=False, name="Second hand")


def models(shop: Shop) -> None:
    """Two price models."""
    shop.price_model(id="gross", name="Gross one")
    shop.price_model(id="net", includesTax=False, tiers=(0, 10), name={"en": "Net two"}, description="for trade")


def taxes(shop: Shop) -> None:
    """The taxes of two countries."""
    shop.tax("DE")
    shop.tax("PL", {"HIGH": 23})


def entities(shop: Shop) -> None:
    """Two companies."""
    for id, name in (("a", "Zebra"), ("b", "Ant")):
        body = {"id": id, "name": name, "type": "COMPANY", "legalInfo": {"registrationId": f"R-{id}"}}
        succeeded(shop.service.post(f"/customer-management/{shop.name}/legal-entities", json=body), 201)


def reasons(shop: Shop) -> None:
    """Two reasons."""
    for id, type in (("far", "CHANGE"), ("late", "DECLINE")):
        body = {"id": id, "type": type, "code": id, "message": {"en": id}}
        succeeded(shop.service.post(f"/quote/{shop.name}/quote-reasons", json=body), 201)


def schemas(shop: Shop) -> None:
    """Two schemas."""
    for id, type in (("care", "PRODUCT"), ("size", "CUSTOMER")):
        body = {"id": id, "types": [type], "definition": {"type": "object"}}
        succeeded(shop.service.post(f"/schema/{shop.name}/schemas", json=body), 201)


LISTS: dict[str, tuple[Callable[[Shop], None], str, str, dict[tuple[tuple[str, str], ...], list[str]]]] = {
    "sites": (
        sites,
        "/site/{}/sites",
        "code",
        {
            (): ["main"],
            (("includeInactive", "true"), ("sort", "code:desc")): ["old", "main"],
            (("includeInactive", "true"), ("q", "name:~hand")): ["old"],
        },
    ),
    "models": (
        models,
        "/price/{}/priceModels",
        "id",
        {
            (("name", "two"),): ["net"],
            (("includesTax", "true"),): ["gross"],
            (("tierType", "VOLUME"),): ["net"],
            (("description", "trade"),): ["net"],
            (("unitcode", "kg"),): [],
            (("sort", "id:desc"),): ["net", "gross"],
        },
    ),
    "taxes": (
        taxes,
        "/tax/{}/taxes",
        "locationCode",
        {
            (("countryCode", "pl"),): ["PL"],
            (("taxClassCode", "REDUCED"),): ["DE"],
            (("rate", "23"),): ["PL"],
            (("name", "High"),): ["PL"],
            (("q", "taxClasses.rate:>20"),): ["PL"],
            (("sort", "locationCode:desc"),): ["PL", "DE"],
        },
    ),
    "entities": (
        entities,
        "/customer-management/{}/legal-entities",
        "id",
        {
            (("id", "b"),): ["b"],
            (("legalInfo.registrationId", "R-a"),): ["a"],
            (("sort", "name"),): ["b", "a"],
            (("fields", "name"), ("id", "a")): ["a"],
        },
    ),
    "reasons": (
        reasons,
        "/quote/{}/quote-reasons",
        "id",
        {(("q", "type:DECLINE"),): ["late"], (("sort", "id:desc"),): ["late", "far"]},
    ),
    "schemas": (
        schemas,
        "/schema/{}/schemas",
        "id",
        {(("q", "id:size"),): ["size"], (("type", "PRODUCT"),): ["care"], (("sort", "id:desc"),): ["size", "care"]},
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_documented_parameter_decides_what_is_listed(shop: Shop, name: str) -> None:
    make, path, field, wanted = LISTS[name]
    make(shop)
    found = {asked: ids(shop, path, field, **dict(asked)) for asked in wanted}
    assert found == wanted
    for wrong in ({"sort": "?"}, {"q": "("}):
        answer = shop.service.get(path.format(shop.name), params=wrong)
        assert answer.status_code == 400, told(answer)


def test_fields_leave_out_the_rest(shop: Shop) -> None:
    taxes(shop)
    listed = shop.service.get(f"/tax/{shop.name}/taxes", params={"fields": "location"}).json()
    assert [sorted(one) for one in listed] == [["location", "locationCode"]] * 2


def test_prices_are_listed_by_the_time_at_which_they_hold(shop: Shop) -> None:
    shop.standard()
    shop.price("pot", "1", id="summer", restrictions={"validity": {"from": "2026-06-01", "to": "2026-08-31"}})
    for moment, is_there in (
        ("2026-07-01T00:00:00Z", True),
        ("2026-08-31", True),
        ("2026-09-01T00:00:00Z", False),
        ("2026-05-31", False),
    ):
        found = ids(shop, "/price/{}/prices", "id", itemId="pot", effectiveDate=moment)
        assert found == (["summer"] if is_there else []), moment
    assert shop.service.get(f"/price/{shop.name}/prices", params={"effectiveDate": "soon"}).status_code == 400


def test_a_price_without_a_model_has_the_default_one(shop: Shop) -> None:
    shop.site()
    price = {"itemId": {"itemType": "PRODUCT", "id": "mug"}, "currency": "EUR", "tierValues": [{"priceValue": 3}]}
    prices = f"/price/{shop.name}/prices"
    refused = send(shop.service, "POST", prices, price)
    assert (refused.status_code, "priceModelId" in refused.text) == (400, True)
    shop.price_model(id="plain")
    shop.price_model(id="usual", default=True)
    id = succeeded(send(shop.service, "POST", prices, price), 201)["id"]
    assert succeeded(shop.service.get(f"{prices}/{id}"), 200)["priceModelId"] == "usual"
    listed = {"itemId": price["itemId"], "tierValues": [{"priceValue": 2}]}
    path = f"/price/{shop.name}/price-lists/{shop.price_list()}/prices"
    assert succeeded(send(shop.service, "POST", path, listed), 201)["id"]


def test_a_customer_reads_its_own_segments_and_no_others(shop: Shop) -> None:
    customer, other = shop.customer(), shop.customer()
    segments = f"/customer-segment/{shop.name}/segments"
    for id in ("mine", "theirs"):
        succeeded(shop.service.post(segments, json={"id": id, "name": {"en": id}, "status": "ACTIVE"}), 201)
    assert shop.service.put(f"{segments}/mine/customers/{customer.customer_id}", json={}).status_code == 201
    assert [one["id"] for one in customer.get(segments).json()] == ["mine"]
    asked = {"customerId": customer.customer_id}
    assert other.get(segments, params=asked).json() == []
    assert (customer.get(f"{segments}/mine").status_code, customer.get(f"{segments}/theirs").status_code) == (200, 404)
    assert customer.get(f"{segments}/mine/customers").status_code == shop.guest().get(segments).status_code == 403


def test_a_storefront_reads_what_is_configured_and_not_secured(shop: Shop) -> None:
    path, guest = f"/configuration/{shop.name}/configurations", shop.guest()
    many = [{"key": "colour", "value": "red"}, {"key": "salt", "value": "x", "secured": True}]
    succeeded(shop.service.post(path, json=many), 201)
    assert [one["key"] for one in guest.get(path).json()] == ["colour"]
    assert [guest.get(f"{path}/{key}").status_code for key in ("colour", "salt")] == [200, 404]
    assert len(shop.service.get(path).json()) == 2


def test_products_are_found_by_the_names_that_a_cart_has_of_them(shop: Shop) -> None:
    shop.product("mug")
    shop.product("draft", published=False)
    path, names = f"/product/{shop.name}/search", "urn:yaas:{}:product:{};{}"
    wanted = [
        names.format(scheme, shop.name, id)
        for scheme in ("hybris:product", "saasag:caasproduct")
        for id in ("mug", "draft", "none")
    ]
    wanted += [names.format("hybris:product", "other", "mug"), "mug"]
    assert [one["id"] for one in shop.guest().post(path, json={"yrns": wanted}).json()] == ["mug"]
    assert [one["id"] for one in shop.service.post(path, json={"yrns": wanted}).json()] == ["mug", "draft"]
    for wrong in ({}, {"yrns": "mug"}, {"yrns": wanted * 200}):
        assert shop.guest().post(path, json=wrong).status_code == 400
    assert [one["id"] for one in shop.guest().get(f"/product/{shop.name}/products?q=code:~(mu,xx)").json()] == ["mug"]
