"""The `errorCode`s of delivery times, slots and windows: one table, one body (docs/wire/emporix.md, 11).

The number in a code begins with the status that it is answered with. Where several things are wrong, the first one of
the body gives the code, and `details` names them all.
"""

from collections.abc import Sequence
from http import HTTPStatus

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import SHIPPING, Refusal
from tillroll.dialects.http import Problem

_TYPES = {400: "validation_violation", 404: "element_resource_non_existing", 409: "conflict_resource"}
_DETAILS = "There are validation problems, see details section for more information"

# errorCode → what it says where a fault brings no sentence of its own
CODES: dict[str, str] = {
    "DELIVERY-TIME-400001": "a day without delivery has no slots: leave them out",
    "DELIVERY-TIME-400002": "the id in the body must be the id in the path",
    "DELIVERY-TIME-400003": "the weekday overlaps an existing delivery time of this zone",
    "DELIVERY-TIME-400004": "the single date overlaps an existing delivery time of this zone",
    "DELIVERY-TIME-400005": "two slots of one shipping method overlap",
    "DELIVERY-TIME-400006": "the period overlaps an existing delivery time of this zone",
    "DELIVERY-TIME-400007": "two slots have the same hours and the same cut-off",
    "DELIVERY-TIME-400008": "zoneId can not be provided when isForAllZones is true",
    "DELIVERY-TIME-400009": "the site has no such zone",
    "DELIVERY-TIME-400010": "the zone has no such shipping method",
    "DELIVERY-TIME-400011": "timeFrom can not be after timeTo",
    "DELIVERY-TIME-400012": "dateFrom can not be after dateTo",
    "DELIVERY-TIME-400013": "isForAllZones can not be true for a delivery day",
    "DELIVERY-TIME-400014": "a delivery day needs a zoneId",
    "DELIVERY-TIME-400015": "two slots have the same id",
    "DELIVERY-TIME-400016": "timeZoneId must be the name of a time zone, such as Europe/Warsaw",
    "DELIVERY-TIME-400017": "the offset is not that of the time zone on this day",
    "DELIVERY-TIME-400018": "the cut-off can not be after timeTo",
    "DELIVERY-TIME-404001": "the site does not exist",
    "DELIVERY-TIME-404002": "the delivery time does not exist",
    "DELIVERY-TIME-409001": "a delivery time with this id exists already",
    "DELIVERY-TIME-409002": "metadata.version is not the latest: read the delivery time again and retry",
    "DELIVERY-TIME-SLOT-400001": "slot ids of the request overlap",
    "DELIVERY-TIME-SLOT-400002": "the slot's id in the body must be the id in the path",
    "DELIVERY-TIME-SLOT-400003": "the delivery time has a slot with this id already",
    "DELIVERY-TIME-SLOT-400004": "an existing slot has the same hours and the same cut-off",
    "DELIVERY-TIME-SLOT-400005": "cutOffDayShift is for weekdays: a single date or a period has none",
    "DELIVERY-TIME-SLOT-400006": "cutOffDayShift and deliveryDayShift exclude each other",
    "DELIVERY-TIME-SLOT-404001": "the delivery time has no such slot",
    "VALIDATION-DELIVERY-WINDOW-400001": "slotId is required: send the id of a slot",
    "VALIDATION-DELIVERY-WINDOW-400002": "deliveryDate must be written as yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
    "VALIDATION-DELIVERY-WINDOW-400003": "the window is fully booked or does not exist on this date",
    "VALIDATION-DELIVERY-WINDOW-400004": "the delivery time has no zone",
}


class Fault(Struct, frozen=True):
    """One thing that is wrong, by its code: about which field, in which words."""

    code: str
    field: str = ""
    message: str = ""

    @property
    def sentence(self) -> str:
        """What is said of it."""
        return self.message or CODES[self.code]

    @property
    def status(self) -> int:
        """The status that its code is answered with."""
        return int(self.code.rpartition("-")[2][:3])


def refuse_faults(faults: Sequence[Fault], problems: Sequence[Problem] = ()) -> Refusal:
    """The error body for these faults, and for problems that have no code of their own."""
    first = next((fault for fault in faults if fault.status == HTTPStatus.BAD_REQUEST), faults[0])
    if first.status == HTTPStatus.NOT_FOUND and problems:  # an answer of that status would not name what else is wrong
        missing = [Problem(fault.field, "invalid_field", fault.sentence) for fault in faults]
        return SHIPPING.refusal(HTTPStatus.BAD_REQUEST, [*missing, *problems])
    details = [*(Problem(fault.field, "invalid_field", fault.sentence) for fault in faults), *problems]
    body: dict[str, object] = {
        "status": first.status,
        "type": _TYPES[first.status],
        "message": _DETAILS if first.code.startswith("DELIVERY-TIME") and first.status == 400 else first.sentence,
        "moreInfo": "",
        "errorCode": first.code,
    }
    if first.status == 400:
        body["details"] = [
            {"field": detail.field, "type": detail.type, "message": detail.message, "moreInfo": ""}
            for detail in details
        ]
    return Refusal(first.status, body)
