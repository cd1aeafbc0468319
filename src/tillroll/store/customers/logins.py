"""Rows of failed logins: how many in a row there were under a name, and when the last of them was."""

import msgspec
from msgspec import Struct

from tillroll.store import Row, Transaction


class FailureName(Struct, frozen=True):
    """What failures are counted under: a shop, what kind of thing it is, and a digest or an address."""

    shop: str
    kind: str
    subject: str


class FailureCount(Struct, frozen=True):
    """Failures in a row, and the time of the last one in microseconds UTC."""

    failures: int
    failed_at: int


def failures(tx: Transaction, name: FailureName) -> FailureCount | None:
    """The failures under a name."""
    return _count(tx.row("login_failures", **msgspec.structs.asdict(name)))


def lock_failures(tx: Transaction, name: FailureName) -> FailureCount | None:
    """The same, locked until the end of the transaction."""
    return _count(tx.row("lock_login_failures", **msgspec.structs.asdict(name)))


def count_failure(tx: Transaction, name: FailureName, *, now: int, rested_since: int) -> None:
    """Count one failure more; a count whose last failure was before `rested_since` begins anew."""
    tx.row("count_login_failure", now=now, rested_since=rested_since, **msgspec.structs.asdict(name))


def forgive(tx: Transaction, name: FailureName) -> None:
    """Forget the failures under a name."""
    tx.run("forgive_login_failures", **msgspec.structs.asdict(name))


def delete_old(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` counts whose last failure was before this time; how many there were."""
    return tx.run("delete_old_login_failures", before=before, limit=limit)


def _count(row: Row | None) -> FailureCount | None:
    return FailureCount(*row) if row is not None else None
