"""Rows of who may come in: credentials, the keys that sign, channels, allowed origins and banned networks."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from tillroll.store import Transaction
from tillroll.store.queries import keys


class NewCredential(Struct, frozen=True):
    """A credential to be kept; a public one has no secret to hash."""

    shop: str
    kind: str
    identifier: str
    secret_hash: str | None
    scopes: str


class CredentialRow(Struct, frozen=True):
    """A credential as it may be shown: without its secret."""

    kind: str
    identifier: str
    scopes: str
    created_at: int
    revoked_at: int | None


class CredentialScopes(Struct, frozen=True):
    """What a credential may do from now on."""

    shop: str
    kind: str
    identifier: str
    scopes: str


class ClientRow(Struct, frozen=True):
    """A live credential of some shop, with the hash of its secret."""

    shop: str
    kind: str
    secret_hash: str | None
    scopes: str


class KeyRow(Struct, frozen=True):
    """A live key that is known by its secret: whose it is, and what it may do."""

    shop: str
    identifier: str
    scopes: str


class LiveKey(Struct, frozen=True):
    """A live key of a known shop: the hash of its secret, and what it may do."""

    secret_hash: str
    scopes: str


class SigningKey(Struct, frozen=True):
    """A key that signs tokens of a shop."""

    shop: str
    identifier: str
    secret: str


class Channel(Struct, frozen=True):
    """What clients of a dialect name a shop, or a part of it, by."""

    dialect: str
    identifier: str
    shop: str
    name: str


class ChannelRow(Struct, frozen=True):
    """A channel of a shop that is known, in a dialect that is known."""

    identifier: str
    name: str
    created_at: int


class ChannelOwner(Struct, frozen=True):
    """The shop behind a channel, and the version of who may report there."""

    identifier: str
    shop: str
    access_version: int


class AccessHead(Struct, frozen=True):
    """What a shop's gates are built from, beside their lists."""

    currency: str
    access_version: int


class OriginRow(Struct, frozen=True):
    """An origin whose pages may report without a key."""

    origin: str
    created_at: int


class BanRow(Struct, frozen=True):
    """An address or a network that may not report."""

    network: str
    created_at: int


def insert_credential(tx: Transaction, new: NewCredential, now: int) -> None:
    """Keep a credential."""
    tx.run("insert_credential", now=now, **msgspec.structs.asdict(new))


def credentials(tx: Transaction, shop: str) -> list[CredentialRow]:
    """A shop's credentials, the revoked ones among them."""
    return [CredentialRow(*row) for row in tx.rows("credentials", shop=shop)]


def is_live(tx: Transaction, shop: str, kind: str, identifier: str) -> bool:
    """Whether a shop has such a credential that was not revoked."""
    return tx.row("credential", shop=shop, kind=kind, identifier=identifier) is not None


def clients(tx: Transaction, identifier: str) -> list[ClientRow]:
    """The live credentials with this identifier, of all shops."""
    return [ClientRow(*row) for row in tx.rows("credential_shops", identifier=identifier)]


def change_scopes(tx: Transaction, changed: CredentialScopes) -> None:
    """Let a credential do something else."""
    tx.run("change_credential_scopes", **msgspec.structs.asdict(changed))


def replace_secret(tx: Transaction, shop: str, identifier: str, secret_hash: str) -> bool:
    """Give a live credential another secret; False where there is none that has one."""
    return bool(tx.run("replace_secret", shop=shop, identifier=identifier, secret_hash=secret_hash))


def revoke_credential(tx: Transaction, shop: str, identifier: str, now: int) -> bool:
    """Revoke a credential; False where there is no live one."""
    return bool(tx.run("revoke_credential", shop=shop, identifier=identifier, now=now))


def revoke_all(tx: Transaction, shop: str, now: int) -> None:
    """Revoke every credential of a shop, and forget the keys that sign its tokens."""
    tx.run("revoke_credentials_of_shop", shop=shop, now=now)
    tx.run("delete_signing_keys_of_shop", shop=shop)


def key_of_secret(tx: Transaction, kind: str, identifier: str, secret_hash: str) -> KeyRow | None:
    """The live key that is known by its identifier and its secret's hash."""
    row = tx.row("key_of_secret", kind=kind, identifier=identifier, secret_hash=secret_hash)
    return KeyRow(*row) if row is not None else None


