"""Search: what the shop's search brought, as the search report of our own API has it.

GET /dashboard/{shop}/search     sessions, clicks, purchases, and the queries, items, banners and redirects behind them
"""

from functools import partial

from tillroll.dashboard.asked import CALENDARS, PERIODS, address, wanted
from tillroll.dashboard.meanings import MODELS
from tillroll.dashboard.office import Office, Staff
from tillroll.dialects.http import Response, Route
from tillroll.domain.sales.searches import Searched
from tillroll.engine.sales import searches
from tillroll.engine.sales.periods import day_text
from tillroll.engine.sales.searches import ORDER
from tillroll.store.shops import rows as shop_rows

FIGURES = {
    Searched.SESSION.value: ("Search sessions", "Sessions that began, as the search's script reports them."),
    Searched.CLICK.value: ("Clicks", "Results that were clicked."),
    Searched.BANNER.value: ("Banner clicks", "Banners that were clicked."),
    Searched.REDIRECT.value: ("Redirects", "Redirects that were followed."),
    ORDER: ("Purchases", "Checkouts of sessions, with something in the cart."),
}


def routes(office: Office) -> list[Route]:
    """The one page."""
    return [office.page("/search", _search, reads="report")]


def _search(staff: Staff) -> Response:
    asks = wanted(staff.query, staff.visit.now, staff.words.clock)
    found, say = searches.report(staff.tx, staff.shop, asks.first, asks.last), staff.words
    counts = dict.fromkeys(FIGURES, 0)
    for day in found.days:
        if day.kind in counts:
            counts[day.kind] += day.events
    minor = sum(day.minor for day in found.days if day.kind == ORDER)
    sessions = counts[Searched.SESSION.value]
    fields = {name: value for name, value in asks.fields().items() if name in ("period", "from", "to")}
    here = f"{staff.base}/search"
    return staff.show(
        "search.html",
        asks=asks,
        periods=PERIODS,
        models=MODELS,
        calendars=CALENDARS,
        here_is=here,
        to=partial(address, here, fields),
        first=day_text(asks.first),
        last=day_text(asks.last),
        span=f"{say.day(asks.first)} – {say.day(asks.last)}" if asks.first != asks.last else say.day(asks.first),
        figures=[(title, say.number(counts[kind]), meaning) for kind, (title, meaning) in FIGURES.items()],
        revenue=say.money(minor, shop_rows.currency_of(staff.tx, staff.shop)),
        per_session=say.number(round(counts[Searched.CLICK.value] / sessions, 2)) if sessions else "–",
        currency=shop_rows.currency_of(staff.tx, staff.shop),
        found=found,
        is_empty=not any(counts.values()),
    )
