"""Making quotes: from a customer's cart, which is closed by it, or item by item by a merchant (contracts, 12).

cart ──► judged as a checkout would judge it ──► AWAITING (a customer asks) or OPEN (a merchant offers)
items ─► priced as the merchant says ──────────► OPEN, or CREATING while it has none
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.emporix.quotes.parties import Place, customer_of, find_customer, named_address, place_of
from tillroll.dialects.emporix.quotes.requests import QuoteRequest, moment, size_problem
from tillroll.dialects.emporix.quotes.terms import (
    QuoteTerms,
    check_currency,
    country_of,
    line_of,
    product_copy,
    rules_of,
    shipping_of,
    site_of,
)
from tillroll.dialects.emporix.wire.context import EXTERNAL_PRICES, Desk
from tillroll.dialects.emporix.wire.fields import id_problem
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.rejections import detail_of
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.cart.cart import CLOSED, Cart
from tillroll.domain.checkout.coupons import CartValue
from tillroll.domain.checkout.currency import currency_rejections
from tillroll.domain.checkout.inputs import Attempt, Facts, Ground
from tillroll.domain.checkout.lines import JudgedLines, judge_lines
from tillroll.domain.checkout.shipping import shipping_rejections
from tillroll.domain.money import rounded
from tillroll.domain.orders.order import PlaceOrder, ShippingChoice
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.shapes import PricingRules
from tillroll.domain.quotes.quote import AWAITING, CREATING, OPEN, Quote, QuoteLine, is_past, net_from_side
from tillroll.engine.access.access import SERVICE
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.checkout import load as loading
from tillroll.engine.customers.customers import StoredCustomer
from tillroll.engine.customers.tax_addresses import residence
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.quotes.quotes import StoredQuote

_COPY = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class NoCart(Exception):
    """There is no such open cart of the caller's."""


class MadeQuote(Struct, frozen=True):
    """A quote to be stored, and the cart that it closes."""

    stored: StoredQuote
    cart: StoredCart | None = None


def make(desk: Desk, call: Call, cart: StoredCart | None) -> MadeQuote:
    """The quote that is asked for; raises Malformed, `NoCart` and `PricesForbidden`."""
    asked: QuoteRequest = call.inbound.command
    made = _from_cart(desk, call, cart) if asked.cart_id is not None else _by_hand(desk, call)
    refuse_if([size_problem(made.stored.quote)])
    return made


def _stored(call: Call, quote: Quote, status: str) -> StoredQuote:
    return StoredQuote(quote, status, quote.customer.id or "", None, 1, call.now, call.now)


def _valid_to(call: Call) -> int | None:
    asked: QuoteRequest = call.inbound.command
    if asked.valid_to is None:
        return None
    valid_to = moment("validTo", asked.valid_to)
    if is_past(valid_to, call.now):
        raise Malformed([Problem("validTo", "invalid_value", "validTo has passed: send a later one")])
    return valid_to


# ----------------------------------------------------------------------------------------------------------- by hand


def _by_hand(desk: Desk, call: Call) -> MadeQuote:
    asked: QuoteRequest = call.inbound.command
    view = desk.view(call.shop)
    site = site_of(view, asked.site_code)
    currency = check_currency(site, asked.currency)
    view.load_prices({item.product.product_id for item in asked.items if item.product.product_id})
    rules = rules_of(view, site, currency, asked.items)
    customer = find_customer(desk.tx, call.shop, asked.customer_id, asked.customer_email)
    ids = {"billingAddressId": asked.billing_address_id, "shippingAddressId": asked.shipping_address_id}
    refuse_if([Problem(name, "missing_value", f"{name} is required: send an id") for name, id in ids.items() if not id])
    billing, shipping = (named_address(customer.document, name, id or "") for name, id in ids.items())
    country = country_of(site, (shipping, billing), residence(view, customer.id, ""))
    quote = Quote(
        asked.id or call.inbound.id,
        site.code,
        rules,
        country,
        customer_of(customer),
        billing_address=billing,
        shipping_address=shipping,
        billing_address_id=asked.billing_address_id,
        shipping_address_id=asked.shipping_address_id,
        valid_to=_valid_to(call),
        company_name=asked.company_name,
        **_said(call),
    )
    taxes = view.tax_table(country) if country else None
    terms = QuoteTerms(view, call.shop, site, rules, country, taxes, may_price=EXTERNAL_PRICES in call.caller.scopes)
    for place, item in enumerate(asked.items):
        line = line_of(terms, quote, item, f"items[{place}]")
        if quote.line(line.id) is not None:
            raise Malformed([Problem(f"items[{place}].itemId", "invalid_value", f"the item {line.id} is there twice")])
        quote.lines.append(line)
    if asked.shipping is not None:
        quote.shipping = shipping_of(terms, asked.shipping)
    return MadeQuote(_stored(call, quote, OPEN if quote.lines else CREATING))


