"""Webhooks: verified by Stripe's SDK, and then only a bell. What has become of a payment is asked, never read there."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.payments.provider import Bell, NoBell
from tillroll.payments.stripe.answers import MARK, OURS, kept

# How old, and how far ahead, a signature's time may be.
TOLERANCE_SECONDS = 300
HEADER_LETTERS_MAX = 4096
# What tells of nothing but that a request of ours has come through, which its answer tells, too.
_OF_OUR_OWN_DOING = frozenset({"payment_intent.created", "refund.created"})


class _Object(Struct, frozen=True):
    object: str = ""
    id: str = ""
    payment_intent: Any = None
    metadata: dict[str, Any] | None = None


class _Data(Struct, frozen=True):
    object: _Object


class _Event(Struct, frozen=True):
    id: str
    type: str
    data: _Data | None = None
    livemode: bool = False


def heard(body: bytes, signature: str, secrets: Sequence[str], now_seconds: int) -> Bell | NoBell:
    """The bell that a request's raw bytes and its `Stripe-Signature` are, under any of the endpoint's secrets.

    An event of another shape (a thin one) is a bell without a payment.
    """
    import stripe  # noqa: PLC0415  it takes half a second, and only who has such a mode needs it

    header = ",".join(part.strip(" \t") for part in signature.split(","))
    if not header.isascii() or len(header) > HEADER_LETTERS_MAX:
        return NoBell("signature_unreadable")
    if _signed_at(header) > now_seconds + TOLERANCE_SECONDS:
        return NoBell("signature_ahead")
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
        except UnicodeDecodeError:
            return NoBell("body_not_utf8")
        except stripe.SignatureVerificationError:
            continue
        return _bell(body)
    return NoBell("signature_wrong")


def _signed_at(header: str) -> int:
    """The time that a signature says it was made at, 0 where it says none."""
    for part in header.split(","):
        name, _, value = part.partition("=")
        if name == "t" and value.isdecimal() and len(value) < 13:
            return int(value)
    return 0


def _bell(body: bytes) -> Bell | NoBell:
    try:
        event = msgspec.json.decode(body, type=_Event)
    except msgspec.MsgspecError:
        return NoBell("body_unreadable")
    if event.data is None:
        return Bell(event.id, event.type, None, None, event.livemode)
    if event.type in _OF_OUR_OWN_DOING:
        return Bell(event.id, event.type, None, None, event.livemode)
    about = event.data.object
    metadata: Mapping[str, Any] = about.metadata or {}
    named = about.id if about.object == "payment_intent" else about.payment_intent
    attempt = metadata.get("attempt") if metadata.get(MARK) == OURS else None
    return Bell(
        event.id,
        event.type,
        named if isinstance(named, str) and named else None,
        attempt if isinstance(attempt, str) else None,
        event.livemode,
        kept(msgspec.json.decode(body)),
    )
