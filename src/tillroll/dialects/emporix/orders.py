"""Orders: `/order-v2/{tenant}` (contracts/emporix.md, 7).

    /orders        shoppers: their own, and declining one that is CREATED
    /salesorders   the back office: all of the shop's, and every step of an order's life

A shopper who asks for somebody else's order is told that there is none.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from msgspec import Struct

from tillroll.dialects.emporix import filters
from tillroll.dialects.emporix.document_lists import SCANNED_DOCUMENTS_MAX
from tillroll.dialects.emporix.documents import Document, iso
from tillroll.dialects.emporix.errors import ORDER, encode, respond
from tillroll.dialects.emporix.filters import Condition, named_values
from tillroll.dialects.emporix.order_view import head, order_document
from tillroll.dialects.emporix.payload import Paging, body_as, paging
from tillroll.dialects.emporix.secured import SHOPPERS, Access, Call, Handle, back_office, secured
from tillroll.dialects.emporix.sorting import SortKey, in_order, sort_keys
from tillroll.dialects.http import JSON_CONTENT, Header, Malformed, Problem, Response, Route
from tillroll.domain.order import Verdict
from tillroll.engine import orders
from tillroll.engine.orders import Change, Filter, Judged, StoredOrder
from tillroll.store import Transaction

PAGE_SIZE = 16
_CHUNK = 500  # orders that a search holds at a time, some 3 MiB
_ALL = Filter()

Status = Literal["IN_CHECKOUT", "CREATED", "CONFIRMED", "SHIPPED", "COMPLETED", "DECLINED"]


class Transition(Struct, frozen=True):
    """The body of a transition."""

    status: Status


class Search(Struct, frozen=True):
    """What a list is asked for: an index answers `filter`, what is left has to hold for each order's document."""

    filter: Filter
    conditions: tuple[Condition, ...]
    order: tuple[SortKey, ...]

    @property
    def is_plain(self) -> bool:
        """Whether the database pages through exactly what is asked for."""
        return not self.conditions and not self.order


def routes() -> list[Route]:
    """The order routes."""
    own, all_orders = "/order-v2/{tenant}/orders", "/order-v2/{tenant}/salesorders"
    read = back_office("order.order_read")
    watch = back_office("order.order_read", "order.order_update", "order.order_update_completed")
    update = back_office("order.order_update", "order.order_update_completed")

    def reads(path: str, access: Access, handle: Handle, method: str = "GET") -> Route:
        return Route(method, path, secured(ORDER, access, handle), ORDER)

    def writes(path: str, access: Access) -> Route:
        run = secured(ORDER, access, _change_status)
        return Route("POST", path, run, ORDER, body_as(Transition), writes=True)

    return [
        reads(own, SHOPPERS, _list_own),
        reads(own + "/{id}", SHOPPERS, _show),
        reads(own + "/{id}/transitions", SHOPPERS, _show_possible),
        writes(own + "/{id}/transitions", SHOPPERS),
        reads(all_orders, read, _list_all),
        reads(all_orders, read, _count_all, "HEAD"),
        reads(all_orders + "/{id}", read, _show),
        reads(all_orders + "/{id}/transitions", watch, _show_possible),
        writes(all_orders + "/{id}/transitions", update),
        reads(all_orders + "/{id}/historical-transitions", read, _show_history),
    ]


def _document(call: Call, stored: StoredOrder) -> Document:
    return order_document(stored, call.shop, for_back_office=call.caller.kind == "service")


# --------------------------------------------------------------------------------------------------------- one order


def _found(answer: Callable[[Transaction, Call, StoredOrder], Response]) -> Handle:
    """A handler of one order, which answers 404 where the caller has none of this id."""

    def handle(tx: Transaction, call: Call) -> Response:
        stored = orders.find(tx, call.caller, call.inbound.values["id"])
        return answer(tx, call, stored) if stored is not None else ORDER.refuse(404)

    return handle


@_found
def _show(_tx: Transaction, call: Call, stored: StoredOrder) -> Response:
    return respond(200, _document(call, stored))


@_found
def _show_possible(_tx: Transaction, call: Call, stored: StoredOrder) -> Response:
    return respond(200, [{"status": status} for status in orders.possible(stored, call.caller)])


@_found
def _show_history(tx: Transaction, call: Call, stored: StoredOrder) -> Response:
    history = orders.history(tx, call.shop, stored)
    return respond(200, [{"status": one.status, "changedAt": iso(one.changed_at)} for one in history])


def _change_status(tx: Transaction, call: Call) -> Response:
    """POST of a transition: 204, 403 for what customers may not, 400 for what nobody can."""
    wanted: Status = call.inbound.command.status
    judged = orders.change_status(tx, Change(call.caller, call.inbound.values["id"], wanted, call.now))
    if judged is None:
        return ORDER.refuse(404)
    if judged.verdict is Verdict.ALLOWED:
        return Response(204, b"", ())
    return _refusal(call, judged, wanted)


def _refusal(call: Call, judged: Judged, wanted: str) -> Response:
    before = judged.before
    if judged.verdict is Verdict.FORBIDDEN:
        said = f"Customers are not allowed to change order status from {before.status} to {wanted}"
        return ORDER.refuse(403, message=said)
    if judged.verdict is Verdict.NEEDS_SHIPMENTS:
        said = "the order has no shipments, which it needs to become SHIPPED"
        return ORDER.refuse(400, [Problem("shipments", "missing_value", said)])
    possible = ", ".join(orders.possible(before, call.caller)) or "none"
    said = f"the order can not go from {before.status} to {wanted}; possible now: {possible}"
    return ORDER.refuse(400, [Problem("status", "invalid_transition", said)])


