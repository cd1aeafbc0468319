"""The command line: for people by default, for scripts with `--json`."""

import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import msgspec

from tillroll import __version__
from tillroll.cli import accounts, admission, alhena
from tillroll.cli.ground import db_option as _db
from tillroll.cli.ground import json_option as _json
from tillroll.cli.ground import now as _now
from tillroll.cli.ground import of_shop
from tillroll.cli.ground import say as _say
from tillroll.cli.ground import settings_of as _settings
from tillroll.cli.ground import with_store as _with_store
from tillroll.cli.ground import write as _write
from tillroll.domain.times import pin_zones
from tillroll.engine.access.access import SERVICE
from tillroll.engine.shops import shops
from tillroll.engine.shops.audit import Property
from tillroll.engine.shops.audit import audit as prove_all
from tillroll.engine.shops.shops import NewKey, NewShop, ShopKeys
from tillroll.keymaker import new_identifier, new_secret, new_shop_keys
from tillroll.store import Store

_TENANT = re.compile(r"[a-z][a-z0-9]{2,15}")

_config = click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A TOML file of settings."
)

_FOLDER = click.Path(exists=True, file_okay=False, writable=True, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


def _show_version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        click.echo(f"tillroll, version {__version__} (tzdata {metadata.version('tzdata')})")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Tillroll runs a shop's checkout as one atomic transaction.

    \b
    Try it:        tillroll demo
    Use it:        tillroll shop add acme
                   tillroll serve
    Trust it:      tillroll audit

    Settings come from flags, then TILLROLL_* environment variables, then the TOML file of --config.
    """
    pin_zones()


main.add_command(accounts.app)
main.add_command(accounts.user)


@main.command()
@_db
@_config
@click.option("--host", help="Address to listen on. Default: 127.0.0.1")
@click.option("--port", type=int, help="Port to listen on. Default: 8080")
@click.option("--workers", type=int, help="Server processes that share the database. Default: 1")
def serve(  # noqa: PLR0913  one argument per option: click calls it with all of them, by name
    db: str | None, config: Path | None, host: str | None, port: int | None, workers: int | None
) -> None:
    """Serve the wire APIs. Brings the schema up to date first.

    SIGTERM, Ctrl-C and a closed terminal (SIGHUP) end it gently: requests that have begun are finished.
    """
    from tillroll import server  # noqa: PLC0415  the HTTP server is loaded only where it is used

    server.keep_standard_streams()
    settings = _settings({"db": db, "host": host, "port": port, "workers": workers}, config)
    try:
        sockets = server.bind(settings)  # first of all: who can not serve changes no schema
    except server.CanNotListen as error:
        raise click.ClickException(str(error)) from error
    _with_store(settings, lambda store: store.migrate())
    server.run(settings, sockets)


@main.command()
@_db
@_json
def migrate(db: str | None, as_json: bool) -> None:
    """Bring the database schema up to date."""
    applied = _with_store(_settings({"db": db}), lambda store: store.migrate())
    _say(as_json, {"applied": applied}, "applied: " + ", ".join(applied) if applied else "the schema is up to date")


@main.command()
@_db
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=8080, show_default=True, help="Port to listen on.")
@click.option("--exit", "exits", is_flag=True, help="Use a throw-away database, buy once, and stop.")
def demo(db: str | None, host: str, port: int, exits: bool) -> None:
    """Seed a demo shop, buy once in each dialect over real HTTP and show each step; then serve until Ctrl-C."""
    from tillroll import demo as show  # noqa: PLC0415  only this command needs it
    from tillroll.server import keep_standard_streams  # noqa: PLC0415  as above

    keep_standard_streams()
    try:
        show.run(db or "sqlite:///tillroll-demo.db", host, port, exits=exits)
    except show.DemoFailed as error:
        raise click.ClickException(str(error)) from error


@main.command()
@_db
@_json
def audit(db: str | None, as_json: bool) -> None:
    """Prove the till's promises on the live data: one line per property; exit 1 where one is broken."""

    settings = _settings({"db": db})
    path = Path(settings.db.removeprefix("sqlite:///"))
    if settings.db.startswith("sqlite:///") and not path.exists():
        raise click.ClickException(f"there is no database at {path}")

    def prove(store: Store) -> list[Property]:
        store.migrate()
        return store.read_now(prove_all)

    properties = _with_store(settings, prove)
    broken = [one for one in properties if not one.holds]
    lines = []
    for one in properties:
        lines.append(f"{'ok    ' if one.holds else 'BROKEN'}  {one.name}: {one.promise}")
        lines += [f"        {problem}" for problem in one.problems]
    found = [{"name": one.name, "holds": one.holds, "problems": one.problems} for one in properties]
    _say(as_json, {"holds": not broken, "properties": found}, "\n".join(lines))
    if broken:
        sys.exit(1)


@main.group()
def shop() -> None:
    """Add, list and show shops."""


@shop.command("add")
@click.argument("name")
@_db
@click.option("--currency", default="EUR", show_default=True, help="The shop's own currency, ISO 4217.")
@_json
def shop_add(name: str, db: str | None, currency: str, as_json: bool) -> None:
    """Create a shop and its credentials for every wire API. Secrets are shown once: note them down."""
    if not _TENANT.fullmatch(name):
        raise click.UsageError("a shop's name is 3 to 16 lower-case letters and digits, starting with a letter")
    keys = new_shop_keys()
    try:
        added = _write(db, lambda tx: shops.add_shop(tx, NewShop(name, currency, keys), _now()))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not added:
        raise click.ClickException(f"the shop {name} exists already; 'tillroll shop show {name}' lists its keys")
    document = shop_document(name, keys)
    _say(as_json, document, _listing(document))


@shop.command("list")
@_db
@_json
def shop_list(db: str | None, as_json: bool) -> None:
    """List the shops."""
    found = _write(db, shops.shops)
    lines = [f"{one['shop']}  {one['currency']}" for one in found]
    _say(as_json, found, "\n".join(lines) or "no shops yet: tillroll shop add NAME")


@shop.command("show")
@click.argument("name")
@_db
@_json
def shop_show(name: str, db: str | None, as_json: bool) -> None:
    """Show a shop's keys, without their secrets."""
    known = _write(db, lambda tx: {one["shop"]: one for one in shops.shops(tx)})
    if name not in known:
        raise click.ClickException(f"there is no shop {name}")
    keys = _write(db, lambda tx: shops.credentials(tx, name))
    document = {**known[name], "keys": keys}
    lines = [f"{one['kind']:<11}{one['identifier']}{'  (revoked)' if one['revoked_at'] else ''}" for one in keys]
    _say(as_json, document, "\n".join(lines))


for _group in (admission.engine, admission.origin, admission.ban):
    shop.add_command(_group)
shop.add_command(alhena.alhena)


@main.group()
def key() -> None:
    """Create and revoke keys."""


@key.command("create")
@click.argument("shop_name", metavar="SHOP")
@_db
@click.option("--scopes", default=shops.EVERY_SCOPE, show_default=False, help="Space-separated scopes. Default: all.")
@click.option("--for", "dialect", type=click.Choice(["emporix", "doofinder"]), default="emporix", show_default=True)
@click.option("--signs-tokens", is_flag=True, help="Doofinder: keep the key itself, so that it can verify JWTs.")
@_json
def key_create(**wished: Any) -> None:
    """Create a client id and secret for a back office, or a search key. The secret is shown once."""
    shop_name, db, as_json = wished["shop_name"], wished["db"], wished["as_json"]
    if wished["dialect"] == "doofinder":
        admission.create_search_key(shop_name, db, wished["signs_tokens"], as_json)
    elif wished["signs_tokens"]:
        raise click.UsageError("--signs-tokens is for keys --for doofinder")
    else:
        _create_back_office_key(shop_name, db, wished["scopes"], as_json)


def _create_back_office_key(shop_name: str, db: str | None, scopes: str, as_json: bool) -> None:
    unknown = set(scopes.split()) - set(shops.EVERY_SCOPE.split())
    if unknown:
        raise click.UsageError(f"unknown scopes: {', '.join(sorted(unknown))}")
    client_id, secret = new_identifier(), new_secret()

    of_shop(db, shop_name, lambda tx: shops.add_key(tx, shop_name, NewKey(SERVICE, client_id, secret, scopes), _now()))
    document = {"shop": shop_name, "client_id": client_id, "client_secret": secret, "scopes": scopes.split()}
    _say(as_json, document, f"client_id      {client_id}\nclient_secret  {secret}")


@key.command("revoke")
@click.argument("shop_name", metavar="SHOP")
@click.argument("identifier")
@_db
@_json
def key_revoke(shop_name: str, identifier: str, db: str | None, as_json: bool) -> None:
    """Revoke a key, and with it every token that was issued on it."""
    if not _write(db, lambda tx: shops.revoke_key(tx, shop_name, identifier, _now())):
        raise click.ClickException(f"{shop_name} has no live key {identifier}")
    _say(as_json, {"shop": shop_name, "revoked": identifier}, f"revoked {identifier}")


@main.command()
@click.option("--dir", "folder", type=_FOLDER, default=".", help="Where the databases lie meanwhile. Default: here")
@click.option("--postgres", metavar="URL", help="A PostgreSQL to measure. Default: a temporary one, where installed.")
@click.option("--no-postgres", is_flag=True, help="Measure SQLite only.")
@click.option("--connections", type=click.IntRange(1, 512), default=32, show_default=True, help="Clients at once.")
@click.option("--quick", is_flag=True, help="Few requests: whether it works, not how fast.")
@click.option("--profile", is_flag=True, help="Show where one checkout's time goes, too.")
@click.option("--json", "json_file", type=_NEW_FILE, help="Write every figure to this file as JSON.")
def bench(**wished: Any) -> None:
    """Measure this machine: atomic checkouts per second beside an empty endpoint.

    \b
    Exits with 1 when a checkout failed, an order is missing or the audit finds a fault.
    """
    from tillroll.bench import measure, report  # noqa: PLC0415  loaded only where it is used
    from tillroll.bench.servers import BenchFailed  # noqa: PLC0415

    scale = msgspec.structs.replace(
        measure.QUICK if wished["quick"] else measure.FULL, connections=wished["connections"]
    )
    wishes = measure.Wishes(wished["folder"], scale, wished["postgres"], not wished["no_postgres"], wished["profile"])
    try:
        found = measure.run(wishes, lambda text: click.echo(text, err=True))
    except BenchFailed as failure:
        raise click.ClickException(str(failure)) from failure
    if wished["json_file"] is not None:
        wished["json_file"].write_bytes(report.as_json(found))
    click.echo(report.as_text(found))
    sys.exit(1 if found.failures else 0)


def shop_document(shop: str, keys: ShopKeys) -> dict[str, Any]:
    """What `shop add --json` prints."""
    return {
        "shop": shop,
        "emporix": {
            "tenant": shop,
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
            "storefront_client_id": keys.storefront_client_id,
        },
        "doofinder": {"hashid": keys.hashid, "api_key": keys.search_key},
        "alhena": {"company_key": shop},
        "scout": {"client_id": keys.scout_client_id, "api_key": keys.scout_key},
        "native": {"api_key": keys.native_key},
    }


def _listing(document: dict[str, Any]) -> str:
    lines = [f"shop {document['shop']} is ready; its secrets are shown only now:"]
    for name, value in document.items():
        if isinstance(value, dict):
            lines += [f"  {name:<10}{field:<22}{content}" for field, content in value.items()]
    return "\n".join(lines)
