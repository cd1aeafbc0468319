"""How the domain says no: a named reason, what it is about, and a sentence that says how to mend it.

Rejections are returned, never raised, and all of them at once. Each dialect maps every reason to its own status, type
and field in one table; `tests/house` fails where a reason has no entry.
"""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct


class Reason(StrEnum):
    """Why a command is refused; the order is the order in which a dialect lists them."""

    VALUE_MISSING = "value_missing"
    VALUE_INVALID = "value_invalid"
    VALUE_TOO_LARGE = "value_too_large"
    CHANGE_FORBIDDEN = "change_forbidden"
    PRICES_FORBIDDEN = "prices_forbidden"
    ID_TAKEN = "id_taken"
    ADDRESS_MISSING = "address_missing"
    CUSTOMER_NOT_ACTIVE = "customer_not_active"
    LEGAL_ENTITY_NOT_ASSIGNED = "legal_entity_not_assigned"
    CART_NOT_FOUND = "cart_not_found"
    CART_EMPTY = "cart_empty"
    CART_EXISTS = "cart_exists"
    CART_OUTDATED = "cart_outdated"
    CARTS_NOT_MERGEABLE = "carts_not_mergeable"
    LINE_REFUSED = "line_refused"
    QUOTE_NOT_FOUND = "quote_not_found"
    QUOTE_NOT_OPEN = "quote_not_open"
    QUOTE_OUTDATED = "quote_outdated"
    ORDER_NOT_FOUND = "order_not_found"
    ORDER_OUTDATED = "order_outdated"
    ORDER_STATUS_IMPOSSIBLE = "order_status_impossible"
    PAYMENT_METHODS_INVALID = "payment_methods_invalid"
    PAYMENT_AMOUNT_MISMATCH = "payment_amount_mismatch"
    CUSTOMER_SCHEMA_VIOLATED = "customer_schema_violated"
    ADDRESS_SCHEMA_VIOLATED = "address_schema_violated"
    PRICE_NOT_FOUND = "price_not_found"
    PRICE_NOT_VALID_NOW = "price_not_valid_now"
    PRICE_NOT_APPLICABLE = "price_not_applicable"
    PRICE_QUANTITY_MISMATCH = "price_quantity_mismatch"
    PRICES_DUPLICATED = "prices_duplicated"
    PRICE_CHANGED = "price_changed"
    PRODUCT_NOT_FOUND = "product_not_found"
    TAX_CODE_INVALID = "tax_code_invalid"
    EXTERNAL_DISCOUNT_INVALID = "external_discount_invalid"
    EXTERNAL_DISCOUNT_TOO_LARGE = "external_discount_too_large"
    OUT_OF_STOCK = "out_of_stock"
    COUPON_NOT_FOUND = "coupon_not_found"
    COUPON_REFUSED = "coupon_refused"
    COUPON_NOT_ACTIVE = "coupon_not_active"
    COUPON_EXPIRED = "coupon_expired"
    COUPON_REDEMPTIONS_EXCEEDED = "coupon_redemptions_exceeded"
    COUPON_ORDER_TOTAL_TOO_LOW = "coupon_order_total_too_low"
    COUPON_CURRENCY_INCORRECT = "coupon_currency_incorrect"
    COUPON_DISCOUNT_CURRENCY_INCORRECT = "coupon_discount_currency_incorrect"
    COUPON_DISCOUNT_AMOUNT_INCORRECT = "coupon_discount_amount_incorrect"
    COUPON_REDEMPTION_FORBIDDEN = "coupon_redemption_forbidden"
    FREE_SHIPPING_NOT_APPLIED = "free_shipping_not_applied"
    SHIPPING_ZONE_NOT_FOUND = "shipping_zone_not_found"
    SHIPPING_METHOD_NOT_FOUND = "shipping_method_not_found"
    SHIPPING_AMOUNT_MISMATCH = "shipping_amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    DELIVERY_WINDOW_INCOMPLETE = "delivery_window_incomplete"
    DELIVERY_WINDOW_INVALID = "delivery_window_invalid"
    DELIVERY_WINDOW_FULL = "delivery_window_full"


class Rejection(Struct, frozen=True):
    """One reason, about one subject (a line's id, a coupon's code, a path into the command), in one sentence.

    Where the subject is a field, the sentence that names it begins with it: a dialect spells both in its own way.
    """

    reason: Reason
    subject: str
    message: str


Rejections = Iterator[Rejection]


class Refused(Struct, frozen=True):
    """What became of a command that was refused, for these reasons: nothing was changed."""

    rejections: tuple[Rejection, ...]
