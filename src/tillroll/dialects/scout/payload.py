"""Reading Scout's bodies: tolerant in what they may look like, and every problem named at once (docs/wire/scout.md, 5).

What is wrong with fields is found here and told later: the key and the token are checked first (9, row 11).
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.http import Inbound, Malformed, Problem
from tillroll.dialects.nesting import LEVELS_MAX, holds_nul, is_too_deep
from tillroll.domain.events.events import SHORT, WITH_A_KEY, Bounds, kept
from tillroll.domain.inventory.inventory import (
    AMOUNT_MINOR_MAX,
    CURRENCIES,
    DAY,
    SECOND,
    TAGS_MAX,
    TEXT_CHARACTERS_MAX,
    Goods,
)

# Later than this many seconds is the year 5138; such a number is milliseconds (5).
SECONDS_MAX = 10**11
USER_ID_MAX = 2**53
WHOLE_MAX = Decimal(10**18)
# Every field of a post that the reference names, but for the token, which is kept nowhere.
DOCUMENTED = frozenset(
    (  # noqa: SIM905  words are read more easily
        "order_id purchase_currency purchase_price tax shipping_price name sku size brand color store tags "
        "checkout_time user_id"
    ).split()
)
_DOCUMENTED_ALONE = Bounds(WITH_A_KEY.field_bytes, WITH_A_KEY.known_bytes, 0)

_DIGITS = re.compile(r"[+-]?[0-9]{1,18}")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Post(Struct, frozen=True):
    """One body of `/ingest` or `/checkout`: who is meant, and the goods or what is wrong with them.

    `invalid` is answered with 400, `unprocessable` with 422. `raw` is the body without its access token, for the item:
    every documented field, and of the others some kB. For the ledger, which need not have those twice, `documented` are
    the first alone; `short` is what is kept of a post that makes nothing.
    """

    user_id: int | None
    access_token: str | None
    goods: Goods | None
    invalid: tuple[str, ...]
    unprocessable: tuple[str, ...]
    flags: tuple[str, ...]
    raw: str
    documented: str
    short: str


def decode_post(inbound: Inbound) -> Post:
    """The post in a body; raises Malformed for what is no JSON object."""
    body = read_object(inbound.body)
    reader = BodyReader(body)
    user_id = reader.user_id()
    access_token = reader.text("access_token", is_required=True)
    goods = reader.goods(inbound.received_at)
    said = {name: value for name, value in body.items() if name != "access_token"}
    return Post(
        user_id,
        access_token,
        goods,
        tuple(reader.invalid),
        tuple(reader.unprocessable),
        tuple(reader.flags),
        *_documents(said, inbound),
    )


def _documents(said: dict[str, Any], inbound: Inbound) -> tuple[str, str, str]:
    """What is kept of these fields for the item, of those for the ledger, and of those of a post that makes nothing."""
    if said.keys() <= DOCUMENTED:
        whole = _ENCODER.encode(said)
        if len(whole) <= SHORT.whole_bytes:  # as next to every post is, and then all three are the same
            text = whole.decode()
            return text, text, text
    return (
        _within(said, WITH_A_KEY, inbound),
        _within(said, _DOCUMENTED_ALONE),
        _within(said, SHORT, inbound),
    )


def _within(said: dict[str, Any], bounds: Bounds, inbound: Inbound | None = None) -> str:
    """What of these fields is kept, as JSON; where some is lost, `truncated` says how long the body was."""
    found = kept(said, DOCUMENTED, bounds)
    if inbound is not None and found != said:
        found["truncated"] = len(inbound.body)
    return _ENCODER.encode(found).decode()


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; raises Malformed for anything else, and for text that no database keeps."""
    if not body:
        raise Malformed([Problem("", "missing_value", "The body is missing: send a JSON object.")])
    try:
        document = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError, RecursionError) as error:
        raise Malformed([Problem("", "invalid_value", f"The body is not valid JSON: {error}.")]) from error
    if not isinstance(document, dict):
        raise Malformed([Problem("", "invalid_value", "The body must be a JSON object.")])
    if is_too_deep(body, document):
        raise Malformed([Problem("", "invalid_value", f"The body is nested deeper than {LEVELS_MAX} levels.")])
    if holds_nul(body):
        raise Malformed([Problem("", "invalid_value", "The body holds a NUL character, which no field may.")])
    return document


