"""Whose key a request to our own API brings, whether it may do that, and whether it was asked before.

    requests of one commit ──► keys ──► kept answers ──► handle(tx, calls) ──► keep answers

A write that repeats an Idempotency-Key gets the kept answer, byte for byte.
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.dialects.native.errors import NATIVE, missing_scope, unauthenticated
from tillroll.dialects.openapi import Demands, Schema
from tillroll.dialects.replays import answer_of, response_of
from tillroll.engine.access import idempotency
from tillroll.engine.access.idempotency import KEY_CHARACTERS_MAX, Answer, Claim, Ending, answered_once
from tillroll.engine.access.native_keys import NativeKey, native_key
from tillroll.store import Transaction

SCHEMES: Mapping[str, Schema] = {
    "nativeKey": {"type": "http", "scheme": "bearer", "description": "A key of `tillroll key create --for native`."}
}


class Call(Struct, frozen=True):
    """A request with a key that may make it: its decoded command is `inbound.command`."""

    inbound: Inbound
    key: NativeKey

    @property
    def shop(self) -> str:
        """The shop that the key belongs to."""
        return self.key.shop

    @property
    def now(self) -> int:
        """The time of receipt, microseconds UTC."""
        return self.inbound.received_at


Handle = Callable[[Transaction, Call], Response]
HandleMany = Callable[[Transaction, Sequence[Call]], Sequence[Response]]


class Scoped(Struct, frozen=True):
    """A route's `run` that knows which scope it needs; strangers are turned away before their bytes are judged."""

    scope: str
    handle: HandleMany

    def __call__(self, tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        """Answer these requests; those of strangers without handling them."""
        verdicts = [self.verdict(tx, inbound) for inbound in requests]
        answered = {position: verdict for position, verdict in enumerate(verdicts) if isinstance(verdict, Response)}
        calls = [(position, verdict) for position, verdict in enumerate(verdicts) if isinstance(verdict, Call)]
        answered |= _answers(tx, self.handle, calls)
        return [answered[position] for position in range(len(requests))]

    def admit(self, tx: Transaction, inbound: Inbound) -> Response | None:
        """Why this caller may not call the route at all; None where they may."""
        verdict = self.verdict(tx, inbound)
        return verdict if isinstance(verdict, Response) else None

    def verdict(self, tx: Transaction, inbound: Inbound) -> Response | Call:
        """The call of a caller who may make it, or why they may not."""
        scheme, _, secret = inbound.header(b"authorization").partition(" ")
        key = native_key(tx, secret.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            return unauthenticated()
        return Call(inbound, key) if key.may(self.scope) else missing_scope(self.scope)


def with_scope(scope: str, handle: Handle) -> Scoped:
    """A route's `run` for a handler of calls whose key has this scope, one at a time."""
    return with_scope_many(scope, lambda tx, calls: [handle(tx, call) for call in calls])


def with_scope_many(scope: str, handle: HandleMany) -> Scoped:
    """The same for a handler that answers many calls of one transaction together."""
    return Scoped(scope, handle)


def demands(route: Route) -> Demands:
    """What a route of our own asks of its callers."""
    if not isinstance(route.run, Scoped):
        return Demands()
    who = f"a native key with the scope `{route.run.scope}`"
    return Demands(tuple(SCHEMES), who, refusals=(401, 403), scopes={"nativeKey": (route.run.scope,)})


def _answers(tx: Transaction, handle: HandleMany, calls: Sequence[tuple[int, Call]]) -> dict[int, Response]:
    """The answers to these calls: what was kept for their keys, or what handling them says, which is then kept."""
    answered: dict[int, Response] = {}
    heard: list[tuple[int, Call]] = []
    claims: list[Claim | None] = []
    for position, call in calls:
        claim = _claim(call)
        if claim is not None and len(claim.key) > KEY_CHARACTERS_MAX:
            said = f"An Idempotency-Key has {KEY_CHARACTERS_MAX} characters at most."
            answered[position] = NATIVE.refuse(400, [Problem("Idempotency-Key", "invalid_value", said)])
        else:
            heard.append((position, call))
            claims.append(claim)

    def run(fresh: Sequence[int]) -> Sequence[Response]:
        return handle(tx, [heard[place][1] for place in fresh])

    for (position, _), ending in zip(heard, answered_once(tx, claims, run, _kept), strict=True):
        answered[position] = _response(ending)
    return answered


def _claim(call: Call) -> Claim | None:
    inbound = call.inbound
    key = inbound.header(b"idempotency-key") if inbound.keeps_answer else ""
    if not key:
        return None
    parts = (inbound.method.encode(), inbound.path.encode(), inbound.query_string, inbound.body)
    return Claim(call.shop, f"native:{call.key.identifier}", key, idempotency.digest_of(*parts), call.now)


def _kept(response: Response) -> Answer | None:
    return answer_of(response) if response.status < 500 else None


def _response(ending: Ending[Response]) -> Response:
    if ending.is_reused:
        return NATIVE.refuse(422, message="This Idempotency-Key was used with another request: send a new one.")
    if ending.repeated is not None:
        return response_of(ending.repeated)
    assert ending.result is not None
    return ending.result
