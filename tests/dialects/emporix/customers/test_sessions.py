"""A customer's tokens: refreshed, validated, ended; passwords that change; the session's context."""

import json
from typing import Any

import httpx

from tests.shop import PASSWORD, Customer, Shop, send, succeeded


def _get(shop: Shop, client: Any, path: str, **params: str) -> Any:
    return client.get(f"/customer/{shop.name}{path}", params=params)


def _post(shop: Shop, client: Any, path: str, body: object) -> Any:
    return send(client, "POST", f"/customer/{shop.name}{path}", body)


def _is_in(shop: Shop, customer: Customer) -> bool:
    answer: httpx.Response = _get(shop, customer, "/validateauthtoken")
    return answer.status_code == 200


def test_a_refresh_gives_new_tokens_and_no_saas_token(shop: Shop) -> None:
    customer, guest = shop.customer(), shop.guest()
    answer = succeeded(_get(shop, guest, "/refreshauthtoken", refreshToken=customer.refresh_token), 200)
    assert answer["access_token"] == answer["accessToken"]
    assert answer["session_id"] == customer.session_id
    assert not {"saas_token", "saasToken"} & set(answer)
    again = shop.client(answer["access_token"])
    assert _get(shop, again, "/me").json()["id"] == customer.customer_id
    next_one = _get(shop, guest, "/refreshauthtoken", refreshToken=answer["refresh_token"])
    assert next_one.status_code == 200
    for wrong in (guest.refresh_token, customer.saas_token, "nonsense", answer["access_token"]):
        assert _get(shop, guest, "/refreshauthtoken", refreshToken=wrong).status_code == 401
    assert _get(shop, guest, "/refreshauthtoken").status_code == 400
    query = {"tenant": shop.name, "client_id": shop.credentials["emporix"]["storefront_client_id"]}
    query["refresh_token"] = next_one.json()["refresh_token"]
    assert guest.get("/customerlogin/auth/anonymous/refresh", params=query).status_code == 401


def test_a_logout_ends_the_session_and_no_other(shop: Shop) -> None:
    customer = shop.customer()
    elsewhere, stranger = shop.login(customer.email), shop.customer()
    token = customer.headers["authorization"].removeprefix("Bearer ")
    assert _get(shop, stranger, "/logout", accessToken=token).status_code == 400
    assert _get(shop, shop.guest(), "/logout", accessToken=token).status_code == 403
    assert _is_in(shop, customer)
    assert _get(shop, customer, "/logout", accessToken=token).status_code == 204
    assert not _is_in(shop, customer)
    assert _get(shop, shop.guest(), "/refreshauthtoken", refreshToken=customer.refresh_token).status_code == 401
    assert _is_in(shop, elsewhere)
    assert _get(shop, customer, "/me").json()["fault"]["detail"]["errorcode"] == "oauth.v2.InvalidAccessToken"


def test_a_password_changes_for_those_who_know_it_and_ends_all_other_sessions(shop: Shop) -> None:
    customer = shop.customer()
    elsewhere = shop.login(customer.email)
    body = {"currentPassword": "wrong horse", "newPassword": "another horse"}
    assert _post(shop, customer, "/password/change", body).status_code == 401
    short = _post(shop, customer, "/password/change", body | {"newPassword": "short"})
    assert [one["field"] for one in short.json()["details"]] == ["newPassword"]
    assert _post(shop, shop.guest(), "/password/change", body).status_code == 403
    body["currentPassword"] = PASSWORD
    assert send(customer, "PUT", f"/customer/{shop.name}/password", body).status_code == 204
    assert _is_in(shop, customer)
    assert not _is_in(shop, elsewhere)
    old = {"email": customer.email, "password": PASSWORD}
    assert _post(shop, shop.guest(), "/login", old).status_code == 401
    assert _is_in(shop, shop.login(customer.email, password="another horse"))


