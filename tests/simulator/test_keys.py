"""Idempotency keys as the provider means them: what is saved, what is replayed, what is refused."""

import asyncio
from functools import partial
from typing import Any

import httpx
import pytest
import stripe

from tests.psp import TOKEN, Provider, new_key, running_provider
from tillroll.simulator.application import Setup, Simulator
from tillroll.simulator.script import Latency, Script

AMOUNT: Any = {"amount": 1000, "currency": "eur", "capture_method": "manual"}


def key(name: str) -> Any:
    """Options with a key."""
    return {"idempotency_key": name}


def test_a_repeat_answers_as_the_first_time_and_changes_nothing(
    sdk: stripe.StripeClient, shared_provider: Provider
) -> None:
    first: Any = sdk.v1.payment_intents.create(AMOUNT, key("k"))
    again: Any = sdk.v1.payment_intents.create(AMOUNT, key("k"))
    assert first.to_dict() == again.to_dict()
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert again.last_response.headers["original-request"] == first.last_response.request_id
    assert "idempotent-replayed" not in first.last_response.headers
    assert len(sdk.v1.payment_intents.list().data) == 1
    sdk.v1.payment_intents.confirm(first.id, {"payment_method": "pm_card_visa"}, key("c"))
    for _ in range(2):
        sdk.v1.payment_intents.capture(first.id, {}, key("p"))
    assert shared_provider.ledger(first.id) == [("authorise", 1000), ("capture", 1000)]


def test_a_decline_is_replayed_too(sdk: stripe.StripeClient) -> None:
    id = sdk.v1.payment_intents.create(AMOUNT).id
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            sdk.v1.payment_intents.confirm(id, {"payment_method": "pm_card_visa_chargeDeclined"}, key("c"))
    assert len(sdk.v1.charges.list({"payment_intent": id}).data) == 1


def test_the_same_key_with_other_parameters_is_refused(sdk: stripe.StripeClient) -> None:
    first = sdk.v1.payment_intents.create(AMOUNT, key("k"))
    with pytest.raises(stripe.IdempotencyError) as other:
        sdk.v1.payment_intents.create(AMOUNT | {"amount": 1001}, key("k"))
    assert other.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        sdk.v1.payment_intents.cancel(first.id, {}, key("k"))
    assert [one.id for one in sdk.v1.payment_intents.list().data] == [first.id]


def test_a_refused_parameter_leaves_the_key_free(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.payment_intents.create(AMOUNT | {"amount": 1}, key("k"))
    assert sdk.v1.payment_intents.create(AMOUNT, key("k")).status == "requires_payment_method"


def test_a_key_is_of_its_account(sdk: stripe.StripeClient, shared_provider: Provider) -> None:
    other = shared_provider.sdk(new_key())
    assert sdk.v1.payment_intents.create(AMOUNT, key("k")).id != other.v1.payment_intents.create(AMOUNT, key("k")).id


def test_a_key_in_use_is_a_conflict_and_an_intent_in_use_is_locked() -> None:
    """In process, where both are under way before the first one's time has passed."""

    async def both(*keys: str) -> list[tuple[int, str]]:
        simulator = Simulator(Setup(token=TOKEN, script=Script(latency=Latency(ms=500), lock_ms=1)))
        headers = {"Authorization": f"Bearer {new_key()}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(simulator), base_url="http://simulator", headers=headers
        ) as client:
            id = (await client.post("/v1/payment_intents", data=AMOUNT)).json()["id"]
            confirm = partial(client.post, f"/v1/payment_intents/{id}/confirm", data={"payment_method": "pm_card_visa"})
            answers = await asyncio.gather(*(confirm(headers={"Idempotency-Key": one}) for one in keys))
        await simulator.stop()
        return [(one.status_code, one.json().get("error", {}).get("code", "")) for one in answers]

    assert asyncio.run(both("a", "a")) == [(200, ""), (409, "idempotency_key_in_use")]
    assert asyncio.run(both("a", "b")) == [(200, ""), (429, "lock_timeout")]


def test_a_key_dies_with_its_time() -> None:
    with running_provider(is_clock_manual=True) as provider:
        sdk = provider.sdk(new_key())
        first = sdk.v1.payment_intents.create(AMOUNT, key("k")).id
        provider.advance(86_399)
        assert sdk.v1.payment_intents.create(AMOUNT, key("k")).id == first
        provider.advance(1)
        assert sdk.v1.payment_intents.create(AMOUNT, key("k")).id != first


def test_the_same_seed_and_requests_give_the_same_bytes() -> None:
    told = []
    for _ in range(2):
        with running_provider(is_clock_manual=True, seed=7) as provider:
            sdk = provider.sdk("sk_test_same")
            id = sdk.v1.payment_intents.create(AMOUNT).id
            paid: Any = sdk.v1.payment_intents.confirm(id, {"payment_method": "pm_card_visa"})
            told.append((paid.last_response.body, paid.last_response.request_id))
    assert told[0] == told[1]
