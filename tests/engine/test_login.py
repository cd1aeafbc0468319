"""How long a login has to wait after failures."""

import pytest

from tillroll.engine.login import REST_SECONDS, seconds_left


@pytest.mark.parametrize(
    ("beyond", "since", "expected"),
    [
        (-1, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
        (3, 0, 8),
        (3, 5, 3),
        (3, -60, 8),
        (8, 0, 256),
        (9, 0, 300),
        (1000, 100, 200),
        (1000, REST_SECONDS, 0),
    ],
)
def test_each_failure_doubles_the_wait_up_to_a_limit(beyond: int, since: int, expected: int) -> None:
    assert seconds_left(beyond, since, 300) == expected
