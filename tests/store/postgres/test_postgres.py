"""What only PostgreSQL has: connections that break, COMMITs whose answer is lost, deadlocks, rivals with locks."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import psycopg
import pytest

from tests.store.ground import (
    NOW,
    SHOP,
    WAIT_SECONDS_MAX,
    busy_writers,
    lay_ground,
    look,
    next_numbers,
    note,
    note_all,
    noted,
    opened,
)
from tests.store.postgres.wire import Cut, Wire
from tillroll.store import Contended, Store, StoreFailed, Transaction

STOCK = {"shop": SHOP, "site": "main"}
TERMINATE_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    """A store on PostgreSQL alone."""
    with opened(postgres_url) as store:
        lay_ground(store)
        yield store


@pytest.fixture
def wire(store: Store, postgres_url: str) -> Iterator[Wire]:
    """A wire to the store's database that can be cut."""
    with Wire(postgres_url) as wire:
        yield wire


def terminate_others(url: str) -> int:
    """End every other connection to the database, as an administrator or a restart does; how many there were."""
    return len(look(url, TERMINATE_OTHERS))


def add_stock(tx: Transaction) -> None:
    """A hundred of each of two products."""
    for product in ("cup", "mug"):
        tx.run("insert_availability", **STOCK, product_id=product, on_hand=100, sellable=1, document="{}", now=NOW)


def on_hand(tx: Transaction) -> list[int]:
    """What is on hand of the two products."""
    return [row[1] for row in tx.rows("availabilities_of_site", **STOCK, limit=10, offset=0)]


def once(action: Callable[[], object]) -> Callable[[], None]:
    """A function that does its work the first time only."""
    done = threading.Event()

    def do() -> None:
        if not done.is_set():
            done.set()
            action()

    return do


def test_connections_that_were_lost_while_idle_cost_nobody_anything(store: Store, postgres_url: str) -> None:
    async def everything(item: str) -> None:
        async with busy_writers(store, postgres_url):
            pass  # every writer thread has had its turn
        await asyncio.gather(*(store.read(lambda tx, _: tx.rows("shops"), None) for _ in range(20)))
        assert (await store.write(note_all, item))[0] == item
        store.write_now(lambda tx: note(tx, item))

    asyncio.run(everything("before"))
    assert terminate_others(postgres_url) > 2
    asyncio.run(everything("after"))
    assert noted(postgres_url) == ["before", "before", "after", "after"]


def test_a_connection_that_is_lost_during_the_work_leaves_one_effect(store: Store, postgres_url: str) -> None:
    terminate = once(lambda: terminate_others(postgres_url))

    def note_around_a_loss(tx: Transaction, items: Sequence[str]) -> Sequence[str]:
        note_all(tx, items)
        terminate()
        note_all(tx, [f"{item} again" for item in items])
        return items

    assert asyncio.run(store.write(note_around_a_loss, "it")) == "it"
    assert noted(postgres_url) == ["it", "it again"]


def test_a_connection_that_is_lost_between_work_and_commit_leaves_one_effect(store: Store, postgres_url: str) -> None:
    attempts: list[int] = []
    terminate = once(lambda: terminate_others(postgres_url))

    def note_then_lose(tx: Transaction, items: Sequence[str]) -> Sequence[int]:
        attempts.append(len(attempts))
        note_all(tx, items)
        terminate()
        return [len(attempts) for _ in items]

    assert asyncio.run(store.write(note_then_lose, "it")) == 2
    assert noted(postgres_url) == ["it"]


@pytest.mark.parametrize(("side", "attempts"), [("before", 2), ("after", 1)])
def test_a_commit_whose_answer_was_lost_is_looked_up(wire: Wire, postgres_url: str, side: Cut, attempts: int) -> None:
    tried: list[int] = []

    def note_and_number(tx: Transaction, items: Sequence[str]) -> Sequence[int]:
        tried.append(len(items))
        note_all(tx, items)
        return next_numbers(tx, items)

    with opened(wire.url) as store:
        wire.cut = side
        assert asyncio.run(store.write(note_and_number, "n")) == 1
        assert wire.cuts == 1
        assert len(tried) == attempts
        assert noted(postgres_url) == ["n"]
        assert asyncio.run(store.write(note_and_number, "n")) == 2


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_commit_that_nobody_can_look_up_is_reported_as_unknown_and_not_tried_again(
    wire: Wire, postgres_url: str, side: Cut
) -> None:
    tried: list[int] = []

    def note_once(tx: Transaction, items: Sequence[str]) -> Sequence[str]:
        tried.append(len(items))
        note_all(tx, items)
        return items

    with opened(wire.url, request_seconds=2) as store:
        wire.cut, wire.break_with_cut = side, True
        with pytest.raises(StoreFailed, match="unknown"):
            asyncio.run(store.write(note_once, "it"))
        assert tried == [1]
        wire.broken = False
        assert asyncio.run(store.write(note_once, "later")) == "later"
    assert noted(postgres_url) == (["it", "later"] if side == "after" else ["later"])


def test_a_whole_group_whose_commit_was_lost_has_one_effect_each(wire: Wire, postgres_url: str) -> None:
    async def scene(store: Store) -> list[str]:
        async with busy_writers(store, wire.url) as release:
            writes = [asyncio.create_task(store.write(note_all, str(number))) for number in range(10)]
            await asyncio.sleep(0)
            wire.cut = "after"
            release()
            return [item for item, _ in await asyncio.gather(*writes)]

    with opened(wire.url) as store:
        assert asyncio.run(scene(store)) == [str(number) for number in range(10)]
    assert wire.cuts == 1
    assert sorted(noted(postgres_url)) == [str(number) for number in range(10)]


