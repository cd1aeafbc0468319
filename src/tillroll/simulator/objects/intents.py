"""Payment intents, from their making to their end.

create ─► requires_payment_method ─► confirm ─┬─► requires_capture ─► capture ─► succeeded
                   ▲        │                 ├─► requires_action ─► (the card's holder) ─► as after confirm
                   └────────│──── declined ◄──┘
                            └─► cancel ─► canceled ◄── cancel, or the authorisation's end
"""

from typing import Any

from tillroll.simulator import amounts
from tillroll.simulator.books import HIDDEN, Json, public
from tillroll.simulator.desk import Desk, hidden, with_metadata
from tillroll.simulator.objects import charges, disputes, methods
from tillroll.simulator.wire import Outcome, error, invalid, unexpected

KIND = "payment_intent"
# From this version on the types are not given by who makes an intent, only read.
TYPES_ARE_READ_ONLY = "2026-09-30"
# From this version on an authorisation that has run out is said to be `expired`, before that `automatic`.
EXPIRED_SINCE = "2025-03-31"

CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
CONFIRMATION_METHODS = ("automatic", "manual")
CANCELLATION_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = (*CONFIRMABLE, "requires_capture", "processing")


def create(desk: Desk, _id: str, given: Json) -> Outcome:
    """A new intent; with `confirm` it is confirmed at once."""
    currency = (given["currency"] or "").lower()
    amounts.check(given["amount"], currency)
    _check_types(desk, given)
    method = methods.of_confirmation(desk, given) if given.get("payment_method") else None
    intent = _made(desk, {**given, "currency": currency}, method)
    put(desk, intent)
    desk.tell("payment_intent.created", intent)
    if given.get("confirm"):
        return confirm(desk, intent["id"], given)
    return Outcome(200, public(intent))


def update(desk: Desk, id: str, given: Json) -> Outcome:
    """Change what does not move money."""
    intent = _expected(desk, id, "update", (*CANCELABLE, "succeeded"))
    intent |= {name: given[name] for name in ("description", "receipt_email") if name in given}
    if "metadata" in given:
        intent["metadata"] = with_metadata(intent["metadata"], given["metadata"])
    method = methods.of_confirmation(desk, given)
    if method is not None:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    return Outcome(200, public(put(desk, intent)))


def retrieve(desk: Desk, id: str, _given: Json) -> Outcome:
    """An intent as it is now."""
    return Outcome(200, public(desk.find(KIND, id, "intent")))


def confirm(desk: Desk, id: str, given: Json) -> Outcome:
    """Ask the card for the money: held or taken, declined (402), or its holder is wanted first."""
    intent = _expected(desk, id, "confirm", CONFIRMABLE)
    method = methods.of_confirmation(desk, given)
    if method is None and intent["payment_method"] is not None:
        method = methods.taken(desk, intent["payment_method"], "payment_method")
    if method is None:
        raise unexpected("This intent has no payment method yet.", "payment_intent_unexpected_state", public(intent))
    if desk.wishes.fault == "wrong_amount":
        intent["amount"] += desk.wishes.delta
    card = methods.card_of(method)
    wants_action = desk.wishes.action == "3ds" or (card.wants_action and not desk.wishes.decline)
    if wants_action and not given.get("error_on_requires_action"):
        return _wait_for_holder(desk, intent, (method, given.get("return_url")))
    decline = "authentication_required" if wants_action else desk.wishes.decline or card.decline
    if decline:
        return _declined(desk, intent, method, decline)
    return Outcome(200, public(_authorised(desk, intent, method)))


def finish(desk: Desk, intent: Json, *, is_successful: bool) -> Json:
    """The card's holder has answered: the intent after it. One that waits for nobody stays as it is."""
    if intent["status"] != "requires_action":
        return intent
    method = desk.find("payment_method", intent["payment_method"])
    if not is_successful:
        message = "The holder of the card did not confirm the payment."
        code = "payment_intent_authentication_failure"
        _fail(desk, intent, method, {"type": "invalid_request_error", "code": code, "message": message})
        return intent
    asked = {"authentication_flow": "challenge", "result": "authenticated", "version": "2.2.0"}
    hidden(intent)["three_d_secure"] = asked
    decline = methods.card_of(method).declined_after_action
    if decline:
        _declined(desk, intent, method, decline)
        return intent
    return _authorised(desk, intent, method)


