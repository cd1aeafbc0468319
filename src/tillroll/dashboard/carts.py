"""Carts: from what is put in to what is bought, what is left behind, and why the till refuses checkouts.

GET /dashboard/{shop}/carts        the funnel, the three cards, products and reasons
GET /dashboard/{shop}/carts.csv    the days as a file; with by=product, by=abandoned or by=reason those
"""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from tillroll.dashboard import filters
from tillroll.dashboard.asked import Wanted, wanted
from tillroll.dashboard.cards import Course, Values, cards
from tillroll.dashboard.files import sheet
from tillroll.dashboard.filters import COMPARE, CURRENCY, DIALECT, EVER
from tillroll.dashboard.meanings import CART_CARDS
from tillroll.dashboard.office import Office, Staff
from tillroll.dashboard.snippets import first_cart
from tillroll.dashboard.wording import major_text
from tillroll.dialects.http import Response, Route
from tillroll.engine.sales import carts
from tillroll.engine.sales.carts import CartsReported
from tillroll.engine.sales.periods import day_text
from tillroll.engine.sales.show import quantity_text
from tillroll.store.sales import carts as rows
from tillroll.store.sales.carts import CartDay, CartPeriod

SHOWS = (DIALECT, CURRENCY, COMPARE)
# What a file may be by, beside days.
BY = ("product", "abandoned", "reason")
_NO_DAY = CartDay(0, 0, 0, 0)


class CartsShown(Struct, frozen=True):
    """The carts of a page: of which days, by whose events, what they are, and what the cards show."""

    period: CartPeriod
    course: Course


class Step(Struct, frozen=True):
    """A step of the funnel: how many carts came so far, and which part of those that were begun that is."""

    title: str
    carts: int
    share: float | None
    meaning: str


def routes(office: Office) -> list[Route]:
    """The page and its file."""
    return [
        office.page("/carts", partial(_carts, office), reads="report"),
        office.page("/carts.csv", partial(_sheet, office), reads="report"),
    ]


def shown(staff: Staff, dialects: Sequence[str], asks: Wanted) -> CartsShown:
    """The figures of the three cards, by the dialect that was asked for, or else by the first that tells of carts."""
    period = _period(staff, dialects, asks)
    days = rows.days(staff.tx, period)
    span = period.last - period.first + 1
    earlier = replace(period, first=period.first - span, last=period.last - span)
    before = _values(rows.days(staff.tx, earlier)) if asks.compares else None
    by_day = {one.day: one for one in days}
    course = [_values([by_day.get(day, _NO_DAY)]) for day in range(period.first, period.last + 1)]
    return CartsShown(period, Course(now=_values(days), before=before, days=course))


def _period(staff: Staff, dialects: Sequence[str], asks: Wanted) -> CartPeriod:
    found = []
    for dialect in [asks.dialect] if asks.dialect else dialects:
        period = CartPeriod(staff.shop, dialect, asks.currency, asks.first, asks.last)
        if rows.currencies(staff.tx, period):
            return replace(period, currency=carts.currency_of(staff.tx, period))
        found.append(period)
    return found[0]


def _values(days: Sequence[CartDay]) -> Values:
    whole = carts.figures(days)
    return {"cart_average": whole.average_minor, "cart_daily": whole.daily_minor, "cart_gmv": whole.gmv_minor}


def _asked(staff: Staff, office: Office) -> tuple[Wanted, CartsShown, CartsReported]:
    dialects = office.witnesses.cart_dialects
    asks = wanted(staff.query, staff.visit.now, staff.words.clock, dialects)
    found = shown(staff, dialects, asks)
    return asks, found, carts.report(staff.tx, found.period, staff.visit.now)


def _carts(office: Office, staff: Staff) -> Response:
    asks, found, report = _asked(staff, office)
    say, period = staff.words, found.period
    is_empty = not report.funnel.carts and not report.days
    known = rows.currencies(staff.tx, period)
    return staff.show(
        "carts.html",
        bar=filters.bar(
            staff,
            asks,
            f"{staff.base}/carts",
            SHOWS,
            dialects=office.witnesses.cart_dialects,
            currencies=[one.currency for one in known],
        ),
        dialect=period.dialect,
        currency=period.currency,
        cards=cards(CART_CARDS, found.course, period.currency, say),
        steps=_funnel(report),
        funnel=report.funnel,
        found=report,
        whole=report.whole,
        quantity=quantity_text,
        is_empty=is_empty,
        first=first_cart(staff, is_known=_is_known(staff, office)) if is_empty else None,
        span_before=say.span_of(2 * asks.first - asks.last - 1, asks.first - 1),
    )


def _is_known(staff: Staff, office: Office) -> bool:
    """Whether anybody has ever told of a cart."""
    dialects = office.witnesses.cart_dialects
    return any(rows.currencies(staff.tx, CartPeriod(staff.shop, one, "", *EVER)) for one in dialects)


def _funnel(report: CartsReported) -> list[Step]:
    funnel = report.funnel
    told = (
        ("Carts", funnel.carts, "Begun in these days: something was put in."),
        ("Checkouts", funnel.checkouts, "Of them, those whose visitor has checked out since."),
        ("Orders", funnel.orders, "Of these, those whose purchase is a sale that counts."),
    )
    return [
        Step(title, number, number / funnel.carts if funnel.carts else None, meaning) for title, number, meaning in told
    ]


def _sheet(office: Office, staff: Staff) -> Response:
    _, found, report = _asked(staff, office)
    period, by = found.period, staff.query.get("by", "")
    currency = period.currency
    days = f"{day_text(period.first)}-{day_text(period.last)}"
    name = f"carts-{by if by in BY else 'day'}-{staff.shop}-{days}.csv"
    if by == "product":
        products = {one.product: one for one in (*report.most_added, *report.most_removed)}
        head = ["product", "currency", "told_by", "added", "removed", "added_amount", "removed_amount"]
        lines = [
            [
                *(one.product, currency, period.dialect, quantity_text(one.added), quantity_text(one.removed)),
                *(major_text(one.added_minor, currency), major_text(one.removed_minor, currency)),
            ]
            for one in products.values()
        ]
    elif by == "abandoned":
        head = ["product", "currency", "told_by", "carts", "pieces", "amount"]
        lines = [
            [
                *(one.product, currency, period.dialect, str(one.carts)),
                *(quantity_text(one.quantity), major_text(one.minor, currency)),
            ]
            for one in report.most_abandoned
        ]
    elif by == "reason":
        head, lines = ["reason", "checkouts"], [[one.reason, str(one.checkouts)] for one in report.refused]
    else:
        head = ["day", "currency", "told_by", "added", "removed", "gmv", "carts", "average_cart"]
        lines = [_day(one, period) for one in report.days]
    return sheet(name, [head, *lines])


def _day(day: CartDay, period: CartPeriod) -> list[str]:
    one, currency = carts.figures([day]), period.currency
    amounts = (one.added_minor, one.removed_minor, one.gmv_minor)
    return [
        *(day_text(day.day), currency, period.dialect),
        *(major_text(amount, currency) for amount in amounts),
        *(str(one.carts), major_text(one.average_minor, currency)),
    ]