class BodyReader:
    """Takes fields out of a body, and notes what is wrong or odd about them."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self.invalid: list[str] = []
        self.unprocessable: list[str] = []
        self.flags: list[str] = []

    def goods(self, now: int, *, needs_order: bool = True) -> Goods | None:
        """The goods, or None where anything is wrong with them; only an owner need not know of an order."""
        fields: dict[str, Any] = {
            "order_id": self.text("order_id", is_required=needs_order) or "",
            "currency": self.currency(),
            "price_minor": self.amount("purchase_price", is_required=True),
            "tax_minor": self.amount("tax"),
            "shipping_minor": self.amount("shipping_price"),
            "name": self.text("name", is_required=True),
            "sku": self.text("sku") or "",
            "size": self.text("size", is_required=True),
            "brand": self.text("brand") or "",
            "color": self.text("color") or "",
            "store": self.text("store") or "",
            "bought_at": self.moment(now),
            "tags": self.tags(),
        }
        return None if self.invalid or self.unprocessable else Goods(**fields)

    def text(self, name: str, *, is_required: bool = False) -> str | None:
        """A trimmed text; numbers are read as text, and empty ones are absent."""
        value = self._body.get(name)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            self.invalid.append(f"{name} must be a string.")
            return None
        value = (value or "").strip()
        if len(value) > TEXT_CHARACTERS_MAX:
            self.unprocessable.append(f"{name} is longer than {TEXT_CHARACTERS_MAX} characters.")
            return None
        if not value and is_required:
            self.invalid.append(f"{name} is required.")
        return value or None

    def whole(self, name: str, *, is_required: bool = False) -> int | None:
        """A whole number, also as `15000.0` or `"15000"`; fractions can not be processed (5)."""
        value = self._body.get(name)
        if isinstance(value, str):
            value = value.strip()
            if _DIGITS.fullmatch(value):
                value = int(value)
        if value is None or value == "":
            if is_required:
                self.invalid.append(f"{name} is required.")
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.invalid.append(f"{name} must be a whole number.")
            return None
        exact = Decimal(value)
        if exact.copy_abs() >= WHOLE_MAX or exact != exact.to_integral_value():
            self.unprocessable.append(f"{name} must be a whole number below {WHOLE_MAX}.")
            return None
        return int(exact)

    def user_id(self) -> int | None:
        """The number of a user, also as text; 0, which nobody has, for a number that can be nobody's."""
        value = self.whole("user_id", is_required=True)
        return value if value is None or 0 < value < USER_ID_MAX else 0

    def amount(self, name: str, *, is_required: bool = False) -> int | None:
        """Cents: neither negative nor absurd."""
        value = self.whole(name, is_required=is_required)
        if value is not None and not 0 <= value <= AMOUNT_MINOR_MAX:
            self.unprocessable.append(f"{name} must be between 0 and {AMOUNT_MINOR_MAX} cents.")
            return None
        return value

    def currency(self, name: str = "purchase_currency", *, is_required: bool = True) -> str | None:
        """One of the ten codes; capitals are taken for small letters and flagged."""
        value = self.text(name, is_required=is_required)
        if value is None:
            return None
        if value != value.lower():
            self.flags.append("currency_in_capitals")
        if value.lower() not in CURRENCIES:
            self.unprocessable.append(f"{name} must be one of {', '.join(CURRENCIES)}.")
            return None
        return value.lower()

    def moment(self, now: int) -> int | None:
        """Epoch seconds as microseconds; milliseconds are recognised and flagged; a day ahead at most (9, row 10)."""
        value = self.whole("checkout_time", is_required=True)
        if value is None:
            return None
        if value > SECONDS_MAX:
            self.flags.append("time_in_milliseconds")
            moment = value * 1_000
        else:
            moment = value * SECOND
        if not 0 <= moment <= now + DAY:
            self.unprocessable.append("checkout_time must be epoch seconds between 1970 and a day from now.")
            return None
        return moment

    def tags(self) -> tuple[str, ...]:
        """A list of texts, or one text."""
        value = self._body.get("tags")
        listed = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(tag, str) for tag in listed):
            self.invalid.append("tags must be a string or a list of strings.")
            return ()
        tags = tuple(tag.strip() for tag in listed if tag.strip())
        if len(tags) > TAGS_MAX or any(len(tag) > TEXT_CHARACTERS_MAX for tag in tags):
            self.unprocessable.append(f"tags are {TAGS_MAX} at most, of {TEXT_CHARACTERS_MAX} characters each.")
        return tags


def decode_object(*fields: str, optional: tuple[str, ...] = ()) -> Callable[[Inbound], dict[str, str]]:
    """A `decode` for bodies of texts; raises Malformed that names each missing one that is not optional."""

    def decode(inbound: Inbound) -> dict[str, str]:
        reader = BodyReader(read_object(inbound.body))
        found = {name: reader.text(name, is_required=name in fields) or "" for name in (*fields, *optional)}
        if problems := [*reader.invalid, *reader.unprocessable]:
            raise Malformed([Problem("", "invalid_value", problem) for problem in problems])
        return found

    return decode
