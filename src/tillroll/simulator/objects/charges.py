"""Charges: what an intent has asked of a card; and what moves on the balance because of them."""

from tillroll.simulator.books import HIDDEN, Json, public
from tillroll.simulator.cards import CODES
from tillroll.simulator.desk import Desk, hidden
from tillroll.simulator.objects import methods
from tillroll.simulator.wire import Outcome


def retrieve(desk: Desk, id: str, _given: Json) -> Outcome:
    """A charge."""
    return Outcome(200, public(desk.find("charge", id)))


def authorised(desk: Desk, intent: Json, method: Json) -> Json:
    """A charge whose amount a card holds from now on."""
    charge = _made(desk, intent, method)
    lives = methods.card_of(method).lives_seconds
    card = charge["payment_method_details"]["card"]
    card["capture_before"] = desk.now + lives if intent["capture_method"] == "manual" else None
    charge |= {"status": "succeeded", "paid": True, "authorization_code": "123456", "receipt_url": None}
    charge["outcome"] = _outcome("authorized", "approved_by_network", None, "Payment complete.")
    put(desk, charge)
    desk.enter("authorise", charge, charge["amount"])
    if intent["capture_method"] == "manual":
        desk.later(lives, "expire", intent["id"])
    return charge


def failed(desk: Desk, intent: Json, method: Json, decline: str) -> Json:
    """A charge that was declined."""
    charge = _made(desk, intent, method)
    code = code_of(decline)
    charge |= {"status": "failed", "paid": False, "failure_code": code, "failure_message": message_of(decline)}
    is_blocked = methods.card_of(method).name == "radarBlock"
    kind, network = ("blocked", "not_sent_to_network") if is_blocked else ("issuer_declined", "declined_by_network")
    charge["outcome"] = _outcome(kind, network, decline, "The bank did not approve this payment.")
    return put(desk, charge)


def code_of(decline: str) -> str:
    """A decline's error code: most have none of their own."""
    return decline if decline in CODES else "card_declined"


def message_of(decline: str) -> str:
    """A sentence for whoever holds the card."""
    return f"The card was declined ({decline.replace('_', ' ')})."


def put(desk: Desk, charge: Json) -> Json:
    """Write a charge."""
    return desk.put("charge", charge, parent=charge["payment_intent"])


def of_intent(desk: Desk, intent: Json) -> Json:
    """An intent's latest charge."""
    return desk.find("charge", intent["latest_charge"], "charge")


def move(desk: Desk, source: Json, amount: int, type: str) -> str:
    """Write a movement of the balance that a charge, refund or dispute causes; its id. There are no fees here."""
    movement = {
        "id": desk.new_id("txn_"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": desk.now,
        "balance_type": "payments",
        "created": desk.now,
        "currency": source["currency"],
        "description": None,
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": type,
        "source": source["id"],
        "status": "available",
        "type": type,
    }
    desk.put("balance_transaction", movement, parent=source["id"], label=type)
    return str(movement["id"])


def _outcome(type: str, network: str, decline: str | None, message: str) -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": decline,
        "risk_level": "highest" if type == "blocked" else "normal",
        "seller_message": message,
        "type": type,
    }


def _made(desk: Desk, intent: Json, method: Json) -> Json:
    seen = method["card"]
    nothing = {"status": "unavailable"}
    details = {name: seen[name] for name in ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint")}
    details |= {"funding": seen["funding"], "last4": seen["last4"], "network": seen["brand"], "wallet": None}
    details |= {
        "amount_authorized": intent["amount"],
        "capture_before": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": nothing,
        "multicapture": nothing,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": hidden(intent).get("three_d_secure"),
    }
    return {
        "id": desk.new_id("ch_"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "authorization_code": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SIMULATOR",
        "captured": False,
        "created": desk.now,
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": details, "type": "card"},
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "pending",
        "transfer_data": None,
        "transfer_group": None,
        HIDDEN: {"card": hidden(method)["card"]},
    }
