"""Who may report events: keys, allowed origins and bans of a shop, and the channels by which clients name it.

What was read is remembered with the shop's access version, which every transaction compares: a change holds from the
next commit on, in every process.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec
from msgspec import Struct

from tillroll.engine.access import access
from tillroll.store import Transaction
from tillroll.store.access import credentials as rows
from tillroll.store.access.credentials import Channel, SigningKey

ANY_ORIGIN = "*"
# The port that each scheme has where none is said.
_PORTS = {"http": ":80", "https": ":443"}
# Letters that were written as others until IDNA 2008: browsers keep them, the standard library does not.
_ALIKE = frozenset("ß\u03c2\u200c\u200d")
# Tokens that are signed have to be tried against the keys that could have signed them.
SIGNING_KEYS_MAX = 100

Network = IPv4Network | IPv6Network


class Gate(Struct, frozen=True):
    """Who may report to one shop in one dialect, as of an access version."""

    shop: str
    version: int
    currency: str
    key_hashes: frozenset[str]
    origins: frozenset[str]
    networks: tuple[Network, ...]
    signing_secrets: tuple[str, ...] = ()

    def bans(self, remote: str) -> bool:
        """Whether this address is banned, by itself or with its network."""
        if not self.networks:
            return False
        try:
            address = ip_address(remote)
        except ValueError:  # a socket without an address: nobody can be banned by it
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.networks)

    def knows_key(self, hashes: Iterable[str]) -> bool:
        """Whether one of these is the hash of a live key of the shop for the dialect."""
        return not self.key_hashes.isdisjoint(hashes)

    def allows_origin(self, origin: str) -> bool:
        """Whether pages of this origin may report without a key."""
        return bool(origin) and (ANY_ORIGIN in self.origins or origin.lower() in self.origins)


class Gates:
    """The gates of every shop that has been asked for, kept while the shop's access version stays."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Gate] = {}

    def of(self, tx: Transaction, dialect: str, identifiers: Iterable[str]) -> dict[str, Gate]:
        """The gate behind each of these channels; unknown ones are absent."""
        return {
            owner.identifier: self._of_version(tx, dialect, owner.shop, owner.access_version)
            for owner in rows.channel_owners(tx, dialect, identifiers)
        }

    def of_shop(self, tx: Transaction, dialect: str, shop: str) -> Gate:
        """The gate of a shop that is known by its key."""
        return self._of_version(tx, dialect, shop, _head(tx, shop).access_version)

    def _of_version(self, tx: Transaction, dialect: str, shop: str, version: int) -> Gate:
        gate = self._known.get((dialect, shop))
        if gate is None or gate.version != version:
            gate = self._known[dialect, shop] = _read(tx, dialect, shop)
        return gate


def _read(tx: Transaction, dialect: str, shop: str) -> Gate:
    head = _head(tx, shop)
    return Gate(
        shop,
        head.access_version,
        head.currency,
        rows.live_key_hashes(tx, shop, dialect),
        frozenset(allowed.origin for allowed in rows.origins(tx, shop)),
        tuple(ip_network(banned.network) for banned in rows.bans(tx, shop)),
        tuple(key.secret for key in signing_keys(tx, shop)),
    )


def _head(tx: Transaction, shop: str) -> rows.AccessHead:
    head = rows.access_head(tx, shop)
    if head is None:
        raise LookupError(f"there is no shop {shop}")
    return head


def shop_of_key(tx: Transaction, dialect: str, secrets: Iterable[str]) -> str | None:
    """The shop that has one of these as a live key of the dialect, or None."""
    for secret in secrets:
        shop = rows.shop_of_secret(tx, dialect, access.hash_of(secret))
        if shop is not None:
            return shop
    return None


def add_channel(tx: Transaction, shop: str, channel: tuple[str, str, str], now: int) -> bool:
    """Let clients name the shop by this (dialect, identifier, name); False where the identifier is taken."""
    dialect, identifier, name = channel
    if not rows.insert_channel(tx, Channel(dialect, identifier, shop, name), now):
        return False
    rows.bump_access_version(tx, shop)
    return True


