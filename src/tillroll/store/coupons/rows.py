"""Rows of coupons: the coupons, their redemptions, and how often each customer has used one.

Documents are JSON texts, times are microseconds UTC, a limit below zero means none.
"""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class StoredCoupon(Struct, frozen=True):
    """A coupon; a deleted one stays, because redemptions name it."""

    code: str
    redemptions_max: int
    redemption_count: int
    deleted: int
    version: int
    document: str
    created_at: int
    modified_at: int


class CountedCoupon(Struct, frozen=True):
    """A coupon that is not deleted, with what a redemption has to know of it."""

    code: str
    redemptions_max: int
    redemption_count: int
    document: str


class CouponUses(Struct, frozen=True):
    """How often a coupon was redeemed under a customer's name."""

    code: str
    customer: str
    uses: int


class StoredRedemption(Struct, frozen=True):
    """A redemption.

    `order_id` is an order of this shop; what outside systems redeem for has its order's name in the document.
    """

    id: str
    order_id: str | None
    customer: str | None
    document: str
    redeemed_at: int


class NewCoupon(TypedDict):
    """A coupon to be written."""

    shop: str
    code: str
    redemptions_max: int
    document: str
    now: int


class CouponUpdate(NewCoupon):
    """A coupon to be replaced; its count stays."""

    deleted: int


class Redeemed(TypedDict):
    """So many uses of a coupon."""

    shop: str
    code: str
    uses: int
    now: int


class CustomerUse(TypedDict):
    """One use of a coupon under a customer's name, and how many that name may have."""

    shop: str
    code: str
    customer: str
    uses_max: int


class RedemptionRow(TypedDict):
    """A redemption to be written."""

    shop: str
    code: str
    id: str
    order_id: str | None
    customer: str
    legal_entity_id: str | None
    document: str
    now: int


def coupon(tx: Transaction, shop: str, code: str) -> StoredCoupon | None:
    """One coupon, also a deleted one."""
    row = tx.row("coupon", shop=shop, code=code)
    return StoredCoupon(*row) if row is not None else None


def coupons_page(tx: Transaction, shop: str, places: range, *, with_deleted: bool) -> list[StoredCoupon]:
    """The coupons in these places, in order of creation."""
    found = tx.rows("coupons_page", shop=shop, deleted=int(with_deleted), limit=len(places), offset=places.start)
    return [StoredCoupon(*row) for row in found]


def coupon_count(tx: Transaction, shop: str, *, with_deleted: bool) -> int:
    """How many coupons the shop has."""
    row = tx.row("coupon_count", shop=shop, deleted=int(with_deleted))
    return int(row[0]) if row is not None else 0


def counted_coupons(tx: Transaction, shop: str, codes: Iterable[str]) -> list[CountedCoupon]:
    """Those of these coupons that exist and are not deleted."""
    return [CountedCoupon(*row) for row in tx.rows("coupons", shop=shop, keys=keys(codes))]


def lock_coupons(tx: Transaction, shop: str, codes: Iterable[str]) -> list[CountedCoupon]:
    """Those of these coupons that exist and are not deleted, locked in the order of their codes."""
    return [CountedCoupon(*row) for row in tx.rows("lock_coupons", shop=shop, keys=keys(codes))]


def customer_uses(tx: Transaction, shop: str, codes: Iterable[str], customers: Iterable[str]) -> list[CouponUses]:
    """How often these coupons were redeemed under these names; what never was is absent."""
    found = tx.rows("coupon_customer_uses", shop=shop, keys=keys(codes), customers=keys(customers))
    return [CouponUses(*row) for row in found]


def insert_coupon(tx: Transaction, new: NewCoupon) -> None:
    """Write a coupon whose code is free."""
    tx.run("insert_coupon", **new)


def update_coupon(tx: Transaction, changed: CouponUpdate) -> None:
    """Replace a coupon; its version counts up."""
    tx.run("update_coupon", **changed)


def redeem_coupons(tx: Transaction, redeemed: Sequence[Redeemed]) -> int:
    """Count these uses; of how many coupons, those whose limit does not let them being left alone."""
    return tx.run_many("redeem_coupon", redeemed)


def use_as_customers(tx: Transaction, used: Sequence[CustomerUse]) -> int:
    """Count these uses under their customers' names; how many, those whose limit does not let them being left out."""
    return tx.run_many("use_coupon_as_customer", used)


def insert_redemptions(tx: Transaction, redemptions: Sequence[RedemptionRow]) -> None:
    """Write redemptions."""
    tx.run_many("insert_coupon_redemption", redemptions)


def redemption(tx: Transaction, shop: str, code: str, id: str) -> StoredRedemption | None:
    """One redemption."""
    row = tx.row("coupon_redemption", shop=shop, code=code, id=id)
    return StoredRedemption(*row) if row is not None else None


def redemptions_page(tx: Transaction, shop: str, code: str, places: range) -> list[StoredRedemption]:
    """The redemptions of a coupon in these places, oldest first."""
    found = tx.rows("coupon_redemptions_page", shop=shop, code=code, limit=len(places), offset=places.start)
    return [StoredRedemption(*row) for row in found]


def redemptions_of_companies(tx: Transaction, shop: str, codes: Iterable[str]) -> list[tuple[str, str, int]]:
    """How often these coupons were redeemed for each company: code, company, count."""
    rows = tx.rows("coupon_legal_entity_counts", shop=shop, keys=keys(codes))
    return [(code, company, count) for code, company, count in rows]


def delete_redemption(tx: Transaction, shop: str, code: str, id: str) -> tuple[str | None] | None:
    """Delete a redemption: under whose name it was counted, if under any; None where there is none."""
    row = tx.row("delete_coupon_redemption", shop=shop, code=code, id=id)
    return (row[0],) if row is not None else None


def return_coupon(tx: Transaction, shop: str, code: str, now: int) -> int:
    """Count one use less; of how many coupons."""
    return tx.run("return_coupon", shop=shop, code=code, now=now)


def return_use(tx: Transaction, shop: str, code: str, customer: str) -> int:
    """Count one use less under a customer's name; of how many names."""
    return tx.run("return_coupon_use", shop=shop, code=code, customer=customer)
