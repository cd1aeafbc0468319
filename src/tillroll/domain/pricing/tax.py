"""Net, gross and tax: the other side of an amount, and sums of taxed amounts.

Every function here expects the `EXACT` context, which `price_cart` and `legacy_totals` set for the whole calculation:
plain operators then keep every digit that matters, and `quantize` rounds HALF_UP.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import lru_cache

from tillroll.domain.money import HUNDRED, ZERO
from tillroll.domain.pricing.shapes import TaxedAmount

# A share is discount × line ÷ base. With amounts below 10^12 of ten places and quantities below 10^9 of three places
# the product has up to 70 digits; a quotient of 100 digits then never rounds to a half that it is not.
EXACT_DIGITS = 100
EXACT = Context(prec=EXACT_DIGITS, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])


class PricedSide:
    """The side that a site's prices are on, gross or net, and the step it rounds to."""

    __slots__ = ("includes_tax", "step")

    def __init__(self, includes_tax: bool, step: Decimal) -> None:
        self.includes_tax = includes_tax
        self.step = step

    def of(self, price: TaxedAmount) -> Decimal:
        """The price's amount on this side."""
        return price.gross if self.includes_tax else price.net

    def completed(self, amount: Decimal, code: str | None, rate: Decimal | None) -> TaxedAmount:
        """The amount on this side, rounded, with the other side by the rate (docs/wire/emporix.md, 6.1 rules 1, 3)."""
        if not self.includes_tax:
            return from_net(amount, code, rate, self.step)
        gross = amount.quantize(self.step)
        if not rate:
            return TaxedAmount(gross, gross, gross - gross, code, rate)
        net = (gross / _factor(rate)).quantize(self.step)
        return TaxedAmount(net, gross, gross - net, code, rate)


def from_net(amount: Decimal, code: str | None, rate: Decimal | None, step: Decimal) -> TaxedAmount:
    """The net amount, rounded, with its gross by the rate (docs/wire/emporix.md, 6.1 rules 1, 8, 9 and 11)."""
    net = amount.quantize(step)
    if not rate:
        return TaxedAmount(net, net, net - net, code, rate)
    gross = (net * _factor(rate)).quantize(step)
    return TaxedAmount(net, gross, gross - net, code, rate)


@lru_cache(maxsize=1024)
def _factor(rate: Decimal) -> Decimal:
    """What turns net into gross: 1.19 for 19 %."""
    return EXACT.add(1, EXACT.divide(rate, HUNDRED))


def total_of(parts: Sequence[TaxedAmount]) -> TaxedAmount:
    """The sum of the parts, with their tax code and rate where they all agree (docs/wire/emporix.md, 6.1 rule 14)."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return TaxedAmount(ZERO, ZERO, ZERO)
    first = parts[0]
    net, gross, code, rate = first.net, first.gross, first.tax_code, first.tax_rate
    for part in parts[1:]:
        net += part.net
        gross += part.gross
        if part.tax_code != code or part.tax_rate != rate:
            code = rate = None
    return TaxedAmount(net, gross, gross - net, code, rate)


def tax_aggregate(parts: Iterable[TaxedAmount]) -> tuple[TaxedAmount, ...]:
    """The sums by tax code and rate, in the order of the codes, untaxed last (docs/wire/emporix.md, 6.1 rule 12)."""
    groups: list[list[TaxedAmount]] = []
    for part in parts:
        for group in groups:
            if group[0].tax_code == part.tax_code and group[0].tax_rate == part.tax_rate:
                group.append(part)
                break
        else:
            groups.append([part])
    if len(groups) > 1:
        groups.sort(key=_code_order)
    return tuple([total_of(group) for group in groups])


def _code_order(group: Sequence[TaxedAmount]) -> tuple[bool, str, Decimal]:
    code, rate = group[0].tax_code, group[0].tax_rate
    return code is None, code or "", rate or ZERO
