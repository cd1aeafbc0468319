"""What somebody has bought, as an item of their own inventory: its identity, its cost, and what became of it.

    in_stock ⇄ listed ─► sold        Every state follows every other one, because people make mistakes:
        └────► returned · lost       each step is kept, and the last one counts.

One post is one item. It is identified by who posted it, for whom, the order, the article, its size and its colour
(docs/wire/scout.md, 6): the same facts again are a repeat, other facts about it a correction. What the owner enters in
person is not retried by a machine that knows its order: two equal pairs that were bought in one day are two items, told
apart by the form or the row that each was entered with.
"""

import hashlib

import msgspec
from msgspec import Struct

from tillroll.domain.typed import Typed

IN_STOCK = "in_stock"
LISTED = "listed"
SOLD = "sold"
RETURNED = "returned"
LOST = "lost"
STATES = (IN_STOCK, LISTED, SOLD, RETURNED, LOST)

# The ten currencies of the wire, all with two decimal places (docs/wire/scout.md, 1 and 5).
CURRENCIES = ("usd", "eur", "gbp", "cad", "cny", "hkd", "aud", "dkk", "sek", "czk")

# Ten thousand million of any of them. Their sums over any inventory stay within 64 bits.
AMOUNT_MINOR_MAX = 10**12
# What counts as one article's text; an index key on PostgreSQL holds about 2,700 bytes, and these become hashes.
TEXT_CHARACTERS_MAX = 500
TAGS_MAX = 50

SECOND = 1_000_000
DAY = 86_400 * SECOND


class Goods(Struct, frozen=True):
    """The facts of one post: amounts in integer hundredths, `bought_at` in microseconds UTC, absent text empty."""

    order_id: str
    name: str
    size: str
    currency: str
    price_minor: int
    bought_at: int
    tax_minor: int | None = None
    shipping_minor: int | None = None
    sku: str = ""
    brand: str = ""
    color: str = ""
    store: str = ""
    tags: tuple[str, ...] = ()

    @property
    def landed_minor(self) -> int:
        """What the item cost in all: price, tax and shipping; what is unknown counts as nothing (7)."""
        return self.price_minor + (self.tax_minor or 0) + (self.shipping_minor or 0)

    @property
    def search_text(self) -> str:
        """What a search looks into, in lower case."""
        words = (self.name, self.sku, self.brand, self.color, self.size, self.store, self.order_id, *self.tags)
        return Typed("\n".join(words)).trimmed.lower()


class Poster(Struct, frozen=True):
    """Who says so: an application for a user, or with an empty `client_id` the user in person."""

    user_id: int
    client_id: str = ""
    counts_repeats: bool = False
    """Whether equal goods with another time of purchase are a further piece, and no correction (6)."""
    entry: str = ""
    """What one entry of the owner's is told apart by: the same goods of another entry are another item."""
    piece: int = 1
    """The how-manieth of its kind the goods are among those that were entered together, as in one file."""


class ItemChange(Struct, frozen=True):
    """A step of an item: its new state, the price, refund or asking price in hundredths, and when it happened.

    The amount is in a currency of its own: what was bought in dollars may be sold in euros.
    """

    state: str
    amount_minor: int | None
    currency: str
    happened_at: int


def identity(poster: Poster, goods: Goods) -> str:
    """What an item is told apart by, as a digest (docs/wire/scout.md, 6)."""
    if poster.entry:  # whatever else is said of it
        return _digest(["entry", poster.client_id, poster.user_id, *_apart(poster)])
    if not goods.order_id:  # nothing says that other facts are about the same piece
        return _digest(["goods", poster.client_id, poster.user_id, *_apart(poster), msgspec.to_builtins(goods)])
    article = ["sku", goods.sku] if goods.sku else ["name", goods.name]
    moment = [goods.bought_at] if poster.counts_repeats else []
    known_by = [goods.order_id, *article, goods.size, goods.color, *moment]
    return _digest(["item", poster.client_id, poster.user_id, *known_by, *_apart(poster)])


def fingerprint(poster: Poster, goods: Goods) -> str:
    """A digest of everything that was said: two posts with the same one are a repeat (docs/wire/scout.md, 6)."""
    said = [poster.client_id, poster.user_id, poster.counts_repeats, *_apart(poster), msgspec.to_builtins(goods)]
    return _digest(["version", *said])


def profit_minor(goods: Goods, change: ItemChange) -> int | None:
    """What the last step of an item has earned: the sale or the refund less the cost.

    None while the item is unsold, and where the amount and the cost are in two currencies, which nothing adds.
    """
    if change.state == LOST:
        return -goods.landed_minor
    if change.state in (SOLD, RETURNED) and change.amount_minor is not None and change.currency == goods.currency:
        return change.amount_minor - goods.landed_minor
    return None


def change_problem(change: ItemChange, now: int) -> str | None:
    """Why an item can not take this step, or None."""
    if change.state not in STATES:
        return f"the state must be one of {', '.join(STATES)}"
    if change.currency not in CURRENCIES:
        return f"the currency must be one of {', '.join(CURRENCIES)}"
    if change.state == SOLD and change.amount_minor is None:
        return "a sale needs its price"
    if change.state in (IN_STOCK, LOST) and change.amount_minor is not None:
        return f"an item that is {change.state.replace('_', ' ')} has no price"
    if change.amount_minor is not None and not 0 <= change.amount_minor <= AMOUNT_MINOR_MAX:
        return "the price is negative or absurdly high"
    if not 0 <= change.happened_at <= now + DAY:
        return "the date is before 1970 or more than a day ahead"
    return None


def story_problem(goods: Goods, last: ItemChange) -> str | None:
    """Why an item can not have this purchase and this last step both, or None: what is gone was bought before, or on
    that day. Days are UTC; what is listed may be offered before it is there.
    """
    if last.state in (SOLD, RETURNED, LOST) and last.happened_at // DAY < goods.bought_at // DAY:
        return f"an item can not be {last.state} on a day before it was bought"
    return None


def _apart(poster: Poster) -> list[object]:
    return [poster.entry, poster.piece] if poster.entry or poster.piece > 1 else []


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
