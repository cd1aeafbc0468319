"""Tillroll's own routes: whether the server lives and is ready, what the ledger holds, and what all routes are."""

from collections.abc import Iterable, Sequence

import msgspec

from tillroll import __version__
from tillroll.dialects.explained import explained_by
from tillroll.dialects.http import JSON_CONTENT, RETRY_SOON, Area, Inbound, Response, Route
from tillroll.dialects.native import batches, callers, events, identify, receipts, sales
from tillroll.dialects.native.documents import routes as documents
from tillroll.dialects.native.documents import start
from tillroll.dialects.native.errors import NAMES, NATIVE, PROBLEM_TYPE
from tillroll.dialects.native.events import NO_KINDS, Kinds
from tillroll.dialects.native.live import stream
from tillroll.dialects.native.live.hub import Hub
from tillroll.dialects.native.reports import routes as reports
from tillroll.dialects.native.webhooks import routes as webhooks
from tillroll.dialects.native.webhooks.routes import Judge
from tillroll.dialects.openapi import (
    FLAG,
    TEXT,
    Answer,
    Description,
    Operation,
    Place,
    Schema,
    Service,
    listed,
    one_of,
    record,
    ref,
)
from tillroll.engine.rates.rates import OWN_KINDS as RATE_KINDS
from tillroll.engine.sales.own import OF_THE_SHOP, OF_VISITORS
from tillroll.engine.sales.reading import Witnesses
from tillroll.store import Transaction
from tillroll.store.group_commit import Within

__all__ = ["AREAS", "description", "documented", "routes"]

# Below `/v1` is what belongs to a shop; the rest is the same for everybody.
AREAS = (Area("", NATIVE, lost=documents.lost), Area("v1", NATIVE, is_private=True))

# Where routes are only looked at, nobody tells of sales.
NOBODY = Witnesses(())


async def nowhere(_url: str) -> str:
    """Where routes are only looked at, nobody asks a name server."""
    return "nobody is asked where this is"


# What an event that came in by our own API is called in the ledger.
OWN_KINDS = (*sorted({*OF_VISITORS, *OF_THE_SHOP, *batches.OWN_KINDS, *identify.OWN_KINDS, *RATE_KINDS}),)

_READY = "Says whether the database can be read and written"
_READY_NOTES = (
    "Both are tried, at most once a second, and answered within about two seconds. A 503 says which of them failed."
)
_LEDGER = ("/v1/events", "/v1/stream", "/v1/receipts", "/v1/identify")
_PLACES = {
    "link": Place("link", "The name of the link."),
    "currency": Place("currency", "The currency that is converted, ISO 4217."),
    "into": Place("into", "The currency that it is converted into, ISO 4217."),
    "day": Place("day", "The day from which the rate is, YYYY-MM-DD."),
    "request": Place("request", "The id that the request's answer bore as `X-Request-Id`."),
    "webhooks/{id}": Place("webhook", "The endpoint's id."),
    "message": Place("message", "The id of the message, which it bears as `webhook-id`."),
    "sales/{id}": Place("sale", "The sale's id, or that of a report: `s` and its position in the ledger."),
}
_SUMMARY = f"""Tillroll's own routes. Below `/v1` a key of the shop is needed, with the scope that the route names.
Errors are problem details (RFC 9457); what stands behind the # of their type is one of {", ".join(NAMES.values())}."""


def routes(
    kinds: Kinds = NO_KINDS, witnesses: Witnesses = NOBODY, hub: Hub | None = None, judge: Judge = nowhere
) -> list[Route]:
    """`/healthz`: the process answers. `/readyz`: the database can be read and written, too. `/v1`: our own API."""
    return [
        Route("GET", "/healthz", _nothing, NATIVE, alone=_alive),
        Route("GET", "/readyz", _nothing, NATIVE, prepare=_ready),
        *batches.routes(),
        *identify.routes(),
        *receipts.routes(),
        *events.routes(kinds),
        *stream.routes(hub or Hub(), tuple(kinds)),
        *sales.routes(witnesses),
        *reports.routes(witnesses),
        *webhooks.routes(judge),
    ]


