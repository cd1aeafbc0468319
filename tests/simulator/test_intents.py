"""Every way that a payment takes, through the official SDK, and what the provider's own books have of it."""

from typing import Any

import pytest
import stripe

from tests.psp import Provider

FIXTURE = {"amount": 1000, "currency": "eur", "capture_method": "manual", "allowed_payment_method_types": ["card"]}
BACK = "http://127.0.0.1:1/back"

DECLINES = [
    ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
    ("tok_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ("4000000000009979", "card_declined", "stolen_card"),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ("pm_card_radarBlock", "card_declined", "fraudulent"),
    ("pm_card_threeDSecureRequiredProcessingError", "processing_error", None),
]


def opened(sdk: stripe.StripeClient, **also: Any) -> str:
    """The id of a new intent."""
    return sdk.v1.payment_intents.create({**FIXTURE, **also}).id  # type: ignore[typeddict-item]


def confirmed(sdk: stripe.StripeClient, id: str, card: str = "pm_card_visa", **also: Any) -> stripe.PaymentIntent:
    """The intent after a card was asked for it."""
    asked: Any = {"payment_method": card, "return_url": BACK, "expand": ["latest_charge"], **also}
    return sdk.v1.payment_intents.confirm(id, asked)


def test_money_is_held_then_taken_in_part_and_the_rest_released(
    sdk: stripe.StripeClient, shared_provider: Provider
) -> None:
    id = opened(sdk, metadata={"attempt": "a1", "order": "EON1"})
    held = confirmed(sdk, id)
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 1000, 0)
    charge: Any = held.latest_charge
    assert charge.metadata["attempt"] == "a1"
    assert charge.payment_method_details.card.capture_before - charge.created == 7 * 86_400
    taken = sdk.v1.payment_intents.capture(id, {"amount_to_capture": 700, "expand": ["latest_charge"]})
    assert (taken.status, taken.amount, taken.amount_received, taken.amount_capturable) == ("succeeded", 1000, 700, 0)
    charge = taken.latest_charge
    assert (charge.captured, charge.amount_captured, charge.amount_refunded, charge.refunded) == (True, 700, 0, False)
    assert sdk.v1.refunds.list({"payment_intent": id}).data == []
    assert shared_provider.ledger(id) == [("authorise", 1000), ("capture", 700), ("release", 300)]


@pytest.mark.parametrize(("card", "code", "decline"), DECLINES)
def test_a_decline_is_a_card_error_and_another_card_may_pay(
    sdk: stripe.StripeClient, card: str, code: str, decline: str | None
) -> None:
    id = opened(sdk)
    with pytest.raises(stripe.CardError) as declined:
        confirmed(sdk, id, card)
    error: Any = declined.value.error
    assert (declined.value.http_status, error.code, getattr(error, "decline_code", None)) == (402, code, decline)
    assert error.payment_intent.id == id
    after = sdk.v1.payment_intents.retrieve(id)
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_payment_error is not None
    assert (after.last_payment_error.code, after.last_payment_error.charge) == (code, after.latest_charge)
    assert confirmed(sdk, id).status == "requires_capture"


@pytest.mark.parametrize(
    ("card", "result", "status", "redirect"),
    [
        ("pm_card_authenticationRequired", "success", "requires_capture", "succeeded"),
        ("pm_card_threeDSecure2Required", "failure", "requires_payment_method", "failed"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "success", "requires_payment_method", "failed"),
    ],
)
def test_the_holder_of_the_card_is_asked_on_a_page(
    sdk: stripe.StripeClient, shared_provider: Provider, card: str, result: str, status: str, redirect: str
) -> None:
    id = opened(sdk)
    waiting: Any = confirmed(sdk, id, card)
    assert (waiting.status, waiting.latest_charge) == ("requires_action", None)
    assert waiting.next_action.redirect_to_url.return_url == BACK
    page = waiting.next_action.redirect_to_url.url
    shown = shared_provider.http.get(page)
    assert shown.status_code == 200
    assert "1000" in shown.text
    assert "EUR" in shown.text
    sent = shared_provider.http.post(page, data={"result": result})
    assert sent.status_code == 303
    back = sent.headers["location"]
    assert back.startswith(f"{BACK}?payment_intent={id}&payment_intent_client_secret={id}_secret_")
    assert back.endswith(f"&redirect_status={redirect}")
    assert sdk.v1.payment_intents.retrieve(id).status == status
    assert shared_provider.http.post(page, data={"result": "success"}).status_code == 303
    assert sdk.v1.payment_intents.retrieve(id).status == status


