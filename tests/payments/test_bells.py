"""Webhooks are verified on their raw bytes, in both directions of the clock, and tell no more than where to look."""

import json
import time
from collections.abc import Callable

import pytest
import stripe
from msgspec.structs import replace

from tillroll.domain.payments.provider import Bell, NoBell
from tillroll.payments.stripe.bells import heard

SECRET, PREVIOUS = "whsec_new", "whsec_old"
EVENT = {
    "id": "evt_1",
    "type": "payment_intent.succeeded",
    "livemode": False,
    "data": {"object": {"object": "payment_intent", "id": "pi_1", "metadata": {"tillroll": "1", "attempt": "a1"}}},
}
BODY = json.dumps(EVENT)


def signed(body: str = BODY, secret: str = SECRET, *, ahead: int = 0) -> str:
    """A signature as Stripe makes it."""
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, int(time.time()) + ahead)
    return header


def listen(body: bytes, header: str) -> Bell | NoBell:
    """What an endpoint with two secrets hears."""
    return heard(body, header, (SECRET, PREVIOUS), int(time.time()))


@pytest.mark.parametrize("secret", [SECRET, PREVIOUS])
def test_a_bell_names_the_payment_and_the_attempt(secret: str) -> None:
    found = listen(BODY.encode(), signed(secret=secret))
    assert isinstance(found, Bell)
    assert replace(found, told="") == Bell("evt_1", "payment_intent.succeeded", "pi_1", "a1", is_live=False)


@pytest.mark.parametrize("shape", ["{},v1=0,v0=0", "v0=x,{}", " {} "])
def test_other_schemes_more_signatures_and_blanks_are_no_hindrance(shape: str) -> None:
    assert isinstance(listen(BODY.encode(), shape.format(signed()).replace(",", ", ")), Bell)


@pytest.mark.parametrize(
    ("body", "sign", "reason"),
    [
        (BODY.encode(), lambda: "", "signature_wrong"),
        (BODY.encode(), lambda: "t=x,v1=y", "signature_wrong"),
        (BODY.encode(), lambda: "nonsense", "signature_wrong"),
        (BODY.encode(), lambda: signed(secret="whsec_other"), "signature_wrong"),
        (BODY.encode() + b" ", signed, "signature_wrong"),
        (BODY.encode(), lambda: signed(ahead=-400), "signature_wrong"),
        (BODY.encode(), lambda: signed(ahead=400), "signature_ahead"),
        (BODY.encode(), lambda: signed() + ",v1=\u00e9", "signature_unreadable"),
        (BODY.encode(), lambda: signed() + "," * 5000, "signature_unreadable"),
        (b"\xff", signed, "body_not_utf8"),
        (b"{", lambda: signed("{"), "body_unreadable"),
        (b"[]", lambda: signed("[]"), "body_unreadable"),
    ],
    ids=[
        *("nothing", "no time", "no pairs", "another secret", "another body", "too old", "ahead"),
        *("not ASCII", "too long", "not UTF-8", "no JSON", "no event"),
    ],
)
def test_everything_else_is_no_bell(body: bytes, sign: Callable[[], str], reason: str) -> None:
    assert listen(body, sign()) == NoBell(reason)


@pytest.mark.parametrize(
    ("about", "payment", "attempt"),
    [
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_2"}, "pi_2", None),
        ({"object": "refund", "id": "re_1", "payment_intent": "pi_2", "metadata": {"attempt": "a1"}}, "pi_2", None),
        ({"object": "dispute", "id": "du_1", "payment_intent": {"id": "pi_2"}}, None, None),
        ({"object": "balance"}, None, None),
    ],
)
def test_a_bell_of_something_else_leads_to_its_payment_or_nowhere(
    about: dict[str, object], payment: str | None, attempt: str | None
) -> None:
    body = json.dumps({**EVENT, "data": {"object": about}})
    found = listen(body.encode(), signed(body))
    assert isinstance(found, Bell)
    assert (found.provider_id, found.attempt) == (payment, attempt)


def test_a_thin_event_is_a_bell_without_a_payment() -> None:
    body = '{"id": "evt_2", "object": "v2.core.event", "type": "v1.billing.meter.error_report_triggered"}'
    found = listen(body.encode(), signed(body))
    assert found == Bell("evt_2", "v1.billing.meter.error_report_triggered", None, None, is_live=False)
