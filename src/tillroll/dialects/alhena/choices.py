"""What a shop may choose about Alhena's dialect on its page of settings; `tillroll shop alhena` says the rest."""

from collections.abc import Mapping, Sequence

import msgspec

from tillroll.dialects.alhena.companies import DIALECT, HOURS_MAX, CompanySettings, read_settings, store_settings
from tillroll.pages.choices import Choice, DialectChoices
from tillroll.store import Transaction

_PRICES = {"unit": "of one piece", "line": "of all pieces of the line"}
_NAMES = ("mode", "window_hours", "cart_value", "line_value", "requires_key", "helpful_only")


def choices() -> DialectChoices:
    """The section."""
    about = "How carts and checkouts of storefronts are taken, and after which conversations they count."
    return DialectChoices(DIALECT, "Alhena", about, _NAMES, _choices, _change)


def _choices(tx: Transaction, shop: str) -> Sequence[Choice]:
    known = read_settings(tx, shop)
    modes = {"strict": "what the vendor refuses is refused", "lenient": "a missing conversation is forgiven"}
    return (
        Choice(name="mode", label="Mode", value=known.mode, options=modes),
        Choice(
            name="window_hours",
            label="Hours for which a conversation stays active",
            value=str(known.window_hours),
            bounds=(1, HOURS_MAX),
        ),
        Choice(name="cart_value", label="What a cart event's value is", value=known.cart_value, options=_PRICES),
        Choice(name="line_value", label="What a purchased item's value is", value=known.line_value, options=_PRICES),
        Choice(name="requires_key", label="Every call needs a key of the shop", value=_flag(known.requires_key)),
        Choice(name="helpful_only", label="Only answers that helped count", value=_flag(known.helpful_only)),
    )


def _change(tx: Transaction, shop: str, said: Mapping[str, str]) -> None:
    known = read_settings(tx, shop)
    chosen = {
        **said,
        "window_hours": int(said["window_hours"]),
        "requires_key": bool(said["requires_key"]),
        "helpful_only": bool(said["helpful_only"]),
    }
    changed = msgspec.convert(msgspec.to_builtins(known) | chosen, CompanySettings)
    if changed != known:
        store_settings(tx, shop, changed)


def _flag(chosen: bool) -> str:
    return "1" if chosen else ""
