"""Delivery times: `/shipping/{tenant}/delivery-times`, and many of them at once (docs/wire/emporix.md, 11).

    read ──► touch the catalogue (its lock) ──► faults: alone, beside the zones, beside the other times ──► write

`validateOverlap=false` leaves out the comparison of hours, with other slots and with other delivery times.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.delivery.checks import Document, overlap_faults, own_faults, place_faults, read_time
from tillroll.dialects.emporix.delivery.errors import Fault, refuse_faults
from tillroll.dialects.emporix.wire.errors import SHIPPING, Refusal, Reply, encode, encode_page, respond
from tillroll.dialects.emporix.wire.json_patch import PatchOperation, patched, read_operations
from tillroll.dialects.emporix.wire.payload import JSON_PATCH, paging, read_json, reads_of_list, refuse_if, typed
from tillroll.dialects.emporix.wire.resource_lists import read_bulk
from tillroll.dialects.emporix.wire.resources import created, expected_version, read_document, shown, stored
from tillroll.dialects.emporix.wire.secured import Access, Call, Run, back_office, secured
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Response, Route
from tillroll.dialects.nesting import nesting_problem
from tillroll.domain.delivery.delivery import DeliveryTime
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind, Write, WriteOutcome
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

MANY = "/shipping/{tenant}/delivery-times"
ONE = MANY + "/{id}"
PAGE_SIZE = 1000
BULK_MAX = 200

READ = back_office("shipping.shipping_read", "shipping.shipping_manage")
MANAGE = back_office("shipping.shipping_manage")
OK = Response(200, b"", ())
NO_CONTENT = Response(204, b"", ())

_DOCUMENT = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_ANYTHING = msgspec.json.Decoder(float_hook=Decimal)

Handle = Callable[["DeliveryTimes", Call], Reply]


class DeliveryTimes:
    """One transaction's work on delivery times."""

    def __init__(self, tx: Transaction, catalogue_: Catalogue) -> None:
        self.tx = tx
        self._catalogue = catalogue_

    def faults(self, shop: str, time: DeliveryTime, *, checks_overlap: bool) -> list[Fault]:
        """Everything that is wrong with a delivery time; of a site that is not there nothing else is known."""
        if not documents.has_site(self.tx, shop, time.site_code):
            message = f"the site '{time.site_code[:80]}' does not exist"
            alone = own_faults(time, checks_overlap=checks_overlap)
            return [Fault("DELIVERY-TIME-404001", "siteCode", message), *alone]
        view = self._catalogue.view(self.tx, shop)
        zones = [loaded.value.id for loaded in view.below(Kind.ZONE, time.site_code)]
        methods = {
            zone: [loaded.value.id for loaded in view.below(Kind.METHOD, f"{time.site_code}/{zone}")]
            for zone in zones
            if zone == time.zone_id
        }
        others = [loaded.value for loaded in view.below(Kind.DELIVERY_TIME, time.site_code)] if checks_overlap else []
        return [
            *own_faults(time, checks_overlap=checks_overlap),
            *place_faults(time, methods),
            *overlap_faults(time, others),
        ]


def routes(catalogue_: Catalogue) -> list[Route]:
    """The routes of delivery times."""

    def run(access: Access, handle: Handle) -> Run:
        return secured(SHIPPING, access, lambda tx, call: handle(DeliveryTimes(tx, catalogue_), call))

    return [
        Route("GET", MANY, run(READ, _show_page), SHIPPING, reads=reads_of_list),
        Route("POST", MANY, run(MANAGE, _create), SHIPPING, read_document, writes=True),
        Route("POST", MANY + "/bulk", run(MANAGE, _create_many), SHIPPING, read_bulk, writes=True),
        Route("GET", ONE, run(READ, _show), SHIPPING),
        Route("PUT", ONE, run(MANAGE, _replace), SHIPPING, read_document, writes=True),
        Route("PATCH", ONE, run(MANAGE, _patch), SHIPPING, read_patch, True, JSON_PATCH),
        Route("DELETE", ONE, run(MANAGE, _delete), SHIPPING, writes=True),
    ]


def read_patch(inbound: Inbound) -> list[PatchOperation]:
    """The body as a JSON Patch; raises Malformed."""
    body = read_json(_ANYTHING, inbound.body)
    refuse_if([nesting_problem(body)])
    return read_operations(body)


def checks_overlap(call: Call) -> bool:
    """Whether hours are compared with each other: unless the client says no."""
    return typed(call.inbound.query, "validateOverlap").lower() != "false"


def _show_page(desk: DeliveryTimes, call: Call) -> Response:
    asked = paging(call.inbound, PAGE_SIZE)
    kind = Kind.DELIVERY_TIME
    entries = documents.page(desk.tx, call.shop, kind, limit=asked.size, offset=asked.offset)
    headers = [JSON_CONTENT]
    if asked.total:
        headers.append((b"x-total-count", b"%d" % documents.count(desk.tx, call.shop, kind)))
    return Response(200, encode_page(shown(entry) for entry in entries), tuple(headers))


def find_time(desk: DeliveryTimes, call: Call) -> Entry | None:
    """The delivery time of the path."""
    return documents.find(desk.tx, call.shop, Kind.DELIVERY_TIME, call.inbound.values["id"])


def missing(call: Call) -> Refusal:
    """404 for the delivery time of the path."""
    message = f"the delivery time '{call.inbound.values['id'][:80]}' does not exist"
    return refuse_faults([Fault("DELIVERY-TIME-404002", "id", message)])


