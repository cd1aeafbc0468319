"""A key has one effect and one answer, on both databases."""

from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from tests.store.ground import NOW, SHOP, add_shop, opened
from tillroll.engine.access.idempotency import Answer, Claim, Ending, answered_once, delete_older, digest_of
from tillroll.store import Store, Transaction

ELSEWHERE = "elsewhere"
REFUSED = "refused"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with two shops."""
    with opened(database_url) as store:
        store.migrate()
        for shop in (SHOP, ELSEWHERE):
            store.write_now(partial(add_shop, shop=shop))
        yield store


def claim(asked: str, key: str = "key", *, shop: str = SHOP, caller: str = "caller") -> Claim:
    """A request that asks for this under a key."""
    return Claim(shop, caller, key, digest_of(asked.encode()), NOW)


class Till:
    """Runs requests, each of which is known by what it asks for, and remembers which it ran."""

    def __init__(self, store: Store, result: str = "done") -> None:
        self.ran: list[list[int]] = []
        self._store = store
        self._result = result

    def asked(self, *claims: Claim | None) -> list[Ending[str]]:
        """How these requests of one commit end."""
        return self._store.write_now(lambda tx: answered_once(tx, claims, self._run, self._answer_of))

    def _run(self, positions: Sequence[int]) -> list[str]:
        self.ran.append(list(positions))
        return [f"{self._result} {position}" for position in positions]

    def _answer_of(self, result: str) -> Answer | None:
        return None if result.startswith(REFUSED) else Answer(201, "[]", result.encode())


def bodies(endings: Sequence[Ending[str]]) -> list[str | None]:
    """What each request was told; None for a key that was used for another request."""
    return [ending.result if ending.repeated is None else ending.repeated.body.decode() for ending in endings]


def test_a_repeated_request_is_not_run_and_gets_the_same_answer(store: Store) -> None:
    first, again = Till(store, "first"), Till(store, "again")
    assert bodies(first.asked(claim("tea"))) == ["first 0"]
    (ending,) = again.asked(claim("tea"))
    assert (ending.repeated, ending.is_reused, again.ran) == (Answer(201, "[]", b"first 0"), False, [])


def test_a_key_with_another_request_is_reused_and_changes_nothing(store: Store) -> None:
    Till(store).asked(claim("tea"))
    other = Till(store)
    (ending,) = other.asked(claim("coffee"))
    assert (ending.is_reused, other.ran) == (True, [])
    assert bodies(Till(store).asked(claim("tea"))) == ["done 0"]


def test_of_a_commit_the_first_is_run_and_the_others_are_repeats(store: Store) -> None:
    till = Till(store)
    endings = till.asked(claim("tea"), claim("tea"), claim("coffee"), claim("coffee", "another"))
    assert (bodies(endings), till.ran) == (["done 0", "done 0", None, "done 3"], [[0, 3]])
    assert [ending.is_reused for ending in endings] == [False, False, True, False]


def test_an_answer_that_is_not_kept_leaves_its_key_to_the_next_request(store: Store) -> None:
    till = Till(store, REFUSED)
    assert bodies(till.asked(claim("tea"), claim("coffee"))) == ["refused 0", "refused 1"]
    assert till.ran == [[0], [1]]
    assert bodies(Till(store).asked(claim("cocoa"))) == ["done 0"]


def test_requests_without_a_key_are_always_run_and_nothing_is_kept(store: Store) -> None:
    till = Till(store)
    assert bodies(till.asked(None, None)) == ["done 0", "done 1"]
    assert bodies(till.asked(None)) == ["done 0"]
    assert (till.ran, store.write_now(kept)) == ([[0, 1], [0]], 0)


def test_shops_and_callers_share_no_keys(store: Store) -> None:
    till = Till(store)
    claims = [claim("tea"), claim("coffee", shop=ELSEWHERE), claim("cocoa", caller="other"), claim("milk", "other")]
    assert bodies(till.asked(*claims)) == ["done 0", "done 1", "done 2", "done 3"]
    repeated = Till(store, "again")
    assert (bodies(repeated.asked(*reversed(claims))), repeated.ran) == (["done 3", "done 2", "done 1", "done 0"], [])
    assert (till.ran, store.write_now(kept)) == ([[0, 1, 2, 3]], 4)


def test_nobody_is_run_for_nothing(store: Store) -> None:
    till = Till(store)
    assert (till.asked(), till.ran) == ([], [])


def test_no_two_requests_share_a_digest_by_shifting_bytes() -> None:
    assert digest_of(b"ab", b"c") != digest_of(b"a", b"bc")
    assert digest_of(b"a", b"") != digest_of(b"a")


def kept(tx: Transaction) -> int:
    """How many answers are kept; they are gone afterwards."""
    return delete_older(tx, NOW + 1, 100)
