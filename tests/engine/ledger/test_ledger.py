"""Recording calls from outside, and who may report them, on both databases."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import pytest

from tests.store.ground import NOW, opened
from tillroll.domain.events.events import TOO_MANY, OutsideEvent, column_text
from tillroll.domain.times import Period, text_of
from tillroll.engine.access import admission
from tillroll.engine.access.access import hash_of
from tillroll.engine.access.admission import Gate, Gates
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.engine.shops import shops
from tillroll.engine.shops.shops import NewShop
from tillroll.keymaker import new_shop_keys
from tillroll.store import Store
from tillroll.store.ledger.rows import LedgerRow, StrayCall

KEYS = new_shop_keys()
EVENT = OutsideEvent(
    shop="acme", dialect="doofinder", kind="click", call="0" * 32, received_at=NOW, happened_at=NOW, document="{}"
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with the shop that the tests report to."""
    with opened(database_url) as store:
        store.migrate()
        assert store.write_now(lambda tx: shops.add_shop(tx, NewShop("acme", "EUR", KEYS), NOW))
        yield store


def event(**changes: Any) -> OutsideEvent:
    """An event that differs in these fields."""
    return msgspec.structs.replace(EVENT, **changes)


def read(store: Store, **wanted: Any) -> list[LedgerRow]:
    """What the ledger holds of it."""
    return store.write_now(lambda tx: ledger.events(tx, "acme", EventFilter(**wanted)))


def test_every_call_is_one_row_and_one_count(store: Store) -> None:
    calls = [
        event(call="1" * 32, visitor="v", subject="item", detail="red shoes", person="p", channel="h"),
        event(call="2" * 32, outcome="repeated"),
        event(call="3" * 32, outcome="refused", reason="forbidden"),
        event(call="4" * 32, outcome="refused", reason="forbidden", received_at=NOW + ledger.DAY_MICROSECONDS),
    ]
    store.write_now(lambda tx: ledger.record(tx, calls))
    assert [(row.call, row.outcome, row.reason) for row in read(store)] == [
        (one.call, one.outcome, one.reason) for one in calls
    ]
    (first,) = read(store, visitor="v")
    assert (first.subject, first.detail, first.person, first.channel) == ("item", "red shoes", "p", "h")
    day = NOW // ledger.DAY_MICROSECONDS
    counted = store.write_now(lambda tx: ledger.tallies(tx, "acme", day, day + 1))
    assert [tuple(one.values()) for one in counted] == [
        ("doofinder", day, "accepted", "", 1),
        ("doofinder", day, "refused", "forbidden", 1),
        ("doofinder", day, "repeated", "", 1),
        ("doofinder", day + 1, "refused", "forbidden", 1),
    ]


def test_the_ledger_is_read_on_from_a_position_and_by_what_is_asked_for(store: Store) -> None:
    kinds = ["init", "click", "checkout", "click"]
    calls = [event(kind=kind, call=f"{n:032x}", subject=f"s{n}", visitor="v") for n, kind in enumerate(kinds)]
    store.write_now(lambda tx: ledger.record(tx, calls))
    first, *rest = read(store, limit=2)
    assert [row.kind for row in read(store, after=first.position)] == kinds[1:]
    assert [row.subject for row in read(store, kind="click")] == ["s1", "s3"]
    assert [row.subject for row in read(store, visitor="v", subject="s2")] == ["s2"]
    assert [row.subject for row in read(store, subject="s3", kind="click")] == ["s3"]
    assert read(store, dialect="alhena") == []
    assert len(rest) == 1


@pytest.mark.parametrize(
    "narrowed", [{}, {"visitor": "v"}, {"subject": "s"}, {"kind": "click"}, {"dialect": "doofinder"}]
)
def test_a_page_goes_on_behind_a_position_either_way_whatever_is_asked_for(
    store: Store, narrowed: dict[str, str]
) -> None:
    store.write_now(lambda tx: ledger.record(tx, [event(call=f"{n:032x}", visitor="v", subject="s") for n in range(5)]))
    positions = [row.position for row in read(store, **narrowed)]
    assert len(positions) == 5
    for number, position in enumerate(positions):
        assert [row.position for row in read(store, after=position, **narrowed)] == positions[number + 1 :]
        down = read(store, after=position, down=True, **narrowed)
        assert [row.position for row in down] == positions[:number][::-1]


def test_what_no_index_could_hold_is_kept_in_a_form_that_it_can(store: Store) -> None:
    long = "x" * 100_000
    store.write_now(lambda tx: ledger.record(tx, [event(subject=column_text("a\0" + long))]))
    (row,) = read(store, subject="a\0" + long)
    assert row.subject.startswith("a\u2400xxx")


