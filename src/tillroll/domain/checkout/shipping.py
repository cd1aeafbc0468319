"""Shipping at a checkout: the zone reaches the address, the method is on, and the fee is what the client says."""

from decimal import Decimal

from msgspec import Struct

from tillroll.domain.cart.cart import Cart
from tillroll.domain.checkout.coupons import CartValue, applied_coupons
from tillroll.domain.checkout.inputs import Attempt, Facts, Method
from tillroll.domain.money import ZERO
from tillroll.domain.orders.order import Address, ShippingChoice
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.rejections import Reason, Rejection, Rejections
from tillroll.domain.shipping.zones import ShippingMethod, Zone


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
    specificity = zone.specificity(address.country, address.zip_code)
    if specificity < 0:
        message = f"the zone {zone.id} does not ship to {place}: choose a zone that reaches the address"
        yield Rejection(Reason.SHIPPING_ZONE_NOT_FOUND, "shipping.zoneId", message)
        return
    nearest = zone
    for (site, _), other in facts.zones.items():
        if site != cart.site or other is zone:
            continue
        others = other.specificity(address.country, address.zip_code)
        if others > specificity:
            nearest, specificity = other, others
    if nearest is not zone:
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


def address_of_type(addresses: tuple[Address, ...], type: str) -> Address | None:
    """The first address of a type."""
    for address in addresses:
        if address.type == type:
            return address
    return None


def shipping_tax_code(choice: ShippingChoice, method: Method, taxes: TaxTable | None) -> str | None:
    """The tax code of shipping: the method's own, else the country's default class; only then what the request says."""
    default = taxes.default_code if taxes is not None else None
    return method.value.shipping_tax_code or default or choice.shipping_tax_code
