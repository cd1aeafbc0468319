"""The price of a cart or order: lines, fees, discounts, shipping, payment fees, tax; pure, exact, to the last digit.

    lines at their prices   →   discounts taken   →   shipping, payment fees   →   totals and tax aggregate

The rules are those of docs/wire/emporix.md, 6.1. Taxed amounts and sums are in `pricing.tax`, the order and the
spreading of discounts in `pricing.discounts`, the deprecated figures of an order in `pricing.legacy`, the shapes of
all of it in `pricing.shapes`; this is the only module that callers need.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

from msgspec.structs import replace

from tillroll.domain.money import HUNDRED, ZERO, quantum
from tillroll.domain.pricing.discounts import Part, take_coupons, take_line_discounts
from tillroll.domain.pricing.shapes import (
    AppliedDiscount,
    CouponDiscount,
    Discounted,
    DiscountTotal,
    Fee,
    Origin,
    PaymentFee,
    PricedCart,
    PricedFee,
    PricedLine,
    PricingLine,
    PricingRules,
    ShippingCharge,
    TaxedAmount,
)
from tillroll.domain.pricing.tax import EXACT, PricedSide, from_net, tax_aggregate, total_of

ONE = Decimal(1)


def price_cart(  # noqa: PLR0913 - a cart has these five parts, three of them are often absent and go by name
    rules: PricingRules,
    lines: Sequence[PricingLine],
    *,
    discounts: Sequence[CouponDiscount] = (),
    shipping: ShippingCharge | None = None,
    payment_fees: Sequence[PaymentFee] = (),
) -> PricedCart:
    """The whole price of a cart, every amount at the site's scale, none below zero.

    Discounts are given in the order they were applied to the cart. For a cart leave `payment_fees` empty, for an order
    give them. Amounts below 10^12 and quantities below 10^9 are calculated exactly; nothing that passed
    `money.is_sane_amount` and `money.is_sane_quantity` raises (docs/wire/emporix.md, 6.1 rules 1 to 14).
    """
    with localcontext(EXACT):
        side = PricedSide(rules.includes_tax, quantum(rules.scale))
        priced = [_priced_line(side, line, rules.uplift_percent) for line in lines]
        shipping_price = total_shipping = None
        if shipping is not None:
            shipping_price = from_net(shipping.net, shipping.tax_code, shipping.tax_rate, side.step)
            total_shipping = Discounted(shipping_price)
        if discounts or any(line.discounts for line in lines):
            parts = _line_parts(side, lines, priced)
            shipping_part = None if shipping_price is None else Part(side.of(shipping_price))
            take_coupons(parts, shipping_part, discounts, side.step)
            priced = [_discounted_line(side, line, part) for line, part in zip(priced, parts, strict=True)]
            if shipping_price is not None and shipping_part is not None:
                total_shipping = _discounted(side, shipping_price, shipping_part) or total_shipping
        fees = _priced_payment_fees(payment_fees, priced, total_shipping, side.step) if payment_fees else ()
        return _totals(priced, shipping_price, total_shipping, fees)


# ------------------------------------------------------------------------------------------- lines before discounts


def _priced_line(side: PricedSide, line: PricingLine, uplift_percent: Decimal) -> PricedLine:
    """A line before discounts: its two sides come from the line's total, not from the unit (6.1 rule 2).

    A line of none costs nothing, whatever else is said of it: no fee and no discount is about goods that are not there.
    """
    if not line.quantity:
        line = replace(line, price=None, opposite_price=None, fees=())
    code, rate = line.tax_code, line.tax_rate
    unit_price = side.completed(line.unit_price, code, rate)
    price = side.completed(line.unit_price * line.quantity if line.price is None else line.price, code, rate)
    calculated: Origin = "INTERNAL"
    if line.opposite_price is not None:
        price = _with_opposite(side, price, line.opposite_price)
        calculated = "EXTERNAL"
    uplift = None
    if line.weight_dependent and uplift_percent:
        uplift = side.completed(side.of(price) * uplift_percent / HUNDRED, code, rate)
    if not line.fees:
        return PricedLine(line.id, line.quantity, unit_price, price, price, calculated, uplift)
    fees = tuple([_priced_fee(fee, price.net, line.quantity, side.step) for fee in line.fees])
    total_fee = _total_fee(fees)
    final_price = total_of([price, total_fee.price])
    return PricedLine(line.id, line.quantity, unit_price, price, final_price, calculated, uplift, fees, total_fee)


def _with_opposite(side: PricedSide, price: TaxedAmount, opposite: Decimal) -> TaxedAmount:
    opposite = opposite.quantize(side.step)
    net, gross = (opposite, price.gross) if side.includes_tax else (price.net, opposite)
    return TaxedAmount(net, gross, gross - net, price.tax_code, price.tax_rate)


def _priced_fee(fee: Fee | PaymentFee, percent_of: Decimal, quantity: Decimal, step: Decimal) -> PricedFee:
    """A fee as an amount; its net is given, its gross comes from the fee's own tax (6.1 rules 8 and 11)."""
    net = fee.value
    if fee.kind == "PERCENT":
        net = percent_of * fee.value / HUNDRED
    elif fee.kind == "ABSOLUTE_MULTIPLY_ITEMQUANTITY":
        net = fee.value * quantity
    code, rate = (fee.tax_code, fee.tax_rate) if fee.taxable else (None, None)
    return PricedFee(fee.id, fee.name, fee.kind, fee.origin, from_net(net, code, rate, step))


