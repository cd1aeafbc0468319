"""Quotes and their reasons, described (docs/wire/emporix.md, 12)."""

from tillroll.dialects.emporix.quotes.answers import HistoryLine, ShownQuote
from tillroll.dialects.emporix.quotes.lists import PAGE_SIZE
from tillroll.dialects.emporix.quotes.requests import OPERATIONS, OPERATIONS_MAX, QuoteRequest
from tillroll.dialects.emporix.wire.described import (
    AMOUNTS,
    COUNT,
    FIELDS,
    LANGUAGE,
    LOCALIZED,
    SORT,
    TOTAL,
    Documents,
    Q,
    created,
    paging,
    with_versions,
)
from tillroll.dialects.openapi import (
    ANYTHING,
    TEXT,
    Answer,
    Operation,
    Schema,
    answers,
    either,
    listed,
    one_of,
    record,
    ref,
    structs,
)

_QUOTES = "/quote/{tenant}/quotes"
_REASONS = Documents(
    "/quote/{tenant}/quote-reasons",
    "quote.Reason",
    "a quote reason",
    needs_version=True,
    filters=(Q, SORT, FIELDS),
    left_out=frozenset({"change"}),
)


def operations() -> list[Operation]:
    """The operations of these services."""
    one = _QUOTES + "/{id}"
    page = Answer("One page, newest first.", listed(ref("quote.Listed")), TOTAL)
    history = Answer("Every change, oldest first.", listed(ref("quote.Change")), TOTAL)
    return [
        Operation(
            "GET",
            _QUOTES,
            "Lists quotes; a customer's own",
            {200: page},
            parameters=(Q, SORT, FIELDS, *paging(PAGE_SIZE), COUNT, LANGUAGE),
        ),
        Operation(
            "POST",
            _QUOTES,
            "Makes a quote",
            {201: created(record({"id": TEXT}))},
            ref("quote.QuoteRequest"),
            notes="With a `cartId` of that cart, which it closes; without one a back office says every item.",
        ),
        Operation("GET", one, "Shows a quote", {200: ref("quote.Quote")}, parameters=(LANGUAGE,)),
        Operation(
            "PATCH",
            one,
            "Changes a quote, or takes a step of its life",
            {204: None},
            either(ref("quote.Operation"), listed(ref("quote.Operation"), least=1, most=OPERATIONS_MAX)),
            notes="All operations are done or none. A quote that is accepted with all that an order needs becomes one.",
        ),
        Operation("DELETE", one, "Deletes a quote that is no order", {204: None}),
        Operation("GET", one + "/history", "Lists what has happened to a quote", {200: history}, parameters=(COUNT,)),
        *_REASONS.operations(),
    ]


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    reason = record({"id?": TEXT, "type": one_of("CHANGE", "DECLINE"), "code": TEXT, "message": LOCALIZED}, others=True)
    operation = record({"op": one_of(*OPERATIONS), "path": TEXT, "value?": ANYTHING}, others=True)
    shown = answers("quote", {"Quote": ShownQuote, "Change": HistoryLine}, elsewhere=AMOUNTS)
    return {
        **structs("quote", {"QuoteRequest": QuoteRequest}),
        **shown,
        "quote.Listed": {**shown["quote.Quote"], "required": ["id"]},
        "quote.Operation": operation,
        **with_versions({"quote.Reason": reason}, replaced=["quote.Reason"]),
    }
