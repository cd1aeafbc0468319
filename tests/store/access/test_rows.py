"""The columns of the queries about access are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.access.answers import AnswerRow
from tillroll.store.access.credentials import (
    AccessHead,
    BanRow,
    ChannelOwner,
    ChannelRow,
    ClientRow,
    CredentialRow,
    KeyRow,
    LiveKey,
    OriginRow,
    SigningKey,
)
from tillroll.store.access.rows import ContextRow, TokenRow

FITS: Fits = {
    "access_head": AccessHead,
    "allowed_origins": OriginRow,
    "answers": AnswerRow,
    "banned_networks": BanRow,
    "channels": ChannelOwner,
    "channels_of_shop": ChannelRow,
    "credential": ("secret_hash", "scopes"),
    "credential_shops": ClientRow,
    "credentials": CredentialRow,
    "key_of_secret": KeyRow,
    "known_login": ("seen_at",),
    "live_key_hashes": ("secret_hash",),
    "live_keys": LiveKey,
    "lock_session_context": ContextRow,
    "session_context": ContextRow,
    "shops_of_secret": ("shop",),
    "signing_keys": SigningKey,
    "token": TokenRow,
    "tokens": TokenRow,
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "access", FITS) == []


def test_a_column_that_has_moved_is_found(store: Store, database_url: str) -> None:
    moved = {"signing_keys": ("identifier", "shop", "secret"), "channels": ("identifier",), "nowhere": ()}
    found = misfits(database_url, "access", {**FITS, **moved})
    assert [line.partition(":")[0] for line in found] == ["channels", "nowhere", "signing_keys"]


def test_a_query_that_the_list_forgets_is_found(store: Store, database_url: str) -> None:
    found = misfits(database_url, "access", {name: FITS[name] for name in FITS if name != "token"})
    assert [line.partition(":")[0] for line in found] == ["token"]
