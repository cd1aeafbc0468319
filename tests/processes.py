"""Processes of tests that end for sure: whatever becomes of a test, nobody waits for its children for ever.

    with running([…]) as process:   at the end killed, where it still runs, with those whom it started in its group
    nursery().start([…])            a `tillroll …` that is there at once; see `tests/nursery.py`

`with subprocess.Popen(…)` waits at its end until the process ends by itself: a test that failed would hang there.
"""

import atexit
import json
import math
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

NURSERY = Path(__file__).with_name("nursery.py")

# Loading everything on a machine that is busy.
START_SECONDS_MAX = 30.0
# A killed process is gone as soon as the kernel comes to it.
KILLED_SECONDS_MAX = 10.0


@contextmanager
def running(command: Sequence[str], *, patience: float = 0.0, **more: Any) -> Iterator["subprocess.Popen[Any]"]:
    """A process with a session of its own, which is gone at the end, and everybody in its group with it.

    `patience` is for how many seconds it may end by itself, once its stdin is closed.
    """
    process = subprocess.Popen(command, start_new_session=True, **more)
    try:
        yield process
    finally:
        end(process, patience=patience)


def end(process: "subprocess.Popen[Any]", *, patience: float = 0.0) -> None:
    """Let a process have so many seconds to end, kill it and its group, and close what leads to it."""
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # nobody has waited for it: its number is nobody else's
        process.wait(KILLED_SECONDS_MAX)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


class Forked:
    """A `tillroll …` that the nursery has forked: what `subprocess.Popen` is, as far as the tests use it."""

    def __init__(self, command: Sequence[str], status: int, stdout: IO[str] | None) -> None:
        self.stdout = stdout
        self.returncode: int | None = None
        self._command = command
        self._status = status
        self.pid = int(self._said(START_SECONDS_MAX))

    def poll(self) -> int | None:
        """How it has ended; None while it runs."""
        if self.returncode is None:
            with suppress(subprocess.TimeoutExpired):
                self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """How it has ended, once it has; raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            self.returncode = int(self._said(timeout))
            os.close(self._status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, while it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _said(self, timeout: float | None) -> bytes:
        """The next thing that the nursery says of it: its number, then how it has ended."""
        waiting = select.poll()  # which, unlike select(), knows descriptors above 1024
        waiting.register(self._status, select.POLLIN)
        if not waiting.poll(None if timeout is None else math.ceil(timeout * 1000)):
            raise subprocess.TimeoutExpired(list(self._command), timeout or 0)
        told = os.read(self._status, 16)
        assert told, "the nursery has ended"
        return told


class Nursery:
    """The process in which Tillroll is loaded, and which forks; it ends with the process that has started it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._requests = ours
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(NURSERY), str(theirs.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        theirs.close()

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], output: "IO[Any] | None" = None, **more: Any
    ) -> Forked:
        """Start `tillroll` with these arguments; without an `output` file, its output is a pipe, `stdout`.

        `errors` is the file for what it says on stderr, `quick_passwords` makes hashes that cost nothing.
        """
        status, reported = os.pipe()
        reading, writing = os.pipe()
        with open(os.devnull, "rb") as nothing, open(writing, "wb") as pipe:
            out = (output or pipe).fileno()
            errors = more["errors"].fileno() if "errors" in more else out
            request = {"arguments": list(arguments), "environment": dict(environment), "cwd": os.getcwd()}
            request["quick_passwords"] = more.get("quick_passwords", False)
            message = json.dumps(request).encode()
            socket.send_fds(self._requests, [message], [nothing.fileno(), out, errors, reported])
        os.close(reported)
        if output is not None:
            os.close(reading)
            return Forked(arguments, status, None)
        return Forked(arguments, status, open(reading, encoding="utf-8", errors="replace"))

    def close(self) -> None:
        """End it, and whoever it has started."""
        self._requests.close()
        end(self._process, patience=KILLED_SECONDS_MAX)


@cache
def nursery() -> Nursery:
    """The nursery of this process."""
    made = Nursery()
    atexit.register(made.close)
    return made
