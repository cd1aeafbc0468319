"""What a cart costs right now, and which price each of its lines should have.

    lines ──► price by id, else what the client claims ──► site's side of the tax ──► coupons that hold ──► totals

Nothing here refuses: a cart is shown as well as it can be, and the checkout decides whether it can be bought
(contracts/emporix.md, 5 and 6.1).
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import Raw, Struct

from tillroll.domain.cart import Cart, CartLine, CartPrice, is_same_amount
from tillroll.domain.catalogue import Coupon, Price, PriceModel, Site, TaxTable
from tillroll.domain.coupons import CouponUse, discount_of, lines_reached, refusals
from tillroll.domain.external import External, amount_of, cart_discounts, line_tax_of, with_external
from tillroll.domain.money import ZERO, is_sane_amount
from tillroll.domain.price_lists import named
from tillroll.domain.price_match import PriceContext, line_total, misfit, model_of, sides, value_here
from tillroll.domain.pricing import (
    LegacyTotals,
    PricedCart,
    PricingLine,
    PricingRules,
    legacy_totals,
    price_cart,
)
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.residence import tax_purpose
from tillroll.engine import categories, price_lists, prices, segments, shipping
from tillroll.engine.cart import StoredCart
from tillroll.engine.catalogue import Kind
from tillroll.engine.catalogue_view import View
from tillroll.engine.prices import PriceMatch, PriceQuery
from tillroll.engine.residences import residence
from tillroll.store import Transaction
from tillroll.store.queries import keys

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


class LineTerms(Struct, frozen=True):
    """What one line is priced by; amounts are per measurement unit, on the priced side.

    `price` is None where the line's price is not known any more and the client's amount stands in for it.
    """

    line: CartLine
    price: Price | None
    model: PriceModel | None
    original: Decimal
    effective: Decimal
    tax_code: str | None
    tax_rate: Decimal | None


class Calculation(Struct, frozen=True):
    """A cart's price with all that it was calculated from; `refused` says why coupons do not count, by code."""

    site: Site
    country: str
    rules: PricingRules
    terms: tuple[LineTerms, ...]
    priced: PricedCart
    legacy: LegacyTotals
    refused: Mapping[str, list[Rejection]]


def calculate(view: View, stored: StoredCart, coupons: Mapping[str, CartCoupon], now: int) -> Calculation:
    """The cart's price and how it came about; coupons that do not hold count nothing. Never raises.

    `now` is microseconds UTC.
    """
    cart = stored.cart
    site = view.site(cart.site) or Site(code=cart.site, currency=cart.currency)
    country = tax_country(view, site, cart)
    ground = _ground(view, _context(view, site, cart, now), cart)
    terms = tuple(_line_terms(view, ground, line) for line in cart.lines)
    rules = PricingRules(site.scale_in(cart.currency), ground.includes_tax, cart.currency, uplift_percent(view))
    lines = [_pricing_line(view, ground, one) for one in terms]
    goods = price_cart(rules, lines)
    charge = shipping.charge_for(view, cart, goods.price.gross, ground.taxes)
    undiscounted = price_cart(rules, lines, shipping=charge) if charge is not None else goods
    if not cart.coupons and not cart.external_discounts:
        return Calculation(site, country, rules, terms, undiscounted, legacy_totals(rules, undiscounted), {})
    order_value = undiscounted.price.gross if rules.includes_tax else undiscounted.price.net
    reached = _lines_reached(view, cart, coupons)
    uses = {code: _use(view, cart, (coupons[code].coupon, order_value, now), reached[code]) for code in reached}
    refused = {code: _refusals(code, coupons.get(code), uses.get(code), now) for code in cart.coupons}
    discounts = [discount_of(coupons[code].coupon, reached[code]) for code in cart.coupons if not refused[code]]
    discounts += cart_discounts(cart.external_discounts)
    discounted = price_cart(rules, lines, discounts=discounts, shipping=charge)
    legacy = legacy_totals(rules, discounted, discounts=discounts)
    return Calculation(site, country, rules, terms, discounted, legacy, refused)


