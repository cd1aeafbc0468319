"""What a merchant changes of a quote: one function for each path that a PATCH may name (docs/wire/emporix.md, 12)."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tillroll.dialects.emporix.quotes.parties import customer_of, find_customer, named_address, place_of
from tillroll.dialects.emporix.quotes.requests import (
    ITEMS_MAX,
    Item,
    ItemTotal,
    Operation,
    Shipping,
    item_problems,
    moment,
    shipping_problems,
    text_problem,
    value_as,
)
from tillroll.dialects.emporix.quotes.terms import (
    QuoteTerms,
    line_of,
    retaxed,
    rules_of,
    shipping_of,
    site_of,
    terms_of,
)
from tillroll.dialects.emporix.quotes.view import items_of, shipping_document
from tillroll.dialects.emporix.wire.context import EXTERNAL_PRICES, Desk
from tillroll.dialects.emporix.wire.fields import amount_problem
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.quotes.quote import Quote, QuoteLine, total_from_net
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.quotes import QuoteChange, StoredQuote

# Deeper than any mixin that somebody reaches into.
SEGMENTS_MAX = 20


class Changing:
    """One operation on one quote."""

    def __init__(self, desk: Desk, call: Call, stored: StoredQuote, operation: Operation) -> None:
        self.desk = desk
        self.call = call
        self.stored = stored
        self.quote: Quote = stored.quote
        self.op = operation.op
        self.path = operation.path
        self.value = operation.value
        self.pointer = operation.pointer

    def refuse(self, message: str) -> Malformed:
        """What is wrong with the operation."""
        return Malformed([Problem(self.pointer, "invalid_value", message)])

    def text(self) -> str | None:
        """The operation's value as a text; None where it removes one."""
        if self.op == "REMOVE":
            return None
        if not isinstance(self.value, str):
            raise self.refuse("the value must be a text")
        refuse_if([text_problem(self.pointer, self.value)])
        return self.value

    def id(self) -> str:
        """The operation's value as an id, which can be replaced and not removed."""
        text = self.text()
        if not text:
            raise self.refuse("the value must be an id")
        return text

    def terms(self) -> QuoteTerms:
        """What items are offered under."""
        may_price = EXTERNAL_PRICES in self.call.caller.scopes
        return terms_of(self.desk.view(self.call.shop), self.quote, may_price=may_price)

    def note(self, new: Any, before: Any) -> None:
        """Tell the quote's history what has changed."""
        author = quotes.author_of(self.call.caller)
        self.stored.note(QuoteChange(self.op, self.pointer, new, before, author, self.call.now))


def apply(desk: Desk, call: Call, stored: StoredQuote, operation: Operation) -> None:
    """Change a quote; raises Malformed for what can not be, and `PricesForbidden`."""
    change = Changing(desk, call, stored, operation)
    handle = _WHOLE.get(operation.path[0]) if len(operation.path) == 1 else None
    handle = handle or _BELOW.get(operation.path[0])
    if handle is None or len(operation.path) > SEGMENTS_MAX or (len(operation.path) > 1 and not operation.path[1]):
        raise change.refuse(f"{operation.pointer[:80]} is not a part of a quote that can be changed")
    handle(change)


# ------------------------------------------------------------------------------------------------------ single values


def _valid_to(change: Changing) -> None:
    before = change.quote.valid_to
    change.quote.valid_to = None if change.op == "REMOVE" else moment("validTo", change.value)
    after = change.quote.valid_to
    change.note(iso(after) if after is not None else None, iso(before) if before is not None else None)


def _comment(change: Changing) -> None:
    before, change.quote.employee_comment = change.quote.employee_comment, change.text()
    change.note(change.quote.employee_comment, before)


def _company_name(change: Changing) -> None:
    before, change.quote.company_name = change.quote.company_name, change.text()
    change.note(change.quote.company_name, before)


def _customer_id(change: Changing) -> None:
    """Offer the quote to another customer, with the addresses of that one."""
    before = change.stored.customer_id
    customer = find_customer(change.desk.tx, change.call.shop, change.id(), None)
    quote = change.quote
    quote.customer, change.stored.customer_id = customer_of(customer), customer.id
    billing = place_of(customer.document, [], "billingAddressId", None)
    shipping = place_of(customer.document, [], "shippingAddressId", None)
    quote.billing_address, quote.billing_address_id = billing.address, billing.id
    quote.shipping_address, quote.shipping_address_id = shipping.address, shipping.id
    retaxed(change.desk.view(change.call.shop), quote)
    change.note(customer.id, before)


