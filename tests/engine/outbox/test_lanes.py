"""Lanes under a clock of the test: what is given up, what goes on behind it, and who is overtaken."""

from collections.abc import Iterator

import pytest

from tests.store.ground import NOW, SHOP, lay_ground, opened
from tillroll.domain.outbox.messages import ORDER_CREATED, OutboxMessage
from tillroll.domain.outbox.schedule import PAUSES_SECONDS
from tillroll.engine.outbox import endpoints, lanes, outbox
from tillroll.engine.outbox.endpoints import Replay
from tillroll.engine.outbox.lanes import LanesClaim, SendOutcome, SendTask
from tillroll.store import Store
from tillroll.store.outbox.rows import DEAD, NewWebhook

SECOND = 1_000_000
HOOK = "we_1"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A shop with an endpoint that asks for orders, and two messages about one order for it."""
    with opened(database_url) as store:
        lay_ground(store)
        new = NewWebhook(SHOP, HOOK, "https://a.example/", ORDER_CREATED, "", NOW)
        assert store.write_now(lambda tx: endpoints.create(tx, new, "whsec_AAAA"))
        messages = [OutboxMessage(ORDER_CREATED, "order:1", {"n": n}, NOW) for n in range(2)]
        store.write_now(lambda tx: outbox.tell(tx, outbox.audience(tx, SHOP), messages))
        yield store


def claimed(store: Store, now: int) -> list[SendTask]:
    """What is due at a time, claimed for a minute."""
    asked = LanesClaim(now, now + 60 * SECOND, 10)
    (found,) = store.write_now(lambda tx: lanes.claim(tx, [asked]))
    return found


def settled(store: Store, task: SendTask, now: int, status: int | None, **more: bool) -> SendTask | None:
    """What follows from an answer."""
    outcome = SendOutcome(
        task=task, status=status, answer="", now=now, until=now + 60 * SECOND, jitter_thousandths=1_000, **more
    )
    (following,) = store.write_now(lambda tx: lanes.settle(tx, [outcome]))
    return following


def states(store: Store) -> list[tuple[str, int]]:
    """What has become of the messages, in their order, and how often each was tried."""
    page = store.read_now(lambda tx: endpoints.deliveries(tx, SHOP, HOOK, ("", 2**62, 10)))
    return [(row.state, row.tries) for row in reversed(page)]


def test_a_message_that_nobody_takes_is_given_up_and_the_lane_goes_on(store: Store) -> None:
    now, first = NOW, store.read_now(lambda tx: endpoints.deliveries(tx, SHOP, HOOK, ("", 2**62, 10)))[-1].position
    for pause in (*PAUSES_SECONDS, 0):
        (task,) = claimed(store, now)
        assert task.position == first
        following = settled(store, task, now, 500)
        if pause:
            assert following is None
            assert claimed(store, now + pause * SECOND) == []
            now += pause * SECOND * 5 // 4
    assert states(store) == [(DEAD, 13), ("PENDING", 0)]
    assert following is not None
    assert following.position > first
    assert settled(store, following, now, 204) is None
    assert states(store) == [(DEAD, 13), ("DELIVERED", 1)]
    wanted = Replay(DEAD, NOW, 0, now)
    assert store.write_now(lambda tx: endpoints.replay_since(tx, SHOP, HOOK, wanted)).count == 1
    (task,) = claimed(store, now)
    assert (task.position, task.tries) == (first, 0)
    assert settled(store, task, now, 200) is None
    assert states(store) == [("DELIVERED", 1)] * 2
    assert claimed(store, now + 10**12) == []


def test_who_claimed_before_settles_nothing_once_another_one_has_claimed(store: Store) -> None:
    (slow,) = claimed(store, NOW)
    assert claimed(store, NOW + 59 * SECOND) == []
    (quick,) = claimed(store, NOW + 60 * SECOND)
    assert quick.position == slow.position
    assert settled(store, slow, NOW + 61 * SECOND, 204) is None
    assert states(store) == [("PENDING", 0)] * 2
    following = settled(store, quick, NOW + 62 * SECOND, 204)
    assert following is not None
    assert settled(store, following, NOW + 63 * SECOND, 204) is None
    again = OutboxMessage(ORDER_CREATED, "order:1", {}, NOW + 64 * SECOND)
    store.write_now(lambda tx: outbox.tell(tx, outbox.audience(tx, SHOP), [again]))
    assert settled(store, slow, NOW + 65 * SECOND, 500) is None
    assert states(store) == [("DELIVERED", 1), ("DELIVERED", 1), ("PENDING", 0)]


def test_an_endpoint_that_is_gone_or_removed_is_told_nothing(store: Store) -> None:
    (task,) = claimed(store, NOW)
    assert settled(store, task, NOW, 410, is_gone=True) is None
    assert claimed(store, NOW + 10**12) == []
    assert store.read_now(lambda tx: outbox.audience(tx, SHOP)).by_type == {}
    assert store.write_now(lambda tx: endpoints.remove(tx, SHOP, HOOK, NOW))
    assert states(store) == [("DROPPED", 1), ("DROPPED", 0)]
    assert store.write_now(lambda tx: endpoints.delete_old(tx, NOW + 1, 10)) == 2
    assert not store.write_now(lambda tx: endpoints.remove(tx, SHOP, HOOK, NOW))
