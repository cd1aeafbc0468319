"""Which price holds for an item: where, for whom, when, for how many (docs/wire/emporix.md, 8).

    prices of the item ──► misfit? ──► tier by quantity ──► sale price ──► exchange ──► most exact list, lowest value

Prices of a list go before those of the catalogue, those of a more exact list before the others, and then the lowest
value counts. A price is per measurement unit of its model: 1.99 for 100 g. Amounts are `Decimal` and are not rounded,
but for the weighted average of tiers, which ends after `AVERAGE_PLACES` places.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from tillroll.domain.money import HUNDRED, ZERO, currency_code
from tillroll.domain.prices.lists import Buyer, Specificity, list_of, specificity
from tillroll.domain.prices.prices import Price, PriceModel, SalePrice, TierValue
from tillroll.domain.rejections import Reason
from tillroll.domain.site.sites import Site

AVERAGE_PLACES = 10
_AVERAGE_STEP = Decimal(1).scaleb(-AVERAGE_PLACES)
_ONE = Decimal(1)

# A price (12 digits and 20 places) times a quantity (9 digits and 3 places) has up to 44 digits; with room to divide.
_EXACT = Context(prec=100, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])


class PriceContext(Struct, frozen=True):
    """Where, in which currency, when and for whom a price is looked for.

    `country` is an ISO 3166 code as it is kept and `regions` what it lies in, `now` is microseconds UTC. `tax_rate`, in
    percent, lets net and gross prices compete on one side; without it they are compared as they stand. `exchange_rates`
    say how much of `currency` one unit of another currency is; a price in one that is missing there does not hold.
    """

    site: Site
    currency: str
    country: str
    now: int
    buyer: Buyer = Buyer()
    tax_rate: Decimal | None = None
    regions: frozenset[str] = frozenset()
    exchange_rates: Mapping[str, Decimal] = {}

    def __post_init__(self) -> None:
        """The currency is in its kept form, however it was sent."""
        force_setattr(self, "currency", currency_code(self.currency))


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
    """Why a price does not hold in a context, None where it does (docs/wire/emporix.md, 8 and 19.5).

    PRICE_NOT_APPLICABLE for another site, currency, country or customer goes before PRICE_NOT_VALID_NOW.
    """
    restrictions = price.restrictions
    if price.currency != context.currency and price.currency not in context.exchange_rates:
        return Reason.PRICE_NOT_APPLICABLE
    if restrictions.site_codes and context.site.code not in restrictions.site_codes:
        return Reason.PRICE_NOT_APPLICABLE
    country = price.location.country_code if price.location is not None else None
    if country and country != context.country:
        return Reason.PRICE_NOT_APPLICABLE
    if not context.buyer.is_one_of(restrictions.principals):
        return Reason.PRICE_NOT_APPLICABLE
    if list_of(price) is not None and _specificity(price, context) is None:
        return Reason.PRICE_NOT_APPLICABLE
    validity = restrictions.validity
    if validity is not None and not validity.on(context.site.clock).holds_at(context.now):
        return Reason.PRICE_NOT_VALID_NOW
    return None


def _specificity(price: Price, context: PriceContext) -> Specificity | None:
    """How exactly a price's list is meant for the context; None where it is from no list, or its list is not."""
    price_list = list_of(price)
    if price_list is None:
        return None
    return specificity(price_list, context.buyer, context.country, context.regions)


def model_of(price: Price, find: Callable[[str], PriceModel | None]) -> PriceModel | None:
    """What a price means, None where its model is gone; prices of a list are net whatever their model says."""
    model = find(price.price_model_id)
    if model is None or not model.includes_tax or list_of(price) is None:
        return model
    return replace(model, includes_tax=False)


def value_here(price: Price, model: PriceModel, quantity: Decimal, context: PriceContext) -> PriceValue:
    """What one measurement unit costs in the context's currency."""
    return _exchanged(value_for(price, model, quantity), price, context)


def tier_values_here(price: Price, model: PriceModel, context: PriceContext) -> tuple[PriceValue, ...]:
    """The value of every single tier in the context's currency."""
    return tuple(_exchanged(value, price, context) for value in tier_values(price, model))


def _exchanged(value: PriceValue, price: Price, context: PriceContext) -> PriceValue:
    """A value of a price that holds in the context, at the stored rate where its currency is another one."""
    if price.currency == context.currency:
        return value
    rate = context.exchange_rates[price.currency]
    original = _EXACT.multiply(value.original, rate)
    return PriceValue(
        original, original if value.effective is value.original else _EXACT.multiply(value.effective, rate)
    )


def value_for(price: Price, model: PriceModel, quantity: Decimal) -> PriceValue:
    """The value of one measurement unit when `quantity` is bought (docs/wire/emporix.md, 8).

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
    """A net or gross amount with its other side by a rate in percent (docs/wire/emporix.md, 8)."""
    if not rate:
        return Sides(amount, amount)
    factor = _EXACT.add(_ONE, _EXACT.divide(rate, HUNDRED))
    if is_gross:
        return Sides(_EXACT.divide(amount, factor), amount)
    return Sides(amount, _EXACT.multiply(amount, factor))


def line_total(effective: Decimal, quantity: Decimal, model: PriceModel) -> Decimal:
    """What `quantity` costs: 1.99 for 100 g makes 23.88 for 1200 g; exact, not rounded (docs/wire/emporix.md, 8).

    A measurement unit of nothing, as some published models have it, means one.
    """
    unit = model.measurement_unit.quantity
    total = _EXACT.multiply(effective, quantity)
    return total if unit == _ONE or not unit else _EXACT.divide(total, unit)


def best_match(
    prices: Sequence[Price],
    find_model: Callable[[str], PriceModel | None],
    context: PriceContext,
    quantity: Decimal,
) -> tuple[Price, PriceModel, PriceValue] | None:
    """The price of the most exact list, else of the catalogue; of several the one with the lowest effective value.

    Values are compared per unit, so that 1.99 for 100 g beats 20.00 for 1000 g; of equal ones the first, which is the
    oldest, wins. A price without a model never holds (docs/wire/emporix.md, 8).
    """
    best: tuple[Price, PriceModel, PriceValue] | None = None
    rank: Specificity | None = None
    lowest = ZERO
    for price in prices:
        if misfit(price, context) is not None:
            continue
        model = model_of(price, find_model)
        if model is None:
            continue
        exact = _specificity(price, context)
        if best is not None and _is_before(rank, exact):
            continue
        value = value_here(price, model, quantity, context)
        per_unit = line_total(value.effective, _ONE, model)
        if context.tax_rate is not None:
            per_unit = sides(per_unit, is_gross=model.includes_tax, rate=context.tax_rate).net
        if best is None or per_unit < lowest or _is_before(exact, rank):
            best, rank, lowest = (price, model, value), exact, per_unit
    return best


def _is_before(one: Specificity | None, other: Specificity | None) -> bool:
    """Whether a price of specificity `one` goes before one of the `other`, whatever it costs; None is the catalogue."""
    return one is not None and (other is None or one > other)


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
