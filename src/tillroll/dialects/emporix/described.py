"""Emporix's dialect, described: a module per group of services, each with its operations and its shapes."""

from types import ModuleType

from msgspec.structs import replace

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
from tillroll.dialects.explained import explained_components, explained_operation, texts_beside
from tillroll.dialects.openapi import Description, Operation, Place, Schema, Service

_SUMMARY = """The Emporix Commerce Engine along the purchase path. A back office has the service token of
`POST /oauth/token`, a storefront the guest's token of the anonymous login. Every service has its own error format."""


def description() -> Description:
    """The dialect's account of itself."""
    modules = _modules()
    shapes = [module.components() for module in (common, *modules)]
    return Description(
        name="emporix",
        title="Emporix",
        summary=_SUMMARY,
        kinds=(
            *("cart_changed", "quote_changed", "password_reset_requested"),
            *("order_placed", "order_status_changed", "order_written", "order_changed", "order_deleted"),
            "payment_refunded",
        ),
        operations=[operation for module in modules for operation in module.operations()],
        names_unread=True,
        components=with_kept({name: schema for found in shapes for name, schema in found.items()}),
        services=SERVICES,
        explain=_explained,
        refusal=common.refusal,
        demands=common.demands,
        schemes=common.SCHEMES,
        places=PLACES,
    )


def _modules() -> tuple[ModuleType, ...]:
    goods = (set_up, taxes, products, prices, price_lists, categories, segments, availability)
    ways = (shipping, delivery)
    sales = (coupons, carts, checkout, orders, payments, sequences, quotes)
    return (tokens, customers, *goods, *ways, *sales)


def _explained(description: Description) -> Description:
    """The account with the texts that stand beside its modules."""
    shared = texts_beside(common.__name__)
    shapes: dict[str, Schema] = {}
    operations: list[Operation] = []
    for module in (common, *_modules()):
        texts = texts_beside(module.__name__)
        known = [name for name in module.components() if name in description.components]
        shapes = explained_components({name: description.components[name] for name in known}, texts, shared) | shapes
        if module is not common:
            operations += [explained_operation(operation, texts, shared) for operation in module.operations()]
    return replace(description, operations=operations, components=shapes)


SERVICES = (
    Service("tokens", "Back office tokens", ("/oauth",), "What a back office logs in with."),
    Service("guests", "Guest sessions", ("/customerlogin",), "What a storefront begins with."),
    Service("session", "Session contexts", ("/session-context",), "Site, currency and country of a session."),
    Service("customer", "Customers", ("/customer",), "Accounts, logins, profiles and addresses."),
    Service("company", "Companies", ("/customer-management",), "What customers may act for."),
    Service("site", "Sites", ("/site",), "Shop windows with their currency, country and side of the tax."),
    Service("schema", "Schemas", ("/schema",), "What may stand in the mixins of a document."),
    Service("configuration", "Configuration", ("/configuration",), "Settings of the shop."),
    Service("tax", "Taxes", ("/tax",), "Tax classes and rates of countries."),
    Service("product", "Products", ("/product",), "What is sold, its variants and bundles."),
    Service("price", "Prices", ("/price",), "Price models, prices, and which price holds."),
    Service(
        "price-list", "Price lists", ("/price/{tenant}/price-lists",), "Net prices for some customers or countries."
    ),
    Service("currency", "Currencies", ("/currency",), "Currencies, and what one is worth in another."),
    Service("category", "Categories", ("/category",), "The branches of the assortment."),
    Service("segment", "Customer segments", ("/customer-segment",), "Groups of customers."),
    Service("availability", "Availability", ("/availability",), "What is on hand."),
    Service("shipping", "Shipping", ("/shipping",), "Zones, methods and their fees."),
    Service(
        "delivery",
        "Delivery times and windows",
        (
            "/shipping/{tenant}/delivery-times",
            "/shipping/{tenant}/delivery-cycles",
            "/shipping/{tenant}/actualDeliveryWindows",
            "/shipping/{tenant}/areaDeliveryTimes",
            "/shipping/{tenant}/deliveryWindowValidation",
            "/cart/{tenant}/carts/{cartId}/dtRestrictions",
        ),
        "On which days and in which hours is delivered, and what of that is still free.",
    ),
    Service("coupon", "Coupons", ("/coupon",), "Discounts with a code, and their uses."),
    Service("cart", "Carts", ("/cart",), "What somebody is about to buy."),
    Service("checkout", "Checkout", ("/checkout",), "One call that makes an order of a cart or of a quote."),
    Service("approval", "Approvals", ("/approval",), "Whether somebody may check out."),
    Service("order", "Orders", ("/order-v2",), "What was bought."),
    Service("payment", "Payment", ("/payment-gateway",), "How orders are paid."),
    Service("sequence", "Sequential ids", ("/sequential-id",), "Patterns of numbers, and the next ones."),
    Service("quote", "Quotes", ("/quote",), "Prices that are offered to one customer for some time."),
)

