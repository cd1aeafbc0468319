"""Applications and what users let them do: keys, redirect addresses, consents, codes and tokens.

    consent ──► code (one use, ten minutes) ──► token, until the user withdraws the grant

A token is derived from the application's own key and a random seed. The same grant therefore has the same token again
(docs/wire/scout.md, 2), although neither the key nor the token is stored.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from tillroll.engine.access.access import hash_of
from tillroll.engine.shops.shops import NewKey, add_key
from tillroll.store import Transaction
from tillroll.store.queries import keys

KIND = "scout"
CHECKOUTS = "checkouts"
USERNAME = "username"
SCOPES = (CHECKOUTS, USERNAME)

CODE_SECONDS = 600
_CODE_LIFE = CODE_SECONDS * 1_000_000
_TOKEN_HEX_DIGITS = 24


class Application(Struct, frozen=True):
    """A program that posts for users: what it is called, where it may send them back to, what it may ask for."""

    shop: str
    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    counts_repeats: bool
    scopes: frozenset[str]


class Grant(Struct, frozen=True):
    """What a token stands for."""

    user_id: int
    user_name: str
    client_id: str
    scopes: frozenset[str]


class Consent(Struct, frozen=True):
    """What a user has just agreed to; `code` and `seed` are random and fresh.

    `challenge` is the S256 of a verifier that only the asking client knows (RFC 7636); empty where it sent none.
    """

    user_id: int
    application: Application
    redirect_uri: str
    scopes: frozenset[str]
    code: str
    seed: str
    challenge: str = ""


class CodeClaim(Struct, frozen=True):
    """A code as an application presents it, with its own key, and the verifier where it has one."""

    code: str
    redirect_uri: str
    key: str
    verifier: str = ""

    @property
    def hash(self) -> str:
        """Under which name the code is kept; without the right verifier, under no name at all."""
        return _code_hash(self.code, challenge_of(self.verifier) if self.verifier else "")


class Issued(Struct, frozen=True):
    """A token as its application gets it."""

    user_id: int
    token: str
    scopes: frozenset[str]


class CodeRefused(Exception):
    """The code can not be exchanged; the text says why."""


class GrantWithdrawn(Exception):
    """The user has taken back what the code stood for."""


def add(tx: Transaction, new: Application, key: str, now: int) -> None:
    """Create an application with its key, of which the hash is kept."""
    add_key(tx, new.shop, NewKey(KIND, new.client_id, key, scopes_text(new.scopes)), now)
    tx.run("insert_application", client_id=new.client_id, shop=new.shop, now=now, **_settings(new))


def change(tx: Transaction, changed: Application) -> bool:
    """Replace an application's name, addresses, scopes and rule for repeats; False where there is none."""
    if not tx.run("change_application", shop=changed.shop, client_id=changed.client_id, **_settings(changed)):
        return False
    scopes = scopes_text(changed.scopes)
    tx.run("change_credential_scopes", shop=changed.shop, kind=KIND, identifier=changed.client_id, scopes=scopes)
    return True


def listed(tx: Transaction) -> list[Mapping[str, object]]:
    """All applications, without their keys."""
    names = ("shop", "client_id", "name", "redirect_uris", "counts_repeats", "scopes", "created_at", "revoked_at")
    found: list[Mapping[str, object]] = []
    for row in tx.rows("applications"):
        one = dict(zip(names, row, strict=True))
        one["redirect_uris"] = msgspec.json.decode(row[3])
        one["counts_repeats"] = bool(row[4])
        one["scopes"] = str(row[5]).split()
        found.append(one)
    return found


def by_client_id(tx: Transaction, client_id: str) -> Application | None:
    """The live application with this public id."""
    row = tx.row("application", client_id=client_id)
    return None if row is None else _application(row)


def names(tx: Transaction, client_ids: Iterable[str]) -> dict[str, str]:
    """What these applications are called, the revoked ones among them."""
    return dict(tx.rows("application_names", keys=keys(client_ids)))


def by_keys(tx: Transaction, hashes: Iterable[str]) -> dict[str, Application]:
    """The live applications behind these hashes of keys."""
    return {row[0]: _application(row[1:]) for row in tx.rows("applications_by_key", keys=keys(hashes))}


def by_tokens(tx: Transaction, hashes: Iterable[str]) -> dict[str, Grant]:
    """What these hashes of tokens stand for; withdrawn ones are absent."""
    return {
        hash: Grant(user_id, name, client_id, frozenset(scopes.split()))
        for hash, user_id, name, client_id, scopes in tx.rows("grants_by_token", keys=keys(hashes))
    }


