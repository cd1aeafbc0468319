"""Fields that the vendor documents, and that are kept and given back here: nothing is decided by them.

They are described like all others, so that nobody who sends one is told that it is unknown.
"""

from collections.abc import Mapping

from tillroll.dialects.openapi import Schema

_KEPT: Schema = {"description": "Kept and given back; nothing is decided by it."}

# By component: the fields that no struct of ours names.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "cart.CartFields": ("name",),
    "category.Category": ("media",),
    "company.ContactDetails": ("street", "streetNumber", "streetAppendix", "zipCode", "city", "state", "countryCode"),
    "configuration.Configuration": ("version", "schemaUrl"),
    "coupon.Coupon": ("mixins", "metadata"),
    "customer.New": ("businessModel",),
    "customer.Patch": ("businessModel",),
    "delivery.ShippingGroup": ("name",),
    "payment.Authorization": ("threeDSToken", "browserInfo", "clientIP"),
    "payment.BackOfficeAuthorization": ("threeDSToken", "browserInfo", "clientIP"),
    "price.PriceModel": ("includesMarkup", "metadata"),
    "product.Product": (
        *("yrn", "vendor", "brandId", "labelIds", "relatedItems", "media", "template"),
        *("categoryIds", "customerSegmentIds"),
    ),
    "site.Site": ("defaultLanguage", "metadata"),
    "tax.TaxClass": ("order", "description"),
}


def with_kept(components: Mapping[str, Schema]) -> dict[str, Schema]:
    """The components with the fields that are only kept, those of their patches, too."""
    found = dict(components)
    for name, fields in FIELDS.items():
        for component in (name, f"{name}Patch"):
            if component in found:
                known = found[component]["properties"]
                kept = {field: _KEPT for field in fields if field not in known}
                found[component] = {**found[component], "properties": {**known, **kept}}
    return found
