"""Each kind of key opens its own door and no other, and none once it is revoked, whatever its secret."""

from collections.abc import Callable, Iterator
from itertools import product

import pytest

from tests.store.ground import NOW, opened
from tillroll.engine.access import access, admission
from tillroll.engine.access.access import SERVICE, Caller, NewToken, hash_of
from tillroll.engine.access.admission import Gates
from tillroll.engine.access.native_keys import native_key
from tillroll.engine.inventory import applications
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewKey, NewShop
from tillroll.keymaker import new_shop_keys
from tillroll.store import Store, Transaction

KINDS = ("service", "storefront", "doofinder", "alhena", "scout", "native")
SHOP, OTHER = "acme", "other"
Door = Callable[[Transaction, str, str], str | None]


def identifier_of(kind: str) -> str:
    """What a key is known by; that of our own API is made of its secret."""
    return hash_of(secret_of(kind))[:16] if kind == "native" else f"id-{kind}"


def secret_of(kind: str) -> str:
    """What a key is proved by."""
    return f"secret-{kind}"


def _back_office(tx: Transaction, identifier: str, secret: str) -> str | None:
    found = access.verify_client(tx, identifier, secret)
    return found[0] if found is not None else None


def _storefront(tx: Transaction, identifier: str, _secret: str) -> str | None:
    return SHOP if access.is_storefront_client(tx, SHOP, identifier) else None


def _gate_of(dialect: str) -> Door:
    def knock(tx: Transaction, _identifier: str, secret: str) -> str | None:
        gate = Gates().of_shop(tx, dialect, SHOP)
        is_known = gate.knows_key({hash_of(secret)})
        assert is_known == (admission.shop_of_key(tx, dialect, [secret]) == SHOP)
        return SHOP if is_known else None

    return knock


def _application(tx: Transaction, _identifier: str, secret: str) -> str | None:
    found = applications.by_keys(tx, [hash_of(secret)]).get(hash_of(secret))
    return found.shop if found is not None else None


def _native(tx: Transaction, _identifier: str, secret: str) -> str | None:
    found = native_key(tx, secret)
    return found.shop if found is not None else None


DOORS: dict[str, Door] = {
    "service": _back_office,
    "storefront": _storefront,
    "doofinder": _gate_of("doofinder"),
    "alhena": _gate_of("alhena"),
    "scout": _application,
    "native": _native,
}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A shop with a key of each kind, and another one with keys of its own."""

    def set_up(tx: Transaction) -> None:
        for shop in (SHOP, OTHER):
            assert shops.add_shop(tx, NewShop(shop, "EUR", new_shop_keys()), NOW)
        for kind in KINDS:
            secret = None if kind == "storefront" else secret_of(kind)
            if kind == "scout":
                row = {"client_id": identifier_of(kind), "name": "Bot", "redirect_uris": "[]", "counts_repeats": 0}
                tx.run("insert_application", shop=SHOP, now=NOW, **row)
            shops.add_key(tx, SHOP, NewKey(kind, identifier_of(kind), secret, "checkouts"), NOW)

    with opened(database_url) as store:
        store.migrate()
        store.write_now(set_up)
        yield store


def _opened(store: Store) -> set[tuple[str, str]]:
    """Which kinds open which doors, with the identifier and the secret of any kind."""

    def knock(tx: Transaction) -> set[tuple[str, str]]:
        return {
            (door, f"{identifier}/{secret}")
            for door, identifier, secret in product(DOORS, KINDS, KINDS)
            if DOORS[door](tx, identifier_of(identifier), secret_of(secret)) == SHOP
        }

    return store.write_now(knock)


def test_each_kind_opens_its_own_door_and_no_other(store: Store) -> None:
    expected = {("service", "service/service")}
    expected |= {("storefront", f"storefront/{secret}") for secret in KINDS}
    for kind in ("doofinder", "alhena", "scout", "native"):
        expected |= {(kind, f"{identifier}/{kind}") for identifier in KINDS}
    assert _opened(store) == expected


@pytest.mark.parametrize("revoked", KINDS)
def test_a_revoked_key_opens_nothing_and_leaves_the_others(store: Store, revoked: str) -> None:
    before = _opened(store)
    assert not store.write_now(lambda tx: shops.revoke_key(tx, OTHER, identifier_of(revoked), NOW))
    assert _opened(store) == before
    assert store.write_now(lambda tx: shops.revoke_key(tx, SHOP, identifier_of(revoked), NOW))
    assert _opened(store) == {(door, key) for door, key in before if door != revoked}
    assert not store.write_now(lambda tx: shops.revoke_key(tx, SHOP, identifier_of(revoked), NOW))


def test_a_revoked_key_takes_its_own_tokens_with_it_and_no_others(store: Store) -> None:
    def keep(tx: Transaction) -> None:
        for shop, client in ((SHOP, "id-service"), (SHOP, "id-other"), (OTHER, "id-service")):
            access.store_tokens(tx, shop, [NewToken(f"{shop}-{client}", SERVICE, client, "", NOW + 1)])
        shops.revoke_key(tx, SHOP, "id-service", NOW)

    def callers(tx: Transaction) -> dict[str, Caller]:
        hashes = [hash_of(f"{shop}-id-{name}") for shop in (SHOP, OTHER) for name in ("service", "other")]
        return access.callers(tx, hashes, "some")

    store.write_now(keep)
    left = {(caller.shop, caller.client_id) for caller in store.write_now(callers).values()}
    assert left == {(SHOP, "id-other"), (OTHER, "id-service")}


def test_a_change_of_scopes_holds_for_the_key_it_is_of(store: Store) -> None:
    def change(tx: Transaction) -> tuple[frozenset[str], tuple[str, str] | None]:
        (application,) = applications.by_keys(tx, [hash_of(secret_of("scout"))]).values()
        kept = {"kind": "scout", "identifier": application.client_id, "scopes": "username", "shop": SHOP}
        assert tx.run("change_credential_scopes", **kept) == 1
        (changed,) = applications.by_keys(tx, [hash_of(secret_of("scout"))]).values()
        return changed.scopes, access.verify_client(tx, identifier_of("service"), secret_of("service"))

    assert store.write_now(change) == (frozenset({"username"}), (SHOP, "checkouts"))
