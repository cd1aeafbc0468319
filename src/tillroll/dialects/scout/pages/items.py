"""The inventory as pages: the list with its totals, one item with its story, and forms to add, correct and move one."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec.structs import replace

from tillroll.dialects.http import Response, Route, new_secret
from tillroll.dialects.scout.entries import EntryRefused, goods_from
from tillroll.dialects.scout.pages.frame import HOME, PAGES, form_route
from tillroll.dialects.scout.spreadsheet import fields_of
from tillroll.dialects.scout.wording import Unreadable, day_text, plain_amount, read_amount, read_moment
from tillroll.domain.inventory.inventory import CURRENCIES, STATES, Goods, ItemChange, Poster, change_problem
from tillroll.engine.inventory import applications
from tillroll.engine.inventory import items as inventory
from tillroll.engine.inventory.items import ItemFilter, Post
from tillroll.pages.forms import Form
from tillroll.pages.visits import Desk, Visit
from tillroll.store import Transaction
from tillroll.store.inventory.items import InventoryItem, ItemCursor

PAGE_ITEMS = 50
_PLACE = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})")
GROUPINGS = {"brand": "Brand", "store": "Store", "size": "Size", "month": "Month", "application": "Application"}


def routes(desk: Desk) -> list[Route]:
    """The pages of the inventory."""
    return [
        Route("GET", HOME, desk.private(_list), PAGES, reads="list"),
        Route("GET", f"{HOME}/report", desk.private(_report), PAGES, reads="report"),
        Route("GET", f"{HOME}/new", desk.private(_new), PAGES),
        form_route(f"{HOME}/new", desk.private(_add)),
        Route("GET", f"{HOME}/items/{{id}}", desk.private(_show), PAGES),
        form_route(f"{HOME}/items/{{id}}/state", desk.private(_move)),
        Route("GET", f"{HOME}/items/{{id}}/edit", desk.private(_edit), PAGES),
        form_route(f"{HOME}/items/{{id}}/edit", desk.private(_correct)),
    ]


WORDS_CHARACTERS_MAX = 200


def filter_of(query: Mapping[str, str]) -> ItemFilter:
    """The filter that a query asks for; a state or currency that does not exist filters nothing."""
    state, currency = query.get("state", "").strip(), query.get("currency", "").strip().lower()
    return ItemFilter(
        state if state in STATES else "",
        currency if currency in CURRENCIES else "",
        query.get("q", "").strip()[:WORDS_CHARACTERS_MAX],
    )


def place_text(place: ItemCursor) -> str:
    """A place in the list as addresses have it."""
    return f"{place.bought_at}-{place.id}"


def read_place(text: str) -> ItemCursor | None:
    """The place that an address names, or None for what is none."""
    found = _PLACE.fullmatch(text)
    return None if found is None else ItemCursor(int(found[1]), found[2])


def _list(tx: Transaction, visit: Visit) -> Response:
    query = visit.inbound.query
    wanted = filter_of(query)
    items, has_newer, has_older = _page(tx, visit, wanted)
    totals = inventory.totals(tx, visit.user_id, wanted)
    everything = totals if wanted == ItemFilter() else inventory.totals(tx, visit.user_id, ItemFilter())
    fields = {"q": wanted.words, "state": wanted.state, "currency": wanted.currency}
    chosen = {name: value for name, value in fields.items() if value}
    return visit.show(
        "inventory.html",
        items=items,
        totals=totals,
        is_empty=not everything,
        currencies=[one.currency for one in everything],
        states=STATES,
        wanted=wanted,
        newer=_page_address(chosen, "before", items[0]) if has_newer else None,
        older=_page_address(chosen, "after", items[-1]) if has_older else None,
        export=f"{HOME}/export" + (f"?{urlencode(chosen)}" if chosen else ""),
    )


def _page(tx: Transaction, visit: Visit, wanted: ItemFilter) -> tuple[list[InventoryItem], bool, bool]:
    """The items of the page that is asked for, and whether there are newer and older ones."""
    query, user_id = visit.inbound.query, visit.user_id
    before, after = read_place(query.get("before", "")), read_place(query.get("after", ""))
    if before is not None:
        found = inventory.page_back(tx, user_id, wanted, (PAGE_ITEMS + 1, before))
        if len(found) > PAGE_ITEMS:
            return found[1:], True, True
    # Going back, what is left is the first page, which is shown in full.
    start = after if before is None and after is not None else ItemCursor()
    found = inventory.page(tx, user_id, wanted, (PAGE_ITEMS + 1, start))
    items = found[:PAGE_ITEMS]
    return items, start != ItemCursor() and bool(items), len(found) > PAGE_ITEMS


def _page_address(chosen: Mapping[str, str], name: str, item: InventoryItem) -> str:
    return f"{HOME}?{urlencode({**chosen, name: place_text(item.place)})}"


def _report(tx: Transaction, visit: Visit) -> Response:
    asked = visit.inbound.query.get("by", "brand")
    by = asked if asked in GROUPINGS else "brand"
    groups = inventory.groups(tx, visit.user_id, by)
    if by == "application":
        known = applications.names(tx, (group.name for group in groups))
        groups = [replace(group, name=known.get(group.name, group.name)) for group in groups]
    return visit.show("report.html", groups=groups, by=by, groupings=GROUPINGS)


def _show(tx: Transaction, visit: Visit) -> Response:
    item = inventory.item(tx, visit.user_id, visit.inbound.values["id"])
    return _missing(visit) if item is None else _item_page(tx, visit, item)


def _item_page(tx: Transaction, visit: Visit, item: InventoryItem, problem: str = "") -> Response:
    sent = visit.form if problem else {}
    return visit.show(
        "item.html",
        422 if problem else 200,
        item=item,
        versions=inventory.versions(tx, item.id),
        steps=inventory.steps(tx, item.id),
        sisters=inventory.sisters(tx, visit.user_id, item),
        posted_by=applications.names(tx, [item.client_id]).get(item.client_id, item.client_id),
        states=STATES,
        currencies=CURRENCIES,
        problem=problem,
        sent={
            "state": sent.get("state", item.state),
            "amount": sent.get("amount", plain_amount(item.state_minor)),
            "currency": sent.get("currency", item.goods.currency if item.state_minor is None else item.state_currency),
            "date": sent.get("date", day_text(visit.now)),
        },
    )


def _move(tx: Transaction, visit: Visit) -> Response:
    item = inventory.item(tx, visit.user_id, visit.inbound.values["id"], locked=True)
    if item is None:
        return _missing(visit)
    try:
        step = ItemChange(
            visit.form.get("state", ""),
            read_amount(visit.form.get("amount", "")),
            visit.form.get("currency", "").lower() or item.goods.currency,
            read_moment(visit.form.get("date", "")),
        )
    except Unreadable as error:
        return _item_page(tx, visit, item, f"Please {error}.")
    problem = change_problem(step, visit.now) or inventory.story_problem(item, item.goods, step)
    if problem is not None:
        return _item_page(tx, visit, item, f"{problem[0].upper()}{problem[1:]}.")
    inventory.change(tx, item, step, visit.now)
    return visit.leave(f"{HOME}/items/{item.id}")


def _new(_tx: Transaction, visit: Visit) -> Response:
    return _entry_page(visit, {"date": day_text(visit.now), "size": "OS", "entry": new_secret()}, None)


def _add(tx: Transaction, visit: Visit) -> Response:
    try:
        goods = goods_from(visit.form, visit.now)
    except EntryRefused as refused:
        return _entry_page(visit, visit.form, None, refused.problems)
    # The form's own mark: saved twice it is one item, and another form with the same goods is another item.
    entry = visit.form.get("entry") or visit.inbound.id
    (receipt,) = inventory.record(tx, [own_post(visit, goods, entry)])
    return visit.leave(f"{HOME}/items/{receipt.item_id}")


def _edit(tx: Transaction, visit: Visit) -> Response:
    item = inventory.item(tx, visit.user_id, visit.inbound.values["id"])
    return _missing(visit) if item is None else _entry_page(visit, fields_of(item.goods), item)


def _correct(tx: Transaction, visit: Visit) -> Response:
    item = inventory.item(tx, visit.user_id, visit.inbound.values["id"], locked=True)
    if item is None:
        return _missing(visit)
    try:
        goods = goods_from(visit.form, visit.now, item.goods)
    except EntryRefused as refused:
        return _entry_page(visit, visit.form, item, refused.problems)
    if problem := inventory.story_problem(item, goods, None):
        return _entry_page(visit, visit.form, item, (f"{problem[0].upper()}{problem[1:]}.",))
    inventory.correct(tx, item, own_post(visit, goods))
    return visit.leave(f"{HOME}/items/{item.id}")


def own_post(visit: Visit, goods: Goods, entry: str = "") -> Post:
    """What the owner enters in person, with the mark of the form that a new item is entered with."""
    return Post(Poster(visit.user_id, entry=entry), None, goods, "form", "{}", visit.inbound.id, visit.now)


def _entry_page(visit: Visit, fields: Form, item: InventoryItem | None, problems: tuple[str, ...] = ()) -> Response:
    values = {"fields": fields, "item": item, "problems": problems, "currencies": CURRENCIES}
    return visit.show("entry.html", 422 if problems else 200, **values)


def _missing(visit: Visit) -> Response:
    said = "This item does not exist, or it is not in your inventory."
    return visit.show("error.html", 404, title="There is no such item", said=said)
