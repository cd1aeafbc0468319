"""Lists of orders, newest first: by page, by `q`, by `sort` (docs/wire/emporix.md, 1 and 7).

    q ──► what an index answers (id, customer.id, status, siteCode) ──► Source ──► what is left, order by order

The documents of orders are large. A list never holds more of them than a page and a chunk.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from tillroll.dialects.emporix.orders.answers import SalesOrder
from tillroll.dialects.emporix.orders.view import head, sales_order
from tillroll.dialects.emporix.wire.answers import told
from tillroll.dialects.emporix.wire.errors import encode_page
from tillroll.dialects.emporix.wire.payload import Paging, paging
from tillroll.dialects.emporix.wire.query import (
    Condition,
    SortKey,
    asked,
    in_order,
    named_values,
    shop_conditions,
    sort_keys,
)
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import JSON_CONTENT, Header, Malformed, Problem, Response
from tillroll.engine.access.access import SERVICE
from tillroll.engine.orders import orders
from tillroll.store import Transaction
from tillroll.store.orders.rows import OrderFilter, StoredOrder

PAGE_SIZE = 16
# What no index answers is looked for order by order, a third of a millisecond each: some three seconds.
SCANNED_ORDERS_MAX = 10_000
_CHUNK = 100  # some 600 KiB; 100 MiB where each has the largest mixins
_NEWEST_FIRST = SortKey(("created",), descending=True)
_IN_HEAD = frozenset({"id", "status", "created", "lastStatusChange", "cartId", "createdBy"})


def shown(call: Call, stored: StoredOrder) -> SalesOrder:
    """An order as its caller sees it."""
    return sales_order(stored, call.shop, for_back_office=call.caller.kind == SERVICE)


def _document(call: Call, stored: StoredOrder) -> Document:
    document: Document = told(shown(call, stored))
    return document


def list_own(tx: Transaction, call: Call) -> Response:
    """GET of a shopper's own orders, always with their number."""
    wanted = shop_conditions(tx, call.shop, call.inbound.query.get("q", ""))
    source = _filtered(tx, call, orders.own(call.caller), tuple(wanted))
    return _list(call, source, with_total=True)


def search(tx: Transaction, call: Call) -> Response:
    """POST of a search over the shop's orders, with `q` in the body."""
    q = call.inbound.command.q or ""
    return _list(call, _source(tx, call, q), with_total=paging(call.inbound, PAGE_SIZE).total)


def list_of_legal_entity(tx: Transaction, call: Call) -> Response:
    """GET of a legal entity's orders, always with their number: all for the back office, a shopper's own for them."""
    legal_entity = call.inbound.values["legalEntityId"]
    wanted = tuple(shop_conditions(tx, call.shop, call.inbound.query.get("q", "")))
    if call.caller.kind == SERVICE:
        source = _filtered(tx, call, OrderFilter(legal_entity_id=legal_entity), wanted)
    else:
        source = _filtered(tx, call, orders.own(call.caller), (*wanted, asked("legalEntityId", legal_entity)))
    return _list(call, source, with_total=True)


def list_all(tx: Transaction, call: Call) -> Response:
    """GET of the shop's orders, with their number where the client asks for it."""
    source = _source(tx, call, call.inbound.query.get("q", ""))
    return _list(call, source, with_total=paging(call.inbound, PAGE_SIZE).total)


def count_all(tx: Transaction, call: Call) -> Response:
    """HEAD of the shop's orders: their number."""
    source = _source(tx, call, call.inbound.query.get("q", ""))
    total = sum(1 for _ in _matching(call, source)) if source.conditions else source.count()
    return Response(200, b"", (JSON_CONTENT, _total(total)))


# ----------------------------------------------------------------------------------------------------------- sources


class Source(Struct, frozen=True):
    """Where the orders of a list come from, page by page, and the conditions that each has yet to fulfil."""

    page: Callable[[range], Sequence[StoredOrder]]
    count: Callable[[], int]
    conditions: tuple[Condition, ...]


def _source(tx: Transaction, call: Call, q: str) -> Source:
    """The shop's orders by `q`, found by the best index that it names values for; raises Malformed."""
    wanted = tuple(shop_conditions(tx, call.shop, q))
    single = {".".join(one.path): one for one in wanted if _value_of(one)}
    for one in wanted:
        ids = named_values(one)
        if one.path == ("id",) and ids is not None and len(ids) <= _CHUNK:
            return _by_ids(tx, call, ids, wanted)
    customer = single.get("customer.id") or single.get("createdBy")
    if customer is not None:
        return _filtered(tx, call, OrderFilter(customer_id=_value_of(customer)), _without(wanted, customer))
    status, site = single.get("status"), single.get("siteCode")
    answered = OrderFilter(_value_of(status), _value_of(site))
    return _filtered(tx, call, answered, _without(wanted, status, site))


