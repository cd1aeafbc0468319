"""What a cart is answered as (docs/wire/emporix.md, 5, 5.2, 5.3 and 6.1)."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta

from tillroll.dialects.emporix.cart.requests import ADDRESS_TYPES
from tillroll.dialects.emporix.wire.amounts import CartPrice, FeeAggregate, FeesTotal, LinePrice, Money, Taxed
from tillroll.dialects.emporix.wire.answers import AnswerPart, KeptMetadata, SpokenText
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.documents import UnitQuantity
from tillroll.domain.pricing.external import (
    ExternalCartDiscount,
    ExternalDiscount,
    ExternalFee,
    ExternalLinePrice,
    ExternalTax,
)

Origin = Literal["INTERNAL", "EXTERNAL"]
Status = Annotated[str, Meta(extra_json_schema={"enum": ["OPEN", "CLOSED"]})]

# An address as it was sent, and where it comes from: the client or the site.
_ADDRESS = {"type": {"type": "string", "enum": [*ADDRESS_TYPES]}, "origin": {"type": "string"}}
CartAddress = Annotated[dict[str, Any], Meta(extra_json_schema={"properties": _ADDRESS, "required": [*_ADDRESS]})]


class Image(AnswerPart, frozen=True, kw_only=True):
    """A picture of a product."""

    id: str
    url: str


class CartProduct(AnswerPart, frozen=True, kw_only=True):
    """The product of an item as it is now; its bare id where it is gone."""

    id: str
    code: str | None = None
    sku: str | None = None
    name: SpokenText | None = None
    localized_name: dict[str, str] | None = None
    description: Any = None
    images: tuple[Image, ...] = ()
    vendor: Any = None


class CartItemPrice(AnswerPart, frozen=True, kw_only=True):
    """The price that the client saw: which one, and its amounts per measurement unit."""

    price_id: str | None = None
    price_list_id: str | None = None
    original_amount: Decimal | None = None
    effective_amount: Decimal | None = None
    currency: str | None = None
    measurement_unit: UnitQuantity | None = None


class TaxAmount(AnswerPart, frozen=True, kw_only=True):
    """An amount of tax."""

    amount: Decimal


class ItemTax(AnswerPart, frozen=True, kw_only=True):
    """The deprecated tax of an item."""

    name: str
    value: TaxAmount
    rate: Decimal | None
    gross_value: Decimal
    net_value: Decimal


class CouponShare(AnswerPart, frozen=True, kw_only=True):
    """What a coupon takes from an item."""

    coupon_id: str
    value: Decimal


class CartItem(AnswerPart, frozen=True, kw_only=True):
    """One line of a cart; what is calculated is there where it was asked for."""

    id: str
    keep_as_separate_line_item: bool
    type: Origin
    item_yrn: str | None = None
    quantity: Decimal
    effective_quantity: Decimal
    price: CartItemPrice | None = None
    tax: ExternalTax | None = None
    line_price: ExternalLinePrice | None = None
    line_tax: ExternalTax | None = None
    external_fees: tuple[ExternalFee, ...] = ()
    external_discounts: tuple[ExternalDiscount, ...] = ()
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    product: CartProduct | None = None
    unit_price: Taxed | None = None
    calculated_price: LinePrice | None = None
    item_price: Money | None = None
    item_tax_info: tuple[ItemTax, ...] | None = None
    fees: FeeAggregate | None = None
    authorized_amount: Money | None = None
    total_discount: Money | None = None
    coupon_discounts: tuple[CouponShare, ...] = ()
    tax_code: str | None = None


class CouponLink(AnswerPart, frozen=True, kw_only=True):
    """Where a coupon is looked at or redeemed."""

    rel: Literal["validate", "redeem"]
    title: str
    href: str
    type: str


class DiscountProblems(AnswerPart, frozen=True, kw_only=True):
    """Why a coupon does not count."""

    message: str
    details: tuple[str, ...]


class Discount(AnswerPart, frozen=True, kw_only=True):
    """A coupon of a cart, and whether it counts."""

    id: str
    discount_index: int
    code: str
    valid: bool
    links: tuple[CouponLink, ...]
    calculation_type: str
    discount_validation_details: DiscountProblems | None = None
    yrn: str | None = None
    name: SpokenText | None = None
    currency: str | None = None
    discount_type: Literal["PERCENT", "ABSOLUTE", "FREE_SHIPPING"] | None = None
    discount_calculation_type: Literal["SUBTOTAL", "TOTAL"] | None = None
    category_restricted: bool | None = None
    discount_rate: Decimal | None = None
    amount: Decimal | None = None


class CartTaxLine(AnswerPart, frozen=True, kw_only=True):
    """The deprecated tax of one class."""

    name: str | None
    amount: Decimal
    rate: Decimal | None
    taxable: Decimal


class CartTaxes(AnswerPart, frozen=True, kw_only=True):
    """The deprecated taxes of a cart."""

    lines: tuple[CartTaxLine, ...]


class Subtotal(AnswerPart, frozen=True, kw_only=True):
    """What the items cost on both sides of the tax."""

    currency: str
    net_value: Decimal
    gross_value: Decimal
    tax_value: Decimal


class Cart(AnswerPart, frozen=True, kw_only=True):
    """What is calculated is there unless `expandCalculation=false`."""

    id: str
    yrn: str
    site_code: str
    currency: str
    customer_id: str | None = None
    session_id: str | None = None
    legal_entity_id: str | None = None
    type: str | None = None
    order_id: str | None = None
    quote_id: str | None = None
    country_code: str | None = None
    zip_code: str | None = None
    delivery_window: DeliveryWindow | None = None
    delivery_window_id: str | None = None
    channel: dict[str, Any] | None = None
    mixins: dict[str, Any] | None = None
    restriction: Any = None
    total_units_count: Decimal
    lead_time: int
    metadata: KeptMetadata
    addresses: tuple[CartAddress, ...] | None = None
    items: tuple[CartItem, ...]
    discounts: tuple[Discount, ...] = ()
    external_discounts: tuple[ExternalCartDiscount, ...] = ()
    fee_yrn_aggregate: FeeAggregate | None = None
    total_price: Money | None = None
    sub_total_price: Money | None = None
    total_discount: Money | None = None
    total_tax: Money | None = None
    tax_aggregate: CartTaxes | None = None
    subtotal_aggregate: Subtotal | None = None
    item_fees_total: FeesTotal | None = None
    payment_fees_total: FeesTotal | None = None
    total_authorized_amount: Money | None = None
    calculated_price: CartPrice | None = None


class FoundCart(Cart, frozen=True, kw_only=True):
    """A cart in a list, and whether it is open."""

    status: Status
