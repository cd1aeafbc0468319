"""The dashboard, described: its pages, and what its forms carry."""

from collections.abc import Sequence

from tillroll.dashboard.arrivals.live import OUTCOMES
from tillroll.dashboard.asked import CALENDARS, PERIODS
from tillroll.dashboard.carts import BY as CARTS_BY
from tillroll.dashboard.people.page import JOIN
from tillroll.dashboard.sales.page import STATES
from tillroll.dashboard.search import BY as SEARCH_BY
from tillroll.dashboard.settings.counting import NUMBERS
from tillroll.dashboard.settings.keys import KINDS
from tillroll.dashboard.setup.page import SETUP
from tillroll.dialects.explained import explained_by
from tillroll.dialects.http import Route
from tillroll.dialects.openapi import (
    TEXT,
    Answer,
    Demands,
    Description,
    Operation,
    Parameter,
    Place,
    Schema,
    Service,
    one_of,
    record,
)
from tillroll.domain.sales.facts import NUMBER_RULES
from tillroll.engine.sales.policies import names_of
from tillroll.engine.shops.members import ROLES
from tillroll.pages import assets
from tillroll.pages.choices import DialectChoices

_SUMMARY = """The dashboard: pages for the people of a shop, who log in with a cookie. Each form carries a token of the
page that it was on. Programs use the native API, which answers the same figures."""
_SEEN = Answer("The page.", TEXT, content_type="text/html")
_ONCE = Answer("The page with what is shown once.", TEXT, content_type="text/html")
_FILE = Answer("The file.", TEXT, content_type="text/csv")
_ELSEWHERE = Answer("Another address: the login, or what comes next.", headers={"Location": "Where to go."})
_BASE = "/dashboard/{shop}"
# What the first shop and its admin are made of.
_FIRST = ("shop", "currency", "name", "password", "password_again")


def description(sections: Sequence[DialectChoices]) -> Description:
    """What is to be said of these routes; `sections` are what dialects let a shop choose."""
    return Description(
        name="dashboard",
        title="Dashboard",
        summary=_SUMMARY,
        operations=[*_pages(), *_forms(), *_settings(), *_of_dialects(sections), *_assets()],
        components={},
        services=(
            Service(
                "dashboard", "Dashboard pages", ("/dashboard", "/join", "/setup"), "Revenue, sales and what arrives."
            ),
            Service("assets", "Files of pages", (assets.PREFIX,), "The stylesheet and the scripts of all pages."),
        ),
        refusal=lambda _route, _status: Answer("A page that says what is wrong.", TEXT, content_type="text/html"),
        demands=_demands,
        explain=explained_by(__name__),
        places={
            "shop": Place("shop", "The shop's name."),
            "link": Place("link", "The secret of a link with which a new server is set up."),
            "invitation": Place("invitation", "The secret of an invitation, as its link has it."),
            "sales/{id}": Place("sale", "The sale's id, or that of a report: `s` and its position in the ledger."),
        },
    )


def _demands(route: Route) -> Demands:
    if route.path.startswith(assets.PREFIX):
        return Demands(who="anybody")
    if route.path == SETUP:
        return Demands(who="whoever has the link that a new server is started with", refusals=(403, 404, 422, 429))
    if route.path == JOIN:
        return Demands(who="somebody who is logged in, in a browser", refusals=(403, 404))
    return Demands(who="somebody who belongs to the shop, in a browser", refusals=(403, 404, 422))


def _page(path: str, summary: str, parameters: Sequence[Parameter] = (), answer: Answer = _SEEN) -> Operation:
    return Operation("GET", path, summary, {200: answer, 303: _ELSEWHERE}, parameters=parameters)


def _form(path: str, summary: str, fields: dict[str, Schema], *, shows_once: bool = False) -> Operation:
    answers = {303: _ELSEWHERE} | ({200: _ONCE} if shows_once else {})
    return Operation("POST", path, summary, answers, record({"token": TEXT, **fields}, others=True))


