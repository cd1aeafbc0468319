"""What a cart costs right now, and which price each of its lines should have.

    lines ──► price by id, else what the client claims ──► site's side of the tax ──► coupons that hold ──► totals

Nothing here refuses: a cart is shown as well as it can be, and the checkout decides whether it can be bought
(docs/wire/emporix.md, 5 and 6.1).
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

import msgspec
from msgspec import Raw, Struct

from tillroll.domain.cart.cart import Cart, CartLine, CartPrice, is_same_amount
from tillroll.domain.cart.line_values import (
    LineBasis,
    Offered,
    as_shown,
    catalogue_value,
    claimed_value,
    external_value,
    named_price,
    pricing_line,
    tax_of,
)
from tillroll.domain.coupons.coupons import Coupon, CouponUse, customer_key, discount_of, lines_reached, refusals
from tillroll.domain.money import ZERO
from tillroll.domain.prices.match import PriceContext, misfit, model_of, value_here
from tillroll.domain.prices.prices import Price, PriceModel
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.external import cart_discounts
from tillroll.domain.pricing.legacy import legacy_totals
from tillroll.domain.pricing.shapes import LegacyTotals, PricedCart, PricingRules
from tillroll.domain.pricing.terms import PricingTerms
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.site.sites import Site
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.catalogue import categories
from tillroll.engine.customers import segments
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.prices import match as prices
from tillroll.engine.prices.match import PriceMatch, PriceQuery
from tillroll.engine.prices.terms import context_of, terms_in
from tillroll.engine.shipping import shipping
from tillroll.store import Transaction
from tillroll.store.coupons import rows as stored_coupons

# As many digits as a client that calculates with doubles can tell apart; matched prices are longer fractions.
_WRITTEN = Context(prec=17, rounding=ROUND_HALF_UP)
_ONE = Decimal(1)
_COUPON = msgspec.json.Decoder(Coupon)


class CartCoupon(Struct, frozen=True):
    """A coupon of a cart, its document, and how often it and its customer have redeemed it."""

    coupon: Coupon
    document: Raw
    redemption_count: int
    customer_uses: int


class ShownLine(Struct, frozen=True):
    """What one line of a cart is shown at.

    `offered` is None where the line's price is not known any more and the client's amount stands in for it.
    """

    line: CartLine
    basis: LineBasis
    offered: Offered | None = None


class Calculation(Struct, frozen=True):
    """A cart's price with all that it was calculated from; `refused` says why coupons do not count, by code."""

    terms: PricingTerms
    lines: tuple[ShownLine, ...]
    priced: PricedCart
    legacy: LegacyTotals
    refused: Mapping[str, list[Rejection]]

    @property
    def rules(self) -> PricingRules:
        """How it was calculated."""
        return self.terms.rules


def calculate(view: View, stored: StoredCart, coupons: Mapping[str, CartCoupon], now: int) -> Calculation:
    """The cart's price and how it came about; coupons that do not hold count nothing. Never raises.

    `now` is microseconds UTC.
    """
    cart = stored.cart
    terms = _terms(view, cart, now)
    rules = terms.rules
    shown = tuple([_shown_line(view, terms, line) for line in cart.lines])
    lines = [pricing_line(terms, one.line, one.basis) for one in shown]
    goods = price_cart(rules, lines)
    charge = shipping.charge_for(view, cart, goods.price.gross, terms.taxes)
    undiscounted = price_cart(rules, lines, shipping=charge) if charge is not None else goods
    if not cart.coupons and not cart.external_discounts:
        return Calculation(terms, shown, undiscounted, legacy_totals(rules, undiscounted), {})
    order_value = undiscounted.price.gross if rules.includes_tax else undiscounted.price.net
    reached = _lines_reached(view, cart, coupons)
    uses = {code: _use(view, cart, (coupons[code].coupon, order_value, now), reached[code]) for code in reached}
    refused = {code: _refusals(code, coupons.get(code), uses.get(code), now) for code in cart.coupons}
    discounts = [discount_of(coupons[code].coupon, reached[code]) for code in cart.coupons if not refused[code]]
    discounts += cart_discounts(cart.external_discounts)
    discounted = price_cart(rules, lines, discounts=discounts, shipping=charge)
    legacy = legacy_totals(rules, discounted, discounts=discounts)
    return Calculation(terms, shown, discounted, legacy, refused)


def _terms(view: View, cart: Cart, now: int) -> PricingTerms:
    """The terms of a cart, with its products and prices loaded; a site that is gone sells in the cart's currency."""
    site = view.site(cart.site) or Site(code=cart.site, currency=cart.currency)
    context = context_of(view, site, cart, now)
    product_ids = {line.product_id for line in cart.lines}
    view.load(Kind.PRODUCT, product_ids)
    price_lists.load(view, product_ids)
    return terms_in(view, context, _models(view, context, cart))


def _models(view: View, context: PriceContext, cart: Cart) -> Iterator[PriceModel | None]:
    """The models of the prices that a cart's lines name in the catalogue, in their order."""
    for line in cart.lines:
        if line.quantity > 0 and not line.is_priced_externally:
            price = named_price(context, line, price_lists.prices_of(view, line.product_id))
            yield model_of(price, view.price_model) if price is not None else None


