"""An answer and its schema come from one struct: what may be missing is missing, and never null."""

from decimal import Decimal

import msgspec

from tillroll.dialects.emporix.wire.answers import AnswerPart, Instant, KeptMetadata, told
from tillroll.dialects.emporix.wire.errors import encode
from tillroll.dialects.openapi import answers, ref


class Price(AnswerPart, frozen=True, kw_only=True):
    """A price."""

    amount: Decimal
    tax_rate: Decimal | None = None


class Line(AnswerPart, frozen=True, kw_only=True):
    """A line."""

    id: str
    sent_at: Instant | None = None
    note: str | None
    price: Price | None = None
    others: tuple[Price, ...] = ()
    metadata: KeptMetadata | None = None


PRICE = Price(amount=Decimal("1.50"))


def test_what_has_no_value_is_left_out_but_for_what_is_always_there() -> None:
    assert msgspec.json.decode(encode(Line(id="a", note=None))) == {"id": "a", "note": None}
    assert encode(Line(id="a", note="b", price=PRICE)) == b'{"id":"a","note":"b","price":{"amount":1.50}}'


def test_an_answer_is_told_as_it_is_sent() -> None:
    line = Line(id="a", note=None, others=(PRICE,))
    assert told(line) == {"id": "a", "note": None, "others": ({"amount": Decimal("1.50")},)}
    assert encode(told(line)) == encode(line)


def test_the_schema_of_an_answer_is_closed_and_says_what_may_be_missing() -> None:
    schema = answers("x", {"Line": Line})["x.Line"]
    assert schema["required"] == ["id", "note"]
    assert schema["additionalProperties"] is False
    assert schema["description"] == "A line."
    fields = schema["properties"]
    assert fields["note"] == {"type": ["string", "null"]}
    assert fields["sentAt"] == {"type": "string", "format": "date-time"}
    assert fields["price"] == ref("x.Price")
    assert fields["others"] == {"type": "array", "items": ref("x.Price")}
    assert fields["metadata"] == ref("Metadata")


def test_what_is_told_elsewhere_is_only_referred_to() -> None:
    assert set(answers("x", {"Line": Line})) == {"x.Line", "x.Price"}
    alone = answers("x", {"Line": Line}, elsewhere={"Price"})
    assert set(alone) == {"x.Line"}
    assert alone["x.Line"]["properties"]["price"] == ref("Price")
