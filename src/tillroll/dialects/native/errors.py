"""Our own error shape, for what belongs to no vendor."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.dialects.http import Problem, Response

_MESSAGES = {
    401: "Send the shop's native key as 'Authorization: Bearer KEY'.",
    404: "There is nothing at this address.",
    405: "This address does not answer that method.",
    500: "Something went wrong on our side.",
}


class NativeService(Struct, frozen=True):
    """Our own error shape: `{"error": {"status", "message"}}`."""

    def refuse(self, status: int, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """The error body for a status."""
        said = message or "; ".join(problem.message for problem in problems) or _MESSAGES.get(status, "Refused.")
        return Response(status, msgspec.json.encode({"error": {"status": status, "message": said}}))


NATIVE = NativeService()
