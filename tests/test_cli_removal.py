"""`tillroll shop remove` and `tillroll user remove`: what goes, what stays, and what is never given to anybody else."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from subprocess import CompletedProcess
from typing import Any

import httpx
import psycopg
import pytest

from tests.harness import Server, add_shop, new_shop, run_cli, running_server, save_redirect_uri
from tests.owner import REDIRECT, Application, Owner
from tests.shop import Shop
from tests.store.every_query.test_queries import STORY, result_of
from tests.store.ground import opened
from tillroll.store.queries import queries


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    with running_server(database_url, settings={"sign_ups_per_hour": 0}) as server:
        yield server


def run(server: Server, *words: str) -> "CompletedProcess[str]":
    """A command on the server's database."""
    return run_cli(*words, database_url=server.database_url)


def did(server: Server, *words: str) -> Any:
    """What a command says with `--json`; it has to succeed."""
    done = run(server, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(server: Server, *words: str) -> str:
    """Why a command did nothing."""
    done = run(server, *words)
    assert done.returncode != 0, done.stdout
    return done.stderr


def bought(shop: Shop) -> str:
    """The number of an order."""
    shop.standard()
    shop.stock("mug", 5)
    guest = shop.guest()
    answer = shop.checkout(guest, shop.order_request(shop.cart(guest, ["mug"])))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["orderId"])


def test_nobody_gets_into_a_removed_shop_and_all_that_it_wrote_stays(server: Server) -> None:
    with new_shop(server) as shop, new_shop(server) as other:
        bought(shop), bought(other)
        did(server, "user", "add", "vera", "--shop", shop.name, "--role", "viewer")
        invited = did(server, "user", "invite", "--shop", shop.name, "--role", "admin")["path"]
        guest, service = shop.guest(), shop.service
        native = {"authorization": f"Bearer {shop.credentials['native']['api_key']}"}
        search = {"authorization": f"Token {shop.credentials['doofinder']['api_key']}"}
        hashid, company = shop.credentials["doofinder"]["hashid"], shop.credentials["alhena"]["company_key"]
        calls: tuple[Callable[[], httpx.Response], ...] = (
            lambda: service.get(f"/order-v2/{shop.name}/salesorders"),
            lambda: guest.get(f"/cart/{shop.name}/carts", params={"siteCode": "main", "create": "true"}),
            lambda: shop.client().get("/v1/events", headers=native),
            lambda: shop.client().put(f"/6/{hashid}/stats/init?session_id=s", headers=search),
        )
        before = [call().status_code for call in calls]
        assert all(status < 300 for status in before), before
        told = refused(server, "shop", "remove", shop.name)
        assert "1 orders" in told
        assert "1 members" in told
        assert "--yes" in told
        assert [call().status_code for call in calls] == before
        removed = did(server, "shop", "remove", shop.name, "--yes")
        assert (removed["removed"], removed["orders"], removed["members"]) == (shop.name, 1, 1)
        assert [call().status_code for call in calls] == [401, 401, 401, 403]
        assert shop.client().post("/oauth/token", data={"grant_type": "client_credentials"}).status_code in {400, 401}
        with Owner(server.url).sign_up("late") as late:
            assert late.client.get(invited).status_code == 404
        stranger = shop.client().post("/analytics/cart_events", json={"company_key": company})
        assert stranger.status_code >= 400
        # The neighbour is as it was, and the audit finds nothing.
        assert other.service.get(f"/order-v2/{other.name}/salesorders").status_code == 200
        assert [one["shop"] for one in did(server, "shop", "list")] == [other.name]
        assert [one["shop"] for one in did(server, "shop", "list", "--removed")] == [shop.name]
        assert "there is no shop" in refused(server, "shop", "show", shop.name)
        assert "there is no shop" in refused(server, "key", "create", shop.name, "--for", "native")
        assert "there is no shop" in refused(server, "shop", "remove", shop.name, "--yes")
        assert "not given again" in refused(server, "shop", "add", shop.name)
        assert "taken" in refused(server, "shop", "engine", "add", other.name, "--hashid", hashid)
        assert did(server, "audit", "--deep")["holds"]


def test_a_removed_user_leaves_nothing_but_a_number(server: Server) -> None:
    with (
        new_shop(server) as shop,
        Owner(server.url).sign_up("ada") as ada,
        Owner(server.url).sign_up("bob") as bob,
        Application(
            server.url, shop.credentials["scout"]["client_id"], shop.credentials["scout"]["api_key"]
        ) as application,
    ):
        save_redirect_uri(server.database_url, shop.credentials["scout"]["client_id"], REDIRECT)
        grant, of_bob = application.granted(ada), application.granted(bob)
        for post in (grant.post(), grant.post(tax=1), of_bob.post(), of_bob.post()):
            assert application.post(post).status_code == 200
        assert "1 items" in refused(server, "user", "remove", "ada", "--yes")
        assert "--yes" in refused(server, "user", "remove", "ada", "--with-inventory")
        assert len(did(server, "user", "list")) == 2
        number = did(server, "user", "remove", "Ada", "--with-inventory", "--yes")["id"]
        assert number == grant.user_id
        assert "there is no user" in refused(server, "user", "remove", "ada", "--yes")
        assert application.post(grant.post(order_id="2")).status_code == 403
        assert application.info(grant.access_token).status_code == 403
        assert ada.client.get("/inventory").status_code in {303, 401, 403}
        assert ada.log_in("ada").status_code in {400, 401, 403}
        assert did(server, "audit", "--deep")["holds"]
        # The newest number is taken for ever, also where a database gives out what is free; the name is not.
        did(server, "user", "remove", "bob", "--with-inventory", "--yes")
        assert did(server, "user", "add", "ada")["id"] > of_bob.user_id
        assert did(server, "audit", "--deep")["holds"]


def test_a_user_without_items_goes_without_more_words_and_out_of_every_shop(server: Server) -> None:
    with new_shop(server) as shop:
        did(server, "user", "add", "vera", "--shop", shop.name, "--role", "admin")
        assert f"admin in {shop.name}" in refused(server, "user", "remove", "vera")
        did(server, "user", "remove", "vera", "--yes")
        assert did(server, "user", "list") == []
        assert did(server, "audit")["holds"]


def test_who_posts_for_a_user_is_waited_for_before_the_user_goes(postgres_url: str) -> None:
    texts = queries("postgres")
    at = [step[0] for step in STORY].index("held_grants_by_token")
    with opened(postgres_url) as store:
        store.migrate()
        for query, parameters, expected in STORY[:at]:
            store.write_now(partial(result_of, query=query, parameters=parameters, expected=expected))
    with psycopg.connect(postgres_url) as poster, psycopg.connect(postgres_url) as remover:
        assert poster.execute(texts["held_grants_by_token"].encode(), STORY[at][1]).fetchall()
        remover.execute("SET lock_timeout = 500")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            remover.execute(texts["delete_user_grants"].encode(), {"user_id": 1})
        remover.rollback()
        poster.rollback()
        assert remover.execute(texts["delete_user_grants"].encode(), {"user_id": 1}).rowcount == 1


def test_the_name_of_a_removed_shop_is_that_of_no_other(database_url: str) -> None:
    add_shop(database_url, "acme")
    assert run_cli("shop", "remove", "acme", "--yes", database_url=database_url).returncode == 0
    done = run_cli("shop", "add", "acme", "--currency", "USD", database_url=database_url)
    assert done.returncode == 1
    assert "not given again" in done.stderr
