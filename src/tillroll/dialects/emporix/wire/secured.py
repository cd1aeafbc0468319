"""What every Emporix route does before its own work: who asks, may they, and was this asked before?

    requests of one commit ──► tokens (one query) ──► kept answers (one query) ──► handle(tx, calls) ──► keep answers

A request that repeats an Idempotency-Key gets the kept answer, byte for byte.
"""

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import (
    DIALECT,
    INVALID_HEADER,
    EmporixService,
    Refusal,
    Reply,
    rendered,
    unauthorized,
)
from tillroll.dialects.http import RETRY_SOON, Inbound, Problem, Response, unread_problems
from tillroll.dialects.replays import answer_of, response_of
from tillroll.engine.access import access, idempotency
from tillroll.engine.access.access import ANONYMOUS, CUSTOMER, SERVICE, Caller
from tillroll.engine.access.idempotency import Answer, Claim, Ending, answered_once
from tillroll.engine.shops.switches import switches
from tillroll.store import Transaction

TENANT = re.compile(r"^[a-z][a-z0-9]+$")
# Who may set what outside systems set: prices, fees, discounts (docs/wire/emporix.md, 5.2).
EXTERNAL_PRICES = "cart.cart_manage_external_prices"

# Answers that say nothing about the request itself are not kept for its key: the retry may well go through.
_NOT_KEPT = frozenset({401, 403, 503})


class Access(Struct, frozen=True):
    """Who may call a route: which kinds of callers, and for back offices one of these scopes (none: any)."""

    kinds: frozenset[str]
    scopes: tuple[str, ...] = ()


def back_office(*scopes: str) -> Access:
    """Service tokens with one of these scopes."""
    return Access(frozenset({SERVICE}), scopes)


def anybody(*scopes: str) -> Access:
    """Every valid token; service tokens need one of the scopes where any are named."""
    return Access(frozenset({SERVICE, ANONYMOUS, CUSTOMER}), scopes)


SHOPPERS = Access(frozenset({ANONYMOUS, CUSTOMER}))
CUSTOMERS = Access(frozenset({CUSTOMER}))


def customers_or(*scopes: str) -> Access:
    """Customers, and service tokens with one of these scopes."""
    return Access(frozenset({CUSTOMER, SERVICE}), scopes)


class Call(Struct, frozen=True):
    """An authenticated request: its decoded command is `inbound.command`."""

    inbound: Inbound
    caller: Caller

    @property
    def shop(self) -> str:
        """The shop, which is the tenant of the path and of the token."""
        return self.caller.shop

    @property
    def now(self) -> int:
        """The time of receipt, microseconds UTC."""
        return self.inbound.received_at


Run = Callable[[Transaction, Sequence[Inbound]], Sequence[Response]]
Handle = Callable[[Transaction, Call], Reply]
HandleMany = Callable[[Transaction, Sequence[Call]], Sequence[Reply]]


def secured(service: EmporixService, allowed: Access, handle: Handle) -> Run:
    """A route's `run` for a handler that answers one call at a time."""
    return secured_many(service, allowed, one_by_one(handle))


def one_by_one(handle: Handle) -> HandleMany:
    """A handler of many calls that answers each on its own."""

    def handle_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        # By path: those that lock a row each lock them in one order, whatever the order of arrival.
        answers: dict[int, Reply] = {}
        for position in sorted(range(len(calls)), key=lambda n: calls[n].inbound.path):
            answers[position] = handle(tx, calls[position])
        return [answers[position] for position in range(len(calls))]

    return handle_many


