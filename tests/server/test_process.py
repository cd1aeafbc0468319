"""The life of server processes: who dies is replaced, who is busy is left alone, nobody outlives who started them."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.harness import Server, new_shop, run_cli, running_server
from tests.processes import running
from tests.server.raw import Raw, asked, seconds_since
from tests.shop import NO_CERTIFICATES

ALIVE = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
SOON = 60  # two processes start at once, perhaps beside other tests


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Fail unless that holds soon."""
    start = time.monotonic()
    while not holds():
        assert seconds_since(start) < SOON, what
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, be it unburied."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
def pair(sqlite_url: str) -> Iterator[Server]:
    """A server of two processes."""
    with running_server(sqlite_url, workers=2, start="command") as server:
        yield server


def test_a_main_process_that_is_killed_takes_the_others_with_it_and_frees_the_port(pair: Server) -> None:
    wait_until(lambda: pair.log.count("startup complete") >= 2, "a worker is not ready")
    workers = children(pair.process.pid)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGSTOP)  # even one that can do nothing any more
    os.kill(pair.process.pid, signal.SIGKILL)
    pair.process.wait()
    wait_until(lambda: all(is_gone(worker) for worker in workers), "a worker outlived its main process")
    pair.restart()
    assert httpx.get(f"{pair.url}/readyz", verify=NO_CERTIFICATES).status_code == 200


def test_a_process_that_dies_is_replaced_at_once(pair: Server) -> None:
    for ready in (2, 3, 4):
        wait_until(lambda ready=ready: pair.log.count("startup complete") >= ready, "a worker is not ready")  # type: ignore[misc]
        victim = children(pair.process.pid)[0]
        start = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda victim=victim: victim not in children(pair.process.pid), "it is not buried")  # type: ignore[misc]
        wait_until(lambda: len(children(pair.process.pid)) == 2, "it is not replaced")
        assert seconds_since(start) < 5
    assert "ended (SIGKILL); starting another one" in pair.log


def test_where_the_system_has_no_process_to_give_the_others_serve_on_and_it_is_tried_again(pair: Server) -> None:
    wait_until(lambda: pair.log.count("startup complete") >= 2, "a worker is not ready")
    pair.expect_fault("could not be started")
    main = psutil.Process(pair.process.pid)
    files_max = main.rlimit(psutil.RLIMIT_NOFILE)
    main.rlimit(psutil.RLIMIT_NOFILE, (3, files_max[1]))
    os.kill(children(main.pid)[0], signal.SIGKILL)
    wait_until(lambda: "could not be started" in pair.log, "it was started all the same")
    assert len(children(main.pid)) == 1
    assert asked(pair.url, ALIVE) is not None
    main.rlimit(psutil.RLIMIT_NOFILE, files_max)
    wait_until(lambda: len(children(main.pid)) == 2, "it is not replaced")


def test_a_process_that_is_busy_is_left_alone(pair: Server) -> None:
    workers = children(pair.process.pid)
    os.kill(workers[0], signal.SIGSTOP)
    time.sleep(8)
    os.kill(workers[0], signal.SIGCONT)
    assert children(pair.process.pid) == workers
    assert asked(pair.url, ALIVE) is not None


def test_where_no_process_ever_starts_the_server_ends_with_a_word(sqlite_url: str) -> None:
    command = [sys.executable, "-m", "tillroll", "serve", "--db", sqlite_url, "--port", "0", "--workers", "2"]
    with running(command, patience=SOON, stderr=subprocess.PIPE, text=True) as main:
        stopped = threading.Event()

        def kill_all() -> None:
            while not stopped.wait(0.01):
                for worker in children(main.pid) if main.poll() is None else ():
                    os.kill(worker, signal.SIGKILL)

        killer = threading.Thread(target=kill_all)
        assert main.stderr is not None
        for line in main.stderr:
            if "Started main process" in line:
                killer.start()
                break
        said = main.stderr.read()
        stopped.set()
        killer.join()
    assert main.returncode == 1
    assert "No server process could start" in said
    assert said.count("trying again in") <= 2 * 4


