"""The log: what a client sends stays within its record, and who does not read it loses lines, not time."""

import logging
import os
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

import httpx
import pytest

from tests.harness import Server, new_shop, running_server
from tests.server.raw import asked
from tests.shop import NO_CERTIFICATES
from tillroll.server.logs import KINDS_MAX, RECORD_LETTERS_MAX, TOLD_OF_A_KIND, Flood, OneLine, Unwaiting, printable

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
    for number in range(200):
        handler.emit(record(f"{number}" + "y" * 1_000))
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


def test_of_a_flood_a_few_are_told_and_then_how_many_more_there_were() -> None:
    flood = Flood()
    format = OneLine().format
    told = [flood.told(record("%d is full", number), format, 7.0) for number in range(500)]
    told += [flood.told(record("%d is full", 0, error=ValueError("else")), format, 7.5)]
    told += [flood.told(record("%d is full", 500), format, 9.0)]  # nobody was told of the others yet
    assert [bool(text) for text in told] == [True] * TOLD_OF_A_KIND + [False] * (500 - TOLD_OF_A_KIND) + [True, False]
    summed_up = flood.has_begun, flood.summary(), flood.has_begun
    assert summed_up == (True, f"WARNING:  {501 - TOLD_OF_A_KIND} more like this one: {told[0]}", False)
    assert flood.told(record("%d is full", 501), format, 9.0).endswith("501 is full")


def test_ten_a_second_are_no_flood() -> None:
    flood = Flood()
    times = [7.0 + tenth / 10 for tenth in range(60)]
    assert all(flood.told(record("full"), OneLine().format, now) for now in times)
    assert not flood.has_begun


def test_a_flood_of_many_kinds_is_one_kind_in_the_end() -> None:
    flood = Flood()
    told = [flood.told(record(f"{number}"), OneLine().format, 7.0) for number in range(2 * KINDS_MAX)]
    assert sum(1 for text in told if text) == KINDS_MAX + TOLD_OF_A_KIND
    assert flood.summary().startswith(f"WARNING:  {KINDS_MAX - TOLD_OF_A_KIND} more like this one: ")


def test_what_is_less_than_a_warning_is_never_a_flood() -> None:
    said = record("started")
    said.levelno = logging.INFO
    flood = Flood()
    assert all(flood.told(said, OneLine().format, 7.0) for _ in range(3 * TOLD_OF_A_KIND))


def test_a_flood_of_503_is_a_few_lines_of_the_log(sqlite_url: str) -> None:
    calls = 100
    with (
        running_server(sqlite_url, settings={"request_seconds": 1}) as server,
        new_shop(server) as shop,
        closing(sqlite3.connect(sqlite_url[10:])) as shell,
        ThreadPoolExecutor(calls) as pool,
    ):
        path = f"{server.url}/6/{shop.credentials['doofinder']['hashid']}/stats/init?session_id=a"

        def ask(_: int) -> int:
            return httpx.put(path, trust_env=False, verify=NO_CERTIFICATES).status_code

        shell.execute("BEGIN IMMEDIATE")
        statuses = list(pool.map(ask, range(calls)))
        shell.execute("ROLLBACK")
        told = told_of_in(server)
        while sum(told) < calls:
            time.sleep(0.05)
            told = told_of_in(server)
    assert statuses == [503] * calls
    assert sum(told) == calls
    assert len(told) < calls / 2


def told_of_in(server: Server) -> list[int]:
    """Of how many requests that failed each line of a server's log tells."""
    lines = [line for line in server.log.splitlines() if " PUT '" in line]
    more = [re.match(r"WARNING:  (\d+) more like this one: WARNING: ", line) for line in lines]
    return [int(found[1]) if found else 1 for found in more]


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
