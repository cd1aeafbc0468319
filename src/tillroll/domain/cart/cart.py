"""The cart: lines, coupons and where it is to be shipped, and the rules by which it changes.

    OPEN ──checkout──► CLOSED (with the order's id)
      └────quote─────► CLOSED (with the quote's id)

Every change returns None when it is made, or the sentence that says why it is not. Line ids count up from "0" and are
never given twice (docs/wire/emporix.md, 5).
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from tillroll.domain.countries import country_code
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.documents import UnitQuantity
from tillroll.domain.money import is_sane_quantity, rounded
from tillroll.domain.pricing.external import External, ExternalCartDiscount

# More lines than any till has rung up in one sale; keeps one cart from slowing everybody down.
LINES_MAX = 500

# A cart is rewritten with each of its changes, with all that clients have attached to it.
CART_BYTES_MAX = 1_048_576

OPEN = "OPEN"
CLOSED = "CLOSED"

# What says nothing of what is asked for, where it is attached to a line.
_NOTHING: tuple[object, ...] = (None, "", {}, [])
_VERSION = "version"

# Clients echo prices as binary doubles with 15 to 17 digits: what differs less than this is the same price.
_ECHO_ERROR = Decimal("1E-9")
_ONE = Decimal(1)


class CartPrice(Struct, frozen=True, rename="camel", omit_defaults=True):
    """The price that the client saw: which one, and its amounts per measurement unit on the site's side of the tax."""

    price_id: str
    original_amount: Decimal | None = None
    effective_amount: Decimal | None = None
    currency: str | None = None
    measurement_unit: UnitQuantity | None = None
    price_list_id: str | None = None


class AgreedPrice(Struct, frozen=True, rename="camel", omit_defaults=True):
    """The price that a quote agrees on for a whole line, on its priced side; it is not compared with today's prices.

    `product` is there for what is not in the catalogue: what the order copies of it.
    """

    total: Decimal
    tax_code: str
    product: dict[str, Any] | None = None


class CartLine(Struct, rename="camel", omit_defaults=True):
    """One line: a quantity of a product at a price. A separate line is never merged with others of its product.

    Only the lines of a quote that is being bought have an agreed price.
    """

    id: str
    product_id: str
    item_yrn: str
    quantity: Decimal
    price: CartPrice | None = None
    separate: bool = False
    attached: dict[str, Any] = field(default_factory=dict, name="mixins")
    metadata: dict[str, Any] = {}
    agreed: AgreedPrice | None = None
    external: External | None = None

    @property
    def is_priced_externally(self) -> bool:
        """Whether the line's price is an outside system's: the vendor's item type EXTERNAL."""
        return self.external is not None and self.external.priced

    @property
    def wishes(self) -> tuple[dict[str, Any], ...]:
        """What the buyer has attached, as an engraving is: only what says something."""
        return tuple(
            {name: value for name, value in attached.items() if value not in _NOTHING and name != _VERSION}
            for attached in (self.attached, self.metadata)
        )


class Cart(Struct, rename="camel", omit_defaults=True):
    """A cart as it is stored; who owns it and whether it is open stands beside it."""

    id: str
    site: str
    currency: str
    type: str = "shopping"
    session_id: str | None = None
    customer_id: str | None = None
    legal_entity_id: str = ""
    lines: list[CartLine] = []
    lines_made: int = 0
    coupons: list[str] = []
    country_code: str | None = None
    zip_code: str | None = None
    addresses: list[dict[str, Any]] = []
    delivery_window: DeliveryWindow | None = None
    delivery_window_id: str | None = None
    channel: dict[str, Any] | None = None
    attached: dict[str, Any] = field(default_factory=dict, name="mixins")
    metadata: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    quote_id: str | None = None
    external_discounts: tuple[ExternalCartDiscount, ...] = ()

    def __post_init__(self) -> None:
        """Countries are in their kept form, however they were sent or kept before."""
        self.keep_countries()

    def keep_countries(self) -> None:
        """Bring the countries into the form in which they are kept."""
        if self.country_code is not None:
            self.country_code = country_code(self.country_code)
        if self.addresses:
            self.addresses = [_with_kept_country(address) for address in self.addresses]

    def line(self, id: str) -> CartLine | None:
        """The line with this id."""
        return next((line for line in self.lines if line.id == id), None)


def _with_kept_country(address: dict[str, Any]) -> dict[str, Any]:
    country = address.get("country")
    return address | {"country": country_code(country)} if isinstance(country, str) else address


