"""A wrong field name is told: by a header, and by a refusal where the shop is strict (docs/dialects/emporix.md)."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.harness import Server, run_cli
from tests.shop import Shop, send, succeeded

PRODUCT = {"code": "typo", "name": "n", "publishd": True, "taxclasses": {"DE": "STANDARD"}}


def ignored(answer: httpx.Response) -> list[str]:
    """The fields that an answer says nobody reads."""
    said = answer.headers.get("tillroll-ignored", "")
    return said.split(", ") if said else []


def set_strict(shop: Shop, server: Server, *options: str) -> dict[str, Any]:
    """Switch it, and what the command says."""
    done = run_cli("shop", "set", shop.name, *options, "--json", database_url=server.database_url)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_a_write_of_the_back_office_names_what_nobody_reads(shop: Shop) -> None:
    answer = send(shop.service, "POST", f"/product/{shop.name}/products", PRODUCT)
    succeeded(answer, 201)
    assert ignored(answer) == ["publishd", "taxclasses"]
    clean = send(shop.service, "POST", f"/product/{shop.name}/products", {"code": "right", "name": "n", "vendor": "v"})
    succeeded(clean, 201)
    assert ignored(clean) == []


MODEL = {"name": "n", "includesTax": True, "measurementUnit": {"quantity": 1, "unitCode": "pc"}}
COUPON = {"code": "C", "name": "n", "discountType": "PERCENT", "discountPercentage": 5, "allowAnonymous": True}
RATES = [{"code": "A", "rates": 1, "rate": 1}]
SEGMENT = {"name": {"en": "n"}, "siteCode": "main", "status": "ACTIVE"}
WRITES: list[tuple[str, Any, str]] = [
    ("POST /site/{}/sites", {"code": "x", "name": "X", "currency": "EUR", "includeTax": True}, "includeTax"),
    ("POST /tax/{}/taxes", {"location": {"countryCode": "SE"}, "taxClasses": RATES}, "taxClasses.rates"),
    ("POST /price/{}/priceModels", {**MODEL, "tierDefinition": {"tierTyp": "BASIC"}}, "tierDefinition.tierTyp"),
    ("POST /shipping/{}/main/zones", {"name": "n", "shipTo": [{"country": "DE", "zip": "1"}]}, "shipTo.zip"),
    ("POST /coupon/{}/coupons", {**COUPON, "validUntil": "2030-01-01"}, "validUntil"),
    ("POST /category/{}/categories", {"localizedName": {"en": "n"}, "parentID": "x"}, "parentID"),
    ("POST /customer/{}/customers", {"contactEmail": "a@example.com", "firstname": "Ada"}, "firstname"),
    ("POST /customer-management/{}/legal-entities", {"name": "n", "type": "COMPANY", "parent": "x"}, "parent"),
    ("POST /customer-segment/{}/segments", {**SEGMENT, "valid": {}}, "valid"),
    ("POST /configuration/{}/configurations", [{"key": "k", "value": {"any": 1}, "vaule": 1}], "vaule"),
    ("PUT /availability/{}/availability/mug/main", {"stockLevel": 1, "available": True, "level": 2}, "level"),
    ("POST /product/{}/products/bulk", [{"code": "b", "name": "n", "publishd": True}], "publishd"),
]


@pytest.mark.parametrize(("call", "body", "name"), WRITES)
def test_every_service_tells_of_a_wrong_name_wherever_it_stands(
    shop: Shop, shared_server: Server, call: str, body: Any, name: str
) -> None:
    shop.site()
    method, path = call.format(shop.name).split()
    answer = send(shop.service, method, path, body)
    assert ignored(answer) == [name], answer.text
    assert answer.status_code < 500
    assert set_strict(shop, shared_server, "--strict-fields") == {"shop": shop.name, "strict_fields": True}
    refused = send(shop.service, method, path, body)
    assert refused.status_code == 400
    assert f"there is no field {name}" in refused.text or "is required" in refused.text
    assert ignored(refused) == [name]


def test_a_strict_shop_names_the_field_that_was_meant_and_takes_what_is_right(
    shop: Shop, shared_server: Server
) -> None:
    set_strict(shop, shared_server, "--strict-fields")
    path = f"/product/{shop.name}/products"
    refused = send(shop.service, "POST", path, PRODUCT)
    assert refused.status_code == 400
    assert "there is no field publishd, did you mean published?" in refused.text
    assert "there is no field taxclasses, did you mean taxClasses?" in refused.text
    assert not succeeded(shop.service.get(path), 200)
    right = {"code": "typo", "name": "n", "published": True, "mixins": {"any": {"thing": 1}}}
    id = succeeded(send(shop.service, "POST", path, right), 201)["id"]
    shown = succeeded(shop.service.get(f"{path}/{id}"), 200)
    assert send(shop.service, "PUT", f"{path}/{id}", shown).status_code == 204
    set_strict(shop, shared_server, "--no-strict-fields")
    assert send(shop.service, "POST", path, {**PRODUCT, "code": "again"}).status_code == 201


def test_a_storefront_of_a_strict_shop_may_send_what_its_client_likes(shop: Shop, shared_server: Server) -> None:
    shop.standard()
    set_strict(shop, shared_server, "--strict-fields")
    guest = shop.guest()
    order = shop.order_request(shop.cart(guest, ["mug"]))
    answer = shop.checkout(guest, {**order, "anything": 1, "customer": {**order["customer"], "accounts": []}})
    succeeded(answer, 200)
    assert ignored(answer) == ["customer.accounts", "anything"]


def test_what_is_shown_may_be_sent_back_to_a_strict_shop(shop: Shop, shared_server: Server) -> None:
    shop.standard()
    shop.coupon("SAVE")
    set_strict(shop, shared_server, "--strict-fields")
    for path in (
        f"/site/{shop.name}/sites/main",
        f"/coupon/{shop.name}/coupons/SAVE",
        f"/shipping/{shop.name}/main/zones/de",
        f"/product/{shop.name}/products/mug",
    ):
        shown = succeeded(shop.service.get(path), 200)
        answer = send(shop.service, "PUT", path, shown)
        assert answer.status_code < 300, answer.text
        assert ignored(answer) == []


def test_a_repeated_request_is_told_of_its_fields_again(shop: Shop) -> None:
    path = f"/product/{shop.name}/products"
    answers = [send(shop.service, "POST", path, PRODUCT, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [ignored(answer) for answer in answers] == [["publishd", "taxclasses"]] * 2


def test_a_stranger_is_told_nothing(shop: Shop) -> None:
    answer = send(shop.client("wrong"), "POST", f"/product/{shop.name}/products", PRODUCT)
    assert answer.status_code == 401
    assert "tillroll-ignored" not in answer.headers


def test_a_list_that_is_asked_by_a_name_that_there_is_not_says_so(shop: Shop, shared_server: Server) -> None:
    shop.standard()
    path = f"/product/{shop.name}/products"
    asked = {"prise": "1", "pageSize": "1", "q": "id:mug"}
    answer = shop.service.get(path, params=asked)
    assert [one["id"] for one in succeeded(answer, 200)] == ["mug"]  # type: ignore[index]
    assert ignored(answer) == ["?prise"]
    assert ignored(shop.guest().get(path, params={"pagesize": "1"})) == ["?pagesize"]
    assert ignored(shop.service.get(f"{path}/mug", params={"fields": "name"})) == []
    set_strict(shop, shared_server, "--strict-fields")
    refused = shop.service.get(path, params={"pagesize": "1"})
    assert refused.status_code == 400
    assert "there is no parameter pagesize, did you mean pageSize?" in refused.text
    assert shop.guest().get(path, params={"pagesize": "1"}).status_code == 200


def test_no_name_of_a_secret_that_stands_in_an_address_is_told(shop: Shop) -> None:
    keys = shop.credentials["emporix"]
    form = {"grant_type": "client_credentials"} | {name: keys[name] for name in ("client_id", "client_secret")}
    answer = shop.client().post("/oauth/token", params=form)
    succeeded(answer, 200)
    assert ignored(answer) == []


def test_what_takes_everything_away_refuses_a_name_that_there_is_not(shop: Shop) -> None:
    document = succeeded(shop.service.get("/openapi/emporix.json"), 200)
    paths = [path for path, operations in document["paths"].items() if "delete" in operations and path[-1] != "}"]
    assert len(paths) >= 8, paths
    for path in paths:
        address = path.replace("{tenant}", shop.name)
        for name in re.findall(r"{\w+}", address):
            address = address.replace(name, "x")
        caller = shop.customer() if "/me/" in path else shop.service
        refused = caller.delete(address, params={"nonsense": "1"})
        assert refused.status_code == 400, (path, refused.text)
        assert "nonsense" in refused.text, (path, refused.text)


def test_a_coupon_is_not_taken_off_by_a_name_that_there_is_not(shop: Shop) -> None:
    shop.standard()
    shop.coupon("SAVE")
    guest = shop.guest()
    discounts = f"/cart/{shop.name}/carts/{shop.cart(guest, ['mug'])}/discounts"
    succeeded(send(guest, "POST", discounts, {"code": "SAVE"}), 201)
    for name in ("code", "Codes", "discountCodes", "codes[a]", "codes.0"):
        refused = guest.delete(discounts, params={name: "SAVE"})
        assert (refused.status_code, name in refused.text) == (400, True), refused.text
    assert [one["code"] for one in guest.get(discounts).json()] == ["SAVE"]
    assert guest.delete(discounts).status_code == 204
    assert guest.get(discounts).json() == []
