"""Rows of the answers that are kept for idempotency keys."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import pairs


class AnswerRow(Struct, frozen=True):
    """The answer that was given to a caller's key, and the digest of the request that it answered."""

    caller: str
    key: str
    fingerprint: bytes
    status: int
    headers: str
    body: bytes


def answers(tx: Transaction, shop: str, claims: Iterable[tuple[str, str]]) -> list[AnswerRow]:
    """The answers that are kept for these pairs of caller and key, in one query."""
    rows = tx.rows("answers", shop=shop, claims=pairs(claims))
    return [
        AnswerRow(caller, key, bytes(fingerprint), status, headers, bytes(body))
        for caller, key, fingerprint, status, headers, body in rows
    ]


def insert_answers(tx: Transaction, shop: str, new: Sequence[AnswerRow], now: int) -> None:
    """Keep answers, in the order in which they are given."""
    tx.run_many("insert_answer", [{"shop": shop, "now": now, **msgspec.structs.asdict(answer)} for answer in new])


def delete_old_answers(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` answers that were kept before this time; how many were."""
    return tx.run("delete_old_answers", before=before, limit=limit)
