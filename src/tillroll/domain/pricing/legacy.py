"""The deprecated figures of an order: subTotalPrice, totalPrice, legacy discounts, fees, shipping and tax lines.

They follow older rules than the calculated price: coupons are spread over lines, fees and shipping *net*, external
discounts are not seen, fees and tax are not reduced by coupons (docs/wire/emporix.md, 6.1 rules 15 and 16). Nothing in
Tillroll decides on them; clients that read the deprecated fields still find the vendor's figures there.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

from tillroll.domain.money import HUNDRED, ZERO, minor_exponent, quantum
from tillroll.domain.pricing.discounts import Part, take_coupons
from tillroll.domain.pricing.shapes import (
    CouponDiscount,
    LegacyDiscount,
    LegacyFee,
    LegacyLine,
    LegacyTax,
    LegacyTotals,
    PaymentFee,
    PricedCart,
    PricedLine,
    PricingRules,
    TaxedAmount,
)
from tillroll.domain.pricing.tax import EXACT, PricedSide, from_net

# The published orders show these figures at two places even where the site calculates at three; a site that calculates
# coarser is not made finer, and a currency whose minor unit is finer is not cut.
LEGACY_PLACES_MAX = 2


def legacy_totals(
    rules: PricingRules,
    priced: PricedCart,
    *,
    discounts: Sequence[CouponDiscount] = (),
    payment_fees: Sequence[PaymentFee] = (),
) -> LegacyTotals:
    """The deprecated figures of a cart that `price_cart` priced, from the same rules, discounts and payment fees.

    At two places, or those of the currency's minor unit if it has more, or the site's scale if that is less; on the
    priced side where nothing else is said. External discounts are left out. Never below zero (docs/wire/emporix.md, 6.1
    rules 15 and 16).
    """
    with localcontext(EXACT):
        places_max = max(LEGACY_PLACES_MAX, minor_exponent(rules.currency) or 0)
        side = PricedSide(rules.includes_tax, quantum(min(rules.scale, places_max)))
        coarser = rules.scale > places_max
        prices = [_legacy_price(side, line) if coarser else line.price for line in priced.lines]
        parts = [_line_part(side, line, price) for line, price in zip(priced.lines, prices, strict=True)]
        shipping = _legacy_shipping(side, priced.shipping)
        shipping_part = Part(side.of(shipping))
        shipping_part.weight = shipping.net
        take_coupons(parts, shipping_part, [coupon for coupon in discounts if coupon.origin == "INTERNAL"], side.step)
        lines = [
            _legacy_line(side, line, price, part) for line, price, part in zip(priced.lines, prices, parts, strict=True)
        ]
        coupons = _coupon_amounts([*[each for part in parts for each in (part, *part.fees)], shipping_part])
        item_fees = [fee for line in lines for fee in line.fees]
        item_fees_sub_total = sum([fee.sub_total for fee in item_fees], ZERO)
        sub_total = sum([line.total_price for line in lines], ZERO)
        payable = sub_total - _sum_of(coupons) + item_fees_sub_total + shipping_part.base
        payment = tuple([_payment_fee(fee, payable, side.step) for fee in payment_fees])
        payment_total = sum(payment, ZERO)
        return LegacyTotals(
            sub_total_price=sub_total,
            total_price=payable + payment_total,
            authorized_amount=priced.authorized_amount,
            lines=tuple(lines),
            tax_lines=_tax_lines([*prices, shipping]),
            shipping_tax=shipping.tax,
            shipping_total=shipping_part.left,
            shipping_discount=shipping_part.base - shipping_part.left,
            fees_sub_total=item_fees_sub_total + payment_total,
            fees_total=sum([fee.total for fee in item_fees], ZERO) + payment_total,
            payment_fees=payment,
            discounts=coupons,
        )


def _legacy_price(side: PricedSide, line: PricedLine) -> TaxedAmount:
    """The line's price at the legacy places; its tax comes from the rate again, so that nothing is rounded twice."""
    price = line.price
    if line.calculated == "INTERNAL":
        return side.completed(side.of(price), price.tax_code, price.tax_rate)
    net, gross = price.net.quantize(side.step), price.gross.quantize(side.step)
    return TaxedAmount(net, gross, gross - net, price.tax_code, price.tax_rate)


def _legacy_shipping(side: PricedSide, shipping: TaxedAmount | None) -> TaxedAmount:
    if shipping is None:
        return TaxedAmount(ZERO, ZERO, ZERO)
    return from_net(shipping.net, shipping.tax_code, shipping.tax_rate, side.step)


def _line_part(side: PricedSide, line: PricedLine, price: TaxedAmount) -> Part:
    return Part(side.of(price), line.id, [Part(fee.price.net.quantize(side.step)) for fee in line.fees])


def _legacy_line(side: PricedSide, line: PricedLine, price: TaxedAmount, part: Part) -> LegacyLine:
    """One line's figures; what coupons took from its fees counts as its discount."""
    authorized_amount = part.base
    if line.uplift is not None:
        authorized_amount += side.of(line.uplift).quantize(side.step)
    if not part.taken and not part.fees:
        return LegacyLine(part.base, authorized_amount, price.tax, ZERO)
    discounts = _coupon_amounts([part, *part.fees])
    fees = tuple([LegacyFee(fee.base, fee.left, fee.base - fee.left) for fee in part.fees])
    fee_total = _fee_total(fees) if fees else None
    return LegacyLine(part.base, authorized_amount, price.tax, _sum_of(discounts), discounts, fees, fee_total)


def _fee_total(fees: Sequence[LegacyFee]) -> LegacyFee:
    return LegacyFee(
        sum([fee.sub_total for fee in fees], ZERO),
        sum([fee.total for fee in fees], ZERO),
        sum([fee.discount for fee in fees], ZERO),
    )


def _payment_fee(fee: PaymentFee, payable: Decimal, step: Decimal) -> Decimal:
    amount = payable * fee.value / HUNDRED if fee.kind == "PERCENT" else fee.value
    return amount.quantize(step)


def _coupon_amounts(parts: Iterable[Part]) -> tuple[LegacyDiscount, ...]:
    """What each coupon took from these parts together; a coupon that took nothing is not among them."""
    amounts: dict[str, Decimal] = {}
    for part in parts:
        for coupon, amount in part.taken:
            amounts[coupon.id] = amounts.get(coupon.id, ZERO) + amount
    return tuple([LegacyDiscount(coupon_id, amount) for coupon_id, amount in amounts.items()])


def _sum_of(discounts: Iterable[LegacyDiscount]) -> Decimal:
    return sum([discount.amount for discount in discounts], ZERO)


def _tax_lines(prices: Iterable[TaxedAmount]) -> tuple[LegacyTax, ...]:
    """The undiscounted tax of lines and shipping by code and rate, in the order of the codes; untaxed has no line."""
    taxes: dict[tuple[str, Decimal], Decimal] = {}
    for price in prices:
        if price.tax_code is not None:
            key = (price.tax_code, price.tax_rate or ZERO)
            taxes[key] = taxes.get(key, ZERO) + price.tax
    return tuple([LegacyTax(code, rate, tax) for (code, rate), tax in sorted(taxes.items())])
