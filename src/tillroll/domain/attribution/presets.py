"""Rule sets: a model with the windows of its sources, among them the rules by which others count.

A shop that comes from another system finds the number there that it knows, beside those of its own rules.
"""

from msgspec import Struct

from tillroll.domain.attribution.models import Model, Setting
from tillroll.domain.attribution.paths import FOREVER, Windows
from tillroll.domain.attribution.touches import CHAT, DAY, FAQ, NUDGE, SEARCH, SEARCH_SESSION


class RuleSet(Struct, frozen=True):
    """What an attribution is a function of, beside the events: `setting` shares what `windows` let through."""

    name: str
    setting: Setting = Setting()
    windows: Windows = Windows()


# Last non-direct touch of the last thirty days.
OURS = RuleSet("tillroll")

# What brought somebody here at all: the first touch that anybody knows of.
SOURCED = RuleSet("sourced", Setting(Model.FIRST), Windows(default=FOREVER))

# The first of conversation, question and nudge within 24 hours, less the answers that did not help
# (docs/wire/alhena.md, 11).
FIRST_HELP_OF_A_DAY = RuleSet(
    "first-help-of-a-day",
    Setting(Model.FIRST),
    Windows(default=None, by_source={CHAT: DAY, FAQ: DAY, NUDGE: DAY}, needs_helpful=True),
)

# A click on what a search brought, in the session that bought (docs/wire/doofinder.md, 16). A session lasts for a day.
CLICK_OF_THE_SESSION = RuleSet(
    "click-of-the-session",
    Setting(Model.LAST),
    Windows(default=None, by_source={SEARCH: DAY}, needs_session=True),
)

# Any purchase within 24 hours of a session that searched, whether anything was clicked or not
# (docs/wire/doofinder.md, 16).
SEARCH_OF_A_DAY = RuleSet(
    "search-of-a-day",
    Setting(Model.LAST),
    Windows(default=None, by_source={SEARCH: DAY, SEARCH_SESSION: DAY}),
)

PRESETS = (OURS, SOURCED, FIRST_HELP_OF_A_DAY, CLICK_OF_THE_SESSION, SEARCH_OF_A_DAY)
