"""The order: what was bought, from whom, at which price, as it was at the moment of purchase.

    IN_CHECKOUT ──► CREATED ──► CONFIRMED ──► SHIPPED ──► COMPLETED
         └──────────────┴────────────┴──► DECLINED

Prices, product copies, addresses and the customer are copied in, so that later changes of the catalogue never change
an order (docs/wire/emporix.md, 7).
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Raw, Struct, field
from msgspec.structs import force_setattr

from tillroll.domain.countries import country_code
from tillroll.domain.delivery.delivery import Delivery, DeliveryWindow
from tillroll.domain.money import to_minor
from tillroll.domain.payments.payment import GATEWAY, PaymentOutcome, mode_id
from tillroll.domain.pricing.external import External
from tillroll.domain.pricing.shapes import CouponDiscount, LineDiscount, PaymentFee, PricedCart, PricingRules

IN_CHECKOUT = "IN_CHECKOUT"
CREATED = "CREATED"
CONFIRMED = "CONFIRMED"
SHIPPED = "SHIPPED"
COMPLETED = "COMPLETED"
DECLINED = "DECLINED"

# docs/wire/emporix.md, 7: where an order may go from each status
TRANSITIONS: dict[str, tuple[str, ...]] = {
    IN_CHECKOUT: (CREATED, DECLINED),
    CREATED: (CONFIRMED, DECLINED),
    CONFIRMED: (SHIPPED, COMPLETED, DECLINED),
    SHIPPED: (COMPLETED,),
    COMPLETED: (),
    DECLINED: (),
}
CUSTOMER_TRANSITIONS: dict[str, tuple[str, ...]] = {CREATED: (DECLINED,)}

# Only these two providers finish later; every other string is paid outside (docs/wire/emporix.md, 4.6).
PROVIDERS_IN_CHECKOUT = ("custom", "payment-gateway")


class Address(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A billing or shipping address as the client sent it; unknown fields are passed over (contracts, 4.1 and 4.2)."""

    contact_name: str
    street: str
    zip_code: str
    city: str
    country: str
    type: str
    company_name: str | None = None
    street_number: str | None = None
    street_appendix: str | None = None
    state: str | None = None
    contact_phone: str | None = None
    metadata: dict[str, Any] | None = None
    attached: dict[str, Any] | None = field(default=None, name="mixins")

    def __post_init__(self) -> None:
        """The country is in its kept form, however it was sent or kept before."""
        force_setattr(self, "country", country_code(self.country))


