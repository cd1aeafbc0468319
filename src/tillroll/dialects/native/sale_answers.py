"""What the calls about sales answer: these structs are both the answers and their published schemas."""

from typing import Annotated

from msgspec import Meta, Struct

from tillroll.domain.attribution.paths import Candidate
from tillroll.domain.sales.credits import UNATTRIBUTED, Explanation, LineCredit
from tillroll.domain.sales.matching import Told
from tillroll.domain.sales.sale import Reversal, Sale
from tillroll.engine.sales.periods import moment_text
from tillroll.engine.sales.show import ShownSale, quantity_text
from tillroll.store.sales.rows import SaleRow

Minor = Annotated[int, Meta(description="An amount in minor units of the currency: cents of euros.")]
Id = Annotated[str, Meta(description="The sale's id. A report that was merged into a sale still leads to it.")]
Time = Annotated[str, Meta(description="A moment in UTC, ISO 8601.")]
Source = Annotated[str, Meta(description="Who earned it: `search`, `chat`, `campaign:spring`, or `unattributed`.")]
Position = Annotated[int, Meta(description="The position of an event in the ledger.")]


class SaleHead(Struct, frozen=True, kw_only=True):
    """What every answer says of a sale."""

    id: Id
    order_id: Annotated[str | None, Meta(description="The merchant's order number, where anybody told it.")]
    placed_at: Time
    currency: Annotated[str, Meta(description="ISO 4217; empty where nobody told an amount.")]
    total_minor: Minor
    refunded_minor: Minor
    state: Annotated[
        str,
        Meta(description="`counted` is revenue; `refused` waits for its touch; `test` and `withdrawn` never count."),
    ]
    sources: Annotated[list[str], Meta(description="Who has a part in it, under any model.")]


class SaleItem(SaleHead, frozen=True, kw_only=True):
    """A sale as lists show it."""

    reports: Annotated[int, Meta(description="How many reports belong to it.")]
    conflicts: Annotated[int, Meta(description="How many of them contradict it.")]
    candidates: Annotated[int, Meta(description="How many other sales it might be one with.")]


class SalesPage(Struct, frozen=True):
    """Some sales, the latest first."""

    items: Annotated[list[SaleItem], Meta(description="The sales.")]
    next: Annotated[str | None, Meta(description="The `cursor` of the next page; null on the last one.")]


class ShownReport(Struct, frozen=True, kw_only=True):
    """One report of the purchase."""

    position: Position
    dialect: Annotated[str, Meta(description="Which API told of it.")]
    receipt: Annotated[str, Meta(description="The request's id, for `GET /v1/receipts/{id}`.")]
    order_id: Annotated[str | None, Meta(description="The order number as it was told.")]
    placed_at: Time
    currency: Annotated[str | None, Meta(description="The currency that it told.")]
    total_minor: Annotated[int | None, Meta(description="The total that it told, in minor units.")]
    state: Annotated[
        str,
        Meta(description="`counted`, `refused`, `credited` (its touch came later), `repeated`, `test`, `withdrawn`."),
    ]
    taken: Annotated[list[str], Meta(description="The fields of the sale that are from this report.")]


class ShownLine(Struct, frozen=True, kw_only=True):
    """One line; all lines add up to the sale."""

    product_id: Annotated[str, Meta(description="The product; empty where nobody told of lines.")]
    quantity: Annotated[str, Meta(description="How many, as a decimal.")]
    total_minor: Minor
    refunded_minor: Minor


class ShownConflict(Struct, frozen=True, kw_only=True):
    """Where a report tells something else."""

    field: Annotated[str, Meta(description="What is contradicted.")]
    kind: Annotated[
        str,
        Meta(
            description="How: `amount_differs`, `currency_differs`, `items_differ`, `cents_and_units_mixed` and more."
        ),
    ]
    ours: Annotated[str, Meta(description="What the sale says.")]
    theirs: Annotated[str, Meta(description="What the report says.")]
    report: Position


class ShownRefund(Struct, frozen=True, kw_only=True):
    """Money that was given back."""

    position: Position
    refunded_at: Time
    amount_minor: Minor
    excess_minor: Annotated[int, Meta(description="What was asked for beyond what was left; it is not counted.")]
    lines_minor: Annotated[list[int], Meta(description="How much of each line.")]
    reason: Annotated[str, Meta(description="Why.")]
    problem: Annotated[str, Meta(description="Why not all of it is counted; empty where it is.")]


class ShownCandidate(Struct, frozen=True, kw_only=True):
    """Another sale that this one might be one with, and the evidence."""

    sale: Id
    same_visitor: Annotated[bool, Meta(description="Whether links say that one visitor bought both.")]
    seconds_apart: Annotated[int, Meta(description="How far apart they were.")]
    same_items: Annotated[bool, Meta(description="Whether the same items were bought.")]
    same_amount: Annotated[bool, Meta(description="Whether the totals are the same.")]
    objection: Annotated[str, Meta(description="What speaks against it; empty: more than one sale would fit.")]


