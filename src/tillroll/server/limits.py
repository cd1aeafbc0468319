"""What one connection, and all of them together, may take of a process: bytes, seconds and files.

Every wait of a connection has an end, and everything that can grow has a limit. What an operator could want otherwise
is a setting; the rest is here, with its reason.
"""

import resource

from msgspec import Struct

from tillroll.settings import Settings

# The request line and the headers, and whatever frames a body in chunks: browsers send some 2 KiB, proxies that add
# tokens some 20.
HEAD_BYTES_MAX = 65_536
# Browsers send about twenty, each proxy adds a handful. One takes some hundred bytes, however short it is on the wire.
HEADERS_MAX = 100
# How many requests of one connection may be read ahead of their answers; what else it has sent waits unread.
PIPELINED_MAX = 16
# The same for their bodies: one that is there as a whole makes room for nobody, so that a request behind so many bytes
# is not begun.
PIPELINED_BYTES_MAX = 65_536
# The frame of an honest chunk: its size, two line breaks, and room to spare. What it has more counts as head.
CHUNK_FRAME_BYTES = 16
# How slowly a body may arrive, or an answer be taken, before it counts as standing still: a poor mobile network. It is
# looked at whenever `body_seconds_max` or `answer_seconds_max` have passed.
PACE_BYTES_PER_SECOND = 4_096
# The client or the proxy has to be who closes an idle connection: where the server does, a request that is already
# on its way is lost. Common pools keep theirs for 60 seconds at most.
KEEP_ALIVE_SECONDS = 75
# After a refusal the rest of what a client is sending is thrown away for a moment: a connection that is closed with
# unread bytes is reset, and the client would lose the answer with it.
LINGER_SECONDS = 2
LINGER_BYTES_MAX = 16_777_216
# A process that was told to stop has ten seconds for its requests. Bodies that are still arriving, and answers that are
# still being taken, get half of it: the other half is for the work.
STOPPING_SECONDS = 4
GRACEFUL_SECONDS = 10
# From this many bytes of answers on that a client has not taken, no further request of it is read.
UNSENT_BYTES_HIGH = 32_768
# How often deadlines are looked at.
SWEEP_SECONDS = 1.0
# How often the log says that there are too many connections, or too many bytes.
COMPLAINT_SECONDS = 60.0

# Files that a process has open beside its connections: the database, the log, its own modules.
FILES_KEPT = 64
# How many connections the kernel accepts before we have looked at them.
BACKLOG_MAX = 2_048


class Limits(Struct, frozen=True):
    """The limits of one process, as its settings and its file limit have them."""

    connections_max: int
    backlog: int
    body_bytes_max: int
    held_bytes_max: int
    head_seconds_max: float
    body_seconds_max: float
    answer_seconds_max: float


def limits_of(settings: Settings) -> Limits:
    """What this process may take; its soft limit of open files is raised to the hard one before."""
    files = _raise_file_limit()
    backlog = max(8, min(BACKLOG_MAX, files // 4))
    connections = max(8, min(settings.connections_max, files - FILES_KEPT - backlog))
    return Limits(
        connections_max=connections,
        backlog=backlog,
        body_bytes_max=settings.body_bytes_max,
        held_bytes_max=settings.held_bytes_max,
        head_seconds_max=settings.head_seconds_max,
        body_seconds_max=settings.body_seconds_max,
        answer_seconds_max=settings.answer_seconds_max,
    )


def _raise_file_limit() -> int:
    """The number of files that this process may open, after asking for as many as it may ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return 65_536 if soft == resource.RLIM_INFINITY else soft
    for files in (wanted, 10_240):  # the second is the most that macOS grants where it says that there is no limit
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
        except (ValueError, OSError):
            continue
        return max(soft, files)
    return soft
