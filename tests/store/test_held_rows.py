"""A row or a table of PostgreSQL that somebody holds: who needs it waits, whoever comes along does not."""

import asyncio
import time
from collections.abc import Iterator, Sequence

import psycopg
import pytest

from tests.store.ground import NOW, SHOP, all_of, busy_writers, lay_ground, look, note_all, noted, opened
from tillroll.store import Contended, Store, StoreFailed, Transaction
from tillroll.store.postgres import PostgresStore
from tillroll.store.writers import HELD_UP_MAX

STOCK = {"shop": SHOP, "site": "main"}
HOLD = "UPDATE availability SET on_hand = on_hand WHERE product_id = 'mug'"


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    """A store on PostgreSQL with a thousand mugs and cups."""

    def add_stock(tx: Transaction) -> None:
        for product in ("cup", "mug"):
            tx.run("insert_availability", **STOCK, product_id=product, on_hand=1000, sellable=1, document="{}", now=NOW)

    with opened(postgres_url, request_seconds=8) as store:
        lay_ground(store)
        store.write_now(add_stock)
        yield store


def take(tx: Transaction, items: Sequence[str]) -> Sequence[int]:
    """Take one of each product."""
    return [tx.run("take_stock", **STOCK, product_id=item, quantity=1, now=NOW) for item in items]


def on_hand(url: str, product: str) -> int:
    """What others see on hand."""
    ((number,),) = look(url, f"SELECT on_hand FROM availability WHERE product_id = '{product}'")
    return int(number)


def test_whoever_shares_a_group_with_those_who_wait_is_committed_meanwhile(store: Store, postgres_url: str) -> None:
    wanted = ["mug" if number % 20 == 7 else "cup" for number in range(60)]

    async def scene() -> None:
        with psycopg.connect(postgres_url) as shell:
            shell.execute(HOLD)
            async with busy_writers(store, postgres_url) as release:
                writes = [asyncio.create_task(store.write(take, product)) for product in wanted]
                await asyncio.sleep(0)
                release()
            event = asyncio.create_task(store.write(note_all, "it"))
            cups = [write for write, product in zip(writes, wanted, strict=True) if product == "cup"]
            assert await asyncio.gather(*cups) == [1] * 57
            assert await event == ("it", 1)
            mugs = [write for write in writes if write not in cups]
            assert not any(mug.done() for mug in mugs)
            shell.rollback()
        assert await asyncio.gather(*mugs) == [1] * 3

    asyncio.run(scene())
    assert (on_hand(postgres_url, "cup"), on_hand(postgres_url, "mug")) == (943, 997)
    assert noted(postgres_url) == ["it"]
    assert isinstance(store, PostgresStore)
    assert store.groups_fallen_apart > 0


def test_no_more_than_a_bounded_number_waits_for_a_row(store: Store, postgres_url: str) -> None:
    async def scene() -> list[object]:
        with psycopg.connect(postgres_url) as shell:
            shell.execute(HOLD)
            writes = [asyncio.create_task(store.write(take, "mug")) for _ in range(HELD_UP_MAX + 40)]
            await asyncio.wait(writes, return_when=asyncio.FIRST_COMPLETED)
            shell.rollback()
        return await all_of(writes)

    results = asyncio.run(scene())
    refused = [result for result in results if isinstance(result, Contended)]
    assert refused
    assert results.count(1) == len(results) - len(refused)
    assert on_hand(postgres_url, "mug") == 1000 - results.count(1)


def test_who_waited_in_vain_has_left_nothing(store: Store, postgres_url: str) -> None:
    async def scene(impatient: Store) -> list[object]:
        with psycopg.connect(postgres_url) as shell:
            shell.execute(HOLD)
            return await all_of([impatient.write(take, "mug") for _ in range(10)])

    with opened(postgres_url, request_seconds=2) as impatient:
        results = asyncio.run(scene(impatient))
        assert all(isinstance(result, (Contended, StoreFailed)) for result in results), results
        assert on_hand(postgres_url, "mug") == 1000
        assert asyncio.run(impatient.write(take, "mug")) == 1


def test_no_group_falls_apart_where_nobody_holds_anything(store: Store) -> None:
    async def scene() -> list[object]:
        wanted = ["mug", "cup"] * 150
        return await all_of([store.write(take, product) for product in wanted])

    assert asyncio.run(scene()) == [1] * 300
    assert isinstance(store, PostgresStore)
    assert store.groups_fallen_apart == 0


def test_a_table_that_somebody_locks_is_waited_for_by_those_who_read_it_alone(store: Store, postgres_url: str) -> None:
    def stock(tx: Transaction, _: object) -> int:
        return len(tx.rows("availabilities_of_site", **STOCK, limit=10, offset=0))

    async def scene() -> None:
        with psycopg.connect(postgres_url) as shell:
            shell.execute("LOCK TABLE availability IN ACCESS EXCLUSIVE MODE")
            held = [asyncio.create_task(store.read(stock, None, "point", (f"192.0.2.{n}", ""))) for n in range(40)]
            await asyncio.sleep(0)
            start = time.monotonic()
            for _ in range(5):
                assert await store.read(lambda tx, _: len(tx.rows("shops")), None, "point", ("198.51.100.1", "")) == 1
            assert time.monotonic() - start < 4  # half of what one of those could have waited
            assert {type(one) for one in await all_of(held)} == {Contended}
            assert (await store.health()).reading
            shell.rollback()
        assert await store.read(stock, None) == 2

    asyncio.run(scene())
