"""Postal codes as people type them: in either case, with or without their blank, and never for another place."""

import pytest

from tillroll.domain.shipping.zones import ShipTo, Zone

# country, pattern, what lies within it, and what does not
PATTERNS = [
    ("GB", "IV*", ["IV51 9HP", "iv51 9hp", " IV51\u00a09HP", "iv519hp"], ["I1 1AA", "W1A 1AA"]),
    ("GB", " iv* ", ["IV51 9HP"], ["AB1 1AA"]),
    ("GB", "SW1A 1AA", ["sw1a 1aa", "SW1A1AA", " SW1A 1AA", "SW1A  1AA\u3000"], ["SW1A 1AB", "SW1A"]),
    ("GB", "NG1 *", ["NG1 5DJ", "ng1 5dj", "NG15DJ"], ["NG15 8AA", "ng158aa", "NG1"]),
    ("GB", "PA67*", ["PA67 1AB", "pa671ab"], ["PA6 7LN", "pa67ln", "PA6"]),
    ("GB", "SW1A1*", ["SW1A 1AA", "sw1a1aa"], ["SW1A 2AA"]),
    ("SE", "114 *", ["114 55", "11455", "114-55"], ["115 55", "1"]),
    ("SE", "11455", ["114 55", " 11455"], ["11456"]),
    ("NL", "1012AB", ["1012 ab", "1012AB"], ["1012 AC"]),
    ("CA", "K1A*", ["k1a 0b1", "K1A0B1"], ["K1B 0B1"]),
    ("PL", "00-950", ["00950", "00 950"], ["00-951"]),
    ("DE", "*", ["", "10115", "x"], []),
    ("DE", "10*", ["10115", " 10115"], ["20115"]),
]


@pytest.mark.parametrize(("country", "pattern", "within", "outside"), PATTERNS)
def test_a_code_lies_where_people_mean_it(country: str, pattern: str, within: list[str], outside: list[str]) -> None:
    target = ShipTo(country, pattern)
    assert [code for code in (*within, *outside) if target.reaches(country, code)] == within
    assert not any(target.reaches("FR", code) for code in within)


def test_an_island_is_named_more_exactly_than_its_country_however_its_code_is_typed() -> None:
    island, country = Zone("isl", ship_to=(ShipTo("GB", "IV*"),)), Zone("z", ship_to=(ShipTo("GB"),))
    for code in ("IV51 9HP", "iv519hp", " Iv51 9Hp "):
        assert island.specificity("GB", code) > country.specificity("GB", code) == 0
