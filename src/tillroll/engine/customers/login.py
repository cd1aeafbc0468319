"""Logging in, in two transactions with the slow part between them.

    announce ──► may this account try now? its hash ──► (a thread checks the password) ──► settle: tokens, or a failure

An attempt at an account is counted before the password is looked at and forgiven afterwards, so that a crowd of
attempts at one moment gets no more tries than a patient one. Whether the account exists makes no difference.

Three counts hold an attempt up: of the account from this address, of the address, and of the account from anywhere.
Where the account was logged in to before, only the first one does, so that strangers can not lock its owner out.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.domain.customers.customer import login_name
from tillroll.engine.access import access, known_logins
from tillroll.engine.access.throttle import SECOND_MICROSECONDS, Doubling
from tillroll.engine.customers import customers
from tillroll.store import Transaction
from tillroll.store.customers import logins as rows
from tillroll.store.customers.logins import FailureCount, FailureName

ACCOUNT = "account"
PAIR = "pair"
ADDRESS = "address"

# How many times the failures that are free from one address are free for an account from all of them.
ANYWHERE = 10
# After this long without a failure the count begins anew.
REST_SECONDS = 900


class LoginLimits(Struct, frozen=True):
    """How many failures in a row cost nothing, and how long a wait may become; 0 failures: no limit.

    `account_failures` are those of an account from one address.
    """

    account_failures: int
    address_failures: int
    delay_seconds: int

    def after(self, free: int) -> Doubling:
        """The rule where so many failures are free."""
        return Doubling(free, self.delay_seconds, REST_SECONDS)


class LoginAttempt(Struct, frozen=True):
    """Somebody wants to prove an account's password; `now` is microseconds UTC, `remote` the name of their address."""

    shop: str
    email: str
    remote: str
    limits: LoginLimits
    now: int

    @property
    def subject(self) -> str:
        """Under which name the account's failures are counted: nothing that would give the e-mail away."""
        return access.hash_of(login_name(self.email))

    @property
    def pair(self) -> str:
        """Under which name the failures of the account from this address are counted."""
        return known_logins.pair_of(self.subject, self.remote)


class Announced(Struct, frozen=True):
    """What became of an announcement: a wait in seconds, or else the account's number and hash where it exists."""

    wait_seconds: int = 0
    customer_id: str | None = None
    password_hash: str | None = None


def announce(tx: Transaction, attempts: Sequence[LoginAttempt]) -> list[Announced]:
    """Count these attempts, and say which of them may be made."""
    answers: dict[int, Announced] = {}
    for position in sorted(range(len(attempts)), key=lambda n: (attempts[n].shop, attempts[n].subject)):
        answers[position] = _announce(tx, attempts[position])
    return [answers[position] for position in range(len(attempts))]


def _announce(tx: Transaction, attempt: LoginAttempt) -> Announced:
    limits = attempt.limits
    # The account's row goes before that of the pair, wherever both are written: nobody waits in a ring.
    of_account = rows.lock_failures(tx, FailureName(attempt.shop, ACCOUNT, attempt.subject))
    of_pair = rows.lock_failures(tx, FailureName(attempt.shop, PAIR, attempt.pair))
    wait = _wait(attempt, of_pair, limits.account_failures)
    if not known_logins.is_known(tx, attempt.shop, attempt.subject, attempt.remote):
        of_address = rows.failures(tx, FailureName(attempt.shop, ADDRESS, attempt.remote))
        wait = max(
            wait,
            _wait(attempt, of_account, limits.account_failures * ANYWHERE),
            _wait(attempt, of_address, limits.address_failures),
        )
    if wait:
        return Announced(wait)
    _count(tx, attempt, ACCOUNT, attempt.subject)
    _count(tx, attempt, PAIR, attempt.pair)
    known = customers.find_by_email(tx, attempt.shop, login_name(attempt.email))
    if known is None or not known.active or known.password_hash is None:
        return Announced()
    return Announced(0, known.id, known.password_hash)


def _wait(attempt: LoginAttempt, counted: FailureCount | None, free: int) -> int:
    """How many seconds are left until the next try."""
    if counted is None:
        return 0
    return attempt.limits.after(free).wait(counted.failures, counted.failed_at, attempt.now)


def _count(tx: Transaction, attempt: LoginAttempt, kind: str, subject: str) -> None:
    rested_since = attempt.now - REST_SECONDS * SECOND_MICROSECONDS
    rows.count_failure(tx, FailureName(attempt.shop, kind, subject), now=attempt.now, rested_since=rested_since)


def failed(tx: Transaction, attempt: LoginAttempt) -> None:
    """Count a wrong password for the address, too; the account's are counted already."""
    _count(tx, attempt, ADDRESS, attempt.remote)


def succeeded(tx: Transaction, attempt: LoginAttempt) -> None:
    """Forgive an account its failures, and know from where it was proven to be somebody's."""
    forgive(tx, attempt.shop, login_name(attempt.email))
    rows.forgive(tx, FailureName(attempt.shop, PAIR, attempt.pair))
    known_logins.remember(tx, attempt.shop, (attempt.subject, attempt.remote), attempt.now)


def forgive(tx: Transaction, shop: str, email: str) -> None:
    """Forgive an account its failures from anywhere; the e-mail is in lower case."""
    rows.forgive(tx, FailureName(shop, ACCOUNT, access.hash_of(email)))


def delete_rested(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` counts that nobody needs any more; how many were."""
    return rows.delete_old(tx, now - REST_SECONDS * SECOND_MICROSECONDS, limit)
