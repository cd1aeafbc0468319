"""What goes wrong with an answer: what the wire does to it, and what somebody in between makes of it."""

from collections.abc import Mapping

from msgspec import Struct

from tillroll.simulator.script import Do
from tillroll.simulator.wire import Outcome, error

# The header by which the application tells its connection what to do to the answer; it never leaves.
WIRE_FAULT = b"x-simulated-fault"
# Where an application finds out that its connection heeds that header.
EXTENSION = "tillroll.simulated_faults"
ON_THE_WIRE = frozenset(("timeout", "delay_effect", "reset", "close", "slow_body", "cut_body"))

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"

# What the simulator's own cards do without any script.
OF_CARDS: Mapping[str, Do] = {
    "timeout_before": Do(fault="timeout", effect=False),
    "timeout_after": Do(fault="timeout", effect=True),
    "500_after": Do(fault="status", effect=True),
    "reset_after": Do(fault="reset", effect=True),
    "wrong_amount": Do(fault="wrong_amount"),
    "slow": Do(fault="delay", ms=3000),
}


class Broken(Struct, frozen=True):
    """What becomes of an answer: its status and bytes, and what the wire does to them for how long."""

    status: int
    body: bytes
    content_type: str = "application/json"
    on_wire: str = ""
    ms: float = 0


def refusal(do: Do) -> Outcome | None:
    """The answer that is given instead of the work, and that no key keeps, where the script wants one."""
    if do.fault == "rate_limit":
        return rate_limited("global-rate")
    if do.fault == "lock":
        return locked()
    return None


def rate_limited(reason: str) -> Outcome:
    """Too many requests."""
    found = error(429, "invalid_request_error", "Too many requests; please send fewer.", code="rate_limit")
    return Outcome(429, found.body, is_executed=False, headers=(("Stripe-Rate-Limited-Reason", reason),))


def locked() -> Outcome:
    """Another request holds the object."""
    found = error(429, "invalid_request_error", "Another request holds this object.", code="lock_timeout")
    return Outcome(429, found.body, is_executed=False)


def in_place_of(do: Do) -> Outcome:
    """The error that a fault of a status answers; a key keeps 500 as the provider keeps it, and no other."""
    status = do.status if do.fault == "status" else 500
    kind = "api_error" if status >= 500 else "invalid_request_error"
    found = error(status, kind, "Something went wrong on the provider's side.", code=do.code or None)
    return Outcome(status, found.body, is_executed=status == 500 and do.fault == "status")


def broken(do: Do, status: int, body: bytes) -> Broken:
    """What becomes of an answer under a fault."""
    if do.fault == "bad_json":
        return Broken(status, body[: len(body) // 2] + b"}")
    if do.fault == "html":
        return Broken(502, _HTML, "text/html")
    if do.fault in ON_THE_WIRE:
        waits = do.hold_ms if do.fault in ("timeout", "delay_effect") else do.ms
        return Broken(status, body, on_wire=do.fault, ms=waits)
    return Broken(status, body)
