"""Loading what checkouts are decided from: once per shop and commit, in a fixed number of queries.

Rows that a checkout counts (coupons, stock, delivery windows) are locked here, in the order of `engine.locks`. What the
merchant set up comes from the cache.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from tillroll.domain.checkout.decide import buying_country, ground_of
from tillroll.domain.checkout.inputs import Attempt, CouponState, Facts, Ground, Method, Sellable, StockLevel
from tillroll.domain.checkout.request import named_mixins
from tillroll.domain.checkout.window import asked_window
from tillroll.domain.coupons.coupons import Coupon
from tillroll.domain.delivery.delivery import Calendar, Window
from tillroll.domain.delivery.request import find_window
from tillroll.domain.orders.order import ShippingChoice, is_put_off
from tillroll.domain.payments.payment import GATEWAY, mode_id
from tillroll.domain.prices.prices import Price
from tillroll.engine.catalogue import categories
from tillroll.engine.customers import segments
from tillroll.engine.customers.tax_addresses import account_emails, load_customers
from tillroll.engine.delivery import delivery
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.locks import Locks, Plan
from tillroll.engine.orders.stock import takes_stock
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.prices import terms
from tillroll.engine.shipping import shipping
from tillroll.engine.site.schemas import schema_for_url
from tillroll.store.coupons import rows as stored_coupons
from tillroll.store.delivery.rows import NewCounter

CHECKS_SHIPPING_AMOUNT = "checkoutChecksShippingAmount"
CHECKS_PAYMENT_AMOUNT = "checkoutChecksPaymentAmount"
ALLOWS_GUESTS_WITH_ACCOUNTS = "allowAnonymousCheckoutWithExistingCustomerEmail"

_ONE = Decimal(1)
_COUPON = msgspec.json.Decoder(Coupon)


class LoadedFacts(Struct, frozen=True):
    """The facts for some attempts, and the ground of each of them, in order."""

    facts: Facts
    grounds: list[Ground | None]


def load(locks: Locks, view: View, attempts: Sequence[Attempt], now: int) -> LoadedFacts:
    """The facts for these attempts, with the coupons, stock and delivery windows that they touch locked."""
    loaded = look_up(view, attempts, now)
    facts, grounds = loaded.facts, _with_windows(view, loaded)
    windows = _counters(view, facts, grounds)
    held = locks.take(Plan(coupons=_coupons(attempts), stock=_stock_needed(facts, attempts), windows=windows))
    for code, counted in held.coupons.items():
        document = counted.document
        facts.coupons[code] = CouponState(_COUPON.decode(document), counted.redemption_count, Raw(document.encode()))
    for place, record in held.stock.items():
        facts.stock[place] = StockLevel(record.on_hand, bool(record.sellable))
    facts.booked.update(held.windows)
    _load_uses(view, facts, attempts)
    _load_restrictions(view, facts, attempts)
    return LoadedFacts(facts, grounds)


def look_up(view: View, attempts: Sequence[Attempt], now: int) -> LoadedFacts:
    """What the merchant has set up for these attempts; nothing is locked, no stock and no coupon is known."""
    facts = Facts(
        now=now,
        tax_tables={},
        products={},
        models={},
        stock={},
        coupons={},
        coupon_uses={},
        zones={},
        methods={},
        schemas=set(),
        exchange_rates={},
        regions={},
        categories={},
        segments={},
        checks_shipping_fee=view.is_on(CHECKS_SHIPPING_AMOUNT, default=True),
        checks_payment_amount=view.is_on(CHECKS_PAYMENT_AMOUNT, default=True),
        keeps_stock=takes_stock(view),
        uplift_percent=terms.uplift_percent(view),
        plans=view.remembered("line plans", lambda _: {}),
    )
    facts.customers = load_customers(view.tx, view, attempts)
    if not view.is_on(ALLOWS_GUESTS_WITH_ACCOUNTS, default=True):
        facts.account_emails = account_emails(view.tx, view, attempts)
    _load_products(view, facts, attempts)
    _load_payment_modes(view, facts, attempts)
    return LoadedFacts(facts, [_load_places(view, facts, attempt) for attempt in attempts])


def _load_products(view: View, facts: Facts, attempts: Sequence[Attempt]) -> None:
    wanted = {line.product_id for attempt in attempts if attempt.cart is not None for line in attempt.cart.lines}
    view.load(Kind.PRODUCT, wanted)
    price_lists.load(view, wanted)
    members = {
        member.product_id
        for id in wanted
        if (loaded := view.loaded(Kind.PRODUCT, id)) is not None and loaded.value.product_type == "BUNDLE"
        for member in loaded.value.bundled_products
    }
    view.load(Kind.PRODUCT, members)
    for id in members - wanted:
        if (loaded := view.loaded(Kind.PRODUCT, id)) is not None:
            facts.products[id] = Sellable(loaded.value, loaded.raw, ())
    for id in wanted:
        loaded = view.loaded(Kind.PRODUCT, id)
        if loaded is None:
            continue
        prices = price_lists.prices_of(view, id)
        facts.products[id] = Sellable(loaded.value, loaded.raw, prices)
        _load_models(view, facts, prices)


def _load_payment_modes(view: View, facts: Facts, attempts: Sequence[Attempt]) -> None:
    methods = [method for attempt in attempts for method in attempt.request.payment_methods]
    if any(is_put_off(one) for one in methods):
        facts.payment_modes |= {one.value.id: one.value for one in view.below(Kind.PAYMENT_MODE, "")}
    named = {mode_id(one.custom_attributes) for one in methods if one.provider == GATEWAY}
    for id in sorted(id for id in named if id is not None):
        loaded = view.loaded(Kind.PAYMENT_MODE, id)
        if loaded is not None:
            facts.payment_modes[id] = loaded.value


def _load_models(view: View, facts: Facts, prices: Iterable[Price]) -> None:
    for price in prices:
        if price.price_model_id not in facts.models:
            model = view.price_model(price.price_model_id)
            if model is not None:
                facts.models[price.price_model_id] = model


def _load_places(view: View, facts: Facts, attempt: Attempt) -> Ground | None:
    """The schemas, the site, the taxes and the way of shipping that an attempt names; its ground, if it has one."""
    request, cart = attempt.request, attempt.cart
    addresses = {mixin.address for mixin in named_mixins(request)}
    facts.schemas |= {address for address in addresses if schema_for_url(view, address) is not None}
    site = view.site(cart.site) if cart is not None else None
    if cart is None or site is None:
        return None
    country = buying_country(facts, attempt, site)
    if cart.currency not in facts.exchange_rates:
        facts.exchange_rates[cart.currency] = price_lists.exchange_rates(view, cart.currency)
    if country not in facts.regions:
        facts.regions[country] = price_lists.regions_of(view, country)
    table = view.tax_table(country)
    if table is not None:
        facts.tax_tables[country] = table
    if request.shipping is not None:
        _load_shipping(view, facts, cart.site, request.shipping)
        if attempt.customer_id is not None:
            facts.groups[cart.site, attempt.customer_id] = shipping.groups_of(view, cart.site, attempt.customer_id)
    return ground_of(facts, attempt, site, country)


def _load_shipping(view: View, facts: Facts, site: str, choice: ShippingChoice) -> None:
    key = (site, choice.zone_id, choice.method_id)
    if key in facts.methods:
        return
    for loaded in view.below(Kind.ZONE, site):  # all of them: another may name the address more exactly
        facts.zones[site, loaded.value.id] = loaded.value
    is_there = (site, choice.zone_id) in facts.zones
    method = view.loaded(Kind.METHOD, "/".join(key)) if is_there else None
    if method is not None:
        facts.methods[key] = Method(method.value, method.raw)


def _coupons(attempts: Sequence[Attempt]) -> set[str]:
    """The coupons of the carts."""
    return {code for attempt in attempts if attempt.cart is not None for code in attempt.cart.coupons}


def _load_uses(view: View, facts: Facts, attempts: Sequence[Attempt]) -> None:
    """How often the buyers have redeemed the coupons of these carts, which are locked."""
    codes = _coupons(attempts)
    if not codes:
        return
    customers = {attempt.customer_key for attempt in attempts if attempt.cart is not None and attempt.cart.coupons}
    for used in stored_coupons.customer_uses(view.tx, view.head.shop, codes, customers):
        facts.coupon_uses[used.code, used.customer] = used.uses


def _load_restrictions(view: View, facts: Facts, attempts: Sequence[Attempt]) -> None:
    """What the coupons of these carts ask for: the categories of products, the segments of customers."""
    for attempt in attempts:
        cart = attempt.cart
        used = [facts.coupons[code].coupon for code in cart.coupons if code in facts.coupons] if cart else []
        if cart is None or not used:
            continue
        if any(coupon.category_restricted for coupon in used):
            facts.categories.update(categories.of_products(view, {line.product_id for line in cart.lines}))
        if attempt.customer_id is not None and any(coupon.segment_restricted for coupon in used):
            found = segments.of_customer(view, attempt.customer_id, cart.site, facts.now)
            facts.segments[attempt.customer_id, cart.site] = found


def _stock_needed(facts: Facts, attempts: Sequence[Attempt]) -> set[tuple[str, str]]:
    """Whose stock the carts take: site and product, bundles by their members."""
    return {
        (attempt.cart.site, product_id)
        for attempt in attempts
        if attempt.cart is not None
        for line in attempt.cart.lines
        if (sellable := facts.products.get(line.product_id)) is not None
        for product_id, _ in sellable.value.stock_needed(_ONE)
    }


def _with_windows(view: View, loaded: LoadedFacts) -> list[Ground | None]:
    """The grounds with the delivery windows that are asked for, found once."""
    calendars: dict[str, Calendar] = {}
    grounds: list[Ground | None] = []
    for ground in loaded.grounds:
        asked = asked_window(ground.cart) if ground is not None else None
        if ground is None or asked is None:
            grounds.append(ground)
            continue
        site = ground.cart.site
        if site not in calendars:
            calendars[site] = delivery.calendar(view, site)
        window = find_window(calendars[site], asked, loaded.facts.now)
        grounds.append(replace(ground, asked=asked, window=window))
    return grounds


def _counters(view: View, facts: Facts, grounds: Sequence[Ground | None]) -> dict[str, NewCounter | None]:
    """The counters of those windows that can be booked: open, and of a zone that is there."""
    wanted: dict[str, Window] = {}
    for ground in grounds:
        if ground is None or not isinstance(ground.window, Window):
            continue
        window, site = ground.window, ground.cart.site
        zone = view.zone(site, window.time.zone_id or "")
        if zone is not None:
            facts.zones[site, zone.id] = zone
            wanted[window.id] = window
    return delivery.counters(view.head.shop, wanted.values(), facts.now)
