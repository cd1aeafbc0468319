"""Emporix's dialect, described: a module per group of services, each with its operations and its shapes."""

from tillroll.dialects.emporix.described import (
    availability,
    carts,
    categories,
    checkout,
    common,
    coupons,
    customers,
    delivery,
    orders,
    payments,
    price_lists,
    prices,
    products,
    quotes,
    segments,
    sequences,
    set_up,
    shipping,
    taxes,
    tokens,
)
from tillroll.dialects.openapi import Description

_SUMMARY = """The Emporix Commerce Engine along the purchase path. A back office has the service token of
`POST /oauth/token`, a storefront the guest's token of the anonymous login. Every service has its own error format."""


def description() -> Description:
    """The dialect's account of itself."""
    goods = (set_up, taxes, products, prices, price_lists, categories, segments, availability)
    ways = (shipping, delivery)
    sales = (coupons, carts, checkout, orders, payments, sequences, quotes)
    modules = (tokens, customers, *goods, *ways, *sales)
    shapes = [module.components() for module in (common, *modules)]
    return Description(
        name="emporix",
        title="Emporix",
        summary=_SUMMARY,
        operations=[operation for module in modules for operation in module.operations()],
        components={name: schema for found in shapes for name, schema in found.items()},
        refusal=common.refusal,
        demands=common.demands,
        schemes=common.SCHEMES,
        places={"tenant": common.TENANT_SCHEMA},
    )
