"""What has expired is forgotten, what has not is kept."""

import asyncio

from tillroll.engine import access, idempotency
from tillroll.engine.access import NewToken
from tillroll.engine.idempotency import Claim
from tillroll.store import Transaction, open_store
from tillroll.workers import ROWS_MAX, Expired, forget_some

NOW = 1_800_000_000_000_000


def _remember(tx: Transaction) -> None:
    tx.run("insert_shop", id="acme", currency="EUR", settings="{}", now=NOW)
    ends = [NOW - 1] * (ROWS_MAX + 1) + [NOW + 1]
    tokens = [NewToken(f"secret-{n}", access.ANONYMOUS, "c", "", end) for n, end in enumerate(ends)]
    access.store_tokens(tx, "acme", tokens)
    for key, kept_at in (("old", NOW - 10), ("young", NOW)):
        idempotency.remember(tx, "acme", [(Claim("me", key, b"f"), 200, "[]", b"{}")], kept_at)


async def _forget_all(database_url: str) -> tuple[int, set[str], int]:
    store = open_store(database_url)
    try:
        store.migrate()
        store.write_now(_remember)
        rounds = 1
        while await store.write(forget_some, Expired(NOW, NOW)):
            rounds += 1
        last = f"secret-{ROWS_MAX + 1}"
        known = store.write_now(lambda tx: set(access.callers(tx, [access.hash_of("secret-0"), access.hash_of(last)])))
        wanted = [Claim("me", key, b"f") for key in ("old", "young")]
        kept = store.write_now(lambda tx: {key for _, key in idempotency.answers(tx, "acme", wanted)})
        assert known == {access.hash_of(last)}
        return rounds, kept, len(known)
    finally:
        store.close()


def test_expired_tokens_and_old_answers_go_a_little_at_a_time(database_url: str) -> None:
    assert asyncio.run(_forget_all(database_url)) == (2, {"young"}, 1)
