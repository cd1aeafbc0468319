"""SQLite's write-ahead log, kept small: folded back and cut off beside the writes, and never grown without an end.

    commit ─► the log's size ─┬─ small: nothing
                              ├─ over its share: the keeper is called ─► fold back ─► cut off, when nobody reads
                              └─ at its limit: the write is refused, by name

Each commit folds back what it may (`CHECKPOINT_PAGES`). What a reader may still need stays in the log, though, and the
file keeps the size that it once had. Our own readers end in time; a shell or a backup of somebody else may read one
snapshot for hours, and the log then holds everything that was written since.
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing

from tillroll.store import Contended, StoreFailed
from tillroll.store.sqlite_connection import CHECKPOINT_PAGES, LOG_BYTES_KEPT, connect

# From here on, whoever reads for so long is worth a line in the log of the server, once a minute.
TOLD_BYTES = 4 * LOG_BYTES_KEPT
TOLD_SECONDS = 60.0
# How often the keeper tries, and how long writers may have to wait while it waits for readers to leave.
PAUSE_SECONDS = 1.0
PATIENCE_SECONDS = 0.1

_MEBIBYTE = 1024 * 1024

_log = logging.getLogger(__name__)


class LogKeeper:
    """Looks after the log of one file; `exclusively` is the turn to write, for a limited time, or raises Contended."""

    def __init__(
        self, path: str, bytes_max: int, exclusively: Callable[[float], AbstractContextManager[object]]
    ) -> None:
        self._path = path
        self._bytes_max = bytes_max
        self._kept = min(LOG_BYTES_KEPT, bytes_max // 2) if bytes_max else LOG_BYTES_KEPT
        self._exclusively = exclusively
        self._called = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._told_at = -TOLD_SECONDS

    def admit_write(self) -> None:
        """Call the keeper where the log has grown; raises StoreFailed where it may not grow any more."""
        size = self.look()
        if self._bytes_max and size >= self._bytes_max:
            raise StoreFailed(
                f"the write-ahead log has grown to {size // _MEBIBYTE} MiB (wal_bytes_max), because another program "
                "has been reading in one transaction for long: end it, and writes go on"
            )

    def look(self) -> int:
        """How long the log is; call the keeper where it has grown.

        After each commit as well, because nobody may write for hours after the one that made the log long.
        """
        size = self._size()
        if size > self._kept:
            self._call()
        return size

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        self._called.set()
        if self._thread is not None:
            self._thread.join()

    def _size(self) -> int:
        try:
            return os.stat(self._path + "-wal").st_size
        except FileNotFoundError:
            return 0

    def _call(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="log-keeper", daemon=True)
            self._thread.start()
        self._called.set()

    def _keep(self) -> None:
        while self._called.wait() and not self._closed.is_set():
            self._called.clear()
            try:
                with closing(connect(self._path, PATIENCE_SECONDS)) as connection:
                    self._shrink(connection)
            except sqlite3.DatabaseError as error:  # a full disk, a file that is gone: writes say so to their clients
                self._tell(f"the write-ahead log can not be folded back: {error}")
                self._closed.wait(PAUSE_SECONDS)

    def _shrink(self, connection: sqlite3.Connection) -> None:
        """Fold the log back and cut it off, again and again until it is small."""
        while (size := self._size()) > self._kept and not self._closed.is_set():
            # Most of the work, while others write. What it leaves over is what somebody still reads past.
            _, pages, folded = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if pages - folded <= CHECKPOINT_PAGES:
                self._cut_off(connection)
            if self._size() <= self._kept:
                return
            if size >= min(TOLD_BYTES, self._bytes_max or TOLD_BYTES):
                self._tell(
                    f"the write-ahead log has grown to {size // _MEBIBYTE} MiB, because a program has been reading "
                    f"{self._path} in one transaction for long: a shell, a backup, an audit (`fuser` names those who "
                    "have the file open)"
                )
            self._closed.wait(PAUSE_SECONDS)

    def _cut_off(self, connection: sqlite3.Connection) -> None:
        """Fold the rest back and empty the file, where readers leave soon; writers wait meanwhile."""
        try:
            with self._exclusively(time.monotonic() + PAUSE_SECONDS):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except Contended as held_up:  # tried again in a moment; whoever else waits for a turn says so to its clients
            _log.info("the write-ahead log is cut off later: %s", held_up)

    def _tell(self, said: str) -> None:
        if time.monotonic() - self._told_at >= TOLD_SECONDS:
            self._told_at = time.monotonic()
            _log.warning("%s", said)