def test_a_port_that_is_taken_is_said_before_the_database_is_touched(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        for workers in ("1", "2"):
            done = run_cli("serve", "--db", f"sqlite:///{tmp_path / 'a.db'}", "--port", port, "--workers", workers)
            assert done.returncode == 1
            assert f"can not listen on 127.0.0.1:{port}: address already in use" in done.stderr
            assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("setting", ["TILLROLL_LOG_LEVEL=loud", "TILLROLL_WORKERS=0", "TILLROLL_HEAD_SECONDS_MAX=0"])
def test_a_setting_that_can_not_be_used_stops_the_start(setting: str, sqlite_url: str) -> None:
    name, _, value = setting.partition("=")
    command = [sys.executable, "-m", "tillroll", "serve", "--db", sqlite_url, "--port", "0"]
    done = subprocess.run(
        command, env=os.environ | {name: value}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert f"Error: {name}: " in done.stderr


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_stop_lets_requests_finish(sqlite_url: str, workers: int, number: signal.Signals) -> None:
    with (
        running_server(sqlite_url, workers=workers, start="command") as server,
        Raw(server.url) as idle,
        Raw(server.url) as slow,
    ):
        assert idle.send(ALIVE).answer() is not None
        slow.send(
            b"POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/xml\r\ncontent-length: 2\r\n\r\n{"
        )
        time.sleep(0.3)
        start = time.monotonic()
        server.process.send_signal(number)
        assert idle.is_closed()
        answer = slow.send(b"}").answer()
        assert answer is not None
        assert (answer.status, answer.headers["connection"]) == (415, "close")
        server.process.wait(SOON)
        assert seconds_since(start) < 8


def test_who_never_finishes_a_body_does_not_hold_up_the_end_nor_is_it_a_fault(sqlite_url: str) -> None:
    with running_server(sqlite_url, start="command") as server, Raw(server.url) as slow:
        slow.send(b"POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n")
        slow.send(b"content-type: application/x-www-form-urlencoded\r\n\r\n{")
        time.sleep(0.3)
        start = time.monotonic()
        server.process.terminate()
        answer = slow.answer()
        assert answer is not None
        assert (answer.status, "retry-after" in answer.headers) == (503, True)
        server.process.wait(SOON)
        assert seconds_since(start) < 9.5


def test_who_leaves_in_the_middle_is_no_fault(sqlite_url: str) -> None:
    with running_server(sqlite_url) as server, new_shop(server) as shop:
        hashid = shop.credentials["doofinder"]["hashid"]
        event = f"GET /6/{hashid}/stats/anything?session_id=a HTTP/1.1\r\nhost: x\r\n\r\n".encode()
        for count in (1, 2, 40):
            for _ in range(5):
                with Raw(server.url) as raw:
                    raw.socket.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                    )  # leave with a reset
                    raw.send(event * count + b"POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
        assert asked(server.url, ALIVE) is not None


# Where the log goes.


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_log_that_nobody_reads_holds_nobody_up(sqlite_url: str, workers: str) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4_096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    port = free_port()
    command = [sys.executable, "-m", "tillroll", "serve", "--db", sqlite_url, "--workers", workers]
    try:
        with ended([*command, "--port", str(port)], stderr=writing):
            wait_until(lambda: answers(f"http://127.0.0.1:{port}"), "the server waits for its log")
    finally:
        os.close(reading)
        os.close(writing)


def test_a_server_without_standard_streams_serves(sqlite_url: str) -> None:
    port = free_port()
    command = f"exec {sys.executable} -m tillroll serve --db {sqlite_url} --port {port} <&- >&- 2>&-"
    with ended(["/bin/sh", "-c", command]) as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}"), "the server does not answer")
        for descriptor in range(3):
            assert os.readlink(f"/proc/{process.pid}/fd/{descriptor}") == os.devnull


@contextmanager
def ended(command: list[str], **more: Any) -> Iterator["subprocess.Popen[Any]"]:
    """A process that is told to end, and does; where the test fails before, it is killed."""
    with running(command, **more) as process:
        yield process
        process.terminate()
        process.wait(SOON)


def answers(url: str) -> bool:
    """Whether a server is there."""
    try:
        return httpx.get(f"{url}/readyz", verify=NO_CERTIFICATES, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


# The demo.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_server_of_a_demo_ends_with_the_demo(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "tillroll", "demo", "--db", f"sqlite:///{tmp_path / 'demo.db'}", "--port", "0"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)}
    with running(command, stdout=subprocess.PIPE, text=True, env=environment) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "is served at" in line:
                break
        (server,) = children(demo.pid)
        demo.send_signal(number)
        demo.wait(SOON)
        wait_until(lambda: is_gone(server), "the server outlived the demo")
    assert all(path.name.startswith("demo.db") for path in tmp_path.iterdir())
