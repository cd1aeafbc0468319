"""The published descriptions: `/openapi.json`, one document per dialect, pages for people under `/docs`, and `/`.

Everything is made of the descriptions on the first request, and is the same for everybody. The pages need no script and
nothing from elsewhere.
"""

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any

import jinja2
from msgspec import Struct

from tillroll import __version__
from tillroll.dialects.guards import origin_of, page_headers
from tillroll.dialects.http import JSON_CONTENT, Header, Inbound, Response, Route
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.native.outline import Row, command, outline
from tillroll.dialects.openapi import Answer, Description, Operation, Schema
from tillroll.dialects.published import document, encoded
from tillroll.store import Transaction

_HTML = page_headers("style-src 'unsafe-inline'; form-action 'none'", is_private=False)

# What stands in a document for the address of the server until somebody asks for it.
_ORIGIN = "http://tillroll.invalid"
# Under how many addresses a server is reached at a time.
_ORIGINS_MAX = 16
# A whole document is a megabyte, which this makes a twentieth of, in a moment.
_GZIP_LEVEL = 5
_GZIPPED: tuple[Header, ...] = ((b"content-encoding", b"gzip"),)
_VARIES: tuple[Header, ...] = ((b"vary", b"accept-encoding"),)

# Where a program finds the description of what it has come to (RFC 8631).
_SERVICE_DESCRIPTION: Header = (b"link", b'</openapi.json>; rel="service-desc"')


class ShownAnswer(Struct, frozen=True):
    """One status of an operation, as a page shows it."""

    status: str
    summary: str
    headers: Mapping[str, Any]
    rows: Sequence[Row]


class ShownOperation(Struct, frozen=True):
    """One operation, as a page shows it."""

    method: str
    path: str
    anchor: str
    summary: str
    notes: str
    parameters: Sequence[Mapping[str, Any]]
    body: Sequence[Row]
    answers: Sequence[ShownAnswer]
    curl: str


class Shown(Struct, frozen=True):
    """One dialect, as a page shows it: its operations by service, and its shapes by name."""

    name: str
    title: str
    summary: str
    services: Mapping[str, Sequence[ShownOperation]]
    shapes: Mapping[str, Sequence[Row]]


def routes(descriptions: Sequence[Description], described: Iterable[Route]) -> list[Route]:
    """The routes of the documents and of the pages; `described` are the routes of all these dialects but these."""
    own: list[Route] = []
    known = [*described]

    def joined() -> bytes:
        return encoded(document(descriptions, [*known, *own], version=__version__, origin=_ORIGIN))

    def of(description: Description) -> dict[str, Any]:
        return document([description], [*known, *own], version=__version__, origin=_ORIGIN)

    def shown() -> list[Shown]:
        return [_shown(description, of(description)) for description in descriptions]

    own.append(_fixed("/", (*_HTML, _SERVICE_DESCRIPTION), lambda: _page("start.html", dialects=descriptions)))
    own.append(_fixed("/openapi.json", (JSON_CONTENT,), joined))
    own.append(_fixed("/docs", _HTML, lambda: _page("index.html", dialects=shown())))
    for one in descriptions:
        own.append(_fixed(f"/openapi/{one.name}.json", (JSON_CONTENT,), partial(_document_of, of, one)))
        own.append(_fixed(f"/docs/{one.name}", _HTML, partial(_page_of, of, one)))
    return own


def _document_of(make: Callable[[Description], dict[str, Any]], description: Description) -> bytes:
    return encoded(make(description))


def _page_of(make: Callable[[Description], dict[str, Any]], description: Description) -> bytes:
    return _page("dialect.html", dialect=_shown(description, make(description)))


def operations(descriptions: Sequence[Description]) -> list[Operation]:
    """These routes, described themselves."""
    page, whole = Answer("A page.", {"type": "string"}, content_type="text/html"), {"type": "object"}
    return [
        Operation("GET", "/", "Says what this server is, and where its documents and the inventory are", {200: page}),
        Operation("GET", "/openapi.json", "Publishes the description of every route", {200: whole}),
        Operation("GET", "/docs", "Lists every route for people", {200: page}),
        *(
            one
            for name in ("native", *(description.name for description in descriptions))
            for one in (
                Operation("GET", f"/openapi/{name}.json", "Publishes the description of one dialect", {200: whole}),
                Operation("GET", f"/docs/{name}", "Shows every route of one dialect for people", {200: page}),
            )
        ),
    ]


def _fixed(path: str, headers: tuple[Header, ...], make: Callable[[], bytes]) -> Route:
    """A route that answers the same to everybody, made at the first question, compressed where that is taken."""
    made = cache(make)

    @lru_cache(maxsize=2 * _ORIGINS_MAX)
    def sent(origin: str, is_compressed: bool) -> bytes:
        whole = made().replace(_ORIGIN.encode(), origin.encode())
        return gzip.compress(whole, _GZIP_LEVEL, mtime=0) if is_compressed else whole

    def alone(inbound: Inbound) -> Response:
        is_compressed = "gzip" in inbound.header(b"accept-encoding")
        coded = _GZIPPED if is_compressed else ()
        return Response(200, sent(origin_of(inbound), is_compressed), (*headers, *_VARIES, *coded))

    def run(_tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        return [alone(inbound) for inbound in requests]

    return Route("GET", path, run, NATIVE, alone=alone)


def _page(template: str, **values: object) -> bytes:
    loader = jinja2.PackageLoader("tillroll.dialects.native", "pages")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.get_template(template).render(version=__version__, **values).encode()


def _shown(description: Description, made: Mapping[str, Any]) -> Shown:
    shapes: Mapping[str, Schema] = made["components"]["schemas"]
    services: dict[str, list[ShownOperation]] = {}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            shown = _operation(path, method.upper(), operation, shapes)
            services.setdefault(operation["tags"][0], []).append(shown)
    rows = {name: outline(schema) for name, schema in shapes.items()}
    return Shown(description.name, description.title, description.summary, services, rows)


def _operation(path: str, method: str, operation: Mapping[str, Any], shapes: Mapping[str, Schema]) -> ShownOperation:
    contents = operation.get("requestBody", {}).get("content", {})
    body = next(((content_type, one["schema"]) for content_type, one in contents.items()), None)
    return ShownOperation(
        method,
        path,
        operation["operationId"],
        operation["summary"],
        operation["description"],
        operation["parameters"],
        outline(body[1]) if body is not None else (),
        [_answer(status, answer) for status, answer in operation["responses"].items()],
        command(method, path, operation, shapes),
    )


def _answer(status: str, answer: Mapping[str, Any]) -> ShownAnswer:
    schemas = [content["schema"] for content in answer.get("content", {}).values()]
    rows = outline(schemas[0]) if schemas else ()
    return ShownAnswer(status, answer["description"], answer.get("headers", {}), rows)
