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
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

# What a server and a command load at some time.
LOADED = [
    "tillroll.cli",
    "tillroll.app",
    "tillroll.server",
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
    command = importlib.import_module("tillroll.cli").main
    report(status, os.getpid())
    os.close(status)
    return lambda: command(prog_name="python -m tillroll")


def cost_little() -> None:
    """Hash passwords in no time: a server whose tests are about something else."""
    passwords: Any = importlib.import_module("tillroll.dialects.passwords")
    passwords.MEMORY_KIBIBYTES, passwords.PASSES = 8, 1


if __name__ == "__main__":
    main()()
