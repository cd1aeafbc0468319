"""What a guest has collected comes into another cart, because somebody asks for it (docs/wire/emporix.md, 5.1).

A login merges by itself (`claim`). What was merged already is no error.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from tillroll.domain.cart.merge import merge
from tillroll.domain.events.events import Origin
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.claim import MERGED_INTO, moved, note_merge
from tillroll.engine.coupons.coupons import coupons_max
from tillroll.engine.documents.desk import Desk

_INTO_ITSELF = "Cart cannot be merged into itself"
OF_A_GUEST = "Anonymous cart cannot be assigned to a legal entity"
_CURRENCIES = "All the items must have the same currency when merging carts"


class Merging(Struct, frozen=True):
    """A caller's wish to have carts come into another one; `version` is the one that the caller has seen, if any."""

    caller: Caller
    target_id: str
    source_ids: tuple[str, ...]
    version: int | None
    now: int

    @property
    def shop(self) -> str:
        """The caller's shop."""
        return self.caller.shop


def merge_carts(desk: Desk, mergings: Sequence[Merging]) -> list[Refused | None]:
    """Merge all carts of each of these, or none and say why; every cart is locked first, in one sorted order."""
    wanted: dict[str, set[str]] = {}
    for merging in mergings:
        wanted.setdefault(merging.shop, set()).update([merging.target_id, *merging.source_ids])
    locked = {shop: carts.lock(desk.tx, shop, wanted[shop]) for shop in sorted(wanted)}
    outcomes = [_merge(desk, merging, locked[merging.shop]) for merging in mergings]
    for shop in sorted(locked):
        origin = Origin(shop, mergings[0].caller.dialect)
        carts.save(desk.tx, origin, locked[shop].values(), max(merging.now for merging in mergings))
    return outcomes


def _refused(reason: Reason, subject: str, message: str) -> Refused:
    return Refused((Rejection(reason, subject, message),))


def _missing(id: str) -> Refused:
    return _refused(Reason.CART_NOT_FOUND, id, f"there is no open cart '{id[:80]}' of the caller's")


def _merge(desk: Desk, merging: Merging, known: Mapping[str, StoredCart]) -> Refused | None:
    target_id, caller = merging.target_id, merging.caller
    target = known.get(target_id)
    if target is None or not target.is_open or not carts.belongs_to(target, caller):
        return _missing(target_id)
    if merging.version is not None and merging.version != target.next_version:
        message = f"the cart has the version {target.next_version}: read it again"
        return _refused(Reason.CART_OUTDATED, target_id, message)
    if target_id in merging.source_ids:
        return _refused(Reason.CARTS_NOT_MERGEABLE, target_id, _INTO_ITSELF)
    if target.cart.customer_id is None and (target.cart.legal_entity_id or caller.legal_entity_id):
        return _refused(Reason.CARTS_NOT_MERGEABLE, target_id, OF_A_GUEST)
    sources: list[StoredCart] = []
    for id in dict.fromkeys(merging.source_ids):
        source = known.get(id)
        if source is None or not _may_take(source, caller):
            return _missing(id)
        if source.cart.extra.get(MERGED_INTO) == target_id:
            continue
        if not source.is_open:
            return _missing(id)
        if source.cart.currency != target.cart.currency:
            return _refused(Reason.CARTS_NOT_MERGEABLE, id, _CURRENCIES)
        sources.append(source)
    return _merge_into(desk, merging, target, sources)


def _may_take(source: StoredCart, caller: Caller) -> bool:
    """A caller may take its own carts, and those of the session that its token is of."""
    of_session = caller.session_id is not None and source.owner == f"session:{caller.session_id}"
    return caller.kind == SERVICE or of_session or carts.belongs_to(source, caller)


def _merge_into(desk: Desk, merging: Merging, target: StoredCart, sources: Sequence[StoredCart]) -> Refused | None:
    view, now = desk.view(merging.shop), merging.now
    before = target.cart
    target.cart = carts.copy_of(before)
    for source in sources:
        arriving = moved(view, source.cart, target.cart, now)
        refused = merge(target.cart, arriving, coupons_max=coupons_max(view))
        if refused is not None:
            target.cart = before
            return _refused(Reason.CARTS_NOT_MERGEABLE, source.cart.id, refused)
    for source in sources:
        note_merge(target, source, now)
    target.changes += 1 if sources else 0
    return None
