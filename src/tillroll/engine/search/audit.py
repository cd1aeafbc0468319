"""Proves that the open carts of search sessions are the sum of their events: a naive reckoning from the ledger."""

import msgspec
from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.audit import rows

Cart = dict[str, int]
Owner = tuple[str, str, str]


class _Changes(Struct):
    """The part of an event's document that says what it did to a cart: lines and thousandths."""

    changes: list[tuple[str, int]] = []


def problems_of_carts(tx: Transaction) -> list[str]:
    """Where a cart is not what its events add up to."""
    expected = {(*owner, line): n for owner, cart in _reckoned(tx).items() for line, n in cart.items() if n}
    found = {
        (line.shop, line.channel, line.session_id, line.line): line.quantity for line in rows.search_cart_lines(tx)
    }
    return [
        f"{shop}: the cart of session {session} at {channel} holds {found.get(key, 0)} thousandths of {line}, "
        f"but its events add up to {expected.get(key, 0)}"
        for key in sorted(expected.keys() | found.keys())
        if found.get(key, 0) != expected.get(key, 0)
        for shop, channel, session, line in [key]
    ]


def _reckoned(tx: Transaction) -> dict[Owner, Cart]:
    decoder = msgspec.json.Decoder(_Changes)
    carts: dict[Owner, Cart] = {}
    for event in rows.search_cart_events(tx):
        owner = (event.shop, event.channel, event.session_id)
        if event.kind in ("cart_clear", "cart_expired", "checkout", "cart"):
            carts.pop(owner, None)
        for line, quantity in decoder.decode(event.document).changes:
            cart = carts.setdefault(owner, {})
            cart[line] = max(0, cart.get(line, 0) + (-quantity if event.kind == "cart_remove" else quantity))
    return carts
