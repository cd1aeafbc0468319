"""Coupons redeemed, by an order here or by hand, and given back; and what all redemptions of a coupon add up to.

Whoever redeems or gives back holds the coupon's row: the count, the uses of the customer and the redemption itself are
one transaction, and the database's own limits stand behind all three.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.engine.guards import expect
from tillroll.store import Transaction
from tillroll.store.queries import keys


class StoredRedemption(Struct, frozen=True):
    """A redemption as it is stored: `document` is its JSON text, `redeemed_at` microseconds UTC.

    `order_id` is an order of this shop; what outside systems redeem for has its order's name in the document.
    """

    id: str
    order_id: str | None
    customer: str | None
    document: str
    redeemed_at: int


class NewRedemption(Struct, frozen=True):
    """A redemption to be written; `customer` is under whose name it is counted, `uses_max` that name's limit.

    `order_id` is the order of this shop that redeems it, if one does.
    """

    code: str
    id: str
    customer: str
    uses_max: int
    document: str
    legal_entity_id: str | None = None
    order_id: str | None = None


def uses_of(tx: Transaction, shop: str, code: str, customer: str) -> int:
    """How often a coupon was redeemed under this name."""
    rows = tx.rows("coupon_customer_uses", shop=shop, keys=keys([code]), customers=keys([customer]))
    return rows[0][2] if rows else 0


def redeem(tx: Transaction, shop: str, new: Sequence[NewRedemption], now: int) -> None:
    """Write redemptions of coupons that are locked and whose limits let them; raises BrokenGuard where one does not."""
    if not new:
        return
    uses: dict[str, int] = {}
    for one in new:
        uses[one.code] = uses.get(one.code, 0) + 1
    counted = [{"shop": shop, "code": code, "uses": count, "now": now} for code, count in sorted(uses.items())]
    expect(len(counted), tx.run_many("redeem_coupon", counted), "a coupon ran out under its lock")
    by_customer = [
        {"shop": shop, "code": one.code, "customer": one.customer, "uses_max": one.uses_max}
        for one in sorted(new, key=lambda one: (one.code, one.customer))
    ]
    used = tx.run_many("use_coupon_as_customer", by_customer)
    expect(len(by_customer), used, "a customer's coupon uses ran out under their lock")
    tx.run_many(
        "insert_coupon_redemption",
        [
            {
                "shop": shop,
                "code": one.code,
                "id": one.id,
                "order_id": one.order_id,
                "customer": one.customer,
                "legal_entity_id": one.legal_entity_id,
                "document": one.document,
                "now": now,
            }
            for one in new
        ],
    )


def give_back(tx: Transaction, shop: str, coupon_and_id: tuple[str, str], now: int) -> bool:
    """Delete a redemption of a coupon that is locked, and give its use back; False where there is none."""
    code, id = coupon_and_id
    row = tx.row("delete_coupon_redemption", shop=shop, code=code, id=id)
    if row is None:
        return False
    expect(1, tx.run("return_coupon", shop=shop, code=code, now=now), "a redeemed coupon is gone")
    if row[0] is not None:
        used = tx.run("return_coupon_use", shop=shop, code=code, customer=row[0])
        expect(1, used, "nobody has used a redeemed coupon")
    return True


def find(tx: Transaction, shop: str, code: str, id: str) -> StoredRedemption | None:
    """One redemption."""
    row = tx.row("coupon_redemption", shop=shop, code=code, id=id)
    return StoredRedemption(*row) if row is not None else None


def page(tx: Transaction, shop: str, code: str, rows: range) -> list[StoredRedemption]:
    """The redemptions of a coupon in these places, oldest first."""
    found = tx.rows("coupon_redemptions_page", shop=shop, code=code, limit=len(rows), offset=rows.start)
    return [StoredRedemption(*row) for row in found]


def by_legal_entity(tx: Transaction, shop: str, codes: Sequence[str]) -> list[tuple[str, str, int]]:
    """How often these coupons were redeemed for each company: code, company, count."""
    rows = tx.rows("coupon_legal_entity_counts", shop=shop, keys=keys(codes))
    return [(code, company, count) for code, company, count in rows]


class OrderFacts(Struct, rename="camel", frozen=True):
    """What a checkout writes into the document of its redemption."""

    discount_minor: int = 0
    order_total_minor: int = 0
    currency: str = ""


ORDER_FACTS = msgspec.json.Decoder(OrderFacts)