def shop_of_secret(tx: Transaction, kind: str, secret_hash: str) -> str | None:
    """A shop that has a live key with this hash of its secret."""
    row = tx.row("shops_of_secret", kind=kind, secret_hash=secret_hash)
    return str(row[0]) if row is not None else None


def live_key_hashes(tx: Transaction, shop: str, kind: str) -> frozenset[str]:
    """The hashes of a shop's live keys of a kind."""
    return frozenset(secret_hash for (secret_hash,) in tx.rows("live_key_hashes", shop=shop, kind=kind))


def live_keys(tx: Transaction, shop: str, kind: str) -> list[LiveKey]:
    """A shop's live keys of a kind, each with what it may do."""
    return [LiveKey(*row) for row in tx.rows("live_keys", shop=shop, kind=kind)]


def insert_signing_key(tx: Transaction, key: SigningKey, now: int) -> None:
    """Keep a key that signs."""
    tx.run("insert_signing_key", now=now, **msgspec.structs.asdict(key))


def signing_keys(tx: Transaction, shop: str, limit: int) -> list[SigningKey]:
    """The first keys that sign: of a shop, or of all shops where none is named."""
    return [SigningKey(*row) for row in tx.rows("signing_keys", shop=shop, limit=limit)]


def delete_signing_key(tx: Transaction, shop: str, identifier: str) -> None:
    """Forget a key that signs."""
    tx.run("delete_signing_key", shop=shop, identifier=identifier)


def access_head(tx: Transaction, shop: str) -> AccessHead | None:
    """Currency and access version of a shop."""
    row = tx.row("access_head", shop=shop)
    return AccessHead(*row) if row is not None else None


def bump_access_version(tx: Transaction, shop: str) -> None:
    """Let everybody who remembers who may come in read it anew; locks the shop's row."""
    tx.run("bump_access_version", shop=shop)


def insert_channel(tx: Transaction, channel: Channel, now: int) -> bool:
    """Keep a channel; False where its identifier is taken in its dialect."""
    return bool(tx.run("insert_channel", now=now, **msgspec.structs.asdict(channel)))


def delete_channel(tx: Transaction, shop: str, dialect: str, identifier: str) -> bool:
    """Forget a channel; False where the shop has no such one."""
    return bool(tx.run("delete_channel", shop=shop, dialect=dialect, identifier=identifier))


def channel_owners(tx: Transaction, dialect: str, identifiers: Iterable[str]) -> list[ChannelOwner]:
    """Who stands behind those of these channels that there are."""
    return [ChannelOwner(*row) for row in tx.rows("channels", dialect=dialect, keys=keys(identifiers))]


def channels(tx: Transaction, shop: str, dialect: str) -> list[ChannelRow]:
    """A shop's channels in a dialect."""
    return [ChannelRow(*row) for row in tx.rows("channels_of_shop", shop=shop, dialect=dialect)]


def insert_origin(tx: Transaction, shop: str, origin: str, now: int) -> bool:
    """Allow an origin; False where it is allowed already."""
    return bool(tx.run("insert_allowed_origin", shop=shop, origin=origin, now=now))


def delete_origin(tx: Transaction, shop: str, origin: str) -> bool:
    """No longer allow an origin; False where it was not allowed."""
    return bool(tx.run("delete_allowed_origin", shop=shop, origin=origin))


def origins(tx: Transaction, shop: str) -> list[OriginRow]:
    """The origins that a shop allows."""
    return [OriginRow(*row) for row in tx.rows("allowed_origins", shop=shop)]


def insert_ban(tx: Transaction, shop: str, network: str, now: int) -> bool:
    """Ban a network; False where it is banned already."""
    return bool(tx.run("insert_banned_network", shop=shop, network=network, now=now))


def delete_ban(tx: Transaction, shop: str, network: str) -> bool:
    """Lift a ban; False where there was none."""
    return bool(tx.run("delete_banned_network", shop=shop, network=network))


def bans(tx: Transaction, shop: str) -> list[BanRow]:
    """The networks that a shop has banned."""
    return [BanRow(*row) for row in tx.rows("banned_networks", shop=shop)]
