r"""The regular expressions of ECMA 262, as JSON Schema asks for them, in the syntax of RE2.

    pattern ──► tokens ──► checked and spelled anew ──► RE2

Characters are code points, as with ECMA's flag `u`; where only ECMA's older syntax knows a spelling, as a lone brace,
it means what it means there. Groups are for repeating and choosing alone, because nobody reads what they have matched:
names and laziness change nothing of whether a text matches. A letter behind a backslash that ECMA gives no meaning is
refused: `\A` and `\Z` are anchors in other languages, and were meant as such.
"""

import re

Ranges = tuple[tuple[int, int], ...]

# RE2 counts no further, also where repetitions stand in one another.
REPETITIONS_MAX = 1_000

_LAST = 0x10FFFF
_LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_SETS: dict[str, Ranges] = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    # White space and line ends: tab to carriage return, every space of Unicode (Zs), and the byte order mark.
    "s": (
        *((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A)),
        *((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)),
    ),
}
_CHARACTERS = {"0": 0x00, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}

# Long name → short one, which RE2 knows. `C` and `Cn` are not here: RE2 has no table of what is not assigned.
_CATEGORIES = {
    **{"Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt"},
    **{"Modifier_Letter": "Lm", "Other_Letter": "Lo"},
    **{"Mark": "M", "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me"},
    **{"Number": "N", "Decimal_Number": "Nd", "Letter_Number": "Nl", "Other_Number": "No"},
    **{"Punctuation": "P", "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps"},
    **{"Close_Punctuation": "Pe", "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po"},
    **{"Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So"},
    **{"Separator": "Z", "Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp"},
    **{"Control": "Cc", "Format": "Cf", "Private_Use": "Co"},
}
_SHORT_CATEGORIES = frozenset(_CATEGORIES.values())
_PROPERTY = re.compile(r"(?:(?P<kind>gc|General_Category|sc|Script)=)?(?P<name>[A-Za-z_]+)")

_ESCAPE = r"""\\(?:u\{(?P<point>[0-9A-Fa-f]{1,8})\}
      | u(?P<high>[Dd][89ABab][0-9A-Fa-f]{2})\\u(?P<low>[Dd][C-Fc-f][0-9A-Fa-f]{2})
      | [ux](?P<unit>(?<=u)[0-9A-Fa-f]{4}|(?<=x)[0-9A-Fa-f]{2})
      | c(?P<control>[A-Za-z])
      | (?P<sign>[pP])\{(?P<property>[^}]*)\}
      | (?P<letter>.|$))"""