def test_what_a_state_does_not_allow_is_refused_with_the_intent_inside(
    sdk: stripe.StripeClient, shared_provider: Provider
) -> None:
    id = opened(sdk)
    refused = []
    for act in (sdk.v1.payment_intents.capture, sdk.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as error:
            act(id)
        refused.append(error)
    confirmed(sdk, id)
    gone = sdk.v1.payment_intents.cancel(id, {"cancellation_reason": "abandoned"})
    assert (gone.status, gone.cancellation_reason, gone.amount_capturable) == ("canceled", "abandoned", 0)
    for again in (sdk.v1.payment_intents.capture, sdk.v1.payment_intents.cancel, sdk.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as error:
            again(id)
        refused.append(error)
    assert {one.value.code for one in refused} == {"payment_intent_unexpected_state"}
    said: Any = refused[-1].value.error
    assert said.payment_intent.status == "canceled"
    assert shared_provider.ledger(id) == [("authorise", 1000), ("void", 1000)]


def test_refunds_add_up_to_what_was_captured_and_no_further(
    sdk: stripe.StripeClient, shared_provider: Provider
) -> None:
    id = opened(sdk)
    confirmed(sdk, id)
    with pytest.raises(stripe.InvalidRequestError, match="captured"):
        sdk.v1.refunds.create({"payment_intent": id})
    sdk.v1.payment_intents.capture(id)
    part = sdk.v1.refunds.create({"payment_intent": id, "amount": 400, "metadata": {"refund": "r1"}})
    assert (part.status, part.amount, part.metadata and part.metadata["refund"]) == ("succeeded", 400, "r1")
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        sdk.v1.refunds.create({"payment_intent": id, "amount": 601})
    assert (too_much.value.code, too_much.value.param) == (None, "amount")
    rest = sdk.v1.refunds.create({"payment_intent": id})
    assert rest.amount == 600
    with pytest.raises(stripe.InvalidRequestError) as already:
        sdk.v1.refunds.create({"payment_intent": id, "amount": 1})
    assert already.value.code == "charge_already_refunded"
    found = sdk.v1.refunds.list({"payment_intent": id})
    assert [one.id for one in found.data] == [rest.id, part.id]
    moved = sdk.v1.balance_transactions.list()
    assert [(one.type, one.net) for one in moved.data] == [("refund", -600), ("refund", -400), ("charge", 1000)]
    assert shared_provider.ledger(id)[2:] == [("refund", 400), ("refund", 600)]


def test_some_refunds_are_decided_later(sdk: stripe.StripeClient) -> None:
    with_fate = {}
    for card in ("pm_card_pendingRefund", "pm_card_refundFail"):
        id = opened(sdk, capture_method="automatic")
        assert confirmed(sdk, id, card).status == "succeeded"
        with_fate[card] = sdk.v1.refunds.create({"payment_intent": id})
    assert [one.status for one in with_fate.values()] == ["pending", "succeeded"]


def test_a_dispute_takes_the_money_and_a_won_one_brings_it_back(
    sdk: stripe.StripeClient, shared_provider: Provider
) -> None:
    id = opened(sdk)
    confirmed(sdk, id, "pm_card_createDispute")
    sdk.v1.payment_intents.capture(id)
    dispute = sdk.v1.disputes.list({"payment_intent": id}).data[0]
    assert (dispute.status, dispute.amount, dispute.reason) == ("needs_response", 1000, "fraudulent")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.refunds.create({"payment_intent": id})
    assert refused.value.code == "charge_disputed"
    shared_provider.act("win", dispute.id)
    assert sdk.v1.disputes.retrieve(dispute.id).status == "won"
    assert shared_provider.ledger(id)[2:] == [("dispute", 1000), ("reinstate", 1000)]
    types = [one.type for one in sdk.v1.events.list({"type": "charge.dispute.*"}).data]
    assert types == [
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.created",
    ]


def test_an_inquiry_moves_no_money(sdk: stripe.StripeClient, shared_provider: Provider) -> None:
    id = opened(sdk)
    confirmed(sdk, id, "pm_card_createDisputeInquiry")
    sdk.v1.payment_intents.capture(id)
    dispute = sdk.v1.disputes.list({"payment_intent": id}).data[0]
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert sdk.v1.refunds.create({"payment_intent": id}).status == "succeeded"
    assert [op for op, _ in shared_provider.ledger(id)] == ["authorise", "capture", "refund"]


def test_a_payment_method_of_nobody_pays_once(sdk: stripe.StripeClient) -> None:
    method = sdk.v1.payment_methods.create({"type": "card", "card": {"number": "4242 4242 4242 4242"}})
    assert confirmed(sdk, opened(sdk), method.id).status == "requires_capture"
    with pytest.raises(stripe.InvalidRequestError, match="used up"):
        confirmed(sdk, opened(sdk), method.id)


def test_a_confirmation_token_pays(sdk: stripe.StripeClient) -> None:
    token = sdk.v1.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
    id = opened(sdk)
    paid = sdk.v1.payment_intents.confirm(id, {"confirmation_token": token.id, "return_url": BACK})
    assert paid.status == "requires_capture"


@pytest.mark.parametrize(
    ("changed", "code", "param"),
    [
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 10**12}, "amount_too_large", "amount"),
        ({"amount": "ten"}, "parameter_invalid_integer", "amount"),
        ({"currency": "kwd", "amount": 5124}, "parameter_invalid_integer", "amount"),
        ({"currency": "isk", "amount": 501}, "parameter_invalid_integer", "amount"),
        ({"currency": "xxy"}, "parameter_invalid_string", "currency"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", "payment_method_types"),
    ],
)
def test_what_can_not_be_asked_is_refused_by_name(
    sdk: stripe.StripeClient, changed: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        opened(sdk, **changed)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
    assert sdk.v1.payment_intents.list().data == []


def test_an_older_version_still_gives_the_types(sdk: stripe.StripeClient) -> None:
    given: Any = {"amount": 1000, "currency": "usd", "payment_method_types": ["card"]}
    made = sdk.v1.payment_intents.create(given, {"stripe_version": "2025-08-27.basil"})
    assert made.status == "requires_payment_method"


def test_lists_have_pages_in_both_directions_and_bounds(sdk: stripe.StripeClient) -> None:
    made = [opened(sdk, metadata={"attempt": f"a{number}"}) for number in range(5)]
    first = sdk.v1.payment_intents.list({"limit": 2})
    assert ([one.id for one in first.data], first.has_more) == (made[:2:-1], True)
    assert [one.id for one in first.auto_paging_iter()] == made[::-1]
    before = sdk.v1.payment_intents.list({"limit": 2, "ending_before": made[1]})
    assert ([one.id for one in before.data], before.has_more) == ([made[3], made[2]], True)
    created = first.data[0].created
    assert sdk.v1.payment_intents.list({"created": {"gt": created}}).data == []
    assert len(sdk.v1.payment_intents.list({"created": {"gte": created - 60, "lte": created}}).data) == 5
    found = sdk.v1.payment_intents.search({"query": "metadata['attempt']:'a3' AND status:'requires_payment_method'"})
    assert [one.id for one in found.data] == [made[3]]


def test_nobody_sees_another_account(sdk: stripe.StripeClient, shared_provider: Provider) -> None:
    id = opened(sdk)
    stranger = shared_provider.sdk("sk_test_stranger")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        stranger.v1.payment_intents.retrieve(id)
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    for key in ("sk_live_real", "pk_test_public"):
        with pytest.raises(stripe.AuthenticationError):
            shared_provider.sdk(key).v1.payment_intents.retrieve(id)
