"""The log: what a client sends stays within its record, and who does not read it loses lines, not time."""

import logging
import os
import re
import sqlite3
from contextlib import closing
from urllib.parse import quote

import pytest

from tests.harness import new_shop, running_server
from tests.server.raw import asked
from tillroll.server.logs import RECORD_LETTERS_MAX, OneLine, Unwaiting, printable

HOSTILE = "x\nERROR:    forged\r\n\x1b[2J\x1b]0;title\x07\x9b31m\u2028\u202egnorw\x85\ud800\0"


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    """A record as a logger makes it."""
    exc_info = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("tillroll.test", logging.ERROR, __file__, 1, message, arguments, exc_info)


def test_a_text_is_one_printable_line_of_a_limited_length() -> None:
    assert "\n" not in printable(HOSTILE)
    assert printable(HOSTILE).isprintable()
    assert printable("Größe 東京 🦄") == "Größe 東京 🦄"
    assert len(printable("x" * 10 * RECORD_LETTERS_MAX)) < RECORD_LETTERS_MAX + 50


def test_a_stack_is_indented_whatever_its_error_says() -> None:
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        first, *stack = OneLine().format(record("%s failed", HOSTILE, error=error)).split("\n")
    assert first.startswith("ERROR:    x\\nERROR:")
    assert len(stack) > 2
    assert all(line.startswith("  ") and line.isprintable() for line in [*stack, "  "])


def test_a_record_that_can_not_be_formatted_is_still_one() -> None:
    reading, writing = os.pipe()
    handler = Unwaiting(writing)
    handler.setFormatter(OneLine())
    handler.emit(record("%d", HOSTILE))
    line = os.read(reading, 4_096).decode()
    assert "could not be written" in line
    assert line.count("\n") == 1
    os.close(reading)
    os.close(writing)


def test_a_pipe_that_is_full_loses_records_and_the_next_one_says_how_many() -> None:
    reading, writing = os.pipe()
    handler = Unwaiting(writing)
    handler.setFormatter(OneLine())
    for _ in range(200):
        handler.emit(record("y" * 1_000))
    said = b""
    os.set_blocking(reading, False)
    while True:
        try:
            said += os.read(reading, 65_536)
        except BlockingIOError:
            break
    handler.emit(record("here again"))
    last = os.read(reading, 65_536).decode()
    kept = said.count(b"\n")
    assert 0 < kept < 200
    assert f"{200 - kept} records were lost" in last
    assert "here again" in last
    os.close(reading)
    handler.emit(record("nobody is there"))  # which is no reason to fail
    os.close(writing)


@pytest.mark.parametrize("text", ["a\nERROR:    forged", "a\r\x1b[2Jb", "a\u2028b", "a" * 20_000])
def test_a_path_writes_no_line_of_its_own(sqlite_url: str, text: str) -> None:
    with (
        running_server(sqlite_url, settings={"request_seconds": 1}) as server,
        new_shop(server) as shop,
        closing(sqlite3.connect(sqlite_url[10:])) as shell,
    ):
        hashid = shop.credentials["doofinder"]["hashid"]
        path = f"/6/{hashid}/stats/{quote(text)}?session_id=a"
        shell.execute("BEGIN IMMEDIATE")
        answer = asked(server.url, f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        shell.execute("ROLLBACK")
        assert answer is not None
        assert answer.status == 503
        server.stop()  # from here on its log is whole
        (line,) = [line for line in server.log.splitlines() if " GET '" in line]
        assert re.match(r"WARNING:  [0-9a-f]{32} GET '", line)
        assert line.isprintable()
        assert len(line) < 500
        assert not any(line.startswith("ERROR") for line in server.log.splitlines())
