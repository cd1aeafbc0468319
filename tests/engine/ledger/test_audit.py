"""The audit proves that every call which was answered is found again by its id, and says which one is not."""

import random
from collections.abc import Iterator
from functools import partial

import pytest

from tests.engine.ledger.test_receipts import SECOND, add, call, found, note
from tests.store.ground import NOW, change, opened
from tillroll.dialects.http import uuid7
from tillroll.domain.events.events import Note, OutsideEvent
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.audit import problems_of_receipts
from tillroll.engine.shops.audit import CASES_MAX, audit
from tillroll.engine.shops.shops import NewShop
from tillroll.keymaker import new_shop_keys
from tillroll.store import Store, Transaction

DAY = 86_400 * SECOND
# What breaks the promise; the property that is broken by it, and what is said of it. The calls are a minute apart.
BREACHES = [
    ("DELETE FROM event WHERE position = 5", "calls", "of calls to search that were accepted '' the ledger has 39"),
    ("UPDATE event SET call = NULL WHERE position = 5", "calls", "of calls to search that were accepted '' the ledger"),
    ("UPDATE event SET received_at = received_at + 1 WHERE position = 5", "receipts", "was received at another time"),
    ("UPDATE event SET call = 'c' WHERE position = 5", "receipts", "the request c was received at another time"),
    (
        "UPDATE event SET call = '{late}', received_at = {late_at} WHERE position = 5",
        "receipts",
        "is not found: event 5 stands among those of another time",
    ),
]


@pytest.fixture
def url(database_url: str) -> str:
    """A ledger of forty calls, one a minute, among the notes of what became true by others."""
    with opened(database_url) as store:
        store.migrate()
        for new in (NewShop("acme", "EUR", new_shop_keys()), NewShop("other", "EUR", new_shop_keys())):
            assert store.write_now(partial(add, new))
        store.write_now(lambda tx: ledger.record(tx, [call(NOW + n * 60 * SECOND) for n in range(40)]))
    return database_url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """The same, opened."""
    with opened(url) as store:
        yield store


def problems(url: str) -> dict[str, tuple[str, ...]]:
    """What is said of each property that does not hold."""
    with opened(url) as store:
        return {one.name: one.problems for one in store.read_now(audit) if one.problems}


@pytest.mark.parametrize(("breach", "name", "said"), BREACHES)
def test_a_call_without_its_receipt_is_found(url: str, breach: str, name: str, said: str) -> None:
    assert problems(url) == {}
    change(url, breach.format(late=uuid7(NOW + DAY), late_at=NOW + DAY))
    assert [one for one in problems(url)[name] if one.startswith("acme: ") and said in one]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_not_said_to_be_lost_is_found_by_its_receipt(store: Store, seed: int) -> None:
    """However the ledger's order and that of time differ: more of the one, and the audit has something to say."""
    dice = random.Random(seed)
    apart = (10, 50, 100, 200, 400, 800)[seed % 6] * SECOND
    times = [NOW + 3_600 * SECOND + n * 20 * SECOND for n in range(120)]
    calls = [call(at + dice.randrange(SECOND), shop=dice.choice(["acme", "other"])) for at in times]
    written = sorted(calls, key=lambda one: one.received_at + dice.randrange(apart))
    for start in range(0, len(written), 10):
        old = [note(NOW - DAY) for _ in range(dice.randrange(5))]
        store.write_now(partial(_keep, old, written[start : start + 10]))
    lost = {one.split()[3] for one in store.read_now(lambda tx: list(problems_of_receipts(tx)))}
    unfound = {one.call for one in calls if found(store, one.call, one.shop) is None}
    assert unfound <= lost
    assert not lost or apart > 60 * SECOND
    assert lost or apart < 800 * SECOND


def _keep(notes: list[Note], calls: list[OutsideEvent], tx: Transaction) -> None:
    ledger.note(tx, notes)
    ledger.record(tx, calls)


def test_no_more_cases_are_named_than_help(url: str) -> None:
    change(url, "UPDATE event SET received_at = received_at + 1")
    assert len(problems(url)["receipts"]) == CASES_MAX
