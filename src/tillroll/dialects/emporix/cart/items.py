"""Cart items: `/cart/{tenant}/carts/{cartId}/items[/{itemId}]` and `itemsBatch` (docs/wire/emporix.md, 5 and 5.2).

Whether a product exists and its price holds is not asked here: `validate` and the checkout do. An answer to a change
holds no cart; clients read it again.
"""

from decimal import Decimal
from http import HTTPStatus

from msgspec import Struct

from tillroll.dialects.emporix.cart import external as cart_external
from tillroll.dialects.emporix.cart import view as cart_view
from tillroll.dialects.emporix.cart.errors import (
    malformed_item,
    may_not_set_prices,
    missing_item,
    refusal_of,
)
from tillroll.dialects.emporix.cart.one_cart import Command, changing, may_set_prices, reading
from tillroll.dialects.emporix.cart.requests import (
    ItemFields,
    ItemRequest,
    item_of,
    read_item,
    read_item_updates,
    read_items,
)
from tillroll.dialects.emporix.wire.errors import CART, NO_CONTENT, Refusal, Reply, encode, respond
from tillroll.dialects.emporix.wire.payload import flag, refuse_if
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.emporix.wire.yrn import item_yrn, product_yrn
from tillroll.dialects.http import JSON_CONTENT, Malformed, Problem, Response, Route
from tillroll.domain.cart.cart import CART_BYTES_MAX, Cart, CartLine
from tillroll.domain.pricing.external import External
from tillroll.domain.rejections import Refused
from tillroll.engine.cart import external as external_parts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.external import ExternalChange, SentExternal
from tillroll.engine.cart.items import (
    ChangedLine,
    ItemDesk,
    ItemSettings,
    add_item,
    change_item,
    clear,
    remove_item,
)
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue

# What a shop may leave out of a price, and the configuration that allows it (docs/wire/emporix.md, 18).
_SETTINGS = ItemSettings(
    original_amount="cartItemValidationSkipOriginalAmount",
    effective_amount="cartItemValidationSkipEffectiveAmount",
    currency="cartItemValidationSkipCurrency",
    any_price="cartItemValidationSkipExistingItemsValidationOnAddToCart",
)


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes of items."""
    items = "/cart/{tenant}/carts/{cartId}/items"
    one, batch = items + "/{itemId}", "/cart/{tenant}/carts/{cartId}/itemsBatch"
    return [
        Route("GET", items, reading(catalogue, _show_all), CART),
        Route("POST", items, changing(catalogue, _add), CART, read_item, writes=True),
        Route("DELETE", items, changing(catalogue, _clear), CART, writes=True),
        Route("GET", one, reading(catalogue, _show), CART),
        Route("PUT", one, changing(catalogue, _put), CART, read_item, writes=True),
        Route("DELETE", one, changing(catalogue, _remove), CART, writes=True),
        Route("POST", batch, changing(catalogue, _add_many), CART, read_items, writes=True),
        Route("PUT", batch, changing(catalogue, _put_many), CART, read_item_updates, writes=True),
    ]


def commands() -> dict[str, Command]:
    """What of this may be a step of a chain, by the vendor's name for it."""
    one, batch = "/items/{itemId}", "/itemsBatch"
    return {
        "AddCartItem": Command("POST", "/items", _add, read_item, guarded=True),
        "UpdateCartItem": Command("PUT", one, _put, read_item, ("partial",), guarded=True),
        "DeleteCartItem": Command("DELETE", one, _remove),
        "DeleteCartItems": Command("DELETE", "/items", _clear),
        "AddCartItemsBatch": Command("POST", batch, _add_many, read_items),
        "UpdateCartItemsBatch": Command("PUT", batch, _put_many, read_item_updates, ("partial",)),
    }


def _show_all(desk: Desk, call: Call, stored: StoredCart) -> Response:
    return respond(200, cart_view.items(cart_view.calculated(desk, call, stored)))


def _show(desk: Desk, call: Call, stored: StoredCart) -> Reply:
    item_id = call.inbound.values["itemId"]
    if stored.cart.line(item_id) is None:
        return missing_item(stored.cart.id, item_id)
    items = cart_view.items(cart_view.calculated(desk, call, stored))
    return respond(200, next(item for item in items if item.id == item_id))


