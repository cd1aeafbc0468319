"""What figures and models mean, in plain words."""

from collections.abc import Mapping

from msgspec import Struct

from tillroll.domain.sales.searches import Searched
from tillroll.engine.sales.searches import ORDER

MONEY, NUMBER, PERCENT = "money", "number", "percent"


class Figure(Struct, frozen=True, kw_only=True):
    """What a card is about: its title, what it means, a note that is always seen, and how it is written."""

    title: str
    formula: str
    note: str = ""
    kind: str = MONEY
    is_better_low: bool = False


# The cards of revenue, by the names of what they show.
CARDS: Mapping[str, Figure] = {
    "total": Figure(
        title="Total revenue",
        formula="All sales of these days before refunds, by the day of the order. Tests and withdrawn orders do not "
        "count.",
    ),
    "attributed": Figure(
        title="Attributed",
        formula="The part of the total that the model credits to touches: searches, conversations, campaigns. "
        "Attributed and unattributed together are the total, to the cent.",
    ),
    "direct": Figure(
        title="Direct",
        note="part of attributed",
        formula="The part of the attributed revenue that touches of the very product that was bought have earned. The "
        "rest of it helped to sell something else.",
    ),
    "unattributed": Figure(
        title="Unattributed",
        formula="What no touch has earned: nothing is known of the buyer before the purchase, or nothing within the "
        "window.",
        is_better_low=True,
    ),
    "net": Figure(title="Net revenue", formula="The total less refunds."),
    "refunds": Figure(
        title="Refunds",
        formula="What was given back: of the sales of these days, or on these days, as the calendar says. Nothing is "
        "ever given back twice, or beyond what was paid.",
        is_better_low=True,
    ),
    "orders": Figure(
        title="Orders",
        formula="How many purchases there were. One purchase counts once, however many systems report it.",
        kind=NUMBER,
    ),
    "average": Figure(title="Average order", formula="The total by the number of orders, rounded half up."),
    "visits": Figure(
        title="Visits",
        formula="Visitors who were seen by a touch or a purchase, each counted once a day.",
        kind=NUMBER,
    ),
    "conversion": Figure(
        title="Conversion", formula="Orders by visits: of how many visits one became a purchase.", kind=PERCENT
    ),
}

# The cards of one source.
SOURCE_CARDS: Mapping[str, Figure] = {
    "credited": Figure(title="Revenue", formula="What the model credits to this source."),
    "share": Figure(title="Share", formula="The same as a part of all revenue of these days.", kind=PERCENT),
    "direct": CARDS["direct"],
    "assisted": Figure(
        title="Assisted",
        formula="The whole of every sale on whose path this source was, whoever earned it. Sources do not add up "
        "there.",
    ),
    "net": Figure(title="Net revenue", formula="What the model credits to this source, less its part of the refunds."),
    "refunds": Figure(
        title="Refunds", formula="What was given back of what is credited to this source.", is_better_low=True
    ),
    "orders": Figure(
        title="Orders",
        formula="How many purchases it has a part in. An order that several sources earned counts for each of them.",
        kind=NUMBER,
    ),
    "average": Figure(title="Average order", formula="Its revenue by the number of these orders, rounded half up."),
}

# The three cards of carts, by the definitions that Alhena publishes.
CART_CARDS: Mapping[str, Figure] = {
    "cart_average": Figure(
        title="Average cart value",
        formula="What was added to carts less what was taken away, by the carts with an addition or a removal, each "
        "counted once a day; rounded half up.",
    ),
    "cart_daily": Figure(
        title="Daily cart GMV",
        note="average",
        formula="What was added to carts less what was taken away, by the days on which anything was: days without "
        "count for nothing.",
    ),
    "cart_gmv": Figure(
        title="Total add-to-cart GMV",
        formula="Everything that was added to carts, less everything that was taken away, at the prices that the "
        "events tell.",
    ),
}

# The cards of the shop's search.
SEARCH_CARDS: Mapping[str, Figure] = {
    Searched.SESSION.value: Figure(
        title="Search sessions", formula="Sessions that began, as the search's script reports them.", kind=NUMBER
    ),
    Searched.CLICK.value: Figure(title="Clicks", formula="Results that were clicked.", kind=NUMBER),
    "per_session": Figure(
        title="Clicks per session", formula="Clicks by sessions: how many results a session looked at.", kind=NUMBER
    ),
    Searched.BANNER.value: Figure(title="Banner clicks", formula="Banners that were clicked.", kind=NUMBER),
    Searched.REDIRECT.value: Figure(title="Redirects", formula="Redirects that were followed.", kind=NUMBER),
    ORDER: Figure(title="Purchases", formula="Checkouts of sessions, with something in the cart.", kind=NUMBER),
    "revenue": Figure(
        title="Revenue of these carts", formula="As far as their prices are known, in the shop's currency."
    ),
    "search_conversion": Figure(
        title="Conversion",
        formula="Checkouts by sessions: of how many search sessions one became a checkout.",
        kind=PERCENT,
    ),
}

# A model's title, and what it does.
MODELS: Mapping[str, tuple[str, str]] = {
    "last": ("Last touch", "Everything goes to the last touch before the purchase."),
    "last_non_direct": ("Last non-direct", "Everything goes to the last touch that was not a direct visit."),
    "first": ("First touch", "Everything goes to the first touch of the window."),
    "linear": ("Linear", "All touches have equal parts."),
    "position": ("Position", "Two fifths each go to the first and the last touch, one fifth to those between."),
    "w_shaped": ("W-shaped", "The first touch, the one that made a buyer of a visitor, and the last one share most."),
    "time_decay": ("Time decay", "The nearer to the purchase, the more: the weight halves with each half-life."),
    "shapley": ("Shapley", "Each source has what it adds to all groups of the others, on average."),
    "first-help-of-a-day": (
        "First help of a day",
        "As Alhena counts: the first helpful chat, question or nudge within 24 hours.",
    ),
    "click-of-the-session": (
        "Click of the session",
        "As Doofinder counts: a click on a search result in the session that bought.",
    ),
    "search-of-a-day": ("Search of a day", "As Doofinder's statistics count: any search within 24 hours."),
}
