"""Quotes: prices that are offered to one customer, for some time.

    CREATING ──► OPEN ◄──► IN_PROGRESS ──► DECLINED_BY_MERCHANT ◄── AWAITING ──► OPEN
                  ├──► DECLINED
                  ├──► ACCEPTED, with the order that it became
                  └──► EXPIRED ──► OPEN

A customer asks for a quote (AWAITING), a merchant writes one (CREATING until it has items). What is agreed is the total
of each line on the side of the tax that the site sells on; everything else is calculated (docs/wire/emporix.md, 12).
"""

from datetime import UTC, tzinfo
from decimal import Decimal, localcontext
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from tillroll.domain.cart.cart import AgreedPrice, Cart, CartLine, CartPrice
from tillroll.domain.checkout.inputs import Agreement, Attempt
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.documents import Document, Localized
from tillroll.domain.money import HUNDRED, rounded
from tillroll.domain.orders.order import Address, Customer, OrderLine, PlaceOrder, ShippingChoice
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.shapes import PricedCart, PricingLine, PricingRules, ShippingCharge
from tillroll.domain.pricing.tax import EXACT
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.times import ends_at

CREATING = "CREATING"
AWAITING = "AWAITING"
OPEN = "OPEN"
IN_PROGRESS = "IN_PROGRESS"
ACCEPTED = "ACCEPTED"
DECLINED = "DECLINED"
DECLINED_BY_MERCHANT = "DECLINED_BY_MERCHANT"
EXPIRED = "EXPIRED"

# docs/wire/emporix.md, 12: where a quote may go from each status. It becomes EXPIRED by itself.
TRANSITIONS: dict[str, tuple[str, ...]] = {
    CREATING: (OPEN,),
    AWAITING: (OPEN, DECLINED_BY_MERCHANT),
    OPEN: (ACCEPTED, DECLINED, IN_PROGRESS),
    IN_PROGRESS: (OPEN, DECLINED_BY_MERCHANT),
    EXPIRED: (OPEN,),
    ACCEPTED: (),
    DECLINED: (),
    DECLINED_BY_MERCHANT: (),
}
# What a customer may do with an own quote; a merchant may do everything, also on the customer's behalf.
CUSTOMER_TRANSITIONS: dict[str, tuple[str, ...]] = {OPEN: (ACCEPTED, DECLINED, IN_PROGRESS)}

# Of which type the reason of a step has to be; for the other steps there are no reasons.
REASON_TYPES: dict[str, str] = {IN_PROGRESS: "CHANGE", DECLINED: "DECLINE", DECLINED_BY_MERCHANT: "DECLINE"}

# Whether a product is of the catalogue and a price of the shop, or both come from outside.
INTERNAL = "INTERNAL"
EXTERNAL = "EXTERNAL"

# In these nobody changes what was offered any more.
FINAL = frozenset({ACCEPTED, DECLINED, DECLINED_BY_MERCHANT})

# As many places as an amount from outside may have at a sensible size.
_UNIT_PLACES = 10


class QuoteLine(Struct, rename="camel", omit_defaults=True):
    """One position: `total` is agreed for the whole of it, on the quote's priced side; `unit_price` is what one cost
    before, net. `product` is what the quote shows of the product; `is_external` says that the catalogue has none."""

    id: str
    product_id: str
    quantity: Decimal
    unit_price: Decimal
    total: Decimal
    tax_code: str
    tax_rate: Decimal
    unit_code: str = ""
    price_id: str = ""
    price_type: str = INTERNAL
    item_reference: str = field(default="", name="itemYrn")
    is_external: bool = False
    product: dict[str, Any] = {}
    custom_fields: dict[str, Any] = field(default_factory=dict, name="mixins")
    metadata: dict[str, Any] = {}


class QuoteShipping(Document, frozen=True):
    """What shipping is agreed to cost, net, and by which method; `asked_tax_code` is what the client named."""

    net: Decimal
    zone_id: str
    method_id: str
    method_name: Localized = ""
    tax_code: str | None = None
    tax_rate: Decimal | None = None
    asked_tax_code: str | None = None