def _total_fee(fees: Sequence[PricedFee]) -> Discounted:
    applied = [entry for fee in fees if fee.discounted for entry in fee.discounted.applied]
    return Discounted(total_of([_after_discounts(fee) for fee in fees]), _merged(applied))


def _after_discounts(fee: PricedFee) -> TaxedAmount:
    return fee.discounted.price if fee.discounted else fee.price


# --------------------------------------------------------------------------------------------------------- discounts


def _line_parts(side: PricedSide, lines: Iterable[PricingLine], priced: Iterable[PricedLine]) -> list[Part]:
    """The lines and their fees as parts that coupons can be taken from, external discounts already taken."""
    parts = [Part(side.of(line.price), line.id, [Part(side.of(fee.price)) for fee in line.fees]) for line in priced]
    for part, line in zip(parts, lines, strict=True):
        take_line_discounts(part, line.discounts, side.step)
    return parts


def _discounted(side: PricedSide, price: TaxedAmount, part: Part) -> Discounted | None:
    """What is left of a price, and what was taken from it; None where nothing was."""
    if not part.taken:
        return None
    code, rate = price.tax_code, price.tax_rate
    applied = [
        AppliedDiscount(discount.id, discount.kind, discount.origin, amount, side.completed(amount, code, rate))
        for discount, amount in part.taken
    ]
    return Discounted(side.completed(part.left, code, rate), _merged(applied))


def _discounted_line(side: PricedSide, line: PricedLine, part: Part) -> PricedLine:
    """The line after discounts: its price and its fees, summed up again."""
    discounted_price = _discounted(side, line.price, part)
    fees = tuple([_discounted_fee(side, fee, part) for fee, part in zip(line.fees, part.fees, strict=True)])
    final_price = line.price if discounted_price is None else discounted_price.price
    applied = [] if discounted_price is None else list(discounted_price.applied)
    total_fee = None
    if fees:
        total_fee = _total_fee(fees)
        final_price = total_of([final_price, total_fee.price])
        applied += total_fee.applied
    if not applied:
        return line
    return replace(
        line,
        final_price=final_price,
        fees=fees,
        total_fee=total_fee,
        discounted_price=discounted_price,
        total_discount=_discount_total(applied),
    )


