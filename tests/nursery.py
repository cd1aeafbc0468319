"""Forks `tillroll …` for tests: a process like any other, without the second that it takes to load everything.

    a pytest process ── stdin ──▶ nursery ── fork ──▶ tillroll serve …
                     ── requests ▶    │
                     ◀── of each its number, then how it has ended

The pipe on stdin is the leash, as that of `postgres_keeper.py`: the nursery ends with the process that started it, and
kills whoever is left of its own. It never runs a thread, because a fork copies the one that forks and no other.
"""

import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

# What a server and a command load at some time.
LOADED = [
    "tillroll.cli",
    "tillroll.app",
    "tillroll.server",
    "yoyo",
    "tillroll.store.sqlite",
    "tillroll.store.postgres",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
]
REQUEST_BYTES_MAX = 1 << 18


def main() -> Callable[[], object]:
    """Fork for each request until stdin ends; what is to be done then: nothing, and the command in those forked."""
    for name in LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what the children share is not touched by their collections
    assert threading.active_count() == 1
    requests = socket.socket(fileno=int(sys.argv[1]))
    woken, waking = socket.socketpair()
    waking.setblocking(False)
    signal.set_wakeup_fd(waking.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    awaited: list[int | socket.socket] = [0, requests, woken]
    while True:
        readable, _, _ = select.select(awaited, [], [])
        if woken in readable:
            woken.recv(4096)
            report_ended(running)
        if requests in readable:
            message, descriptors, _, _ = socket.recv_fds(requests, REQUEST_BYTES_MAX, 4)
            pid = os.fork()
            if pid == 0:
                forget([requests, woken, waking], running)
                return become(json.loads(message), descriptors)
            running[pid] = descriptors.pop()
            for descriptor in descriptors:
                os.close(descriptor)
        if 0 in readable and not os.read(0, 1):
            for pid in running:
                os.kill(pid, signal.SIGKILL)
            return lambda: None


def report_ended(running: dict[int, int]) -> None:
    """Say how those have ended that have."""
    for pid, status in list(running.items()):
        ended, code = os.waitpid(pid, os.WNOHANG)
        if ended:
            del running[pid]
            report(status, os.waitstatus_to_exitcode(code))
            os.close(status)


def report(status: int, number: int) -> None:
    """Say a number, unless nobody asks any more."""
    with suppress(BrokenPipeError):
        os.write(status, b"%-16d" % number)


def forget(sockets: list[socket.socket], running: dict[int, int]) -> None:
    """Close what is the nursery's own."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for one in sockets:
        one.close()
    for status in running.values():
        os.close(status)


def become(request: dict[str, Any], descriptors: list[int]) -> Callable[[], object]:
    """Be a process of its own with these streams; the command, to be run where nothing of the nursery is left."""
    os.setsid()
    *streams, status = descriptors
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    for descriptor in set(streams):
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    random.seed()
    sys.argv = ["tillroll", *request["arguments"]]
    if request["quick_passwords"]:
        cost_little()
    fork_server_processes()
    command = importlib.import_module("tillroll.cli").main
    report(status, os.getpid())
    os.close(status)
    return lambda: command(prog_name="python -m tillroll")


def cost_little() -> None:
    """Hash passwords in no time: a server whose tests are about something else."""
    passwords: Any = importlib.import_module("tillroll.dialects.passwords")
    passwords.MEMORY_KIBIBYTES, passwords.PASSES = 8, 1


def fork_server_processes() -> None:
    """Let a main process fork its server processes of itself, instead of loading everything anew in each of them."""
    supervisor: Any = importlib.import_module("tillroll.server.supervisor")
    supervisor.subprocess = SimpleNamespace(Popen=ServerProcess, DEVNULL=subprocess.DEVNULL)


class ServerProcess:
    """A fork that does what a server process does: what `subprocess.Popen` is, as far as a main process uses it."""

    def __init__(self, command: Sequence[str], *, stdin: int, pass_fds: Sequence[int]) -> None:
        assert stdin == subprocess.DEVNULL  # which is what the stdin of all of them is
        assert threading.active_count() == 1
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(served(command[5:], pass_fds))

    def poll(self) -> int | None:
        """How it has ended; None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)


def served(arguments: Sequence[str], kept: Sequence[int]) -> int:
    """Serve as a process of its own, with nothing of the main process but these descriptors; its exit code."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    last = 2
    for one in sorted(kept):
        os.closerange(last + 1, one)
        last = one
    os.closerange(last + 1, os.sysconf("SC_OPEN_MAX"))
    random.seed()
    try:
        importlib.import_module("tillroll.server.worker").main(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  the end of a process, as it would be told by the interpreter
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main()()
