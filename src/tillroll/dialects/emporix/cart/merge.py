"""`POST /cart/{tenant}/carts/{cartId}/merge`: what a guest has collected comes into another cart (5.1).

A login merges by itself. This call is for clients that do it on their own, and answers 200 for what was merged already.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.dialects.emporix.cart.one_cart import EVERYBODY, is_stale, missing, stale
from tillroll.dialects.emporix.wire.errors import CART
from tillroll.dialects.emporix.wire.payload import body_as, refuse_if
from tillroll.dialects.emporix.wire.secured import Call, Run, secured_many
from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.domain.cart.merge import merge
from tillroll.engine.access.access import SERVICE
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.claim import MERGED_INTO, moved, note_merge
from tillroll.engine.coupons.coupons import coupons_max
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Transaction

# A session has a cart for each site and type; nobody has more of them at hand.
CARTS_MAX = 50

_INTO_ITSELF = "Cart cannot be merged into itself"
ANONYMOUS = "Anonymous cart cannot be assigned to a legal entity"
_CURRENCIES = "All the items must have the same currency when merging carts"


class MergeRequest(Struct, frozen=True):
    """Which carts come in."""

    carts: tuple[str, ...]


def routes(catalogue: Catalogue) -> list[Route]:
    """The merge."""
    return [Route("POST", "/cart/{tenant}/carts/{cartId}/merge", _merging(catalogue), CART, _read, writes=True)]


def _read(inbound: Inbound) -> MergeRequest:
    asked: MergeRequest = body_as(MergeRequest)(inbound)
    count = len(asked.carts)
    wrong = None if 1 <= count <= CARTS_MAX else Problem("carts", "invalid_value", f"carts must name 1 to {CARTS_MAX}")
    refuse_if([wrong])
    return asked


def _merging(catalogue: Catalogue) -> Run:
    def merge_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Response]:
        desk = Desk(tx, catalogue)
        wanted: dict[str, set[str]] = {}
        for call in calls:
            wanted.setdefault(call.shop, set()).update([call.inbound.values["cartId"], *call.inbound.command.carts])
        locked = {shop: carts.lock(tx, shop, wanted[shop]) for shop in sorted(wanted)}
        answers = [_merge(desk, call, locked[call.shop]) for call in calls]
        for shop in sorted(locked):
            carts.save(tx, shop, locked[shop].values(), max(call.now for call in calls))
        return answers

    return secured_many(CART, EVERYBODY, merge_many)


def _merge(desk: Desk, call: Call, known: dict[str, StoredCart]) -> Response:
    """POST: 200, all of the carts or none; 404 for a cart that the caller may not touch, 400 where it can not be."""
    id, asked = call.inbound.values["cartId"], dict.fromkeys(call.inbound.command.carts)
    target = known.get(id)
    if target is None or not target.is_open or not carts.belongs_to(target, call.caller):
        return missing(id)
    version = call.inbound.header(b"if-match").strip().strip('"')
    if is_stale(target, int(version) if version.isascii() and version.isdigit() and len(version) < 19 else None):
        return stale()
    if id in asked:
        return CART.refuse(400, message=_INTO_ITSELF)
    if target.cart.customer_id is None and (target.cart.legal_entity_id or call.caller.legal_entity_id):
        return CART.refuse(400, message=ANONYMOUS)
    sources: list[StoredCart] = []
    for name in asked:
        source = known.get(name)
        if source is None or not _may_take(source, call):
            return missing(name)
        if source.cart.extra.get(MERGED_INTO) == id:
            continue
        if not source.is_open:
            return missing(name)
        if source.cart.currency != target.cart.currency:
            return CART.refuse(400, message=_CURRENCIES)
        sources.append(source)
    return _merged(desk, call, target, sources)


def _may_take(source: StoredCart, call: Call) -> bool:
    """A caller may take its own carts, and those of the session that its token is of."""
    of_session = call.caller.session_id is not None and source.owner == f"session:{call.caller.session_id}"
    return call.caller.kind == SERVICE or of_session or carts.belongs_to(source, call.caller)


def _merged(desk: Desk, call: Call, target: StoredCart, sources: Sequence[StoredCart]) -> Response:
    view = desk.view(call.shop)
    before = target.cart
    target.cart = carts.copy_of(before)
    for source in sources:
        arriving = moved(view, source.cart, target.cart, call.now)
        refused = merge(target.cart, arriving, coupons_max=coupons_max(view))
        if refused is not None:
            target.cart = before
            return CART.refuse(400, message=refused)
    for source in sources:
        note_merge(target, source, call.now)
    target.changes += 1 if sources else 0
    return Response(200, b"", ())
