"""Every retry is safe: the first answer to a key is stored in the transaction that it answers, and replayed.

The same key with the same request gets the same bytes, also after a restart; with another request it is an error
(422). While the first try is in flight, the door answers 409 within one process; between processes the second try
waits for the first one's commit on the key's row and then replays it.
"""

import hashlib
from collections.abc import Sequence

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.access import answers as rows
from tillroll.store.access.answers import AnswerRow

# Long enough for any UUID or composed key, short enough to be an index key everywhere.
KEY_CHARACTERS_MAX = 255


class Answer(Struct, frozen=True):
    """A stored answer and the fingerprint of the request that it answered."""

    fingerprint: bytes
    status: int
    headers: str
    body: bytes


class Claim(Struct, frozen=True):
    """A request's claim to a key: whose key it is, and the fingerprint of what is asked."""

    caller: str
    key: str
    fingerprint: bytes


def fingerprint(*parts: bytes) -> bytes:
    """A digest of a request; parts are length-prefixed so that no two requests share one by shifting bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def answers(tx: Transaction, shop: str, claims: Sequence[Claim]) -> dict[tuple[str, str], Answer]:
    """The stored answers for these claims, by (caller, key)."""
    if not claims:
        return {}
    kept = rows.answers(tx, shop, ((claim.caller, claim.key) for claim in claims))
    return {(row.caller, row.key): Answer(row.fingerprint, row.status, row.headers, row.body) for row in kept}


def remember(tx: Transaction, shop: str, answered: Sequence[tuple[Claim, int, str, bytes]], now: int) -> None:
    """Keep answers (claim, status, headers, body), in sorted order so that two processes never wait in a ring."""
    ordered = sorted(answered, key=lambda one: (one[0].caller, one[0].key))
    new = [
        AnswerRow(claim.caller, claim.key, claim.fingerprint, status, headers, body)
        for claim, status, headers, body in ordered
    ]
    rows.insert_answers(tx, shop, new, now)


def delete_older(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` answers that were kept before this time; how many were."""
    return rows.delete_old_answers(tx, before, limit)
