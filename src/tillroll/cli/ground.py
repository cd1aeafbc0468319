"""What every command stands on: the options that they share, the store that they open, and how they speak."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import msgspec

from tillroll.domain.times import text_of
from tillroll.engine.shops import shops
from tillroll.settings import CONFIG_VARIABLE, Settings, check_variables, load
from tillroll.store import SQLITE, Contended, Result, Store, StoreFailed, open_store

_DB = "db"
_CONFIG = "config"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep what was given for `settings`; what stands behind a command goes before what stands in front of it."""
    if value is not None and parameter.name is not None:
        context.find_root().ensure_object(dict)[parameter.name] = value


def config_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--config`, for `settings`."""
    about = "A TOML file of settings. Default: the one that TILLROLL_CONFIG names, or none."
    option = click.option("--config", type=_FILE, expose_value=False, callback=_note, help=about)
    return option(command)


def db_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--db` and `--config`, for `settings`: every command on a database has them, and takes no argument for them."""
    about = "sqlite:///path/to.db or postgresql://user@host/name. Default: sqlite:///tillroll.db"
    option = click.option("--db", metavar="URL", expose_value=False, callback=_note, help=about)
    return option(config_option(command))


yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for scripts.")


def settings(flags: Mapping[str, Any] | None = None) -> Settings:
    """Settings from these flags and `--db`, from the environment and the file; what is wrong is one sentence."""
    given = click.get_current_context().find_root().ensure_object(dict)
    try:
        return load({_DB: given.get(_DB), **(flags or {})}, _config(given))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _config(given: Mapping[str, Any]) -> Path | None:
    path: Path | None = given.get(_CONFIG)
    if path is None and (named := os.environ.get(CONFIG_VARIABLE)):
        path = Path(named)
        if not path.is_file():
            raise ValueError(f"{CONFIG_VARIABLE}: there is no file {named}")
    return path


def given_db() -> str | None:
    """The address of `--db` alone, for commands that would never touch a shop's own database unasked."""
    address: str | None = click.get_current_context().find_root().ensure_object(dict).get(_DB)
    return address


def pass_config_on() -> None:
    """Let the processes that this command starts read the file of `--config`, too."""
    path = _config(click.get_current_context().find_root().ensure_object(dict))
    if path is not None:
        os.environ[CONFIG_VARIABLE] = str(path)


def refuse_settings(reason: str) -> None:
    """Refuse `--db` and `--config` in front of a command that heeds neither, and variables that name no setting."""
    for name in click.get_current_context().find_root().ensure_object(dict):
        raise click.UsageError(f"--{name}: {reason}")
    try:
        check_variables()
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _open(settings: Settings) -> Store:
    try:
        return open_store(
            settings.db,
            queue_max=settings.write_queue_max,
            request_seconds=settings.request_seconds,
            wal_bytes_max=settings.wal_bytes_max,
        )
    except (ValueError, OSError) as error:
        raise click.UsageError(f"--db: {error}") from error


def create_and_write(work: Callable[[Any], Any]) -> Any:
    """Run one function in one transaction, on a database that is made and brought up to date where it has to be."""

    def migrate_and_write(store: Store) -> Any:
        store.migrate()
        return store.write_now(work)

    return with_store(settings(), migrate_and_write)


def write(work: Callable[[Any], Any]) -> Any:
    """Run one function in one transaction, on a database that is there and up to date."""
    return with_store(settings_of_a_database(), lambda store: _up_to_date(store).write_now(work))


def read(work: Callable[[Any], Any]) -> Any:
    """The same for what only looks."""
    return with_store(settings_of_a_database(), lambda store: _up_to_date(store).read_now(work))


def use(work: Callable[[Store], Result]) -> Result:
    """Run something that takes many transactions, on a database that is there and up to date."""
    return with_store(settings_of_a_database(), lambda store: work(_up_to_date(store)))


def settings_of_a_database() -> Settings:
    """Settings whose database is there: a mistyped address makes no new one."""
    found = settings()
    path = found.db.removeprefix(SQLITE)
    if found.db.startswith(SQLITE) and path and not Path(path).exists():
        raise click.ClickException(
            f"there is no database at {path}; 'tillroll shop add' or 'tillroll migrate' makes it"
        )
    return found


def _up_to_date(store: Store) -> Store:
    missing = store.missing_migrations()
    if missing:
        raise click.ClickException(
            f"the database lacks {len(missing)} migrations, from {missing[0]} on: 'tillroll migrate' applies them"
        )
    return store


def with_store(settings: Settings, use: Callable[[Store], Result]) -> Result:
    """What `use` returns; a store that fails is one sentence, and the store is closed either way."""
    store = _open(settings)
    try:
        return use(store)
    except (StoreFailed, Contended) as error:
        raise click.ClickException(str(error)) from error
    finally:
        store.close()


def say(as_json: bool, document: Any, text: str) -> None:
    """Print a document for scripts, or the text for people."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(_with_times(document)).decode() + "\n")
    else:
        sys.stdout.write(text + "\n")


def _with_times(document: Any) -> Any:
    """A document with its points in time, whose names end in `_at`, as ISO 8601."""
    if isinstance(document, Mapping):
        return {
            name: text_of(value) if name.endswith("_at") and isinstance(value, int) else _with_times(value)
            for name, value in document.items()
        }
    return [_with_times(one) for one in document] if isinstance(document, list | tuple) else document


def sure(question: str, given: bool) -> None:
    """Go on where `--yes` was given, or where somebody at a terminal says yes to what they were told; else stop."""
    if given:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question}\nThere is no terminal to ask: say --yes")
    click.confirm(question, abort=True, err=True)


def now() -> int:
    """The time, in microseconds UTC."""
    return time.time_ns() // 1000


def of_shop(shop_name: str, work: Callable[[Any], Any]) -> Any:
    """As `write`, for a shop that exists."""

    def checked(tx: Any) -> tuple[bool, Any]:
        known = any(one["shop"] == shop_name for one in shops.shops(tx))
        return known, work(tx) if known else None

    known, result = write(checked)
    if not known:
        raise click.ClickException(f"there is no shop {shop_name}")
    return result
