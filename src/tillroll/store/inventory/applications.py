"""Rows of applications, what users let them do, and the codes by which a grant becomes a token."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class ApplicationSettings(Struct, frozen=True):
    """What of an application can be changed; the redirect addresses are a JSON list."""

    shop: str
    client_id: str
    name: str
    redirect_uris: str
    counts_repeats: int


class ApplicationRow(Struct, frozen=True):
    """A live application, with the scopes of its key."""

    shop: str
    client_id: str
    name: str
    redirect_uris: str
    counts_repeats: int
    scopes: str


class ListedApplication(Struct, frozen=True):
    """An application as it is listed, live or revoked."""

    shop: str
    client_id: str
    name: str
    redirect_uris: str
    counts_repeats: int
    scopes: str
    created_at: int
    revoked_at: int | None


class TokenGrant(Struct, frozen=True):
    """What a token stands for, by the token's hash."""

    token_hash: str
    user_id: int
    name: str
    client_id: str
    scopes: str


class UserGrant(Struct, frozen=True):
    """What one user lets one application do."""

    seed: str
    token_hash: str | None
    scopes: str
    withdrawn_at: int | None


class ListedGrant(Struct, frozen=True):
    """A grant as its user sees it."""

    client_id: str
    name: str
    shop: str
    scopes: str
    granted_at: int


class CodeRow(Struct, frozen=True):
    """A code and what it was made for."""

    user_id: int
    client_id: str
    redirect_uri: str
    seed: str
    expires_at: int
    used_at: int | None


class NewCode(Struct, frozen=True):
    """A code to be kept, by its hash."""

    hash: str
    user_id: int
    client_id: str
    redirect_uri: str
    scopes: str
    seed: str
    expires_at: int


class GrantOwner(Struct, frozen=True):
    """Whose grant it is, and for which application."""

    user_id: int
    client_id: str


def insert_application(tx: Transaction, new: ApplicationSettings, now: int) -> None:
    """Add an application."""
    tx.run("insert_application", now=now, **msgspec.structs.asdict(new))


def change_application(tx: Transaction, changed: ApplicationSettings) -> bool:
    """Replace what can be changed of an application; False where there is none."""
    return bool(tx.run("change_application", **msgspec.structs.asdict(changed)))


def applications(tx: Transaction) -> list[ListedApplication]:
    """All applications."""
    return [ListedApplication(*row) for row in tx.rows("applications")]


def application(tx: Transaction, client_id: str) -> ApplicationRow | None:
    """The live application with this public id."""
    row = tx.row("application", client_id=client_id)
    return ApplicationRow(*row) if row is not None else None


def applications_by_key(tx: Transaction, hashes: Iterable[str]) -> dict[str, ApplicationRow]:
    """The live applications behind these hashes of keys."""
    rows = tx.rows("applications_by_key", keys=keys(hashes))
    return {secret_hash: ApplicationRow(*row) for secret_hash, *row in rows}


def application_names(tx: Transaction, client_ids: Iterable[str]) -> dict[str, str]:
    """What these applications are called, the revoked ones among them."""
    return dict(tx.rows("application_names", keys=keys(client_ids)))


def grants_by_token(tx: Transaction, hashes: Iterable[str]) -> list[TokenGrant]:
    """What those of these hashes of tokens stand for that are worth something."""
    return [TokenGrant(*row) for row in tx.rows("grants_by_token", keys=keys(hashes))]


def held_grants_by_token(tx: Transaction, hashes: Iterable[str]) -> list[TokenGrant]:
    """The same, and nobody deletes one of them before the transaction has ended."""
    return [TokenGrant(*row) for row in tx.rows("held_grants_by_token", keys=keys(hashes))]


def user_grants(tx: Transaction, user_id: int) -> list[ListedGrant]:
    """The grants of a user, oldest first."""
    return [ListedGrant(*row) for row in tx.rows("user_grants", user_id=user_id)]


def lock_user_grant(tx: Transaction, owner: GrantOwner) -> UserGrant | None:
    """A grant, withdrawn or not, locked until the end of the transaction."""
    row = tx.row("lock_user_grant", user_id=owner.user_id, client_id=owner.client_id)
    return UserGrant(*row) if row is not None else None


def insert_user_grant(tx: Transaction, owner: GrantOwner, new: UserGrant, now: int) -> bool:
    """Add a grant, which has no token yet; False where there is one already."""
    place = msgspec.structs.asdict(owner)
    return bool(tx.run("insert_user_grant", seed=new.seed, scopes=new.scopes, now=now, **place))


def change_user_grant(tx: Transaction, owner: GrantOwner, changed: UserGrant, now: int) -> None:
    """Replace a locked grant; it is not withdrawn from then on."""
    tx.run(
        "change_user_grant",
        seed=changed.seed,
        token_hash=changed.token_hash,
        scopes=changed.scopes,
        now=now,
        **msgspec.structs.asdict(owner),
    )


def withdraw_user_grant(tx: Transaction, owner: GrantOwner, now: int) -> bool:
    """Take back a grant with its token; False where there is none that holds."""
    return bool(tx.run("withdraw_user_grant", now=now, **msgspec.structs.asdict(owner)))


def insert_grant_code(tx: Transaction, new: NewCode) -> None:
    """Keep a code."""
    tx.run("insert_grant_code", **msgspec.structs.asdict(new))


def grant_code(tx: Transaction, hash: str) -> CodeRow | None:
    """The code with this hash, used or not."""
    row = tx.row("grant_code", hash=hash)
    return CodeRow(*row) if row is not None else None


def use_grant_code(tx: Transaction, hash: str, now: int) -> bool:
    """Use a code; False where somebody else has done so."""
    return bool(tx.run("use_grant_code", hash=hash, now=now))


def delete_expired_grant_codes(tx: Transaction, before: int, limit: int) -> int:
    """Delete up to `limit` codes that ended before this time; how many were."""
    return tx.run("delete_expired_grant_codes", before=before, limit=limit)
