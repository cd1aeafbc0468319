"""Why quotes are declined or sent back: `/quote/{tenant}/quote-reasons` (docs/wire/emporix.md, 12).

A CHANGE is a reason to negotiate, a DECLINE one to end it. A quote copies the reason that was given.
"""

from typing import Literal

from msgspec import Struct

from tillroll.dialects.emporix.quotes.errors import MANAGE
from tillroll.dialects.emporix.quotes.requests import text_problem
from tillroll.dialects.emporix.wire.errors import QUOTE
from tillroll.dialects.emporix.wire.fields import code_problem
from tillroll.dialects.emporix.wire.languages import Path
from tillroll.dialects.emporix.wire.resource_lists import Listing, list_route
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Resource,
    Shows,
    Words,
    Writes,
    noting,
    resource_routes,
    speaking,
)
from tillroll.dialects.emporix.wire.secured import back_office, customers_or
from tillroll.dialects.http import Problem, Route
from tillroll.domain.documents import Localized
from tillroll.engine.documents.documents import Kind

_TEXTS: tuple[Path, ...] = (("message",),)


class QuoteReason(Struct, rename="camel", frozen=True):
    """A reason: its type, a code for programs, and a message for people."""

    id: str
    type: Literal["CHANGE", "DECLINE"]
    code: str
    message: Localized


def routes() -> list[Route]:
    """The routes of quote reasons; customers read them, to give one."""
    resource = Resource(
        path="/quote/{tenant}/quote-reasons",
        kind=Kind.QUOTE_REASON,
        service=QUOTE,
        writers=back_office(MANAGE),
        readers=customers_or("quote.quote_read"),
        body=Body(QuoteReason, _check),
        words=Words("Error while getting resource", "Duplicated key", repeats_id_as="resourceId"),
        writes=Writes(needs_version=True),
        shows=Shows(speaking(*_TEXTS)),
        rules=(noting(*_TEXTS),),
    )
    return resource_routes(resource, list_route(Listing(resource, {})), without=("PATCH",))


def _check(reason: QuoteReason) -> list[Problem | None]:
    texts = [reason.message] if isinstance(reason.message, str) else list(reason.message.values())
    return [code_problem("code", reason.code), *(text_problem("message", text) for text in texts[:100])]
