"""The reports of search sessions count what they are asked for and nothing else: compared with a plain count."""

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import pytest

from tests.store.ground import NOW, SHOP, add_shop
from tillroll.store import Store, Transaction

QUARTER = 900_000_000
BEGIN = NOW // QUARTER * QUARTER
MIDDLE, END = BEGIN + QUARTER, BEGIN + 3 * QUARTER


class Said(NamedTuple):
    """What a client reported."""

    kind: str
    at: int
    channel: str = "h"
    device: str = "mobile"
    detail: str | None = "red"
    subject: str = "mug"
    visitor: str = "v"
    person: str | None = "p"
    outcome: str = "accepted"
    dialect: str = "doofinder"


SAID = [
    *(Said("click", at) for at in (BEGIN - 1, BEGIN, MIDDLE - 1, MIDDLE, END - 1, END)),
    *(Said("click", END - number, detail=word) for number, word in enumerate(["red", "blue", "blue", "", None], 2)),
    *(Said("click", MIDDLE + number, subject=subject) for number, subject in enumerate(["tea", "cup", "tea", "tea"])),
    Said("click", MIDDLE, channel="hh"),
    Said("click", MIDDLE, channel="i", device=""),
    Said("click", MIDDLE, device="desktop", detail="green"),
    Said("click", MIDDLE, visitor="w", person=None),
    Said("click", MIDDLE, visitor="x", person="p"),
    Said("click", MIDDLE, visitor="x", person="q"),
    Said("click", MIDDLE, outcome="repeated", detail="not counted"),
    Said("click", MIDDLE, outcome="refused", detail="not counted"),
    Said("click", MIDDLE, dialect="alhena", detail="not counted"),
    Said("init", MIDDLE, detail="not a click"),
    Said("init", BEGIN + 5, visitor="y"),
]
SPANS = [(BEGIN, END), (MIDDLE, END), (BEGIN, MIDDLE), (BEGIN - 1, END + 1)]


@pytest.fixture
def told(store: Store) -> Store:
    """The reports of one shop, and one report of another."""

    def tell(tx: Transaction) -> None:
        add_shop(tx, "other")
        for number, one in enumerate([*SAID, Said("click", MIDDLE, detail="elsewhere", visitor="z")]):
            row: dict[str, Any] = {**one._asdict(), "shop": SHOP if number < len(SAID) else "other"}
            happened_at = row.pop("at")
            row |= {"happened_at": happened_at, "received_at": NOW + number, "document": str(number)}
            tx.run("insert_call", **row, call=f"{number:02x}", reason="")

    store.write_now(tell)
    return store


def _asked(kind: str) -> Iterator[tuple[dict[str, Any], list[tuple[int, Said]]]]:
    """Every way to ask, and what of the list it is about."""
    for (first, last), channels, device in product(SPANS, ("", "h", "hh", "g"), ("", "mobile", "desktop")):
        asked = {"shop": SHOP, "kind": kind, "first": first, "last": last, "device": device, "edge": "|"}
        chosen = [
            (number, one)
            for number, one in enumerate(SAID)
            if one.kind == kind
            and one.dialect == "doofinder"
            and one.outcome == "accepted"
            and first <= one.at < last
            and channels in ("", one.channel)
            and device in ("", one.device)
        ]
        yield asked | {"channels": f"|g||{channels}|" if channels else ""}, chosen


@pytest.mark.parametrize("kind", ["click", "init"])
def test_what_is_counted_is_what_was_asked_for(told: Store, kind: str) -> None:
    def look(tx: Transaction) -> None:
        for asked, chosen in _asked(kind):
            quarters = Counter(one.at // QUARTER for _, one in chosen)
            assert tx.rows("search_counts", **asked) == sorted(quarters.items()), asked
            people = {one.person for _, one in chosen} - {None}
            expected = (len(chosen), len({one.visitor for _, one in chosen}), len(people))
            assert tx.rows("search_totals", **asked) == [expected], asked
            documents = [row[3] for row in tx.rows("search_documents", **asked)]
            assert documents == [str(number) for number, one in sorted(chosen, key=lambda one: (one[1].at, one[0]))]
            _look_at_groups(tx, asked, [one for _, one in chosen])

    told.write_now(look)


def _look_at_groups(tx: Transaction, asked: dict[str, Any], chosen: list[Said]) -> None:
    for detail, limit in product(("", "red", "blue"), (1, 2, 10)):
        found = [one.subject for one in chosen if detail in ("", one.detail)]
        assert tx.rows("search_subjects", **asked, detail=detail, limit=limit) == _groups(found, limit), asked
    if asked["kind"] != "click":
        return
    for subject, name, limit in product(("", "mug", "tea"), ("", "red", "blue"), (1, 2, 10)):
        details = [
            one.detail for one in chosen if one.detail and subject in ("", one.subject) and name in ("", one.detail)
        ]
        names = {"subject": subject, "names": f"|white||{name}|" if name else ""}
        assert tx.rows("search_queries", **asked, **names, limit=limit) == _groups(details, limit), (asked, names)


def _groups(found: list[str], limit: int) -> list[tuple[str, int, int, int]]:
    """The most frequent ones, of one frequency by name, each with how many there are of both in all."""
    counts = Counter(found)
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [(name, number, len(counts), len(found)) for name, number in ranked[:limit]]


def test_a_session_begins_and_ends_with_what_was_accepted_of_it(told: Store) -> None:
    def look(tx: Transaction) -> None:
        session = {"shop": SHOP, "channel": "h", "session_id": "v"}
        mine = [
            (number, one)
            for number, one in enumerate(SAID)
            if (one.visitor, one.channel, one.outcome, one.dialect) == ("v", "h", "accepted", "doofinder")
        ]
        assert tx.rows("first_event_of_search_session", **session) == [(mine[0][1].at,)]
        assert tx.rows("last_event_of_search_session", **session) == [(NOW + mine[-1][0],)]
        nobody = {**session, "session_id": "nobody"}
        assert tx.rows("first_event_of_search_session", **nobody) == []
        assert tx.rows("last_event_of_search_session", **nobody) == []

    told.write_now(look)
