"""What can be asked of quotes: to make one, of a cart or item by item, and to change one, edit by edit.

What a client said and nobody could read is a command, too, or a part of one: it is refused where its turn comes, so
that of several edits the first that can not be is the one that is told.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from tillroll.domain.documents import Localized
from tillroll.domain.quotes.quote import EXTERNAL, INTERNAL
from tillroll.domain.rejections import Reason, Rejection, Rejections
from tillroll.domain.values import amount_rejection, id_rejection, quantity_rejection

# As many as a cart may have.
ITEMS_MAX = 500

ADD, REPLACE, REMOVE = "ADD", "REPLACE", "REMOVE"


class Unreadable(Struct, frozen=True):
    """Something that was sent and is none of these."""

    rejections: tuple[Rejection, ...]


class UnreadableItem(Struct, frozen=True):
    """Something that was sent as an item and is none; the subjects are paths into it."""

    rejections: tuple[Rejection, ...]


class OfferedPrice(Struct, frozen=True, kw_only=True):
    """What an item is offered at, net: for one, or for all of it; the tax is what a client claims."""

    type: str = INTERNAL
    price_id: str | None = None
    unit_price: Decimal | None = None
    total_net_value: Decimal | None = None
    tax_class: str | None = None
    tax_rate: Decimal | None = None

    @property
    def is_external(self) -> bool:
        """Whether it comes from outside."""
        return self.type == EXTERNAL


class OfferedItem(Struct, frozen=True, kw_only=True):
    """One position to be offered: a product of the catalogue, or something that is none.

    `reference_prefix` is what stands before a product's id where the client's words name it; `attached` is what the
    client attaches to the line, `product_attached` to the copy of the product, both by the name of the field.
    """

    quantity: Decimal = Decimal(1)
    unit_code: str = ""
    product_id: str | None = None
    product_type: str = INTERNAL
    product_name: Localized | None = None
    product_media: Any = None
    product_attached: dict[str, Any] = {}
    price: OfferedPrice = OfferedPrice()
    item_id: str | None = None
    attached: dict[str, Any] = {}
    reference_prefix: str = ""

    @property
    def is_external(self) -> bool:
        """Whether the catalogue has none of it."""
        return self.product_type == EXTERNAL

    def rejections(self, field: str) -> Rejections:
        """What is wrong with the item alone, which is at this field of its command."""
        quantity = quantity_rejection(f"{field}.quantity", self.quantity)
        if quantity is None and not self.quantity:
            message = f"{field}.quantity must be above zero"
            quantity = Rejection(Reason.VALUE_INVALID, f"{field}.quantity", message)
        ids = {"item_id": self.item_id, "product.product_id": self.product_id}
        types = {"product": self.product_type, "price": self.price.type}
        amounts = {"unit_price": self.price.unit_price, "total_net_value": self.price.total_net_value}
        rejections = [
            quantity,
            *(id_rejection(f"{field}.{name}", id) for name, id in ids.items() if id is not None),
            *(_type_rejection(f"{field}.{name}.type", type) for name, type in types.items()),
            *(amount_rejection(f"{field}.price.{name}", one) for name, one in amounts.items() if one is not None),
        ]
        yield from (rejection for rejection in rejections if rejection is not None)


class OfferedShipping(Struct, frozen=True):
    """How a quote is to be shipped, and what that costs net."""

    value: Decimal
    method_id: str
    zone_id: str
    tax_code: str | None = None


class NewQuote(Struct, frozen=True, kw_only=True):
    """A quote to be made: of the cart `cart_id`, or without one of the items. `valid_to` is ISO 8601."""

    id: str
    cart_id: str | None = None
    customer_id: str | None = None
    customer_email: str | None = None
    employee_id: str | None = None
    company_name: str | None = None
    site_code: str | None = None
    currency: str | None = None
    billing_address_id: str | None = None
    shipping_address_id: str | None = None
    valid_to: str | Unreadable | None = None
    shipping: OfferedShipping | None = None
    items: tuple[OfferedItem, ...] = ()
    customer_reference: str | None = None
    customer_comment: str | None = None
    custom_fields: dict[str, Any] = {}
    metadata: dict[str, Any] = {}


def _type_rejection(field: str, type: str) -> Rejection | None:
    if type in (INTERNAL, EXTERNAL):
        return None
    return Rejection(Reason.VALUE_INVALID, field, f"{field} must be {INTERNAL} or {EXTERNAL}")


# ------------------------------------------------------------------------------------------------------------- edits


class Step(Struct, frozen=True):
    """A step of the quote's life to another status, and why."""

    status: str
    comment: str | None = None
    reason_id: str | None = None


