"""Amounts as people and their programs write them: with a currency, with the separators of some locale.

    $1,299.00   12,50 €   1.299,00 €   CHF 1'299.00   1 299,00 kr   ₹1,23,456.00   12.- CHF      one meaning: read
    1.299 €     1,299                                                                            two meanings: refused

A sign that stands twice, or before another one, groups digits by threes (by twos before the last three in India); the
one behind it, and one that is followed by any number of digits but three, begins the decimals. What is left can be
either: a thousand and more, or a fraction. Nobody guesses at money.
"""

import re
from decimal import Decimal
from unicodedata import category

_DIGITS_MAX = 30
# A currency's sign, code or abbreviation: `$`, `EUR`, `kr.`, `Fr.`; a dot belongs to it only behind a letter.
_CURRENCY = r"(?:[^\W\d_]{1,4}\.?|[^\w\s.,'’+\-]){0,3}"
_BLANK = "\u0020\u00a0\u202f\u2009"
_AMOUNT = re.compile(
    rf"(?P<before>{_CURRENCY})[{_BLANK}]*(?P<digits>[0-9](?:[0-9.,'’{_BLANK}]*[0-9])?)"
    rf"(?P<no_cents>[.,][-–—]{{1,2}})?[{_BLANK}]*(?P<after>{_CURRENCY})"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:(?:\.[0-9]{3})+|(?:,[0-9]{3})+|(?:'[0-9]{3})+|(?: [0-9]{3})+)")
_GROUPED_BY_TWOS = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")


class Ambiguous(ValueError):
    """A text that is one amount in some countries and another one in others."""


def amount_in(text: str) -> Decimal | None:
    """The amount that a text names, with or without a currency; None for what is none, or is negative.

    Raises Ambiguous where it has two meanings.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or (match["before"] and match["after"]) or not _is_currency(match["before"] + match["after"]):
        return None
    digits = match["digits"]
    for blank in _BLANK:
        digits = digits.replace(blank, " ")
    digits = digits.replace("’", "'")
    if sum(map(str.isdigit, digits)) > _DIGITS_MAX:
        return None
    return _whole(digits) if match["no_cents"] else _amount(digits)


def _is_currency(text: str) -> bool:
    return all(sign.isalpha() or sign == "." or category(sign) == "Sc" for sign in text)


def _amount(digits: str) -> Decimal | None:
    signs = re.sub("[0-9]", "", digits)
    if not signs:
        return Decimal(digits)
    last = signs[-1]
    whole, _, decimals = digits.rpartition(last)
    if last in "' " or signs.count(last) > 1:
        return _whole(digits)
    if len(signs) > 1:  # another sign before it, which therefore groups
        found = _whole(whole)
        return None if found is None else Decimal(f"{found}.{decimals}")
    if len(decimals) == 3 and len(whole) <= 3 and not whole.startswith("0"):
        raise Ambiguous(f"{digits} can be {whole}{decimals} or {whole}.{decimals}")
    return Decimal(f"{whole}.{decimals}")


def _whole(digits: str) -> Decimal | None:
    """A number without decimals, its digits in groups or not."""
    if not digits.isdigit() and not _GROUPED.fullmatch(digits) and not _GROUPED_BY_TWOS.fullmatch(digits):
        return None
    return Decimal(re.sub("[^0-9]", "", digits))
