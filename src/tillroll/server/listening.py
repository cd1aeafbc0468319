"""The sockets that a server listens on, taken before anything else is done."""

import socket
from contextlib import suppress

from tillroll.settings import Settings


class CanNotListen(Exception):
    """The address can not be listened on; the message says which, and why."""


def bind(settings: Settings) -> list[socket.socket]:
    """A socket for each address of the host, bound to one port and not yet listening; raises CanNotListen."""
    place = f"{settings.host}:{settings.port}"
    try:
        asked = (settings.host or None, settings.port)
        found = socket.getaddrinfo(*asked, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError, OverflowError) as error:
        raise CanNotListen(f"can not listen on {place}: {error}") from error
    sockets: list[socket.socket] = []
    port = settings.port
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            sockets.append(_bound(socket.socket(family, kind, protocol), (address[0], port, *address[2:])))
            port = sockets[0].getsockname()[1]  # where any was wanted, all addresses share the first one's
    except (OSError, OverflowError) as error:
        for one in sockets:
            one.close()
        said = getattr(error, "strerror", None) or str(error)
        raise CanNotListen(f"can not listen on {place}: {said[:1].lower()}{said[1:]}") from error
    return sockets


def _bound(one: socket.socket, address: tuple[object, ...]) -> socket.socket:
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if one.family == socket.AF_INET6:
            with suppress(OSError):
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
    except BaseException:
        one.close()
        raise
    return one


def url_of(one: socket.socket) -> str:
    """Where a bound socket answers."""
    host, port = one.getsockname()[:2]
    return f"http://[{host}]:{port}" if one.family == socket.AF_INET6 else f"http://{host}:{port}"
