"""The table of Scout's dialect: the vendor's calls, the pages for people, and the inventory as JSON."""

from tillroll.dialects.http import Route, Service
from tillroll.dialects.passwords import Passwords
from tillroll.dialects.scout import posts, tokens, v1
from tillroll.dialects.scout.errors import SCOUT
from tillroll.dialects.scout.pages import consent, items, people, sheets
from tillroll.dialects.scout.pages.frame import PAGES, Desk, stylesheet
from tillroll.settings import Settings

STYLESHEET = "/inventory/style.css"

# Whose words an address gets below which there is nothing, by its first segment. `/checkout` and `/oauth` are shared.
SERVICES: dict[str, Service] = {
    "ingest": SCOUT,
    "api": SCOUT,
    **dict.fromkeys(("inventory", "login", "logout", "sign-up", "account", "grants"), PAGES),
}


def routes(settings: Settings, passwords: Passwords) -> list[Route]:
    """Every route."""
    desk = Desk(settings.secure_cookies, settings.user_session_seconds)
    return [
        *posts.routes(),
        *tokens.routes(),
        *people.routes(desk, passwords),
        *consent.routes(desk),
        *items.routes(desk),
        *sheets.routes(desk),
        *v1.routes(),
        Route("GET", STYLESHEET, posts.receive, PAGES, alone=stylesheet),
    ]
