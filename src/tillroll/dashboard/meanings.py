"""What figures and models mean, in plain words."""

from collections.abc import Mapping

# Title, a note that is always seen, and what it is.
CARDS: Mapping[str, tuple[str, str, str]] = {
    "total": (
        "Total revenue",
        "",
        "All sales of these days before refunds, by the day of the order. Tests and withdrawn orders do not count.",
    ),
    "attributed": (
        "Attributed",
        "",
        "The part of the total that the model credits to touches: searches, conversations, campaigns. Attributed and "
        "unattributed together are the total, to the cent.",
    ),
    "direct": (
        "Direct",
        "part of attributed",
        "The part of the attributed revenue that touches of the very product that was bought have earned. The rest of "
        "it helped to sell something else.",
    ),
    "unattributed": (
        "Unattributed",
        "",
        "What no touch has earned: nothing is known of the buyer before the purchase, or nothing within the window.",
    ),
    "net": ("Net revenue", "", "The total less refunds."),
    "refunds": (
        "Refunds",
        "",
        "What was given back: of the sales of these days, or on these days, as the calendar says. Nothing is ever "
        "given back twice, or beyond what was paid.",
    ),
    "orders": (
        "Orders",
        "",
        "How many purchases there were. One purchase counts once, however many systems report it.",
    ),
    "average": ("Average order", "", "The total by the number of orders, rounded half up."),
    "visits": ("Visits", "", "Visitors who were seen by a touch or a purchase, each counted once a day."),
    "conversion": (
        "Conversion",
        "",
        "Orders by visits: of how many visits one became a purchase.",
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