def _shown_line(view: View, terms: PricingTerms, line: CartLine) -> ShownLine:
    external = line.external
    product = view.product(line.product_id) if external is None or external.product is None else None
    code, rate = tax_of(terms, line, product)
    weighs = product is not None and product.weight_dependent
    if external is not None and external.priced:
        return ShownLine(line, LineBasis(external_value(terms, line, external), code, rate, weighs))
    price = named_price(terms.context, line, price_lists.prices_of(view, line.product_id))
    model = model_of(price, view.price_model) if price is not None else None
    if price is None or model is None or not price.tier_values or not _is_payable(terms, price):
        return ShownLine(line, LineBasis(claimed_value(line), code, rate, weighs))
    offered = Offered(price, model)
    value = catalogue_value(terms, offered, line.quantity, rate or ZERO)
    return ShownLine(line, LineBasis(value, code, rate, weighs), offered)


def _is_payable(terms: PricingTerms, price: Price) -> bool:
    """Whether a price is in the cart's currency, or can be exchanged into it."""
    return price.currency == terms.context.currency or price.currency in terms.context.exchange_rates


def _lines_reached(view: View, cart: Cart, coupons: Mapping[str, CartCoupon]) -> dict[str, frozenset[str] | None]:
    """For each coupon of the cart that exists, the lines that it holds for; None for all of them."""
    known = {code: coupons[code].coupon for code in cart.coupons if code in coupons}
    found: dict[str, frozenset[str]] = {}
    if any(coupon.category_restricted for coupon in known.values()):
        found = categories.of_products(view, {line.product_id for line in cart.lines})
    return {code: lines_reached(coupon, cart.lines, found) for code, coupon in known.items()}


def _use(view: View, cart: Cart, what: tuple[Coupon, Decimal, int], lines: frozenset[str] | None) -> CouponUse:
    coupon, order_value, now = what
    theirs: frozenset[str] = frozenset()
    if coupon.segment_restricted:
        theirs = segments.of_customer(view, cart.customer_id, cart.site, now)
    reaches_lines, clock = lines is None or bool(lines), view.clock(cart.site)
    return CouponUse(cart.currency, order_value, cart.customer_id, theirs, reaches_lines=reaches_lines, clock=clock)


def _refusals(code: str, known: CartCoupon | None, use: CouponUse | None, now: int) -> list[Rejection]:
    if known is None or use is None:
        message = f"Coupon {code} does not exist any more. Remove it from the cart."
        return [Rejection(Reason.COUPON_NOT_ACTIVE, code, message)]
    return refusals(
        known.coupon,
        use,
        redemption_count=known.redemption_count,
        customer_uses=known.customer_uses,
        now=now,
    )


def coupons_of(tx: Transaction, shop: str, cart: Cart) -> dict[str, CartCoupon]:
    """The coupons of a cart that exist, by code."""
    return coupons_with(tx, shop, cart.coupons, cart) if cart.coupons else {}


def coupons_with(tx: Transaction, shop: str, codes: Sequence[str], cart: Cart) -> dict[str, CartCoupon]:
    """Those of these coupons that exist, by code, with how often the cart's customer has redeemed them."""
    uses: dict[str, int] = {}
    if cart.customer_id is not None:
        customer = customer_key(cart.customer_id, cart.legal_entity_id)
        uses = {used.code: used.uses for used in stored_coupons.customer_uses(tx, shop, codes, [customer])}
    return {
        coupon.code: CartCoupon(
            _COUPON.decode(coupon.document),
            Raw(coupon.document.encode()),
            coupon.redemption_count,
            uses.get(coupon.code, 0),
        )
        for coupon in stored_coupons.counted_coupons(tx, shop, codes)
    }


# --------------------------------------------------------------------------------------------- prices of the lines


def matches(view: View, cart: Cart, now: int) -> list[PriceMatch | None]:
    """The best price now for each line of the cart, in order; None where there is none."""
    site = view.site(cart.site)
    if site is None:
        return [None] * len(cart.lines)
    queries = [PriceQuery("PRODUCT", line.product_id, line.quantity) for line in cart.lines]
    return prices.match(view, context_of(view, site, cart, now), queries)


def matched_price(match: PriceMatch) -> CartPrice:
    """A matched price as a cart keeps it."""
    gross = match.includes_tax
    return CartPrice(
        match.price.id,
        _WRITTEN.plus(match.original.on(gross)),
        _WRITTEN.plus(match.effective.on(gross)),
        match.currency,
        None if match.model.measurement_unit.quantity == _ONE else match.model.measurement_unit,
        match.price_list_id,
    )


def is_price_stale(view: View, terms: PricingTerms, shown: ShownLine) -> bool:
    """Whether a line could not be bought at its price now: gone, for others, for another time, or another amount."""
    line, rate = shown.line, shown.basis.tax_rate
    if line.is_priced_externally:
        return False
    product = view.product(line.product_id)
    if product is None or not product.published or shown.offered is None or rate is None:
        return True
    price, model = shown.offered.price, shown.offered.model
    if view.site(terms.site.code) is None or misfit(price, terms.context) is not None:
        return True
    claimed = line.price.effective_amount if line.price is not None else None
    if claimed is None:
        return False
    effective = as_shown(terms, model, value_here(price, model, line.quantity, terms.context).effective, rate)
    return not is_same_amount(claimed, effective, terms.rules.scale)
