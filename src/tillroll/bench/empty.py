"""The empty endpoint: what the HTTP server itself costs, and nothing else.

A bare ASGI callable behind the very settings of `tillroll.server` that reads the body, decodes it and answers fixed
bytes. Run as `python -m tillroll.bench.empty`; the port is the kernel's choice and stands in the log.
"""

from typing import Any

import msgspec
import uvicorn

from tillroll.dialects.http import Receive, Scope, Send
from tillroll.server import http_server, lifeline, limits_of
from tillroll.settings import Settings

_ANSWER = b'{"orderId":"EON1001","paymentDetails":null,"checkoutId":null}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_ANSWER))]
_DECODER = msgspec.json.Decoder(Any)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Read, decode, answer."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    message = await receive()
    if message["type"] == "http.disconnect":
        return
    body: bytes = message["body"]
    if body:
        _DECODER.decode(body)
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _ANSWER})


if __name__ == "__main__":
    lifeline.end_with_starter()
    settings = Settings()
    uvicorn.run(application, host="127.0.0.1", port=0, **http_server(settings, limits_of(settings)))
