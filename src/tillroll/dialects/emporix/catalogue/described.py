"""Products, described (docs/wire/emporix.md, 9)."""

from tillroll.dialects.emporix.catalogue.bulk import ELEMENTS_MAX
from tillroll.dialects.emporix.catalogue.products import BY_NAME, NamedProducts
from tillroll.dialects.emporix.wire.described import (
    COUNT,
    FATES,
    FIELDS,
    LANGUAGE,
    LOCALIZED,
    SORT,
    TOTAL,
    Documents,
    Q,
    listing,
    paging,
    with_patches,
)
from tillroll.dialects.openapi import (
    FLAG,
    NAME,
    OBJECT,
    TEXT,
    Answer,
    Operation,
    Parameter,
    Schema,
    extended,
    listed,
    mapped,
    nullable,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.catalogue.products import Product

_PRODUCTS = Documents(
    "/product/{tenant}/products",
    "product.Product",
    "a product",
    id_also={"yrn": TEXT},
    put_creates=True,
    left_out=frozenset({"list", "show", "delete"}),
)
_PRODUCT_LIST = (*paging(60), COUNT, SORT, FIELDS, LANGUAGE)


def operations() -> list[Operation]:
    """The operations of this service."""
    return [*_PRODUCTS.operations(), *_more_of_products()]


def _more_of_products() -> list[Operation]:
    shown, path = ref("product.Shown"), _PRODUCTS.path
    return [
        listing(path, _PRODUCTS.noun, shown, (Q, *_PRODUCT_LIST)),
        Operation("GET", path + "/{id}", "Shows a product", {200: shown}, parameters=(FIELDS, LANGUAGE)),
        Operation(
            "POST",
            path + "/search",
            "Searches products, by a `q` that may be longer than an address",
            {200: Answer("One page.", listed(shown), TOTAL)},
            record({"q?": TEXT}, others=True),
            _PRODUCT_LIST,
        ),
        Operation(
            "POST",
            BY_NAME,
            "Finds products by their YRNs",
            {200: listed(shown)},
            ref("product.NamedProducts"),
            (FIELDS, LANGUAGE),
        ),
        Operation(
            "DELETE",
            path + "/{id}",
            "Deletes a product",
            {204: None},
            parameters=(Parameter("force", FLAG, "Whether a parent goes with all of its variants."),),
        ),
        *(
            Operation(method, path + "/bulk", f"{word} many products", {207: FATES}, _many)
            for method, word, _many in (
                ("POST", "Creates", listed(ref("product.Product"), most=ELEMENTS_MAX)),
                ("PUT", "Creates or replaces", listed(ref("product.Product"), most=ELEMENTS_MAX)),
            )
        ),
    ]


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    found = structs("product", {"Product": Product, "NamedProducts": NamedProducts}, left_out=("Product.id",))
    found["product.Product"] = extended(
        found["product.Product"],
        {
            "description": LOCALIZED,
            "productType": one_of("BASIC", "BUNDLE", "PARENT_VARIANT", "VARIANT", "DYNAMIC_VARIANT"),
            "parentVariantId": nullable(TEXT),
            "taxClasses": mapped(NAME),
            "mixins": OBJECT,
            "metadata": OBJECT,
        },
    )
    # With `fields` only id and yrn are certain.
    found["product.Shown"] = extended(
        {**found["product.Product"], "required": []}, {"yrn": TEXT, "metadata": ref("Metadata")}, required=("id", "yrn")
    )
    return with_patches(found, "product.Product")
