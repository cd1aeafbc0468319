"""What clients send to the quote service: tolerant of unknown fields, exact about the known ones (contracts, 12).

POST    a cart to be offered, or a whole quote with its items
PATCH   one operation or a list of them, as JSON Patch writes it, in capitals or not
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import encode
from tillroll.dialects.emporix.wire.fields import amount_problem, id_problem, quantity_problem
from tillroll.dialects.emporix.wire.payload import problem_of, read_json
from tillroll.dialects.emporix.wire.payload import refuse_if as _refuse_if
from tillroll.dialects.emporix.wire.resources import Document, nesting_problem
from tillroll.dialects.http import Inbound, Malformed, Problem
from tillroll.domain.documents import Localized
from tillroll.domain.times import instant

# As many as a cart may have.
ITEMS_MAX = 500
OPERATIONS_MAX = 200
TEXT_CHARACTERS_MAX = 4000
# What one quote may weigh with all that clients attach to it; it is rewritten with every change.
QUOTE_BYTES_MAX = 1_048_576

INTERNAL = "INTERNAL"
EXTERNAL = "EXTERNAL"
OPERATIONS = ("ADD", "REPLACE", "REMOVE")

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


def read_quote(inbound: Inbound) -> QuoteRequest:
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
            *(one for place, item in enumerate(request.items[:ITEMS_MAX]) for one in item_problems(item, place)),
        ]
    )
    return request


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


def item_problems(item: Item, place: int | str) -> list[Problem | None]:
    """What is wrong with an item alone."""
    field = f"items[{place}]"
    found = [quantity_problem(f"{field}.quantity", item.amount)]
    if found == [None] and not item.amount:
        found.append(Problem(f"{field}.quantity", "invalid_value", f"{field}.quantity must be above zero"))
    if item.item_id is not None:
        found.append(id_problem(f"{field}.itemId", item.item_id))
    if item.product.product_id is not None:
        found.append(id_problem(f"{field}.product.productId", item.product.product_id))
    for name, type in (("product", item.product.type), ("price", item.price.type if item.price else INTERNAL)):
        if type not in (INTERNAL, EXTERNAL):
            message = f"{field}.{name}.type must be {INTERNAL} or {EXTERNAL}"
            found.append(Problem(f"{field}.{name}.type", "invalid_value", message))
    if item.price is not None:
        amounts = {"unitPrice": item.price.unit_price, "totalNetValue": item.price.total_net_value}
        found += [
            amount_problem(f"{field}.price.{name}", amount) for name, amount in amounts.items() if amount is not None
        ]
    return found


def shipping_problems(field: str, shipping: Shipping | None) -> list[Problem | None]:
    """What is wrong with a way of shipping alone."""
    return [amount_problem(f"{field}.value", shipping.value)] if shipping is not None else []


def text_problem(field: str, text: str) -> Problem | None:
    """What is wrong with a text that people write and read."""
    if len(text) <= TEXT_CHARACTERS_MAX:
        return None
    return Problem(field, "invalid_value", f"{field} must have at most {TEXT_CHARACTERS_MAX} characters")


def moment(field: str, text: Any) -> int:
    """A point in time as microseconds UTC; raises Malformed."""
    found = instant(text) if isinstance(text, str) else None
    if found is None:
        raise Malformed([Problem(field, "invalid_value", f"{field} must be a date, such as 2026-04-01T12:00:00.000Z")])
    return found


def size_problem(quote: Any) -> Problem | None:
    """What is wrong with a quote that has grown too large."""
    if len(encode(quote)) <= QUOTE_BYTES_MAX:
        return None
    return Problem("", "too_large", f"a quote must not have more than {QUOTE_BYTES_MAX} bytes of JSON in all")


def _count_problem(field: str, count: int, most: int) -> Problem | None:
    if count <= most:
        return None
    return Problem(field, "invalid_value", f"{field or 'the list'} must have at most {most} entries, not {count}")
