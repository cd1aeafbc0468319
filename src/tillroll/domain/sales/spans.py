"""Days in spans, so that a report of many days reads few rows: each day is in one span of each length.

    1     │ day │ day │ day │ …
    8     │ eight days, from a multiple of eight on │ …
    64    │ …

Days are numbers since 1970.
"""

SPANS = (64, 8, 1)


def spans_of(day: int) -> dict[int, int]:
    """The first day of each span that a day is in, by the span's length."""
    return {span: day - day % span for span in SPANS}


def covering(first: int, last: int) -> dict[int, int]:
    """The lengths of the fewest spans that are these days and no others, by their first days."""
    found = {}
    day = first
    while day <= last:
        span = next(one for one in SPANS if day % one == 0 and day + one - 1 <= last)
        found[day] = span
        day += span
    return found
