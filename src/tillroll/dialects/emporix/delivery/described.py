"""Delivery times and windows, described (docs/wire/emporix.md, 11)."""

from tillroll.dialects.emporix.delivery.bookings import AskedWindow
from tillroll.dialects.emporix.delivery.times import PAGE_SIZE
from tillroll.dialects.emporix.delivery.windows import WINDOWS_MAX, CycleRequest
from tillroll.dialects.emporix.wire.described import COUNT, TOTAL, created, paging
from tillroll.dialects.emporix.wire.resource_lists import BULK_ITEMS_MAX
from tillroll.dialects.openapi import (
    ANYTHING,
    FLAG,
    TEXT,
    TIME,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    either,
    extended,
    listed,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.delivery.delivery import DeliveryTime

_TIMES = "/shipping/{tenant}/delivery-times"
_OVERLAP = Parameter("validateOverlap", FLAG, "Whether hours are compared with each other; `true` unless it says no.")


def operations() -> list[Operation]:
    """The operations of these services."""
    return [
        *_times(),
        *_slots(),
        *_windows(),
    ]


def _times() -> list[Operation]:
    one, time, shown = _TIMES + "/{id}", ref("delivery.DeliveryTime"), ref("delivery.ShownTime")
    page = Answer("One page.", listed(shown), TOTAL)
    patch, fates = ref("delivery.Patch"), listed(ref("delivery.Fate"))
    new = created(record({"id": TEXT}))
    return [
        Operation("GET", _TIMES, "Lists delivery times", {200: page}, parameters=(*paging(PAGE_SIZE), COUNT)),
        Operation("POST", _TIMES, "Creates a delivery time", {201: new}, time, (_OVERLAP,)),
        Operation(
            "POST",
            _TIMES + "/bulk",
            "Creates many delivery times",
            {207: fates},
            listed(time, most=BULK_ITEMS_MAX),
            (_OVERLAP,),
        ),
        Operation("GET", one, "Shows a delivery time", {200: shown}),
        Operation("PUT", one, "Replaces a delivery time", {200: None}, time, (_OVERLAP,)),
        Operation("PATCH", one, "Changes a delivery time, by JSON Patch", {200: None}, patch, (_OVERLAP,)),
        Operation("DELETE", one, "Deletes a delivery time with its slots", {204: None}),
    ]


def _slots() -> list[Operation]:
    many, slot = _TIMES + "/{id}/slots", ref("delivery.Slot")
    one, new = many + "/{slotId}", created(record({"id": TEXT}))
    return [
        Operation("GET", many, "Lists the slots of a delivery time", {200: listed(slot)}),
        Operation("POST", many, "Creates a slot", {201: new}, slot, (_OVERLAP,)),
        Operation("DELETE", many, "Deletes all slots of a delivery time", {204: None}),
        Operation("GET", one, "Shows a slot", {200: slot}),
        Operation("PUT", one, "Replaces a slot", {200: None}, slot, (_OVERLAP,)),
        Operation("PATCH", one, "Changes a slot, by JSON Patch", {200: None}, ref("delivery.Patch"), (_OVERLAP,)),
        Operation("DELETE", one, "Deletes a slot", {204: None}),
    ]


def _windows() -> list[Operation]:
    base, asked = "/shipping/{tenant}", ref("delivery.AskedWindow")
    windows = listed(ref("delivery.Window"), most=WINDOWS_MAX)
    elsewhere = Parameter("postalCode", TEXT, "Another postal code than the cart's.")
    site = Parameter("siteCode", TEXT, "Another site than the cart's.")
    late = Parameter("afterCutOffTime", FLAG, "Makes no difference: what is past its cut-off is never listed.")
    return [
        Operation(
            "GET",
            base + "/actualDeliveryWindows/{cartId}",
            "Lists the windows that can be booked for a cart",
            {200: windows},
            parameters=(elsewhere,),
        ),
        Operation(
            "POST",
            base + "/actualDeliveryWindows/incrementCounter",
            "Takes a place of a window",
            {200: FLAG},
            asked,
        ),
        Operation("POST", base + "/deliveryWindowValidation", "Says whether a window has a place", {200: FLAG}, asked),
        Operation(
            "GET",
            base + "/areaDeliveryTimes/{deliveryAreaId}/{cartId}",
            "Lists the windows of one zone (deprecated)",
            {200: windows},
            parameters=(site, late),
        ),
        Operation(
            "POST",
            base + "/delivery-cycles/generate",
            "Names the delivery cycle of a window",
            {201: Answer("Its name.", TEXT)},
            ref("delivery.CycleRequest"),
        ),
        Operation(
            "GET",
            "/cart/{tenant}/carts/{cartId}/dtRestrictions",
            "Shows a cart's lead time, and the days without delivery",
            {200: record({"leadTime": WHOLE, "nonDelivery": listed(TEXT)})},
        ),
    ]


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    named = {"DeliveryTime": DeliveryTime, "AskedWindow": AskedWindow, "CycleRequest": CycleRequest}
    shapes = structs("delivery", named)
    shapes["delivery.AskedWindow"] = extended(shapes["delivery.AskedWindow"], {}, required=("slotId",))
    hours = record({"startTime": TEXT, "endTime": TEXT})
    window = {"id": TEXT, "deliveryDate": TIME, "deliveryTimeRange": hours, "deliveryMethod": TEXT, "slotId": TEXT}
    window |= {"cutOffTime": TEXT, "deliveryCycle?": TEXT, "zoneId?": TEXT}
    operation = record({"op": one_of("add", "remove", "replace"), "path": TEXT, "value?": ANYTHING})
    fate = {"index": WHOLE, "id": TEXT, "code": WHOLE, "status": TEXT, "message": TEXT}
    return shapes | {
        "delivery.ShownTime": extended(
            shapes["delivery.DeliveryTime"], {"metadata": ref("Metadata")}, required=("id", "metadata")
        ),
        "delivery.Window": record(window, note="A slot on one day, which can be booked until its cut-off."),
        "delivery.Patch": either(listed(operation), operation),
        "delivery.Fate": record(
            {**fate, "type?": TEXT, "errorCodes?": listed(TEXT), "details?": listed(TEXT)},
            note="What became of one delivery time of a bulk call.",
        ),
    }
