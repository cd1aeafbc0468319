"""The route table of the Emporix dialect."""

from tillroll.dialects.emporix import (
    availability,
    carts,
    checkout,
    configuration,
    coupons,
    currencies,
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
    shipping,
    sites,
    taxes,
    tokens,
)
from tillroll.dialects.http import Route
from tillroll.engine.catalogue import Catalogue
from tillroll.settings import Settings


def routes(settings: Settings, catalogue: Catalogue) -> list[Route]:
    """Every route of the dialect."""
    return [
        *tokens.routes(settings),
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
        *checkout.routes(catalogue),
        *orders.routes(),
        *orders_by_hand.routes(catalogue),
        *sequential_ids.routes(catalogue),
    ]
