"""Sites, schemas and configuration, described (docs/wire/emporix.md, 14, 15, 18)."""

from tillroll.dialects.emporix.site.configuration import CONFIGURATIONS_MAX
from tillroll.dialects.emporix.site.configuration import PAGE_SIZE as CONFIGURATIONS_SHOWN
from tillroll.dialects.emporix.wire.described import (
    FIELDS,
    LOCALIZED,
    SORT,
    Documents,
    Q,
    paging,
    with_patches,
    with_versions,
)
from tillroll.dialects.openapi import (
    ANYTHING,
    FLAG,
    NAME,
    OBJECT,
    TEXT,
    WHOLE,
    Operation,
    Parameter,
    Schema,
    either,
    extended,
    listed,
    nullable,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.site.sites import Site

_INACTIVE = Parameter("includeInactive", FLAG, "Whether those that are not active are listed, too.")
_SITES = Documents(
    "/site/{tenant}/sites", "site.Site", "a site", 16, "code", updated=200, filters=(Q, SORT, FIELDS, _INACTIVE)
)
_TYPE = Parameter("type", TEXT, "Only schemas of this type, e.g. CUSTOMER.")
_SCHEMAS = Documents(
    "/schema/{tenant}/schemas",
    "schema.Schema",
    "a schema of mixins",
    needs_version=True,
    filters=(Q, SORT, FIELDS, _TYPE),
)


def operations() -> list[Operation]:
    """The operations of these services."""
    return [
        *_SITES.operations(),
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
        "schema.Schema": _schema_of_mixins(),
        "schema.Attribute": _attribute(),
        **_configuration(),
    }
    found["site.Site"] = extended(
        found["site.Site"],
        {"languages": listed(TEXT), "availableCurrencies": listed(TEXT), "shipToCountries": listed(TEXT)},
    )
    found = with_patches(found, "site.Site")
    return with_versions(found, replaced=["schema.Schema"], patched=["schema.Schema"])


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
    values = nullable(listed(record({"value": TEXT}, others=True)))
    inner = record({"type": types, "localized?": FLAG, "values?": values}, others=True)
    return record(
        {
            "key": {"type": "string", "minLength": 1, "maxLength": 255},
            "type": types,
            "name?": ANYTHING,
            "description?": ANYTHING,
            "metadata?": nullable(
                record({"localized?": FLAG, "required?": FLAG, "nullable?": FLAG, "readOnly?": FLAG}, others=True)
            ),
            "values?": values,
            "attributes?": nullable(listed(ref("schema.Attribute"))),
            "arrayType?": nullable(inner),
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
