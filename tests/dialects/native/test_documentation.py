"""What the server publishes of its routes, for programs and for people."""

import json
import os
import re
import subprocess
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
import schemathesis

from tests.dialects.alhena.storefront import Visitor
from tests.harness import Server
from tests.shop import NO_CERTIFICATES, Shop
from tillroll.app import described_routes
from tillroll.dialects.native.documents.curl import STAND_INS
from tillroll.dialects.published import document, service_of
from tillroll.settings import Settings

DESCRIPTIONS, ROUTES = described_routes(Settings())
NAME_IN_CAPITALS = re.compile(r"\b[A-Z]+(?:_[A-Z]+)*_(?:ID|TOKEN|SECRET|DATE|NAME|CODE)\b")
NAMES = [description.name for description in DESCRIPTIONS]
LISTS = [f"/docs/{name}" for name in NAMES]
SERVICES = [f"/docs/{description.name}/{one.name}" for description in DESCRIPTIONS for one in description.services]


def published(server: Server, path: str) -> httpx.Response:
    """An answer that everybody gets, without a token."""
    answer = httpx.get(server.url + path, trust_env=False, verify=NO_CERTIFICATES)
    assert answer.status_code == 200, answer.text
    return answer


class Page(HTMLParser):
    """What a page is made of: its tags, ids and links, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            kept = {"id": self.ids, "href": self.links, "src": self.sources}.get(name)
            if kept is not None:
                kept.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_one_document_describes_every_route(shared_server: Server) -> None:
    whole = published(shared_server, "/openapi.json").json()
    schemathesis.openapi.from_dict(whole).validate()
    described = {(method.upper(), path) for path, methods in whole["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("name", NAMES)
def test_a_dialect_has_a_document_of_its_own(shared_server: Server, name: str) -> None:
    document = published(shared_server, f"/openapi/{name}.json").json()
    schemathesis.openapi.from_dict(document).validate()
    description = next(one for one in DESCRIPTIONS if one.name == name)
    assert set(document["paths"]) == {operation.path for operation in description.operations}
    assert set(document["components"]["schemas"]) == set(description.components)


def test_a_document_names_the_address_under_which_it_was_asked_for(shared_server: Server) -> None:
    behind_a_proxy = {"host": "shop.example", "x-forwarded-proto": "https"}
    for headers, origin in (({}, shared_server.url), (behind_a_proxy, "https://shop.example")):
        answer = httpx.get(f"{shared_server.url}/openapi/emporix.json", headers=headers, trust_env=False)
        flows = answer.json()["components"]["securitySchemes"]["backOffice"]["flows"]
        assert flows["clientCredentials"]["tokenUrl"] == f"{origin}/oauth/token"


@pytest.mark.parametrize("path", ["/openapi.json", "/docs/emporix", "/docs/emporix/cart"])
def test_what_is_large_is_sent_packed_to_who_takes_that(shared_server: Server, path: str) -> None:
    plain, packed = (
        httpx.get(shared_server.url + path, headers={"accept-encoding": coding}, trust_env=False)
        for coding in ("identity", "gzip")
    )
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 8


@pytest.mark.parametrize("path", ["/", "/docs", *LISTS, *SERVICES])
def test_a_page_needs_nothing_from_elsewhere(shared_server: Server, path: str) -> None:
    answer = published(shared_server, path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = Page(answer.text)
    assert {"img", "iframe", "style"}.isdisjoint(page.tags)
    assert [source.partition("?v=")[0] for source in page.sources] == ["/assets/docs.js"]
    assert [link for link in page.links if not link.startswith(("/", "#"))] == []
    assert len(page.ids) == len(set(page.ids))
    assert [link for link in page.links if link.startswith("#") and link[1:] not in page.ids] == []
    assert "`" not in re.sub(r"<pre.*?</pre>", "", answer.text, flags=re.DOTALL)


def test_the_start_page_says_how_the_server_is_doing(shop: Shop) -> None:
    shop.standard()
    assert Visitor(shop).talk().status_code == 200
    answer = httpx.get(shop.url, trust_env=False, verify=NO_CERTIFICATES)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["link"] == '</openapi.json>; rel="service-desc"'
    assert "ready: reads and writes" in answer.text
    assert re.search(r'alhena</th><td class="number">[1-9]', answer.text)
    assert re.search(r"newest</th>.*\d s ago<", answer.text)


@pytest.mark.parametrize("passed_on", ["forwarded", "x-forwarded-for", "x-real-ip", "via"])
def test_who_comes_from_elsewhere_is_not_told_what_has_arrived(shop: Shop, passed_on: str) -> None:
    shop.standard()
    assert Visitor(shop).talk().status_code == 200
    answer = httpx.get(shop.url, headers={passed_on: "192.0.2.7"}, trust_env=False, verify=NO_CERTIFICATES)
    assert "ready: reads and writes" in answer.text
    assert "newest" not in answer.text
    assert "Spoken here" in answer.text


def test_the_lists_lead_to_every_route_on_the_page_of_its_service(shared_server: Server) -> None:
    pages = {path: Page(published(shared_server, path).text) for path in SERVICES}
    lists = {path: Page(published(shared_server, path).text) for path in ("/docs", *LISTS)}
    for description in DESCRIPTIONS:
        for operation in description.operations:
            service = service_of(description, operation.path).name
            shown = pages[f"/docs/{description.name}/{service}"].text
            assert f"{operation.method} {operation.path}" in shown
            assert operation.summary.replace("`", "") in shown
            assert operation.path in lists["/docs"].text
            assert operation.path in lists[f"/docs/{description.name}"].text
    for links in (one.links for one in lists.values()):
        for path, _, anchor in (link.partition("#") for link in links if "#" in link and not link.startswith("#")):
            assert anchor in pages[path].ids


def test_a_service_that_there_is_not_has_no_page(shared_server: Server) -> None:
    for path in ("/docs/emporix/nothing", "/docs/nothing/cart", "/docs/nothing"):
        assert httpx.get(shared_server.url + path, trust_env=False, verify=NO_CERTIFICATES).status_code == 404


# What Firefox and Chromium send, and clients whose wish is not for a page.
BROWSERS = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "text/html;q=0.9, application/json;q=0.5",
    "TEXT/HTML",
)
PROGRAMS = (
    *("", "*/*", "application/json", "text/html;q=0"),
    *("application/json, text/html;q=0.9", "text/html, application/json"),
)
NOWHERE = ("/nothing", "/docs/nothing", "/docs/emporix/nothing", "/checkout.html", "/openapi/no.json")


@pytest.mark.parametrize("path", NOWHERE)
def test_where_nothing_is_people_find_a_page_and_programs_a_problem(shared_server: Server, path: str) -> None:
    with httpx.Client(base_url=shared_server.url, trust_env=False, verify=NO_CERTIFICATES) as client:
        for accept in BROWSERS:
            answer = client.get(path, headers={"accept": accept})
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert 'href="/docs"' in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        for accept in PROGRAMS:
            answer = client.get(path, headers={"accept": accept})
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
            assert answer.json()["type"] == "/docs/native#not_found"
            assert answer.headers["vary"] == "accept"


def test_what_is_no_page_of_anybody_says_so_in_its_own_words_to_browsers_too(shared_server: Server) -> None:
    with httpx.Client(base_url=shared_server.url, trust_env=False, verify=NO_CERTIFICATES) as client:
        accept = {"accept": BROWSERS[0]}
        for path in ("/v1/nothing", "/cart/acme/nothing/at/all/of/it", "/6/nothing"):
            answer = client.get(path, headers=accept)
            assert "json" in answer.headers["content-type"], path
        assert "json" in client.post("/nothing", headers=accept).headers["content-type"]


def test_a_command_line_can_be_copied_into_a_shell(shop: Shop) -> None:
    shop.standard()
    price_id, _, _ = shop.prices["mug"]
    known = {"URL": shop.url, "SHOP": shop.name, "TOKEN": shop.service_token()}
    made = json.loads(in_a_shell(line_of(shop, "cart", "post_cart_tenant_carts"), known))
    known["CART_ID"] = made["cartId"]
    line = line_of(shop, "cart", "post_cart_tenant_carts_cartId_items").replace("mug-price", price_id)
    added = json.loads(in_a_shell(line.replace("12.5", "11.9"), known))
    assert added["itemId"] == "0"
    query = line_of(shop, "guests", "get_customerlogin_auth_anonymous_login")
    client_id = shop.credentials["emporix"]["storefront_client_id"]
    session = json.loads(
        in_a_shell(query, {"URL": shop.url, "TENANT": shop.name, "SHOP": shop.name, "CLIENT_ID": client_id})
    )
    assert session["token_type"] == "Bearer"


def test_what_stands_in_examples_is_a_variable_of_the_command_line() -> None:
    whole = document(DESCRIPTIONS, ROUTES, version="0")
    bodies = [one["requestBody"] for path in whole["paths"].values() for one in path.values() if "requestBody" in one]
    examples = [content["example"] for body in bodies for content in body["content"].values()]
    found = {word for one in examples for word in NAME_IN_CAPITALS.findall(json.dumps(one))}
    assert found - {*STAND_INS, "VENDOR_ID"} == set()  # that one is a value: by what an order is split
    assert found >= {"CART_ID", "QUOTE_ID", "CUSTOMER_ID"}


def line_of(shop: Shop, service: str, anchor: str) -> str:
    """The command line of an operation, as its page shows it."""
    page = httpx.get(f"{shop.url}/docs/emporix/{service}", trust_env=False, verify=NO_CERTIFICATES).text
    found = re.search(rf'id="{anchor}".*?<pre[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def in_a_shell(line: str, known: dict[str, str]) -> str:
    """What a command line prints; fails where the server refuses."""
    environment = {**os.environ, **known, "no_proxy": "*"}
    done = subprocess.run(
        ["sh", "-c", line.replace("curl ", "curl -sS --fail-with-body ", 1)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_start_page_leads_to_the_documents_and_to_the_inventory(shared_server: Server) -> None:
    answer = httpx.get(f"{shared_server.url}/", trust_env=False, verify=NO_CERTIFICATES)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["link"] == '</openapi.json>; rel="service-desc"'
    for address in ("/inventory", "/login", "/docs", "/openapi.json", *(f"/docs/{name}" for name in NAMES)):
        assert f'href="{address}"' in answer.text
        assert httpx.get(f"{shared_server.url}{address}", trust_env=False, verify=NO_CERTIFICATES).status_code in (
            200,
            303,
        )
    refused = httpx.post(f"{shared_server.url}/", trust_env=False, verify=NO_CERTIFICATES)
    assert (refused.status_code, refused.headers["content-type"]) == (405, "application/problem+json")
