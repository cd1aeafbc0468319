"""What a merchant changes of a quote: one function for each kind of edit (docs/wire/emporix.md, 12).

Every edit is told to the quote's history, in the words of whoever made it.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.quotes.commands import (
    ITEMS_MAX,
    REMOVE,
    Attach,
    DropItems,
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
    Unreadable,
    UnreadableItem,
    put_attached,
)
from tillroll.domain.quotes.history import QuoteChange, StoredQuote
from tillroll.domain.quotes.quote import Quote, QuoteLine, total_from_net
from tillroll.domain.rejections import Rejection
from tillroll.domain.times import ends_at
from tillroll.domain.values import amount_rejection
from tillroll.engine.documents.snapshot import View
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.parties import (
    BILLING_ID,
    SHIPPING_ID,
    customer_of,
    find_customer,
    named_address,
    place_of,
)
from tillroll.engine.quotes.terms import (
    Offerer,
    QuoteTerms,
    line_of,
    retaxed,
    rules_of,
    shipping_of,
    site_of,
    terms_of,
)
from tillroll.engine.rejected import Rejected, invalid, refuse_if


class HistoryWords(Struct, frozen=True):
    """How the history tells what was and what is: a moment, each of a quote's items, how a quote is shipped."""

    moment: Callable[[int], Any]
    items: Callable[[Quote], list[Any]]
    shipping: Callable[[Quote], Any]


class Editing(Struct, frozen=True):
    """One edit of one quote."""

    view: View
    offerer: Offerer
    stored: StoredQuote
    said: QuoteEdit
    words: HistoryWords

    @property
    def quote(self) -> Quote:
        """What is edited."""
        return self.stored.quote

    @property
    def terms(self) -> QuoteTerms:
        """What items are offered under; raises Rejected where the site is gone."""
        return terms_of(self.view, self.quote, may_price=self.offerer.may_price)

    def refuse(self, message: str) -> Rejected:
        """What is wrong with the edit."""
        return invalid(self.said.pointer, message)

    def note(self, new: Any, before: Any) -> None:
        """Tell the quote's history what has changed."""
        author = quotes.author_of(self.offerer.caller)
        self.stored.note(QuoteChange(self.said.op, self.said.pointer, new, before, author, self.offerer.now))


def apply(editing: Editing) -> None:
    """Edit a quote; raises Rejected for what can not be."""
    edit = editing.said.edit
    if isinstance(edit, Unreadable):
        raise Rejected(*edit.rejections)
    _EDITS[type(edit)](editing, edit)


# ------------------------------------------------------------------------------------------------------ single values


def _offer_until(editing: Editing, edit: OfferUntil) -> None:
    quote, moment = editing.quote, editing.words.moment
    clock = editing.view.clock(quote.site)
    new, before = ends_at(edit.valid_to, clock) if edit.valid_to is not None else None, quote.valid_to
    quote.valid_to = new
    editing.note(moment(new) if new is not None else None, moment(before) if before is not None else None)


def _say(editing: Editing, edit: Say) -> None:
    before = getattr(editing.quote, edit.field)
    setattr(editing.quote, edit.field, edit.text)
    editing.note(edit.text, before)


def _offer_to(editing: Editing, edit: OfferTo) -> None:
    """Offer the quote to another customer, with the addresses of that one."""
    before, view = editing.stored.customer_id, editing.view
    customer = find_customer(view.tx, view.head.shop, edit.customer_id)
    quote = editing.quote
    quote.customer, editing.stored.customer_id = customer_of(customer), customer.id
    billing = place_of(customer.document, [], BILLING_ID, None)
    shipping = place_of(customer.document, [], SHIPPING_ID, None)
    quote.billing_address, quote.billing_address_id = billing.address, billing.id
    quote.shipping_address, quote.shipping_address_id = shipping.address, shipping.id
    retaxed(view, quote)
    editing.note(customer.id, before)


def _send_to(editing: Editing, edit: SendTo) -> None:
    view, quote = editing.view, editing.quote
    customer = find_customer(view.tx, view.head.shop, editing.stored.customer_id)
    before = getattr(quote, edit.field)
    address = named_address(customer.document, edit.field, edit.address_id)
    setattr(quote, edit.field.removesuffix("_id"), address)
    setattr(quote, edit.field, edit.address_id)
    retaxed(view, quote)
    editing.note(edit.address_id, before)


def _ship_by(editing: Editing, edit: ShipBy) -> None:
    quote, told = editing.quote, editing.words.shipping
    before = told(quote)
    if edit.shipping is None:
        quote.shipping = None
    else:
        refuse_if([amount_rejection("shipping.value", edit.shipping.value)])
        quote.shipping = shipping_of(editing.terms, edit.shipping)
    editing.note(told(quote), before)


# ------------------------------------------------------------------------------------------------------------- items


