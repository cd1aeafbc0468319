"""What a back office does with payments whose provider is asked (docs/wire/emporix.md, 17), against the simulator."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.refusals import assert_refused
from tests.shop import Guest, Shop, send, succeeded

WAIT_SECONDS_MAX = 60


@pytest.fixture
def mode(shop: Shop) -> str:
    """A mode of the simulator, whose money is taken by hand."""
    shop.standard()
    return shop.payment_mode("card", provider="SIMULATOR", configuration={"Simulator/Capture": "manual"})


def buy(shop: Shop, guest: Guest, mode: str, token: str = "pm_card_visa") -> dict[str, Any]:
    """An order of a mug by card."""
    method = {"provider": "payment-gateway", "customAttributes": {"modeId": mode, "token": token}}
    request = shop.order_request(shop.cart(guest, ["mug"]), paymentMethods=[method])
    return order_of(shop, succeeded(shop.checkout(guest, request), 200)["orderId"])


def order_of(shop: Shop, id: str) -> dict[str, Any]:
    """An order as the back office sees it."""
    return succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{id}"), 200)


def payment_of(shop: Shop, id: str) -> dict[str, Any]:
    """What an order says of its payment."""
    (payment,) = order_of(shop, id)["payments"]
    found: dict[str, Any] = payment
    return found


def act(shop: Shop, order: dict[str, Any], name: str, body: object = None, key: str = "") -> Any:
    """The answer to an act on an order's payment."""
    path = f"/payment-gateway/{shop.name}/payment/{order['payments'][0]['transactionId']}/{name}"
    headers = {"Idempotency-Key": key} if key else {}
    return shop.service.post(path, json=body, headers=headers) if body else shop.service.post(path, headers=headers)


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, which the server does by itself."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_part_of_what_is_held_is_taken_once_and_the_same_call_tells_it_again(shop: Shop, mode: str) -> None:
    order = buy(shop, shop.guest(), mode)
    part = {"amount": 10.5, "currency": "EUR"}
    taken = succeeded(act(shop, order, "capture", part), 200)
    assert (taken["successful"], taken["captureId"][:3]) == (True, "ch_")
    payment = payment_of(shop, order["id"])
    assert (payment["status"], payment["paidAmount"]) == ("CAPTURE_SUCCESS", 10.5)
    assert payment["authorizedAmount"] == order["totalPrice"]
    assert order_of(shop, order["id"])["status"] == "CREATED"
    for body in (part, None):
        assert succeeded(act(shop, order, "capture", body), 200) == taken
    assert_refused(act(shop, order, "capture", {"amount": 10}), 422, act_path(shop))
    assert_refused(act(shop, order, "cancel"), 422, act_path(shop))


def act_path(shop: Shop) -> str:
    return f"/payment-gateway/{shop.name}"


def test_all_that_is_owed_is_taken_where_no_amount_is_said(shop: Shop, mode: str) -> None:
    order = buy(shop, shop.guest(), mode)
    answers = [act(shop, order, "capture", key="one") for _ in range(2)]
    assert [(one.status_code, one.content) for one in answers] == [(200, answers[0].content)] * 2
    assert payment_of(shop, order["id"])["paidAmount"] == order["totalPrice"]


def test_what_is_held_is_let_go_and_nothing_follows_a_void(shop: Shop, mode: str) -> None:
    order = buy(shop, shop.guest(), mode)
    for _ in range(2):
        assert succeeded(act(shop, order, "cancel"), 200) == {"successful": True}
    payment = payment_of(shop, order["id"])
    assert (payment["status"], payment["paidAmount"]) == ("CANCELLATION_SUCCESS", 0)
    assert order_of(shop, order["id"])["status"] == "CREATED"  # what becomes of the order is somebody's word
    assert_refused(act(shop, order, "capture"), 422, act_path(shop))


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 1000},
        {"amount": 0},
        {"amount": -1},
        {"amount": 1.005},
        {"amount": 1, "currency": "USD"},
        {"amount": "one"},
        {"amount": 10**30},
        [],
    ],
    ids=str,
)
def test_what_can_not_be_taken_is_refused_and_nothing_is(shop: Shop, mode: str, body: Any) -> None:
    order = buy(shop, shop.guest(), mode)
    path = f"/payment-gateway/{shop.name}/payment/{order['payments'][0]['transactionId']}/capture"
    assert_refused(send(shop.service, "POST", path, body), 400, path)
    assert payment_of(shop, order["id"])["status"] == "AUTHORIZATION_SUCCESS"


