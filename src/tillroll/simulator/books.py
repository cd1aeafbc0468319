"""The simulator's file: objects, answers by key, its ledger, what is to be delivered, and what is due later.

One connection, one commit for each request: what was answered is there after the process was killed. A commit is not
awaited on the disk, so that a power cut may take the last ones; a simulator is no bank.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiosql
import msgspec
from msgspec import Struct

# What a client sees, with what the simulator knows beside it under `HIDDEN`.
Json = dict[str, Any]
HIDDEN = "_sim"

IN_MEMORY = ":memory:"
# SQLite's greatest number: no object has it.
LAST = 2**63 - 1

_HERE = Path(__file__).parent


class Page(Struct, frozen=True):
    """Which objects a list has: between these numbers and times, of this parent, with one of these labels (globs)."""

    kind: str
    count: int
    before: int = LAST
    after: int = 0
    since: int = 0
    until: int = LAST
    parent: str = ""
    labels: Sequence[str] = ()


class Entry(Struct, frozen=True):
    """One line of a log that only grows."""

    seq: int
    body: Json


class Books:
    """The file of one simulator; `path` may be `:memory:`. Raises OSError where it can not be used."""

    def __init__(self, path: str) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript((_HERE / "schema.sql").read_text("utf-8"))
        except sqlite3.Error as error:
            raise OSError(f"{path}: {error}") from error
        self._ask: Any = aiosql.from_path(_HERE / "queries.sql", "sqlite3", mandatory_parameters=False)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def commit(self) -> Iterator[None]:
        """What is written inside becomes true at once, or not at all where it raises."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Objects.

    def find(self, kind: str, id: str) -> tuple[Json, str] | None:
        """An object and its account, if there is one of this kind and id."""
        row = self._ask.object_of(self._db, kind=kind, id=id)
        return None if row is None else (_read(row[0]), row[1])

    def put(self, account: str, kind: str, body: Json, **also: object) -> None:
        """Write an object anew, or for the first time: then with its `parent`, `label` and `changed_ms`."""
        known = {"parent": "", "label": "", "changed_ms": 0, **also}
        text = _text(body)
        self._ask.put_object(
            self._db, account=account, kind=kind, id=body["id"], created=body.get("created", 0), body=text, **known
        )

    def drop(self, account: str, id: str) -> None:
        """Take an object away."""
        self._ask.drop_object(self._db, account=account, id=id)

    def number(self, account: str, kind: str, id: str) -> int | None:
        """Where an object stands in the lists of its kind."""
        row = self._ask.number_of(self._db, account=account, kind=kind, id=id)
        return None if row is None else int(row[0])

    def listed(self, account: str, page: Page, *, upwards: bool = False) -> list[Json]:
        """The objects of a page, newest first; `upwards` those that follow `after`, instead of the newest of all."""
        query = self._ask.next_newer if upwards else self._ask.newest
        asked = {name: getattr(page, name) for name in page.__struct_fields__} | {"labels": _text(page.labels)}
        found = [_read(row[0]) for row in query(self._db, account=account, **asked)]
        return found[::-1] if upwards else found

    def all_of(self, account: str, kind: str, seen_ms: int = LAST) -> list[Json]:
        """All objects of a kind that have not changed since, newest first."""
        rows = self._ask.of_kind(self._db, account=account, kind=kind, seen_ms=seen_ms)
        return [_read(row[0]) for row in rows]

    def of_parent(self, kind: str, parent: str) -> list[Json]:
        """The objects that belong to another one, oldest first."""
        return [_read(row[0]) for row in self._ask.of_parent(self._db, kind=kind, parent=parent)]

    # Answers by key.

    def answer(self, account: str, key: str) -> tuple[str, str, int, str, int] | None:
        """What was saved under a key: digest of the request, its id, status, body, and when."""
        row: tuple[str, str, int, str, int] | None = self._ask.answer_of(self._db, account=account, key=key)
        return row

    def save_answer(self, **saved: object) -> None:
        """Save an answer under its key, in the place of one that has outlived its time."""
        self._ask.put_answer(self._db, **saved)

    # Logs.

    def enter(self, body: Json) -> None:
        """Write an effect into the ledger."""
        self._ask.add_entry(self._db, body=_text(body))

    def ledger(self, since: int) -> list[Entry]:
        """The ledger's entries behind a number."""
        return [Entry(row[0], _read(row[1])) for row in self._ask.entries(self._db, since=since)]

    def note_request(self, body: Json) -> None:
        """Write down what was asked."""
        self._ask.add_request(self._db, body=_text(body))

    def requests(self, since: int) -> list[Entry]:
        """What was asked behind a number."""
        return [Entry(row[0], _read(row[1])) for row in self._ask.requests(self._db, since=since)]

    # What is to come.

    def deliver(self, **delivery: object) -> None:
        """Put a delivery in the queue."""
        self._ask.add_delivery(self._db, **delivery)

    def deliveries_due(self, now_ms: int) -> list[tuple[int, str, str, str, int]]:
        """Number, endpoint, event, body and tries so far of the deliveries whose time has come."""
        return list(self._ask.deliveries_due(self._db, now_ms=now_ms))

    def next_delivery_ms(self) -> int | None:
        """When the next delivery is due."""
        found: int | None = self._ask.next_delivery(self._db)[0]
        return found

    def put_off(self, number: int, due_ms: int) -> None:
        """Try a delivery once more at that time."""
        self._ask.put_off(self._db, number=number, due_ms=due_ms)

    def delivered(self, number: int) -> None:
        """A delivery is over."""
        self._ask.drop_delivery(self._db, number=number)

    def do_later(self, due: int, what: str, object: str) -> None:
        """Have something done to an object at that time."""
        self._ask.add_later(self._db, due=due, what=what, object=object)

    def take_due(self, now: int) -> list[tuple[str, str]]:
        """What is to be done now, and to which object; it is taken off the list."""
        rows = list(self._ask.later_due(self._db, now=now))
        for number, _, _ in rows:
            self._ask.drop_later(self._db, number=number)
        return [(what, object) for _, what, object in rows]

    def next_due(self) -> int | None:
        """When something is next to be done."""
        found: int | None = self._ask.next_later(self._db)[0]
        return found

    # What else is remembered.

    def count(self, name: str) -> int:
        """Count one more of this name: 1 the first time."""
        return int(self._ask.count_up(self._db, name=name))

    def forget_rules(self) -> None:
        """Count the matches of a script's rules from the beginning."""
        self._ask.forget_counters(self._db)

    def kept(self, name: str) -> str | None:
        """A value that is kept by name."""
        row = self._ask.kept(self._db, name=name)
        return None if row is None else str(row[0])

    def keep(self, name: str, value: str) -> None:
        """Keep a value."""
        self._ask.keep(self._db, name=name, value=value)

    def clear(self) -> None:
        """Forget every object, answer and log, in a commit of its own; what is kept by name stays."""
        self._ask.clear(self._db)


def _text(body: Any) -> str:
    return msgspec.json.encode(body).decode()


def _read(text: str) -> Any:
    return msgspec.json.decode(text)


def public(body: Json) -> Json:
    """An object as a client sees it."""
    return {name: value for name, value in body.items() if name != HIDDEN}
