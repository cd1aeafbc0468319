"""Nothing that a client can send to a cart is a server's fault, and nothing refused leaves a trace."""

from typing import Any

import httpx
import pytest

from tests.dialects.emporix.hostile import JSON, NUMBERS, check_refusal, refuses
from tests.shop import Shop, succeeded, told


@pytest.fixture
def cart(shop: Shop) -> tuple[httpx.Client, str]:
    shop.standard()
    guest = shop.guest()
    return guest, f"/cart/{shop.name}/carts/{shop.cart(guest, ['mug'])}"


def version_of(guest: httpx.Client, path: str) -> int:
    version: int = succeeded(guest.get(path), 200)["metadata"]["version"]
    return version


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("POST", "/items"),
        ("POST", "/itemsBatch"),
        ("PUT", "/itemsBatch"),
        ("POST", "/discounts"),
        ("POST", "/changeSite"),
        ("POST", "/changeCurrency"),
    ],
)
def test_bodies_that_nobody_honest_sends(cart: tuple[httpx.Client, str], method: str, place: str) -> None:
    guest, path = cart
    before = version_of(guest, path)
    for _ in refuses(guest, method, path + place):
        pass
    assert version_of(guest, path) == before


@pytest.mark.parametrize("place", ["", "/items/0"])
def test_an_update_refuses_what_it_can_not_keep(cart: tuple[httpx.Client, str], place: str) -> None:
    """An update names no field that it needs, so a document of unknown fields is none of its business."""
    guest, path = cart
    before = version_of(guest, path)
    for name, body in {
        "empty": b"",
        "not json": b"{",
        "a list": b"[]",
        "nul": b'{"mixins": {"a": "\\u0000"}}',
        "surrogate": b'{"zipCode": "\\ud800", "quantity": "\\ud800"}',
        "deep": b'{"mixins": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "nested": b'{"mixins": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}",
        "a huge integer": b'{"mixins": {"a": ' + b"9" * 5000 + b"}}",
        "an impossible exponent": b'{"mixins": {"a": 1e99999999999999999999}}',
        "huge": b'{"mixins": {"a": "' + b"x" * 900_000 + b'"}}',
        "too large": b'{"mixins": {"a": "' + b"x" * 2_000_000 + b'"}}',
        "wrong types": b'{"mixins": [], "metadata": 5, "zipCode": {}, "quantity": [], "price": "x"}',
    }.items():
        check_refusal(name, guest.put(path + place, content=body, headers=JSON))
    assert version_of(guest, path) == before


def item_as_text(shop: Shop, product: str, **numbers: str) -> bytes:
    """An item whose numbers are written as they are given, also where no JSON library would write them so."""
    written = {"quantity": "1", "originalAmount": "1", "effectiveAmount": "1"} | numbers
    price = f'{{"priceId": "p", "originalAmount": {written["originalAmount"]}, "currency": "EUR", '
    price += f'"effectiveAmount": {written["effectiveAmount"]}}}'
    yrn = f"urn:yaas:hybris:product:product:{shop.name};{product}"
    return f'{{"id": "0", "itemYrn": "{yrn}", "quantity": {written["quantity"]}, "price": {price}}}'.encode()


@pytest.mark.parametrize("number", [*NUMBERS, "0", "1e9", "0.0001"])
def test_quantities_that_are_none(cart: tuple[httpx.Client, str], shop: Shop, number: str) -> None:
    guest, path = cart
    body = item_as_text(shop, "tea", quantity=number)
    for method, place in (("POST", "/items"), ("PUT", "/items/0"), ("PUT", "/items/0?partial=true")):
        check_refusal(number, guest.request(method, path + place, content=body, headers=JSON))
    for method in ("POST", "PUT"):
        batch = guest.request(method, f"{path}/itemsBatch", content=b"[" + body + b"]", headers=JSON)
        assert batch.status_code in (200, 207, 400), told(batch)
        assert batch.status_code == 400 or 400 in batch.json()[0].values()
    assert succeeded(guest.get(path), 200)["totalUnitsCount"] == 1
    good = guest.post(f"{path}/items", content=item_as_text(shop, "tea", quantity="2.125"), headers=JSON)
    assert succeeded(good, 201)["itemId"] == "1"


@pytest.mark.parametrize("amount", NUMBERS)
@pytest.mark.parametrize("name", ["originalAmount", "effectiveAmount"])
def test_amounts_that_are_none(cart: tuple[httpx.Client, str], shop: Shop, name: str, amount: str) -> None:
    guest, path = cart
    body = item_as_text(shop, "tea", **{name: amount})
    check_refusal(amount, guest.post(f"{path}/items", content=body, headers=JSON))
    good = guest.post(f"{path}/items", content=item_as_text(shop, "tea", **{name: "0.125"}), headers=JSON)
    assert good.status_code == 201, told(good)


