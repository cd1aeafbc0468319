"""Coupons as the merchant keeps them; they are never removed, only marked, because redemptions name them.

Whoever changes a coupon holds its row's lock, as a redemption does: a limit is compared with a count that stays.
"""

from typing import Any

from msgspec import Struct

from tillroll.engine.documents.snapshot import View
from tillroll.store import Transaction
from tillroll.store.queries import keys

COUPONS_MAX_DEFAULT = 1


# Each coupon is a pass over all lines: more than any shop gives away at once.
COUPONS_MAX = 20


class StoredCoupon(Struct, frozen=True):
    """A coupon's row: `document` is its JSON text, times are microseconds UTC, a limit below zero means none."""

    code: str
    redemptions_max: int
    redemption_count: int
    deleted: int
    version: int
    document: str
    created_at: int
    modified_at: int


class CouponWrite(Struct, frozen=True):
    """A coupon to be written, with the limit that the database enforces."""

    code: str
    redemptions_max: int
    document: str
    deleted: bool = False


def normal_code(view: View, code: str) -> str:
    """A code as it is kept: in capitals, unless the shop's configuration says that letters differ."""
    is_case_sensitive = view.configured(
        "enableCouponCodeCaseSensitivity", False, lambda value: value is True or str(value).lower() == "true"
    )
    return code if is_case_sensitive else code.upper()


def redemption_id(order_id: str, code: str) -> str:
    """The id of an order's redemption of a coupon: an order redeems a coupon once."""
    return f"{order_id}-{code}"


def find(tx: Transaction, shop: str, code: str) -> StoredCoupon | None:
    """One coupon, also a deleted one."""
    row = tx.row("coupon", shop=shop, code=code)
    return StoredCoupon(*row) if row is not None else None


def locked(tx: Transaction, shop: str, code: str) -> StoredCoupon | None:
    """One coupon that is not deleted, locked until the end of the transaction."""
    if not tx.rows("lock_coupons", shop=shop, keys=keys([code])):
        return None
    return find(tx, shop, code)


def page(tx: Transaction, shop: str, rows: range, *, with_deleted: bool) -> list[StoredCoupon]:
    """The coupons in these places, in order of creation."""
    found = tx.rows("coupons_page", shop=shop, deleted=int(with_deleted), limit=len(rows), offset=rows.start)
    return [StoredCoupon(*row) for row in found]


def total(tx: Transaction, shop: str, *, with_deleted: bool) -> int:
    """How many coupons the shop has."""
    row = tx.row("coupon_count", shop=shop, deleted=int(with_deleted))
    return int(row[0]) if row is not None else 0


def insert(tx: Transaction, shop: str, write: CouponWrite, now: int) -> bool:
    """Store a new coupon; False where its code is taken, be it by a deleted one."""
    if find(tx, shop, write.code) is not None:
        return False
    tx.run(
        "insert_coupon",
        shop=shop,
        code=write.code,
        redemptions_max=write.redemptions_max,
        document=write.document,
        now=now,
    )
    return True


def replace(tx: Transaction, shop: str, write: CouponWrite, now: int) -> None:
    """Replace a coupon that is locked; its count stays, and its limit must not fall below that."""
    tx.run(
        "update_coupon",
        shop=shop,
        code=write.code,
        redemptions_max=write.redemptions_max,
        document=write.document,
        deleted=int(write.deleted),
        now=now,
    )


def coupons_max(view: View) -> int:
    """How many coupons a cart of this shop may hold."""
    return view.configured("maxNumberOfCouponsPerCart", COUPONS_MAX_DEFAULT, _limit)


def _limit(value: Any) -> int:
    text = str(value)
    return min(int(text), COUPONS_MAX) if text.isascii() and text.isdigit() and len(text) < 9 else COUPONS_MAX_DEFAULT
