"""The error bodies that Emporix documents, key by key: each format on its own services (docs/wire/emporix.md, 3)."""

from typing import Any

import pytest

from tests.shop import Shop, told
from tillroll.dialects.emporix.wire.errors import CHECKOUT, ORDER

INVALID_TOKEN = {
    "fault": {"faultstring": "Invalid access token", "detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}
}
FORBIDDEN_A = {
    "status": 403,
    "type": "insufficient_permissions",
    "moreInfo": "",
    "message": "The access to the requested resource has been forbidden by the server.",
    "details": [],
}


def refused(answer: Any, status: int) -> Any:
    """The body of a refusal with this status."""
    assert answer.status_code == status, told(answer)
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


@pytest.mark.parametrize(
    ("tenant", "message"),
    [
        ("ab", "size must be between 3 and 16"),
        ("a" * 17, "size must be between 3 and 16"),
        ("Acme", 'must match "^[a-z][a-z0-9]+$"'),
    ],
)
def test_format_a_of_a_tenant_that_can_not_be_one(shop: Shop, tenant: str, message: str) -> None:
    assert refused(shop.service.get(f"/site/{tenant}/sites"), 400) == {
        "status": 400,
        "message": "There are validation problems, see details section for more information",
        "moreInfo": "",
        "type": "validation_violation",
        "details": [{"field": "tenant", "message": message, "type": "invalid_header"}],
    }


@pytest.mark.parametrize("path", ["/site/{}/sites", "/coupon/{}/coupons", "/shipping/{}/main/zones"])
def test_format_a_of_what_a_guest_may_not(shop: Shop, path: str) -> None:
    assert refused(shop.guest().post(path.format(shop.name), json={}), 403) == FORBIDDEN_A


def test_format_a_of_a_back_office_that_checks_out(shop: Shop) -> None:
    assert refused(shop.service.post(f"/checkout/{shop.name}/checkouts/order", json={}), 403) == FORBIDDEN_A


def test_format_a_of_an_order_that_is_not_there(shop: Shop) -> None:
    body = refused(shop.guest().get(f"/order-v2/{shop.name}/orders/EON1"), 404)
    assert body["message"] == "The requested resource was not found on the server."
    assert (body["status"], body["type"]) == (404, "element_resource_non_existing")
    scopes = "Given request does not have required scopes. It is not authorized to perform this operation."
    assert refused(shop.guest().get(f"/order-v2/{shop.name}/salesorders"), 403)["message"] == scopes


def test_format_a_of_our_own_faults() -> None:
    for service in (CHECKOUT, ORDER):
        assert service.render(500, (), "", "") == {
            "status": 500,
            "type": "internal_service_error",
            "moreInfo": "",
            "message": "Something went wrong while processing the request. Please contact the administrator.",
            "details": [],
        }


def test_format_a_with_a_code_of_a_zone_on_no_site(shop: Shop) -> None:
    zone = {"name": "x", "shipTo": [{"country": "DE"}]}
    assert refused(shop.service.post(f"/shipping/{shop.name}/nowhere/zones", json=zone), 404) == {
        "status": 404,
        "message": "The requested URI does not map to a single element resource.",
        "errorCode": "ENTITY-GET-404001",
        "moreInfo": "",
        "type": "element_resource_non_existing",
    }


def test_format_b_of_a_cart_that_a_back_office_may_not_touch(shop: Shop) -> None:
    unscoped = shop.client(shop.service_token("site.site_read"))
    body = refused(unscoped.get(f"/cart/{shop.name}/carts/x"), 403)
    assert body == {"status": "Forbidden", "code": 403, "message": "User not authorized."}


def test_format_b_names_the_scope_where_the_service_does(shop: Shop) -> None:
    unscoped = shop.client(shop.service_token("site.site_read"))
    body = refused(unscoped.post(f"/tax/{shop.name}/taxes", json={}), 403)
    assert body["details"] == ["Required scope(s): tax.tax_manage"]


def test_format_b_of_another_tenant_in_the_header(shop: Shop) -> None:
    path = f"/price/{shop.name}/prices"
    assert refused(shop.service.get(path, headers={"Emporix-Tenant": "other"}), 400) == {
        "code": 400,
        "status": "Bad Request",
        "message": "Tenant in the header is not matching with the one provided in the URI.",
    }
    assert shop.service.get(path, headers={"Emporix-Tenant": shop.name}).status_code == 200


@pytest.mark.parametrize("path", ["/site/{}/sites", "/cart/{}/carts/x", "/availability/{}/availability/x/main"])
def test_format_c_of_every_401(shop: Shop, path: str) -> None:
    for client in (shop.client(), shop.client("nonsense"), shop.client(shop.guest().refresh_token)):
        assert refused(client.get(path.format(shop.name)), 401) == INVALID_TOKEN


def test_format_e_of_a_record_that_is_not_there(shop: Shop) -> None:
    path = f"/availability/{shop.name}/availability/X/Y"
    assert refused(shop.service.get(path), 404) == {
        "message": "There is no availability for productId: X and site: Y",
        "code": 404,
    }
