"""Tillroll's own routes: whether the server lives and is ready, what the ledger holds, and what all routes are."""

from collections.abc import Iterable, Sequence

import msgspec

from tillroll import __version__
from tillroll.dialects.http import Inbound, Response, Route
from tillroll.dialects.native import documentation, events
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.openapi import TEXT, Description, Operation, one_of, record, ref
from tillroll.store import Transaction

__all__ = ["NATIVE", "description", "documented", "routes"]

_SUMMARY = 'Tillroll\'s own routes. Errors are `{"error": {"status", "message"}}`.'


def routes() -> list[Route]:
    """`/healthz`: the process answers. `/readyz`: the database answers, too. `/v1`: our own API."""
    return [
        Route("GET", "/healthz", _ready, NATIVE, alone=_alive),
        Route("GET", "/readyz", _ready, NATIVE),
        *events.routes(),
    ]


def documented(descriptions: Sequence[Description], others: Iterable[Route]) -> list[Route]:
    """The routes that publish what these dialects, and this one, say of their routes."""
    own = routes()
    return [*own, *documentation.routes([description(descriptions), *descriptions], [*own, *others])]


def description(others: Sequence[Description]) -> Description:
    """This dialect's account of itself, which knows of the others because it publishes theirs."""
    alive = record({"status": one_of("ok"), "version": TEXT})
    own = [
        Operation("GET", "/healthz", "Says that the process lives", {200: alive}),
        Operation("GET", "/readyz", "Says that the database answers, too", {200: alive}),
        *events.operations(),
    ]
    return Description(
        name="native",
        title="Tillroll",
        summary=_SUMMARY,
        operations=[*own, *documentation.operations(others)],
        components={"Error": record({"error": record({"status": {"type": "integer"}, "message": TEXT})})},
        refusal=lambda _route, _status: ref("Error"),
    )


def _alive(_inbound: Inbound) -> Response:
    return Response(200, msgspec.json.encode({"status": "ok", "version": __version__}))


def _ready(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    tx.rows("shops")
    return [_alive(inbound) for inbound in requests]
