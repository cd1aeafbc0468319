"""The first minutes of a server: the link that is told where it starts, the first shop, and what to paste."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import NewPage
from tests.clients.npm import node_modules
from tests.dashboard.test_dashboard import violations
from tests.dashboard.test_keyboard import press, type_into, type_where_it_begins
from tests.harness import SHARED_SETTINGS, Server, new_shop, run_cli, running_server
from tests.owner import PASSWORD, Owner
from tests.staff import Told, staff

__all__ = ["node_modules"]

FILLED = {"shop": "acme", "currency": "EUR", "name": "ada", "password": PASSWORD, "password_again": PASSWORD}
_LINK = re.compile(r"http://127\.0\.0\.1:\d+(/setup/[\w-]{43})\n")
_PASTE = re.compile(r'<pre [^>]*aria-label="What to paste: ([^"]+)"[^>]*>(.*?)</pre>', re.DOTALL)


@pytest.fixture
def new_server(empty_url: str) -> Iterator[Server]:
    """A server that nobody has set up."""
    with running_server(empty_url, settings={**SHARED_SETTINGS, "guesses_per_minute": 20}) as server:
        yield server


def link_of(server: Server) -> str:
    """The path of the link that a server told when it was started."""
    found = _LINK.findall(server.log)
    assert len(found) == 1, server.log
    return str(found[0])


def another_link(server: Server) -> str:
    """The path of one more link."""
    done = run_cli("setup", database_url=server.database_url)
    assert done.returncode == 0, done.stderr
    return done.stdout.partition(" ")[0]


def test_whoever_has_the_link_makes_the_first_shop_and_is_its_admin(new_server: Server) -> None:
    with Owner(new_server.url) as person:
        link = link_of(new_server)
        made = person.send(link, FILLED)
        assert made.status_code == 200, made.text
        assert "no-store" in made.headers["cache-control"]
        keys = dict(re.findall(r'<dt>(.*?)</dt><dd class="secret">(.*?)</dd>', made.text))
        assert len(keys) == 10
        assert "ada" in person.page("/dashboard/acme/people")
        bearer = {"authorization": "Bearer " + keys["Tillroll&#39;s own API: key"]}
        assert person.client.get("/v1/events", headers=bearer).json() == {"events": [], "next": 0}
        # From now on no link holds, and none is made.
        assert person.client.get(link).status_code == 404
        refused = run_cli("setup", database_url=new_server.database_url)
        assert (refused.returncode, "there is a shop already" in refused.stderr) == (1, True)
    new_server.restart()
    assert len(_LINK.findall(new_server.log)) == 1


def test_what_is_to_be_pasted_works_as_it_stands(new_server: Server, tmp_path: Path) -> None:
    with Owner(new_server.url) as person:
        made = person.send(link_of(new_server), FILLED)
        pasted = {unescape(title): unescape(text) for title, text in _PASTE.findall(made.text)}
        in_a_page, in_a_shell, with_a_code = list(pasted)[:1], list(pasted)[1:5], list(pasted)[5:]
        assert in_a_page + with_a_code == ["The storefront's pages", "Scout"]
        assert in_a_shell == ["Tillroll's own API", "Alhena", "Doofinder", "Emporix"]
        for title in in_a_shell:
            run_as_it_stands(pasted[title], tmp_path)
        kinds = {one["kind"] for one in told_events(new_server, made.text)}
        assert {"checkout", "conversation_opened", "cart_event", "init", "cart_add"} <= kinds
        # Later the page has the same, with words in the place of secrets.
        later = unescape(person.page("/dashboard/acme/connect"))
        assert "Authorization" not in later
        assert "Bearer KEY" in later
        assert re.findall(r"/6/(\w+)/stats", later) == re.findall(r"/6/(\w+)/stats", unescape(made.text))


def run_as_it_stands(text: str, folder: Path) -> None:
    """Paste something into a shell; fails where it does."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, (text, done.stdout, done.stderr)


