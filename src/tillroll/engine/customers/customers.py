"""Customers as the store keeps them, and the secrets of their logins.

Whoever changes a customer, or gives or takes its tokens, holds its row's lock: a customer who is switched off has no
token from then on, and no login in flight gives a new one.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec import Struct

from tillroll.domain.customers.customer import CustomerDocument, login_name
from tillroll.engine.access import access
from tillroll.store import Transaction
from tillroll.store.customers import rows
from tillroll.store.customers.rows import ChangedCustomer, CustomerRow, NewCustomerRow, PasswordReset

# Numbers have eight digits from the first to the ninety-millionth customer.
FIRST_NUMBER = 10_000_001
SEQUENCE = "customer"
# Of ids that come from outside, only those that could once be our own numbers matter to the sequence.
_NUMBER_DIGITS_MAX = 12

_DECODER = msgspec.json.Decoder(CustomerDocument, float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class StoredCustomer(Struct):
    """A customer and what stands beside the document; times are microseconds UTC."""

    id: str
    email: str
    password_hash: str | None
    password_is_initial: bool
    active: bool
    on_hold: bool
    version: int
    document: CustomerDocument
    created_at: int
    modified_at: int


class NewCustomer(Struct, frozen=True):
    """A customer to be stored; without an id it gets the next number, without a hash nobody can log in yet."""

    email: str
    document: CustomerDocument
    id: str = ""
    password_hash: str | None = None
    password_is_initial: bool = False
    active: bool = True
    on_hold: bool = False


def _stored(row: CustomerRow) -> StoredCustomer:
    return StoredCustomer(
        id=row.id,
        email=row.email,
        password_hash=row.password_hash,
        password_is_initial=bool(row.initial),
        active=bool(row.active),
        on_hold=bool(row.on_hold),
        version=row.version,
        document=_DECODER.decode(row.document),
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


def find(tx: Transaction, shop: str, id: str) -> StoredCustomer | None:
    """One customer by number."""
    row = rows.customer(tx, shop, id)
    return _stored(row) if row is not None else None


def find_by_email(tx: Transaction, shop: str, email: str) -> StoredCustomer | None:
    """The customer who logs in with this e-mail, which is in lower case."""
    row = rows.customer_by_email(tx, shop, email)
    return _stored(row) if row is not None else None


def find_many(tx: Transaction, shop: str, ids: Iterable[str]) -> dict[str, StoredCustomer]:
    """Those of these customers that exist, by number; one query."""
    return {row.id: _stored(row) for row in rows.customers(tx, shop, ids)}


def lock(tx: Transaction, shop: str, ids: Iterable[str]) -> dict[str, StoredCustomer]:
    """Those of these customers that exist, by number, locked in one sorted order until the end of the transaction."""
    return {row.id: _stored(row) for row in rows.lock_customers(tx, shop, ids)}


def page(tx: Transaction, shop: str, *, limit: int, offset: int) -> list[StoredCustomer]:
    """Customers in order of creation."""
    return [_stored(row) for row in rows.customers_page(tx, shop, limit, offset)]


def find_by_contact(tx: Transaction, shop: str, email: str, *, limit: int) -> list[StoredCustomer]:
    """The oldest customers whose profile has this e-mail, in any case."""
    return [_stored(row) for row in rows.customers_by_contact(tx, shop, login_name(email), limit)]


def count(tx: Transaction, shop: str) -> int:
    """How many customers a shop has."""
    return rows.customer_count(tx, shop)


def insert(tx: Transaction, shop: str, new: NewCustomer, now: int) -> str | None:
    """Store a new customer; its number, or None where the e-mail or the id is another's already."""
    if new.id:
        if new.id.isascii() and new.id.isdigit() and len(new.id) <= _NUMBER_DIGITS_MAX:
            rows.reserve_numbers(tx, shop, SEQUENCE, max(int(new.id) + 1, FIRST_NUMBER))
        return new.id if _inserted(tx, shop, new, (new.id, now)) else None
    number = str(rows.take_number(tx, shop, SEQUENCE, FIRST_NUMBER))
    return number if _inserted(tx, shop, new, (number, now)) else None


