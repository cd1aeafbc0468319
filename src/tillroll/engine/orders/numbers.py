"""Order numbers and the ids that are made of them.

    sequence `order` ──► number: gapless, whatever the id looks like
    schema of the shop, if one is active ──► its own counter ──► id, as its pattern says; else EON and the number

Both counters move in the transaction that writes the order, so a number is given exactly once. Their rows are the last
that an order locks.
"""

from collections.abc import Iterator, Sequence

from tillroll.domain.orders.number_format import SequenceSchema, id_of, values_at
from tillroll.engine.documents.snapshot import View
from tillroll.store import Transaction
from tillroll.store.orders import rows as stored_orders
from tillroll.store.orders.rows import Numbering

# Emporix's own numbers start here when no pattern is set (docs/wire/emporix.md, 19.9).
FIRST_ORDER_NUMBER = 1001
ORDER_PREFIX = "EON"
ORDER_SCHEMA = "orderNoSequence"


def take(tx: Transaction, view: View, sites: Sequence[str], now: int) -> list[tuple[int, str]]:
    """The number and the id of each new order, in order; `sites` are those that the orders are placed on."""
    shop, count = view.head.shop, len(sites)
    next_number = stored_orders.take_numbers(
        tx, Numbering(shop=shop, name="order", first=FIRST_ORDER_NUMBER, count=count)
    )
    numbers = range(next_number - count, next_number)
    schema = view.active_sequence(ORDER_SCHEMA)
    if schema is None:
        return [(number, f"{ORDER_PREFIX}{number}") for number in numbers]
    wished = _wished(tx, view, schema, (sites, now))
    taken = stored_orders.taken_ids(tx, shop, (id for id in wished if id is not None))
    found: list[tuple[int, str]] = []
    for number, wish in zip(numbers, wished, strict=True):
        id = wish if wish is not None and wish not in taken else _free(tx, shop, number, taken)
        taken.add(id)
        found.append((number, id))
    return found


def _wished(tx: Transaction, view: View, schema: SequenceSchema, placed: tuple[Sequence[str], int]) -> list[str | None]:
    """The ids that the schema makes for these orders; None where its counter has reached its end."""
    sites, now = placed
    counters = count_up(tx, view.head.shop, schema, len(sites))
    values = {code: values_at(view.site(code), now) for code in set(sites)}
    return [
        id_of(schema, counter, values[code]) if counter is not None else None
        for code, counter in zip(sites, counters, strict=True)
    ]


def count_up(  # noqa: PLR0913  whose counter, which of its pools, and how far
    tx: Transaction, shop: str, schema: SequenceSchema, count: int, key: str = ""
) -> list[int | None]:
    """The next values of a schema's counter, of the pool that `key` names; None for each behind its last one."""
    name = f"schema:{schema.id}:{key}" if key else f"schema:{schema.id}"
    wanted = Numbering(shop=shop, name=name, first=schema.start_value, count=count)
    next_number = stored_orders.take_numbers(tx, wanted)
    values = [value if value <= schema.max_value else None for value in range(next_number - count, next_number)]
    behind = values.count(None)
    if behind:
        stored_orders.take_numbers(tx, {**wanted, "count": -behind})
    return values


def counted(tx: Transaction, shop: str, schema: SequenceSchema) -> int:
    """How many ids a schema has made, those of its pools aside."""
    next_number = stored_orders.next_number(tx, shop, f"schema:{schema.id}")
    return next_number - schema.start_value if next_number is not None else 0


def _free(tx: Transaction, shop: str, number: int, taken: set[str]) -> str:
    """An id that no order has, for one whose pattern gives none or one that is taken."""
    for id in _fallbacks(number):
        if id not in taken and stored_orders.stored_order(tx, shop, id) is None:
            return id
    raise AssertionError("the fallbacks never end")


def _fallbacks(number: int) -> Iterator[str]:
    yield f"{ORDER_PREFIX}{number}"
    attempt = 0
    while True:
        attempt += 1
        yield f"{ORDER_PREFIX}{number}-{attempt}"
