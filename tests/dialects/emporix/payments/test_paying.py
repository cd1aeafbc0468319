"""Orders that are paid by card after their checkout (docs/wire/emporix.md, 4.6 and 17), against the simulator."""

from typing import Any

import pytest

from tests.dialects.emporix.orders.test_orders import ids
from tests.dialects.emporix.payments.test_acts import act, act_path, order_of, payment_of
from tests.refusals import assert_refused
from tests.shop import Guest, Shop, send, succeeded

GOOD, BAD, ASKS_FIRST = "pm_card_visa", "pm_card_visa_chargeDeclinedLostCard", "pm_card_threeDSecure2Required"


@pytest.fixture
def mode(shop: Shop) -> str:
    """A mode of the simulator, whose money is taken by hand."""
    shop.standard()
    settings = {"Simulator/Capture": "manual", "Simulator/RedirectURL": "https://shop.example/thanks"}
    return shop.payment_mode("card", provider="SIMULATOR", configuration=settings)


def put_off(shop: Shop, guest: Guest) -> str:
    """An order whose payment was put off."""
    method = {"provider": "payment-gateway", "customAttributes": {"deferred": True}}
    request = shop.order_request(shop.cart(guest, ["mug"]), paymentMethods=[method])
    return str(succeeded(shop.checkout(guest, request), 200)["orderId"])


def pay(client: Any, shop: Shop, name: str, order: str, mode: str, **fields: Any) -> Any:
    """The answer to a call that pays."""
    body = {"order": {"id": order}, "paymentModeId": mode} | fields
    return send(client, "POST", f"{act_path(shop)}/payment/{name}", body)


