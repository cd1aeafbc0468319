"""One table: what the domain refuses, in the words of Emporix's checkout.

Types follow the detail types that Emporix and its predecessor document (docs/wire/emporix.md, 4.1, 5.4 and 10); fields
are paths into the request or into the cart, with the rejection's subject in its place.
"""

import re

from tillroll.dialects.emporix.wire.errors import CHECKOUT, Refusal
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import RETRY_SOON, Malformed, Postponed, Problem, Response
from tillroll.domain.rejections import Reason, Rejection
from tillroll.engine.checkout.place import Unjudged

# reason → (details[].type, details[].field)
CHECKOUT_DETAILS: dict[Reason, tuple[str, str]] = {
    Reason.VALUE_MISSING: ("missing_value", "{}"),
    Reason.VALUE_INVALID: ("invalid_value", "{}"),
    Reason.VALUE_TOO_LARGE: ("too_large", "{}"),
    Reason.CHANGE_FORBIDDEN: ("forbidden", "{}"),
    Reason.PRICES_FORBIDDEN: ("forbidden", "{}"),
    Reason.ID_TAKEN: ("already_exists", "{}"),
    Reason.ADDRESS_MISSING: ("missing_address", "{}"),
    Reason.CUSTOMER_NOT_ACTIVE: ("customer_not_active", "{}"),
    Reason.LEGAL_ENTITY_NOT_ASSIGNED: ("legal_entity_not_assigned", "{}"),
    Reason.CART_NOT_FOUND: ("cart_not_found", "{}"),
    Reason.CART_EMPTY: ("cart_empty", "{}"),
    Reason.CART_EXISTS: ("already_exists", "{}"),
    Reason.CART_OUTDATED: ("invalid_value", "{}"),
    Reason.CARTS_NOT_MERGEABLE: ("invalid_value", "{}"),
    Reason.LINE_REFUSED: ("invalid_value", "{}"),
    Reason.QUOTE_NOT_FOUND: ("quote_not_found", "{}"),
    Reason.QUOTE_NOT_OPEN: ("quote_not_open", "{}"),
    Reason.QUOTE_OUTDATED: ("quote_outdated", "{}"),
    Reason.ORDER_NOT_FOUND: ("invalid_value", "{}"),
    Reason.ORDER_OUTDATED: ("invalid_value", "{}"),
    Reason.ORDER_STATUS_IMPOSSIBLE: ("invalid_transition", "{}"),
    Reason.PAYMENT_METHODS_INVALID: ("invalid_payment_methods", "{}"),
    Reason.PAYMENT_AMOUNT_MISMATCH: ("payment_amount_mismatch", "{}"),
    Reason.CUSTOMER_SCHEMA_VIOLATED: ("schema_violation", "{}"),
    Reason.ADDRESS_SCHEMA_VIOLATED: ("schema_violation", "{}"),
    Reason.PRICE_NOT_FOUND: ("price_not_found", "cart.items[{}].price"),
    Reason.PRICE_NOT_VALID_NOW: ("price_not_valid_now", "cart.items[{}].price"),
    Reason.PRICE_NOT_APPLICABLE: ("price_not_applicable", "cart.items[{}].price"),
    Reason.PRICE_QUANTITY_MISMATCH: ("price_quantity_mismatch", "cart.items[{}].price"),
    Reason.PRICES_DUPLICATED: ("price_not_applicable", "cart.items[{}].price"),
    Reason.PRICE_CHANGED: ("price_changed", "cart.items[{}].price"),
    Reason.PRODUCT_NOT_FOUND: ("product_not_found", "cart.items[{}].itemYrn"),
    Reason.TAX_CODE_INVALID: ("tax_code_invalid", "cart.items[{}].taxCode"),
    Reason.EXTERNAL_DISCOUNT_INVALID: ("external_discount_invalid", "cart.items[{}].externalDiscounts"),
    Reason.EXTERNAL_DISCOUNT_TOO_LARGE: ("external_discount_too_large", "cart.items[{}].externalDiscounts"),
    Reason.OUT_OF_STOCK: ("out_of_stock", "cart.items[{}].quantity"),
    Reason.COUPON_NOT_FOUND: ("invalid_value", "{}"),
    Reason.COUPON_REFUSED: ("invalid_value", "{}"),
    Reason.COUPON_NOT_ACTIVE: ("coupon_not_active", "cart.discounts[{}]"),
    Reason.COUPON_EXPIRED: ("coupon_expired", "cart.discounts[{}]"),
    Reason.COUPON_REDEMPTIONS_EXCEEDED: ("coupon_redemptions_exceeded", "cart.discounts[{}]"),
    Reason.COUPON_ORDER_TOTAL_TOO_LOW: ("coupon_order_total_too_low", "cart.discounts[{}]"),
    Reason.COUPON_CURRENCY_INCORRECT: ("coupon_currency_incorrect", "cart.discounts[{}]"),
    Reason.COUPON_DISCOUNT_CURRENCY_INCORRECT: ("coupon_discount_currency_incorrect", "cart.discounts[{}]"),
    Reason.COUPON_DISCOUNT_AMOUNT_INCORRECT: ("coupon_discount_amount_incorrect", "cart.discounts[{}]"),
    Reason.COUPON_REDEMPTION_FORBIDDEN: ("coupon_redemption_forbidden", "cart.discounts[{}]"),
    Reason.FREE_SHIPPING_NOT_APPLIED: ("free_shipping_not_applied", "{}"),
    Reason.SHIPPING_ZONE_NOT_FOUND: ("shipping_zone_not_found", "{}"),
    Reason.SHIPPING_METHOD_NOT_FOUND: ("shipping_method_not_found", "{}"),
    Reason.SHIPPING_AMOUNT_MISMATCH: ("shipping_amount_mismatch", "{}"),
    Reason.CURRENCY_MISMATCH: ("currency_mismatch", "{}"),
    Reason.DELIVERY_WINDOW_INCOMPLETE: ("delivery_window_incomplete", "cart.deliveryWindow.{}"),
    Reason.DELIVERY_WINDOW_INVALID: ("delivery_window_invalid", "cart.deliveryWindow.{}"),
    Reason.DELIVERY_WINDOW_FULL: ("delivery_window_full", "cart.deliveryWindow.{}"),
}


