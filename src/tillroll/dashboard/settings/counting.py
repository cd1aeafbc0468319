"""How sales are put together and credited, and what a shop switches on or off."""

from functools import partial

from msgspec.structs import replace

from tillroll.dashboard.office import Staff
from tillroll.dashboard.settings.outcomes import Done, Outcome, Work, Wrong, field
from tillroll.domain.sales.facts import NUMBER_RULES
from tillroll.engine.sales import follow
from tillroll.engine.sales.policies import counting
from tillroll.engine.sales.reading import Witnesses
from tillroll.engine.shops.switches import set_switches

DAYS_MAX = 3_650
HOURS_MAX = 24 * DAYS_MAX
WINDOWS_MAX = 100
SOURCE_CHARACTERS_MAX = 200
# What is a whole number: the least and the most that it may be.
NUMBERS = {
    "match_minutes": (0, 1_440),
    "shared_persons": (1, 1_000),
    "window_days": (1, DAYS_MAX),
    "half_life_hours": (1, HOURS_MAX),
}


def change_counting(witnesses: Witnesses, staff: Staff) -> Outcome:
    """Everything of it at once; the sales are made anew by it, behind the scenes."""
    wrong: dict[str, str] = {}
    authority = tuple(field(staff, "authority").replace(",", " ").split())
    if set(authority) - set(witnesses.authority) or len(set(authority)) != len(authority):
        wrong["authority"] = f"Name each of {', '.join(witnesses.authority)} once at most."
    numbers = field(staff, "numbers")
    if numbers not in NUMBER_RULES:
        wrong["numbers"] = f"Numbers are compared by one of {', '.join(NUMBER_RULES)}."
    found = {}
    for name, (least, most) in NUMBERS.items():
        typed = field(staff, name)
        is_number = typed.isascii() and typed.isdigit() and len(typed) < 10 and least <= int(typed) <= most
        if is_number:
            found[name] = int(typed)
        else:
            wrong[name] = f"A whole number from {least} to {most} is needed."
    windows, problem = _windows(staff.visit.form.get("windows", ""))
    if problem:
        wrong["windows"] = problem
    if wrong:
        return Wrong(wrong)
    known = counting(staff.tx, staff.shop)
    changed = replace(known, authority=authority, numbers=numbers, window_hours=windows, **found)
    if changed == known:
        return Done("Nothing was changed.")
    follow.recount(staff.tx, staff.shop, changed)
    return Done("How sales are counted was changed; they are made anew behind the scenes.")


def _windows(text: str) -> tuple[dict[str, int], str]:
    """Windows of single sources, a line each: `chat=24`."""
    found: dict[str, int] = {}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines[: WINDOWS_MAX + 1]:
        source, _, hours = line.rpartition("=")
        source, hours = source.strip(), hours.strip()
        is_number = hours.isascii() and hours.isdigit() and len(hours) < 10 and int(hours) <= HOURS_MAX
        if not source or not is_number or len(source) > SOURCE_CHARACTERS_MAX:
            return {}, f"“{line[:40]}” is not SOURCE=HOURS, such as chat=24."
        found[source] = int(hours)
    return (found, "") if len(lines) <= WINDOWS_MAX else ({}, f"There are {WINDOWS_MAX} windows at most.")


def change_switches(staff: Staff) -> Outcome:
    """What holds for all dialects."""
    is_strict = bool(staff.visit.form.get("strict_fields"))
    set_switches(staff.tx, staff.shop, {"strict_fields": is_strict})
    return Done(f"Fields that nobody reads are {'refused' if is_strict else 'let pass'} from now on.")


def forms(witnesses: Witnesses) -> dict[str, Work]:
    """By their names."""
    return {"counting": partial(change_counting, witnesses), "switches": change_switches}
