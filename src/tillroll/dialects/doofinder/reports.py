"""The reports of stats 2 that events alone can answer, as JSON or CSV; the others are empty and well-formed.

Fields of each report, parameters and errors: docs/wire/doofinder.md, 5. What only searches, facets or places could tell
is not in events: those reports have no rows.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from tillroll.dialects.doofinder.errors import V2, V5, SearchService
from tillroll.dialects.doofinder.parameters import Parameters, Unreadable, number, parameters_of, texts
from tillroll.dialects.doofinder.said import canonical
from tillroll.dialects.doofinder.writes import DIALECT, key_admits, shop_of_presented
from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.domain.events.devices import DEVICES, UNKNOWN
from tillroll.domain.events.events import column_text
from tillroll.domain.times import Period
from tillroll.domain.typed import Typed
from tillroll.engine.access.admission import Gate, Gates
from tillroll.engine.search import reports as search_reports
from tillroll.engine.search.reports import EventGroups, Span
from tillroll.store import Transaction

CSV_CONTENT = (b"content-type", b"text/csv; charset=utf-8")
DAYS_MAX = 1100
_TOP_DAYS = 30
HASHIDS_MAX = 50

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Moments between these have a day before and after them in every time zone. Nothing happened outside of them.
_EARLIEST = -86_400_000_000
_LATEST = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_ENCODER = msgspec.json.Encoder(decimal_format="number")
# What clients before version 7 send for a time zone; a plus that nobody has encoded arrives as a blank.
_OFFSET = re.compile(r"(?P<sign>[+\- ]?)(?P<hours>[01]\d):?(?P<minutes>[0-5]\d)", re.ASCII)
# How long a row of a series is, besides a day: weeks begin on Mondays (ISO 8601).
INTERVALS = ("1d", "1w", "1M")
_PREFIX = "/api/v2/stats/"
_TOP = "/5/topstats/"

# Filters that older clients say in the path.
_OF_PATHS = ("query", "dfid")

Rows = list[dict[str, Any]]


class Asked(Struct, frozen=True):
    """What is asked of a report."""

    channels: tuple[str, ...]
    first: int
    last: int
    zone: tzinfo
    as_csv: bool
    aggregate: bool
    said: Parameters
    device: str = UNKNOWN
    interval: str = "1d"

    def text(self, name: str) -> str:
        """A parameter as the ledger's columns have it; empty where there is none."""
        value = self.said.get(name, "")
        return column_text(Typed(value).trimmed) if isinstance(value, str) else ""


class Found(Struct):
    """A report's rows, its columns for CSV, and what its envelope has beside them."""

    columns: Sequence[str]
    rows: Rows
    total: Any = None
    more: Mapping[str, Any] = {}
    total_count: int | None = None  # of all rows, where `rows` are only the first of them


Report = Callable[[Transaction, Span, Asked], Found]


def routes(gates: Gates) -> list[Route]:
    """Every report."""
    return [
        *(
            Route("GET", _PREFIX + name, _run(gates, report, V2), V2, read_asked, reads="report")
            for name, report in REPORTS.items()
        ),
        *(
            Route("GET", _TOP + name, _run(gates, report, V5), V5, read_top, reads="report")
            for name, report in TOP_REPORTS.items()
        ),
    ]


