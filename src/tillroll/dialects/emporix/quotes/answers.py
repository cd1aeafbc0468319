"""What a quote and its history are answered as (docs/wire/emporix.md, 12)."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta

from tillroll.dialects.emporix.quotes.requests import OPERATIONS
from tillroll.dialects.emporix.wire.answers import AnswerPart, Instant, KeptMetadata, SpokenText
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.quotes.quote import TRANSITIONS

QuoteStatusName = Annotated[str, Meta(extra_json_schema={"enum": [*TRANSITIONS]})]
PriceOrigin = Annotated[str, Meta(extra_json_schema={"enum": ["INTERNAL", "EXTERNAL"]})]
ChangeOperation = Annotated[str, Meta(extra_json_schema={"enum": [*OPERATIONS, "CREATE"]})]
AuthorType = Annotated[str, Meta(extra_json_schema={"enum": ["EMPLOYEE", "CUSTOMER", "SYSTEM"]})]


class QuoteCustomer(AnswerPart, frozen=True, kw_only=True):
    """Whom a quote is for."""

    customer_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    contact_email: str


class QuoteEmployee(AnswerPart, frozen=True, kw_only=True):
    """Who has offered a quote."""

    employee_id: str


class QuoteCompany(AnswerPart, frozen=True, kw_only=True):
    """For which company a quote is."""

    name: str


class QuoteStatus(AnswerPart, frozen=True, kw_only=True):
    """Where a quote stands in its life, and why."""

    value: QuoteStatusName
    comment: str | None = None
    quote_reason: dict[str, Any] | None = None


class QuoteComments(AnswerPart, frozen=True, kw_only=True):
    """What the two sides have said."""

    employee_comment: str | None = None
    customer_comment: str | None = None


class QuoteTotal(AnswerPart, frozen=True, kw_only=True):
    """A sum of a quote on both sides of the tax."""

    currency: str
    net_value: Decimal
    gross_value: Decimal
    tax_value: Decimal


class QuoteTaxLine(AnswerPart, frozen=True, kw_only=True):
    """The tax of one class; `taxable` is gross, as the vendor's examples have it."""

    name: str | None
    amount: Decimal
    rate: Decimal | None
    taxable: Decimal


class QuoteTaxes(AnswerPart, frozen=True, kw_only=True):
    """The tax of each class."""

    lines: tuple[QuoteTaxLine, ...]


class QuoteShippingShown(AnswerPart, frozen=True, kw_only=True):
    """How a quote is shipped: what it costs net and gross."""

    value: Decimal
    gross_value: Decimal
    method_id: str
    zone_id: str
    method_name: SpokenText | None = None
    shipping_tax_code: str | None = None


class QuoteAddress(AnswerPart, frozen=True, kw_only=True):
    """Where a quote is billed or shipped to."""

    id: str | None = None
    name: str
    address_line1: str
    address_line2: str | None = None
    city: str
    country_code: str
    postcode: str
    state: str | None = None


class ItemQuantity(AnswerPart, frozen=True, kw_only=True):
    """How much of a product is offered."""

    quantity: Decimal
    unit_code: str | None = None


class TaxedSides(AnswerPart, frozen=True, kw_only=True):
    """A price on both sides of the tax."""

    gross_value: Decimal
    net_value: Decimal


class QuoteItemTax(AnswerPart, frozen=True, kw_only=True):
    """The tax on an item."""

    tax_class: str
    tax_rate: Decimal
    prices: TaxedSides


class QuoteItemPrice(AnswerPart, frozen=True, kw_only=True):
    """The price of an item before, and what is agreed."""

    type: PriceOrigin
    price_id: str | None = None
    unit_price: Decimal
    new_unit_price: Decimal
    discount: Decimal
    total_net_value: Decimal
    tax: QuoteItemTax


class QuoteItem(AnswerPart, frozen=True, kw_only=True):
    """One position of a quote."""

    id: str
    quantity: ItemQuantity
    price: QuoteItemPrice
    product: dict[str, Any]
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class ShownQuote(AnswerPart, frozen=True, kw_only=True):
    """A whole quote."""

    id: str
    business_model: Literal["B2B", "B2C"]
    customer: QuoteCustomer
    employee: QuoteEmployee | None = None
    cart_id: str | None = None
    company: QuoteCompany | None = None
    site_code: str
    order_id: str | None = None
    currency: str
    status: QuoteStatus
    valid_to: Instant | None = None
    comment: QuoteComments | None = None
    customer_reference: str | None = None
    total_price: QuoteTotal
    subtotal_price: QuoteTotal
    tax_aggregate: QuoteTaxes
    shipping: QuoteShippingShown | None = None
    billing_address: QuoteAddress | None = None
    shipping_address: QuoteAddress | None = None
    items: tuple[QuoteItem, ...]
    delivery_window: DeliveryWindow | None = None
    mixins: dict[str, Any] | None = None
    metadata: KeptMetadata


class HistoryLine(AnswerPart, frozen=True, kw_only=True):
    """One change of a quote."""

    id: str
    op: ChangeOperation
    path: str
    new_value: Any = None
    previous_value: Any = None
    user_id: str
    user_first_name: str | None = None
    user_last_name: str | None = None
    user_type: AuthorType
    modified_at: Instant
