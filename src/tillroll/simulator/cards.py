"""The test cards, by the id of their payment method, its twin `tok_…`, and their number.

Each does one thing when it is charged: it works, is declined, wants its holder's word first, or is disputed later.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

# What a decline's own code is where the network has a word of its own for it; all others are `card_declined`.
CODES = frozenset(("expired_card", "incorrect_cvc", "incorrect_number", "processing_error", "authentication_required"))
COUNTRIES = (
    *("us", "gb", "de", "fr", "it", "es", "nl", "be", "at", "ie", "pt", "pl", "se", "no", "dk"),
    *("fi", "ch", "br", "mx", "ca", "au", "nz", "jp", "sg", "hk", "in", "cz", "hu", "ro", "gr"),
)


class Card(Struct, frozen=True):
    """What a test card is, and what it does. `fault` is one of the simulator's own, for demonstrations."""

    name: str
    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: str = ""
    wants_action: bool = False
    declined_after_action: str = ""
    disputed_for: str = ""
    is_inquiry: bool = False
    refund: str = "succeeded"
    lives_seconds: int = 7 * 86_400
    """How long an authorisation lasts."""
    fault: str = ""


def _plain() -> Iterator[Card]:
    brands = {
        "mastercard": "5555555555554444",
        "amex": "378282246310005",
        "discover": "6011111111111117",
        "diners": "3056930009020004",
        "jcb": "3566002020360505",
        "unionpay": "6200000000000005",
    }
    yield Card("visa", "4242424242424242")
    yield Card("visa_debit", "4000056655665556", funding="debit")
    for brand, number in brands.items():
        yield Card(brand, number, brand=brand)
    for index, country in enumerate(COUNTRIES):
        yield Card(country, f"40000{index:03}00000{index:03}", country=country.upper())


def _declined() -> Iterator[Card]:
    declines = {
        "visa_chargeDeclined": ("4000000000000002", "generic_decline"),
        "visa_chargeDeclinedInsufficientFunds": ("4000000000009995", "insufficient_funds"),
        "visa_chargeDeclinedLostCard": ("4000000000009987", "lost_card"),
        "visa_chargeDeclinedStolenCard": ("4000000000009979", "stolen_card"),
        "visa_chargeDeclinedVelocityLimitExceeded": ("4000000000006975", "card_velocity_exceeded"),
        "chargeDeclinedExpiredCard": ("4000000000000069", "expired_card"),
        "chargeDeclinedIncorrectCvc": ("4000000000000127", "incorrect_cvc"),
        "chargeDeclinedProcessingError": ("4000000000000119", "processing_error"),
        "radarBlock": ("4100000000000019", "fraudulent"),
        "threeDSecureRequiredProcessingError": ("4000008400001280", "processing_error"),
    }
    for name, (number, decline) in declines.items():
        card = Card(name, number, decline=decline)
        yield card
        if name.startswith("visa_"):
            yield replace(card, name=name.removeprefix("visa_"), number="")


def _others() -> Iterator[Card]:
    yield Card("authenticationRequired", "4000002760003184", wants_action=True)
    yield Card("threeDSecure2Required", "4000000000003220", wants_action=True)
    yield Card(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        wants_action=True,
        declined_after_action="insufficient_funds",
    )
    yield Card(
        "threeDSecureRequiredChargeDeclined",
        "4000008400001629",
        wants_action=True,
        declined_after_action="generic_decline",
    )
    yield Card("createDispute", "4000000000000259", disputed_for="fraudulent")
    yield Card("createDisputeProductNotReceived", "4000000000002685", disputed_for="product_not_received")
    yield Card("createDisputeInquiry", "4000000000001976", disputed_for="fraudulent", is_inquiry=True)
    yield Card("pendingRefund", "4000000000007726", refund="pending")
    yield Card("refundFail", "4000000000005126", refund="failed")


def _of_the_simulator() -> Iterator[Card]:
    for fault in ("timeout_before", "timeout_after", "500_after", "reset_after", "wrong_amount", "slow"):
        yield Card(f"sim_{fault}", "", fault=fault)
    yield Card("sim_expires_now", "", lives_seconds=0)


_CARDS: Mapping[str, Card] = {
    card.name: card for cards in (_plain(), _declined(), _others(), _of_the_simulator()) for card in cards
}
_BY_NUMBER: Mapping[str, Card] = {card.number: card for card in _CARDS.values() if card.number}


def card_of(token: str) -> Card | None:
    """The card that a payment method, a token or a number stands for."""
    if token.isdecimal():
        return _BY_NUMBER.get(token)
    for prefix in ("pm_card_", "tok_", "pm_"):
        name = token.removeprefix(prefix)
        if name != token and name in _CARDS and (prefix != "pm_" or name.startswith("sim_")):
            return _CARDS[name]
    return None


def named(name: str) -> Card:
    """The card of this name."""
    return _CARDS[name]