class ShownCredit(Struct, frozen=True, kw_only=True):
    """What a source has of one line."""

    line: Annotated[int, Meta(description="The line, counted from 0.")]
    source: Source
    touch: Annotated[int | None, Meta(description="The touch, by its position in the ledger.")]
    credit_minor: Minor
    refunded_minor: Minor
    direct: Annotated[bool, Meta(description="Whether the touch was about the very product.")]


class ShownVisitor(Struct, frozen=True, kw_only=True):
    """Who bought."""

    ids: Annotated[list[str], Meta(description="All names that links join, as `dialect:id`.")]
    shared: Annotated[
        list[str],
        Meta(description="Devices of too many persons: they join nobody, and nothing that was met there counts."),
    ]
    cut: Annotated[bool, Meta(description="Whether there were more names than a visitor can have.")]


class SaleAnswer(SaleHead, frozen=True, kw_only=True):
    """One sale with everything that was told of it, and whose revenue it is."""

    reports: Annotated[list[ShownReport], Meta(description="Who told of it.")]
    lines: Annotated[list[ShownLine], Meta(description="What was bought.")]
    conflicts: Annotated[list[ShownConflict], Meta(description="What contradicts it.")]
    model: Annotated[str, Meta(description="The model that the credits are of.")]
    credits: Annotated[list[ShownCredit], Meta(description="Whose it is: of each line they add up to the line.")]
    refunds: Annotated[list[ShownRefund], Meta(description="What was given back.")]
    candidates: Annotated[list[ShownCandidate], Meta(description="What it might be one with.")]
    decisions: Annotated[list[str], Meta(description="What people have decided about it, for `undo`.")]
    visitor: Annotated[ShownVisitor, Meta(description="Who bought.")]


class ShownTouch(Struct, frozen=True, kw_only=True):
    """One touch that might have earned a part of a line, and why it did or did not."""

    position: Position
    happened_at: Time
    source: Source
    product_id: Annotated[str | None, Meta(description="The product that it was about.")]
    seconds_before: Annotated[int, Meta(description="How long before the purchase; below zero where it came later.")]
    taken: Annotated[bool, Meta(description="Whether it may earn.")]
    rule: Annotated[str, Meta(description="The rule that took or refused it.")]
    why: Annotated[str, Meta(description="The same as a sentence.")]
    weight: Annotated[str, Meta(description="Its share of the line, as a fraction.")]
    credit_minor: Minor
    direct: Annotated[bool, Meta(description="Whether it was about the very product.")]


class ExplainedLine(Struct, frozen=True, kw_only=True):
    """One line, and every touch that might have earned it."""

    line: Annotated[int, Meta(description="The line, counted from 0.")]
    product_id: Annotated[str, Meta(description="The product.")]
    total_minor: Minor
    unattributed_minor: Minor
    touches: Annotated[list[ShownTouch], Meta(description="In the order of time.")]


class WhyAnswer(Struct, frozen=True, kw_only=True):
    """Why each cent of a sale is whose."""

    id: Id
    model: Annotated[str, Meta(description="The model that was asked for.")]
    placed_at: Time
    currency: Annotated[str, Meta(description="ISO 4217.")]
    total_minor: Minor
    lines: Annotated[list[ExplainedLine], Meta(description="Line by line.")]


class RefundAnswer(Struct, frozen=True, kw_only=True):
    """A refund that is kept, and what it takes from the sale."""

    refund: Annotated[str, Meta(description="The refund's id.")]
    sale: Id
    amount_minor: Minor
    excess_minor: Annotated[int, Meta(description="What was asked for beyond what was left; it is not counted.")]


class DecisionAnswer(Struct, frozen=True, kw_only=True):
    """A decision that is kept; the sales follow it within a second."""

    decision: Annotated[str, Meta(description="The decision's id, for `undo`.")]


_WHY = {
    "taken": "It happened within its window before the purchase.",
    "after_order": "It happened after the purchase.",
    "source_not_counted": "This rule set does not count its source.",
    "outside_window": "It happened longer ago than the window of its source.",
    "before_previous_order": "The visitor bought something else between it and this purchase.",
    "not_helpful": "The visitor said that it did not help.",
    "other_session": "It happened in another session.",
    "other_product": "It was about another product.",
}


