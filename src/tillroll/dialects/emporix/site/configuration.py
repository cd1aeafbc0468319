"""Configuration values: `/configuration/{tenant}/configurations` (docs/wire/emporix.md, 18).

A value is any JSON under a key; what the till reads of it, it reads through `View.configured`. Creating is all or
nothing. `version` counts the changes, and one that comes back with a replacement has to be the latest. `schemaUrl` and
`secured` are kept and returned: no address is fetched, and nothing secret belongs here.
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.errors import CONFIGURATION, Reply, encode, respond
from tillroll.dialects.emporix.wire.fields import id_problem
from tillroll.dialects.emporix.wire.payload import paging, read_json, reads_of_list, refuse_if
from tillroll.dialects.emporix.wire.resources import Document, read_version, stored
from tillroll.dialects.emporix.wire.secured import Access, Call, Handle, Run, anybody, back_office, secured
from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.dialects.nesting import nesting_problem
from tillroll.engine.access.access import SERVICE
from tillroll.engine.documents import documents as catalogue
from tillroll.engine.documents.documents import BulkWrite, Kind, Write, WriteOutcome
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

MANAGE = "configuration.configuration_manage"
READ = ("configuration.configuration_read", "configuration.configuration_view", MANAGE)

CONFIGURATIONS_MAX = 200
PAGE_SIZE = 1_000

_NOT_UPDATED = "Tenant configuration could not be updated"
_BODY = msgspec.json.Decoder(dict[str, Any] | list[Any], float_hook=Decimal)


class _Configuration(Struct, rename="camel"):
    key: str
    value: Any
    description: str = ""
    secured: bool = False
    restricted: bool = False
    read_only: bool = False


def routes() -> list[Route]:
    """The configuration routes."""
    path, one = "/configuration/{tenant}/configurations", "/configuration/{tenant}/configurations/{key}"
    manage, read = back_office(MANAGE), anybody(*READ)

    def run(allowed: Access, handle: Handle) -> Run:
        return secured(CONFIGURATION, allowed, handle)

    return [
        Route("POST", path, run(manage, _create), CONFIGURATION, _read_many, writes=True),
        Route("GET", path, run(read, _list), CONFIGURATION, reads=reads_of_list),
        Route("GET", one, run(read, _show), CONFIGURATION),
        Route("PUT", one, run(manage, _replace), CONFIGURATION, _read_one, writes=True),
        Route("DELETE", one, run(manage, _delete), CONFIGURATION, writes=True),
    ]


def _read_many(inbound: Inbound) -> dict[str, Document]:
    """The body, one configuration or a list of them, by key."""
    body = read_json(_BODY, inbound.body)
    documents = body if isinstance(body, list) else [body]
    if not 1 <= len(documents) <= CONFIGURATIONS_MAX:
        refuse_if([Problem("", "invalid_value", f"Send 1 to {CONFIGURATIONS_MAX} configurations")])
    read = [_validated(document) for document in documents]
    repeated = len({document["key"] for document in read}) < len(read)
    refuse_if([Problem("key", "invalid_value", "each key can be created once") if repeated else None])
    return {document["key"]: document for document in read}


def _read_one(inbound: Inbound) -> Document:
    body = read_json(_BODY, inbound.body)
    return _validated(body)


def _validated(document: Any) -> Document:
    refuse_if([nesting_problem(document)])
    read = converted(document, _Configuration)
    refuse_if([id_problem("key", read.key)])
    return {"secured": False, **document}


def _create(tx: Transaction, call: Call) -> Reply:
    """POST: 201 with what was stored, as a list where a list was sent; 409 where one of the keys exists."""
    wanted: dict[str, Document] = call.inbound.command
    catalogue.touch(tx, call.shop)
    known = catalogue.find_many(tx, call.shop, Kind.CONFIGURATION, wanted)
    if known:
        detail = f"Duplicate key for the tenant configuration during create for the tenant '{call.shop}': {min(known)}"
        message = "Tenant configuration could not be created"
        return CONFIGURATION.refusal(409, [Problem("", "duplicate", detail)], message=message)
    catalogue.write_many(tx, call.shop, [BulkWrite(_write(document)) for document in wanted.values()], call.now)
    stored_now = [{**document, "version": 1} for document in wanted.values()]
    return respond(201, stored_now if call.inbound.body.lstrip().startswith(b"[") else stored_now[0])


def _list(tx: Transaction, call: Call) -> Response:
    """GET of all values, or of those in `keys`; a storefront sees those that are not `secured`."""
    asked = paging(call.inbound, PAGE_SIZE)
    said = call.inbound.query.get("keys")
    if said is not None:
        names = [name.strip() for name in said.split(",") if name.strip()]
        found = catalogue.find_many(tx, call.shop, Kind.CONFIGURATION, names)
        entries = [found[name] for name in dict.fromkeys(names) if name in found]
    else:
        entries = catalogue.page(tx, call.shop, Kind.CONFIGURATION, limit=asked.size, offset=asked.offset)
    return respond(200, [_shown(entry) for entry in entries if _is_visible(call, entry)])


def _show(tx: Transaction, call: Call) -> Reply:
    """GET of one value."""
    key = call.inbound.values["key"]
    entry = catalogue.find(tx, call.shop, Kind.CONFIGURATION, key)
    if entry is None or not _is_visible(call, entry):
        detail = f"Could not find the tenant configuration with the propertyKey '{key}' for the tenant '{call.shop}'"
        return CONFIGURATION.refusal(404, [Problem("", "missing", detail)], message="Configuration not found")
    return respond(200, _shown(entry))


def _replace(tx: Transaction, call: Call) -> Reply:
    """PUT: 200 with what is stored now; 400 where the key does not exist, is another in the body, or is read-only; 409
    for a `version` that is not the latest."""
    key, document = call.inbound.values["key"], call.inbound.command
    if document["key"] != key:
        detail = "The keys specified in the path param and in the payload are not the same."
        return CONFIGURATION.refusal(400, [Problem("", "invalid_value", detail)], message="Invalid Parameters")
    catalogue.touch(tx, call.shop)
    entry = catalogue.find(tx, call.shop, Kind.CONFIGURATION, key)
    if entry is None or stored(entry).get("readOnly") is True:
        reason = "failed" if entry is None else "failed, because it is readOnly,"
        asked = f"Request for updating the tenant configuration with the propertyKey '{key}'"
        detail = f"{asked} {reason} for the tenant '{call.shop}'"
        return CONFIGURATION.refusal(400, [Problem("", "invalid_value", detail)], message=_NOT_UPDATED)
    expected = read_version(document.get("version"))
    change = catalogue.replace(tx, call.shop, _write(document), call.now, expected_version=expected)
    if change is WriteOutcome.STALE:
        detail = f"The version of the tenant configuration '{key}' is {entry.version} now: read it again and retry"
        return CONFIGURATION.refusal(409, [Problem("version", "invalid_value", detail)], message=_NOT_UPDATED)
    return respond(200, {**document, "version": entry.version + 1})


def _delete(tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; 404 where there is no such key, 400 where it is restricted."""
    key = call.inbound.values["key"]
    catalogue.touch(tx, call.shop)
    entry = catalogue.find(tx, call.shop, Kind.CONFIGURATION, key)
    if entry is not None and stored(entry).get("restricted") is True:
        message = f"The tenant configuration '{key}' is restricted and can not be deleted"
        return CONFIGURATION.refusal(400, message=message)
    if catalogue.remove(tx, call.shop, Kind.CONFIGURATION, key) is WriteOutcome.MISSING:
        detail = f"Couldn't delete the tenant configuration with the propertyKey '{key}' for the tenant '{call.shop}'"
        message = "Tenant configuration could not be found"
        return CONFIGURATION.refusal(404, [Problem("", "missing", detail)], message=message)
    return Response(204, b"", ())


def _is_visible(call: Call, entry: Entry) -> bool:
    return call.caller.kind == SERVICE or stored(entry).get("secured") is not True


def _write(document: Document) -> Write:
    return Write(Kind.CONFIGURATION, document["key"], encode(document).decode())


def _shown(entry: Entry) -> Document:
    return {**stored(entry), "version": entry.version}
