"""The inventory as JSON, for programs of its owner: `/v1/inventory`, with a key from the account page.

Fields are those of a post: amounts in cents, times in epoch seconds. A write may be repeated: the same item of an
order, or with the same Idempotency-Key, is a repeat, the same facts are no correction, the same step is none.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.http import Header, Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.scout.exchange import Batch, part_of, take
from tillroll.dialects.scout.pages.items import GROUPINGS, WORDS_CHARACTERS_MAX, filter_of, place_text, read_place
from tillroll.dialects.scout.payload import BodyReader, read_object
from tillroll.dialects.scout.spreadsheet import SheetRefused
from tillroll.domain.events.events import fitting
from tillroll.domain.inventory.inventory import CURRENCIES, SECOND, STATES, Goods, ItemChange, Poster, change_problem
from tillroll.engine.inventory import items as inventory
from tillroll.engine.inventory import users
from tillroll.engine.inventory.items import NEW, Post, Totals
from tillroll.store import Transaction
from tillroll.store.inventory.items import InventoryItem, ItemCursor, ItemStep, Version

BASE = "/v1/inventory"
CSV = "text/csv"
PAGE_ITEMS = 50
PAGE_ITEMS_MAX = 500
# A page ends early where its items are large; one of them is a tenth of it at most.
PAGE_BYTES_MAX = 4 * 1_048_576

_CSV_HEADERS = ((b"content-type", b"text/csv; charset=utf-8"),)
_MESSAGES = {
    401: "Send a key of the inventory's owner as a bearer token; it is made on the account page.",
    404: "There is no such item in this inventory.",
    500: "Something went wrong on our side.",
}


class OwnerService(Struct, frozen=True):
    """Errors as programs of the inventory know them: `{"error": {"status", "message"}}`."""

    def refuse(self, status: int, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """The error body for a status."""
        said = message or " ".join(problem.message for problem in problems) or _MESSAGES.get(status, "Refused.")
        return Response(status, msgspec.json.encode({"error": {"status": status, "message": said}}))


OWNER = OwnerService()


class Call(Struct, frozen=True):
    """A request of an inventory's owner."""

    inbound: Inbound
    user_id: int

    @property
    def now(self) -> int:
        """The time of receipt, microseconds UTC."""
        return self.inbound.received_at


Handle = Callable[[Transaction, Call], Response]


class Owned:
    """A route's `run` that answers the owner of the key; strangers are turned away before their bytes are judged."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def __call__(self, tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        """Answer requests of one commit, in order of their paths, so that items are locked in one order."""
        answers: dict[int, Response] = {}
        for position in sorted(range(len(requests)), key=lambda n: requests[n].path):
            inbound = requests[position]
            session = _session(tx, inbound)
            if session is None:
                answers[position] = OWNER.refuse(401)
            else:
                answers[position] = self._handle(tx, Call(inbound, session.user_id))
        return [answers[position] for position in range(len(requests))]

    def admit(self, tx: Transaction, inbound: Inbound) -> Response | None:
        """401 for a stranger."""
        return OWNER.refuse(401) if _session(tx, inbound) is None else None


def routes() -> list[Route]:
    """Every route for the owner's programs."""
    return [
        Route("GET", BASE, Owned(_list), OWNER, decode=_window, reads="list"),
        _write("POST", f"{BASE}/items", _add, _read_goods),
        Route("GET", f"{BASE}/items/{{id}}", Owned(_show), OWNER),
        _write("PUT", f"{BASE}/items/{{id}}", _correct, _read_correction),
        _write("POST", f"{BASE}/items/{{id}}/steps", _move, _read_step),
        Route("GET", f"{BASE}/report", Owned(_report), OWNER, reads="report"),
        Route("GET", f"{BASE}/sheet", Owned(_export), OWNER, reads="report"),
        Route("POST", f"{BASE}/sheet", Owned(_import), OWNER, decode=_read_text, writes=True, content_types=(CSV,),
              keeps_answers=False),
    ]  # fmt: skip


def _write(method: str, path: str, handle: Handle, decode: Callable[[Inbound], object]) -> Route:
    return Route(method, path, Owned(handle), OWNER, decode=decode, writes=True, keeps_answers=False)


def _session(tx: Transaction, inbound: Inbound) -> users.Session | None:
    scheme, _, key = inbound.header(b"authorization").partition(" ")
    return users.session(tx, key.strip(), users.KEY, inbound.received_at) if scheme.lower() == "bearer" else None


