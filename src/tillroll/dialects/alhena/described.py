"""The dialect's account of its routes, for programs and for people (docs/decisions/0014)."""

from collections.abc import Mapping, Sequence

from tillroll.dialects.alhena.sdk import PATHS
from tillroll.dialects.alhena.visits import CLICKED, NAMED_BY_PAGES, NAMES_MAX, SHOWN, VERBS
from tillroll.dialects.explained import explained_by
from tillroll.dialects.http import Route
from tillroll.dialects.openapi import (
    FLAG,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    Answer,
    Description,
    Operation,
    Place,
    Schema,
    Service,
    listed,
    one_of,
    record,
    ref,
)
from tillroll.domain.batches.items import (
    ANSWER_RATED,
    EXPERIMENT_ASSIGNED,
    NUDGE_CLICKED,
    NUDGE_SHOWN,
    PAGE_VIEWED,
    PRODUCT_VIEWED,
)
from tillroll.engine.identities.identities import IDENTITIES_LINKED

_SUMMARY = """Alhena's cart and checkout events. Whoever knows a shop's `company_key` may report; a shop can ask for one
of its keys in the header `X-Tillroll-Key`, and admit pages of some origins only."""

_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 500}
_SENDER = {
    "company_key": _NAME,
    "user_fingerprint": _NAME,
    "user_faq_fingerprint": _NAME,
    "event_id?": TEXT,
    "event_time?": NUMBER,
    "sent_at?": NUMBER,
}
_OF_ANSWERS: dict[str, Schema] = {"profile?": TEXT, "helpful?": FLAG}
_VISITS = tuple(verb.path for verb in VERBS)
_NO_COMPANY = "No shop has this `company_key`."
_NOTES = "Accepted as text, too: numbers. Unknown fields are ignored. `event_id` makes a repetition harmless."


def description() -> Description:
    """Every route of the dialect."""
    return Description(
        name="alhena",
        title="Alhena",
        summary=_SUMMARY,
        kinds=(
            *("cart_event", "checkout_event", "report_credited"),
            *("conversation_opened", "conversation_continued", "conversation_closed", "faq_question_asked"),
            *(NUDGE_CLICKED, *(verb.kind for verb in VERBS)),
        ),
        operations=[*_events(), *_conversations(), *_visits(), *_scripts()],
        components={
            "alhena.Error": record(
                {
                    "status": one_of("error"),
                    "error": TEXT,
                    "error_code": TEXT,
                    "message": TEXT,
                    "identical?": FLAG,
                    "duplicate_of?": TEXT,
                }
            ),
            "alhena.LineItem": record(
                {"product_id": _NAME, "product_name": _NAME, "quantity": NUMBER, "value": NUMBER, "currency": TEXT},
                others=True,
            ),
        },
        explain=explained_by(__name__),
        services=(
            Service(
                "events", "Cart and checkout events", ("/analytics",), "What visitors put into their cart and buy."
            ),
            Service("conversations", "Conversations", ("/v1",), "What visitors ask, of the assistant and of the FAQ."),
            Service("visits", "Visits", _VISITS, "What visitors see, click and say, and who they are elsewhere."),
            Service("script", "Storefront script", ("/sdk",), "What a page loads to report."),
        ),
        refusal=_refusal,
        places={"id": Place("conversation", "The id of the conversation.")},
    )


def _refusal(_route: Route, _status: int) -> Schema:
    return ref("alhena.Error")


def _events() -> list[Operation]:
    cart = record(
        _SENDER
        | {
            "type": one_of("ITEM_ADDED", "QUANTITY_INCREASED", "QUANTITY_DECREASED", "ITEM_REMOVED"),
            "product_id": _NAME,
            "product_name": _NAME,
            "value": NUMBER,
            "currency": TEXT,
            "quantity": NUMBER,
            "source?": TEXT,
        },
        others=True,
    )
    checkout = record(
        _SENDER
        | {
            "value": NUMBER,
            "currency": TEXT,
            "orderId?": TEXT,
            "order_id?": TEXT,
            "line_items": listed(ref("alhena.LineItem")),
            "source?": TEXT,
        },
        others=True,
    )
    return [
        Operation(
            "POST", "/analytics/cart_events", "Records a change of a visitor's cart", _done("CART_EVENT_RECORDED"),
            cart, notes=_NOTES, missing=_NO_COMPANY,
        ),
        Operation(
            "POST", "/analytics/checkout_events", "Records a visitor's order", _done("CHECKOUT_EVENT_RECORDED"),
            checkout, notes=_NOTES, missing=_NO_COMPANY,
        ),
    ]  # fmt: skip


