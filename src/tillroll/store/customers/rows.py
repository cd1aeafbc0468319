"""Rows of customers: who they are, and the secrets of their accounts."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from tillroll.store import Row, Transaction
from tillroll.store.queries import keys


class CustomerRow(Struct, frozen=True):
    """A customer as it is kept: its document as JSON, what is yes or no as a number, times in microseconds UTC."""

    id: str
    email: str
    password_hash: str | None
    initial: int
    active: int
    on_hold: int
    version: int
    document: str
    created_at: int
    modified_at: int


class NewCustomerRow(Struct, frozen=True):
    """A customer to be kept."""

    shop: str
    id: str
    email: str
    contact_email: str
    password_hash: str | None
    initial: int
    active: int
    on_hold: int
    document: str


class ChangedCustomer(Struct, frozen=True):
    """What a customer of a version becomes."""

    shop: str
    id: str
    version: int
    contact_email: str
    active: int
    on_hold: int
    document: str


class PasswordReset(Struct, frozen=True):
    """Whose password a secret may change, and until when."""

    customer_id: str
    expires_at: int


def customer(tx: Transaction, shop: str, id: str) -> CustomerRow | None:
    """One customer by number."""
    return _customer(tx.row("customer", shop=shop, id=id))


def customer_by_email(tx: Transaction, shop: str, email: str) -> CustomerRow | None:
    """The customer who logs in with this e-mail."""
    return _customer(tx.row("customer_by_email", shop=shop, email=email))


def customers(tx: Transaction, shop: str, ids: Iterable[str]) -> list[CustomerRow]:
    """Those of these customers that exist."""
    return [CustomerRow(*row) for row in tx.rows("customers", shop=shop, keys=keys(ids))]


def lock_customers(tx: Transaction, shop: str, ids: Iterable[str]) -> list[CustomerRow]:
    """The same, locked in one sorted order until the end of the transaction."""
    return [CustomerRow(*row) for row in tx.rows("lock_customers", shop=shop, keys=keys(ids))]


def customers_page(tx: Transaction, shop: str, limit: int, offset: int) -> list[CustomerRow]:
    """Customers in order of creation."""
    return [CustomerRow(*row) for row in tx.rows("customers_page", shop=shop, limit=limit, offset=offset)]


def customers_by_contact(tx: Transaction, shop: str, contact_email: str, limit: int) -> list[CustomerRow]:
    """The oldest customers who are written to at this e-mail."""
    rows = tx.rows("customers_by_contact", shop=shop, contact_email=contact_email, limit=limit)
    return [CustomerRow(*row) for row in rows]


def customer_count(tx: Transaction, shop: str) -> int:
    """How many customers a shop has."""
    row = tx.row("customer_count", shop=shop)
    return int(row[0]) if row is not None else 0


def take_number(tx: Transaction, shop: str, sequence: str, first: int) -> int:
    """The next number of a sequence that starts at `first`."""
    row = tx.row("take_customer_number", shop=shop, name=sequence, first=first)
    assert row is not None
    return int(row[0]) - 1


def reserve_numbers(tx: Transaction, shop: str, sequence: str, next: int) -> None:
    """Let a sequence go on at `next` at the earliest."""
    tx.run("reserve_numbers", shop=shop, name=sequence, next=next)


def insert_customer(tx: Transaction, new: NewCustomerRow, now: int) -> bool:
    """Keep a customer; False where the number or the e-mail is another's."""
    return bool(tx.run("insert_customer", now=now, **msgspec.structs.asdict(new)))


def update_customer(tx: Transaction, changed: ChangedCustomer, now: int) -> bool:
    """Write the next version of a customer; False where it is not at the version that was changed."""
    return tx.run("update_customer", now=now, **msgspec.structs.asdict(changed)) == 1


def set_password(tx: Transaction, place: tuple[str, str], password: tuple[str | None, int], now: int) -> None:
    """Write the password of a customer, of shop and number: its hash, and whether somebody else has made it up."""
    (shop, id), (password_hash, initial) = place, password
    tx.run("set_password", shop=shop, id=id, password_hash=password_hash, initial=initial, now=now)


def delete_customer(tx: Transaction, shop: str, id: str) -> bool:
    """Delete a customer; False where there is none."""
    return bool(tx.run("delete_customer", shop=shop, id=id))


def delete_tokens(tx: Transaction, shop: str, customer_id: str, kept: str) -> None:
    """Forget a customer's tokens, all but the one with the hash `kept`."""
    tx.run("delete_tokens_of_customer", shop=shop, customer_id=customer_id, kept=kept)


def delete_tokens_of_session(tx: Transaction, shop: str, customer_id: str, session_id: str) -> None:
    """Forget the tokens that a customer has in a session."""
    tx.run("delete_tokens_of_session", shop=shop, customer_id=customer_id, session_id=session_id)


def insert_password_reset(tx: Transaction, hash: str, shop: str, reset: PasswordReset) -> None:
    """Keep the hash of a secret that changes a password."""
    tx.run("insert_password_reset", hash=hash, shop=shop, **msgspec.structs.asdict(reset))


def password_reset(tx: Transaction, hash: str, shop: str) -> PasswordReset | None:
    """What the secret with this hash is good for."""
    row = tx.row("password_reset", hash=hash, shop=shop)
    return PasswordReset(*row) if row is not None else None


def delete_password_resets(tx: Transaction, shop: str, customer_id: str) -> int:
    """Forget the secrets that change a customer's password; how many there were."""
    return tx.run("delete_password_resets", shop=shop, customer_id=customer_id)


def delete_expired_password_resets(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` secrets that have expired; how many were."""
    return tx.run("delete_expired_password_resets", now=now, limit=limit)


def token_secret(tx: Transaction, shop: str) -> str | None:
    """What tokens of a shop's customers are signed with; None before the first of them."""
    row = tx.row("token_secret", shop=shop)
    return row[0] if row is not None else None


def insert_token_secret(tx: Transaction, shop: str, secret: str, now: int) -> None:
    """Keep what tokens of a shop's customers are signed with, unless there is something already."""
    tx.run("insert_token_secret", shop=shop, secret=secret, now=now)


def _customer(row: Row | None) -> CustomerRow | None:
    return CustomerRow(*row) if row is not None else None
