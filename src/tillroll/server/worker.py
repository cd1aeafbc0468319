"""One of several server processes: what `Supervisor` starts.

It inherits the listening sockets and one more, over which it is told its settings, says that it is ready, and notices
the end of the main process.
"""

import os
import socket
import sys
from collections.abc import Sequence

import msgspec

from tillroll.server import lifeline
from tillroll.server.serving import serve
from tillroll.settings import Settings

READY = b"r"


def main(arguments: Sequence[str]) -> None:
    """Serve on inherited sockets; the arguments are the main process, the line to it, and the sockets."""
    parent, line_descriptor, *descriptors = (int(one) for one in arguments)
    lifeline.die_with_parent(parent)
    line = socket.socket(fileno=line_descriptor)
    settings = _told(line)
    lifeline.hold(line_descriptor, _end)
    sockets = [socket.socket(fileno=one) for one in descriptors]
    serve(settings, sockets, lambda: line.sendall(READY))


def _told(line: socket.socket) -> Settings:
    """The settings, which end with a line break."""
    text = b""
    while not text.endswith(b"\n"):
        piece = line.recv(65_536)
        if not piece:
            sys.exit(1)  # whoever started this process is gone already
        text += piece
    return msgspec.json.decode(text, type=Settings)


def _end() -> None:
    os._exit(1)
