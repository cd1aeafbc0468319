"""The HTTP server around the application: one process, or a main process that keeps several alive.

listening ─► sockets ─┬─► serving (this process)
                      └─► supervisor ─► worker ─► serving, in each of several processes

bytes ─► connection ─► exchange ─► the door
             └── crowd: all connections of a process, their deadlines and what they hold
"""

import logging
import logging.config
import socket
import sys
from collections.abc import Sequence

from tillroll.server import lifeline
from tillroll.server.limits import GRACEFUL_SECONDS, limits_of
from tillroll.server.listening import CanNotListen, bind, url_of
from tillroll.server.logs import keep_standard_streams, log_config
from tillroll.server.serving import http_server, serve
from tillroll.server.supervisor import STOP_SECONDS, Supervisor
from tillroll.settings import Settings

__all__ = ["CanNotListen", "bind", "http_server", "keep_standard_streams", "lifeline", "limits_of", "run", "url_of"]

_log = logging.getLogger(__name__)


def run(settings: Settings, sockets: Sequence[socket.socket]) -> None:
    """Serve on bound sockets until a signal says stop; requests that have begun are finished first."""
    logging.config.dictConfig(log_config(settings.log_level))
    lifeline.end_with_starter(STOP_SECONDS if settings.workers > 1 else GRACEFUL_SECONDS + 2)
    backlog = limits_of(settings).backlog
    for one in sockets:
        one.listen(backlog)
        _log.info("Tillroll is running on %s (Ctrl-C ends it)", url_of(one))
    if settings.workers > 1:
        sys.exit(Supervisor(settings, sockets).run())
    serve(settings, sockets, lambda: None)
