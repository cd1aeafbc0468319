"""The OpenAPI 3.1 document of some dialects, made of what they say of their routes and of the route table.

    dialect: Description (operations, components) ┐
                                                  ├──► document() ──► /openapi.json, /docs
    route table: who may call, content types ─────┘

What every route has in common, its errors above all, is added here from the route itself: it can not be forgotten.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import msgspec

from tillroll.dialects.http import Inbound, Malformed, Problem, Route
from tillroll.dialects.openapi import (
    TEXT,
    Answer,
    Demands,
    Description,
    Operation,
    Parameter,
    Place,
    Schema,
    Service,
)
from tillroll.dialects.unread import Known, unread_parameters

VERSION = "3.1.0"

# What the door itself may answer to any request, and to any write that takes an Idempotency-Key.
_DOORS_REFUSALS = (400, 413, 415, 500, 503)
_KEYED_REFUSALS = (422,)

# What a route that takes a body of any declared type is described with.
_ANY_BODY = ("application/json",)

# What may be sent in the address as well: its fields are parameters then.
_FORM = "application/x-www-form-urlencoded"

_PLACE = re.compile(r"\{(\w+)\}")
_NO_NAME = "The address has a character that no name may have."
_OF_EVERY_SUCCESS = {
    "X-Request-Id": "The id of the request: `/v1/receipts/{request}` says what became of what it reported."
}
_IN_FLIGHT = "A request with this `Idempotency-Key` is still being answered."


def document(
    descriptions: Sequence[Description], routes: Iterable[Route], *, version: str, origin: str = "http://127.0.0.1:8080"
) -> dict[str, Any]:
    """One OpenAPI document of these dialects; raises ValueError where two of them name a component alike.

    `origin` is the address of the server, for what has to be named whole.
    """
    descriptions = [description.explain(description) for description in descriptions]
    components: dict[str, Schema] = {}
    for description in descriptions:
        for name, schema in description.components.items():
            if name in components:
                raise ValueError(f"two dialects describe a component {name}")
            components[name] = schema
    known = {(route.method, route.path): route for route in routes}
    paths: dict[str, dict[str, Any]] = {}
    for description in descriptions:
        for operation in description.operations:
            route = known[operation.method, operation.path]
            paths.setdefault(operation.path, {})[operation.method.lower()] = described(description, operation, route)
    return {
        "openapi": VERSION,
        "info": {
            "title": "Tillroll: " + ", ".join(description.title for description in descriptions),
            "version": version,
            "description": "\n\n".join(description.summary for description in descriptions),
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": service.title, "description": service.summary}
            for description in descriptions
            for service in description.services
        ],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                name: _at(origin, scheme)
                for description in descriptions
                for name, scheme in description.schemes.items()
            },
        },
    }


def _at(origin: str, scheme: Schema) -> Schema:
    """A security scheme with the whole address of where its tokens come from."""
    flows = scheme.get("flows", {})
    whole = {name: {**flow, "tokenUrl": origin + flow["tokenUrl"]} for name, flow in flows.items()}
    return {**scheme, "flows": whole} if whole else scheme


def described(description: Description, operation: Operation, route: Route) -> dict[str, Any]:
    """One operation with all that its route adds to it."""
    demands = description.demands(route)
    found: dict[str, Any] = {
        "tags": [service_of(description, operation.path).title],
        "operationId": "_".join(re.findall(r"\w+", f"{operation.method.lower()} {operation.path}")),
        "summary": operation.summary,
        "description": f"{operation.notes}\n\nWho may call: {demands.who}.".strip(),
        "parameters": [*_places(description, operation), *_parameters(operation, route, demands)],
        "responses": _responses(description, operation, route),
        "security": [
            {scheme: [scope] if scope else []}
            for scheme in demands.schemes
            for scope in demands.scopes.get(scheme) or ("",)
        ],
    }
    if operation.body is not None:
        content = {"schema": operation.body} | ({} if operation.example is None else {"example": operation.example})
        contents = dict.fromkeys(route.content_types or _ANY_BODY, content)
        found["requestBody"] = {"required": True, "content": contents}
    return found


def knowing_fields(descriptions: Sequence[Description], routes: Iterable[Route]) -> list[Route]:
    """The routes, and with those of descriptions that name what is unread the fields that their bodies may have.

    What a resource is shown with may be sent back: who changes a part of it sends the rest as it was.
    """
    bodies = {
        (operation.method, operation.path): Known(
            [operation.body, *_shown_at(description, operation.path)], description.components
        )
        for description in descriptions
        for operation in description.operations
        if description.names_unread and operation.body is not None
    }
    return [
        msgspec.structs.replace(route, fields=bodies.get((route.method, route.path)))
        if "application/json" in route.content_types
        else route
        for route in routes
    ]


def _shown_at(description: Description, path: str) -> Iterable[Schema]:
    """What a GET of a path shows; of a list, one of its elements."""
    for operation in description.operations:
        if (operation.method, operation.path) == ("GET", path):
            said = operation.answers.get(200)
            schema = said.schema if isinstance(said, Answer) else said
            if schema is not None:
                yield schema.get("items", schema)


Decode = Callable[[Inbound], object]


def knowing_parameters(descriptions: Sequence[Description], routes: Iterable[Route]) -> list[Route]:
    """The routes, which refuse the parameters that are not described, or tell of them as of fields that nobody reads.

    Whoever misspells `from` would be told of everything instead, and whoever misspells `codes` lose everything: refused
    is below the closed prefixes of these descriptions, and wherever a DELETE takes away more than one thing.
    """
    decoders: dict[tuple[str, str], Callable[[Route], Decode]] = {}
    for description in descriptions:
        for operation in description.operations:
            known = tuple(one.name for one in operation.parameters if one.place == "query")
            if _is_closed(description, operation):
                decoders[operation.method, operation.path] = partial(_closed, known=known)
            elif description.names_unread:
                decoders[operation.method, operation.path] = partial(_telling, known=known)
    return [
        msgspec.structs.replace(route, decode=found(route))
        if (found := decoders.get((route.method, route.path))) is not None
        else route
        for route in routes
    ]


def _is_closed(description: Description, operation: Operation) -> bool:
    if operation.method == "DELETE" and not operation.path.endswith("}"):
        return True
    return any(operation.path == prefix or operation.path.startswith(f"{prefix}/") for prefix in description.closed)


def _closed(route: Route, known: Collection[str]) -> Decode:
    decode = route.decode

    def read(inbound: Inbound) -> object:
        problems = [_unknown(name, known) for name in inbound.query if name not in known]
        if problems:
            raise Malformed(problems)
        return decode(inbound) if decode is not None else None

    return read


def _telling(route: Route, known: Collection[str]) -> Decode:
    decode = route.decode

    def read(inbound: Inbound) -> object:
        if inbound.query_string and _FORM not in route.content_types:
            inbound.unread += unread_parameters(inbound.query, known)
        return decode(inbound) if decode is not None else None

    return read


def _unknown(name: str, known: Collection[str]) -> Problem:
    shown = name[:64]
    close = difflib.get_close_matches(shown.lower(), known, 1)
    hint = f", did you mean {close[0]}?" if close else ""
    others = f"; there are {', '.join(known)}" if known and not close else ""
    return Problem(shown, "invalid_value", f"there is no parameter {shown}{hint}{others}")


def service_of(description: Description, path: str) -> Service:
    """The service that a path belongs to; raises ValueError where it belongs to none."""
    found = [
        (len(beginning), position)
        for position, service in enumerate(description.services)
        for beginning in service.paths
        if path == beginning or path.startswith(f"{beginning}/")
    ]
    if not found:
        raise ValueError(f"no service of {description.name} has the path {path}")
    return description.services[max(found)[1]]


def _places(description: Description, operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": operation.places.get(name, place.schema)}
        | ({"description": place.summary} if place.summary else {})
        for name, place in _named(description, operation.path)
    ]


def _named(description: Description, path: str) -> list[tuple[str, Place]]:
    """The places of a path, in order."""
    segments = path.split("/")
    found: list[tuple[str, Place]] = []
    for before, segment in pairwise(segments):
        for name in _PLACE.findall(segment):
            place = description.places.get(f"{before}/{{{name}}}") or description.places.get(name)
            found.append((name, place or Place(name, "")))
    return found


def _missing(description: Description, operation: Operation) -> str:
    """What a 404 means; empty where nothing can be missing."""
    if operation.missing:
        return operation.missing
    places = _named(description, operation.path)
    nouns = list(dict.fromkeys(place.noun for _, place in places if place.noun))
    if nouns:
        return f"There is no such {', or no such '.join(nouns)}."
    return _NO_NAME if places else ""


def _conflict(operation: Operation, route: Route) -> str:
    """What a 409 means; empty where nothing can be in the way."""
    return " ".join(one for one in (operation.conflict, _IN_FLIGHT if _is_keyed(route) else "") if one)


def _parameters(operation: Operation, route: Route, demands: Demands) -> list[dict[str, Any]]:
    wanted = [*operation.parameters, *demands.parameters]
    if _is_keyed(route):
        summary = "The client's name for this request: repeated, it gets the first answer, and nothing is done twice."
        wanted.append(Parameter("Idempotency-Key", {"type": "string", "maxLength": 255}, summary, "header"))
    return [
        {"name": one.name, "in": one.place, "required": one.required, "schema": one.schema}
        | ({"description": one.summary} if one.summary else {})
        for one in wanted
    ]


def _is_keyed(route: Route) -> bool:
    return route.writes and route.keeps_answers


def _responses(description: Description, operation: Operation, route: Route) -> dict[str, Any]:
    answers: dict[int, Answer] = {}
    said = {404: _missing(description, operation), 409: _conflict(operation, route)}
    keyed = _KEYED_REFUSALS if _is_keyed(route) else ()
    own = [status for status, summary in said.items() if summary]
    for status in (*_DOORS_REFUSALS, *keyed, *own, *description.demands(route).refusals):
        refused = description.refusal(route, status)
        answer = refused if isinstance(refused, Answer) else Answer(schema=refused)
        answers[status] = msgspec.structs.replace(answer, summary=said.get(status) or answer.summary)
    for status, answered in operation.answers.items():
        answer = answered if isinstance(answered, Answer) else Answer(schema=answered)
        answers[status] = msgspec.structs.replace(answer, summary=answer.summary or said.get(status, ""))
    return {str(status): _response(status, answers[status]) for status in sorted(answers)}


def _response(status: int, answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.summary or HTTPStatus(status).phrase}
    if answer.schema is not None:
        found["content"] = {answer.content_type: {"schema": answer.schema}}
    headers = {**answer.headers, **(_OF_EVERY_SUCCESS if 200 <= status < 300 else {})}
    if headers:
        found["headers"] = {name: {"description": summary, "schema": TEXT} for name, summary in headers.items()}
    return found


def encoded(value: object) -> bytes:
    """A document as JSON bytes."""
    return msgspec.json.encode(value, enc_hook=_as_number)


def _as_number(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    raise NotImplementedError(type(value))
