"""When a message is tried again."""

import pytest

from tillroll.domain.outbox.schedule import PAUSES_SECONDS, RETRY_AFTER_SECONDS_MAX, next_try, rest_after

NOW = 1_800_000_000_000_000
SECOND = 1_000_000


@pytest.mark.parametrize(("tries", "pause"), list(enumerate(PAUSES_SECONDS, 1)))
def test_a_pause_is_as_the_schedule_says_and_a_quarter_longer_at_most(tries: int, pause: int) -> None:
    assert next_try(tries, NOW, 0) == NOW + pause * SECOND
    assert next_try(tries, NOW, 1_000) == NOW + pause * SECOND * 5 // 4
    shortest, longest = next_try(tries, NOW, 1), next_try(tries, NOW, 999)
    assert shortest is not None
    assert longest is not None
    assert NOW + pause * SECOND < shortest < longest < NOW + pause * SECOND * 5 // 4


def test_pauses_become_longer_and_come_to_three_days() -> None:
    assert list(PAUSES_SECONDS) == sorted(PAUSES_SECONDS)
    assert 3 * 86_400 < sum(PAUSES_SECONDS) < 4 * 86_400


def test_after_the_last_pause_a_message_is_given_up() -> None:
    assert next_try(len(PAUSES_SECONDS), NOW, 0) is not None
    assert next_try(len(PAUSES_SECONDS) + 1, NOW, 0) is None


@pytest.mark.parametrize(
    ("asked", "rests"),
    [(-5, 0), (0, 0), (7, 7), (RETRY_AFTER_SECONDS_MAX, RETRY_AFTER_SECONDS_MAX), (10**9, RETRY_AFTER_SECONDS_MAX)],
)
def test_nobody_is_left_alone_for_longer_than_an_hour(asked: int, rests: int) -> None:
    assert rest_after(asked, NOW) == NOW + rests * SECOND
