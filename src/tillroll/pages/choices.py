"""What a dialect lets the people of a shop choose, in words that pages know: they show it, and the dialect decides.

dialect ──► DialectChoices ──► a section of the settings ──► the form ──► dialect: changed, or what is wrong
"""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from tillroll.store import Transaction


class Choice(Struct, frozen=True, kw_only=True):
    """One thing to choose: one of `options` by name with what each means, a number where there are none, or a flag."""

    name: str
    label: str
    value: str
    options: Mapping[str, str] = {}
    bounds: tuple[int, int] | None = None

    @property
    def is_flag(self) -> bool:
        """Whether it is chosen or not, and nothing else."""
        return not self.options and self.bounds is None

    def problem(self, said: str) -> str | None:
        """Why this can not be chosen, or None."""
        if self.options:
            return None if said in self.options else f"Choose one of {', '.join(self.options)}."
        if self.bounds is None:
            return None
        least, most = self.bounds
        is_number = said.isascii() and said.isdigit() and len(said) < 10 and least <= int(said) <= most
        return None if is_number else f"A whole number from {least} to {most} is needed."


class DialectChoices(Struct, frozen=True):
    """A dialect's section of the settings: what it is called, what it is about, what may be chosen, and who changes it.

    `change` is given a sound value for each choice, a flag as `1` or nothing, and is run inside of a transaction.
    """

    dialect: str
    title: str
    about: str
    names: tuple[str, ...]
    choices: Callable[[Transaction, str], Sequence[Choice]]
    change: Callable[[Transaction, str, Mapping[str, str]], None]
