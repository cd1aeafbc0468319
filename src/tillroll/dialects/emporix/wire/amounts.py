"""Calculated prices as Emporix writes them, for carts and orders alike (docs/wire/emporix.md, 6.1).

    P = {netValue, grossValue, taxValue, taxCode?, taxRate?}

What is empty is left out: no `discountedPrice` without a discount, no `taxCode` where the parts differ (rule 14).
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal

from msgspec import structs

from tillroll.dialects.emporix.wire.answers import AnswerPart, SpokenText
from tillroll.dialects.emporix.wire.yrn import fee_yrn
from tillroll.domain.money import ZERO
from tillroll.domain.pricing import shapes
from tillroll.domain.pricing.shapes import (
    DiscountTotal,
    LegacyFee,
    PricedCart,
    PricedFee,
    PricedLine,
    PricingRules,
    TaxedAmount,
)


class Money(AnswerPart, frozen=True, kw_only=True):
    """An amount and its currency."""

    amount: Decimal
    currency: str


class Taxed(AnswerPart, frozen=True, kw_only=True):
    """An amount on both sides of the tax."""

    net_value: Decimal
    gross_value: Decimal
    tax_value: Decimal
    tax_code: str | None = None
    tax_rate: Decimal | None = None


class AppliedDiscount(AnswerPart, frozen=True, kw_only=True):
    """What a discount took from a price."""

    id: str | None
    value: Decimal
    price: Taxed
    discount_type: str
    origin: Literal["INTERNAL", "EXTERNAL"]


class Discounted(Taxed, frozen=True, kw_only=True):
    """A price after discounts, and those that were taken from it."""

    applied_discounts: tuple[AppliedDiscount, ...] = ()


class TotalDiscount(AnswerPart, frozen=True, kw_only=True):
    """All discounts of a line or a cart together."""

    calculation_type: Literal["ApplyDiscountAfterTax", "ApplyDiscountBeforeTax"]
    value: Decimal
    price: Taxed
    applied_discounts: tuple[AppliedDiscount, ...]


class Fee(AnswerPart, frozen=True, kw_only=True):
    """A fee of a line, or of a way of payment."""

    id: str | None = None
    type: str | None = None
    origin: str | None = None
    name: SpokenText | None = None
    price: Taxed
    discounted_price: Discounted | None = None


class CalculatedPrice(Taxed, frozen=True, kw_only=True):
    """The price of a line, and whose calculation it is."""

    calculated: Literal["INTERNAL", "EXTERNAL"]


class LinePrice(AnswerPart, frozen=True, kw_only=True):
    """The `calculatedPrice` of an item or an order's entry."""

    price: CalculatedPrice
    uplift_value: Taxed | None = None
    discounted_price: Discounted | None = None
    fees: tuple[Fee, ...] = ()
    total_fee: Discounted | None = None
    total_discount: TotalDiscount | None = None
    final_price: Taxed


class TaxAggregate(AnswerPart, frozen=True, kw_only=True):
    """What each tax class has come to."""

    lines: tuple[Taxed, ...]


class FinalPrice(Taxed, frozen=True, kw_only=True):
    """What is to be paid."""

    tax_aggregate: TaxAggregate


class CartPrice(AnswerPart, frozen=True, kw_only=True):
    """The `calculatedPrice` of a cart or an order."""

    price: Taxed
    uplift_value: Taxed | None = None
    discounted_price: Discounted | None = None
    fees: Taxed | None = None
    total_fee: Discounted | None = None
    payment_fees: tuple[Fee, ...] = ()
    shipping: Taxed | None = None
    total_shipping: Discounted | None = None
    total_discount: TotalDiscount | None = None
    final_price: FinalPrice


class FeesTotal(AnswerPart, frozen=True, kw_only=True):
    """A deprecated sum of fees; tax is never in it."""

    sub_total: Decimal
    total_tax: Decimal
    total: Decimal
    discount: Decimal | None = None


# The deprecated sum of fees where there are none.
NO_FEES = FeesTotal(sub_total=ZERO, total_tax=ZERO, total=ZERO, discount=ZERO)


class FeeElement(AnswerPart, frozen=True, kw_only=True):
    """One deprecated fee, and what it has come to."""

    yrn: str | None = None
    tax_code: str | None = None
    total: FeesTotal
    name: SpokenText | None = None


class FeeAggregate(AnswerPart, frozen=True, kw_only=True):
    """The deprecated fees of an item, a cart or an order: each fee once, and the sum of all."""

    elements: tuple[FeeElement, ...] = ()
    total: FeesTotal


def taxed(amount: TaxedAmount) -> Taxed:
    """An amount on both sides of the tax."""
    return Taxed(
        net_value=amount.net,
        gross_value=amount.gross,
        tax_value=amount.tax,
        tax_code=amount.tax_code,
        tax_rate=amount.tax_rate,
    )


