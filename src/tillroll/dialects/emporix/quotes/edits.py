"""PATCH of a quote: operations on paths, read as edits of the quote (docs/wire/emporix.md, 12).

An operation that nobody can read is an edit, too: it is refused when its turn comes, after those before it.
"""

from collections.abc import Callable
from typing import Any

from tillroll.dialects.emporix.quotes.requests import (
    Item,
    ItemTotal,
    Operation,
    Shipping,
    StatusValue,
    moment,
    offered_item,
    offered_shipping,
    text_problem,
    value_as,
)
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.rejections import rejections_of
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.quotes.commands import (
    ITEMS_MAX,
    REMOVE,
    REPLACE,
    Attach,
    DropItems,
    Edit,
    EditItem,
    OfferedItem,
    OfferTo,
    OfferUntil,
    PutItems,
    QuoteEdit,
    Reprice,
    Say,
    SendTo,
    ShipBy,
    Step,
    Unreadable,
    UnreadableItem,
)

# Deeper than any mixin that somebody reaches into.
SEGMENTS_MAX = 20

# What a merchant may still add to an accepted quote that lacks it.
_COMPLETES = {"shipping": "shipping", "billingAddressId": "billingAddress", "shippingAddressId": "shippingAddress"}

# The fields of quotes and lines behind the wire's names of what is attached to them.
_HOLDERS = {"mixins": "custom_fields", "metadata": "metadata", "product": "product"}


def quote_edit(operation: Operation, tenant: str) -> QuoteEdit:
    """An operation as an edit."""
    root = operation.path[0]
    try:
        edit = _edit(operation, tenant)
    except Malformed as malformed:
        edit = Unreadable(rejections_of(malformed))
    return QuoteEdit(operation.op, operation.pointer, edit, root == "status", _COMPLETES.get(root, ""))


def _edit(operation: Operation, tenant: str) -> Edit:
    path = operation.path
    if path == ("status",):
        return _step(operation)
    read = _WHOLE.get(path[0]) if len(path) == 1 else None
    read = read or _BELOW.get(path[0])
    if read is None or len(path) > SEGMENTS_MAX or (len(path) > 1 and not path[1]):
        raise _refused(operation, f"{operation.pointer[:80]} is not a part of a quote that can be changed")
    return read(operation, tenant)


def _refused(operation: Operation, message: str) -> Malformed:
    """What is wrong with the operation."""
    return Malformed([Problem(operation.pointer, "invalid_value", message)])


def _step(operation: Operation) -> Step:
    """The status that is asked for: as an object, or as nothing but its name."""
    if operation.op == REMOVE:
        raise Malformed([Problem("status", "invalid_value", "the status can be replaced, not removed")])
    value = {"value": operation.value} if isinstance(operation.value, str) else operation.value
    status: StatusValue = value_as(StatusValue, value, "status")
    refuse_if([text_problem("status.comment", status.comment or "")])
    return Step(status.value, status.comment, status.quote_reason_id)


# ------------------------------------------------------------------------------------------------------ single values


def _text(operation: Operation) -> str | None:
    """The operation's value as a text; None where it removes one."""
    if operation.op == REMOVE:
        return None
    if not isinstance(operation.value, str):
        raise _refused(operation, "the value must be a text")
    refuse_if([text_problem(operation.pointer, operation.value)])
    return operation.value


def _id(operation: Operation) -> str:
    """The operation's value as an id, which can be replaced and not removed."""
    text = _text(operation)
    if not text:
        raise _refused(operation, "the value must be an id")
    return text


def _until(operation: Operation, _tenant: str) -> Edit:
    return OfferUntil(None if operation.op == REMOVE else moment("validTo", operation.value))


def _comment(operation: Operation, _tenant: str) -> Edit:
    return Say("employee_comment", _text(operation))


def _company_name(operation: Operation, _tenant: str) -> Edit:
    return Say("company_name", _text(operation))


def _customer(operation: Operation, _tenant: str) -> Edit:
    return OfferTo(_id(operation))


def _billing(operation: Operation, _tenant: str) -> Edit:
    return SendTo("billing_address_id", _id(operation))


def _shipping_address(operation: Operation, _tenant: str) -> Edit:
    return SendTo("shipping_address_id", _id(operation))


