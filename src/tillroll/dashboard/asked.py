"""What an address asks a page for: the days, the model, the currency. What can not be read is left out, and said."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from urllib.parse import urlencode

from msgspec import Struct

from tillroll.domain.attribution.models import Model
from tillroll.engine.sales.follow import ORDER, REFUND
from tillroll.engine.sales.periods import day, day_of, day_text
from tillroll.engine.sales.policies import names_of
from tillroll.engine.sales.report import Asked

DAYS_MAX = 1_100
DEFAULT_PERIOD = "30"
DEFAULT_MODEL = Model.LAST_NON_DIRECT.value
CUSTOM = "custom"
PERIODS = {
    "today": "Today",
    "yesterday": "Yesterday",
    "7": "7 days",
    "30": "30 days",
    "90": "90 days",
    "month": "This month",
    "last-month": "Last month",
    CUSTOM: "Custom",
}
CALENDARS = {ORDER: "the day of the order", REFUND: "the day of the refund"}
_FIRST_DAY = date(1970, 1, 1)
_POSITION_DIGITS_MAX = 18
SOURCE_CHARACTERS_MAX = 200


class Wanted(Struct, frozen=True, kw_only=True):
    """What a page of figures is about, and what of the address could not be read."""

    period: str
    first: int
    last: int
    model: str
    currency: str
    calendar: str
    compares: bool
    converts: bool
    as_of: int | None
    source: str
    dialect: str
    problems: tuple[str, ...]

    def asked(self, shop: str) -> Asked:
        """The same as reports are asked for it."""
        return Asked(
            shop=shop,
            first=self.first,
            last=self.last,
            currency=self.currency,
            model=self.model,
            calendar=self.calendar,
            as_of=self.as_of,
            converts=self.converts,
        )

    def fields(self, shows: Collection[str]) -> dict[str, str]:
        """What an address has to say for the same on a page that shows these filters, and nothing that goes without
        saying."""
        found = {} if self.period == DEFAULT_PERIOD else {"period": self.period}
        if self.period == CUSTOM:
            found |= {"from": day_text(self.first), "to": day_text(self.last)}
        chosen = {
            "model": "" if self.model == DEFAULT_MODEL else self.model,
            "currency": self.currency,
            "calendar": "" if self.calendar == ORDER else self.calendar,
            "compare": "" if self.compares else "none",
            "convert": "true" if self.converts else "",
            "source": self.source,
            "dialect": self.dialect,
            "as_of": "" if self.as_of is None else str(self.as_of),
        }
        return found | {name: value for name, value in chosen.items() if value and name in shows}

    def fixed(self) -> dict[str, str]:
        """The same days under whatever date somebody looks."""
        return {"period": CUSTOM, "from": day_text(self.first), "to": day_text(self.last)}


def address(base: str, fields: Mapping[str, str], **changes: str) -> str:
    """An address with these fields; an empty change takes one away."""
    found = {name: value for name, value in {**fields, **changes}.items() if value}
    return f"{base}?{urlencode(found)}" if found else base


def wanted(query: Mapping[str, str], now: int, clock: tzinfo, dialects: Sequence[str] = ()) -> Wanted:
    """What an address asks for, on the shop's clock; where a page is about what dialects tell, by one of these."""
    problems: list[str] = []

    def one_of(name: str, known: Mapping[str, object], default: str) -> str:
        said = query.get(name, "").strip()
        if said and said not in known:
            problems.append(f"{name} is one of {', '.join(known)}.")
        return said if said in known else default

    period = one_of("period", PERIODS, CUSTOM if query.get("from") or query.get("to") else DEFAULT_PERIOD)
    today = day_of(now, clock)
    first, last = _days(query, today, problems) if period == CUSTOM else span_of(period, today)
    as_of = query.get("as_of", "").strip()
    is_position = as_of.isascii() and as_of.isdigit() and len(as_of) <= _POSITION_DIGITS_MAX
    if as_of and not is_position:
        problems.append("as_of is a position of the ledger, a whole number.")
    currency = query.get("currency", "").strip().upper()
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        problems.append("currency is a code of three letters.")
        currency = ""
    return Wanted(
        period=period,
        first=first,
        last=last,
        model=one_of("model", dict.fromkeys(names_of()), DEFAULT_MODEL),
        currency=currency,
        calendar=one_of("calendar", CALENDARS, ORDER),
        compares=query.get("compare", "") != "none",
        converts=query.get("convert", "") == "true",
        as_of=int(as_of) if is_position else None,
        source=query.get("source", "").strip()[:SOURCE_CHARACTERS_MAX],
        dialect=one_of("dialect", dict.fromkeys(dialects), ""),
        problems=tuple(problems),
    )


def span_of(period: str, today: int) -> tuple[int, int]:
    """The first and last day of a period that has a name."""
    if period == "yesterday":
        return today - 1, today - 1
    if period.isdigit():
        return today - int(period) + 1, today
    this_month = (_FIRST_DAY + timedelta(days=today)).replace(day=1)
    if period == "month":
        return _number(this_month), today
    if period == "last-month":
        end = this_month - timedelta(days=1)
        return _number(end.replace(day=1)), _number(end)
    return today, today


def day_now(now: int) -> str:
    """The UTC day of a moment, for names of files."""
    return datetime.fromtimestamp(now // 1_000_000, UTC).strftime("%Y-%m-%d")


def _number(one: date) -> int:
    return (one - _FIRST_DAY).days


def _days(query: Mapping[str, str], today: int, problems: list[str]) -> tuple[int, int]:
    default = span_of(DEFAULT_PERIOD, today)
    found = []
    for name, fallback in (("from", None), ("to", default[1])):
        said = query.get(name, "").strip()
        read = day(said) if said else fallback
        if said and read is None:
            problems.append(f"{name} is a day, such as {day_text(today)}.")
        found.append(read)
    last = default[1] if found[1] is None else found[1]
    first = last - int(DEFAULT_PERIOD) + 1 if found[0] is None else found[0]
    if not 0 <= last - first < DAYS_MAX:
        problems.append(f"The first day is before the last one, and there are {DAYS_MAX} days at most.")
        return default
    return first, last