def _discounted_fee(side: PricedSide, fee: PricedFee, part: Part) -> PricedFee:
    discounted = _discounted(side, fee.price, part)
    return fee if discounted is None else replace(fee, discounted=discounted)


def _discount_total(applied: Sequence[AppliedDiscount]) -> DiscountTotal:
    value = sum([entry.value for entry in applied], ZERO)
    return DiscountTotal(value, total_of([entry.price for entry in applied]), _merged(applied))


def _merged(applied: Sequence[AppliedDiscount]) -> tuple[AppliedDiscount, ...]:
    """One entry per discount, in the order of their first appearance."""
    if len(applied) <= 1:
        return tuple(applied)
    groups: dict[tuple[str, str, str], list[AppliedDiscount]] = {}
    for entry in applied:
        groups.setdefault((entry.id, entry.kind, entry.origin), []).append(entry)
    return tuple([_sum_of_applied(group) for group in groups.values()])


def _sum_of_applied(group: Sequence[AppliedDiscount]) -> AppliedDiscount:
    first = group[0]
    if len(group) == 1:
        return first
    value = sum([entry.value for entry in group], ZERO)
    return AppliedDiscount(first.id, first.kind, first.origin, value, total_of([entry.price for entry in group]))


# ---------------------------------------------------------------------------------------------- payment fees, totals


def _priced_payment_fees(
    payment_fees: Iterable[PaymentFee], lines: Iterable[PricedLine], shipping: Discounted | None, step: Decimal
) -> tuple[PricedFee, ...]:
    """The payment fees; PERCENT is of the final net of lines and shipping (6.1 rule 11)."""
    net = sum([line.final_price.net for line in lines], ZERO)
    if shipping is not None:
        net += shipping.price.net
    return tuple([_priced_fee(fee, net, ONE, step) for fee in payment_fees])


def _totals(
    lines: Sequence[PricedLine],
    shipping: TaxedAmount | None,
    total_shipping: Discounted | None,
    payment_fees: tuple[PricedFee, ...],
) -> PricedCart:
    """The cart's sums over lines, fees and shipping (6.1 rules 10 to 14).

    Lines of none are shown, but are no part of what is taxed: the order will not have them.
    """
    sold = [line for line in lines if line.quantity] or lines
    goods = [line.discounted_price.price if line.discounted_price else line.price for line in sold]
    fees = [*[fee for line in sold for fee in line.fees], *payment_fees]
    taxed = goods + [_after_discounts(fee) for fee in fees]
    if total_shipping is not None:
        taxed.append(total_shipping.price)
    aggregate = tax_aggregate(taxed)
    final_price = total_of(aggregate)
    uplifts = [line.uplift for line in lines if line.uplift is not None]
    uplift = total_of(uplifts) if uplifts else None
    return PricedCart(
        lines=tuple(lines),
        price=total_of([line.price for line in sold]),
        final_price=final_price,
        tax_aggregate=aggregate,
        authorized_amount=final_price.gross if uplift is None else final_price.gross + uplift.gross,
        shipping=shipping,
        total_shipping=total_shipping,
        uplift=uplift,
        payment_fees=payment_fees,
        fees=total_of([fee.price for fee in fees]) if fees else None,
        total_fee=_total_fee(fees) if fees else None,
        discounted_price=_cart_discounted_price(lines, goods),
        total_discount=_cart_total_discount(lines, total_shipping),
    )


def _cart_discounted_price(lines: Iterable[PricedLine], goods: Sequence[TaxedAmount]) -> Discounted | None:
    applied = [entry for line in lines if line.discounted_price for entry in line.discounted_price.applied]
    return Discounted(total_of(goods), _merged(applied)) if applied else None


def _cart_total_discount(lines: Iterable[PricedLine], total_shipping: Discounted | None) -> DiscountTotal | None:
    applied = [entry for line in lines if line.total_discount for entry in line.total_discount.applied]
    if total_shipping is not None:
        applied += total_shipping.applied
    return _discount_total(applied) if applied else None
