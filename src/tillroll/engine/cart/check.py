"""Whether every line of a cart could be bought at its price, before anybody checks out (docs/wire/emporix.md, 5.4)."""

from collections.abc import Iterator

from tillroll.domain.cart.cart import CartLine, duplicate_prices
from tillroll.domain.pricing.external import discount_refusals
from tillroll.domain.rejections import Reason, Rejection
from tillroll.engine.cart import pricing
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.pricing import Calculation, ShownLine
from tillroll.engine.documents.snapshot import View


def unsellable_lines(view: View, stored: StoredCart, now: int) -> dict[str, list[Rejection]]:
    """What speaks against the price of each line, by the line's id; those that nothing speaks against are absent."""
    calculation = pricing.calculate(view, stored, {}, now)
    found = {shown.line.id: list(_rejections(view, stored, calculation, shown)) for shown in calculation.lines}
    return {id: rejections for id, rejections in found.items() if rejections}


def _rejections(view: View, stored: StoredCart, calculation: Calculation, shown: ShownLine) -> Iterator[Rejection]:
    line = shown.line
    yield from _of_discounts(calculation, line)
    price_id = line.price.price_id if line.price is not None else ""
    if pricing.is_price_stale(view, calculation.terms, shown):
        message = f"Item's price '{price_id}' was not found in the price match"
        yield Rejection(Reason.PRICE_NOT_FOUND, line.id, message)
    duplicates = duplicate_prices(stored.cart, line)
    if duplicates:
        message = f"Duplicated prices [{','.join(duplicates)}] found for the same product in the cart"
        yield Rejection(Reason.PRICES_DUPLICATED, line.id, message)


def _of_discounts(calculation: Calculation, line: CartLine) -> Iterator[Rejection]:
    """What is wrong with the external discounts of a line."""
    if line.external is None:
        return
    priced = next(one for one in calculation.priced.lines if one.id == line.id)
    price = priced.price.gross if calculation.rules.includes_tax else priced.price.net
    yield from discount_refusals(line.id, line.external, price)
