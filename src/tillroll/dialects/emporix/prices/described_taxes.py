"""Taxes, described (docs/wire/emporix.md, 9)."""

from tillroll.dialects.emporix.prices.tax_calculation import TaxCommand
from tillroll.dialects.emporix.prices.taxes import FILTERS
from tillroll.dialects.emporix.wire.described import FIELDS, SORT, Documents, Q, asked_for, with_versions
from tillroll.dialects.openapi import NUMBER, Operation, Schema, extended, record, ref, structs
from tillroll.domain.prices.taxes import TaxTable

_TAXES = Documents(
    "/tax/{tenant}/taxes",
    "tax.TaxTable",
    "a country's taxes",
    60,
    "locationCode",
    needs_version=True,
    filters=(Q, SORT, FIELDS, *asked_for(FILTERS)),
)


def operations() -> list[Operation]:
    """The operations of this service."""
    return [
        *_TAXES.operations(),
        Operation(
            "PUT",
            _TAXES.path + "/calculation-commands",
            "Calculates the other side of the tax of a price",
            {200: ref("tax.Calculated")},
            ref("tax.TaxCommand"),
            notes="Nothing is changed. With a source, the price is taxed there and wanted in the target.",
        ),
    ]


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    found = structs("tax", {"TaxTable": TaxTable, "TaxCommand": TaxCommand})
    rates = {"sourceTaxRate": NUMBER, "targetTaxRate": NUMBER}
    output = record({"netPrice": NUMBER, "grossPrice": NUMBER, **rates})
    found["tax.Calculated"] = extended(found["tax.TaxCommand"], {"output": output}, required=("input", "output"))
    return with_versions(found, replaced=["tax.TaxTable"], patched=["tax.TaxTable"])
