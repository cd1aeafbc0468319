"""Passwords: hashed with Argon2id in threads of their own, between two transactions and never inside one.

What a check costs, the number of threads bounds: more of them wait in line, and too many are told to come back.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from tillroll.dialects.rates import place_of
from tillroll.store import Overloaded

Result = TypeVar("Result")

# OWASP's first choice for Argon2id: 19 MiB, two passes, one lane; some 20 ms on one core.
MEMORY_KIBIBYTES = 19_456
PASSES = 2
LANES = 1

# Some two seconds of work for two threads; whoever waits longer has given up. One address leaves room for others.
WAITING_MAX = 200
WAITING_OF_ADDRESS_MAX = 150


def hasher() -> argon2.PasswordHasher:
    """What makes and checks hashes, at today's costs."""
    return argon2.PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIBIBYTES, parallelism=LANES)


class Passwords:
    """Makes and checks password hashes without holding anybody else up."""

    def __init__(self, threads: int) -> None:
        self._hasher = hasher()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._waiting = 0
        self._waiting_of: Counter[str] = Counter()
        self._lock = Lock()
        self._nobody = ""

    async def hash(self, password: str, remote: str) -> str:
        """A new hash of the password that came from this address. Raises Overloaded where too many wait."""
        return await self._run(partial(self._hasher.hash, _bytes_of(password)), remote)

    async def check(self, known_hash: str | None, password: str, remote: str) -> bool:
        """Whether this is the password; None is nobody's hash, and takes as long. Raises Overloaded."""
        return await self._run(partial(self._check, known_hash, _bytes_of(password)), remote)

    def is_outdated(self, known_hash: str) -> bool:
        """Whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(known_hash)

    async def _run(self, work: Callable[[], Result], remote: str) -> Result:
        place = place_of(remote)
        if self._waiting >= WAITING_MAX:
            raise Overloaded("too many passwords wait to be hashed")
        if self._waiting_of[place] >= WAITING_OF_ADDRESS_MAX:
            raise Overloaded("too many passwords of this address wait to be hashed")
        self._waiting += 1
        self._waiting_of[place] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
            self._waiting_of[place] -= 1
            if not self._waiting_of[place]:
                del self._waiting_of[place]

    def _check(self, known_hash: str | None, password: bytes) -> bool:
        if known_hash is None:
            with self._lock:
                self._nobody = self._nobody or self._hasher.hash(b"nobody's password")
        try:
            self._hasher.verify(known_hash or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return known_hash is not None


def _bytes_of(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