def item_of(row: SaleRow) -> SaleItem:
    """A sale as lists show it."""
    return SaleItem(
        id=row.id,
        order_id=row.number or None,
        placed_at=moment_text(row.placed_at),
        currency=row.currency,
        total_minor=row.total_minor,
        refunded_minor=row.refunded_minor,
        state=row.state,
        sources=row.sources.split("\n")[1:-1],
        reports=row.reports,
        conflicts=row.conflicts,
        candidates=row.candidates,
    )


def answer_of(shown: ShownSale, explanation: Explanation) -> SaleAnswer:
    """One sale."""
    sale = shown.sale
    sources = dict.fromkeys(one.touch.source if one.touch else UNATTRIBUTED for one in explanation.credits)
    return SaleAnswer(
        id=sale.id,
        order_id=sale.number or None,
        placed_at=moment_text(sale.placed_at),
        currency=sale.currency,
        total_minor=sale.total_minor,
        refunded_minor=sale.refunded_minor,
        state=sale.state,
        sources=list(sources),
        reports=[_report(sale, told) for told in shown.reports],
        lines=_lines(sale),
        conflicts=[
            ShownConflict(field=one.field, kind=one.kind, ours=one.ours, theirs=one.theirs, report=one.report)
            for one in sale.conflicts
        ],
        model=explanation.rules.name,
        credits=[_credit(one) for one in explanation.credits],
        refunds=[_refund(one) for one in sale.reversals],
        candidates=[
            ShownCandidate(
                sale=f"s{one.other}",
                same_visitor=one.has_same_visitor,
                seconds_apart=one.seconds_apart,
                same_items=one.has_same_items,
                same_amount=one.has_same_amount,
                objection=one.objection,
            )
            for one in sale.candidates
        ],
        decisions=list(sale.decisions),
        visitor=ShownVisitor(
            ids=sorted(shown.visitor.nodes), shared=sorted(shown.visitor.shared), cut=shown.visitor.is_cut
        ),
    )


def why_of(shown: ShownSale, explanation: Explanation) -> WhyAnswer:
    """Every candidate of every line."""
    sale = shown.sale
    lines = []
    for place, line in enumerate(sale.lines):
        credits = [one for one in explanation.credits if one.line == place]
        of_touch = {one.touch.position: one for one in credits if one.touch is not None}
        lines.append(
            ExplainedLine(
                line=place,
                product_id=line.product_id,
                total_minor=line.total_minor or 0,
                unattributed_minor=sum(one.minor for one in credits if one.touch is None),
                touches=[_touch(one, of_touch.get(one.touch.position)) for one in explanation.candidates[place]],
            )
        )
    return WhyAnswer(
        id=sale.id,
        model=explanation.rules.name,
        placed_at=moment_text(sale.placed_at),
        currency=sale.currency,
        total_minor=sale.total_minor,
        lines=lines,
    )


def _touch(candidate: Candidate, credit: LineCredit | None) -> ShownTouch:
    touch = candidate.touch
    return ShownTouch(
        position=touch.position,
        happened_at=moment_text(touch.at),
        source=touch.source,
        product_id=touch.product,
        seconds_before=candidate.gap // 1_000_000,
        taken=candidate.is_taken,
        rule=candidate.rule.value,
        why=_WHY[candidate.rule.value],
        weight=str(credit.weight) if credit is not None else "0",
        credit_minor=credit.minor if credit is not None else 0,
        direct=candidate.is_match,
    )


def _report(sale: Sale, told: Told) -> ShownReport:
    return ShownReport(
        position=told.position,
        dialect=told.dialect,
        receipt=told.call,
        order_id=told.said.number or None,
        placed_at=moment_text(told.at),
        currency=told.said.currency or None,
        total_minor=told.said.total_minor,
        state=told.state,
        taken=sorted(field for field, position in sale.taken_from.items() if position == told.position),
    )


def _lines(sale: Sale) -> list[ShownLine]:
    return [
        ShownLine(
            product_id=line.product_id,
            quantity=quantity_text(line.quantity),
            total_minor=line.total_minor or 0,
            refunded_minor=sum(one.lines[place] for one in sale.reversals),
        )
        for place, line in enumerate(sale.lines)
    ]


def _credit(credit: LineCredit) -> ShownCredit:
    return ShownCredit(
        line=credit.line,
        source=credit.touch.source if credit.touch is not None else UNATTRIBUTED,
        touch=credit.touch.position if credit.touch is not None else None,
        credit_minor=credit.minor,
        refunded_minor=sum(credit.refunded),
        direct=credit.is_match,
    )


def _refund(reversal: Reversal) -> ShownRefund:
    return ShownRefund(
        position=reversal.position,
        refunded_at=moment_text(reversal.at),
        amount_minor=reversal.amount_minor,
        excess_minor=reversal.excess_minor,
        lines_minor=list(reversal.lines),
        reason=reversal.reason,
        problem=reversal.problem,
    )
