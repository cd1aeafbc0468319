"""Bodies that no honest client sends, and what every route has to answer to them: a 4xx in the service's own shape."""

from collections.abc import Iterator
from typing import Any

import httpx

from tests.shop import Shop, told

JSON = {"content-type": "application/json"}

# Not a document at all, or one that no document of ours may be.
BODIES: dict[str, bytes] = {
    "empty": b"",
    "not json": b"{",
    "not utf-8": b'{"name": "\xff\xfe"}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "null": b"null",
    "a number": b"1",
    "a text": b'"text"',
    "nul": b'{"name": "a\\u0000b", "code": "a\\u0000b", "id": "a\\u0000b"}',
    "deep": b'{"mixins": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested": b'{"mixins": ' + b"[" * 500 + b"]" * 500 + b"}",
    "a huge integer": b'{"mixins": ' + b"9" * 5000 + b"}",
    "an impossible exponent": b'{"mixins": 1e99999999999999999999}',
}


# Numbers that no amount, quantity or rate may be.
NUMBERS = (
    "1e400",
    "-1e400",
    "1e1000000",
    "1e-1000000",
    "1e30",
    "-1",
    '"NaN"',
    '"Infinity"',
    '"sNaN"',
    "true",
    "[]",
    "{}",
)


def refuses(client: httpx.Client, method: str, path: str) -> Iterator[tuple[str, httpx.Response]]:
    """The answers to every hostile body, each checked to be a 4xx with a JSON body."""
    for name, body in BODIES.items():
        response = client.request(method, path, content=body, headers=JSON)
        check_refusal(name, response)
        yield name, response


def check_refusal(name: str, response: httpx.Response) -> None:
    """Fail unless this is a 4xx that says something."""
    assert 400 <= response.status_code < 500, f"{name}: {told(response)}"
    assert response.json(), name


def check_doors(shop: Shop, other: Shop, calls: list[tuple[str, str, Any]]) -> None:
    """Every one of these writes is refused without a token, with another shop's, without the scope and to a guest."""
    unscoped = shop.client(shop.service_token("site.site_read"))
    for method, path, body in calls:
        sent: dict[str, Any] = {"json": body} if body is not None else {}
        refusal = shop.client().request(method, path, **sent)
        assert refusal.status_code == 401, told(refusal)
        assert refusal.json()["fault"]["faultstring"] == "Invalid access token"
        for client in (other.service, unscoped, shop.guest()):
            refusal = client.request(method, path, **sent)
            assert refusal.status_code == 403, told(refusal)