def _billing_address(change: Changing) -> None:
    customer = find_customer(change.desk.tx, change.call.shop, change.stored.customer_id, None)
    quote, before = change.quote, change.quote.billing_address_id
    quote.billing_address = named_address(customer.document, "billingAddressId", change.id())
    quote.billing_address_id = change.id()
    retaxed(change.desk.view(change.call.shop), quote)
    change.note(quote.billing_address_id, before)


def _shipping_address(change: Changing) -> None:
    customer = find_customer(change.desk.tx, change.call.shop, change.stored.customer_id, None)
    quote, before = change.quote, change.quote.shipping_address_id
    quote.shipping_address = named_address(customer.document, "shippingAddressId", change.id())
    quote.shipping_address_id = change.id()
    retaxed(change.desk.view(change.call.shop), quote)
    change.note(quote.shipping_address_id, before)


def _shipping(change: Changing) -> None:
    before = shipping_document(change.quote)
    if change.op == "REMOVE":
        change.quote.shipping = None
    else:
        asked: Shipping = value_as(Shipping, change.value, "shipping")
        refuse_if(shipping_problems("shipping", asked))
        change.quote.shipping = shipping_of(change.terms(), asked)
    change.note(shipping_document(change.quote), before)


# ------------------------------------------------------------------------------------------------------------- items


def _items(change: Changing) -> None:
    """Add one item or several, put others in the place of all, or take some out."""
    quote, before = change.quote, items_of(change.quote)
    if change.op == "REMOVE":
        gone = _named_items(change)
        quote.lines = [line for line in quote.lines if line.id not in gone]
        change.note(None, [one for one in before if one["id"] in gone])
        return
    values = change.value if isinstance(change.value, list) else [change.value]
    if change.op == "REPLACE":
        quote.lines = []
    if len(quote.lines) + len(values) > ITEMS_MAX:
        raise change.refuse(f"a quote has at most {ITEMS_MAX} items")
    items = [_item(value, f"items[{place}]") for place, value in enumerate(values)]
    if not quote.lines:  # the first items say on which side of the tax it is calculated, where the site does not
        view = change.desk.view(change.call.shop)
        quote.rules = rules_of(view, site_of(view, quote.site), quote.rules.currency, items)
    terms = change.terms()
    added = [_line(change, terms, item, f"items[{place}]") for place, item in enumerate(items)]
    new = [one for one in items_of(quote) if one["id"] in {line.id for line in added}]
    change.note(new if isinstance(change.value, list) else new[0], before if change.op == "REPLACE" else None)


def _item(value: Any, field: str) -> Item:
    """A new item as it was sent; raises Malformed."""
    item: Item = value_as(Item, value, field)
    refuse_if(item_problems(item, field.removeprefix("items[").removesuffix("]")))
    return item


def _line(change: Changing, terms: QuoteTerms, item: Item, field: str) -> QuoteLine:
    """Put a new item at the end of the quote."""
    line = line_of(terms, change.quote, item, field)
    if change.quote.line(line.id) is not None:
        raise change.refuse(f"the quote has an item {line.id[:80]} already: replace that one, or leave itemId out")
    change.quote.lines.append(line)
    return line


def _named_items(change: Changing) -> set[str]:
    value = change.value if isinstance(change.value, list) else [change.value]
    ids = {one.get("itemId") for one in value if isinstance(one, dict)}
    known = {line.id for line in change.quote.lines}
    if not ids or not ids <= known or len(value) > ITEMS_MAX:
        raise change.refuse("the value must be a list of items of the quote, each as {itemId}")
    return {id for id in ids if isinstance(id, str)}


