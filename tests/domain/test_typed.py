"""What people type is compared as they mean it."""

import pytest

from tillroll.domain.typed import Typed

MAC, KEPT = "Ku\u0308hl", "K\u00fchl"


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [
        ("SAVE10", "SAVE10"),
        (" SAVE10\t\n", "SAVE10"),
        ("\u3000SAVE10\u00a0", "SAVE10"),
        ("\ufeffSAVE10\u200b \u2060", "SAVE10"),
        ("a  b", "a  b"),
        (MAC, KEPT),
        ("", ""),
        (" \u00a0", ""),
    ],
)
def test_blanks_around_it_and_ways_of_writing_do_not_count(text: str, trimmed: str) -> None:
    assert Typed(text).trimmed == trimmed


@pytest.mark.parametrize(
    ("text", "folded"),
    [("IV51  9HP", "iv51 9hp"), (" iv51\u00a09hp", "iv51 9hp"), ("STRASSE", "strasse"), (MAC.upper(), KEPT.casefold())],
)
def test_where_case_does_not_count_rows_of_blanks_are_one(text: str, folded: str) -> None:
    assert Typed(text).folded == folded


def test_a_text_is_looked_for_in_each_spelling_that_it_may_have_been_kept_in() -> None:
    assert Typed(f" {MAC}").spellings == {f" {MAC}", MAC, KEPT}
    assert Typed("mug ").spellings == {"mug ", "mug"}
    assert Typed("mug ").parts == {"mug "}
    assert Typed(KEPT).parts == {MAC, KEPT}
