"""Passwords that change: by the customer who knows the old one, or with a secret for those who do not.

Whatever changes a password ends the sessions that were begun with the one before, and forgives its failures.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.customers import customers, login
from tillroll.engine.customers.customers import StoredCustomer
from tillroll.engine.customers.login import Announced, LoginAttempt, LoginLimits
from tillroll.store import Transaction


class PasswordRefusal(StrEnum):
    """Why a password stays: the old one is wrong, was changed while it was looked at, or the secret is no good."""

    WRONG = "wrong"
    CHANGED_MEANWHILE = "changed_meanwhile"
    BAD_SECRET = "bad_secret"


class Prover(Struct, frozen=True):
    """Who proves to be an account's owner, from where, and what failures cost there; `now` is microseconds UTC."""

    caller: Caller
    remote: str
    limits: LoginLimits
    now: int

    def attempt(self, email: str) -> LoginAttempt:
        """The attempt at the account with this e-mail."""
        return LoginAttempt(self.caller.shop, email, self.remote, self.limits, self.now)


class NewPassword(Struct, frozen=True):
    """The hash that was looked at, and the one that comes in its place: empty where the old password was wrong.

    `kept_token` is the hash of the token whose session goes on.
    """

    old_hash: str | None
    new_hash: str
    kept_token: str


def announce_changes(tx: Transaction, provers: Sequence[Prover]) -> list[Announced]:
    """Count an attempt at the account of each of these customers, and say which of them may be made."""
    known = [customers.find(tx, prover.caller.shop, prover.caller.customer_id or "") for prover in provers]
    emails = [customer.email if customer is not None else "" for customer in known]
    return login.announce(tx, [prover.attempt(email) for prover, email in zip(provers, emails, strict=True)])


def change_password(tx: Transaction, prover: Prover, new: NewPassword) -> PasswordRefusal | None:
    """Give a customer another password, or say why not; every other token of the customer is gone."""
    shop, id = prover.caller.shop, prover.caller.customer_id or ""
    stored = customers.lock(tx, shop, [id]).get(id)
    if stored is None or not new.new_hash:
        return PasswordRefusal.WRONG
    if stored.password_hash != new.old_hash:
        return PasswordRefusal.CHANGED_MEANWHILE
    _save(tx, prover, stored, new.new_hash)
    customers.forget_resets(tx, shop, id)
    customers.revoke(tx, shop, id, kept=new.kept_token)
    login.succeeded(tx, prover.attempt(stored.email))
    return None


def reset_password(tx: Transaction, prover: Prover, secret: str, new_hash: str) -> PasswordRefusal | None:
    """Give the customer of a secret another password, or say why not; the secret and all tokens are gone."""
    shop = prover.caller.shop
    id = customers.reset_customer(tx, shop, secret, prover.now) or ""
    stored = customers.lock(tx, shop, [id]).get(id)
    if stored is None or not customers.forget_resets(tx, shop, id):
        return PasswordRefusal.BAD_SECRET
    _save(tx, prover, stored, new_hash)
    customers.revoke(tx, shop, id)
    if prover.caller.kind == SERVICE:
        login.forgive(tx, shop, stored.email)
    else:  # whoever has the secret reads the account's mail
        login.succeeded(tx, prover.attempt(stored.email))
    return None


def _save(tx: Transaction, prover: Prover, stored: StoredCustomer, new_hash: str) -> None:
    stored.password_hash, stored.password_is_initial = new_hash, False
    customers.save_password(tx, prover.caller.shop, stored, prover.now)
