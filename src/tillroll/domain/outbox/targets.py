"""Where messages may go: addresses in the public internet, over TLS; private ones only where the operator allows it.

An address may stand for another one: IPv4 in IPv6 (mapped, 6to4, Teredo, NAT64). What it stands for has to be public,
too (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "SSRF").
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

URL_CHARACTERS_MAX = 2_000
PORT_MAX = 65_535
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_LAST_32_BITS = 0xFFFFFFFF
_PORTS = {"https": 443, "http": 80}


class Target(Struct, frozen=True):
    """Where an endpoint is: its host is resolved once for each delivery, and that address is connected to."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host as it stands in a URL and in the Host header, with the port where that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str, *, private_allowed: bool) -> Target | str:
    """The target of a URL, or what is wrong with the URL, for people."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "url is no URL"
    problem = _problem(url, parts, private_allowed)
    if problem:
        return problem
    assert parts.hostname is not None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port if port is not None else _PORTS[parts.scheme], path)


def _problem(url: str, parts: SplitResult, private_allowed: bool) -> str:
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return f"url has {URL_CHARACTERS_MAX} printable ASCII characters at most"
    if parts.scheme not in (("https", "http") if private_allowed else ("https",)):
        return "url begins with https://"
    if not parts.hostname or parts.port == 0:
        return "url names a host"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "url holds no user, no password and no fragment"
    return ""


def refused_addresses(addresses: Iterable[str], *, private_allowed: bool) -> list[str]:
    """Those of these addresses that no message may go to."""
    return [address for address in addresses if not (private_allowed or is_public(address))]


def is_public(address: str) -> bool:
    """Whether an address, and whatever it stands for, is one of the public internet."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in _meanings(found))


def _meanings(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """The addresses that an address stands for: itself, unless it is mapped, and what it carries."""
    if isinstance(address, IPv4Address):
        yield address
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    if any(address in network for network in _NAT64):
        yield IPv4Address(int(address) & _LAST_32_BITS)
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