def read_asked(inbound: Inbound) -> Asked:
    """The parameters that all reports share; raises Malformed, which names every wrong one."""
    try:
        said = parameters_of(inbound) | {name: text for name, text in inbound.values.items() if name in _OF_PATHS}
    except Unreadable as error:
        raise Malformed([Problem("query", "invalid_value", "the query can not be read")]) from error
    problems = [
        Problem(name, "invalid_value", f"{name}: a parameter holds a NUL character")
        for name, value in said.items()
        if any("\0" in one for one in (name, *(texts(value) or ())))
    ]
    zone = _zone(said, problems)
    first, last = _moment(said, "from", zone, problems), _moment(said, "to", zone, problems)
    if not problems and not 0 < last - first <= DAYS_MAX * 86_400_000_000:
        problems.append(Problem("to", "invalid_value", f"to: after from, by {DAYS_MAX} days at most"))
    hashids = texts(said.get("hashids", said.get("hashid", [])))
    if hashids is None or len(hashids) > HASHIDS_MAX:
        problems.append(Problem("hashids[]", "invalid_value", f"hashids[]: at most {HASHIDS_MAX}"))
    form = said.get("format", "json")
    if form not in ("json", "csv"):
        problems.append(Problem("format", "invalid_value", "format: json or csv"))
    device = said.get("device", UNKNOWN)
    if "device" in said and device not in DEVICES:
        problems.append(Problem("device", "invalid_value", f"device: {' or '.join(DEVICES)}"))
    if "product_type" in said and said["product_type"] not in list(PRODUCT_TYPES):
        problems.append(Problem("product_type", "invalid_value", f"product_type: one of {', '.join(PRODUCT_TYPES)}"))
    if (said.get("interval") or "1d") not in INTERVALS:
        problems.append(Problem("interval", "invalid_value", f"interval: {' or '.join(INTERVALS)}"))
    if problems or hashids is None:
        raise Malformed(problems)
    return Asked(
        tuple(map(canonical, hashids)),
        first,
        last,
        zone,
        form == "csv",
        str(said.get("aggregate", "")).lower() in ("1", "true"),
        said,
        device,
        said.get("interval") or "1d",
    )


def read_top(inbound: Inbound) -> Asked:
    """What version 5 asks of a report: one engine, and the days until now (docs/wire/doofinder.md, 3)."""
    try:
        said = parameters_of(inbound)
    except Unreadable as error:
        raise Malformed([Problem("query", "invalid_value", "Bad request")]) from error
    hashid, days = said.get("hashid"), number(said.get("days") or _TOP_DAYS)
    if not isinstance(hashid, str) or days is None or not 1 <= days <= DAYS_MAX or days != int(days):
        raise Malformed([Problem("query", "invalid_value", "Bad request")])
    now = inbound.received_at
    channels = (canonical(hashid),)
    return Asked(channels, now - int(days) * 86_400_000_000, now + 1, ZoneInfo("Etc/UTC"), False, False, said)


def _zone(said: Parameters, problems: list[Problem]) -> tzinfo:
    """A zone by its name, or an offset from UTC as older clients send it."""
    named = str(said.get("tz") or "Etc/UTC")
    offset = _OFFSET.fullmatch(named.rstrip())
    if offset is not None:
        minutes = int(offset["hours"]) * 60 + int(offset["minutes"])
        return timezone(timedelta(minutes=-minutes if offset["sign"] == "-" else minutes))
    try:
        return ZoneInfo(named.strip())
    except (KeyError, ValueError, OSError):  # not found, a path out of the database, a folder of it
        problems.append(Problem("tz", "invalid_value", "tz: a time zone such as Europe/Madrid, or an offset: +02:00"))
        return ZoneInfo("Etc/UTC")


def _moment(said: Parameters, name: str, zone: tzinfo, problems: list[Problem]) -> int:
    """A day (`YYYYMMDD`, also with hyphens) or UNIX seconds or milliseconds; the day of `to` is meant to its end."""
    given = str(said.get(name, "")).strip()
    digits = given.replace("-", "") if len(given) == len("2025-01-31") else given
    try:
        if len(digits) == len("20250131") and digits.isascii() and digits.isdigit():
            day = Period(digits, digits, zone)
            begins, ends = day.begins, day.ends
            if begins is not None and ends is not None and begins >= _EARLIEST and ends < _LATEST:
                return ends + 1 if name == "to" else begins
        elif digits.isascii() and digits.isdigit() and len(digits) <= len("9999999999999"):
            return int(digits) * (1_000 if len(digits) > len("99999999999") else 1_000_000)
    except (ValueError, OverflowError):
        pass  # said below, with all other texts that are no moment
    problems.append(Problem(name, "invalid_value", f"{name}: YYYY-MM-DD or YYYYMMDD, or UNIX seconds or milliseconds"))
    return 0