def add_line(cart: Cart, line: CartLine, *, any_price: bool = False) -> str | CartLine:
    """Put a line into the cart: the line that now holds it, or a sentence that says why not.

    What is asked for in the same words is one line and quantities add up, unless either asks for a line of its own: the
    same product with something else attached, or at another price of an outside system, is a line apart. Two lines of a
    product at different prices of the catalogue are an error unless `any_price` says that the last price holds
    (docs/wire/emporix.md, 5.2).
    """
    same = [known for known in cart.lines if is_same_wish(known, line)]
    priced_here = [] if line.is_priced_externally else _priced_here(cart, line.product_id)
    other = next((known for known in priced_here if _price_id(known) != _price_id(line)), None)
    if other is not None and not any_price:
        return (
            f"The product {line.product_id} is in the cart with the price {_price_id(other)} already, "
            f"not {_price_id(line)}. Use one price for all of its items."
        )
    known = next((known for known in same if not known.separate and not line.separate), None)
    if known is not None:
        if not is_sane_quantity(known.quantity + line.quantity):
            return f"The item {known.id} can not hold {known.quantity + line.quantity} of a product. Order fewer."
        known.quantity += line.quantity
        known.price = line.price
        known.external = line.external.without_line_values() if line.external is not None else None
        known.metadata = {**known.metadata, **line.metadata}
        return known
    if len(cart.lines) >= LINES_MAX:
        return f"A cart holds at most {LINES_MAX} lines."
    line.id = str(cart.lines_made)
    cart.lines_made += 1
    cart.lines = [*cart.lines, line]
    return line


def replace_line(cart: Cart, line: CartLine) -> str | None:
    """Put a changed line in the place of the one with its id, or say why not."""
    for known in cart.lines:
        if is_same_wish(known, line) and known.id != line.id and not (known.separate or line.separate):
            return f"The product {line.product_id} is in the cart as item {known.id} already. Change that one."
    cart.lines = [line if known.id == line.id else known for known in cart.lines]
    return None


def remove_line(cart: Cart, id: str) -> bool:
    """Take a line out; False where there is none with this id."""
    kept = [line for line in cart.lines if line.id != id]
    found = len(kept) < len(cart.lines)
    cart.lines = kept
    return found


def add_coupon(cart: Cart, code: str, *, coupons_max: int) -> str | None:
    """Put a coupon on the cart, or say why not (docs/wire/emporix.md, 5.3)."""
    if code in cart.coupons:
        return f"Discount code {code} already exists in cart."
    if len(cart.coupons) >= coupons_max:
        return f"Another discount already exists in cart. Discount code found: {cart.coupons[0]}"
    cart.coupons = [*cart.coupons, code]
    return None


def remove_coupons(cart: Cart, codes: "set[str] | None") -> None:
    """Take these coupons off the cart; None takes off all."""
    cart.coupons = [code for code in cart.coupons if codes is not None and code not in codes]


def duplicate_prices(cart: Cart, line: CartLine) -> list[str]:
    """The different prices that a line's product has in this cart, sorted; empty where there is only one."""
    if line.is_priced_externally:
        return []
    found = {_price_id(known) or "" for known in _priced_here(cart, line.product_id)}
    return sorted(found) if len(found) > 1 else []


def _priced_here(cart: Cart, product_id: str) -> list[CartLine]:
    """The lines of a product that the catalogue prices."""
    return [one for one in cart.lines if one.product_id == product_id and not one.is_priced_externally]


def is_same_wish(known: CartLine, line: CartLine) -> bool:
    """Whether two lines ask for the same: a product, what is to be done to it, and what an outside system says of it.

    Prices of the catalogue are left out: they follow from the product, and two of them are another matter.
    """
    return known.product_id == line.product_id and known.wishes == line.wishes and _outside(known) == _outside(line)


def _outside(line: CartLine) -> tuple[External | None, CartPrice | None]:
    """What an outside system says of a line, its price included; fees are compared without their ids, some of which are
    made here."""
    external = line.external
    if external is None:
        return None, None
    fees = tuple(replace(fee, id=None) for fee in external.fees)
    return replace(external, fees=fees), line.price if external.priced else None


def _price_id(line: CartLine) -> str | None:
    return line.price.price_id if line.price is not None else None


def is_same_amount(claimed: Decimal, effective: Decimal, scale: int) -> bool:
    """Whether a claimed amount is the price: to the last digit of a double, or rounded to the site's scale."""
    return abs(claimed - effective) <= _ECHO_ERROR * max(_ONE, abs(effective)) or claimed == rounded(effective, scale)
