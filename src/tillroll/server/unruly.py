"""Connections that misbehave where the application asks for it: for the simulator of a payment service provider."""

import socket
import struct
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tillroll.dialects.http import Header
from tillroll.server.connection import Connection
from tillroll.server.crowd import Crowd
from tillroll.server.exchange import Exchange
from tillroll.server.head import answer_bytes
from tillroll.server.limits import limits_of
from tillroll.server.serving import http_server
from tillroll.settings import Settings
from tillroll.simulator.faults import EXTENSION, WIRE_FAULT


class Unruly(Connection):
    """A connection that holds, resets, closes, cuts or slows an answer whose headers say so."""

    def _start(self, exchange: Exchange) -> None:
        exchange.scope["extensions"] = {EXTENSION: {}}
        super()._start(exchange)

    def answer(self, exchange: Exchange, status: int, headers: Sequence[Header], body: bytes) -> None:
        """Write an answer, or do to it what is asked; whatever is done ends the connection."""
        wanted = dict(headers).get(WIRE_FAULT)
        if wanted is None or exchange.is_gone or self._transport.is_closing():
            super().answer(exchange, status, headers, body)
            return
        exchange.is_answered = True
        self._is_deaf = True
        fault, _, milliseconds = wanted.decode().partition(" ")
        pause = float(milliseconds) / 1000
        head = answer_bytes(status, [one for one in headers if one[0] != WIRE_FAULT], is_last=True)
        if fault == "reset":
            self._reset()
        elif fault == "close":
            self._transport.close()
        elif fault == "cut_body":
            self._transport.write(head + body[: len(body) // 2])
            self._transport.close()
        elif fault == "slow_body":
            self._transport.write(head)
            self._drip(body, pause)
        else:
            self._loop.call_later(pause, self._transport.close)

    def shutdown(self) -> None:
        """The server stops: answers that are held are nobody's any more."""
        super().shutdown()
        if any(one.is_answered for one in self._queue):
            self._transport.abort()

    def _reset(self) -> None:
        one = self._transport.get_extra_info("socket")
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def _drip(self, body: bytes, pause: float) -> None:
        """Write one byte after the other."""
        if self._transport.is_closing():
            return
        self._transport.write(body[:1])
        if len(body) > 1:
            self._loop.call_later(pause, self._drip, body[1:], pause)
        else:
            self._transport.close()


def unruly_server(settings: Settings) -> Mapping[str, Any]:
    """What a server is made of whose connections misbehave where its application asks for it."""
    limits = limits_of(settings)
    return {**http_server(settings, limits), "http": partial(Unruly, Crowd(limits))}
