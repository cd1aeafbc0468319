r"""What patterns mean: each row was asked of Node.js 20 (V8), with the flag `u` where V8 takes the pattern so.

A row is a pattern, texts in which it is found, and texts in which it is not.
"""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.domain.site.patterns import PATTERN_CHARACTERS_MAX, Pattern, PatternRefused, pattern_problem

ROWS: list[tuple[str, list[str], list[str]]] = [
    # Unanchored, and anchors that hold at the very ends alone.
    ("", ["", "anything"], []),
    ("b", ["b", "abc"], ["", "B", "ac"]),
    ("^[A-Z]{2}$", ["DE"], ["DE\n", "\nDE", "DEU", "de"]),
    ("a$", ["a", "ba"], ["a\n", "ab", "a\r", "a\u2028"]),
    ("^a", ["a", "ab"], ["\na", "ba"]),
    ("$^", [""], ["a", "\n"]),
    ("(^|x)a", ["a", "bxa"], ["ba"]),
    # The dot leaves out the four line ends, and an astral character is one.
    ("^.$", ["a", "ä", "😀", "\x00", "\x0b", "\x85"], ["\n", "\r", "\u2028", "\u2029", "", "ab"]),
    ("^.{2}$", ["😀😀", "aé"], ["😀", "e\u0301\u0301"]),
    # Classes of ASCII, and ECMA's white space.
    (r"^\d$", ["0", "9"], ["١", "a", "²", "\uff11"]),
    (r"^\D$", ["١", "a", "😀", "\n"], ["0", "", "ab"]),
    (r"^\w+$", ["aZ_09"], ["Größe", "a-b", "", "é"]),
    (r"^\W$", ["é", "-", " ", "😀"], ["a", "_", "0"]),
    (
        r"^\s$",
        [*"\t\n\x0b\x0c\r \xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"],
        [*"\x1c\x1f\x85\u180e\u200b\u2060a"],
    ),
    (r"^\S$", ["\x85", "\x1c", "\u200b", "a", "😀"], [" ", "\ufeff", "\u3000", "\n"]),
    (r"\bcat\b", ["cat", "a cat.", "écaté"], ["cats", "a_cat"]),
    (r"\Bb", ["ab", "_b"], ["b", "éb", " b"]),
    (r"^\B$", [""], ["a"]),
    (r"\B", ["", "ab", "é", "éé", "a  b"], ["a", "aéa", "a a"]),
    (r"^a\B.", ["ab"], ["a-", "aé"]),
    # Escapes of single characters.
    (r"^\t\n\v\f\r\0$", ["\t\n\x0b\x0c\r\x00"], ["tnvfr0"]),
    (r"^\x41\u0042\u{43}$", ["ABC"], ["x41"]),
    (r"^\u{1F600}$", ["😀"], ["u{1F600}"]),
    (r"^\uD83D\uDE00$", ["😀"], [""]),
    (r"^\ud83d\ude00+$", ["😀😀"], ["😀\ude00"]),
    (r"^\cA\cz\cJ$", ["\x01\x1a\n"], ["cAczcJ"]),
    (r"^\/\.\*\+\?\(\)\[\]\{\}\|\^\$\\$", ["/.*+?()[]{}|^$\\"], ["/"]),
    (r"^a/b$", ["a/b"], ["ab"]),
    (r"^\-\_\@\#\:\ $", ["-_@#: "], ["\\-"]),
    # Classes of characters.
    ("[]", [], ["", "a", "]", "\n"]),
    ("[^]", ["a", "\n", "😀", "\u2028"], [""]),
    ("^[^a]$", ["b", "\n", "\u2029", "😀"], ["a", ""]),
    (r"^[\]\\]$", ["]", "\\"], ["[", "a"]),
    (r"^[a\-z]$", ["a", "-", "z"], ["b"]),
    ("^[a-]$", ["a", "-"], ["b"]),
    ("^[-a]$", ["a", "-"], ["b"]),
    ("^[+--]$", ["+", ",", "-"], [".", "*"]),
    ("^[a-c-e]$", ["a", "b", "-", "e"], ["d"]),
    (r"^[\w-]$", ["a", "-", "_"], ["é", " "]),
    (r"^[\w-.]$", ["a", "-", "."], ["/", "0x"]),
    (r"^[+-\d]$", ["+", "-", "7"], [",", "d"]),
    (r"^[\d\s]$", ["7", " ", "\ufeff"], ["a"]),
    (r"^[\D]$", ["a", "é"], ["1"]),
    (r"^[\S\s]$", ["a", "\n", " "], [""]),
    (r"^[^\S ]$", ["\n", "\u3000"], [" ", "a"]),
    (r"^[\b]$", ["\x08"], ["b", ""]),
    (r"^[.*+?(){}|^$]$", [*".*+?(){}|^$"], ["a", "\\"]),
    ("^[[:alpha:]]$", [":]", "a]", "[]", "h]"], ["a", "b]", "z"]),
    ("^[&&a]$", ["&", "a"], ["b"]),
    (r"^[\u0041-\x43]$", ["A", "B", "C"], ["D"]),
    (r"^[\u{1F600}-\u{1F602}]$", ["😀", "😁"], ["😄", "a"]),
    (r"^[\uD83D\uDE00-\uD83D\uDE02]$", ["😀", "😁"], ["😄"]),
    ("^[😀-😂]$", ["😁"], ["😄"]),
    (r"^[\cA\0]$", ["\x01", "\x00"], ["c"]),
    (r"^[^\d]$", ["a", "٣"], ["3"]),
    # Repetition; braces that repeat nothing are braces.
    ("^a*b+c?$", ["b", "aabbc"], ["a", "bcc"]),
    ("^a{2}$", ["aa"], ["a", "aaa", "a{2}"]),
    ("^a{2,}$", ["aa", "aaaa"], ["a"]),
    ("^a{1,2}$", ["a", "aa"], ["", "aaa"]),
    ("^a{0}b$", ["b"], ["ab"]),
    ("^a{02}$", ["aa"], ["a"]),
    ("^a{,2}$", ["a{,2}"], ["a", "aa", ""]),
    ("^a{$", ["a{"], ["a"]),
    ("^a{x}$", ["a{x}"], ["ax"]),
    ("^{}$", ["{}"], [""]),
    ("^{a}$", ["{a}"], ["a"]),
    ("^a}]$", ["a}]"], ["a"]),
    ("^a{1 }$", ["a{1 }"], ["a"]),
    ("^(?:ab){2}$", ["abab"], ["ab", "abb"]),
    ("^a+?b*?c??d{1,2}?$", ["ad", "aabbcdd"], ["d", "addd"]),
    ("^(a|b|)$", ["a", "b", ""], ["ab"]),
    ("^|a", ["", "b"], []),
    ("^(?:)$", [""], ["a"]),
    ("^()+$", [""], ["a"]),
    ("^(a*)*$", ["", "aaa"], ["b"]),
    ("^(?:a?){3}$", ["", "aaa"], ["aaaa"]),
    ("^(?<year>[0-9]{4})-(?<month>[0-9]{2})$", ["2026-11"], ["26-11"]),
    ("^(?<$a_1>x)$", ["x"], [""]),
    # Case is told apart, and nothing is normalised.
    ("^straße$", ["straße"], ["STRASSE", "strasse", "Straße"]),
    ("^é$", ["é"], ["e\u0301"]),
    # Properties of Unicode.
    (r"^\p{L}+$", ["Größe", "Ωmega", "名"], ["a1", "-", ""]),
    (r"^\P{L}$", ["1", "-", "😀"], ["a", "ß"]),
    (r"^\p{Lu}\p{Lowercase_Letter}$", ["Ab", "Äö"], ["ab", "AB"]),
    (r"^\p{gc=Nd}$", ["1", "٣"], ["a", "²"]),
    (r"^\p{General_Category=Punctuation}$", ["-", "¿"], ["a", "+"]),
    (r"^\p{Script=Greek}$", ["Ω"], ["a"]),
    (r"^\p{sc=Cyrillic}$", ["ж"], ["a"]),
    (r"^[\p{L}\p{N} '-]+$", ["Anne-Marie O'Hara 2"], ["a_b", "a."]),
    (r"^[^\p{L}]$", ["1", "\n"], ["a", "é"]),
    # Lone halves of a pair are in no text that JSON carries.
    (r"\ud800", [], ["", "a", "😀"]),
    (r"^[\ud800-\udfff]$", [], ["a", "😀"]),
]


