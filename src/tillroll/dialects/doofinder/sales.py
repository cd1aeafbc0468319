"""What search sessions tell about sales: what may earn, and checkouts without a number."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from tillroll.dialects.doofinder.said import Unsaid, items_said
from tillroll.dialects.doofinder.writes import DIALECT
from tillroll.domain.attribution.touches import BANNER, REDIRECT, SEARCH, SEARCH_SESSION
from tillroll.domain.events.events import ACCEPTED, REFUSED, REPEATED
from tillroll.domain.sales.carts import CartChanged, CartClosed, CartStep, CartTold, How
from tillroll.domain.sales.credits import DIGEST
from tillroll.domain.sales.facts import Reported, SaleLine, TouchTold, What
from tillroll.domain.sales.searches import Searched, SearchTold
from tillroll.engine.sales.reading import Home, ReadCart, Witness, line_of, node_of, product_of
from tillroll.store.ledger.rows import LedgerRow

_USERS = f"{DIALECT}.user"
_SOURCES = {"click": SEARCH, "banner_click": BANNER, "redirect": REDIRECT, "init": SEARCH_SESSION}
_CARTS = {"cart_add": How.ADD, "cart_remove": How.TAKE, "cart_clear": How.TAKE, "cart": How.ADD}
_SEARCHED = {
    "init": Searched.SESSION,
    "click": Searched.CLICK,
    "banner_click": Searched.BANNER,
    "redirect": Searched.REDIRECT,
    "checkout": Searched.CHECKOUT,
}
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def witness() -> Witness:
    """The readers of this dialect's events."""
    readers = {"checkout": _checkout} | dict.fromkeys(_SOURCES, _touched)
    carts: dict[str, ReadCart] = dict.fromkeys(_CARTS, _cart) | dict.fromkeys(("checkout", "cart_expired"), _closed)
    return Witness(DIALECT, readers, frozenset(_SOURCES), (f"{_USERS}:",), carts, dict.fromkeys(_SEARCHED, _search))


def _touched(row: LedgerRow, _home: Home) -> What | None:
    if row.outcome != ACCEPTED or not row.visitor:
        return None
    # A click names its item by a digest of the item's id, and never by the id.
    digest = row.subject.rpartition("@")[2] if row.kind == "click" else ""
    return TouchTold(
        source=_SOURCES[row.kind],
        nodes=_nodes(row),
        product=f"{DIGEST}{digest}" if digest else None,
        session=node_of(DIALECT, row.visitor),
    )


def _checkout(row: LedgerRow, home: Home) -> What | None:
    """A session's cart at its checkout. One of nothing, or one that was refused, is no purchase."""
    if row.outcome == REFUSED or not row.visitor:
        return None
    items = _DECODER.decode(row.document).get("cart", ())
    if not items:
        return None
    lines = tuple(_line(one, home.currency) for one in items)
    is_known = all(line.total_minor is not None for line in lines)
    return Reported(
        currency=home.currency if is_known else "",
        total_minor=sum(line.total_minor or 0 for line in lines) if is_known else None,
        lines=lines,
        nodes=_nodes(row),
        is_repeated=row.outcome == REPEATED,
    )


def _line(item: dict[str, Any], currency: str) -> SaleLine:
    quantity, price = Decimal(item["amount"]), item.get("price")
    total = Decimal(price) * quantity if price is not None else None
    return line_of(str(item["id"]), quantity, total, currency)


def _nodes(row: LedgerRow) -> tuple[str, ...]:
    """The shop's own name of the visitor, where it was told, and the session."""
    user = (node_of(_USERS, row.person),) if row.person else ()
    return (*user, node_of(DIALECT, row.visitor or ""))


def _cart(row: LedgerRow, home: Home) -> CartTold | None:
    """What a call does to a session's cart; what a piece costs is said when it is added, and in a whole cart."""
    if row.outcome != ACCEPTED or not row.visitor:
        return None
    document = _DECODER.decode(row.document)
    named = _named(document, row.kind) if row.kind != "cart_clear" else []
    is_whole = row.kind == "cart"
    how = How.SET if is_whole else _CARTS[row.kind]
    steps = []
    for place, (line, quantity) in enumerate(document.get("changes", ())):
        product, price = named[place] if place < len(named) else (line, None)
        steps.append(CartStep(line=line, product_id=product, quantity=quantity, how=how, price=price))
    return CartChanged(
        node=_cart_node(row),
        currency=home.currency,
        steps=tuple(_added_up(steps) if len(steps) > 1 else steps),
        empties=is_whole or row.kind == "cart_clear",
    )


def _named(document: dict[str, Any], kind: str) -> list[tuple[str, Decimal | None]]:
    """Product and price of each line that a call names; none where what was said is not kept as a whole."""
    try:
        said = items_said(document.get("said", {}), kind)
        return [(product_of(product), Decimal(price) if price is not None else None) for product, price in said]
    except Unsaid:
        return []


def _added_up(steps: Sequence[CartStep]) -> list[CartStep]:
    """One step for each line; a line that a call names twice is both of them."""
    found: dict[str, CartStep] = {}
    for step in steps:
        known = found.get(step.line)
        if known is None:
            found[step.line] = step
            continue
        price = step.price if step.price is not None else known.price
        found[step.line] = replace(known, quantity=known.quantity + step.quantity, price=price)
    return list(found.values())


def _closed(row: LedgerRow, _home: Home) -> CartTold | None:
    """A checkout buys what is in the cart; one that found nothing in it is a repeat, or ends an empty cart."""
    if row.outcome != ACCEPTED or not row.visitor:
        return None
    return CartClosed(node=_cart_node(row), is_bought=row.kind == "checkout")


def _cart_node(row: LedgerRow) -> str:
    """A session has a cart in each engine."""
    return node_of(DIALECT, f"{row.channel}/{row.visitor}")


def _search(row: LedgerRow, home: Home) -> SearchTold | None:
    """What happened in a session; a checkout of something whose price nobody knows is one of nothing."""
    if row.outcome != ACCEPTED or not row.visitor:
        return None
    what = _SEARCHED[row.kind]
    if what is not Searched.CHECKOUT:
        name = "" if what is Searched.SESSION else row.subject
        return SearchTold(what=what, session=row.visitor, name=name, query=row.detail or "")
    bought = _checkout(row, home)
    minor = (bought.total_minor or 0) if isinstance(bought, Reported) else None
    return SearchTold(what=what, session=row.visitor, minor=minor)
