"""The heart: from facts to an order with all its movements, or to the full list of rejections.

    request ─┐                    ┌─► Decision   order, stock taken, coupons redeemed
    cart    ─┼─► decide(facts, …) ┤
    facts   ─┘                    └─► Rejection* everything that is wrong, at once

Nothing that the client claims is trusted: prices, taxes, discounts and totals are computed here, and what was claimed
is compared (contracts/emporix.md, 4.3 and 19).
"""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.cart import Cart
from tillroll.domain.catalogue import Site
from tillroll.domain.checkout_facts import Agreement, Attempt, Decision, Facts, Method, Redemption
from tillroll.domain.checkout_lines import JudgedLines, LineTerms, judge_lines
from tillroll.domain.checkout_request import request_rejections, without_absurd_amounts
from tillroll.domain.checkout_terms import (
    CartValue,
    address_of_type,
    applied_coupons,
    applied_discounts,
    coupon_rejections,
    currency_rejections,
    shipping_rejections,
    shipping_tax_code,
)
from tillroll.domain.checkout_window import delivery_of, window_rejections
from tillroll.domain.customer import BILLING
from tillroll.domain.external import cart_discounts
from tillroll.domain.money import minor_exponent, to_minor
from tillroll.domain.order import Order, PaymentMethod, PlaceOrder, first_status
from tillroll.domain.payment import GATEWAY, mode_id
from tillroll.domain.price_lists import named
from tillroll.domain.price_match import PriceContext, model_of
from tillroll.domain.pricing import CouponDiscount, PricedCart, PricingRules, ShippingCharge, price_cart
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.residence import tax_purpose

# What is stored as an integer of minor units has 18 digits at most, four of them behind the point.
ORDER_TOTAL_MAX = Decimal(10) ** 14


def decide(facts: Facts, attempt: Attempt) -> Decision | list[Rejection]:
    """Decide one checkout. Pure: the facts are only read; `settle` counts an accepted order down in them."""
    attempt = without_absurd_amounts(attempt)
    rejections = list(request_rejections(facts, attempt))
    cart = attempt.cart
    if cart is None:
        if attempt.request.cart_id is not None:
            message = f"there is no open cart '{attempt.request.cart_id[:80]}' of this session: create a cart"
            rejections.append(Rejection(Reason.CART_NOT_FOUND, "cartId", message))
        return rejections
    site = facts.sites.get(cart.site)
    if site is None:
        message = f"the cart's site '{cart.site}' does not exist any more: create a cart on another site"
        return [*rejections, Rejection(Reason.CART_NOT_FOUND, "cartId", message)]
    country, judged, rules = judge_cart(facts, attempt, site)
    rejections += judged.rejections
    charge = _shipping_charge(facts, attempt.request, cart, country)
    if isinstance(charge, Rejection):
        rejections.append(charge)
        charge = None
    discounts = discounts_of(facts, cart)
    priced = price_cart(rules, judged.pricing, discounts=discounts, shipping=charge)
    if priced.final_price.gross >= ORDER_TOTAL_MAX or priced.price.gross >= ORDER_TOTAL_MAX:
        message = f"an order is worth less than {ORDER_TOTAL_MAX:f}: reduce the quantities"
        rejections.append(Rejection(Reason.VALUE_INVALID, "cart.items", message))
    value = _value(rules, judged, priced)
    rejections += coupon_rejections(facts, attempt, cart, value)
    rejections += shipping_rejections(facts, attempt, cart, value)
    rejections += currency_rejections(attempt, cart, site)
    rejections += window_rejections(facts, attempt, cart)
    if rejections:
        return rejections
    if attempt.agreement is not None and priced.final_price.gross != attempt.agreement.final_price.gross:
        return [_outdated(attempt.agreement, priced)]
    return _decision(facts, attempt, _order(facts, attempt, judged, Terms(rules, priced, country)))


