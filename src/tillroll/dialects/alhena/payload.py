"""Reading what shops and browsers send: tolerant of spelling, exact with numbers, and naming every field that is wrong.

What is missing or wrong is a list of problems rather than an exception, because some of it is forgiven to shops that
asked for lenience (docs/wire/alhena.md, 6 and 9): the shop is only known inside the transaction.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.http import Inbound
from tillroll.dialects.nesting import holds_nul, is_too_deep
from tillroll.domain.money import is_sane_amount, is_sane_quantity, minor_exponent, to_thousandths
from tillroll.domain.storefronts.storefront import LineChange, happened_at

# An honest text is a name or an identifier; what is longer is an attack on our disk.
TEXT_CHARACTERS_MAX = 500
# Identifiers become parts of index keys.
IDENTIFIER_BYTES_MAX = 200
LINE_ITEMS_MAX = 1_000
METADATA_ENTRIES_MAX = 50
# A value of 30 digits is nobody's price, and a number without end must not cost us its arithmetic.
NUMBER_CHARACTERS_MAX = 40
NUMBER_MAX = 10**30

CHANGES = {change.value.upper(): change for change in LineChange}

_DOCUMENT = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
# The browser SDK's names for what the HTTP API calls otherwise (docs/wire/alhena.md, 10).
_ALIASES = {
    "company_key": "companyKey",
    "user_fingerprint": "userFingerprint",
    "user_faq_fingerprint": "userFaqFingerprint",
    "product_id": "productId",
    "product_name": "productName",
    "line_items": "lineItems",
    "event_id": "eventId",
    "event_time": "eventTime",
    "sent_at": "sentAt",
}


class Wrong(Struct, frozen=True):
    """A field that is missing or can not be read; some are forgiven to shops that asked for lenience."""

    field: str
    is_forgivable: bool = False


class Sender(Struct, frozen=True):
    """Who reports, as the body says: a company's key and a visitor's two fingerprints; empty where not given."""

    company_key: str
    fingerprint: str
    faq_fingerprint: str

    @property
    def visitor(self) -> str:
        """The pair of fingerprints as one name."""
        return f"{self.fingerprint}/{self.faq_fingerprint}"


class Told(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every call tells: who reports, what was wrong, and when it happened; `event_id` is the SDK's, else empty."""

    sender: Sender
    wrong: tuple[Wrong, ...]
    event_id: str
    happened_at: int
    wait_seconds: int = 0
    """How long somebody has to wait who reports too often; not part of what is told, and of no fingerprint."""


class CartEvent(Told, frozen=True, kw_only=True):
    """A cart event as far as it could be read."""

    change: LineChange | None
    product_id: str
    product_name: str
    value: Decimal | None
    currency: str
    quantity: int | None
    source: str


class LineItem(Struct, frozen=True):
    """One purchased item; the value is the line's total unless the shop says otherwise."""

    product_id: str
    product_name: str
    quantity: Decimal
    value: Decimal
    currency: str


class CheckoutEvent(Told, frozen=True, kw_only=True):
    """A checkout event as far as it could be read."""

    order_id: str
    names_two_orders: bool
    value: Decimal | None
    currency: str
    line_items: tuple[LineItem, ...]
    source: str


class Touched(Told, frozen=True, kw_only=True):
    """What is told of a conversation or a FAQ question."""

    conversation_id: str
    question: str
    product_id: str
    metadata: dict[str, Any]
    profile: str = ""
    """Which of the shop's assistants it was."""
    helpful: bool | None = None
    """What the visitor said of the answer, if anything."""


def read_cart_event(inbound: Inbound) -> CartEvent:
    """The cart event of a request."""
    fields = _Fields(_document(inbound))
    sender = fields.sender()
    change = CHANGES.get(fields.text("type"))
    if change is None:
        fields.is_wrong("type")
    return CartEvent(
        sender=sender,
        change=change,
        product_id=fields.identifier("product_id"),
        product_name=fields.text("product_name"),
        value=fields.amount("value"),
        currency=fields.currency("currency"),
        quantity=fields.thousandths("quantity"),
        source=fields.text("source", is_required=False),
        event_id=fields.identifier("event_id", is_required=False),
        happened_at=fields.happened_at(inbound.received_at),
        wrong=fields.all_wrong(),
    )


