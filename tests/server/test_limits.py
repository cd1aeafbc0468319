"""What a connection may take, in bytes and in seconds, before anybody knows whose it is."""

import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.harness import STOP_SECONDS_MAX, Server, new_shop, running_server
from tests.processes import running
from tests.server.raw import Raw, asked, assert_last_word, seconds_since
from tests.shop import Shop
from tillroll.server.limits import HEAD_BYTES_MAX, HEADERS_MAX

ALIVE = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"

SHORT = {"head_seconds_max": 1, "body_seconds_max": 1, "answer_seconds_max": 1}
# A second until it is due, another until somebody looks, the rest for a machine that has more to do.
SOON = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without patience."""
    url = f"sqlite:///{tmp_path_factory.mktemp('limits') / 'tillroll.db'}"
    settings = {**SHORT, "body_bytes_max": 200_000, "held_bytes_max": 1_000_000}
    with running_server(url, settings=settings, start="command") as server:
        yield server


def rss_bytes(server: Server) -> int:
    """The memory of a server process."""
    with open(f"/proc/{server.process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# Bytes.

TOO_LONG = {
    "an address": (b"GET /", b"a" * 1_000),
    "a header's name": (b"GET / HTTP/1.1\r\nhost: x\r\n", b"a" * 1_000),
    "a header's value": (b"GET / HTTP/1.1\r\nhost: x\r\na: ", b"b" * 1_000),
    "headers": (b"GET / HTTP/1.1\r\nhost: x\r\n", b"a: b\r\n" * 170),
    "empty lines": (b"", b"\r\n" * 500),
    "a chunk's extension": (CHUNKED + b"1;a=", b"b" * 1_000),
    "chunks' extensions": (CHUNKED, (b"1;a=" + b"b" * 180 + b"\r\na\r\n") * 5),
    "a trailer": (CHUNKED + b"1\r\na\r\n0\r\na: ", b"b" * 1_000),
    "trailers": (CHUNKED + b"1\r\na\r\n0\r\n", b"a: b\r\n" * 170),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_what_has_no_end_is_refused_after_64_kib(server: Server, name: str) -> None:
    begin, more = TOO_LONG[name]
    with Raw(server.url) as raw:
        assert_last_word(raw.send(begin, *[more] * 100), 431)


@pytest.mark.parametrize("name", TOO_LONG)
def test_what_has_no_end_is_refused_at_once_where_it_comes_at_once(server: Server, name: str) -> None:
    begin, more = TOO_LONG[name]
    with Raw(server.url) as raw:
        assert_last_word(raw.send(begin + more * 400), 431)


@pytest.mark.parametrize("pieces", [1, 2, 9])
def test_the_limit_of_a_head_is_exact(server: Server, pieces: int) -> None:
    for excess, status in ((0, 200), (1, 431)):
        head = b"GET /healthz HTTP/1.1\r\nhost: x\r\na: "
        whole = head + b"b" * (HEAD_BYTES_MAX - len(head) - 4 + excess) + b"\r\n\r\n"
        size = -(-len(whole) // pieces)
        answer = asked(server.url, *(whole[at : at + size] for at in range(0, len(whole), size)))
        assert answer is not None
        assert answer.status == status


def test_the_number_of_headers_is_limited(server: Server) -> None:
    for count, status in ((HEADERS_MAX, 200), (HEADERS_MAX + 1, 431)):
        headers = b"".join(b"a%d: b\r\n" % number for number in range(count - 1))
        answer = asked(server.url, b"GET /healthz HTTP/1.1\r\nhost: x\r\n" + headers + b"\r\n")
        assert answer is not None
        assert answer.status == status


def test_one_header_too_many_is_refused_before_the_others_are_there(server: Server) -> None:
    for begin in (b"GET /healthz HTTP/1.1\r\nhost: x\r\n", CHUNKED + b"2\r\na=\r\n0\r\n"):
        with Raw(server.url) as raw:
            assert_last_word(raw.send(begin, *[b"a:\r\n"] * (HEADERS_MAX + 2)), 431)


def test_honest_chunks_may_be_as_small_and_many_as_a_client_likes(server: Server) -> None:
    answer = asked(server.url, CHUNKED, b"2\r\na=\r\n", b"1\r\nb\r\n" * 30_000, b"0\r\n\r\n")
    assert answer is not None
    assert answer.status in (400, 401)


def test_bodies_of_unfinished_requests_are_limited_together_and_the_oldest_make_room(sqlite_url: str) -> None:
    settings = {"body_bytes_max": 50_000, "held_bytes_max": 250_000}
    with running_server(sqlite_url, settings=settings) as server, ExitStack() as stack:
        idle = []
        for _ in range(12):
            idle.append(stack.enter_context(Raw(server.url)))
            idle[-1].send(POST + b"content-length: 40000\r\n\r\n", b"a" * 35_000)
            for _ in range(2):  # which the server reads after that, and in a later millisecond of its clock
                assert asked(server.url, ALIVE) is not None
                time.sleep(0.002)
        # 12 × 35,000 bytes are more than may be held: those who came first have gone, and there is room for others.
        for raw in idle[:4]:
            assert int(assert_last_word(raw, 503).headers["retry-after"]) >= 1
        answer = asked(server.url, POST + b"content-length: 25000\r\n\r\n" + b"a" * 25_000)
        assert answer is not None
        assert answer.status in (400, 401)
        assert server.log.count("hold") == 1


def test_bodies_that_wait_behind_a_slow_answer_are_not_read_ahead_without_end(sqlite_url: str) -> None:
    settings = {"body_bytes_max": 200_000, "held_bytes_max": 1_000_000}
    with (
        running_server(sqlite_url, settings=settings) as server,
        new_shop(server) as shop,
        closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as shell,
        ExitStack() as stack,
    ):
        hashid = shop.credentials["doofinder"]["hashid"]
        slow = f"GET /6/{hashid}/stats/anything?session_id=a HTTP/1.1\r\nhost: x\r\n\r\n".encode()
        large = POST + b"content-length: 150000\r\n\r\n" + b"a" * 150_000
        shell.execute("BEGIN IMMEDIATE")
        waiting = [stack.enter_context(Raw(server.url)).send(slow) for _ in range(2)]
        senders = [threading.Thread(target=raw.send, args=[large] * 15) for raw in waiting]
        for sender in senders:
            sender.start()
        start = time.monotonic()
        while seconds_since(start) < 1:
            answer = asked(server.url, POST + b"content-length: 100000\r\n\r\n" + b"a" * 100_000)
            assert answer is not None
            assert answer.status in (400, 401)
        shell.execute("ROLLBACK")
        for raw in waiting:
            statuses = [answer.status for _ in range(16) if (answer := raw.answer()) is not None]
            assert statuses[0] < 500
            assert set(statuses[1:]) <= {400, 401, 429}
            assert len(statuses) == 16
        for sender in senders:
            sender.join()


# Seconds.


def test_who_says_nothing_is_left(server: Server) -> None:
    start = time.monotonic()
    with Raw(server.url) as raw:
        assert raw.is_closed()
    assert 0.9 < seconds_since(start) < SOON


@pytest.mark.parametrize("begun", [b"G", ALIVE[:-2], ALIVE + b"GET /heal"], ids=["a letter", "headers", "the second"])
def test_who_does_not_finish_a_head_is_told_so(server: Server, begun: bytes) -> None:
    with Raw(server.url) as raw:
        raw.send(begun)
        if begun.startswith(ALIVE):
            answer = raw.answer()
            assert answer is not None
            assert answer.status == 200
        assert_last_word(raw, 408)


@pytest.mark.parametrize("framing", [b"content-length: 100000\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n"])
def test_who_does_not_finish_a_body_is_told_so_however_busy_it_looks(server: Server, framing: bytes) -> None:
    start = time.monotonic()
    with Raw(server.url) as raw:
        raw.send(POST + framing)
        raw.socket.settimeout(0.2)
        while seconds_since(start) < SOON:  # a letter five times a second is no progress
            raw.send(b"1\r\na\r\n" if b"chunked" in framing else b"a")
            try:
                if raw.socket.recv(1, socket.MSG_PEEK):
                    break
            except TimeoutError:
                continue
        raw.socket.settimeout(SOON)
        assert_last_word(raw, 408)
    assert seconds_since(start) < SOON


def test_a_body_that_gets_on_has_the_time_it_needs(server: Server) -> None:
    with Raw(server.url) as raw:
        raw.send(POST + b"content-length: 100000\r\n\r\n")
        for _ in range(5):
            raw.send(b"a" * 20_000)
            time.sleep(0.7)
        answer = raw.answer()
        assert answer is not None
        assert answer.status in (400, 401)


def test_who_does_not_take_its_answers_is_left_and_nothing_piles_up(server: Server) -> None:
    with Raw(server.url, receive_bytes=4_096) as raw:
        before = rss_bytes(server)
        start = time.monotonic()
        raw.socket.settimeout(2)
        is_open = True
        request = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n"
        while is_open and seconds_since(start) < SOON + 10:
            try:
                raw.socket.sendall(request * 100)
            except TimeoutError:
                continue  # it reads no further request meanwhile
            except ConnectionError:
                is_open = False
        assert not is_open
        assert rss_bytes(server) - before < 30_000_000


def test_an_idle_connection_stays_open_for_longer_than_a_request_may_take(server: Server) -> None:
    with Raw(server.url) as raw:
        for pause in (0, 4):
            time.sleep(pause)
            answer = raw.send(ALIVE).answer()
            assert answer is not None
            assert answer.status == 200


# Connections.


def test_silent_and_slow_connections_make_room_for_those_who_speak(sqlite_url: str) -> None:
    with running_server(sqlite_url, settings={"connections_max": 40}) as server, ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(Raw(server.url))
            stack.enter_context(Raw(server.url)).send(b"GET /heal")
            stack.enter_context(Raw(server.url)).send(POST + b"content-length: 10\r\n\r\n")
        for _ in range(20):
            answer = asked(server.url, ALIVE)
            assert answer is not None
            assert answer.status == 200
        assert server.log.count("connections already") == 1


def test_where_few_files_may_be_open_connections_do_not_take_them_all(sqlite_url: str) -> None:
    command = f"ulimit -n 200; exec {sys.executable} -m tillroll serve --db {sqlite_url} --port 0"
    with (
        running(["/bin/sh", "-c", command], patience=STOP_SECONDS_MAX, stderr=subprocess.PIPE, text=True) as process,
        ExitStack() as stack,
    ):
        assert process.stderr is not None
        line = next(line for line in process.stderr if "running on" in line)
        url = line.split()[5]
        assert asked(url, ALIVE) is not None
        for _ in range(300):
            stack.enter_context(Raw(url))
        for _ in range(10):
            answer = asked(url, b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
            assert answer is not None
            assert answer.status == 200
        process.terminate()
        assert "Traceback" not in process.stderr.read()


def test_as_many_files_may_be_open_as_the_system_allows(server: Server) -> None:
    with open(f"/proc/{server.process.pid}/limits") as file:
        soft, hard = next(line for line in file if line.startswith("Max open files")).split()[3:5]
    assert int(soft) >= min(int(hard), 65_536)


@pytest.fixture
def shop(server: Server) -> Iterator[Shop]:
    """A shop on that server."""
    with new_shop(server) as shop:
        yield shop


def test_after_all_this_the_server_does_what_it_did(server: Server, shop: Shop) -> None:
    assert shop.service.get(f"/site/{shop.name}/sites").status_code == 200
    server.check_log()
