"""How often somebody may call: an allowance that fills up evenly, for each name of its own, in this process.

The generic cell rate algorithm (ITU-T I.371): one number per name says when the next call is due. Whoever is ahead by
more than the burst waits. Several server processes each keep their own, so that a shop's limit is a multiple of theirs.
"""

from ipaddress import IPv6Address, IPv6Network, ip_address

from tillroll.dialects.http import Inbound

MINUTE_MICROSECONDS = 60_000_000
HOUR_MINUTES = 60
# As many names as are remembered, some 20 MB of them; names that have been quiet for longer than others are forgotten.
NAMES_MAX = 100_000
# A whole IPv6 network is one customer of somebody: its addresses cost nothing.
_NETWORK_BITS = 64
# A shop may keep so many times what one address may cause.
_OF_SHOP = 10
_KIB = 1024


class Allowance:
    """`calls` for each name in so many minutes, all of them at once if it was quiet before; 0 means any number."""

    def __init__(self, calls: int, *, minutes: int = 1, names_max: int = NAMES_MAX) -> None:
        self._interval = minutes * MINUTE_MICROSECONDS / calls if calls else 0.0
        self._burst = self._interval * max(calls - 1, 0)
        self._generation_max = max(names_max // 2, 1)
        self._due: dict[str, float] = {}
        self._due_before: dict[str, float] = {}

    def wait(self, name: str, now: int) -> int:
        """After how many whole seconds there is a call left, at a time in microseconds; 0 where there is one now."""
        if not self._interval:
            return 0
        ahead = self._due_of(name, now) - now - self._burst
        return int(-(-ahead // 1_000_000)) if ahead > 0 else 0

    def take(self, name: str, now: int, *, cost: int = 1) -> int:
        """Take one call, or a large one that costs more; 0, or after how many whole seconds to try again."""
        seconds = self.wait(name, now)
        if seconds or not self._interval:
            return seconds
        if name not in self._due and len(self._due) >= self._generation_max:
            # The names of the generation before last are forgotten: memory stays bounded, and nobody searches it.
            self._due, self._due_before = {}, self._due
        self._due[name] = self._due_of(name, now) + self._interval * cost
        return 0

    def _due_of(self, name: str, now: int) -> float:
        return max(self._due.get(name, 0.0), self._due_before.get(name, 0.0), now)


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
    try:
        address = ip_address(remote)
    except ValueError:  # a socket without an address
        return remote
    if not isinstance(address, IPv6Address):
        return remote
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _NETWORK_BITS), strict=False))


def size_cost(inbound: Inbound) -> int:
    """What a call costs of an allowance: one, and one more for each KiB that it says."""
    return 1 + (len(inbound.body) + len(inbound.query_string)) // _KIB
