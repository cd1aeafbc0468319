"""CSV for people: a file to download, and one to upload."""

from tillroll.dialects.http import Response, Route
from tillroll.dialects.scout.exchange import Batch, Taken, part_of, take
from tillroll.dialects.scout.pages.frame import HOME, PAGES, form_route
from tillroll.dialects.scout.pages.items import filter_of
from tillroll.dialects.scout.spreadsheet import IMPORTED, ROWS_MAX, SheetRefused
from tillroll.pages.forms import UPLOAD
from tillroll.pages.visits import Desk, Visit
from tillroll.store import Transaction
from tillroll.store.inventory.items import ItemCursor

TOO_LARGE = (
    "Choose a state, a currency or a word first, and export each of them. A program gets the whole in parts, from "
    "/v1/inventory/sheet with a key of yours."
)
FILE_HEADERS = (
    (b"content-type", b"text/csv; charset=utf-8"),
    (b"content-disposition", b'attachment; filename="inventory.csv"'),
    (b"x-content-type-options", b"nosniff"),
)


def routes(desk: Desk) -> list[Route]:
    """Export and import."""
    return [
        Route("GET", f"{HOME}/export", desk.private(_export), PAGES, reads="report"),
        Route("GET", f"{HOME}/import", desk.private(_import_page), PAGES),
        form_route(f"{HOME}/import", desk.private(_import), content_type=UPLOAD),
    ]


def _export(tx: Transaction, visit: Visit) -> Response:
    text, following = part_of(tx, visit.user_id, filter_of(visit.inbound.query), ItemCursor())
    if following is not None:
        return visit.show("error.html", 422, title="That is too large for one file", said=TOO_LARGE)
    # Spreadsheets take a file for UTF-8 only with this mark before it.
    return Response(200, "\ufeff".encode() + text, FILE_HEADERS)


def _import_page(_tx: Transaction, visit: Visit) -> Response:
    return _told(visit, (), None)


def _import(tx: Transaction, visit: Visit) -> Response:
    try:
        taken = take(tx, Batch(visit.user_id, visit.form.get("file", ""), visit.now, visit.inbound.id))
    except SheetRefused as refused:
        return _told(visit, refused.problems, None)
    return _told(visit, (), taken)


def _told(visit: Visit, problems: tuple[str, ...], taken: Taken | None) -> Response:
    status = 422 if problems else 200
    return visit.show("import.html", status, problems=problems, taken=taken, columns=IMPORTED, rows_max=ROWS_MAX)
