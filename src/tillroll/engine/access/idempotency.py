"""Every retry is safe: the first answer to a key is stored in the transaction that it answers, and replayed.

    requests of one commit ──► kept before? ──► run the first of each key ──► keep its answer ──► the next of each key

The same key with the same request gets the same bytes, also after a restart; with another request it is an error
(422). While the first try is in flight, the door answers 409 within one process; between processes the second try
waits for the first one's commit on the key's row and then replays it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.access import answers as rows
from tillroll.store.access.answers import AnswerRow

# Long enough for any UUID or composed key, short enough to be an index key everywhere.
KEY_CHARACTERS_MAX = 255

KeyName = tuple[str, str, str]
"""A shop, a caller of it, and the key that the caller has made up."""

Result = TypeVar("Result")


class Claim(Struct, frozen=True):
    """A request's claim to a key: whose key it is, the digest of what is asked, and when (microseconds UTC)."""

    shop: str
    caller: str
    key: str
    digest: bytes
    now: int

    @property
    def name(self) -> KeyName:
        """What only requests with the same key share."""
        return self.shop, self.caller, self.key


class Answer(Struct, frozen=True):
    """An answer as it is kept; its headers are JSON."""

    status: int
    headers: str
    body: bytes


class Ending(Struct, Generic[Result], frozen=True):
    """How a request ended: with a result of its own, with the answer that it got before, or, without either, refused
    because its key was used for another request."""

    result: Result | None = None
    repeated: Answer | None = None

    @property
    def is_reused(self) -> bool:
        """Whether the key was used for another request."""
        return self.result is None and self.repeated is None


def digest_of(*parts: bytes) -> bytes:
    """A digest of a request; parts are length-prefixed so that no two requests share one by shifting bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def answered_once(
    tx: Transaction,
    claims: Sequence[Claim | None],
    run: Callable[[Sequence[int]], Sequence[Result]],
    answer_of: Callable[[Result], Answer | None],
) -> list[Ending[Result]]:
    """How each request ended; those without a claim are always run.

    `run` gets positions, and returns a result for each. It is called again only where a request has the key of one of
    the same commit whose answer was not kept. `answer_of` says what is kept of a result, None for nothing.
    """
    kept = _kept(tx, [claim for claim in claims if claim is not None])
    endings: dict[int, Ending[Result]] = {}
    new: dict[KeyName, tuple[Claim, Answer]] = {}
    waiting: Sequence[int] = range(len(claims))
    while waiting:
        fresh, waiting = _split(claims, waiting, kept, endings)
        for position, result in zip(fresh, run(fresh) if fresh else (), strict=True):
            endings[position] = Ending(result=result)
            claim = claims[position]
            answer = answer_of(result) if claim is not None else None
            if claim is not None and answer is not None:
                new[claim.name] = claim, answer
                kept[claim.name] = claim.digest, answer
    _keep(tx, [new[name] for name in sorted(new)])
    return [endings[position] for position in range(len(claims))]


def keep(tx: Transaction, claim: Claim, answer: Answer) -> None:
    """Keep the answer to a request whose first transaction could not say it yet."""
    _keep(tx, [(claim, answer)])


def _split(
    claims: Sequence[Claim | None],
    waiting: Sequence[int],
    kept: Mapping[KeyName, tuple[bytes, Answer]],
    endings: dict[int, Ending[Result]],
) -> tuple[list[int], list[int]]:
    """Who is to be run now, and who waits for one of them with the same key; those that were answered have ended."""
    fresh, later = [], []
    taken: set[KeyName] = set()
    for position in waiting:
        claim = claims[position]
        if claim is None:
            fresh.append(position)
        elif claim.name in kept:
            digest, answer = kept[claim.name]
            endings[position] = Ending(repeated=answer) if digest == claim.digest else Ending()
        elif claim.name in taken:
            later.append(position)
        else:
            taken.add(claim.name)
            fresh.append(position)
    return fresh, later


def _kept(tx: Transaction, claims: Sequence[Claim]) -> dict[KeyName, tuple[bytes, Answer]]:
    """Digest and answer of those of these keys that were used before."""
    return {
        (shop, row.caller, row.key): (row.fingerprint, Answer(row.status, row.headers, row.body))
        for shop in sorted({claim.shop for claim in claims})
        for row in rows.answers(tx, shop, ((claim.caller, claim.key) for claim in claims if claim.shop == shop))
    }


def _keep(tx: Transaction, answered: Sequence[tuple[Claim, Answer]]) -> None:
    """Keep answers, which come in sorted order so that two processes never wait in a ring."""
    for shop in sorted({claim.shop for claim, _ in answered}):
        of_shop = [(claim, answer) for claim, answer in answered if claim.shop == shop]
        new = [
            AnswerRow(claim.caller, claim.key, claim.digest, answer.status, answer.headers, answer.body)
            for claim, answer in of_shop
        ]
        rows.insert_answers(tx, shop, new, max(claim.now for claim, _ in of_shop))


def delete_older(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` answers that were kept before this time; how many were."""
    return rows.delete_old_answers(tx, before, limit)
