"""What became of a request is found by its id alone, wherever in the ledger its events have come to stand."""

import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from tests.store.ground import NOW, opened
from tillroll.dialects.http import uuid7
from tillroll.domain.events.events import Note, OutsideEvent
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.receipts import RequestReceipt, receipt
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewShop
from tillroll.keymaker import new_shop_keys
from tillroll.store import Store, Transaction

SECOND = 1_000_000
EVENT = OutsideEvent(
    shop="acme", dialect="search", kind="click", call="", received_at=NOW, happened_at=NOW, document="{}"
)

NOTE = Note(
    shop="acme",
    dialect="till",
    kind="order_placed",
    subject="1",
    visitor=None,
    happened_at=NOW,
    received_at=NOW,
    document="{}",
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with two shops."""
    with opened(database_url) as store:
        store.migrate()
        for new in (NewShop("acme", "EUR", new_shop_keys()), NewShop("other", "EUR", new_shop_keys())):
            assert store.write_now(partial(add, new))
        yield store


def add(new: NewShop, tx: Transaction) -> bool:
    """Set a shop up."""
    return shops.add_shop(tx, new, NOW)


def call(at: int, **changes: Any) -> OutsideEvent:
    """A call that was received then."""
    return replace(EVENT, call=uuid7(at), received_at=at, happened_at=at, **changes)


def note(at: int, **changes: Any) -> Note:
    """What became true by a request that was received then."""
    return replace(NOTE, happened_at=at, received_at=at, **changes)


def found(store: Store, id: str, shop: str = "acme") -> RequestReceipt | None:
    """The receipt of a request."""
    return store.read_now(lambda tx: receipt(tx, shop, id))


def test_a_request_is_found_among_many_that_were_written_in_another_order(store: Store) -> None:
    dice = random.Random(7)
    received = [NOW + number * SECOND // 20 + dice.randrange(1000) for number in range(3_000)]
    calls = [call(at, shop=dice.choice(["acme", "acme", "other"])) for at in received]
    written = sorted(calls, key=lambda one: one.received_at + dice.randrange(4 * SECOND))
    store.write_now(lambda tx: ledger.record(tx, written))
    for one in dice.sample(calls, 300):
        mine = found(store, one.call, one.shop)
        assert mine is not None
        assert [event.row.call for event in mine.events] == [one.call]
        assert found(store, one.call, "other" if one.shop == "acme" else "acme") is None


def test_a_request_that_waited_long_is_found_too(store: Store) -> None:
    late = call(NOW)
    store.write_now(lambda tx: ledger.record(tx, [call(NOW + number * SECOND) for number in range(50)]))
    store.write_now(lambda tx: ledger.record(tx, [late]))
    mine = found(store, late.call)
    assert mine is not None
    assert [event.row.call for event in mine.events] == [late.call]


def test_what_became_true_by_a_request_is_found_by_its_time(store: Store) -> None:
    id = uuid7(NOW + 5)
    mine_too = [note(NOW + 5, kind="cart_changed"), note(NOW + 5)]
    notes = [note(NOW + 4), *mine_too, note(NOW + 6), note(NOW + 5, shop="other")]
    store.write_now(lambda tx: ledger.note(tx, notes))
    mine = found(store, id)
    assert mine is not None
    assert [event.row.kind for event in mine.events] == ["cart_changed", "order_placed"]


def test_events_that_were_dated_long_ago_lead_nobody_astray(store: Store) -> None:
    before = [call(NOW + number) for number in range(40)]
    after = [call(NOW + SECOND + number) for number in range(40)]
    old = [note(NOW - 30 * 86_400 * SECOND, kind="cart_changed") for _ in range(6)]
    store.write_now(lambda tx: ledger.record(tx, before))
    store.write_now(lambda tx: ledger.note(tx, old))
    store.write_now(lambda tx: ledger.record(tx, after))
    assert all(found(store, one.call) is not None for one in (*before, *after))


def test_an_event_of_another_call_of_the_same_microsecond_is_not_taken_for_ones_own(store: Store) -> None:
    mine, theirs = call(NOW), call(NOW)
    store.write_now(lambda tx: ledger.record(tx, [mine, theirs]))
    shown = found(store, mine.call)
    assert shown is not None
    assert [event.row.call for event in shown.events] == [mine.call]


@pytest.mark.parametrize(
    "id",
    ["", "nothing", "0" * 32, uuid7(NOW), uuid7(0), uuid7(NOW * 2)],
    ids=["empty", "no id", "zeros", "of the time", "of the beginning", "of a time to come"],  # the same in each process
)
def test_nothing_is_found_of_what_was_not_there(store: Store, id: str) -> None:
    assert found(store, id) is None
    store.write_now(lambda tx: ledger.record(tx, [call(NOW), call(NOW + 1)]))
    assert found(store, id) is None


def test_a_repeat_names_the_request_that_counted(store: Store) -> None:
    first = call(NOW, kind="checkout", subject="A-1")
    other = call(NOW + 1, kind="checkout", subject="A-2")
    refused = call(NOW - 1, kind="checkout", subject="A-1", outcome="refused", reason="no_interaction")
    repeat = call(NOW + 2, kind="checkout", subject="A-1", outcome="repeated")
    said = call(NOW + 3, subject="A-1", outcome="repeated", document='{"duplicate_of":"7"}')
    unnamed = call(NOW + 4, kind="checkout", outcome="repeated")
    store.write_now(lambda tx: ledger.record(tx, [refused, first, other, repeat, said, unnamed]))
    for one, duplicate_of in ((first, None), (repeat, first.call), (said, "7"), (unnamed, None)):
        shown = found(store, one.call)
        assert shown is not None
        assert [event.duplicate_of for event in shown.events] == [duplicate_of]


def test_what_was_refused_shows_its_later_credit(store: Store) -> None:
    refused = call(NOW, outcome="refused", reason="no_interaction")
    store.write_now(lambda tx: ledger.record(tx, [refused]))
    shown = found(store, refused.call)
    assert shown is not None
    assert shown.credits == []
    store.write_now(lambda tx: ledger.note(tx, [note(NOW + SECOND, kind="report_credited", subject=refused.call)]))
    shown = found(store, refused.call)
    assert shown is not None
    assert [row.received_at for row in shown.credits] == [NOW + SECOND]
