"""A process that ends with the one that started it, however that one ends.

The starter keeps one end of a pipe or socket and never writes to it; when it is gone, the kernel closes it, and the
other process reads the end. On Linux the kernel sends a signal besides, which reaches a process that is too busy to
read.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Where a process finds the descriptor of its lifeline, where whoever starts it wants it to end with them.
from tillroll.settings import LIFELINE_VARIABLE as VARIABLE

_PR_SET_PDEATHSIG = 1


@contextmanager
def given() -> Iterator[tuple[int, dict[str, str]]]:
    """A lifeline for one server process: the descriptor to pass on, and the variable that names it."""
    theirs, ours = os.pipe()
    try:
        yield theirs, {VARIABLE: str(theirs)}
    finally:
        os.close(theirs)
        os.close(ours)


def hold(descriptor: int, let_go: Callable[[], None]) -> None:
    """Call `let_go`, in a thread, once the other end of this descriptor is closed."""
    threading.Thread(target=_hold, args=(descriptor, let_go), name="lifeline", daemon=True).start()


def _hold(descriptor: int, let_go: Callable[[], None]) -> None:
    while True:
        try:
            if not os.read(descriptor, 1):
                break
        except OSError:  # a connection that was reset has come to its end, too
            break
    let_go()


def die_with_parent(parent: int) -> None:
    """On Linux: be killed at once when the parent ends, `parent` being its process id."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it has ended already
        os._exit(1)


def end_with_starter(seconds_max: float = 12.0) -> None:
    """Where the environment names a lifeline, end gently when it breaks, and anyhow after so many seconds."""
    named = os.environ.pop(VARIABLE, None)
    if named is None:
        return

    def end() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(seconds_max)
        os._exit(1)

    hold(int(named), end)
