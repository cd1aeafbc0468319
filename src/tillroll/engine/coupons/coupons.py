"""Coupons as the merchant keeps them; they are never removed, only marked, because redemptions name them.

Whoever changes a coupon holds its row's lock, as a redemption does: a limit is compared with a count that stays.
"""

from typing import Any

from msgspec import Struct

from tillroll.domain.typed import Typed
from tillroll.engine.documents.snapshot import View
from tillroll.engine.locks import Locks, Plan
from tillroll.store import Transaction
from tillroll.store.coupons import rows as stored
from tillroll.store.coupons.rows import CouponUpdate, NewCoupon, StoredCoupon

COUPONS_MAX_DEFAULT = 1


# Each coupon is a pass over all lines: more than any shop gives away at once.
COUPONS_MAX = 20


class CouponWrite(Struct, frozen=True):
    """A coupon to be written, with the limit that the database enforces."""

    code: str
    redemptions_max: int
    document: str
    deleted: bool = False


def normal_code(view: View, code: str) -> str:
    """A code as it is kept: trimmed, and in capitals unless the shop's configuration says that letters differ."""
    typed = Typed(code).trimmed
    is_case_sensitive = view.configured(
        "enableCouponCodeCaseSensitivity", False, lambda value: value is True or str(value).lower() == "true"
    )
    return typed if is_case_sensitive else typed.upper()


def redemption_id(order_id: str, code: str) -> str:
    """The id of an order's redemption of a coupon: an order redeems a coupon once."""
    return f"{order_id}-{code}"


def find(tx: Transaction, shop: str, code: str) -> StoredCoupon | None:
    """One coupon, also a deleted one."""
    return stored.coupon(tx, shop, code)


def locked(tx: Transaction, shop: str, code: str) -> StoredCoupon | None:
    """One coupon that is not deleted, locked until the end of the transaction."""
    if not Locks(tx, shop).take(Plan(coupons=[code])).coupons:
        return None
    return find(tx, shop, code)


def page(tx: Transaction, shop: str, rows: range, *, with_deleted: bool) -> list[StoredCoupon]:
    """The coupons in these places, in order of creation."""
    return stored.coupons_page(tx, shop, rows, with_deleted=with_deleted)


def total(tx: Transaction, shop: str, *, with_deleted: bool) -> int:
    """How many coupons the shop has."""
    return stored.coupon_count(tx, shop, with_deleted=with_deleted)


def insert(tx: Transaction, shop: str, write: CouponWrite, now: int) -> bool:
    """Store a new coupon; False where its code is taken, be it by a deleted one."""
    if find(tx, shop, write.code) is not None:
        return False
    new = NewCoupon(shop=shop, code=write.code, redemptions_max=write.redemptions_max, document=write.document, now=now)
    stored.insert_coupon(tx, new)
    return True


def replace(tx: Transaction, shop: str, write: CouponWrite, now: int) -> None:
    """Replace a coupon that is locked; its count stays, and its limit must not fall below that."""
    changed = CouponUpdate(
        shop=shop,
        code=write.code,
        redemptions_max=write.redemptions_max,
        document=write.document,
        deleted=int(write.deleted),
        now=now,
    )
    stored.update_coupon(tx, changed)


def coupons_max(view: View) -> int:
    """How many coupons a cart of this shop may hold."""
    return view.configured("maxNumberOfCouponsPerCart", COUPONS_MAX_DEFAULT, _limit)


def _limit(value: Any) -> int:
    text = str(value)
    return min(int(text), COUPONS_MAX) if text.isascii() and text.isdigit() and len(text) < 9 else COUPONS_MAX_DEFAULT
