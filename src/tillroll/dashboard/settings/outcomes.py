"""What becomes of a form: what it has changed, or what is wrong with which of its fields."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from tillroll.dashboard.office import Staff


class Done(Struct, frozen=True):
    """What was changed, in a sentence for people; `shown_once` are secrets, by what they are."""

    what: str
    shown_once: Mapping[str, str] = {}


class Wrong(Struct, frozen=True):
    """What is wrong, by field."""

    fields: Mapping[str, str]


Outcome = Done | Wrong
Work = Callable[[Staff], Outcome]


def field(staff: Staff, name: str) -> str:
    """What a field holds, without the blanks around it."""
    return staff.visit.form.get(name, "").strip()
