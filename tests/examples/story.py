"""Sends the published examples to a running server, one after the other, as a shop would come to need them.

    story.send("POST /cart/{tenant}/carts", guest, keeps={"CART_ID": "cartId"})

What no example can know, ids that the server makes above all, stands in one as a name in capitals. A step keeps a field
of its answer under such a name, and later examples have it in its place.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import msgspec

from tests.shop import told

_PLACE = re.compile(r"\{(\w+)\}")


class Step(NamedTuple):
    """One example, who sends it, what the address names, and which fields of the answer are kept under which names."""

    operation: str
    who: str = "service"
    places: Mapping[str, str] = {}
    keeps: Mapping[str, str] = {}


class Story:
    """One shop in which the examples happen; `sent` are those that have."""

    def __init__(self, document: Mapping[str, Any], known: Mapping[str, str]) -> None:
        self._paths = document["paths"]
        self.known = dict(known)
        self.sent: set[str] = set()

    def play(self, steps: list[Step], clients: Mapping[str, httpx.Client]) -> None:
        """Send these examples in order."""
        for step in steps:
            self.send(step.operation, clients[step.who], keeps=step.keeps, **step.places)

    def send(
        self, operation: str, client: httpx.Client, *, keeps: Mapping[str, str] | None = None, **places: str
    ) -> httpx.Response:
        """Send an example; fails unless the answer is a success that is described."""
        method, path, content_type, content = self.described(operation)
        responses = self._paths[path][method.lower()]["responses"]
        address = _PLACE.sub(lambda place: self._named(places.get(place[1]) or self._usual(place[1])), path)
        answer = client.request(method, address, **request_of(content_type, self.filled(content["example"])))
        assert answer.status_code < 400, told(answer)
        assert str(answer.status_code) in responses, told(answer)
        assert answer.status_code != 207 or max(_codes(answer.json())) < 400, told(answer)
        for name, field in (keeps or {}).items():
            self.known[name] = str(_picked(answer.json(), field))
        self.sent.add(operation)
        return answer

    def described(self, operation: str) -> tuple[str, str, str, Mapping[str, Any]]:
        """Method and path of an operation, and of its body the first media type with its content."""
        method, path = operation.split(" ", 1)
        body = self._paths[path][method.lower()]["requestBody"]["content"]
        content_type = next(iter(body))
        return method, path, content_type, body[content_type]

    def filled(self, example: object) -> Any:
        """An example with what stands in for what the server knows."""
        return msgspec.json.decode(self._named(msgspec.json.encode(example).decode()))

    def _usual(self, place: str) -> str:
        """What an address names where the step says nothing."""
        return {"tenant": self.known.get("SHOP", ""), "site": "main", "cartId": self.known.get("CART_ID", "")}[place]

    def _named(self, text: str) -> str:
        """The text with each name as its value, once: a value that begins as a name does stays what it is."""
        names = "|".join(re.escape(name) for name in sorted(self.known, key=len, reverse=True))
        return re.sub(rf"(?<!\w)(?:{names})(?!\w)", lambda found: self.known[found[0]], text) if names else text


def request_of(content_type: str, body: Any) -> dict[str, Any]:
    """A body as httpx takes it."""
    if content_type == "application/x-www-form-urlencoded":
        return {"data": body}
    if content_type == "multipart/form-data":
        fields = {name: value for name, value in body.items() if name != "file"}
        return {"data": fields, "files": {"file": ("inventory.csv", body["file"], "text/csv")}}
    content = body if isinstance(body, str) else msgspec.json.encode(body)
    return {"content": content, "headers": {"content-type": content_type}}


def _codes(document: Any) -> list[int]:
    """The statuses of the elements of a bulk call."""
    lines = document if isinstance(document, list) else document["results"]
    return [line["code"] for line in lines]


def _picked(document: Any, field: str) -> Any:
    """A field of an answer by its path: `0.id`, `entries.0.id`."""
    for name in field.split("."):
        document = document[int(name) if name.isdigit() else name]
    return document


def with_bodies(document: Mapping[str, Any], service: str = "") -> set[str]:
    """The operations that take a body."""
    return {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation and path.startswith(service)
    }