def _said(call: Call) -> dict[str, Any]:
    """What goes into the quote as it was said."""
    asked: QuoteRequest = call.inbound.command
    is_office = call.caller.kind == SERVICE
    return {
        "employee_id": (asked.employee_id or call.caller.client_id) if is_office else None,
        "customer_reference": asked.customer_reference,
        "customer_comment": asked.customer_comment,
        "mixins": asked.mixins or {},
        "metadata": _mixin_schemas(asked.metadata),
    }


def _mixin_schemas(metadata: dict[str, Any] | None) -> dict[str, Any]:
    """Of metadata only what names the schemas of mixins: the rest of it is the server's."""
    return {"mixins": metadata["mixins"]} if metadata and isinstance(metadata.get("mixins"), dict) else {}


# --------------------------------------------------------------------------------------------------------- from cart


def _from_cart(desk: Desk, call: Call, cart: StoredCart | None) -> MadeQuote:
    asked: QuoteRequest = call.inbound.command
    if cart is None or not cart.is_open or not carts.belongs_to(cart, call.caller):
        raise NoCart
    if cart.cart.customer_id is None:
        message = "the cart is a guest's: a quote is for a customer, who has to log in"
        raise Malformed([Problem("cartId", "invalid_value", message)])
    if asked.customer_id not in (None, "", cart.cart.customer_id):
        message = f"the cart is that of the customer '{cart.cart.customer_id}': leave customerId out, or send this one"
        raise Malformed([Problem("customerId", "invalid_value", message)])
    view = desk.view(call.shop)
    site = site_of(view, cart.cart.site)
    customer = find_customer(desk.tx, call.shop, cart.cart.customer_id, None)
    billing, shipping = _places(asked, cart.cart, customer)
    attempt = _attempt(view, call, (cart.cart, customer), (shipping, billing))
    loaded = loading.look_up(view, [attempt], call.now)
    (ground,) = loaded.grounds
    if ground is None:
        raise NoCart
    judged = judge_lines(loaded.facts, ground.terms, ground.cart)
    _refuse(call, attempt, loaded.facts, (ground, judged))
    rules, country, taxes = ground.terms.rules, ground.terms.country, ground.terms.taxes
    quote = Quote(
        asked.id or call.inbound.id,
        site.code,
        rules,
        country,
        customer_of(customer),
        billing_address=billing.address,
        shipping_address=shipping.address,
        billing_address_id=billing.id,
        shipping_address_id=shipping.id,
        lines=_lines(view, cart.cart, rules, judged),
        lines_made=cart.cart.lines_made,
        valid_to=_valid_to(call) if call.caller.kind == SERVICE else None,
        cart_id=cart.cart.id,
        company_name=asked.company_name or customer.document.profile.company,
        legal_entity_id=cart.cart.legal_entity_id or None,
        delivery_window=cart.cart.delivery_window,
        channel=cart.cart.channel,
        **(_said(call) | ({} if asked.mixins else {"mixins": cart.cart.mixins, "metadata": cart.cart.metadata})),
    )
    if asked.shipping is not None:
        terms = QuoteTerms(view, call.shop, site, rules, country, taxes, may_price=False)
        quote.shipping = shipping_of(terms, asked.shipping)
    return MadeQuote(_stored(call, quote, OPEN if call.caller.kind == SERVICE else AWAITING), cart)


