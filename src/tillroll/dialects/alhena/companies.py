"""The company behind a key, and how its shop wants the dialect to behave (docs/wire/alhena.md, 5, 6, 7 and 14).

What was read is remembered with the shop's access version, which every transaction compares.
"""

from collections.abc import Iterable
from typing import Any, Literal, Self

import msgspec
from msgspec import Struct, field

from tillroll.dialects.alhena.errors import ENVELOPE, STATUSES, filled
from tillroll.dialects.http import Inbound, Response
from tillroll.engine.access import access, native_keys
from tillroll.engine.access.admission import Gate, Gates
from tillroll.engine.access.native_keys import EVENTS_WRITE
from tillroll.engine.shops import shops
from tillroll.store import Transaction

DIALECT = "alhena"
# The longest time for which an interaction may stay active: a quarter of a year.
HOURS_MAX = 24 * 90
KEY_HEADER = b"x-tillroll-key"

HOUR_MICROSECONDS = 3_600_000_000


class CompanySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a shop can set: `tillroll shop alhena` writes it.

    `lenient` records what the vendor would refuse for want of an interaction or of an earlier event. `window_hours` is
    how long an interaction stays active. `statuses` and `envelope` are those of errors; in the envelope `$CODE` and
    `$MESSAGE` are filled in. `cart_value` says what a cart event's value is the price of, `line_value` the same of a
    purchased item. With `requires_key` a call needs a native key of the shop that may send events, in the header
    `X-Tillroll-Key`. With
    `helpful_only` an answer that its visitor calls unhelpful ends the interaction (docs/wire/alhena.md, 11).
    """

    mode: Literal["strict", "lenient"] = "strict"
    window_hours: int = 24
    statuses: dict[str, int] = field(default_factory=dict)
    envelope: dict[str, Any] = field(default_factory=dict)
    cart_value: Literal["unit", "line"] = "unit"
    line_value: Literal["line", "unit"] = "line"
    requires_key: bool = False
    helpful_only: bool = True


class Company(Struct, frozen=True):
    """A shop as this dialect sees it."""

    gate: Gate
    settings: CompanySettings
    key_hashes: frozenset[str]

    @classmethod
    def of_nobody(cls) -> Self:
        """What an unknown company key leads to: no shop, and errors in the default shape."""
        return cls(Gate("", 0, "", frozenset(), frozenset(), ()), CompanySettings(), frozenset())

    @property
    def shop(self) -> str:
        """The shop's name."""
        return self.gate.shop

    @property
    def is_lenient(self) -> bool:
        """Whether missing interactions and earlier events are forgiven."""
        return self.settings.mode == "lenient"

    @property
    def window(self) -> int:
        """How long an interaction stays active, in microseconds."""
        return self.settings.window_hours * HOUR_MICROSECONDS

    def trusts(self, inbound: Inbound) -> bool:
        """Whether the sender proves to be a back end of the shop."""
        secret = inbound.header(KEY_HEADER)
        return bool(secret) and access.hash_of(secret) in self.key_hashes

    def objection(self, inbound: Inbound) -> str:
        """Why this sender may not report, as a reason for the ledger; empty where it may."""
        if self.gate.bans(inbound.remote):
            return "banned"
        if self.trusts(inbound):
            return ""
        if inbound.header(KEY_HEADER) or self.settings.requires_key:
            return "wrong_key"
        origin = inbound.header(b"origin")
        return "origin_not_allowed" if origin and self.gate.origins and not self.gate.allows_origin(origin) else ""

    def error(self, code: str, message: str, *, status: int = 0) -> Response:
        """An error in the shape that the shop wants."""
        body = filled(self.settings.envelope or ENVELOPE, code, message)
        wanted = self.settings.statuses.get(code) or status or STATUSES[code]
        return Response(wanted, msgspec.json.encode(body))


class Companies:
    """The companies that were asked for, as of their shops' access versions."""

    def __init__(self) -> None:
        self._gates = Gates()
        self._known: dict[str, Company] = {}

    def of(self, tx: Transaction, company_keys: Iterable[str]) -> dict[str, Company]:
        """The company behind each of these keys; unknown ones are absent."""
        found = {}
        for company_key, gate in self._gates.of(tx, DIALECT, company_keys).items():
            company = self._known.get(gate.shop)
            if company is None or company.gate is not gate:
                company = self._known[gate.shop] = _read(tx, gate)
            found[company_key] = company
        return found


def read_settings(tx: Transaction, shop: str) -> CompanySettings:
    """What the shop has set."""
    return msgspec.convert(shops.dialect_settings(tx, shop, DIALECT), CompanySettings)


def store_settings(tx: Transaction, shop: str, settings: CompanySettings) -> None:
    """Set it; every process heeds it from the next commit on."""
    shops.store_dialect_settings(tx, shop, DIALECT, msgspec.to_builtins(settings))


def _read(tx: Transaction, gate: Gate) -> Company:
    return Company(gate, read_settings(tx, gate.shop), native_keys.hashes_with(tx, gate.shop, EVENTS_WRITE))