def _inserted(tx: Transaction, shop: str, new: NewCustomer, at: tuple[str, int]) -> bool:
    id, now = at
    row = NewCustomerRow(
        shop=shop,
        id=id,
        email=new.email,
        contact_email=_contact_email(new.document, new.email),
        password_hash=new.password_hash,
        initial=int(new.password_is_initial),
        active=int(new.active),
        on_hold=int(new.on_hold),
        document=_ENCODER.encode(new.document).decode(),
    )
    return rows.insert_customer(tx, row, now)


def _contact_email(document: CustomerDocument, email: str) -> str:
    return login_name(document.profile.contact_email or email)


def save(tx: Transaction, shop: str, stored: StoredCustomer, now: int) -> None:
    """Write a locked customer that has changed; one that may not act any more loses its tokens."""
    changed = ChangedCustomer(
        shop=shop,
        id=stored.id,
        version=stored.version,
        contact_email=_contact_email(stored.document, stored.email),
        active=int(stored.active),
        on_hold=int(stored.on_hold),
        document=_ENCODER.encode(stored.document).decode(),
    )
    if not rows.update_customer(tx, changed, now):
        raise AssertionError(f"a locked customer has changed its version: {stored.id}")
    stored.version, stored.modified_at = stored.version + 1, now
    if not stored.active:
        revoke(tx, shop, stored.id)


def save_password(tx: Transaction, shop: str, stored: StoredCustomer, now: int) -> None:
    """Write the password hash of a locked customer."""
    password = (stored.password_hash, int(stored.password_is_initial))
    rows.set_password(tx, (shop, stored.id), password, now)


def remove(tx: Transaction, shop: str, id: str) -> bool:
    """Delete a customer with its tokens; False where there is none. What it has bought stays."""
    if not lock(tx, shop, [id]):
        return False
    revoke(tx, shop, id)
    forget_resets(tx, shop, id)
    return rows.delete_customer(tx, shop, id)


def revoke(tx: Transaction, shop: str, id: str, *, kept: str = "") -> None:
    """Forget a customer's tokens, all but the one with this hash; they are refused from the next request on."""
    rows.delete_tokens(tx, shop, id, kept)


def revoke_session(tx: Transaction, shop: str, id: str, session_id: str) -> None:
    """Forget the tokens that a customer has in a session."""
    rows.delete_tokens_of_session(tx, shop, id, session_id)


def keep_reset(tx: Transaction, shop: str, id: str, until: tuple[str, int]) -> None:
    """Let whoever has this secret give the customer a new password, once and before a time (microseconds UTC)."""
    secret, expires_at = until
    rows.insert_password_reset(tx, access.hash_of(secret), shop, PasswordReset(id, expires_at))


def reset_customer(tx: Transaction, shop: str, secret: str, now: int) -> str | None:
    """Whose password this secret may change; None for an unknown, used or expired one."""
    reset = rows.password_reset(tx, access.hash_of(secret), shop)
    return reset.customer_id if reset is not None and reset.expires_at > now else None


def forget_resets(tx: Transaction, shop: str, id: str) -> int:
    """Spend a customer's reset secrets; how many there were."""
    return rows.delete_password_resets(tx, shop, id)


def delete_expired_resets(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` secrets that have expired; how many were."""
    return rows.delete_expired_password_resets(tx, now, limit)


def saas_secret(tx: Transaction, shop: str) -> str | None:
    """What a shop's saas-tokens are signed with; None before its first login."""
    return rows.token_secret(tx, shop)


def saas_secret_or(tx: Transaction, shop: str, candidate: str, now: int) -> str:
    """What a shop's saas-tokens are signed with: the candidate, where there was none yet."""
    known = saas_secret(tx, shop)
    if known is not None:
        return known
    rows.insert_token_secret(tx, shop, candidate, now)
    return saas_secret(tx, shop) or candidate
