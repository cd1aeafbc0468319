"""Rows of who is asking: tokens, the contexts of sessions, and from where accounts were logged in to."""

from collections.abc import Collection, Sequence

import msgspec
from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class TokenRow(Struct, frozen=True):
    """A token as it is kept: its secret as a hash, its scopes in one text, its end in microseconds UTC."""

    hash: str
    shop: str
    kind: str
    client_id: str
    scopes: str
    session_id: str | None
    customer_id: str | None
    legal_entity_id: str | None
    expires_at: int


class Spending(Struct, frozen=True):
    """A token that is used: it goes from the kind `fresh` to `spent`, and ends at `ends_at` at the latest."""

    hash: str
    fresh: str
    spent: str
    now: int
    ends_at: int


class ContextRow(Struct, frozen=True):
    """What a session shops with, as JSON, and how often it was written."""

    version: int
    document: str


class NewContext(Struct, frozen=True):
    """What a session is to shop with, as JSON."""

    shop: str
    session_id: str
    document: str


class KnownLogin(Struct, frozen=True):
    """An account, and the digest of it at the address from where it was logged in to."""

    shop: str
    pair: str
    account: str


def tokens(tx: Transaction, hashes: Collection[str]) -> list[TokenRow]:
    """The tokens with these hashes, in one query; most requests ask for one, which needs no join."""
    if len(hashes) == 1:
        (only,) = hashes
        row = tx.row("token", hash=only)
        return [TokenRow(*row)] if row is not None else []
    return [TokenRow(*row) for row in tx.rows("tokens", keys=keys(hashes))]


def insert_tokens(tx: Transaction, new: Sequence[TokenRow]) -> None:
    """Keep new tokens, in one statement however many they are."""
    tx.run_many("insert_token", new)


def spend_token(tx: Transaction, spending: Spending) -> bool:
    """Use a token that is fresh, which then ends sooner, or spent; False where it is neither, or has ended."""
    return bool(tx.run("spend_token", **msgspec.structs.asdict(spending)))


def delete_tokens_of_client(tx: Transaction, shop: str, client_id: str) -> None:
    """Forget every token that was issued on a credential."""
    tx.run("delete_tokens_of_client", shop=shop, client_id=client_id)


def delete_tokens_of_shop(tx: Transaction, shop: str) -> None:
    """Forget every token of a shop."""
    tx.run("delete_tokens_of_shop", shop=shop)


def delete_expired_tokens(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` tokens that have expired; how many were."""
    return tx.run("delete_expired_tokens", now=now, limit=limit)


def session_context(tx: Transaction, shop: str, session_id: str) -> ContextRow | None:
    """The context of a session."""
    row = tx.row("session_context", shop=shop, session_id=session_id)
    return ContextRow(*row) if row is not None else None


def lock_session_context(tx: Transaction, shop: str, session_id: str) -> ContextRow | None:
    """The same, locked until the end of the transaction."""
    row = tx.row("lock_session_context", shop=shop, session_id=session_id)
    return ContextRow(*row) if row is not None else None


def store_session_context(tx: Transaction, new: NewContext, now: int) -> None:
    """Write a session's context as its next version."""
    tx.run("upsert_session_context", now=now, **msgspec.structs.asdict(new))


def login_seen_at(tx: Transaction, shop: str, pair: str) -> int | None:
    """When this pair of account and address was last seen; None for one that is not known."""
    row = tx.row("known_login", shop=shop, pair=pair)
    return int(row[0]) if row is not None else None


def remember_login(tx: Transaction, login: KnownLogin, now: int) -> None:
    """Know a pair of account and address from now on, or once more."""
    tx.run("remember_login", now=now, **msgspec.structs.asdict(login))


def forget_oldest_logins(tx: Transaction, shop: str, account: str, kept: int) -> None:
    """Forget all pairs of an account but the latest `kept`."""
    tx.run("forget_oldest_logins", shop=shop, account=account, kept=kept)


def delete_old_known_logins(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` pairs that were last seen before this time; how many were."""
    return tx.run("delete_old_known_logins", before=before, limit=limit)
