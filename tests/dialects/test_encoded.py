"""Forms: what is in them, and how much may be."""

import pytest

from tillroll.dialects.encoded import FORM_CHARACTERS_MAX, PAIRS_MAX, pairs_of


def test_pairs_come_in_their_order_blank_ones_too() -> None:
    assert pairs_of("a=1&b=&a=%C3%A9+x") == [("a", "1"), ("b", ""), ("a", "é x")]


def test_a_form_has_a_number_of_pairs() -> None:
    assert len(pairs_of("&".join(["a=1"] * PAIRS_MAX))) == PAIRS_MAX
    with pytest.raises(ValueError, match="fields"):
        pairs_of("&".join(["a=1"] * (PAIRS_MAX + 1)))


def test_a_form_has_a_length() -> None:
    assert pairs_of("a=" + "x" * (FORM_CHARACTERS_MAX - 2))
    with pytest.raises(ValueError, match="characters"):
        pairs_of("a=" + "x" * (FORM_CHARACTERS_MAX - 1))


def test_what_is_not_utf_8_is_no_form() -> None:
    with pytest.raises(ValueError, match="decode"):
        pairs_of("a=%FF")
