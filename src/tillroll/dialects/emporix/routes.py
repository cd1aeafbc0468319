"""The route table of the Emporix dialect."""

from tillroll.dialects.emporix import (
    availability,
    cart_merge,
    carts,
    checkout,
    companies,
    configuration,
    coupons,
    currencies,
    customer_addresses,
    customer_admin,
    customer_login,
    customer_me,
    customer_passwords,
    customer_sessions,
    delivery_times,
    delivery_windows,
    orders,
    orders_by_hand,
    price_lists,
    price_match,
    price_set_up,
    product_bulk,
    products,
    schemas,
    sequential_ids,
    session_context,
    shipping,
    sites,
    taxes,
    tokens,
)
from tillroll.dialects.emporix.customer_login import LoginDesk
from tillroll.dialects.emporix.passwords import Passwords
from tillroll.dialects.http import Route
from tillroll.engine.catalogue import Catalogue
from tillroll.settings import Settings


def routes(settings: Settings, catalogue: Catalogue) -> list[Route]:
    """Every route of the dialect."""
    desk = LoginDesk(settings, catalogue, Passwords(settings.password_threads))
    return [
        *tokens.routes(settings),
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
        *delivery_windows.routes(catalogue),
        *coupons.routes(catalogue),
        *carts.routes(catalogue),
        *cart_merge.routes(catalogue),
        *checkout.routes(catalogue),
        *orders.routes(),
        *orders_by_hand.routes(catalogue),
        *sequential_ids.routes(catalogue),
    ]
