"""Sales: the list with its filters, and one sale with everything that was told of it and why each cent is whose.

GET /dashboard/{shop}/sales            the list, the latest first        …/sales.csv    the same as a file
GET /dashboard/{shop}/sales/{id}       one sale                          …/sales/{id}/credits.csv    whose its money is
"""

from collections.abc import Collection, Mapping
from functools import partial
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from tillroll.dashboard.asked import CUSTOM, PERIODS, address, day_now, span_of
from tillroll.dashboard.files import sheet
from tillroll.dashboard.filters import zone_name
from tillroll.dashboard.meanings import MODELS
from tillroll.dashboard.office import Office, Staff
from tillroll.dashboard.sales.story import Shares, story_of
from tillroll.dashboard.wording import major_text
from tillroll.dialects.http import Response, Route
from tillroll.domain.sales.credits import UNATTRIBUTED
from tillroll.domain.sales.sale import Sale
from tillroll.engine.sales import decide, periods, show
from tillroll.engine.sales.periods import day_of, day_text
from tillroll.engine.sales.policies import counting, key_of, names_of
from tillroll.engine.sales.show import ShownSale, quantity_text
from tillroll.store.sales import rows
from tillroll.store.sales.rows import SalePage, SaleRow, pattern_of

PAGE_SALES = 50
SHEET_SALES_MAX = 5_000
TEXT_CHARACTERS_MAX = 200
DEFAULT_MODEL = "last_non_direct"
# The days that have a name; the list begins with all of them.
PRESETS = {"": "All days", **{key: name for key, name in PERIODS.items() if key != CUSTOM}}
DAYS = ("period", "from", "to")
NO_SALE = ("There is no such sale", "It does not exist, or it belongs to another shop.")
STATES = {
    "counted": "Counted",
    "refused": "Waits for its touch",
    "test": "Test",
    "withdrawn": "Withdrawn",
}


class Chosen(Struct, frozen=True, kw_only=True):
    """Which sales a list shows, as its form has it; what of the address could not be read is left out, and said."""

    period: str = ""
    q: str = ""
    status: str = ""
    source: str = ""
    conflicts: str = ""
    currency: str = ""
    since: str = msgspec.field(default="", name="from")
    until: str = msgspec.field(default="", name="to")
    problems: tuple[str, ...] = ()

    def fields(self) -> dict[str, str]:
        """What an address has to say for the same."""
        unsaid = {"problems"} | ({"from", "to"} if self.period else set())
        return {name: value for name, value in msgspec.to_builtins(self).items() if value and name not in unsaid}


def routes(office: Office) -> list[Route]:
    """The pages about sales."""
    return [
        office.page("/sales", _list),
        office.page("/sales.csv", _sheet),
        office.page("/sales/{id}", lambda staff: sale_page(office, staff)),
        office.page("/sales/{id}/credits.csv", partial(_credits, office)),
    ]


def chosen(query: Mapping[str, str], today: int) -> Chosen:
    """What a query asks for on a day of the shop's clock; what does not exist filters nothing."""
    problems: list[str] = []

    def text(name: str) -> str:
        return query.get(name, "").strip()[:TEXT_CHARACTERS_MAX]

    def one_of(name: str, known: Collection[str]) -> str:
        said = text(name)
        if said and said not in known:
            problems.append(f"{name} is one of {', '.join(known)}.")
        return said if said in known else ""

    def day(name: str) -> str:
        said = text(name)
        if said and periods.day(said) is None:
            problems.append(f"{name} is a day, such as {day_text(today)}.")
            return ""
        return said

    period, since, until = one_of("period", PERIODS), day("from"), day("to")
    if period == CUSTOM or since or until:
        period = ""
    if period:
        since, until = (day_text(one) for one in span_of(period, today))
    return Chosen(
        period=period,
        q=text("q"),
        status=one_of("status", STATES),
        source=text("source"),
        conflicts=one_of("conflicts", ("true",)),
        currency=text("currency").upper(),
        since=since,
        until=until,
        problems=tuple(problems),
    )


def _chosen(staff: Staff) -> Chosen:
    return chosen(staff.query, day_of(staff.visit.now, staff.words.clock))


def _page_of(staff: Staff, asks: Chosen, limit: int) -> SalePage:
    clock = staff.words.clock
    since = periods.beginning(asks.since, clock) if asks.since else None
    until = periods.end(asks.until, clock) if asks.until else None
    at, id = _place(staff.query.get("before", ""))
    return SalePage(
        shop=staff.shop,
        limit=limit,
        since=-(2**62) if since is None else since,
        until=2**62 if until is None else until,
        at=at,
        id=id,
        currency=asks.currency,
        state=asks.status,
        source=pattern_of(asks.source) if asks.source else "",
        wanted=key_of(counting(staff.tx, staff.shop), asks.q) if asks.q else "",
        conflicting=int(asks.conflicts == "true"),
    )


def _place(text: str) -> tuple[int, str]:
    """The place behind which a page begins, as addresses have it; the beginning for what is none."""
    at, _, id = text.partition("-")
    is_place = at.isascii() and at.isdigit() and len(at) < 19 and id.isalnum() and id.isascii() and len(id) < 64
    return (int(at), id) if is_place else (2**62, "")


