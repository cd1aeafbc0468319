"""What an order is answered as (docs/wire/emporix.md, 7.1)."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta

from tillroll.dialects.emporix.wire.amounts import CartPrice, FeeAggregate, LinePrice, Money, Taxed
from tillroll.dialects.emporix.wire.answers import AnswerPart, Instant
from tillroll.domain.orders.order import TRANSITIONS

OrderStatus = Annotated[str, Meta(extra_json_schema={"enum": [*TRANSITIONS]})]
# A copy of a product as it was when it was bought: what it has, and these fields always.
_COPIED = {"id": {"type": "string"}, "localizedName": {"type": "object"}, "published": {"type": "boolean"}}
ProductCopy = Annotated[dict[str, Any], Meta(extra_json_schema={"properties": _COPIED, "required": [*_COPIED]})]
# A payment as it was written down, or as one is made of what the checkout said.
KeptPayment = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/components/schemas/order.ShownPayment"})]


class InclusiveMoney(Money, frozen=True, kw_only=True):
    """An amount, and whether the tax is in the prices that it stands beside."""

    inclusive: bool


class OrderTaxLine(Money, frozen=True, kw_only=True):
    """The deprecated tax of one class."""

    code: str
    name: str
    rate: Decimal
    sequence_id: int
    inclusive: bool


class OrderTax(AnswerPart, frozen=True, kw_only=True):
    """The deprecated tax by class; the total of an order is that of shipping."""

    lines: tuple[OrderTaxLine, ...]
    total: InclusiveMoney


# ------------------------------------------------------------------------------------------------------------ entries


class EntryPrice(AnswerPart, frozen=True, kw_only=True):
    """The price that an entry was bought at."""

    price_id: str
    price_list_id: str | None = None
    currency: str
    original_amount: Decimal
    effective_amount: Decimal
    base_price: dict[str, Any]
    presentation_price: dict[str, Any]
    metadata: dict[str, Any]


class EntryMatch(Taxed, frozen=True, kw_only=True):
    """The price that was matched, from both sides and not rounded to the site's scale."""

    tax_country: str


class EntryDiscount(AnswerPart, frozen=True, kw_only=True):
    """A discount that an outside system put on an entry."""

    id: str
    discount_type: str
    value: Decimal
    sequence: int
    include_fees: bool | None = None


class EntryMetadata(AnswerPart, frozen=True, kw_only=True):
    """Where an entry's mixins are described."""

    mixins: dict[str, Any]


class OrderEntry(AnswerPart, frozen=True, kw_only=True):
    """What was bought of one product, at which price."""

    id: str
    item_yrn: str | None = None
    keep_as_separate_line_item: bool
    type: Literal["INTERNAL", "EXTERNAL"]
    amount: Decimal
    ordered_amount: Decimal
    effective_quantity: Decimal
    original_amount: Decimal
    original_price: Decimal
    unit_price: Decimal
    calculated_unit_price: Taxed
    total_price: Decimal
    product: ProductCopy
    tax: OrderTax
    price: EntryPrice
    total_discount: Money
    calculated_price: LinePrice
    price_match_details: EntryMatch
    authorized_amount: Decimal | None = None
    external_discounts: tuple[EntryDiscount, ...] = ()
    fees: FeeAggregate
    metadata: EntryMetadata
    mixins: dict[str, Any]


# ---------------------------------------------------------------------------------------------- people, payment, way


class OrderCustomer(AnswerPart, frozen=True, kw_only=True):
    """Who has bought."""

    id: str | None = None
    name: str | None = None
    title: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    email: str | None = None
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class OrderAddress(AnswerPart, frozen=True, kw_only=True):
    """An address without its type and mixins."""

    contact_name: str
    company_name: str | None = None
    street: str
    street_number: str | None = None
    street_appendix: str | None = None
    zip_code: str
    city: str
    country: str
    state: str | None = None
    contact_phone: str | None = None


class OrderPayment(AnswerPart, frozen=True, kw_only=True):
    """How an order is to be paid, and what a back office has written down of it."""

    status: str
    method: str
    payment_response: str | None = None
    paid_amount: Decimal
    currency: str
    transaction_id: str | None = None
    authorized_amount: Decimal | None = None
    refund_amount: Decimal | None = None
    redirect_url: str | None = None
    provider: str | None = None


class OrderShippingTax(AnswerPart, frozen=True, kw_only=True):
    """The tax on shipping."""

    total: InclusiveMoney
    rate: Decimal


class OrderShippingLine(Money, frozen=True, kw_only=True):
    """One way of shipping: net, and before the deprecated discount."""

    code: str
    name: Any
    localized_name: dict[str, Any]
    tax: OrderShippingTax
    shipping_tax_code: str | None = None


class OrderShipping(AnswerPart, frozen=True, kw_only=True):
    """What shipping costs: in all gross and after the deprecated discount."""

    total: Money
    lines: tuple[OrderShippingLine, ...]


class TimeRange(AnswerPart, frozen=True, kw_only=True):
    """The hours of a delivery."""

    time_from: str
    time_to: str


class OrderWindow(AnswerPart, frozen=True, kw_only=True):
    """The delivery window that was booked."""

    id: str
    slot_id: str | None = None
    delivery_date: str | None = None
    delivery_cycle: str | None = None
    delivery_cycle_name: str | None = None
    delivery_time_range: TimeRange | None = None


# ------------------------------------------------------------------------------------------------------------- orders


class OrderDiscount(Money, frozen=True, kw_only=True):
    """A coupon of an order, or, in front of them, their sum."""

    code: str
    name: Any = None
    sequence_id: int | None = None
    calculation_type: str | None = None
    discount_type: str | None = None
    discount_calculation_type: str | None = None
    category_restricted: bool
    discount_rate: Decimal | None = None


class OrderMetadata(AnswerPart, frozen=True, kw_only=True):
    """Where an order's mixins are described, and its version."""

    mixins: dict[str, Any]
    version: int


class SplitInfo(AnswerPart, frozen=True, kw_only=True):
    """By what an order was split, and what its entries share."""

    split_by: str | None = None
    unique_value: str | None = None


class OrderHead(AnswerPart, frozen=True, kw_only=True):
    """What can be said about an order without reading its document."""

    id: str
    status: OrderStatus
    created: Instant
    last_status_change: Instant
    cart_id: str | None = None
    created_by: str | None = None


class SalesOrder(OrderHead, frozen=True, kw_only=True):
    """A whole order; `checkout` is the back office's to see."""

    quote_id: str | None = None
    entries: tuple[OrderEntry, ...]
    discounts: tuple[OrderDiscount, ...]
    customer: OrderCustomer
    site_code: str
    country_code: str
    billing_address: OrderAddress
    shipping_address: OrderAddress
    payments: tuple[KeptPayment, ...]
    shipping: OrderShipping
    tax: OrderTax
    sub_total_price: Decimal
    total_price: Decimal
    total_authorized_amount: Decimal
    currency: str
    metadata: OrderMetadata
    mixins: dict[str, Any]
    channel: dict[str, Any] | None = None
    delivery_window: OrderWindow | None = None
    shipments: tuple[dict[str, Any], ...] = ()
    fee_yrn_aggregate: FeeAggregate
    calculated_price: CartPrice
    restriction: str
    legal_entity_id: str | None = None
    order_type: Annotated[str, Meta(extra_json_schema={"enum": ["MASTER_ORDER", "SUB_ORDER"]})] | None = None
    master_order: str | None = None
    sub_orders: tuple[str, ...] = ()
    split_info: SplitInfo | None = None
    checkout: bool | None = None
