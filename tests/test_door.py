"""The parts of the door that need no socket."""

import pytest

from tillroll.dialects.nesting import holds_nul


@pytest.mark.parametrize(
    ("json", "is_there"),
    [
        (rb'{"a":"\u0000"}', True),
        (rb'{"\u0000":1}', True),
        (rb'["\\\u0000"]', True),
        (rb'["x\\\\\u0000"]', True),
        (rb'["\\u0000"]', False),
        (rb'["C:\\\\u0000"]', False),
        (rb'["\\u0000\\\u0000"]', True),
        (rb'["\u00001"]', True),
        (rb'["u0000", "\u0001"]', False),
        (b"", False),
    ],
)
def test_a_nul_is_told_from_the_letters_of_its_name(json: bytes, is_there: bool) -> None:
    assert holds_nul(json) is is_there
