"""The items of a cart: put in, changed, taken out (docs/wire/emporix.md, 5.2).

Whether a product exists and its price holds is not asked here: the checkout does, and whoever wants to know before.
"""

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.cart.cart import CartLine, CartPrice, add_line, remove_line, replace_line
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.cart import pricing
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.documents.desk import Desk
from tillroll.engine.rejected import Rejected, missing, refuse_if


class ItemSettings(Struct, frozen=True):
    """By which keys a shop sets what a price may go without, and that two prices of one product are no error."""

    original_amount: str
    effective_amount: str
    currency: str
    any_price: str


class ItemDesk(Struct, frozen=True):
    """Work on the items of one locked cart; `now` is microseconds UTC."""

    desk: Desk
    shop: str
    stored: StoredCart
    settings: ItemSettings
    now: int

    def is_on(self, key: str) -> bool:
        """Whether the shop has switched something on."""
        return self.desk.view(self.shop).is_on(key, default=False)


def add_item(work: ItemDesk, line: CartLine) -> CartLine | Refused:
    """Put a line with the price that was sent for it into the cart: the line that holds the product now."""
    stored = work.stored
    try:
        line.price = _complete(work, line.price, is_external=line.is_priced_externally)
    except Rejected as rejected:
        return rejected.refused
    held = add_line(stored.cart, line)
    if isinstance(held, str) and work.is_on(work.settings.any_price):
        held = add_line(stored.cart, line, any_price=True)
    if isinstance(held, str):
        return _line_refused(line.product_id, held)
    stored.note("item_added", work.now, held)
    return held


class ChangedLine(Struct, frozen=True):
    """What a line becomes, still at the price that it had, and the price that was sent for it.

    `is_partial` says that what was not sent of the price stays as it is.
    """

    line: CartLine
    price: CartPrice | None
    is_partial: bool


def change_item(work: ItemDesk, change: ChangedLine) -> Refused | None:
    """Put a changed line in the place of the one with its id; or say why not."""
    stored, line = work.stored, change.line
    known = stored.cart.line(line.id)
    assert known is not None
    try:
        if change.price is not None:
            merged = _merged(known.price if change.is_partial else None, change.price)
            line.price = _complete(work, merged, is_external=line.is_priced_externally)
        elif known.is_priced_externally and not line.is_priced_externally:
            line.price = _price_here(work, line)
    except Rejected as rejected:
        return rejected.refused
    refused = replace_line(stored.cart, line)
    if refused is not None:
        return _line_refused(line.id, refused)
    stored.note("item_changed", work.now, line)
    return None


def remove_item(stored: StoredCart, id: str, now: int) -> bool:
    """Take a line out of a locked cart; False where there is none with this id."""
    line = stored.cart.line(id)
    if line is None or not remove_line(stored.cart, id):
        return False
    stored.note("item_removed", now, replace(line, quantity=Decimal(0)))
    return True


def clear(stored: StoredCart, now: int) -> None:
    """Take all lines out of a locked cart."""
    for line in stored.cart.lines:
        stored.note("item_removed", now, replace(line, quantity=Decimal(0)))
    stored.cart.lines = []


def _line_refused(subject: str, sentence: str) -> Refused:
    return Refused((Rejection(Reason.LINE_REFUSED, subject, sentence),))


def _price_here(work: ItemDesk, line: CartLine) -> CartPrice:
    """The catalogue's price for a line that an outside system has priced until now; raises Rejected without one."""
    alone = replace(work.stored.cart, lines=[line])
    (match,) = pricing.matches(work.desk.view(work.shop), alone, work.now)
    if match is None:
        raise missing("price", f"price is required: item {line.id} has none here")
    return pricing.matched_price(match)


def _merged(known: CartPrice | None, sent: CartPrice) -> CartPrice:
    """A price with the parts that were sent; another price takes over nothing from the one before."""
    if known is None or (sent.price_id and sent.price_id != known.price_id):
        return sent
    return CartPrice(
        known.price_id,
        known.original_amount if sent.original_amount is None else sent.original_amount,
        known.effective_amount if sent.effective_amount is None else sent.effective_amount,
        sent.currency or known.currency,
        sent.measurement_unit or known.measurement_unit,
        sent.price_list_id or known.price_list_id,
    )


def _complete(work: ItemDesk, price: CartPrice | None, *, is_external: bool) -> CartPrice | None:
    """A price with all its parts but those that the shop lets clients leave out; raises Rejected.

    An outside system's price needs an amount, but no id of ours.
    """
    if price is None:
        return None
    if is_external:
        refuse_if([None if price.effective_amount is not None else _required("price.effective_amount")])
    else:
        keys = {
            "original_amount": work.settings.original_amount,
            "effective_amount": work.settings.effective_amount,
            "currency": work.settings.currency,
        }
        left_out = [name for name in keys if getattr(price, name) is None]
        refuse_if(
            [
                None if price.price_id else _required("price.price_id"),
                *(_required(f"price.{name}") for name in left_out if not work.is_on(keys[name])),
            ]
        )
    return price if price.currency else replace(price, currency=work.stored.cart.currency)


def _required(field: str) -> Rejection:
    return Rejection(Reason.VALUE_MISSING, field, f"{field} is required: send a value")
