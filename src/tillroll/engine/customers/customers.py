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
from tillroll.store import Row, Transaction
from tillroll.store.queries import keys

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


def _stored(row: Row) -> StoredCustomer:
    id, email, password_hash, initial, active, on_hold, version, document, created_at, modified_at = row
    flags = bool(initial), bool(active), bool(on_hold)
    return StoredCustomer(id, email, password_hash, *flags, version, _DECODER.decode(document), created_at, modified_at)


def find(tx: Transaction, shop: str, id: str) -> StoredCustomer | None:
    """One customer by number."""
    row = tx.row("customer", shop=shop, id=id)
    return _stored(row) if row is not None else None


def find_by_email(tx: Transaction, shop: str, email: str) -> StoredCustomer | None:
    """The customer who logs in with this e-mail, which is in lower case."""
    row = tx.row("customer_by_email", shop=shop, email=email)
    return _stored(row) if row is not None else None


def find_many(tx: Transaction, shop: str, ids: Iterable[str]) -> dict[str, StoredCustomer]:
    """Those of these customers that exist, by number; one query."""
    return {row[0]: _stored(row) for row in tx.rows("customers", shop=shop, keys=keys(ids))}


def lock(tx: Transaction, shop: str, ids: Iterable[str]) -> dict[str, StoredCustomer]:
    """Those of these customers that exist, by number, locked in one sorted order until the end of the transaction."""
    return {row[0]: _stored(row) for row in tx.rows("lock_customers", shop=shop, keys=keys(ids))}


def page(tx: Transaction, shop: str, *, limit: int, offset: int) -> list[StoredCustomer]:
    """Customers in order of creation."""
    return [_stored(row) for row in tx.rows("customers_page", shop=shop, limit=limit, offset=offset)]


def find_by_contact(tx: Transaction, shop: str, email: str, *, limit: int) -> list[StoredCustomer]:
    """The oldest customers whose profile has this e-mail, in any case."""
    rows = tx.rows("customers_by_contact", shop=shop, contact_email=login_name(email), limit=limit)
    return [_stored(row) for row in rows]


def count(tx: Transaction, shop: str) -> int:
    """How many customers a shop has."""
    row = tx.row("customer_count", shop=shop)
    return int(row[0]) if row is not None else 0


def insert(tx: Transaction, shop: str, new: NewCustomer, now: int) -> str | None:
    """Store a new customer; its number, or None where the e-mail or the id is another's already."""
    if new.id:
        if new.id.isascii() and new.id.isdigit() and len(new.id) <= _NUMBER_DIGITS_MAX:
            tx.run("reserve_numbers", shop=shop, name=SEQUENCE, next=max(int(new.id) + 1, FIRST_NUMBER))
        return new.id if _inserted(tx, shop, new, (new.id, now)) else None
    row = tx.row("take_numbers", shop=shop, name=SEQUENCE, first=FIRST_NUMBER, count=1)
    assert row is not None
    number = str(row[0] - 1)
    return number if _inserted(tx, shop, new, (number, now)) else None


def _inserted(tx: Transaction, shop: str, new: NewCustomer, at: tuple[str, int]) -> bool:
    id, now = at
    return bool(
        tx.run(
            "insert_customer",
            shop=shop,
            id=id,
            email=new.email,
            contact_email=_contact_email(new.document, new.email),
            password_hash=new.password_hash,
            initial=int(new.password_is_initial),
            active=int(new.active),
            on_hold=int(new.on_hold),
            document=_ENCODER.encode(new.document).decode(),
            now=now,
        )
    )


def _contact_email(document: CustomerDocument, email: str) -> str:
    return login_name(document.profile.contact_email or email)


def save(tx: Transaction, shop: str, stored: StoredCustomer, now: int) -> None:
    """Write a locked customer that has changed; one that may not act any more loses its tokens."""
    document = _ENCODER.encode(stored.document).decode()
    touched = tx.run(
        "update_customer",
        shop=shop,
        id=stored.id,
        contact_email=_contact_email(stored.document, stored.email),
        active=int(stored.active),
        on_hold=int(stored.on_hold),
        document=document,
        version=stored.version,
        now=now,
    )
    if touched != 1:
        raise AssertionError(f"a locked customer has changed its version: {stored.id}")
    stored.version, stored.modified_at = stored.version + 1, now
    if not stored.active:
        revoke(tx, shop, stored.id)


def save_password(tx: Transaction, shop: str, stored: StoredCustomer, now: int) -> None:
    """Write the password hash of a locked customer."""
    initial = int(stored.password_is_initial)
    tx.run("set_password", shop=shop, id=stored.id, password_hash=stored.password_hash, initial=initial, now=now)


def remove(tx: Transaction, shop: str, id: str) -> bool:
    """Delete a customer with its tokens; False where there is none. What it has bought stays."""
    if not lock(tx, shop, [id]):
        return False
    revoke(tx, shop, id)
    forget_resets(tx, shop, id)
    return bool(tx.run("delete_customer", shop=shop, id=id))


def revoke(tx: Transaction, shop: str, id: str, *, kept: str = "") -> None:
    """Forget a customer's tokens, all but the one with this hash; they are refused from the next request on."""
    tx.run("delete_tokens_of_customer", shop=shop, customer_id=id, kept=kept)


def revoke_session(tx: Transaction, shop: str, id: str, session_id: str) -> None:
    """Forget the tokens that a customer has in a session."""
    tx.run("delete_tokens_of_session", shop=shop, customer_id=id, session_id=session_id)


def keep_reset(tx: Transaction, shop: str, id: str, until: tuple[str, int]) -> None:
    """Let whoever has this secret give the customer a new password, once and before a time (microseconds UTC)."""
    secret, expires_at = until
    tx.run("insert_password_reset", hash=access.hash_of(secret), shop=shop, customer_id=id, expires_at=expires_at)


def reset_customer(tx: Transaction, shop: str, secret: str, now: int) -> str | None:
    """Whose password this secret may change; None for an unknown, used or expired one."""
    row = tx.row("password_reset", hash=access.hash_of(secret), shop=shop)
    return row[0] if row is not None and row[1] > now else None


def forget_resets(tx: Transaction, shop: str, id: str) -> int:
    """Spend a customer's reset secrets; how many there were."""
    return tx.run("delete_password_resets", shop=shop, customer_id=id)


def delete_expired_resets(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` secrets that have expired; how many were."""
    return tx.run("delete_expired_password_resets", now=now, limit=limit)


def saas_secret(tx: Transaction, shop: str) -> str | None:
    """What a shop's saas-tokens are signed with; None before its first login."""
    row = tx.row("saas_secret", shop=shop)
    return row[0] if row is not None else None


def saas_secret_or(tx: Transaction, shop: str, candidate: str, now: int) -> str:
    """What a shop's saas-tokens are signed with: the candidate, where there was none yet."""
    known = saas_secret(tx, shop)
    if known is not None:
        return known
    tx.run("insert_saas_secret", shop=shop, secret=candidate, now=now)
    return saas_secret(tx, shop) or candidate
