"""Regular expressions that strangers wrote: matched in time that grows with the text, and with nothing else.

They mean what ECMA 262 says, and are run by RE2, which tries nothing twice. What no such matcher can do (looking ahead
or behind, referring back) and what would take too much of its memory is refused.
"""

from typing import Any

import re2

from tillroll.domain.site.ecma import Untranslatable, translated

PATTERN_CHARACTERS_MAX = 1_000

# For the program of one pattern and what is remembered while it runs: some twenty thousand instructions.
MEMORY_BYTES_MAX = 1 << 19
# What the compiler does before it gives up on a pattern that is too large, in instructions.
PROGRAM_STEPS_MAX = 22_000

_CONTINUATION = 0x80
_CONTINUATION_MASK = 0xC0


class PatternRefused(Exception):
    """The pattern can not be used; the message says why, without naming the pattern. `steps` is what it took to see."""

    def __init__(self, message: str, steps: int = 0) -> None:
        super().__init__(message)
        self.steps = steps


class Pattern:
    """A pattern that can be searched for; `steps` is what one character of a text costs at the very worst."""

    __slots__ = ("_program", "steps")

    def __init__(self, source: str) -> None:
        if len(source) > PATTERN_CHARACTERS_MAX:
            raise PatternRefused(f"is longer than {PATTERN_CHARACTERS_MAX} characters")
        try:
            self._program: Any = re2.compile(translated(source), _options())
        except Untranslatable as error:
            raise PatternRefused(str(error)) from error
        except re2.error as error:
            raise PatternRefused(_told(error), PROGRAM_STEPS_MAX) from error
        self.steps: int = self._program.programsize

    def is_in(self, text: str) -> bool:
        """Whether the pattern matches anywhere in a text."""
        data = text.encode("utf-8", "surrogatepass")
        start = 0
        while True:
            found = self._program.search(data, start)
            if found is None:
                return False
            start = found.start()
            if start == len(data) or data[start] & _CONTINUATION_MASK != _CONTINUATION:
                return True
            # RE2 looks at bytes, and has found an empty place within a character: that is nowhere in the text.
            while start < len(data) and data[start] & _CONTINUATION_MASK == _CONTINUATION:
                start += 1


def pattern_problem(source: str) -> str | None:
    """What is wrong with a regular expression from outside, None where it can be used."""
    try:
        Pattern(source)
    except PatternRefused as refused:
        return str(refused)
    return None


def _options() -> Any:
    options = re2.Options()
    options.max_mem = MEMORY_BYTES_MAX
    options.never_capture = True
    options.log_errors = False  # a stranger's mistake is told to the stranger, not to the log
    return options


def _told(error: Exception) -> str:
    said = error.args[0] if error.args else b""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if "too large" in text:
        return "is too large to be matched in bounded time: use smaller counts, or minLength and maxLength"
    if "repetition size" in text:
        return "repeats what repeats, and counts further than 1000 in all: say minLength or maxLength instead"
    return f"can not be used: {text}"
