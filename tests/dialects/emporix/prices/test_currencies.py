"""Currencies and exchange rates, and what they mean in a match and in a checkout: docs/wire/emporix.md, 8."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import JSON, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, succeeded, told


@pytest.fixture
def currency(shop: Shop) -> str:
    return f"/currency/{shop.name}"


def matched(shop: Shop, product: str, currency: str) -> list[dict[str, Any]]:
    """What `match-prices` finds for a product in a currency."""
    body: dict[str, Any] = {"siteCode": "main", "targetCurrency": currency, "targetLocation": {"countryCode": "DE"}}
    body["items"] = [{"itemId": {"itemType": "PRODUCT", "id": product}, "quantity": {"quantity": 2}}]
    response = shop.service.post(f"/price/{shop.name}/match-prices", json=body)
    assert response.status_code == 200, told(response)
    answer: list[dict[str, Any]] = response.json()
    return answer


def test_currencies_are_kept(shop: Shop, currency: str) -> None:
    path = f"{currency}/currencies"
    created = shop.service.post(path, json={"code": "EUR", "name": {"en": "Euro", "pl": "Euro"}})
    assert (created.status_code, created.json()) == (201, {"code": "EUR"})
    assert shop.service.post(path, json={"code": "EUR", "name": "Euro"}).status_code == 409
    assert shop.service.post(path, json={"code": "EURO", "name": "Euro"}).status_code == 400
    shop.service.post(path, json={"code": "USD", "name": "Dollar"}, headers={"content-language": "de"})
    assert shop.guest().get(f"{path}/usd", headers={"accept-language": "*"}).json()["name"] == {"de": "Dollar"}
    assert [one["code"] for one in shop.service.get(path, params={"code": "us"}).json()] == ["USD"]
    assert [one["code"] for one in shop.service.get(path, params={"name": "doll"}).json()] == ["USD"]
    put = shop.service.put(f"{path}/USD", json={"name": {"en": "US Dollar"}, "metadata": {"version": 1}})
    assert put.status_code == 204, told(put)
    assert shop.service.put(f"{path}/USD", json={"name": "x", "metadata": {"version": 1}}).status_code == 409
    assert shop.service.put(f"{path}/USD", json={"name": "x"}).status_code == 400
    assert shop.service.delete(f"{path}/USD").status_code == 204
    assert shop.service.get(f"{path}/USD").status_code == 404


def test_exchange_rates_are_kept(shop: Shop, currency: str) -> None:
    path = f"{currency}/exchanges"
    assert shop.exchange_rate("EUR", "USD", "1.091934212") == "EUR_USD"
    kept = shop.service.get(f"{path}/EUR_USD").json()
    assert kept["metadata"].pop("version") == 1
    own = {"code": "EUR_USD", "sourceCurrency": "EUR", "targetCurrency": "USD", "rate": "1.091934212"}
    assert {name: kept[name] for name in own} == own
    put = shop.service.put(f"{path}/EUR_USD", json={"rate": 2, "metadata": {"version": 1}})
    assert put.status_code == 204, told(put)
    assert shop.service.get(f"{path}/EUR_USD").json()["rate"] == "2"
    assert shop.service.put(f"{path}/EUR_USD", json={"rate": "3", "metadata": {"version": 1}}).status_code == 409
    assert shop.service.put(f"{path}/EUR_PLN", json={"rate": "3", "metadata": {"version": 1}}).status_code == 404
    shop.exchange_rate("USD", "EUR", "0.5")
    assert [one["code"] for one in shop.service.get(path, params={"targetCurrency": "eur"}).json()] == ["USD_EUR"]
    used = shop.service.delete(f"{currency}/currencies/USD")
    assert (used.status_code, used.json()["status"]) == (400, "Bad Request")
    assert shop.service.delete(f"{currency}/currencies/USD", params={"forceDelete": "true"}).status_code == 204
    assert shop.service.get(path).json() == []


WRONG_RATES: list[dict[str, Any]] = [
    {"sourceCurrency": "XYZ"},
    {"targetCurrency": "PLN"},
    {"targetCurrency": "EUR"},
    {"targetCurrency": None},
    {"code": "USD_EUR"},
    *({"rate": rate} for rate in ("0", "-1", "1000001", "0.0000000000001", "NaN", "sNaN", "1e400")),
    {"rate": True},
    {"rate": None},
    {"rate": []},
]


def test_rates_that_mean_nothing_are_refused(shop: Shop, currency: str) -> None:
    shop.exchange_rate("EUR", "USD", "1.5")
    shop.service.delete(f"{currency}/exchanges/EUR_USD")
    body = {"sourceCurrency": "EUR", "targetCurrency": "USD", "rate": "1.5"}
    for change in WRONG_RATES:
        check_refusal(str(change), shop.service.post(f"{currency}/exchanges", json=body | change))
    raw = '{"sourceCurrency": "EUR", "targetCurrency": "USD", "rate": 1e-1000000}'
    check_refusal("tiny", shop.service.post(f"{currency}/exchanges", content=raw, headers=JSON))
    assert shop.service.get(f"{currency}/exchanges").json() == []


def test_a_price_in_another_currency_is_exchanged_only_at_a_stored_rate(shop: Shop) -> None:
    shop.standard()
    assert matched(shop, "mug", "USD") == []
    shop.exchange_rate("USD", "EUR", "0.5")
    assert matched(shop, "mug", "USD") == []
    shop.exchange_rate("EUR", "USD", "1.1")
    (found,) = matched(shop, "mug", "USD")
    assert (found["currency"], found["effectiveValue"], found["totalValue"]) == ("USD", 13.09, 26.18)
    assert found["priceId"] == shop.prices["mug"][0]
    assert found["tax"]["prices"]["totalValue"] == {"netValue": 22, "grossValue": 26.18, "taxValue": 4.18}


def test_exchanged_prices_compete_by_what_they_cost(shop: Shop) -> None:
    shop.standard()
    dollars = shop.price("mug", "11", currency="USD")
    assert matched(shop, "mug", "EUR")[0]["effectiveValue"] == 11.9
    shop.exchange_rate("USD", "EUR", "0.5")
    (found,) = matched(shop, "mug", "EUR")
    assert (found["priceId"], found["effectiveValue"], found["currency"]) == (dollars, 5.5, "EUR")
    shop.exchange_rate("EUR", "USD", "0.5")
    shop.service.put(f"/currency/{shop.name}/exchanges/USD_EUR", json={"rate": "2", "metadata": {"version": 1}})
    assert matched(shop, "mug", "EUR")[0]["effectiveValue"] == 11.9


def test_an_exchanged_price_checks_out_at_todays_rate(shop: Shop) -> None:
    shop.standard()
    shop.product("cup")
    shop.price("cup", "10", currency="USD")
    shop.exchange_rate("USD", "EUR", "0.9")
    seen = {"priceId": shop.prices["cup"][0], "originalAmount": 9, "effectiveAmount": 9, "currency": "EUR"}
    guest = shop.guest()
    cart = shop.cart(guest, [shop.item("cup", 3, price=seen)])
    assert guest.get(f"/cart/{shop.name}/carts/{cart}/validate").json()["isValid"]
    shop.service.put(f"/currency/{shop.name}/exchanges/USD_EUR", json={"rate": "0.8", "metadata": {"version": 1}})
    assert not guest.get(f"/cart/{shop.name}/carts/{cart}/validate").json()["isValid"]
    refused = shop.checkout(guest, shop.order_request(cart))
    assert [one["type"] for one in refused.json()["details"]] == ["price_changed"]
    assert guest.put(f"/cart/{shop.name}/carts/{cart}/refresh").status_code == 204
    bought = succeeded(shop.checkout(guest, shop.order_request(cart)), 200)
    order = guest.get(f"/order-v2/{shop.name}/orders/{bought['orderId']}").json()
    assert order["entries"][0]["price"]["effectiveAmount"] == 8
    assert order["entries"][0]["calculatedPrice"]["price"]["grossValue"] == 24
    assert order["currency"] == "EUR"
    shop.service.delete(f"/currency/{shop.name}/exchanges/USD_EUR")
    cart = shop.cart(guest, [shop.item("cup", price=seen | {"effectiveAmount": 8})])
    refused = shop.checkout(guest, shop.order_request(cart))
    assert [one["type"] for one in refused.json()["details"]] == ["price_not_applicable"]


def test_hostile_bodies_are_refused(shop: Shop, currency: str) -> None:
    shop.exchange_rate("EUR", "USD", "1.5")
    bodies = [("POST", f"{currency}/currencies"), ("PUT", f"{currency}/currencies/EUR")]
    bodies += [("POST", f"{currency}/exchanges"), ("PUT", f"{currency}/exchanges/EUR_USD")]
    for method, path in bodies:
        assert list(refuses(shop.service, method, path))


def test_every_door_is_shut_to_strangers(shop: Shop, shared_server: Server, currency: str) -> None:
    euro = {"code": "EUR", "name": "Euro"}
    rate: dict[str, Any] = {"sourceCurrency": "EUR", "targetCurrency": "USD", "rate": "1"}
    calls: list[tuple[str, str, Any]] = []
    for path, body in ((f"{currency}/currencies", euro), (f"{currency}/exchanges", rate)):
        calls += [("POST", path, body), ("PUT", f"{path}/EUR", body), ("DELETE", f"{path}/EUR", None)]
    with new_shop(shared_server) as other:
        check_doors(shop, other, calls)
