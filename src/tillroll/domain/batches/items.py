"""The items of a batch: each one event that a shop's own system reports, with the fields of its kind.

document ──► fields of every item ──► fields of its kind ──► Item, or every problem that it has
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from tillroll.domain.batches.fields import INVALID, MISSING, WEB_AND_APPS, FieldProblem, Fields, path_of
from tillroll.domain.money import to_minor

ITEMS_MAX = 1_000
ID_BYTES_MAX = 128

PAGE_VIEWED, PRODUCT_VIEWED = "page_viewed", "product_viewed"
NUDGE_SHOWN, NUDGE_CLICKED = "nudge_shown", "nudge_clicked"
ANSWER_RATED, EXPERIMENT_ASSIGNED, TOUCH = "answer_rated", "experiment_assigned", "touch"
CHECKOUT, REFUND, ORDER_CANCELLED = "checkout", "refund", "order_cancelled"
# What the ledger calls a refund, which is there whether somebody reports it or makes it here.
REFUND_MADE = "refund_made"
# What the ledger calls an item whose kind is none.
UNKNOWN_KIND = "unknown"

_CAMPAIGN = ("source", "medium", "name", "term", "content")


class ItemFacts(Struct, frozen=True):
    """What the fields of a kind say: what it is about, what reports group by, and the document that is kept."""

    subject: str
    facts: Mapping[str, Any]
    detail: str = ""


class Item(Struct, frozen=True):
    """One item: its id, its kind as the ledger has it, when it happened, whose visit it was, and what it says."""

    id: str
    kind: str
    happened_at: int
    visitor: str
    told: ItemFacts


class WrongItem(Struct, frozen=True):
    """An item that is refused: what could be read of it, and everything that is wrong."""

    id: str
    kind: str
    problems: Sequence[FieldProblem]

    @property
    def reason(self) -> str:
        """The reason of the first problem, for the ledger."""
        return self.problems[0].reason


def read_item(
    document: Mapping[str, Any], received_at: int, sent_at: int | None, wrong: Sequence[FieldProblem] = ()
) -> Item | WrongItem:
    """The item of a document, whose `ids` somebody else reads and finds these problems with."""
    fields = Fields(document)
    fields.pass_over("ids")
    fields.problems += wrong
    id = fields.name("id", bytes_max=ID_BYTES_MAX)
    kind = fields.name("kind")
    visitor = fields.name("visitor", is_required=False)
    at = fields.moment("happened_at", received_at, sent_at)
    read = KINDS.get(kind)
    if read is None:
        if kind:
            fields.wrong("kind", INVALID, f"kind is one of {', '.join(KINDS)}")
        return WrongItem(id, UNKNOWN_KIND, fields.problems)
    if kind in OF_A_VISITOR and not visitor and not document.get("ids"):
        fields.wrong("visitor", MISSING, "visitor is missing, and there are no ids of one")
    told = read(fields)
    fields.end()
    name = REFUND_MADE if kind == REFUND else kind
    return WrongItem(id, name, fields.problems) if fields.problems else Item(id, name, at, visitor, told)


def page_view(fields: Fields) -> ItemFacts:
    """A page, where its visitor came from, and the campaign that brought them."""
    page, referrer = fields.address("page"), fields.address("referrer", schemes=WEB_AND_APPS)
    campaign: dict[str, str] = {}
    if (inner := fields.object("campaign")) is not None:
        campaign = {name: text for name in _CAMPAIGN if (text := inner.text(name))}
        fields.take(inner)
    click: dict[str, str] = {}
    if (inner := fields.object("click_id")) is not None:
        click = {"name": inner.name("name"), "value": inner.text("value")}
        fields.take(inner)
    said = {"page": page, "referrer": referrer, "campaign": campaign, "click_id": click}
    return ItemFacts(path_of(page), {name: value for name, value in said.items() if value})


def product_view(fields: Fields) -> ItemFacts:
    """A product that was looked at."""
    return ItemFacts(fields.name("product_id"), {})


def nudge(fields: Fields) -> ItemFacts:
    """A hint that a visitor was shown, or clicked."""
    id, text = fields.name("nudge_id"), fields.text("text")
    optional = {"product_id": fields.name("product_id", is_required=False)}
    optional["profile"] = fields.name("profile", is_required=False)
    return ItemFacts(id, {name: value for name, value in optional.items() if value}, text)


def answer_rating(fields: Fields) -> ItemFacts:
    """What a visitor says of an answer in a conversation."""
    return ItemFacts(fields.name("conversation_id"), {"helpful": fields.flag("helpful")})


def experiment(fields: Fields) -> ItemFacts:
    """The group of an experiment that a visitor was assigned to."""
    name, group = fields.name("experiment"), fields.name("group")
    return ItemFacts(name, {"experiment": name, "group": group}, group)


def _touch(fields: Fields) -> ItemFacts:
    source, product_id = fields.name("source"), fields.name("product_id", is_required=False)
    return ItemFacts(product_id, {"source": source} | ({"product_id": product_id} if product_id else {}), source)


def _checkout(fields: Fields) -> ItemFacts:
    order_id, currency = fields.name("order_id"), fields.currency("currency")
    facts: dict[str, Any] = {"order_id": order_id, "total": fields.amount("total", currency), "currency": currency}
    facts["lines"] = []
    for line in fields.objects("lines"):
        facts["lines"].append(
            {
                "product_id": line.name("product_id"),
                "quantity": line.quantity("quantity"),
                "total": line.amount("total", currency),
            }
        )
        fields.take(line)
    if fields.flag("test", is_required=False):
        facts["test"] = True
    return ItemFacts(order_id, facts)


def _refund(fields: Fields) -> ItemFacts:
    order_id, sale = fields.name("order_id", is_required=False), fields.name("sale", is_required=False)
    if not order_id and not sale and not fields.problems:
        fields.wrong("order_id", MISSING, "order_id is missing, and there is no sale either")
    currency = fields.currency("currency")
    facts: dict[str, Any] = {"sale": sale, "order_id": order_id, "currency": currency}
    facts |= _minor(fields.amount("amount", currency, is_required=False), currency)
    lines = []
    for line in fields.objects("lines"):
        said = {"product_id": line.name("product_id"), "quantity": line.quantity("quantity")}
        lines.append(said | _minor(line.amount("amount", currency, is_required=False), currency))
        fields.take(line)
    facts = {name: value for name, value in facts.items() if value != ""} | {"reason": fields.text("reason")}
    return ItemFacts(sale, facts | ({"lines": lines} if lines else {}))


def _minor(amount: Decimal | None, currency: str) -> dict[str, int]:
    return {"amount_minor": to_minor(amount, currency)} if amount is not None and currency else {}


def _cancellation(fields: Fields) -> ItemFacts:
    order_id = fields.name("order_id")
    return ItemFacts(order_id, {"order_id": order_id})


# What an item can be, and who reads the fields of its kind.
KINDS: Mapping[str, Callable[[Fields], ItemFacts]] = {
    PAGE_VIEWED: page_view,
    PRODUCT_VIEWED: product_view,
    NUDGE_SHOWN: nudge,
    NUDGE_CLICKED: nudge,
    ANSWER_RATED: answer_rating,
    EXPERIMENT_ASSIGNED: experiment,
    TOUCH: _touch,
    CHECKOUT: _checkout,
    REFUND: _refund,
    ORDER_CANCELLED: _cancellation,
}
# Kinds that say nothing where nobody knows who it was.
OF_A_VISITOR = frozenset(
    {PAGE_VIEWED, PRODUCT_VIEWED, NUDGE_SHOWN, NUDGE_CLICKED, ANSWER_RATED, EXPERIMENT_ASSIGNED, TOUCH}
)
