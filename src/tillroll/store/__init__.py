"""Floor 1: the only place with SQL.

    Store.write(work, item) ── queue ──► writer thread ──► BEGIN · work(tx, items) · COMMIT (fsync) ──► results
    Store.read(work, item)  ── lane  ──► reader thread ──► BEGIN · work(tx, item)  · end           ──► result

A transaction is a function: it can be run again, nobody forgets to commit, and no network client is in reach of it.
`work` for writes takes a list, because everything that queued up while the last commit was on its way to disk shares
the next one (group commit); it returns one result per item, in order.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

from msgspec import Struct

Item = TypeVar("Item")
Result = TypeVar("Result")
Row = tuple[Any, ...]

# How addresses of the two databases begin.
SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")
# Where an address begins to give values to names: `?password=…` of a URL, `host=… password=…` of a connection string.
_NAMED_VALUES = re.compile("[?=;]")

# How long SQLite's write-ahead log may become while somebody reads one snapshot for hours; 0 is any length.
WAL_BYTES_MAX = 4 * 1024 * 1024 * 1024

Reads = Literal["point", "list", "search", "report"]
"""What a read is like: one thing by its key, a page by an index, a search through many, or a sum over very many."""

Asker = tuple[str, str]
"""Whose read it is: the address that it came from, and the token that it brought."""


class Transaction(Protocol):
    """One open transaction; the queries are those of the `.sql` files of this folder, by name."""

    changed: set[str]
    """The shops whose catalogue this transaction has changed, for those who remember what they read."""

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """All rows of a query."""
        ...

    def row(self, query: str, **parameters: object) -> Row | None:
        """The first row of a query, or None."""
        ...

    def run(self, query: str, **parameters: object) -> int:
        """Run one statement; how many rows it touched."""
        ...

    def run_many(self, query: str, parameters: Sequence[Mapping[str, object]] | Sequence[Struct]) -> int:
        """Run one statement for each set of parameters; how many rows they touched in all.

        A struct's fields are its parameters, so that rows are written without a dictionary of each.
        """
        ...


Work = Callable[[Transaction, Sequence[Item]], Sequence[Result]]


class Health(Struct, frozen=True):
    """Whether the database can be read and written just now; where not, why, in words that anybody may read."""

    reading: bool
    writing: bool
    reason: str = ""


class Store(Protocol):
    """SQLite or PostgreSQL behind one face; `tests/store` runs one conformance suite on both."""

    @property
    def groups_fallen_apart(self) -> int:
        """How many groups of writes were not committed together, because a member raised something or met a lock."""
        ...

    @property
    def writes_asked(self) -> int:
        """How many writes this process has been asked for since the store was opened."""
        ...

    async def write(self, work: Work[Item, Result], item: Item, *, seconds: float | None = None) -> Result:
        """The result of `work` for `item`, once it is committed to disk; raises what `work` raised for this item.

        Waits for so many seconds, or for those of a request that has only just begun.
        Raises `Overloaded` when too many writes wait, `Contended` when its turn did not come in time or a conflict
        outlasted its retries, and `StoreFailed` when the database can not be written. In all three nothing of the item
        has been kept, unless the database was lost in the very COMMIT and stayed away, or had not answered by the
        deadline: then `StoreFailed` says that the outcome is unknown.
        """
        ...

    async def read(  # noqa: PLR0913  what is read, how, for whom and by when
        self,
        work: Callable[[Transaction, Item], Result],
        item: Item,
        reads: Reads = "point",
        asker: Asker = ("", ""),
        *,
        seconds: float | None = None,
    ) -> Result:
        """The result of `work` on one consistent view of committed data, within so many seconds, as `write`.

        Raises `Overloaded` when too many reads of this kind wait, or when it was not done in time, `Contended` when
        somebody else holds what it reads, and `StoreFailed` when the database can not be read.
        """
        ...

    def read_now(self, work: Callable[[Transaction], Result]) -> Result:
        """The same for the command line: alone, no event loop, and for as long as it takes."""
        ...

    async def health(self) -> Health:
        """Whether a read and a write work, tried just now or a moment ago; answers within a few seconds in any case."""
        ...

    def write_now(self, work: Callable[[Transaction], Result]) -> Result:
        """Run one writing function alone, for the command line: no event loop, no group."""
        ...

    def migrate(self) -> list[str]:
        """Bring the schema up to date; the names of the migrations that were applied.

        Raises `StoreFailed` for a schema that is newer than this program: one that has a migration which it does not
        know, and may mean other things by what it holds.
        """
        ...

    def missing_migrations(self) -> list[str]:
        """What `migrate` would apply, without applying it; raises what it raises."""
        ...

    def close(self) -> None:
        """Finish what is queued, then let go of the database."""
        ...


class Overloaded(Exception):
    """More wait than the queue holds, or a read took longer than it may: try again a little later."""


class Contended(Exception):
    """A conflict with other transactions outlasted its retries, or the time for it was up: try again."""


class StoreFailed(Exception):
    """The database can not be reached or written; nothing was kept, unless it says that the outcome is unknown."""


def open_store(
    url: str, *, queue_max: int = 10_000, request_seconds: float = 5, wal_bytes_max: int = WAL_BYTES_MAX
) -> Store:
    """The store at `sqlite:///path` or `postgresql://…`; raises ValueError for any other address.

    `wal_bytes_max` is for SQLite alone.
    """
    if url.startswith(SQLITE) and url != SQLITE:
        from tillroll.store.sqlite import SqliteStore  # noqa: PLC0415  each driver is loaded only where it is used

        path = url.removeprefix(SQLITE)
        return SqliteStore(path, queue_max=queue_max, request_seconds=request_seconds, wal_bytes_max=wal_bytes_max)
    if url.startswith(POSTGRES):
        from tillroll.store.postgres import PostgresStore  # noqa: PLC0415

        _check_authority(url)
        return PostgresStore(url, queue_max=queue_max, request_seconds=request_seconds)
    raise ValueError(
        f"the database address must be sqlite:///path/to.db or postgresql://…, not {without_secrets(url)!r}"
    )


def _check_authority(url: str) -> None:
    """Raises ValueError for a password whose signs end it too early: the rest would be taken, and told, as a host."""
    authority, _, rest = url.partition("://")[2].partition("/")
    who, _, where = authority.rpartition("@")
    hosts = where.partition("?")[0]
    port = hosts.rpartition(":")[2] if ":" in hosts and not hosts.endswith("]") else ""
    if "@" in who or "@" in rest.partition("?")[0] or port.strip("0123456789"):
        raise ValueError("write @ and / in a user's name or password as %40 and %2F")


def without_secrets(address: str) -> str:
    """A database's address as it may be shown: without what stands between the user's name and the host, and without
    what values it gives to names, as `password=` in a connection string."""
    scheme, mark, rest = address.partition("://")
    who, at, where = rest.rpartition("@")
    shown = f"{scheme}{mark}{who.partition(':')[0]}:…@{where}" if at else address
    named = _NAMED_VALUES.search(shown)
    return shown if named is None else f"{shown[: named.start()]}…"
