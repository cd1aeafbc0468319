"""The HTTP server around the application: uvicorn with httptools and uvloop, one process or several."""

import os
from collections.abc import Mapping
from typing import Any

import msgspec
import uvicorn

from tillroll import app
from tillroll.dialects.http import Door
from tillroll.settings import Settings

_SETTINGS_VARIABLE = "TILLROLL_SERVED_SETTINGS"

# What every HTTP server of ours is made of, the empty endpoint of the benchmark included.
HTTP_SERVER: Mapping[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "access_log": False,
    # Whose word counts is decided at the door, by the setting `trusted_proxies`.
    "proxy_headers": False,
    "server_header": False,
    "date_header": False,
    "ws": "none",
    "lifespan": "on",
    # The client or the proxy has to be who closes an idle connection: where the server does, a request that is already
    # on its way is lost. Common pools keep theirs for 60 seconds at most.
    "timeout_keep_alive": 75,
    "timeout_graceful_shutdown": 10,
}


def run(settings: Settings) -> None:
    """Serve until a signal says stop; in-flight requests are finished first."""
    os.environ[_SETTINGS_VARIABLE] = msgspec.json.encode(settings).decode()
    uvicorn.run(
        "tillroll.server:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_level=settings.log_level,
        **HTTP_SERVER,
    )


def application() -> Door:
    """The application of one server process; the settings come from the process that started it."""
    return app.build(msgspec.json.decode(os.environ[_SETTINGS_VARIABLE], type=Settings))
