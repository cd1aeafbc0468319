"""Making quotes: from a customer's cart, which is closed by it, or item by item (docs/wire/emporix.md, 12).

cart ──► judged as a checkout would judge it ──► AWAITING (a customer asks) or OPEN (a merchant offers)
items ─► priced as the merchant says ──────────► OPEN, or CREATING while it has none
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.cart.cart import CLOSED, Cart
from tillroll.domain.checkout.coupons import CartValue
from tillroll.domain.checkout.currency import currency_rejections
from tillroll.domain.checkout.inputs import Attempt, Ground
from tillroll.domain.checkout.lines import JudgedLines, judge_lines
from tillroll.domain.checkout.shipping import shipping_rejections
from tillroll.domain.orders.order import PlaceOrder, ShippingChoice
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.quotes.commands import NewQuote, OfferedShipping, Unreadable
from tillroll.domain.quotes.history import StoredQuote
from tillroll.domain.quotes.quote import (
    AWAITING,
    CREATING,
    OPEN,
    Quote,
    QuoteLine,
    is_past,
    line_of_entry,
)
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.domain.site.sites import Site
from tillroll.domain.times import ends_at
from tillroll.domain.values import id_rejection
from tillroll.engine.access.access import SERVICE
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.checkout import load as loading
from tillroll.engine.checkout.load import LoadedFacts
from tillroll.engine.customers.tax_addresses import default_tax_address
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.parties import (
    BILLING_ID,
    SHIPPING_ID,
    customer_of,
    find_customer,
    named_address,
    place_of,
)
from tillroll.engine.quotes.sizes import size_rejection
from tillroll.engine.quotes.terms import (
    Offerer,
    QuoteTerms,
    check_currency,
    country_of,
    line_of,
    product_copy,
    rules_of,
    shipping_of,
    site_of,
)
from tillroll.engine.rejected import Rejected, invalid, missing, refuse_if

_COPY = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class CreateQuote(Struct, frozen=True):
    """A caller's wish for a new quote."""

    offerer: Offerer
    new: NewQuote

    @property
    def shop(self) -> str:
        """The caller's shop."""
        return self.offerer.caller.shop

    @property
    def is_merchants(self) -> bool:
        """Whether a back office offers, rather than that a customer asks."""
        return self.offerer.caller.kind == SERVICE


def create_quotes(desk: Desk, wishes: Sequence[CreateQuote]) -> list[StoredQuote | Refused]:
    """Make these quotes, or say why not; their carts are locked first, in one sorted order, and closed by them."""
    named: dict[str, set[str]] = {}
    for wish in wishes:
        if wish.new.cart_id is not None:
            named.setdefault(wish.shop, set()).add(wish.new.cart_id)
    locked = {shop: carts.lock(desk.tx, shop, named[shop]) for shop in sorted(named)}
    return [_created(desk, wish, locked.get(wish.shop, {})) for wish in wishes]


def _created(desk: Desk, wish: CreateQuote, locked: Mapping[str, StoredCart]) -> StoredQuote | Refused:
    if not wish.offerer.manages and (wish.is_merchants or wish.new.cart_id is None):
        message = "items and prices are for merchants to say: send the cartId of a cart"
        return Refused((Rejection(Reason.CHANGE_FORBIDDEN, "cart_id", message),))
    cart = locked.get(wish.new.cart_id or "")
    try:
        quote = made(desk, wish, cart)
    except Rejected as rejected:
        return rejected.refused
    status = (OPEN if quote.lines else CREATING) if cart is None else OPEN if wish.is_merchants else AWAITING
    now = wish.offerer.now
    stored = StoredQuote(quote, status, quote.customer.id or "", None, 1, now, now)
    if not quotes.insert(desk.tx, wish.offerer.caller.origin, stored, quotes.author_of(wish.offerer.caller)):
        return Refused((Rejection(Reason.ID_TAKEN, "id", f"there is a quote {quote.id[:80]} already"),))
    if cart is not None:
        _close(desk, wish, cart, quote)
    return stored


def made(desk: Desk, wish: CreateQuote, cart: StoredCart | None) -> Quote:
    """The quote that is wished for, not stored yet; raises Rejected."""
    view = desk.view(wish.shop)
    quote = _by_items(view, wish) if wish.new.cart_id is None else _from_cart(view, wish, cart)
    refuse_if([size_rejection(quote)])
    return quote


