"""Carts by what they are: `POST /cart/{tenant}/carts/search` (docs/wire/emporix.md, 5).

A shopper finds the own carts and nothing else, a back office all of the shop's. Only here a closed cart is shown to its
owner, and only here `status` is. Nothing is calculated: a list may be long.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from tillroll.dialects.emporix.cart import view
from tillroll.dialects.emporix.cart.one_cart import EVERYBODY
from tillroll.dialects.emporix.wire.answers import told
from tillroll.dialects.emporix.wire.errors import CART, encode_page
from tillroll.dialects.emporix.wire.payload import body_as, paging
from tillroll.dialects.emporix.wire.query import Condition, named_values, shop_conditions
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import Call, secured
from tillroll.dialects.http import Malformed, Problem, Response, Route
from tillroll.engine.access.access import SERVICE
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import CartFilter, StoredCart
from tillroll.store import Transaction

PAGE_SIZE = 60
# What no index answers is looked for cart by cart.
SCANNED_CARTS_MAX = 10_000
_CHUNK = 100


class Search(Struct, frozen=True):
    """The body of a search."""

    q: str | None = None


def routes() -> list[Route]:
    """The route of searches."""
    run = secured(CART, EVERYBODY, _search)
    return [Route("POST", "/cart/{tenant}/carts/search", run, CART, body_as(Search), reads="search")]


def _search(tx: Transaction, call: Call) -> Response:
    """POST: 200 with one page, newest first."""
    asked: Search = call.inbound.command
    place = paging(call.inbound, PAGE_SIZE)
    wanted = shop_conditions(tx, call.shop, asked.q or "")
    found = islice(_matching(tx, call, wanted), place.offset, place.offset + place.size)
    return Response(200, encode_page(found))


def _matching(tx: Transaction, call: Call, wanted: Sequence[Condition]) -> Iterator[Document]:
    ids = next((named for one in wanted if one.path == ("id",) and (named := named_values(one)) is not None), None)
    if ids is not None:
        stored = [one for one in carts.find(tx, call.shop, ids).values() if carts.belongs_to(one, call.caller)]
        yield from _fitting(call, sorted(stored, key=lambda one: one.cart.id, reverse=True), wanted)
        return
    place = _place(call, wanted)
    for start in range(0, SCANNED_CARTS_MAX + 1, _CHUNK):
        chunk = carts.page(tx, call.shop, place, range(start, start + _CHUNK))
        if start >= SCANNED_CARTS_MAX and chunk:
            said = f"there are more than {SCANNED_CARTS_MAX} carts: name an id, customerId, sessionId or status"
            raise Malformed([Problem("q", "invalid_query_parameter", said)])
        yield from _fitting(call, chunk, wanted)
        if len(chunk) < _CHUNK:
            return


def _place(call: Call, wanted: Sequence[Condition]) -> CartFilter:
    """Where an index finds what is wanted: a shopper's own carts, those of one owner, those of one status."""
    single = {".".join(one.path): value for one in wanted if (value := _single(one)) is not None}
    owner = call.caller.owner if call.caller.kind != SERVICE else None
    if owner is None and "customerId" in single:
        owner = f"customer:{single['customerId']}"
    status = single.get("status")
    return CartFilter(owner, status)


def _single(condition: Condition) -> str | None:
    values = named_values(condition)
    return next(iter(values)) if values is not None and len(values) == 1 else None


def _fitting(call: Call, found: Sequence[StoredCart], wanted: Sequence[Condition]) -> Iterator[Document]:
    for stored in found:
        document = told(view.found(call, stored))
        if all(one.holds(document) for one in wanted):
            yield document
