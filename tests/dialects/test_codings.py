"""Bodies in codings that nobody here unpacks, and the types that patches have."""

import gzip
import json
from codecs import BOM_UTF8

import httpx
import pytest

from tests.shop import Shop

CALLS = [
    ("POST", "/cart/{shop}/carts", "emporix"),
    ("POST", "/coupon/{shop}/coupons", "emporix"),
    ("POST", "/oauth/token", "form"),
    ("PUT", "/6/{hashid}/stats/init", "doofinder"),
    ("POST", "/analytics/cart_events", "alhena"),
    ("POST", "/v1/conversations", "alhena"),
    ("POST", "/ingest", "scout"),
    ("POST", "/api/v1/oauth/token", "scout"),
]


@pytest.mark.parametrize(("method", "path", "kind"), CALLS)
@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity", "GZIP"])
def test_a_packed_body_is_refused_by_its_coding(shop: Shop, method: str, path: str, kind: str, coding: str) -> None:
    types = {"form": "application/x-www-form-urlencoded"}
    headers = {"content-encoding": coding, "content-type": types.get(kind, "application/json")}
    client: httpx.Client = shop.service if kind == "emporix" else shop.client()
    place = path.format(shop=shop.name, hashid=shop.credentials["doofinder"]["hashid"])
    answer = client.request(method, place, content=gzip.compress(json.dumps({"a": 1}).encode()), headers=headers)
    assert answer.status_code == (400 if kind == "scout" else 415), answer.text  # Scout knows no 415
    assert coding.lower() in answer.text
    assert answer.headers["accept-encoding"] == "identity"


def test_a_body_that_is_said_to_be_as_it_is_is_read(shop: Shop) -> None:
    body = {"code": "A", "name": "a", "allowAnonymous": True, "discountType": "PERCENT", "discountPercentage": 1}
    headers = {"content-encoding": "identity"}
    assert shop.service.post(f"/coupon/{shop.name}/coupons", json=body, headers=headers).status_code == 201
    assert shop.service.get(f"/coupon/{shop.name}/coupons", headers={"content-encoding": "gzip"}).status_code == 200


def test_a_patch_may_be_called_what_it_is(shop: Shop) -> None:
    made = {"id": "co", "name": "Mills", "type": "COMPANY"}
    path = f"/customer-management/{shop.name}/legal-entities"
    assert shop.service.post(path, json=made).status_code == 201
    merge = {"content-type": "application/merge-patch+json"}
    assert shop.service.patch(f"{path}/co", content=b'{"name":"Mill"}', headers=merge).status_code == 204
    operations = {"content-type": "application/json-patch+json"}
    assert shop.service.patch(f"{path}/co", content=b"[]", headers=operations).status_code == 415


def test_a_mark_of_the_byte_order_before_json_is_passed_over_in_every_dialect(shop: Shop) -> None:
    hashid = shop.credentials["doofinder"]["hashid"]
    token = {"authorization": f"Token {shop.credentials['doofinder']['api_key']}"}
    pair = {"user_fingerprint": "550e8400-e29b-41d4-a716-446655440000", "user_faq_fingerprint": "x"}
    calls: list[tuple[httpx.Client, str, str, dict[str, object], dict[str, str], int]] = [
        (shop.service, "POST", f"/product/{shop.name}/products", {"code": "a", "name": "A"}, {}, 201),
        (shop.client(), "POST", "/v1/conversations", {"company_key": shop.name, **pair}, {}, 200),
        (shop.client(), "PUT", f"/6/{hashid}/stats/init", {"session_id": "0" * 32}, token, 200),
        (shop.client(), "POST", "/ingest", {"user_id": 1}, {"x-api-key": shop.credentials["scout"]["api_key"]}, 400),
    ]
    for client, method, path, body, headers, status in calls:
        sent = BOM_UTF8 + json.dumps(body).encode()
        answer = client.request(method, path, content=sent, headers={"content-type": "application/json", **headers})
        assert (answer.status_code, "not valid JSON" in answer.text) == (status, False), answer.text


def test_a_request_is_the_same_with_and_without_the_mark(shop: Shop) -> None:
    headers = {"content-type": "application/json", "idempotency-key": "k"}
    body, path = b'{"code":"a","name":"A"}', f"/product/{shop.name}/products"
    first, second = (shop.service.post(path, content=one, headers=headers) for one in (body, BOM_UTF8 + body))
    assert (first.status_code, second.content) == (201, first.content)
