"""Webhook endpoints on the command line: `tillroll webhooks`."""

from datetime import UTC
from functools import partial
from typing import Any

import click

from tillroll.cli.ground import db_option, json_option, now, of_shop, say
from tillroll.domain.times import text_of
from tillroll.engine.outbox import endpoints
from tillroll.engine.outbox.endpoints import ENABLED, Replay
from tillroll.engine.outbox.ids import message_id, position_of
from tillroll.engine.sales import periods
from tillroll.store.outbox.rows import DEAD, PENDING, DeliveryRow, WebhookRow

STATES = ("pending", "delivered", "dead", "dropped")
LIMIT, LIMIT_MAX = 50, 1_000
POSITION_MAX = 2**62

_endpoint = click.argument("webhook_id", metavar="ENDPOINT")


@click.group()
def webhooks() -> None:
    """List webhook endpoints and their messages, and send messages once more."""


@webhooks.command("list")
@click.argument("shop_name", metavar="SHOP")
@db_option
@json_option
def list_endpoints(shop_name: str, as_json: bool) -> None:
    """List a shop's endpoints, with how many messages wait and how many were given up."""

    def read(tx: Any) -> list[dict[str, Any]]:
        counted = {(one.webhook_id, one.state): one.count for one in endpoints.counts(tx, shop_name)}
        return [
            {
                "id": one.id,
                "url": one.url,
                "types": one.types.split(),
                "status": one.state.lower(),
                "reason": one.reason or None,
                "pending": counted.get((one.id, PENDING), 0),
                "dead": counted.get((one.id, DEAD), 0),
                "created_at": one.created_at,
            }
            for one in endpoints.of_shop(tx, shop_name)
        ]

    found = of_shop(shop_name, read)
    lines = [
        f"{one['id']}  {one['status']:<8}  {one['pending']} wait, {one['dead']} given up  {one['url']}" for one in found
    ]
    say(as_json, found, "\n".join(lines))


@webhooks.command("deliveries")
@click.argument("shop_name", metavar="SHOP")
@_endpoint
@db_option
@click.option("--status", type=click.Choice(STATES), help="Only messages of which this has become. Default: all.")
@click.option("--limit", type=click.IntRange(1, LIMIT_MAX), default=LIMIT, show_default=True)
@json_option
def list_deliveries(  # noqa: PLR0913  one argument per option
    shop_name: str, webhook_id: str, status: str | None, limit: int, as_json: bool
) -> None:
    """List the messages of an endpoint and what became of them, the newest first."""

    def read(tx: Any) -> list[DeliveryRow]:
        _found(tx, shop_name, webhook_id)
        return endpoints.deliveries(tx, shop_name, webhook_id, ((status or "").upper(), POSITION_MAX, limit))

    found = of_shop(shop_name, read)
    lines = [
        f"{message_id(one.position):<12}  {one.state.lower():<9}  {one.type:<20}  {one.subject:<28}  "
        f"{one.tries} tries  {one.status or '-'}  {text_of(one.created_at)}"
        for one in found
    ]
    say(as_json, [_told(one) for one in found], "\n".join(lines))


@webhooks.command("replay")
@click.argument("shop_name", metavar="SHOP")
@_endpoint
@click.argument("message", required=False)
@db_option
@click.option("--since", metavar="TIME", help="All that was written since then: a moment or a day, UTC.")
@click.option("--status", type=click.Choice(("dead", "delivered")), default="dead", show_default=True)
@json_option
def replay(  # noqa: PLR0913  one argument per option
    shop_name: str, webhook_id: str, message: str | None, since: str | None, status: str, as_json: bool
) -> None:
    """Send MESSAGE once more, or with --since all dead letters of an endpoint."""
    if (message is None) == (since is None):
        raise click.UsageError("name a message, or say --since")
    begins = periods.beginning(since, UTC) if since is not None else 0
    if begins is None:
        raise click.UsageError("--since is a moment in ISO 8601, or a day: 2026-12-24")
    count = 0
    after: int | None = 0
    if message is not None:
        count = of_shop(shop_name, lambda tx: _replay_one(tx, shop_name, webhook_id, message))
        after = None
    while after is not None:
        asked = Replay(status.upper(), begins, after, now())
        replayed = of_shop(shop_name, partial(_replay_since, shop_name, webhook_id, asked))
        count, after = count + replayed.count, replayed.next
    say(as_json, {"replayed": count}, f"{count} messages are sent once more")


def _replay_one(tx: Any, shop_name: str, webhook_id: str, message: str) -> int:
    _sendable(tx, shop_name, webhook_id)
    position = position_of(message)
    row = endpoints.delivery(tx, shop_name, webhook_id, position) if position is not None else None
    if row is None:
        raise click.ClickException(f"there is no message {message}")
    return endpoints.replay_one(tx, shop_name, webhook_id, (row, now()))


def _replay_since(shop_name: str, webhook_id: str, asked: Replay, tx: Any) -> endpoints.Replayed:
    _sendable(tx, shop_name, webhook_id)
    return endpoints.replay_since(tx, shop_name, webhook_id, asked)


def _sendable(tx: Any, shop_name: str, webhook_id: str) -> None:
    if _found(tx, shop_name, webhook_id).state != ENABLED:
        raise click.ClickException(f"the endpoint {webhook_id} is switched off")


def _found(tx: Any, shop_name: str, webhook_id: str) -> WebhookRow:
    found = endpoints.of_id(tx, shop_name, webhook_id)
    if found is None:
        raise click.ClickException(f"there is no endpoint {webhook_id}")
    return found


def _told(one: DeliveryRow) -> dict[str, Any]:
    return {
        "id": message_id(one.position),
        "type": one.type,
        "subject": one.subject,
        "status": one.state.lower(),
        "tries": one.tries,
        "replays": one.replays,
        "answer_status": one.status,
        "answer": one.answer,
        "created_at": one.created_at,
        "tried_at": one.tried_at,
        "settled_at": one.settled_at,
    }
