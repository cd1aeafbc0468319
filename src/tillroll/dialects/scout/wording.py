"""Amounts and days as people read and write them: `1,500.00` of a currency, `2026-01-31`."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from tillroll.dialects.amount_text import Ambiguous, amount_in
from tillroll.domain.inventory.inventory import AMOUNT_MINOR_MAX, SECOND

AMOUNT_CHARACTERS_MAX = 30
HUNDREDTHS = 2
STATE_NAMES = {
    "in_stock": "In stock",
    "listed": "Listed",
    "sold": "Sold",
    "returned": "Returned",
    "lost": "Lost",
}


class Unreadable(ValueError):
    """What somebody typed is no amount or no day; the text says how to write one."""


def amount_text(minor: int | None) -> str:
    """Hundredths as `1,500.00`; nothing for an unknown amount."""
    return "" if minor is None else f"{Decimal(minor).scaleb(-2):,.2f}"


def plain_amount(minor: int | None) -> str:
    """Hundredths as `1500.00`, for forms and files."""
    return "" if minor is None else f"{Decimal(minor).scaleb(-2):.2f}"


def read_amount(text: str) -> int | None:
    """Hundredths of `1500`, `1500.5`, `1,500.50` or `1.500,50`; None for nothing. Raises Unreadable."""
    text = text.strip()
    if not text:
        return None
    if text.startswith("-"):
        raise Unreadable("an amount is not negative")
    try:
        amount = amount_in(text) if text[0].isdigit() and text[-1].isdigit() else None  # the currency stands elsewhere
    except Ambiguous as error:
        raise Unreadable(f"{error}: write an amount like 1500.00") from error
    if len(text) > AMOUNT_CHARACTERS_MAX or amount is None or -int(amount.as_tuple().exponent) > HUNDREDTHS:
        raise Unreadable("write an amount like 1500.00")
    minor = int(amount.scaleb(HUNDREDTHS))
    if minor > AMOUNT_MINOR_MAX:
        raise Unreadable("the amount is absurdly high")
    return minor


def day_text(moment: int) -> str:
    """The UTC day of a moment, `2026-01-31`."""
    return _at(moment).strftime("%Y-%m-%d")


def moment_text(moment: int) -> str:
    """A moment as `2026-01-31 14:05`, UTC."""
    return _at(moment).strftime("%Y-%m-%d %H:%M")


def exact_text(moment: int) -> str:
    """A moment to the second as files have it: `2026-01-31T14:05:00Z`."""
    return _at(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: str) -> int:
    """Microseconds UTC of a day, or of a day with a time. Raises Unreadable."""
    text = text.strip()
    if not text.isascii() or not 10 <= len(text) <= 40:
        raise Unreadable("write a day like 2026-01-31")
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(moment.timestamp()) * SECOND
    except (ValueError, OverflowError) as error:
        raise Unreadable("write a day like 2026-01-31") from error


def state_name(state: str) -> str:
    """A state in words."""
    return STATE_NAMES[state]


def _at(moment: int) -> datetime:
    return datetime.fromtimestamp(moment // SECOND, UTC)


FILTERS: dict[str, Callable[..., str]] = {
    "amount": amount_text,
    "plain_amount": plain_amount,
    "day": day_text,
    "moment": moment_text,
    "state_name": state_name,
}
