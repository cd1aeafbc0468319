"""What a plain line costs, reckoned once: nearly all lines of nearly all carts are plain.

A line is plain where its price hangs on nothing but the catalogue, the place and the side of the tax: not on the buyer,
the time or the quantity, and where neither a quote nor an outside system has a say. The functions that judge any other
line make the plan, so that the short way says what the long way would.
"""

from decimal import Decimal

from tillroll.domain.cart.cart import CartLine
from tillroll.domain.cart.line_values import ONE, LineBasis, LineValue, Offered, catalogue_value, tax_of
from tillroll.domain.catalogue.products import Product
from tillroll.domain.checkout.inputs import Facts, LinePlan, Sellable
from tillroll.domain.money import ZERO, rounded
from tillroll.domain.prices.lists import list_of, named
from tillroll.domain.prices.match import misfit, model_of
from tillroll.domain.prices.prices import Price
from tillroll.domain.pricing.terms import PricingTerms

# Sold as parts or as variants: what they need beside themselves is looked at each time.
NOT_PLAIN = frozenset({"BUNDLE", "PARENT_VARIANT"})
# As many as a shop's best sellers have in the countries that buy; some 300 bytes each.
PLANS_MAX = 20_000


def plain_sale(facts: Facts, terms: PricingTerms, line: CartLine, sellable: Sellable) -> tuple[LineBasis, str] | None:
    """By what a plain line is sold whose price the client saw as it is, and its tax code; None for the long way."""
    claimed, context, plans = line.price, terms.context, facts.plans
    if plans is None:
        return None
    if claimed is None or claimed.price_list_id is not None or line.agreed is not None or line.external is not None:
        return None
    place = (context.site.code, context.country, context.currency, terms.rules.includes_tax)
    key = (line.product_id, claimed.price_id, place)
    plan = plans.get(key)
    if plan is None or not _still_holds(plan, facts, terms, sellable):
        plan = _plan(facts, terms, line, sellable)
        if plan is None:
            return None
        if len(plans) >= PLANS_MAX:
            plans.clear()
        plans[key] = plan
    sold = plan.sold
    if sold is None or line.quantity < 1 or claimed.effective_amount != sold[0].value.effective:
        return None
    return sold if claimed.currency is None or claimed.currency == context.currency else None


def _still_holds(plan: LinePlan, facts: Facts, terms: PricingTerms, sellable: Sellable) -> bool:
    """Whether all that a plan was made of is what it was."""
    return (
        plan.product is sellable.value
        and plan.taxes is terms.taxes
        and plan.site is terms.context.site
        and plan.model is facts.models.get(plan.price.price_model_id)
        and named(sellable.prices, plan.price.id, None) == [plan.price]
    )


def rounds_to_nothing(terms: PricingTerms, quantity: Decimal, value: LineValue) -> bool:
    """Whether a product that has a price is split so finely that a line of so many would be free."""
    total = value.for_all(quantity)
    return 0 < total < 1 and rounded(total, terms.rules.scale) == 0


def _plan(facts: Facts, terms: PricingTerms, line: CartLine, sellable: Sellable) -> LinePlan | None:
    """The plan of lines like this one; None where there is no such price."""
    found = named(sellable.prices, line.price.price_id, None) if line.price is not None else []
    if not found:
        return None
    stored = facts.models.get(found[0].price_model_id)
    sold = _sold(facts, terms, line, (sellable.value, found[0])) if len(found) == 1 else None
    return LinePlan(sellable.value, found[0], stored, terms.taxes, terms.site, sold)


def _sold(
    facts: Facts, terms: PricingTerms, line: CartLine, offer: tuple[Product, Price]
) -> tuple[LineBasis, str] | None:
    """By what lines like this one are sold, whatever their quantity; None where they are not plain."""
    product, price = offer
    model = model_of(price, facts.models.get)
    code, rate = tax_of(terms, line, product)
    if model is None or code is None or rate is None or _hangs_on_more(price, terms):
        return None
    if not product.published or product.product_type in NOT_PLAIN:
        return None
    if model.tier_definition.tier_type != "BASIC" or model.measurement_unit.quantity not in (ONE, ZERO):
        return None
    value = catalogue_value(terms, Offered(price, model), ONE, rate)
    if rounds_to_nothing(terms, ONE, value):
        return None
    return LineBasis(value, code, rate, product.weight_dependent), code


def _hangs_on_more(price: Price, terms: PricingTerms) -> bool:
    """Whether the price hangs on the buyer, the time or a rate of exchange, or does not hold here at all."""
    restrictions = price.restrictions
    return (
        bool(restrictions.principals)
        or restrictions.validity is not None
        or list_of(price) is not None
        or price.currency != terms.context.currency
        or misfit(price, terms.context) is not None
    )
