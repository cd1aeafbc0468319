"""What is read and what is answered: nested forms, answers, and refusals in Stripe's shape.

Arrays come as `expand[0]=…`, as the Python SDK has them, or as `expand[]=…`; maps nest, and what is in brackets is a
name or a number.
"""

import re
from typing import Any

from msgspec import Struct

from tillroll.dialects.encoded import pairs_of
from tillroll.simulator.books import Json

# What an SDK sends at most in one request of ours is some thirty pairs: fifty of metadata, and room to spare.
PAIRS_MAX = 400
LEVELS_MAX = 5

_NAME = re.compile(r"(?P<first>[^\[\]]+)(?P<rest>(?:\[[^\[\]]*\])*)")


class Outcome(Struct, frozen=True):
    """An answer before it is bytes; `is_executed` says whether anything was begun, so that a key keeps it."""

    status: int
    body: Json
    is_executed: bool = True
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """A request is refused; nothing of what it has done so far stays."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.body["error"]["message"])
        self.outcome = outcome


def error(status: int, type: str, message: str, **also: Any) -> Outcome:
    """An error's answer; `also` are its further fields, of which those that are None are left out."""
    fields = {name: value for name, value in also.items() if value is not None}
    return Outcome(status, {"error": {"type": type, "message": message, **fields}})


def invalid(message: str, code: str | None = None, param: str | None = None) -> Refused:
    """A parameter that does not pass: 400, before anything was begun, so that no key keeps it."""
    found = error(400, "invalid_request_error", message, code=code, param=param)
    return Refused(Outcome(found.status, found.body, is_executed=False))


def unexpected(message: str, code: str | None, intent: Json | None = None, **also: Any) -> Refused:
    """What the state of things does not allow: 400, and its key keeps it."""
    return Refused(error(400, "invalid_request_error", message, code=code, payment_intent=intent, **also))


def missing(kind: str, id: str, param: str) -> Refused:
    """There is no such object in this account: 404 where the path names it, 400 where a parameter does."""
    message = f"There is no {kind.replace('_', ' ')} {id}."
    status = 404 if param in ("id", "intent") else 400
    return Refused(error(status, "invalid_request_error", message, code="resource_missing", param=param))


def parameters(text: bytes) -> Json:
    """The parameters of a form or a query, nested; raises Refused for what can not be read as such."""
    try:
        pairs = pairs_of(text.decode("utf-8"), pairs_max=PAIRS_MAX)
    except ValueError as broken:
        raise invalid("The parameters can not be read as a form in UTF-8.") from broken
    root: Json = {}
    for name, value in pairs:
        _add(root, name, value)
    return {name: _with_lists(value) for name, value in root.items()}


def _add(root: Json, name: str, value: str) -> None:
    match = _NAME.fullmatch(name)
    path = [match["first"], *re.findall(r"\[([^\[\]]*)\]", match["rest"])] if match is not None else []
    if not path or len(path) > LEVELS_MAX:
        raise invalid("The name of a parameter can not be read.", "parameter_unknown", name[:100])
    node: Any = root
    for part in path[:-1]:
        node = node.setdefault(part or str(len(node)), {})
        if not isinstance(node, dict):
            raise invalid("A parameter is a value and a map at once.", None, path[0])
    last = path[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise invalid("A parameter is a value and a map at once.", None, path[0])
    node[last] = value


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(one) for name, one in value.items()}
    if inner and all(name.isascii() and name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
