"""What goes into the price calculation of a cart and what comes out of it.

    PricingRules + PricingLine* + CouponDiscount* + ShippingCharge + PaymentFee*   →   PricedCart + LegacyTotals

All amounts are `Decimal` in the cart's currency; rates and percentages are in percent, 19 for 19 %. The results are
array-like, so that they are stored as compact JSON and decoded again without loss:
`msgspec.json.decode(msgspec.json.encode(cart), type=PricedCart) == cart`.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

DiscountKind = Literal["PERCENT", "ABSOLUTE", "FREE_SHIPPING"]
FeeKind = Literal["PERCENT", "ABSOLUTE", "ABSOLUTE_MULTIPLY_ITEMQUANTITY"]
Basis = Literal["SUBTOTAL", "TOTAL"]
Origin = Literal["INTERNAL", "EXTERNAL"]
Name = str | dict[str, str] | None

# ---------------------------------------------------------------------------------------------------------------- in


class PricingRules(Struct, frozen=True, gc=False):
    """How a site calculates: the places it rounds to, and the side (net or gross) its prices are on.

    `scale` is 0 to 10 places; `uplift_percent` is the tenant's `authorizedAmountUplift` in percent
    (docs/wire/emporix.md, 6.1 rules 1, 3 and 13).
    """

    scale: int
    includes_tax: bool
    currency: str
    uplift_percent: Decimal = Decimal(0)


class Fee(Struct, frozen=True, gc=False):
    """A fee on one line: percent of the line's net, a net amount, or a net amount for each piece.

    Not taxable means that net and gross are equal, whatever the tax code says (docs/wire/emporix.md, 6.1 rule 8).
    """

    kind: FeeKind
    value: Decimal
    id: str | None = None
    name: Name = None
    tax_code: str | None = None
    tax_rate: Decimal | None = None
    taxable: bool = True
    origin: Origin = "INTERNAL"


class LineDiscount(Struct, frozen=True, gc=False):
    """A discount that an outside system put on one line, in percent or as an amount on the priced side.

    With `include_fees` it is taken from the line's fees as well.
    """

    id: str
    kind: DiscountKind
    value: Decimal
    origin: Origin = "EXTERNAL"
    include_fees: bool = False


class PricingLine(Struct, frozen=True, gc=False):
    """A line to be priced; `unit_price` is for one unit, on the priced side, not rounded.

    `price` replaces `unit_price` × `quantity` where the caller has the exact total, for instance because the price is
    for 100 g and the unit price would be a long fraction. `opposite_price` is the line's total on the other side where
    an outside system calculated the tax too (`lineTax`); it is not checked, without it that side comes from the rate.
    Both are rounded to the scale here. Discounts are taken in the given order (docs/wire/emporix.md, 5.2, 6.1 rule 2).
    """

    id: str
    quantity: Decimal
    unit_price: Decimal
    tax_code: str | None = None
    tax_rate: Decimal | None = None
    fees: tuple[Fee, ...] = ()
    discounts: tuple[LineDiscount, ...] = ()
    weight_dependent: bool = False
    price: Decimal | None = None
    opposite_price: Decimal | None = None


class CouponDiscount(Struct, frozen=True, gc=False):
    """A discount on the cart; `line_ids` limits it to these lines (and their fees), None means the whole cart.

    `value` is in percent or an amount on the priced side, and of no meaning for FREE_SHIPPING. `origin` is EXTERNAL for
    a cart discount that an outside system set (docs/wire/emporix.md, 5.3, 6.1 rules 4 to 7, and 10).
    """

    id: str
    kind: DiscountKind
    value: Decimal = Decimal(0)
    basis: Basis = "SUBTOTAL"
    line_ids: frozenset[str] | None = None
    origin: Origin = "INTERNAL"


class ShippingCharge(Struct, frozen=True, gc=False):
    """What shipping costs, net, and the tax on it (docs/wire/emporix.md, 6.1 rule 9)."""

    net: Decimal
    tax_code: str | None = None
    tax_rate: Decimal | None = None


class PaymentFee(Struct, frozen=True, gc=False):
    """What paying this way costs: a net amount, or percent of the final net of lines and shipping.

    Never discounted (docs/wire/emporix.md, 6.1 rule 11).
    """

    kind: Literal["PERCENT", "ABSOLUTE"]
    value: Decimal
    id: str | None = None
    name: Name = None
    tax_code: str | None = None
    tax_rate: Decimal | None = None
    taxable: bool = True
    origin: Origin = "INTERNAL"


# --------------------------------------------------------------------------------------------------------------- out


class TaxedAmount(Struct, array_like=True, frozen=True, gc=False):
    """One amount seen from both sides; `net` + `tax` is `gross`, to the last digit.

    `tax_code` and `tax_rate` are None where nothing is taxed and for a sum of parts that are taxed differently.
    """

    net: Decimal
    gross: Decimal
    tax: Decimal
    tax_code: str | None = None
    tax_rate: Decimal | None = None


class AppliedDiscount(Struct, array_like=True, frozen=True, gc=False):
    """What one discount took; `value` is the amount on the priced side, also for a discount in percent."""

    id: str
    kind: DiscountKind
    origin: Origin
    value: Decimal
    price: TaxedAmount


class Discounted(Struct, array_like=True, frozen=True, gc=False):
    """An amount after discounts, and the discounts that were taken from it, one entry per discount."""

    price: TaxedAmount
    applied: tuple[AppliedDiscount, ...] = ()


class DiscountTotal(Struct, array_like=True, frozen=True, gc=False):
    """All that was taken from a line (with its fees) or a cart; `value` is the sum on the priced side."""

    value: Decimal
    price: TaxedAmount
    applied: tuple[AppliedDiscount, ...]


class PricedFee(Struct, array_like=True, frozen=True, gc=False):
    """A fee as an amount; `discounted` is None where nothing was taken from it."""

    id: str | None
    name: Name
    kind: FeeKind
    origin: Origin
    price: TaxedAmount
    discounted: Discounted | None = None


class PricedLine(Struct, array_like=True, frozen=True, gc=False):
    """A line with everything that a cart item or order entry shows of its calculated price.

    None and () stand for what the vendor omits when empty. `calculated` is EXTERNAL where an outside system gave both
    sides of the line (docs/wire/emporix.md, 5.2, 6.1 rule 14 and 7.1).
    """

    id: str
    quantity: Decimal
    unit_price: TaxedAmount
    price: TaxedAmount
    final_price: TaxedAmount
    calculated: Origin = "INTERNAL"
    uplift: TaxedAmount | None = None
    fees: tuple[PricedFee, ...] = ()
    total_fee: Discounted | None = None
    discounted_price: Discounted | None = None
    total_discount: DiscountTotal | None = None


class PricedCart(Struct, array_like=True, frozen=True, gc=False):
    """A cart or order with everything that its `calculatedPrice` shows, and the amount to authorise.

    `price` and `discounted_price` are about the lines only; `fees` (before) and `total_fee` (after discounts) include
    the payment fees; `shipping` is before and `total_shipping` after discounts, both None without a shipping charge.
    `tax_aggregate` is sorted by tax code. `authorized_amount` is gross (docs/wire/emporix.md, 6.1 rules 10 to 14).
    """

    lines: tuple[PricedLine, ...]
    price: TaxedAmount
    final_price: TaxedAmount
    tax_aggregate: tuple[TaxedAmount, ...]
    authorized_amount: Decimal
    shipping: TaxedAmount | None = None
    total_shipping: Discounted | None = None
    uplift: TaxedAmount | None = None
    payment_fees: tuple[PricedFee, ...] = ()
    fees: TaxedAmount | None = None
    total_fee: Discounted | None = None
    discounted_price: Discounted | None = None
    total_discount: DiscountTotal | None = None


class LegacyFee(Struct, array_like=True, frozen=True, gc=False):
    """A fee, or a sum of fees, in the deprecated figures: net, and what coupons took from it."""

    sub_total: Decimal
    total: Decimal
    discount: Decimal


class LegacyDiscount(Struct, array_like=True, frozen=True, gc=False):
    """What one coupon took in the deprecated figures."""

    id: str
    amount: Decimal


class LegacyTax(Struct, array_like=True, frozen=True, gc=False):
    """The tax of one code and rate in the deprecated figures."""

    tax_code: str
    tax_rate: Decimal
    amount: Decimal


class LegacyLine(Struct, array_like=True, frozen=True, gc=False):
    """A line's deprecated figures: priced side before discounts, its tax, and what coupons took (its fees included)."""

    total_price: Decimal
    authorized_amount: Decimal
    tax: Decimal
    total_discount: Decimal
    discounts: tuple[LegacyDiscount, ...] = ()
    fees: tuple[LegacyFee, ...] = ()
    fee_total: LegacyFee | None = None


class LegacyTotals(Struct, array_like=True, frozen=True, gc=False):
    """An order's deprecated figures (docs/wire/emporix.md, 6.1 rules 15 and 16).

    `fees_sub_total` and `fees_total` are item and payment fees together, before and after coupons. `shipping_total` is
    shipping on the priced side less `shipping_discount`. `shipping_tax` is what the order shows as `tax.total`.
    """

    sub_total_price: Decimal
    total_price: Decimal
    authorized_amount: Decimal
    lines: tuple[LegacyLine, ...]
    tax_lines: tuple[LegacyTax, ...]
    shipping_tax: Decimal
    shipping_total: Decimal
    shipping_discount: Decimal
    fees_sub_total: Decimal
    fees_total: Decimal
    payment_fees: tuple[Decimal, ...] = ()
    discounts: tuple[LegacyDiscount, ...] = ()
