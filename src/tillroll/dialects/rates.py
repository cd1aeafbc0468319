"""Whose calls count together, and what they cost: addresses, and how many refused calls are kept of them."""

from ipaddress import IPv6Address, IPv6Network

from tillroll.dialects.http import Inbound
from tillroll.engine.access.throttle import Allowance

# A whole IPv6 network is one customer of somebody: its addresses cost nothing.
_NETWORK_BITS = 64
# A shop may keep so many times what one address may cause.
_OF_SHOP = 10
_KIB = 1024


class RefusedCalls:
    """How many refused calls are kept: of one address, for one shop, and of those that name no shop.

    Asked inside of a transaction, which may run again: then a call counts twice, to nobody's harm.
    """

    def __init__(self, per_minute: int) -> None:
        self._of_address = Allowance(per_minute)
        self._of_shop = Allowance(per_minute * _OF_SHOP)
        self._strays = Allowance(per_minute)

    def take(self, shop: str, inbound: Inbound) -> int:
        """0 where one more call may be kept for the shop, or with an empty one as a stray; else the seconds to wait."""
        now = inbound.received_at
        seconds = self._of_address.take(place_of(inbound.remote), now)
        return seconds or (self._of_shop if shop else self._strays).take(shop, now)


def place_of(remote: str) -> str:
    """Under which name calls of this address are counted: its own, or that of its network of IPv6."""
    if ":" not in remote:  # an address of IPv4, or a socket without one
        return remote
    try:
        address = IPv6Address(remote)
    except ValueError:
        return remote
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _NETWORK_BITS), strict=False))


def size_cost(inbound: Inbound) -> int:
    """What a call costs of an allowance: one, and one more for each KiB that it says."""
    return 1 + (len(inbound.body) + len(inbound.query_string)) // _KIB
