"""What is kept of calls that say a lot, and of those that are refused often: in the ledger, and among the strays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dialects.doofinder.client import ORIGIN, SESSION, SearchShop
from tests.harness import Server, new_shop, running_server
from tests.store.ground import opened
from tillroll.engine.access import admission
from tillroll.engine.ledger import ledger
from tillroll.store import Transaction

LONG = "x" * 300_000
UNKNOWN = "0" * 32
MINE = {"session_id": SESSION, "query": LONG, "note": LONG, "short": "kept"}


def document_bytes(search: SearchShop) -> int:
    """How long the document of the newest event is."""
    with opened(search.server.database_url) as store:
        rows = store.write_now(lambda tx: ledger.events(tx, search.shop.name, ledger.EventFilter(limit=500)))
    return len(rows[-1].document)


def admit(search: SearchShop) -> dict[str, str]:
    """The headers of a page that the shop admits."""
    with opened(search.server.database_url) as store:
        store.write_now(lambda tx: admission.add_origin(tx, search.shop.name, ORIGIN, 1))
    return {"origin": ORIGIN}


def test_of_a_refused_call_little_is_kept_and_it_says_so(search: SearchShop) -> None:
    assert search.call("PUT", "init", json=MINE, headers={}).status_code == 403
    said = search.last()["document"]
    assert said["said"].keys() == {"session_id", "query", "short"}
    assert said["truncated"] > 600_000
    assert document_bytes(search) < 8_000


def test_of_a_long_query_without_a_key_little_is_kept(search: SearchShop) -> None:
    query = {"session_id": SESSION, "query": "y" * 20_000, "z": "y" * 20_000}
    search.http.get("/5/stats/init", params={"hashid": search.hashid, **query})
    assert document_bytes(search) < 8_000


@pytest.mark.parametrize("body", [b"{" + b"x" * 300_000, b"\xff" * 300_000])
def test_of_what_can_not_be_read_the_beginning_is_kept(search: SearchShop, body: bytes) -> None:
    assert search.call("PUT", "init", content=body).status_code == 400
    assert search.last()["document"]["truncated"] == len(body)
    assert document_bytes(search) < 10_000


def test_a_key_loses_no_documented_field_and_no_endless_rest_is_kept(search: SearchShop) -> None:
    assert search.call("PUT", "init", json=MINE).status_code == 200
    said = search.last()["document"]
    assert said["said"]["query"] == LONG
    assert said["said"].keys() == {"session_id", "query", "short"}
    assert document_bytes(search) < len(LONG) + 5_000


def test_an_admitted_page_is_kept_as_far_as_a_large_cart_goes(search: SearchShop) -> None:
    headers = admit(search)
    assert search.call("PUT", "init", json=MINE, headers=headers).status_code == 200
    said = search.last()
    assert (said["outcome"], said["document"]["said"]["short"]) == ("accepted", "kept")
    assert said["document"]["truncated"] > 600_000
    assert document_bytes(search) < 75_000


def test_a_stray_is_short_too(search: SearchShop) -> None:
    claimed = f"{search.shop.name.encode().hex():0<32}"[:32]
    assert search.http.put(f"/6/{claimed}/stats/init", json=MINE).status_code == 403
    with opened(search.server.database_url) as store:
        (stray,) = store.write_now(lambda tx: ledger.strays(tx, "doofinder", claimed, 10))
    assert len(stray.document) < 8_000
    assert '"truncated":' in stray.document


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[SearchShop]:
    """A shop on a server that keeps three refused calls of an address a minute, and takes five of pages."""
    settings = {"refused_calls_per_minute": 3, "address_reports_per_minute": 5}
    with (
        running_server(f"sqlite:///{tmp_path / 'tillroll.db'}", settings=settings) as server,
        new_shop(server) as shop,
    ):
        search = SearchShop(shop, server)
        yield search
        search.http.close()


def counted(search: SearchShop) -> dict[tuple[str, str], int]:
    """How many calls ended how."""
    found = search.read("/v1/events/outcomes")["outcomes"]
    return {(one["outcome"], one["reason"]): one["calls"] for one in found}


def test_whoever_is_refused_often_is_counted_and_no_longer_kept(limited: SearchShop) -> None:
    wrong = {"authorization": "Token wrong"}
    answers = [limited.call("PUT", "init", json={"session_id": SESSION}, headers=wrong) for _ in range(8)]
    assert [one.status_code for one in answers] == [403] * 3 + [429] * 5
    assert answers[-1].json() == {"error": "Too many requests"}
    assert 0 < int(answers[-1].headers["retry-after"]) <= 20
    assert len(limited.events()) == 3
    assert counted(limited) == {("refused", "forbidden"): 3, ("refused", "too_many"): 5}
    assert limited.put("init", session_id=SESSION).status_code == 200  # who has a key is not held up by that
    assert audited(limited.server)


def test_strays_are_kept_as_often_and_no_more(limited: SearchShop) -> None:
    answers = [limited.http.put(f"/6/{UNKNOWN}/stats/init", json={"session_id": SESSION}) for _ in range(5)]
    assert [one.status_code for one in answers] == [403] * 3 + [429] * 2
    with opened(limited.server.database_url) as store:
        assert len(store.write_now(lambda tx: ledger.strays(tx, "doofinder", UNKNOWN, 10))) == 3


def test_pages_of_one_address_report_so_often_and_large_ones_cost_more(limited: SearchShop) -> None:
    headers = admit(limited)
    small = [limited.call("PUT", "init", json={"session_id": SESSION}, headers=headers) for _ in range(3)]
    large = limited.call("PUT", "init", json={"session_id": SESSION, "query": "x" * 4_000}, headers=headers)
    after = limited.call("PUT", "init", json={"session_id": SESSION}, headers=headers)
    assert [one.status_code for one in (*small, large, after)] == [200, 200, 200, 200, 429]
    assert counted(limited) == {("accepted", ""): 4, ("refused", "too_many"): 1}


def audited(server: Server) -> bool:
    """Whether the ledger and the counts agree."""
    with opened(server.database_url) as store:
        broken: list[tuple[object, ...]] = store.write_now(_broken)
    return not broken


def _broken(tx: Transaction) -> list[tuple[object, ...]]:
    return list(tx.rows("audit_tallies", limit=10))
