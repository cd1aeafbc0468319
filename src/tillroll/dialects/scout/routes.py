"""The table of Scout's dialect: the vendor's calls, the pages for people, and the inventory as JSON."""

from tillroll.dialects.http import Area, Route
from tillroll.dialects.passwords import Passwords
from tillroll.dialects.scout import posts, tokens, v1
from tillroll.dialects.scout.errors import SCOUT
from tillroll.dialects.scout.pages import consent, items, people, second_step, sheets
from tillroll.dialects.scout.pages.frame import PAGES
from tillroll.dialects.scout.v1 import OWNER
from tillroll.pages.visits import Desk
from tillroll.settings import Settings

# What people open in a browser.
PAGES_BELOW = ("inventory", "login", "logout", "sign-up", "account", "grants", "oauth/new")
AREAS = (
    Area("ingest", SCOUT, is_private=True),
    Area("api/v1", SCOUT, is_private=True),
    Area("v1/inventory", OWNER, is_private=True),
    *(Area(prefix, PAGES, is_private=True) for prefix in PAGES_BELOW),
)


def routes(settings: Settings, passwords: Passwords) -> list[Route]:
    """Every route."""
    desk = Desk(PAGES, settings.secure_cookies, settings.user_session_seconds)
    return [
        *posts.routes(),
        *tokens.routes(),
        *people.routes(desk, passwords, settings.sign_ups_per_hour),
        *second_step.routes(desk),
        *consent.routes(desk),
        *items.routes(desk),
        *sheets.routes(desk),
        *v1.routes(),
    ]
