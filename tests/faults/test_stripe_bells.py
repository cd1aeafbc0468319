"""Bells of a provider and of browsers that come back, over both wires, with real servers: they settle a payment at
once, and nothing that they say is believed.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe

from tests.faults.test_stripe_checkout import TOTAL, assert_audited, buy, intents, order, until
from tests.harness import Server, new_shop, running_server
from tests.psp import Provider, running_provider
from tests.refusals import assert_refused
from tests.shop import NO_CERTIFICATES, Shop, send, succeeded
from tillroll.payments.stripe.connector import SIMULATED_KEY

ASKS_FIRST = "pm_card_threeDSecure2Required"
# What these tests would wait for if nobody rang, in seconds.
SETTINGS = {"payment_request_seconds": 15, "payment_lease_seconds": 20}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """A provider for these tests."""
    with running_provider() as provider:
        yield provider


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    """A server whose address buyers come back by is told to it."""
    with running_server(database_url, settings={**SETTINGS, "public_url": "http://127.0.0.1:1"}) as server:
        yield server


@pytest.fixture
def shop(server: Server, provider: Provider) -> Iterator[Shop]:
    """A shop whose payment mode hears of payments."""
    provider.play()
    with new_shop(server) as shop:
        shop.standard()
        asked: Any = {"url": callback(server, shop), "enabled_events": ["*"]}
        endpoint = provider.sdk(SIMULATED_KEY).v1.webhook_endpoints.create(asked)
        settings = {"Simulator/Url": provider.url, "Simulator/RedirectURL": "http://127.0.0.1:1/back?a=b"}
        settings["Simulator/WebhookSecret"] = str(endpoint.secret)
        shop.payment_mode("card", provider="SIMULATOR", configuration=settings)
        yield shop
        provider.sdk(SIMULATED_KEY).v1.webhook_endpoints.delete(endpoint.id)


def callback(server: Server, shop: Shop, mode: str = "card") -> str:
    """Where a provider rings."""
    return f"{server.url}/payment-gateway/{shop.name}/callbacks/{mode}"


def rung(server: Server, shop: Shop, body: str, signature: str, mode: str = "card") -> httpx.Response:
    """The answer to a bell."""
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json; charset=utf-8"}
    url = callback(server, shop, mode)
    return httpx.post(url, content=body, headers=headers, trust_env=False, verify=NO_CERTIFICATES)


def signed(body: str, secret: str) -> str:
    """A signature as Stripe makes it."""
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret)
    return header


def at_the_bank(provider: Provider, shop: Shop, result: str) -> None:
    """What the buyer does at the bank."""
    (intent,) = intents(provider, shop)
    provider.http.post(f"/3ds/{intent.id}", json={"result": result})


def test_who_succeeds_at_the_bank_has_bought_at_once(shop: Shop, server: Server, provider: Provider) -> None:
    id = succeeded(buy(shop, shop.guest(), ASKS_FIRST), 200)["orderId"]
    at_the_bank(provider, shop, "success")
    until(lambda: bool(order(shop, id)["payments"][0]["status"] == "CAPTURE_SUCCESS"))
    assert order(shop, id)["status"] == "CREATED"
    (intent,) = intents(provider, shop)
    assert provider.ledger(intent.id) == [("authorise", TOTAL), ("capture", TOTAL)]
    assert_audited(server)


def test_who_fails_at_the_bank_is_told_so_at_once_and_pays_the_same_order_with_another_card(
    shop: Shop, server: Server, provider: Provider
) -> None:
    guest = shop.guest()
    id = succeeded(buy(shop, guest, ASKS_FIRST), 200)["orderId"]
    at_the_bank(provider, shop, "failure")
    until(lambda: bool(order(shop, id)["payments"][0]["status"] == "AUTHORIZATION_FAILURE"))
    assert order(shop, id)["status"] == "IN_CHECKOUT"
    body = {"order": {"id": id}, "paymentModeId": "card", "creditCardToken": "pm_card_visa"}
    path = f"/payment-gateway/{shop.name}/payment/frontend/authorize"
    assert succeeded(send(guest, "POST", path, body), 200)["successful"]
    until(lambda: bool(order(shop, id)["payments"][0]["status"] == "CAPTURE_SUCCESS"))
    assert order(shop, id)["status"] == "CREATED"
    assert sorted(len(provider.ledger(one.id)) for one in intents(provider, shop)) == [0, 2]
    assert_audited(server)


def test_a_browser_that_comes_back_settles_the_payment_whatever_it_says(
    shop: Shop, server: Server, provider: Provider
) -> None:
    provider.play({"on": {"op": "webhook"}, "do": {"webhook": {"lose": True}}})
    answer = succeeded(buy(shop, shop.guest(), ASKS_FIRST), 200)
    id, attempt = answer["orderId"], answer["paymentDetails"]["authorizationToken"]
    back = f"{server.url}/payment-gateway/{shop.name}/returns/{attempt}"
    until(lambda: landed(back, "redirect_status=succeeded&payment_intent=pi_forged").status_code == 303)
    assert order(shop, id)["status"] == "IN_CHECKOUT"  # what a browser says is not believed
    at_the_bank(provider, shop, "success")
    until(lambda: came_back(shop, id, back))
    assert order(shop, id)["status"] == "CREATED"
    assert landed(back, "").headers["location"] == f"http://127.0.0.1:1/back?a=b&orderId={id}&paymentModeId=card"
    nobody = f"{server.url}/payment-gateway/{shop.name}/returns/nobody"
    assert landed(nobody, "").status_code == 404
    assert landed(nobody.replace(shop.name, "nobody"), "").status_code == 404


def landed(back: str, query: str) -> httpx.Response:
    """Where a browser is sent on to."""
    return httpx.get(f"{back}?{query}", trust_env=False, verify=NO_CERTIFICATES)


def came_back(shop: Shop, id: str, back: str) -> bool:
    """Whether an order stands once its buyer has come back."""
    assert landed(back, "redirect_status=failed").status_code == 303
    return bool(order(shop, id)["status"] == "CREATED")


def test_a_dispute_is_noted_and_nothing_is_given_back_beside_it_until_it_is_won(
    shop: Shop, server: Server, provider: Provider
) -> None:
    id = succeeded(buy(shop, shop.guest()), 200)["orderId"]
    until(lambda: bool(order(shop, id)["payments"][0]["status"] == "CAPTURE_SUCCESS"))
    (intent,) = intents(provider, shop)
    provider.act("dispute", intent.id)
    (dispute,) = provider.sdk(SIMULATED_KEY).v1.disputes.list({"payment_intent": intent.id}).data
    refund = f"/payment-gateway/{shop.name}/payment/{order(shop, id)['payments'][0]['transactionId']}/refund"
    until(lambda: shop.service.post(refund, json={"amount": 0.01}).status_code == 422)
    provider.act("win", dispute.id)
    until(lambda: shop.service.post(refund).status_code == 200)
    assert order(shop, id)["payments"][0]["refundAmount"] == TOTAL / 100
    assert_audited(server)


def test_a_refund_at_the_providers_own_desk_is_taken_over_once(shop: Shop, server: Server, provider: Provider) -> None:
    id = succeeded(buy(shop, shop.guest()), 200)["orderId"]
    until(lambda: bool(order(shop, id)["payments"][0]["status"] == "CAPTURE_SUCCESS"))
    (intent,) = intents(provider, shop)
    for _ in range(2):
        provider.act("refund", intent.id, amount=100)
    until(lambda: order(shop, id)["payments"][0].get("refundAmount") == 2)
    assert order(shop, id)["payments"][0]["status"] == "REFUND_SUCCESS"
    assert [op for op, _ in provider.ledger(intent.id)].count("refund") == 2
    assert_audited(server)


def test_bells_are_verified_and_those_that_are_none_are_refused(shop: Shop, server: Server) -> None:
    event = {"id": "evt_1", "type": "charge.updated", "livemode": False, "data": {"object": {"object": "charge"}}}
    body = json.dumps(event)
    mode = succeeded(shop.service.get(f"/payment-gateway/{shop.name}/paymentmodes/config/card"), 200)
    secret = mode["configuration"]["Simulator/WebhookSecret"]
    for _ in range(2):
        assert succeeded(rung(server, shop, body, signed(body, secret)), 200) == {"received": True}
    live = json.dumps({**event, "id": "evt_2", "livemode": True})
    assert rung(server, shop, live, signed(live, secret)).status_code == 200
    path = f"/payment-gateway/{shop.name}"
    for wrong in ("", "t=1,v1=2", signed(body, "whsec_of_others"), signed(body + " ", secret)):
        assert_refused(rung(server, shop, body, wrong), 400, path)
    assert_refused(rung(server, shop, "{", signed("{", secret)), 400, path)
    shop.payment_mode("deaf", provider="SIMULATOR")
    shop.payment_mode("bill")
    for other in ("deaf", "bill", "nobody"):
        assert_refused(rung(server, shop, body, signed(body, secret), other), 404, path)
    nobody = callback(server, shop).replace(shop.name, "nobody")
    assert httpx.post(nobody, content=body, trust_env=False, verify=NO_CERTIFICATES).status_code == 404