def read_checkout_event(inbound: Inbound) -> CheckoutEvent:
    """The checkout event of a request; the order's id is taken from either spelling (docs/wire/alhena.md, 13.4)."""
    fields = _Fields(_document(inbound))
    sender = fields.sender()
    order_ids = [fields.identifier(name, is_required=False) for name in ("orderId", "order_id")]
    return CheckoutEvent(
        sender=sender,
        order_id=order_ids[0] or order_ids[1],
        names_two_orders=all(order_ids) and order_ids[0] != order_ids[1],
        value=fields.amount("value"),
        currency=fields.currency("currency"),
        line_items=fields.line_items(),
        source=fields.text("source", is_required=False),
        event_id=fields.identifier("event_id", is_required=False),
        happened_at=fields.happened_at(inbound.received_at),
        wrong=fields.all_wrong(),
    )


def read_touch(inbound: Inbound) -> Touched:
    """What a request tells of a conversation or a FAQ question; the path comes before the body."""
    fields = _Fields(_document(inbound))
    if "id" in inbound.values:
        fields.put("conversation_id", inbound.values["id"])
    return Touched(
        sender=fields.sender(),
        conversation_id=fields.identifier("conversation_id", is_required=False),
        question=fields.text("question", is_required=False),
        product_id=fields.identifier("product_id", is_required=False),
        metadata=fields.metadata(),
        profile=fields.identifier("profile", is_required=False),
        helpful=fields.opinion("helpful"),
        event_id=fields.identifier("event_id", is_required=False),
        happened_at=fields.happened_at(inbound.received_at),
        wrong=fields.all_wrong(),
    )


def read_told(inbound: Inbound) -> tuple[dict[str, Any], Told]:
    """The body as a document, empty where it is none, and what every call tells in it."""
    document = _document(inbound)
    fields = _Fields(document)
    told = Told(
        sender=fields.sender(),
        event_id=fields.identifier("event_id", is_required=False),
        happened_at=fields.happened_at(inbound.received_at),
        wrong=fields.all_wrong(),
    )
    return document or {}, told


def _document(inbound: Inbound) -> dict[str, Any] | None:
    """The body as a JSON object; None where it is none, or holds a character that no database keeps."""
    try:
        document = _DOCUMENT.decode(inbound.body)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError, RecursionError):
        return None
    return None if holds_nul(inbound.body) or is_too_deep(inbound.body, document) else document


