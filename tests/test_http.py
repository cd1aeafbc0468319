"""The door, through real sockets: what it refuses and in whose words, and who may pass."""

import json
import re
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.harness import Server, new_shop, run_cli, running_server
from tests.refusals import FORMATS, assert_refused
from tests.shop import Shop
from tests.store.postgres.wire import Wire
from tillroll import app
from tillroll.dialects.emporix.routes import routes
from tillroll.dialects.emporix.wire.errors import SERVICES
from tillroll.dialects.emporix.wire.secured import Secured
from tillroll.dialects.http import Response, Route, Service
from tillroll.dialects.passwords import Passwords
from tillroll.engine.access.access import ANONYMOUS, SERVICE
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.settings import Settings

ROUTES = routes(Settings(), Catalogue(), Passwords(1))
OF_A_SHOP = [route for route in ROUTES if "{tenant}" in route.path]
# What is open to the world: other services load a schema by its address (docs/wire/emporix.md, 14), providers ring with
# a signature of their own, and buyers come back from them with what their address holds.
PUBLIC = {
    "/schema/{tenant}/schemas/{id}/definition",
    "/payment-gateway/{tenant}/callbacks/{modeId}",
    "/payment-gateway/{tenant}/returns/{transactionId}",
}
PROTECTED = [route for route in OF_A_SHOP if route.path not in PUBLIC]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"]
METHODS_OF = {route.path: {other.method for other in ROUTES if other.path == route.path} for route in ROUTES}
WITH_A_BODY = [route for route in ROUTES if route.decode is not None and route.method in ("POST", "PUT", "PATCH")]

INVALID_TOKEN = {
    "fault": {"faultstring": "Invalid access token", "detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}
}
EXPIRED_TOKEN = {
    "fault": {
        "faultstring": "Access Token expired",
        "detail": {"errorcode": "keymanagement.service.access_token_expired"},
    }
}


def test_every_service_has_a_format() -> None:
    assert set(SERVICES) == set(FORMATS)


def path_of(route: Route, shop: Shop) -> str:
    """A path that this route answers."""
    return re.sub(r"\{\w+\}", "x", route.path.replace("{tenant}", shop.name))


def client_of(route: Route, shop: Shop) -> httpx.Client:
    """Somebody who may call this route."""
    kinds = route.run.allowed.kinds if isinstance(route.run, Secured) else {SERVICE}
    if SERVICE in kinds:
        return shop.service
    return shop.guest() if ANONYMOUS in kinds else shop.customer()


def title(route: Route) -> str:
    """A route's name in the list of tests."""
    return f"{route.method} {route.path}"


each_route_with_a_body = pytest.mark.parametrize("route", WITH_A_BODY, ids=title)
each_protected_route = pytest.mark.parametrize("route", PROTECTED, ids=title)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes small bodies only, for what does not depend on the database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('door') / 'tillroll.db'}"
    with running_server(url, settings={"body_bytes_max": 1000}) as server:
        yield server


@pytest.fixture(scope="module")
def small(server: Server) -> Iterator[Shop]:
    """One shop on that server, for tests that leave nothing behind."""
    with new_shop(server) as shop:
        yield shop


def padded(document: Any, size: int) -> bytes:
    """A JSON document of exactly this many bytes."""
    return json.dumps(document).encode().ljust(size)


def site(code: str = "main") -> dict[str, Any]:
    """The smallest valid site."""
    return {"code": code, "currency": "EUR"}


def sites(shop: Shop) -> str:
    """Where a shop's sites are."""
    return f"/site/{shop.name}/sites"


def site_codes(shop: Shop) -> list[str]:
    """The sites that a shop has."""
    return sorted(one["code"] for one in shop.service.get(sites(shop)).json())


# What is refused before anybody asks who is there.


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_an_unknown_path_is_refused_in_the_words_of_its_service(small: Shop, service: str) -> None:
    paths = [f"/{service}/{small.name}/nowhere/at/all", f"/{service}", f"/{service}/", f"/{service}//"]
    if service == "checkout":
        del paths[1:]  # Scout's clients post there
    for path in paths:
        assert_refused(small.service.get(path), 404, path)