def kinds_of(descriptions: Sequence[Description]) -> Kinds:
    """What stands in the ledger, by the dialect that it came in."""
    told = {one.name: one.kinds for one in descriptions} | {"native": OWN_KINDS}
    return {dialect: kinds for dialect, kinds in sorted(told.items()) if kinds}


def documented(
    descriptions: Sequence[Description], others: Iterable[Route], witnesses: Witnesses, beside: tuple[Hub | None, Judge]
) -> list[Route]:
    """The routes of this dialect, those that publish what these dialects say of theirs among them.

    `beside` is who tells of what arrives, and who judges where messages may go.
    """
    own = routes(kinds_of(descriptions), witnesses, *beside)
    described = [description(descriptions), *descriptions]
    own.append(start.route(described))
    return [*own, *documents.routes(described, [*own, *others])]


def description(others: Sequence[Description]) -> Description:
    """This dialect's account of itself, which knows of the others because it publishes theirs."""
    alive = record({"status": one_of("ok"), "version": TEXT})
    unavailable = record({"status": one_of("unavailable"), "reading": FLAG, "writing": FLAG, "reason": TEXT})
    own = [
        Operation("GET", "/healthz", "Says that the process lives", {200: alive}),
        Operation("GET", "/readyz", _READY, {200: alive, 503: unavailable}, notes=_READY_NOTES),
        *batches.operations(),
        *identify.operations(),
        *receipts.operations(),
        *events.operations(kinds_of(others)),
        *stream.operations(tuple(kinds_of(others))),
        *sales.operations(),
        *reports.operations(),
        *webhooks.operations(),
    ]
    return Description(
        name="native",
        title="Tillroll",
        summary=_SUMMARY,
        kinds=OWN_KINDS,
        closed=("/v1",),
        operations=[*own, start.operation(), *documents.operations(others)],
        components={
            "Problem": _problem(),
            **batches.components(),
            **identify.components(),
            **sales.COMPONENTS,
            **reports.COMPONENTS,
            **webhooks.COMPONENTS,
        },
        explain=explained_by(f"{__name__}.described"),
        services=(
            Service("health", "Health", ("/healthz", "/readyz"), "Whether the server lives and is ready."),
            Service("events", "Ledger", _LEDGER, "What happened in a shop, whoever told of it."),
            Service("sales", "Sales", ("/v1/sales",), "What was bought, by whose word, and whose revenue it is."),
            Service(
                "reports",
                "Reports",
                ("/v1/reports", "/v1/rates"),
                "Revenue, by source, by day and by model; carts and what became of them; rates of exchange.",
            ),
            Service("webhooks", "Webhooks", ("/v1/webhooks",), "Who is told of what becomes true in the shop."),
            Service("documents", "Documents", ("/", "/openapi.json", "/openapi", "/docs"), "What this server speaks."),
        ),
        refusal=lambda _route, _status: Answer(schema=ref("Problem"), content_type=PROBLEM_TYPE),
        demands=callers.demands,
        places=documents.PLACES | _PLACES,
        schemes=callers.SCHEMES,
    )


def _problem() -> Schema:
    wrong = listed(record({"field": TEXT, "message": TEXT}), least=1)
    return record({"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "errors?": wrong})


def _alive(_inbound: Inbound) -> Response:
    return Response(200, msgspec.json.encode({"status": "ok", "version": __version__}))


async def _ready(store: Within, inbound: Inbound) -> Response:
    health = await store.health()
    if health.reading and health.writing:
        return _alive(inbound)
    found = {"status": "unavailable", "reading": health.reading, "writing": health.writing, "reason": health.reason}
    return Response(503, msgspec.json.encode(found), (JSON_CONTENT, RETRY_SOON))


def _nothing(_tx: Transaction, _requests: Sequence[Inbound]) -> Sequence[Response]:
    """Both are answered before any transaction."""
    raise AssertionError("unreachable")
