"""Every query that locks, on PostgreSQL: who runs it second waits until the first has ended."""

import re
from functools import partial
from typing import Any

import psycopg
import pytest

from tests.store.every_query.test_queries import STORY, Step, result_of
from tests.store.ground import opened
from tillroll.store.queries import queries

# Long enough for a statement that waits for nobody, on a slow day.
LOCK_TIMEOUT_MS = 500

LOCKING = sorted(query for query in queries("postgres") if query.startswith("lock_"))


def test_whoever_locks_second_waits_for_the_first(postgres_url: str) -> None:
    """All in one story of the queries, in which each lock comes when there are rows to lock."""
    waited: dict[str, bool] = {}
    with opened(postgres_url) as store:
        store.migrate()
        for query, parameters, expected in STORY:
            if query in LOCKING and query not in waited:
                waited[query] = waits(postgres_url, query, parameters)
            store.write_now(partial(result_of, query=query, parameters=parameters, expected=expected))
    assert waited == dict.fromkeys(LOCKING, True)


@pytest.mark.parametrize("read", ["availabilities", "sales_order"])
def test_whoever_only_reads_waits_for_nobody(postgres_url: str, read: str) -> None:
    with opened(postgres_url) as store:
        store.migrate()
        for query, parameters, expected in story_until(read):
            store.write_now(partial(result_of, query=query, parameters=parameters, expected=expected))
        (parameters,) = [step[1] for step in STORY if step[0] == read][:1]
        assert not waits(postgres_url, read, parameters)


def story_until(query: str) -> list[Step]:
    """The steps before the first one with this query."""
    return STORY[: [step[0] for step in STORY].index(query)]


def waits(url: str, query: str, parameters: dict[str, Any]) -> bool:
    """Whether a second connection that runs the query waits for a first one that has run it and is still open."""
    text = queries("postgres")[query].encode()
    with psycopg.connect(url) as first, psycopg.connect(url) as second:
        assert first.execute(text, parameters).fetchall(), f"{query} has no rows to lock"
        second.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}".encode())
        try:
            second.execute(text, parameters)
        except psycopg.errors.LockNotAvailable:
            return True
        return False


def test_rows_are_locked_in_one_sorted_order() -> None:
    """What locks many rows names their order; what locks one by its key needs none."""
    for query in LOCKING:
        text = queries("postgres")[query]
        if "json_each" in text:
            assert re.search(r"\bORDER BY\b", text), query
