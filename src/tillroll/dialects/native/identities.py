"""The names of one visitor, as each dialect has them: read, and written as the nodes that the ledger links.

{"dialect": "doofinder", "id": session}         doofinder:session
{"dialect": "doofinder.user", "id": user}       doofinder.user:user
{"dialect": "alhena", "id": "fp/faqfp"}         alhena:fp/faqfp, as two fields, too
{"dialect": "emporix", "id": id}                emporix:customer:id of a known customer, else emporix:session:id
{"dialect": "scout", "id": user}                scout:user
{"dialect": "native", "id": own}                native:own
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from tillroll.dialects.http import Problem
from tillroll.engine.customers import customers
from tillroll.store import Transaction

ALHENA, EMPORIX, SCOUT = "alhena", "emporix", "scout"
DIALECTS = ("doofinder", "doofinder.user", ALHENA, EMPORIX, SCOUT, "native")
NAMES_MAX = 20
# As the ledger's column of visitors has room for.
NAME_BYTES_MAX = 200
# Scout's users are numbers, and come as such in its answers.
NUMBER_MAX = 2**63 - 1

_FINGERPRINTS = ("user_fingerprint", "user_faq_fingerprint")
_KINDS = ("customer", "session")


class Named(Struct, frozen=True):
    """A visitor's name in a dialect, as it was sent."""

    dialect: str
    id: str


def read_names(value: Any, least: int) -> tuple[list[Named], list[Problem]]:
    """The names of a list, and everything that is wrong with it."""
    if not isinstance(value, list) or not least <= len(value) <= NAMES_MAX:
        said = f"ids is a list of {least} to {NAMES_MAX} objects with a dialect and an id"
        return [], [Problem("ids", "invalid_value", said)]
    names: list[Named] = []
    problems: list[Problem] = []
    for position, one in enumerate(value):
        found = _name(one, f"ids[{position}]")
        if isinstance(found, Named):
            names.append(found)
        else:
            problems.append(found)
    return list(dict.fromkeys(names)), problems


def nodes_of(tx: Transaction, shop: str, names: Iterable[Named]) -> Mapping[Named, str]:
    """These names as nodes; a number that is a customer's means the customer."""
    wanted = set(names)
    numbers = {one.id for one in wanted if one.dialect == EMPORIX and one.id.isascii() and one.id.isdigit()}
    known = set(customers.find_many(tx, shop, numbers)) if numbers else set()
    return {one: _node(one, known) for one in wanted}


def _node(name: Named, customer_ids: set[str]) -> str:
    if name.dialect != EMPORIX or name.id.partition(":")[0] in _KINDS:
        return f"{name.dialect}:{name.id}"
    return f"{EMPORIX}:{'customer' if name.id in customer_ids else 'session'}:{name.id}"


def _name(value: Any, place: str) -> Named | Problem:
    dialect = value.get("dialect") if isinstance(value, dict) else None
    if dialect not in DIALECTS:
        return Problem(f"{place}.dialect", "invalid_value", f"{place}.dialect is one of {', '.join(DIALECTS)}")
    id = value.get("id")
    if dialect == SCOUT and isinstance(id, int) and not isinstance(id, bool) and 0 <= id <= NUMBER_MAX:
        id = str(id)
    if dialect == ALHENA:
        id = _pair(id)
    if not _is_name(id) or (dialect == ALHENA and id.count("/") != 1):
        said = f"{place}.id is a text of {NAME_BYTES_MAX} bytes of printable characters at most"
        if dialect == ALHENA:
            said = f"{place}.id is both fingerprints: user_fingerprint/user_faq_fingerprint, or an object with the two"
        return Problem(f"{place}.id", "invalid_value", said)
    return Named(dialect, id)


def _pair(id: Any) -> Any:
    """Both fingerprints as the ledger writes them, whichever way they were sent."""
    if not isinstance(id, dict):
        return id
    both: Sequence[Any] = [id.get(name, "") for name in _FINGERPRINTS]
    return "/".join(both) if all(isinstance(one, str) for one in both) and any(both) else None


def _is_name(id: Any) -> bool:
    if not isinstance(id, str) or not id or id != id.strip() or not id.isprintable():
        return False
    return len(id.encode("utf-8", "surrogatepass")) <= NAME_BYTES_MAX
