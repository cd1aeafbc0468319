"""The route table of the Emporix dialect."""

from tillroll.dialects.emporix import (
    approvals,
    availability,
    cart_delivery,
    cart_merge,
    carts,
    categories,
    checkout,
    companies,
    configuration,
    coupon_redemptions,
    coupons,
    currencies,
    customer_addresses,
    customer_admin,
    customer_login,
    customer_me,
    customer_passwords,
    customer_sessions,
    delivery_bookings,
    delivery_slots,
    delivery_times,
    delivery_windows,
    orders,
    orders_by_hand,
    payment_modes,
    payments,
    price_lists,
    price_match,
    price_set_up,
    product_bulk,
    products,
    quote_reasons,
    quotes,
    schemas,
    segments,
    sequential_ids,
    session_context,
    shipping,
    shipping_groups,
    shipping_quotes,
    shipping_sites,
    sites,
    tax_commands,
    taxes,
    tokens,
)
from tillroll.dialects.emporix.customer_login import LoginDesk
from tillroll.dialects.emporix.errors import SERVICES
from tillroll.dialects.emporix.guests import GuestLimits
from tillroll.dialects.http import Area, Route
from tillroll.dialects.passwords import Passwords
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.settings import Settings

# Nearly every answer holds a token, somebody's data, or prices that are theirs: no cache keeps any.
AREAS = tuple(Area(name, service, is_private=True) for name, service in SERVICES.items())


def routes(settings: Settings, catalogue: Catalogue, passwords: Passwords) -> list[Route]:
    """Every route of the dialect."""
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
        *segments.routes(),
        *carts.routes(catalogue, guests),
        *cart_merge.routes(catalogue),
        *checkout.routes(catalogue),
        *orders.routes(),
        *orders_by_hand.routes(catalogue),
        *sequential_ids.routes(catalogue),
        *quotes.routes(catalogue),
        *quote_reasons.routes(),
        *approvals.routes(),
        *payment_modes.routes(catalogue),
        *payments.routes(catalogue),
    ]