PLACES = {
    "tenant": Place("", "The shop: the name that it was made with.", common.TENANT_SCHEMA),
    "modeId": Place("payment mode", "The id of the payment mode."),
    "transactionId": Place("transaction", "The id of the payment, as the order's `payments` name it."),
    "cartId": Place("cart", "The id of the cart."),
    "itemId": Place("item", "The id of the item in the cart."),
    "discountIndex": Place("coupon", "Which coupon of the cart, counted from 0."),
    "site": Place("site", "The code of the site."),
    "sites/{id}": Place("site", "The code of the site."),
    "zone": Place("shipping zone", "The id of the shipping zone."),
    "zones/{id}": Place("shipping zone", "The id of the shipping zone."),
    "methods/{id}": Place("shipping method", "The id of the shipping method."),
    "groups/{id}": Place("shipping group", "The id of the shipping group."),
    "cgrelations/{id}": Place("relation", "The id of the customer."),
    "delivery-times/{id}": Place("delivery time", "The id of the delivery time."),
    "slotId": Place("slot", "The id of the slot."),
    "deliveryAreaId": Place("shipping zone", "The id of the shipping zone."),
    "productId": Place("product", "The id of the product."),
    "products/{id}": Place("product", "The id of the product."),
    "categoryId": Place("category", "The id of the category."),
    "categories/{id}": Place("category", "The id of the category."),
    "assignments/{id}": Place("assignment", "The id of the assignment, which is that of the product."),
    "priceModels/{id}": Place("price model", "The id of the price model."),
    "prices/{id}": Place("price", "The id of the price."),
    "priceListId": Place("price list", "The id of the price list."),
    "price-lists/{id}": Place("price list", "The id of the price list."),
    "currencies/{id}": Place("currency", "The code of the currency."),
    "exchanges/{id}": Place("exchange rate", "The code of the exchange rate: `EUR_USD`."),
    "taxes/{id}": Place("tax table", "The code of the country."),
    "schemas/{id}": Place("schema", "The id of the schema."),
    "schemaType": Place("pattern", "What the ids are for, as in the pattern."),
    "key": Place("configuration", "The key of the setting."),
    "code": Place("coupon", "The code of the coupon, in either case."),
    "redemptions/{id}": Place("redemption", "The id of the redemption."),
    "customerNumber": Place("customer", "The number of the customer."),
    "addressId": Place("address", "The id of the address."),
    "segmentId": Place("segment", "The id of the segment."),
    "segments/{id}": Place("segment", "The id of the segment."),
    "customers/{id}": Place("member", "The id of the customer."),
    "legal-entities/{id}": Place("legal entity", "The id of the legal entity."),
    "locations/{id}": Place("location", "The id of the location."),
    "contact-assignments/{id}": Place("contact assignment", "The id of the contact assignment."),
    "legalEntityId": Place("legal entity", "The id of the legal entity."),
    "{legalEntityId}/{id}": Place("order", "The number of the order."),
    "orders/{id}": Place("order", "The number of the order."),
    "salesorders/{id}": Place("order", "The number of the order."),
    "config/{id}": Place("payment mode", "The id of the payment mode."),
    "frontend/{id}": Place("payment mode", "The id of the payment mode."),
    "quotes/{id}": Place("quote", "The id of the quote."),
    "quote-reasons/{id}": Place("quote reason", "The id of the reason."),
    "sessionId": Place("session", "The id of the session."),
    "name": Place("", "The name of the attribute."),
}
