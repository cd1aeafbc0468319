"""What can be wrong with a single value of a command, whoever sent it: amounts, quantities, ids, nesting.

Each rule returns its rejection, or None where nothing is wrong; the sentence begins with the field.
"""

from decimal import Decimal
from typing import Any

from tillroll.domain.money import is_sane_amount, is_sane_quantity
from tillroll.domain.rejections import Reason, Rejection

# Ids end up in paths and index keys.
ID_BYTES_MAX = 255
# What is stored must be readable on every later stack, and no honest document is nested deeper than some twenty levels.
NESTING_LEVELS_MAX = 64


def amount_rejection(field: str, amount: Decimal, *, negative: bool = False) -> Rejection | None:
    """What is wrong with an amount of money from outside, if anything."""
    if not is_sane_amount(amount):
        message = f"{field} must be an amount below 10^12 with at most 20 decimal places"
        return Rejection(Reason.VALUE_INVALID, field, message)
    if amount < 0 and not negative:
        return Rejection(Reason.VALUE_INVALID, field, f"{field} must not be negative, but is {amount}")
    return None


def quantity_rejection(field: str, quantity: Decimal) -> Rejection | None:
    """What is wrong with a quantity from outside, if anything."""
    if is_sane_quantity(quantity):
        return None
    message = f"{field} must be from 0 to 10^9 with at most three decimal places"
    return Rejection(Reason.VALUE_INVALID, field, message)


def id_rejection(field: str, id: str, *, length_max: int = ID_BYTES_MAX) -> Rejection | None:
    """What is wrong with an identifier from outside, if anything."""
    # Counted as UTF-8 bytes, like the index keys that ids become; for most ids the two are the same.
    is_short = 0 < len(id.encode()) <= length_max
    if not is_short or "/" in id or id in (".", "..") or not id.isprintable() or id != id.strip():
        message = (
            f"{field} must be 1 to {length_max} characters without slashes, control characters or outer blanks, "
            "and neither . nor .."
        )
        return Rejection(Reason.VALUE_INVALID, field, message)
    return None


def nesting_rejection(document: object) -> Rejection | None:
    """What is wrong with a decoded document that is nested too deeply to be kept, if anything."""
    level: list[Any] = [document]
    for _ in range(NESTING_LEVELS_MAX):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return None
    return Rejection(Reason.VALUE_INVALID, "", f"The body is nested deeper than {NESTING_LEVELS_MAX} levels")
