"""What dialects let a shop choose: a section for each of those that have anything to choose."""

from collections.abc import Mapping, Sequence
from functools import partial

from tillroll.dashboard.office import Staff
from tillroll.dashboard.settings.outcomes import Done, Outcome, Work, Wrong, field
from tillroll.pages.choices import DialectChoices


def change(section: DialectChoices, staff: Staff) -> Outcome:
    """All choices of a section at once; what is wrong stands beside its field."""
    wrong, said = {}, {}
    for one in section.choices(staff.tx, staff.shop):
        said[one.name] = field(staff, one.name)
        if problem := one.problem(said[one.name]):
            wrong[one.name] = problem
    if wrong:
        return Wrong(wrong)
    section.change(staff.tx, staff.shop, said)
    return Done(f"How {section.title}'s calls are taken was decided.")


def forms(sections: Sequence[DialectChoices]) -> Mapping[str, Work]:
    """By their names: the dialect's own."""
    return {one.dialect: partial(change, one) for one in sections}