def _below_items(change: Changing) -> None:
    """One item, its price, or what is attached to it."""
    quote = change.quote
    place = next((place for place, line in enumerate(quote.lines) if line.id == change.path[1]), None)
    if place is None:
        raise change.refuse(f"the quote has no item '{change.path[1][:80]}'")
    line, rest = quote.lines[place], change.path[2:]
    before = items_of(quote)[place]
    if not rest and change.op == "REMOVE":
        del quote.lines[place]
        change.note(None, before)
        return
    if not rest and change.op == "REPLACE":
        _replace_line(change, place)
    elif rest == ("price",) and change.op == "REPLACE":
        quote.lines[place] = _repriced(change, line)
    elif rest and rest[0] in ("mixins", "metadata", "product"):
        _attach(change, line, rest)
        return
    else:
        raise change.refuse(f"{change.op} is not possible here")
    change.note(items_of(quote)[place], before)


def _replace_line(change: Changing, place: int) -> None:
    quote = change.quote
    known = quote.lines.pop(place)
    field = f"items[{place}]"
    line = _line(change, change.terms(), _item(change.value, field), field)
    quote.lines.remove(line)
    quote.lines.insert(place, replace(line, id=known.id))


def _repriced(change: Changing, line: QuoteLine) -> QuoteLine:
    """The item at another total, as the quote's site counts it."""
    asked: ItemTotal = value_as(ItemTotal, change.value, f"items[{line.id}].price")
    field = f"items[{line.id}].price.totalNetValue"
    refuse_if([amount_problem(field, asked.total_net_value)])
    total = total_from_net(change.quote.rules, asked.total_net_value, line.tax_rate)
    refuse_if([amount_problem(field, total)])
    return replace(line, total=total)


# ---------------------------------------------------------------------------------------------------------- attached


def _attached(change: Changing) -> None:
    """The quote's own mixins, and the schemas that its metadata names for them."""
    if change.path[0] == "metadata" and change.path[1:2] != ("mixins",):
        raise change.refuse("of metadata only what is below /metadata/mixins can be changed")
    root = {"mixins": change.quote.mixins, "metadata": change.quote.metadata}
    before = _put(change, root, change.path)
    change.quote.mixins, change.quote.metadata = root["mixins"], root["metadata"]
    change.note(change.value if change.op != "REMOVE" else None, before)


def _attach(change: Changing, line: QuoteLine, path: tuple[str, ...]) -> None:
    """What is attached to an item, or to its product."""
    is_products = path[0] == "product"
    kind = path[1:2] if is_products else path[:1]
    if kind not in (("mixins",), ("metadata",)) or (
        kind == ("metadata",) and path[is_products + 1 :][:1] != ("mixins",)
    ):
        raise change.refuse("only mixins, and metadata/mixins, can be changed here")
    root: Document = {"mixins": line.mixins, "metadata": line.metadata, "product": line.product}
    before = _put(change, root, path)
    line.mixins, line.metadata, line.product = root["mixins"], root["metadata"], root["product"]
    change.note(change.value if change.op != "REMOVE" else None, before)


def _put(change: Changing, root: Document, path: tuple[str, ...]) -> Any:
    """Change what a path leads to, and return what was there; ADD makes the way, the others need it to be there."""
    holder: Any = root
    for segment in path[:-1]:
        inner = holder.get(segment) if isinstance(holder, dict) else None
        if inner is None and change.op == "ADD" and isinstance(holder, dict):
            inner = holder[segment] = {}
        holder = inner
    if not isinstance(holder, dict) or (change.op != "ADD" and path[-1] not in holder):
        raise change.refuse(f"there is nothing at {change.pointer[:80]}: add it first")
    if change.op == "REMOVE" and len(path) > 1:
        return holder.pop(path[-1])
    is_whole = len(path) == 1 or path[-1] == "mixins"
    if is_whole and change.op != "REMOVE" and not isinstance(change.value, dict):
        raise change.refuse("the value must be an object")
    before = holder.get(path[-1])
    holder[path[-1]] = {} if change.op == "REMOVE" else change.value
    return before


Handler = Callable[[Changing], None]
_WHOLE: dict[str, Handler] = {
    "validTo": _valid_to,
    "comment": _comment,
    "companyName": _company_name,
    "customerId": _customer_id,
    "billingAddressId": _billing_address,
    "shippingAddressId": _shipping_address,
    "shipping": _shipping,
    "items": _items,
    "mixins": _attached,
}
_BELOW: dict[str, Handler] = {"items": _below_items, "mixins": _attached, "metadata": _attached}