@pytest.mark.parametrize("path", ["/nowhere", "/nowhere//x", "/healthz/x", "/%2e%2e/etc/passwd", "/x" * 300])
def test_an_unknown_path_outside_the_services_is_refused_in_our_words(small: Shop, path: str) -> None:
    assert_refused(small.service.get(path), 404, path)


def test_what_is_not_there_is_refused_in_the_words_of_what_is_beside_it(small: Shop) -> None:
    voices: dict[str, dict[type[Service], Response]] = {}
    for route in app.described_routes(Settings())[1]:
        beside = route.path.partition("{")[0].strip("/")
        voices.setdefault(beside, {})[type(route.service)] = route.service.refuse(404)
    shared = {beside for beside, said in voices.items() if len(said) > 1}
    assert shared == {"checkout"}  # a post of Scout's clients, and Emporix's service of that name
    for beside in sorted(voices.keys() - shared):
        (expected,) = voices[beside].values()
        answer = small.client().get(f"/{beside}/nowhere/at/all/of/this/depth")
        assert (answer.status_code, _timeless(answer.content)) == (404, _timeless(expected.body)), beside


def _timeless(body: bytes) -> bytes:
    """A body without the time at which it was said."""
    return re.sub(rb'"timestamp":"[^"]+"', b"", body)


@pytest.mark.parametrize(
    ("path", "origins"),
    [
        ("/api/v2/stats/nothing", "*"),
        ("/api/v1/oauth/nothing", None),
        ("/v1/conversations/a%2Fb/nothing", "*"),
        ("/v1/events", None),
        ("/v1/inventory", None),
        ("/6/nothing", "*"),
        ("/60/nothing", None),
    ],
)
def test_pages_of_other_origins_may_call_what_browsers_report_to_and_nothing_else(
    small: Shop, path: str, origins: str | None
) -> None:
    assert small.client().get(path).headers.get("access-control-allow-origin") == origins


def test_an_encoded_slash_is_a_letter_of_its_segment(small: Shop) -> None:
    answer = small.service.get(f"/site/{small.name}/sites/a%2Fb")
    assert_refused(answer, 404, "/site")
    assert "a/b" in answer.json()["message"]


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_a_method_that_a_path_does_not_know_is_refused_with_those_that_it_knows(small: Shop, path: str) -> None:
    known = METHODS_OF[path]
    method = next(method for method in METHODS if method not in known)
    answer = small.service.request(method, re.sub(r"\{\w+\}", "x", path.replace("{tenant}", small.name)))
    assert_refused(answer, 405, path)
    assert answer.headers["allow"].split(", ") == sorted(known)


@each_route_with_a_body
def test_a_body_of_another_type_is_refused(small: Shop, route: Route) -> None:
    client = client_of(route, small)
    others = {"text/plain", "application/xml", "", "json", "application/json-patch+json"} - set(route.content_types)
    for content_type in sorted(others):
        headers = {"content-type": content_type}
        answer = client.request(route.method, path_of(route, small), content=b"{}", headers=headers)
        assert_refused(answer, 415, route.path)


@each_route_with_a_body
def test_a_body_that_is_too_large_is_refused(small: Shop, route: Route) -> None:
    headers = {"content-type": route.content_types[0]}
    answer = client_of(route, small).request(route.method, path_of(route, small), content=b" " * 1001, headers=headers)
    assert_refused(answer, 413, route.path)