def _close(desk: Desk, wish: CreateQuote, cart: StoredCart, quote: Quote) -> None:
    """Close the locked cart that has become a quote, which it names from then on."""
    now = wish.offerer.now
    cart.cart.quote_id = quote.id
    cart.status = CLOSED
    cart.note("quoted", now, quote=quote.id, coupons=cart.cart.coupons)
    carts.save(desk.tx, wish.offerer.caller.origin, [cart], now)


def _said(quote: Quote, wish: CreateQuote) -> None:
    """Put into the quote what goes into it as it was said."""
    new, caller = wish.new, wish.offerer.caller
    quote.employee_id = (new.employee_id or caller.client_id) if wish.is_merchants else None
    quote.customer_reference, quote.customer_comment = new.customer_reference, new.customer_comment
    quote.custom_fields, quote.metadata = new.custom_fields, new.metadata


def _valid_to(wish: CreateQuote, site: Site) -> int | None:
    """Until when the quote holds: a day alone to its end, on the clock of its site."""
    said = wish.new.valid_to
    if isinstance(said, Unreadable):
        raise Rejected(*said.rejections)
    valid_to = ends_at(said, site.clock) if said is not None else None
    if is_past(valid_to, wish.offerer.now):
        raise invalid("valid_to", "validTo has passed: send a later one")
    return valid_to


# ------------------------------------------------------------------------------------------------------ item by item


def _by_items(view: View, wish: CreateQuote) -> Quote:
    new = wish.new
    site = site_of(view, new.site_code)
    currency = check_currency(site, new.currency)
    view.load_prices({item.product_id for item in new.items if item.product_id})
    rules = rules_of(view, site, currency, new.items)
    customer = find_customer(view.tx, wish.shop, new.customer_id, new.customer_email)
    ids = {BILLING_ID: new.billing_address_id or "", SHIPPING_ID: new.shipping_address_id or ""}
    if not all(ids.values()):
        lacking = [missing(field, f"{field} is required: send an id") for field, id in ids.items() if not id]
        raise Rejected(*(rejection for error in lacking for rejection in error.refused.rejections))
    billing, shipping = (named_address(customer.document, field, id) for field, id in ids.items())
    country = country_of(site, (shipping, billing), default_tax_address(view, customer.id, ""))
    quote = Quote(
        new.id,
        site.code,
        rules,
        country,
        customer_of(customer),
        billing_address=billing,
        shipping_address=shipping,
        billing_address_id=new.billing_address_id,
        shipping_address_id=new.shipping_address_id,
        valid_to=_valid_to(wish, site),
        company_name=new.company_name,
    )
    _said(quote, wish)
    taxes = view.tax_table(country) if country else None
    _add_items(QuoteTerms(view, site, rules, country, taxes, wish.offerer.may_price), quote, new)
    return quote


def _add_items(terms: QuoteTerms, quote: Quote, new: NewQuote) -> None:
    for place, item in enumerate(new.items):
        line = line_of(terms, quote, item, f"items[{place}]")
        if quote.line(line.id) is not None:
            raise invalid(f"items[{place}].item_id", f"the item {line.id} is there twice")
        quote.lines.append(line)
    if new.shipping is not None:
        quote.shipping = shipping_of(terms, new.shipping)


# --------------------------------------------------------------------------------------------------------- of a cart