def _list(tx: Transaction, call: Call) -> Response:
    query = call.inbound.query
    wanted = filter_of(query)
    refused = _refused_filter(query)
    if refused is not None:
        return refused
    size, after = call.inbound.command
    found = inventory.page(tx, call.user_id, wanted, (size + 1, after))
    items = fitting([_item(one) for one in found[:size]], PAGE_BYTES_MAX)
    return _said(
        200,
        {
            "items": items,
            "next": place_text(found[len(items) - 1].place) if len(found) > len(items) else None,
            "totals": [_totals(one) for one in inventory.totals(tx, call.user_id, wanted)],
        },
    )


def _show(tx: Transaction, call: Call) -> Response:
    item = inventory.item(tx, call.user_id, call.inbound.values["id"])
    return OWNER.refuse(404) if item is None else _whole(tx, item)


def _add(tx: Transaction, call: Call) -> Response:
    goods: Goods = call.inbound.command
    # Without an order or a key nothing tells a retry from a second piece, and a piece must not vanish.
    entry = "" if goods.order_id else call.inbound.header(b"idempotency-key") or call.inbound.id
    (receipt,) = inventory.record(tx, [_post(call, goods, entry)])
    item = inventory.item(tx, call.user_id, receipt.item_id)
    assert item is not None
    return _whole(tx, item, 201 if receipt.outcome == NEW else 200)


def _correct(tx: Transaction, call: Call) -> Response:
    item = inventory.item(tx, call.user_id, call.inbound.values["id"], locked=True)
    if item is None:
        return OWNER.refuse(404)
    correction: Correction = call.inbound.command
    if correction.version not in (None, item.version):
        return OWNER.refuse(409, message=f"The item has version {item.version} by now: read it again and retry.")
    if problem := inventory.story_problem(item, correction.goods, None):
        return OWNER.refuse(422, message=f"{problem[0].upper()}{problem[1:]}.")
    inventory.correct(tx, item, _post(call, correction.goods))
    return _fresh(tx, call, item)


def _move(tx: Transaction, call: Call) -> Response:
    item = inventory.item(tx, call.user_id, call.inbound.values["id"], locked=True)
    if item is None:
        return OWNER.refuse(404)
    step: ItemChange = call.inbound.command
    if not step.currency:
        step = replace(step, currency=item.goods.currency)
    problem = change_problem(step, call.now) or inventory.story_problem(item, item.goods, step)
    if problem is not None:
        return OWNER.refuse(422, message=f"{problem[0].upper()}{problem[1:]}.")
    inventory.change(tx, item, step, call.now)
    return _fresh(tx, call, item)


def _report(tx: Transaction, call: Call) -> Response:
    by = call.inbound.query.get("by", "").strip() or "brand"
    if by not in GROUPINGS:
        return OWNER.refuse(400, message=f"by is one of {', '.join(GROUPINGS)}.")
    groups = [
        {"name": group.name, "currency": group.currency, "count": group.count, "landed_cost": group.landed_minor}
        for group in inventory.groups(tx, call.user_id, by)
    ]
    return _said(200, {"by": by, "groups": groups})


def _refused_filter(query: Mapping[str, str]) -> Response | None:
    """400 for a filter that does not exist: a program must not take everything for what it asked for."""
    if query.get("state", "").strip() not in ("", *STATES):
        return OWNER.refuse(400, message=f"state is one of {', '.join(STATES)}.")
    if query.get("currency", "").strip().lower() not in ("", *CURRENCIES):
        return OWNER.refuse(400, message=f"currency is one of {', '.join(CURRENCIES)}.")
    if len(query.get("q", "").strip()) > WORDS_CHARACTERS_MAX:
        return OWNER.refuse(400, message=f"q has {WORDS_CHARACTERS_MAX} characters at most.")
    return None


def _export(tx: Transaction, call: Call) -> Response:
    refused = _refused_filter(call.inbound.query)
    if refused is not None:
        return refused
    given = call.inbound.query.get("after", "").strip()
    after = read_place(given) if given else ItemCursor()
    if after is None:
        return OWNER.refuse(400, message="after is that of the link to the next part.")
    text, following = part_of(tx, call.user_id, filter_of(call.inbound.query), after)
    link = () if following is None else (_next_part(call.inbound.query, following),)
    return Response(200, text, (*_CSV_HEADERS, *link))


def _next_part(query: Mapping[str, str], following: ItemCursor) -> Header:
    """Where a sheet goes on that is too large for one answer (RFC 8288)."""
    address = f"{BASE}/sheet?{urlencode({**query, 'after': place_text(following)})}"
    return (b"link", f'<{address}>; rel="next"'.encode("ascii"))


def _import(tx: Transaction, call: Call) -> Response:
    try:
        taken = take(tx, Batch(call.user_id, call.inbound.command, call.now, call.inbound.id))
    except SheetRefused as refused:
        document = {"status": 422, "message": "Nothing was imported.", "problems": refused.problems}
        return _said(422, {"error": document})
    return _said(200, msgspec.to_builtins(taken))