def told_events(server: Server, page: str) -> list[dict[str, str]]:
    """What the ledger has."""
    (key,) = set(re.findall(r"authorization: Bearer ([\w-]{43})", unescape(page)))
    answer = httpx.get(f"{server.url}/v1/events", headers={"authorization": f"Bearer {key}"}, trust_env=False)
    found: list[dict[str, str]] = answer.json()["events"]
    return found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shop", "A"),
        ("currency", "EURO"),
        ("country", "Germany"),
        ("name", " "),
        ("password", "short"),
        ("password_again", "another one"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_makes_nothing(new_server: Server, field: str, value: str) -> None:
    with Owner(new_server.url) as person:
        again = {"password_again": value} if field == "password" else {}
        answer = person.send(link_of(new_server), {**FILLED, field: value, **again})
        assert answer.status_code == 422
        assert f'id="{field}-wrong"' in answer.text
        assert PASSWORD not in answer.text
        assert person.send(link_of(new_server), FILLED).status_code == 200


def test_a_name_that_somebody_has_is_taken_and_the_link_holds_on(new_server: Server) -> None:
    with Owner(new_server.url).sign_up("ada"), Owner(new_server.url) as person:
        taken = person.send(link_of(new_server), FILLED)
        assert (taken.status_code, "That name is taken." in taken.text) == (422, True)
        assert person.send(link_of(new_server), {**FILLED, "name": "bob"}).status_code == 200


def test_nobody_comes_in_without_the_link_and_who_guesses_has_to_wait(new_server: Server) -> None:
    with Owner(new_server.url) as person:
        assert "tillroll setup" in person.page("/")
        statuses = [person.client.get(f"/setup/{'x' * 43}").status_code for _ in range(21)]
        assert statuses == [404] * 20 + [429]
        assert int(person.client.get("/setup/y").headers["retry-after"]) > 0
        form = person.client.post(link_of(new_server), data=FILLED)
        assert form.status_code == 403
        assert person.send(link_of(new_server), FILLED).status_code == 200
        assert 'id="new"' not in person.page("/")


def test_of_two_links_at_once_one_makes_the_shop(empty_url: str) -> None:
    with running_server(empty_url, workers=2, settings=SHARED_SETTINGS) as server:
        links = [another_link(server) for _ in range(6)]
        people = [Owner(server.url) for _ in links]
        forms = [{**FILLED, "token": person.token(link)} for person, link in zip(people, links, strict=True)]
        with ThreadPoolExecutor(len(links)) as pool:
            sent = [
                pool.submit(person.client.post, link, data={**form, "shop": f"shop{n}", "name": f"user{n}"})
                for n, (person, link, form) in enumerate(zip(people, links, forms, strict=True))
            ]
            statuses = sorted(one.result().status_code for one in sent)
        for person in people:
            person.client.close()
        assert statuses == [200, 404, 404, 404, 404, 404]
        assert len(run_cli("shop", "list", database_url=server.database_url).stdout.splitlines()) == 1
        assert len(run_cli("user", "list", database_url=server.database_url).stdout.splitlines()) == 1


def test_a_test_event_arrives_at_once_and_counts_nowhere(shared_server: Server) -> None:
    with new_shop(shared_server, "JPY") as shop, staff(shared_server, shop.name, "analyst") as person:
        base, api = f"/dashboard/{shop.name}", Told(shop)
        sent = person.send(f"{base}/connect/test", page=f"{base}/connect")
        assert sent.status_code == 303
        page = person.page(sent.headers["location"])
        assert "Received" in page
        assert 'class="chip outcome-accepted"' in page
        api.settle()
        (sale,) = api.get("/v1/sales")["items"]
        assert (sale["state"], sale["currency"], sale["total_minor"]) == ("test", "JPY", 1)
        assert api.revenue()["orders"] == 0
        assert "The newest is of" in person.page(f"{base}/connect")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_server_is_set_up_with_the_keyboard_alone(
    sqlite_url: str, new_page: NewPage, node_modules: Path, scheme: str
) -> None:
    with running_server(sqlite_url, settings=SHARED_SETTINGS) as server:
        page = new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        page.goto(server.url + link_of(server))
        assert_nobody_is_kept_out(page, node_modules)
        type_where_it_begins(page, "Name", "acme")
        type_into(page, "User name", "ada")
        type_into(page, "Password", PASSWORD)
        type_into(page, "Once more", PASSWORD)
        press(page, "Make the shop")
        expect(page.get_by_role("heading", name="acme is ready")).to_be_visible()
        assert_nobody_is_kept_out(page, node_modules)
        press(page, "I have noted the keys down: go on")
        expect(page.get_by_role("heading", name="Nothing has arrived yet")).to_be_visible()
        press(page, "Send a test event")
        expect(page.locator("#receipt-found")).to_contain_text("checkout")
        expect(page.locator("#events tbody tr").first).to_contain_text("accepted")


def assert_nobody_is_kept_out(page: Page, modules: Path) -> None:
    """Fail for what axe finds serious, and for a page that is wider than the screen."""
    assert violations(page, (modules / "axe-core" / "axe.min.js").read_text("utf-8")) == {}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
