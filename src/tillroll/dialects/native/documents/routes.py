"""The published descriptions: `/openapi.json`, one document per dialect, and pages for people under `/docs`.

    /docs ── /docs/{dialect} ── /docs/{dialect}/{service}       every route in a list, and a page for each service

Everything is made of the descriptions on the first request, aside of all others, and is the same for everybody. The
pages need nothing from elsewhere. Their script looks for routes and copies command lines; without it they are lists.
"""

import asyncio
import gzip
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from threading import Lock
from typing import Any, TypeVar

import jinja2
from markupsafe import Markup, escape
from msgspec import Struct

from tillroll import __version__
from tillroll.dialects.guards import origin_of, page_headers, wants_page
from tillroll.dialects.http import JSON_CONTENT, Header, Inbound, Response, Route
from tillroll.dialects.native.documents.curl import command
from tillroll.dialects.native.documents.outline import Row, outline, shape_of, shapes_in
from tillroll.dialects.native.errors import NATIVE
from tillroll.dialects.openapi import Answer, Description, Operation, Place, Schema, Service
from tillroll.dialects.published import document, encoded, service_of
from tillroll.pages.assets import address_of
from tillroll.store import Transaction
from tillroll.store.group_commit import Within

Made = TypeVar("Made")

ALLOWED = "style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'"
_HTML = page_headers(ALLOWED, is_private=False)

# What stands in a document for the address of the server until somebody asks for it.
_ORIGIN = "http://tillroll.invalid"
# Under how many addresses a server is reached at a time.
_ORIGINS_MAX = 16
# A whole document is a megabyte, which this makes a twentieth of, in a moment.
_GZIP_LEVEL = 5
_GZIPPED: tuple[Header, ...] = ((b"content-encoding", b"gzip"),)
_VARIES: tuple[Header, ...] = ((b"vary", b"accept-encoding"),)
_LOST_VARIES: tuple[Header, ...] = ((b"vary", b"accept"),)

_CODE = re.compile(r"`([^`]+)`")


class ShownAnswer(Struct, frozen=True):
    """One status of an operation, as a page shows it; of an error its shape, of a success all of its fields."""

    status: str
    summary: str
    headers: Mapping[str, Any]
    shape: str
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
    shape: str
    answers: Sequence[ShownAnswer]
    curl: str


class ShownShape(Struct, frozen=True):
    """One component, as a page shows it."""

    name: str
    meaning: str
    rows: Sequence[Row]


class ShownService(Struct, frozen=True):
    """One service, as a page shows it: its operations, and the shapes that they speak of."""

    service: Service
    operations: Sequence[ShownOperation]
    shapes: Sequence[ShownShape]


class Shown(Struct, frozen=True):
    """One dialect, as pages show it."""

    name: str
    title: str
    summary: str
    services: Mapping[str, ShownService]


def routes(descriptions: Sequence[Description], described: Iterable[Route]) -> list[Route]:
    """The routes of the documents and of the pages; `described` are the routes of all these dialects but these."""
    own: list[Route] = []
    known = [*described]

    def whole(*wanted: Description) -> dict[str, Any]:
        return document(wanted, [*known, *own], version=__version__, origin=_ORIGIN)

    shown: Callable[[], Mapping[str, Shown]] = _once(
        lambda: {one.name: _shown(one, whole(one)) for one in descriptions}
    )

    def index(*names: str) -> bytes:
        dialects = [shown()[name] for name in names]
        return page("index.html", dialects=dialects, all=[*shown().values()], is_whole=len(names) > 1)

    names = [one.name for one in descriptions]
    own.append(_fixed("/openapi.json", (JSON_CONTENT,), lambda: encoded(whole(*descriptions))))
    own.append(_fixed("/docs", _HTML, partial(index, *names)))
    for one in descriptions:
        own.append(_fixed(f"/openapi/{one.name}.json", (JSON_CONTENT,), partial(_document_of, whole, one)))
        own.append(_fixed(f"/docs/{one.name}", _HTML, partial(index, one.name)))
        own.append(_pages(f"/docs/{one.name}/{{service}}", partial(_page_of, shown, one.name)))
    return own


def lost(method: str, headers: Sequence[Header]) -> Response:
    """What an address answers where nothing is: a page for people in browsers, which leads on, else a problem."""
    asked = ",".join(value.decode("latin-1") for name, value in headers if name == b"accept")
    if method in ("GET", "HEAD") and wants_page(asked):
        return Response(404, _missing(), (*_HTML, *_LOST_VARIES))
    refusal = NATIVE.refuse(404)
    return Response(404, refusal.body, (*refusal.headers, *_LOST_VARIES))


@cache
def _missing() -> bytes:
    return page("missing.html")


def _document_of(make: Callable[..., dict[str, Any]], description: Description) -> bytes:
    return encoded(make(description))


def _page_of(shown: Callable[[], Mapping[str, Shown]], dialect: str, service: str) -> bytes | None:
    """The page of a service; None where there is no such service."""
    found = shown()[dialect].services.get(service)
    return page("service.html", dialect=shown()[dialect], shown=found) if found is not None else None


