"""Users of an inventory: their accounts, where they are logged in, and who has guessed too often.

Passwords are hashed between transactions, because that takes a while on purpose; here they are hashes already.
"""

import unicodedata

from msgspec import Struct

from tillroll.engine.access import known_logins
from tillroll.engine.access.access import hash_of
from tillroll.engine.access.throttle import HOUR_MINUTES, MINUTE_MICROSECONDS, TryWindow
from tillroll.store import Transaction
from tillroll.store.inventory import totp as totp_rows
from tillroll.store.inventory import users as rows
from tillroll.store.inventory.users import NewUser, NewUserSession, OpenSession, User, UserHoldings
from tillroll.store.shops import members

BROWSER = "browser"
KEY = "key"

NAME_CHARACTERS_MAX = 40
# Eight is what NIST SP 800-63B asks for at least; nobody types more than a few hundred.
PASSWORD_CHARACTERS_MIN = 8
PASSWORD_CHARACTERS_MAX = 256

FAILURE_WINDOW = 15 * MINUTE_MICROSECONDS
# Wrong passwords per quarter of an hour: from one address for one name, from one address, and for one name in all.
FAILURES_OF_PAIR_MAX = 10
FAILURES_OF_ADDRESS_MAX = 50
FAILURES_OF_NAME_MAX = 200
# Names have no control characters.
_NO_NAME = "removed\n"
# Users belong to the server.
_NO_SHOP = ""
SIGN_UP_WINDOW = HOUR_MINUTES * MINUTE_MICROSECONDS


class Session(Struct, frozen=True):
    """Who a cookie or a key stands for."""

    user_id: int
    user_name: str
    kind: str
    hash: str


class NewSession(Struct, frozen=True):
    """A session or key to be opened: its secret was made at the door; it ends after some seconds."""

    secret: str
    kind: str
    seconds: int
    label: str = ""


def name_problem(name: str) -> str | None:
    """Why this can not be a user's name, or None."""
    if not name.strip() or name != name.strip():
        return "A name is needed, without spaces around it."
    if len(name) > NAME_CHARACTERS_MAX:
        return f"A name has {NAME_CHARACTERS_MAX} characters at most."
    if any(unicodedata.category(character)[0] == "C" for character in name):
        return "A name has no control characters."
    return None


def password_problem(password: str) -> str | None:
    """Why this can not be a password, or None."""
    if len(password) < PASSWORD_CHARACTERS_MIN:
        return f"A password has {PASSWORD_CHARACTERS_MIN} characters at least."
    if len(password) > PASSWORD_CHARACTERS_MAX:
        return f"A password has {PASSWORD_CHARACTERS_MAX} characters at most."
    return None