def judge_cart(facts: Facts, attempt: Attempt, site: Site) -> tuple[str, JudgedLines, PricingRules]:
    """Whose taxes apply, what becomes of the lines of the attempt's cart, and how they are calculated."""
    assert attempt.cart is not None
    country = tax_country(facts, site, attempt)
    judged = judge_lines(_terms(facts, attempt, site, country), attempt.cart)
    return country, judged, _rules(facts, attempt, site)


class Terms(Struct, frozen=True):
    """What an order was calculated by, and the result."""

    rules: PricingRules
    priced: PricedCart
    country: str


def settle(facts: Facts, site: str, decision: Decision) -> None:
    """Count an accepted order down in the facts, for the next checkout that is decided from them."""
    for product_id, quantity in decision.order.stock:
        facts.stock[site, product_id].on_hand -= quantity
    if decision.order.delivery is not None:
        window = decision.order.delivery.window_id
        facts.booked[window] = facts.booked.get(window, 0) + 1
    for redemption in decision.redemptions:
        facts.coupons[redemption.code].redemption_count += 1
        key = (redemption.code, redemption.customer)
        facts.coupon_uses[key] = facts.coupon_uses.get(key, 0) + 1


def tax_country(facts: Facts, site: Site, attempt: Attempt) -> str:
    """Whose taxes apply: those of the address that the site names, else of the billing address, else of where the
    buyer is at home, else of the site (contracts/emporix.md, 4.7)."""
    wanted, addresses = tax_purpose(site), attempt.request.addresses
    address = address_of_type(addresses, wanted) or address_of_type(addresses, BILLING)
    if address is not None:
        return address.country.upper()
    customer = facts.customers.get(attempt.acting_as)
    at_home = customer.residence.country(wanted) if customer is not None else None
    return (at_home or site.home_country or "").upper()


def _terms(facts: Facts, attempt: Attempt, site: Site, country: str) -> LineTerms:
    cart = attempt.cart
    assert cart is not None
    context = PriceContext(
        site,
        cart.currency,
        country,
        facts.now,
        attempt.buyer,
        regions=facts.regions.get(country, frozenset()),
        exchange_rates=facts.exchange_rates.get(cart.currency, {}),
    )
    taxes = facts.tax_tables.get(country)
    return LineTerms(facts, site, _includes_tax(facts, site, cart), country, taxes, context)


def _includes_tax(facts: Facts, site: Site, cart: Cart) -> bool:
    """On which side the cart is priced: as the site says, else as the price model of the first line that has one."""
    if site.includes_tax is not None:
        return site.includes_tax
    for line in cart.lines:
        sellable = facts.products.get(line.product_id)
        if sellable is None or line.price is None or line.is_priced_externally or line.quantity <= 0:
            continue
        found = named(sellable.prices, line.price.price_id, line.price.price_list_id)
        model = model_of(found[0], facts.models.get) if found else None
        if model is not None:
            return model.includes_tax
    return False


def _rules(facts: Facts, attempt: Attempt, site: Site) -> PricingRules:
    """How the purchase is calculated: as the quote agrees, else as the site does now."""
    if attempt.agreement is not None:
        return attempt.agreement.rules
    cart = attempt.cart
    assert cart is not None
    includes_tax = _includes_tax(facts, site, cart)
    return PricingRules(site.scale_in(cart.currency), includes_tax, cart.currency, facts.uplift_percent)


def _outdated(agreement: Agreement, priced: PricedCart) -> Rejection:
    """What was agreed on can not be kept under today's taxes, and nobody is charged another sum unasked."""
    message = (
        f"the quote is {agreement.final_price.gross}, but with today's taxes it would be {priced.final_price.gross}: "
        "ask the merchant for a new one"
    )
    return Rejection(Reason.QUOTE_OUTDATED, "quoteId", message)


def discounts_of(facts: Facts, cart: Cart) -> list[CouponDiscount]:
    """What is taken from the cart as a whole: its coupons as they were applied, then what outside systems take."""
    coupons = applied_discounts(facts, cart)
    return coupons + cart_discounts(cart.external_discounts)


