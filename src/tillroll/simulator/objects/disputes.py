"""Disputes: a card's holder wants the money back through the bank. An inquiry only asks, and moves no money."""

from tillroll.simulator.books import Json, public
from tillroll.simulator.desk import Desk
from tillroll.simulator.objects import charges
from tillroll.simulator.wire import Outcome

KIND = "dispute"
EVIDENCE_SECONDS = 9 * 86_400


def retrieve(desk: Desk, id: str, _given: Json) -> Outcome:
    """A dispute."""
    return Outcome(200, public(desk.find(KIND, id)))


def opened(desk: Desk, charge: Json, reason: str, *, is_inquiry: bool) -> Json:
    """A dispute of all that was captured and not refunded."""
    amount = charge["amount_captured"] - charge["amount_refunded"]
    dispute: Json = {
        "id": desk.new_id("du_"),
        "object": KIND,
        "amount": amount,
        "balance_transaction": None,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": desk.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": desk.now + EVIDENCE_SECONDS,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }
    charge["disputed"] = True
    charges.put(desk, charge)
    _put(desk, dispute)
    desk.tell("charge.dispute.created", dispute)
    if not is_inquiry:
        _move(desk, dispute, charge, -amount)
        desk.enter("dispute", charge, amount)
        desk.tell("charge.dispute.funds_withdrawn", dispute)
    return dispute


def closed(desk: Desk, dispute: Json, *, is_won: bool) -> None:
    """The bank has decided; a dispute that was won brings the money back."""
    is_inquiry = dispute["status"].startswith("warning")
    dispute["status"] = "warning_closed" if is_inquiry else "won" if is_won else "lost"
    _put(desk, dispute)
    charge = desk.find("charge", dispute["charge"])
    if is_won and not is_inquiry:
        _move(desk, dispute, charge, dispute["amount"])
        desk.enter("reinstate", charge, dispute["amount"])
        desk.tell("charge.dispute.funds_reinstated", dispute)
    desk.tell("charge.dispute.closed", dispute)


def is_open(desk: Desk, charge: Json) -> bool:
    """Whether a dispute that has taken the money of a charge is not yet decided, or was lost."""
    kept = ("needs_response", "under_review", "lost")
    return any(
        one["status"] in kept
        for one in desk.books.of_parent(KIND, charge["payment_intent"])
        if one["charge"] == charge["id"]
    )


def _move(desk: Desk, dispute: Json, charge: Json, amount: int) -> None:
    id = charges.move(desk, {"id": dispute["id"], "currency": charge["currency"]}, amount, "adjustment")
    dispute["balance_transactions"].append(public(desk.find("balance_transaction", id)))
    dispute["balance_transaction"] = dispute["balance_transaction"] or id
    _put(desk, dispute)


def _put(desk: Desk, dispute: Json) -> None:
    desk.put(KIND, dispute, parent=dispute["payment_intent"])
