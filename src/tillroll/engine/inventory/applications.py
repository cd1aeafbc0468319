"""Applications and what users let them do: keys, redirect addresses, consents, codes and tokens.

    consent ──► code (one use, ten minutes) ──► token, until the user withdraws the grant

A token is derived from the application's own key and a random seed. The same grant therefore has the same token again
(docs/wire/scout.md, 2), although neither the key nor the token is stored.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from tillroll.engine.access.access import hash_of
from tillroll.engine.shops.shops import NewKey, add_key
from tillroll.store import Transaction
from tillroll.store.access import credentials
from tillroll.store.access.credentials import CredentialScopes
from tillroll.store.inventory import applications as rows
from tillroll.store.inventory.applications import (
    ApplicationRow,
    ApplicationSettings,
    GrantOwner,
    NewCode,
    TokenGrant,
    UserGrant,
)

KIND = "scout"
CHECKOUTS = "checkouts"
USERNAME = "username"
SCOPES = (CHECKOUTS, USERNAME)

REDIRECT_CHARACTERS_MAX = 1000
_UNSAFE_SCHEMES = {"javascript", "data", "vbscript", "file", "blob", "about"}
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}

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
    rows.insert_application(tx, _settings(new), now)


def change(tx: Transaction, changed: Application) -> bool:
    """Replace an application's name, addresses, scopes and rule for repeats; False where there is none."""
    if not rows.change_application(tx, _settings(changed)):
        return False
    scopes = scopes_text(changed.scopes)
    credentials.change_scopes(tx, CredentialScopes(changed.shop, KIND, changed.client_id, scopes))
    return True


def listed(tx: Transaction) -> list[Mapping[str, object]]:
    """All applications, without their keys."""
    return [
        msgspec.structs.asdict(row)
        | {
            "redirect_uris": msgspec.json.decode(row.redirect_uris),
            "counts_repeats": bool(row.counts_repeats),
            "scopes": row.scopes.split(),
        }
        for row in rows.applications(tx)
    ]


def of_shop(tx: Transaction, shop: str) -> list[Mapping[str, object]]:
    """A shop's applications, without their keys."""
    return [one for one in listed(tx) if one["shop"] == shop]


def redirect_problem(uri: str) -> str | None:
    """Why users can not be sent back to an address; None where they can."""
    try:
        place = urlsplit(uri)
    except ValueError:
        return "this is no URL"
    if not uri.isascii() or not uri.isprintable() or " " in uri or ";" in uri or len(uri) > REDIRECT_CHARACTERS_MAX:
        return f"write it in ASCII, without spaces or semicolons, {REDIRECT_CHARACTERS_MAX} characters at most"
    if not place.scheme or place.scheme in _UNSAFE_SCHEMES or "#" in uri:
        return "it needs a scheme that leads to an application, and no fragment"
    if place.scheme in ("http", "https") and not place.hostname:
        return "it needs a host"
    if place.scheme == "http" and place.hostname not in _LOCAL_HOSTS:
        return "codes may travel over https only, but to this machine itself"
    return None


def by_client_id(tx: Transaction, client_id: str) -> Application | None:
    """The live application with this public id."""
    row = rows.application(tx, client_id)
    return None if row is None else _application(row)


def names(tx: Transaction, client_ids: Iterable[str]) -> dict[str, str]:
    """What these applications are called, the revoked ones among them."""
    return rows.application_names(tx, client_ids)


def by_keys(tx: Transaction, hashes: Iterable[str]) -> dict[str, Application]:
    """The live applications behind these hashes of keys."""
    return {secret_hash: _application(row) for secret_hash, row in rows.applications_by_key(tx, hashes).items()}


def by_tokens(tx: Transaction, hashes: Iterable[str]) -> dict[str, Grant]:
    """What these hashes of tokens stand for; withdrawn ones are absent."""
    return {row.token_hash: _grant_of(row) for row in rows.grants_by_token(tx, hashes)}


def held_by_tokens(tx: Transaction, hashes: Iterable[str]) -> dict[str, Grant]:
    """The same for who writes by them: no user of theirs is removed before the transaction has ended."""
    return {row.token_hash: _grant_of(row) for row in rows.held_grants_by_token(tx, hashes)}


def _grant_of(row: TokenGrant) -> Grant:
    return Grant(row.user_id, row.name, row.client_id, frozenset(row.scopes.split()))