@pytest.mark.parametrize("route", [route for route in WITH_A_BODY if route in PROTECTED], ids=title)
def test_a_stranger_is_not_told_what_is_wrong_with_a_body(small: Shop, route: Route) -> None:
    stranger = small.client()
    for body, content_type in ((b"{", route.content_types[0]), (b"{}", "text/plain"), (b" " * 1001, "text/plain")):
        headers = {"content-type": content_type}
        answer = stranger.request(route.method, path_of(route, small), content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (401, INVALID_TOKEN), answer.text


UNREADABLE = [b"", b"{", b"nonsense", b"\xff\xfe", b'"\\ud800"', b'{"a":"\\u0000"}', b'{"a":1}{}', b"[" * 900]
MISSHAPEN = [b"null", b"1", b'"text"', b"[1]", b"[null]", b"{}", b"[]"]
MISSHAPEN += [b'{"id":{}}', b'{"code":[]}', b'{"metadata":1}', b'{"id":1e999999}', b'{"code":"\\ud800"}']


@each_route_with_a_body
def test_a_body_that_can_not_be_read_is_refused(small: Shop, route: Route) -> None:
    client = client_of(route, small)
    for body in UNREADABLE:
        answer = send(client, route, small, body)
        assert 400 <= answer.status_code < 500, (body, answer.text)
        assert_refused(answer, answer.status_code, route.path)


@each_route_with_a_body
def test_a_body_of_another_shape_does_no_harm(small: Shop, route: Route) -> None:
    client = client_of(route, small)
    for body in MISSHAPEN:
        answer = send(client, route, small, body)
        assert answer.status_code < 500, (body, answer.text)
        if answer.status_code >= 400:  # a bulk answers 207 with an error per element
            assert_refused(answer, answer.status_code, route.path)


def send(client: httpx.Client, route: Route, shop: Shop, body: bytes) -> httpx.Response:
    """Send these bytes to a route, as the type that it reads."""
    content_type = {"content-type": route.content_types[0]}
    return client.request(route.method, path_of(route, shop), content=body, headers=content_type)


def test_a_head_has_the_headers_of_a_get_and_no_body(small: Shop) -> None:
    get, head = small.service.get(sites(small)), small.service.head(sites(small))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))
    refused = small.service.head("/oauth/token")
    assert (refused.status_code, refused.content, refused.headers["allow"]) == (405, b"", "POST")


# Bodies as they arrive.


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_a_body_may_arrive_in_chunks(server: Server, pieces: int) -> None:
    whole = padded(site(), 400)
    size = -(-len(whole) // pieces)
    with new_shop(server) as shop:
        chunks = (whole[start : start + size] for start in range(0, len(whole), size))
        answer = shop.service.post(sites(shop), content=chunks, headers={"content-type": "application/json"})
        assert answer.request.headers["transfer-encoding"] == "chunked"
        assert answer.status_code == 201, answer.text
        assert site_codes(shop) == ["main"]


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "in chunks"])
def test_the_limit_of_a_body_is_exact(server: Server, chunked: bool) -> None:
    def post(shop: Shop, size: int) -> httpx.Response:
        body = padded(site(f"s{size}"), size)
        content = iter([body[:500], body[500:]]) if chunked else body
        return shop.service.post(sites(shop), content=content, headers={"content-type": "application/json"})

    with new_shop(server) as shop:
        assert post(shop, 1000).status_code == 201
        for size in (1001, 100_000, 3_000_000):
            assert_refused(post(shop, size), 413, "/site")
        assert site_codes(shop) == ["s1000"]


HALVES = {
    "a line": b"POST /si",
    "its headers": b"POST %(path)s HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %(token)s\r\ncontent-le",
    "its body": b"POST %(path)s HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %(token)s\r\n"
    b"content-type: application/json\r\ncontent-length: 100\r\n\r\n%(body)s",
    "its chunks": b"POST %(path)s HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %(token)s\r\n"
    b"content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n%(size)x\r\n%(body)s\r\n",
}


@pytest.mark.parametrize("half", HALVES)
def test_a_request_that_ends_halfway_changes_nothing(sqlite_url: str, half: str) -> None:
    with running_server(sqlite_url) as server, new_shop(server) as shop:
        body = json.dumps(site()).encode()
        parts = {b"path": sites(shop).encode(), b"token": shop.service_token().encode(), b"body": body}
        sent = HALVES[half] % {**parts, b"size": len(body)}
        with socket.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port)) as connection:
            connection.sendall(sent)
        server.restart()  # a server that ends has finished whatever it was doing
        assert site_codes(shop) == []