def _work(desk: Desk, call: Call, stored: StoredCart) -> ItemDesk:
    return ItemDesk(desk, call.shop, stored, _SETTINGS, call.now)


def _add(desk: Desk, call: Call, stored: StoredCart) -> Reply:
    """POST: 201 with the id of the item that now holds the product."""
    held = _added(desk, call, stored, call.inbound.command)
    if isinstance(held, Refusal):
        return held
    location = f"{call.inbound.path.rstrip('/')}/{held.id}".encode()
    body = {"itemId": held.id, "yrn": item_yrn(call.shop, stored.cart.id, held.id)}
    return Response(201, encode(body), (JSON_CONTENT, (b"location", location)))


def _added(desk: Desk, call: Call, stored: StoredCart, sent: ItemRequest) -> CartLine | Refusal:
    """The line that now holds the item; nothing is changed where it is refused."""
    fields = sent.fields
    if fields.is_external and not may_set_prices(call):
        return may_not_set_prices()
    external = None
    if fields.is_external:
        external = external_parts.applied(None, _external_of(stored, fields), call.inbound.id)
    refuse_if(
        [
            None if sent.product_id else _required("itemYrn"),
            None if fields.quantity is not None else _required("quantity"),
            None if sent.price is not None else _required("price"),
            _size_problem(stored.cart, fields),
        ]
    )
    line = CartLine(
        "",
        sent.product_id or "",
        _yrn_of(call, fields.item_yrn, sent.product_id or "", external),
        fields.quantity or Decimal(0),
        sent.price,
        bool(fields.keep_as_separate_line_item),
        fields.mixins or {},
        fields.metadata or {},
        external=external,
    )
    held = add_item(_work(desk, call, stored), line)
    return refusal_of(held) if isinstance(held, Refused) else held


def _yrn_of(call: Call, sent: str | None, product_id: str, external: External | None) -> str:
    """The YRN of a line's product: as it was sent, else the catalogue's; what is not in there has none."""
    if external is not None and external.product is not None:
        return ""
    return sent or product_yrn(call.shop, product_id)


class _Change(Struct, frozen=True):
    """What was sent for the item with this id; `is_partial` says that the rest of it stays."""

    item_id: str
    sent: ItemRequest
    is_partial: bool


def _put(desk: Desk, call: Call, stored: StoredCart) -> Reply:
    """PUT: 204; without `partial=true` what is not sent is emptied, but for what an item can not be without."""
    is_partial = flag(call.inbound.query, "partial")
    refusal = _changed(desk, call, stored, _Change(call.inbound.values["itemId"], call.inbound.command, is_partial))
    return refusal if refusal is not None else NO_CONTENT


def _changed(desk: Desk, call: Call, stored: StoredCart, change: _Change) -> Refusal | None:
    """Change an item, or say why not."""
    sent, line = change.sent, stored.cart.line(change.item_id)
    fields = sent.fields
    if line is None:
        return missing_item(stored.cart.id, change.item_id)
    if fields.is_external and not may_set_prices(call):
        return may_not_set_prices()
    refuse_if([_size_problem(stored.cart, fields)])
    external = _changed_external(call, stored, line, change)
    if external is None and line.external is not None and line.external.product is not None and not fields.item_yrn:
        return may_not_set_prices()  # nobody else knows the product: there is no price of ours to go back to
    mixins, metadata = (line.attached, line.metadata) if change.is_partial else ({}, {})
    product_id = sent.product_id or line.product_id
    separate = fields.keep_as_separate_line_item
    changed = CartLine(
        line.id,
        product_id,
        _yrn_of(call, fields.item_yrn or (line.item_yrn if not sent.product_id else None), product_id, external),
        line.quantity if fields.quantity is None else fields.quantity,
        line.price,
        line.separate if separate is None else separate,
        {**mixins, **(fields.mixins or {})},
        {**metadata, **(fields.metadata or {})},
        external=external,
    )
    refused = change_item(_work(desk, call, stored), ChangedLine(changed, sent.price, change.is_partial))
    return refusal_of(refused) if refused is not None else None