def consent(tx: Transaction, given: Consent, now: int) -> None:
    """Keep a consent and its code. A grant that exists already is widened; one that was withdrawn begins anew."""
    owner = GrantOwner(given.user_id, given.application.client_id)
    seed, scopes = given.seed, scopes_text(given.scopes)
    if not rows.insert_user_grant(tx, owner, UserGrant(seed, None, scopes, None), now):
        known = _grant(tx, owner)
        united = given.scopes
        if known.withdrawn_at is None:
            seed, united = known.seed, united | frozenset(known.scopes.split())
        rows.change_user_grant(tx, owner, UserGrant(seed, known.token_hash, scopes_text(united), None), now)
    code = NewCode(
        hash=_code_hash(given.code, given.challenge),
        user_id=owner.user_id,
        client_id=owner.client_id,
        redirect_uri=given.redirect_uri,
        scopes=scopes,
        seed=seed,
        expires_at=now + _CODE_LIFE,
    )
    rows.insert_grant_code(tx, code)


def exchange(tx: Transaction, application: Application, claim: CodeClaim, now: int) -> Issued:
    """The token for a code, once. Raises CodeRefused or GrantWithdrawn.

    A second use is refused and the token stays valid: who lost the answer and asks again must not lose the grant.
    """
    code = rows.grant_code(tx, claim.hash)
    if code is None or code.client_id != application.client_id:
        raise CodeRefused(f"There is no such code{' with this code_verifier' if claim.verifier else ''}.")
    if code.redirect_uri != claim.redirect_uri:
        raise CodeRefused("The code was made for another redirect_uri.")
    if code.used_at is not None:
        raise CodeRefused("The code was used already.")
    if code.expires_at <= now:
        raise CodeRefused("The code has expired.")
    owner = GrantOwner(code.user_id, code.client_id)
    grant = _grant(tx, owner)
    if grant.withdrawn_at is not None or grant.seed != code.seed:
        raise GrantWithdrawn
    if not rows.use_grant_code(tx, claim.hash, now):
        raise CodeRefused("The code was used already.")
    token = _token(claim.key, grant.seed)
    rows.change_user_grant(tx, owner, UserGrant(grant.seed, hash_of(token), grant.scopes, None), now)
    return Issued(code.user_id, token, frozenset(grant.scopes.split()))


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _code_hash(code: str, challenge: str) -> str:
    return hash_of(f"{code}\n{challenge}" if challenge else code)


def grants(tx: Transaction, user_id: int) -> list[Mapping[str, object]]:
    """What a user lets which applications do."""
    return [
        msgspec.structs.asdict(row) | {"scopes": in_order(row.scopes.split())} for row in rows.user_grants(tx, user_id)
    ]


def withdraw(tx: Transaction, user_id: int, client_id: str, now: int) -> bool:
    """Take back a grant: its token is worth nothing from the next request on."""
    return rows.withdraw_user_grant(tx, GrantOwner(user_id, client_id), now)


def delete_expired(tx: Transaction, now: int, limit: int) -> int:
    """Delete up to `limit` codes that ended a day ago; until then a second use is told from an invention."""
    return rows.delete_expired_grant_codes(tx, now - 144 * _CODE_LIFE, limit)


def in_order(scopes: Iterable[str]) -> list[str]:
    """Known scopes in the order in which they are documented."""
    wanted = set(scopes)
    return [scope for scope in SCOPES if scope in wanted]


def scopes_text(scopes: Iterable[str]) -> str:
    """Scopes as they are stored."""
    return " ".join(in_order(scopes))


def _grant(tx: Transaction, owner: GrantOwner) -> UserGrant:
    grant = rows.lock_user_grant(tx, owner)
    if grant is None:
        raise AssertionError("a code without its grant")
    return grant


def _token(key: str, seed: str) -> str:
    derived = hmac.new(key.encode(), f"access token\n{seed}".encode(), hashlib.sha256).hexdigest()
    return derived[:_TOKEN_HEX_DIGITS]


def _settings(application: Application) -> ApplicationSettings:
    uris = msgspec.json.encode(application.redirect_uris).decode()
    return ApplicationSettings(
        application.shop, application.client_id, application.name, uris, int(application.counts_repeats)
    )


def _application(row: ApplicationRow) -> Application:
    uris = msgspec.json.decode(row.redirect_uris, type=tuple[str, ...])
    scopes = frozenset(row.scopes.split())
    return Application(row.shop, row.client_id, row.name, uris, bool(row.counts_repeats), scopes)
