"""Who may see which page of a shop, and what every page of the dashboard has in common.

    visit ──► logged in? ──► member of the shop? ──► role enough? ──► handle(tx, staff) ──► a page

Who is no member of a shop learns nothing of it, not even whether there is one.
"""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from tillroll.dashboard.wording import Wording, locale_of
from tillroll.dialects.http import Inbound, Response, Route
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales.reading import Witnesses
from tillroll.engine.shops import members
from tillroll.engine.shops.members import ANALYST, VIEWER
from tillroll.pages.choices import DialectChoices
from tillroll.pages.visits import Desk, Pages, Visit, form_route, is_proven
from tillroll.store import Reads, Transaction
from tillroll.store.shops.members import Membership

HOME = "/dashboard"
SHOP = f"{HOME}/{{shop}}"
CARRIED = ("period", "from", "to", "currency")

PAGES = Pages(
    Path(__file__).parent,
    (),
    HOME,
    "the dashboard",
    "style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'",
)


class Staff(Struct, frozen=True, dict=True):
    """Somebody who looks at a shop that they belong to."""

    tx: Transaction
    visit: Visit
    shop: str
    role: str
    shops: tuple[Membership, ...]

    @cached_property
    def words(self) -> Wording:
        """How amounts and times are written for them, on the shop's clock."""
        return Wording(locale_of(self.visit.inbound.header(b"accept-language")), clock_of(self.tx, self.shop))

    @property
    def base(self) -> str:
        """Where the pages of this shop begin."""
        return f"{HOME}/{self.shop}"

    @property
    def query(self) -> dict[str, str]:
        """What the address asks for."""
        return self.visit.inbound.query

    @property
    def carried(self) -> str:
        """The days and the currency that somebody looks at, as the links from page to page carry them along."""
        kept = {name: value for name in CARRIED if (value := self.query.get(name, ""))}
        return f"?{urlencode(kept)}" if kept else ""

    def may(self, least: str) -> bool:
        """Whether they may do what somebody of this role may."""
        return members.may(self.role, least)

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of the shop."""
        return self.visit.show(
            template,
            status,
            shop=self.shop,
            role=self.role,
            shops=self.shops,
            base=self.base,
            carried=self.carried,
            say=self.words,
            decides=self.may(ANALYST),
            manages=self.may(members.ADMIN),
            **values,
        )

    def missing(self, title: str, said: str) -> Response:
        """There is no such thing."""
        return self.show("missing.html", 404, title=title, said=said)


Handle = Callable[[Staff], Response]


class Office(Struct, frozen=True):
    """Makes routes of handlers; `witnesses` tell of sales, and `dialect` is in whose name decisions are kept.

    `sections` are what dialects let a shop choose.
    """

    desk: Desk
    witnesses: Witnesses
    dialect: str
    sections: tuple[DialectChoices, ...] = ()

    def page(self, path: str, handle: Handle, least: str = VIEWER, reads: Reads = "list") -> Route:
        """A page of a shop, for whoever has this role at least; `reads` says what its reading is like."""
        run = self.desk.private(partial(_for_staff, handle, least))
        return Route("GET", f"{SHOP}{path}", run, PAGES, reads=reads)

    def form(self, path: str, handle: Handle, least: str = ANALYST) -> Route:
        """A form of a shop."""
        return form_route(f"{SHOP}{path}", self.desk.private(partial(_for_staff, handle, least)), PAGES)

    def admitted(self, tx: Transaction, inbound: Inbound, least: str) -> Staff | None:
        """Who sends a form, for work that is done before its transaction; None for whoever may not."""
        visit = self.desk.visit(tx, inbound)
        if visit.session is None or not is_proven(visit):
            return None
        shops = tuple(members.shops_of(tx, visit.user_id))
        shop = inbound.values["shop"]
        role = next((one.role for one in shops if one.shop == shop), None)
        return Staff(tx, visit, shop, role, shops) if role is not None and members.may(role, least) else None


def _for_staff(handle: Handle, least: str, tx: Transaction, visit: Visit) -> Response:
    shop = visit.inbound.values["shop"]
    shops = tuple(members.shops_of(tx, visit.user_id))
    role = next((one.role for one in shops if one.shop == shop), None)
    if role is None:
        said = "There is no such shop, or you do not belong to it. Ask somebody who runs this server."
        return visit.show("error.html", 404, title="There is nothing here for you", said=said)
    staff = Staff(tx, visit, shop, role, shops)
    if not staff.may(least):
        said = f"You are {role} here, and that takes {least}. Ask an admin of the shop."
        return staff.show("missing.html", 403, title="Your role does not allow that", said=said)
    return handle(staff)
