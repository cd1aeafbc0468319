"""Sites, taxes, products, schemas and configuration, described (contracts/emporix.md, 9, 14, 15, 18)."""

from tillroll.dialects.emporix.configuration import CONFIGURATIONS_MAX
from tillroll.dialects.emporix.configuration import PAGE_SIZE as CONFIGURATIONS_SHOWN
from tillroll.dialects.emporix.described.common import (
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
from tillroll.dialects.emporix.product_bulk import ELEMENTS_MAX
from tillroll.dialects.emporix.tax_commands import TaxCommand
from tillroll.dialects.openapi import (
    ANYTHING,
    FLAG,
    NAME,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    either,
    extended,
    listed,
    mapped,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.catalogue import Product, Site, TaxTable

_SITES = Documents("/site/{tenant}/sites", "site.Site", "a site", 16, "code")
_TAXES = Documents("/tax/{tenant}/taxes", "tax.TaxTable", "a country's taxes", 60, "locationCode")
_TYPE = Parameter("type", TEXT, "Only schemas of this type, e.g. CUSTOMER.")
_SCHEMAS = Documents("/schema/{tenant}/schemas", "schema.Schema", "a schema of mixins", filters=(_TYPE,))
_PRODUCTS = Documents(
    "/product/{tenant}/products",
    "product.Product",
    "a product",
    id_also={"yrn": TEXT},
    put_creates=True,
    left_out=frozenset({"list", "delete"}),
)
_PRODUCT_LIST = (*paging(60), COUNT, SORT, FIELDS, LANGUAGE)


def operations() -> list[Operation]:
    """The operations of these services."""
    return [
        *_SITES.operations(),
        *_TAXES.operations(),
        Operation(
            "PUT",
            _TAXES.path + "/calculation-commands",
            "Calculates the other side of the tax of a price",
            {200: ref("tax.Calculated")},
            ref("tax.TaxCommand"),
            notes="Nothing is changed. With a source, the price is taxed there and wanted in the target.",
        ),
        *_PRODUCTS.operations(),
        *_more_of_products(),
        *_SCHEMAS.operations(),
        Operation(
            "GET",
            _SCHEMAS.path + "/{id}/definition",
            "Publishes the JSON Schema itself",
            {200: either(OBJECT, FLAG)},
            notes="This is the address that `metadata.url` names; everybody may read it.",
        ),
        *_configurations(),
    ]


def _more_of_products() -> list[Operation]:
    shown, path = ref("product.Shown"), _PRODUCTS.path
    return [
        listing(path, _PRODUCTS.noun, shown, (Q, *_PRODUCT_LIST)),
        Operation(
            "POST",
            path + "/search",
            "Searches products, by a `q` that may be longer than an address",
            {200: Answer("One page.", listed(shown), TOTAL)},
            record({"q?": TEXT}, others=True),
            _PRODUCT_LIST,
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


def _configurations() -> list[Operation]:
    path, one = "/configuration/{tenant}/configurations", "/configuration/{tenant}/configurations/{key}"
    sent, shown = ref("configuration.Configuration"), ref("configuration.Shown")
    many = either(sent, listed(sent, least=1, most=CONFIGURATIONS_MAX))
    keys = Parameter("keys", TEXT, "Only these, separated by commas.")
    return [
        Operation("POST", path, "Creates one value or several", {201: either(shown, listed(shown))}, many),
        Operation("GET", path, "Lists values", {200: listed(shown)}, parameters=(keys, *paging(CONFIGURATIONS_SHOWN))),
        Operation("GET", one, "Shows a value", {200: shown}),
        Operation("PUT", one, "Replaces a value", {200: shown}, sent),
        Operation("DELETE", one, "Deletes a value", {204: None}),
    ]


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    found = {
        **structs("site", {"Site": Site}, left_out=("Site.code",)),
        **structs("tax", {"TaxTable": TaxTable, "TaxCommand": TaxCommand}),
        **structs("product", {"Product": Product}, left_out=("Product.id",)),
        "schema.Schema": _schema_of_mixins(),
        "schema.Attribute": _attribute(),
        **_configuration(),
    }
    found["site.Site"] = extended(
        found["site.Site"],
        {"languages": listed(TEXT), "availableCurrencies": listed(TEXT), "shipToCountries": listed(TEXT)},
    )
    rates = {"sourceTaxRate": NUMBER, "targetTaxRate": NUMBER}
    output = record({"netPrice": NUMBER, "grossPrice": NUMBER, **rates})
    found["tax.Calculated"] = extended(found["tax.TaxCommand"], {"output": output}, required=("input", "output"))
    found["product.Product"] = extended(
        found["product.Product"],
        {
            "description": LOCALIZED,
            "productType": one_of("BASIC", "BUNDLE", "PARENT_VARIANT", "VARIANT", "DYNAMIC_VARIANT"),
            "parentVariantId": {**TEXT, "nullable": True},
            "taxClasses": mapped(NAME),
            "mixins": OBJECT,
            "metadata": OBJECT,
        },
    )
    # With `fields` only id and yrn are certain.
    found["product.Shown"] = extended(
        {**found["product.Product"], "required": []}, {"yrn": TEXT, "metadata": ref("Metadata")}, required=("id", "yrn")
    )
    return with_patches(found, "site.Site", "tax.TaxTable", "product.Product", "schema.Schema")


def _schema_of_mixins() -> Schema:
    return record(
        {
            "id?": TEXT,
            "types": listed({"type": "string", "pattern": "^[A-Z][A-Z0-9_.]{0,63}$"}, least=1, most=100),
            "name?": LOCALIZED,
            "attributes?": listed(ref("schema.Attribute"), most=500),
            "definition?": ANYTHING,
            "metadata?": OBJECT,
        },
        others=True,
        note="Either `attributes` or, as `definition`, a JSON Schema of draft 4 or 7.",
    )


def _attribute() -> Schema:
    types = one_of(
        *("TEXT", "NUMBER", "DECIMAL", "BOOLEAN", "DATE", "TIME", "DATE_TIME", "ENUM", "ARRAY", "OBJECT", "REFERENCE")
    )
    values = {**listed(record({"value": TEXT}, others=True)), "nullable": True}
    inner = record({"type": types, "localized?": FLAG, "values?": values}, others=True)
    return record(
        {
            "key": {"type": "string", "minLength": 1, "maxLength": 255},
            "type": types,
            "metadata?": {
                **record({"localized?": FLAG, "required?": FLAG, "nullable?": FLAG}, others=True),
                "nullable": True,
            },
            "values?": values,
            "attributes?": {**listed(ref("schema.Attribute")), "nullable": True},
            "arrayType?": {**inner, "nullable": True},
        },
        others=True,
    )


def _configuration() -> dict[str, Schema]:
    sent = record(
        {
            "key": NAME,
            "value": ANYTHING,
            "description?": TEXT,
            "secured?": FLAG,
            "restricted?": FLAG,
            "readOnly?": FLAG,
        },
        others=True,
    )
    return {
        "configuration.Configuration": sent,
        "configuration.Shown": extended(sent, {"version": WHOLE}, required=("secured", "version")),
    }
