"""Shipping, its costs and its groups, described (docs/wire/emporix.md, 11)."""

from tillroll.dialects.emporix.delivery.windows import WINDOWS_MAX
from tillroll.dialects.emporix.shipping.costs import QuoteRequest
from tillroll.dialects.emporix.shipping.find_site import FindSiteRequest
from tillroll.dialects.emporix.shipping.groups import LISTED
from tillroll.dialects.emporix.wire.described import LOCALIZED, MONEY, Documents, created, with_patches
from tillroll.dialects.openapi import (
    FLAG,
    OBJECT,
    TEXT,
    Operation,
    Parameter,
    Schema,
    extended,
    listed,
    record,
    ref,
    structs,
)
from tillroll.domain.shipping.zones import GroupRelation, ShippingGroup, ShippingMethod, Zone

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


_RELATIONS = "/shipping/{tenant}/{site}/cgrelations"
_GROUPS = Documents(
    "/shipping/{tenant}/{site}/groups", "delivery.ShippingGroup", "a shipping group", page_size=LISTED, updated=200
)
_IN_GROUPS = Documents(
    _RELATIONS,
    "delivery.GroupRelation",
    "a customer's shipping group",
    page_size=LISTED,
    id_field="customerId",
    updated=200,
    left_out=frozenset({"create"}),
)


def operations() -> list[Operation]:
    """The operations of these services."""
    related = created(record({"id": TEXT}))
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
        *_costs(),
        *_GROUPS.operations(),
        Operation("POST", _RELATIONS, "Puts a customer into a shipping group", {201: related}, ref(_IN_GROUPS.name)),
        *_IN_GROUPS.operations(),
    ]


def _costs() -> list[Operation]:
    quote, asked, fee = "/shipping/{tenant}/{site}/quote", ref("delivery.QuoteRequest"), record({"fee?": MONEY})
    method = record({"id": TEXT, "name": LOCALIZED, "fee": MONEY, "shippingTaxCode?": TEXT})
    zone = record({"id": TEXT, "name": LOCALIZED})
    ways = listed(record({"zone": zone, "methods": listed(method)}))
    limit = Parameter("windowsLimit", {"type": "integer", "minimum": 0, "maximum": WINDOWS_MAX}, "Windows per zone.")
    found = record({"id": TEXT, "defaultZoneId?": TEXT, "zones": listed(OBJECT), "metadata": ref("Metadata")})
    return [
        Operation("POST", quote, "Lists the ways of shipping to an address, with their fees", {200: ways}, asked),
        Operation("POST", quote + "/minimum", "Shows the lowest fee of shipping to an address", {200: fee}, asked),
        Operation(
            "POST", quote + "/slot", "Shows the fee of shipping by a slot", {200: fee}, ref("delivery.SlotQuoteRequest")
        ),
        Operation(
            "POST",
            "/shipping/{tenant}/findSite",
            "Finds the sites that ship to a postal code",
            {200: listed(found)},
            ref("delivery.FindSiteRequest"),
            (limit,),
        ),
    ]


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    zones = structs("shipping", {"Zone": Zone}, left_out=("Zone.id",))
    zones["shipping.Zone"] = extended(zones["shipping.Zone"], {}, required=("name", "shipTo"))
    named = {"ShippingGroup": ShippingGroup, "GroupRelation": GroupRelation}
    asked = {"FindSiteRequest": FindSiteRequest, "QuoteRequest": QuoteRequest}
    own = ("ShippingGroup.id", "GroupRelation.customerId")
    costs = structs("delivery", named | asked, left_out=own)
    asked_for, where = costs["delivery.QuoteRequest"], {"shipToAddress": ref("delivery.Address")}
    slot = {"deliveryWindowId": TEXT, "slotId": TEXT}
    costs["delivery.QuoteRequest"] = extended(asked_for, where, required=where)
    costs["delivery.SlotQuoteRequest"] = extended(asked_for, slot, required=slot)
    methods = structs("shipping", {"ShippingMethod": ShippingMethod}, left_out=("ShippingMethod.id",))
    methods["shipping.ShippingMethod"] = extended(methods["shipping.ShippingMethod"], {}, required=("name", "fees"))
    patched = ("shipping.Zone", "shipping.ShippingMethod", _GROUPS.name, _IN_GROUPS.name)
    return with_patches(zones | methods | costs, *patched) | {
        "shipping.ShownZone": extended(
            zones["shipping.Zone"],
            {"id": TEXT, "metadata": ref("Metadata"), "methods": listed(_METHODS.shown)},
            required=("id", "metadata"),
        ),
    }
