"""Groups of customers who are shipped to at fees of their own: `/shipping/{tenant}/{site}/groups`, and who is in which:
`/shipping/{tenant}/{site}/cgrelations` (docs/wire/emporix.md, 11).

A customer is in one group of a site. Who is in which group is the back office's to see, and the customer's own.
"""

from tillroll.dialects.emporix.wire.errors import SHIPPING, Refusal
from tillroll.dialects.emporix.wire.payload import reads_of_list
from tillroll.dialects.emporix.wire.resources import Document, Resource, resource_routes, show_page
from tillroll.dialects.emporix.wire.secured import Call, back_office, secured
from tillroll.dialects.http import Problem, Response, Route
from tillroll.domain.shipping.zones import GroupRelation, ShippingGroup
from tillroll.engine.access.access import SERVICE
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.store import Transaction
from tillroll.store.documents.rows import Entry

_GROUPS = "/shipping/{tenant}/{site}/groups"
_RELATIONS = "/shipping/{tenant}/{site}/cgrelations"
_MANAGE = ("shipping.shipping_manage",)
_READ = ("shipping.shipping_read", *_MANAGE)
_CONFLICT = "The requested resource could not be updated due to server-side validation."
LISTED = 1000


def routes() -> list[Route]:
    """The routes of groups and relations."""
    relations = _relations()

    def list_relations(tx: Transaction, call: Call) -> Response:
        return show_page(relations, tx, call)

    return [
        *resource_routes(_groups()),
        *(route for route in resource_routes(relations) if (route.method, route.path) != ("GET", _RELATIONS)),
        Route("GET", _RELATIONS, secured(SHIPPING, back_office(*_READ), list_relations), SHIPPING, reads=reads_of_list),
    ]


def _groups() -> Resource:
    return Resource(
        path=_GROUPS,
        kind=Kind.SHIPPING_GROUP,
        service=SHIPPING,
        shape=ShippingGroup,
        manage=_MANAGE,
        under=("site",),
        guard=_site_exists,
        not_found=lambda id: f"A group with id '{id}' does not exist.",
        exists=lambda _id: _CONFLICT,
        updated=200,
        page_size=LISTED,
    )


def _relations() -> Resource:
    return Resource(
        path=_RELATIONS,
        kind=Kind.GROUP_RELATION,
        service=SHIPPING,
        shape=GroupRelation,
        manage=_MANAGE,
        id_field="customerId",
        under=("site",),
        guard=_site_exists,
        check_stored=_group_missing,
        not_found=lambda id: f"A relation of the customer '{id}' does not exist.",
        exists=lambda _id: _CONFLICT,
        visible=_is_own,
        updated=200,
        page_size=LISTED,
    )


def _site_exists(tx: Transaction, call: Call) -> Refusal | None:
    return None if documents.has_site(tx, call.shop, call.inbound.values["site"]) else SHIPPING.refusal(404)


def _group_missing(tx: Transaction, call: Call, relation: Document) -> list[Problem | None]:
    id = f"{call.inbound.values['site']}/{relation['groupId']}"
    if documents.find(tx, call.shop, Kind.SHIPPING_GROUP, id) is not None:
        return []
    message = f"the site has no shipping group '{relation['groupId'][:80]}'"
    return [Problem("groupId", "invalid_field", message)]


def _is_own(call: Call, entry: Entry) -> bool:
    if call.caller.kind == SERVICE:
        return True
    return call.caller.customer_id is not None and entry.id.endswith(f"/{call.caller.customer_id}")
