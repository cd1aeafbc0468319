"""From facts to an order with all its movements, or to the full list of rejections.

    request ─┐                    ┌─► Decision   order, stock taken, coupons redeemed
    ground  ─┼─► decide(facts, …) ┤
    facts   ─┘                    └─► Rejection* everything that is wrong, at once

Nothing that the client claims is trusted: prices, taxes, discounts and totals are computed here, and what was claimed
is compared (docs/wire/emporix.md, 4.3 and 19). The ground (cart, country, side of the tax, delivery window) is resolved
once, while the facts are loaded.
"""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.cart.cart import Cart, is_same_amount
from tillroll.domain.cart.line_values import named_price
from tillroll.domain.checkout.coupons import CartValue, applied_coupons, applied_discounts, coupon_rejections
from tillroll.domain.checkout.currency import currency_rejections
from tillroll.domain.checkout.inputs import Attempt, Decision, Facts, Ground, Redemption
from tillroll.domain.checkout.lines import JudgedLines, judge_lines
from tillroll.domain.checkout.request import request_rejections, without_absurd_amounts
from tillroll.domain.checkout.shipping import address_of_type, shipping_rejections, shipping_tax_code
from tillroll.domain.checkout.window import delivery_of, window_rejections
from tillroll.domain.customers.customer import BILLING, SHIPPING
from tillroll.domain.customers.tax_address import NOWHERE
from tillroll.domain.money import minor_exponent, rounded, to_minor
from tillroll.domain.orders.order import (
    CREATED,
    Address,
    Customer,
    Order,
    PaymentMethod,
    PlaceOrder,
    ShippingChoice,
    first_status,
)
from tillroll.domain.payments.payment import GATEWAY, PaymentMode, PaymentPlan, mode_id, token_of
from tillroll.domain.prices.match import PriceContext, model_of
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.external import cart_discounts
from tillroll.domain.pricing.shapes import CouponDiscount, PricedCart, ShippingCharge
from tillroll.domain.pricing.terms import PricingTerms, Whereabouts, rules_under, tax_country
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.site.sites import Site

# What is stored as an integer of minor units has 18 digits at most, four of them behind the point.
ORDER_TOTAL_MAX = Decimal(10) ** 14


class _Parts(Struct, frozen=True):
    """What an order needs of its request."""

    customer: Customer
    shipping: ShippingChoice
    billing_address: Address
    shipping_address: Address
    payment: PaymentMethod


class _Accepted(Struct, frozen=True):
    """A purchase that nothing speaks against: its ground and parts, its lines, what is taken off, and what it costs."""

    ground: Ground
    parts: _Parts
    judged: JudgedLines
    discounts: tuple[CouponDiscount, ...]
    priced: PricedCart


def decide(facts: Facts, attempt: Attempt, ground: Ground | None) -> Decision | list[Rejection]:
    """Decide one checkout. Pure: the facts are only read; `settle` counts an accepted order down in them.

    `ground` is None where the attempt has no cart, or its cart no site.
    """
    attempt = without_absurd_amounts(attempt)
    rejections = list(request_rejections(facts, attempt))
    if ground is None:
        return [*rejections, *_missing_ground(attempt)]
    cart, terms = ground.cart, ground.terms
    judged = judge_lines(facts, terms, cart)
    rejections += judged.rejections
    charge = _shipping_charge(facts, attempt.request, ground)
    if isinstance(charge, Rejection):
        rejections.append(charge)
        charge = None
    discounts = discounts_of(facts, cart)
    priced = price_cart(terms.rules, judged.pricing, discounts=discounts, shipping=charge)
    if priced.final_price.gross >= ORDER_TOTAL_MAX or priced.price.gross >= ORDER_TOTAL_MAX:
        message = f"an order is worth less than {ORDER_TOTAL_MAX:f}: reduce the quantities"
        rejections.append(Rejection(Reason.VALUE_INVALID, "cart.items", message))
    value = _value(terms, judged, priced, cart)
    rejections += coupon_rejections(facts, attempt, ground, value)
    rejections += shipping_rejections(facts, attempt, cart, value)
    rejections += currency_rejections(attempt, cart, terms.site)
    rejections += window_rejections(facts, attempt, ground)
    if any(one.reason is Reason.CART_EMPTY for one in rejections):  # to ship nothing costs nothing
        rejections = [one for one in rejections if one.reason is not Reason.SHIPPING_AMOUNT_MISMATCH]
    if rejections:
        return rejections
    parts = _parts(attempt.request)
    if isinstance(parts, Rejection):
        return [parts]
    rejections += _sum_rejections(facts, attempt, terms, priced)
    if rejections:
        return rejections
    order = _order(facts, attempt, _Accepted(ground, parts, judged, tuple(discounts), priced))
    return _decision(facts, attempt, order)


