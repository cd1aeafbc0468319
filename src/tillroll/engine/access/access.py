"""Who is asking: credentials, tokens and sessions.

Secrets and tokens are 256 random bits made at the door; only their SHA-256 is stored, and equality is decided by the
database on the hash, so nothing that could leak through timing is compared in plain.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.countries import country_code
from tillroll.domain.events.events import Origin
from tillroll.store import Transaction
from tillroll.store.access import credentials, rows
from tillroll.store.access.rows import ContextRow, NewContext, Spending, TokenRow

SERVICE, STOREFRONT, NATIVE = "service", "storefront", "native"
ANONYMOUS = "anonymous"
CUSTOMER = "customer"
REFRESH = "refresh"
# A refresh token that was used: it answers again until its grace ends, and then never.
SPENT = "spent"

# Two tabs of a browser ask within a second, and a lost answer is asked for again within a request's time; a stolen
# token that its owner has used is good for no longer than this.
REFRESH_GRACE_SECONDS = 30
_MICROSECONDS = 1_000_000


class Caller(Struct, frozen=True):
    """An authenticated caller of one shop: a back office, a guest's session or a customer."""

    shop: str
    kind: str
    client_id: str
    scopes: frozenset[str]
    session_id: str | None
    customer_id: str | None
    expires_at: int
    dialect: str
    """In which dialect somebody calls, as the ledger tells it."""
    legal_entity_id: str | None = None
    """For which company a customer acts."""

    @property
    def origin(self) -> Origin:
        """Where what this caller does becomes true."""
        return Origin(self.shop, self.dialect)

    @property
    def owner(self) -> str:
        """Whose carts and orders these are; also the name under which idempotency keys are kept."""
        return f"customer:{self.customer_id}" if self.customer_id else f"session:{self.session_id or self.client_id}"


class NewToken(Struct, frozen=True):
    """A token to be stored: its secret was made at the door and leaves in the response only."""

    secret: str
    kind: str
    client_id: str
    scopes: str
    expires_at: int
    session_id: str | None = None
    customer_id: str | None = None
    legal_entity_id: str | None = None


class SessionContext(Struct, rename="camel", omit_defaults=True):
    """What a storefront session shops with; it feeds price matching (docs/wire/emporix.md, 16)."""

    session_id: str
    site_code: str | None = None
    currency: str | None = None
    target_location: str | None = None
    language: str | None = None
    cart_id: str | None = None
    customer_id: str | None = None
    context: dict[str, Any] = {}
    version: int = 1

    def __post_init__(self) -> None:
        """The country is in its kept form, however it was sent or kept before."""
        if self.target_location is not None:
            self.target_location = country_code(self.target_location)


_CONTEXT = msgspec.json.Decoder(SessionContext, float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def hash_of(secret: str) -> str:
    """The form in which a random secret is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def callers(tx: Transaction, hashes: Iterable[str], dialect: str) -> dict[str, Caller]:
    """The callers behind these token hashes, in a dialect; unknown tokens are absent, expired ones are not."""
    return {token.hash: _caller(token, dialect) for token in rows.tokens(tx, set(hashes))}


def _caller(token: TokenRow, dialect: str) -> Caller:
    return Caller(
        token.shop,
        token.kind,
        token.client_id,
        frozenset(token.scopes.split()),
        token.session_id,
        token.customer_id,
        token.expires_at,
        dialect,
        token.legal_entity_id,
    )


def verify_client(tx: Transaction, client_id: str, client_secret: str) -> tuple[str, str] | None:
    """The shop and the scopes of a service client, or None where id and secret do not belong together."""
    presented = hash_of(client_secret)
    for client in credentials.clients(tx, client_id):
        if client.kind == SERVICE and client.secret_hash and hmac.compare_digest(client.secret_hash, presented):
            return client.shop, client.scopes
    return None


def is_storefront_client(tx: Transaction, shop: str, client_id: str) -> bool:
    """Whether a public storefront client of this shop has this id."""
    return credentials.is_live(tx, shop, "storefront", client_id)


def store_tokens(tx: Transaction, shop: str, tokens: Sequence[NewToken]) -> None:
    """Keep new tokens, by hash."""
    rows.insert_tokens(tx, [_token_row(shop, token) for token in tokens])


def _token_row(shop: str, token: NewToken) -> TokenRow:
    return TokenRow(
        hash=hash_of(token.secret),
        shop=shop,
        kind=token.kind,
        client_id=token.client_id,
        scopes=token.scopes,
        session_id=token.session_id,
        customer_id=token.customer_id,
        legal_entity_id=token.legal_entity_id,
        expires_at=token.expires_at,
    )


def may_refresh(caller: Caller) -> bool:
    """Whether this is what a refresh token stands for, be it one that was used and is in its grace."""
    return caller.kind in (REFRESH, SPENT)


def spend_refresh_token(tx: Transaction, secret: str, now: int) -> bool:
    """Use a refresh token: from its first use on it holds for its grace alone, however often it is used within.

    False where it has ended, or was forgotten meanwhile: by a logout, a new password, or with its client.
    """
    spending = Spending(hash_of(secret), REFRESH, SPENT, now, now + REFRESH_GRACE_SECONDS * _MICROSECONDS)
    return rows.spend_token(tx, spending)


def delete_expired(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` tokens that have expired; how many were."""
    return rows.delete_expired_tokens(tx, now, limit)


def session_context(tx: Transaction, shop: str, session_id: str) -> SessionContext | None:
    """The context of a session, or None where there is no such session."""
    return _context(rows.session_context(tx, shop, session_id))


def lock_session_context(tx: Transaction, shop: str, session_id: str) -> SessionContext | None:
    """The same, locked until the end of the transaction."""
    return _context(rows.lock_session_context(tx, shop, session_id))


def _context(row: ContextRow | None) -> SessionContext | None:
    if row is None:
        return None
    context = _CONTEXT.decode(row.document)
    context.version = row.version
    return context


def store_session_context(tx: Transaction, shop: str, context: SessionContext, now: int) -> None:
    """Keep a session's context."""
    document = _ENCODER.encode(context).decode()
    rows.store_session_context(tx, NewContext(shop, context.session_id, document), now)
