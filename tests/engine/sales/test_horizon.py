"""Nothing is left behind: who got a lower position and commits later is waited for, and two may follow at once."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial

import psycopg
import pytest

from tests.engine.sales.telling import FINGERPRINTS, HOUR, MINUTE, SESSION, WITNESSES, Telling
from tests.engine.sales.test_follow import everything
from tests.store.ground import SHOP, WAIT_SECONDS_MAX, lay_ground, opened
from tillroll import workers
from tillroll.engine.sales import follow, horizon
from tillroll.engine.sales.follow import POSITIONS_MAX, FollowStep, Stepped, recount
from tillroll.engine.sales.follow import follow as follow_sales
from tillroll.engine.sales.horizon import STRETCH_MAX, Seen, Sought
from tillroll.engine.sales.policies import Counting
from tillroll.store import Store
from tillroll.store.ledger import rows as ledger_rows
from tillroll.store.sales import rows

NOTHING = Seen(0)
# What the store leaves first in every transaction; an event that nobody sees yet.
MARK = "INSERT INTO commit_mark (writer, mark) VALUES ('rival', 1)"
EVENT = (
    "INSERT INTO event (shop, dialect, kind, subject, visitor, happened_at, received_at, document) "
    f"VALUES ('{SHOP}', 'emporix', 'order_placed', 'EON7', NULL, 1, 1, "
    """'{"totalMinor": 500, "currency": "EUR", "items": [["mug", 1, 500]]}') RETURNING position"""
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened(database_url) as store:
        lay_ground(store)
        yield store


def is_settled(store: Store, seen: Seen) -> bool:
    return store.read_now(lambda tx: horizon.is_settled(tx, seen))


def test_who_got_a_lower_position_and_commits_later_is_waited_for(postgres_url: str) -> None:
    with opened(postgres_url) as store, psycopg.connect(postgres_url) as rival:
        lay_ground(store)
        telling = Telling(store)
        rival.execute(MARK)
        (lower,) = rival.execute(EVENT).fetchone() or (None,)
        (higher,) = telling.tell(telling.order())
        assert lower is not None
        assert lower < higher
        seen = store.read_now(lambda tx: horizon.look(tx, NOTHING))
        assert seen.position == higher
        assert [is_settled(store, seen) for _ in range(3)] == [False] * 3
        rival.commit()
        assert is_settled(store, seen)
        telling.settle()
        assert [one.number for one in telling.sales()] == ["EON1001", "EON7"]


def test_who_takes_back_what_it_wrote_is_waited_for_no_longer(postgres_url: str) -> None:
    with opened(postgres_url) as store, psycopg.connect(postgres_url) as rival:
        lay_ground(store)
        telling = Telling(store)
        rival.execute(EVENT)
        telling.tell(telling.order())
        seen = store.read_now(lambda tx: horizon.look(tx, NOTHING))
        assert not is_settled(store, seen)
        rival.rollback()
        assert is_settled(store, seen)


def test_who_writes_no_events_is_not_waited_for_in_this_database_or_another(
    postgres_url: str, another_postgres_url: str
) -> None:
    with opened(postgres_url) as store, opened(another_postgres_url) as other:
        lay_ground(store)
        lay_ground(other)
        with psycopg.connect(postgres_url) as rival, psycopg.connect(another_postgres_url) as stranger:
            rival.execute(MARK)
            stranger.execute(EVENT)
            telling = Telling(store)
            telling.tell(telling.order())
            assert is_settled(store, store.read_now(lambda tx: horizon.look(tx, NOTHING)))


def test_who_begins_after_the_look_is_not_waited_for(postgres_url: str) -> None:
    with opened(postgres_url) as store, psycopg.connect(postgres_url) as rival:
        lay_ground(store)
        telling = Telling(store)
        telling.tell(telling.order())
        seen = store.read_now(lambda tx: horizon.look(tx, NOTHING))
        rival.execute(MARK)
        assert (rival.execute(EVENT).fetchone() or (0,))[0] > seen.position
        assert is_settled(store, seen)


def test_writers_that_come_one_after_the_other_need_no_wait(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        lay_ground(store)
        telling = Telling(store)
        (position,) = telling.tell(telling.order())
        seen = store.read_now(lambda tx: horizon.look(tx, NOTHING))
        assert seen == Seen(position)
        assert is_settled(store, seen)


def behind(store: Store, sought: Sought) -> list[tuple[str, int]]:
    return [(one.shop, one.until) for one in store.read_now(lambda tx: horizon.behind(WITNESSES, tx, sought))]


def test_shops_that_are_behind_are_followed_up_to_what_was_seen(store: Store) -> None:
    telling = Telling(store)
    first, second = telling.tell(telling.order("A"), telling.order("B"))
    assert behind(store, Sought(first)) == [(SHOP, first)]
    assert behind(store, Sought(second + 9)) == [(SHOP, second)]
    telling.settle()
    assert behind(store, Sought(second + 9)) == []


def test_only_who_has_new_events_is_asked_how_far_it_is_and_who_was_left_or_begins_anew(store: Store) -> None:
    telling = Telling(store)
    first, second = telling.tell(telling.order("A"), telling.order("B"))
    assert behind(store, Sought(second, first)) == [(SHOP, second)]
    store.write_now(lambda tx: follow_sales(WITNESSES, tx, [FollowStep(SHOP, first)]))
    assert behind(store, Sought(second + 9, second)) == []
    assert behind(store, Sought(second + 9, second, frozenset({SHOP}))) == [(SHOP, second)]
    assert behind(store, Sought(second + 9 + STRETCH_MAX, second)) == [(SHOP, second)]
    store.write_now(lambda tx: horizon.forget(tx, SHOP))
    assert behind(store, Sought(second + 9, second)) == [(SHOP, second)]
    telling.settle()
    assert behind(store, Sought(second, 0)) == []


def test_whoever_decides_anew_how_to_count_is_behind_at_once(store: Store) -> None:
    telling = Telling(store)
    (position,) = telling.tell(telling.order("A"))
    telling.settle()
    store.write_now(lambda tx: recount(tx, SHOP, Counting(window_days=7)))
    assert behind(store, Sought(position + 1, position)) == [(SHOP, position)]


def test_a_step_goes_so_far_however_little_there_is_to_follow(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        lay_ground(store)
        telling = Telling(store)
        first, second = telling.tell(telling.order("A"), telling.order("B"))
        far = first + 2 * POSITIONS_MAX + 5
        with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as shell, shell:
            shell.execute("UPDATE event SET position = ? WHERE position = ?", [far, second])
        step = FollowStep(SHOP, far)
        steps: list[Stepped] = []
        while not steps or not steps[-1].is_done:
            steps += store.write_now(lambda tx: follow.follow(WITNESSES, tx, [step]))
        assert [(one.position, one.events) for one in steps] == [
            (POSITIONS_MAX, 1),
            (2 * POSITIONS_MAX, 0),
            (far, 1),
        ]
        assert sorted(one.number for one in telling.sales()) == ["A", "B"]


def test_two_servers_that_follow_at_once_make_each_sale_once(store: Store, database_url: str) -> None:
    is_over = threading.Event()
    with ExitStack() as opening:
        stores = [opening.enter_context(opened(database_url)) for _ in range(4)]
        tellings = [Telling(one, first_call=number * 1000) for number, one in enumerate(stores[:2])]
        jobs: list[Callable[[], None]] = [partial(tell_of_purchases, one) for one in tellings]
        jobs += [partial(keep_following, one, is_over) for one in stores[2:]]
        threads = [threading.Thread(target=job) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads[:2]:
            thread.join(WAIT_SECONDS_MAX)
        wait_for_the_end(store)
        is_over.set()
        for thread in threads[2:]:
            thread.join(WAIT_SECONDS_MAX)
        assert not [thread for thread in threads if thread.is_alive()]
    followed = everything(database_url)
    telling = Telling(store)
    sales = telling.sales()
    assert sorted(one.number for one in sales) == sorted(f"EON{number}" for number in range(PURCHASES))
    assert {one.counted_reports for one in sales} == {4}
    telling.rebuild()
    assert everything(database_url) == followed


PURCHASES = 20


def tell_of_purchases(telling: Telling) -> None:
    """Tell of so many purchases, each in two reports and a touch before them."""
    telling.tell(telling.link(f"doofinder:{SESSION}", f"alhena:{FINGERPRINTS}"), telling.chat(at=-MINUTE))
    for number in range(PURCHASES):
        at = number * HOUR
        telling.tell(telling.order(f"EON{number}", at=at), telling.storefront(f"EON{number}", at=at))


def keep_following(store: Store, is_over: threading.Event) -> None:
    """Be a server process that follows the ledger, until it is over."""
    asyncio.run(follow_until(store, is_over))


async def follow_until(store: Store, is_over: threading.Event) -> None:
    """Do what a server process does beside its requests, until it is over."""
    following = asyncio.create_task(workers.follow(store, WITNESSES))
    assert await asyncio.to_thread(is_over.wait, WAIT_SECONDS_MAX)
    assert not following.done(), following
    following.cancel()


def wait_for_the_end(store: Store) -> None:
    """Wait until the sales are those of the whole ledger."""
    give_up_at = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < give_up_at:
        newest = store.read_now(ledger_rows.last_position)
        if [one.position for one in store.read_now(rows.followers)] == [newest]:
            return
        time.sleep(0.05)
    pytest.fail("the sales are behind the ledger")
