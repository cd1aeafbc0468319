"""What is left of an example where everything goes that is not said to be required, sent after the example itself.

Whoever writes a client sends what is required. Where that is refused because something is missing, it should have been
said, unless one of several things is wanted, which no list of required fields can say.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from tests.examples.story import Story, request_of

Schema = Mapping[str, Any]


class BareStory(Story):
    """A story that sends what is new once more with what is required alone; `refused` are those that were not taken."""

    def __init__(self, document: Mapping[str, Any], known: Mapping[str, str]) -> None:
        super().__init__(document, known)
        self._shapes: Mapping[str, Schema] = document["components"]["schemas"]
        self.refused: dict[str, str] = {}

    def send(
        self, operation: str, client: httpx.Client, *, keeps: Mapping[str, str] | None = None, **places: str
    ) -> httpx.Response:
        """Send an example, and then what is required of it."""
        answer = super().send(operation, client, keeps=keeps, **places)
        method, _, content_type, content = self.described(operation)
        if method == "POST" and content_type == "application/json":
            body = bare(content["schema"], content["example"], self._shapes)
            if body == content["example"]:
                return answer
            again = client.request(method, str(answer.request.url), **request_of(content_type, self.filled(body)))
            if again.status_code == 400:
                self.refused[operation] = again.text
        return answer


def bare(schema: Schema, value: Any, shapes: Mapping[str, Schema]) -> Any:
    """A value without what its schema does not require; of several schemas, the first one that it is meant for."""
    fields = dict(_fields(schema, shapes))
    if isinstance(value, list):
        inner: Schema = next((one["items"] for one in _meant(schema, shapes) if "items" in one), {})
        return [bare(inner, one, shapes) for one in value]
    if not isinstance(value, dict) or not fields:
        return value
    required = {name for one in _meant(schema, shapes) for name in one.get("required", ())}
    if not required <= set(value):
        return value  # it is meant for another one of several schemas
    return {name: bare(fields[name], one, shapes) for name, one in value.items() if name in required}


def _meant(schema: Schema, shapes: Mapping[str, Schema]) -> Iterator[Schema]:
    """A schema with all that it consists of; of alternatives, the first."""
    if "$ref" in schema:
        yield from _meant(shapes[schema["$ref"].rpartition("/")[2]], shapes)
    yield schema
    for one in (*schema.get("allOf", ()), *schema.get("anyOf", ())[:1], *schema.get("oneOf", ())[:1]):
        yield from _meant(one, shapes)


def _fields(schema: Schema, shapes: Mapping[str, Schema]) -> Iterator[tuple[str, Schema]]:
    for one in _meant(schema, shapes):
        yield from one.get("properties", {}).items()
