"""What is and what is not a request, before any dialect hears of it (RFC 9110 and 9112)."""

from collections.abc import Iterator

import pytest

from tests.harness import Server, new_shop, running_server
from tests.server.raw import Raw, asked, assert_last_word
from tests.shop import Shop

ALIVE = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/xml\r\n"
# What is refused is read no further; this can be told only when it has been read.
FORM = b"POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for everything here; what a client does wrong is nothing for its log."""
    url = f"sqlite:///{tmp_path_factory.mktemp('wire') / 'tillroll.db'}"
    with running_server(url, settings={"body_bytes_max": 1000}) as server:
        yield server


@pytest.fixture(scope="module")
def shop(server: Server) -> Iterator[Shop]:
    """A shop on it."""
    with new_shop(server) as shop:
        yield shop


NO_REQUESTS = {
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "http 0.9": b"GET /healthz\r\n\r\n",
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that does not exist": b"GET /healthz HTTP/2.0\r\nhost: x\r\n\r\n",
    "a method that does not exist": b"BUY /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
    "line breaks without a return": b"GET /healthz HTTP/1.1\nhost: x\n\n",
    "a folded header": b"GET /healthz HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n",
    "a blank before the colon": b"GET /healthz HTTP/1.1\r\nhost : x\r\n\r\n",
    "a control character": b"GET /healthz HTTP/1.1\r\nhost: x\r\na: \x01\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nhost: x\r\nHost: x\r\n\r\n",
    "a host with a path": b"GET /healthz HTTP/1.1\r\nhost: x/y\r\n\r\n",
    "a host with a user": b"GET /healthz HTTP/1.1\r\nhost: a@x\r\n\r\n",
    "a host with a blank": b"GET /healthz HTTP/1.1\r\nhost: a b\r\n\r\n",
    "a host with two ports": b"GET /healthz HTTP/1.1\r\nhost: x:1:2\r\n\r\n",
    "an address that is none": b"GET ftp://x/healthz HTTP/1.1\r\nhost: x\r\n\r\n",
    "a fragment": b"GET /healthz#x HTTP/1.1\r\nhost: x\r\n\r\n",
    "both framings": POST + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "both framings, the other way": POST + b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}",
    "a list of lengths": POST + b"content-length: 2, 2\r\n\r\n{}",
    "a signed length": POST + b"content-length: +2\r\n\r\n{}",
    "a length without end": POST + b"content-length: 99999999999999999999999\r\n\r\n{}",
    "another coding": POST + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks that are not last": POST + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks twice": POST + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in http 1.0": b"POST /oauth/token HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a signed chunk": POST + b"transfer-encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n",
    "a chunk in hexadecimal": POST + b"transfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "a chunk without end": POST + b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff2\r\n{}",
    "a chunk that is longer than it says": POST + b"transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "a chunk of a negative size": POST + b"transfer-encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_what_can_not_be_a_request_is_refused_and_nothing_more_is_read(server: Server, name: str) -> None:
    with Raw(server.url) as raw:
        assert_last_word(raw.send(NO_REQUESTS[name], ALIVE, ALIVE), 400)
    server.check_log()


