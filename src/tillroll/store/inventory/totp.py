"""Rows of second steps: secrets for codes, codes for who has lost a device, and logins that wait for one."""

from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.inventory.users import User


class TotpRow(Struct, frozen=True):
    """A user's secret in base32, the newest code that was taken (its time step), and since when it counts."""

    secret: str
    last_code: int
    confirmed_at: int | None


def totp(tx: Transaction, user_id: int) -> TotpRow | None:
    """What a user has; None where nothing was begun."""
    row = tx.row("totp", user_id=user_id)
    return None if row is None else TotpRow(*row)


def begin(tx: Transaction, user_id: int, secret: str, now: int) -> bool:
    """Keep a secret that has yet to be confirmed; False where one is confirmed already."""
    return bool(tx.run("begin_totp", user_id=user_id, secret=secret, now=now))


def confirm(tx: Transaction, user_id: int, now: int) -> bool:
    """Let a secret count from now on; False where it does already, or there is none."""
    return bool(tx.run("confirm_totp", user_id=user_id, now=now))


def take_code(tx: Transaction, user_id: int, code: int) -> bool:
    """Take the code of a time step; False where it, or a later one, was taken."""
    return bool(tx.run("take_totp_code", user_id=user_id, code=code))


def delete(tx: Transaction, user_id: int) -> bool:
    """Forget a user's secret and codes; False where there was no secret."""
    delete_recovery_codes(tx, user_id)
    return bool(tx.run("delete_totp", user_id=user_id))


def delete_recovery_codes(tx: Transaction, user_id: int) -> None:
    """Forget what lets a user in whose device is lost."""
    tx.run("delete_recovery_codes", user_id=user_id)


def insert_recovery_code(tx: Transaction, user_id: int, hash: str) -> None:
    """Keep a code for who has lost a device."""
    tx.run("insert_recovery_code", user_id=user_id, hash=hash)


def recovery_codes_left(tx: Transaction, user_id: int) -> int:
    """How many of them a user has left."""
    return int(tx.rows("recovery_codes_left", user_id=user_id)[0][0])


def take_recovery_code(tx: Transaction, user_id: int, hash: str) -> bool:
    """Use one up; False where there is none like that."""
    return bool(tx.run("take_recovery_code", user_id=user_id, hash=hash))


def insert_login_step(tx: Transaction, hash: str, user_id: int, expires_at: int) -> None:
    """Keep that somebody's password was right."""
    tx.run("insert_login_step", hash=hash, user_id=user_id, expires_at=expires_at)


def login_step(tx: Transaction, hash: str, now: int) -> User | None:
    """Whose password was right; None where that is too long ago."""
    row = tx.row("login_step", hash=hash, now=now)
    return None if row is None else User(*row)


def delete_login_step(tx: Transaction, hash: str) -> bool:
    """Use one up; False where somebody else has."""
    return bool(tx.run("delete_login_step", hash=hash))


def delete_login_steps(tx: Transaction, user_id: int) -> None:
    """Forget those of a user."""
    tx.run("delete_login_steps_of_user", user_id=user_id)


def delete_expired_login_steps(tx: Transaction, now: int, limit: int) -> int:
    """Forget up to `limit` of them that are over; how many were."""
    return tx.run("delete_expired_login_steps", now=now, limit=limit)
