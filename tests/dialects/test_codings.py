"""Bodies in codings that nobody here unpacks, and the types that patches have."""

import gzip
import json

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
