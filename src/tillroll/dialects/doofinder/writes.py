"""Taking calls: who may report, what it does to carts, and what the ledger keeps of it.

    calls of one commit ──► gates (one query) ──► kept answers ──► carts ──► ledger rows and tallies ──► answers

All writes of the dialect share one function, and with it their statements.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jwt
import msgspec
from msgspec import Struct

from tillroll.dialects.doofinder.errors import V2, Refusal
from tillroll.dialects.doofinder.said import Said, dfid_of
from tillroll.dialects.http import Inbound, Response
from tillroll.dialects.rates import RefusedCalls
from tillroll.dialects.replays import answer_of, response_of
from tillroll.domain.events.devices import device_of
from tillroll.domain.events.events import ACCEPTED, REFUSED, REPEATED, TOO_MANY, OutsideEvent, column_text
from tillroll.domain.money import from_thousandths
from tillroll.engine.access import admission, idempotency
from tillroll.engine.access.access import hash_of
from tillroll.engine.access.admission import Gate, Gates
from tillroll.engine.access.idempotency import Claim, answered_once
from tillroll.engine.ledger import ledger
from tillroll.engine.search import carts as search_carts
from tillroll.engine.search.carts import Bought, CartChange, SearchCartItem
from tillroll.store import Transaction
from tillroll.store.ledger.rows import StrayCall
from tillroll.store.search.carts import SearchCartKey

DIALECT = search_carts.DIALECT
Run = Callable[[Transaction, Sequence[Inbound]], Sequence[Response]]

# The zones that a key may begin with; until 0.1.0 a key was hashed with its zone (docs/wire/doofinder.md, 6).
_ZONES = ("", "eu1-", "us1-", "ap1-")
_ZONE = re.compile(r"^[a-z]{2}\d-")
_TOKEN_SECONDS_MAX = 7 * 86_400
_LEEWAY_SECONDS = 60
# A shop's callers have few keys, and send them with each call. What is longer than any is neither remembered nor tried.
KEYS_REMEMBERED = 1024
KEY_CHARACTERS_MAX = 512
TOKEN_CHARACTERS_MAX = 4096
_ENCODER = msgspec.json.Encoder(decimal_format="number")

KEY_TOO_LONG = Refusal(400, "bad_request", "Idempotency-Key: 255 characters or less")
TOO_MANY_CALLS = Refusal(429, TOO_MANY, "Too many requests")
KEY_REUSED = Refusal(422, "key_reused", "This Idempotency-Key was already used with another request")


class _Call(Struct):
    """One call on its way: its gate, and how it ends."""

    inbound: Inbound
    said: Said
    gate: Gate | None
    refusal: Refusal | None = None
    repeats: bool = False
    bought: Bought | None = None
    now: int = 0
    wait_seconds: int = 0
    response: Response | None = None
    """What a repeated call is answered with once more."""

    @property
    def shop(self) -> str:
        """The shop that it came for."""
        return self.gate.shop if self.gate is not None else ""

    @property
    def place(self) -> SearchCartKey:
        """The cart that it may change."""
        return SearchCartKey(self.shop, column_text(self.said.hashid), column_text(self.said.session_id or ""))


def writes(gates: Gates, refused: RefusedCalls) -> Run:
    """The `run` of every route that reports an event; it keeps refused calls as long as there is an allowance."""

    def run(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        known = gates.of(tx, DIALECT, {inbound.command.hashid for inbound in requests})
        calls = [_Call(one, one.command, known.get(one.command.hashid), now=one.received_at) for one in requests]
        for call in calls:
            if call.said.names_no_engine:
                call.gate = _gate_of_key(tx, gates, call.inbound) or call.gate
            call.refusal = _refusal(call)
        _settle(tx, [call for call in calls if call.refusal is None])
        for call in calls:
            _slow_down(call, refused)
        ledger.record(tx, [_event(call) for call in calls if call.gate is not None])
        ledger.record_strays(
            tx, [_stray(call) for call in calls if call.gate is None and call.refusal is not TOO_MANY_CALLS]
        )
        return [_answer(call) for call in calls]

    return run


def _gate_of_key(tx: Transaction, gates: Gates, inbound: Inbound) -> Gate | None:
    """The gate of the shop whose key this is, for calls that name no engine."""
    shop = shop_of_presented(tx, inbound.header(b"authorization"), inbound.received_at)
    return gates.of_shop(tx, DIALECT, shop) if shop is not None else None


def shop_of_presented(tx: Transaction, presented: str, now: int) -> str | None:
    """The shop that an `Authorization` header names by its key, or by a token that one of its keys has signed."""
    scheme, _, rest = presented.strip().partition(" ")
    if scheme.lower() == "bearer":
        return next((key.shop for key in admission.signing_keys(tx) if is_signed(rest.strip(), key.secret, now)), None)
    return admission.shop_of_key(tx, DIALECT, bare_keys(presented))


def _slow_down(call: _Call, refused: RefusedCalls) -> None:
    """Tell whoever is refused too often to wait: such calls are counted, and not kept."""
    if call.refusal is not None and call.refusal is not TOO_MANY_CALLS:
        call.wait_seconds = refused.take(call.shop, call.inbound)
        if call.wait_seconds:
            call.refusal = TOO_MANY_CALLS


def _refusal(call: _Call) -> Refusal | None:
    service = call.said.service
    if call.said.wait_seconds:
        call.wait_seconds = call.said.wait_seconds
        return TOO_MANY_CALLS
    if call.gate is None:
        return call.said.refusal if not call.said.hashid and call.said.refusal is not None else service.unknown
    return turned_away(call.gate, call.inbound, call.said) or call.said.refusal


def turned_away(gate: Gate, inbound: Inbound, said: Said) -> Refusal | None:
    """Why this caller may not report here, or None (docs/wire/doofinder.md, 6).

    A key admits, with or without its zone or its scheme; without one, a page of an allowed origin does.
    """
    service = said.service
    if gate.bans(inbound.remote):
        return service.banned
    presented = inbound.header(b"authorization")
    if presented:
        return None if key_admits(gate, presented, inbound.received_at, signed=service is V2) else service.stranger
    origin = inbound.header(b"origin")
    if gate.allows_origin(origin):
        return None
    reason = "origin_not_allowed" if origin else service.stranger.reason
    return Refusal(service.stranger.status, reason, service.stranger.text)


def key_admits(gate: Gate, presented: str, now: int, *, signed: bool) -> bool:
    """Whether an `Authorization` header holds a live key of the shop, or a token that one of its keys has signed."""
    scheme, _, rest = presented.strip().partition(" ")
    if scheme.lower() == "bearer" and signed:
        return any(is_signed(rest.strip(), secret, now) for secret in gate.signing_secrets)
    return gate.knows_key(hashes_of_key(presented))


def hashes_of_key(presented: str) -> tuple[str, ...]:
    """The hashes under which the key of this header may be kept; none where there is no key."""
    return _hashes_of_key(presented) if len(presented) <= KEY_CHARACTERS_MAX else ()


@lru_cache(KEYS_REMEMBERED)
def _hashes_of_key(presented: str) -> tuple[str, ...]:
    return tuple(hash_of(key) for key in bare_keys(presented))


def bare_keys(presented: str) -> list[str]:
    """The forms in which the key of this header may be kept; none where there is no key."""
    scheme, _, rest = presented.strip().partition(" ")
    bare = _ZONE.sub("", rest.strip() if scheme.lower() == "token" else presented.strip())
    return [zone + bare for zone in _ZONES] if bare else []


def is_signed(token: str, secret: str, now: int) -> bool:
    """Whether a JWT is signed with this key (HS256 only), with or without its zone, and holds for at most a week."""
    if len(token) > TOKEN_CHARACTERS_MAX:
        return False
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["iat", "exp"]}
    for key in {secret, _ZONE.sub("", secret)}:
        try:
            claims = jwt.decode(token, key, algorithms=["HS256"], options=options)
        except jwt.InvalidTokenError:
            continue
        issued, expires, begins = claims["iat"], claims["exp"], claims.get("nbf", claims["iat"])
        if not all(isinstance(one, int) and not isinstance(one, bool) for one in (issued, expires, begins)):
            return False
        seconds = now // 1_000_000
        in_time = max(issued, begins) - _LEEWAY_SECONDS <= seconds < expires
        return bool(in_time and expires - issued <= _TOKEN_SECONDS_MAX)
    return False


def _settle(tx: Transaction, calls: Sequence[_Call]) -> None:
    """Let each call have its effect once: a repeated Idempotency-Key gets the same answer, and no more."""
    for call in calls:
        if len(_key(call)) > idempotency.KEY_CHARACTERS_MAX:
            call.refusal = KEY_TOO_LONG
    heard = [call for call in calls if call.refusal is None]

    def run(fresh: Sequence[int]) -> Sequence[Response]:
        return _change_carts(tx, [heard[place] for place in fresh])

    for call, ending in zip(heard, answered_once(tx, [_claim(call) for call in heard], run, answer_of), strict=True):
        if ending.is_reused:
            call.refusal = KEY_REUSED
        elif ending.repeated is not None:
            call.repeats, call.response = True, response_of(ending.repeated)


def _key(call: _Call) -> str:
    return call.inbound.header(b"idempotency-key") if call.inbound.keeps_answer else ""


def _claim(call: _Call) -> Claim | None:
    key, inbound = _key(call), call.inbound
    if not key:
        return None
    digest = idempotency.digest_of(inbound.method.encode(), inbound.path.encode(), inbound.query_string, inbound.body)
    return Claim(call.shop, f"{DIALECT}:{call.said.hashid}", key, digest, call.now)


def _change_carts(tx: Transaction, calls: Sequence[_Call]) -> Sequence[Response]:
    changing = [call for call in calls if call.said.change]
    changes = [CartChange(call.place, call.said.change, call.now, call.said.items) for call in changing]
    for call, bought in zip(changing, search_carts.change(tx, changes), strict=True):
        call.bought = bought
        call.repeats = bought is not None and bought.repeats
    return [call.said.service.accepted for call in calls]


def _event(call: _Call) -> OutsideEvent:
    said = call.said
    outcome = REFUSED if call.refusal is not None else REPEATED if call.repeats else ACCEPTED
    return OutsideEvent(
        shop=call.shop,
        dialect=DIALECT,
        kind=said.kind,
        call=call.inbound.id,
        received_at=call.now,
        happened_at=call.now,
        document=_document(call) if call.bought is None else _with_cart(call, call.bought),
        subject=column_text(said.subject),
        visitor=column_text(said.session_id) if said.session_id is not None else None,
        person=column_text(said.user_id) if said.user_id is not None else None,
        channel=column_text(said.hashid),
        detail=column_text(said.detail) if said.detail is not None else None,
        device=_device_of(call.inbound),
        outcome=outcome,
        reason=call.refusal.reason if call.refusal is not None else "",
    )


def _document(call: _Call) -> str:
    """What is kept of the call: all that is documented with a key, less from a page, little where it is refused."""
    said = call.said
    if call.refusal is not None:
        return said.short_document or said.document
    if not said.page_document or call.inbound.header(b"authorization"):
        return said.document
    return said.page_document


def _device_of(inbound: Inbound) -> str:
    return device_of(inbound.header(b"sec-ch-ua-mobile"), inbound.header(b"user-agent"))


def _with_cart(call: _Call, bought: Bought) -> str:
    """The document of a checkout, with the items that were in the cart and when its session began."""
    found = {
        "cart": [_shown(call.said.hashid, item) for item in bought.items],
        "session_started_at": bought.started_at,
        "in_session": bought.is_in_session(call.now),
    }
    return f"{_document(call)[:-1]},{_ENCODER.encode(found)[1:].decode()}"


def _shown(hashid: str, item: SearchCartItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "index": item.index,
        "dfid": dfid_of(hashid, item.index, item.id),
        "title": item.title,
        "amount": from_thousandths(item.quantity),
        "price": Decimal(item.price) if item.price is not None else None,
    }


def _stray(call: _Call) -> StrayCall:
    return StrayCall(
        call=call.inbound.id,
        dialect=DIALECT,
        claimed=call.said.hashid,
        kind=call.said.kind,
        reason=call.refusal.reason if call.refusal is not None else "",
        received_at=call.now,
        document=_document(call),
    )


def _answer(call: _Call) -> Response:
    if call.response is not None:
        return call.response
    if call.wait_seconds:
        response = call.said.service.say(TOO_MANY_CALLS)
        wait = (b"retry-after", b"%d" % call.wait_seconds)
        return Response(response.status, response.body, (*response.headers, wait))
    return call.said.service.say(call.refusal) if call.refusal is not None else call.said.service.accepted