def _window(inbound: Inbound) -> tuple[int, ItemCursor]:
    text = inbound.query.get("size", "").strip() or str(PAGE_ITEMS)
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= PAGE_ITEMS_MAX):
        raise Malformed([Problem("size", "invalid_value", f"size is a number from 1 to {PAGE_ITEMS_MAX}.")])
    given = inbound.query.get("after", "").strip()
    after = read_place(given) if given else ItemCursor()
    if after is None:
        raise Malformed([Problem("after", "invalid_value", "after is the next of an earlier answer.")])
    return int(text), after


def _read_goods(inbound: Inbound) -> Goods:
    reader = BodyReader(read_object(inbound.body))
    goods = reader.goods(inbound.received_at, needs_order=False)
    if goods is None:
        raise _malformed([*reader.invalid, *reader.unprocessable])
    return goods


class Correction(Struct, frozen=True):
    """What an item is to be, and which version of it was read before; None where nobody says."""

    goods: Goods
    version: int | None


def _read_correction(inbound: Inbound) -> Correction:
    reader = BodyReader(read_object(inbound.body))
    goods, version = reader.goods(inbound.received_at, needs_order=False), reader.whole("version")
    if goods is None or reader.invalid or reader.unprocessable:
        raise _malformed([*reader.invalid, *reader.unprocessable])
    return Correction(goods, version)


def _read_step(inbound: Inbound) -> ItemChange:
    reader = BodyReader(read_object(inbound.body))
    state = reader.text("state", is_required=True)
    amount = reader.amount("amount")
    currency = reader.currency("currency", is_required=False)
    seconds = reader.whole("time")
    if problems := [*reader.invalid, *reader.unprocessable]:
        raise _malformed(problems)
    return ItemChange(state or "", amount, currency or "", inbound.received_at if seconds is None else seconds * SECOND)


def _read_text(inbound: Inbound) -> str:
    try:
        text = inbound.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _malformed(["The file is not UTF-8."]) from error
    if "\0" in text:
        raise _malformed(["The file holds a NUL character."])
    return text


def _malformed(problems: Sequence[str]) -> Malformed:
    return Malformed([Problem("", "invalid_value", problem) for problem in problems])


def _post(call: Call, goods: Goods, entry: str = "") -> Post:
    return Post(Poster(call.user_id, entry=entry), None, goods, "program", "{}", call.inbound.id, call.now)


def _fresh(tx: Transaction, call: Call, item: InventoryItem) -> Response:
    again = inventory.item(tx, call.user_id, item.id)
    assert again is not None
    return _whole(tx, again)


def _whole(tx: Transaction, item: InventoryItem, status: int = 200) -> Response:
    versions = [_version(one) for one in inventory.versions(tx, item.id)]
    steps = [_step(one) for one in inventory.steps(tx, item.id)]
    return _said(status, {**_item(item), "versions": versions, "steps": steps})


def _item(item: InventoryItem) -> dict[str, Any]:
    return {
        "id": item.id,
        **_goods(item.goods),
        "landed_cost": item.goods.landed_minor,
        "state": item.state,
        "state_amount": item.state_minor,
        "state_currency": None if item.state_minor is None else item.state_currency,
        "state_time": item.state_at // SECOND,
        "profit": item.profit_minor,
        "client_id": item.client_id or None,
        "version": item.version,
        "repeats": item.repeats,
    }


def _goods(goods: Goods) -> dict[str, Any]:
    return {
        "order_id": goods.order_id,
        "purchase_currency": goods.currency,
        "purchase_price": goods.price_minor,
        "tax": goods.tax_minor,
        "shipping_price": goods.shipping_minor,
        "name": goods.name,
        "sku": goods.sku,
        "size": goods.size,
        "brand": goods.brand,
        "color": goods.color,
        "store": goods.store,
        "tags": goods.tags,
        "checkout_time": goods.bought_at // SECOND,
    }


def _version(one: Version) -> dict[str, Any]:
    facts = _goods(one.goods)
    return {"version": one.version, "source": one.source, "received_time": one.received_at // SECOND, **facts}


def _step(one: ItemStep) -> dict[str, Any]:
    currency = None if one.amount_minor is None else one.currency
    return {"state": one.state, "amount": one.amount_minor, "currency": currency, "time": one.happened_at // SECOND}


def _totals(one: Totals) -> dict[str, Any]:
    return {name.removesuffix("_minor"): value for name, value in msgspec.to_builtins(one).items()}


def _said(status: int, document: object) -> Response:
    return Response(status, msgspec.json.encode(document))