def _pages() -> list[Operation]:
    period = [
        Parameter("period", one_of(*PERIODS), "Which days; thirty where not said."),
        Parameter("from", summary="The first day of a custom period, YYYY-MM-DD on the shop's clock."),
        Parameter("to", summary="The last day."),
        Parameter("currency", summary="ISO 4217; the commonest one of those days where not said."),
        Parameter("calendar", one_of(*CALENDARS), "By which day refunds are counted."),
        Parameter("compare", one_of("none", "previous"), "Whether with as many days before."),
        Parameter("as_of", summary="The figures as they were at a position of the ledger."),
        Parameter("model", one_of(*names_of()), "Which model shares the revenue."),
    ]
    chosen = [
        Parameter("q", summary="An order number, as people write it, or a sale's id."),
        Parameter("status", one_of(*STATES), "In which state it is."),
        Parameter("source", summary="Who has a part in it under any model, or `unattributed`."),
        Parameter("conflicts", one_of("true"), "Only sales with conflicts or candidates."),
        *period[:4],
    ]
    place = Parameter("before", summary="The place behind which the page begins, as its link has it.")
    model = period[-1]
    convert = Parameter("convert", one_of("true"), "Add what was sold in other currencies, by the shop's dated rates.")
    source = Parameter("source", summary="Of this source alone.")
    compare = period[5]
    holdout = [
        Parameter("experiment", summary="Which experiment stands beside what is credited; the largest where not said."),
        Parameter("beside", summary="Beside the credit of which source; the first of the table where not said."),
        Parameter("share", summary="The part of the visitors that was meant to be in control; `0.5` where not said."),
    ]
    dialect = Parameter("dialect", summary="By whose events; by those of whoever tells first where not said.")
    days = [*period[:3], compare]
    of_carts = [*days, period[3], dialect]
    by_of_carts = Parameter("by", one_of(*CARTS_BY), "What the file lists, instead of days.")
    by_of_search = Parameter("by", one_of(*SEARCH_BY), "What the file lists, instead of days.")
    outcome = Parameter("outcome", one_of(*OUTCOMES), "Only calls that ended so.")
    by = Parameter("by", one_of("source"), "One line for each source, instead of one for each source and day.")
    done = Parameter("done", summary="The form that was just sent.")
    receipt = Parameter("receipt", summary="The id of a request.")
    return [
        _page("/dashboard", "The shops of whoever is logged in", [Parameter("shop", summary="Go to this one.")]),
        _page(_BASE, "Revenue impact: cards, a chart, and a table per source", [*period, convert, source, *holdout]),
        _page(f"{_BASE}/revenue.csv", "The same as a CSV file", [*period, convert, source, by], _FILE),
        _page(f"{_BASE}/models", "All models side by side", [*period[:4], convert, source]),
        _page(f"{_BASE}/models.csv", "The same as a CSV file", [*period[:4], convert, source], _FILE),
        _page(f"{_BASE}/sales", "Sales, the latest first", [*chosen, place]),
        _page(f"{_BASE}/sales.csv", "The same as a CSV file", [*chosen, place], _FILE),
        _page(f"{_BASE}/sales/{{id}}", "One sale, and why each cent is whose", [model]),
        _page(f"{_BASE}/sales/{{id}}/credits.csv", "Whose its money is under each model as a CSV file", answer=_FILE),
        _page(f"{_BASE}/carts", "Carts: what became of them, and what was left behind", of_carts),
        _page(f"{_BASE}/carts.csv", "The same as a CSV file", [*of_carts, by_of_carts], _FILE),
        _page(f"{_BASE}/search", "What the shop's search brought", days),
        _page(f"{_BASE}/search.csv", "The same as a CSV file", [*days, by_of_search], _FILE),
        _page(f"{_BASE}/live", "What arrives now, and what became of one request", [outcome, receipt]),
        _page(f"{_BASE}/live/rows", "The newest events, as a part of that page", [outcome]),
        _page(f"{_BASE}/live.csv", "The newest events as a CSV file", [outcome], _FILE),
        _page(f"{_BASE}/health", "Whether everything arrives and is followed", period[:3]),
        _page(f"{_BASE}/health.csv", "Calls by day, dialect, outcome and reason as a CSV file", period[:3], _FILE),
        _page(f"{_BASE}/health/audit", "What the last audit of the shop found"),
        _page(f"{_BASE}/people", "Who belongs to the shop"),
        _page(f"{_BASE}/connect", "What to paste so that events arrive"),
        _page(JOIN, "What one is invited to"),
        _page(SETUP, "What a new server is set up with"),
        _page(f"{_BASE}/settings", "What the shop has decided", [done]),
    ]


