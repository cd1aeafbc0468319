"""Which price holds for an item: where, for whom, when, for how many (contracts/emporix.md, 8).

    prices of the item ──► misfit? ──► tier by quantity ──► sale price ──► lowest effective value

A price is per measurement unit of its model: 1.99 for 100 g. Amounts are `Decimal` in the price's currency and are not
rounded, but for the weighted average of tiers and reduced prices, which end after `AVERAGE_PLACES` places.
"""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

from msgspec import Struct

from tillroll.domain.catalogue import Price, PriceModel, SalePrice, Site, TierValue, Validity
from tillroll.domain.money import HUNDRED, ZERO
from tillroll.domain.rejections import Reason
from tillroll.domain.times import instant

AVERAGE_PLACES = 10
_AVERAGE_STEP = Decimal(1).scaleb(-AVERAGE_PLACES)
_ONE = Decimal(1)

# A price (12 digits and 20 places) times a quantity (9 digits and 3 places) has up to 44 digits; with room to divide.
_EXACT = Context(prec=100, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])


class PriceContext(Struct, frozen=True):
    """Where, in which currency, when and for whom a price is looked for.

    `country` is an ISO 3166 code, `now` microseconds UTC, `principals` the ids of the customer and its groups.
    `tax_rate`, in percent, lets net and gross prices compete on one side; without it they are compared as they stand.
    """

    site: Site
    currency: str
    country: str
    now: int
    principals: frozenset[str] = frozenset()
    tax_rate: Decimal | None = None


class PriceValue(Struct, frozen=True, gc=False):
    """What one measurement unit costs: `original` with the tier applied, `effective` after the sale price."""

    original: Decimal
    effective: Decimal


class Sides(Struct, frozen=True, gc=False):
    """An amount on both sides of the tax, not rounded."""

    net: Decimal
    gross: Decimal

    def on(self, gross: bool) -> Decimal:
        """The amount on one side."""
        return self.gross if gross else self.net


def misfit(price: Price, context: PriceContext) -> Reason | None:
    """Why a price does not hold in a context, None where it does (contracts/emporix.md, 8 and 19.5).

    PRICE_NOT_APPLICABLE for another site, currency, country or customer goes before PRICE_NOT_VALID_NOW.
    """
    restrictions = price.restrictions
    if price.currency != context.currency:
        return Reason.PRICE_NOT_APPLICABLE
    if restrictions.site_codes and context.site.code not in restrictions.site_codes:
        return Reason.PRICE_NOT_APPLICABLE
    country = price.location.country_code if price.location is not None else None
    if country and country.upper() != context.country.upper():
        return Reason.PRICE_NOT_APPLICABLE
    if restrictions.principals and not any(one.id in context.principals for one in restrictions.principals):
        return Reason.PRICE_NOT_APPLICABLE
    if restrictions.validity is not None and not _holds(restrictions.validity, context.now):
        return Reason.PRICE_NOT_VALID_NOW
    return None


def _holds(validity: Validity, now: int) -> bool:
    """Whether `now` lies within; both ends belong to it, and an end that can not be read lets nothing through."""
    if validity.from_ is not None:
        first = instant(validity.from_)
        if first is None or now < first:
            return False
    if validity.to is not None:
        last = instant(validity.to)
        return last is not None and now <= last
    return True


def value_for(price: Price, model: PriceModel, quantity: Decimal) -> PriceValue:
    """The value of one measurement unit when `quantity` is bought (contracts/emporix.md, 8).

    BASIC has one value; VOLUME takes the value of the tier reached for all; TIERED the average of the tiers' values,
    weighted by what lies in each and rounded HALF_UP to 10 places.
    """
    tier_type = model.tier_definition.tier_type
    if tier_type == "BASIC":
        original = price.tier_values[0].price_value
    elif tier_type == "VOLUME":
        original = price.tier_values[_tier_reached(price, model, quantity)].price_value
    else:
        original = _weighted_average(price, model, quantity)
    if price.sale_price is None:
        return PriceValue(original, original)
    return PriceValue(original, _reduced(original, price.sale_price))


