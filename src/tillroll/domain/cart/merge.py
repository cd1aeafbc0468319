"""Two carts become one: what a guest has collected comes into the customer's cart (docs/wire/emporix.md, 5.1).

The customer's cart wins wherever both say something; only lines and coupons add up.
"""

from msgspec.structs import replace

from tillroll.domain.cart.cart import Cart, CartLine, add_coupon, add_line


def merge(into: Cart, source: Cart, *, coupons_max: int) -> str | None:
    """Take the lines and coupons of another cart into this one, or say why not; then nothing has changed.

    What both ask for in the same words is one line whose quantities add up, at the price of the line that was there;
    lines that differ in what is attached to them or in what an outside system says, and separate ones, stay apart.
    Coupons come along as long as there is room. What only the other cart says about the delivery is kept.
    """
    trial = replace(into, lines=[replace(line) for line in into.lines])
    for line in source.lines:
        refused = add_line(trial, _arriving(trial, line), any_price=True)
        if isinstance(refused, str):
            return refused
    for code in source.coupons:
        add_coupon(trial, code, coupons_max=coupons_max)
    into.lines, into.lines_made, into.coupons = trial.lines, trial.lines_made, trial.coupons
    _complete(into, source)
    return None


def _arriving(into: Cart, line: CartLine) -> CartLine:
    """The line as it comes in: at the price of the catalogue that its product has in this cart already."""
    if line.separate or line.is_priced_externally:
        return replace(line)
    priced_here = (one for one in into.lines if not one.separate and not one.is_priced_externally)
    known = next((one for one in priced_here if one.product_id == line.product_id), None)
    return replace(line, price=line.price if known is None else known.price)


def _complete(into: Cart, source: Cart) -> None:
    if not (into.country_code or into.zip_code):
        into.country_code, into.zip_code = source.country_code, source.zip_code
    if into.delivery_window is None and into.delivery_window_id is None:
        into.delivery_window, into.delivery_window_id = source.delivery_window, source.delivery_window_id
    known = {address["type"] for address in into.addresses}
    arriving = [address for address in source.addresses if address["type"] not in known]
    into.addresses = sorted([*into.addresses, *arriving], key=lambda address: str(address["type"]))
    into.attached = {**source.attached, **into.attached}
    into.metadata = {**source.metadata, **into.metadata}
    into.channel = into.channel or source.channel