def _shipping(operation: Operation, _tenant: str) -> Edit:
    if operation.op == REMOVE:
        return ShipBy(None)
    return ShipBy(offered_shipping(value_as(Shipping, operation.value, "shipping")))


# ------------------------------------------------------------------------------------------------------------- items


def _items(operation: Operation, tenant: str) -> Edit:
    """More items, others in the place of all, or some that go."""
    values = operation.value if isinstance(operation.value, list) else [operation.value]
    if operation.op == REMOVE:
        ids = [value.get("itemId") for value in values[: ITEMS_MAX + 1] if isinstance(value, dict)]
        named = frozenset(id for id in ids if isinstance(id, str))
        is_readable = len(values) <= ITEMS_MAX and all(isinstance(id, str) for id in ids)
        return DropItems(named if is_readable else frozenset())
    # One more than a quote may have is refused for the number of them, unread.
    items = tuple(_item(value, tenant) for value in values[: ITEMS_MAX + 1])
    return PutItems(items, others=operation.op == REPLACE, several=isinstance(operation.value, list))


def _item(value: Any, tenant: str) -> OfferedItem | UnreadableItem:
    try:
        return offered_item(value_as(Item, value, ""), tenant)
    except Malformed as malformed:
        return UnreadableItem(rejections_of(malformed))


def _refuse_unit_price(value: Any, field: str) -> None:
    """Say what is meant by a price where the price of one is sent alone; raises Malformed."""
    if isinstance(value, dict) and "unitPrice" in value and "totalNetValue" not in value:
        message = "unitPrice stays what one cost before: send totalNetValue, what all pieces cost without tax"
        raise Malformed([Problem(f"{field}.unitPrice", "invalid_value", message)])


def _below_items(operation: Operation, tenant: str) -> Edit:
    """One item, its price, or what is attached to it."""
    id, rest = operation.path[1], operation.path[2:]
    if not rest and operation.op == REMOVE:
        return EditItem(id, None)
    if not rest and operation.op == REPLACE:
        return EditItem(id, _item(operation.value, tenant))
    try:
        if rest == ("price",) and operation.op == REPLACE:
            _refuse_unit_price(operation.value, f"items[{id}].price")
            total: ItemTotal = value_as(ItemTotal, operation.value, f"items[{id}].price")
            return EditItem(id, Reprice(total.total_net_value))
        if rest and rest[0] in _HOLDERS:
            return EditItem(id, _attached_to_item(operation, rest))
        raise _refused(operation, f"{operation.op} is not possible here")
    except Malformed as malformed:
        return EditItem(id, Unreadable(rejections_of(malformed)))


# ---------------------------------------------------------------------------------------------------------- attached


def _attached(operation: Operation, _tenant: str) -> Edit:
    """The quote's own mixins, and the schemas that its metadata names for them."""
    if operation.path[0] == "metadata" and operation.path[1:2] != ("mixins",):
        raise _refused(operation, "of metadata only what is below /metadata/mixins can be changed")
    return _attach(operation, operation.path)


def _attached_to_item(operation: Operation, path: tuple[str, ...]) -> Attach:
    """What is attached to an item, or to its product."""
    below = path[1:] if path[0] == "product" else path
    if below[:1] not in (("mixins",), ("metadata",)) or (below[:1] == ("metadata",) and below[1:2] != ("mixins",)):
        raise _refused(operation, "only mixins, and metadata/mixins, can be changed here")
    return _attach(operation, path)


def _attach(operation: Operation, path: tuple[str, ...]) -> Attach:
    is_whole = len(path) == 1 or path[-1] == "mixins"
    return Attach(operation.op, (_HOLDERS[path[0]], *path[1:]), operation.value, is_whole)


Read = Callable[[Operation, str], Edit]
_WHOLE: dict[str, Read] = {
    "validTo": _until,
    "comment": _comment,
    "companyName": _company_name,
    "customerId": _customer,
    "billingAddressId": _billing,
    "shippingAddressId": _shipping_address,
    "shipping": _shipping,
    "items": _items,
    "mixins": _attached,
}
_BELOW: dict[str, Read] = {"items": _below_items, "mixins": _attached, "metadata": _attached}
