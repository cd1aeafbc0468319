"""Who may report to the shop: its search engines and companies, the origins of its pages, and bans."""

import re

from tillroll.dashboard.office import Staff
from tillroll.dashboard.settings.outcomes import Done, Outcome, Work, Wrong, field
from tillroll.dialects.http import new_secret
from tillroll.engine.access import admission
from tillroll.engine.access.access import hash_of

# What clients name a shop by in these dialects: a search engine's hashid, a company's key.
ENGINE, COMPANY = "doofinder", "alhena"
NAME_CHARACTERS_MAX = 60
_HASHID = re.compile(r"[0-9a-f]{32}")
_COMPANY = re.compile(r"[A-Za-z0-9_-]{3,64}")


def add_engine(staff: Staff) -> Outcome:
    """One more hashid: the one that clients use already, or a new one."""
    typed, name = field(staff, "hashid").lower(), field(staff, "label")
    if typed and not _HASHID.fullmatch(typed):
        return Wrong({"hashid": "A hashid is 32 hex digits; leave it empty for a new one."})
    if len(name) > NAME_CHARACTERS_MAX:
        return Wrong({"label": f"A name has {NAME_CHARACTERS_MAX} characters at most."})
    hashid = typed or hash_of(new_secret())[:32]
    if not admission.add_channel(staff.tx, staff.shop, (ENGINE, hashid, name), staff.visit.now):
        return Wrong({"hashid": "This hashid is taken."})
    return Done(f"The engine {hashid} was added.")


def add_company(staff: Staff) -> Outcome:
    """One more key by which storefronts name the shop."""
    key = field(staff, "company")
    if not _COMPANY.fullmatch(key):
        return Wrong({"company": "A company's key is 3 to 64 letters, digits, hyphens and underscores."})
    if not admission.add_channel(staff.tx, staff.shop, (COMPANY, key, ""), staff.visit.now):
        return Wrong({"company": "This key is taken."})
    return Done(f"The company key {key} was added.")


def remove_engine(staff: Staff) -> Outcome:
    """Refuse what comes under a hashid from now on."""
    return _remove(staff, ENGINE, "hashid", "engine")


def remove_company(staff: Staff) -> Outcome:
    """Refuse what comes under a company's key from now on."""
    return _remove(staff, COMPANY, "company", "company key")


def _remove(staff: Staff, dialect: str, name: str, title: str) -> Outcome:
    identifier = field(staff, name)
    if not admission.remove_channel(staff.tx, staff.shop, dialect, identifier):
        return Wrong({name: f"The shop has no {title} like that."})
    return Done(f"The {title} {identifier} was removed.")


def add_origin(staff: Staff) -> Outcome:
    """Admit browsers on pages of an origin without a key."""
    return _gate(staff, "origin", "admitted")


def remove_origin(staff: Staff) -> Outcome:
    """Admit them no more."""
    return _gate(staff, "origin", "removed")


def ban(staff: Staff) -> Outcome:
    """Take nothing from an address or a network."""
    return _gate(staff, "network", "banned")


def lift_ban(staff: Staff) -> Outcome:
    """Take it again."""
    return _gate(staff, "network", "lifted")


def _gate(staff: Staff, name: str, done: str) -> Outcome:
    typed = field(staff, name)
    try:
        if done == "admitted":
            changed = admission.add_origin(staff.tx, staff.shop, typed, staff.visit.now)
        elif done == "removed":
            changed = admission.remove_origin(staff.tx, staff.shop, typed)
        elif done == "banned":
            changed = admission.ban(staff.tx, staff.shop, typed, staff.visit.now)
        else:
            changed = admission.lift_ban(staff.tx, staff.shop, typed)
    except ValueError as error:
        return Wrong({name: f"{str(error)[:200]}.".replace("..", ".")})
    if not changed:
        return Wrong({name: "That is so already."})
    return Done(f"{'Origin' if name == 'origin' else 'Ban of'} {typed}: {done}.")


FORMS: dict[str, Work] = {
    "add-engine": add_engine,
    "remove-engine": remove_engine,
    "add-company": add_company,
    "remove-company": remove_company,
    "add-origin": add_origin,
    "remove-origin": remove_origin,
    "ban": ban,
    "lift-ban": lift_ban,
}
