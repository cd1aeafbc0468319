"""The ids of requests, which say when each was received: UUIDv7 with the microseconds behind the milliseconds."""

import re

# 32 hex digits, the hyphens that others write between them aside: version 7, variant 8 to b.
_ID = re.compile(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", re.ASCII)


def request_id(text: str) -> str | None:
    """A request's id as it is kept, however it is written; None where it is none."""
    id = text.strip().replace("-", "").lower()
    return id if _ID.fullmatch(id) is not None else None


def received_at(id: str) -> int:
    """When the request with this id was received, microseconds UTC (RFC 9562, 6.2, method 3)."""
    return int(id[:12], 16) * 1000 + -(-int(id[13:16], 16) * 1000 // 4096)
