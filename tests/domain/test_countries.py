"""Country codes: kept in one spelling, whatever was sent, and nothing becomes a code that was none."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tillroll.domain.countries import by_country, countries, country_code, is_country_code, strange_country


@pytest.mark.parametrize("sent", ["DE", "de", "De", " DE ", "\tde\n"])
def test_a_country_is_kept_in_capitals(sent: str) -> None:
    assert is_country_code(sent)
    assert country_code(sent) == "DE"


@pytest.mark.parametrize("sent", ["", " ", "D", "DEU", "D E", "12", "ß", "ıt", "дe", "ＤＥ"])
def test_what_is_no_country_stays_what_it_is(sent: str) -> None:
    assert not is_country_code(sent)
    assert country_code(sent) == sent


@pytest.mark.parametrize("sent", ["ZZ", "XX", "AA", "QQ", "EU", "UN", " zz ", "uk", "EL"])
def test_two_letters_of_no_country_are_no_country(sent: str) -> None:
    assert not is_country_code(sent)


def test_there_are_as_many_countries_as_iso_3166_has_and_kosovo() -> None:
    assert len(countries()) == 250
    assert countries() >= {"DE", "GB", "GR", "SX", "SS", "XK"}


@pytest.mark.parametrize(("sent", "meant"), [("UK", "GB"), (" uk", "GB"), ("EL", "GR"), ("ZZ", "")])
def test_what_people_write_for_a_country_is_told_with_its_code(sent: str, meant: str) -> None:
    said = strange_country(sent)
    assert said is not None
    assert said.endswith(f", did you mean {meant}?" if meant else f"not '{sent}'")


@given(some.text(max_size=4))
def test_keeping_a_country_twice_is_keeping_it_once(sent: str) -> None:
    kept = country_code(sent)
    assert country_code(kept) == kept
    assert is_country_code(kept) == is_country_code(sent)


def test_of_two_spellings_of_a_country_the_kept_one_holds() -> None:
    assert by_country({"DE": "A", "fr": "B"}) == {"DE": "A", "FR": "B"}
    assert by_country({"de": "A", "DE": "B"}) == by_country({"DE": "B", "de": "A"}) == {"DE": "B"}
