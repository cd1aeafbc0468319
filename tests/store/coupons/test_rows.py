"""The columns of the queries about coupons are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.coupons.rows import CountedCoupon, CouponUses, StoredCoupon, StoredRedemption

FITS: Fits = {
    "coupon": StoredCoupon,
    "coupon_count": ("count",),
    "coupon_customer_uses": CouponUses,
    "coupon_legal_entity_counts": ("code", "legal_entity_id", "redemptions"),
    "coupon_redemption": StoredRedemption,
    "coupon_redemptions_page": StoredRedemption,
    "coupons": CountedCoupon,
    "coupons_page": StoredCoupon,
    "delete_coupon_redemption": ("customer",),
    "lock_coupons": CountedCoupon,
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "coupons", FITS) == []
