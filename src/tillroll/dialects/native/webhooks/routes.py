"""Webhook endpoints and their messages.

GET   /v1/webhooks        all           POST /v1/webhooks/{id}/secrets                       sign with a new secret
POST  /v1/webhooks        another one   POST /v1/webhooks/{id}/test                          send a test message
GET   /v1/webhooks/{id}   one           GET  /v1/webhooks/{id}/deliveries                    what became of its messages
PATCH /v1/webhooks/{id}   change it     POST /v1/webhooks/{id}/deliveries/{message}/replay   send one once more
DELETE /v1/webhooks/{id}  remove it     POST /v1/webhooks/{id}/replay                        send many once more

Where an endpoint may be is looked up before the transaction: it is asked of a name server.
"""

import base64
from collections.abc import Awaitable, Callable
from datetime import UTC
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route, new_secret
from tillroll.dialects.native import asked
from tillroll.dialects.native.callers import Call, with_scope
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.events import moment
from tillroll.dialects.native.webhooks.shapes import (
    STATES,
    DeliveriesPage,
    DeliveryAnswer,
    NewWebhookAnswer,
    ReplayRequest,
    SecretAnswer,
    SecretRequest,
    SentAgainAnswer,
    TestAnswer,
    WebhookAnswer,
    WebhookPatch,
    WebhookRequest,
    WebhooksAnswer,
    delivery_answer,
    webhook_answer,
)
from tillroll.dialects.openapi import Operation, Parameter, Schema, one_of, ref, structs
from tillroll.domain.outbox.messages import TYPES
from tillroll.engine.access.native_keys import WEBHOOKS_READ, WEBHOOKS_WRITE
from tillroll.engine.outbox import endpoints
from tillroll.engine.outbox.endpoints import ENABLED, ENDPOINTS_MAX, Replay, WebhookChange
from tillroll.engine.outbox.ids import message_id, position_of
from tillroll.engine.sales import periods
from tillroll.store import Transaction
from tillroll.store.group_commit import Within
from tillroll.store.outbox.rows import NewWebhook, WebhookRow

Judge = Callable[[str], Awaitable[str]]
"""What speaks against an endpoint at a URL, for people; empty where nothing does."""
Handle = Callable[[Transaction, Call, WebhookRow], Response]

LIMIT, LIMIT_MAX = 50, 200
POSITION_MAX = 2**62
_HOUR = 3_600_000_000
_ENCODER = msgspec.json.Encoder()


def routes(judge: Judge) -> list[Route]:
    """Everything about endpoints."""

    def of_one(method: str, verb: str, handle: Handle, **more: Any) -> Route:
        reads = method == "GET"
        run = with_scope(WEBHOOKS_READ if reads else WEBHOOKS_WRITE, partial(_of_one, handle))
        path = f"/v1/webhooks/{{id}}{verb}"
        return Route(method, path, run, NATIVE, writes=not reads, reads="list", **more)

    def body(shape: type[Struct]) -> Callable[[Inbound], Struct]:
        return partial(asked.body, shape)

    judged = partial(_judge, judge)
    create = with_scope(WEBHOOKS_WRITE, _create)
    replay = "/deliveries/{message}/replay"
    return [
        Route("GET", "/v1/webhooks", with_scope(WEBHOOKS_READ, _list), NATIVE, reads="list"),
        Route(
            "POST",
            "/v1/webhooks",
            create,
            NATIVE,
            partial(_read_types, body(WebhookRequest)),
            writes=True,
            keeps_answers=False,
            prepare=judged,
        ),
        of_one("GET", "", _show),
        of_one("PATCH", "", _change, decode=partial(_read_types, body(WebhookPatch)), prepare=judged),
        of_one("DELETE", "", _remove),
        of_one("POST", "/secrets", _rotate, decode=body(SecretRequest), keeps_answers=False),
        of_one("POST", "/test", _test),
        of_one("GET", "/deliveries", _deliveries, decode=_page),
        of_one("POST", replay, _replay_one),
        of_one("POST", "/replay", _replay_many, decode=_since),
    ]


COMPONENTS: dict[str, Schema] = structs(
    "webhooks",
    {
        one.__name__: one
        for one in (
            WebhookRequest,
            WebhookPatch,
            SecretRequest,
            ReplayRequest,
            WebhookAnswer,
            NewWebhookAnswer,
            WebhooksAnswer,
            SecretAnswer,
            DeliveryAnswer,
            DeliveriesPage,
            SentAgainAnswer,
            TestAnswer,
        )
    },
)
_LIMIT_NOTE = f"""The host of `url` is looked up, and refused where it leads to a private network. A shop has
{ENDPOINTS_MAX} endpoints at most. The secret is shown this once, so an Idempotency-Key keeps no answer."""