def _list(staff: Staff) -> Response:
    asks = _chosen(staff)
    found = show.page(staff.tx, _page_of(staff, asks, PAGE_SALES + 1))
    shown, fields = found[:PAGE_SALES], asks.fields()
    undated = {name: value for name, value in fields.items() if name not in DAYS}
    last = shown[-1] if len(found) > PAGE_SALES else None
    older = f"{staff.base}/sales?{urlencode({**fields, 'before': f'{last.placed_at}-{last.id}'})}" if last else ""
    currencies = [one.currency for one in rows.currencies(staff.tx, staff.shop, -(2**31), 2**31)]
    return staff.show(
        "sales/sales.html",
        sales=[(row, sources_of(row)) for row in shown],
        asks=asks,
        states=STATES,
        currencies=currencies,
        presets=[
            (
                name,
                asks.period == key and (bool(key) or not (asks.since or asks.until)),
                address(f"{staff.base}/sales", {**undated, "period": key}),
            )
            for key, name in PRESETS.items()
        ],
        zone=zone_name(staff.words.clock),
        older=older,
        newest=f"{staff.base}/sales?{urlencode(fields)}" if staff.query.get("before") else "",
        sheet=f"{staff.base}/sales.csv?{urlencode(fields)}",
        is_filtered=bool(fields),
    )


def sources_of(row: SaleRow) -> list[str]:
    """Who has a part in a sale, under whatever model."""
    return row.sources.split("\n")[1:-1]


def _sheet(staff: Staff) -> Response:
    found = show.page(staff.tx, _page_of(staff, _chosen(staff), SHEET_SALES_MAX))
    head = ["sale", "order", "placed", "currency", "total", "refunded", "state", "sources", "reports", "conflicts"]
    lines = [
        [
            *(row.id, row.number, periods.moment_text(row.placed_at), row.currency),
            *(major_text(row.total_minor, row.currency), major_text(row.refunded_minor, row.currency)),
            *(row.state, " ".join(sources_of(row)), row.reports, row.conflicts),
        ]
        for row in found
    ]
    return sheet(f"sales-{staff.shop}-{day_now(staff.visit.now)}.csv", [head, *lines])


def sale_page(office: Office, staff: Staff, problem: str = "", status: int = 200) -> Response:
    """One sale, with what was wrong with a form about it."""
    shown = show.sale(staff.tx, office.witnesses, staff.shop, staff.visit.inbound.values["id"])
    if shown is None:
        return staff.missing(*NO_SALE)
    wanted = staff.query.get("model", DEFAULT_MODEL)
    model = wanted if wanted in names_of() else DEFAULT_MODEL
    sale = shown.sale
    explanation = show.why(shown, model)
    assert explanation is not None
    return staff.show(
        "sales/sale.html",
        422 if problem else status,
        shown=shown,
        sale=sale,
        model=model,
        models=MODELS,
        names=names_of(),
        states=STATES,
        story=story_of(sale, explanation, staff.words),
        shares=_all_shares(shown),
        lines=[
            (place, line, quantity_text(line.quantity), sum(one.lines[place] for one in sale.reversals))
            for place, line in enumerate(sale.lines)
        ],
        reports=[
            (told, sorted(field for field, at in sale.taken_from.items() if at == told.position))
            for told in shown.reports
        ],
        conflicts=[
            (one, _told(staff, sale, one.field, one.ours), _told(staff, sale, one.field, one.theirs))
            for one in sale.conflicts
        ],
        disputed={one.report for one in sale.conflicts},
        decided=decide.history(staff.tx, staff.shop, sale.reports),
        left=sale.total_minor - sale.refunded_minor,
        problem=problem,
        done=staff.query.get("done", ""),
        nobody=UNATTRIBUTED,
    )


def _credits(office: Office, staff: Staff) -> Response:
    """Each part of each line under each model: whose it is, by which touch, and what was given back of it."""
    shown = show.sale(staff.tx, office.witnesses, staff.shop, staff.visit.inbound.values["id"])
    if shown is None:
        return staff.missing(*NO_SALE)
    sale = shown.sale
    head = ["sale", "order", "line", "product", "currency", "model", "source", "touch", "touched", "amount", "refunded"]
    lines = []
    for name in names_of():
        explanation = show.why(shown, name)
        for one in explanation.credits if explanation is not None else ():
            touch = one.touch
            lines.append(
                [
                    *(sale.id, sale.number, one.line + 1, sale.lines[one.line].product_id or "", sale.currency, name),
                    *(touch.source if touch else UNATTRIBUTED, touch.position if touch else ""),
                    periods.moment_text(touch.at) if touch else "",
                    *(major_text(one.minor, sale.currency), major_text(sum(one.refunded), sale.currency)),
                ]
            )
    return sheet(f"credits-{staff.shop}-{sale.id}.csv", [head, *lines])


def _told(staff: Staff, sale: Sale, field: str, text: str) -> str:
    """What a conflict says: an amount as money, anything else as it is."""
    is_amount = field == "total" and text.lstrip("-").isdigit()
    return staff.words.money(int(text), sale.currency) if is_amount else text or "nothing"


def _all_shares(shown: ShownSale) -> list[tuple[str, Shares]]:
    """What each model gives to whom."""
    found: list[tuple[str, Shares]] = []
    for name in names_of():
        explanation = show.why(shown, name)
        if explanation is not None:
            given: dict[str, int] = {}
            for one in explanation.credits:
                source = one.touch.source if one.touch is not None else UNATTRIBUTED
                given[source] = given.get(source, 0) + one.minor
            found.append((name, {source: minor for source, minor in given.items() if minor}))
    return found
