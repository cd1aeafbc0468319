"""What the server publishes of its routes, for programs and for people."""

from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
import schemathesis

from tests.harness import Server
from tests.shop import NO_CERTIFICATES
from tillroll.app import described_routes
from tillroll.settings import Settings

DESCRIPTIONS, ROUTES = described_routes(Settings())
NAMES = [description.name for description in DESCRIPTIONS]


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
    document = published(shared_server, "/openapi.json").json()
    schemathesis.openapi.from_dict(document).validate()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
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


@pytest.mark.parametrize("path", ["/openapi.json", "/docs/emporix"])
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


@pytest.mark.parametrize("path", ["/docs", *(f"/docs/{name}" for name in NAMES)])
def test_a_page_needs_nothing_from_elsewhere(shared_server: Server, path: str) -> None:
    answer = published(shared_server, path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = Page(answer.text)
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert page.sources == []
    assert [link for link in page.links if not link.startswith(("/", "#"))] == []
    assert len(page.ids) == len(set(page.ids))
    assert [link for link in page.links if link.startswith("#") and link[1:] not in page.ids] == []


def test_the_list_of_routes_leads_to_each_of_them(shared_server: Server) -> None:
    index = Page(published(shared_server, "/docs").text)
    pages = {f"/docs/{name}": Page(published(shared_server, f"/docs/{name}").text) for name in NAMES}
    for description in DESCRIPTIONS:
        for operation in description.operations:
            assert operation.path in index.text
            shown = pages[f"/docs/{description.name}"].text
            assert f"{operation.method} {operation.path}" in shown
            assert operation.summary in shown
    for link in (link for link in index.links if "#" in link and not link.startswith("#")):
        path, _, anchor = link.partition("#")
        assert anchor in pages[path].ids


def test_a_route_is_shown_with_a_command_that_can_be_tried(shared_server: Server) -> None:
    page = unescape(published(shared_server, "/docs/emporix").text)
    assert 'curl -X POST "$URL/checkout/$SHOP/checkouts/order" -H "Authorization: Bearer $TOKEN"' in page
    assert "required" in page


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
