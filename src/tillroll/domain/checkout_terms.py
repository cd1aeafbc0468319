"""What hangs on the cart as a whole at a checkout: coupons, shipping, currency."""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from tillroll.domain.cart import Cart
from tillroll.domain.catalogue import ShippingMethod, Site, TaxTable, Zone
from tillroll.domain.checkout_facts import Attempt, CouponState, Facts, Method
from tillroll.domain.coupons import CouponUse, discount_of, lines_reached, refusals
from tillroll.domain.money import ZERO
from tillroll.domain.order import Address, ShippingChoice
from tillroll.domain.pricing_shapes import CouponDiscount
from tillroll.domain.rejections import Reason, Rejection

Rejections = Iterator[Rejection]


class CartValue(Struct, frozen=True):
    """What the lines are worth before discounts: on the priced side (coupons), and gross (shipping fees)."""

    priced_side: Decimal
    gross: Decimal | None


def coupon_rejections(facts: Facts, attempt: Attempt, cart: Cart, value: CartValue) -> Rejections:
    """Why coupons of the cart may not be redeemed."""
    for code in cart.coupons:
        state = facts.coupons.get(code)
        if state is None:
            message = f"Coupon {code} does not exist any more. Remove it from the cart."
            yield Rejection(Reason.COUPON_NOT_ACTIVE, code, message)
            continue
        lines = lines_reached(state.coupon, cart.lines, facts.categories)
        yield from refusals(
            state.coupon,
            CouponUse(
                cart.currency,
                value.priced_side,
                attempt.customer_id,
                facts.segments.get((attempt.customer_id or "", cart.site), frozenset()),
                reaches_lines=lines is None or bool(lines),
            ),
            redemption_count=state.redemption_count,
            customer_uses=facts.coupon_uses.get((code, attempt.customer_key), 0),
            now=facts.now,
        )


def applied_coupons(facts: Facts, cart: Cart) -> list[CouponState]:
    """The coupons of the cart that exist, in the order they were applied."""
    return [state for code in cart.coupons if (state := facts.coupons.get(code)) is not None]


def applied_discounts(facts: Facts, cart: Cart) -> list[CouponDiscount]:
    """The coupons of the cart as the price calculation takes them, each for the lines that it holds for."""
    return [
        discount_of(state.coupon, lines_reached(state.coupon, cart.lines, facts.categories))
        for state in applied_coupons(facts, cart)
    ]


def shipping_rejections(facts: Facts, attempt: Attempt, cart: Cart, value: CartValue) -> Rejections:
    """Whether the chosen zone and method exist, reach the address and cost what the client says (19.6)."""
    choice = attempt.request.shipping
    if choice is None:
        return
    is_free = any(state.coupon.discount_type == "FREE_SHIPPING" for state in applied_coupons(facts, cart))
    if is_free and choice.amount != 0:
        message = f"a free-shipping coupon is in the cart, but shipping.amount is {choice.amount}: send 0"
        yield Rejection(Reason.FREE_SHIPPING_NOT_APPLIED, "shipping.amount", message)
    zone = facts.zones.get((cart.site, choice.zone_id))
    if zone is None:
        message = f"the site {cart.site} has no shipping zone {choice.zone_id[:80]}: choose one of the site's zones"
        yield Rejection(Reason.SHIPPING_ZONE_NOT_FOUND, "shipping.zoneId", message)
        return
    address = address_of_type(attempt.request.addresses, "SHIPPING")
    if address is not None:
        yield from _reach_rejections(facts, cart, zone, address)
    method = facts.methods.get((cart.site, choice.zone_id, choice.method_id))
    if method is None or not method.value.active:
        what = "is not active" if method is not None else "does not exist"
        message = f"the method {choice.method_id[:80]} of the zone {zone.id} {what}: choose another one"
        yield Rejection(Reason.SHIPPING_METHOD_NOT_FOUND, "shipping.methodId", message)
        return
    if value.gross is not None and attempt.agreement is None:  # what a quote's shipping costs has been agreed on
        groups = facts.groups.get((cart.site, attempt.customer_id or ""), frozenset())
        yield from _fee_rejections(facts, choice, method.value, CartFee(cart.currency, value.gross, is_free, groups))