def test_a_payment_is_prepared_and_then_made_and_both_are_told_again(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    order = put_off(shop, guest)
    prepared = [succeeded(pay(guest, shop, "frontend/initialize", order, mode), 200) for _ in range(2)]
    assert prepared[0] == prepared[1]
    id = prepared[0]["paymentTransactionId"]
    assert prepared[0] == {
        "successful": True,
        "paymentTransactionId": id,
        "requiresExternalPayment": False,
        "authorizationToken": id,
    }
    assert order_of(shop, order)["status"] == "IN_CHECKOUT"
    assert_refused(pay(guest, shop, "frontend/authorize", order, mode), 400, act_path(shop))
    for _ in range(2):
        paid = succeeded(pay(guest, shop, "frontend/authorize", order, mode, creditCardToken=GOOD), 200)
        assert paid == {"successful": True, "paymentTransactionId": id, "requiresExternalPayment": False}
    shown = order_of(shop, order)
    assert (shown["status"], shown["payments"][0]["status"]) == ("CREATED", "AUTHORIZATION_SUCCESS")
    assert succeeded(act(shop, shown, "capture"), 200)["successful"]


def test_a_token_that_was_given_before_is_used_once_the_buyer_says_so(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    order = put_off(shop, guest)
    succeeded(pay(guest, shop, "frontend/initialize", order, mode, creditCardToken=GOOD), 200)
    assert payment_of(shop, order)["status"] == "PENDING"
    assert succeeded(pay(guest, shop, "frontend/authorize", order, mode), 200)["successful"]
    assert payment_of(shop, order)["status"] == "AUTHORIZATION_SUCCESS"


def test_after_a_decline_another_card_pays_the_same_order(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    order = put_off(shop, guest)
    declined = succeeded(pay(guest, shop, "frontend/authorize", order, mode, creditCardToken=BAD), 200)
    assert (declined["successful"], "lost" in str(declined).lower()) == (False, False)
    assert payment_of(shop, order)["status"] == "AUTHORIZATION_FAILURE"
    paid = succeeded(pay(guest, shop, "frontend/authorize", order, mode, creditCardToken=GOOD), 200)
    assert paid["successful"]
    assert paid["paymentTransactionId"] != declined["paymentTransactionId"]
    assert order_of(shop, order)["status"] == "CREATED"


def test_a_card_that_asks_first_sends_the_buyer_on_whoever_asks_again(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    order = put_off(shop, guest)
    first = succeeded(pay(guest, shop, "frontend/authorize", order, mode, creditCardToken=ASKS_FIRST), 200)
    assert (first["successful"], first["requiresExternalPayment"]) == (True, True)
    assert first["externalPaymentHttpMethod"] == "GET"
    assert first["externalPaymentRedirectURL"].startswith("http")
    assert succeeded(pay(guest, shop, "frontend/authorize", order, mode), 200) == first


def test_a_back_office_says_how_much_may_be_taken(shop: Shop, mode: str) -> None:
    order = put_off(shop, shop.guest())
    path, total = "authorize", order_of(shop, order)["totalPrice"]
    for wrong in ({"amountToAuthorize": total + 1}, {"amountToAuthorize": 1, "currency": "USD"}):
        refused = pay(shop.service, shop, path, order, mode, creditCardToken=GOOD, **wrong)
        assert_refused(refused, 400, act_path(shop))
    part = {"amountToAuthorize": 5, "currency": "EUR", "creditCardToken": GOOD}
    assert succeeded(pay(shop.service, shop, path, order, mode, **part), 200)["successful"]
    assert payment_of(shop, order)["authorizedAmount"] == 5
    assert_refused(pay(shop.guest(), shop, path, order, mode, **part), 403, act_path(shop))


def test_who_is_not_the_buyer_and_what_is_settled_pays_nothing(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    order = put_off(shop, guest)
    assert_refused(
        pay(shop.guest(), shop, "frontend/authorize", order, mode, creditCardToken=GOOD), 404, act_path(shop)
    )
    for token in ("x" * 256, "\a"):
        assert_refused(pay(guest, shop, "frontend/authorize", order, mode, creditCardToken=token), 400, act_path(shop))
    invoice = shop.payment_mode()
    succeeded(pay(guest, shop, "frontend/authorize", order, invoice), 200)
    assert_refused(pay(guest, shop, "frontend/authorize", order, mode, creditCardToken=GOOD), 422, act_path(shop))
    assert "transactionId" in payment_of(shop, order)


def test_what_the_provider_was_asked_for_is_listed(shop: Shop, mode: str) -> None:
    guest = shop.guest()
    paid_by = []
    for _ in range(2):
        order = put_off(shop, guest)
        paid = succeeded(pay(guest, shop, "frontend/authorize", order, mode, creditCardToken=GOOD), 200)
        paid_by.append(paid["paymentTransactionId"])
    shown = order_of(shop, order)
    succeeded(act(shop, shown, "capture", {"amount": 7}), 200)
    succeeded(act(shop, shown, "refund", {"amount": 3}), 200)
    path = f"{act_path(shop)}/transactions"
    listed = shop.service.get(path, params={"pageSize": 1}, headers={"X-Total-Count": "true"})
    assert ids(listed) == [paid_by[1]]
    assert listed.headers["x-total-count"] == "2"
    assert ids(shop.service.get(path, params={"pageNumber": 2, "pageSize": 1})) == paid_by[:1]
    one = succeeded(shop.service.get(f"{path}/{paid_by[1]}"), 200)
    assert (one["provider"], one["paymentInformation"]) == ("SIMULATOR", {"paymentMode": "card"})
    assert [(entry["type"], entry["successful"], entry["amount"]["amount"]) for entry in one["entries"]] == [
        ("INITIALIZATION", True, shown["totalPrice"]),
        ("AUTHORIZATION", True, shown["totalPrice"]),
        ("CAPTURE", True, 7),
        ("REFUND", True, 3),
    ]
    assert "_secret_" not in str(one)
    assert_refused(shop.service.get(f"{path}/nobody"), 404, path)
    assert_refused(guest.get(path), 403, path)
