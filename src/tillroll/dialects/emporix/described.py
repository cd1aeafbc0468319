"""Emporix's dialect, described: a module per group of services, each with its operations and its shapes."""

from tillroll.dialects.emporix.access import described as tokens
from tillroll.dialects.emporix.cart import described as carts
from tillroll.dialects.emporix.catalogue import described as products
from tillroll.dialects.emporix.catalogue import described_categories as categories
from tillroll.dialects.emporix.checkout import described as checkout
from tillroll.dialects.emporix.coupons import described as coupons
from tillroll.dialects.emporix.customers import described as customers
from tillroll.dialects.emporix.customers import described_segments as segments
from tillroll.dialects.emporix.delivery import described as delivery
from tillroll.dialects.emporix.kept_fields import with_kept
from tillroll.dialects.emporix.orders import described as orders
from tillroll.dialects.emporix.orders import described_number_patterns as sequences
from tillroll.dialects.emporix.payments import described as payments
from tillroll.dialects.emporix.prices import described as prices
from tillroll.dialects.emporix.prices import described_lists as price_lists
from tillroll.dialects.emporix.prices import described_taxes as taxes
from tillroll.dialects.emporix.quotes import described as quotes
from tillroll.dialects.emporix.shipping import described as shipping
from tillroll.dialects.emporix.site import described as set_up
from tillroll.dialects.emporix.stock import described as availability
from tillroll.dialects.emporix.wire import described as common
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
        names_unread=True,
        components=with_kept({name: schema for found in shapes for name, schema in found.items()}),
        refusal=common.refusal,
        demands=common.demands,
        schemes=common.SCHEMES,
        places={"tenant": common.TENANT_SCHEMA},
    )
