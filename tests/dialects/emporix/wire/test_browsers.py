"""What a storefront needs that runs in a browser: CORS on every path, and answers in the vendor's words."""

import pytest

from tests.shop import Shop, told
from tillroll.dialects.emporix.wire.errors import NOT_HERE, SERVICES

PAGE = {"origin": "https://shop.example"}
ASKED = "authorization,content-type,saas-token,x-version,hybris-user"


@pytest.mark.parametrize("service", sorted(SERVICES | NOT_HERE))
def test_a_page_may_call_every_service(shop: Shop, service: str) -> None:
    client = shop.client()
    preflight = client.options(
        f"/{service}/{shop.name}/anything",
        headers=PAGE | {"access-control-request-method": "PATCH", "access-control-request-headers": ASKED},
    )
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    allowed = [one.strip().lower() for one in preflight.headers["access-control-allow-headers"].split(",")]
    assert {"authorization", "saas-token", "hybris-tenant", "*"} <= set(allowed)
    answer = client.get(f"/{service}/{shop.name}/nothing-is-here", headers=PAGE)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-Total-Count" in answer.headers["access-control-expose-headers"]
    assert answer.status_code in (401, 404), told(answer)


def test_a_service_that_is_not_here_says_so_as_the_vendor_would(shop: Shop) -> None:
    for service in sorted(NOT_HERE):
        answer = shop.guest().get(f"/{service}/{shop.name}/nothing-is-here")
        assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (404, 404, "Not Found")


def test_a_page_for_people_is_open_to_no_other_page(shop: Shop) -> None:
    answer = shop.client().get("/oauth/new", headers=PAGE)
    assert "access-control-allow-origin" not in answer.headers


def test_an_older_storefront_names_its_tenant_as_it_used_to(shop: Shop) -> None:
    client, login = shop.client(), "/customerlogin/auth/anonymous/login"
    known = {"client_id": shop.credentials["emporix"]["storefront_client_id"]}
    answer = client.get(login, params={"hybris-tenant": shop.name} | known)
    assert (answer.status_code, answer.json()["scope"]) == (200, f"tenant={shop.name}")
    spent = {"refresh_token": answer.json()["refresh_token"], "hybris-tenant": shop.name}
    assert client.get("/customerlogin/auth/anonymous/refresh", params=spent | known).status_code == 200
    assert client.get(login, params={"tenant": shop.name, "hybris-tenant": shop.name} | known).status_code == 200
    for wrong in ({"tenant": shop.name, "hybris-tenant": "other"}, {"hybris-tenant": "?"}, {}):
        assert client.get(login, params=wrong | known).status_code == 400