def close(desk: Desk, call: Call, made: MadeQuote) -> None:
    """Close the cart that has become a quote, which it names from then on."""
    if made.cart is None:
        return
    made.cart.cart.quote_id = made.stored.quote.id
    made.cart.status = CLOSED
    made.cart.note("quoted", call.now, quote=made.stored.quote.id, coupons=made.cart.cart.coupons)
    carts.save(desk.tx, call.shop, [made.cart], call.now)


def _places(asked: QuoteRequest, cart: Cart, customer: StoredCustomer) -> tuple[Place, Place]:
    """Where the quote is billed and shipped to."""
    billing = place_of(customer.document, cart.addresses, "billingAddressId", asked.billing_address_id)
    shipping = place_of(customer.document, cart.addresses, "shippingAddressId", asked.shipping_address_id)
    return billing, shipping


def _attempt(view: View, call: Call, bought: tuple[Cart, StoredCustomer], places: tuple[Place, Place]) -> Attempt:
    """The purchase that the quote is about, without coupons, which an offer has no use for."""
    cart, customer = bought
    asked: QuoteRequest = call.inbound.command
    shipping = asked.shipping
    choice = None
    if shipping is not None:
        refuse_if(
            [id_problem("shipping.zoneId", shipping.zone_id), id_problem("shipping.methodId", shipping.method_id)]
        )
        choice = ShippingChoice(shipping.method_id, shipping.zone_id, "", shipping.value, shipping.shipping_tax_code)
    addresses = tuple(place.address for place in places if place.address is not None)
    request = PlaceOrder(None, customer_of(customer), choice, addresses, (), cart.currency)
    buyer = price_lists.buyer_of(view, customer.id, cart.legal_entity_id)
    return Attempt(request, replace(cart, coupons=[]), customer.id, buyer=buyer)


def _refuse(call: Call, attempt: Attempt, facts: Facts, judged_cart: tuple[Ground, JudgedLines]) -> None:
    """Raise Malformed with everything that would speak against buying the cart as it is, save stock and payment.

    What shipping costs is compared with the method's fee unless a merchant says it.
    """
    ground, judged = judged_cart
    cart, rules = ground.cart, ground.terms.rules
    rejections = [*judged.rejections, *currency_rejections(attempt, cart, ground.terms.site)]
    if not rejections:
        price = price_cart(rules, judged.pricing).price
        is_free_to_say = call.caller.kind == SERVICE
        value = CartValue(price.gross if rules.includes_tax else price.net, None if is_free_to_say else price.gross)
        rejections += shipping_rejections(facts, attempt, cart, value)
    refuse_if([detail_of(one) for one in rejections])


def _lines(view: View, cart: Cart, rules: PricingRules, judged: JudgedLines) -> list[QuoteLine]:
    """The cart's lines as the quote offers them, at what each costs before fees and discounts of outside systems."""
    foreign = {line.id for line in cart.lines if line.external is not None and line.external.product is not None}
    lines = []
    for priced, entry in zip(judged.pricing, judged.entries, strict=True):
        is_foreign = entry.line_id in foreign
        rate = priced.tax_rate or Decimal(0)
        total = priced.price if priced.price is not None else priced.unit_price * priced.quantity
        lines.append(
            QuoteLine(
                entry.line_id,
                entry.product_id,
                entry.quantity,
                net_from_side(rules, priced.unit_price, rate),
                rounded(total, rules.scale),
                entry.tax_code,
                rate,
                price_id=entry.price_id,
                item_yrn=entry.item_yrn,
                is_external=is_foreign,
                product=_COPY.decode(entry.product) if is_foreign else product_copy(view, entry.product_id),
                mixins=entry.mixins,
                metadata=entry.metadata,
            )
        )
    return lines
