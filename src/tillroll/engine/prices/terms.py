"""Under which terms carts, quotes and orders by hand are priced, with what the shop has set up for them."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from tillroll.domain.cart.cart import Cart
from tillroll.domain.customers.tax_address import tax_purpose
from tillroll.domain.money import ZERO, is_sane_amount
from tillroll.domain.prices.match import PriceContext
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.pricing.shapes import PricingRules
from tillroll.domain.pricing.terms import PricingTerms, Whereabouts, rules_under, tax_country
from tillroll.domain.site.sites import Site
from tillroll.engine.customers.tax_addresses import default_tax_address
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices import lists


def uplift_percent(view: View) -> Decimal:
    """By how much more than its price a weight-dependent line may be authorised: a percentage (18, and 6.1 rule 13)."""
    return view.configured("authorizedAmountUplift", ZERO, _percentage)


def _percentage(value: Any) -> Decimal:
    """A percentage as the merchant configured it, as a number or a text; what is none counts as none."""
    try:
        percent = Decimal(str(value))
    except InvalidOperation:
        return ZERO
    return percent if not isinstance(value, bool) and is_sane_amount(percent) and 0 <= percent <= 1000 else ZERO


def country_of(view: View, site: Site, cart: Cart) -> str:
    """Whose taxes a cart shows: those that its checkout will charge, as far as its addresses are known by now (6.1)."""
    addresses = tuple(
        (str(address.get("type")), address["country"]) for address in cart.addresses if address.get("country")
    )
    known = Whereabouts(addresses, cart.country_code)
    if known.named(tax_purpose(site)) is None:  # where its buyer is at home costs queries
        known = Whereabouts(default_tax_address=default_tax_address(view, cart.customer_id, cart.legal_entity_id))
    return tax_country(site, known)


def context_of(view: View, site: Site, cart: Cart, now: int) -> PriceContext:
    """Where, in which currency, when and for whom a cart's prices have to hold."""
    buyer = lists.buyer_of(view, cart.customer_id, cart.legal_entity_id)
    context = PriceContext(site, cart.currency, country_of(view, site, cart), now, buyer)
    return lists.completed(view, context)


def terms_in(view: View, context: PriceContext, models: Iterable[PriceModel | None]) -> PricingTerms:
    """The terms in a context, on the side that the site or the first of these price models says."""
    return terms_by(view, context, rules_under(context.site, context.currency, models, uplift_percent(view)))


def terms_by(view: View, context: PriceContext, rules: PricingRules) -> PricingTerms:
    """The terms in a context by rules that stand already, as those of a quote or an order do."""
    return PricingTerms(context, view.tax_table(context.country) if context.country else None, rules)
