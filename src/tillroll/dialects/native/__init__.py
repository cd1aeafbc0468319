"""Tillroll's own routes: whether the server lives and is ready."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll import __version__
from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.store import Transaction

_MESSAGES = {
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


def routes() -> list[Route]:
    """`/healthz`: the process answers. `/readyz`: the database answers, too."""
    return [Route("GET", "/healthz", _ready, NATIVE, alone=_alive), Route("GET", "/readyz", _ready, NATIVE)]


def _alive(_inbound: Inbound) -> Response:
    return Response(200, msgspec.json.encode({"status": "ok", "version": __version__}))


def _ready(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    tx.rows("shops")
    return [_alive(inbound) for inbound in requests]
