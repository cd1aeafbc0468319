"""Stripe's own SDK for Node, unchanged, against the simulator: every call that Tillroll makes, and each class of error.

That for Python is what `tests/simulator` speaks with.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe

from tests.clients.npm import run_script
from tests.psp import Provider, new_key, running_provider

# What both halves of the script share: a client, and what a call that fails says.
BEGIN = """
const Stripe = require("stripe");
const { KEY, HOST, PORT } = process.env;
const options = { host: HOST, port: PORT, protocol: "http", maxNetworkRetries: 0, telemetry: false, timeout: 3000 };
const stripe = new Stripe(KEY, options);
const AMOUNT = { amount: 1000, currency: "eur", capture_method: "manual", allowed_payment_method_types: ["card"] };
const BACK = "http://127.0.0.1:1/back";
const failed = async (call) => {
  try { await call(); return null; } catch (error) {
    return [error.constructor.name, error.statusCode || null, error.code || null, error.decline_code || null];
  }
};
"""
STORY = """
(async () => {
  const said = {};
  const metadata = { attempt: "a 1", order: "Ünïcödé & = []" };
  const made = await stripe.paymentIntents.create({ ...AMOUNT, metadata }, { idempotencyKey: "k" });
  const again = await stripe.paymentIntents.create({ ...AMOUNT, metadata }, { idempotencyKey: "k" });
  said.repeat = [again.id === made.id, again.lastResponse.headers["idempotent-replayed"], made.metadata];
  const confirm = { payment_method: "pm_card_visa", return_url: BACK, expand: ["latest_charge"] };
  const held = await stripe.paymentIntents.confirm(made.id, confirm);
  said.held = [held.status, held.amount_capturable, held.latest_charge.status];
  const taken = await stripe.paymentIntents.capture(made.id, { amount_to_capture: 700 });
  said.taken = [taken.status, taken.amount_received];
  const refund = await stripe.refunds.create({ payment_intent: made.id, amount: 300, metadata: { refund: "r" } });
  said.refund = [refund.status, (await stripe.refunds.retrieve(refund.id)).metadata];
  const other = await stripe.paymentIntents.create(AMOUNT);
  said.canceled = (await stripe.paymentIntents.cancel(other.id, { cancellation_reason: "abandoned" })).status;
  said.listed = (await stripe.paymentIntents.list({ limit: 1 }).autoPagingToArray({ limit: 10 })).length;
  said.refunds = (await stripe.refunds.list({ payment_intent: made.id })).data.length;
  const found = await stripe.paymentIntents.search({ query: "metadata['attempt']:'a 1'" });
  said.found = found.data.map((one) => one.id === made.id);
  said.events = (await stripe.events.list({ types: ["refund.created", "payment_intent.canceled"] })).data.map(
    (one) => one.type);
  said.disputes = (await stripe.disputes.list({ payment_intent: made.id })).data.length;
  const looked = await stripe.paymentIntents.retrieve(made.id, { expand: ["latest_charge"] });
  said.looked = looked.latest_charge.amount_refunded;
  const span = { created: { gte: 1 }, limit: 100, expand: ["data.latest_charge"] };
  said.span = (await stripe.paymentIntents.list(span)).data.map((one) => one.status);
  said.balance = (await stripe.balanceTransactions.list()).data.map((one) => [one.type, one.net]);
  console.log(JSON.stringify(said));
})();
"""
ERRORS = """
(async () => {
  const { id } = await stripe.paymentIntents.create(AMOUNT, { idempotencyKey: "k" });
  const card = (name) => () => stripe.paymentIntents.confirm(id, { payment_method: name });
  const stranger = new Stripe("sk_live_1", options);
  console.log(JSON.stringify([
    await failed(card("pm_card_visa_chargeDeclinedInsufficientFunds")),
    await failed(card("pm_card_chargeDeclinedExpiredCard")),
    await failed(() => stripe.paymentIntents.create({ ...AMOUNT, amount: 2000 }, { idempotencyKey: "k" })),
    await failed(() => stripe.paymentIntents.capture(id)),
    await failed(() => stripe.paymentIntents.retrieve("pi_nobody")),
    await failed(() => stranger.paymentIntents.retrieve(id)),
    await failed(() => stripe.paymentIntents.retrieve(id, { expand: ["latest_charge"] })),
    await failed(() => stripe.refunds.retrieve("re_limited")),
    await failed(() => stripe.refunds.list()),
    await failed(() => stripe.events.list()),
  ]));
})();
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """A provider for these tests."""
    with running_provider() as provider:
        yield provider


def run(node_modules: Path, provider: Provider, script: str, **environment: str) -> Any:
    """What a script prints, on a new account."""
    place = urlsplit(provider.url)
    address = {"HOST": str(place.hostname), "PORT": str(place.port), "KEY": new_key(), **environment}
    return json.loads(run_script(node_modules, BEGIN + script, **address))


def test_the_sdk_for_node_goes_from_a_payment_to_its_refund(provider: Provider, node_modules: Path) -> None:
    provider.play()
    assert run(node_modules, provider, STORY) == {
        "repeat": [True, "true", {"attempt": "a 1", "order": "Ünïcödé & = []"}],
        "held": ["requires_capture", 1000, "succeeded"],
        "taken": ["succeeded", 700],
        "refund": ["succeeded", {"refund": "r"}],
        "canceled": "canceled",
        "listed": 2,
        "refunds": 1,
        "found": [True],
        "events": ["payment_intent.canceled", "refund.created"],
        "disputes": 0,
        "looked": 300,
        "span": ["canceled", "succeeded"],
        "balance": [["refund", -300], ["charge", 700]],
    }


def test_the_sdk_for_node_knows_each_class_of_error(provider: Provider, node_modules: Path) -> None:
    provider.play(
        {"on": {"op": "refunds.retrieve"}, "do": {"fault": "rate_limit"}},
        {"on": {"op": "refunds.list"}, "do": {"fault": "status", "status": 500}},
        {"on": {"op": "events.list"}, "do": {"fault": "reset"}},
    )
    assert run(node_modules, provider, ERRORS) == [
        ["StripeCardError", 402, "card_declined", "insufficient_funds"],
        ["StripeCardError", 402, "expired_card", None],
        ["StripeIdempotencyError", 400, None, None],
        ["StripeInvalidRequestError", 400, "payment_intent_unexpected_state", None],
        ["StripeInvalidRequestError", 404, "resource_missing", None],
        ["StripeAuthenticationError", 401, None, None],
        None,
        ["StripeRateLimitError", 429, "rate_limit", None],
        ["StripeAPIError", 500, None, None],
        ["StripeConnectionError", None, None, None],
    ]


def test_the_sdk_for_python_knows_each_class_of_error(provider: Provider) -> None:
    provider.play(
        {"on": {"op": "refunds.retrieve"}, "do": {"fault": "rate_limit"}},
        {"on": {"op": "refunds.list"}, "do": {"fault": "status", "status": 500}},
        {"on": {"op": "events.list"}, "do": {"fault": "reset"}},
    )
    sdk = provider.sdk(new_key())
    for error, status, call in (
        (stripe.RateLimitError, 429, lambda: sdk.v1.refunds.retrieve("re_limited")),
        (stripe.APIError, 500, sdk.v1.refunds.list),
        (stripe.APIConnectionError, None, sdk.v1.events.list),
        (stripe.AuthenticationError, 401, provider.sdk("sk_live_1").v1.events.list),
    ):
        with pytest.raises(stripe.StripeError) as failed:
            call()
        assert (type(failed.value), failed.value.http_status) == (error, status)
