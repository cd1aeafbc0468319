"""Tables as CSV files that spreadsheets open as they are meant."""

import csv
import io
from collections.abc import Iterable, Sequence

from tillroll.dialects.http import NO_STORE, NOSNIFF, Response

# What spreadsheets would take for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def sheet(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """A file of this name; text that would be a formula is marked as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(one) for one in row])
    headers = (
        (b"content-type", b"text/csv; charset=utf-8"),
        (b"content-disposition", f'attachment; filename="{name}"'.encode("ascii", "replace")),
        NOSNIFF,
        *NO_STORE,
    )
    # Spreadsheets take a file for UTF-8 only with this mark before it.
    return Response(200, b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"), headers)


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value
