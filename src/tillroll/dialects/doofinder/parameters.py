"""Reading parameters wherever a client puts them: query, JSON body or form body, in every packing that clients use.

Sources: docs/wire/doofinder.md, 11, 12 and 14. The body wins over the query; what is unknown is kept and not used; a
body is never refused for its content type.
"""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from tillroll.dialects.encoded import pairs_of
from tillroll.dialects.http import Inbound
from tillroll.dialects.nesting import is_too_deep

Parameters = dict[str, Any]

# A whole cart in a form: 200 pairs of a title each, every letter of it escaped.
_ENCODED_CHARACTERS_MAX = 262_144
_NUMBER_CHARACTERS_MAX = 40
_LIST_NAME = re.compile(r"(?P<name>[^\[\]]+)\[\d*\]")
# Lists by their meaning: clients repeat these names with and without brackets.
_LISTS = ("hashids", "query_name", "sources")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$", re.ASCII)
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")

# Values that say nothing: PHP's empty array is sent as the body of a DELETE.
_NOTHING: tuple[Any, ...] = (None, [], "", {})


class Unreadable(Exception):
    """The parameters can not be read at all."""


def parameters_of(inbound: Inbound) -> Parameters:
    """Everything that the request says, the body over the query. Raises Unreadable."""
    said = _pairs(inbound.query_string) if inbound.query_string else {}
    return said | _body(inbound.body) if inbound.body else said


def _body(body: bytes) -> Parameters:
    try:
        decoded = _DECODER.decode(body)
    except (ValueError, ArithmeticError, RecursionError) as error:
        if b"=" in body and body[:1] not in b"{[":
            return _pairs(body)
        raise Unreadable from error
    if is_too_deep(body, decoded):
        raise Unreadable
    if isinstance(decoded, dict):
        return decoded
    if decoded in _NOTHING:
        return {}
    raise Unreadable


def _pairs(encoded: bytes) -> Parameters:
    """Pairs of a query or form; `name[]` and `name[0]` make a list; of any other repeated name the last wins."""
    try:
        pairs = pairs_of(encoded.decode("ascii"), characters_max=_ENCODED_CHARACTERS_MAX)
    except ValueError as error:
        raise Unreadable from error
    said: Parameters = {}
    for name, value in pairs:
        match = _LIST_NAME.fullmatch(name) if "[" in name else None
        if match is not None or name in _LISTS:
            listed = match["name"] if match is not None else name
            known = said.get(listed)
            said[listed] = [*known, value] if isinstance(known, list) else [value]
        else:
            said[name] = value
    return said


def document_of(said: Parameters) -> str:
    """The parameters as JSON text, numbers as exactly as they came. Raises Unreadable for what JSON can not hold."""
    try:
        return _ENCODER.encode(said).decode()
    except (ValueError, TypeError, RecursionError, msgspec.MsgspecError) as error:
        raise Unreadable from error


def text(value: object) -> str | None:
    """A text, or a number as one (docs/wire/doofinder.md, 14.4); None for everything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return None


def number(value: object) -> Decimal | None:
    """An exact number, or a text that is one; None for everything else."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and len(value) <= _NUMBER_CHARACTERS_MAX and _NUMBER.match(value.strip()):
        try:
            return Decimal(value.strip())
        except InvalidOperation:
            return None
    return None


def missing(said: Parameters, names: Iterable[str]) -> list[str]:
    """Which of these are not there."""
    return [name for name in names if said.get(name) is None]


def texts(value: object) -> list[str] | None:
    """A list of texts, or one text as a list of one; None for everything else."""
    values = value if isinstance(value, list) else [value]
    found = [one for one in values if isinstance(one, str)]
    return found if len(found) == len(values) else None