def buying_country(facts: Facts, attempt: Attempt, site: Site) -> str:
    """Whose taxes apply: by the request's addresses, the cart and the buyer (docs/wire/emporix.md, 4.7)."""
    customer = facts.customers.get(attempt.acting_as)
    where = Whereabouts(
        tuple([(address.type, address.country) for address in attempt.request.addresses]),
        attempt.cart.country_code if attempt.cart is not None else None,
        customer.default_tax_address if customer is not None else NOWHERE,
    )
    return tax_country(site, where)


def ground_of(facts: Facts, attempt: Attempt, site: Site, country: str) -> Ground | None:
    """What an attempt's cart is priced under; None where it has none.

    A quote is calculated as it agrees, everything else as the site says now.
    """
    cart = attempt.cart
    if cart is None:
        return None
    context = PriceContext(
        site,
        cart.currency,
        country,
        facts.now,
        attempt.buyer,
        regions=facts.regions.get(country, frozenset()),
        exchange_rates=facts.exchange_rates.get(cart.currency, {}),
    )
    if attempt.agreement is not None:
        rules = attempt.agreement.rules
    else:
        rules = rules_under(site, cart.currency, _models(facts, cart, context), facts.uplift_percent)
    return Ground(cart, PricingTerms(context, facts.tax_tables.get(country), rules))


def _models(facts: Facts, cart: Cart, context: PriceContext) -> Iterator[PriceModel | None]:
    """The models of the prices that the cart's lines name in the catalogue, in their order."""
    for line in cart.lines:
        sellable = facts.products.get(line.product_id)
        if sellable is not None and line.quantity > 0 and not line.is_priced_externally:
            price = named_price(context, line, sellable.prices)
            yield model_of(price, facts.models.get) if price is not None else None


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


def _missing_ground(attempt: Attempt) -> Iterator[Rejection]:
    """The cart or the site that an attempt lacks; of what the request does not name at all, more is said elsewhere."""
    cart, request = attempt.cart, attempt.request
    if cart is not None:
        message = f"the cart's site '{cart.site}' does not exist any more: create a cart on another site"
        yield Rejection(Reason.CART_NOT_FOUND, "cartId", message)
    elif request.cart_id is not None:
        message = f"there is no open cart '{request.cart_id[:80]}' of this session: create a cart"
        yield Rejection(Reason.CART_NOT_FOUND, "cartId", message)


def _parts(request: PlaceOrder) -> _Parts | Rejection:
    """What an order needs of a request, or the first of it that is not there."""
    customer, shipping = request.customer, request.shipping
    billing = address_of_type(request.addresses, BILLING)
    delivery = address_of_type(request.addresses, SHIPPING)
    if customer is None:
        return Rejection(Reason.VALUE_MISSING, "customer", "customer is required: send a value")
    if shipping is None:
        return Rejection(Reason.VALUE_MISSING, "shipping", "shipping is required: send a value")
    if billing is None or delivery is None:
        message = "an address of type BILLING and one of type SHIPPING are required: send both"
        return Rejection(Reason.ADDRESS_MISSING, "addresses", message)
    return _Parts(customer, shipping, billing, delivery, request.payment_methods[0])


def _sum_rejections(facts: Facts, attempt: Attempt, terms: PricingTerms, priced: PricedCart) -> Iterator[Rejection]:
    """Nobody is charged another sum than was agreed on, or than the buyer was shown (docs/wire/emporix.md, 4.1)."""
    gross = priced.final_price.gross
    agreement = attempt.agreement
    if agreement is not None and gross != agreement.final_price.gross:
        message = (
            f"the quote is {agreement.final_price.gross}, but with today's taxes it would be {gross}: "
            "ask the merchant for a new one"
        )
        yield Rejection(Reason.QUOTE_OUTDATED, "quoteId", message)
        return
    for position, method in enumerate(attempt.request.payment_methods):
        if facts.checks_payment_amount and method.amount is not None and not _is_shown(method.amount, priced, terms):
            field = f"paymentMethods[{position}].amount"
            message = (
                f"{field} is {method.amount}, but the order costs {gross} {terms.rules.currency}: "
                "show the buyer the new sum, and send that"
            )
            yield Rejection(Reason.PAYMENT_AMOUNT_MISMATCH, field, message)


def _is_shown(amount: Decimal, priced: PricedCart, terms: PricingTerms) -> bool:
    """Whether a client has shown its buyer what the order costs, or what of it may be authorised: to the last digit, or
    as it can be paid."""
    scale, exponent = terms.rules.scale, minor_exponent(terms.rules.currency) or 0
    return any(
        is_same_amount(amount, sum, scale) or amount == rounded(sum, min(scale, exponent))
        for sum in (priced.final_price.gross, priced.authorized_amount)
    )