def _put_items(editing: Editing, edit: PutItems) -> None:
    """Add one item or several, or put them in the place of all."""
    quote, told = editing.quote, editing.words.items
    before = told(quote) if edit.others else None
    if edit.others:
        quote.lines = []
    if len(quote.lines) + len(edit.items) > ITEMS_MAX:
        raise editing.refuse(f"a quote has at most {ITEMS_MAX} items")
    items = [_readable(item, f"items[{place}]") for place, item in enumerate(edit.items)]
    if not quote.lines:  # the first items say on which side of the tax it is calculated, where the site does not
        quote.rules = rules_of(editing.view, site_of(editing.view, quote.site), quote.rules.currency, items)
    terms = editing.terms
    added = {_add(editing, terms, item, f"items[{place}]").id for place, item in enumerate(items)}
    new = [shown for line, shown in zip(quote.lines, told(quote), strict=True) if line.id in added]
    editing.note(new if edit.several else new[0], before)


def _readable(item: OfferedItem | UnreadableItem, field: str) -> OfferedItem:
    """An item as it was sent; raises Rejected."""
    if isinstance(item, UnreadableItem):
        raise Rejected(*(_below(field, rejection) for rejection in item.rejections))
    refuse_if(item.rejections(field))
    return item


def _below(field: str, rejection: Rejection) -> Rejection:
    """What is wrong with a part, as what is wrong with the whole that has the part at this field."""
    inner = rejection.subject
    return replace(rejection, subject=field + (inner if inner.startswith("[") else f".{inner}" if inner else ""))


def _add(editing: Editing, terms: QuoteTerms, item: OfferedItem, field: str) -> QuoteLine:
    """Put a new item at the end of the quote."""
    line = line_of(terms, editing.quote, item, field)
    if editing.quote.line(line.id) is not None:
        raise editing.refuse(f"the quote has an item {line.id[:80]} already: replace that one, or leave itemId out")
    editing.quote.lines.append(line)
    return line


def _drop_items(editing: Editing, edit: DropItems) -> None:
    quote, gone = editing.quote, edit.item_ids
    if not gone or not gone <= {line.id for line in quote.lines}:
        raise editing.refuse("the value must be a list of items of the quote, each as {itemId}")
    before = zip(quote.lines, editing.words.items(quote), strict=True)
    told = [shown for line, shown in before if line.id in gone]
    quote.lines = [line for line in quote.lines if line.id not in gone]
    editing.note(None, told)


def _edit_item(editing: Editing, edit: EditItem) -> None:
    """One item, its price, or what is attached to it."""
    quote, change = editing.quote, edit.change
    place = next((place for place, line in enumerate(quote.lines) if line.id == edit.item_id), None)
    if place is None:
        raise editing.refuse(f"the quote has no item '{edit.item_id[:80]}'")
    if isinstance(change, Unreadable):
        raise Rejected(*change.rejections)
    if isinstance(change, Attach):
        _attach_to_line(editing, quote.lines[place], change)
        return
    before = editing.words.items(quote)[place]
    if change is None:
        del quote.lines[place]
        editing.note(None, before)
        return
    if isinstance(change, Reprice):
        quote.lines[place] = _repriced(quote, quote.lines[place], change)
    else:
        _replace_line(editing, place, change)
    editing.note(editing.words.items(quote)[place], before)


def _replace_line(editing: Editing, place: int, item: OfferedItem | UnreadableItem) -> None:
    quote = editing.quote
    known = quote.lines.pop(place)
    field = f"items[{place}]"
    line = _add(editing, editing.terms, _readable(item, field), field)
    quote.lines.remove(line)
    quote.lines.insert(place, replace(line, id=known.id))


def _repriced(quote: Quote, line: QuoteLine, change: Reprice) -> QuoteLine:
    """The item at another total, as the quote's site counts it."""
    field = f"items[{line.id}].price.total_net_value"
    refuse_if([amount_rejection(field, change.total_net_value)])
    total = total_from_net(quote.rules, change.total_net_value, line.tax_rate)
    refuse_if([amount_rejection(field, total)])
    return replace(line, total=total)


# ---------------------------------------------------------------------------------------------------------- attached


def _attach_to_quote(editing: Editing, edit: Attach) -> None:
    """The quote's own custom fields, and the schemas that its metadata names for them."""
    _attach(editing, editing.quote, edit)


def _attach_to_line(editing: Editing, line: QuoteLine, edit: Attach) -> None:
    """What is attached to an item, or to its product."""
    _attach(editing, line, edit)


def _attach(editing: Editing, owner: Quote | QuoteLine, edit: Attach) -> None:
    field = edit.path[0]
    holders = {field: getattr(owner, field)}
    before = put_attached(holders, edit, editing.said.pointer)
    if isinstance(before, Rejection):
        raise Rejected(before)
    setattr(owner, field, holders[field])
    editing.note(edit.value if edit.op != REMOVE else None, before)


_EDITS: dict[type, Callable[[Editing, Any], None]] = {
    OfferUntil: _offer_until,
    Say: _say,
    OfferTo: _offer_to,
    SendTo: _send_to,
    ShipBy: _ship_by,
    PutItems: _put_items,
    DropItems: _drop_items,
    EditItem: _edit_item,
    Attach: _attach_to_quote,
}
