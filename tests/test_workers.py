"""What has expired is forgotten, what has not is kept."""

import asyncio

from tillroll.domain.cart.cart import Cart
from tillroll.domain.events.events import Origin
from tillroll.engine.access import access
from tillroll.engine.access.access import NewToken
from tillroll.engine.cart import carts
from tillroll.store import Transaction, open_store
from tillroll.store.access import answers
from tillroll.store.access.answers import AnswerRow
from tillroll.workers import LAG_SECONDS, REST_SECONDS_MAX, RESTS, ROWS_MAX, Expired, forget_some, rest_after

NOW = 1_800_000_000_000_000


def _remember(tx: Transaction) -> None:
    tx.run("insert_shop", id="acme", currency="EUR", settings="{}", now=NOW)
    ends = [NOW - 1] * (ROWS_MAX + 1) + [NOW + 1]
    tokens = [NewToken(f"secret-{n}", access.ANONYMOUS, "c", "", end) for n, end in enumerate(ends)]
    access.store_tokens(tx, "acme", tokens)
    for key, kept_at in (("old", NOW - 10), ("young", NOW)):
        answers.insert_answers(tx, "acme", [AnswerRow("me", key, b"f", 200, "[]", b"{}")], kept_at)


async def _forget_all(database_url: str) -> tuple[int, set[str], int]:
    store = open_store(database_url)
    try:
        store.migrate()
        store.write_now(_remember)
        rounds = 1
        while await store.write(forget_some, Expired(NOW, NOW, "some")):
            rounds += 1
        last = f"secret-{ROWS_MAX + 1}"
        known = store.write_now(
            lambda tx: set(access.callers(tx, [access.hash_of("secret-0"), access.hash_of(last)], "some"))
        )
        wanted = [("me", "old"), ("me", "young")]
        kept = store.write_now(lambda tx: {answer.key for answer in answers.answers(tx, "acme", wanted)})
        assert known == {access.hash_of(last)}
        return rounds, kept, len(known)
    finally:
        store.close()


def test_expired_tokens_and_old_answers_go_a_little_at_a_time(database_url: str) -> None:
    assert asyncio.run(_forget_all(database_url)) == (2, {"young"}, 1)


def _carts(tx: Transaction) -> None:
    tx.run("insert_shop", id="acme", currency="EUR", settings="{}", now=NOW)
    for number, touched_at in enumerate((NOW - 20, NOW - 10, NOW - 10, NOW)):
        made_at = NOW - 10_000_000
        stored = carts.opened(Cart(f"{made_at // 1000:012x}{number}", "main", "EUR"), f"guest-{number}", touched_at)
        assert carts.insert(tx, Origin("acme", "some"), stored)
    tx.run("close_cart", shop="acme", id=f"{made_at // 1000:012x}2", order_id="EON1", version=1, now=NOW - 10)


async def _forget_carts(database_url: str) -> tuple[set[str], list[str]]:
    store = open_store(database_url)
    try:
        store.migrate()
        store.write_now(_carts)
        await store.write(forget_some, Expired(NOW, NOW, "some", NOW - 5))
        first = f"{(NOW - 10_000_000) // 1000:012x}"
        kept = store.write_now(lambda tx: carts.find(tx, "acme", [first + str(number) for number in range(4)]))
        events = store.write_now(lambda tx: tx.rows("events_of_subject", shop="acme", subject=first + "0"))
        return {id.removeprefix(first) for id in kept}, [str(event[6]) for event in events]
    finally:
        store.close()


def test_idle_carts_go_and_those_that_are_orders_stay(database_url: str) -> None:
    kept, events = asyncio.run(_forget_carts(database_url))
    assert kept == {"2", "3"}
    assert '"action":"expired"' in events[-1]


def test_sales_give_way_to_others_only_while_they_are_not_far_behind() -> None:
    assert rest_after(0.01, 0) == RESTS * 0.01
    assert rest_after(0.01, LAG_SECONDS / 2) == RESTS * 0.01 / 2
    assert rest_after(60, 0) == REST_SECONDS_MAX
    assert rest_after(60, LAG_SECONDS) == rest_after(60, 9 * LAG_SECONDS) == 0
