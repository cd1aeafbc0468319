"""Taking a sheet into an inventory, and the whole inventory out of it: all rows of a file, or none."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tillroll.dialects.scout.spreadsheet import Entry, read_rows, read_sheet, with_lines
from tillroll.domain.inventory.inventory import Poster, identity
from tillroll.engine.inventory import items as inventory
from tillroll.engine.inventory.items import CORRECTION, NEW, REPEAT, ItemFilter, Post
from tillroll.store import Transaction
from tillroll.store.inventory.items import InventoryItem, ItemCursor

CHUNK_ITEMS = 500
# Some hundred thousand items of ordinary size.
PART_BYTES_MAX = 16 * 1_048_576


class Batch(Struct, frozen=True):
    """A file that somebody imports: whose inventory, the text, when it came, and its request's id."""

    user_id: int
    text: str
    received_at: int
    id: str


class Taken(Struct, frozen=True):
    """What an import has done."""

    added: int
    corrected: int
    unchanged: int
    moved: int


def take(tx: Transaction, batch: Batch) -> Taken:
    """Import a file; raises SheetRefused before anything is written. The same file again changes nothing.

    Each row without an id is a piece of its own, however many of them are equal: the second of them is the second
    piece, in this file and when it comes again with further rows.
    """
    rows = read_sheet(batch.text)
    # Locked in one order, whatever the order of the rows.
    named = sorted({row.item_id for row in rows if row.item_id})
    items = {id: inventory.item(tx, batch.user_id, id, locked=True) for id in named}
    entries = read_rows(rows, {id: item for id, item in items.items() if item is not None}, batch.received_at)
    outcomes: list[str] = []
    moved = 0
    new = [entry for entry in entries if entry.item is None]
    posts = _counted([_post(batch, entry) for entry in new])
    for entry, receipt in zip(new, inventory.record(tx, posts) if posts else (), strict=True):
        outcomes.append(receipt.outcome)
        if receipt.outcome == NEW and entry.step is not None:
            item = inventory.item(tx, batch.user_id, receipt.item_id)
            moved += item is not None and inventory.change(tx, item, entry.step, batch.received_at)
    for entry in entries:
        if entry.item is not None:
            outcomes.append(inventory.correct(tx, entry.item, _post(batch, entry)).outcome)
            moved += entry.step is not None and inventory.change(tx, entry.item, entry.step, batch.received_at)
    counts = {outcome: outcomes.count(outcome) for outcome in (NEW, CORRECTION, REPEAT)}
    return Taken(counts[NEW], counts[CORRECTION], counts[REPEAT], moved)


def part_of(tx: Transaction, user_id: int, wanted: ItemFilter, after: ItemCursor) -> tuple[bytes, ItemCursor | None]:
    """The inventory as CSV from a place on, headings first, the latest purchase first; and where it goes on.

    A part has PART_BYTES_MAX at most, and one item however large it is.
    """
    parts: list[bytes] = []
    room, last = PART_BYTES_MAX, after
    for item, line in with_lines(_everything(tx, user_id, wanted, after)):
        encoded = line.encode("utf-8", "replace")
        room -= len(encoded)
        if room < 0 and last != after:
            return b"".join(parts), last
        parts.append(encoded)
        last = last if item is None else item.place
    return b"".join(parts), None


def _everything(tx: Transaction, user_id: int, wanted: ItemFilter, place: ItemCursor) -> Iterator[InventoryItem]:
    while items := inventory.page(tx, user_id, wanted, (CHUNK_ITEMS, place)):
        yield from items
        place = items[-1].place


def _counted(posts: Sequence[Post]) -> list[Post]:
    """Posts of one file, those that are known by the same facts told apart by their count."""
    counts: dict[str, int] = {}
    found = []
    for post in posts:
        name = identity(post.poster, post.goods)
        counts[name] = counts.get(name, 0) + 1
        found.append(replace(post, poster=replace(post.poster, piece=counts[name])))
    return found


def _post(batch: Batch, entry: Entry) -> Post:
    id = f"{batch.id[:-6]}{entry.row:06x}"  # a request's id is unique without its last digits, too
    return Post(Poster(batch.user_id), None, entry.goods, "import", "{}", id, batch.received_at)
