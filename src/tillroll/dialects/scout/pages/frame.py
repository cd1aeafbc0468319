"""What the inventory's pages have in common."""

from functools import partial
from pathlib import Path

from tillroll.dialects.scout import wording
from tillroll.pages.visits import Pages
from tillroll.pages.visits import form_route as form_route_of

HOME = "/inventory"

PAGES = Pages(Path(__file__).parent, tuple(wording.FILTERS.items()), HOME, "the inventory")

form_route = partial(form_route_of, pages=PAGES)
