"""Calculated prices as Emporix writes them, for carts and orders alike (docs/wire/emporix.md, 6.1).

    P = {netValue, grossValue, taxValue, taxCode?, taxRate?}

What is empty is left out: no `discountedPrice` without a discount, no `taxCode` where the parts differ (rule 14).
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.yrn import fee_yrn
from tillroll.domain.money import ZERO
from tillroll.domain.pricing.shapes import (
    AppliedDiscount,
    Discounted,
    DiscountTotal,
    LegacyFee,
    PricedCart,
    PricedFee,
    PricedLine,
    PricingRules,
    TaxedAmount,
)

# The deprecated sum of fees where there are none.
LEGACY_NOTHING = {"subTotal": ZERO, "totalTax": ZERO, "total": ZERO, "discount": ZERO}


def taxed(amount: TaxedAmount) -> Document:
    """An amount on both sides of the tax."""
    document: Document = {"netValue": amount.net, "grossValue": amount.gross, "taxValue": amount.tax}
    if amount.tax_code is not None:
        document["taxCode"] = amount.tax_code
    if amount.tax_rate is not None:
        document["taxRate"] = amount.tax_rate
    return document


def money(amount: Decimal, rules: PricingRules) -> Document:
    """An amount in the cart's currency."""
    return {"amount": amount, "currency": rules.currency}


def line_price(rules: PricingRules, line: PricedLine) -> Document:
    """The `calculatedPrice` of an item or an order's entry."""
    document: Document = {"price": taxed(line.price) | {"calculated": line.calculated}}
    if line.uplift is not None:
        document["upliftValue"] = taxed(line.uplift)
    if line.discounted_price is not None:
        document["discountedPrice"] = discounted(line.discounted_price)
    if line.fees:
        document["fees"] = [_fee(fee) for fee in line.fees]
    if line.total_fee is not None:
        document["totalFee"] = discounted(line.total_fee)
    if line.total_discount is not None:
        document["totalDiscount"] = _total_discount(rules, line.total_discount)
    document["finalPrice"] = taxed(line.final_price)
    return document


def cart_price(rules: PricingRules, cart: PricedCart) -> Document:
    """The `calculatedPrice` of a cart or an order."""
    document: Document = {"price": taxed(cart.price)}
    if cart.uplift is not None:
        document["upliftValue"] = taxed(cart.uplift)
    if cart.discounted_price is not None:
        document["discountedPrice"] = discounted(cart.discounted_price)
    if cart.fees is not None:
        document["fees"] = taxed(cart.fees)
    if cart.total_fee is not None:
        document["totalFee"] = discounted(cart.total_fee)
    if cart.payment_fees:
        document["paymentFees"] = [_fee(fee) for fee in cart.payment_fees]
    if cart.shipping is not None:
        document["shipping"] = taxed(cart.shipping)
    if cart.total_shipping is not None:
        document["totalShipping"] = discounted(cart.total_shipping)
    if cart.total_discount is not None:
        document["totalDiscount"] = _total_discount(rules, cart.total_discount)
    aggregate = {"lines": [taxed(line) for line in cart.tax_aggregate]}
    document["finalPrice"] = taxed(cart.final_price) | {"taxAggregate": aggregate}
    return document


def legacy_fees(fees: Iterable[tuple[PricedFee, LegacyFee]], tenant: str) -> Document:
    """The deprecated fees of an item or a cart: each fee once, what coupons took from it, and the sum of all."""
    known: dict[str | None, tuple[PricedFee, LegacyFee]] = {}
    whole = LegacyFee(ZERO, ZERO, ZERO)
    for fee, figures in fees:
        before = known.get(fee.id)
        known[fee.id] = (fee, figures if before is None else _sum_of_fees(before[1], figures))
        whole = _sum_of_fees(whole, figures)
    elements = [
        {
            "yrn": fee_yrn(tenant, fee.id),
            "taxCode": fee.price.tax_code,
            "total": _legacy_fee(figures),
            "name": fee.name,
        }
        for fee, figures in known.values()
    ]
    shown = [{name: value for name, value in one.items() if value is not None} for one in elements]
    return ({"elements": shown} if shown else {}) | {"total": _legacy_fee(whole)}


def _sum_of_fees(one: LegacyFee, other: LegacyFee) -> LegacyFee:
    return LegacyFee(one.sub_total + other.sub_total, one.total + other.total, one.discount + other.discount)


def _legacy_fee(fee: LegacyFee) -> Document:
    return {"subTotal": fee.sub_total, "totalTax": ZERO, "total": fee.total, "discount": fee.discount}


def discounted(price: Discounted) -> Document:
    """A price after discounts, and those that were taken from it."""
    return taxed(price.price) | ({"appliedDiscounts": _applied(price.applied)} if price.applied else {})


def tax_info(price: TaxedAmount, tax: Decimal) -> list[Document]:
    """The deprecated tax of an item; none where it is not taxed."""
    if price.tax_code is None:
        return []
    return [
        {
            "name": price.tax_code,
            "value": {"amount": tax},
            "rate": price.tax_rate,
            "grossValue": price.gross,
            "netValue": price.net,
        }
    ]


def _fee(fee: PricedFee) -> Document:
    document: Document = {"id": fee.id, "type": fee.kind, "origin": fee.origin, "name": fee.name}
    document = {name: value for name, value in document.items() if value is not None}
    document["price"] = taxed(fee.price)
    if fee.discounted is not None:
        document["discountedPrice"] = discounted(fee.discounted)
    return document


def _total_discount(rules: PricingRules, total: DiscountTotal) -> Document:
    return {
        "calculationType": "ApplyDiscountAfterTax" if rules.includes_tax else "ApplyDiscountBeforeTax",
        "value": total.value,
        "price": taxed(total.price),
        "appliedDiscounts": _applied(total.applied),
    }


def _applied(applied: Sequence[AppliedDiscount]) -> list[Document]:
    return [
        {
            "id": one.id,
            "value": one.value,
            "price": taxed(one.price),
            "discountType": one.kind,
            "origin": one.origin,
        }
        for one in applied
    ]
