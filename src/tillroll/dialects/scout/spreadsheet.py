"""The inventory as CSV: out with every fact, in with every problem named by its row, and safe in a spreadsheet.

A cell that a spreadsheet would run as a formula leaves with an apostrophe before it, which is taken off again on the
way in: what was exported can be imported, and changes nothing then.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from tillroll.dialects.scout.entries import FIELDS, EntryRefused, goods_from
from tillroll.dialects.scout.wording import Unreadable, exact_text, plain_amount, read_amount, read_moment
from tillroll.domain.inventory.inventory import CURRENCIES, IN_STOCK, SECOND, Goods, ItemChange, change_problem
from tillroll.engine.inventory.items import story_problem
from tillroll.store.inventory.items import InventoryItem

STEP_FIELDS = ("state", "state_amount", "state_currency", "state_date")
COLUMNS = ("item_id", *FIELDS, "landed_cost", *STEP_FIELDS, "profit", "application", "version")
# What is computed or told by others is there to be read; an import does not look at it.
IMPORTED = ("item_id", *FIELDS, *STEP_FIELDS)

ROWS_MAX = 5_000
PROBLEMS_MAX = 100

_SEPARATORS = (",", ";", "\t")
# What some spreadsheets write and read in front of the headings.
_SEPARATOR_LINE = re.compile(r"sep=(?P<separator>[,;\t])", re.IGNORECASE)

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Row(Struct, frozen=True):
    """One row of a file as it stands there: its number, whose item it is about if any, and its cells by column."""

    number: int
    item_id: str
    cells: Mapping[str, str]


class Entry(Struct, frozen=True):
    """One row of an import: the goods of a new item, or those that an item is to have, and its step if any."""

    row: int
    item: InventoryItem | None
    goods: Goods
    step: ItemChange | None


class SheetRefused(Exception):
    """A file that can not be imported: problems by row, of which the first hundred are told."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems[:PROBLEMS_MAX])


def fields_of(goods: Goods) -> dict[str, str]:
    """An item's facts as forms and files have them."""
    return {
        "order_id": goods.order_id,
        "name": goods.name,
        "sku": goods.sku,
        "size": goods.size,
        "brand": goods.brand,
        "color": goods.color,
        "store": goods.store,
        "currency": goods.currency,
        "purchase_price": plain_amount(goods.price_minor),
        "tax": plain_amount(goods.tax_minor),
        "shipping_price": plain_amount(goods.shipping_minor),
        "date": exact_text(goods.bought_at),
        "tags": ", ".join(goods.tags),
    }


def with_lines(items: Iterable[InventoryItem]) -> Iterator[tuple[InventoryItem | None, str]]:
    """The lines of a CSV file, each with its item; the headings, which come first, have none."""
    yield None, _line(COLUMNS)
    for item in items:
        yield (
            item,
            _line(
                (
                    item.id,
                    *fields_of(item.goods).values(),
                    plain_amount(item.goods.landed_minor),
                    *_step_fields(item).values(),
                    plain_amount(item.profit_minor),
                    item.client_id,
                    str(item.version),
                )
            ),
        )


def read_sheet(text: str) -> list[Row]:
    """The rows of a CSV file; raises SheetRefused for what is no sheet of items.

    Commas, semicolons or tabs part the cells, whichever part the headings: spreadsheets of countries with decimal
    commas write semicolons.
    """
    first, _, rest = text.partition("\n")
    said = _SEPARATOR_LINE.fullmatch(first.strip("\r\n "))
    before = 0 if said is None else 1
    separator = max(_SEPARATORS, key=first.count) if said is None else said["separator"]
    sheet = io.StringIO(text if said is None else rest, newline="")
    try:
        rows = list(csv.reader(sheet, strict=True, delimiter=separator))
    except csv.Error as error:
        raise SheetRefused([f"This is not a CSV file: {error}."]) from error
    if not rows or not {"name", "item_id"} & set(headings := [cell.strip().lower() for cell in rows[0]]):
        named = ", ".join(IMPORTED)
        raise SheetRefused([f"The first row must name the columns, with commas, semicolons or tabs between: {named}."])
    if len(set(headings)) < len(headings):
        raise SheetRefused(["The first row names a column twice."])
    if len(rows) > ROWS_MAX + 1:
        raise SheetRefused([f"A file has {ROWS_MAX} rows at most, this one {len(rows) - 1}."])
    found: list[Row] = []
    problems: list[str] = []
    for number, row in enumerate(rows[1:], 2 + before):
        if any(cell.strip() for cell in row[len(headings) :]):
            problems.append(f"Row {number} has more cells than the first row names columns.")
        elif any(cell.strip() for cell in row):
            # Spreadsheets leave out the last cells of a row where they are empty.
            cells = dict.fromkeys(headings, "") | dict(zip(headings, map(_plain, row), strict=False))
            found.append(Row(number, cells.get("item_id", "").strip(), cells))
    if not found and not problems:
        problems.append("The file names columns, but has no rows.")
    if problems:
        raise SheetRefused(problems)
    return found


