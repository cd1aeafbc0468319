"""What guests may do only so often from one address, and what a back office may do without end."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.harness import Server, new_shop, running_server
from tests.shop import NO_CERTIFICATES, PASSWORD, Shop, succeeded
from tillroll.app import described_routes
from tillroll.dialects.published import document
from tillroll.settings import Settings

DOCUMENT = document(*described_routes(Settings()), version="0")
SETTINGS = {
    "sessions_per_minute": 20,
    "customer_sign_ups_per_hour": 2,
    "password_resets_per_hour": 3,
    "guesses_per_minute": 3,
    "trusted_proxies": "127.0.0.1",
}
LOGIN = "/customerlogin/auth/anonymous/login"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that lets an address do little."""
    with running_server(f"sqlite:///{tmp_path_factory.mktemp('guests') / 'tillroll.db'}", settings=SETTINGS) as server:
        yield server


@pytest.fixture
def small_shop(server: Server) -> Iterator[Shop]:
    """A new shop there."""
    with new_shop(server) as shop:
        yield shop


def at(client: httpx.Client, address: str) -> httpx.Client:
    """The same client, from now on at this address."""
    client.headers["x-forwarded-for"] = address
    return client


def guest_at(shop: Shop, address: str) -> httpx.Client:
    """A guest whose session began at an address of its own, and who is at this one now."""
    query = {"tenant": shop.name, "client_id": shop.credentials["emporix"]["storefront_client_id"]}
    begun = httpx.get(
        f"{shop.url}{LOGIN}",
        params=query,
        headers={"x-forwarded-for": "203.0.113.250"},
        trust_env=False,
        verify=NO_CERTIFICATES,
    )
    guest = shop.client(succeeded(begun, 200)["access_token"])
    guest.headers["x-forwarded-for"] = address
    return guest


def described(answer: httpx.Response) -> dict[str, Any]:
    """What the server publishes of the route that answered."""
    for path, operations in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), answer.request.url.path):
            found: dict[str, Any] = operations[answer.request.method.lower()]
            return found
    raise AssertionError(answer.request.url.path)


def slowed(answer: httpx.Response) -> bool:
    """Whether the answer is a 429 that says how long to wait, in the service's own words."""
    assert answer.status_code == 429, answer.text
    assert "429" in described(answer)["responses"]
    assert int(answer.headers["retry-after"]) > 0
    assert "Too many" in answer.text or "slow_down" in answer.text
    return True


def test_an_address_begins_so_many_sessions_and_others_are_not_held_up(small_shop: Shop) -> None:
    query = {"tenant": small_shop.name, "client_id": small_shop.credentials["emporix"]["storefront_client_id"]}
    with httpx.Client(base_url=small_shop.url, params=query, trust_env=False, verify=NO_CERTIFICATES) as client:
        assert [at(client, "192.0.2.1").get(LOGIN).status_code for _ in range(20)] == [200] * 20
        answer = client.get(LOGIN)
        assert slowed(answer)
        assert answer.json()["type"] == "too_many_requests"
        assert at(client, "192.0.2.2").get(LOGIN).status_code == 200
        # An IPv6 network is one address.
        assert [at(client, f"2001:db8::{n:x}").get(LOGIN).status_code for n in range(20)] == [200] * 20
        assert slowed(at(client, "2001:db8::ffff").get(LOGIN))


def test_customers_sign_up_so_often_from_one_address_and_a_back_office_without_end(small_shop: Shop) -> None:
    path = f"/customer/{small_shop.name}/signup"
    guest = guest_at(small_shop, "192.0.2.10")
    made = [guest.post(path, json={"email": f"a{n}@example.com", "password": PASSWORD}) for n in range(3)]
    assert [one.status_code for one in made[:2]] == [201, 201]
    assert slowed(made[2])
    service = at(small_shop.service, "192.0.2.10")
    for number in range(4):
        body = {"email": f"b{number}@example.com", "password": PASSWORD}
        assert service.post(path, json=body).status_code == 201


def test_forgotten_passwords_are_noted_so_often_for_a_customer_and_an_address(small_shop: Shop) -> None:
    path, body = f"/customer/{small_shop.name}/password/reset", {"email": "ada@example.com"}
    account = {"email": body["email"], "password": PASSWORD}
    assert small_shop.service.post(f"/customer/{small_shop.name}/signup", json=account).status_code == 201
    answers = [guest_at(small_shop, f"192.0.2.{20 + n // 3}").post(path, json=body) for n in range(9)]
    assert [one.status_code for one in answers] == [204] * 9
    key = {"authorization": f"Bearer {small_shop.credentials['native']['api_key']}"}
    wanted = {"kind": "password_reset_requested"}
    events = httpx.get(
        f"{small_shop.url}/v1/events", params=wanted, headers=key, trust_env=False, verify=NO_CERTIFICATES
    ).json()["events"]
    assert len(events) == 3
    assert slowed(guest_at(small_shop, "192.0.2.20").post(path, json=body))
    for _ in range(5):
        assert at(small_shop.service, "192.0.2.20").post(path, json=body).status_code == 200


def coupon(shop: Shop) -> str:
    """A coupon for everybody."""
    made = {"code": "SUMMER", "name": "Summer", "discountType": "PERCENT", "discountPercentage": 10,
            "allowAnonymous": True}  # fmt: skip
    succeeded(shop.service.post(f"/coupon/{shop.name}/coupons", json=made), 201)
    return "SUMMER"


def test_wrong_codes_of_coupons_count_and_right_ones_do_not(small_shop: Shop) -> None:
    code, path = coupon(small_shop), f"/coupon/{small_shop.name}/coupons"
    guest = guest_at(small_shop, "192.0.2.30")
    assert [guest.get(f"{path}/{code}").status_code for _ in range(10)] == [200] * 10
    assert [guest.get(f"{path}/WRONG{n}").status_code for n in range(3)] == [404] * 3
    assert slowed(guest.get(f"{path}/{code}"))
    claim = {"orderTotal": {"amount": 10, "currency": "EUR"}, "discount": {"amount": 1, "currency": "EUR"}}
    assert slowed(guest.post(f"{path}/{code}/validation", json=claim))
    assert guest_at(small_shop, "192.0.2.31").get(f"{path}/{code}").status_code == 200
    service = at(small_shop.service, "192.0.2.30")
    assert [service.get(f"{path}/WRONG{n}").status_code for n in range(9)] == [404] * 9


def test_a_cart_is_no_way_around_it(small_shop: Shop) -> None:
    small_shop.standard()
    code = coupon(small_shop)
    guest = guest_at(small_shop, "192.0.2.40")
    path = f"/cart/{small_shop.name}/carts/{small_shop.cart(guest, ['mug'])}"
    wrong = [guest.post(f"{path}/discounts", json={"code": f"WRONG{n}"}) for n in range(3)]
    assert [one.status_code for one in wrong] == [404] * 3
    answer = guest.post(f"{path}/discounts", json={"code": code})
    assert slowed(answer)
    assert answer.json()["code"] == 429
    assert slowed(guest.get(f"/coupon/{small_shop.name}/coupons/{code}"))
    at(guest, "192.0.2.41")
    assert guest.post(f"{path}/discounts", json={"code": code}).status_code == 201


def test_wrong_secrets_are_told_to_wait_and_a_right_one_never_is(small_shop: Shop) -> None:
    keys = small_shop.credentials["emporix"]
    grant = {"grant_type": "client_credentials", "client_id": keys["client_id"]}
    with httpx.Client(base_url=small_shop.url, trust_env=False, verify=NO_CERTIFICATES) as client:
        at(client, "192.0.2.50")
        wrong = [client.post("/oauth/token", data={**grant, "client_secret": "no"}) for _ in range(4)]
        assert [one.status_code for one in wrong[:3]] == [401] * 3
        assert slowed(wrong[3])
        assert wrong[3].json()["error"] == "slow_down"
        assert client.post("/oauth/token", data={**grant, "client_secret": keys["client_secret"]}).status_code == 200
        query = {"tenant": small_shop.name, "client_id": keys["storefront_client_id"], "refresh_token": "no"}
        assert slowed(client.get("/customerlogin/auth/anonymous/refresh", params=query))
        guest = guest_at(small_shop, "192.0.2.50")
        base = f"/customer/{small_shop.name}"
        assert slowed(guest.get(f"{base}/refreshauthtoken", params={"refreshToken": "no"}))
        assert slowed(guest.post(f"{base}/password/reset/update", json={"token": "no", "password": PASSWORD}))


def test_what_a_login_says_of_a_session_is_short(small_shop: Shop) -> None:
    keys = small_shop.credentials["emporix"]
    query = {"tenant": small_shop.name, "client_id": keys["storefront_client_id"], "siteCode": "x" * 65}
    assert (
        httpx.get(f"{small_shop.url}{LOGIN}", params=query, trust_env=False, verify=NO_CERTIFICATES).status_code == 400
    )
