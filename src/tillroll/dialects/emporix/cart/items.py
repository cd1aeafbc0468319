"""Cart items: `/cart/{tenant}/carts/{cartId}/items[/{itemId}]` and `itemsBatch` (docs/wire/emporix.md, 5 and 5.2).

Whether a product exists and its price holds is not asked here: `validate` and the checkout do. An answer to a change
holds no cart; clients read it again.
"""

from decimal import Decimal
from http import HTTPStatus

import msgspec

from tillroll.dialects.emporix.cart import external as cart_external
from tillroll.dialects.emporix.cart import view as cart_view
from tillroll.dialects.emporix.cart.one_cart import (
    Command,
    changing,
    may_not_set_prices,
    may_set_prices,
    missing_item,
    reading,
)
from tillroll.dialects.emporix.cart.requests import (
    CART_BYTES_MAX,
    ItemRequest,
    item_of,
    read_item,
    read_item_updates,
    read_items,
)
from tillroll.dialects.emporix.wire.context import NO_CONTENT
from tillroll.dialects.emporix.wire.errors import CART, encode, respond
from tillroll.dialects.emporix.wire.payload import flag, refuse_if
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.emporix.wire.yrn import item_yrn, product_yrn
from tillroll.dialects.http import JSON_CONTENT, Malformed, Problem, Response, Route
from tillroll.domain.cart.cart import Cart, CartLine, CartPrice, add_line, remove_line, replace_line
from tillroll.domain.pricing.external import External
from tillroll.engine.cart import pricing as cart_pricing
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue, View

# What a shop may leave out of a price, and the configuration that allows it (docs/wire/emporix.md, 18).
_OPTIONAL_PRICE_PARTS = (
    ("originalAmount", "original_amount", "cartItemValidationSkipOriginalAmount"),
    ("effectiveAmount", "effective_amount", "cartItemValidationSkipEffectiveAmount"),
    ("currency", "currency", "cartItemValidationSkipCurrency"),
)
_ANY_PRICE = "cartItemValidationSkipExistingItemsValidationOnAddToCart"

_BODY = msgspec.json.Decoder(Document)


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


def _show(desk: Desk, call: Call, stored: StoredCart) -> Response:
    item_id = call.inbound.values["itemId"]
    if stored.cart.line(item_id) is None:
        return missing_item(stored.cart.id, item_id)
    items = cart_view.items(cart_view.calculated(desk, call, stored))
    return respond(200, next(item for item in items if item["id"] == item_id))