def _from_cart(view: View, wish: CreateQuote, stored: StoredCart | None) -> Quote:
    new = wish.new
    cart = _own_cart(wish, stored)
    site = site_of(view, cart.site)
    customer = find_customer(view.tx, wish.shop, cart.customer_id)
    billing = place_of(customer.document, cart.addresses, BILLING_ID, new.billing_address_id)
    shipping = place_of(customer.document, cart.addresses, SHIPPING_ID, new.shipping_address_id)
    addresses = tuple(place.address for place in (shipping, billing) if place.address is not None)
    request = PlaceOrder(None, customer_of(customer), _choice(new.shipping), addresses, (), cart.currency)
    attempt = _attempt(view, cart, customer.id, request)
    loaded = loading.look_up(view, [attempt], wish.offerer.now)
    (ground,) = loaded.grounds
    if ground is None:
        raise _no_cart(new)
    judged = judge_lines(loaded.facts, ground.terms, ground.cart)
    refuse_if(_objections(wish, attempt, loaded, judged))
    terms = ground.terms
    quote = Quote(
        new.id,
        site.code,
        terms.rules,
        terms.country,
        customer_of(customer),
        billing_address=billing.address,
        shipping_address=shipping.address,
        billing_address_id=billing.id,
        shipping_address_id=shipping.id,
        lines=_lines(view, ground, judged),
        lines_made=cart.lines_made,
        valid_to=_valid_to(wish, site) if wish.is_merchants else None,
        cart_id=cart.id,
        company_name=new.company_name or customer.document.profile.company,
        legal_entity_id=cart.legal_entity_id or None,
        delivery_window=cart.delivery_window,
        channel=cart.channel,
    )
    _said(quote, wish)
    if not new.custom_fields:
        quote.attach_as(cart)
    if new.shipping is not None:
        offered = QuoteTerms(view, site, terms.rules, terms.country, terms.taxes, may_price=False)
        quote.shipping = shipping_of(offered, new.shipping)
    return quote


def _no_cart(new: NewQuote) -> Rejected:
    message = f"there is no open cart '{(new.cart_id or '')[:80]}' of the caller's"
    return Rejected(Rejection(Reason.CART_NOT_FOUND, "cart_id", message))


def _own_cart(wish: CreateQuote, stored: StoredCart | None) -> Cart:
    """The cart, where it is open, the caller's to offer, and the customer's who is named; raises Rejected."""
    if stored is None or not stored.is_open or not carts.belongs_to(stored, wish.offerer.caller):
        raise _no_cart(wish.new)
    owner = stored.cart.customer_id
    if owner is None:
        raise invalid("cart_id", "the cart is a guest's: a quote is for a customer, who has to log in")
    if wish.new.customer_id not in (None, "", owner):
        message = f"the cart is that of the customer '{owner}': leave customerId out, or send this one"
        raise invalid("customer_id", message)
    return stored.cart


def _attempt(view: View, cart: Cart, customer_id: str, request: PlaceOrder) -> Attempt:
    """The purchase that the quote is about, without coupons, which an offer has no use for."""
    buyer = price_lists.buyer_of(view, customer_id, cart.legal_entity_id)
    return Attempt(request, replace(cart, coupons=[]), customer_id, buyer=buyer)


def _choice(shipping: OfferedShipping | None) -> ShippingChoice | None:
    if shipping is None:
        return None
    ids = {"zone_id": shipping.zone_id, "method_id": shipping.method_id}
    refuse_if(id_rejection(f"shipping.{field}", id) for field, id in ids.items())
    return ShippingChoice(shipping.method_id, shipping.zone_id, "", shipping.value, shipping.tax_code)


def _objections(wish: CreateQuote, attempt: Attempt, loaded: LoadedFacts, judged: JudgedLines) -> list[Rejection]:
    """Everything that speaks against buying the cart as it is, save stock and payment.

    What shipping costs is compared with the method's fee unless a merchant says it.
    """
    (ground,) = loaded.grounds
    assert ground is not None
    cart, rules = ground.cart, ground.terms.rules
    rejections = [*judged.rejections, *currency_rejections(attempt, cart, ground.terms.site)]
    if not rejections:
        price = price_cart(rules, judged.pricing).price
        value = CartValue(price.gross if rules.includes_tax else price.net, None if wish.is_merchants else price.gross)
        rejections += shipping_rejections(loaded.facts, attempt, cart, value)
    return rejections


def _lines(view: View, ground: Ground, judged: JudgedLines) -> list[QuoteLine]:
    """The cart's lines as the quote offers them."""
    foreign = {line.id for line in ground.cart.lines if line.external is not None and line.external.product is not None}
    lines = []
    for sold, entry in zip(judged.pricing, judged.entries, strict=True):
        is_foreign = entry.line_id in foreign
        copy = _COPY.decode(entry.product) if is_foreign else product_copy(view, entry.product_id)
        line = line_of_entry(ground.terms.rules, sold, entry, copy)
        line.is_external = is_foreign
        lines.append(line)
    return lines