def _run(
    gates: Gates, report: Report, service: SearchService
) -> Callable[[Transaction, Sequence[Inbound]], Sequence[Response]]:
    def answer(tx: Transaction, inbound: Inbound) -> Response:
        asked: Asked = inbound.command
        shop = _shop(tx, gates, inbound, service)
        if isinstance(shop, Response):
            return shop
        found = report(tx, Span(shop, asked.channels, asked.first, asked.last, asked.zone, asked.device), asked)
        return _csv(found) if asked.as_csv else _json(found)

    return lambda tx, requests: [answer(tx, inbound) for inbound in requests]


def _shop(tx: Transaction, gates: Gates, inbound: Inbound, service: SearchService) -> str | Response:
    """The shop whose reports the caller may read; only a key opens them, never an origin."""
    presented, asked = inbound.header(b"authorization"), inbound.command
    if not asked.channels:
        shop = shop_of_presented(tx, presented, inbound.received_at)
        if shop is None:
            return service.say(service.stranger)
        return service.say(service.banned) if gates.of_shop(tx, DIALECT, shop).bans(inbound.remote) else shop
    found = _shop_of_channels(gates.of(tx, DIALECT, asked.channels), inbound, service)
    if found is not None:
        return found
    mine = shop_of_presented(tx, presented, inbound.received_at)
    return service.say(service.stranger if mine is None else service.unknown)


def _shop_of_channels(known: Mapping[str, Gate], inbound: Inbound, service: SearchService) -> str | Response | None:
    """The shop of these engines; None where the caller's key opens none of them."""
    presented, asked = inbound.header(b"authorization"), inbound.command
    found = {known[one].shop: known[one] for one in asked.channels if one in known}
    if any(gate.bans(inbound.remote) for gate in found.values()):
        return service.say(service.banned)
    signed = service is V2
    admitted = [key_admits(gate, presented, inbound.received_at, signed=signed) for gate in found.values()]
    if not any(admitted):
        return None
    if not all(admitted):
        return service.refuse(403, message="a hashid belongs to another account")
    return next(iter(found)) if len(known) == len(set(asked.channels)) else service.say(service.unknown)


def _json(found: Found) -> Response:
    count = len(found.rows) if found.total_count is None else found.total_count
    envelope = {"results": found.rows, "total": found.total, "total_count": count, **found.more}
    return Response(200, _ENCODER.encode(envelope))


def _csv(found: Found) -> Response:
    text = io.StringIO()
    writer = csv.DictWriter(text, found.columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _inert(value) for name, value in row.items()} for row in found.rows)
    return Response(200, text.getvalue().encode(), (CSV_CONTENT,))


