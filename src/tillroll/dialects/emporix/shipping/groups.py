"""Groups of customers who are shipped to at fees of their own: `/shipping/{tenant}/{site}/groups`, and who is in which:
`/shipping/{tenant}/{site}/cgrelations` (docs/wire/emporix.md, 11).

A customer is in one group of a site. Who is in which group is the back office's to see, and the customer's own.
"""

from tillroll.dialects.emporix.shipping.zones import site_exists
from tillroll.dialects.emporix.wire.errors import SHIPPING, Refusal
from tillroll.dialects.emporix.wire.payload import reads_of_list
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Change,
    Ids,
    Resource,
    Shows,
    Words,
    Writes,
    resource_routes,
    show_page,
)
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured
from tillroll.dialects.http import Problem, Route
from tillroll.domain.shipping.zones import GroupRelation, ShippingGroup
from tillroll.engine.access.access import SERVICE
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
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
    # Who is in which group is the back office's to list; a customer sees its own relation.
    read = secured(SHIPPING, back_office(*_READ), lambda tx, call: show_page(relations, tx, call))
    return [
        *resource_routes(_groups()),
        *resource_routes(relations, Route("GET", _RELATIONS, read, SHIPPING, reads=reads_of_list)),
    ]


def _groups() -> Resource:
    return Resource(
        path=_GROUPS,
        kind=Kind.SHIPPING_GROUP,
        service=SHIPPING,
        writers=back_office(*_MANAGE),
        readers=anybody(),
        body=Body(ShippingGroup),
        ids=Ids(under=("site",)),
        words=Words("A group with id '{id}' does not exist.", _CONFLICT),
        writes=Writes(updated=200),
        shows=Shows(page_size=LISTED),
        rules=(site_exists,),
    )


def _relations() -> Resource:
    return Resource(
        path=_RELATIONS,
        kind=Kind.GROUP_RELATION,
        service=SHIPPING,
        writers=back_office(*_MANAGE),
        readers=anybody(),
        body=Body(GroupRelation),
        ids=Ids("customerId", under=("site",)),
        words=Words("A relation of the customer '{id}' does not exist.", _CONFLICT),
        writes=Writes(updated=200),
        shows=Shows(visible=_is_own, page_size=LISTED),
        rules=(site_exists, _group_exists),
    )


def _group_exists(change: Change) -> Refusal | None:
    group = change.after["groupId"]
    id = f"{change.call.inbound.values['site']}/{group}"
    if documents.find(change.tx, change.call.shop, Kind.SHIPPING_GROUP, id) is not None:
        return None
    return SHIPPING.refusal_if([Problem("groupId", "invalid_field", f"the site has no shipping group '{group[:80]}'")])


def _is_own(call: Call, entry: Entry) -> bool:
    if call.caller.kind == SERVICE:
        return True
    return call.caller.customer_id is not None and entry.id.endswith(f"/{call.caller.customer_id}")
