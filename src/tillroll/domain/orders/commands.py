"""An order as a back office writes it down: what was sold, to whom, and what it says that it costs.

What it states is taken; what it leaves out is the catalogue's. Sums are never taken, but compared.
"""

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
    """The whole order. `unreadable` is what of it nobody could read, `has_address` whether it names a place at all."""

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
    unreadable: tuple[Rejection, ...] = ()
