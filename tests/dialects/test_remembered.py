"""What is remembered of texts that strangers send: as much as of texts that mean something."""

import tracemalloc
from collections.abc import Callable

import pytest

from tillroll.dialects.doofinder.said import dfid_of
from tillroll.dialects.doofinder.writes import hashes_of_key
from tillroll.domain.money import minor_exponent
from tillroll.domain.times import begins_at, ends_at, instant, time_zone

TEXTS = 100
LETTERS = 20_000

REMEMBERING: dict[str, Callable[[str], object]] = {
    "a moment": instant,
    "a beginning": begins_at,
    "an end": ends_at,
    "a currency": minor_exponent,
    "a time zone": time_zone,
    "a key": hashes_of_key,
    "an engine": lambda text: dfid_of(text, "product", "a"),
}


@pytest.mark.parametrize("name", REMEMBERING)
def test_long_texts_are_not_remembered(name: str) -> None:
    remember = REMEMBERING[name]
    remember("x")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(TEXTS):
            remember(f"{number}{'x' * LETTERS}")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 10 * LETTERS
