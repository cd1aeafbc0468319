"""Webhooks: signed as the official SDK checks it, delivered by script, tried again until somebody listens."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from tests.psp import Provider, new_key, running_provider

AMOUNT: Any = {"amount": 1000, "currency": "eur", "capture_method": "manual"}
WAIT_SECONDS_MAX = 20


class Receiver(ThreadingHTTPServer):
    """Takes webhooks, and answers each with the next of `statuses`, the last one for ever."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.statuses = [200]
        self.changed = threading.Condition()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def wait_for(self, count: int) -> list[tuple[bytes, str]]:
        """What has come as soon as it is so many."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.got) >= count, WAIT_SECONDS_MAX), self.got
            return list(self.got)


class Handler(BaseHTTPRequestHandler):
    """One delivery."""

    server: Receiver

    def do_POST(self) -> None:
        """Keep it."""
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.changed:
            self.server.got.append((body, self.headers["stripe-signature"]))
            statuses = self.server.statuses
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            self.server.changed.notify_all()
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who listens."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    yield receiver
    receiver.shutdown()
    receiver.server_close()
    thread.join()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider of one's own."""
    with running_provider() as provider:
        yield provider


def listening(provider: Provider, receiver: Receiver, *events: str) -> tuple[stripe.StripeClient, str]:
    """A new account that tells the receiver of these events, and the endpoint's secret."""
    sdk = provider.sdk(new_key())
    asked: Any = {"url": receiver.url, "enabled_events": list(events or ("*",))}
    endpoint = sdk.v1.webhook_endpoints.create(asked)
    assert endpoint.secret is not None
    assert not hasattr(sdk.v1.webhook_endpoints.retrieve(endpoint.id), "secret")
    return sdk, endpoint.secret


def types(told: list[tuple[bytes, str]], secret: str) -> list[str]:
    """The types of deliveries, each checked with the official SDK."""
    return [stripe.Webhook.construct_event(body, header, secret).type for body, header in told]


def test_each_step_is_told_and_signed(provider: Provider, receiver: Receiver) -> None:
    sdk, secret = listening(provider, receiver)
    id = sdk.v1.payment_intents.create(AMOUNT).id
    sdk.v1.payment_intents.confirm(id, {"payment_method": "pm_card_visa"})
    sdk.v1.payment_intents.capture(id)
    sdk.v1.refunds.create({"payment_intent": id, "amount": 1})
    told = receiver.wait_for(7)
    assert sorted(types(told, secret)) == sorted(
        [
            *("payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated"),
            *("charge.captured", "payment_intent.succeeded", "refund.created", "charge.refunded"),
        ]
    )
    with pytest.raises(stripe.SignatureVerificationError):
        types(told, "whsec_wrong")
    assert {one.type for one in sdk.v1.events.list({"limit": 100}).data} == set(types(told, secret))


def test_nobody_hears_what_was_not_asked_for_or_is_of_another(provider: Provider, receiver: Receiver) -> None:
    sdk, secret = listening(provider, receiver, "payment_intent.canceled")
    provider.sdk(new_key()).v1.payment_intents.create(AMOUNT)
    sdk.v1.payment_intents.cancel(sdk.v1.payment_intents.create(AMOUNT).id)
    assert types(receiver.wait_for(1), secret) == ["payment_intent.canceled"]


def test_a_delivery_that_fails_is_tried_again(provider: Provider, receiver: Receiver) -> None:
    provider.play(webhooks={"retry_seconds": [0.01, 0.01]})
    receiver.statuses = [500, 302, 200]
    sdk, secret = listening(provider, receiver)
    sdk.v1.payment_intents.create(AMOUNT)
    assert types(receiver.wait_for(3), secret) == ["payment_intent.created"] * 3
    while len(provider.requests("webhook")) < 3:
        pass
    assert [(one["try"], one["status"]) for one in provider.requests("webhook")] == [(1, 500), (2, 302), (3, 200)]


def test_deliveries_are_lost_doubled_early_and_outdated_by_script(provider: Provider, receiver: Receiver) -> None:
    def on(type: str, **do: bool) -> dict[str, Any]:
        return {"on": {"op": "webhook", "type": type}, "do": {"webhook": do}}

    provider.play(
        on("payment_intent.created", lose=True),
        on("charge.succeeded", lose=True),
        on("payment_intent.amount_capturable_updated", before_answer=True, stale=True),
        on("payment_intent.canceled", duplicate=True),
    )
    sdk, secret = listening(provider, receiver)
    id = sdk.v1.payment_intents.create(AMOUNT).id
    sdk.v1.payment_intents.confirm(id, {"payment_method": "pm_card_visa"})
    assert types(receiver.got, secret) == ["payment_intent.amount_capturable_updated"]
    event: Any = stripe.Webhook.construct_event(receiver.got[0][0], receiver.got[0][1], secret)
    assert event.data.object.status == "requires_payment_method"
    sdk.v1.payment_intents.cancel(id)
    told = receiver.wait_for(3)
    assert types(told[1:], secret) == ["payment_intent.canceled"] * 2
    assert told[1][0] == told[2][0]
    provider.act("resend", event.id)
    receiver.wait_for(4)


def test_nothing_is_sent_to_another_machine(provider: Provider) -> None:
    sdk = provider.sdk(new_key())
    for url in ("https://shop.example/hook", "http://192.0.2.1/hook", "ftp://127.0.0.1/"):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
        assert refused.value.code == "url_invalid"


def test_refunds_that_are_decided_later_are_told_then(provider: Provider, receiver: Receiver) -> None:
    sdk, secret = listening(provider, receiver, "refund.updated", "refund.failed")
    for card in ("pm_card_pendingRefund", "pm_card_refundFail"):
        id = sdk.v1.payment_intents.create({"amount": 1000, "currency": "eur"}).id
        sdk.v1.payment_intents.confirm(id, {"payment_method": card})
        sdk.v1.refunds.create({"payment_intent": id})
    provider.advance(60)
    assert sorted(types(receiver.wait_for(2), secret)) == ["refund.failed", "refund.updated"]
    assert sorted(str(one.status) for one in sdk.v1.refunds.list().data) == ["failed", "succeeded"]