def test_sums_as_large_as_they_can_be_are_still_calculated(cart: tuple[httpx.Client, str], shop: Shop) -> None:
    guest, path = cart
    price = {"priceId": "p", "originalAmount": 999_999_999_999, "effectiveAmount": 999_999_999_999, "currency": "EUR"}
    for number in range(3):
        item = {"itemYrn": f"urn:yaas:hybris:product:product:{shop.name};p{number}", "quantity": 999_999_999}
        succeeded(guest.post(f"{path}/items", json=item | {"price": price}), 201)
    assert guest.get(path).status_code == 200
    assert guest.get(f"{path}/validate").status_code == 200
    assert guest.post(f"{path}/items", json=item | {"price": price}).status_code == 400
    unit = {"quantity": 0.001, "unitCode": "g"}
    tiny = {"itemYrn": f"urn:yaas:hybris:product:product:{shop.name};tiny", "quantity": 999_999_999}
    succeeded(guest.post(f"{path}/items", json=tiny | {"price": price | {"measurementUnit": unit}}), 201)
    assert guest.get(path).status_code == 200
    assert guest.put(f"{path}/refresh").status_code == 204


def test_mixins_do_not_grow_a_cart_without_end(cart: tuple[httpx.Client, str], shop: Shop) -> None:
    guest, path = cart
    statuses = []
    for number in range(40):
        item: dict[str, Any] = {"itemYrn": f"urn:yaas:hybris:product:product:{shop.name};p{number}", "quantity": 1}
        item |= {"price": {"priceId": "p", "originalAmount": 1, "effectiveAmount": 1, "currency": "EUR"}}
        statuses.append(guest.post(f"{path}/items", json=item | {"mixins": {"a": "x" * 32_000}}).status_code)
    assert statuses.count(201) == 32
    assert set(statuses[32:]) == {400}
    assert guest.put(path, json={"mixins": {"a": "x" * 32_000}}).status_code == 400


@pytest.mark.parametrize("place", ["%00", "%FF", "a" * 5000, "' OR 1=1 --", "🛒", "search", "..%2f..%2fetc"])
def test_ids_that_nobody_was_given(cart: tuple[httpx.Client, str], place: str) -> None:
    guest, path = cart
    for address in (f"{path.rpartition('/')[0]}/{place}", f"{path}/items/{place}", f"{path}/discounts/{place}"):
        for method in ("GET", "PUT", "DELETE"):
            sent: dict[str, Any] = {"json": {"quantity": 1}} if method == "PUT" else {}
            response = guest.request(method, address, **sent)
            assert 400 <= response.status_code < 500, told(response)


@pytest.mark.parametrize(
    "query",
    ["siteCode=%00", "siteCode=%FF", "siteCode=main&type=" + "x" * 300, "siteCode=main&countryCode=DE", "siteCode="],
)
def test_criteria_that_can_not_be_read(cart: tuple[httpx.Client, str], query: str) -> None:
    guest, path = cart
    check_refusal(query, guest.get(f"{path.rpartition('/')[0]}?{query}"))


def test_a_version_that_is_none_is_not_the_latest(cart: tuple[httpx.Client, str]) -> None:
    guest, path = cart
    versions: tuple[Any, ...] = (-1, 2**62, 2**70, "x", "999", 1.5, [], True)
    for version in versions:
        put = guest.put(path, json={"zipCode": "1", "metadata": {"version": version}})
        assert put.status_code == 409, told(put)
    latest = guest.get(path).json()["metadata"]["version"]
    for version in (None, str(latest + 1), float(latest + 2)):
        put = guest.put(path, json={"zipCode": "1", "metadata": {"version": version}})
        assert put.status_code == 204, told(put)
    for header in ("*", "x", "9" * 30, "-1"):
        assert guest.put(path, json={"zipCode": "1"}, headers={"if-match": header}).status_code == 204


def test_hostile_settings_do_not_stop_a_cart(cart: tuple[httpx.Client, str], shop: Shop) -> None:
    guest, path = cart
    shop.coupon("TEN")
    keys = ("maxNumberOfCouponsPerCart", "enableCouponCodeCaseSensitivity", "cartItemValidationSkipCurrency")
    values: tuple[Any, ...] = (None, -1, 1e300, "many", [], {"a": 1}, "9" * 500, True)
    for value in values:
        for key in keys:
            one = f"/configuration/{shop.name}/configurations/{key}"
            body = {"key": key, "value": value}
            if shop.service.put(one, json=body).status_code != 200:
                succeeded(shop.service.post(one.rpartition("/")[0], json=body), 201)
        answer = guest.post(f"{path}/discounts", json={"code": "TEN"})
        assert answer.status_code in (201, 404, 409), told(answer)
        assert guest.get(path).status_code == 200
        guest.delete(f"{path}/discounts")


def test_the_letters_of_an_escaped_nul_are_text(shop: Shop) -> None:
    shop.standard()
    guest, text = shop.guest(), "C:\\u0000dir"
    cart_id = shop.cart(guest, ["mug"], mixins={"note": {"path": text}})
    assert guest.get(f"/cart/{shop.name}/carts/{cart_id}").json()["mixins"] == {"note": {"path": text}}
