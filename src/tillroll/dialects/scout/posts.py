"""`POST /ingest` and `POST /checkout`: one post is one item of a user's inventory (docs/wire/scout.md, 3).

    JSON ──► application (x-api-key) ──► user (access_token) ──► fields ──► currency ──► the item, once

Everything after the first step happens in the transaction that keeps the item, so that an answered post is on disk and
a withdrawn grant holds from the next post on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.http import Inbound, Response, Route, unread_problems
from tillroll.dialects.scout.errors import OK, SCOUT
from tillroll.dialects.scout.payload import Post, decode_post
from tillroll.domain.events.events import ACCEPTED, REFUSED, REPEATED, OutsideEvent, column_text
from tillroll.domain.inventory.inventory import Poster
from tillroll.engine.access.access import hash_of
from tillroll.engine.inventory import applications
from tillroll.engine.inventory import items as inventory
from tillroll.engine.inventory.applications import CHECKOUTS, Application, Grant
from tillroll.engine.ledger import ledger
from tillroll.engine.shops.switches import switches
from tillroll.store import Transaction

WRONG_KEY = "The API key is wrong: send your application's secret key as x-api-key."
WRONG_TOKEN = "The access_token is wrong, or the user has withdrawn it."
NOT_THAT_USER = "The access_token does not belong to this user_id."
NOT_YOUR_TOKEN = "The access_token was given to another application."
NO_SCOPE = "The user has not granted the scope checkouts."


class Refused(Struct, frozen=True):
    """A post that is not accepted: the reason for the ledger, and the answer."""

    reason: str
    answer: Response


def routes() -> list[Route]:
    """Both names of the one call."""
    return [
        Route("POST", path, receive, SCOUT, decode=decode_post, writes=True, keeps_answers=False)
        for path in ("/ingest", "/checkout")
    ]


def receive(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    """Answer posts that share a commit; what an application sends is in its shop's ledger, however it was answered."""
    apps = applications_of(tx, requests)
    tokens = {hash_of(post.access_token) for post in _posts(requests) if post.access_token is not None}
    grants = applications.held_by_tokens(tx, tokens)
    verdicts = [_judge(tx, inbound, apps, grants) for inbound in requests]
    receipts = iter(inventory.record(tx, [one for one in verdicts if isinstance(one, inventory.Post)]))
    answers: list[Response] = []
    events: list[OutsideEvent] = []
    for inbound, verdict in zip(requests, verdicts, strict=True):
        application = apps.get(key_hash(inbound))
        outcome = next(receipts) if isinstance(verdict, inventory.Post) else verdict
        if application is not None:
            events.append(_event(application, inbound, outcome))
        answers.append(outcome.answer if isinstance(outcome, Refused) else OK)
    ledger.record(tx, events)
    return answers


def _event(application: Application, inbound: Inbound, outcome: inventory.Receipt | Refused) -> OutsideEvent:
    """The call as the ledger keeps it: a purchase of the user's, and no revenue of the shop (docs/wire/scout.md, 7)."""
    post: Post = inbound.command
    is_kept = isinstance(outcome, inventory.Receipt) and outcome.outcome != inventory.REPEAT
    body = post.documented if is_kept else post.short  # the rest stands with the item's version
    known: dict[str, Any] = {"body": msgspec.Raw(body.encode()), "flags": post.flags}
    if isinstance(outcome, inventory.Receipt):
        known |= {"item": outcome.item_id, "version": outcome.version}
        verdict, reason = (REPEATED, "") if outcome.outcome == inventory.REPEAT else (ACCEPTED, "")
    else:
        verdict, reason = REFUSED, outcome.reason
    return OutsideEvent(
        shop=application.shop,
        dialect="scout",
        kind="purchase",
        call=inbound.id,
        received_at=inbound.received_at,
        happened_at=post.goods.bought_at if post.goods is not None else inbound.received_at,
        document=msgspec.json.encode(known).decode(),
        subject=column_text(post.goods.order_id) if post.goods is not None else "",
        visitor=str(post.user_id) if post.user_id else None,
        channel=application.client_id,
        outcome=verdict,
        reason=reason,
    )


def applications_of(tx: Transaction, requests: Sequence[Inbound]) -> dict[str, Application]:
    """The applications that ask, by the hash of their key."""
    return applications.by_keys(tx, {key_hash(inbound) for inbound in requests})


def key_hash(inbound: Inbound) -> str:
    """The hash of the key in `x-api-key`."""
    return hash_of(inbound.header(b"x-api-key").strip())


def _posts(requests: Sequence[Inbound]) -> list[Post]:
    return [inbound.command for inbound in requests]


def _judge(
    tx: Transaction, inbound: Inbound, apps: Mapping[str, Application], grants: Mapping[str, Grant]
) -> Refused | inventory.Post:
    post: Post = inbound.command
    application = apps.get(key_hash(inbound))
    if application is None:
        return Refused("wrong_key", SCOUT.refuse(403, message=WRONG_KEY))
    if post.access_token is None or post.user_id is None:
        return _wrong(post)
    grant = grants.get(hash_of(post.access_token))
    if problem := _grant_problem(application, grant, post.user_id):
        return Refused(problem[0], SCOUT.refuse(403, message=problem[1]))
    if post.goods is None:
        return _wrong(post)
    if inbound.unread and switches(tx, application.shop).strict_fields:
        said = " ".join(f"{problem.message}." for problem in unread_problems(inbound))
        return Refused("unknown_field", SCOUT.refuse(400, message=f"{said[0].upper()}{said[1:]}"))
    poster = Poster(post.user_id, application.client_id, application.counts_repeats)
    source = inbound.path.strip("/")
    return inventory.Post(poster, application.shop, post.goods, source, post.raw, inbound.id, inbound.received_at)


def _grant_problem(application: Application, grant: Grant | None, user_id: int) -> tuple[str, str] | None:
    if grant is None:
        return "wrong_token", WRONG_TOKEN
    if grant.client_id != application.client_id:
        return "token_of_another_application", NOT_YOUR_TOKEN
    if grant.user_id != user_id:
        return "token_of_another_user", NOT_THAT_USER
    if CHECKOUTS not in grant.scopes & application.scopes:
        return "scope_missing", NO_SCOPE
    return None


def _wrong(post: Post) -> Refused:
    said = " ".join([*post.invalid, *post.unprocessable])
    if post.invalid:
        return Refused("invalid", SCOUT.refuse(400, message=said))
    return Refused("unprocessable", SCOUT.refuse(422, message=said))