# ------------------------------------------------------------------------------------------------------------- lists


def _list_own(tx: Transaction, call: Call) -> Response:
    """GET of a shopper's own orders, newest first, always with their number."""
    asked = paging(call.inbound, PAGE_SIZE)
    search = _search(call, may_filter=False)
    if search.is_plain:
        page = orders.own_page(tx, call.caller, _rows(asked))
        total = orders.own_count(tx, call.caller)
        return _page(call, page, total)
    found = list(_matching(call, search, lambda rows: orders.own_page(tx, call.caller, rows)))
    return _page(call, _sorted(found, search)[asked.offset : asked.offset + asked.size], len(found))


def _list_all(tx: Transaction, call: Call) -> Response:
    """GET of the shop's orders, newest first unless `sort` says otherwise, by `q`."""
    asked, search = paging(call.inbound, PAGE_SIZE), _search(call, may_filter=True)
    if search.is_plain:
        page = orders.page(tx, call.shop, _rows(asked), search.filter)
        return _page(call, page, orders.count(tx, call.shop, search.filter) if asked.total else None)
    found = _found_orders(tx, call, search)
    page = _sorted(found, search)[asked.offset : asked.offset + asked.size]
    return _page(call, page, len(found) if asked.total else None)


def _count_all(tx: Transaction, call: Call) -> Response:
    """HEAD of the shop's orders: how many fulfil `q`."""
    search = _search(call, may_filter=True)
    total = len(_found_orders(tx, call, search)) if search.conditions else orders.count(tx, call.shop, search.filter)
    return Response(200, b"", (JSON_CONTENT, _total(total)))


def _rows(asked: Paging) -> range:
    return range(asked.offset, asked.offset + asked.size)


def _page(call: Call, page: Sequence[StoredOrder], total: int | None) -> Response:
    names = [name.strip() for name in call.inbound.query.get("fields", "").split(",") if name.strip()]
    documents = [_document(call, stored) for stored in page]
    if names:
        documents = [
            {name: value for name, value in document.items() if name == "id" or name in names}
            for document in documents
        ]
    headers = (JSON_CONTENT,) if total is None else (JSON_CONTENT, _total(total))
    return Response(200, encode(documents), headers)


def _total(count: int) -> Header:
    return (b"x-total-count", b"%d" % count)


def _search(call: Call, *, may_filter: bool) -> Search:
    """The `q` and `sort` of a list; raises Malformed. Newest first is how orders are kept: it needs no sorting."""
    query = call.inbound.query
    order = tuple(sort_keys(query.get("sort", "")))
    if order and order[0] == SortKey(("created",), descending=True):
        order = ()
    indexed: dict[str, str] = {}
    rest = []
    for condition in filters.conditions(query.get("q", "")):
        values, path = named_values(condition), ".".join(condition.path)
        if may_filter and path in ("status", "siteCode") and path not in indexed and values and len(values) == 1:
            indexed[path] = next(iter(values))
        else:
            rest.append(condition)
    return Search(Filter(indexed.get("status"), indexed.get("siteCode")), tuple(rest), order)


def _found_orders(tx: Transaction, call: Call, search: Search) -> list[StoredOrder]:
    """The shop's orders that a search is for, newest first; those with known ids are looked up by them."""
    for condition in search.conditions:
        values = named_values(condition)
        if values is not None and condition.path == ("id",) and len(values) <= _CHUNK:
            named = [stored for id in sorted(values) if (stored := orders.find(tx, call.caller, id)) is not None]
            named.sort(key=lambda stored: stored.created_at, reverse=True)
            everything = Search(_ALL, _all_conditions(search), ())
            return list(_matching(call, everything, lambda rows, named=named: named[rows.start : rows.stop]))  # type: ignore[misc]
    return list(_matching(call, search, lambda rows: orders.page(tx, call.shop, rows, search.filter)))


def _all_conditions(search: Search) -> tuple[Condition, ...]:
    """The conditions of a search, those that an index would answer included."""
    known = (("status", search.filter.status), ("siteCode", search.filter.site))
    return (*search.conditions, *(filters.equals(path, value) for path, value in known if value is not None))


def _matching(
    call: Call, search: Search, page: Callable[[range], Sequence[StoredOrder]]
) -> Iterator[StoredOrder]:
    """Those orders whose documents fulfil all conditions; the documents of others are not even read where the head of
    an order says no."""
    quick = [condition for condition in search.conditions if condition.path[0] in _IN_HEAD]
    slow = [condition for condition in search.conditions if condition.path[0] not in _IN_HEAD]
    for start in range(0, SCANNED_DOCUMENTS_MAX + 1, _CHUNK):
        chunk = page(range(start, start + _CHUNK))
        if start >= SCANNED_DOCUMENTS_MAX and chunk:
            said = f"there are more than {SCANNED_DOCUMENTS_MAX} orders: narrow the query down by id, status or siteCode"
            raise Malformed([Problem("q", "invalid_query_parameter", said)])
        for stored in chunk:
            if not all(condition.holds(head(stored)) for condition in quick):
                continue
            if not slow or _fits(_document(call, stored), slow):
                yield stored
        if len(chunk) < _CHUNK:
            return


_IN_HEAD = frozenset({"id", "status", "created", "lastStatusChange", "cartId", "createdBy"})


def _fits(document: Document, conditions: Sequence[Condition]) -> bool:
    return all(condition.holds(document) for condition in conditions)


def _sorted(found: Sequence[StoredOrder], search: Search) -> list[StoredOrder]:
    if not search.order:
        return list(found)
    needs_all = any(key.path[0] not in _IN_HEAD for key in search.order)
    return in_order([(stored, _sortable(stored, needs_all)) for stored in found], search.order, ())
