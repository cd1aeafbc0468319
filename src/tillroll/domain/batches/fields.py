"""Reading one item of a batch, field by field: exact, and with a sentence for each field that is wrong."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from tillroll.domain.money import CURRENCY_CHARACTERS, is_sane_amount, is_sane_quantity, minor_exponent, places
from tillroll.domain.times import begins_at, day_alone

# Names and identifiers become parts of index keys.
NAME_BYTES_MAX = 200
TEXT_CHARACTERS_MAX = 500
# Longer than what browsers send on, and short enough for a row.
ADDRESS_CHARACTERS_MAX = 2_048
LINES_MAX = 1_000
# Where pages are, and where else somebody may come from.
WEB = ("https", "http")
WEB_AND_APPS = (*WEB, "android-app", "ios-app")
# Nobody's price, and a number without end must not cost us its arithmetic.
NUMBER_MAX = 10**30
NUMBER_CHARACTERS_MAX = 40
# How far a sender's clock may be wrong without anybody minding.
CLOCK_ERROR_MAX = 120_000_000
# Nobody had an online shop before.
FIRST_MOMENT = 631_152_000_000_000

MISSING, INVALID, UNKNOWN = "missing_field", "invalid_value", "unknown_field"


class FieldProblem(Struct, frozen=True):
    """One thing that is wrong with an item: where, of what kind, and a sentence that says how to mend it."""

    field: str
    reason: str
    message: str


class Fields:
    """The fields of one item, with a note of each that was wrong, by its place in the item."""

    def __init__(self, document: Mapping[str, Any], place: str = "") -> None:
        self._document = document
        self._place = place
        self._read: set[str] = set()
        self.problems: list[FieldProblem] = []

    def object(self, field: str) -> "Fields | None":
        """An object within; None where there is none."""
        value = self._value(field)
        if value is not None and not isinstance(value, dict):
            self._wrong(field, "is an object")
        return Fields(value, f"{self._place}{field}.") if isinstance(value, dict) else None

    def objects(self, field: str) -> "list[Fields]":
        """A list of objects; empty where there is none."""
        value = self._value(field)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > LINES_MAX:
            self._wrong(field, f"is a list of {LINES_MAX} objects at most")
            return []
        found = []
        for position, one in enumerate(value):
            if isinstance(one, dict):
                found.append(Fields(one, f"{self._place}{field}[{position}]."))
            else:
                self._wrong(f"{field}[{position}]", "is an object")
        return found

    def take(self, inner: "Fields") -> None:
        """Take over what was wrong with an object within, once all that is read of it has been read."""
        inner.end()
        self.problems += inner.problems

    def name(self, field: str, *, is_required: bool = True, bytes_max: int = NAME_BYTES_MAX) -> str:
        """A short text of printable characters; empty where it is missing or wrong."""
        value = self._text(field, is_required=is_required)
        if value and (not value.isprintable() or len(value.encode("utf-8", "surrogatepass")) > bytes_max):
            self._wrong(field, f"is a text of {bytes_max} bytes of printable characters at most")
            return ""
        return value

    def text(self, field: str) -> str:
        """Free text, which may be missing."""
        value = self._text(field, is_required=False)
        if len(value) > TEXT_CHARACTERS_MAX or any(sign < " " and sign not in "\t\n\r" for sign in value):
            self._wrong(field, f"is a text of {TEXT_CHARACTERS_MAX} characters at most, without control characters")
            return ""
        return value

    def address(self, field: str, *, schemes: Sequence[str] = WEB) -> str:
        """The address of a page, or of what else has one of these schemes; it may be missing."""
        value = self._text(field, is_required=False)
        if value and not _is_address(value, schemes):
            said = f"is an address of {ADDRESS_CHARACTERS_MAX} characters at most: {', '.join(schemes)}"
            self._wrong(field, said)
            return ""
        return value

    def flag(self, field: str, *, is_required: bool = True) -> bool:
        """True or false; false where it is missing or wrong."""
        value = self._value(field)
        if value is None:
            self._missing(field, is_required=is_required)
        elif not isinstance(value, bool):
            self._wrong(field, "is true or false")
        return value is True

    def currency(self, field: str) -> str:
        """An ISO 4217 code, in either case."""
        code = self._text(field, is_required=True).upper()
        if code and (len(code) != CURRENCY_CHARACTERS or not code.isascii() or minor_exponent(code) is None):
            self._wrong(field, "is a currency of ISO 4217, such as EUR")
            return ""
        return code

    def amount(self, field: str, currency: str, *, is_required: bool = True) -> Decimal | None:
        """An amount in major units, not negative, with no more places than the currency has."""
        number = self._number(field, is_required=is_required)
        if number is None:
            return None
        exponent = minor_exponent(currency) if currency else None
        if not is_sane_amount(number) or number < 0:
            self._wrong(field, "is an amount of money, not negative")
            return None
        if exponent is not None and places(number) > exponent:
            self._wrong(field, f"has {exponent} decimal places at most: so many has {currency}")
            return None
        return number

    def quantity(self, field: str) -> Decimal | None:
        """A quantity of at most three places, more than none."""
        number = self._number(field, is_required=True)
        if number is not None and (not is_sane_quantity(number) or number == 0):
            self._wrong(field, "is a quantity above zero, with three decimal places at most")
            return None
        return number

    def moment(self, field: str, received_at: int, sent_at: int | None) -> int:
        """When something happened, by the sender's clock; never later than it was received.

        A clock that was right when the batch was sent is believed. Of a wrong one the difference is: how long before
        the sending it happened.
        """
        at = self.time(field)
        if at is None:
            return received_at
        if sent_at is not None and abs(sent_at - received_at) > CLOCK_ERROR_MAX:
            at += received_at - sent_at
        if at > received_at + CLOCK_ERROR_MAX:
            self._wrong(field, "lies ahead: send sent_at beside events, where the clock is wrong")
        elif at < FIRST_MOMENT:
            self._wrong(field, "lies before 1990")
        return min(at, received_at)

    def time(self, field: str) -> int | None:
        """A moment as RFC 3339 has it, or as microseconds since 1970; None where it is missing or wrong."""
        value = self._value(field)
        if value is None:
            return None
        at: int | None = None
        if isinstance(value, int) and not isinstance(value, bool):
            at = value if 0 < value < 2**53 else None
        elif isinstance(value, str) and day_alone(value.strip()) is None:
            at = begins_at(value.strip())
        if at is None:
            self._wrong(field, "is a moment as in RFC 3339, or microseconds since 1970")
        return at

    def wrong(self, field: str, reason: str, message: str) -> None:
        """Note what is wrong with a field."""
        self.problems.append(FieldProblem(self._place + field, reason, message))

    def pass_over(self, field: str) -> None:
        """Leave a field to somebody else."""
        self._read.add(field)

    def end(self) -> None:
        """Note every field that nobody has asked for."""
        for field in self._document:
            if field not in self._read:
                shown = field[:60]
                self.wrong(shown, UNKNOWN, f"{self._place}{shown} is no field of this kind of event")

    def _value(self, field: str) -> Any:
        self._read.add(field)
        return self._document.get(field)

    def _text(self, field: str, *, is_required: bool) -> str:
        value = self._value(field)
        if value is not None and not isinstance(value, str):
            self._wrong(field, "is a text")
            return ""
        text = value.strip() if value is not None else ""
        if not text:
            self._missing(field, is_required=is_required)
        return text

    def _number(self, field: str, *, is_required: bool) -> Decimal | None:
        value = self._value(field)
        if value is None:
            self._missing(field, is_required=is_required)
            return None
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        if not is_number or not -NUMBER_MAX < value < NUMBER_MAX or len(str(value)) > NUMBER_CHARACTERS_MAX:
            self._wrong(field, "is a number")
            return None
        return Decimal(value)

    def _missing(self, field: str, *, is_required: bool) -> None:
        if is_required:
            self.wrong(field, MISSING, f"{self._place}{field} is missing")

    def _wrong(self, field: str, sentence: str) -> None:
        self.wrong(field, INVALID, f"{self._place}{field} {sentence}")


def path_of(address: str) -> str:
    """The path of a page's address; empty for none."""
    return urlsplit(address).path or "/" if address else ""


def _is_address(text: str, schemes: Sequence[str]) -> bool:
    if len(text) > ADDRESS_CHARACTERS_MAX or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname)
    except ValueError:
        return False
