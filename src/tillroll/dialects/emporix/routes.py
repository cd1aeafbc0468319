"""The route table of the Emporix dialect."""

from tillroll.dialects.emporix.access import session_context, tokens
from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.cart import carts
from tillroll.dialects.emporix.cart import delivery as cart_delivery
from tillroll.dialects.emporix.cart import merge as cart_merge
from tillroll.dialects.emporix.catalogue import bulk as product_bulk
from tillroll.dialects.emporix.catalogue import categories, category_trees, products
from tillroll.dialects.emporix.checkout import approvals, checkout
from tillroll.dialects.emporix.coupons import coupons
from tillroll.dialects.emporix.coupons import redemptions as coupon_redemptions
from tillroll.dialects.emporix.customers import addresses as customer_addresses
from tillroll.dialects.emporix.customers import admin as customer_admin
from tillroll.dialects.emporix.customers import companies, segments
from tillroll.dialects.emporix.customers import login as customer_login
from tillroll.dialects.emporix.customers import me as customer_me
from tillroll.dialects.emporix.customers import passwords as customer_passwords
from tillroll.dialects.emporix.customers import sessions as customer_sessions
from tillroll.dialects.emporix.customers.login import LoginDesk
from tillroll.dialects.emporix.delivery import bookings as delivery_bookings
from tillroll.dialects.emporix.delivery import slots as delivery_slots
from tillroll.dialects.emporix.delivery import times as delivery_times
from tillroll.dialects.emporix.delivery import windows as delivery_windows
from tillroll.dialects.emporix.orders import manual as orders_by_hand
from tillroll.dialects.emporix.orders import number_patterns as sequential_ids
from tillroll.dialects.emporix.orders import orders
from tillroll.dialects.emporix.payments import acts as payment_acts
from tillroll.dialects.emporix.payments import bells as payment_bells
from tillroll.dialects.emporix.payments import deferred as payments
from tillroll.dialects.emporix.payments import modes as payment_modes
from tillroll.dialects.emporix.payments import transactions as payment_transactions
from tillroll.dialects.emporix.prices import currencies, taxes
from tillroll.dialects.emporix.prices import lists as price_lists
from tillroll.dialects.emporix.prices import match as price_match
from tillroll.dialects.emporix.prices import set_up as price_set_up
from tillroll.dialects.emporix.prices import tax_calculation as tax_commands
from tillroll.dialects.emporix.quotes import quotes
from tillroll.dialects.emporix.quotes import reasons as quote_reasons
from tillroll.dialects.emporix.shipping import costs as shipping_quotes
from tillroll.dialects.emporix.shipping import find_site as shipping_sites
from tillroll.dialects.emporix.shipping import groups as shipping_groups
from tillroll.dialects.emporix.shipping import zones as shipping
from tillroll.dialects.emporix.site import configuration, schemas, sites
from tillroll.dialects.emporix.stock import availability
from tillroll.dialects.emporix.wire.errors import NOT_HERE, SERVICES
from tillroll.dialects.http import Area, Cors, Route, now
from tillroll.dialects.passwords import Passwords
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.payments.gateway import Gateway
from tillroll.settings import Settings

# Storefronts call from the browser. The star stands for whatever else a page sends; a token it never stands for.
CORS = Cors(
    "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Authorization, Content-Type, Accept, Accept-Language, Content-Language, X-Version, X-Total-Count, Saas-Token, "
    "Session-Id, Emporix-Tenant, Hybris-Tenant, Idempotency-Key, *",
    exposed="X-Request-Id, Retry-After, X-Total-Count, Items-Count, Location, Version, Tillroll-Ignored",
)
# Nearly every answer holds a token, somebody's data, or prices that are theirs: no cache keeps any.
AREAS = tuple(Area(name, service, CORS, is_private=True) for name, service in (SERVICES | NOT_HERE).items())


def routes(
    settings: Settings, catalogue: Catalogue, passwords: Passwords, gateway: Gateway | None = None
) -> list[Route]:
    """Every route of the dialect; without a gateway nobody is connected."""
    gateway = gateway or Gateway(catalogue, {}, now)
    guests = GuestLimits.of(settings)
    desk = LoginDesk(settings, catalogue, passwords, guests)
    return [
        *tokens.routes(settings, guests),
        *customer_login.routes(desk),
        *customer_sessions.routes(desk),
        *customer_passwords.routes(settings, desk),
        *customer_me.routes(),
        *customer_addresses.routes(),
        *customer_admin.routes(desk),
        *companies.routes(),
        *session_context.routes(),
        *sites.routes(),
        *taxes.routes(),
        *tax_commands.routes(catalogue),
        *products.routes(),
        *product_bulk.routes(),
        *schemas.routes(),
        *configuration.routes(),
        *price_set_up.routes(),
        *price_lists.routes(),
        *currencies.routes(),
        *price_match.routes(catalogue),
        *availability.routes(catalogue),
        *shipping.routes(),
        *delivery_times.routes(catalogue),
        *delivery_slots.routes(catalogue),
        *delivery_windows.routes(catalogue),
        *delivery_bookings.routes(catalogue),
        *shipping_quotes.routes(catalogue),
        *shipping_groups.routes(),
        *shipping_sites.routes(catalogue),
        *cart_delivery.routes(catalogue),
        *coupons.routes(catalogue, guests),
        *coupon_redemptions.routes(catalogue, guests),
        *categories.routes(),
        *category_trees.routes(),
        *segments.routes(),
        *carts.routes(catalogue, guests),
        *cart_merge.routes(catalogue),
        *checkout.routes(catalogue, gateway),
        *orders.routes(),
        *orders_by_hand.routes(catalogue),
        *sequential_ids.routes(catalogue),
        *quotes.routes(catalogue),
        *quote_reasons.routes(),
        *approvals.routes(),
        *payment_modes.routes(catalogue, gateway),
        *payments.routes(catalogue, gateway),
        *payment_acts.routes(catalogue, gateway),
        *payment_transactions.routes(),
        *payment_bells.routes(catalogue, gateway),
    ]