def test_strays_are_found_by_what_they_claim_and_forgotten(store: Store) -> None:
    stray = StrayCall(
        call="9" * 32, dialect="alhena", claimed="later", kind="cart", reason="unknown", received_at=NOW, document="{}"
    )
    store.write_now(lambda tx: ledger.record_strays(tx, [stray]))
    assert store.write_now(lambda tx: ledger.strays(tx, "alhena", "later", 10)) == [stray]
    assert store.write_now(lambda tx: ledger.strays(tx, "alhena", "other", 10)) == []
    assert store.write_now(lambda tx: ledger.delete_old_strays(tx, NOW + 1, 10)) == 1
    assert store.write_now(lambda tx: ledger.strays(tx, "alhena", "later", 10)) == []


def gate(store: Store, gates: Gates, dialect: str = "doofinder", identifier: str = KEYS.hashid) -> Gate | None:
    """The gate behind a channel, as a transaction sees it."""
    return store.write_now(lambda tx: gates.of(tx, dialect, [identifier]).get(identifier))


def test_a_gate_knows_the_keys_of_its_dialect_until_they_are_revoked(store: Store) -> None:
    gates = Gates()
    opened_gate = gate(store, gates)
    assert opened_gate is not None
    assert opened_gate.knows_key([hash_of(KEYS.search_key.removeprefix("eu1-"))])
    assert not opened_gate.knows_key([hash_of(KEYS.native_key)])
    assert gate(store, gates) is opened_gate, "nothing has changed, so nothing is read again"
    store.write_now(lambda tx: shops.revoke_key(tx, "acme", KEYS.hashid, NOW))
    closed = gate(store, gates)
    assert closed is not None
    assert not closed.knows_key([hash_of(KEYS.search_key.removeprefix("eu1-"))])


def test_a_gate_follows_origins_bans_and_channels_at_once(store: Store) -> None:
    gates = Gates()
    assert gate(store, gates, "alhena", "acme") is not None
    assert gate(store, gates, "doofinder", "f" * 32) is None
    store.write_now(lambda tx: admission.add_channel(tx, "acme", ("doofinder", "f" * 32, "two"), NOW))
    store.write_now(lambda tx: admission.add_origin(tx, "acme", "https://Shop.example", NOW))
    store.write_now(lambda tx: admission.ban(tx, "acme", "203.0.113.0/24", NOW))
    second = gate(store, gates, "doofinder", "f" * 32)
    assert second is not None
    assert second.allows_origin("https://shop.example")
    assert not second.allows_origin("https://shop.example.evil")
    assert not second.allows_origin("")
    assert [second.bans(one) for one in ("203.0.113.9", "::ffff:203.0.113.9", "203.0.114.9", "", "unix")] == [
        *(True, True),
        *(False, False, False),
    ]
    store.write_now(lambda tx: admission.remove_origin(tx, "acme", "https://shop.example"))
    store.write_now(lambda tx: admission.lift_ban(tx, "acme", "203.0.113.0/24"))
    store.write_now(lambda tx: admission.add_origin(tx, "acme", "*", NOW))
    third = gate(store, gates, "doofinder", "f" * 32)
    assert third is not None
    assert third.allows_origin("null")
    assert not third.bans("203.0.113.9")
    store.write_now(lambda tx: admission.remove_channel(tx, "acme", "doofinder", "f" * 32))
    assert gate(store, gates, "doofinder", "f" * 32) is None


def test_a_hashid_belongs_to_one_shop(store: Store) -> None:
    assert store.write_now(lambda tx: shops.add_shop(tx, NewShop("other", "EUR", new_shop_keys()), NOW))
    assert not store.write_now(lambda tx: admission.add_channel(tx, "other", ("doofinder", KEYS.hashid, ""), NOW))
    assert not store.write_now(lambda tx: admission.remove_channel(tx, "other", "doofinder", KEYS.hashid))
    assert gate(store, Gates()) is not None


@pytest.mark.parametrize(
    "text",
    [
        *("", "shop.example", "https://", "https://:443", "https://a/b", "https://a//", "ftp://a", "https://a b"),
        *("https://u@a", "https://*.a", "https://fußball.example", "https://a..ä"),
    ],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="origin"):
        admission.canonical_origin(text)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        (" https://Shop.example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80/", "http://shop.example"),
        ("https://shop.example:80", "https://shop.example:80"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://[::1]:443", "https://[::1]"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it_however_it_is_typed(store: Store, text: str, sent: str) -> None:
    store.write_now(lambda tx: admission.add_origin(tx, "acme", text, NOW))
    opened = gate(store, Gates(), "doofinder", KEYS.hashid)
    assert opened is not None
    assert opened.allows_origin(sent)
    assert not store.write_now(lambda tx: admission.add_origin(tx, "acme", sent, NOW))
    assert store.write_now(lambda tx: admission.remove_origin(tx, "acme", text))
    closed = gate(store, Gates(), "doofinder", KEYS.hashid)
    assert closed is not None
    assert not closed.allows_origin(sent)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" 203.0.113.7 ", "203.0.113.7/32"),
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("2001:DB8::1/32", "2001:db8::/32"),
    ],
)
def test_a_network_has_one_spelling(text: str, canonical: str) -> None:
    assert admission.canonical_network(text) == canonical


