"""Refunds of what was captured: whole, in part, several of them, at once or later, and some that fail in the end."""

from tillroll.simulator.books import HIDDEN, Json, public
from tillroll.simulator.cards import named
from tillroll.simulator.desk import Desk, hidden, with_metadata
from tillroll.simulator.objects import charges, disputes
from tillroll.simulator.wire import Outcome, invalid, unexpected

KIND = "refund"
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
# How long the cards whose refunds are decided later take.
LATER_SECONDS = 5


def create(desk: Desk, _id: str, given: Json) -> Outcome:
    """Give back what was captured, or a part of it."""
    reason = given.get("reason")
    if reason is not None and reason not in REASONS:
        raise invalid(f"A reason is one of {', '.join(REASONS)}.", None, "reason")
    charge = _charge(desk, given)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = given.get("amount", left)
    if amount < 1 and left:
        raise invalid("The amount is above zero.", "parameter_invalid_integer", "amount")
    if disputes.is_open(desk, charge):
        raise unexpected("This charge is disputed.", "charge_disputed")
    if not left:
        raise unexpected("All of this charge is refunded already.", "charge_already_refunded")
    if amount > left:
        raise unexpected(f"{left} is left to refund, not {amount}.", None, param="amount")
    refund = made(desk, charge, amount, {**given, "reason": reason})
    return Outcome(200, public(refund))


def retrieve(desk: Desk, id: str, _given: Json) -> Outcome:
    """A refund."""
    return Outcome(200, public(desk.find(KIND, id)))


def made(desk: Desk, charge: Json, amount: int, given: Json) -> Json:
    """A new refund; the money leaves the balance at once, also where the bank takes longer."""
    fate = named(hidden(charge)["card"]).refund
    refund: Json = {
        "id": desk.new_id("re_"),
        "object": KIND,
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": desk.now,
        "currency": charge["currency"],
        "description": None,
        "destination_details": {
            "card": {
                "reference": None,
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "pending" if fate == "pending" else "refund",
            },
            "type": "card",
        },
        "failure_balance_transaction": None,
        "failure_reason": None,
        "metadata": with_metadata({}, given.get("metadata")),
        "next_action": None,
        "payment_intent": charge["payment_intent"],
        "pending_reason": "processing" if fate == "pending" else None,
        "reason": given.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if fate == "pending" else "succeeded",
        "transfer_reversal": None,
        HIDDEN: {},
    }
    refund["balance_transaction"] = charges.move(desk, refund, -amount, "refund")
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    charges.put(desk, charge)
    _put(desk, refund)
    desk.enter("refund", charge, amount, refund["id"])
    desk.tell("refund.created", refund)
    desk.tell("charge.refunded", charge)
    if fate != "succeeded":
        desk.later(LATER_SECONDS, "settle_refund" if fate == "pending" else "fail_refund", refund["id"])
    return refund


def settled(desk: Desk, refund: Json) -> None:
    """A refund that was pending has reached the card."""
    if refund["status"] != "pending":
        return
    before = dict(refund)
    refund |= {"status": "succeeded", "pending_reason": None}
    refund["destination_details"]["card"]["type"] = "refund"
    _put(desk, refund)
    desk.tell("refund.updated", refund, before)
    desk.tell("charge.refund.updated", refund, before)


def failed(desk: Desk, refund: Json, reason: str = "expired_or_canceled_card") -> None:
    """A refund did not reach the card in the end: the money is back on the balance."""
    if refund["status"] in ("failed", "canceled"):
        return
    before = dict(refund)
    charge = desk.find("charge", refund["charge"])
    refund |= {"status": "failed", "failure_reason": reason, "pending_reason": None}
    refund["failure_balance_transaction"] = charges.move(desk, refund, refund["amount"], "refund_failure")
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    charges.put(desk, charge)
    _put(desk, refund)
    desk.enter("refund_failed", charge, refund["amount"], refund["id"])
    desk.tell("refund.failed", refund, before)
    desk.tell("charge.refund.updated", refund, before)


def _charge(desk: Desk, given: Json) -> Json:
    """The charge that is meant, captured."""
    if (given.get("payment_intent") is None) == (given.get("charge") is None):
        raise invalid("One of payment_intent and charge is needed.", "parameter_missing", "payment_intent")
    if given.get("charge") is not None:
        charge = desk.find("charge", given["charge"], "charge")
    else:
        intent = desk.find("payment_intent", given["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            message = "This intent has no charge that was captured; what is only held is released by a cancel."
            raise unexpected(message, "payment_intent_unexpected_state", public(intent))
        charge = charges.of_intent(desk, intent)
    if not charge["captured"]:
        raise unexpected("This charge was not captured.", "charge_not_refundable")
    return charge


def _put(desk: Desk, refund: Json) -> None:
    desk.put(KIND, refund, parent=refund["payment_intent"])