# Whose subjects are fields of a command, which the wire spells in camel case; brackets hold a client's own ids.
_OF_A_FIELD = frozenset({Reason.VALUE_MISSING, Reason.VALUE_INVALID, Reason.VALUE_TOO_LARGE})
_NEXT_WORD = re.compile(r"(\[.*\])|_([a-z0-9])")
_REASONS = {CHECKOUT_DETAILS[reason][0]: reason for reason in _OF_A_FIELD}


def detail_of(rejection: Rejection) -> Problem:
    """A rejection as one entry of `details[]`."""
    type, field = CHECKOUT_DETAILS[rejection.reason]
    subject, message = rejection.subject, rejection.message
    if rejection.reason in _OF_A_FIELD and "_" in subject and not subject.startswith("/"):
        subject = spelled(subject)
        if message.startswith(rejection.subject):
            message = subject + message.removeprefix(rejection.subject)
    return Problem(field.format(subject), type, message)


def spelled(field: str) -> str:
    """A field as the wire spells it: `items[0].taxCode` for `items[0].tax_code`."""
    return _NEXT_WORD.sub(lambda found: found[1] or found[2].upper(), field)


def rejections_of(malformed: Malformed) -> tuple[Rejection, ...]:
    """What is wrong with a part of a request, for whoever refuses it where its turn comes."""
    return tuple(Rejection(_REASONS[problem.type], problem.field, problem.message) for problem in malformed.problems)


def postponed(call: Call, outcome: Unjudged) -> Response:
    """No answer yet: the mixins are held against their schemas first."""
    return Postponed(shop=call.shop, key=outcome.question.key, work=outcome.question.answer)


def being_paid() -> Refusal:
    """409 for a cart whose payment is not through: whether it becomes an order is not known. Not kept for any key."""
    message = "The cart is being paid. Please ask again in a moment."
    return CHECKOUT.refusal(409, message=message).beside(RETRY_SOON)


def duplicate(field: str, id: str, order_id: str) -> Refusal:
    """The 409 of a cart that is an order already, byte for byte (4.4); of a quote, in the same words."""
    message = f"Order with {field} '{id}' and checkout=true already exists (order id: {order_id})"
    detail_type = f"unique_checkout_{field}_index"
    body = {
        "status": 409,
        "type": "Conflict",
        "message": message,
        "moreInfo": None,
        "details": [
            {"field": field, "type": detail_type, "message": id, "moreInfo": None},
            {"field": "existingOrderId", "type": detail_type, "message": order_id, "moreInfo": None},
        ],
    }
    return Refusal(409, body)