class _Fields:
    """The fields of one document, with a note of each that was wrong, by its place in the document."""

    def __init__(self, document: Mapping[str, Any] | None, place: str = "") -> None:
        self._document = dict(document or {})
        self._place = place
        self._wrong: dict[str, bool] = {} if document is not None else {"body": False}

    def put(self, name: str, value: str) -> None:
        """Say what a field is, whatever the document says."""
        self._document[name] = value

    def is_wrong(self, name: str, *, is_forgivable: bool = False) -> None:
        """Note a field that is missing or can not be read."""
        self._wrong.setdefault(self._place + name, is_forgivable)

    def all_wrong(self) -> tuple[Wrong, ...]:
        """Every field that was wrong; of a body that is no object, just that."""
        if "body" in self._wrong:
            return (Wrong("body"),)
        return tuple([Wrong(name, is_forgivable) for name, is_forgivable in self._wrong.items()])

    def sender(self) -> Sender:
        """Who reports; one fingerprint of the two is enough for a lenient shop."""
        company_key = self.identifier("company_key").lower()  # it is a shop's name, which has small letters alone
        pair = [self.identifier(name, is_required=False) for name in ("user_fingerprint", "user_faq_fingerprint")]
        for name, value in zip(("user_fingerprint", "user_faq_fingerprint"), pair, strict=True):
            if not value:
                self.is_wrong(name, is_forgivable=any(pair))
        return Sender(company_key, *pair)

    def text(self, name: str, *, is_required: bool = True) -> str:
        """A text, without blanks around it; a whole number counts as its digits."""
        value = self._value(name)
        if isinstance(value, str):
            text = value.strip()
            is_text = len(text) <= TEXT_CHARACTERS_MAX
        elif isinstance(value, int) and not isinstance(value, bool):
            text, is_text = str(value)[:NUMBER_CHARACTERS_MAX], True
        else:
            text, is_text = "", value is None
        if not is_text or (is_required and not text):
            self.is_wrong(name)
        return text if is_text else ""

    def identifier(self, name: str, *, is_required: bool = True) -> str:
        """A text that names something: short, printable."""
        text = self.text(name, is_required=is_required)
        is_long = len(text) > IDENTIFIER_BYTES_MAX // 4  # of which a character may have four
        if not text.isprintable() or (is_long and len(text.encode("utf-8", "surrogatepass")) > IDENTIFIER_BYTES_MAX):
            self.is_wrong(name)
            return ""
        return text

    def currency(self, name: str) -> str:
        """An ISO 4217 code, in either case."""
        code = self.text(name).upper()
        if minor_exponent(code) is None:
            self.is_wrong(name)
            return ""
        return code

    def amount(self, name: str) -> Decimal | None:
        """An exact amount, from a number or its text; negative ones are facts, too (docs/wire/alhena.md, 7)."""
        number = self._number(name)
        if number is None or not is_sane_amount(number):
            self.is_wrong(name)
            return None
        return number

    def quantity(self, name: str) -> Decimal | None:
        """A quantity of at most three places, not negative."""
        number = self._number(name)
        if number is None or not is_sane_quantity(number):
            self.is_wrong(name)
            return None
        return number

    def thousandths(self, name: str) -> int | None:
        """A quantity in thousandths."""
        quantity = self.quantity(name)
        return to_thousandths(quantity) if quantity is not None else None

    def opinion(self, name: str) -> bool | None:
        """True or false, or that nothing was said."""
        value = self._value(name)
        return value if isinstance(value, bool) else None

    def metadata(self) -> dict[str, Any]:
        """What the page knows of the visitor: flat, a few short texts and numbers; everything else is left out."""
        given = self._value("metadata")
        if not isinstance(given, dict):
            return {}
        kept = {
            key: value
            for key, value in given.items()
            if isinstance(value, str | bool | int | Decimal) and len(key) + len(str(value)) <= TEXT_CHARACTERS_MAX
        }
        return dict(list(kept.items())[:METADATA_ENTRIES_MAX])

    def happened_at(self, received_at: int) -> int:
        """When it happened, by the SDK's two times; for everybody else, when it was received."""
        return happened_at(self._milliseconds("event_time"), self._milliseconds("sent_at"), received_at)

    def _milliseconds(self, name: str) -> int | None:
        number = self._number(name)
        if number is None or not 0 < number < 10**14:
            return None
        return int(number) * 1000

    def line_items(self) -> tuple[LineItem, ...]:
        """The purchased items; every item's every wrong field is noted."""
        listed = self._value("line_items")
        if listed is None:
            self.is_wrong("line_items", is_forgivable=True)
            return ()
        if not isinstance(listed, list) or len(listed) > LINE_ITEMS_MAX:
            self.is_wrong("line_items")
            return ()
        return tuple([self._line_item(position, entry) for position, entry in enumerate(listed)])

    def _line_item(self, position: int, entry: Any) -> LineItem:
        place = f"line_items[{position}]"
        if not isinstance(entry, dict):
            self.is_wrong(place)
            entry = {}
        fields = _Fields(entry, f"{place}.")
        item = LineItem(
            product_id=fields.identifier("product_id"),
            product_name=fields.text("product_name"),
            quantity=fields.quantity("quantity") or Decimal(0),
            value=fields.amount("value") or Decimal(0),
            currency=fields.currency("currency"),
        )
        self._wrong |= fields._wrong
        return item

    def _value(self, name: str) -> Any:
        value = self._document.get(name)
        return self._document.get(_ALIASES[name]) if value is None and name in _ALIASES else value

    def _number(self, name: str) -> Decimal | None:
        value = self._value(name)
        if value is None or isinstance(value, bool):
            return None
        if isinstance(value, int):
            return Decimal(value) if -NUMBER_MAX < value < NUMBER_MAX else None
        text = str(value).strip() if isinstance(value, (Decimal, str)) else ""
        if not text.isascii() or "_" in text or len(text) > NUMBER_CHARACTERS_MAX:
            return None
        try:
            return Decimal(text)
        except InvalidOperation:
            return None
