"""Who may report events to a shop: its engines, origins and bans, and the keys of its search."""

import re
from collections.abc import Callable
from typing import Any

import click

from tillroll.cli.ground import db_option as _db
from tillroll.cli.ground import json_option as _json
from tillroll.cli.ground import now as _now
from tillroll.cli.ground import of_shop as _of_shop
from tillroll.cli.ground import say as _say
from tillroll.engine.access import admission
from tillroll.keymaker import new_hashid

_HASHID = re.compile(r"[0-9a-fA-F]{32}")
_DOOFINDER = "doofinder"

_shop_name = click.argument("shop_name", metavar="SHOP")


@click.group()
def engine() -> None:
    """A shop's search engines, as Doofinder's clients name them: hashids."""


@engine.command("add")
@_shop_name
@_db
@click.option("--hashid", help="The hashid that the clients use already: 32 hex digits. Default: a new one.")
@click.option("--name", default="", help="A name for people.")
@_json
def engine_add(shop_name: str, hashid: str | None, name: str, as_json: bool) -> None:
    """Let Doofinder's clients report to the shop under one more hashid."""
    typed = hashid.strip() if hashid is not None else None
    if typed is not None and not _HASHID.fullmatch(typed):
        raise click.UsageError("a hashid is 32 hex digits")
    added = (typed or new_hashid()).lower()
    if not _of_shop(shop_name, lambda tx: admission.add_channel(tx, shop_name, (_DOOFINDER, added, name), _now())):
        raise click.ClickException(f"the hashid {added} is taken")
    _say(as_json, {"shop": shop_name, "hashid": added, "name": name}, f"hashid  {added}")


@engine.command("list")
@_shop_name
@_db
@_json
def engine_list(shop_name: str, as_json: bool) -> None:
    """List the shop's hashids."""
    found = _of_shop(shop_name, lambda tx: admission.channels(tx, shop_name, _DOOFINDER))
    engines = [{"hashid": one["identifier"], "name": one["name"], "created_at": one["created_at"]} for one in found]
    lines = [f"{one['hashid']}  {one['name']}".rstrip() for one in engines]
    _say(as_json, engines, "\n".join(lines) or "no engines")


@engine.command("remove")
@_shop_name
@click.argument("hashid")
@_db
@_json
def engine_remove(shop_name: str, hashid: str, as_json: bool) -> None:
    """Refuse reports under this hashid from now on; what was recorded stays."""
    if not _of_shop(shop_name, lambda tx: admission.remove_channel(tx, shop_name, _DOOFINDER, hashid.lower())):
        raise click.ClickException(f"{shop_name} has no engine {hashid}")
    _say(as_json, {"shop": shop_name, "removed": hashid.lower()}, f"removed {hashid.lower()}")


@click.group()
def origin() -> None:
    """Origins of pages whose browsers may report events without a key."""


@origin.command("add")
@_shop_name
@click.argument("origin")
@_db
@_json
def origin_add(shop_name: str, origin: str, as_json: bool) -> None:
    """Admit browsers on pages of this origin: https://shop.example, or * for any."""
    _change(shop_name, lambda tx: admission.add_origin(tx, shop_name, origin, _now()), "is admitted already")
    _say(
        as_json,
        {"shop": shop_name, "origin": admission.canonical_origin(origin)},
        f"admitted {admission.canonical_origin(origin)}",
    )


@origin.command("list")
@_shop_name
@_db
@_json
def origin_list(shop_name: str, as_json: bool) -> None:
    """List the admitted origins."""
    found = _of_shop(shop_name, lambda tx: admission.origins(tx, shop_name))
    _say(as_json, found, "\n".join(str(one["origin"]) for one in found) or "no origins")


@origin.command("remove")
@_shop_name
@click.argument("origin")
@_db
@_json
def origin_remove(shop_name: str, origin: str, as_json: bool) -> None:
    """No longer admit browsers on pages of this origin."""
    _change(shop_name, lambda tx: admission.remove_origin(tx, shop_name, origin), "was not admitted")
    _say(
        as_json,
        {"shop": shop_name, "removed": admission.canonical_origin(origin)},
        f"removed {admission.canonical_origin(origin)}",
    )


@click.group()
def ban() -> None:
    """Addresses and networks from which no event is taken."""


@ban.command("add")
@_shop_name
@click.argument("network")
@_db
@_json
def ban_add(shop_name: str, network: str, as_json: bool) -> None:
    """Refuse every event from an address (203.0.113.7) or a network (2001:db8::/32)."""
    _change(shop_name, lambda tx: admission.ban(tx, shop_name, network, _now()), "is banned already")
    _say(
        as_json,
        {"shop": shop_name, "network": admission.canonical_network(network)},
        f"banned {admission.canonical_network(network)}",
    )


@ban.command("list")
@_shop_name
@_db
@_json
def ban_list(shop_name: str, as_json: bool) -> None:
    """List the banned addresses and networks."""
    found = _of_shop(shop_name, lambda tx: admission.bans(tx, shop_name))
    _say(as_json, found, "\n".join(str(one["network"]) for one in found) or "no bans")


@ban.command("remove")
@_shop_name
@click.argument("network")
@_db
@_json
def ban_remove(shop_name: str, network: str, as_json: bool) -> None:
    """Take events from this address or network again."""
    _change(shop_name, lambda tx: admission.lift_ban(tx, shop_name, network), "was not banned")
    _say(
        as_json,
        {"shop": shop_name, "removed": admission.canonical_network(network)},
        f"lifted {admission.canonical_network(network)}",
    )


def _change(shop_name: str, work: Callable[[Any], bool], otherwise: str) -> None:
    """Change one thing of a shop, or say why there is nothing to change."""
    try:
        changed = _of_shop(shop_name, work)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not changed:
        raise click.ClickException(f"{shop_name}: that {otherwise}")
