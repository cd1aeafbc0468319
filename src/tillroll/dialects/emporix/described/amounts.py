"""Calculated prices of carts and orders, described (contracts/emporix.md, 6.1 and 7.1)."""

from tillroll.dialects.emporix.described.common import TAXED, P
from tillroll.dialects.openapi import NUMBER, TEXT, Schema, listed, nullable, one_of, record, ref

LINE_PRICE = ref("LinePrice")
CART_PRICE = ref("CartPrice")
FEES_TOTAL = record({"subTotal": NUMBER, "totalTax": NUMBER, "total": NUMBER, "discount?": NUMBER})


def components() -> dict[str, Schema]:
    """The shapes of calculated prices."""
    applied = record(
        {
            "id?": nullable(TEXT),
            "value": NUMBER,
            "price": P,
            "discountType": TEXT,
            "origin": one_of("INTERNAL", "EXTERNAL"),
        }
    )
    discounted = record({**TAXED, "appliedDiscounts?": listed(applied)})
    total_discount = record({"calculationType": TEXT, "value": NUMBER, "price": P, "appliedDiscounts": listed(applied)})
    fee = record(
        {"id?": TEXT, "type?": TEXT, "origin?": TEXT, "name?": TEXT, "price": P, "discountedPrice?": ref("Discounted")}
    )
    common: dict[str, Schema] = {
        "upliftValue?": P,
        "discountedPrice?": ref("Discounted"),
        "totalFee?": ref("Discounted"),
        "totalDiscount?": total_discount,
    }
    return {
        "Discounted": discounted,
        "Fee": fee,
        "LinePrice": record(
            {
                "price": record({**TAXED, "calculated": one_of("INTERNAL", "EXTERNAL")}),
                **common,
                "fees?": listed(ref("Fee")),
                "finalPrice": P,
            }
        ),
        "CartPrice": record(
            {
                "price": P,
                **common,
                "fees?": P,
                "paymentFees?": listed(ref("Fee")),
                "shipping?": P,
                "totalShipping?": ref("Discounted"),
                "finalPrice": record({**TAXED, "taxAggregate": record({"lines": listed(P)})}),
            }
        ),
    }
