"""What clients send to the quote service: tolerant of unknown fields, exact about the known ones (contracts, 12).

POST    a cart to be offered, or a whole quote with its items
PATCH   one operation or a list of them, as JSON Patch writes it, in capitals or not
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.conversion import problem_of
from tillroll.dialects.emporix.wire.fields import amount_problem, id_problem
from tillroll.dialects.emporix.wire.payload import read_json
from tillroll.dialects.emporix.wire.payload import refuse_if as _refuse_if
from tillroll.dialects.emporix.wire.rejections import detail_of, rejections_of
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.yrn import product_yrn
from tillroll.dialects.http import Inbound, Malformed, Problem
from tillroll.dialects.nesting import nesting_problem
from tillroll.domain.documents import Localized
from tillroll.domain.quotes.commands import (
    ADD,
    ITEMS_MAX,
    REMOVE,
    REPLACE,
    NewQuote,
    OfferedItem,
    OfferedPrice,
    OfferedShipping,
    Unreadable,
)
from tillroll.domain.quotes.quote import INTERNAL
from tillroll.domain.times import instant

OPERATIONS_MAX = 200
TEXT_CHARACTERS_MAX = 4000
OPERATIONS = (ADD, REPLACE, REMOVE)

_DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)
_ANYTHING = msgspec.json.Decoder(list[Document] | Document, float_hook=Decimal)


class Quantity(Struct, rename="camel", frozen=True):
    """How much of what unit."""

    quantity: Decimal
    unit_code: str | None = None


class Tax(Struct, rename="camel", frozen=True):
    """The tax of an item: its class, and the rate that the client believes it to have."""

    tax_class: str | None = None
    tax_rate: Decimal | None = None


class ItemPrice(Struct, rename="camel", frozen=True):
    """What an item is offered at, net: for one, or for all of it."""

    type: str = INTERNAL
    price_id: str | None = None
    unit_price: Decimal | None = None
    total_net_value: Decimal | None = None
    tax: Tax | None = None


class ItemProduct(Struct, rename="camel", frozen=True):
    """What is offered: a product of the catalogue, or something that is none."""

    product_id: str | None = None
    type: str = INTERNAL
    name: Localized | None = None
    media: Any = None
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class Item(Struct, rename="camel", frozen=True):
    """One position."""

    product: ItemProduct
    quantity: Quantity | Decimal = Decimal(1)
    price: ItemPrice | None = None
    item_id: str | None = None
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None

    @property
    def amount(self) -> Decimal:
        """How much of it."""
        return self.quantity.quantity if isinstance(self.quantity, Quantity) else self.quantity

    @property
    def unit_code(self) -> str:
        """Of which unit."""
        return (self.quantity.unit_code or "") if isinstance(self.quantity, Quantity) else ""


class Shipping(Struct, rename="camel", frozen=True):
    """How a quote is shipped, and what that costs net."""

    value: Decimal
    method_id: str
    zone_id: str
    shipping_tax_code: str | None = None


class QuoteRequest(Struct, rename="camel", frozen=True):
    """Both kinds of request: with a `cart_id` the cart is offered, without one the items are."""

    id: str | None = None
    cart_id: str | None = None
    customer_id: str | None = None
    customer_email: str | None = None
    employee_id: str | None = None
    company_name: str | None = None
    site_code: str | None = None
    currency: str | None = None
    billing_address_id: str | None = None
    shipping_address_id: str | None = None
    valid_to: str | None = None
    shipping: Shipping | None = None
    items: tuple[Item, ...] = ()
    customer_reference: str | None = None
    customer_comment: str | None = None
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class StatusValue(Struct, rename="camel", frozen=True):
    """The status that is asked for, and why."""

    value: str
    comment: str | None = None
    quote_reason_id: str | None = None


class ItemTotal(Struct, rename="camel", frozen=True):
    """A new price of an item: the net total of all of it."""

    total_net_value: Decimal


class Operation(Struct, frozen=True):
    """One operation of a PATCH, on a path of segments."""

    op: str
    path: tuple[str, ...]
    value: Any

    @property
    def pointer(self) -> str:
        """The path as it is written."""
        return "/" + "/".join(self.path)


def read_quote(inbound: Inbound) -> NewQuote:
    """The body of a POST; raises Malformed with everything that is wrong with it alone."""
    document = read_json(_DOCUMENT, inbound.body)
    _refuse_if([nesting_problem(document)])
    request: QuoteRequest = value_as(QuoteRequest, document, "")
    texts = {
        "customerReference": request.customer_reference,
        "customerComment": request.customer_comment,
        "companyName": request.company_name,
        "employeeId": request.employee_id,
        "customerId": request.customer_id,
        "customerEmail": request.customer_email,
    }
    _refuse_if(
        [
            id_problem("id", request.id) if request.id is not None else None,
            *(text_problem(name, text) for name, text in texts.items() if text is not None),
            _count_problem("items", len(request.items), ITEMS_MAX),
            *shipping_problems("shipping", request.shipping),
            *(
                detail_of(rejection)
                for place, item in enumerate(request.items[:ITEMS_MAX])
                for rejection in offered_item(item, "").rejections(f"items[{place}]")
            ),
        ]
    )
    return new_quote(request, inbound)


def new_quote(request: QuoteRequest, inbound: Inbound) -> NewQuote:
    """The quote that a request asks for."""
    tenant = inbound.values.get("tenant", "")
    return NewQuote(
        id=request.id or inbound.id,
        cart_id=request.cart_id,
        customer_id=request.customer_id,
        customer_email=request.customer_email,
        employee_id=request.employee_id,
        company_name=request.company_name,
        site_code=request.site_code,
        currency=request.currency,
        billing_address_id=request.billing_address_id,
        shipping_address_id=request.shipping_address_id,
        valid_to=_valid_to(request.valid_to),
        shipping=offered_shipping(request.shipping) if request.shipping is not None else None,
        items=tuple(offered_item(item, tenant) for item in request.items),
        customer_reference=request.customer_reference,
        customer_comment=request.customer_comment,
        custom_fields=request.mixins or {},
        metadata=_mixin_schemas(request.metadata),
    )


def _valid_to(text: str | None) -> str | Unreadable | None:
    try:
        return moment("validTo", text) if text is not None else None
    except Malformed as malformed:
        return Unreadable(rejections_of(malformed))


def _mixin_schemas(metadata: dict[str, Any] | None) -> dict[str, Any]:
    """Of metadata only what names the schemas of mixins: the rest of it is the server's."""
    return {"mixins": metadata["mixins"]} if metadata and isinstance(metadata.get("mixins"), dict) else {}