@pytest.mark.parametrize(("pattern", "found_in", "missing_in"), ROWS, ids=[ascii(row[0]) for row in ROWS])
def test_a_pattern_means_what_ecma_262_says(pattern: str, found_in: list[str], missing_in: list[str]) -> None:
    program = Pattern(pattern)
    assert [text for text in found_in if not program.is_in(text)] == []
    assert [text for text in missing_in if program.is_in(text)] == []


# No pattern of ECMA 262 either: V8 refuses each with and without the flag `u`, but for those of the second list.
BROKEN = [
    *("(", ")", "a)", "[", "[a", "(?:a", "\\", "*", "+a", "?", "a**", "a+*", "a{2}{3}", "a|*", "(*a)", "(?", "(?a)"),
    *("^*", "$+", r"\b+", r"\B{2}", "{2}", "a|{1}", "({1})", "a{2,1}", "[b-a]", r"[\x42-\x41]", "(?<1>a)", "(?<>a)"),
    *("(?<a>x)(?<a>y)", "(?<a", "(?P<a>x)", "(?#a)", "(?i)a", "(?>a)", "a*+", "a?+", "a++"),
]
# V8 takes these without the flag `u`, as a letter or as an octal number: whoever wrote them meant something else.
MEANT_OTHERWISE = [
    *(r"\A", r"\Z", r"\z", r"\a", r"\e", r"\G", r"\Q", r"\h", r"\i", r"\1", r"\01", r"\8", r"[\1]", r"[\B]"),
    *(r"\u00", r"\x4", r"\u{110000}", r"\c1", r"\p", r"\p{Greek}", r"\p{Foo}", r"\p{L", r"\p{Script=L1}", r"\k"),
]
# Patterns that V8 knows and no matcher in bounded time does.
BOUNDLESS = ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"(a)\1", r"(?<a>x)\k<a>", "a{1001}", "(?:a{500}){3}", "a{1001,}"]