def operations(descriptions: Sequence[Description]) -> list[Operation]:
    """These routes, described themselves."""
    shown, whole = Answer("A page.", {"type": "string"}, content_type="text/html"), {"type": "object"}
    names = ("native", *(description.name for description in descriptions))
    return [
        Operation("GET", "/openapi.json", "Publishes the description of every route", {200: whole}),
        Operation("GET", "/docs", "Lists every route for people", {200: shown}),
        *(
            one
            for name in names
            for one in (
                Operation("GET", f"/openapi/{name}.json", "Publishes the description of one dialect", {200: whole}),
                Operation("GET", f"/docs/{name}", "Lists every route of one dialect for people", {200: shown}),
                Operation("GET", f"/docs/{name}/{{service}}", "Shows one service for people", {200: shown}),
            )
        ),
    ]


PLACES = {"service": Place("service", "The name of the service, as the lists link to it.")}


def _fixed(path: str, headers: tuple[Header, ...], make: Callable[[], bytes]) -> Route:
    """A route that answers the same to everybody, made at the first question, compressed where that is taken."""
    made = _once(make)

    @lru_cache(maxsize=2 * _ORIGINS_MAX)
    def sent(origin: str, is_compressed: bool) -> bytes:
        whole = made().replace(_ORIGIN.encode(), origin.encode())
        return gzip.compress(whole, _GZIP_LEVEL, mtime=0) if is_compressed else whole

    def answer(inbound: Inbound) -> Response:
        is_compressed = _takes_gzip(inbound)
        coded = _GZIPPED if is_compressed else ()
        return Response(200, sent(origin_of(inbound), is_compressed), (*headers, *_VARIES, *coded))

    return _without_database(path, answer)


def _pages(path: str, make: Callable[[str], bytes | None]) -> Route:
    """A route for the pages of the services of one dialect, each made when it is asked for first."""

    @cache
    def sent(name: str, is_compressed: bool) -> bytes | None:
        made = make(name)
        return gzip.compress(made, _GZIP_LEVEL, mtime=0) if made is not None and is_compressed else made

    def answer(inbound: Inbound) -> Response:
        is_compressed = _takes_gzip(inbound)
        found = sent(inbound.values["service"], is_compressed)
        if found is None:
            return lost(inbound.method, inbound.raw_headers)
        return Response(200, found, (*_HTML, *_VARIES, *(_GZIPPED if is_compressed else ())))

    return _without_database(path, answer)


def _takes_gzip(inbound: Inbound) -> bool:
    return "gzip" in inbound.header(b"accept-encoding")


def _once(make: Callable[[], Made]) -> Callable[[], Made]:
    """Makes something once, however many threads ask for it at a time."""
    making, made = Lock(), cache(make)

    def wait() -> Made:
        with making:
            return made()

    return wait


def _without_database(path: str, answer: Callable[[Inbound], Response]) -> Route:
    """A route that is answered in a thread of its own: the first answer takes as long as fifty checkouts."""

    async def prepare(_within: Within, inbound: Inbound) -> Response:
        return await asyncio.to_thread(answer, inbound)

    def run(_tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        return [answer(inbound) for inbound in requests]

    return Route("GET", path, run, NATIVE, prepare=prepare)


def page(template: str, **values: object) -> bytes:
    """A page of this folder's templates, which all load the files that other pages load."""
    return _templates().get_template(template).render(version=__version__, **values).encode()


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.PackageLoader("tillroll.dialects.native.documents")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["prose"] = _prose
    environment.globals["asset"] = address_of
    return environment


def _prose(text: str) -> Markup:
    """A text for people, with what stands between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def _shown(description: Description, made: Mapping[str, Any]) -> Shown:
    shapes: Mapping[str, Schema] = made["components"]["schemas"]
    found: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {one.name: [] for one in description.services}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            found[service_of(description, path).name].append((path, method.upper(), operation))
    services = {}
    for one in description.services:
        listed = [_operation(path, method, operation, made) for path, method, operation in found[one.name]]
        names = shapes_in([operation for _, _, operation in found[one.name]], shapes)
        services[one.name] = ShownService(one, listed, [_shape(name, shapes) for name in names])
    return Shown(description.name, description.title, description.summary, services)


def _shape(name: str, shapes: Mapping[str, Schema]) -> ShownShape:
    return ShownShape(name, str(shapes[name].get("description", "")), outline(shapes[name], shapes))


def _operation(path: str, method: str, operation: Mapping[str, Any], made: Mapping[str, Any]) -> ShownOperation:
    shapes: Mapping[str, Schema] = made["components"]["schemas"]
    contents = operation.get("requestBody", {}).get("content", {}).values()
    body: Schema | None = next((one["schema"] for one in contents), None)
    return ShownOperation(
        method,
        path,
        operation["operationId"],
        operation["summary"],
        operation["description"],
        operation["parameters"],
        outline(body, shapes) if body is not None else (),
        shape_of(body) if body is not None else "",
        [_answer(status, answer, shapes) for status, answer in operation["responses"].items()],
        command(method, path, operation, made["components"]["securitySchemes"]),
    )


def _answer(status: str, answer: Mapping[str, Any], shapes: Mapping[str, Schema]) -> ShownAnswer:
    schema: Schema | None = next((content["schema"] for content in answer.get("content", {}).values()), None)
    rows = outline(schema, shapes) if schema is not None and status < "300" else ()
    shape = shape_of(schema) if schema is not None else ""
    return ShownAnswer(status, answer["description"], answer.get("headers", {}), shape, rows)
