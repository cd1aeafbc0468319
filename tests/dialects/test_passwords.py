"""Passwords that wait to be hashed: so many, and of one address not all of them."""

import asyncio
import threading
from collections import Counter

import pytest

from tillroll.dialects import passwords
from tillroll.dialects.passwords import WAITING_MAX, WAITING_OF_ADDRESS_MAX, Passwords
from tillroll.store import Overloaded


def test_one_address_leaves_room_for_the_passwords_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MEMORY_KIBIBYTES", 8)
    monkeypatch.setattr(passwords, "PASSES", 1)
    busy = Passwords(1)

    async def ask(remote: str, calls: int) -> Counter[bool]:
        told = await asyncio.gather(*(busy.hash("secret", remote) for _ in range(calls)), return_exceptions=True)
        return Counter(isinstance(one, Overloaded) for one in told)

    async def scene() -> list[Counter[bool]]:
        gate = threading.Event()
        held = asyncio.get_running_loop().run_in_executor(busy._pool, gate.wait)
        asked = [
            asyncio.create_task(ask(remote, WAITING_MAX)) for remote in ("2001:db8::1", "2001:db8::2", "192.0.2.1")
        ]
        await asyncio.sleep(0)
        gate.set()
        await held
        return [*await asyncio.gather(*asked), await ask("2001:db8::1", 1)]

    greedy, neighbour, other, later = asyncio.run(scene())
    assert greedy[False] == WAITING_OF_ADDRESS_MAX
    assert neighbour[False] == 0  # of the same network
    assert other[False] == WAITING_MAX - WAITING_OF_ADDRESS_MAX
    assert later == {False: 1}