class Quote(Struct, rename="camel", omit_defaults=True):
    """A quote as it is stored; its status, order and times stand beside it. `valid_to` is microseconds UTC."""

    id: str
    site: str
    rules: PricingRules
    country: str
    customer: Customer
    billing_address: Address | None = None
    shipping_address: Address | None = None
    billing_address_id: str | None = None
    shipping_address_id: str | None = None
    lines: list[QuoteLine] = []
    lines_made: int = 0
    shipping: QuoteShipping | None = None
    valid_to: int | None = None
    cart_id: str | None = None
    employee_id: str | None = None
    company_name: str | None = None
    legal_entity_id: str | None = None
    customer_reference: str | None = None
    customer_comment: str | None = None
    employee_comment: str | None = None
    status_comment: str | None = None
    status_reason: dict[str, Any] | None = None
    delivery_window: DeliveryWindow | None = None
    channel: dict[str, Any] | None = None
    custom_fields: dict[str, Any] = field(default_factory=dict, name="mixins")
    metadata: dict[str, Any] = {}

    def line(self, id: str) -> QuoteLine | None:
        """The line with this id."""
        return next((line for line in self.lines if line.id == id), None)

    def next_line_id(self) -> str:
        """An id that no line of the quote has or had."""
        while True:
            self.lines_made += 1
            id = str(self.lines_made - 1)
            if self.line(id) is None:
                return id

    def attach_as(self, cart: Cart) -> None:
        """Take over what clients have attached to the cart that the quote is made of."""
        self.custom_fields, self.metadata = cart.attached, cart.metadata


def line_of_entry(rules: PricingRules, sold: PricingLine, entry: OrderLine, product: dict[str, Any]) -> QuoteLine:
    """A line as a checkout would sell it, offered at what it costs before fees and discounts of outside systems."""
    reference, attached = entry.item_yrn, entry.attached
    rate = sold.tax_rate or Decimal(0)
    total = sold.price if sold.price is not None else sold.unit_price * sold.quantity
    return QuoteLine(
        entry.line_id,
        entry.product_id,
        entry.quantity,
        net_from_side(rules, sold.unit_price, rate),
        rounded(total, rules.scale),
        entry.tax_code,
        rate,
        price_id=entry.price_id,
        item_reference=reference,
        product=product,
        custom_fields=attached,
        metadata=entry.metadata,
    )


# ----------------------------------------------------------------------------------------------------------- status


def status_at(status: str, valid_to: int | None, now: int) -> str:
    """The status that a quote has now: an open one expires when its time has passed."""
    return EXPIRED if status == OPEN and is_past(valid_to, now) else status


def is_past(valid_to: int | None, now: int) -> bool:
    """Whether a quote's time is over."""
    return valid_to is not None and valid_to <= now


def step_objection(quote: Quote, status: str, wanted: str, now: int) -> str | None:
    """Why a quote may not go from `status` to `wanted`, whoever asks; None where it may."""
    possible = TRANSITIONS.get(status, ())
    if wanted not in possible:
        return f"a quote can not go from {status} to {wanted[:40]}; possible now: {', '.join(possible) or 'nothing'}"
    if wanted == OPEN and not quote.lines:
        return "the quote has no items: add at least one before it is opened"
    if wanted == ACCEPTED and not quote.lines:
        return "the quote has no items: there is nothing to accept"
    if wanted == OPEN and is_past(quote.valid_to, now):
        return "the quote's validTo has passed: set a later one before it is opened"
    return None


def is_for_customers(status: str, wanted: str) -> bool:
    """Whether customers may take this step themselves."""
    return wanted in CUSTOMER_TRANSITIONS.get(status, ())


# ------------------------------------------------------------------------------------------------------------ prices


def price_quote(quote: Quote) -> PricedCart:
    """What the quote costs: agreed totals, their taxes, shipping."""
    charge = None
    if quote.shipping is not None:
        charge = ShippingCharge(quote.shipping.net, quote.shipping.tax_code, quote.shipping.tax_rate)
    return price_cart(quote.rules, [_pricing_line(quote, line) for line in quote.lines], shipping=charge)


def _pricing_line(quote: Quote, line: QuoteLine) -> PricingLine:
    unit = unit_of(line.total, line.quantity)
    return PricingLine(line.id, line.quantity, unit, line.tax_code, line.tax_rate, price=line.total)


def unit_of(total: Decimal, quantity: Decimal) -> Decimal:
    """The price of one of a line's pieces."""
    with localcontext(EXACT):
        return rounded(total / quantity, _UNIT_PLACES)


def total_from_net(rules: PricingRules, net: Decimal, tax_rate: Decimal) -> Decimal:
    """A line's net total as the quote agrees on it: on its priced side, at its scale."""
    with localcontext(EXACT):
        net = rounded(net, rules.scale)
        return rounded(net * (HUNDRED + tax_rate) / HUNDRED, rules.scale) if rules.includes_tax else net


def net_from_side(rules: PricingRules, amount: Decimal, tax_rate: Decimal) -> Decimal:
    """An amount on the quote's priced side as net, not rounded to the scale."""
    with localcontext(EXACT):
        return rounded(amount * HUNDRED / (HUNDRED + tax_rate), _UNIT_PLACES) if rules.includes_tax else amount