def test_a_call_that_comes_too_often_is_counted_and_not_kept(store: Store) -> None:
    store.write_now(lambda tx: ledger.record(tx, [event(outcome="refused", reason=TOO_MANY), event(call="1" * 32)]))
    assert [row.call for row in read(store)] == ["1" * 32]
    day = NOW // ledger.DAY_MICROSECONDS
    counted = store.write_now(lambda tx: ledger.tallies(tx, "acme", day, day))
    assert [(one["outcome"], one["reason"], one["calls"]) for one in counted] == [
        ("accepted", "", 1),
        ("refused", TOO_MANY, 1),
    ]


def test_a_page_ends_where_its_bytes_do_and_the_next_goes_on(store: Store) -> None:
    sizes = [10, 6_000, 10, 10, 40_000, 10, 10]
    calls = [event(call=f"{n:032x}", document=f'{{"a":"{"x" * size}"}}') for n, size in enumerate(sizes)]
    store.write_now(lambda tx: ledger.record(tx, calls))
    pages, after = [], 0
    while True:
        wanted = EventFilter(after=after)
        page = store.write_now(partial(ledger.page, shop="acme", wanted=wanted, bytes_max=10_000))
        if not page.rows:
            break
        pages.append([int(row.call or "", 16) for row in page.rows])
        after = page.next
    assert pages == [[0, 1, 2], [3], [4], [5, 6]]


def test_a_page_of_many_events_is_read_whole_and_in_order(store: Store) -> None:
    calls = [event(call=f"{n:032x}", visitor="v", subject=f"s{n % 2}") for n in range(300)]
    store.write_now(lambda tx: ledger.record(tx, calls))
    assert [int(row.call or "", 16) for row in read(store, limit=300)] == list(range(300))
    of_both = store.write_now(lambda tx: ledger.page(tx, "acme", EventFilter(visitor="v", subject="s1", limit=1)))
    assert (of_both.rows, of_both.next > 0) == ([], True)  # the next page goes on behind what was looked at


MINUTE = 60_000_000


def pages_of(store: Store, **wanted: Any) -> list[list[int]]:
    """Every page, as the numbers of its calls, until one is empty."""
    found: list[list[int]] = []
    after = None
    while True:
        asked = EventFilter(after=after, **wanted)
        page = store.write_now(partial(ledger.page, shop="acme", wanted=asked, bytes_max=10_000))
        if not page.rows:
            return found
        found.append([int(row.call or "", 16) for row in page.rows])
        after = page.next


@pytest.mark.parametrize("narrowed", [{}, {"visitor": "v"}, {"subject": "s"}])
def test_the_ledger_is_read_from_its_end_page_by_page(store: Store, narrowed: dict[str, str]) -> None:
    sizes = [10, 6_000, 10, 10, 40_000, 10, 10]
    calls = [
        event(call=f"{n:032x}", visitor="v", subject="s", document=f'{{"a":"{"x" * size}"}}')
        for n, size in enumerate(sizes)
    ]
    store.write_now(lambda tx: ledger.record(tx, calls))
    assert pages_of(store, down=True, **narrowed) == [[6, 5], [4], [3, 2, 1], [0]]
    assert pages_of(store, down=True, limit=3, kind="click", **narrowed)[0] == [6, 5]
    assert pages_of(store, down=True, kind="init", **narrowed) == []


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("count", [1, 7, 300])
def test_what_was_received_in_a_stretch_is_found_wherever_it_lies(store: Store, down: bool, count: int) -> None:
    calls = [event(call=f"{n:032x}", received_at=NOW + n * MINUTE, happened_at=NOW) for n in range(count)]
    # Another process had a slower commit: what was received earlier stands behind what came later.
    late = [event(call=f"{count:032x}", received_at=NOW - 2 * MINUTE)]
    store.write_now(lambda tx: ledger.record(tx, [*calls, *late]) if count < 300 else ledger.record(tx, calls))
    for first, last in ((0, 0), (0, count), (count // 2, count // 2 + 2), (count - 1, count + 9), (count, count + 50)):
        since, until = NOW + first * MINUTE, NOW + last * MINUTE
        expected = [n for n in range(count) if first <= n <= last]
        received = Period(text_of(since), text_of(until))
        found = [n for page in pages_of(store, received=received, down=down) for n in page]
        assert found == (expected[::-1] if down else expected), (first, last)
    if count == 7:
        assert pages_of(store, received=Period(None, text_of(NOW - MINUTE)), down=down) == [[count]]
