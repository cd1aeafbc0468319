"""How discounts are taken from the parts of a cart: lines, their fees, shipping.

    external line discounts   →   FREE_SHIPPING   →   the other coupons in the order they were applied

Each discount looks at the original amounts, never at what earlier ones left (two coupons of 10 % on 15.00 take 1.50
each), and no part ever falls below zero (docs/wire/emporix.md, 6.1 rules 4 to 7). The functions expect the context of
`pricing_tax.EXACT`.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tillroll.domain.money import HUNDRED, ZERO
from tillroll.domain.pricing.shapes import CouponDiscount, LineDiscount


class Part:
    """One amount that discounts can be taken from, while they are taken; the only mutable thing of the calculation.

    `base` is the original amount, `weight` what an ABSOLUTE coupon is spread by (the same, but for legacy shipping),
    `left` what no discount took yet, `taken` the rest, in the order it went. Only lines have a `line_id` and `fees`.
    """

    __slots__ = ("base", "fees", "left", "line_id", "taken", "weight")

    def __init__(self, base: Decimal, line_id: str | None = None, fees: Sequence["Part"] = ()) -> None:
        self.base = self.weight = self.left = base
        self.line_id = line_id
        self.fees = fees
        self.taken: list[tuple[CouponDiscount | LineDiscount, Decimal]] = []

    def take(self, discount: CouponDiscount | LineDiscount, amount: Decimal) -> None:
        """Take the amount, or what is left if that is less; where that is nothing, nothing is written down."""
        amount = min(amount, self.left)
        if amount > 0:
            self.left -= amount
            self.taken.append((discount, amount))


def take_line_discounts(line: Part, discounts: Iterable[LineDiscount], step: Decimal) -> None:
    """Take a line's external discounts from it, in their order (docs/wire/emporix.md, 6.1 rule 4)."""
    for discount in discounts:
        reached = [line, *line.fees] if discount.include_fees else [line]
        if discount.kind == "PERCENT":
            shares = [(part.base * discount.value / HUNDRED).quantize(step) for part in reached]
        else:
            rooms = [part.left for part in reached]
            shares = spread(discount.value.quantize(step), [part.weight for part in reached], rooms, step)
        for part, share in zip(reached, shares, strict=True):
            part.take(discount, share)


def take_coupons(
    lines: Sequence[Part], shipping: Part | None, coupons: Iterable[CouponDiscount], step: Decimal
) -> None:
    """Take all coupons from lines, their fees and shipping (docs/wire/emporix.md, 6.1 rules 4 to 7)."""
    for coupon in sorted(coupons, key=_is_not_free_shipping):
        if coupon.kind == "FREE_SHIPPING":
            if shipping is not None:
                shipping.take(coupon, shipping.left)
            continue
        reached = _reached(coupon, lines, shipping)
        if coupon.kind == "PERCENT":
            shares = [(part.base * coupon.value / HUNDRED).quantize(step) for part in reached]
        else:
            rooms = [part.left for part in reached]
            shares = spread(coupon.value.quantize(step), [part.weight for part in reached], rooms, step)
        for part, share in zip(reached, shares, strict=True):
            part.take(coupon, share)


def _is_not_free_shipping(coupon: CouponDiscount) -> bool:
    return coupon.kind != "FREE_SHIPPING"


def _reached(coupon: CouponDiscount, lines: Sequence[Part], shipping: Part | None) -> list[Part]:
    """Lines, with TOTAL their fees, with an unrestricted TOTAL shipping too (docs/wire/emporix.md, 6.1 rules 6, 7)."""
    reached = [line for line in lines if coupon.line_ids is None or line.line_id in coupon.line_ids]
    if coupon.basis == "SUBTOTAL":
        return reached
    reached += [fee for line in reached for fee in line.fees]
    if shipping is not None and coupon.line_ids is None:
        reached.append(shipping)
    return reached


def spread(amount: Decimal, weights: Sequence[Decimal], rooms: Sequence[Decimal], step: Decimal) -> list[Decimal]:
    """Shares of the amount in proportion to the weights, each at most its room, which add up to the amount exactly.

    Amount and rooms are multiples of `step`. A part without room passes its share on to the others in proportion; what
    rounding left over or overdrew goes to the first part that can bear it. Where the amount is more than the rooms of
    all parts that have a weight, every one of them is filled (docs/wire/emporix.md, 6.1 rules 6 and 7).
    """
    shares = [ZERO] * len(weights)
    open_places = [place for place, weight in enumerate(weights) if weight > 0 and rooms[place] > 0]
    rest = max(amount, ZERO)
    base = sum([weights[place] for place in open_places], ZERO)
    # Tightest first: once one has room for its share, so has every one after it.
    for place in sorted(open_places, key=lambda place: rooms[place] / weights[place]):
        if rest * weights[place] < rooms[place] * base:
            break
        shares[place] = rooms[place]
        rest -= rooms[place]
        base -= weights[place]
        open_places.remove(place)
    for place in open_places:
        shares[place] = (rest * weights[place] / base).quantize(step)
    _settle_rounding(rest, open_places, rooms, shares)
    return shares


def _settle_rounding(rest: Decimal, places: Sequence[int], rooms: Sequence[Decimal], shares: list[Decimal]) -> None:
    """Make the shares at these places add up to the rest, by changing the first of them that can bear it."""
    missing = rest - sum([shares[place] for place in places], ZERO)
    for place in places:
        if not missing:
            return
        settled = min(max(shares[place] + missing, ZERO), rooms[place])
        missing -= settled - shares[place]
        shares[place] = settled
