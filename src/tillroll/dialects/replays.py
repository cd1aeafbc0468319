"""Answers as they are kept for an Idempotency-Key, and given again."""

import msgspec

from tillroll.dialects.http import Header, Response
from tillroll.engine.access.idempotency import Answer


def answer_of(response: Response) -> Answer:
    """A response as it is kept."""
    return Answer(response.status, _text_of(response.headers), response.body)


def response_of(answer: Answer) -> Response:
    """A kept answer as it goes out again: the same bytes."""
    return Response(answer.status, answer.body, _headers_of(answer.headers))


def _text_of(headers: tuple[Header, ...]) -> str:
    return msgspec.json.encode([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]).decode()


def _headers_of(text: str) -> tuple[Header, ...]:
    pairs = msgspec.json.decode(text, type=list[tuple[str, str]])
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs)
