"""Payment modes, and payments that were put off (docs/wire/emporix.md, 4.6 and 17)."""

from typing import Any

import pytest

from tests.dialects.emporix.orders.test_orders import ids
from tests.refusals import assert_refused
from tests.shop import Guest, Shop, send, succeeded

GATEWAY = "payment-gateway"


@pytest.fixture
def base(shop: Shop) -> str:
    shop.standard()
    return f"/payment-gateway/{shop.name}"


def buy(shop: Shop, guest: Guest, **attributes: Any) -> Any:
    method = {"provider": GATEWAY, "customAttributes": attributes}
    return shop.checkout(guest, shop.order_request(shop.cart(guest, ["mug"]), paymentMethods=[method]))


def order_of(shop: Shop, answer: Any) -> dict[str, Any]:
    id = succeeded(answer, 200)["orderId"]
    return succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{id}"), 200)


def test_a_mode_is_set_up_and_offered_to_storefronts_while_it_is_active(shop: Shop, base: str) -> None:
    config, guest = f"{base}/paymentmodes/config", shop.guest()
    id = shop.payment_mode("cod", provider="CASH_ON_DELIVERY", code="cash", configuration={"note": "x"})
    shop.payment_mode(provider="UNZER")
    shop.payment_mode(active=False)
    offered = {"id": "cod", "code": "cash", "integrationType": "EXTERNAL", "paymentMethodType": "CASH_ON_DELIVERY"}
    assert guest.get(f"{base}/paymentmodes/frontend").json() == [offered]
    assert guest.get(f"{base}/paymentmodes/frontend/{id}").json() == offered
    mode = succeeded(shop.service.get(f"{config}/{id}"), 200)
    assert (mode["active"], mode["configuration"], mode["metadata"]["version"]) == (True, {"note": "x"}, 1)
    assert send(shop.service, "PATCH", f"{config}/{id}", {"active": False}).status_code == 204
    assert guest.get(f"{base}/paymentmodes/frontend").json() == []
    assert_refused(guest.get(f"{base}/paymentmodes/frontend/{id}"), 404, base)
    assert len(ids(shop.service.get(config))) == 3
    assert shop.service.delete(f"{config}/{id}").status_code == 200
    assert_refused(shop.service.delete(f"{config}/{id}"), 404, base)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"provider": "COINS"}, 400),
        ({"provider": None}, 400),
        ({"code": ""}, 400),
        ({"code": 7}, 400),
        ({"id": "a/b"}, 400),
        ({"active": "yes"}, 400),
        ({"configuration": []}, 400),
        ({"code": "taken"}, 409),
        ({"id": "first"}, 409),
    ],
)
def test_what_can_be_no_mode_is_refused_in_the_gateways_format(
    shop: Shop, base: str, fields: dict[str, Any], status: int
) -> None:
    config = f"{base}/paymentmodes/config"
    shop.payment_mode("first", code="taken")
    body = {"id": "m", "code": "c", "provider": "INVOICE"} | fields
    assert_refused(send(shop.service, "POST", config, body), status, base)
    assert_refused(shop.guest().get(config), 403, base)
    assert_refused(shop.service.post(config, content=b"{", headers={"content-type": "application/json"}), 400, base)
    assert ids(shop.service.get(config)) == ["first"]


def test_an_order_by_a_mode_that_is_paid_outside_waits_in_checkout(shop: Shop, base: str) -> None:
    order = order_of(shop, buy(shop, shop.guest(), modeId=shop.payment_mode()))
    assert order["status"] == "IN_CHECKOUT"
    (payment,) = order["payments"]
    assert len(payment.pop("transactionId")) == 36
    assert payment == {
        "status": "PENDING",
        "method": "invoice",
        "paymentResponse": "Payment is handled externally",
        "paidAmount": 0,
        "currency": "EUR",
        "authorizedAmount": order["totalAuthorizedAmount"],
        "provider": GATEWAY,
    }