def _done(event_type: str) -> dict[int, Answer | Schema | None]:
    return {200: record({"status": one_of("success"), "event_type": one_of(event_type)}), **_ours()}


def _ours() -> dict[int, Answer | Schema | None]:
    """What the usual refusals do not name: a sender who may not report, and one who reports too often."""
    return {
        403: Answer("The shop takes no reports from this sender", ref("alhena.Error")),
        429: Answer("Too many reports", ref("alhena.Error"), {"Retry-After": "Seconds to wait"}),
    }


def _conversations() -> list[Operation]:
    touch = record(_SENDER | {"conversation_id?": TEXT, "metadata?": OBJECT} | _OF_ANSWERS, others=True)
    question = record(_SENDER | {"question?": TEXT, "product_id?": TEXT} | _OF_ANSWERS, others=True)
    calls = [
        ("/v1/conversations", "Opens a conversation, or goes on with the one that is named", "CONVERSATION_OPENED"),
        ("/v1/conversations/{id}/messages", "Says that something was said", "CONVERSATION_CONTINUED"),
        ("/v1/conversations/{id}/close", "Ends a conversation", "CONVERSATION_CLOSED"),
    ]
    return [
        *(Operation("POST", path, summary, _told(kind), touch, missing=_NO_COMPANY) for path, summary, kind in calls),
        Operation(
            "POST", "/v1/faq_questions", "Says that a question of the FAQ was asked", _told("FAQ_QUESTION_ASKED"),
            question, missing=_NO_COMPANY,
        ),
    ]  # fmt: skip


def _told(event_type: str) -> dict[int, Answer | Schema | None]:
    fields = {"status": one_of("success"), "event_type": one_of(event_type), "credited": WHOLE}
    return {200: record(fields | {"conversation_id?": TEXT}), **_ours()}


def _visits() -> list[Operation]:
    campaign = record({f"{name}?": TEXT for name in ("source", "medium", "name", "term", "content")}, others=True)
    page: dict[str, Schema] = {"page?": TEXT, "referrer?": TEXT, "campaign?": campaign}
    page |= {"click_id?": record({"name": _NAME, "value?": TEXT}, others=True)}
    nudge: dict[str, Schema] = {"nudge_id": _NAME, "action": one_of(SHOWN, CLICKED), "text?": TEXT}
    nudge |= {"product_id?": TEXT, "profile?": TEXT}
    name = record({"dialect": one_of(*NAMED_BY_PAGES), "id": _NAME}, others=True)
    ids = {"ids": listed(name, least=1, most=NAMES_MAX)}
    calls: list[tuple[str, str, dict[str, Schema], tuple[str, ...], dict[str, Schema]]] = [
        ("page_views", "Says that a page was seen, and what led to it", page, (PAGE_VIEWED,), {}),
        ("product_views", "Says that a product was looked at", {"product_id": _NAME}, (PRODUCT_VIEWED,), {}),
        (
            "nudges",
            "Says that a hint was shown or clicked",
            nudge,
            (NUDGE_SHOWN, NUDGE_CLICKED),
            {"credited?": WHOLE},
        ),
        (
            "answers",
            "Says whether an answer was helpful",
            {"conversation_id": _NAME, "helpful": FLAG},
            (ANSWER_RATED,),
            {"credited?": WHOLE},
        ),
        (
            "experiments",
            "Says in which group of an experiment the visitor is",
            {"experiment": _NAME, "group": _NAME},
            (EXPERIMENT_ASSIGNED,),
            {},
        ),
        ("identities", "Says by which other names the visitor is known", ids, (IDENTITIES_LINKED,), {"link": TEXT}),
    ]
    return [
        Operation(
            "POST",
            f"/v1/{path}",
            summary,
            _seen(kinds, further),
            record(_SENDER | fields, others=True),
            missing=_NO_COMPANY,
        )
        for path, summary, fields, kinds, further in calls
    ]


def _seen(kinds: Sequence[str], further: Mapping[str, Schema]) -> dict[int, Answer | Schema | None]:
    said: dict[str, Schema] = {"status": one_of("success"), "event_type": one_of(*(kind.upper() for kind in kinds))}
    return {200: record(said | dict(further)), **_ours()}


def _scripts() -> list[Operation]:
    script = Answer("The script", TEXT, content_type="text/javascript")
    return [
        Operation("GET", path, "The script for storefronts", {200: script, 304: Answer("Not changed")})
        for path in PATHS
    ]