def tax_country(view: View, site: Site, cart: Cart) -> str:
    """Whose taxes a cart shows: its address of the type that the site names, its country, where its owner is at home,
    the site's home (6.1)."""
    wanted = tax_purpose(site)
    address = next((one for one in cart.addresses if one.get("type") == wanted and one.get("country")), None)
    said: str | None = address["country"] if address is not None else cart.country_code
    return (said or residence(view, cart).country(wanted) or site.home_country or "").upper()


def uplift_percent(view: View) -> Decimal:
    """By how much more than its price a weight-dependent line may be authorised: a percentage (6.1 rule 13 and 18)."""
    return view.configured("authorizedAmountUplift", ZERO, _percentage)


def _percentage(value: Any) -> Decimal:
    """A percentage as the merchant configured it, as a number or a text; what is none counts as none."""
    try:
        percent = Decimal(str(value))
    except InvalidOperation:
        return ZERO
    return percent if not isinstance(value, bool) and is_sane_amount(percent) and 0 <= percent <= 1000 else ZERO


class _Ground(Struct, frozen=True):
    """What all lines of a cart are priced on."""

    context: PriceContext
    taxes: TaxTable | None
    includes_tax: bool


def _ground(view: View, context: PriceContext, cart: Cart) -> _Ground:
    product_ids = {line.product_id for line in cart.lines}
    view.load(Kind.PRODUCT, product_ids)
    price_lists.load(view, product_ids)
    taxes = view.tax_table(context.country) if context.country else None
    return _Ground(context, taxes, _includes_tax(view, context, cart))


def _line_terms(view: View, ground: _Ground, line: CartLine) -> LineTerms:
    context, taxes = ground.context, ground.taxes
    product = view.product(line.product_id)
    code = product.tax_classes.get(taxes.location.country_code) if product is not None and taxes is not None else None
    rate = taxes.rate_of(code) if taxes is not None and code is not None else None
    code = code if rate is not None else None
    if line.external is not None and line.external.priced:
        return _external_terms(ground, line, line.external, (code, rate))
    price = known_price(view, context, line)
    model = model_of(price, view.price_model) if price is not None else None
    if price is None or model is None or not price.tier_values:
        claimed = line.price if line.price is not None else CartPrice("")
        amount = claimed.effective_amount or ZERO
        return LineTerms(line, None, None, claimed.original_amount or amount, amount, code, rate)
    value = value_here(price, model, line.quantity, context)
    site = context.site
    original, effective = _on_side(site, model, value.original, rate), _on_side(site, model, value.effective, rate)
    return LineTerms(line, price, model, original, effective, code, rate)


def _external_terms(
    ground: _Ground, line: CartLine, external: External, known: tuple[str | None, Decimal | None]
) -> LineTerms:
    """What a line is priced by whose price is an outside system's; its tax is the product's where none was named."""
    code, rate = line_tax_of(external, ground.taxes)
    if rate is None:
        code, rate = known
    claimed = line.price if line.price is not None else CartPrice("")
    effective = claimed.effective_amount or ZERO
    amount = amount_of(external, effective, includes_tax=ground.includes_tax)
    return LineTerms(line, None, None, claimed.original_amount or effective, amount, code, rate)


def known_price(view: View, context: PriceContext, line: CartLine) -> Price | None:
    """The price that a line names, where its product still has it in a currency that can be exchanged."""
    if line.price is None:
        return None
    every = price_lists.prices_of(view, line.product_id)
    found = [
        price
        for price in named(every, line.price.price_id, line.price.price_list_id)
        if price.currency == context.currency or price.currency in context.exchange_rates
    ]
    return next((price for price in found if misfit(price, context) is None), found[0] if found else None)