def _show(desk: DeliveryTimes, call: Call) -> Reply:
    entry = find_time(desk, call)
    return respond(200, shown(entry)) if entry is not None else missing(call)


def _create(desk: DeliveryTimes, call: Call) -> Reply:
    """POST: 201 with the new id."""
    return _create_one(desk, call, call.inbound.command, call.inbound.id)


def _create_one(desk: DeliveryTimes, call: Call, document: Document, fallback_id: str) -> Reply:
    documents.touch(desk.tx, call.shop)  # its lock: what is compared here is what will be there
    read = read_time(document, fallback_id)
    time = read.time
    known = documents.find(desk.tx, call.shop, Kind.DELIVERY_TIME, time.id)
    faults = read.beside(desk.faults(call.shop, time, checks_overlap=checks_overlap(call)))
    if read.problems:
        return refuse_faults(faults, read.problems) if faults else SHIPPING.refusal(400, read.problems)
    if known is not None:
        message = f"a delivery time with the id '{time.id[:80]}' exists already"
        faults = faults or [Fault("DELIVERY-TIME-409001", "id", message)]
    if faults:
        return refuse_faults(faults)
    documents.insert(desk.tx, call.shop, write_of(time, document), call.now)
    return created(call, {"id": time.id}, time.id)


def write_of(time: DeliveryTime, document: Document) -> Write:
    """A delivery time as the store takes it."""
    kept = {name: value for name, value in document.items() if name != "metadata"}
    for slot, said in zip(time.slots, kept.get("slots") or (), strict=False):
        hours = slot.delivery_time_range
        said["deliveryTimeRange"] |= {"timeFrom": hours.time_from, "timeTo": hours.time_to}
    return Write(Kind.DELIVERY_TIME, time.id, encode(kept).decode(), parent=time.site_code)


def _create_many(desk: DeliveryTimes, call: Call) -> Response:
    """POST of many: 207 with the fate of each; each is compared with those before it, too."""
    lines = []
    for index, document in enumerate(call.inbound.command):
        fallback_id = f"{call.inbound.id}-{index}"
        answer = _create_one(desk, call, document, fallback_id)
        id = document.get("id")
        line: Document = {"index": index, "id": id if isinstance(id, str) else fallback_id}
        lines.append(line | _fate(answer))
    return respond(207, lines)


def _fate(answer: Reply) -> Document:
    """An answer as a line of a 207: the codes and sentences of all that was wrong."""
    status = HTTPStatus(answer.status)
    line: Document = {"code": answer.status, "status": status.name, "message": status.phrase}
    if isinstance(answer, Refusal):
        said = answer.told
        line |= {"message": said["message"], "type": said["type"], "errorCodes": said.get("errorCodes", [])}
        line["errorCodes"] = [said["errorCode"]] if "errorCode" in said else []
        line["details"] = [detail["message"] for detail in said.get("details", [])]
    return line


def _replace(desk: DeliveryTimes, call: Call) -> Reply:
    """PUT: 200; the version is compared where `metadata` brings one."""
    documents.touch(desk.tx, call.shop)
    entry = find_time(desk, call)
    if entry is None:
        return missing(call)
    return save(desk, call, entry, Edit(dict(call.inbound.command)))


def _patch(desk: DeliveryTimes, call: Call) -> Reply:
    """PATCH: 200; the operations are applied to what is stored."""
    documents.touch(desk.tx, call.shop)
    entry = find_time(desk, call)
    if entry is None:
        return missing(call)
    try:
        return save(desk, call, entry, Edit(patched(shown(entry), call.inbound.command)))
    except Malformed as malformed:
        return SHIPPING.refusal(400, malformed.problems)


class Edit(Struct, frozen=True):
    """What a delivery time is to become, and what speaks against that already."""

    document: Document
    faults: Sequence[Fault] = ()


def save(desk: DeliveryTimes, call: Call, entry: Entry, edit: Edit) -> Reply:
    """Replace a delivery time by what it is to become, if nothing speaks against it."""
    document, faults = edit.document, edit.faults
    given_id = document.get("id")
    if given_id not in (None, entry.id):
        faults = [*faults, Fault("DELIVERY-TIME-400002", "id")]
    document["id"] = entry.id
    read = read_time(document, call.inbound.id)
    time = read.time
    faults = [*faults, *read.beside(desk.faults(call.shop, time, checks_overlap=checks_overlap(call)))]
    if faults:
        return refuse_faults(faults, read.problems)
    if read.problems:
        return SHIPPING.refusal(400, read.problems)
    version = expected_version(document)
    change = documents.replace(desk.tx, call.shop, write_of(time, document), call.now, expected_version=version)
    return refuse_faults([Fault("DELIVERY-TIME-409002", "metadata.version")]) if change is WriteOutcome.STALE else OK


def _delete(desk: DeliveryTimes, call: Call) -> Reply:
    """DELETE: 204; what is booked stays counted, for the orders that have booked it."""
    change = documents.remove(desk.tx, call.shop, Kind.DELIVERY_TIME, call.inbound.values["id"])
    return missing(call) if change is WriteOutcome.MISSING else NO_CONTENT


def slots_of(entry: Entry) -> list[Document]:
    """The slots of a stored delivery time."""
    found: list[Document] = stored(entry).get("slots") or []
    return found
