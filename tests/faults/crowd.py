"""A crowd at the doors of a shop: many requests at one moment, spread over several servers."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.harness import Server, run_cli

# More threads than this only queue up on two cores.
CROWD_MAX = 50


def at_once(tries: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """The answers to all of these requests, sent by up to CROWD_MAX threads that start together."""
    crowd = min(len(tries), CROWD_MAX)
    gate = threading.Barrier(crowd)
    remaining = list(enumerate(tries))
    lock = threading.Lock()
    answers: dict[int, httpx.Response] = {}

    def shopper() -> None:
        gate.wait()
        while True:
            with lock:
                if not remaining:
                    return
                position, attempt = remaining.pop()
            answers[position] = attempt()

    with ThreadPoolExecutor(crowd) as pool:
        for done in [pool.submit(shopper) for _ in range(crowd)]:
            done.result()
    return [answers[position] for position in range(len(tries))]


def statuses(answers: Sequence[httpx.Response]) -> Counter[int]:
    """How often each status was answered."""
    return Counter(answer.status_code for answer in answers)


def detail_types(answer: httpx.Response) -> set[str]:
    """The types of an answer's details."""
    return {detail["type"] for detail in answer.json()["details"]}


def audit_passes(database_url: str) -> None:
    """Fail with what the audit found unless every property holds."""
    found = run_cli("audit", database_url=database_url)
    assert found.returncode == 0, found.stdout + found.stderr


def no_group_fell_apart(servers: Sequence[Server]) -> None:
    """Fail where writes that shared a commit were repeated one by one: a crowd alone is no reason for that."""
    told = [line for server in servers for line in server.log.splitlines() if "fell apart" in line]
    assert not told, told
