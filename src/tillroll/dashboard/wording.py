"""Amounts, numbers and times as people of a language write them: by Babel, with the ledger's own exponents.

Babel has its own idea of how many digits a currency has, which differs from ISO 4217 for some (HUF, COP, IQD): so it
is told.
"""

import re
from copy import copy
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from tillroll.engine.sales.amounts import exponent_of

if TYPE_CHECKING:
    from babel import Locale

LANGUAGE = "en"
# Browsers name some languages; whoever names more than this is no browser.
_HEADER_CHARACTERS_MAX = 200
# Where letters and digits meet.
_JOINT = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_FIRST_DAY = date(1970, 1, 1)
_MINUS = "\N{MINUS SIGN}"
_NAMES = {"faq": "FAQ"}
_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@lru_cache(maxsize=256)
def _known_locale(header: str) -> str:
    from babel import Locale  # noqa: PLC0415  loaded with the first page, not by every command
    from babel.localedata import locale_identifiers  # noqa: PLC0415  as above

    wanted = [part.partition(";")[0].strip().replace("-", "_") for part in header.split(",")]
    found = Locale.negotiate([one for one in wanted if one.replace("_", "").isalnum()], locale_identifiers())
    return str(found) if found is not None else LANGUAGE


def locale_of(header: str) -> str:
    """The locale that a browser asks for (Accept-Language), or English."""
    return _known_locale(header[:_HEADER_CHARACTERS_MAX]) if header else LANGUAGE


@lru_cache(maxsize=256)
def _parsed(locale: str) -> "Locale":
    from babel import Locale  # noqa: PLC0415  loaded with the first page, not by every command

    return Locale.parse(locale)


# What is written again and again, on one page and on the next: amounts of nothing above all.
@lru_cache(maxsize=16_384)
def _money(locale: str, minor: int, currency: str) -> str:
    places, found = exponent_of(currency), _parsed(locale)
    pattern = copy(found.currency_formats["standard"])
    pattern.frac_prec = (places, places)
    amount = Decimal(minor).scaleb(-places)
    return _spaced(pattern.apply(amount, found, currency=currency, currency_digits=False))


@lru_cache(maxsize=4_096)
def _day(locale: str, days: int) -> str:
    from babel.dates import format_date  # noqa: PLC0415  loaded with the first page, not by every command

    return format_date(_FIRST_DAY + timedelta(days=days), "medium", _parsed(locale))


@lru_cache(maxsize=4_096)
def _moment(locale: str, at: datetime) -> str:
    from babel.dates import format_datetime  # noqa: PLC0415  loaded with the first page, not by every command

    return format_datetime(at, "medium", locale=_parsed(locale))


class Wording:
    """How one reader has things written: in their locale, on the shop's clock."""

    def __init__(self, locale: str, clock: tzinfo) -> None:
        self.locale, self.clock = locale, clock
        self._found = _parsed(locale)

    def money(self, minor: int | None, currency: str) -> str:
        """An amount of a currency, with as many digits as the ledger has; a dash where there is none."""
        return "–" if minor is None else _money(self.locale, minor, currency)

    def number(self, number: float | None) -> str:
        """A number."""
        return "–" if number is None else str(self._found.decimal_formats[None].apply(number, self._found))

    def percent(self, share: float | None, places: int = 1) -> str:
        """A share of one as percent."""
        if share is None:
            return "–"
        pattern = copy(self._found.percent_formats[None])
        pattern.frac_prec = (places, places)
        return str(pattern.apply(share, self._found))

    def change(self, share: float | None) -> str:
        """By how much something is more or less than before, with its sign; nothing where it was nothing."""
        if share is None:
            return ""
        sign = "+" if share > 0 else _MINUS if share < 0 else "±"
        return f"{sign}{self.percent(abs(share))}"

    def day(self, days: int) -> str:
        """A day since 1970."""
        return _day(self.locale, days)

    def span_of(self, first: int, last: int) -> str:
        """Some days, by the first and the last."""
        return self.day(first) if first == last else f"{self.day(first)} – {self.day(last)}"

    def moment(self, microseconds: int) -> str:
        """A moment on the shop's clock, to the second."""
        at = datetime.fromtimestamp(microseconds // 1_000_000, UTC).astimezone(self.clock)
        return _moment(self.locale, at.replace(tzinfo=None))

    @staticmethod
    def span(microseconds: int) -> str:
        """How long something takes, roughly: `2 hours`."""
        seconds = abs(microseconds) // 1_000_000
        for size, name in _SPANS:
            if seconds >= size:
                count = seconds // size
                return f"{count} {name}{'' if count == 1 else 's'}"
        return "a moment"

    @staticmethod
    def name(source: str) -> str:
        """A source as people read it: `Campaign: spring`."""
        family, _, rest = source.partition(":")
        title = _NAMES.get(family) or family.replace("_", " ").replace("-", " ").capitalize()
        return f"{title}: {rest}" if rest else title


def _spaced(text: str) -> str:
    """An amount whose currency is letters, kept apart from its digits."""
    return _JOINT.sub("\N{NO-BREAK SPACE}", text)


def major_text(minor: int | None, currency: str) -> str:
    """An amount as files have it: exact, with a point and without the currency."""
    return "" if minor is None else f"{Decimal(minor).scaleb(-exponent_of(currency)):f}"