def _add(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """POST: 201 with the id of the item that now holds the product."""
    held = _added(desk, call, stored, call.inbound.command)
    if isinstance(held, Response):
        return held
    location = f"{call.inbound.path.rstrip('/')}/{held.id}".encode()
    body = {"itemId": held.id, "yrn": item_yrn(call.shop, stored.cart.id, held.id)}
    return Response(201, encode(body), (JSON_CONTENT, (b"location", location)))


def _added(desk: Desk, call: Call, stored: StoredCart, asked: ItemRequest) -> CartLine | Response:
    """The line that now holds the item; nothing is changed where it is refused."""
    if asked.is_external and not may_set_prices(call):
        return may_not_set_prices()
    external = None
    if asked.is_external:
        fields = cart_external.read(asked.document, stored.cart.currency)
        external = cart_external.applied(None, fields, asked.item_yrn, call.inbound.id)
    refuse_if(
        [
            None if asked.product_id else _required("itemYrn"),
            None if asked.quantity is not None else _required("quantity"),
            None if asked.price is not None else _required("price"),
            _size_problem(stored.cart, asked),
        ]
    )
    line = CartLine(
        "",
        asked.product_id or "",
        _yrn_of(call, asked.item_yrn, asked.product_id or "", external),
        asked.quantity or Decimal(0),
        None,
        bool(asked.separate),
        asked.mixins or {},
        asked.metadata or {},
        external=external,
    )
    line.price = _complete_price(desk, call, stored, (asked.price, line.is_priced_externally))
    held = add_line(stored.cart, line)
    if isinstance(held, str) and _is_on(desk.view(call.shop), _ANY_PRICE):
        held = add_line(stored.cart, line, any_price=True)
    if isinstance(held, str):
        return CART.refuse(400, message=held)
    stored.note("item_added", call.now, held)
    return held


def _yrn_of(call: Call, asked: str | None, product_id: str, external: External | None) -> str:
    """The YRN of a line's product: as it was sent, else the catalogue's; what is not in there has none."""
    if external is not None and external.product is not None:
        return ""
    return asked or product_yrn(call.shop, product_id)


def _put(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """PUT: 204; without `partial=true` what is not sent is emptied, but for what an item can not be without."""
    item_id = call.inbound.values["itemId"]
    is_partial = flag(call.inbound.query, "partial")
    return _changed(desk, call, stored, (item_id, call.inbound.command, is_partial))


def _changed(desk: Desk, call: Call, stored: StoredCart, change: tuple[str, ItemRequest, bool]) -> Response:
    item_id, asked, is_partial = change
    line = stored.cart.line(item_id)
    if line is None:
        return missing_item(stored.cart.id, item_id)
    if asked.is_external and not may_set_prices(call):
        return may_not_set_prices()
    refuse_if([_size_problem(stored.cart, asked)])
    external = _changed_external(call, stored, line, (asked, is_partial))
    if external is None and line.external is not None and line.external.product is not None and not asked.item_yrn:
        return may_not_set_prices()  # nobody else knows the product: there is no price of ours to go back to
    keeps = (line.mixins, line.metadata) if is_partial else ({}, {})
    product_id = asked.product_id or line.product_id
    changed = CartLine(
        line.id,
        product_id,
        _yrn_of(call, asked.item_yrn or (line.item_yrn if not asked.product_id else None), product_id, external),
        line.quantity if asked.quantity is None else asked.quantity,
        line.price,
        line.separate if asked.separate is None else asked.separate,
        {**keeps[0], **(asked.mixins or {})},
        {**keeps[1], **(asked.metadata or {})},
        external=external,
    )
    if asked.price is not None:
        merged = _merged(line.price if is_partial else None, asked.price)
        changed.price = _complete_price(desk, call, stored, (merged, changed.is_priced_externally))
    elif line.is_priced_externally and not changed.is_priced_externally:
        changed.price = _price_here(desk, call, stored, changed)
    refused = replace_line(stored.cart, changed)
    if refused is not None:
        return CART.refuse(400, message=refused)
    stored.note("item_changed", call.now, changed)
    return NO_CONTENT


def _changed_external(
    call: Call, stored: StoredCart, line: CartLine, change: tuple[ItemRequest, bool]
) -> External | None:
    """What of a line stays an outside system's after a change (docs/wire/emporix.md, 5.2).

    A whole PUT leaves only what it sends. A partial one keeps the rest, but another quantity ends the line values; and
    from anybody who may not set prices, another quantity, price or product ends everything external.
    """
    asked, is_partial = change
    known = line.external if is_partial else None
    is_other_quantity = asked.quantity is not None and asked.quantity != line.quantity
    if known is not None and not may_set_prices(call):
        is_other_product = asked.product_id not in (None, line.product_id)
        return None if is_other_quantity or is_other_product or asked.price is not None else known
    if known is not None and is_other_quantity:
        known = known.without_line_values()
    if known is None and not asked.is_external:
        return None
    fields = cart_external.read(asked.document, stored.cart.currency)
    return cart_external.applied(known, fields, asked.item_yrn, call.inbound.id)


def _price_here(desk: Desk, call: Call, stored: StoredCart, line: CartLine) -> CartPrice:
    """The catalogue's price for a line that an outside system has priced until now; raises Malformed without one."""
    alone = msgspec.structs.replace(stored.cart, lines=[line])
    (match,) = cart_pricing.matches(desk.view(call.shop), alone, call.now)
    if match is None:
        raise Malformed([Problem("price", "missing_value", f"price is required: item {line.id} has none here")])
    return cart_pricing.matched_price(match)


def _merged(known: CartPrice | None, asked: CartPrice) -> CartPrice:
    """A price with the parts that were sent; another price takes over nothing from the one before."""
    if known is None or (asked.price_id and asked.price_id != known.price_id):
        return asked
    return CartPrice(
        known.price_id,
        known.original_amount if asked.original_amount is None else asked.original_amount,
        known.effective_amount if asked.effective_amount is None else asked.effective_amount,
        asked.currency or known.currency,
        asked.measurement_unit or known.measurement_unit,
        asked.price_list_id or known.price_list_id,
    )


def _complete_price(
    desk: Desk, call: Call, stored: StoredCart, sent: tuple[CartPrice | None, bool]
) -> CartPrice | None:
    """A price with all its parts but those that the shop lets clients leave out; raises Malformed.

    The second of `sent` says that it is an outside system's: such a price needs an amount, but no id of ours.
    """
    price, is_external = sent
    if price is None:
        return None
    if is_external:
        refuse_if([None if price.effective_amount is not None else _required("price.effectiveAmount")])
        return price if price.currency else msgspec.structs.replace(price, currency=stored.cart.currency)
    left_out = [part for part in _OPTIONAL_PRICE_PARTS if getattr(price, part[1]) is None]
    problems = [None if price.price_id else _required("price.priceId")]
    if left_out:
        view = desk.view(call.shop)
        problems += [_required(f"price.{name}") for name, _, key in left_out if not _is_on(view, key)]
    refuse_if(problems)
    return price if price.currency else msgspec.structs.replace(price, currency=stored.cart.currency)


def _is_on(view: View, key: str) -> bool:
    return view.configured(key, False, lambda value: value in (True, "true"))


def _required(field: str) -> Problem:
    return Problem(field, "missing_value", f"{field} is required: send a value")


def _size_problem(cart: Cart, asked: ItemRequest) -> Problem | None:
    """What is wrong with an item whose mixins make the cart too large to be rewritten with each change."""
    if not asked.mixins and not asked.metadata and not asked.is_external:
        return None
    external = asked.document if asked.is_external else None
    if len(encode([cart, asked.mixins, asked.metadata, external])) <= CART_BYTES_MAX:
        return None
    return Problem("mixins", "too_large", f"a cart must not have more than {CART_BYTES_MAX} bytes of JSON in all")


def _remove(_desk: Desk, call: Call, stored: StoredCart) -> Response:
    """DELETE of one item: 204."""
    item_id = call.inbound.values["itemId"]
    line = stored.cart.line(item_id)
    if line is None or not remove_line(stored.cart, item_id):
        return missing_item(stored.cart.id, item_id)
    stored.note("item_removed", call.now, msgspec.structs.replace(line, quantity=Decimal(0)))
    return NO_CONTENT


def _clear(_desk: Desk, call: Call, stored: StoredCart) -> Response:
    """DELETE of all items: 204, also where there are none."""
    for line in stored.cart.lines:
        stored.note("item_removed", call.now, msgspec.structs.replace(line, quantity=Decimal(0)))
    stored.cart.lines = []
    return NO_CONTENT


def _add_many(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """POST of a batch: 200 with the fate of each item at its place."""
    return respond(
        200,
        [_fate_of_new(desk, call, stored, (index, document)) for index, document in enumerate(call.inbound.command)],
    )


def _fate_of_new(desk: Desk, call: Call, stored: StoredCart, element: tuple[int, Document]) -> Document:
    index, document = element
    try:
        held = _added(desk, call, stored, item_of(document, call.shop))
    except Malformed as malformed:
        held = CART.refuse(400, malformed.problems)
    if isinstance(held, Response):
        said = _BODY.decode(held.body)
        message = "; ".join([said["message"], *said.get("details", [])])
        return {"index": index, "status": held.status, "errorMessage": message}
    location = f"/carts/{stored.cart.id}/items/{held.id}"
    yrn = item_yrn(call.shop, stored.cart.id, held.id)
    return {"index": index, "status": 201, "id": held.id, "headers": {"location": location}, "yrn": yrn}


def _put_many(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """PUT of a batch: 207 with the fate of each change at its place."""
    return respond(
        207,
        [_fate_of_change(desk, call, stored, (index, document)) for index, document in enumerate(call.inbound.command)],
    )


def _fate_of_change(desk: Desk, call: Call, stored: StoredCart, element: tuple[int, Document]) -> Document:
    index, document = element
    item_id = document.get("id")
    is_partial = flag(call.inbound.query, "partial")
    try:
        refuse_if([None if isinstance(item_id, str) and item_id else _required("id")])
        answer = _changed(desk, call, stored, (str(item_id), item_of(document, call.shop), is_partial))
    except Malformed as malformed:
        answer = CART.refuse(400, malformed.problems)
    line: Document = {"index": index, "id": item_id if isinstance(item_id, str) else None}
    line |= {"code": answer.status, "status": HTTPStatus(answer.status).phrase}
    if answer.status >= 400:
        said = _BODY.decode(answer.body)
        line |= {name: said[name] for name in ("message", "details") if name in said}
    return line