def _reach_rejections(facts: Facts, cart: Cart, zone: Zone, address: Address) -> Rejections:
    """The zone reaches the address, and no other zone of the site names it more exactly."""
    place = f"{address.country[:2]} {address.zip_code[:11]}"
    exactness = zone.exactness(address.country, address.zip_code)
    if exactness < 0:
        message = f"the zone {zone.id} does not ship to {place}: choose a zone that reaches the address"
        yield Rejection(Reason.SHIPPING_ZONE_NOT_FOUND, "shipping.zoneId", message)
        return
    others = [other for (site, _), other in facts.zones.items() if site == cart.site]
    nearest = max(others, key=lambda other: other.exactness(address.country, address.zip_code))
    if nearest.exactness(address.country, address.zip_code) > exactness:
        message = f"{place} is in the zone {nearest.id}, which names it more exactly than {zone.id}: choose that one"
        yield Rejection(Reason.SHIPPING_ZONE_NOT_FOUND, "shipping.zoneId", message)


class CartFee(Struct, frozen=True):
    """What decides the fee of a shipping method."""

    currency: str
    gross: Decimal
    is_free: bool
    groups: frozenset[str] = frozenset()


def _fee_rejections(facts: Facts, choice: ShippingChoice, method: ShippingMethod, fee: CartFee) -> Rejections:
    maximum = method.max_order_value
    if maximum is not None and fee.gross > maximum.amount:
        message = (
            f"the method {method.id} ships orders up to {maximum.amount}, this one is worth {fee.gross}: choose another"
        )
        yield Rejection(Reason.SHIPPING_METHOD_NOT_FOUND, "shipping.methodId", message)
        return
    if method.fees and not method.is_for(fee.groups):
        message = f"the method {method.id} is for other customers: choose another one"
        yield Rejection(Reason.SHIPPING_METHOD_NOT_FOUND, "shipping.methodId", message)
        return
    if fee.is_free or not facts.checks_shipping_fee:
        return
    due = method.fee_for(fee.gross, fee.groups)
    amount, currency = (due.amount, due.currency) if due is not None else (ZERO, fee.currency)
    if choice.amount != amount or currency != fee.currency:
        message = f"shipping.amount is {choice.amount}, but the method {method.id} costs {amount} {currency}: send that"
        yield Rejection(Reason.SHIPPING_AMOUNT_MISMATCH, "shipping.amount", message)


def currency_rejections(attempt: Attempt, cart: Cart, site: Site) -> Rejections:
    """The cart's currency is the site's, and the request, where it names one, means the same."""
    if cart.currency != site.currency:
        message = (
            f"the cart is in {cart.currency}, the site {site.code} sells in {site.currency}: change the cart's currency"
        )
        yield Rejection(Reason.CURRENCY_MISMATCH, "currency", message)
    asked = attempt.request.currency
    if asked is not None and asked != cart.currency:
        message = f"the request is in {asked[:8]}, the cart in {cart.currency}: send {cart.currency}"
        yield Rejection(Reason.CURRENCY_MISMATCH, "currency", message)


def address_of_type(addresses: tuple[Address, ...], type: str) -> Address | None:
    """The first address of a type."""
    return next((address for address in addresses if address.type == type), None)


def shipping_tax_code(choice: ShippingChoice, method: Method, taxes: TaxTable | None) -> str | None:
    """The tax code of shipping: the method's own, else the country's default class; only then what the request says."""
    default = taxes.default_code if taxes is not None else None
    return method.value.shipping_tax_code or default or choice.shipping_tax_code
