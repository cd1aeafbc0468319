"""The main process of several: starts server processes, replaces those that die, and ends with all of them.

    started ──► ready ──► stopped
       │          └─ died ──► another one, at once
       └─ died ──► another one, later and later; nobody ever ready ──► the server ends

A process that is busy is left alone, for as long as it lives: who takes it for hung and kills it loses the requests of
everybody else in it.
"""

import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import msgspec

from tillroll.server.limits import GRACEFUL_SECONDS
from tillroll.server.serving import CAN_NOT_START
from tillroll.server.worker import READY
from tillroll.settings import Settings

# A process that dies before it is ready is tried again after this long, then twice as long, and so on.
RETRY_SECONDS = 0.5
RETRY_SECONDS_MAX = 30.0
# More than lead there; a night of failed starts would lead to a number that no float holds.
DOUBLINGS_MAX = 10
# Where none has ever been ready, nothing is served by trying again.
FAILED_STARTS_MAX = 4
# What a process may take to end, beyond what its requests have.
STOP_SECONDS = GRACEFUL_SECONDS + 5

# The modules that this process found are those that its children find, wherever they are started.
_CHILD = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from tillroll.server.worker import main
main(sys.argv[2:])
"""

_log = logging.getLogger(__name__)


class _Worker:
    """One place for a server process, and the process in it."""

    def __init__(self, settings: Settings, sockets: Sequence[socket.socket]) -> None:
        self._settings = msgspec.json.encode(settings) + b"\n"
        self._sockets = sockets
        self._line: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready = False
        self.failures = 0
        """How many starts in a row were in vain."""
        self.start_at = 0.0
        """When to start it, where it does not run."""

    def fileno(self) -> int:
        """The line to the process, for `select`; -1 where there is nothing to hear."""
        return self._line.fileno() if self._line is not None else -1

    def start(self) -> None:
        """Start a process, and tell it the settings: not by its arguments, which everybody may read.

        Raises OSError where the system has no process or no file to give.
        """
        ours, theirs = socket.socketpair()
        inherited = [theirs.fileno(), *(one.fileno() for one in self._sockets)]
        arguments = [json.dumps(sys.path), str(os.getpid()), *(str(one) for one in inherited)]
        try:
            with theirs:
                self.process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _CHILD, *arguments], stdin=subprocess.DEVNULL, pass_fds=inherited
                )
        except OSError:
            ours.close()
            raise
        self._line, self.is_ready = ours, False
        with suppress(OSError):  # it has died already, which is noticed by its end
            ours.sendall(self._settings)

    def hear(self) -> None:
        """Take what the process says."""
        assert self._line is not None
        try:
            said = self._line.recv(64)
        except OSError:
            said = b""
        if said == READY:
            self.is_ready, self.failures = True, 0

    def postpone(self) -> float:
        """A start was in vain: try again later, and later still each time; in how many seconds."""
        self.failures += 1
        seconds = min(RETRY_SECONDS_MAX, RETRY_SECONDS * float(1 << min(self.failures - 1, DOUBLINGS_MAX)))
        self.start_at = time.monotonic() + seconds
        return seconds

    def bury(self) -> None:
        """The process is gone, and its line with it."""
        if self._line is not None:
            self._line.close()
        self._line = self.process = None


class Supervisor:
    """So many server processes on these sockets."""

    def __init__(self, settings: Settings, sockets: Sequence[socket.socket]) -> None:
        self._workers = [_Worker(settings, sockets) for _ in range(settings.workers)]
        self._signals: list[int] = []
        self._has_served = False

    def run(self) -> int:
        """Run until a signal says stop, or nothing can be served; the exit code."""
        _log.info("Started main process [%d]", os.getpid())
        with self._awake() as bell:
            code = 0
            while not self._signals and not code:
                code = self._start_due()
                if not code:
                    self._wait(bell)
                    code = self._replace_dead()
            self._stop(bell)
        _log.info("Stopped main process [%d]", os.getpid())
        return code

    @contextmanager
    def _awake(self) -> Iterator[socket.socket]:
        """A socket that can be read as soon as a signal has come: of somebody, or of a child's end."""
        bell, string = socket.socketpair()
        with bell, string:
            bell.setblocking(False)
            string.setblocking(False)
            signal.set_wakeup_fd(string.fileno(), warn_on_full_buffer=False)
            for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                if one is not signal.SIGHUP or signal.getsignal(one) is not signal.SIG_IGN:  # which `nohup` has wanted
                    signal.signal(one, lambda number, _frame: self._signals.append(number))
            signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
            try:
                yield bell
            finally:
                signal.set_wakeup_fd(-1)

    def _start_due(self) -> int:
        """Start who is to be started; an exit code where that is in vain.

        The system may have no process to give just when one has died for want of memory: those that live serve on.
        """
        now = time.monotonic()
        for worker in self._workers:
            if worker.process is not None or worker.start_at > now:
                continue
            try:
                worker.start()
            except OSError as error:
                seconds = worker.postpone()
                if self._is_in_vain(worker):
                    _log.critical("No server process could be started: %s", error)
                    return 1
                _log.error("A server process could not be started (%s); trying again in %.1f s", error, seconds)
        return 0

    def _is_in_vain(self, worker: _Worker) -> bool:
        return not self._has_served and worker.failures >= FAILED_STARTS_MAX

    def _wait(self, bell: socket.socket, seconds_max: float = 60.0) -> None:
        """Wait for a signal, a dead child, a word of a living one, or the time to try again."""
        starts = [worker.start_at for worker in self._workers if worker.process is None]
        seconds = min([seconds_max, *(max(0.0, start - time.monotonic()) for start in starts)])
        sources: list[socket.socket | _Worker] = [bell]
        sources += [worker for worker in self._workers if worker.fileno() >= 0 and not worker.is_ready]
        heard, _, _ = select.select(sources, [], [], seconds)
        for one in heard:
            if isinstance(one, _Worker):
                one.hear()
                self._has_served |= one.is_ready
            else:
                with suppress(BlockingIOError):
                    bell.recv(4_096)

    def _replace_dead(self) -> int:
        """Find who has died, and say when another one is started; an exit code where that is in vain."""
        for worker in self._workers:
            process = worker.process
            if process is None or process.poll() is None:
                continue
            if select.select([worker], [], [], 0)[0] and not worker.is_ready:
                worker.hear()
            was_ready = worker.is_ready
            self._has_served |= was_ready
            worker.bury()
            if self._signals:
                continue
            if was_ready:
                _log.warning("Server process [%d] ended (%s); starting another one", process.pid, _end_of(process))
                worker.start_at = 0.0
                continue
            delay = worker.postpone()
            if self._is_in_vain(worker):
                _log.critical("No server process could start: the last one ended (%s)", _end_of(process))
                return 1
            if not self._has_served and process.returncode == CAN_NOT_START:
                _log.critical("The server can not start; the reason stands above")
                return CAN_NOT_START
            message = "Server process [%d] ended before it was ready (%s); trying again in %.1f s"
            _log.error(message, process.pid, _end_of(process), delay)
        return 0

    def _stop(self, bell: socket.socket) -> None:
        """Let all processes finish what they have begun; a second Ctrl-C, or too long a time, ends them anyway."""
        self._send(signal.SIGTERM)
        give_up_at = time.monotonic() + STOP_SECONDS
        while any(worker.process is not None for worker in self._workers):
            if time.monotonic() > give_up_at or self._signals.count(signal.SIGINT) > 1:
                self._send(signal.SIGKILL)
            self._wait_stopping(bell)

    def _wait_stopping(self, bell: socket.socket) -> None:
        if select.select([bell], [], [], 0.5)[0]:
            with suppress(BlockingIOError):
                bell.recv(4_096)
        for worker in self._workers:
            if worker.process is not None and worker.process.poll() is not None:
                worker.bury()

    def _send(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.process is not None and worker.process.poll() is None:
                worker.process.send_signal(number)


def _end_of(process: "subprocess.Popen[bytes]") -> str:
    code = process.returncode
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