def test_a_forgotten_password_is_replaced_with_a_token_that_the_back_office_gets(shop: Shop) -> None:
    customer, guest = shop.customer(), shop.guest()
    known = _post(shop, guest, "/password/reset", {"email": customer.email})
    unknown = _post(shop, guest, "/password/reset", {"email": "nobody@example.com"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (204, b"")
    assert _post(shop, shop.service, "/password/reset", {"email": "nobody@example.com"}).status_code == 404
    first = succeeded(_post(shop, shop.service, "/password/reset", {"email": customer.email}), 200)
    second = succeeded(_post(shop, shop.service, "/password/reset", {"email": customer.email.upper()}), 200)
    body = {"token": second["token"], "password": "another horse"}
    assert _post(shop, guest, "/password/reset/update", body | {"token": "nonsense"}).status_code == 400
    assert _post(shop, guest, "/password/reset/update", body).status_code == 204
    assert not _is_in(shop, customer)
    for spent in (first["token"], second["token"]):
        assert _post(shop, guest, "/password/reset/confirm", body | {"token": spent}).status_code == 400
    assert _is_in(shop, shop.login(customer.email, password="another horse"))


def test_a_context_is_changed_by_whoever_has_read_it_and_feeds_the_price_match(shop: Shop) -> None:
    shop.standard()
    shop.price("mug", "50.00", currency="PLN")
    guest = shop.guest(currency="EUR", siteCode="main")
    customer = shop.customer(guest=guest)
    path = f"/session-context/{shop.name}/me/context"
    seen = succeeded(customer.get(path), 200)
    assert seen["customerId"] == customer.customer_id
    assert "customerId" not in succeeded(guest.get(path), 200)
    change: dict[str, Any] = {"currency": "PLN", "customerId": "else", "metadata": seen["metadata"]}
    assert send(customer, "PATCH", path, change).status_code == 204
    assert send(customer, "PATCH", path, change).status_code == 409
    seen = succeeded(customer.get(path), 200)
    assert (seen["currency"], seen["siteCode"], seen["customerId"]) == ("PLN", "main", customer.customer_id)
    items = {"items": [{"itemId": {"itemType": "PRODUCT", "id": "mug"}, "quantity": {"quantity": 1}}]}
    for client in (customer, guest):
        (match,) = send(client, "POST", f"/price/{shop.name}/match-prices-by-context", items).json()
        assert (match["currency"], match["effectiveValue"]) == ("PLN", 50)
    refused = send(customer, "PATCH", path, {"currency": "EURO", "targetLocation": "DEU", "siteCode": ""})
    said = str(refused.json()["details"])
    assert refused.status_code == 400
    assert all(name in said for name in ("metadata.version", "currency", "targetLocation", "siteCode"))


def test_a_context_keeps_attributes_and_the_back_office_sees_every_session(shop: Shop) -> None:
    guest = shop.guest()
    own = f"/session-context/{shop.name}/me/context"
    every = f"/session-context/{shop.name}/context/{guest.session_id}"
    assert send(guest, "POST", own + "/attributes", {"key": "segment", "value": {"a": [1.5]}}).status_code == 204
    assert send(shop.service, "POST", every + "/attributes", {"key": "b2b", "value": True}).status_code == 204
    seen = succeeded(shop.service.get(every), 200)
    assert seen == succeeded(guest.get(own), 200)
    assert seen["context"] == {"segment": {"a": [1.5]}, "b2b": True}
    assert guest.delete(own + "/attributes/segment").status_code == 204
    assert guest.delete(own + "/attributes/segment").status_code == 404
    change = {"targetLocation": "AT", "metadata": succeeded(shop.service.get(every), 200)["metadata"]}
    assert send(shop.service, "PATCH", every, change).status_code == 204
    assert succeeded(guest.get(own), 200)["targetLocation"] == "AT"
    assert guest.get(every).status_code == 403
    missing = shop.service.get(every + "x")
    assert (missing.status_code, missing.json()["message"]) == (404, "Session not found")
    large = {"key": "large", "value": "x" * 20_000}
    assert send(guest, "POST", own + "/attributes", large).status_code == 400
    assert json.dumps(succeeded(guest.get(own), 200)["context"]) == '{"b2b": true}'


def _refreshed(shop: Shop, customer: Customer) -> httpx.Response:
    answer: httpx.Response = _get(shop, shop.guest(), "/refreshauthtoken", refreshToken=customer.refresh_token)
    return answer


def test_a_refresh_token_answers_again_at_once_with_tokens_that_hold(shop: Shop) -> None:
    customer = shop.customer()
    pairs = [succeeded(_refreshed(shop, customer), 200) for _ in range(3)]
    assert len({pair["access_token"] for pair in pairs}) == 3
    for pair in pairs:
        assert _get(shop, shop.client(pair["access_token"]), "/me").status_code == 200
        assert _get(shop, shop.guest(), "/refreshauthtoken", refreshToken=pair["refresh_token"]).status_code == 200
    assert _get(shop, shop.client(customer.refresh_token), "/me").status_code == 401


def test_a_used_refresh_token_ends_with_the_session_the_password_and_the_account(shop: Shop) -> None:
    out, changed, off = shop.customer(), shop.customer(), shop.customer()
    for customer in (out, changed, off):
        assert _refreshed(shop, customer).status_code == 200
    token = out.headers["authorization"].removeprefix("Bearer ")
    assert _get(shop, out, "/logout", accessToken=token).status_code == 204
    body = {"currentPassword": PASSWORD, "newPassword": "another horse"}
    assert _post(shop, changed, "/password/change", body).status_code < 300
    path = f"/customer/{shop.name}/customers/{off.customer_id}"
    assert send(shop.service, "PATCH", path, {"active": False}).status_code == 200
    assert [_refreshed(shop, customer).status_code for customer in (out, changed, off)] == [401, 401, 401]


def test_a_guest_refreshes_twice_and_keeps_the_cart(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"])
    query = {"tenant": shop.name, "client_id": shop.credentials["emporix"]["storefront_client_id"]}
    query["refresh_token"] = guest.refresh_token
    for _ in range(2):
        answer = succeeded(shop.client().get("/customerlogin/auth/anonymous/refresh", params=query), 200)
        assert answer["sessionId"] == guest.session_id
        assert shop.client(answer["access_token"]).get(f"/cart/{shop.name}/carts/{cart}").status_code == 200
