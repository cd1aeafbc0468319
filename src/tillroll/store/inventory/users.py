"""Rows of users: accounts, what they have open, and how often somebody has tried their passwords."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class User(Struct, frozen=True):
    """An account; the password as its Argon2id hash."""

    id: int
    name: str
    password_hash: str


class NewUser(Struct, frozen=True):
    """An account to be opened; `name_key` is the form in which names are compared."""

    name: str
    name_key: str
    password_hash: str


class ListedUser(Struct, frozen=True):
    """An account as it is listed."""

    id: int
    name: str
    created_at: int


class UserHoldings(Struct, frozen=True):
    """What goes with a user who is removed."""

    items: int
    grants: int
    sessions: int


class NewUserSession(Struct, frozen=True):
    """A session or key to be kept, by the hash of its secret."""

    hash: str
    user_id: int
    kind: str
    label: str
    expires_at: int


class UserSession(Struct, frozen=True):
    """Who a session or key stands for, and until when."""

    id: int
    name: str
    kind: str
    expires_at: int


class OpenSession(Struct, frozen=True):
    """A session or key as its user sees it."""

    hash: str
    label: str
    created_at: int


class AttemptCount(Struct, frozen=True):
    """How many attempts were made under a name since a time."""

    subject: str
    count: int
    since: int


def insert_user(tx: Transaction, new: NewUser, now: int) -> int | None:
    """The id of a new user; None where somebody has the name."""
    row = tx.row("insert_user", now=now, **msgspec.structs.asdict(new))
    return None if row is None else int(row[0])


def users(tx: Transaction) -> list[ListedUser]:
    """Everybody but those who were removed, in the order in which they came."""
    return [ListedUser(*row) for row in tx.rows("users")]


def user_by_name(tx: Transaction, name_key: str) -> User | None:
    """The user whose name compares as this."""
    row = tx.row("user_by_name", name_key=name_key)
    return None if row is None else User(*row)


def user(tx: Transaction, id: int) -> User | None:
    """The user of this id."""
    row = tx.row("user", id=id)
    return None if row is None else User(*row)


def holdings(tx: Transaction, user_id: int) -> UserHoldings:
    """What goes with a user."""
    return UserHoldings(*tx.rows("holdings_of_user", user_id=user_id)[0])


def close(tx: Transaction, user_id: int, name_key: str, now: int) -> bool:
    """Let an account be nobody's any more, under a key that no name has; False where it is so already."""
    return bool(tx.run("close_user", id=user_id, name_key=name_key, now=now))


def delete_belongings(tx: Transaction, user_id: int) -> None:
    """Delete all that a user has: grants first, which whoever posts by them holds, and the items last."""
    for query in (
        "delete_recovery_codes",
        "delete_totp",
        "delete_login_steps_of_user",
        "delete_grant_codes_of_user",
        "delete_user_grants",
        "count_removed_versions",
        "delete_inventory_changes",
        "delete_inventory_versions",
        "delete_inventory_items",
    ):
        tx.run(query, user_id=user_id)


def change_password(tx: Transaction, user: User, password_hash: str, now: int) -> bool:
    """Replace a password; False where it is not any more what it was when `user` was read."""
    known = user.password_hash
    return bool(tx.run("change_password", id=user.id, password_hash=password_hash, known_hash=known, now=now))


def set_password(tx: Transaction, user_id: int, password_hash: str, now: int) -> None:
    """Replace a password, whatever it was."""
    tx.run("set_user_password", id=user_id, password_hash=password_hash, now=now)


def insert_session(tx: Transaction, new: NewUserSession, now: int) -> None:
    """Keep a session or key."""
    tx.run("insert_user_session", now=now, **msgspec.structs.asdict(new))


def session(tx: Transaction, hash: str) -> UserSession | None:
    """Who a session or key stands for, be it over or not."""
    row = tx.row("user_session", hash=hash)
    return None if row is None else UserSession(*row)


def sessions(tx: Transaction, user_id: int, kind: str) -> list[OpenSession]:
    """What a user has open, oldest first."""
    return [OpenSession(*row) for row in tx.rows("user_sessions", user_id=user_id, kind=kind)]


def delete_session(tx: Transaction, user_id: int, hash: str) -> bool:
    """Forget a session or key of a user; False where there is none."""
    return bool(tx.run("delete_user_session", user_id=user_id, hash=hash))


def delete_sessions(tx: Transaction, user_id: int, but: str) -> None:
    """Forget all that a user has open but for what has this hash."""
    tx.run("delete_user_sessions", user_id=user_id, but=but)


def delete_expired_sessions(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` sessions that are over; how many were."""
    return tx.run("delete_expired_user_sessions", now=now, limit=limit)


def attempts(tx: Transaction, subjects: Iterable[str]) -> list[AttemptCount]:
    """The counts of those of these names that have one."""
    return [AttemptCount(*row) for row in tx.rows("user_attempts", keys=keys(subjects))]


def count_attempt(tx: Transaction, subject: str, *, now: int, window_start: int) -> None:
    """Count one attempt more; a count that began before the window begins anew."""
    tx.run("count_user_attempt", subject=subject, now=now, window_start=window_start)


def uncount_attempt(tx: Transaction, subject: str) -> None:
    """Count one attempt less."""
    tx.run("uncount_user_attempt", subject=subject)


def forgive_attempts(tx: Transaction, subject: str) -> None:
    """Forget a count."""
    tx.run("forgive_user_attempts", subject=subject)


def delete_old_attempts(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` counts that began before this time; how many there were."""
    return tx.run("delete_old_user_attempts", before=before, limit=limit)
