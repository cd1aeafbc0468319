"""The log on stderr: one record is one line, whatever a client has sent, and nobody waits for who reads it.

Texts of clients stand in records and in stack traces: control characters are escaped, long ones cut, and every line of
a stack is indented, so that none of them can pass for a record. Where the reader of the log stands still, lines are
lost and counted; where it is gone, they are lost. What goes wrong a thousand times a second is told a few times.
"""

import fcntl
import logging
import os
import re
import select
import stat
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

STDERR = 2
# A record that is longer is somebody else's text.
RECORD_LETTERS_MAX = 4_000
STACK_LETTERS_MAX = 40_000
# So many records of a kind are told in a second, as many as show what they have in common; the rest is counted. An
# operator needs no line for each request of a minute in which the disk was full, and the disk can not take them.
TOLD_OF_A_KIND = 10
FLOOD_SECONDS = 1.0
# So many kinds are told apart in a second: messages of ours are few, and those of libraries may hold anything.
KINDS_MAX = 1_000

# Line breaks of every kind, terminal controls, what reverses the direction of writing, and halves of characters.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str, letters_max: int = RECORD_LETTERS_MAX) -> str:
    """The text on one line, with what is no letter escaped."""
    cut = text if len(text) <= letters_max else f"{text[:letters_max]}… ({len(text)} letters)"
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), cut)


class OneLine(logging.Formatter):
    """`LEVEL:    message`, and a stack below it line by line, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, without a line break at its end."""
        line = f"{record.levelname + ':':<9} {printable(record.getMessage())}"
        if record.exc_info is None or record.exc_info[1] is None:
            return line
        stack = "".join(traceback.format_exception(record.exc_info[1]))
        if len(stack) > STACK_LETTERS_MAX:
            stack = f"{stack[: STACK_LETTERS_MAX // 2]}\n…\n{stack[-STACK_LETTERS_MAX // 2 :]}"
        return "\n".join([line, *(f"  {printable(one)}" for one in stack.splitlines())])


class Flood:
    """How many warnings and errors of a kind are told in a second; the others are counted.

    A kind is what a record says before its arguments are filled in, and what was raised.
    """

    def __init__(self) -> None:
        self.has_begun = False
        """Whether something was counted that `summary` has not told yet."""
        self._since = 0.0
        self._counts: dict[str, int] = {}
        self._examples: dict[str, str] = {}

    def told(self, record: logging.LogRecord, text_of: Callable[[logging.LogRecord], str], now: float) -> str:
        """The record's text at a time in seconds; empty where enough of its kind were told.

        What is less than a warning is always told.
        """
        if record.levelno < logging.WARNING:
            return text_of(record)
        if now - self._since >= FLOOD_SECONDS and not self.has_begun:
            self._since, self._counts, self._examples = now, {}, {}
        kind = f"{record.msg} {record.exc_info[0] if record.exc_info else ''}"
        if len(self._counts) >= KINDS_MAX and kind not in self._counts:
            kind = "one of too many kinds"
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        if count > TOLD_OF_A_KIND:
            self.has_begun = True
            return ""
        text = text_of(record)
        self._examples.setdefault(kind, text.partition("\n")[0])
        return text

    def summary(self) -> str:
        """How many records of each kind were counted and not told; a new second begins with the next record."""
        more = {kind: count - TOLD_OF_A_KIND for kind, count in self._counts.items() if count > TOLD_OF_A_KIND}
        lines = [f"WARNING:  {count} more like this one: {self._examples[kind]}" for kind, count in more.items()]
        self.has_begun, self._since = False, 0.0
        return "\n".join(lines)


class Unwaiting(logging.Handler):
    """Writes to a file descriptor what it takes without waiting; the next record says how many were lost.

    A second after a flood has begun, one line for each kind says how many records were not told.
    """

    def __init__(self, descriptor: int = STDERR) -> None:
        super().__init__()
        self._descriptor = _own(descriptor)
        self._flood = Flood()
        self._lost = 0
        self._is_cut = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or count it: as one of a flood, or as lost."""
        was_calm = not self._flood.has_begun
        text = self._flood.told(record, self._text_of, time.monotonic())
        if text:
            self.tell(text)
        elif was_calm:
            timer = threading.Timer(FLOOD_SECONDS, self._sum_up)
            timer.daemon = True
            timer.start()

    def _sum_up(self) -> None:
        self.acquire()
        try:
            self.tell(self._flood.summary())
        finally:
            self.release()

    def _text_of(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record)
        except Exception:  # noqa: BLE001  a record that can not be formatted must not fail what is logged
            return f"ERROR:    a record of {record.name} could not be written: {printable(repr(record.msg))}"

    def tell(self, text: str) -> None:
        """Write a text as it is, or count it as lost."""
        if self._lost:
            text = f"WARNING:  {self._lost} records were lost, because nobody read the log\n{text}"
        if self._write(text.encode("utf-8", "backslashreplace") + b"\n"):
            self._lost = 0
        else:
            self._lost += 1

    def close(self) -> None:
        """Give back what was opened for it."""
        if self._descriptor > STDERR:
            os.close(self._descriptor)
        super().close()

    def _write(self, line: bytes) -> bool:
        if self._is_cut:
            line = b"\n" + line
        ready = select.poll()
        ready.register(self._descriptor, select.POLLOUT)
        for start in range(0, len(line), select.PIPE_BUF):  # which a pipe takes whole or not at all
            piece = line[start : start + select.PIPE_BUF]
            try:
                is_taken = bool(ready.poll(0)) and os.write(self._descriptor, piece) == len(piece)
            except OSError:  # the reader is gone or full: there is nobody to tell it to
                is_taken = False
            if not is_taken:
                self._is_cut = self._is_cut or start > 0
                return False
        self._is_cut = False
        return True


def say(text: str) -> None:
    """Tell whoever reads stderr as the server starts; where nobody does, it is lost."""
    told = Unwaiting()
    told.tell(text)
    told.close()


def _own(descriptor: int) -> int:
    """The descriptor, or for a pipe one that never waits: opened anew, because others share the old one."""
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        return descriptor
    try:
        return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return descriptor  # a system without /proc: `poll` before each piece has to do


def keep_standard_streams() -> None:
    """Open what was closed of stdin, stdout and stderr as nothing, so that no file or socket gets their numbers."""
    for descriptor in range(3):
        try:
            fcntl.fcntl(descriptor, fcntl.F_GETFD)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            os.set_inheritable(descriptor, True)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  as long as the process
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def log_config(log_level: str) -> dict[str, Any]:
    """The logging of a server process, for `logging.config.dictConfig`."""
    level = log_level.upper()
    others = "WARNING" if level == "INFO" else level  # of ours and of libraries, what an operator has to know
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"one line": {"()": OneLine}},
        "handlers": {"stderr": {"()": Unwaiting, "formatter": "one line"}},
        "root": {"handlers": ["stderr"], "level": others},
        "loggers": {"uvicorn": {"level": level}, "tillroll.server": {"level": level}},
    }