def test_payments_of_nobody_and_of_others_are_not_found_and_scopes_are_asked_for(shop: Shop, mode: str) -> None:
    order = buy(shop, shop.guest(), mode)
    for name in ("capture", "cancel"):
        nobody = f"/payment-gateway/{shop.name}/payment/nobody/{name}"
        assert_refused(shop.service.post(nobody), 404, nobody)
        theirs = nobody.replace("nobody", order["payments"][0]["transactionId"])
        assert_refused(shop.guest().post(theirs), 403, theirs)
        stranger = shop.client(shop.service_token("payment-gateway.authorize_manage"))
        assert_refused(stranger.post(theirs), 403, theirs)


def test_an_order_that_the_back_office_declines_lets_its_money_go(shop: Shop, mode: str) -> None:
    order = buy(shop, shop.guest(), mode)
    path = f"/order-v2/{shop.name}/salesorders/{order['id']}/transitions"
    assert send(shop.service, "POST", path, {"status": "DECLINED"}).status_code == 204
    until(lambda: bool(payment_of(shop, order["id"])["status"] == "CANCELLATION_SUCCESS"))
    assert_refused(act(shop, order, "capture"), 422, act_path(shop))


def test_money_goes_back_in_parts_by_entries_and_whole_and_the_sale_follows(shop: Shop, mode: str) -> None:
    order = buy(shop, shop.guest(), mode)
    assert_refused(act(shop, order, "refund"), 422, act_path(shop))  # nothing was taken
    capture = succeeded(act(shop, order, "capture"), 200)["captureId"]
    part = {"amount": 1.5, "currency": "EUR", "captureId": capture, "reason": "a scratch"}
    assert succeeded(act(shop, order, "refund", part), 200) == {"successful": True}
    payment = payment_of(shop, order["id"])
    assert (payment["status"], payment["refundAmount"], payment["paidAmount"]) == (
        "REFUND_SUCCESS",
        1.5,
        order["totalPrice"],
    )
    (entry,) = order["entries"]
    assert succeeded(act(shop, order, "refund", {"entries": [{"id": entry["id"]}]}), 200)["successful"]
    mug = entry["calculatedPrice"]["finalPrice"]["grossValue"]
    assert payment_of(shop, order["id"])["refundAmount"] == 1.5 + mug
    assert_refused(act(shop, order, "refund", {"entries": [{"id": entry["id"]}]}), 400, act_path(shop))
    assert succeeded(act(shop, order, "refund"), 200)["successful"]
    assert payment_of(shop, order["id"])["refundAmount"] == order["totalPrice"]
    until(lambda: refunded(shop) == round(order["totalPrice"] * 100))


def refunded(shop: Shop) -> int:
    """What the shop's sales say was given back, in minor units."""
    office = shop.client(shop.credentials["native"]["api_key"])
    return sum(one["refunded_minor"] for one in succeeded(office.get("/v1/sales"), 200)["items"])


def test_the_same_key_gives_money_back_once(shop: Shop, mode: str) -> None:
    order = buy(shop, shop.guest(), mode)
    succeeded(act(shop, order, "capture"), 200)
    answers = [act(shop, order, "refund", {"amount": 2}, key="once") for _ in range(3)]
    assert [(one.status_code, one.content) for one in answers] == [(200, answers[0].content)] * 3
    assert payment_of(shop, order["id"])["refundAmount"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 10_000},
        {"amount": 0},
        {"amount": 1, "currency": "USD"},
        {"captureId": "ch_of_somebody"},
        {"entries": [{"id": "nothing"}]},
        {"entries": [{}]},
        {"entries": [{"id": 1}] * 1001},
        {"reason": "x" * 501},
    ],
    ids=lambda body: f"{body}"[:40],
)
def test_what_can_not_be_given_back_is_refused(shop: Shop, mode: str, body: Any) -> None:
    order = buy(shop, shop.guest(), mode)
    succeeded(act(shop, order, "capture"), 200)
    assert_refused(act(shop, order, "refund", body), 400, act_path(shop))
    assert "refundAmount" not in payment_of(shop, order["id"])


def test_an_order_that_is_declined_gives_back_what_was_taken(shop: Shop, mode: str) -> None:
    order = buy(shop, shop.guest(), mode)
    succeeded(act(shop, order, "capture"), 200)
    path = f"/order-v2/{shop.name}/salesorders/{order['id']}/transitions"
    assert send(shop.service, "POST", path, {"status": "DECLINED"}).status_code == 204
    until(lambda: payment_of(shop, order["id"]).get("refundAmount") == order["totalPrice"])
