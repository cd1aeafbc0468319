"""What a coupon is for has to be there: categories and segments of the shop.

A name that leads nowhere is mostly a typing error, and a dear one: a coupon that leaves out a category which nobody has
takes money off everything. What a coupon named before may be gone meanwhile, and stays as it is. Customers are numbered
elsewhere, too, and a coupon for somebody who is not there is nobody's.
"""

from tillroll.dialects.http import Problem
from tillroll.domain.coupons.coupons import Coupon, CouponRestrictions
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.store import Transaction


def reference_problems(
    tx: Transaction, shop: str, coupon: Coupon, before: Coupon | None = None
) -> list[Problem | None]:
    """Every category and segment that a coupon names and the shop does not have, but for what it named `before`."""
    old = _named(before.restrictions).items() if before is not None else ()
    known = {(kind, id) for (_, kind), ids in old for id in ids}
    found: list[Problem | None] = []
    for (field, kind), ids in _named(coupon.restrictions).items():
        wanted = {id for id in ids if (kind, id) not in known}
        missing = sorted(wanted - documents.find_many(tx, shop, kind, wanted).keys())
        found += [Problem(field, "invalid_value", f"there is no {kind.value} '{id[:80]}'") for id in missing]
    return found


def _named(rules: CouponRestrictions) -> dict[tuple[str, Kind], tuple[str, ...]]:
    """What restrictions name, by the field and the kind of it."""
    return {
        ("restrictions.includedCategories", Kind.CATEGORY): rules.included_categories,
        ("restrictions.excludedCategories", Kind.CATEGORY): rules.excluded_categories,
        ("restrictions.segments", Kind.SEGMENT): rules.segments,
    }