def tier_values(price: Price, model: PriceModel) -> tuple[PriceValue, ...]:
    """The value of every single tier, in order, to tell a price of the wrong tier from one that has changed."""
    return tuple(
        PriceValue(tier.price_value, tier.price_value if sale is None else _reduced(tier.price_value, sale))
        for sale in (price.sale_price,)
        for tier in _tiers_of(price, model)
    )


def sides(amount: Decimal, *, is_gross: bool, rate: Decimal) -> Sides:
    """A net or gross amount with its other side by a rate in percent (contracts/emporix.md, 8)."""
    if not rate:
        return Sides(amount, amount)
    factor = _EXACT.add(_ONE, _EXACT.divide(rate, HUNDRED))
    if is_gross:
        return Sides(_EXACT.divide(amount, factor), amount)
    return Sides(amount, _EXACT.multiply(amount, factor))


def line_total(effective: Decimal, quantity: Decimal, model: PriceModel) -> Decimal:
    """What `quantity` costs: 1.99 for 100 g makes 23.88 for 1200 g; exact, not rounded (contracts/emporix.md, 8).

    A measurement unit of nothing, as some published models have it, means one.
    """
    unit = model.measurement_unit.quantity
    total = _EXACT.multiply(effective, quantity)
    return total if unit == _ONE or not unit else _EXACT.divide(total, unit)


def best_match(
    prices: Sequence[Price],
    model_of: Callable[[str], PriceModel | None],
    context: PriceContext,
    quantity: Decimal,
) -> tuple[Price, PriceModel, PriceValue] | None:
    """The price with the lowest effective value for one unit; of equal ones the first, which is the oldest.

    Values are compared per unit, so that 1.99 for 100 g beats 20.00 for 1000 g. A price without a model never holds.
    """
    best: tuple[Price, PriceModel, PriceValue] | None = None
    lowest = ZERO
    for price in prices:
        if misfit(price, context) is not None:
            continue
        model = model_of(price.price_model_id)
        if model is None:
            continue
        value = value_for(price, model, quantity)
        per_unit = line_total(value.effective, _ONE, model)
        if context.tax_rate is not None:
            per_unit = sides(per_unit, is_gross=model.includes_tax, rate=context.tax_rate).net
        if best is None or per_unit < lowest:
            best, lowest = (price, model, value), per_unit
    return best


def _tiers_of(price: Price, model: PriceModel) -> Sequence[TierValue]:
    return price.tier_values[: len(model.tier_definition.tiers)]


def _tier_reached(price: Price, model: PriceModel, quantity: Decimal) -> int:
    """The last tier whose minimum `quantity` reaches; the first where it reaches none."""
    reached = 0
    for position, (tier, _value) in enumerate(zip(model.tier_definition.tiers, price.tier_values, strict=False)):
        if tier.min_quantity.quantity <= quantity:
            reached = position
    return reached


def _weighted_average(price: Price, model: PriceModel, quantity: Decimal) -> Decimal:
    if quantity <= 0:
        return price.tier_values[0].price_value
    values = _tiers_of(price, model)
    minima = [tier.min_quantity.quantity for tier in model.tier_definition.tiers]
    total = ZERO
    for position, value in enumerate(values):
        above = minima[position + 1] if position + 1 < len(values) else quantity
        portion = min(quantity, above) - minima[position]
        if portion > 0:
            total = _EXACT.add(total, _EXACT.multiply(value.price_value, portion))
    return _EXACT.divide(total, quantity).quantize(_AVERAGE_STEP, context=_EXACT)


def _reduced(value: Decimal, sale: SalePrice) -> Decimal:
    """`value` less the sale price's amount, or its percentage where no amount is given; never below zero."""
    if sale.discount_amount is not None:
        return max(ZERO, _EXACT.subtract(value, sale.discount_amount))
    if sale.discount_rate is not None:
        kept = _EXACT.subtract(HUNDRED, sale.discount_rate)
        return max(ZERO, _EXACT.divide(_EXACT.multiply(value, kept), HUNDRED))
    return value
