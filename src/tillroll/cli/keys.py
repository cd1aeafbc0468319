"""A shop's keys: `tillroll key`."""

from typing import Any

import click

from tillroll.cli.ground import db_option, json_option, now, of_shop, say
from tillroll.domain.times import text_of
from tillroll.engine.access.access import NATIVE, SERVICE, STOREFRONT
from tillroll.engine.access.native_keys import SCOPES, identifier_of
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewKey
from tillroll.keymaker import new_identifier, new_search_key, new_secret
from tillroll.store.access.credentials import SigningKey

DOOFINDER = "doofinder"
KINDS = ("emporix", "storefront", DOOFINDER, "native")


@click.group()
def key() -> None:
    """Create, list and revoke keys."""


@key.command("create")
@click.argument("shop_name", metavar="SHOP")
@db_option
@click.option("--scopes", help="Emporix's back office: space-separated scopes. Default: all.")
@click.option(
    "--scope",
    "named",
    multiple=True,
    type=click.Choice(SCOPES),
    help="Our own API: one of a key's scopes, once for each. Default: all.",
)
@click.option("--for", "kind", type=click.Choice(KINDS), default="emporix", show_default=True)
@click.option("--signs-tokens", is_flag=True, help="Doofinder: keep the key itself, so that it can verify JWTs.")
@json_option
def create(  # noqa: PLR0913  one argument per option
    shop_name: str, scopes: str | None, named: tuple[str, ...], kind: str, signs_tokens: bool, as_json: bool
) -> None:
    """Create a key beside those that the shop has. A secret is shown once.

    \b
    emporix     a client id and secret for a back office
    storefront  a client id for a storefront, which has no secret
    doofinder   a search key
    native      a key of Tillroll's own API, good for every --scope that is named
    """
    if signs_tokens and kind != DOOFINDER:
        raise click.UsageError("--signs-tokens is for keys --for doofinder")
    if scopes is not None and kind != "emporix":
        raise click.UsageError("--scopes are for keys --for emporix")
    if named and kind != "native":
        raise click.UsageError("--scope is for keys --for native")
    if unknown := set((scopes or "").split()) - set(shops.EVERY_SCOPE.split()):
        raise click.UsageError(f"unknown scopes: {', '.join(sorted(unknown))}")
    wanted = " ".join(dict.fromkeys(named)) if kind == "native" else shops.EVERY_SCOPE if scopes is None else scopes
    document, new, secret = _new_key(kind, wanted)

    def add(tx: Any) -> None:
        shops.add_key(tx, shop_name, new, now())
        if signs_tokens:
            shops.keep_signing_key(tx, SigningKey(shop_name, new.identifier, secret), now())

    of_shop(shop_name, add)
    lines = [f"{field:<15}{value}" for field, value in document.items() if isinstance(value, str)]
    if kind == DOOFINDER:
        document["signs_tokens"] = signs_tokens
    say(as_json, {"shop": shop_name, **document}, "\n".join(lines))


def _new_key(kind: str, scopes: str) -> tuple[dict[str, Any], NewKey, str]:
    """A fresh key as it is shown and as it is stored, and its secret."""
    identifier, secret = new_identifier(), new_secret()
    if kind == "emporix":
        shown = {"client_id": identifier, "client_secret": secret, "scopes": scopes.split()}
        return shown, NewKey(SERVICE, identifier, secret, scopes), secret
    if kind == "storefront":
        return {"storefront_client_id": identifier}, NewKey(STOREFRONT, identifier), ""
    if kind == "native":
        shown = {"identifier": identifier_of(secret), "api_key": secret, "scopes": (scopes or " ".join(SCOPES)).split()}
        return shown, NewKey(NATIVE, identifier_of(secret), secret, scopes), secret
    secret = new_search_key()
    shown = {"identifier": identifier, "api_key": secret}
    return shown, NewKey(DOOFINDER, identifier, shops.without_zone(secret)), secret


@key.command("list")
@click.argument("shop_name", metavar="SHOP")
@db_option
@json_option
def list_keys(shop_name: str, as_json: bool) -> None:
    """List a shop's keys without their secrets: what each is for, since when it is there, and whether it is revoked."""
    found = of_shop(shop_name, lambda tx: shops.credentials(tx, shop_name))
    lines = [
        f"{one['kind']:<11}{one['identifier']:<34}{text_of(one['created_at'])}"
        + ("  (revoked)" if one["revoked_at"] else "")
        for one in found
    ]
    say(as_json, found, "\n".join(lines))


@key.command("revoke")
@click.argument("shop_name", metavar="SHOP")
@click.argument("identifier")
@db_option
@json_option
def revoke(shop_name: str, identifier: str, as_json: bool) -> None:
    """Revoke a key, and with it every token that was issued on it."""
    if not of_shop(shop_name, lambda tx: shops.revoke_key(tx, shop_name, identifier, now())):
        raise click.ClickException(f"{shop_name} has no live key {identifier}")
    say(as_json, {"shop": shop_name, "revoked": identifier}, f"revoked {identifier}")
