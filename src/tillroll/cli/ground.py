"""What every command stands on: the options that they share, the store that they open, and how they speak."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from tillroll.engine.shops import shops
from tillroll.settings import Settings, load
from tillroll.store import Contended, Result, Store, StoreFailed, open_store

db_option = click.option(
    "--db", metavar="URL", help="sqlite:///path/to.db or postgresql://user@host/name. Default: sqlite:///tillroll.db"
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for scripts.")


def settings_of(flags: dict[str, Any], config: Path | None = None) -> Settings:
    """Settings from flags, environment and file; what is wrong with them is one sentence."""
    try:
        return load(flags, config)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _open(settings: Settings) -> Store:
    try:
        return open_store(settings.db, queue_max=settings.write_queue_max, request_seconds=settings.request_seconds)
    except (ValueError, OSError) as error:
        raise click.UsageError(f"--db: {error}") from error


def write(db: str | None, work: Callable[[Any], Any]) -> Any:
    """Run one function in one transaction on an up-to-date schema."""

    def migrate_and_write(store: Store) -> Any:
        store.migrate()
        return store.write_now(work)

    return with_store(settings_of({"db": db}), migrate_and_write)


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
        sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    else:
        sys.stdout.write(text + "\n")


def now() -> int:
    """The time, in microseconds UTC."""
    return time.time_ns() // 1000


def of_shop(db: str | None, shop_name: str, work: Callable[[Any], Any]) -> Any:
    """As `write`, for a shop that exists."""

    def checked(tx: Any) -> tuple[bool, Any]:
        known = any(one["shop"] == shop_name for one in shops.shops(tx))
        return known, work(tx) if known else None

    known, result = write(db, checked)
    if not known:
        raise click.ClickException(f"there is no shop {shop_name}")
    return result
