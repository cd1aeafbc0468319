"""Amounts and times as people write them, with the digits of the ledger and not those of a library."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import tillroll.pages
from tillroll.dashboard.cards import line, trend
from tillroll.dashboard.revenue.figures import colours_of
from tillroll.dashboard.wording import Wording, locale_of, major_text
from tillroll.domain.money import minor_exponent

ENGLISH = Wording("en", UTC)


@pytest.mark.parametrize(
    ("currency", "minor", "written", "plain"),
    [
        ("EUR", 123_456, "€1,234.56", "1234.56"),
        ("HUF", 123_456, "HUF\xa01,234.56", "1234.56"),
        ("COP", 123_456, "COP\xa01,234.56", "1234.56"),
        ("IQD", 1_234_567, "IQD\xa01,234.567", "1234.567"),
        ("JPY", 1_234, "¥1,234", "1234"),
        ("KWD", 1_234, "KWD\xa01.234", "1.234"),
        ("EUR", -5, "-€0.05", "-0.05"),
        ("EUR", 10**17, "€1,000,000,000,000,000.00", "1000000000000000.00"),
    ],
)
def test_an_amount_has_the_digits_of_its_currency(currency: str, minor: int, written: str, plain: str) -> None:
    assert ENGLISH.money(minor, currency) == written
    assert major_text(minor, currency) == plain
    places = minor_exponent(currency)
    assert len(plain.partition(".")[2]) == places


@pytest.mark.parametrize(
    ("header", "locale", "written"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "de", "1.234,56\xa0€"),
        ("de", "de", "1.234,56\xa0€"),
        ("fr-CH", "fr_CH", None),
        ("", "en", "€1,234.56"),
        ("*", "en", "€1,234.56"),
        ("xx-YY", "en", "€1,234.56"),
        ("../../etc/passwd", "en", "€1,234.56"),
        ("a" * 10_000, "en", "€1,234.56"),
        ("-", "en", "€1,234.56"),
        ("_,-,--", "en", "€1,234.56"),
    ],
)
def test_a_browser_gets_what_it_asks_for(header: str, locale: str, written: str | None) -> None:
    found = locale_of(header)
    assert found.startswith(locale)
    if written is not None:
        assert Wording(found, UTC).money(123_456, "EUR") == written


def test_nothing_is_a_dash() -> None:
    assert ENGLISH.money(None, "EUR") == ENGLISH.percent(None) == ENGLISH.number(None) == "–"


def test_changes_have_a_sign() -> None:
    assert [ENGLISH.change(one) for one in (0.125, -0.5, 0.0, None)] == ["+12.5%", "−50.0%", "±0.0%", ""]


def test_moments_are_of_the_shops_clock() -> None:
    assert Wording("en", ZoneInfo("Asia/Tokyo")).moment(0).startswith("Jan 1, 1970, 9:00:00")
    assert ENGLISH.day(20_000) == "Oct 4, 2024"


def test_spans_are_rough() -> None:
    spans = [ENGLISH.span(seconds * 1_000_000) for seconds in (0, 1, 59, 60, 7_300, -90_000)]
    assert spans == ["a moment", "1 second", "59 seconds", "1 minute", "2 hours", "1 day"]


def test_sources_have_names() -> None:
    assert [ENGLISH.name(one) for one in ("search", "faq", "campaign:a:b", "search_session")] == [
        "Search",
        "FAQ",
        "Campaign: a:b",
        "Search session",
    ]


def test_a_small_line_stays_in_its_box() -> None:
    points = [tuple(map(float, one.split(","))) for one in line([0, 5, -5, 2]).split()]
    assert [x for x, _ in points] == [0, 33.3, 66.7, 100]
    assert min(y for _, y in points) == points[1][1] >= 0
    assert max(y for _, y in points) == points[2][1] <= 28
    assert line([0, 0, 0]) == line([7]) == ""


def test_ten_sources_have_colours_of_their_own() -> None:
    found = colours_of(dict.fromkeys([*map(str, range(10)), "unattributed"]))
    assert len(set(found.values())) == 11
    sheet = (Path(tillroll.pages.__file__).parent / "assets" / "style.css").read_text("utf-8")
    for colour in found.values():
        assert sheet.count(f"--{colour}:") == 2, colour
        assert colour == "c-none" or f".swatch.{colour} " in sheet


def test_less_of_what_is_bad_is_good() -> None:
    found = [trend(0.1), trend(-0.1), trend(-0.1, is_better_low=True), trend(0.1, is_better_low=True)]
    assert found == ["good", "bad", "good", "bad"]
    assert trend(None) == trend(0.0001) == "flat"
