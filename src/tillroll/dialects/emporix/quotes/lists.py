"""Lists of quotes, newest first: by page, by `q`, by `sort` (docs/wire/emporix.md, 1 and 12).

A customer's list has the customer's own. What no index answers is looked for quote by quote, chunk by chunk.
"""

from collections.abc import Iterator, Sequence

from tillroll.dialects.emporix.quotes.view import shown
from tillroll.dialects.emporix.wire import languages
from tillroll.dialects.emporix.wire.answers import told
from tillroll.dialects.emporix.wire.errors import encode_page
from tillroll.dialects.emporix.wire.payload import Paging, paging
from tillroll.dialects.emporix.wire.query import Condition, SortKey, in_order, named_values, shop_conditions, sort_keys
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import JSON_CONTENT, Malformed, Problem, Response
from tillroll.domain.quotes.history import StoredQuote
from tillroll.engine.access.access import SERVICE
from tillroll.engine.quotes import quotes
from tillroll.store import Transaction

PAGE_SIZE = 60
# Each is decoded and calculated to be looked at: some three seconds.
SCANNED_QUOTES_MAX = 5_000
_CHUNK = 100


def show_page(tx: Transaction, call: Call) -> Response:
    """GET of a list, with its number where the client asks for it."""
    query = call.inbound.query
    asked, order = paging(call.inbound, PAGE_SIZE), sort_keys(query.get("sort", ""))
    wanted = shop_conditions(tx, call.shop, query.get("q", ""))
    customer_id = _customer(call, wanted)
    is_answered = call.caller.kind == SERVICE and customer_id is not None and len(wanted) == 1
    if order or (wanted and not is_answered):
        page, total = _searched(call, _all(tx, call, customer_id), (wanted, order), asked)
    else:
        rows = range(asked.offset, asked.offset + asked.size)
        page = [_shown(call, one) for one in quotes.page(tx, call.shop, customer_id, rows, call.now)]
        total = quotes.count(tx, call.shop, customer_id) if asked.total else 0
    headers = (JSON_CONTENT, (b"x-total-count", b"%d" % total)) if asked.total else (JSON_CONTENT,)
    return Response(200, encode_page(_projected(query.get("fields", ""), page)), headers)


def _customer(call: Call, wanted: Sequence[Condition]) -> str | None:
    """Whose quotes are read: a customer's own, those of the one that a back office names, else everybody's."""
    if call.caller.kind != SERVICE:
        return call.caller.customer_id or ""
    for one in wanted:
        values = named_values(one) if one.path == ("customer", "customerId") else None
        if values is not None and len(values) == 1:
            return next(iter(values))
    return None


def _shown(call: Call, stored: StoredQuote) -> Document:
    document: Document = told(shown(stored, languages.accepted(call.inbound)))
    return document


def _all(tx: Transaction, call: Call, customer_id: str | None) -> Iterator[StoredQuote]:
    for start in range(0, SCANNED_QUOTES_MAX + 1, _CHUNK):
        chunk = quotes.page(tx, call.shop, customer_id, range(start, start + _CHUNK), call.now)
        if start >= SCANNED_QUOTES_MAX and chunk:
            said = f"there are more than {SCANNED_QUOTES_MAX} quotes: name a customer.customerId"
            raise Malformed([Problem("q", "invalid_query_parameter", said)])
        yield from chunk
        if len(chunk) < _CHUNK:
            return


def _searched(
    call: Call,
    found: Iterator[StoredQuote],
    asked: tuple[Sequence[Condition], Sequence[SortKey]],
    window: Paging,
) -> tuple[list[Document], int]:
    """One page of the quotes that fulfil all conditions, in this order, and how many there are in all."""
    wanted, order = asked
    documents = []
    for stored in found:
        document = told(shown(stored, []))  # searched and sorted in every language
        if all(one.holds(document) for one in wanted):
            documents.append((stored, document))
    spoken = languages.accepted(call.inbound)
    ordered = in_order(documents, order, spoken) if order else [stored for stored, _ in documents]
    page = ordered[window.offset : window.offset + window.size]
    return [_shown(call, stored) for stored in page], len(documents)


def _projected(fields: str, page: list[Document]) -> list[Document]:
    """The documents cut down to the `fields` that the client names."""
    names = {name.strip() for name in fields.split(",") if name.strip()}
    if not names:
        return page
    return [{name: value for name, value in one.items() if name in names | {"id"}} for one in page]