def name_key(name: str) -> str:
    """The form in which names are compared: nobody is somebody else by capitals or by look-alike code points."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def add(tx: Transaction, name: str, password_hash: str, now: int) -> int | None:
    """The id of a new user, or None where the name is taken."""
    return rows.insert_user(tx, NewUser(name, name_key(name), password_hash), now)


def listed(tx: Transaction) -> list[dict[str, object]]:
    """Everybody but those who were removed, without their passwords."""
    return [{"id": user.id, "username": user.name, "created_at": user.created_at} for user in rows.users(tx)]


def by_name(tx: Transaction, name: str) -> User | None:
    """The user of this name."""
    return rows.user_by_name(tx, name_key(name))


def by_id(tx: Transaction, id: int) -> User | None:
    """The user of this id."""
    return rows.user(tx, id)


def change_password(tx: Transaction, user: User, password_hash: str, now: int) -> bool:
    """Replace the password; False where a rival has done so since `user` was read."""
    return rows.change_password(tx, user, password_hash, now)


def set_password(tx: Transaction, user_id: int, password_hash: str, now: int) -> None:
    """Replace a password that its user has forgotten, and log out everywhere, keys included."""
    rows.set_password(tx, user_id, password_hash, now)
    close_others(tx, user_id)


def holdings(tx: Transaction, user_id: int) -> UserHoldings:
    """What goes with a user who is removed."""
    return rows.holdings(tx, user_id)


def remove(tx: Transaction, user_id: int, now: int) -> bool:
    """Delete a user with all that is theirs; False where that was done already.

    The number stays taken, because the ledgers of shops tell of it; the name is free again.
    """
    if not rows.close(tx, user_id, f"{_NO_NAME}{user_id}", now):
        return False
    close_others(tx, user_id)
    members.delete_all_of_user(tx, user_id)
    rows.delete_belongings(tx, user_id)
    return True


def close_others(tx: Transaction, user_id: int, but: str = "") -> None:
    """Log out everywhere, keys included, but in the session with this hash; a login that waits for its code is over."""
    rows.delete_sessions(tx, user_id, but)
    totp_rows.delete_login_steps(tx, user_id)


def open_session(tx: Transaction, user_id: int, new: NewSession, now: int) -> None:
    """Remember a session or key, by the hash of its secret."""
    expires_at = now + new.seconds * 1_000_000
    rows.insert_session(tx, NewUserSession(hash_of(new.secret), user_id, new.kind, new.label, expires_at), now)


def session(tx: Transaction, secret: str, kind: str, now: int) -> Session | None:
    """Who this secret stands for now, or None."""
    if not secret:
        return None
    hashed = hash_of(secret)
    found = rows.session(tx, hashed)
    if found is None or found.kind != kind or found.expires_at <= now:
        return None
    return Session(found.id, found.name, found.kind, hashed)


def sessions(tx: Transaction, user_id: int, kind: str) -> list[OpenSession]:
    """What a user has open, oldest first."""
    return rows.sessions(tx, user_id, kind)


def close_session(tx: Transaction, user_id: int, hash: str) -> bool:
    """Forget a session or key of this user."""
    return rows.delete_session(tx, user_id, hash)


def is_guessing(tx: Transaction, name: str, address: str, now: int) -> bool:
    """Whether there were too many attempts of late that have not turned out to be right.

    Where this user has logged in from before, only those from there count: strangers lock nobody out.
    """
    limits = _limits(name, address)
    if known_logins.is_known(tx, _NO_SHOP, hash_of(name_key(name)), address):
        limits = {subject: limit for subject, limit in limits.items() if subject == _pair(name, address)}
    return any(limits[row.subject].is_full(row.count, row.since, now) for row in rows.attempts(tx, limits))


def announce_attempt(tx: Transaction, name: str, address: str, now: int) -> None:
    """Count an attempt before its password is checked, so that a thousand at once are not a thousand guesses."""
    for subject, window in sorted(_limits(name, address).items(), key=lambda limit: limit[0]):
        rows.count_attempt(tx, subject, now=now, window_start=window.start(now))


def forgive_attempt(tx: Transaction, name: str, address: str, now: int) -> None:
    """The password was right: this attempt does not count, nor do the earlier ones of this name from this address."""
    known_logins.remember(tx, _NO_SHOP, (hash_of(name_key(name)), address), now)
    pair = _pair(name, address)
    for subject in sorted(_limits(name, address)):
        if subject == pair:
            rows.forgive_attempts(tx, subject)
        else:
            rows.uncount_attempt(tx, subject)


def announce_sign_up(tx: Transaction, address: str, sign_ups_max: int, now: int) -> int:
    """Count a sign-up before its password is hashed; how many microseconds this address has to wait, mostly none."""
    if not sign_ups_max:
        return 0
    subject, window = hash_of(f"sign-up\n{address}"), TryWindow(sign_ups_max, SIGN_UP_WINDOW)
    rows.count_attempt(tx, subject, now=now, window_start=window.start(now))
    (counted,) = rows.attempts(tx, [subject])
    return window.wait(counted.count, counted.since, now)


def delete_expired(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` sessions, logins without their code and counts each that are over; how many at most."""
    closed = rows.delete_expired_sessions(tx, now, limit)
    closed = max(closed, totp_rows.delete_expired_login_steps(tx, now, limit))
    return max(closed, rows.delete_old_attempts(tx, now - SIGN_UP_WINDOW, limit))


def _limits(name: str, address: str) -> dict[str, TryWindow]:
    return {
        _pair(name, address): TryWindow(FAILURES_OF_PAIR_MAX, FAILURE_WINDOW),
        hash_of(f"address\n{address}"): TryWindow(FAILURES_OF_ADDRESS_MAX, FAILURE_WINDOW),
        hash_of(f"name\n{name_key(name)}"): TryWindow(FAILURES_OF_NAME_MAX, FAILURE_WINDOW),
    }


def _pair(name: str, address: str) -> str:
    return hash_of(f"pair\n{name_key(name)}\n{address}")