def _on_side(site: Site, model: PriceModel, amount: Decimal, rate: Decimal | None) -> Decimal:
    if site.includes_tax is None or site.includes_tax == model.includes_tax:
        return amount
    return sides(amount, is_gross=model.includes_tax, rate=rate or ZERO).on(site.includes_tax)


def _includes_tax(view: View, context: PriceContext, cart: Cart) -> bool:
    """On which side the cart is priced: as the site says, else as the price model of the first line that has one."""
    if context.site.includes_tax is not None:
        return context.site.includes_tax
    for line in cart.lines:
        price = known_price(view, context, line) if not line.is_priced_externally else None
        model = model_of(price, view.price_model) if price is not None else None
        if model is not None:
            return model.includes_tax
    return False


def _pricing_line(view: View, ground: _Ground, terms: LineTerms) -> PricingLine:
    line, model = terms.line, terms.model
    if model is None:
        unit = line.price.measurement_unit if line.price is not None else None
        model = PriceModel(measurement_unit=unit) if unit is not None else PriceModel()
    product = view.product(line.product_id)
    is_plain = model.measurement_unit.quantity in (_ONE, ZERO)
    pricing = PricingLine(
        line.id,
        line.quantity,
        terms.effective if is_plain else line_total(terms.effective, _ONE, model),
        terms.tax_code,
        terms.tax_rate,
        weight_dependent=product is not None and product.weight_dependent,
        price=None if is_plain else line_total(terms.effective, line.quantity, model),
    )
    if line.external is None:
        return pricing
    return with_external(pricing, line.external, ground.taxes, includes_tax=ground.includes_tax)


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
    return CouponUse(cart.currency, order_value, cart.customer_id, theirs, reaches_lines=lines is None or bool(lines))


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
    return coupons_with(tx, shop, cart.coupons, cart.customer_id) if cart.coupons else {}


def coupons_with(tx: Transaction, shop: str, codes: Sequence[str], customer_id: str | None) -> dict[str, CartCoupon]:
    """Those of these coupons that exist, by code, with how often this customer has redeemed them."""
    wanted, uses = keys(codes), {}
    if customer_id is not None:
        rows = tx.rows("coupon_customer_uses", shop=shop, keys=wanted, customers=keys([customer_id]))
        uses = {code: count for code, _customer, count in rows}
    return {
        code: CartCoupon(_COUPON.decode(document), Raw(document.encode()), count, uses.get(code, 0))
        for code, _maximum, count, document in tx.rows("coupons", shop=shop, keys=wanted)
    }


# --------------------------------------------------------------------------------------------- prices of the lines


def matches(view: View, cart: Cart, now: int) -> list[PriceMatch | None]:
    """The best price now for each line of the cart, in order; None where there is none."""
    site = view.site(cart.site)
    if site is None:
        return [None] * len(cart.lines)
    queries = [PriceQuery("PRODUCT", line.product_id, line.quantity) for line in cart.lines]
    return prices.match(view, _context(view, site, cart, now), queries)


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


def is_price_stale(view: View, stored: StoredCart, terms: LineTerms, now: int) -> bool:
    """Whether a line could not be bought at its price now: gone, for others, for another time, or another amount."""
    cart = stored.cart
    if terms.line.is_priced_externally:
        return False
    site, product = view.site(cart.site), view.product(terms.line.product_id)
    if product is None or not product.published or terms.price is None or site is None or terms.tax_rate is None:
        return True
    if misfit(terms.price, _context(view, site, cart, now)) is not None:
        return True
    claimed = terms.line.price.effective_amount if terms.line.price is not None else None
    return claimed is not None and not is_same_amount(claimed, terms.effective, site.scale_in(cart.currency))


def _context(view: View, site: Site, cart: Cart, now: int) -> PriceContext:
    buyer = price_lists.buyer_of(view, cart.customer_id, cart.legal_entity_id)
    return price_lists.completed(view, PriceContext(site, cart.currency, tax_country(view, site, cart), now, buyer))
