"""Sequential ids, described (docs/wire/emporix.md, 7)."""

from tillroll.dialects.emporix.orders.number_patterns import NewSchema, NextId, NextIds
from tillroll.dialects.emporix.wire.described import created
from tillroll.dialects.openapi import (
    FLAG,
    TEXT,
    WHOLE,
    Operation,
    Parameter,
    Schema,
    listed,
    mapped,
    record,
    ref,
)
from tillroll.dialects.openapi import structs as shapes

_MANY = "/sequential-id/{tenant}/schemas"
_SITE = Parameter("siteCode", TEXT, "The site whose time and country fill the pattern.")


def operations() -> list[Operation]:
    """The operations of this service."""
    schema, ids = ref("sequence.Schema"), record({"ids": listed(TEXT)})
    batch = "/sequential-id/{tenant}/sequenceSchemaBatch/nextIds"
    return [
        Operation("POST", _MANY, "Creates a pattern of ids", {201: created(record({"id": TEXT}))}, ref("sequence.New")),
        Operation("GET", _MANY, "Lists all patterns", {200: listed(schema)}),
        Operation("GET", _MANY + "/{id}", "Shows a pattern", {200: schema}),
        Operation("POST", _MANY + "/{id}/setActive", "Makes a pattern the one of its type", {200: None}),
        Operation("GET", _MANY + "/types/{schemaType}", "Lists the patterns of a type", {200: listed(schema)}),
        Operation(
            "POST",
            _MANY + "/types/{schemaType}/nextId",
            "Makes the next id",
            {201: record({"id": TEXT})},
            ref("sequence.Next"),
            (_SITE,),
        ),
        Operation(
            "POST", batch, "Makes the next ids of several patterns", {201: mapped(ids)}, ref("sequence.Batch"), (_SITE,)
        ),
    ]


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    return shapes("sequence", {"New": NewSchema, "Next": NextId, "NextIds": NextIds}) | {
        "sequence.Batch": mapped(ref("sequence.NextIds")),
        "sequence.Schema": record(
            {
                "id": TEXT,
                "name": TEXT,
                "schemaType": TEXT,
                "active": FLAG,
                "preText": TEXT,
                "postText": TEXT,
                "startValue": WHOLE,
                "maxValue": WHOLE,
                "numberOfDigits": WHOLE,
                "counter": WHOLE,
                "placeholders": mapped(ref("sequence.Placeholder")),
                "metadata": ref("Metadata"),
            }
        ),
    }
