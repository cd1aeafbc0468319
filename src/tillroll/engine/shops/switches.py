"""What a shop has switched on or off for all dialects: `tillroll shop set`."""

from typing import Any

import msgspec
from msgspec import Struct

from tillroll.engine.shops import shops
from tillroll.store import Transaction

_SECTION = "shop"


class Switches(Struct, frozen=True):
    """A shop's switches."""

    strict_fields: bool = False
    """Whether a back office's request is refused that holds a field which nobody reads."""


def switches(tx: Transaction, shop: str) -> Switches:
    """A shop's switches, as they were set; those that it never set as they are by default."""
    return msgspec.convert(shops.dialect_settings(tx, shop, _SECTION), Switches)


def set_switches(tx: Transaction, shop: str, changes: dict[str, Any]) -> Switches:
    """Set some of them, and let every process know; all of them as they are now."""
    changed = msgspec.structs.replace(switches(tx, shop), **changes)
    if changes:
        shops.store_dialect_settings(tx, shop, _SECTION, msgspec.to_builtins(changed))
    return changed