@pytest.mark.parametrize("mode", ["missing", "inactive", "foreign", "", None, 7, "\a", "x" * 300, {"$ne": 1}])
def test_a_mode_that_nobody_takes_is_refused(shop: Shop, base: str, mode: Any) -> None:
    shop.payment_mode("inactive", active=False)
    shop.payment_mode("foreign", provider="SPREEDLY")
    guest = shop.guest()
    refused = buy(shop, guest, modeId=mode)
    assert refused.status_code == 400, refused.text
    fields = [(one["field"], one["type"]) for one in refused.json()["details"]]
    assert fields == [("paymentMethods[0].customAttributes.modeId", "invalid_payment_methods")]
    assert ids(guest.get(f"/order-v2/{shop.name}/orders")) == []


@pytest.mark.parametrize("name", ["initialize", "authorize"])
def test_a_payment_that_was_put_off_is_settled_once_by_the_buyer(shop: Shop, base: str, name: str) -> None:
    guest, stranger, mode, other = shop.guest(), shop.guest(), shop.payment_mode(), shop.payment_mode()
    order = order_of(shop, buy(shop, guest, deferred=True, customer="C1"))
    assert (order["status"], order["payments"][0]["method"]) == ("IN_CHECKOUT", GATEWAY)
    path = f"{base}/payment/frontend/{name}"
    body = {"order": {"id": order["id"]}, "paymentModeId": mode, "creditCardToken": "t"}
    assert_refused(send(stranger, "POST", path, body), 404, base)
    assert_refused(send(guest, "POST", path, body | {"paymentModeId": "nothing"}), 400, base)
    wrongs: tuple[dict[str, Any], ...] = ({"order": {}}, {"order": None}, {"paymentModeId": 1})
    for wrong in wrongs:
        assert_refused(send(guest, "POST", path, body | wrong), 400, base)
    answer = {"successful": True, "requiresExternalPayment": False}
    answer["paymentTransactionId"] = order["payments"][0]["transactionId"]
    assert succeeded(send(guest, "POST", path, body), 200) == answer
    assert succeeded(send(guest, "POST", path, body), 200) == answer
    assert_refused(send(guest, "POST", path, body | {"paymentModeId": other}), 422, base)
    settled = succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{order['id']}"), 200)
    assert (settled["payments"][0]["method"], settled["metadata"]["version"]) == ("invoice", 2)
    paid = succeeded(shop.checkout(guest, shop.order_request(shop.cart(guest, ["mug"]))), 200)["orderId"]
    assert_refused(send(guest, "POST", path, body | {"order": {"id": paid}}), 422, base)


def test_a_payment_is_put_off_only_where_it_can_be_made_later(shop: Shop, base: str) -> None:
    shop.payment_mode(provider="UNZER")
    guest = shop.guest()
    refused = buy(shop, guest, deferred=True)
    assert refused.status_code == 400
    assert [one["type"] for one in refused.json()["details"]] == ["invalid_payment_methods"]
    mode, orders = shop.payment_mode(), f"/order-v2/{shop.name}/salesorders"
    answers = []
    for change in ("nothing", "status", "payments"):
        order = order_of(shop, buy(shop, shop.guest(), deferred=True))
        path, body = f"{base}/payment/frontend/authorize", {"order": {"id": order["id"]}, "paymentModeId": mode}
        if change == "status":
            assert send(shop.service, "POST", path, body).status_code == 200
            decline = {"status": "DECLINED"}
            assert send(shop.service, "POST", f"{orders}/{order['id']}/transitions", decline).status_code == 204
        if change == "payments":
            paid = {"method": "card", "paidAmount": 1, "currency": "EUR", "status": "SUCCESS"}
            assert send(shop.service, "PATCH", f"{orders}/{order['id']}", {"payments": [paid]}).status_code == 204
        answers.append(send(shop.service, "POST", path, body).status_code)
    assert answers == [200, 422, 422]
    stranger = shop.client(shop.service_token("product.product_manage"))
    assert_refused(send(stranger, "POST", path, body), 403, base)