def capture(desk: Desk, id: str, given: Json) -> Outcome:
    """Take what is held, or a part of it; the rest is released at once."""
    intent = _expected(desk, id, "capture", ("requires_capture",))
    amount: int = given["amount_to_capture"] if "amount_to_capture" in given else intent["amount_capturable"]
    if amount < 1:
        raise invalid("The amount is above zero.", "parameter_invalid_integer", "amount_to_capture")
    if amount > intent["amount_capturable"]:
        message = f"{intent['amount_capturable']} can be captured, not {amount}."
        raise unexpected(message, "amount_too_large", param="amount_to_capture")
    if "metadata" in given:
        intent["metadata"] = with_metadata(intent["metadata"], given["metadata"])
    if desk.wishes.fault == "wrong_amount":
        amount = max(1, min(intent["amount_capturable"], amount + desk.wishes.delta))
    return Outcome(200, public(_captured(desk, intent, amount)))


def cancel(desk: Desk, id: str, given: Json) -> Outcome:
    """Close an intent that nothing was taken of; what is held is released, without a refund."""
    reason = given.get("cancellation_reason")
    if reason is not None and reason not in CANCELLATION_REASONS:
        raise invalid(f"A reason is one of {', '.join(CANCELLATION_REASONS)}.", None, "cancellation_reason")
    intent = _expected(desk, id, "cancel", CANCELABLE)
    return Outcome(200, public(_canceled(desk, intent, reason, "void")))


def expire(desk: Desk, intent: Json) -> None:
    """An authorisation has run out: what it held is released."""
    if intent["status"] == "requires_capture":
        is_new = desk.asking.version[:10] >= EXPIRED_SINCE
        _canceled(desk, intent, "expired" if is_new else "automatic", "expire")


def put(desk: Desk, intent: Json) -> Json:
    """Write an intent."""
    return desk.put(KIND, intent)


def _expected(desk: Desk, id: str, act: str, states: tuple[str, ...]) -> Json:
    """An intent in one of these states; raises Refused where it is in another one."""
    intent = desk.find(KIND, id, "intent")
    if intent["status"] not in states:
        message = f"An intent in the state {intent['status']} has no {act}."
        raise unexpected(message, "payment_intent_unexpected_state", public(intent))
    return intent


def _check_types(desk: Desk, given: Json) -> None:
    version = desk.asking.version
    if "payment_method_types" in given and version[:10] >= TYPES_ARE_READ_ONLY:
        message = f"From version {TYPES_ARE_READ_ONLY} on it is allowed_payment_method_types."
        code = "payment_method_types_no_longer_supported"
        raise invalid(message, code, "payment_method_types")
    allowed: list[str] = given.get("allowed_payment_method_types") or given.get("payment_method_types") or ["card"]
    if "card" not in allowed:
        raise invalid("This simulator has cards only.", None, "allowed_payment_method_types")
    if "allowed_payment_method_types" in given and "automatic_payment_methods" in given:
        raise invalid("Only one way to say which types are meant.", None, "automatic_payment_methods")
    for name, known in (("capture_method", CAPTURE_METHODS), ("confirmation_method", CONFIRMATION_METHODS)):
        if given.get(name) is not None and given[name] not in known:
            raise invalid(f"{name} is one of {', '.join(known)}.", None, name)


def _wait_for_holder(desk: Desk, intent: Json, asked: tuple[Json, str | None]) -> Outcome:
    method, return_url = asked
    page = f"{desk.rules.pages_url}/3ds/{intent['id']}"
    methods.use_up(desk, method)
    redirect = {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": return_url}}
    in_browser = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page}}
    before = dict(intent)
    intent |= {
        "status": "requires_action",
        "payment_method": method["id"],
        "last_payment_error": None,
        "next_action": redirect if return_url else in_browser,
    }
    hidden(intent)["return_url"] = return_url
    put(desk, intent)
    desk.tell("payment_intent.requires_action", intent, before)
    return Outcome(200, public(intent))