@pytest.mark.parametrize("pattern", [*BROKEN, *MEANT_OTHERWISE, *BOUNDLESS])
def test_what_is_no_pattern_or_runs_without_bounds_is_refused_with_a_reason(pattern: str) -> None:
    problem = pattern_problem(pattern)
    assert problem is not None
    assert len(problem) > 10


@pytest.mark.parametrize(
    "pattern", ["a" * (PATTERN_CHARACTERS_MAX + 1), r"\p{L}{1,100}", ".{1000}.{1000}", "(?:(?:a{30}){30}){2}"]
)
def test_a_pattern_that_is_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(PatternRefused):
        Pattern(pattern)


@pytest.mark.parametrize("pattern", ["a" * PATTERN_CHARACTERS_MAX, "(" * 400 + ")" * 400, ".{1,900}", r"\w{1,1000}"])
def test_a_pattern_that_is_large_but_can_be_run_is_taken(pattern: str) -> None:
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^(a+)+$", "a" * 200 + "!", False),
        ("^(a|aa)+$", "a" * 200 + "!", False),
        ("^(a*)*b$", "a" * 200, False),
        ("^(?:a{1,30}){1,30}$", "a" * 200 + "!", False),
        ("(.*)(.*)(.*)(.*)x$", "a" * 200, False),
        (r"^(\w+\s?)*$", "word " * 40 + "!", False),
        (r"^([a-zA-Z0-9]+)*@", "a" * 200, False),
        ("^(a+)+$", "a" * 200, True),
    ],
)
def test_what_a_backtracking_engine_would_try_for_ever_is_answered(pattern: str, text: str, found: bool) -> None:
    assert Pattern(pattern).is_in(text) is found


def test_a_lone_half_of_a_pair_in_a_text_is_no_fault() -> None:
    assert not Pattern("^a$").is_in("\ud800")
    assert Pattern("a").is_in("\udfffa")


# What Python's engine and ECMA's agree on: literal text, ranges, choices, groups and counts, on texts of ASCII without
# line ends, and not on the empty one, where Python's `\B` was in doubt.
_ATOMS = st.sampled_from(
    [*"abc01_- ", "[a-c]", "[^a-b]", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", ".", r"\.", "[0-9_-]"]
)
_COUNTS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?"])
_PIECES = st.builds(lambda atom, count: atom + count, _ATOMS, _COUNTS)
_PATTERNS = st.recursive(
    st.lists(_PIECES, max_size=4).map("".join),
    lambda inner: st.one_of(
        st.builds(lambda one, count: f"(?:{one}){count}", inner, st.sampled_from(["", "?", "{2}", "*"])),
        st.builds(lambda one, other: f"({one}|{other})", inner, inner),
        st.builds(lambda one, other: one + other, inner, inner),
        st.builds(lambda one: rf"\b{one}", inner),
        st.builds(lambda one: rf"{one}\B", inner),
    ),
    max_leaves=4,
)
_ENDS = st.sampled_from([("", ""), ("^", ""), ("", "$"), ("^", "$")])


@given(pattern=_PATTERNS, ends=_ENDS, text=st.text(alphabet="abcd019_-. ", min_size=1, max_size=8))
def test_it_agrees_with_pythons_engine_where_both_mean_the_same(pattern: str, ends: tuple[str, str], text: str) -> None:
    start, end = ends
    whole = f"{start}(?:{pattern}){end}"
    assert Pattern(whole).is_in(text) is (re.search(whole, text, re.ASCII) is not None)


@given(pattern=st.text(alphabet=string.ascii_lowercase[:3] + r"\()[]{}|*+?^$.-,:<>=!012dDwWsSbBucxp", max_size=12))
def test_no_text_is_too_odd_to_be_told_what_is_wrong_with_it(pattern: str) -> None:
    problem = pattern_problem(pattern)
    assert problem is None or problem