class OfferUntil(Struct, frozen=True):
    """How long the quote holds, in ISO 8601; for ever where that is None."""

    valid_to: str | None


class Say(Struct, frozen=True):
    """What the quote says in a text: its `employee_comment` or its `company_name`."""

    field: str
    text: str | None


class OfferTo(Struct, frozen=True):
    """Another customer, with the addresses of that one."""

    customer_id: str


class SendTo(Struct, frozen=True):
    """Another address of the customer's; `field` is the one that names it."""

    field: str
    address_id: str


class ShipBy(Struct, frozen=True):
    """Another way of shipping, or none."""

    shipping: OfferedShipping | None


class PutItems(Struct, frozen=True):
    """More items, or others in the place of all. `several` says whether they came as a list."""

    items: tuple[OfferedItem | UnreadableItem, ...]
    others: bool = False
    several: bool = True


class DropItems(Struct, frozen=True):
    """These items go; none where it could not be read which."""

    item_ids: frozenset[str]


class Reprice(Struct, frozen=True):
    """Another net total of an item."""

    total_net_value: Decimal


class Attach(Struct, frozen=True):
    """What is attached at a path: `op` is ADD, which makes the way, REPLACE, or REMOVE.

    `path` begins with the field that holds it, of a quote or of a line; `whole` says that only an object can be there.
    """

    op: str
    path: tuple[str, ...]
    value: Any = None
    whole: bool = False


class EditItem(Struct, frozen=True):
    """One item: another in its place, another price, something attached; it goes where there is nothing instead."""

    item_id: str
    change: OfferedItem | UnreadableItem | Reprice | Attach | Unreadable | None


Edit = Step | OfferUntil | Say | OfferTo | SendTo | ShipBy | PutItems | DropItems | EditItem | Attach | Unreadable


class QuoteEdit(Struct, frozen=True):
    """One edit, with how its author wrote it, which the history tells.

    `answers` says that it is about the quote's status, which is how an offer is answered; `completes` names the part of
    a quote, as `missing_parts` does, that the edit may add to an accepted one.
    """

    op: str
    pointer: str
    edit: Edit
    answers: bool = False
    completes: str = ""


def put_attached(holders: dict[str, Any], attach: Attach, pointer: str) -> Any | Rejection:
    """Change what a path leads to, and return what was there, or why it can not be changed."""
    holder: Any = holders
    for segment in attach.path[:-1]:
        inner = holder.get(segment) if isinstance(holder, dict) else None
        if inner is None and attach.op == ADD and isinstance(holder, dict):
            inner = holder[segment] = {}
        holder = inner
    last = attach.path[-1]
    if not isinstance(holder, dict) or (attach.op != ADD and last not in holder):
        message = f"there is nothing at {pointer[:80]}: add it first"
        return Rejection(Reason.VALUE_INVALID, pointer, message)
    if attach.op == REMOVE and len(attach.path) > 1:
        return holder.pop(last)
    if attach.whole and attach.op != REMOVE and not isinstance(attach.value, dict):
        return Rejection(Reason.VALUE_INVALID, pointer, "the value must be an object")
    before = holder.get(last)
    holder[last] = {} if attach.op == REMOVE else attach.value
    return before