def _changed_external(call: Call, stored: StoredCart, line: CartLine, change: _Change) -> External | None:
    """What of a line stays an outside system's after a change; only of who may set prices it is read what they are."""
    sent, fields = change.sent, change.sent.fields
    says = fields.is_external or (change.is_partial and line.external is not None)
    external = ExternalChange(
        sent=_external_of(stored, fields) if says and may_set_prices(call) else None,
        is_partial=change.is_partial,
        may_price=may_set_prices(call),
        quantity=fields.quantity,
        product_id=sent.product_id,
        has_price=sent.price is not None,
    )
    return external_parts.changed(line, external, call.inbound.id)


def _external_of(stored: StoredCart, fields: ItemFields) -> SentExternal:
    return cart_external.read(fields, stored.cart.currency, names_product=fields.item_yrn is not None)


def _required(field: str) -> Problem:
    return Problem(field, "missing_value", f"{field} is required: send a value")


def _size_problem(cart: Cart, sent: ItemFields) -> Problem | None:
    """What is wrong with an item whose mixins make the cart too large to be rewritten with each change."""
    if not sent.mixins and not sent.metadata and not sent.is_external:
        return None
    external = [sent.external_part, sent.product or None] if sent.is_external else None
    if len(encode([cart, sent.mixins, sent.metadata, external])) <= CART_BYTES_MAX:
        return None
    return Problem("mixins", "too_large", f"a cart must not have more than {CART_BYTES_MAX} bytes of JSON in all")


def _remove(_desk: Desk, call: Call, stored: StoredCart) -> Reply:
    """DELETE of one item: 204."""
    item_id = call.inbound.values["itemId"]
    return NO_CONTENT if remove_item(stored, item_id, call.now) else missing_item(stored.cart.id, item_id)


def _clear(_desk: Desk, call: Call, stored: StoredCart) -> Response:
    """DELETE of all items: 204, also where there are none."""
    clear(stored, call.now)
    return NO_CONTENT


def _add_many(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """POST of a batch: 200 with the fate of each item at its place."""
    documents: list[Document] = call.inbound.command
    return respond(200, [{"index": n} | _fate_of_new(desk, call, stored, sent) for n, sent in enumerate(documents)])


def _fate_of_new(desk: Desk, call: Call, stored: StoredCart, document: Document) -> Document:
    try:
        held = _added(desk, call, stored, item_of(document, call.shop))
    except Malformed as malformed:
        held = malformed_item(malformed)
    if isinstance(held, Refusal):
        told = held.told
        details = told.get("details", [])
        assert isinstance(details, list)
        return {"status": held.status, "errorMessage": "; ".join([str(told["message"]), *details])}
    location = f"/carts/{stored.cart.id}/items/{held.id}"
    yrn = item_yrn(call.shop, stored.cart.id, held.id)
    return {"status": 201, "id": held.id, "headers": {"location": location}, "yrn": yrn}


def _put_many(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """PUT of a batch: 207 with the fate of each change at its place."""
    documents: list[Document] = call.inbound.command
    return respond(207, [{"index": n} | _fate_of_change(desk, call, stored, sent) for n, sent in enumerate(documents)])


def _fate_of_change(desk: Desk, call: Call, stored: StoredCart, document: Document) -> Document:
    item_id = document.get("id")
    is_partial = flag(call.inbound.query, "partial")
    try:
        refuse_if([None if isinstance(item_id, str) and item_id else _required("id")])
        sent = item_of(document, call.shop)
        refusal = _changed(desk, call, stored, _Change(str(item_id), sent, is_partial))
    except Malformed as malformed:
        refusal = malformed_item(malformed)
    status = refusal.status if refusal is not None else HTTPStatus.NO_CONTENT.value
    line: Document = {"id": item_id if isinstance(item_id, str) else None}
    line |= {"code": status, "status": HTTPStatus(status).phrase}
    if refusal is not None:
        told = refusal.told
        line |= {name: told[name] for name in ("message", "details") if name in told}
    return line