class Customer(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Who buys: a guest, or a customer who is logged in."""

    email: str
    id: str | None = None
    name: str | None = None
    title: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    contact_phone: str | None = None
    company: str | None = None
    guest: bool | None = None
    metadata: dict[str, Any] | None = None
    attached: dict[str, Any] | None = field(default=None, name="mixins")


class PaymentMethod(Struct, frozen=True, rename="camel", omit_defaults=True):
    """How the order is paid."""

    provider: str
    method: str | None = None
    amount: Decimal | None = None
    custom_attributes: dict[str, Any] | None = None


class ShippingChoice(Struct, frozen=True, rename="camel", omit_defaults=True):
    """How the order is shipped, and what the client believes that costs (net)."""

    method_id: str
    zone_id: str
    method_name: str
    amount: Decimal
    shipping_tax_code: str | None = None


class PlaceOrder(Struct, frozen=True, rename="camel"):
    """The command behind a checkout; parts that could not be read are None or absent, with a rejection.

    A request with a `quote_id` buys that quote, and nothing else in it counts but how it is paid and delivered.
    """

    cart_id: str | None
    customer: Customer | None
    shipping: ShippingChoice | None
    addresses: tuple[Address, ...]
    payment_methods: tuple[PaymentMethod, ...]
    currency: str | None = None
    quote_id: str | None = None
    delivery_window_id: str | None = None


class OrderLine(Struct, frozen=True, array_like=True):
    """One entry; its calculated price stands at the same place of `priced.lines`. `product` is the copy, as JSON."""

    line_id: str
    product_id: str
    item_yrn: str
    separate: bool
    quantity: Decimal
    price_id: str
    original_amount: Decimal
    effective_amount: Decimal
    tax_code: str
    product: Raw
    weight_dependent: bool = False
    attached: dict[str, Any] = {}
    external_discounts: tuple[LineDiscount, ...] = ()
    metadata: dict[str, Any] = {}
    external: External | None = None
    """What an outside system said of the line, and with it its part in the price."""
    unit: Decimal = Decimal(1)
    """For how many pieces `effective_amount` is: 100 where the price is for 100 g."""
    price_list_id: str | None = None
    exchanged: tuple[str, Decimal] | None = None
    """Where the price was kept in another currency: in which, and the rate into the order's."""


class Order(Struct, frozen=True, rename="camel", omit_defaults=True):
    """An order as it is stored; number, id, status and times stand beside it. Amounts are in `rules.currency`.

    It was a cart or, with a `quote_id`, a quote; or a back office has written it down. Of an order that was split, the
    `sub_orders` are named, and each of these names its `master_order` and what its entries share.
    """

    cart_id: str | None
    site: str
    country: str
    rules: PricingRules
    customer: Customer
    billing_address: Address
    shipping_address: Address
    payment: PaymentMethod
    shipping: ShippingChoice
    lines: tuple[OrderLine, ...]
    priced: PricedCart
    discounts: tuple[CouponDiscount, ...] = ()
    coupons: tuple[Raw, ...] = ()
    method: Raw = Raw(b"{}")
    channel: dict[str, Any] | None = None
    delivery_window: DeliveryWindow | None = None
    attached: dict[str, Any] = field(default_factory=dict, name="mixins")
    metadata: dict[str, Any] = {}
    stock: tuple[tuple[str, int], ...] = ()
    """The stock that the order took, in thousandths per product; a declined order gives it back."""
    takes_stock: bool | None = None
    """Whether it takes stock at all, even while it holds none; None where that was not written down."""
    payment_fees: tuple[PaymentFee, ...] = ()
    shipments: tuple[dict[str, Any], ...] = ()
    quote_id: str | None = None
    delivery: Delivery | None = None
    """The window of which the order has booked a place; a declined order gives it back."""
    legal_entity_id: str | None = None
    payments: tuple[dict[str, Any], ...] = ()
    """What the back office has written down of payments; where it has, nothing else is shown of them."""
    paid: PaymentOutcome | None = None
    """What has become of its payment, where a provider was asked."""
    born: str | None = None
    """The status that an order by hand was written down with."""
    order_type: str | None = None
    master_order: str | None = None
    sub_orders: tuple[str, ...] = ()
    split_by: str | None = None
    split_value: str | None = None


def is_put_off(payment: PaymentMethod) -> bool:
    """Whether the gateway is to see to a payment later, by a mode that is yet to be named (contracts, 4.6)."""
    attributes = payment.custom_attributes or {}
    return payment.provider == GATEWAY and mode_id(attributes) is None and attributes.get("deferred") is True


def first_status(payment: PaymentMethod) -> str:
    """The status that an order is born with (docs/wire/emporix.md, 4.6)."""
    return IN_CHECKOUT if payment.provider in PROVIDERS_IN_CHECKOUT else CREATED


class Verdict(StrEnum):
    """What becomes of a wish to change an order's status."""

    ALLOWED = "allowed"
    IMPOSSIBLE = "impossible"
    FORBIDDEN = "forbidden"
    NEEDS_SHIPMENTS = "needs_shipments"


def judge_transition(status: str, wanted: str, *, by_customer: bool, is_shipped: bool) -> Verdict:
    """Whether an order may go from `status` to `wanted` (docs/wire/emporix.md, 7).

    Customers may only decline what is CREATED: for them the rest of what is possible is forbidden. `is_shipped` says
    that the order has shipments, without which it can not become SHIPPED.
    """
    if wanted not in TRANSITIONS.get(status, ()):
        return Verdict.IMPOSSIBLE
    if by_customer and wanted not in CUSTOMER_TRANSITIONS.get(status, ()):
        return Verdict.FORBIDDEN
    if wanted == SHIPPED and not is_shipped:
        return Verdict.NEEDS_SHIPMENTS
    return Verdict.ALLOWED


def next_statuses(status: str, *, by_customer: bool, is_shipped: bool) -> tuple[str, ...]:
    """The statuses that the order may have next, as things stand."""
    return tuple(
        wanted
        for wanted in TRANSITIONS.get(status, ())
        if judge_transition(status, wanted, by_customer=by_customer, is_shipped=is_shipped) is Verdict.ALLOWED
    )


def sold_items(order: Order) -> list[tuple[str, Decimal, int]]:
    """What an order sold, line by line: the product, how many, and what they came to in minor units, taxes included."""
    currency = order.rules.currency
    return [
        (line.product_id, line.quantity, to_minor(priced.final_price.gross, currency))
        for line, priced in zip(order.lines, order.priced.lines, strict=True)
    ]
