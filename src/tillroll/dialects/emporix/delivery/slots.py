"""The slots of a delivery time: `/shipping/{tenant}/delivery-times/{id}/slots` (docs/wire/emporix.md, 11).

Slots live inside their delivery time: changing one changes it, and everything that makes it valid is asked again.
"""

from typing import Any

from tillroll.dialects.emporix.delivery.checks import Document
from tillroll.dialects.emporix.delivery.errors import Fault, refuse_faults
from tillroll.dialects.emporix.delivery.times import (
    MANAGE,
    NO_CONTENT,
    OK,
    ONE,
    READ,
    DeliveryTimes,
    Edit,
    Handle,
    find_time,
    missing,
    read_patch,
    save,
    slots_of,
)
from tillroll.dialects.emporix.wire.errors import SHIPPING, Refusal, Reply, encode, respond
from tillroll.dialects.emporix.wire.json_patch import patched
from tillroll.dialects.emporix.wire.payload import JSON_PATCH, reads_of_list
from tillroll.dialects.emporix.wire.resources import created, read_document, stored
from tillroll.dialects.emporix.wire.secured import Access, Call, Run, secured
from tillroll.dialects.http import Malformed, Response, Route
from tillroll.engine.documents import documents
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

_MANY = ONE + "/slots"
_ONE = _MANY + "/{slotId}"


def routes(catalogue_: Catalogue) -> list[Route]:
    """The routes of slots."""

    def run(access: Access, handle: Handle) -> Run:
        def handle_one(tx: Transaction, call: Call) -> Reply:
            if access is MANAGE:
                documents.touch(tx, call.shop)  # its lock: what is read here is what will be changed
            return handle(DeliveryTimes(tx, catalogue_), call)

        return secured(SHIPPING, access, handle_one)

    return [
        Route("GET", _MANY, run(READ, _show_all), SHIPPING, reads=reads_of_list),
        Route("POST", _MANY, run(MANAGE, _create), SHIPPING, read_document, writes=True),
        Route("DELETE", _MANY, run(MANAGE, _delete_all), SHIPPING, writes=True),
        Route("GET", _ONE, run(READ, _show), SHIPPING),
        Route("PUT", _ONE, run(MANAGE, _replace), SHIPPING, read_document, writes=True),
        Route("PATCH", _ONE, run(MANAGE, _patch), SHIPPING, read_patch, True, JSON_PATCH),
        Route("DELETE", _ONE, run(MANAGE, _delete), SHIPPING, writes=True),
    ]


def _show_all(desk: DeliveryTimes, call: Call) -> Reply:
    entry = find_time(desk, call)
    return respond(200, slots_of(entry)) if entry is not None else missing(call)


def _found(desk: DeliveryTimes, call: Call) -> tuple[Entry, Document] | Refusal:
    """The delivery time and the slot of the path, or the 404 that says which of them is missing."""
    entry = find_time(desk, call)
    if entry is None:
        return missing(call)
    id = call.inbound.values["slotId"]
    slot = next((one for one in slots_of(entry) if one.get("id") == id), None)
    if slot is None:
        message = f"the delivery time {entry.id} has no slot '{id[:80]}'"
        return refuse_faults([Fault("DELIVERY-TIME-SLOT-404001", "slotId", message)])
    return entry, slot


def _show(desk: DeliveryTimes, call: Call) -> Reply:
    found = _found(desk, call)
    return found if isinstance(found, Refusal) else respond(200, found[1])


def _create(desk: DeliveryTimes, call: Call) -> Reply:
    """POST: 201 with the new slot's id."""
    entry = find_time(desk, call)
    if entry is None:
        return missing(call)
    slot = dict(call.inbound.command)
    if slot.get("id") in (None, ""):
        slot["id"] = call.inbound.id
    others = slots_of(entry)
    faults = _faults_beside(slot, others)
    if any(other.get("id") == slot["id"] for other in others):
        faults.insert(0, Fault("DELIVERY-TIME-SLOT-400003", "id"))
    answer = save(desk, call, entry, Edit(stored(entry) | {"slots": [*others, slot]}, faults))
    return created(call, {"id": slot["id"]}, slot["id"]) if answer is OK else answer


def _faults_beside(slot: Document, others: list[Document]) -> list[Fault]:
    """Whether a slot has the hours and the cut-off of another one."""
    wanted = _hours(slot)
    if wanted is not None and any(_hours(other) == wanted for other in others):
        return [Fault("DELIVERY-TIME-SLOT-400004", "deliveryTimeRange")]
    return []


def _hours(slot: Document) -> tuple[Any, Any, Any] | None:
    hours, cut_off = slot.get("deliveryTimeRange"), slot.get("cutOffTime")
    if not isinstance(hours, dict) or not isinstance(cut_off, dict):
        return None  # what that is instead is said where the delivery time is read
    return hours.get("timeFrom"), hours.get("timeTo"), cut_off.get("time")


def _replace(desk: DeliveryTimes, call: Call) -> Reply:
    """PUT: 200."""
    found = _found(desk, call)
    if isinstance(found, Refusal):
        return found
    return _put(desk, call, found[0], dict(call.inbound.command))


def _patch(desk: DeliveryTimes, call: Call) -> Reply:
    """PATCH: 200; the operations are applied to the slot."""
    found = _found(desk, call)
    if isinstance(found, Refusal):
        return found
    try:
        return _put(desk, call, found[0], patched(found[1], call.inbound.command))
    except Malformed as malformed:
        return SHIPPING.refusal(400, malformed.problems)


def _put(desk: DeliveryTimes, call: Call, entry: Entry, slot: Document) -> Reply:
    id = call.inbound.values["slotId"]
    others = [other for other in slots_of(entry) if other.get("id") != id]
    faults = _faults_beside(slot, others)
    if slot.get("id") not in (None, id):
        faults.insert(0, Fault("DELIVERY-TIME-SLOT-400002", "id"))
    slot["id"] = id
    slots = [slot if known.get("id") == id else known for known in slots_of(entry)]
    return save(desk, call, entry, Edit(stored(entry) | {"slots": slots}, faults))


def _delete(desk: DeliveryTimes, call: Call) -> Reply:
    """DELETE of one: 204; what is booked stays counted."""
    found = _found(desk, call)
    if isinstance(found, Refusal):
        return found
    entry, slot = found
    kept = [other for other in slots_of(entry) if other is not slot and other.get("id") != slot.get("id")]
    return _without(desk, call, entry, kept)


def _delete_all(desk: DeliveryTimes, call: Call) -> Reply:
    """DELETE of all: 204."""
    entry = find_time(desk, call)
    return _without(desk, call, entry, []) if entry is not None else missing(call)


def _without(desk: DeliveryTimes, call: Call, entry: Entry, kept: list[Document]) -> Response:
    """Keep these slots only; fewer slots are never less valid, so nothing is asked again."""
    write = documents.Write(
        documents.Kind.DELIVERY_TIME,
        entry.id,
        encode(stored(entry) | {"slots": kept}).decode(),
        parent=stored(entry)["siteCode"],
    )
    documents.replace(desk.tx, call.shop, write, call.now)
    return NO_CONTENT