def discounts_of(facts: Facts, cart: Cart) -> list[CouponDiscount]:
    """What is taken from the cart as a whole: its coupons as they were applied, then what outside systems take."""
    return applied_discounts(facts, cart) + cart_discounts(cart.external_discounts)


def _value(terms: PricingTerms, judged: JudgedLines, priced: PricedCart, cart: Cart) -> CartValue:
    """What the lines are worth; where some could not be priced, what the client claims, and no gross value.

    One that is out of stock has its price all the same.
    """
    if len(judged.pricing) < sum(line.quantity > 0 for line in cart.lines):
        return CartValue(judged.claimed_value, None)
    return CartValue(priced.price.gross if terms.rules.includes_tax else priced.price.net, priced.price.gross)


def _shipping_charge(facts: Facts, request: PlaceOrder, ground: Ground) -> ShippingCharge | Rejection | None:
    choice, taxes = request.shipping, ground.terms.taxes
    if choice is None:
        return None
    method = facts.methods.get((ground.cart.site, choice.zone_id, choice.method_id))
    if method is None:
        return None
    code = shipping_tax_code(choice, method, taxes)
    if code is None:
        return ShippingCharge(choice.amount)
    rate = taxes.rate_of(code) if taxes is not None else None
    if rate is None:
        message = f"{ground.terms.country} has no tax class {code[:40]} for shipping: use one that it has"
        return Rejection(Reason.VALUE_INVALID, "shipping.shippingTaxCode", message)
    return ShippingCharge(choice.amount, code, rate)


def _order(facts: Facts, attempt: Attempt, accepted: _Accepted) -> Order:
    cart, terms, parts = accepted.ground.cart, accepted.ground.terms, accepted.parts
    choice, judged = parts.shipping, accepted.judged
    quote_id = attempt.agreement.quote_id if attempt.agreement is not None else None
    return Order(
        cart_id=cart.id if quote_id is None else None,
        quote_id=quote_id,
        site=cart.site,
        country=terms.country,
        rules=terms.rules,
        customer=parts.customer if attempt.customer_id is not None else replace(parts.customer, id=None),
        billing_address=parts.billing_address,
        shipping_address=parts.shipping_address,
        payment=_paid_by(facts, parts.payment),
        shipping=choice,
        lines=tuple(judged.entries),
        priced=accepted.priced,
        discounts=accepted.discounts,
        coupons=tuple([state.document for state in applied_coupons(facts, cart)]),
        method=facts.methods[cart.site, choice.zone_id, choice.method_id].document,
        channel=cart.channel,
        delivery_window=cart.delivery_window,
        legal_entity_id=cart.legal_entity_id or None,
        delivery=delivery_of(accepted.ground),
        attached=cart.attached,
        metadata=cart.metadata,
        stock=tuple(sorted(judged.stock.items())) if facts.keeps_stock else (),
        takes_stock=facts.keeps_stock,
    )


def _mode(facts: Facts, method: PaymentMethod) -> PaymentMode | None:
    """The mode that a payment method names."""
    return facts.payment_modes.get(mode_id(method.custom_attributes) or "") if method.provider == GATEWAY else None


def _paid_by(facts: Facts, method: PaymentMethod) -> PaymentMethod:
    """The payment as the order keeps it, with the method of its mode where the client names none."""
    mode = _mode(facts, method)
    return method if mode is None or method.method else replace(method, method=mode.method)


def _decision(facts: Facts, attempt: Attempt, order: Order) -> Decision:
    currency = order.rules.currency
    taken: dict[str, Decimal] = {}
    if order.priced.total_discount is not None:
        taken = {one.id: one.value for one in order.priced.total_discount.applied if one.origin == "INTERNAL"}
    redemptions = tuple(
        Redemption(
            state.coupon.code,
            attempt.customer_key,
            state.coupon.max_redemptions_per_customer,
            to_minor(taken.get(state.coupon.code, Decimal(0)), currency),
        )
        for state in (facts.coupons[discount.id] for discount in order.discounts if discount.origin == "INTERNAL")
    )
    total_minor = to_minor(order.priced.final_price.gross, currency)
    mode = _mode(facts, order.payment)
    plan, status = None, first_status(order.payment)
    if mode is not None and mode.is_asked:
        amount_minor = max(to_minor(order.priced.authorized_amount, currency), total_minor)
        token = token_of(order.payment.custom_attributes) or ""
        plan = PaymentPlan(mode.id, mode.provider, token, mode.captures, amount_minor, total_minor)
        if total_minor <= 0:  # nobody is asked for nothing
            plan, status = None, CREATED
    return Decision(order=order, status=status, total_minor=total_minor, redemptions=redemptions, payment=plan)
