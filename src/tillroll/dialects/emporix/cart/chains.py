"""Several calls to one cart in one request: `POST /cart/{tenant}/carts/{cartId}/execute` (docs/wire/emporix.md, 5).

    commands ──► each as the call that it stands for, in order, on the one locked cart ──► 207 with the answer of each

A command that is refused leaves no trace, and those before it stay. What is wrong with the request as a whole is found
before anything runs.
"""

from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.cart.one_cart import Command, change, changing, stale
from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.errors import CART, Refusal, Reply, encode, respond
from tillroll.dialects.emporix.wire.resources import Document, read_document
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue

COMMANDS_MAX = 10
VERSIONS_MAX = 2**62

OnError = Literal["fail", "resume"]
Versioning = Literal["skip", "explicit", "follow"]

_PARTICIPATING = "versioning=explicit requires options.resourceVersion on participating command type {}"


class _Options(Struct, frozen=True, rename="camel"):
    item_id: str | None = None
    partial: bool | None = None
    expand_calculation: bool | None = None
    zip_code: str | None = None
    country_code: str | None = None
    resource_version: int | None = None
    codes: str | list[str] | None = None
    discount_index: str | int | None = None


class _Step(Struct, frozen=True):
    type: str
    data: Any = None
    options: _Options | None = None


class _Body(Struct, frozen=True):
    commands: list[_Step]


class Chain(Struct, frozen=True):
    """The steps of a request, and what it says about errors and versions."""

    steps: tuple[_Step, ...]
    on_error: OnError
    versioning: Versioning


def route(catalogue: Catalogue, commands: dict[str, Command]) -> Route:
    """The route of chains; `commands` are the calls that may be steps."""

    def read(inbound: Inbound) -> Chain:
        return _read(inbound, commands)

    def run(desk: Desk, call: Call, stored: StoredCart) -> Response:
        return _run(desk, call, stored, commands)

    path = "/cart/{tenant}/carts/{cartId}/execute"
    return Route("POST", path, changing(catalogue, run), CART, read, writes=True)


def _read(inbound: Inbound, commands: dict[str, Command]) -> Chain:
    """The chain of a request; raises Malformed for the first thing that is wrong, in the vendor's words."""
    document = read_document(inbound)
    query = inbound.query
    on_error = _choice(query, "onError", ("fail", "resume"), "Expected fail or resume")
    versioning = _choice(query, "versioning", ("skip", "explicit", "follow"), "Expected skip, explicit, or follow")
    sent = document.get("commands")
    if not isinstance(sent, list) or not sent:
        raise _wrong(f"commands must contain between 1 and {COMMANDS_MAX} entries")
    if len(sent) > COMMANDS_MAX:
        raise _wrong(f"commands must contain at most {COMMANDS_MAX} entries")
    body = converted({"commands": sent}, _Body)
    for step in body.commands:
        command = commands.get(step.type)
        if command is None:
            raise _wrong(f"Unknown command type: {step.type[:80]}")
        _check_options(step, command, versioning)
    return Chain(tuple(body.commands), on_error, versioning)  # type: ignore[arg-type]  # `_choice` has looked


def _choice(query: dict[str, str], name: str, allowed: tuple[str, ...], expected: str) -> str:
    value = query.get(name) or allowed[0]
    if value not in allowed:
        raise _wrong(f"Invalid {name} value: {value[:40]}. {expected}")
    return value


def _check_options(step: _Step, command: Command, versioning: str) -> None:
    options = step.options or _Options()
    version = options.resource_version
    if version is not None and not 0 <= version < VERSIONS_MAX:
        raise _wrong("options.resourceVersion must be a version of the cart")
    if versioning == "explicit" and command.guarded and version is None:
        raise _wrong(_PARTICIPATING.format(step.type))
    for name in ("itemId", "discountIndex"):
        if f"{{{name}}}" in command.path and not _text(options, name):
            raise _wrong(f"options.{name} is required on command type {step.type}")


def _run(desk: Desk, call: Call, stored: StoredCart, commands: dict[str, Command]) -> Response:
    chain: Chain = call.inbound.command
    results: list[Document] = []
    is_seeded = False
    for index, step in enumerate(chain.steps):
        command = commands[step.type]
        expected = step.options.resource_version if step.options is not None else None
        checks = command.guarded and expected is not None and chain.versioning != "skip"
        if checks and not (chain.versioning == "follow" and is_seeded) and expected != stored.next_version:
            answer: Reply = stale()
        else:
            answer = _answer(desk, _call_of(call, step, command), stored, command)
        is_seeded = is_seeded or command.guarded
        results.append(_result(index, step.type, answer))
        if answer.status >= 300 and chain.on_error == "fail":
            break
    return respond(207, {"results": results})


def _answer(desk: Desk, call: Call, stored: StoredCart, command: Command) -> Reply:
    try:
        if command.decode is not None:
            call.inbound.command = command.decode(call.inbound)
        if command.reads and stored.is_open:
            return command.handle(desk, call, stored.copy())
    except Malformed as malformed:
        return CART.refusal(400, malformed.problems)
    return change(desk, call, stored, command.handle)


def _call_of(call: Call, step: _Step, command: Command) -> Call:
    """A step as the call that it stands for; its headers are those of the whole chain, but for `If-Match`."""
    options = step.options or _Options()
    whole = call.inbound
    values = whole.values | {name: _text(options, name) or "" for name in ("itemId", "discountIndex")}
    query = {name: text for name in command.options if (text := _text(options, name)) is not None}
    base = whole.path.rstrip("/").removesuffix("/execute")
    part = msgspec.structs.replace(
        whole,
        method=command.method,
        path=base + command.path.format(**{name: values[name] for name in ("itemId", "discountIndex")}),
        values=values,
        query_string=urlencode(query).encode(),
        raw_headers=[header for header in whole.raw_headers if header[0] != b"if-match"],
        body=b"" if step.data is None else encode(step.data),
    )
    return Call(part, call.caller)


def _text(options: _Options, name: str) -> str | None:
    """An option as it would stand in a path or a query; None where it was not given."""
    value = {
        "itemId": options.item_id,
        "discountIndex": options.discount_index,
        "partial": options.partial,
        "expandCalculation": options.expand_calculation,
        "zipCode": options.zip_code,
        "countryCode": options.country_code,
        "codes": ",".join(options.codes) if isinstance(options.codes, list) else options.codes,
    }[name]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _result(index: int, type: str, answer: Reply) -> Document:
    result: Document = {"index": index, "type": type, "code": answer.status}
    result["status"] = HTTPStatus(answer.status).phrase
    if isinstance(answer, Refusal):
        return result | {"data": answer.told}
    if answer.body:
        result["data"] = msgspec.Raw(answer.body)
    location = next((value.decode("latin-1") for name, value in answer.headers if name == b"location"), None)
    return result | ({"headers": {"location": location}} if location is not None else {})


def _wrong(message: str) -> Malformed:
    return Malformed([Problem("", "invalid_value", message)])
