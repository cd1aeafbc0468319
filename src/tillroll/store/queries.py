"""The named queries of the folders here, and the migrations.

Each folder is a capability: its `queries.sql` holds the text for both databases, `queries.postgres.sql` beside it
overrides single queries where PostgreSQL needs other words (row locks, mostly), each with the reason. A name is that
of one query in all folders.
"""

import io
import logging
from collections.abc import Iterable
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Literal

import aiosql
import msgspec

from tillroll import __version__
from tillroll.store import StoreFailed

Engine = Literal["sqlite", "postgres"]
_FOLDER = Path(__file__).parent


@cache
def queries(engine: Engine) -> dict[str, str]:
    """Every query by name, with the parameters in the spelling of the engine's driver."""
    shared = [path for path in _FOLDER.glob("*/*.sql") if not path.name.endswith(".postgres.sql")]
    overrides = list(_FOLDER.glob("*/*.postgres.sql")) if engine == "postgres" else []
    found: dict[str, str] = {}
    for path in shared + overrides:
        loaded = aiosql.from_path(path, "sqlite3" if engine == "sqlite" else "psycopg", mandatory_parameters=False)
        for name in loaded.available_queries:
            if not name.endswith("_cursor"):
                if name in found and path in shared:
                    raise ValueError(f"{path.parent.name}/{path.name}: there is another query {name}")
                found[name] = getattr(loaded, name).sql
    return found


def apply_migrations(yoyo_url: str, engine: Engine) -> list[str]:
    """Apply what is missing; the names of what was applied. The caller holds a lock that dies with its process.

    Each migration and the note that it was applied are one transaction, so that a kill at any instruction leaves either
    both or neither. The tool's own lock is a row that would outlive a kill, and it
    applies a migration and notes it in two transactions.
    """
    import yoyo  # noqa: PLC0415  it loads a driver of every database that it knows: only where something is missing

    logging.getLogger("yoyo").setLevel(logging.WARNING)
    # The tool prints whatever a statement returns, and SQLite returns its own check of a column that is added.
    with redirect_stdout(io.StringIO()), yoyo.get_backend(yoyo_url) as backend:
        backend.ensure_internal_schema_updated()
        known = yoyo.read_migrations(str(_FOLDER / "migrations" / engine))
        missing_of(engine, [id for (id,) in backend.execute(APPLIED_MIGRATIONS)])
        missing = list(backend.to_apply(known))
        for migration in missing:
            with backend.transaction():
                migration.process_steps(backend, "apply")
                backend.mark_one(migration, log=False)
        return [migration.id for migration in missing]


APPLIED_MIGRATIONS = "SELECT migration_id FROM _yoyo_migration"


def missing_of(engine: Engine, applied: Iterable[str]) -> list[str]:
    """The migrations that a database with these applied ones lacks; raises StoreFailed where it has unknown ones."""
    known = sorted(path.stem for path in (_FOLDER / "migrations" / engine).glob("*.sql"))
    done = set(applied)
    if unknown := done.difference(known):
        raise StoreFailed(
            f"the database is of a newer version of Tillroll: it is at {max(unknown)}, and this program, "
            f"{__version__}, knows migrations up to {known[-1]}"
        )
    return [id for id in known if id not in done]


def keys(wanted: Iterable[str]) -> str:
    """Keys in the one form that both databases join with: a JSON object for `json_each(:keys)`, in sorted order."""
    return msgspec.json.encode(dict.fromkeys(sorted(set(wanted)), 1)).decode()


def pairs(wanted: Iterable[tuple[str, str]]) -> str:
    """Keys of two parts as a JSON list of pairs, in sorted order."""
    return msgspec.json.encode(sorted(set(wanted))).decode()