def raw(server: Server, request: bytes) -> bytes:
    """The first line of the answer to exactly these bytes."""
    with socket.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port), timeout=20) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /site/\xff/sites HTTP/1.1",
        b"GET /site/\x00/sites HTTP/1.1",
        b"GET  HTTP/1.1",
        b"G\x00T / HTTP/1.1",
        b"\xff" * 50,
    ],
    ids=repr,
)
def test_what_is_not_http_is_refused(server: Server, request_line: bytes) -> None:
    assert raw(server, request_line + b"\r\nhost: x\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    server.check_log()


def test_a_badly_escaped_path_finds_nothing(shared_server: Server, shop: Shop) -> None:
    token = shop.service_token()
    for escape in ("%", "%z", "%zz", "%ff", "%c3%28", "%ed%a0%80", "%00", "a%00b", "%EF%BF%BD", "%e2%82"):
        request = f"GET {sites(shop)}/{escape} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
        assert raw(shared_server, request.encode()).startswith(b"HTTP/1.1 404 "), escape


@pytest.mark.parametrize(
    "query", ["pageSize=%ff", "pageSize=%00", "x=%00", "x%00=1", "%ff=1", "&" * 300 + "a=1", "a=1&" * 300]
)
def test_a_badly_escaped_query_is_refused(server: Server, small: Shop, query: str) -> None:
    answer = small.service.get(f"{small.url}{sites(small)}?{query}")
    assert_refused(answer, 400, "/site")
    server.check_log()


# Who may pass.


@each_protected_route
def test_nobody_passes_without_a_valid_token(small: Shop, route: Route) -> None:
    token = small.service.headers["authorization"].removeprefix("Bearer ")
    worthless = (
        "",
        "Bearer",
        "Bearer nonsense",
        "Bearer \xff",
        f"Basic {token}",
        f"Token {token}",
        token,
        f"Bearer{token}",
    )
    for headers in [{}, *({"authorization": value.encode("latin-1")} for value in worthless)]:
        answer = knock(small, route, headers)
        if answer.status_code == 400 and route.decode is not None:
            assert_refused(answer, 400, route.path)
        else:
            body = answer.json() if route.method != "HEAD" else INVALID_TOKEN
            assert (answer.status_code, body) == (401, INVALID_TOKEN), headers


@each_protected_route
def test_nobody_passes_with_the_token_of_another_shop(small: Shop, another: Shop, route: Route) -> None:
    for stranger in (another.service, another.guest()):
        answer = knock(small, route, {"authorization": stranger.headers["authorization"]})
        assert answer.status_code == 403 or (answer.status_code == 400 and route.decode is not None), answer.text
        assert_refused(answer, answer.status_code, route.path)


@pytest.mark.parametrize("route", OF_A_SHOP, ids=title)
def test_a_tenant_that_can_not_be_one_is_refused(small: Shop, route: Route) -> None:
    for tenant in ("ab", "a" * 17, "Upper", "1abc", "sh-op", "shop%0A"):
        answer = small.service.request(route.method, re.sub(r"\{\w+\}", "x", route.path.replace("{tenant}", tenant)))
        assert_refused(answer, answer.status_code, route.path)
        assert answer.status_code in (400, 404)


@pytest.fixture(scope="module")
def another(server: Server) -> Iterator[Shop]:
    """The shop that the strangers come from."""
    with new_shop(server) as shop:
        yield shop


def knock(shop: Shop, route: Route, headers: dict[str, Any]) -> httpx.Response:
    """Ask a route of this shop, with the smallest body that it may read."""
    body = json.dumps(site()).encode() if route.decode is not None else b""
    headers = {"content-type": "application/json", **headers}
    return shop.client().request(route.method, path_of(route, shop), content=body, headers=headers)


@pytest.mark.parametrize("setting", ["service_token_seconds", "anonymous_token_seconds", "refresh_token_seconds"])
def test_a_token_that_has_expired_is_refused_as_such(sqlite_url: str, setting: str) -> None:
    with running_server(sqlite_url, settings={setting: 1}) as server, new_shop(server) as shop:
        guest, _ = shop.guest(), shop.service
        time.sleep(1.001)
        answers = {
            "service_token_seconds": shop.service.get(sites(shop)),
            "anonymous_token_seconds": guest.get(f"/session-context/{shop.name}/me/context"),
            "refresh_token_seconds": refresh(shop, guest.refresh_token),
        }
        for name, answer in answers.items():
            if name == setting:
                assert (answer.status_code, answer.json()) == (401, EXPIRED_TOKEN)
            else:
                assert answer.status_code == 200, answer.text


def test_a_refresh_token_keeps_the_session_also_where_its_first_answer_was_lost(shop: Shop) -> None:
    guest = shop.guest()
    answers = [refresh(shop, guest.refresh_token), refresh(shop, guest.refresh_token)]
    assert [(answer.status_code, answer.json()["sessionId"]) for answer in answers] == [(200, guest.session_id)] * 2
    assert len({answer.json()["access_token"] for answer in answers}) == 2
    assert knock(shop, PROTECTED[-1], {"authorization": f"Bearer {guest.refresh_token}"}).status_code in (400, 401)


def refresh(shop: Shop, refresh_token: str) -> httpx.Response:
    """Ask for the next token of an anonymous session."""
    keys = {"tenant": shop.name, "client_id": shop.credentials["emporix"]["storefront_client_id"]}
    query = {**keys, "refresh_token": refresh_token}
    return shop.client().get("/customerlogin/auth/anonymous/refresh", params=query)


def test_a_revoked_key_opens_nothing_any_more_not_even_with_its_old_tokens(shared_server: Server, shop: Shop) -> None:
    key = new_key(shared_server, shop)
    client = shop.client(token_of(shop, key))
    assert client.get(sites(shop)).status_code == 200
    revoked = run_cli("key", "revoke", shop.name, key["client_id"], database_url=shared_server.database_url)
    assert revoked.returncode == 0, revoked.stderr
    answer = client.get(sites(shop))
    assert (answer.status_code, answer.json()) == (401, INVALID_TOKEN)
    assert_refused(grant(shop, key), 401, "/oauth/token")
    assert shop.service.get(sites(shop)).status_code == 200


def new_key(server: Server, shop: Shop, *more: str) -> dict[str, Any]:
    """One more key of a shop's back office."""
    done = run_cli("key", "create", shop.name, "--json", *more, database_url=server.database_url)
    assert done.returncode == 0, done.stderr
    key: dict[str, Any] = json.loads(done.stdout)
    return key


def grant(shop: Shop, key: dict[str, Any], **headers: str) -> httpx.Response:
    """Ask for a token on this key."""
    form = {name: key[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    return shop.client().post("/oauth/token", data=form, headers=headers)


def token_of(shop: Shop, key: dict[str, Any]) -> str:
    """A fresh token on this key."""
    token: str = grant(shop, key).json()["access_token"]
    return token


def test_a_database_that_is_away_is_no_secret_and_no_disaster(postgres_url: str) -> None:
    with Wire(postgres_url) as wire, running_server(wire.url) as server, new_shop(server) as shop:
        codes = sites(shop)
        assert shop.service.get(codes).status_code == 200
        wire.broken = True
        wire.hang_up_all()
        for answer in (shop.service.get(codes), shop.service.post(codes, json=site()), shop.client().get("/readyz")):
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) >= 1
            assert not re.search(r"(?i)postgres|socket|wire|errno|connection|\.py", answer.text)
        assert_refused(shop.service.post(codes, json=site()), 503, "/site")
        wire.broken = False
        assert shop.service.post(codes, json=site()).status_code == 201
        assert shop.client().get("/readyz").status_code == 200
