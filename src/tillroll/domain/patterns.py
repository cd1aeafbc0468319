"""Regular expressions that strangers wrote: only those are accepted whose matching can not blow up.

A repeated group that can match one text in several ways, like `(a+)+` or `(a|ab)*`, takes a backtracking engine time
that doubles with every character. What repeats inside a repeated group must therefore begin with a separator that
nothing else in the group matches: `(-[a-z]+)*` is fine.
"""

import re

PATTERN_CHARACTERS_MAX = 500
# Up to so many times a group may be repeated whatever it holds.
_FEW_TIMES = 10
# Each repetition without an end multiplies what a backtracking engine may try by the length of the text; three of them
# on a text of 200 characters are some million steps at the worst.
_ENDLESS_MAX = 3

_TOKEN = re.compile(
    r"""(?P<backreference>\\[1-9]|\(\?P=|\(\?\()
      | (?P<any>\[\^?\]?(?:\\.|[^\]\\])*\] | \\[dDwWsS] | \.)
      | (?P<open>\((?:\?(?:P<\w+>|<?[=!]|[aiLmsux-]*:))?)
      | (?P<close>\))
      | (?P<quantifier>(?:[*+?]|\{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\})[?+]?)
      | (?P<alternative>\|)
      | (?P<literal>\\.|.)""",
    re.VERBOSE | re.DOTALL,
)


class _Group:
    """What is known of a group while it is read: what it begins with, what it can match, whether in several lengths."""

    __slots__ = ("atoms", "first", "varies")

    def __init__(self) -> None:
        self.first: str | None = None
        self.atoms: list[str] = []
        self.varies = False

    def has_separator(self) -> bool:
        """Whether it begins with a literal that nothing else in it matches."""
        return self.first is not None and not any(_matches(atom, self.first) for atom in self.atoms[1:])


def pattern_problem(pattern: str) -> str | None:
    """What is wrong with a regular expression from outside, None where it can be used."""
    return _ambiguity(pattern) or _cost_problem(list(_TOKEN.finditer(pattern)))


def _cost_problem(tokens: "list[re.Match[str]]") -> str | None:
    """Whether what repeats, each by itself harmless, costs too much together."""
    if sum(_is_endless(token) for token in tokens) > _ENDLESS_MAX:
        return f"repeats without an end in more than {_ENDLESS_MAX} places, which can take forever"
    if _nests_repetitions(tokens):
        return "repeats a group that repeats a group, which can take forever"
    return None


def _ambiguity(pattern: str) -> str | None:
    """What makes a regular expression unusable, or its repeated groups ambiguous."""
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        return f"is longer than {PATTERN_CHARACTERS_MAX} characters"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is not a regular expression: {error}"
    groups = [_Group()]
    tokens = list(_TOKEN.finditer(pattern))
    for position, token in enumerate(tokens):
        follower = tokens[position + 1] if position + 1 < len(tokens) else None
        kind = token.lastgroup if token.lastgroup not in ("low", "comma", "high") else "quantifier"
        if kind == "backreference":
            return "refers back to a group, which can take forever to match"
        if kind == "open":
            groups.append(_Group())
        elif kind == "close" and len(groups) > 1:
            closed = groups.pop()
            if _repeats(follower) and closed.varies and not closed.has_separator():
                return "repeats a group that can match the same text in several ways, which can take forever"
            groups[-1].atoms += closed.atoms or [""]
            groups[-1].varies |= closed.varies
        elif kind == "quantifier":
            groups[-1].varies |= _varies(token)
        elif kind == "alternative":
            groups[-1].varies, groups[-1].first = True, None
            groups[-1].atoms.append("")
        else:
            _add(groups[-1], token, follower)
    return None


def _add(group: _Group, token: "re.Match[str]", follower: "re.Match[str] | None") -> None:
    """A character or a class of them; a group that begins with a character of its own may repeat."""
    quantified = follower is not None and follower["quantifier"] is not None
    if not group.atoms and token["literal"] is not None and not quantified:
        group.first = token["literal"]
    group.atoms.append(token[0])


def _repeats(quantifier: "re.Match[str] | None") -> bool:
    if quantifier is None or quantifier["quantifier"] is None or quantifier[0].startswith("?"):
        return False
    high = quantifier["high"] or ("" if quantifier["comma"] else quantifier["low"])
    return not high or int(high) > _FEW_TIMES


def _is_endless(token: "re.Match[str]") -> bool:
    """Whether a token is a quantifier with no upper bound, or with one so high that it might as well have none."""
    if token["quantifier"] is None or token[0].startswith("?"):
        return False
    high = token["high"] or ("" if token["comma"] else token["low"])
    return not high or int(high) > 10 * _FEW_TIMES


def _nests_repetitions(tokens: "list[re.Match[str]]") -> bool:
    """Whether a repeated group that varies stands inside another repeated group."""
    repeated_inside = [False]
    for position, token in enumerate(tokens):
        if token["open"] is not None:
            repeated_inside.append(False)
        elif token["close"] is not None and len(repeated_inside) > 1:
            inner = repeated_inside.pop()
            follower = tokens[position + 1] if position + 1 < len(tokens) else None
            repeats = follower is not None and follower["quantifier"] is not None and not follower[0].startswith("?")
            if inner and repeats:
                return True
            repeated_inside[-1] |= inner or repeats
    return False


def _varies(quantifier: "re.Match[str]") -> bool:
    return not quantifier[0].startswith("{") or bool(quantifier["comma"])


def _matches(atom: str, literal: str) -> bool:
    """Whether an atom can match what a literal stands for."""
    character = literal[-1]
    return bool(atom) and re.fullmatch(atom, character) is not None
