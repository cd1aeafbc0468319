"""What a back office says of orders: one that it writes down, and the corrections of one that is there.

    WrittenOrder                 what was sold, to whom, and what it says that it costs
    FieldsChange                 the order as a whole document has it
    LinesChange, Delivered       other quantities and products; the quantities that were delivered
    SplitByVendor                an order for each vendor

What is stated is taken; what is left out is the catalogue's, or stays as it was. Sums are never taken, but compared.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct

from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.orders.order import Address, Customer, PaymentMethod
from tillroll.domain.rejections import Rejection


class BothSides(Struct, frozen=True):
    """An amount from both sides of the tax, as far as they are stated."""

    net: Decimal | None = None
    gross: Decimal | None = None


class WrittenLine(Struct, frozen=True, kw_only=True):
    """One position as it was written down; None where nothing was.

    `reference` names the product in the client's words, `own_reference` one of the catalogue's that is named by its id.
    `product` is the copy that the order keeps of what the catalogue does not have.
    """

    product_id: str | None
    reference: str | None
    own_reference: str
    product: Raw
    quantity: Decimal | None
    separate: bool = False
    price_id: str | None = None
    original_amount: Decimal | None = None
    unit: Decimal | None = None
    unit_sides: BothSides | None = None
    total: BothSides = BothSides()
    tax_code: str | None = None
    tax_rate: Decimal | None = None
    attached: dict[str, Any] = {}
    metadata: dict[str, Any] = {}

    @property
    def names_no_price(self) -> bool:
        """Whether the line leaves it to the catalogue what a piece costs."""
        return self.unit is None and self.unit_sides is None


class WrittenShipping(Struct, frozen=True):
    """How an order is shipped, and what that costs net."""

    amount: Decimal
    code: str
    name: str
    tax_code: str | None = None
    tax_rate: Decimal | None = None


class WrittenOrder(Struct, frozen=True, kw_only=True):
    """The whole order. `unreadable` is what of it nobody could read, `has_address` whether it names a place at all.

    `bought` says that it is the order of a cart that was bought, which nobody writes down; `attached` and `metadata`
    are the client's own.
    """

    site_code: str | None
    country_code: str | None
    currency: str | None
    customer: Customer | None
    legal_entity_id: str | None
    billing: Address
    shipping_address: Address
    has_address: bool
    lines: tuple[WrittenLine, ...]
    shipping: WrittenShipping | None
    payment: PaymentMethod
    stated: BothSides
    born: str
    cart_id: str | None = None
    quote_id: str | None = None
    channel: dict[str, Any] | None = None
    delivery_window: DeliveryWindow | None = None
    shipments: tuple[dict[str, Any], ...] = ()
    payments: tuple[dict[str, Any], ...] = ()
    attached: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    bought: bool = False
    unreadable: tuple[Rejection, ...] = ()


class CustomerChange(Struct, frozen=True, kw_only=True):
    """What is to change of an order's customer; None leaves a field as it is."""

    id: str | None = None
    name: str | None = None
    title: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    email: str | None = None
    contact_phone: str | None = None
    metadata: dict[str, Any] | None = None
    attached: dict[str, Any] | None = None


class AddressChange(Struct, frozen=True, kw_only=True):
    """What is to change of one of an order's addresses; None leaves a field as it is."""

    contact_name: str | None = None
    company_name: str | None = None
    street: str | None = None
    street_number: str | None = None
    street_appendix: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country: str | None = None
    state: str | None = None
    contact_phone: str | None = None


class SentLine(Struct, frozen=True):
    """A line of a whole document: one that the order has, by its name, else a new one."""

    entry_id: str | None
    written: WrittenLine


class FieldsChange(Struct, frozen=True, kw_only=True):
    """The order as a whole document has it; None leaves a part as it is.

    `delivery_day` is the day of the window, `lines` are all that there are to be, `version` is the one that the client
    has read. `recalculates` calculates the sums again also where no line changes.
    """

    status: str | None = None
    customer: CustomerChange | None = None
    billing: AddressChange | None = None
    shipping_address: AddressChange | None = None
    delivery_window: DeliveryWindow | None = None
    delivery_day: str | None = None
    channel: dict[str, Any] | None = None
    shipments: tuple[dict[str, Any], ...] | None = None
    payments: tuple[dict[str, Any], ...] | None = None
    attached: dict[str, Any] | None = None
    metadata: Mapping[str, Any] = {}
    lines: tuple[SentLine, ...] | None = None
    version: int | None = None
    recalculates: bool = False
    unreadable: tuple[Rejection, ...] = ()


class QuantityChange(Struct, frozen=True):
    """Another quantity for an entry, or so much of a product: of the entry of its name, or new in the order."""

    quantity: Decimal
    entry_id: str | None = None
    written: WrittenLine | None = None


class LinesChange(Struct, frozen=True):
    """Other quantities and products of an order; only looked at, unless they are kept."""

    changes: tuple[QuantityChange, ...]
    keeps: bool = True


class Delivered(Struct, frozen=True):
    """How much of each entry was delivered."""

    quantities: tuple[tuple[str, Decimal], ...]


class SplitByVendor(Struct, frozen=True):
    """One order for the entries of each vendor."""


OrderCommand = FieldsChange | LinesChange | Delivered | SplitByVendor
