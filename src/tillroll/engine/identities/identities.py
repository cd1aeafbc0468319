"""Linking the names that one visitor has in several dialects, and taking a link back: each is an event of the ledger.

names ──► identities_linked ──► identity_link_undone          the last of the two holds, by the ledger's order
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.events.events import ACCEPTED, REPEATED, OutsideEvent, column_text
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store import Transaction

IDENTITIES_LINKED = "identities_linked"
IDENTITY_LINK_UNDONE = "identity_link_undone"
# Longer than any link's name is.
LINK_CHARACTERS_MAX = 100


class Linking(Struct, frozen=True):
    """A request to link names, which are nodes: `dialect:id`; `own` is the shop's own name among them."""

    shop: str
    dialect: str
    call: str
    now: int
    nodes: tuple[str, ...]
    own: str = ""
    channel: str = ""


class Undoing(Struct, frozen=True):
    """A request to take a link back."""

    shop: str
    dialect: str
    call: str
    now: int
    link: str


def link_of(call: str, number: int | None = None) -> str:
    """The name of the link that a request makes, or of one of several."""
    return f"lnk_{call}" if number is None else f"lnk_{call}_{number}"


def link(tx: Transaction, linkings: Sequence[Linking]) -> list[str]:
    """Keep these links; the name of each."""
    ledger.record(tx, [linked(one) for one in linkings])
    return [link_of(one.call) for one in linkings]


def linked(one: Linking) -> OutsideEvent:
    """The call that links names, as the ledger keeps it."""
    name = link_of(one.call)
    return OutsideEvent(
        shop=one.shop,
        dialect=one.dialect,
        kind=IDENTITIES_LINKED,
        call=one.call,
        received_at=one.now,
        happened_at=one.now,
        document=text_of_link(name, one.nodes),
        subject=name,
        visitor=column_text(one.own) or None,
        channel=one.channel,
    )


def text_of_link(link: str, nodes: Sequence[str]) -> str:
    """The document of a link."""
    return _text({"link": link, "nodes": list(nodes)})


def undo(tx: Transaction, undoings: Sequence[Undoing]) -> list[bool]:
    """Take these links back; for each, whether there was such a link: one that was taken back before stays so."""
    found: list[bool] = []
    events: list[OutsideEvent] = []
    undone_now: set[tuple[str, str]] = set()
    for one in undoings:
        kinds = _kinds(tx, one)
        found.append(IDENTITIES_LINKED in kinds)
        if found[-1]:
            is_undone = IDENTITY_LINK_UNDONE in kinds or (one.shop, one.link) in undone_now
            undone_now.add((one.shop, one.link))
            events.append(_undone(one, REPEATED if is_undone else ACCEPTED))
    ledger.record(tx, events)
    return found


def _kinds(tx: Transaction, one: Undoing) -> set[str]:
    """What the ledger knows of a link, whichever dialect it came through."""
    if not one.link or len(one.link) > LINK_CHARACTERS_MAX:
        return set()
    return {row.kind for row in ledger.events(tx, one.shop, EventFilter(subject=one.link))}


def _undone(one: Undoing, outcome: str) -> OutsideEvent:
    return OutsideEvent(
        shop=one.shop,
        dialect=one.dialect,
        kind=IDENTITY_LINK_UNDONE,
        call=one.call,
        received_at=one.now,
        happened_at=one.now,
        document=_text({"link": one.link}),
        subject=one.link,
        outcome=outcome,
    )


def _text(facts: Mapping[str, Any]) -> str:
    return msgspec.json.encode(facts).decode()
