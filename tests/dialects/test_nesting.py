"""Bodies that are nested more deeply than they could be written out again: each dialect says so in its own words."""

from collections.abc import Callable

import pytest

from tillroll.dialects.alhena.payload import read_touch
from tillroll.dialects.doofinder.parameters import Unreadable, parameters_of
from tillroll.dialects.http import Inbound, Malformed
from tillroll.dialects.nesting import LEVELS_MAX, is_too_deep
from tillroll.dialects.scout.payload import read_object


def inbound(body: bytes) -> Inbound:
    return Inbound("POST", "/", {}, b"", [], body, "192.0.2.1", 1_700_000_000_000_000, "0" * 32)


def refused_by_doofinder(body: bytes) -> bool:
    try:
        parameters_of(inbound(body))
    except Unreadable:
        return True
    return False


def refused_by_scout(body: bytes) -> bool:
    try:
        read_object(body)
    except Malformed:
        return True
    return False


def refused_by_alhena(body: bytes) -> bool:
    return [wrong.field for wrong in read_touch(inbound(body)).wrong] == ["body"]


REFUSALS = (refused_by_alhena, refused_by_doofinder, refused_by_scout)


@pytest.mark.parametrize("is_refused", REFUSALS)
@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
def test_every_depth_is_read_or_refused(is_refused: Callable[[bytes], bool], opened: bytes, closed: bytes) -> None:
    for levels in (1, LEVELS_MAX - 3, LEVELS_MAX, 400, *range(900, 1000), 2_000, 100_000):
        body = b'{"a":' + opened * levels + b"1" + closed * levels + b"}"
        assert is_refused(body) is (levels >= LEVELS_MAX), levels


def test_many_brackets_are_not_deep_by_themselves() -> None:
    assert not is_too_deep(b"[[],[]]" * 100, [[[]] * 100])
