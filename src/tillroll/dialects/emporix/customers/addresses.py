"""A customer's addresses and their tags: under `/me` for the customer, by number for the back office (14)."""

from tillroll.dialects.emporix.customers import view
from tillroll.dialects.emporix.customers.one_customer import (
    NO_CONTENT,
    OK,
    as_struct,
    changing,
    patched,
    reading,
)
from tillroll.dialects.emporix.customers.requests import address_problems, tags_problem
from tillroll.dialects.emporix.wire.errors import CUSTOMER, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.fields import id_problem
from tillroll.dialects.emporix.wire.payload import MERGE_PATCH, refuse_if
from tillroll.dialects.emporix.wire.resources import Document, created, read_document
from tillroll.dialects.emporix.wire.secured import CUSTOMERS, Access, Call, back_office
from tillroll.dialects.http import Problem, Response, Route
from tillroll.domain.customers.customer import CustomerAddress, put_address, remove_address
from tillroll.engine.customers.customers import StoredCustomer
from tillroll.store import Transaction


def routes() -> list[Route]:
    """The routes of addresses; an older client sends PUT to `/me/addresses/{id}` for PATCH, and means the same."""
    own, others = "/customer/{tenant}/me/addresses", "/customer/{tenant}/customers/{customerNumber}/addresses"
    read, manage = (
        back_office("customer.customer_read", "customer.customer_manage"),
        back_office("customer.customer_manage"),
    )
    return [
        *_routes(own, CUSTOMERS, CUSTOMERS),
        Route("PUT", own + "/{addressId}", changing(CUSTOMERS, _patch), CUSTOMER, read_document, True, MERGE_PATCH),
        *_routes(others, read, manage),
        Route("PUT", others + "/{addressId}", changing(manage, _put), CUSTOMER, read_document, True, MERGE_PATCH),
    ]


def _routes(many: str, read: Access, manage: Access) -> list[Route]:
    one = many + "/{addressId}"
    tags = one + "/tags"
    return [
        Route("GET", many, reading(read, _show_all), CUSTOMER),
        Route("POST", many, changing(manage, _add), CUSTOMER, read_document, True),
        Route("GET", one, reading(read, _show), CUSTOMER),
        Route("PATCH", one, changing(manage, _patch), CUSTOMER, read_document, True, MERGE_PATCH),
        Route("DELETE", one, changing(manage, _remove), CUSTOMER, writes=True),
        Route("POST", tags, changing(manage, _add_tags), CUSTOMER, writes=True),
        Route("DELETE", tags, changing(manage, _remove_tags), CUSTOMER, writes=True),
    ]


def _show_all(_tx: Transaction, _call: Call, stored: StoredCustomer) -> Response:
    """GET: 200 list."""
    return respond(200, view.addresses(stored))


def _show(_tx: Transaction, call: Call, stored: StoredCustomer) -> Reply:
    """GET: 200; 404."""
    address = stored.document.address(call.inbound.values["addressId"])
    return respond(200, view.address(address)) if address is not None else _missing(call, stored)


def _add(_tx: Transaction, call: Call, stored: StoredCustomer) -> Reply:
    """POST: 201 `{id}`; 409 where the customer has an address of this id."""
    document: Document = call.inbound.command
    id = document.get("id") or call.inbound.id
    refuse_if([id_problem("id", id) if isinstance(id, str) else Problem("id", "invalid_value", "id must be a text")])
    if stored.document.address(id) is not None:
        return CUSTOMER.refusal(409, message=f"Address {id} of customer {stored.id} already exists.")
    return _written(call, stored, as_struct(CustomerAddress, {**document, "id": id}))


def _put(_tx: Transaction, call: Call, stored: StoredCustomer) -> Reply:
    """PUT: 204, 201 where it was new."""
    id = call.inbound.values["addressId"]
    refuse_if([id_problem("addressId", id)])
    known = stored.document.address(id)
    address = as_struct(CustomerAddress, {**call.inbound.command, "id": id})
    answer = _written(call, stored, address)
    return answer if known is None or answer.status >= 400 else NO_CONTENT


def _patch(_tx: Transaction, call: Call, stored: StoredCustomer) -> Reply:
    """PATCH: 200; 404."""
    id = call.inbound.values["addressId"]
    known = stored.document.address(id)
    if known is None:
        return _missing(call, stored)
    answer = _written(call, stored, patched(known, {**call.inbound.command, "id": id}))
    return OK if answer.status < 400 else answer


def _written(call: Call, stored: StoredCustomer, address: CustomerAddress) -> Reply:
    refuse_if(address_problems("", address))
    refused = put_address(stored.document, address)
    if refused is not None:
        return CUSTOMER.refusal(400, [Problem("", "invalid_value", refused)])
    return created(call, {"id": address.id}, address.id if call.inbound.method == "POST" else "")


def _remove(_tx: Transaction, call: Call, stored: StoredCustomer) -> Reply:
    """DELETE: 204; 404."""
    found = remove_address(stored.document, call.inbound.values["addressId"])
    return NO_CONTENT if found else _missing(call, stored)


def _add_tags(_tx: Transaction, call: Call, stored: StoredCustomer) -> Reply:
    """POST `?tags=BILLING,SHIPPING`: 204; tags that are there already stay."""
    address, tags = stored.document.address(call.inbound.values["addressId"]), _tags(call)
    if address is None:
        return _missing(call, stored)
    tags = [*address.tags, *(tag for tag in tags if tag not in address.tags)]
    refuse_if([tags_problem("tags", tags)])
    address.tags = tags
    return NO_CONTENT


def _remove_tags(_tx: Transaction, call: Call, stored: StoredCustomer) -> Reply:
    """DELETE `?tags=…`: 204; 404 for the address."""
    address, tags = stored.document.address(call.inbound.values["addressId"]), _tags(call)
    if address is None:
        return _missing(call, stored)
    address.tags = [tag for tag in address.tags if tag not in tags]
    return NO_CONTENT


def _tags(call: Call) -> list[str]:
    tags = list(dict.fromkeys(tag.strip() for tag in call.inbound.query.get("tags", "").split(",") if tag.strip()))
    refuse_if(
        [
            tags_problem("tags", tags)
            if tags
            else Problem("tags", "missing_value", "tags is required: send names with commas between them")
        ]
    )
    return tags


def _missing(call: Call, stored: StoredCustomer) -> Refusal:
    message = f"Address {call.inbound.values['addressId']} of customer {stored.id} not found."
    return CUSTOMER.refusal(404, message=message, type="resource_not_found")