def _forms() -> list[Operation]:
    sale = f"{_BASE}/sales/{{id}}"
    role = one_of(*ROLES)
    return [
        _form(f"{sale}/refund", "Gives money back", {"amount?": TEXT, "product?": TEXT, "reason?": TEXT}),
        _form(f"{sale}/merge", "Makes sales one", {"sales": TEXT}),
        _form(f"{sale}/split", "Makes reports a sale of their own: a field report-POSITION for each", {}),
        _form(f"{sale}/undo", "Undoes a decision", {"decision": TEXT}),
        _form(
            f"{_BASE}/people/role",
            "Lets a user belong to the shop, or be something else there",
            {"name": TEXT, "role": role},
        ),
        _form(f"{_BASE}/people/reset-totp", "Ends the second step of somebody's logins", {"name": TEXT}),
        _form(f"{_BASE}/people/remove", "Lets a user belong to the shop no more", {"name": TEXT}),
        Operation(
            "POST",
            f"{_BASE}/people/invite",
            "Makes a link with which one person joins the shop, and shows it once",
            {200: _SEEN},
            record({"token": TEXT, "role": role}, others=True),
        ),
        _form(f"{_BASE}/people/withdraw", "Takes an invitation back", {"invitation": TEXT}),
        _form(f"{_BASE}/health/audit", "Proves what can be proved of the shop, and keeps what was found", {}),
        _form(JOIN, "Joins the shop that one is invited to", {}),
        _form(f"{_BASE}/connect/test", "Keeps an order that is only a test, and shows its arrival", {}),
        Operation(
            "POST",
            SETUP,
            "Makes the first shop and its admin, and shows its keys once",
            {200: _ONCE},
            record({"token": TEXT, **dict.fromkeys(_FIRST, TEXT), "country?": TEXT}, others=True),
        ),
    ]


def _settings() -> list[Operation]:
    at = f"{_BASE}/settings"
    numbers: dict[str, Schema] = dict.fromkeys(NUMBERS, TEXT)
    rules = {"authority?": TEXT, "numbers": one_of(*NUMBER_RULES), **numbers, "windows?": TEXT}
    application: dict[str, Schema] = {"title": TEXT, "redirect_uris?": TEXT, "counts_repeats?": TEXT}
    return [
        _form(f"{at}/add-engine", "Adds a search engine", {"hashid?": TEXT, "label?": TEXT}),
        _form(f"{at}/remove-engine", "Removes a search engine", {"hashid": TEXT}),
        _form(f"{at}/add-company", "Adds a company's key", {"company": TEXT}),
        _form(f"{at}/remove-company", "Removes a company's key", {"company": TEXT}),
        _form(f"{at}/add-origin", "Admits the pages of an origin", {"origin": TEXT}),
        _form(f"{at}/remove-origin", "Admits them no more", {"origin": TEXT}),
        _form(f"{at}/ban", "Bans an address or a network", {"network": TEXT}),
        _form(f"{at}/lift-ban", "Lifts a ban", {"network": TEXT}),
        _form(
            f"{at}/create-key",
            "Makes a key, which is shown once: a field scope-NAME for each thing that it may do",
            {"kind": one_of(*KINDS)},
            shows_once=True,
        ),
        _form(f"{at}/revoke-key", "Revokes a key", {"identifier": TEXT}),
        _form(f"{at}/add-application", "Adds an application, whose key is shown once", application, shows_once=True),
        _form(f"{at}/replace-application-key", "Makes it another key", {"client_id": TEXT}, shows_once=True),
        _form(f"{at}/revoke-application", "Revokes an application", {"client_id": TEXT}),
        _form(f"{at}/counting", "Says how sales are counted", rules),
        _form(f"{at}/switches", "Switches on or off what holds for all dialects", {"strict_fields?": TEXT}),
    ]


def _of_dialects(sections: Sequence[DialectChoices]) -> list[Operation]:
    return [
        _form(
            f"{_BASE}/settings/{one.dialect}",
            f"Says how {one.title}'s calls are taken",
            {f"{name}?": TEXT for name in one.names},
        )
        for one in sections
    ]


def _assets() -> list[Operation]:
    version = Parameter("v", summary="A digest of the file: with that of the file as it is, browsers keep it for good.")
    return [
        Operation(
            "GET",
            assets.path_of(name),
            f"A file that pages load: {name}",
            {200: Answer("The file.", TEXT, content_type=kind.decode().partition(";")[0])},
            parameters=[version],
        )
        for name, kind in assets.FILES.items()
    ]
