"""Why quotes are declined or sent back: `/quote/{tenant}/quote-reasons` (docs/wire/emporix.md, 12).

A CHANGE is a reason to negotiate, a DECLINE one to end it. A quote copies the reason that was given.
"""

from typing import Any, Literal

from msgspec import Struct

from tillroll.dialects.emporix.quotes.errors import MANAGE
from tillroll.dialects.emporix.quotes.requests import text_problem
from tillroll.dialects.emporix.wire.errors import QUOTE, Refusal
from tillroll.dialects.emporix.wire.fields import code_problem
from tillroll.dialects.emporix.wire.languages import Path, accepted, content_language, note_language, speak
from tillroll.dialects.emporix.wire.payload import reads_of_list
from tillroll.dialects.emporix.wire.resources import Document, Resource, create, delete, replace, show, show_page, shown
from tillroll.dialects.emporix.wire.secured import Access, Call, Run, back_office, customers_or, secured
from tillroll.dialects.http import Problem, Route
from tillroll.domain.documents import Localized
from tillroll.engine.documents.documents import Kind
from tillroll.store.documents.rows import Entry

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
        shape=QuoteReason,
        manage=(MANAGE,),
        check=_check,
        judge=_note_language,
        present=_present,
        needs_version=True,
        missing_field="resourceId",
        not_found=lambda _id: "Error while getting resource",
        exists=lambda _id: "Duplicated key",
    )
    many, one = resource.path, resource.path + "/{id}"
    read, manage = customers_or("quote.quote_read"), back_office(MANAGE)

    def run(access: Access, handle: Any) -> Run:
        return secured(QUOTE, access, lambda tx, call: handle(resource, tx, call))

    return [
        Route("POST", many, run(manage, create), QUOTE, resource.read_document, writes=True),
        Route("GET", many, run(read, show_page), QUOTE, reads=reads_of_list),
        Route("GET", one, run(read, show), QUOTE),
        Route("PUT", one, run(manage, replace), QUOTE, resource.read_patch, writes=True),
        Route("DELETE", one, run(manage, delete), QUOTE, writes=True),
    ]


def _check(reason: QuoteReason) -> list[Problem | None]:
    texts = [reason.message] if isinstance(reason.message, str) else list(reason.message.values())
    return [code_problem("code", reason.code), *(text_problem("message", text) for text in texts[:100])]


def _note_language(call: Call, _before: Document | None, after: Document) -> Refusal | None:
    note_language(after, _TEXTS, content_language(call.inbound))
    return None


def _present(call: Call, entry: Entry) -> Document:
    document = shown(entry)
    speak(document, _TEXTS, accepted(call.inbound))
    return document
