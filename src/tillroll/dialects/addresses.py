"""Whose request it is, where reverse proxies stand between the client and this server."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """The address of the client, by what trusted proxies say in `X-Forwarded-For`; else that of the connection.

    Each proxy adds at the right whom it heard from, so that only what trusted ones wrote can be believed: the
    right-most address that is none of theirs, or the left-most where all are. What is no address makes it worthless.
    """
    if not trusted or not _is_trusted(address_of(peer), trusted):
        return peer
    client = peer
    hops = [hop for line in forwarded for hop in line.split(",") if hop.strip()]
    for hop in reversed(hops):
        address = address_of(hop)
        if address is None:
            return peer
        client = str(address)
        if not _is_trusted(address, trusted):
            break
    return client


def address_of(text: str) -> Address | None:
    """The address in a text such as `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`, or None.

    IPv4 that is written as IPv6 is IPv4. A zone has no meaning on another machine, and is left out.
    """
    host = text.strip()
    if host.startswith("["):
        host, bracket, port = host[1:].partition("]")
        if not bracket or ":" not in host or not _is_port(port):
            return None
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
        if not _is_port(f":{port}"):
            return None
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_port(text: str) -> bool:
    """Whether this is nothing, or a colon and a port."""
    digits = text[1:]
    return not text or (text[0] == ":" and digits.isascii() and digits.isdigit() and int(digits[:6]) < 65_536)


def _is_trusted(address: Address | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)