def read_rows(rows: Iterable[Row], items: Mapping[str, InventoryItem], now: int) -> list[Entry]:
    """What rows say of these items and of new ones; raises SheetRefused that names what is wrong in each.

    An empty cell says that there is no such thing; a column that a file does not have says nothing, and leaves every
    item as it is.
    """
    entries: list[Entry] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for row in rows:
        item = items.get(row.item_id)
        if row.item_id in seen:
            problems.append(f"Row {row.number}: the item of row {seen[row.item_id]} once more.")
        elif row.item_id and item is None:
            problems.append(f"Row {row.number}: there is no item {row.item_id[:40]} in this inventory.")
        else:
            _read_row(row, item, now, (entries, problems))
        if row.item_id:
            seen.setdefault(row.item_id, row.number)
    if problems:
        raise SheetRefused(problems)
    return entries


def _read_row(row: Row, item: InventoryItem | None, now: int, into: tuple[list[Entry], list[str]]) -> None:
    entries, problems = into
    known = None if item is None else item.goods
    wrong: list[str] = []
    goods = None
    try:
        goods = goods_from({**(fields_of(known) if known else {}), **row.cells}, now, known)
    except EntryRefused as refused:
        wrong += refused.problems
    step = _step(row.cells, item, goods, wrong)
    if step is not None and (problem := change_problem(step, now)):
        wrong.append(f"{problem}.")
    if goods is not None and (problem := story_problem(item, goods, step)):
        wrong.append(f"{problem}.")
    if goods is None or wrong:
        problems.append(f"Row {row.number}: {' '.join(wrong)}")
    else:
        entries.append(Entry(row.number, item, goods, step))


def _step(
    cells: Mapping[str, str], item: InventoryItem | None, goods: Goods | None, wrong: list[str]
) -> ItemChange | None:
    """What a row says of the item's state; nothing where it names none, or in stock without a date.

    An amount is in the currency of the purchase where the row does not say otherwise.
    """
    if not any(name in cells for name in STEP_FIELDS):
        return None
    if item is not None and cells.get("state", item.state).strip() == item.state:
        cells = {**_step_fields(item), **cells}
    state, amount, currency, day = (cells.get(name, "").strip() for name in STEP_FIELDS)
    is_there_already = item is None or item.state == IN_STOCK
    if not amount and not day and (not state or (state == IN_STOCK and is_there_already)):
        return None
    try:
        moment = read_moment(day)
        if item is not None and item.state_at // SECOND * SECOND == moment:
            moment = item.state_at  # files have seconds
        bought_in = CURRENCIES[0] if goods is None else goods.currency  # without goods the row is refused
        return ItemChange(state, read_amount(amount), currency.lower() or bought_in, moment)
    except Unreadable as error:
        wrong.append(f"state_amount or state_date: {error}.")
        return None


def _step_fields(item: InventoryItem) -> dict[str, str]:
    """The state of an item as files have it, without a date where no step was taken."""
    return {
        "state": item.state,
        "state_amount": plain_amount(item.state_minor),
        "state_currency": "" if item.state_minor is None else item.state_currency,
        "state_date": exact_text(item.state_at) if item.changes else "",
    }


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([_guarded(cell) for cell in cells])
    return buffer.getvalue()


def _guarded(cell: str) -> str:
    is_harmless = not cell.startswith((*_FORMULA, "'")) or _NUMBER.fullmatch(cell)
    return cell if is_harmless else f"'{cell}"


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell
