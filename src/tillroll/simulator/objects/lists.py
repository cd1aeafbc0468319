"""Lists by pages, the search that is always a little behind, and what is expanded in an answer."""

import re
from typing import Any

from tillroll.simulator.books import LAST, Json, Page, public
from tillroll.simulator.desk import Desk
from tillroll.simulator.wire import Outcome, invalid, missing

LIMIT_MAX = 100
LIMIT = 10
TYPES_MAX = 20
LEVELS_MAX = 4
# How long events are listed.
EVENT_SECONDS = 30 * 86_400

# By what a list can be asked for, beside pages and times: the parameter, and whose parent the objects have.
_PARENTS = ("payment_intent", "charge", "source")
# Which references can be expanded, and what they refer to.
_REFERENCES = {
    "latest_charge": "charge",
    "charge": "charge",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "balance_transaction": "balance_transaction",
    "failure_balance_transaction": "balance_transaction",
    "customer": "",
    "review": "",
    "source": "",
}
_CLAUSE = re.compile(
    r"""\s*(?P<not>-?)(?P<field>\w+)(?:\[(?:'(?P<key>[^']*)'|"(?P<key2>[^"]*)")\])?"""
    r"""(?P<how>:|>=|<=|>|<|~)(?:'(?P<value>[^']*)'|"(?P<value2>[^"]*)"|(?P<number>\d+))\s*(?:AND\b|and\b|$)"""
)


def listed(desk: Desk, kind: str, given: Json) -> Outcome:
    """A page of the account's objects of a kind, newest first."""
    limit = _limit(given)
    page = _page(desk, kind, given, limit)
    found = desk.books.listed(desk.asking.account, page, upwards="ending_before" in given)
    has_more = len(found) > limit
    if has_more:
        found = found[1:] if "ending_before" in given else found[:limit]
    url = f"/v1/{kind}s"
    body = {"object": "list", "url": url, "has_more": has_more, "data": [public(one) for one in found]}
    return Outcome(200, body)


def searched(desk: Desk, _id: str, given: Json) -> Outcome:
    """Intents that a query finds, as they were some time ago: what has changed since is not there."""
    limit = _limit(given)
    clauses = _clauses(given["query"])
    seen_ms = desk.times.ticking_ms - int(desk.rules.script.search_lag_ms)
    known = desk.books.all_of(desk.asking.account, "payment_intent", seen_ms)
    found = [one for one in known if all(_matches(one, clause) for clause in clauses)]
    start = int(given["page"]) if (given.get("page") or "").isdecimal() else 0
    rest = len(found) - start - limit
    body = {
        "object": "search_result",
        "url": "/v1/payment_intents/search",
        "has_more": rest > 0,
        "next_page": str(start + limit) if rest > 0 else None,
        "data": [public(one) for one in found[start : start + limit]],
    }
    return Outcome(200, body)


def expanded(desk: Desk, outcome: Outcome, paths: list[str]) -> Outcome:
    """An answer with what these references refer to in their place."""
    body = dict(outcome.body)
    for path in paths:
        parts = path.split(".")
        if len(parts) > LEVELS_MAX:
            raise invalid(f"{path} goes deeper than {LEVELS_MAX} levels.", "parameter_invalid", "expand")
        _expand(desk, body, parts)
    return Outcome(outcome.status, body, outcome.is_executed)


def _expand(desk: Desk, body: Json, parts: list[str]) -> None:
    name, rest = parts[0], parts[1:]
    if name == "data" and isinstance(body.get("data"), list) and rest:
        for one in body["data"]:
            _expand(desk, one, rest)
        return
    if name not in _REFERENCES or name not in body:
        raise invalid(f"{name} can not be expanded here.", None, "expand")
    if isinstance(body[name], str):
        found = desk.books.find(_REFERENCES[name], body[name])
        body[name] = body[name] if found is None else public(found[0])
    if rest and isinstance(body[name], dict):
        _expand(desk, body[name], rest)


def _limit(given: Json) -> int:
    limit: int = given.get("limit", LIMIT)
    if not 1 <= limit <= LIMIT_MAX:
        raise invalid(f"limit is 1 to {LIMIT_MAX}.", "parameter_invalid_integer", "limit")
    return limit


def _page(desk: Desk, kind: str, given: Json, limit: int) -> Page:
    since, until = given.get("created", (0, LAST))
    labels = given.get("types", []) + ([given["type"]] if given.get("type") else [])
    if len(labels) > TYPES_MAX:
        raise invalid(f"At most {TYPES_MAX} types.", None, "types")
    parents = [given[name] for name in _PARENTS if given.get(name)]
    if given.get("charge") is not None:
        parents = [desk.find("charge", given["charge"], "charge")["payment_intent"]]
    if given.get("customer") is not None:
        until = -1  # nobody is a customer here
    if kind == "event":
        since = max(since, desk.now - EVENT_SECONDS)
    before, after = _cursor(desk, kind, given, "starting_after"), _cursor(desk, kind, given, "ending_before")
    return Page(
        kind=kind,
        count=limit + 1,
        before=LAST if before is None else before,
        after=after or 0,
        since=since,
        until=min(until, LAST),
        parent=parents[0] if parents else "",
        labels=labels,
    )


def _cursor(desk: Desk, kind: str, given: Json, name: str) -> int | None:
    if given.get(name) is None:
        return None
    number = desk.books.number(desk.asking.account, kind, given[name])
    if number is None:
        raise missing(kind, given[name], name)
    return number


def _clauses(query: str) -> list[re.Match[str]]:
    at, found = 0, []
    while at < len(query):
        match = _CLAUSE.match(query, at)
        if match is None:
            raise invalid("The query can not be read; its clauses are joined by AND.", None, "query")
        found.append(match)
        at = match.end()
    return found


def _matches(intent: Json, clause: re.Match[str]) -> bool:
    value: Any = intent.get(clause["field"])
    key = clause["key"] if clause["key"] is not None else clause["key2"]
    if key is not None:
        value = value.get(key) if isinstance(value, dict) else None
    wanted = next(text for text in (clause["value"], clause["value2"], clause["number"]) if text is not None)
    return _holds(clause["how"], value, wanted) != bool(clause["not"])


def _holds(how: str, value: Any, wanted: str) -> bool:
    if value is None:
        return False
    if how == ":":
        return str(value) == wanted
    if how == "~":
        return wanted in str(value)
    if not str(value).isdecimal() or not wanted.isdecimal():
        return False
    number, bound = int(value), int(wanted)
    return {">": number > bound, "<": number < bound, ">=": number >= bound, "<=": number <= bound}[how]