def offered_item(item: Item, tenant: str) -> OfferedItem:
    """An item as it is offered."""
    product, price = item.product, item.price or ItemPrice()
    tax = price.tax or Tax()
    attached = {"mixins": product.mixins, "metadata": product.metadata}
    return OfferedItem(
        quantity=item.amount,
        unit_code=item.unit_code,
        product_id=product.product_id,
        product_type=product.type,
        product_name=product.name,
        product_media=product.media,
        product_attached={name: value for name, value in attached.items() if value},
        price=OfferedPrice(
            type=price.type,
            price_id=price.price_id,
            unit_price=price.unit_price,
            total_net_value=price.total_net_value,
            tax_class=tax.tax_class,
            tax_rate=tax.tax_rate,
        ),
        item_id=item.item_id,
        attached={"custom_fields": item.mixins or {}, "metadata": item.metadata or {}},
        reference_prefix=product_yrn(tenant, ""),
    )


def offered_shipping(shipping: Shipping) -> OfferedShipping:
    """A way of shipping as it is offered."""
    return OfferedShipping(shipping.value, shipping.method_id, shipping.zone_id, shipping.shipping_tax_code)


def read_operations(inbound: Inbound) -> list[Operation]:
    """The body of a PATCH as a list of operations; raises Malformed."""
    body = read_json(_ANYTHING, inbound.body)
    _refuse_if([nesting_problem(body)])
    documents = body if isinstance(body, list) else [body]
    _refuse_if([_count_problem("", len(documents), OPERATIONS_MAX)])
    if not documents:
        raise Malformed([Problem("", "missing_value", "the list of operations is empty: send at least one")])
    found, problems = list[Operation](), list[Problem]()
    for place, document in enumerate(documents):
        op, path = document.get("op"), document.get("path")
        if not isinstance(op, str) or op.upper() not in OPERATIONS:
            problems.append(Problem(f"[{place}].op", "invalid_value", "op must be ADD, REPLACE or REMOVE"))
        if not isinstance(path, str) or not path.startswith("/") or len(path) > TEXT_CHARACTERS_MAX:
            message = "path must be a text that begins with a slash, such as /status"
            problems.append(Problem(f"[{place}].path", "invalid_value", message))
        elif isinstance(op, str):
            segments = tuple(one.replace("~1", "/").replace("~0", "~") for one in path[1:].split("/"))
            found.append(Operation(op.upper(), segments, document.get("value")))
    _refuse_if(list(problems))
    return found


def value_as(shape: Any, value: Any, field: str) -> Any:
    """A decoded value as a struct; raises Malformed with the path of what is wrong, below `field`."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        problem = problem_of(error)
        inner = problem.field
        place = field + (inner if not field or inner.startswith("[") else f".{inner}" if inner else "")
        raise Malformed([Problem(place, problem.type, problem.message)]) from error


def shipping_problems(field: str, shipping: Shipping | None) -> list[Problem | None]:
    """What is wrong with a way of shipping alone."""
    return [amount_problem(f"{field}.value", shipping.value)] if shipping is not None else []


def text_problem(field: str, text: str) -> Problem | None:
    """What is wrong with a text that people write and read."""
    if len(text) <= TEXT_CHARACTERS_MAX:
        return None
    return Problem(field, "invalid_value", f"{field} must have at most {TEXT_CHARACTERS_MAX} characters")


def moment(field: str, text: Any) -> str:
    """A text that is a point in time, or a day; raises Malformed."""
    if not isinstance(text, str) or instant(text) is None:
        raise Malformed([Problem(field, "invalid_value", f"{field} must be a date, such as 2026-04-01T12:00:00.000Z")])
    return text


def _count_problem(field: str, count: int, most: int) -> Problem | None:
    if count <= most:
        return None
    return Problem(field, "invalid_value", f"{field or 'the list'} must have at most {most} entries, not {count}")
