"""JSON Patch as Emporix's set-up calls take it: `add`, `remove` and `replace` in any case (RFC 6902).

A lone operation without its list is taken as a list of one.
"""

import copy
from typing import Any

from msgspec import Struct

from tillroll.dialects.http import Malformed, Problem

OPERATIONS_MAX = 200
_OPERATIONS = ("add", "remove", "replace")


class PatchOperation(Struct, frozen=True):
    """One change: what to do at which place; the place is a list of names and positions."""

    op: str
    path: tuple[str, ...]
    value: Any = None


def read_operations(body: Any) -> list[PatchOperation]:
    """The operations of a body that was decoded as JSON; raises Malformed."""
    sent = [body] if isinstance(body, dict) else body
    if not isinstance(sent, list) or len(sent) > OPERATIONS_MAX:
        message = f"send a list of at most {OPERATIONS_MAX} operations, each with op, path and value"
        raise Malformed([Problem("", "invalid_value", message)])
    return [_operation(index, one) for index, one in enumerate(sent)]


def _operation(index: int, sent: Any) -> PatchOperation:
    given = sent if isinstance(sent, dict) else {}
    op, path = given.get("op"), given.get("path")
    if not isinstance(op, str) or op.lower() not in _OPERATIONS:
        raise _malformed(index, "op", f"op must be one of {', '.join(_OPERATIONS)}")
    if not isinstance(path, str) or not path.startswith("/"):
        raise _malformed(index, "path", "path must be a JSON Pointer such as /name")
    if op.lower() != "remove" and "value" not in given:
        raise _malformed(index, "value", "value is required")
    names = tuple(part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))
    return PatchOperation(op.lower(), names, given.get("value"))


def _malformed(index: int, field: str, message: str) -> Malformed:
    return Malformed([Problem(f"[{index}].{field}", "invalid_value", message)])


def patched(document: dict[str, Any], operations: list[PatchOperation]) -> dict[str, Any]:
    """The document after all operations, in order; raises Malformed where one finds no place. The old one is kept."""
    changed = copy.deepcopy(document)
    for index, operation in enumerate(operations):
        holder = _holder(changed, operation.path[:-1])
        if not _apply(holder, operation):
            place = "/".join(operation.path)[:80]
            raise _malformed(index, "path", f"there is nothing at /{place} to {operation.op}")
    return changed


def _holder(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list):
            position = _position(name, len(document))
            document = document[position] if position is not None else None
        else:
            return None
    return document


def _apply(holder: Any, operation: PatchOperation) -> bool:
    name, value = operation.path[-1], copy.deepcopy(operation.value)
    if isinstance(holder, dict):
        if operation.op == "remove":
            return holder.pop(name, _ABSENT) is not _ABSENT
        holder[name] = value  # a replace of what is not there sets it: clients do not know what was left out
        return True
    if not isinstance(holder, list):
        return False
    if operation.op == "add" and name in ("-", str(len(holder))):
        holder.append(value)
        return True
    position = _position(name, len(holder))
    if position is None:
        return False
    if operation.op == "add":
        holder.insert(position, value)
    elif operation.op == "remove":
        del holder[position]
    else:
        holder[position] = value
    return True


def _position(name: str, length: int) -> int | None:
    if not name.isascii() or not name.isdigit() or len(name) > 9:
        return None
    return int(name) if int(name) < length else None


_ABSENT = object()