def operations() -> list[Operation]:
    """What is to be said of these routes."""
    page = [
        Parameter("status", one_of(*STATES), "Only messages of which this has become."),
        Parameter(
            "limit", {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT}, "How many messages."
        ),
        Parameter("cursor", summary="The `next` of the page before."),
    ]
    new = {"url": "https://shop.example/tillroll", "types": ["order.created", "order.changed"]}
    path, one = "/v1/webhooks", "/v1/webhooks/{id}"

    def shape(name: str) -> Schema:
        return ref(f"webhooks.{name}")

    return [
        Operation("GET", path, "Lists the webhook endpoints", {200: shape("WebhooksAnswer")}),
        Operation(
            "POST",
            path,
            "Registers a webhook endpoint",
            {201: shape("NewWebhookAnswer")},
            body=shape("WebhookRequest"),
            notes=_LIMIT_NOTE,
            example=new,
            conflict="The shop has as many endpoints as it may have.",
        ),
        Operation("GET", one, "Shows a webhook endpoint", {200: shape("WebhookAnswer")}),
        Operation(
            "PATCH",
            one,
            "Changes a webhook endpoint",
            {200: shape("WebhookAnswer")},
            body=shape("WebhookPatch"),
            example={"types": ["order.created"]},
        ),
        Operation("DELETE", one, "Removes a webhook endpoint, and drops what waits for it", {204: None}),
        Operation(
            "POST",
            f"{one}/secrets",
            "Signs with a new secret, and for some hours with the one before as well",
            {201: shape("SecretAnswer")},
            body=shape("SecretRequest"),
            example={"overlap_hours": 24},
        ),
        Operation("POST", f"{one}/test", "Sends a test message", {202: shape("TestAnswer")}, conflict=_OFF),
        Operation(
            "GET",
            f"{one}/deliveries",
            "Lists the messages of an endpoint, and what became of them",
            {200: shape("DeliveriesPage")},
            parameters=page,
        ),
        Operation(
            "POST",
            f"{one}/deliveries/{{message}}/replay",
            "Sends a message once more",
            {202: shape("SentAgainAnswer")},
            conflict=_OFF,
        ),
        Operation(
            "POST",
            f"{one}/replay",
            "Sends dead letters, or what was delivered, once more since a time",
            {202: shape("SentAgainAnswer")},
            body=shape("ReplayRequest"),
            example={"since": "2026-12-01T00:00:00Z"},
            conflict=_OFF,
        ),
    ]


_OFF = "The endpoint is switched off."


def _read_types(read: Callable[[Inbound], Struct], inbound: Inbound) -> Struct:
    """A body whose types are those that there are."""
    found: Any = read(inbound)
    problems = [
        Problem(f"types[{place}]", "invalid_value", f"a type is one of {', '.join(TYPES)}")
        for place, type in enumerate(found.types or ())
        if type not in TYPES
    ]
    if problems:
        raise Malformed(problems)
    named: Struct = msgspec.structs.replace(found, types=list(dict.fromkeys(found.types))) if found.types else found
    return named


async def _judge(judge: Judge, _store: Within, inbound: Inbound) -> Response | None:
    """Refuse a URL that no message may go to."""
    wanted: WebhookRequest | WebhookPatch = inbound.command
    problem = await judge(wanted.url) if wanted.url is not None else ""
    return NATIVE.refuse(400, [Problem("url", "invalid_value", problem)]) if problem else None


def _list(tx: Transaction, call: Call) -> Response:
    return _said(200, WebhooksAnswer([webhook_answer(row) for row in endpoints.of_shop(tx, call.shop)]))


def _create(tx: Transaction, call: Call) -> Response:
    wanted: WebhookRequest = call.inbound.command
    id, secret = f"we_{call.inbound.id}", _new_secret()
    new = NewWebhook(call.shop, id, wanted.url, " ".join(wanted.types), wanted.description, call.now)
    if not endpoints.create(tx, new, secret):
        message = f"A shop has {ENDPOINTS_MAX} webhook endpoints at most: remove one."
        return NATIVE.problem(409, "limit_reached", message=message)
    row = endpoints.of_id(tx, call.shop, id)
    assert row is not None
    return _said(201, NewWebhookAnswer(webhook=webhook_answer(row), secret=secret))


