"""One server process: uvicorn with our connections, httptools and uvloop."""

import logging
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import uvicorn

from tillroll import app
from tillroll.dialects.http import Door
from tillroll.server.connection import Connection
from tillroll.server.crowd import Crowd
from tillroll.server.limits import GRACEFUL_SECONDS, Limits, limits_of
from tillroll.server.logs import log_config
from tillroll.settings import Settings
from tillroll.store import StoreFailed

# The exit code of a process that could not begin to serve; uvicorn has the same.
CAN_NOT_START = 3

_log = logging.getLogger(__name__)


def http_server(settings: Settings, limits: Limits) -> Mapping[str, Any]:
    """What every HTTP server of ours is made of, the empty endpoint of the benchmark included."""
    return {
        "loop": "uvloop",
        "http": partial(Connection, Crowd(limits)),
        "backlog": limits.backlog,
        "interface": "asgi3",
        "access_log": False,
        # Whose word counts is decided at the door, by the setting `trusted_proxies`.
        "proxy_headers": False,
        "server_header": False,
        "date_header": False,
        "ws": "none",
        "lifespan": "on",
        "timeout_graceful_shutdown": GRACEFUL_SECONDS,
        "log_level": settings.log_level,
        "log_config": log_config(settings.log_level),
    }


def serve(settings: Settings, sockets: Sequence[socket.socket], ready: Callable[[], None]) -> None:
    """Serve until a signal says stop; `ready` is called as soon as requests are answered."""
    config = uvicorn.Config(partial(_application, settings), factory=True, **http_server(settings, limits_of(settings)))
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # which `nohup` has wanted
        signal.signal(signal.SIGHUP, _as_sigterm)
    try:
        _Server(config, ready).run(list(sockets))
    except KeyboardInterrupt:
        return  # Ctrl-C, after everything was finished


def _application(settings: Settings) -> Door:
    try:
        return app.build(settings)
    except (StoreFailed, ValueError, OSError) as error:
        _log.critical("the server can not start: %s", error)
        sys.exit(CAN_NOT_START)


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()


def _as_sigterm(_signal: int, _frame: object) -> None:
    signal.raise_signal(signal.SIGTERM)
