"""Recorded exchanges: the bytes that each client sends, the bytes that it gets, and what the ledger holds afterwards.

A file is `>>>` request `<<<` status, headers, blank line, body, for each call; then `===` and a line for each event:
kind, outcome, what was said, and for a checkout what was in the cart (id, amount, price).
"""

import json
import socket
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.dialects.doofinder.client import ORIGIN, SearchShop

FILES = sorted((Path(__file__).parent / "exchanges").glob("*.txt"))


class Exchange(NamedTuple):
    """One request and the answer that it must get."""

    request: bytes
    status: int
    headers: list[str]
    body: str


def parsed(text: str) -> tuple[list[Exchange], list[str]]:
    """The exchanges of a file and the lines of the ledger."""
    calls, ledger = text.split("\n===\n")
    exchanges = []
    for call in calls.split("\n>>>\n")[1:]:
        request, answer = call.split("\n<<<\n")
        head, _, body = request.partition("\n\n")
        if body:
            head += f"\nContent-Length: {len(body.encode())}"
        raw = head.replace("\n", "\r\n") + "\r\nConnection: close\r\n\r\n" + body
        said, _, answered = answer.partition("\n\n")
        status, *headers = said.splitlines()
        exchanges.append(Exchange(raw.encode(), int(status), headers, answered.removesuffix("\n")))
    return exchanges, ledger.splitlines()


def send(url: str, request: bytes) -> tuple[int, list[str], str]:
    """Status, headers and body of the answer to these bytes."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    head, _, body = received.decode().partition("\r\n\r\n")
    status, *headers = head.split("\r\n")
    return int(status.split()[1]), headers, body


def kept(event: dict[str, object]) -> str:
    """An event as a line of an exchange's ledger."""
    document = event["document"]
    assert isinstance(document, dict)
    line = (
        f"{event['kind']} {event['outcome']} {json.dumps(document['said'], ensure_ascii=False, separators=(',', ':'))}"
    )
    if "cart" not in document:
        return line
    cart = [[item["id"], item["amount"], item["price"]] for item in document["cart"]]
    return f"{line} {json.dumps(cart, separators=(',', ':'))}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_recorded_exchange_goes_as_recorded(search: SearchShop, file: Path) -> None:
    bare = search.key.removeprefix("eu1-")
    text = file.read_text("utf-8")
    for name, value in (("hashid", search.hashid), ("key", search.key), ("bare", bare)):
        text = text.replace("{" + name + "}", value)
    search.admit_origin(ORIGIN)
    exchanges, ledger = parsed(text)
    for exchange in exchanges:
        status, headers, body = send(search.server.url, exchange.request)
        assert (status, body) == (exchange.status, exchange.body), exchange.request
        assert [one for one in exchange.headers if one not in headers] == []
    assert [kept(event) for event in search.events()] == ledger