def _of_one(handle: Handle, tx: Transaction, call: Call) -> Response:
    """Answer about the endpoint of the path."""
    row = endpoints.of_id(tx, call.shop, call.inbound.values["id"])
    if row is None:
        return NATIVE.refuse(404, message="There is no such webhook endpoint.")
    return handle(tx, call, row)


def _show(_tx: Transaction, _call: Call, row: WebhookRow) -> Response:
    return _said(200, webhook_answer(row))


def _change(tx: Transaction, call: Call, row: WebhookRow) -> Response:
    wanted: WebhookPatch = call.inbound.command
    changes = WebhookChange(
        url=wanted.url,
        types=tuple(wanted.types) if wanted.types is not None else None,
        description=wanted.description,
        is_enabled=wanted.status == "enabled" if wanted.status is not None else None,
    )
    changed = endpoints.change(tx, call.shop, row.id, (changes, call.now))
    return _said(200, webhook_answer(changed if changed is not None else row))


def _remove(tx: Transaction, call: Call, row: WebhookRow) -> Response:
    endpoints.remove(tx, call.shop, row.id, call.now)
    return Response(204, b"", ())


def _rotate(tx: Transaction, call: Call, row: WebhookRow) -> Response:
    wanted: SecretRequest = call.inbound.command
    secret, ends_at = _new_secret(), call.now + wanted.overlap_hours * _HOUR
    endpoints.rotate(tx, call.shop, row.id, (secret, call.now, ends_at))
    return _said(201, SecretAnswer(secret=secret, old_ends_at=moment(ends_at)))


def _test(tx: Transaction, call: Call, row: WebhookRow) -> Response:
    if row.state != ENABLED:
        return _switched_off()
    endpoints.test(tx, call.shop, row, call.now)
    (sent,) = endpoints.deliveries(tx, call.shop, row.id, ("", POSITION_MAX, 1))
    return _said(202, TestAnswer(message_id(sent.position)))


def _page(inbound: Inbound) -> tuple[str, int, int]:
    state = asked.one_of(inbound, "status", tuple(STATES))
    limit = asked.whole(inbound, "limit", LIMIT, (1, LIMIT_MAX))
    before, _ = asked.cursor(inbound) or (POSITION_MAX, "")
    return (STATES[state] if state else "", before, limit)


def _deliveries(tx: Transaction, call: Call, row: WebhookRow) -> Response:
    state, before, limit = call.inbound.command
    found = endpoints.deliveries(tx, call.shop, row.id, (state, before, limit + 1))
    last = found[limit - 1] if len(found) > limit else None
    following = asked.cursor_of(last.position, "") if last is not None else None
    return _said(200, DeliveriesPage([delivery_answer(one) for one in found[:limit]], following))


def _replay_one(tx: Transaction, call: Call, row: WebhookRow) -> Response:
    position = position_of(call.inbound.values["message"])
    found = endpoints.delivery(tx, call.shop, row.id, position) if position is not None else None
    if found is None:
        return NATIVE.refuse(404, message="There is no such message.")
    if row.state != ENABLED:
        return _switched_off()
    count = endpoints.replay_one(tx, call.shop, row.id, (found, call.now))
    return _said(202, SentAgainAnswer(replayed=count, next=None))


def _since(inbound: Inbound) -> Replay:
    wanted = asked.body(ReplayRequest, inbound)
    assert isinstance(wanted, ReplayRequest)
    since = periods.beginning(wanted.since, UTC)
    if since is None:
        raise asked.malformed("since", "since is a moment in ISO 8601, or a day: 2026-12-24")
    after = position_of(wanted.after) if wanted.after else 0
    if after is None:
        raise asked.malformed("after", "after is the next of an answer, as it was")
    return Replay(STATES[wanted.status], since, after, inbound.received_at)


def _replay_many(tx: Transaction, call: Call, row: WebhookRow) -> Response:
    if row.state != ENABLED:
        return _switched_off()
    replayed = endpoints.replay_since(tx, call.shop, row.id, call.inbound.command)
    following = message_id(replayed.next) if replayed.next is not None else None
    return _said(202, SentAgainAnswer(replayed=replayed.count, next=following))


def _switched_off() -> Response:
    return NATIVE.problem(409, "switched_off", message="The endpoint is switched off: switch it on first.")


def _new_secret() -> str:
    """256 random bits, as long as the signatures' digest, in the spelling of Standard Webhooks."""
    return f"whsec_{base64.b64encode(base64.urlsafe_b64decode(f'{new_secret()}=')).decode()}"


def _said(status: int, answer: Struct) -> Response:
    return Response(status, _ENCODER.encode(answer), (JSON_CONTENT,))
