"""Scout's words for no: `{"success": false, "message": …}`, and no status but the documented ones.

400 invalid, 403 key or token, 404 unknown, 422 can not be processed, 500 ours, 503 later (docs/wire/scout.md, 4).
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.dialects.http import Problem, Response

_MESSAGES = {
    400: "The request is invalid.",
    403: "The API key or the access_token is wrong.",
    404: "Not found.",
    422: "The request could not be processed.",
    500: "We had a problem with our server. Try again later.",
    503: "We are temporarily offline for maintenance. Please try again later.",
}
# What the door refuses with a status that Scout does not know.
_DOCUMENTED = {405: 404, 409: 503, 413: 400, 415: 400, 429: 503}


class ScoutService(Struct, frozen=True):
    """The error body of Scout."""

    def refuse(self, status: int, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """The error body for a status; all problems in one message."""
        known = _DOCUMENTED.get(status, status)
        told = message or " ".join(problem.message for problem in problems)
        # The door's advice for a 503 speaks of keys that a post does not have; repeating one is safe without.
        said = told if told and known != 503 else _MESSAGES[known]
        return Response(known, msgspec.json.encode({"success": False, "message": said}))


SCOUT = ScoutService()

OK = Response(200, b'{"success":true}')