def test_two_transactions_that_wait_for_each_other_both_succeed(store: Store, postgres_url: str) -> None:
    store.write_now(add_stock)
    both_hold_one, one_is_through = threading.Barrier(2), threading.Event()
    attempts: list[str] = []

    def take(tx: Transaction, first: str, second: str) -> str:
        attempts.append(first)
        if len(attempts) > 2:  # or it might be quicker at its first row than the other at its second: a new deadlock
            assert one_is_through.wait(WAIT_SECONDS_MAX)
        assert tx.run("take_stock", **STOCK, product_id=first, quantity=10, now=NOW) == 1
        if len(attempts) <= 2:
            both_hold_one.wait(WAIT_SECONDS_MAX)
        assert tx.run("take_stock", **STOCK, product_id=second, quantity=1, now=NOW) == 1
        return first

    def buy(one: Store, order: tuple[str, str]) -> None:
        one.write_now(lambda tx: take(tx, *order))
        one_is_through.set()

    with opened(postgres_url) as other, opened(postgres_url) as another:
        taking = [
            threading.Thread(target=buy, args=(one, order))
            for one, order in ((other, ("cup", "mug")), (another, ("mug", "cup")))
        ]
        for thread in taking:
            thread.start()
        for thread in taking:
            thread.join(WAIT_SECONDS_MAX)
    assert len(attempts) == 3
    assert store.write_now(on_hand) == [89, 89]


def test_a_rival_that_holds_a_row_for_too_long_is_given_up_on(store: Store, postgres_url: str) -> None:
    store.write_now(add_stock)

    def take(tx: Transaction, items: Sequence[str]) -> Sequence[int]:
        return [tx.run("take_stock", **STOCK, product_id=item, quantity=1, now=NOW) for item in items]

    with opened(postgres_url, request_seconds=2) as patient:
        with psycopg.connect(postgres_url) as rival:
            rival.execute("UPDATE availability SET on_hand = 50 WHERE product_id = 'mug'")
            with pytest.raises(Contended, match="nothing was kept"):
                asyncio.run(patient.write(take, "mug"))
        assert asyncio.run(patient.write(take, "mug")) == 1
    assert store.write_now(on_hand) == [100, 49]


def test_a_value_that_can_not_be_sent_is_no_loss_of_the_connection(store: Store) -> None:
    store.write_now(add_stock)
    attempts = []

    def ask(tx: Transaction) -> int:
        attempts.append(1)
        return len(tx.rows("availabilities_of_site", **{**STOCK, "site": "\0"}, limit=10, offset=0))

    with pytest.raises(psycopg.DataError, match="NUL"):
        store.write_now(ask)
    assert len(attempts) == 1
    assert store.write_now(on_hand) == [100, 100]


def test_a_rival_who_takes_a_unique_key_first_is_seen_by_the_next_attempt(store: Store, postgres_url: str) -> None:
    cart = {"shop": SHOP, "owner": "guest", "site": "main", "type": "", "legal_entity_id": ""}
    rival = once(
        lambda: look(
            postgres_url,
            "INSERT INTO cart (shop, id, site, type, legal_entity_id, owner, status, version, document, created_at,"
            f" modified_at) VALUES ('{SHOP}', 'theirs', 'main', '', '', 'guest', 'OPEN', 1, '{{}}', 1, 1) RETURNING id",
        )
    )

    def open_cart(tx: Transaction, items: Sequence[str]) -> Sequence[str]:
        known = tx.row("open_cart", **cart)
        if known is not None:
            return [known[0] for _ in items]
        rival()
        tx.run("insert_cart", **cart, id="ours", document="{}", now=NOW)
        return ["ours" for _ in items]

    assert asyncio.run(store.write(open_cart, "it")) == "theirs"


def test_work_that_goes_on_after_a_failed_statement_is_never_taken_for_committed(
    store: Store, postgres_url: str
) -> None:
    def swallow(tx: Transaction, items: Sequence[str]) -> Sequence[str]:
        note_all(tx, items)
        with pytest.raises(psycopg.DataError):
            tx.rows("shop_heads", keys="this is not JSON")
        return items

    with pytest.raises(AssertionError, match="ROLLBACK"):
        asyncio.run(store.write(swallow, "it"))
    assert noted(postgres_url) == []
    assert asyncio.run(store.write(note_all, "later"))[0] == "later"


def test_a_database_that_goes_away_fails_the_store_and_not_the_program(wire: Wire, postgres_url: str) -> None:
    with opened(wire.url) as store:
        assert asyncio.run(store.write(note_all, "before"))[0] == "before"
        assert asyncio.run(store.read(lambda tx, _: len(tx.rows("shops")), None)) == 1
        wire.broken = True
        wire.hang_up_all()
        assert_failing(store)
        wire.broken = False
        assert asyncio.run(store.write(note_all, "after"))[0] == "after"
        assert asyncio.run(store.read(lambda tx, _: len(tx.rows("shops")), None)) == 1
    assert noted(postgres_url) == ["before", "after"]


def test_a_database_that_was_never_there_fails_the_store_and_not_the_program() -> None:
    with opened("postgresql://postgres@/nowhere?host=/nowhere") as store:
        assert_failing(store)


def assert_failing(store: Store) -> None:
    """Fail unless every way into the store says that the store failed."""
    for _ in range(2):
        with pytest.raises(StoreFailed):
            asyncio.run(store.write(note_all, "while it was gone"))
        with pytest.raises(StoreFailed):
            asyncio.run(store.read(lambda tx, _: tx.rows("shops"), None))
        with pytest.raises(StoreFailed):
            store.write_now(lambda tx: note(tx, "while it was gone"))
        with pytest.raises(StoreFailed):
            store.migrate()
