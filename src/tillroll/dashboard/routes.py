"""The table of the dashboard: its pages and forms, and the files that all pages load."""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.dashboard import carts, search
from tillroll.dashboard.arrivals import health, live
from tillroll.dashboard.office import HOME, PAGES, Office
from tillroll.dashboard.people import page as people
from tillroll.dashboard.revenue import page as revenue
from tillroll.dashboard.sales import decisions
from tillroll.dashboard.sales import page as sales
from tillroll.dashboard.settings import page as settings_page
from tillroll.dashboard.setup import connect
from tillroll.dashboard.setup import page as setup
from tillroll.dialects.http import Area, Inbound, Response, Route
from tillroll.dialects.passwords import Passwords
from tillroll.engine.sales.reading import Witnesses
from tillroll.engine.shops import members
from tillroll.engine.shops.shops import Open
from tillroll.pages import assets
from tillroll.pages.choices import DialectChoices
from tillroll.pages.visits import Desk, Visit
from tillroll.settings import Settings
from tillroll.store import Transaction

AREAS = (
    Area(HOME.strip("/"), PAGES, is_private=True),
    Area(assets.PREFIX.strip("/"), PAGES),
    Area("join", PAGES, is_private=True),
    Area("setup", PAGES, is_private=True),
)


class Given(Struct, frozen=True):
    """What the pages need of others: who tells of sales, in whose name decisions are kept, and who makes shops.

    `sections` are what dialects let a shop choose.
    """

    witnesses: Witnesses
    dialect: str
    passwords: Passwords
    open_shop: Open
    sections: tuple[DialectChoices, ...]


def routes(settings: Settings, given: Given) -> list[Route]:
    """Every route."""
    desk = Desk(PAGES, settings.secure_cookies, settings.user_session_seconds)
    office = Office(desk, given.witnesses, given.dialect, given.sections)
    return [
        Route("GET", HOME, desk.private(_shops), PAGES),
        *revenue.routes(office),
        *sales.routes(office),
        *decisions.routes(office),
        *carts.routes(office),
        *search.routes(office),
        *live.routes(office),
        *health.routes(office),
        *people.routes(office),
        *people.door(desk),
        *connect.routes(office),
        *settings_page.routes(office),
        *setup.routes(desk, given.passwords, given.open_shop, settings.guesses_per_minute),
        *(Route("GET", assets.path_of(name), _nothing, PAGES, alone=assets.send) for name in assets.FILES),
    ]


def _shops(tx: Transaction, visit: Visit) -> Response:
    found = members.shops_of(tx, visit.user_id)
    wanted = visit.inbound.query.get("shop", "")
    if any(one.shop == wanted for one in found):
        return visit.leave(f"{HOME}/{wanted}")
    if len(found) == 1:
        return visit.leave(f"{HOME}/{found[0].shop}")
    return visit.show("shops.html", memberships=found)


def _nothing(_tx: Transaction, _requests: Sequence[Inbound]) -> Sequence[Response]:
    """Files are answered before any transaction."""
    raise AssertionError("unreachable")