class Secured(Struct, frozen=True):
    """A route's `run` that knows who may call it."""

    service: EmporixService
    allowed: Access
    handle: HandleMany

    def __call__(self, tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        """Answer these requests; those of strangers without handling them."""
        verdicts = [_with_known_fields(tx, self.service, verdict) for verdict in self._verdicts(tx, requests)]
        answered = {
            position: verdict.response() for position, verdict in enumerate(verdicts) if isinstance(verdict, Refusal)
        }
        calls = [(position, verdict) for position, verdict in enumerate(verdicts) if isinstance(verdict, Call)]
        answered |= _answer_calls(tx, self.service, self.handle, calls)
        return [answered[position] for position in range(len(requests))]

    def admit(self, tx: Transaction, inbound: Inbound) -> Response | None:
        """Why this caller may not call the route at all; None where they may."""
        verdict = self._verdicts(tx, [inbound])[0]
        return verdict.response() if isinstance(verdict, Refusal) else None

    def _verdicts(self, tx: Transaction, requests: Sequence[Inbound]) -> list[Refusal | Call]:
        bearers = [bearer_hash(inbound) for inbound in requests]
        known = access.callers(tx, {bearer for bearer in bearers if bearer}, DIALECT)
        return [
            _admit(self.service, self.allowed, inbound, known.get(bearer))
            for inbound, bearer in zip(requests, bearers, strict=True)
        ]


def secured_many(service: EmporixService, allowed: Access, handle: HandleMany) -> Run:
    """A route's `run` for a handler that answers many calls of one transaction together."""
    return Secured(service, allowed, handle)


def admit(tx: Transaction, service: EmporixService, allowed: Access, inbound: Inbound) -> Refusal | Call:
    """The call behind one request, or what refuses it: for what a route does before its transaction."""
    bearer = bearer_hash(inbound)
    return _admit(service, allowed, inbound, access.callers(tx, [bearer], DIALECT).get(bearer) if bearer else None)


def bearer_hash(inbound: Inbound) -> str:
    """The hash of the token that a request carries; empty without one."""
    scheme, _, token = inbound.header(b"authorization").partition(" ")
    return access.hash_of(token.strip()) if scheme.lower() == "bearer" and token else ""


def _admit(service: EmporixService, allowed: Access, inbound: Inbound, caller: Caller | None) -> Refusal | Call:
    if caller is None or access.may_refresh(caller):
        return unauthorized()
    if caller.expires_at <= inbound.received_at:
        return unauthorized(expired=True)
    tenant = inbound.values.get("tenant", "")
    if not 3 <= len(tenant) <= 16:
        return service.refusal(400, [Problem("tenant", INVALID_HEADER, "size must be between 3 and 16")])
    if not TENANT.fullmatch(tenant):
        return service.refusal(400, [Problem("tenant", INVALID_HEADER, f'must match "{TENANT.pattern}"')])
    lacks_scope = caller.kind == SERVICE and allowed.scopes and not caller.scopes.intersection(allowed.scopes)
    if caller.shop != tenant or caller.kind not in allowed.kinds or lacks_scope:
        return service.forbidden(allowed.scopes if service.names_scopes else ())
    if service.other_tenant and inbound.header(b"emporix-tenant") not in ("", tenant):
        return service.refusal(400, message=service.other_tenant)
    return Call(inbound, caller)


def _with_known_fields(tx: Transaction, service: EmporixService, verdict: Refusal | Call) -> Refusal | Call:
    """The call, or its refusal where a back office sends fields that nobody reads to a shop that is strict about it.

    Storefronts are never refused for that: the vendor's own clients send more than anybody reads.
    """
    if isinstance(verdict, Refusal) or not verdict.inbound.unread or verdict.caller.kind != SERVICE:
        return verdict
    if not switches(tx, verdict.shop).strict_fields:
        return verdict
    return service.refusal(400, unread_problems(verdict.inbound))


def _answer_calls(
    tx: Transaction, service: EmporixService, handle: HandleMany, calls: list[tuple[int, Call]]
) -> dict[int, Response]:
    """The answers to these calls: what was kept for their keys, or what handling them says, which is then kept."""
    answered: dict[int, Response] = {}
    heard: list[tuple[int, Call]] = []
    claims: list[Claim | None] = []
    for position, call in calls:
        claim = _claim(call)
        if claim is not None and len(claim.key) > idempotency.KEY_CHARACTERS_MAX:
            problem = Problem("Idempotency-Key", INVALID_HEADER, "size must be between 1 and 255")
            answered[position] = service.refuse(400, [problem])
        else:
            heard.append((position, call))
            claims.append(claim)

    def run(fresh: Sequence[int]) -> Sequence[Response]:
        return [rendered(reply) for reply in handle(tx, [heard[place][1] for place in fresh])]

    for (position, _), ending in zip(heard, answered_once(tx, claims, run, _kept), strict=True):
        answered[position] = _response(service, ending)
    return answered


def keep_later(tx: Transaction, call: Call, response: Response) -> None:
    """Keep the answer to a request that went on after its transaction, in the one that settles it."""
    claim, answer = _claim(call), _kept(response)
    if claim is not None and answer is not None:
        idempotency.keep(tx, claim, answer)


def _claim(call: Call) -> Claim | None:
    key = call.inbound.header(b"idempotency-key") if call.inbound.keeps_answer else ""
    if not key:
        return None
    inbound = call.inbound
    parts = [inbound.method.encode(), inbound.path.encode(), inbound.query_string, inbound.body]
    if call.caller.kind == SERVICE and (token := inbound.header(b"saas-token")):
        parts.append(token.encode())  # in whose name a back office asks
    return Claim(call.shop, f"{call.caller.kind}:{call.caller.owner}", key, idempotency.digest_of(*parts), call.now)


def _kept(response: Response) -> Answer | None:
    is_kept = response.status not in _NOT_KEPT and RETRY_SOON not in response.headers
    return answer_of(response) if is_kept else None


def _response(service: EmporixService, ending: Ending[Response]) -> Response:
    if ending.is_reused:
        message = "This Idempotency-Key was already used with another request. Send a new key."
        return service.refuse(422, message=message)
    if ending.repeated is not None:
        return response_of(ending.repeated)
    assert ending.result is not None
    return ending.result