def consent(tx: Transaction, given: Consent, now: int) -> None:
    """Keep a consent and its code. A grant that exists already is widened; one that was withdrawn begins anew."""
    key = {"user_id": given.user_id, "client_id": given.application.client_id}
    seed = given.seed
    if not tx.run("insert_user_grant", seed=seed, scopes=scopes_text(given.scopes), now=now, **key):
        known_seed, token_hash, scopes, withdrawn_at = _grant(tx, key)
        united = given.scopes
        if withdrawn_at is None:
            seed, united = known_seed, united | frozenset(scopes.split())
        tx.run("change_user_grant", seed=seed, token_hash=token_hash, scopes=scopes_text(united), now=now, **key)
    tx.run(
        "insert_grant_code",
        hash=_code_hash(given.code, given.challenge),
        redirect_uri=given.redirect_uri,
        scopes=scopes_text(given.scopes),
        seed=seed,
        expires_at=now + _CODE_LIFE,
        **key,
    )


def exchange(tx: Transaction, application: Application, claim: CodeClaim, now: int) -> Issued:
    """The token for a code, once. Raises CodeRefused or GrantWithdrawn.

    A second use is refused and the token stays valid: who lost the answer and asks again must not lose the grant.
    """
    row = tx.row("grant_code", hash=claim.hash)
    if row is None or row[1] != application.client_id:
        raise CodeRefused(f"There is no such code{' with this code_verifier' if claim.verifier else ''}.")
    user_id, client_id, bound_uri, bound_seed, expires_at, used_at = row
    if bound_uri != claim.redirect_uri:
        raise CodeRefused("The code was made for another redirect_uri.")
    if used_at is not None:
        raise CodeRefused("The code was used already.")
    if expires_at <= now:
        raise CodeRefused("The code has expired.")
    owner = {"user_id": user_id, "client_id": client_id}
    seed, _, scopes, withdrawn_at = _grant(tx, owner)
    if withdrawn_at is not None or seed != bound_seed:
        raise GrantWithdrawn
    if not tx.run("use_grant_code", hash=claim.hash, now=now):
        raise CodeRefused("The code was used already.")
    token = _token(claim.key, seed)
    tx.run("change_user_grant", seed=seed, token_hash=hash_of(token), scopes=scopes, now=now, **owner)
    return Issued(user_id, token, frozenset(scopes.split()))


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _code_hash(code: str, challenge: str) -> str:
    return hash_of(f"{code}\n{challenge}" if challenge else code)


def grants(tx: Transaction, user_id: int) -> list[Mapping[str, object]]:
    """What a user lets which applications do."""
    names = ("client_id", "name", "shop", "scopes", "granted_at")
    return [
        dict(zip(names, row, strict=True)) | {"scopes": in_order(row[3].split())}
        for row in tx.rows("user_grants", user_id=user_id)
    ]


def withdraw(tx: Transaction, user_id: int, client_id: str, now: int) -> bool:
    """Take back a grant: its token is worth nothing from the next request on."""
    return bool(tx.run("withdraw_user_grant", user_id=user_id, client_id=client_id, now=now))


def delete_expired(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` codes that ended a day ago; until then a second use is told from an invention."""
    return tx.run("delete_expired_grant_codes", before=now - 144 * _CODE_LIFE, limit=limit)


def in_order(scopes: Iterable[str]) -> list[str]:
    """Known scopes in the order in which they are documented."""
    wanted = set(scopes)
    return [scope for scope in SCOPES if scope in wanted]


def scopes_text(scopes: Iterable[str]) -> str:
    """Scopes as they are stored."""
    return " ".join(in_order(scopes))


def _grant(tx: Transaction, key: Mapping[str, object]) -> tuple[str, str | None, str, int | None]:
    row = tx.row("lock_user_grant", **key)
    if row is None:
        raise AssertionError("a code without its grant")
    seed, token_hash, scopes, withdrawn_at = row
    return seed, token_hash, scopes, withdrawn_at


def _token(key: str, seed: str) -> str:
    derived = hmac.new(key.encode(), f"access token\n{seed}".encode(), hashlib.sha256).hexdigest()
    return derived[:_TOKEN_HEX_DIGITS]


def _settings(one: Application) -> dict[str, object]:
    return {
        "name": one.name,
        "redirect_uris": msgspec.json.encode(one.redirect_uris).decode(),
        "counts_repeats": int(one.counts_repeats),
    }


def _application(row: Sequence[object]) -> Application:
    shop, client_id, name, redirect_uris, counts_repeats, scopes = row
    uris = msgspec.json.decode(str(redirect_uris), type=tuple[str, ...])
    return Application(str(shop), str(client_id), str(name), uris, bool(counts_repeats), frozenset(str(scopes).split()))
