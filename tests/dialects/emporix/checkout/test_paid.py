"""Checkouts whose provider is asked, against the simulator in the server (docs/wire/emporix.md, 4.5 and 4.6)."""

from typing import Any

import pytest

from tests.shop import Guest, Shop, succeeded

DECLINED = {"field": "paymentMethods", "type": "payment_declined"}


@pytest.fixture
def mode(shop: Shop) -> str:
    """A mode of the simulator, whose money is taken by hand."""
    shop.standard()
    redirect = {"Simulator/RedirectURL": "https://shop.example/thanks", "Simulator/Capture": "manual"}
    return shop.payment_mode(provider="SIMULATOR", configuration=redirect)


def buy(shop: Shop, guest: Guest, cart: str, mode: str, **attributes: Any) -> Any:
    method = {"provider": "payment-gateway", "customAttributes": {"modeId": mode, **attributes}}
    return shop.checkout(guest, shop.order_request(cart, paymentMethods=[method]))


def order_of(shop: Shop, id: str) -> dict[str, Any]:
    return succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{id}"), 200)


def test_a_card_that_is_good_makes_an_order_and_the_cart_is_bought(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"])
    answer = succeeded(buy(shop, guest, cart, mode, token="pm_card_visa"), 200)
    assert (answer["paymentDetails"], answer["checkoutId"]) == (None, "")
    order = order_of(shop, answer["orderId"])
    (payment,) = order["payments"]
    assert order["status"] == "CREATED"
    assert (payment["status"], payment["paidAmount"]) == ("AUTHORIZATION_SUCCESS", 0)
    assert payment["authorizedAmount"] == order["totalPrice"]
    again = buy(shop, guest, cart, mode, token="pm_card_visa")
    assert again.status_code == 409
    assert answer["orderId"] in again.json()["message"]


def test_a_declined_card_is_told_as_no_more_than_that_and_another_one_buys_the_cart(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"])
    refused = buy(shop, guest, cart, mode, token="pm_card_visa_chargeDeclinedLostCard")
    assert refused.status_code == 400
    (detail,) = refused.json()["details"]
    assert DECLINED.items() <= detail.items()
    assert "lost" not in refused.text
    assert shop.service.get(f"/order-v2/{shop.name}/salesorders").json() == []
    succeeded(buy(shop, guest, cart, mode, token="pm_card_visa"), 200)


def test_a_card_that_asks_first_leads_the_buyer_to_its_bank(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    answer = succeeded(buy(shop, guest, shop.cart(guest, ["mug"]), mode, token="pm_card_threeDSecure2Required"), 200)
    details, order = answer["paymentDetails"], order_of(shop, answer["orderId"])
    (payment,) = order["payments"]
    assert details["externalPaymentHttpMethod"] == "GET"
    assert details["externalPaymentRedirectURL"] == payment["redirectUrl"]
    assert details["authorizationToken"] == payment["transactionId"]
    assert (order["status"], payment["status"]) == ("IN_CHECKOUT", "PENDING")


def test_the_same_key_gets_the_same_answer_whatever_it_was(shop: Shop, mode: str) -> None:
    for token in ("pm_card_visa", "pm_card_visa_chargeDeclined"):
        guest = shop.guest()
        method = {"provider": "payment-gateway", "customAttributes": {"modeId": mode, "token": token}}
        request = shop.order_request(shop.cart(guest, ["mug"]), paymentMethods=[method])
        first, second = (shop.checkout(guest, request, idempotency_key=token) for _ in range(2))
        assert (first.status_code, first.content) == (second.status_code, second.content)


def test_a_card_without_a_token_is_refused_before_anybody_is_asked(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    refused = buy(shop, guest, shop.cart(guest, ["mug"]), mode)
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field"] == "paymentMethods[0].customAttributes.token"


def test_a_mode_is_offered_as_one_for_cards_and_never_with_its_secrets(shop: Shop) -> None:
    secret = "sk_test_0123456789"
    id = shop.payment_mode(
        provider="STRIPE", configuration={"Stripe/SecretKey": secret, "Stripe/PublishableKey": "pk_test_1"}
    )
    offered = shop.guest().get(f"/payment-gateway/{shop.name}/paymentmodes/frontend/{id}")
    found = succeeded(offered, 200)
    assert (found["integrationType"], found["paymentMethodType"]) == ("TOKENIZED", "credit_card")
    assert found["publicKey"] == "pk_test_1"
    assert secret not in offered.text
    wrong = shop.service.post(
        f"/payment-gateway/{shop.name}/paymentmodes/config",
        json={"code": "w", "provider": "STRIPE", "configuration": {"Stripe/SecretKey": "pk_test_1234567890"}},
    )
    assert wrong.status_code == 400


def test_a_mode_keeps_its_code_and_its_provider(shop: Shop) -> None:
    id, config = shop.payment_mode(), f"/payment-gateway/{shop.name}/paymentmodes/config"
    before = succeeded(shop.service.get(f"{config}/{id}"), 200)
    changed = succeeded(shop.service.put(f"{config}/{id}", json={"active": False, "configuration": {"a": "b"}}), 200)
    assert changed == {
        "id": id,
        "code": before["code"],
        "active": False,
        "provider": "INVOICE",
        "configuration": {"a": "b"},
    }
    assert shop.service.put(f"{config}/{id}", json={"code": "other"}).status_code == 400
    assert shop.service.put(f"{config}/nobody", json={}).status_code == 404
