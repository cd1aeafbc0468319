"""The first minutes of a server: whoever has its link makes the first shop, and becomes the admin of it.

GET /setup/{link}     what to fill in           POST /setup/{link} ──► a shop, its admin, a session
                                                          └──► its keys, shown once, and what to paste

The link is told where the server is started, holds for a day and for one shop, and for nobody once there is a shop.
"""

from msgspec import Struct

from tillroll.dashboard.office import HOME, PAGES
from tillroll.dashboard.setup.calls import Known, calls
from tillroll.dashboard.snippets import DEFAULT_ORIGIN
from tillroll.dialects.guards import origin_of
from tillroll.dialects.http import Inbound, Response, Route, new_secret
from tillroll.dialects.passwords import Passwords
from tillroll.dialects.rates import place_of
from tillroll.domain.countries import country_code, strange_country
from tillroll.domain.money import currency_code, minor_exponent
from tillroll.engine.access.throttle import Allowance
from tillroll.engine.inventory import users
from tillroll.engine.inventory.users import NewSession
from tillroll.engine.shops import members, setup, shops
from tillroll.engine.shops.shops import Open, ShopKeys, WishedShop
from tillroll.pages.forms import FORM, read_form
from tillroll.pages.visits import SESSION_COOKIE, VISIT_COOKIE, Desk, Visit, forged, is_proven
from tillroll.store import Transaction
from tillroll.store.group_commit import Within
from tillroll.store.shops.members import Member

SETUP = "/setup/{link}"
DEFAULT_CURRENCY = "EUR"
GONE = (
    "A link to set a server up holds for a day, and only until the first shop is there. While there is none, "
    "“tillroll setup” makes another."
)


class Filled(Struct, frozen=True):
    """What was filled in, once it was looked at and the password hashed: what is wrong with which field, or nothing."""

    form: dict[str, str]
    wrong: dict[str, str]
    password_hash: str = ""

    def get(self, name: str) -> str:
        """A field of the form."""
        return self.form.get(name, "")

    @property
    def opening(self) -> WishedShop:
        """The shop as it is wished for."""
        return WishedShop(self.get("shop"), currency_code(self.get("currency")), country_code(self.get("country")))


def routes(desk: Desk, passwords: Passwords, open_shop: Open, guesses_per_minute: int) -> list[Route]:
    """The page behind the link, and its form."""
    first = FirstRun(desk, passwords, open_shop, guesses_per_minute)
    return [
        Route("GET", SETUP, desk.open(first.page), PAGES, reads="point"),
        Route("POST", SETUP, desk.each(first.set_up), PAGES, decode=read_form, writes=True, content_types=(FORM,),
              keeps_answers=False, prepare=first.prepare),
    ]  # fmt: skip


class FirstRun:
    """Makes the first shop for whoever has the link."""

    def __init__(self, desk: Desk, passwords: Passwords, open_shop: Open, guesses_per_minute: int) -> None:
        self._desk = desk
        self._passwords = passwords
        self._open = open_shop
        self._guesses = Allowance(guesses_per_minute)

    def page(self, tx: Transaction, visit: Visit) -> Response:
        """What to fill in."""
        if not setup.holds(tx, visit.inbound.values["link"], visit.now):
            return self._gone(visit)
        return _asked(visit, Filled({"currency": DEFAULT_CURRENCY}, {}))

    async def prepare(self, store: Within, inbound: Inbound) -> Response | None:
        """Look at the link and at what was filled in, and hash the password, before the one transaction."""
        visit, holds = await store.read(self._visiting, inbound)
        if not is_proven(visit):
            return forged(visit)
        if not holds:
            return self._gone(visit)
        form = {name: value.strip() if "password" not in name else value for name, value in visit.form.items()}
        wrong = problems(form)
        hashed = "" if wrong else await self._passwords.hash(form["password"], inbound.remote)
        inbound.command = Filled(form, wrong, hashed)
        return None

    def set_up(self, tx: Transaction, visit: Visit) -> Response:
        """Make the shop and its admin, who is logged in; or say what is wrong, beside the field."""
        filled: Filled = visit.inbound.command
        link = visit.inbound.values["link"]
        if filled.wrong:
            return _asked(visit, filled)
        if not setup.use(tx, link, visit.now):
            return self._gone(visit)
        id = users.add(tx, filled.get("name"), filled.password_hash, visit.now)
        if id is None:
            setup.make_link(tx, link, visit.now)
            return _asked(visit, Filled(filled.form, {"name": "That name is taken."}))
        keys, shop = self._open(tx, filled.opening, visit.now), filled.get("shop")
        if keys is None:  # somebody has just made it at the command line
            return self._gone(visit)
        members.put(tx, shop, Member(id, filled.get("name"), members.ADMIN, visit.now))
        return self._ready(tx, visit, (shop, id), keys)

    def _ready(self, tx: Transaction, visit: Visit, made: tuple[str, int], keys: ShopKeys) -> Response:
        """What is shown once, to somebody who is logged in from now on."""
        shop, user_id = made
        secret, seconds = new_secret(), self._desk.session_seconds
        users.open_session(tx, user_id, NewSession(secret, users.BROWSER, seconds), visit.now)
        known = Known.of_new(shop, keys)
        page = visit.show(
            "setup/ready.html",
            shop_name=shop,
            secrets=known.secrets(),
            calls=calls(origin_of(visit.inbound) or DEFAULT_ORIGIN, known),
            onward=f"{HOME}/{shop}/connect",
        )
        cookies = (visit.cookie(SESSION_COOKIE, secret, seconds), *visit.forgotten(VISIT_COOKIE))
        return Response(page.status, page.body, (*page.headers, *cookies))

    def _visiting(self, tx: Transaction, inbound: Inbound) -> tuple[Visit, bool]:
        visit = self._desk.visit(tx, inbound)
        return visit, setup.holds(tx, inbound.values["link"], inbound.received_at)

    def _gone(self, visit: Visit) -> Response:
        """No such link; whoever tries many is told to wait."""
        wait = self._guesses.take(place_of(visit.inbound.remote), visit.now)
        page = visit.show("error.html", 429 if wait else 404, title="This link holds no more", said=GONE)
        return Response(page.status, page.body, (*page.headers, (b"retry-after", b"%d" % wait))) if wait else page


def problems(form: dict[str, str]) -> dict[str, str]:
    """What is wrong with what was filled in, by field; nothing where all of it is right."""
    country = form.get("country", "")
    expected = strange_country(country) if country else None
    told = {
        "shop": shops.name_problem(form.get("shop", "")),
        "currency": None
        if minor_exponent(currency_code(form.get("currency", ""))) is not None
        else "Write an ISO 4217 code, such as EUR.",
        "country": f"Write {expected}." if expected is not None else None,
        "name": users.name_problem(form.get("name", "")),
        "password": users.password_problem(form.get("password", "")),
        "password_again": None if form.get("password") == form.get("password_again") else "The two are not the same.",
    }
    return {name: said for name, said in told.items() if said is not None}


def _asked(visit: Visit, filled: Filled) -> Response:
    return visit.show("setup/first.html", 422 if filled.wrong else 200, form=filled.form, wrong=filled.wrong)
