"""Ids that are hard to write down: refused where they can not stand in an address, quoted where they can."""

import json
from urllib.parse import quote

import pytest

from tests.shop import Shop, send

CONTROL = ["a\nb", "a\rb", "\u0001a", "a\u007fb", "a\u0085b", "a\u2028b"]


@pytest.mark.parametrize("id", CONTROL)
def test_an_id_with_a_control_character_is_refused_and_nothing_is_kept(shop: Shop, id: str) -> None:
    products = f"/product/{shop.name}/products"
    refused = send(shop.service, "POST", products, {"id": id, "code": "c", "name": "x"})
    assert refused.status_code == 400, refused.text
    assert shop.service.get(products).json() == []
    assert send(shop.service, "PUT", f"{products}/{quote(id)}", {"code": "c", "name": "x"}).status_code == 400
    assert shop.service.get(products).json() == []


@pytest.mark.parametrize("id", ["a b", "a?b#c", "pct%41", "\u00fcn\u00ef"])
def test_the_address_of_a_new_document_leads_to_it(shop: Shop, id: str) -> None:
    products = f"/product/{shop.name}/products"
    made = send(shop.service, "POST", products, {"id": id, "code": "c", "name": "x"})
    assert made.status_code == 201, made.text
    assert shop.service.get(made.headers["location"]).json()["id"] == id


@pytest.mark.parametrize("number", ["1e1000000", "1e999999", "-1e1000000", "1e-1000000"])
def test_absurd_numbers_in_a_schema_are_no_fault_of_ours(shop: Shop, number: str) -> None:
    body = json.dumps({"types": ["CART"], "name": "x", "definition": {"maximum": "N"}}).replace('"N"', number)
    headers = {"content-type": "application/json"}
    for client in (shop.service, shop.client()):
        answer = client.post(f"/schema/{shop.name}/schemas", content=body, headers=headers)
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    ("pattern", "status"),
    [
        ("^[a-z]*[a-z0-9]*[a-z]*[a-z0-9]*!$", 201),
        ("^(?:(?:a?){9}){9}$", 201),
        ("^(?:(?:(?:a{0,9}){0,9}){0,9})$", 201),
        (r"^(?=a)\w+$", 400),
        (r"^(a|b)\1$", 400),
    ],
)
def test_patterns_are_registered_where_they_can_be_matched_in_bounded_time(
    shop: Shop, pattern: str, status: int
) -> None:
    schema = {"types": ["CUSTOMER"], "name": "x", "definition": {"type": "string", "pattern": pattern}}
    assert send(shop.service, "POST", f"/schema/{shop.name}/schemas", schema).status_code == status


def test_ids_are_measured_in_bytes_as_index_keys_are(shop: Shop) -> None:
    wide = "\U0001f600" * 255
    products = f"/product/{shop.name}/products"
    assert send(shop.service, "POST", products, {"id": wide, "code": "c", "name": "x"}).status_code == 400
    shop.site()
    cart = {"currency": "EUR", "siteCode": "main", "type": wide, "legalEntityId": wide, "customerId": wide}
    refused = send(shop.service, "POST", f"/cart/{shop.name}/carts", cart)
    assert refused.status_code == 400, refused.text
