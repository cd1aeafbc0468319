"""When a message is tried again, and when it is given up.

    try ─► 1 s ─► 5 s ─► 30 s ─► 2 min ─► 10 min ─► 30 min ─► 2 h ─► 5 h ─► 10 h ─► 14 h ─► 20 h ─► 24 h ─► dead letter

From the second minute on it is the schedule that Standard Webhooks recommends; an endpoint that is deployed anew is
back after some seconds. A message is given up after some three days.
"""

PAUSES_SECONDS = (1, 5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
# How much longer a pause may become by chance, so that what failed together is not tried together: a quarter.
JITTER_PARTS = 4
# What an endpoint may ask for with Retry-After; whoever says more is asked again after so long.
RETRY_AFTER_SECONDS_MAX = 3_600
_SECOND = 1_000_000


def next_try(tries: int, tried_at: int, jitter_thousandths: int) -> int | None:
    """When a message that has been tried so often is tried again (microseconds UTC); None where it is given up.

    `jitter_thousandths` is a random number from 0 to 1,000: how much of the longest extension is taken.
    """
    if tries > len(PAUSES_SECONDS):
        return None
    pause = PAUSES_SECONDS[tries - 1] * _SECOND
    return tried_at + pause + pause // JITTER_PARTS * jitter_thousandths // 1_000


def rest_after(seconds: int, now: int) -> int:
    """Until when an endpoint is left alone that asked for so many seconds (microseconds UTC)."""
    return now + max(0, min(seconds, RETRY_AFTER_SECONDS_MAX)) * _SECOND