_TOKEN = re.compile(
    rf"""(?P<escape>{_ESCAPE})
      | (?P<quantifier>(?:[*+?]|\{{(?P<least>\d+)(?P<comma>,(?P<most>\d*))?\}})\??)
      | (?P<look>\(\?<?[=!])
      | (?P<open>\((?:\?:|\?<(?P<name>[^>]*)>|(?!\?)))
      | (?P<strange>\(\?)
      | (?P<class>\[\^?)
      | (?P<mark>[)|^$.])
      | (?P<literal>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_MEMBER = re.compile(rf"(?P<escape>{_ESCAPE}) | (?P<end>\]) | (?P<literal>.)", re.VERBOSE | re.DOTALL | re.ASCII)

Token = re.Match[str]


class Untranslatable(Exception):
    """What is written is no pattern of ECMA 262, or one that can not be matched in bounded time."""


def translated(pattern: str) -> str:
    """A pattern of ECMA 262 as RE2 spells it; raises Untranslatable, which says what is wrong with the pattern."""
    spelled: list[str] = []
    open_groups = position = 0
    names: set[str] = set()
    can_repeat = False
    while position < len(pattern):
        token = _token(_TOKEN, pattern, position)
        position = token.end()
        kind = token.lastgroup if token["escape"] is None else "escape"
        if token["quantifier"] is not None:
            if not can_repeat:
                raise Untranslatable(f"has nothing to repeat in front of {token[0]!r}")
            spelled.append(_quantifier(token))
            can_repeat = False
            continue
        if token["open"] is not None:
            _note_name(token["name"], names)
            open_groups += 1
        elif token[0] == ")":
            open_groups -= 1
            if open_groups < 0:
                raise Untranslatable("closes a group that is not open")
        if kind == "class":
            text, position = _class(pattern, position, is_negated=token[0] == "[^")
            spelled.append(text)
        else:
            spelled.append(_spelled(token))
        can_repeat = _is_atom(token)
    if open_groups:
        raise Untranslatable("does not close a group")
    return "".join(spelled)


def _token(tokens: "re.Pattern[str]", pattern: str, position: int) -> Token:
    token = tokens.match(pattern, position)
    assert token is not None  # the last alternative takes any character
    return token


def _is_atom(token: Token) -> bool:
    """Whether what the token stands for, or ends, can be repeated."""
    return token["open"] is None and token[0] not in ("|", "^", "$", r"\b", r"\B")


def _note_name(name: str | None, names: set[str]) -> None:
    if name is None:
        return
    if not name.replace("$", "_").isidentifier() or name in names:
        raise Untranslatable(f"has a group with the name {name[:40]!r}, which is no name or is taken")
    names.add(name)


def _quantifier(token: Token) -> str:
    """A repetition; a lazy one matches the same texts."""
    if token["least"] is None:
        return token[0][0]
    least = int(token["least"])
    most = least if token["comma"] is None else int(token["most"]) if token["most"] else None
    if max(least, most or 0) > REPETITIONS_MAX:
        raise Untranslatable(f"counts further than {REPETITIONS_MAX}: say minLength or maxLength instead")
    if most is None:
        return f"{{{least},}}"
    if most < least:
        raise Untranslatable(f"counts backwards in {token[0]!r}")
    return f"{{{least},{most}}}"


def _spelled(token: Token) -> str:
    """A token that is neither a class nor a repetition."""
    if token["escape"] is not None:
        return _escape(token)
    if token["look"] is not None:
        raise Untranslatable(f"looks ahead or behind with {token[0]!r}, which can take forever to match")
    if token["strange"] is not None:
        raise Untranslatable("has a group that ECMA 262 does not know: flags such as (?i) are not part of a pattern")
    if token["open"] is not None:
        return "(?:"
    if token["mark"] is not None:
        return {"^": r"\A", "$": r"\z", ".": _set(_LINE_ENDS, is_negated=True)}.get(token[0], token[0])
    return _character(ord(token[0]))


def _escape(token: Token) -> str:
    """What a backslash and what follows it match outside a class."""
    letter = token["letter"]
    if letter in ("b", "B"):
        return token[0]
    if token["property"] is not None:
        return _property(token)
    if letter is not None and letter.lower() in _SETS:
        return _set(_SETS[letter.lower()], is_negated=letter.isupper())
    return _character(_code_point(token))


def _class(pattern: str, position: int, *, is_negated: bool) -> tuple[str, int]:
    """A class of characters, from behind its bracket, and where it ends."""
    ranges: list[tuple[int, int]] = []
    properties: list[str] = []
    first: int | None = None  # what may begin a range
    is_range = False
    while True:
        if position >= len(pattern):
            raise Untranslatable("does not close a class of characters")
        token = _token(_MEMBER, pattern, position)
        position = token.end()
        if token["end"] is not None:
            break
        if token[0] == "-" and first is not None and not is_range:
            is_range = True
            continue
        point = _member(token, ranges, properties)
        if is_range and first is not None and point is not None:
            if point < first:
                raise Untranslatable("has a range of characters that runs backwards")
            ranges.append((first, point))
            first, is_range = None, False
            continue
        ranges += [(one, one) for one in (first, 0x2D if is_range else None) if one is not None]
        first, is_range = point, False
    ranges += [(one, one) for one in (first, 0x2D if is_range else None) if one is not None]
    if not ranges and not properties:
        return _set(((0, _LAST),), is_negated=not is_negated), position
    return _set(tuple(ranges), "".join(properties), is_negated=is_negated), position


def _member(token: Token, ranges: list[tuple[int, int]], properties: list[str]) -> int | None:
    """The character that a member of a class stands for; None where it stands for many, which are added."""
    letter = token["letter"]
    if token["literal"] is not None:
        return ord(token[0])
    if token["property"] is not None:
        properties.append(_property(token))
        return None
    if letter is not None and letter.lower() in _SETS:
        found = _SETS[letter.lower()]
        ranges += _others(found) if letter.isupper() else found
        return None
    return 0x08 if letter == "b" else _code_point(token)


def _code_point(token: Token) -> int:
    """The one character that an escape stands for."""
    letter = token["letter"]
    if token["high"] is not None:
        high, low = int(token["high"], 16), int(token["low"], 16)
        return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
    if token["control"] is not None:
        return ord(token["control"]) % 32
    if letter is None:
        point = int(token["point"] or token["unit"], 16)
        if point > _LAST:
            raise Untranslatable(f"names a character that does not exist: {token[0]!r}")
        return point
    is_octal = letter == "0" and token.string[token.end() : token.end() + 1].isdecimal()
    if letter and letter in "123456789k":
        raise Untranslatable(f"refers back to a group with {token[0]!r}, which can take forever to match")
    if letter in _CHARACTERS and not is_octal:
        return _CHARACTERS[letter]
    if not letter or (letter.isascii() and letter.isalnum()):
        raise Untranslatable(f"has the escape {token[0]!r}, which means nothing in ECMA 262")
    return ord(letter)


def _property(token: Token) -> str:
    r"""A property of characters such as `\p{L}`: a general category, or a script that is called one."""
    found = _PROPERTY.fullmatch(token["property"])
    name = _CATEGORIES.get(found["name"], found["name"]) if found is not None else ""
    is_script = found is not None and found["kind"] in ("sc", "Script")
    if not is_script and name not in _SHORT_CATEGORIES:
        raise Untranslatable(
            f"names characters by {token[0][:60]!r}, which is neither a general category nor a Script="
        )
    return rf"\{token['sign']}{{{name}}}"


def _others(ranges: Ranges) -> Ranges:
    """Every code point that is not in some ascending ranges."""
    ends = [-1, *(end for _, end in ranges)]
    starts = [*(start for start, _ in ranges), _LAST + 1]
    return tuple((end + 1, start - 1) for end, start in zip(ends, starts, strict=True) if end + 1 < start)


def _set(ranges: Ranges, more: str = "", *, is_negated: bool) -> str:
    spelled = "".join(
        _character(start) if start == end else f"{_character(start)}-{_character(end)}" for start, end in ranges
    )
    return f"[{'^' if is_negated else ''}{spelled}{more}]"


def _character(point: int) -> str:
    character = chr(point)
    return character if character.isascii() and character.isalnum() else f"\\x{{{point:x}}}"