def _authorised(desk: Desk, intent: Json, method: Json) -> Json:
    if not hidden(method).get("is_used"):
        methods.use_up(desk, method)
    before = dict(intent)
    charge = charges.authorised(desk, intent, method)
    intent |= {
        "status": "requires_capture",
        "amount_capturable": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
        "payment_method": method["id"],
    }
    put(desk, intent)
    desk.tell("charge.succeeded", charge)
    if intent["capture_method"] != "manual":
        return _captured(desk, intent, intent["amount"])
    desk.tell("payment_intent.amount_capturable_updated", intent, before)
    return intent


def _captured(desk: Desk, intent: Json, amount: int) -> Json:
    before = dict(intent)
    charge = charges.of_intent(desk, intent)
    rest = intent["amount_capturable"] - amount
    charge |= {"captured": True, "amount_captured": amount}
    charge["balance_transaction"] = charges.move(desk, charge, amount, "charge")
    charges.put(desk, charge)
    desk.enter("capture", charge, amount)
    if rest:
        desk.enter("release", charge, rest)
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    put(desk, intent)
    if intent["capture_method"] == "manual":
        desk.tell("charge.captured", charge)
    desk.tell("payment_intent.succeeded", intent, before)
    card = methods.card_of(desk.find("payment_method", intent["payment_method"]))
    if card.disputed_for:
        disputes.opened(desk, charge, card.disputed_for, is_inquiry=card.is_inquiry)
    return intent


def _canceled(desk: Desk, intent: Json, reason: str | None, op: str) -> Json:
    before = dict(intent)
    held = intent["amount_capturable"]
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": desk.now,
        "cancellation_reason": reason,
        "next_action": None,
    }
    put(desk, intent)
    if held:
        charge = charges.of_intent(desk, intent)
        desk.enter(op, charge, held)
        if op == "expire":
            desk.tell("charge.expired", charge)
    desk.tell("payment_intent.canceled", intent, before)
    return intent


def _declined(desk: Desk, intent: Json, method: Json, decline: str) -> Outcome:
    if not hidden(method).get("is_used"):
        methods.use_up(desk, method)
    charge = charges.failed(desk, intent, method, decline)
    said: dict[str, Any] = {"code": charges.code_of(decline), "message": charges.message_of(decline)}
    if said["code"] == "card_declined" or decline == "authentication_required":
        said["decline_code"] = decline
    intent["latest_charge"] = charge["id"]
    desk.tell("charge.failed", charge)
    _fail(desk, intent, method, {"type": "card_error", "charge": charge["id"], **said})
    message = said.pop("message")
    seen = {"payment_intent": public(intent), "payment_method": public(method), "charge": charge["id"]}
    return error(402, "card_error", message, **said, **seen)


def _fail(desk: Desk, intent: Json, method: Json, said: Json) -> None:
    """Back to where a payment method is wanted, with the error of the last one."""
    before = dict(intent)
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": {**said, "payment_method": public(method)},
        "next_action": None,
        "payment_method": None,
    }
    put(desk, intent)
    desk.tell("payment_intent.payment_failed", intent, before)


def _made(desk: Desk, given: Json, method: Json | None) -> Json:
    id = desk.new_id("pi_")
    nobody = (
        *("application", "application_fee_amount", "automatic_payment_methods", "canceled_at", "cancellation_reason"),
        *("customer", "customer_account", "last_payment_error", "latest_charge", "next_action", "on_behalf_of"),
        *("payment_method_configuration_details", "processing", "review", "setup_future_usage", "source"),
        *("transfer_data",),
    )
    said = ("description", "receipt_email", "shipping", "statement_descriptor", "statement_descriptor_suffix")
    card = {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
    return {
        "id": id,
        "object": KIND,
        **dict.fromkeys(nobody),
        **{name: given.get(name) for name in (*said, "transfer_group", "excluded_payment_method_types")},
        "amount": given["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": given.get("capture_method") or "automatic_async",
        "client_secret": f"{id}_secret_{desk.new_id('')}",
        "confirmation_method": given.get("confirmation_method") or "automatic",
        "created": desk.now,
        "currency": given["currency"],
        "livemode": False,
        "metadata": with_metadata({}, given.get("metadata")),
        "payment_method": method["id"] if method is not None else None,
        "payment_method_options": {"card": card},
        "payment_method_types": ["card"],
        "status": "requires_confirmation" if method is not None else "requires_payment_method",
        HIDDEN: {},
    }