def _value_of(condition: Condition | None) -> str | None:
    """The one value that a condition names; None where it names several or something else."""
    values = named_values(condition) if condition is not None else None
    return next(iter(values)) if values is not None and len(values) == 1 else None


def _without(wanted: Sequence[Condition], *answered: Condition | None) -> tuple[Condition, ...]:
    return tuple(one for one in wanted if not any(one is other for other in answered))


def _filtered(tx: Transaction, call: Call, wanted: OrderFilter, rest: tuple[Condition, ...]) -> Source:
    return Source(
        lambda rows: orders.page(tx, call.shop, wanted, rows), lambda: orders.count(tx, call.shop, wanted), rest
    )


def _by_ids(tx: Transaction, call: Call, ids: set[str], wanted: tuple[Condition, ...]) -> Source:
    found = [stored for id in sorted(ids) if (stored := orders.find(tx, call.caller, id)) is not None]
    found.sort(key=lambda stored: stored.created_at, reverse=True)
    return Source(lambda rows: found[rows.start : rows.stop], lambda: len(found), wanted)


# ------------------------------------------------------------------------------------------------------------- pages


def _list(call: Call, source: Source, *, with_total: bool) -> Response:
    asked, order = paging(call.inbound, PAGE_SIZE), sort_keys(call.inbound.query.get("sort", ""))
    if order and order[0] != _NEWEST_FIRST:
        page, total = _sorted_page(call, source, order, asked)
    elif source.conditions:
        page, total = _searched_page(call, source, asked, to_the_end=with_total)
    else:
        page = list(source.page(range(asked.offset, asked.offset + asked.size)))
        total = source.count() if with_total else 0
    headers = (JSON_CONTENT, _total(total)) if with_total else (JSON_CONTENT,)
    return Response(200, encode_page(_projected(call, page)), headers)


def _searched_page(call: Call, source: Source, asked: Paging, *, to_the_end: bool) -> tuple[list[StoredOrder], int]:
    """One page of what is found, and how many were found: all there are only where the search goes to the end."""
    page, count = list[StoredOrder](), 0
    for stored in _matching(call, source):
        if count >= asked.offset and len(page) < asked.size:
            page.append(stored)
        count += 1
        if len(page) == asked.size and not to_the_end:
            break
    return page, count


def _sorted_page(call: Call, source: Source, order: Sequence[SortKey], asked: Paging) -> tuple[list[StoredOrder], int]:
    """One page in another order: only what is sorted by is remembered of each order until its place is known."""
    fields = {key.path[0] for key in order}
    ranked: list[tuple[int, Document]] = []
    for place, stored in enumerate(_matching(call, source)):
        document = head(stored) if fields <= _IN_HEAD else _document(call, stored)
        ranked.append((place, {name: value for name, value in document.items() if name in fields}))
    places = in_order(ranked, order, ())[asked.offset : asked.offset + asked.size]
    wanted = set(places)
    found = {place: stored for place, stored in enumerate(_matching(call, source)) if place in wanted}
    return [found[place] for place in places], len(ranked)


def _matching(call: Call, source: Source) -> Iterator[StoredOrder]:
    """Those orders that fulfil all conditions; the documents of those whose head says no are not even read."""
    quick = [condition for condition in source.conditions if condition.path[0] in _IN_HEAD]
    slow = [condition for condition in source.conditions if condition.path[0] not in _IN_HEAD]
    for start in range(0, SCANNED_ORDERS_MAX + 1, _CHUNK):
        chunk = source.page(range(start, start + _CHUNK))
        if start >= SCANNED_ORDERS_MAX and chunk:
            said = f"there are more than {SCANNED_ORDERS_MAX} orders: name an id, customer.id, status or siteCode"
            raise Malformed([Problem("q", "invalid_query_parameter", said)])
        for stored in chunk:
            fits = all(one.holds(head(stored)) for one in quick)
            if fits and (not slow or all(one.holds(_document(call, stored)) for one in slow)):
                yield stored
        if len(chunk) < _CHUNK:
            return


def _projected(call: Call, page: Sequence[StoredOrder]) -> list[Document]:
    """The documents of a page, cut down to the `fields` that the client names."""
    names = {name.strip() for name in call.inbound.query.get("fields", "").split(",") if name.strip()}
    documents = [_document(call, stored) for stored in page]
    if not names:
        return documents
    return [{name: value for name, value in document.items() if name in names | {"id"}} for document in documents]


def _total(count: int) -> Header:
    return (b"x-total-count", b"%d" % count)