def test_a_proxy_is_not_what_this_is(server: Server) -> None:
    with Raw(server.url) as raw:
        answer = assert_last_word(raw.send(b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n"), 405)
    assert "GET" in answer.headers["allow"]


def test_a_whole_address_is_one_whose_host_counts(server: Server, shop: Shop) -> None:
    created = shop.service.post(
        f"/schema/{shop.name}/schemas", json={"id": "s", "types": ["CART"], "name": {"en": "s"}}
    )
    path = f"http://shop.example/schema/{shop.name}/schemas/s".encode()
    token = shop.service_token().encode()
    request = b"GET %s HTTP/1.1\r\nhost: other.example\r\nauthorization: Bearer %s\r\n\r\n" % (path, token)
    answer = asked(server.url, request)
    assert answer is not None
    assert created.status_code < 500
    assert answer.status in (200, 404)
    assert b"other.example" not in answer.body


def test_requests_that_come_together_are_answered_one_after_the_other(server: Server) -> None:
    unknown = b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n"
    with Raw(server.url) as raw:
        raw.send((ALIVE + unknown) * 300)
        for _ in range(300):
            for status in (200, 404):
                answer = raw.answer()
                assert answer is not None
                assert answer.status == status


def test_a_request_may_come_byte_by_byte_and_in_company(server: Server) -> None:
    whole = (
        FORM + b"content-length: 2\r\n\r\na=" + FORM + b"transfer-encoding: chunked\r\n\r\n2\r\na=\r\n0\r\n\r\n"
    ) * 2
    for size in (1, 3, 7, len(whole)):
        with Raw(server.url) as raw:
            raw.send(*(whole[at : at + size] for at in range(0, len(whole), size)), ALIVE)
            statuses = [answer.status for _ in range(5) if (answer := raw.answer()) is not None]
            assert statuses == [400, 400, 400, 400, 200]


@pytest.mark.parametrize("last", [b"connection: close\r\n\r\n", b"connection: Close, te\r\n\r\n"])
def test_nothing_is_answered_behind_the_request_that_closes(server: Server, last: bytes) -> None:
    with Raw(server.url) as raw:
        raw.send(ALIVE, b"GET /healthz HTTP/1.1\r\nhost: x\r\n" + last + ALIVE * 3)
        first, second = raw.answer(), raw.answer()
        assert first is not None
        assert second is not None
        assert "connection" not in first.headers
        assert second.headers["connection"] == "close"
        assert raw.is_closed()


def test_http_1_0_is_answered_and_closed_with_and_without_a_host(server: Server) -> None:
    for host in (b"", b"host: x\r\n"):
        with Raw(server.url) as raw:
            answer = raw.send(b"GET /healthz HTTP/1.0\r\n" + host + b"\r\n").answer()
            assert answer is not None
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert raw.is_closed()


def test_who_says_that_it_has_said_all_is_still_answered(server: Server) -> None:
    with Raw(server.url) as raw:
        raw.send(ALIVE * 3)
        raw.socket.shutdown(1)
        assert [answer.status for _ in range(3) if (answer := raw.answer())] == [200, 200, 200]
        assert raw.is_closed()


def test_an_invitation_to_another_protocol_is_not_taken_and_does_no_harm(server: Server) -> None:
    upgrade = b"connection: upgrade\r\nupgrade: h2c\r\n"
    with Raw(server.url) as raw:
        raw.send(b"GET /healthz HTTP/1.1\r\nhost: x\r\n" + upgrade + b"\r\n" + ALIVE)
        raw.send(
            POST + upgrade + b"content-length: 49\r\n\r\n{" + b"GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n".ljust(48)
        )
        raw.send(ALIVE, POST + upgrade + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", ALIVE)
        statuses = [answer.status for _ in range(6) if (answer := raw.answer())]
        assert statuses == [200, 200, 415, 200, 415, 200]


def test_what_follows_a_body_is_no_header(server: Server, shop: Shop) -> None:
    path = f"/site/{shop.name}/sites".encode()
    token = shop.service_token().encode()
    request = (
        b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n" % path
    )
    trailer = b"2\r\n{}\r\n0\r\nauthorization: Bearer %s\r\nhost: y\r\n\r\n" % token
    answer = asked(server.url, request + trailer)
    assert answer is not None
    assert answer.status == 401


# A body that is not wanted.


def test_a_body_is_asked_for_only_where_it_is_wanted(server: Server, shop: Shop) -> None:
    path = f"/site/{shop.name}/sites".encode()
    token = shop.service_token().encode()
    head = b"POST %s HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n" % path
    known, json_type = b"authorization: Bearer %s\r\n" % token, b"content-type: application/json\r\n"
    refused = {
        413: known + json_type + b"content-length: 1001\r\n\r\n",
        415: known + b"content-type: text/plain\r\ncontent-length: 10\r\n\r\n",
        401: json_type + b"content-length: 10\r\n\r\n",
    }
    for status, headers in refused.items():
        with Raw(server.url) as raw:
            answer = raw.send(head + headers).answer()
            assert answer is not None
            assert (answer.status, answer.headers["connection"]) == (status, "close")
            assert raw.is_closed()
    with Raw(server.url) as raw:
        interim = raw.send(head + known + json_type + b"content-length: 2\r\n\r\n").answer()
        assert interim is not None
        assert interim.status == 100
        answer = raw.send(b"{}").answer()
        assert answer is not None
        assert answer.status == 400
        answer = raw.send(ALIVE).answer()
        assert answer is not None
        assert answer.status == 200


def test_nothing_but_100_continue_may_be_expected(server: Server) -> None:
    with Raw(server.url) as raw:
        assert_last_word(raw.send(POST + b"expect: a-miracle\r\ncontent-length: 2\r\n\r\n{}"), 417)


def test_a_body_that_is_too_large_is_refused_before_it_is_there(server: Server, shop: Shop) -> None:
    path = f"/site/{shop.name}/sites".encode()
    token = shop.service_token().encode()
    head = b"POST %s HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\n" % (path, token)
    head += b"content-type: application/json\r\n"
    for framing in (b"content-length: 1001\r\n\r\n", b"transfer-encoding: chunked\r\n\r\n3e9\r\n" + b" " * 1001):
        with Raw(server.url) as raw:
            answer = raw.send(head + framing).answer()
            assert answer is not None
            assert (answer.status, answer.headers["connection"]) == (413, "close")
            assert raw.is_closed()


# Headers that say one thing, and blanks around what they say.


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Idempotency-Key", "saas-token"])
def test_a_header_that_says_one_thing_is_said_once(server: Server, shop: Shop, name: str) -> None:
    values = {"Authorization": f"Bearer {shop.service_token()}", "Content-Type": "application/json"}
    said = values | {name: values.get(name, "k")}
    lines = "".join(f"{key}: {value}\r\n" for key, value in said.items()) + f"{name.lower()}: {said[name]}\r\n"
    request = f"POST /site/{shop.name}/sites HTTP/1.1\r\nhost: x\r\n{lines}content-length: 2\r\n\r\n{{}}"
    answer = asked(server.url, request.encode())
    assert answer is not None
    assert answer.status == 400
    assert f"send the header {name.lower()} once" in answer.body.decode()


def test_a_key_with_blanks_around_it_is_the_same_key(server: Server, shop: Shop) -> None:
    token = shop.service_token()
    body = '{"code":"main","currency":"EUR","name":"Main"}'
    found = []
    for key in ("one", "one  ", "\t one\t "):
        request = f"POST /site/{shop.name}/sites HTTP/1.1\r\nhost: x\r\nauthorization:\t Bearer {token} \r\n"
        request += f"content-type: application/json \r\nidempotency-key: {key}\r\ncontent-length: {len(body)}\r\n\r\n"
        answer = asked(server.url, (request + body).encode())
        assert answer is not None
        found.append((answer.status, answer.body))
    assert found[0][0] == 201, found
    assert found[1:] == found[:1] * 2


# One spelling of each address.


@pytest.mark.parametrize(
    "path",
    [
        "//docs",
        "/docs/",
        "/%64ocs",
        "/./docs",
        "/x/../docs",
        "/%2e/docs",
        "/docs;x",
        "\\docs",
        "/docs\\",
        "/docs/.",
        "/DOCS",
        "/openapi.json/",
        "///openapi.json",
        "/openapi%2ejson",
        "/docs/%65mporix",
        "//healthz",
        "/healthz%2f",
        "/%2fdocs",
    ],
)
def test_no_other_spelling_of_an_address_answers(server: Server, path: str) -> None:
    answer = asked(server.url, f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    assert answer is not None
    assert answer.status in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_other_spelling_of_a_route_of_a_dialect_answers(server: Server, shop: Shop) -> None:
    right = f"/site/{shop.name}/sites"
    client = shop.service
    assert client.get(right).status_code == 200
    for path in (f"/{right}", f"{right}/", f"/site//{shop.name}/sites", f"/sit%65/{shop.name}/sites"):
        assert client.send(client.build_request("GET", server.url + path)).status_code in (400, 404), path
    assert client.get(f"/site/{shop.name[:-1]}%{ord(shop.name[-1]):02x}/sites").status_code == 200


def test_clients_of_doofinder_may_begin_with_two_slashes(server: Server, shop: Shop) -> None:
    hashid = shop.credentials["doofinder"]["hashid"]
    for slashes, found in (("/", True), ("//", True), ("///", False)):
        request = f"GET {slashes}6/{hashid}/stats/anything?session_id=a HTTP/1.1\r\nhost: x\r\n\r\n"
        answer = asked(server.url, request.encode())
        assert answer is not None
        assert (answer.status != 404) is found, slashes


def test_every_answer_says_that_its_type_is_not_to_be_guessed(server: Server) -> None:
    for path in ("/", "/docs", "/healthz", "/nowhere", "/oauth/token", "/sdk/tillroll.js", "/6/x/stats/init", "/login"):
        answer = asked(server.url, f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        assert answer is not None
        assert answer.headers["x-content-type-options"] == "nosniff", path
