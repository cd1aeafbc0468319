"""Every retry is safe: what an Idempotency-Key promises, whoever repeats, and whatever has died in between."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager

import httpx
import psycopg
import pytest

from tests.harness import Server, new_shop, running_server, running_servers
from tests.refusals import assert_refused
from tests.shop import Shop
from tests.test_http import grant, new_key, site, site_codes, sites, token_of


def post(shop: Shop, key: str | bytes, code: str = "main", client: httpx.Client | None = None) -> httpx.Response:
    """Create a site under an Idempotency-Key."""
    named = key if isinstance(key, bytes) else key.encode()
    return (client or shop.service).post(sites(shop), json=site(code), headers=[(b"idempotency-key", named)])


def everything_of(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """An answer to the last byte."""
    headers = [(name, value) for name, value in answer.headers.items() if name != "x-request-id"]
    return answer.status_code, answer.content, sorted(headers)


def test_a_repeated_key_gets_the_first_answer_to_the_last_byte(database_url: str) -> None:
    with running_server(database_url) as server, new_shop(server) as shop:
        first = post(shop, "once")
        assert first.status_code == 201
        assert everything_of(post(shop, "once")) == everything_of(first)
        server.restart()
        assert everything_of(post(shop, "once")) == everything_of(first)
        server.kill()
        server.start()
        assert everything_of(post(shop, "once")) == everything_of(first)
        assert post(shop, "another").status_code == 409
        assert site_codes(shop) == ["main"]


def test_an_answer_without_a_body_is_repeated_too(shop: Shop) -> None:
    post(shop, "create")
    path, key = f"{sites(shop)}/main", {"idempotency-key": "change"}
    first = shop.service.put(path, json=site() | {"name": "New"}, headers=key)
    assert (first.status_code, first.content) == (200, b"")
    assert everything_of(shop.service.put(path, json=site() | {"name": "New"}, headers=key)) == everything_of(first)
    assert shop.service.get(path).json()["metadata"]["version"] == 2
    path, key = f"/tax/{shop.name}/taxes/{shop.tax()}", {"idempotency-key": "rate"}
    changed = shop.service.get(path).json()
    changed["taxClasses"][0]["rate"] = 20
    first = shop.service.put(path, json=changed, headers=key)
    assert (first.status_code, first.content) == (204, b"")
    assert everything_of(shop.service.put(path, json=changed, headers=key)) == everything_of(first)
    assert shop.service.put(path, json=changed).status_code == 409


def test_a_refusal_is_repeated_too(shop: Shop) -> None:
    post(shop, "first")
    refused = post(shop, "second")
    assert_refused(refused, 409, "/site")
    assert shop.service.delete(f"{sites(shop)}/main").status_code == 204
    assert everything_of(post(shop, "second")) == everything_of(refused)
    assert site_codes(shop) == []


def test_a_key_for_another_request_is_refused(shop: Shop) -> None:
    assert post(shop, "once").status_code == 201
    assert_refused(post(shop, "once", "other"), 422, "/site")
    key = {"idempotency-key": "once"}
    assert_refused(shop.service.delete(f"{sites(shop)}/main", headers=key), 422, "/site")
    assert_refused(shop.service.post(sites(shop) + "?a=1", json=site(), headers=key), 422, "/site")
    assert site_codes(shop) == ["main"]


def test_a_key_has_at_most_255_characters(shop: Shop) -> None:
    assert_refused(post(shop, "k" * 256, "long"), 400, "/site")
    assert post(shop, "k" * 255).status_code == 201
    assert post(shop, "k" * 254 + "l", "other").status_code == 201
    assert site_codes(shop) == ["main", "other"]


@pytest.mark.parametrize("key", [b"\xe9\xff", b'"quoted"', b"a\\b", b"%00", b"{}", b"a, b"], ids=repr)
def test_a_key_may_be_made_of_any_characters(shop: Shop, key: bytes) -> None:
    first = post(shop, key)
    assert first.status_code == 201
    assert everything_of(post(shop, key)) == everything_of(first)
    assert_refused(post(shop, key, "other"), 422, "/site")


def test_the_same_key_of_two_callers_is_two_keys(shared_server: Server, shop: Shop) -> None:
    other = shop.client(token_of(shop, new_key(shared_server, shop)))
    same = shop.client(shop.service_token())
    first = post(shop, "1", "ours")
    assert first.status_code == 201
    assert post(shop, "1", "theirs", other).status_code == 201
    assert everything_of(post(shop, "1", "ours", same)) == everything_of(first)
    with new_shop(shared_server) as neighbour:
        assert post(neighbour, "1", "elsewhere").status_code == 201
    assert site_codes(shop) == ["ours", "theirs"]


def test_a_refusal_for_want_of_a_right_does_not_use_up_the_key(shop: Shop) -> None:
    reader = shop.client(shop.service_token("tax.tax_read"))
    assert_refused(post(shop, "1", "main", reader), 403, "/site")
    assert post(shop, "1").status_code == 201


def test_tokens_are_never_kept_for_a_key(shop: Shop) -> None:
    first, second = (grant(shop, shop.credentials["emporix"], **{"idempotency-key": "1"}) for _ in range(2))
    assert first.json()["access_token"] != second.json()["access_token"]


@contextmanager
def writers_held(database_url: str, shop: Shop) -> Iterator[None]:
    """Let no write on this shop get any further meanwhile."""
    if database_url.startswith("sqlite:"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
    else:
        with psycopg.connect(database_url) as rival:
            rival.execute("SELECT 1 FROM shop WHERE id = %s FOR UPDATE", [shop.name])
            yield


def test_a_repeat_while_the_first_is_in_flight_is_told_to_wait(shared_server: Server, shop: Shop) -> None:
    clients = [shop.service, shop.client(shop.service.headers["authorization"].removeprefix("Bearer "))]
    with ThreadPoolExecutor(2) as pool:
        with writers_held(shared_server.database_url, shop):
            posted = [pool.submit(post, shop, "1", client=client) for client in clients]
            done, held = wait(posted, timeout=20, return_when=FIRST_COMPLETED)
            (early,) = done
            assert_refused(early.result(), 409, "/site")
            assert int(early.result().headers["retry-after"]) >= 1
        (late,) = held
        first = late.result()
    assert first.status_code == 201
    assert everything_of(post(shop, "1")) == everything_of(first)


@pytest.mark.parametrize("servers", [1, 2])
def test_repeats_that_no_server_knows_to_be_in_flight_have_one_effect(database_url: str, servers: int) -> None:
    with running_servers(database_url, servers) as running, new_shop(running) as shop:
        through = [shop.at(server.url) for server in running] * 6
        clients = [one.client(shop.service_token()) for one in through]  # another token each, so another flight each
        with ThreadPoolExecutor(len(clients)) as pool:
            with writers_held(database_url, shop):
                posted = [pool.submit(post, shop, "1", client=client) for client in clients]
                wait(posted, timeout=0.2)  # until they queue; whether they do decides how hard the test is, not its end
            answers = [one.result() for one in posted]
        assert len({answer.content for answer in answers}) == 1
        assert {answer.status_code for answer in answers} == {201}
        assert site_codes(shop) == ["main"]
