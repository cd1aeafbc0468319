"""Emporix's dialect, described: a module per group of services, each with its operations and its shapes."""

from tillroll.dialects.emporix.described import (
    amounts,
    carts,
    categories,
    common,
    coupons,
    customers,
    delivery,
    orders,
    payments,
    price_lists,
    prices,
    quotes,
    sequences,
    set_up,
    shipping,
    tokens,
)
from tillroll.dialects.openapi import Description

_SUMMARY = """The Emporix Commerce Engine along the purchase path. A back office has the service token of
`POST /oauth/token`, a storefront the guest's token of the anonymous login. Every service has its own error format."""


def description() -> Description:
    """The dialect's account of itself."""
    goods = (set_up, prices, price_lists, categories)
    modules = (tokens, customers, *goods, shipping, delivery, coupons, carts, orders, payments, sequences, quotes)
    shapes = [module.components() for module in (common, amounts, *modules)]
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