def money(amount: Decimal, rules: PricingRules) -> Money:
    """An amount in the cart's currency."""
    return Money(amount=amount, currency=rules.currency)


def line_price(rules: PricingRules, line: PricedLine) -> LinePrice:
    """The `calculatedPrice` of an item or an order's entry."""
    return LinePrice(
        price=CalculatedPrice(**_sides(line.price), calculated=line.calculated),
        uplift_value=_maybe_taxed(line.uplift),
        discounted_price=_discounted(line.discounted_price),
        fees=_fees(line.fees),
        total_fee=_discounted(line.total_fee),
        total_discount=_total_discount(rules, line.total_discount),
        final_price=taxed(line.final_price),
    )


def cart_price(rules: PricingRules, cart: PricedCart) -> CartPrice:
    """The `calculatedPrice` of a cart or an order."""
    aggregate = TaxAggregate(lines=tuple(taxed(line) for line in cart.tax_aggregate))
    return CartPrice(
        price=taxed(cart.price),
        uplift_value=_maybe_taxed(cart.uplift),
        discounted_price=_discounted(cart.discounted_price),
        fees=_maybe_taxed(cart.fees),
        total_fee=_discounted(cart.total_fee),
        payment_fees=_fees(cart.payment_fees),
        shipping=_maybe_taxed(cart.shipping),
        total_shipping=_discounted(cart.total_shipping),
        total_discount=_total_discount(rules, cart.total_discount),
        final_price=FinalPrice(**_sides(cart.final_price), tax_aggregate=aggregate),
    )


def legacy_fees(fees: Iterable[tuple[PricedFee, LegacyFee]], tenant: str) -> FeeAggregate:
    """The deprecated fees of an item or a cart: each fee once, what coupons took from it, and the sum of all."""
    known: dict[str | None, tuple[PricedFee, LegacyFee]] = {}
    whole = LegacyFee(ZERO, ZERO, ZERO)
    for fee, figures in fees:
        before = known.get(fee.id)
        known[fee.id] = (fee, figures if before is None else _sum_of_fees(before[1], figures))
        whole = _sum_of_fees(whole, figures)
    elements = (fee_element(fee, tenant, _legacy_fee(figures)) for fee, figures in known.values())
    return FeeAggregate(elements=tuple(elements), total=_legacy_fee(whole))


def fee_element(fee: PricedFee, tenant: str, total: FeesTotal) -> FeeElement:
    """One deprecated fee."""
    yrn = fee_yrn(tenant, fee.id) if fee.id is not None else None
    return FeeElement(yrn=yrn, tax_code=fee.price.tax_code, total=total, name=fee.name)


def fees_total(sub_total: Decimal, total: Decimal, discount: Decimal | None = None) -> FeesTotal:
    """A deprecated sum of fees."""
    return FeesTotal(sub_total=sub_total, total_tax=ZERO, total=total, discount=discount)


def _sum_of_fees(one: LegacyFee, other: LegacyFee) -> LegacyFee:
    return LegacyFee(one.sub_total + other.sub_total, one.total + other.total, one.discount + other.discount)


def _legacy_fee(fee: LegacyFee) -> FeesTotal:
    return fees_total(fee.sub_total, fee.total, fee.discount)


def _sides(amount: TaxedAmount) -> dict[str, Any]:
    return structs.asdict(taxed(amount))


def _maybe_taxed(amount: TaxedAmount | None) -> Taxed | None:
    return taxed(amount) if amount is not None else None


def _discounted(price: shapes.Discounted | None) -> Discounted | None:
    if price is None:
        return None
    return Discounted(**_sides(price.price), applied_discounts=_applied(price.applied))


def _fees(fees: Sequence[PricedFee]) -> tuple[Fee, ...]:
    return tuple(
        Fee(
            id=fee.id,
            type=fee.kind,
            origin=fee.origin,
            name=fee.name,
            price=taxed(fee.price),
            discounted_price=_discounted(fee.discounted),
        )
        for fee in fees
    )


def _total_discount(rules: PricingRules, total: DiscountTotal | None) -> TotalDiscount | None:
    if total is None:
        return None
    return TotalDiscount(
        calculation_type="ApplyDiscountAfterTax" if rules.includes_tax else "ApplyDiscountBeforeTax",
        value=total.value,
        price=taxed(total.price),
        applied_discounts=_applied(total.applied),
    )


def _applied(applied: Sequence[shapes.AppliedDiscount]) -> tuple[AppliedDiscount, ...]:
    return tuple(
        AppliedDiscount(
            id=discount.id,
            value=discount.value,
            price=taxed(discount.price),
            discount_type=discount.kind,
            origin=discount.origin,
        )
        for discount in applied
    )
