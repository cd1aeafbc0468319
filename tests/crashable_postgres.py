"""A PostgreSQL that belongs to one test, which may end, freeze and start it again: nobody else's database is disturbed.

    with crashable_postgres() as postgres:
        postgres.url                  an empty database on its socket
        postgres.kill_everything()    as a power cut would: the postmaster and all of its processes at once
        postgres.start()              recovers from its log, and returns when it answers

It has its defaults, so fsync is on. Its processes are signalled by their ids, as children of the postmaster that was
started here.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.conftest import KEEPER, url_of

START_SECONDS_MAX = 30.0
# Long enough for a checkpoint to be refused and every session to be ended.
STOP_SECONDS_MAX = 20.0


class CrashablePostgres:
    """One PostgreSQL below `home`, on a Unix socket in that folder."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-P", str(KEEPER), str(home)]
        made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=START_SECONDS_MAX)
        programs, self._user, _ = made.stdout.split("\n")
        self._programs = Path(programs)
        self._data, self._sockets = home / "pg", home / "s"
        self._sockets.mkdir()
        self._sockets.chmod(0o777)  # root's tests run PostgreSQL as another user
        self._log = home / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen: list[psutil.Process] = []

    @property
    def url(self) -> str:
        """The URL of its database."""
        return url_of(str(self._sockets), "postgres")

    def start(self) -> None:
        """Start it, and wait until it has recovered and answers."""
        give_up_at = time.monotonic() + START_SECONDS_MAX
        while not self._answers():
            assert time.monotonic() < give_up_at, self._log.read_text("utf-8", "replace")[-4000:]
            # A postmaster that died alone leaves its processes; until they have noticed, no other one can start.
            if self._process is None or self._process.poll() is not None:
                self._process = self._started()
            time.sleep(0.05)

    def kill_everything(self) -> None:
        """End the postmaster and all of its processes at once."""
        for process in self._everybody():
            _signal(process, signal.SIGKILL)
        self._reap()

    def kill_postmaster(self) -> None:
        """End the postmaster alone: its processes notice, and end themselves."""
        self._postmaster().send_signal(signal.SIGKILL)
        self._reap()

    def kill_a_backend(self) -> None:
        """End one client's process, as the kernel does when memory is short: all sessions end, and it recovers."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(_OLDEST_BACKEND).fetchone()
        for process in self._everybody() if row is not None else ():
            if row is not None and process.pid == row[0]:
                _signal(process, signal.SIGKILL)

    def stop_immediately(self) -> None:
        """The fastest orderly end (`pg_ctl stop -m immediate`): nothing is flushed, the next start recovers."""
        self._postmaster().send_signal(signal.SIGQUIT)
        self._reap()

    def demote(self) -> None:
        """Make it a replica, which can be read, of a primary that does not exist."""
        self.stop_immediately()
        (self._data / "standby.signal").touch()
        self.start()

    def freeze(self) -> None:
        """Stop every process from running, as a machine that hangs does."""
        self._frozen = self._everybody()
        for process in self._frozen:
            _signal(process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        frozen, self._frozen = self._frozen, []
        for process in frozen:
            _signal(process, signal.SIGCONT)

    def close(self) -> None:
        """End it, whatever state it is in."""
        self.thaw()
        if self._process is not None and self._process.poll() is None:
            self.kill_everything()

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-h", "", "-k", str(self._sockets)]
        environment = os.environ | {"LC_ALL": "C"}
        more: dict[str, Any] = {"user": self._user} if self._user else {}
        with self._log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self._sockets, env=environment, **more)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
        return False

    def _postmaster(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def _everybody(self) -> list[psutil.Process]:
        """The postmaster first, so that it starts nobody in place of those who follow."""
        postmaster = psutil.Process(self._postmaster().pid)
        return [postmaster, *postmaster.children(recursive=True)]

    def _reap(self) -> None:
        self._postmaster().wait(STOP_SECONDS_MAX)


_OLDEST_BACKEND = """
SELECT pid FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
ORDER BY (state = 'idle'), backend_start LIMIT 1
"""


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):  # it has ended by itself meanwhile
        process.send_signal(number)


@contextmanager
def crashable_postgres() -> Iterator[CrashablePostgres]:
    """A running one, which is gone in the end with all that it held."""
    # Short, because the whole path of a socket has to fit into about 100 bytes.
    home = Path(tempfile.mkdtemp(prefix="tillroll-"))
    try:
        postgres = CrashablePostgres(home)
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
