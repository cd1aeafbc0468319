"""Shipping and availability, described (contracts/emporix.md, 11 and 13)."""

from tillroll.dialects.emporix.availability import PAGE_SIZE, SEARCHED_IDS_MAX, StockRecord
from tillroll.dialects.emporix.described.common import (
    FATES,
    Documents,
    Q,
    paging,
    with_patches,
)
from tillroll.dialects.emporix.document_lists import BULK_ITEMS_MAX
from tillroll.dialects.openapi import (
    FLAG,
    NAME,
    NUMBER,
    OBJECT,
    TEXT,
    Answer,
    Operation,
    Parameter,
    Schema,
    either,
    extended,
    listed,
    record,
    ref,
    structs,
)
from tillroll.domain.catalogue import ShippingMethod, Zone

_OWN = frozenset({"list"})
_ZONES = Documents(
    "/shipping/{tenant}/{site}/zones", "shipping.Zone", "a shipping zone", updated=200, left_out=_OWN | {"show"}
)
_METHODS = Documents(
    "/shipping/{tenant}/{site}/zones/{zone}/methods",
    "shipping.ShippingMethod",
    "a shipping method",
    updated=200,
    left_out=_OWN,
)


def operations() -> list[Operation]:
    """The operations of these services."""
    expand = (
        Parameter("expand", TEXT, "`methods`, or `methods,fees`: what each zone is shown with."),
        Parameter("activeMethods", FLAG, "Only methods that are active, or only those that are not."),
    )
    zone, method = ref("shipping.ShownZone"), _METHODS.shown
    active = Parameter("active", FLAG, "Only methods that are active, or only those that are not.")
    return [
        *_ZONES.operations(),
        Operation("GET", _ZONES.path, "Lists a site's zones", {200: listed(zone)}, parameters=expand),
        Operation("GET", _ZONES.path + "/{id}", "Shows a shipping zone", {200: zone}, parameters=expand),
        *_METHODS.operations(),
        Operation("GET", _METHODS.path, "Lists a zone's methods", {200: listed(method)}, parameters=(active,)),
        *_availability(),
    ]


def _availability() -> list[Operation]:
    base = "/availability/{tenant}/availability"
    one, bulk, shown = base + "/{productId}/{site}", base + "/bulk", ref("availability.Shown")
    record_sent, many = ref("availability.StockRecord"), listed(ref("availability.Keyed"), most=BULK_ITEMS_MAX)
    new = Answer("It is created.", record({"id": TEXT}))
    page = Answer("One page.", listed(shown), {"X-Total-Count": "How many there are."})
    searched = either(listed(TEXT, most=SEARCHED_IDS_MAX), record({"q": NAME}, others=True))
    site = Parameter("site", TEXT, "Only records of this site.")
    return [
        Operation("GET", one, "Shows what is on hand of a product on a site", {200: shown}),
        Operation("POST", one, "Counts a product on a site for the first time", {201: new}, record_sent),
        Operation("PUT", one, "Counts a product on a site", {201: new, 204: None}, record_sent),
        Operation("DELETE", one, "Forgets a product's stock on a site", {204: None}),
        Operation(
            "GET", base + "/site/{site}", "Lists a site's records", {200: page}, parameters=(Q, *paging(PAGE_SIZE))
        ),
        Operation(
            "POST",
            base + "/search",
            "Searches records, by the ids of products or by `q`",
            {200: page},
            searched,
            (site, *paging(PAGE_SIZE)),
        ),
        Operation("POST", bulk, "Counts many products for the first time", {207: FATES}, many),
        Operation("PUT", bulk, "Counts many products", {207: FATES}, many),
        Operation("DELETE", bulk, "Forgets the stock of many products", {207: FATES}, many),
    ]


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    zones = structs("shipping", {"Zone": Zone}, left_out=("Zone.id",))
    methods = structs("shipping", {"ShippingMethod": ShippingMethod}, left_out=("ShippingMethod.id",))
    stock = structs("availability", {"StockRecord": StockRecord})
    key = {"productId": NAME, "site": NAME}
    shown = {**key, "id": TEXT, "stockLevel": NUMBER, "available": FLAG, "metadata": OBJECT}
    record_sent = stock["availability.StockRecord"]
    members = listed(ref("availability.Shown"))
    return with_patches(zones | methods, "shipping.Zone", "shipping.ShippingMethod") | {
        "shipping.ShownZone": extended(
            zones["shipping.Zone"],
            {"id": TEXT, "metadata": ref("Metadata"), "methods": listed(OBJECT)},
            required=("id", "metadata"),
        ),
        "availability.StockRecord": record_sent,
        "availability.Keyed": extended(record_sent, key, required=key),
        "availability.Shown": extended(record_sent, {**shown, "bundleAvailabilities": members}, required=shown),
    }
