"""Payment methods and confirmation tokens: a test card for one payment."""

from tillroll.simulator import cards
from tillroll.simulator.books import HIDDEN, Json, public
from tillroll.simulator.cards import Card
from tillroll.simulator.desk import Desk, hidden
from tillroll.simulator.wire import Outcome, invalid, missing, unexpected

EXPIRES = (12, 2034)


def create(desk: Desk, _id: str, given: Json) -> Outcome:
    """A payment method of a card's number or token, as browsers make it; the number is one of the test cards."""
    card = given.get("card", {})
    if given["type"] != "card" or not isinstance(card.get("number", card.get("token")), str):
        raise invalid("A payment method is made of card[number] or card[token].", "parameter_missing", "card")
    token = str(card.get("number", card.get("token"))).replace(" ", "")
    found = cards.card_of(token)
    if found is None:
        raise invalid("This number is of no test card.", "incorrect_number", "card[number]")
    return Outcome(200, public(made(desk, found, given.get("metadata") or {})))


def retrieve(desk: Desk, id: str, _given: Json) -> Outcome:
    """A payment method."""
    return Outcome(200, public(desk.find("payment_method", id)))


def confirmation_token(desk: Desk, _id: str, given: Json) -> Outcome:
    """A confirmation token for a card, as Stripe's test helper makes it."""
    method = taken(desk, given["payment_method"], "payment_method")
    token = {
        "id": desk.new_id("ctoken_"),
        "object": "confirmation_token",
        "created": desk.now,
        "expires_at": desk.now + 43_200,
        "livemode": False,
        "payment_intent": None,
        "payment_method_preview": {"type": "card", "card": method["card"]},
        "return_url": None,
        "setup_future_usage": None,
        "setup_intent": None,
        "shipping": None,
        "use_stripe_sdk": True,
        HIDDEN: {"method": method["id"]},
    }
    return Outcome(200, public(desk.put("confirmation_token", token)))


def of_confirmation(desk: Desk, given: Json) -> Json | None:
    """The payment method that a confirmation names, in either way; None where it names none."""
    if given.get("confirmation_token") is not None:
        if given.get("payment_method") is not None:
            raise invalid("Only one of payment_method and confirmation_token.", None, "confirmation_token")
        token = desk.find("confirmation_token", given["confirmation_token"], "confirmation_token")
        return taken(desk, hidden(token)["method"], "confirmation_token")
    name = given.get("payment_method")
    return None if name is None else taken(desk, name, "payment_method")


def taken(desk: Desk, name: str, param: str) -> Json:
    """A payment method by its id, or a new one of a test card; raises Refused for one that is used up."""
    known = desk.books.find("payment_method", name)
    if known is not None and known[1] == desk.asking.account:
        if hidden(known[0]).get("is_used"):
            message = "This payment method was used once without being attached to a customer, and is used up."
            raise unexpected(message, None, param=param)
        return known[0]
    card = cards.card_of(name)
    if card is None:
        raise missing("payment_method", name, param)
    return made(desk, card, {})


def use_up(desk: Desk, method: Json) -> None:
    """A payment method that belongs to no customer is good for one payment."""
    hidden(method)["is_used"] = True
    desk.put("payment_method", method)


def card_of(method: Json) -> Card:
    """The test card behind a payment method."""
    return cards.named(hidden(method)["card"])


def made(desk: Desk, card: Card, metadata: Json) -> Json:
    """A new payment method of a card."""
    month, year = EXPIRES
    seen = {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"Sim{card.name}"[:16],
        "funding": card.funding,
        "generated_from": None,
        "last4": (card.number or "4242")[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    nobody = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
    return desk.put(
        "payment_method",
        {
            "id": desk.new_id("pm_"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": nobody,
            "card": seen,
            "created": desk.now,
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": metadata,
            "type": "card",
            HIDDEN: {"card": card.name},
        },
    )
