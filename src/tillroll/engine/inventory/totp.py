"""The second step of a login: a code of six digits that a device makes every thirty seconds (RFC 6238).

begun ──► confirmed with a first code ──► asked for at each login ──► ended by its user, an admin or an operator
             └──► recovery codes, shown once, each good once

A code is good once, and so is a recovery code. Wrong ones are counted before they are looked at: ten in a quarter of an
hour are a guess. Until a secret is confirmed it is asked for nowhere.
"""

import base64
import hashlib
from collections.abc import Sequence

import pyotp
from pyotp.exceptions import OTPVerificationError

from tillroll.engine.access.access import hash_of
from tillroll.engine.access.throttle import MINUTE_MICROSECONDS, TryWindow
from tillroll.store import Transaction
from tillroll.store.inventory import totp as rows
from tillroll.store.inventory import users as user_rows
from tillroll.store.inventory.users import User

ISSUER = "Tillroll"
# As long as the digest that codes are made with (RFC 4226, 4, R6).
SECRET_BYTES = 20
RECOVERY_CODES = 10
# So long a right password waits for its code.
STEP_SECONDS = 300
# A device may be half a minute early or late (RFC 6238, 5.2).
STEPS_APART = 1
CODES_WINDOW = 15 * MINUTE_MICROSECONDS
CODES_MAX = 10
_SECOND = 1_000_000
_CODE_CHARACTERS = 10


def is_on(tx: Transaction, user_id: int) -> bool:
    """Whether a user's logins have a second step."""
    found = rows.totp(tx, user_id)
    return found is not None and found.confirmed_at is not None


def begin(tx: Transaction, user_id: int, seed: str, now: int) -> bool:
    """Make a secret of a seed from the door, which has yet to be confirmed; False where the step is on already."""
    secret = base64.b32encode(hashlib.sha256(seed.encode()).digest()[:SECRET_BYTES]).decode("ascii")
    return rows.begin(tx, user_id, secret, now)


def waiting_secret(tx: Transaction, user_id: int) -> str | None:
    """The secret that has yet to be confirmed; None where there is none, or it is."""
    found = rows.totp(tx, user_id)
    return found.secret if found is not None and found.confirmed_at is None else None


def address_of(secret: str, user_name: str) -> str:
    """The secret as devices read it from a picture (`otpauth://`)."""
    return pyotp.TOTP(secret).provisioning_uri(name=user_name, issuer_name=ISSUER)


def confirm(tx: Transaction, user_id: int, code: str, now: int) -> bool:
    """Let the second step count from now on, where its first code is right."""
    if waiting_secret(tx, user_id) is None or not _take(tx, user_id, code, now):
        return False
    user_rows.forgive_attempts(tx, _subject(user_id))
    return rows.confirm(tx, user_id, now)


def replace_recovery_codes(tx: Transaction, user_id: int, secrets: Sequence[str]) -> list[str]:
    """Make recovery codes of secrets from the door, as their user writes them down; kept by their hashes alone.

    Those that there were hold no more.
    """
    rows.delete_recovery_codes(tx, user_id)
    shown = []
    for secret in secrets:
        text = hash_of(secret)[: 2 * _CODE_CHARACTERS]
        rows.insert_recovery_code(tx, user_id, hash_of(text))
        shown.append("-".join(text[place : place + 5] for place in range(0, len(text), 5)))
    return shown


def recovery_codes_left(tx: Transaction, user_id: int) -> int:
    """How many recovery codes are left."""
    return rows.recovery_codes_left(tx, user_id)


def is_guessing(tx: Transaction, user_id: int, now: int) -> bool:
    """Count one more code of this user, before it is looked at; whether there were too many of late."""
    window, subject = TryWindow(CODES_MAX, CODES_WINDOW), _subject(user_id)
    user_rows.count_attempt(tx, subject, now=now, window_start=window.start(now))
    (counted,) = user_rows.attempts(tx, [subject])
    return window.wait(counted.count, counted.since, now) > 0


def is_right(tx: Transaction, user_id: int, code: str, now: int) -> bool:
    """Whether this is a code of the user's device or a recovery code, which is used up; right ones are forgiven."""
    if not is_on(tx, user_id):
        return False
    kept = "".join(code.split()).replace("-", "").lower()
    is_taken = _take(tx, user_id, kept, now) or rows.take_recovery_code(tx, user_id, hash_of(kept))
    if is_taken:
        user_rows.forgive_attempts(tx, _subject(user_id))
    return is_taken


def end(tx: Transaction, user_id: int) -> bool:
    """Ask this user for no second step any more; False where there was none."""
    user_rows.forgive_attempts(tx, _subject(user_id))
    return rows.delete(tx, user_id)


def open_step(tx: Transaction, secret: str, user_id: int, now: int) -> None:
    """Remember for STEP_SECONDS that whoever has this secret has told the user's password."""
    rows.insert_login_step(tx, hash_of(secret), user_id, now + STEP_SECONDS * _SECOND)


def step(tx: Transaction, secret: str, now: int) -> User | None:
    """Whose password whoever has this secret has told."""
    return rows.login_step(tx, hash_of(secret), now)


def close_step(tx: Transaction, secret: str) -> bool:
    """Use a step up; False where a rival has."""
    return rows.delete_login_step(tx, hash_of(secret))


def _take(tx: Transaction, user_id: int, code: str, now: int) -> bool:
    """Take a code of the device, whether its secret is confirmed or not: a code is good once."""
    found = rows.totp(tx, user_id)
    if found is None:
        return False
    try:
        at = pyotp.TOTP(found.secret).verify_and_get_timecode(code, for_time=now // _SECOND, valid_window=STEPS_APART)
    except OTPVerificationError:
        return False
    return rows.take_code(tx, user_id, at)


def _subject(user_id: int) -> str:
    return hash_of(f"code\n{user_id}")
