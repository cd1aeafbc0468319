"""Carts as their events tell of them: what each change added or took away, and what is in a cart now.

    added · set · taken · emptied ─► register of lines ─► what that moved, in pieces and money
    bought · expired              ─► the cart is over; the next addition begins another one

A line is a register: who tells how many there are afterwards does no harm by repeating it or coming late. Quantities
are thousandths, times microseconds UTC.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.money import from_thousandths, minor_exponent, to_minor

# A cart of more lines is nobody's; what is put into it beyond these is counted nowhere.
LINES_MAX = 500
# What one change comes to at most: beyond it the price is an error, and the change counts for pieces alone.
MINOR_MAX = 10**13
QUANTITY_MAX = 10**15


class How(StrEnum):
    """What a number of pieces means."""

    SET = "set"
    ADD = "add"
    TAKE = "take"


class CartStep(Struct, frozen=True, kw_only=True):
    """One line of a change; `price` is that of one piece, None where nobody said it: then the line's last one holds."""

    line: str
    product_id: str
    quantity: int
    how: How
    price: Decimal | None = None


class CartChanged(Struct, frozen=True, kw_only=True):
    """A cart has changed. `empties`: whatever no step names is taken out. One that `waits` was refused for want of an
    interaction, and counts when that is told of later."""

    node: str
    currency: str
    steps: tuple[CartStep, ...] = ()
    empties: bool = False
    waits: bool = False


class CartClosed(Struct, frozen=True, kw_only=True):
    """A cart was bought, or was left alone for too long."""

    node: str
    is_bought: bool


class CartCredited(Struct, frozen=True, kw_only=True):
    """A change that was refused counts after all; `call` is the request that told of it."""

    node: str
    call: str


CartTold = CartChanged | CartClosed | CartCredited


class ToldLine(Struct, frozen=True, array_like=True):
    """One line as it is: how many pieces since when, and what one of them costs."""

    product_id: str
    quantity: int
    changed_at: int
    price: str | None
    currency: str

    @property
    def worth_minor(self) -> int:
        """What the line comes to."""
        return worth_of(self.price, self.quantity, self.currency)


class ToldCart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cart as it is: when the first line was added, if any was, and until when it was the cart before."""

    lines: dict[str, ToldLine] = {}
    opened_at: int | None = None
    changed_at: int = 0
    emptied_at: int = 0
    currency: str = ""

    @property
    def worth_minor(self) -> int:
        """What is in it, of its own currency."""
        return sum(line.worth_minor for line in self.lines.values() if line.currency == self.currency)


class Moved(Struct, frozen=True, kw_only=True):
    """What one step has added (above zero) or taken away (below), in thousandths and in minor units."""

    product_id: str
    currency: str
    quantity: int
    minor: int


# The same pieces at the same price come up again and again, in every cart that they are in.
@lru_cache(maxsize=4096)
def worth_of(price: str | None, quantity: int, currency: str) -> int:
    """So many thousandths at this price, in minor units; nothing where no price is known or it can not be one."""
    if price is None or minor_exponent(currency) is None:
        return 0
    amount = Decimal(price) * from_thousandths(quantity)
    minor = to_minor(amount, currency) if amount <= MINOR_MAX else MINOR_MAX + 1
    return minor if minor <= MINOR_MAX else 0


def changed(cart: ToldCart, told: CartChanged, at: int) -> tuple[ToldCart, list[Moved]]:
    """The cart after a change, and what that has moved."""
    lines = dict(cart.lines)
    moved = []
    for step in _steps(lines, told):
        before = lines.get(step.line)
        after = _after(cart, before, step, (told.currency, at))
        if after is None or (before is None and (not after.quantity or len(lines) >= LINES_MAX)):
            continue
        lines[step.line] = after
        more = after.quantity - (before.quantity if before is not None else 0)
        if more:
            minor = worth_of(after.price, abs(more), after.currency)
            moved.append(
                Moved(
                    product_id=after.product_id,
                    currency=after.currency,
                    quantity=more,
                    minor=minor if more > 0 else -minor,
                )
            )
    if not moved:
        return replace(cart, lines=lines), []
    opened = cart.opened_at if cart.opened_at is not None else at
    latest = max(at, cart.changed_at)
    after_all = ToldCart(
        lines=lines, opened_at=opened, changed_at=latest, emptied_at=cart.emptied_at, currency=told.currency
    )
    return after_all, moved


def closed(at: int) -> ToldCart:
    """The cart that comes after one that is over: empty, and closed to what is told late of the one before."""
    return ToldCart(emptied_at=at)


def _steps(lines: Mapping[str, ToldLine], told: CartChanged) -> Iterator[CartStep]:
    """The steps of a change; those that it leaves unsaid come first."""
    if told.empties:
        named = {step.line for step in told.steps}
        for key, line in lines.items():
            if key not in named:
                yield CartStep(line=key, product_id=line.product_id, quantity=line.quantity, how=How.TAKE)
    yield from told.steps


def _after(cart: ToldCart, before: ToldLine | None, step: CartStep, said: tuple[str, int]) -> ToldLine | None:
    """The line after a step; None where a later word holds already."""
    currency, at = said
    quantity = before.quantity if before is not None else 0
    if step.how is How.SET:
        if at < cart.emptied_at or (before is not None and at < before.changed_at):
            return None
        quantity = step.quantity
    elif step.how is How.ADD:
        quantity = min(quantity + step.quantity, QUANTITY_MAX)
    else:
        quantity = max(0, quantity - step.quantity)
    price = str(step.price) if step.price is not None else before.price if before is not None else None
    return ToldLine(step.product_id, quantity, at, price, currency)