def discount_percent(line: QuoteLine, net: Decimal) -> Decimal:
    """By how many percent the agreed unit price is below the one before; below zero where it is above."""
    if not line.unit_price:
        return Decimal(0)
    with localcontext(EXACT):
        before = line.unit_price * line.quantity
        return rounded((before - net) * HUNDRED / before, 2)


# ---------------------------------------------------------------------------------------------------------- checkout


def missing_parts(quote: Quote) -> list[str]:
    """What a quote lacks to become an order, in the words of its fields."""
    parts = {
        "items": quote.lines,
        "billingAddress": quote.billing_address,
        "shippingAddress": quote.shipping_address,
        "shipping": quote.shipping,
    }
    return [name for name, part in parts.items() if not part]


def attempt_of(quote: Quote, asked: PlaceOrder, now: int, clock: tzinfo = UTC) -> Attempt:
    """The attempt to buy a quote as it is: customer, addresses, shipping and prices are the quote's, not the request's.

    Days are those of the site's clock. What it lacks is a rejection (docs/wire/emporix.md, 4.1 and 12).
    """
    lacking = [
        Rejection(Reason.VALUE_MISSING, f"quote.{name}", f"the quote has no {name}: the merchant has to add it")
        for name in missing_parts(quote)
    ]
    shipping = quote.shipping
    choice = None
    if shipping is not None:
        name = shipping.method_name
        text = name if isinstance(name, str) else next(iter(name.values()), "")
        choice = ShippingChoice(shipping.method_id, shipping.zone_id, text, shipping.net, shipping.asked_tax_code)
    request = PlaceOrder(
        cart_id=None,
        customer=_named_customer(quote),
        shipping=choice,
        addresses=tuple(one for one in (quote.shipping_address, quote.billing_address) if one is not None),
        payment_methods=asked.payment_methods,
        quote_id=quote.id,
        delivery_window_id=asked.delivery_window_id,
    )
    agreement = Agreement(quote.id, quote.rules, price_quote(quote).final_price)
    cart = _as_cart(quote, window_of(quote, asked.delivery_window_id, now, clock))
    return Attempt(request, cart, quote.customer.id, tuple(lacking), agreement)


def _named_customer(quote: Quote) -> Customer:
    """The customer by a name: where the profile had none, by that of the contact at one of the quote's addresses."""
    customer = quote.customer
    if customer.first_name or customer.last_name or customer.name:
        return customer
    addresses = (quote.billing_address, quote.shipping_address)
    name = next((address.contact_name for address in addresses if address is not None and address.contact_name), None)
    return replace(customer, name=name)


def window_of(quote: Quote, asked_id: str | None, now: int, clock: tzinfo = UTC) -> DeliveryWindow | None:
    """The delivery window of a purchase: the quote's own, where that is named, or none is and it still lies ahead.

    Another id has no slot and no date, and is refused for that (docs/wire/emporix.md, 4.3 check 12).
    """
    own = quote.delivery_window
    if asked_id is not None:
        return own if own is not None and own.id == asked_id else DeliveryWindow(asked_id)
    date = ends_at(own.delivery_date, clock) if own is not None and own.delivery_date else None
    return own if date is not None and date > now else None


def _as_cart(quote: Quote, window: DeliveryWindow | None) -> Cart:
    ids = [line.product_id for line in quote.lines]
    repeated = {id for id in ids if ids.count(id) > 1} if len(set(ids)) < len(ids) else set[str]()
    return Cart(
        quote.id,
        quote.site,
        quote.rules.currency,
        customer_id=quote.customer.id,
        legal_entity_id=quote.legal_entity_id or "",
        lines=[_as_cart_line(quote, line, is_separate=line.product_id in repeated) for line in quote.lines],
        delivery_window=window,
        channel=quote.channel,
        attached=quote.custom_fields,
        metadata=quote.metadata,
    )


def _as_cart_line(quote: Quote, line: QuoteLine, *, is_separate: bool) -> CartLine:
    unit = total_from_net(quote.rules, line.unit_price, line.tax_rate)
    price = CartPrice(line.price_id, unit, unit_of(line.total, line.quantity), quote.rules.currency)
    return CartLine(
        line.id,
        line.product_id,
        line.item_reference,
        line.quantity,
        price,
        separate=is_separate,
        attached=line.custom_fields,
        metadata=line.metadata,
        agreed=AgreedPrice(line.total, line.tax_code, line.product if line.is_external else None),
    )