def _inert(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets an apostrophe: queries and titles are strangers' words."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


# --- the reports


def _series(kind: str, tx: Transaction, span: Span, asked: Asked) -> Found:
    return _days(search_reports.per_day(tx, span, kind), asked)


def _days(counted: dict[datetime, int], asked: Asked) -> Found:
    total = sum(counted.values())
    if asked.interval != "1d":
        counted = _by_interval(counted, asked.interval)
    if asked.aggregate:
        counted = {next(iter(counted)): total}
    rows = [{"timestamp": (day - _EPOCH) // _MICROSECOND // 1000, "count": n} for day, n in counted.items()]
    return Found(("timestamp", "count"), rows, total)


def _by_interval(counted: dict[datetime, int], interval: str) -> dict[datetime, int]:
    """Days added up to weeks or months, each under its first day, which may lie before the span."""
    found: dict[datetime, int] = {}
    for day, events in counted.items():
        back = day.weekday() if interval == "1w" else day.day - 1
        first = datetime.combine(day.date() - timedelta(days=back), day.time(), day.tzinfo)
        found[first] = found.get(first, 0) + events
    return found


def _clicks(tx: Transaction, span: Span, asked: Asked) -> Found:
    """Clicks of each day, on results of one type where it is given (docs/wire/doofinder.md, 5)."""
    if "product_type" not in asked.said:
        return _series("click", tx, span, asked)
    kind, counts = PRODUCT_TYPES[asked.text("product_type")]
    return _days(search_reports.per_day_of(tx, span, kind, counts), asked)


def _names(field: str, said: Mapping[str, Any]) -> bool:
    return said.get(field) not in (None, "")


def _plain(said: Mapping[str, Any]) -> bool:
    return not _names("custom_results_id", said) and not _names("resource_id", said)


def _sales(tx: Transaction, span: Span, _asked: Asked) -> Found:
    """One row for each session, however often it bought (docs/wire/doofinder.md, 17)."""
    amounts: dict[str, Decimal] = {}
    for line in search_reports.sold(tx, span):
        amounts[line.session] = amounts.get(line.session, Decimal(0)) + line.amount * (line.price or 0)
    rows: Rows = [{"session": session, "amount": amount} for session, amount in amounts.items()]
    total = sum(amounts.values(), Decimal(0))
    return Found(("session", "amount"), rows, total, {"total_amount": total})


def _top_sales(tx: Transaction, span: Span, asked: Asked) -> Found:
    titles: dict[str, str] = {}
    pieces: dict[str, Decimal] = {}
    priced: dict[str, tuple[Decimal, Decimal]] = {}
    for line in search_reports.sold(tx, span):
        titles[line.dfid] = line.title
        pieces[line.dfid] = pieces.get(line.dfid, Decimal(0)) + line.amount
        if line.price is not None:
            money, amount = priced.get(line.dfid, (Decimal(0), Decimal(0)))
            priced[line.dfid] = (money + line.amount * line.price, amount + line.amount)
    rows: Rows = [
        {"dfid": dfid, "title": titles[dfid], "sum_amount": amount, **_average(priced.get(dfid))}
        for dfid, amount in sorted(pieces.items(), key=lambda one: (-one[1], one[0]))
    ]
    total = sum(pieces.values(), Decimal(0))
    return Found(("dfid", "title", "sum_amount", "avg_price"), rows[: _limit(asked)], total, total_count=len(rows))


def _average(sold: tuple[Decimal, Decimal] | None) -> dict[str, Any]:
    """The price of a piece, where any had one: a number, and never null."""
    return {} if sold is None or not sold[1] else {"avg_price": round(sold[0] / sold[1], 4)}


def _limit(asked: Asked) -> int:
    text = asked.text("limit")
    return min(int(text), search_reports.ROWS_MAX) if text.isascii() and text.isdigit() and len(text) < 9 else 100


def _queries(tx: Transaction, span: Span, asked: Asked) -> Found:
    """The searches with most clicked items, which is what popular means (docs/wire/doofinder.md, 16).

    Whoever clicks has been shown something; how many hits there were, and what is an opportunity, no event tells.
    """
    if _asks_for_hits(asked):
        return Found(("query", "count"), [], 0)
    named = [*(texts(asked.said.get("query_name", [])) or ()), *([asked.text("query")] if asked.text("query") else [])]
    names = tuple(column_text(Typed(name).trimmed) for name in named)
    if asked.text("dfid"):
        return _queries_of_item(tx, span, asked)
    return _counted("query", search_reports.queries(tx, span, names, _limit(asked)))


def _asks_for_hits(asked: Asked) -> bool:
    without = (asked.text("no_results"), asked.text("opportunities"))
    found_nothing = asked.text("withresult").lower() in ("0", "false")
    return any(one.lower() in ("1", "true") for one in without) or found_nothing or bool(asked.text("total_hits"))


def _queries_of_item(tx: Transaction, span: Span, asked: Asked) -> Found:
    """The queries behind the clicks of one item; of one query alone where it is named."""
    if not asked.text("query"):
        return _counted("query", search_reports.queries_of_item(tx, span, asked.text("dfid"), _limit(asked)))
    return _first_of("query", [asked.text("query") for _ in _said_of(tx, span, "click", asked)], asked)


def _said_of(tx: Transaction, span: Span, kind: str, asked: Asked) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Subject and words of the events that the filters `dfid` and `query` let through."""
    dfid, query = asked.text("dfid"), asked.text("query")
    for subject, words in search_reports.said(tx, span, kind):
        if (not dfid or subject == dfid) and (
            not query or column_text(Typed(str(words.get("query"))).trimmed) == query
        ):
            yield subject, words


def _first_of(name: str, values: Sequence[str], asked: Asked) -> Found:
    """These values by how often they are there, the most frequent first."""
    ordered = sorted(Counter(values).items(), key=lambda one: (-one[1], one[0]))
    rows: Rows = [{name: one, "count": n} for one, n in ordered]
    return Found((name, "count"), rows[: _limit(asked)], len(values), total_count=len(rows))


def _counted(name: str, found: EventGroups) -> Found:
    rows: Rows = [{name: one, "count": n} for one, n in found.first]
    return Found((name, "count"), rows, found.events, total_count=found.groups)


def _clicked_items(tx: Transaction, span: Span, asked: Asked) -> Found:
    """The items that were clicked. What they are called, and where they are, no event says."""
    if asked.text("dfid"):
        counted = _first_of("dfid", [dfid for dfid, _ in _said_of(tx, span, "click", asked)], asked)
        first, events, groups = (
            [(row["dfid"], row["count"]) for row in counted.rows],
            counted.total,
            counted.total_count,
        )
    else:
        found = search_reports.clicked(tx, span, asked.text("query"), _limit(asked))
        first, events, groups = found.first, found.events, found.groups
    rows: Rows = [{"dfid": dfid, "title": "", "link": "", "count": n} for dfid, n in first]
    return Found(("dfid", "title", "link", "count"), rows, events, total_count=groups)


def _positions(tx: Transaction, span: Span, asked: Asked) -> Found:
    """Clicks by position, which clients write as they like: 1, "1.0" and " 1 " are one position."""
    counted: dict[tuple[str, int], int] = {}
    for subject, said in _said_of(tx, span, "click", asked):
        position = number(said.get("position"))
        if position is not None:
            key = (subject, int(position))
            counted[key] = counted.get(key, 0) + 1
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    rows: Rows = [{"product": product, "position": position, "clicks": n} for (product, position), n in ordered]
    columns = ("product", "position", "clicks")
    return Found(columns, rows[: _limit(asked)], sum(counted.values()), total_count=len(rows))


def _users_of_clicks(tx: Transaction, span: Span, _asked: Asked) -> Found:
    clicks, _, users = search_reports.totals(tx, span, "click")
    row = {"clicks": clicks, "product_clicks": clicks, "users": users}
    return Found(tuple(row), [row], clicks)


def _users_of_inits(tx: Transaction, span: Span, _asked: Asked) -> Found:
    inits, sessions, users = search_reports.totals(tx, span, "init")
    row = {"sessions": inits, "unique_sessions": sessions, "users": users}
    return Found(tuple(row), [row], inits)


def _banners(tx: Transaction, span: Span, _asked: Asked) -> Found:
    displays = dict(search_reports.subjects(tx, span, "banner_display").first)
    clicked = search_reports.subjects(tx, span, "banner_click")
    clicks = dict(clicked.first)
    rows: Rows = [
        {"id": id, "displays": displays.get(id, 0), "clicks": clicks.get(id, 0)}
        for id in sorted(displays.keys() | clicks.keys(), key=lambda id: (-clicks.get(id, 0), id))
    ]
    return Found(("id", "displays", "clicks"), rows, clicked.events)


def _of_banners(kind: str, tx: Transaction, span: Span, _asked: Asked) -> Found:
    """Displays or clicks of banners, as older clients ask for each of them."""
    found = search_reports.subjects(tx, span, kind)
    rows: Rows = [{"id": id, "count": n} for id, n in found.first]
    return Found(("id", "count"), rows, found.events, total_count=found.groups)


def _redirects(tx: Transaction, span: Span, asked: Asked) -> Found:
    """Redirections that were followed; those after one query where it is named."""
    links: dict[str, str] = {}
    followed: list[str] = []
    for subject, said in _said_of(tx, span, "redirect", asked):
        links[subject] = str(said.get("link") or links.get(subject, ""))
        followed.append(subject)
    ordered = sorted(Counter(followed).items(), key=lambda one: (-one[1], one[0]))
    rows: Rows = [{"id": id, "link": links.get(id, ""), "count": n} for id, n in ordered]
    first = rows[: search_reports.ROWS_MAX]
    return Found(("id", "link", "count"), first, len(followed), total_count=len(rows))


def _custom_results(tx: Transaction, span: Span, _asked: Asked) -> Found:
    counted: dict[str, int] = {}
    for _, said in search_reports.said(tx, span, "click"):
        if said.get("custom_results_id") not in (None, ""):
            id = str(said["custom_results_id"])
            counted[id] = counted.get(id, 0) + 1
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    rows: Rows = [{"id": id, "displays": 0, "clicks": n} for id, n in ordered]
    return Found(("id", "displays", "clicks"), rows, sum(counted.values()))


def _unknown(columns: str, _tx: Transaction, _span: Span, _asked: Asked) -> Found:
    """A report about what no event says."""
    return Found(columns.split(), [], 0)


# What was clicked on, by the event and what it says. A click on a recommendation names the resource that showed it.
PRODUCT_TYPES: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], bool]]] = {
    "search": ("click", _plain),
    "banner": ("banner_click", lambda _: True),
    "custom_result": ("click", partial(_names, "custom_results_id")),
    "recommendation": ("click", partial(_names, "resource_id")),
    "quizz": ("click", lambda _: False),
    "aichat": ("click", lambda _: False),
}

REPORTS: Mapping[str, Report] = {
    "inits": partial(_series, "init"),
    "clicks": _clicks,
    "checkouts": partial(_series, "checkout"),
    "sales": _sales,
    "top-sales": _top_sales,
    "searches/top": _queries,
    "searches/popular": _queries,
    "clicked_items": _clicked_items,
    "clicked_items/searches": _queries_of_item,
    "clicked_items/position": _positions,
    "clicks/users": _users_of_clicks,
    "inits/users": _users_of_inits,
    "banners": _banners,
    "redirects": _redirects,
    "custom-results": _custom_results,
    # What clients before version 7 call them.
    "clicks/top": _clicked_items,
    "clicks/by-query/{query}": _clicked_items,
    "clicks/{dfid}/searches/top": _queries_of_item,
    "banners/clicks": partial(_of_banners, "banner_click"),
    "banners/displays": partial(_of_banners, "banner_display"),
    "searches": partial(_unknown, "timestamp count"),
    "usage": partial(_unknown, "timestamp count"),
    "facets": partial(_unknown, "facet count"),
    "facets/top": partial(_unknown, "facet count"),
    "facets_by_day": partial(_unknown, "timestamp facet count"),
    "results/top": partial(_unknown, "result count"),
    "searches/locations": partial(_unknown, "location count"),
    "inits/locations": partial(_unknown, "location count"),
    "search_engine_users": partial(_unknown, "visits inits searches"),
    "sector/{name}": partial(_unknown, "name value"),
    "recommendations": partial(_unknown, "widget_id displays clicks"),
    "quizzes": partial(_unknown, "quiz_id displays clicks"),
}

# The two reads of version 5, in the envelope of the others: what the vendor's looked like is not published.
TOP_REPORTS: Mapping[str, Report] = {"searches": _queries, "clicks": _clicked_items}
