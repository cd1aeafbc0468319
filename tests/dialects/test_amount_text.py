"""Amounts as people write them."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.dialects.amount_text import Ambiguous, amount_in


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12", "12"),
        ("12.50", "12.50"),
        ("12,50", "12.50"),
        (" 12,5 € ", "12.5"),
        ("$12.50", "12.50"),
        ("$1,299.00", "1299.00"),
        ("1.299,00 €", "1299.00"),
        ("€1.299.000", "1299000"),
        ("1,299,000 USD", "1299000"),
        ("CHF 1'299.00", "1299.00"),
        ("CHF 1’299", "1299"),
        ("1 299,00 kr", "1299.00"),
        ("1\u202f299,95\u00a0€", "1299.95"),
        ("1 299 kr.", "1299"),
        ("₹1,23,456.00", "123456.00"),
        ("₹1,23,456", "123456"),
        ("Rs. 99", "99"),
        ("Fr. 12.-", "12"),
        ("12,– €", "12"),
        ("1'299.-", "1299"),
        ("0.125 €", "0.125"),
        ("0,005", "0.005"),
        ("1299.125 KWD", "1299.125"),
        ("12.3456", "12.3456"),
        ("US$ 10", "10"),
        ("R$ 1.234,5", "1234.5"),
        ("zł 10,00", "10.00"),
    ],
)
def test_what_has_one_meaning_is_read(text: str, amount: str) -> None:
    assert amount_in(text) == D(amount)


@pytest.mark.parametrize("text", ["1.299 €", "1,299", "$1,299", "12.000 Ft", "999.999", "EUR 1.000"])
def test_what_has_two_meanings_is_not_guessed(text: str) -> None:
    with pytest.raises(Ambiguous):
        amount_in(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "€",
            "free",
            "-1",
            "−1",
            "- 12,50 €",
            "+1",
            "$.50",
            ".50",
            "12.",
            "1.2.3",
            "1,2,3",
            "1.29,00",
            "1,29.000,5",
        ),
        *("1.299.00", "12,99,000.5.1", "1  299", "1e3", "0x10", "€12€", "12 30", "12:30", "10%5", "١٢", "1" * 31),
        *("1,299.000.5", "1 299'000", "12 EUR 50"),
    ],
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert amount_in(text) is None


FORMATS = [(",", "."), (".", ","), ("'", "."), (" ", ","), ("\u00a0", ","), ("\u202f", ","), ("’", ".")]


@given(st.integers(0, 10**12), st.sampled_from(FORMATS), st.sampled_from(["", "€", "USD"]), st.booleans())
def test_what_any_locale_writes_with_cents_is_read_as_it_was_meant(
    cents: int, form: tuple[str, str], currency: str, is_in_front: bool
) -> None:
    grouping, decimal = form
    text = f"{cents // 100:,}.{cents % 100:02d}".replace(",", "|").replace(".", decimal).replace("|", grouping)
    shown = f"{currency} {text}" if is_in_front else f"{text} {currency}"
    assert amount_in(shown.strip()) == D(cents).scaleb(-2)


@given(st.text(alphabet="0123456789.,' €$-", max_size=20))
def test_nothing_is_read_as_a_thousandth_of_what_it_says(text: str) -> None:
    try:
        found = amount_in(text)
    except Ambiguous:
        return
    if found is not None:
        digits = "".join(filter(str.isdigit, text))
        assert "".join(map(str, found.as_tuple().digits)).lstrip("0") == digits.lstrip("0")