def _value(rules: PricingRules, judged: JudgedLines, priced: PricedCart) -> CartValue:
    """What the lines are worth; where some could not be priced, what the client claims, and no gross value."""
    if judged.rejections:
        return CartValue(judged.claimed_value, None)
    return CartValue(priced.price.gross if rules.includes_tax else priced.price.net, priced.price.gross)


def _shipping_charge(facts: Facts, request: PlaceOrder, cart: Cart, country: str) -> ShippingCharge | Rejection | None:
    choice = request.shipping
    if choice is None:
        return None
    method = facts.methods.get((cart.site, choice.zone_id, choice.method_id))
    if method is None:
        return None
    taxes = facts.tax_tables.get(country)
    code = shipping_tax_code(choice, method, taxes)
    if code is None:
        return ShippingCharge(choice.amount)
    rate = taxes.rate_of(code) if taxes is not None else None
    if rate is None:
        message = f"{country} has no tax class {code[:40]} for shipping: use one that it has"
        return Rejection(Reason.VALUE_INVALID, "shipping.shippingTaxCode", message)
    return ShippingCharge(choice.amount, code, rate)


def _order(facts: Facts, attempt: Attempt, judged: JudgedLines, terms: Terms) -> Order:
    cart, request = attempt.cart, attempt.request
    assert cart is not None
    assert request.customer is not None
    assert request.shipping is not None
    billing = address_of_type(request.addresses, "BILLING")
    shipping = address_of_type(request.addresses, "SHIPPING")
    assert billing is not None
    assert shipping is not None
    choice = request.shipping
    method: Method = facts.methods[cart.site, choice.zone_id, choice.method_id]
    coupons = applied_coupons(facts, cart)
    quote_id = attempt.agreement.quote_id if attempt.agreement is not None else None
    return Order(
        cart_id=cart.id if quote_id is None else None,
        quote_id=quote_id,
        site=cart.site,
        country=terms.country,
        rules=terms.rules,
        customer=request.customer if attempt.customer_id is not None else replace(request.customer, id=None),
        billing_address=billing,
        shipping_address=shipping,
        payment=_paid_by(facts, request.payment_methods[0]),
        shipping=choice,
        lines=tuple(judged.entries),
        priced=terms.priced,
        discounts=tuple(discounts_of(facts, cart)),
        coupons=tuple([state.document for state in coupons]),
        method=method.document,
        channel=cart.channel,
        delivery_window=cart.delivery_window,
        legal_entity_id=cart.legal_entity_id or None,
        delivery=delivery_of(facts, cart),
        mixins=cart.mixins,
        metadata=cart.metadata,
        stock=tuple(sorted(judged.stock.items())) if facts.keeps_stock else (),
        takes_stock=facts.keeps_stock,
    )


def _paid_by(facts: Facts, method: PaymentMethod) -> PaymentMethod:
    """The payment as the order keeps it, with the method of its mode where the client names none."""
    mode = facts.payment_modes.get(mode_id(method.custom_attributes) or "") if method.provider == GATEWAY else None
    return method if mode is None or method.method else replace(method, method=mode.method)


def _decision(facts: Facts, attempt: Attempt, order: Order) -> Decision:
    currency = order.rules.currency
    taken: dict[str, Decimal] = {}
    if order.priced.total_discount is not None:
        taken = {one.id: one.value for one in order.priced.total_discount.applied if one.origin == "INTERNAL"}
    exponent = minor_exponent(currency)
    assert exponent is not None
    redemptions = tuple(
        Redemption(
            state.coupon.code,
            attempt.customer_key,
            state.coupon.max_redemptions_per_customer,
            to_minor(taken.get(state.coupon.code, Decimal(0)), currency),
        )
        for state in (facts.coupons[discount.id] for discount in order.discounts if discount.origin == "INTERNAL")
    )
    return Decision(
        order=order,
        status=first_status(order.payment),
        total_minor=to_minor(order.priced.final_price.gross, currency),
        redemptions=redemptions,
    )