def remove_channel(tx: Transaction, shop: str, dialect: str, identifier: str) -> bool:
    """Forget a channel; its events stay. False where the shop has no such channel."""
    removed = rows.delete_channel(tx, shop, dialect, identifier)
    rows.bump_access_version(tx, shop)
    return removed


def channels(tx: Transaction, shop: str, dialect: str) -> list[Mapping[str, object]]:
    """The shop's channels in a dialect."""
    return [msgspec.structs.asdict(channel) for channel in rows.channels(tx, shop, dialect)]


def canonical_origin(text: str) -> str:
    """An origin as browsers send it (`https://shop.example`), or `*`; raises ValueError for anything else.

    They send it without a slash at its end and without the port that its scheme has anyway, and a host in letters of
    any script as IDNA writes it (the HTML standard, "ASCII serialization of an origin").
    """
    origin = text.strip().lower()
    if origin == ANY_ORIGIN:
        return origin
    scheme, separator, host = origin.removesuffix("/").partition("://")
    host = host.removesuffix(_PORTS.get(scheme, ""))
    if scheme not in _PORTS or not separator or not host or not host.isprintable():
        raise ValueError("an origin is https://host, http://host:port or *")
    if any(character in host for character in "/?#@ *\\") or len(origin) > 255:
        raise ValueError("an origin has no path, and its host is exact: https://shop.example")
    return f"{scheme}://{_in_ascii(host)}"


def _in_ascii(host: str) -> str:
    """A host as it goes over the wire; raises ValueError for one that older and newer IDNA write in two ways."""
    if host.isascii():
        return host
    try:
        written = host.encode("idna").decode()
    except UnicodeError:
        written = ""
    if not written or not _ALIKE.isdisjoint(host):
        raise ValueError("write the origin's host as browsers send it: https://xn--…")
    return written


def canonical_network(text: str) -> str:
    """An address or a network in one spelling; raises ValueError for anything else."""
    network = ip_network(text.strip(), strict=False)
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is not None and network.prefixlen >= 96:
        network = ip_network(f"{mapped}/{network.prefixlen - 96}")
    return str(network)


def add_origin(tx: Transaction, shop: str, origin: str, now: int) -> bool:
    """Admit browsers on pages of this origin without a key; False where they are admitted already."""
    added = rows.insert_origin(tx, shop, canonical_origin(origin), now)
    rows.bump_access_version(tx, shop)
    return added


def remove_origin(tx: Transaction, shop: str, origin: str) -> bool:
    """No longer admit this origin; False where it was not admitted."""
    # Before origins had one spelling they were kept as they were typed.
    spellings = {canonical_origin(origin), origin.strip().lower()}
    removed = sum(rows.delete_origin(tx, shop, one) for one in sorted(spellings)) > 0
    rows.bump_access_version(tx, shop)
    return removed


def origins(tx: Transaction, shop: str) -> list[Mapping[str, object]]:
    """The origins that are admitted without a key."""
    return [msgspec.structs.asdict(allowed) for allowed in rows.origins(tx, shop)]


def ban(tx: Transaction, shop: str, network: str, now: int) -> bool:
    """Refuse every event from this address or network; False where it is banned already."""
    added = rows.insert_ban(tx, shop, canonical_network(network), now)
    rows.bump_access_version(tx, shop)
    return added


def lift_ban(tx: Transaction, shop: str, network: str) -> bool:
    """Take events from this address or network again; False where it was not banned."""
    removed = rows.delete_ban(tx, shop, canonical_network(network))
    rows.bump_access_version(tx, shop)
    return removed


def bans(tx: Transaction, shop: str) -> list[Mapping[str, object]]:
    """The banned addresses and networks."""
    return [msgspec.structs.asdict(banned) for banned in rows.bans(tx, shop)]


def signing_keys(tx: Transaction, shop: str = "") -> list[SigningKey]:
    """Keys that may have signed a token: those of the shop, or the first of all shops."""
    return rows.signing_keys(tx, shop, SIGNING_KEYS_MAX)
