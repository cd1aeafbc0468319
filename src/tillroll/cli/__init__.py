"""The command line: for people by default, for scripts with `--json`."""

import contextlib
import socket
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from tillroll import __version__
from tillroll.cli import (
    accounts,
    admission,
    alhena,
    attribution,
    ground,
    keys,
    payments,
    setup,
    simulate_psp,
    switches,
    webhooks,
)
from tillroll.cli.ground import db_option as _db
from tillroll.cli.ground import json_option as _json
from tillroll.cli.ground import now as _now
from tillroll.cli.ground import say as _say
from tillroll.cli.ground import with_store as _with_store
from tillroll.domain.countries import country_code, strange_country
from tillroll.domain.money import currency_code
from tillroll.domain.times import pin_zones
from tillroll.engine.sales.audit import Retelling
from tillroll.engine.shops import shops
from tillroll.engine.shops.audit import Property
from tillroll.engine.shops.audit import audit as prove_all
from tillroll.engine.shops.shops import ShopKeys, WishedShop
from tillroll.keymaker import open_shop
from tillroll.settings import PORT_MAX, WORKERS_MAX
from tillroll.store import Store

_FOLDER = click.Path(exists=True, file_okay=False, writable=True, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


def _show_version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        click.echo(f"tillroll, version {__version__} (tzdata {metadata.version('tzdata')})")
        context.exit()


_port = click.option("--port", type=click.IntRange(0, PORT_MAX), help="Port to listen on; 0 means any. Default: 8080")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@_db
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

    Settings come from flags, then TILLROLL_* environment variables, then the TOML file of --config or TILLROLL_CONFIG.
    --db and --config may stand before or behind the name of a command.
    """
    pin_zones()


main.add_command(accounts.app)
main.add_command(accounts.user)
main.add_command(payments.payments)
main.add_command(setup.setup)


@main.command()
@_db
@click.option("--host", help="Address to listen on. Default: 127.0.0.1")
@_port
@click.option(
    "--workers", type=click.IntRange(1, WORKERS_MAX), help="Server processes that share the database. Default: 1"
)
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the wire APIs. Brings the schema up to date first.

    SIGTERM, Ctrl-C and a closed terminal (SIGHUP) end it gently: requests that have begun are finished.
    """
    from tillroll import server  # noqa: PLC0415  the HTTP server is loaded only where it is used

    server.keep_standard_streams()
    settings = ground.settings({"host": host, "port": port, "workers": workers})
    try:
        sockets = server.bind(settings)  # first of all: who can not serve changes no schema
    except server.CanNotListen as error:
        raise click.ClickException(str(error)) from error
    with contextlib.ExitStack() as stack:
        for bound in sockets:
            stack.enter_context(bound)
        _with_store(settings, lambda store: _prepared(store, sockets))
        server.run(settings, sockets)


def _prepared(store: Store, sockets: Sequence[socket.socket]) -> None:
    store.migrate()
    setup.invite(store, sockets)


@main.command()
@_db
@_json
def migrate(as_json: bool) -> None:
    """Bring the database schema up to date."""
    applied = _with_store(ground.settings(), lambda store: store.migrate())
    _say(as_json, {"applied": applied}, "applied: " + ", ".join(applied) if applied else "the schema is up to date")


@main.command()
@_db
@click.option("--host", help="Address to listen on. Default: 127.0.0.1")
@_port
@click.option("--exit", "exits", is_flag=True, help="Use a throw-away database, buy once, and stop.")
def demo(host: str | None, port: int | None, exits: bool) -> None:
    """Seed a demo shop, buy once in each dialect over real HTTP and show each step; then serve until Ctrl-C.

    Where it goes on serving, a new shop has a past of ninety days, and the log-in of its dashboard is shown.

    The shop is in ./tillroll-demo.db or the database of --db, never in the one that the environment or a file names.
    """
    from tillroll import demo as show  # noqa: PLC0415  only this command needs it
    from tillroll.server import keep_standard_streams  # noqa: PLC0415  as above

    keep_standard_streams()
    settings = ground.settings({"host": host, "port": port})
    ground.pass_config_on()
    try:
        show.run(ground.given_db() or "sqlite:///tillroll-demo.db", settings.host, settings.port, exits=exits)
    except show.DemoFailed as error:
        raise click.ClickException(str(error)) from error


@main.command()
@_db
@click.option(
    "--deep",
    is_flag=True,
    help="Tell every event of the ledger again, not only the first ones, to make its sales anew.",
)
@click.option(
    "--provider",
    "of_provider",
    is_flag=True,
    help="Compare payments with the books of their providers, too, and list those that are not over.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="With --provider: the payments of so many days.",
)
@_json
def audit(deep: bool, of_provider: bool, days: int, as_json: bool) -> None:
    """Prove the till's promises on the live data: one line per property; exit 1 where one is broken."""
    from tillroll.app import witnesses  # noqa: PLC0415  it loads every dialect, which most commands need not

    retelling = Retelling(witnesses(), None) if deep else Retelling(witnesses())
    properties: list[Property] = ground.read(lambda tx: prove_all(tx, retelling))
    broken = [one for one in properties if not one.holds]
    lines = []
    for one in properties:
        lines.append(f"{'ok    ' if one.holds else 'BROKEN'}  {one.name}: {one.promise}")
        lines += [f"        {problem}" for problem in one.problems]
    found = [{"name": one.name, "holds": one.holds, "problems": one.problems} for one in properties]
    document: dict[str, Any] = {"holds": not broken, "properties": found}
    if of_provider:
        theirs = payments.compared(days)
        lines += theirs.lines
        document |= {"holds": not broken and theirs.holds, **theirs.document}
    _say(as_json, document, "\n".join(lines))
    if not document["holds"]:
        sys.exit(1)


@main.group()
def shop() -> None:
    """Add, list, show and remove shops."""


@shop.command("add")
@click.argument("name")
@_db
@click.option("--currency", default="EUR", show_default=True, help="The shop's own currency, ISO 4217.")
@click.option("--country", default="", help="Where it is at home, ISO 3166. Default: where its currency is; EUR: DE.")
@_json
def shop_add(name: str, currency: str, country: str, as_json: bool) -> None:
    """Create a shop and its credentials for every wire API. Secrets are shown once: note them down.

    A shop begins with a site `main`, its currency, a default price model and the configuration that tools expect.
    """
    if problem := shops.name_problem(name):
        raise click.UsageError(problem)
    if problem := shops.name_problem(name):
        raise click.UsageError(problem)
    expected = strange_country(country) if country else None
    if expected is not None:
        raise click.UsageError(f"--country: name {expected}")
    wish = WishedShop(name, currency_code(currency), country_code(country))
    try:
        made: ShopKeys | None = ground.create_and_write(lambda tx: open_shop(tx, wish, _now()))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if made is None:
        if any(one["shop"] == name for one in ground.read(shops.removed)):
            raise click.ClickException(f"{name} was the name of a shop that was removed, and is not given again")
        raise click.ClickException(f"the shop {name} exists already; 'tillroll shop show {name}' lists its keys")
    document = shop_document(name, made)
    _say(as_json, document, _listing(document))


@shop.command("list")
@_db
@click.option("--removed", is_flag=True, help="Those that were removed, instead.")
@_json
def shop_list(removed: bool, as_json: bool) -> None:
    """List the shops."""
    found = ground.read(shops.removed if removed else shops.shops)
    lines = [f"{one['shop']}  {one['currency']}" for one in found]
    if removed:
        _say(as_json, found, "\n".join(lines) or "no shop was removed")
        return
    _say(as_json, found, "\n".join(lines) or "no shops yet: tillroll shop add NAME")


@shop.command("show")
@click.argument("name")
@_db
@_json
def shop_show(name: str, as_json: bool) -> None:
    """Show a shop's keys, without their secrets."""
    known = ground.read(lambda tx: {one["shop"]: one for one in shops.shops(tx)})
    if name not in known:
        raise click.ClickException(f"there is no shop {name}")
    found = ground.read(lambda tx: shops.credentials(tx, name))
    document = {**known[name], "keys": found}
    lines = [f"{one['kind']:<11}{one['identifier']}{'  (revoked)' if one['revoked_at'] else ''}" for one in found]
    _say(as_json, document, "\n".join(lines))


@shop.command("remove")
@click.argument("name")
@_db
@ground.yes_option
@_json
def shop_remove(name: str, yes: bool, as_json: bool) -> None:
    """Remove a shop for good: no key, token, hashid or login opens it any more, from the next request on.

    Nothing that it wrote is deleted: orders, customers and the ledger stay in the database, and so does its name, which
    no other shop gets.
    """
    held = ground.of_shop(name, lambda tx: shops.holdings(tx, name))
    ground.sure(
        f"Remove the shop {name}, which can not be undone? {held.live_keys} keys and {held.members} members lose it; "
        f"{held.open_carts} open carts and {held.unbought_quotes} quotes can not be bought any more. "
        f"{held.orders} orders, {held.customers} customers and {held.events} events stay in the database",
        yes,
    )
    if not ground.of_shop(name, lambda tx: shops.remove(tx, name, _now())):
        raise click.ClickException(f"there is no shop {name} any more")
    _say(as_json, {"removed": name, **msgspec.structs.asdict(held)}, f"removed {name}")


for _group in (admission.engine, admission.origin, admission.ban):
    shop.add_command(_group)
shop.add_command(alhena.alhena)
shop.add_command(switches.switch)
shop.add_command(attribution.shop_counting)
main.add_command(attribution.attribute)


main.add_command(keys.key)
main.add_command(webhooks.webhooks)
main.add_command(simulate_psp.simulate_psp)


@main.command()
@click.option("--dir", "folder", type=_FOLDER, default=".", help="Where the databases lie meanwhile. Default: here")
@click.option("--postgres", metavar="URL", help="A PostgreSQL to measure. Default: a temporary one, where installed.")
@click.option("--no-postgres", is_flag=True, help="Measure SQLite only.")
@click.option("--connections", type=click.IntRange(1, 512), default=32, show_default=True, help="Clients at once.")
@click.option("--quick", is_flag=True, help="Few requests: whether it works, not how fast.")
@click.option("--profile", is_flag=True, help="Show where one checkout's time goes, too.")
@click.option(
    "--against", type=_FOLDER, help="Compare checkouts and events with those of another checkout of Tillroll instead."
)
@click.option("--sales", is_flag=True, help="Measure the making of sales, and reports of them, instead.")
@click.option("--events", type=click.IntRange(100), default=1_000_000, show_default=True, help="Of --sales: how many.")
@click.option("--json", "json_file", type=_NEW_FILE, help="Write every figure to this file as JSON.")
def bench(**wished: Any) -> None:
    """Measure this machine: atomic checkouts per second beside an empty endpoint.

    \b
    Exits with 1 when a checkout failed, an order is missing, a rebuild comes out otherwise or the audit finds a fault.
    """
    ground.refuse_settings("bench makes its own databases and settings")
    from tillroll.bench.servers import BenchFailed  # noqa: PLC0415  loaded only where it is used

    if wished["against"] is not None and (wished["profile"] or wished["postgres"] or wished["sales"]):
        raise click.UsageError("--against makes databases of its own: it takes no --postgres, --profile or --sales")
    measured = _compared if wished["against"] is not None else _of_sales if wished["sales"] else _of_checkouts
    try:
        found = measured(wished, lambda text: click.echo(text, err=True))
    except BenchFailed as failure:
        raise click.ClickException(str(failure)) from failure
    if wished["json_file"] is not None:
        wished["json_file"].write_bytes(found.document)
    click.echo(found.said)
    sys.exit(1 if found.failures else 0)


class _Measured(NamedTuple):
    """What a run of the bench has found: as JSON, for people, and what must not be."""

    document: bytes
    said: str
    failures: Sequence[str] = ()


_Say = Callable[[str], None]


def _of_checkouts(wished: dict[str, Any], say: _Say) -> _Measured:
    from tillroll.bench import measure, report  # noqa: PLC0415  loaded only where it is used

    scale = msgspec.structs.replace(
        measure.QUICK if wished["quick"] else measure.FULL, connections=wished["connections"]
    )
    wishes = measure.Wishes(wished["folder"], scale, wished["postgres"], not wished["no_postgres"], wished["profile"])
    found = measure.run(wishes, say)
    return _Measured(report.as_json(found), report.as_text(found), found.failures)


def _of_sales(wished: dict[str, Any], say: _Say) -> _Measured:
    from tillroll.bench import measure, report, sales  # noqa: PLC0415  loaded only where it is used

    scale = measure.QUICK if wished["quick"] else measure.FULL
    wishes = measure.Wishes(wished["folder"], scale, wished["postgres"], not wished["no_postgres"])
    found = sales.run(wishes, sales.QUICK_EVENTS if wished["quick"] else wished["events"], say)
    return _Measured(report.sales_as_json(found), report.sales_as_text(found), found.failures)


def _compared(wished: dict[str, Any], say: _Say) -> _Measured:
    from tillroll.bench import against  # noqa: PLC0415  loaded only where it is used

    scale = msgspec.structs.replace(
        against.QUICK if wished["quick"] else against.FULL, connections=wished["connections"]
    )
    found = against.run(against.Sides(wished["against"], wished["folder"], scale, not wished["no_postgres"]), say)
    return _Measured(against.as_json(found), against.as_text(found))


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
