"""Coupons redeemed, by an order here or by hand, and given back; and what all redemptions of a coupon add up to.

Whoever redeems or gives back holds the coupon's row: the count, the uses of the customer and the redemption itself are
one transaction, and the database's own limits stand behind all three.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.engine.guards import expect
from tillroll.store import Transaction
from tillroll.store.coupons import rows as stored
from tillroll.store.coupons.rows import StoredRedemption


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
    found = stored.customer_uses(tx, shop, [code], [customer])
    return found[0].uses if found else 0


def redeem(tx: Transaction, shop: str, new: Sequence[NewRedemption], now: int) -> None:
    """Write redemptions of coupons that are locked and whose limits let them; raises BrokenGuard where one does not."""
    if not new:
        return
    uses: dict[str, int] = {}
    for one in new:
        uses[one.code] = uses.get(one.code, 0) + 1
    counted: list[stored.Redeemed] = [
        {"shop": shop, "code": code, "uses": count, "now": now} for code, count in sorted(uses.items())
    ]
    expect(len(counted), stored.redeem_coupons(tx, counted), "a coupon ran out under its lock")
    by_customer: list[stored.CustomerUse] = [
        {"shop": shop, "code": one.code, "customer": one.customer, "uses_max": one.uses_max}
        for one in sorted(new, key=lambda one: (one.code, one.customer))
    ]
    used = stored.use_as_customers(tx, by_customer)
    expect(len(by_customer), used, "a customer's coupon uses ran out under their lock")
    stored.insert_redemptions(
        tx,
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
    deleted = stored.delete_redemption(tx, shop, code, id)
    if deleted is None:
        return False
    (customer,) = deleted
    expect(1, stored.return_coupon(tx, shop, code, now), "a redeemed coupon is gone")
    if customer is not None:
        expect(1, stored.return_use(tx, shop, code, customer), "nobody has used a redeemed coupon")
    return True


def find(tx: Transaction, shop: str, code: str, id: str) -> StoredRedemption | None:
    """One redemption."""
    return stored.redemption(tx, shop, code, id)


def page(tx: Transaction, shop: str, code: str, rows: range) -> list[StoredRedemption]:
    """The redemptions of a coupon in these places, oldest first."""
    return stored.redemptions_page(tx, shop, code, rows)


def by_legal_entity(tx: Transaction, shop: str, codes: Sequence[str]) -> list[tuple[str, str, int]]:
    """How often these coupons were redeemed for each company: code, company, count."""
    return stored.redemptions_of_companies(tx, shop, codes)


class OrderFacts(Struct, rename="camel", frozen=True):
    """What a checkout writes into the document of its redemption."""

    discount_minor: int = 0
    order_total_minor: int = 0
    currency: str = ""


ORDER_FACTS = msgspec.json.Decoder(OrderFacts)
