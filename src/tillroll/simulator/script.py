"""What goes wrong, and when: the script of a simulator, and the chance by which it is played.

Nothing is left to real chance: a draw is a function of the seed, of what it is for, and of how often that was asked.
"""

import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from statistics import NormalDist
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from tillroll.simulator.books import Books, Json

Chance = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Milliseconds = Annotated[float, Meta(ge=0, le=3_600_000)]

# What is done to an answer whose work was done; all others are instead of the work unless they say `"effect": true`.
FAULTS_OF_ANSWERS = frozenset(("slow_body", "cut_body", "bad_json", "html", "delay", "delay_effect", "wrong_amount"))
# How far above the middle the 99th percentile of a normal law is, in deviations.
_P99 = NormalDist().inv_cdf(0.99)


Fault = Literal[
    "",
    "timeout",
    "reset",
    "close",
    "status",
    "slow_body",
    "cut_body",
    "bad_json",
    "html",
    "delay",
    "delay_effect",
    "wrong_amount",
    "rate_limit",
    "lock",
]


class Latency(Struct, frozen=True, forbid_unknown_fields=True):
    """How long work takes: always `ms`, or by a lognormal law with these percentiles."""

    law: Literal["fixed", "lognormal"] = "fixed"
    ms: Milliseconds = 0
    p50_ms: Annotated[float, Meta(gt=0, le=60_000)] = 100
    p99_ms: Annotated[float, Meta(gt=0, le=600_000)] = 300

    def seconds(self, draw: float) -> float:
        """How long it takes for a draw between 0 and 1."""
        if self.law == "fixed":
            return self.ms / 1000
        deviation = max(0.0, math.log(self.p99_ms / self.p50_ms)) / _P99
        middle = NormalDist().inv_cdf(min(max(draw, 1e-9), 1 - 1e-9))
        return math.exp(math.log(self.p50_ms) + deviation * middle) / 1000


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """How many requests a second there may be, in all and for one operation; 0 is any number."""

    global_per_second: int = 0
    endpoint_per_second: int = 0


class Webhooks(Struct, frozen=True, forbid_unknown_fields=True):
    """How webhooks are delivered: how late at first, how often twice, never, out of order, early or outdated."""

    first_ms: tuple[Milliseconds, Milliseconds] = (0, 0)
    duplicate: Chance = 0
    lose: Chance = 0
    reorder: Chance = 0
    before_answer: Chance = 0
    stale: Chance = 0
    retry_seconds: Sequence[float] = (1, 5, 30, 300)


class On(Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests, or deliveries, a rule is for. `where` has paths into the parameters or the object."""

    op: str = "*"
    type: str = ""
    where: Mapping[str, Any] = {}


class WebhookDo(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done to one delivery."""

    lose: bool = False
    duplicate: bool = False
    delay_ms: Milliseconds = 0
    before_answer: bool = False
    stale: bool = False


class Do(Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule does: a fault, a decline, an action of the card's holder, or something to a webhook."""

    fault: Fault = ""
    effect: bool | None = None
    status: Annotated[int, Meta(ge=400, le=599)] = 500
    code: str = ""
    ms: Milliseconds = 20
    hold_ms: Milliseconds = 30_000
    delta: int = 1
    decline: str = ""
    action: Literal["", "3ds"] = ""
    webhook: WebhookDo | None = None

    @property
    def has_effect(self) -> bool:
        """Whether the work is done before anything goes wrong with its answer."""
        return self.fault in FAULTS_OF_ANSWERS if self.effect is None else self.effect


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """When something goes wrong: the n-th match, each n-th, by chance, at most so many times, only after a while."""

    do: Do
    on: On = field(default_factory=On)
    name: str = ""
    nth: Count | None = None
    every: Count | None = None
    chance: Chance | None = None
    times: Count | None = None
    after_seconds: Annotated[float, Meta(ge=0)] = 0


class Script(Struct, frozen=True, forbid_unknown_fields=True):
    """All that can be scripted. Without one nothing goes wrong, and everything takes no time."""

    seed: int | None = None
    latency: Latency = field(default_factory=Latency)
    key_seconds: Annotated[int, Meta(ge=0)] = 86_400
    lock_ms: Milliseconds = 2000
    search_lag_ms: Milliseconds = 1000
    limits: Limits = field(default_factory=Limits)
    webhooks: Webhooks = field(default_factory=Webhooks)
    rules: Sequence[Rule] = ()


NOTHING = Do()


class Occasion(Struct, frozen=True):
    """Something that a rule may be for: an operation with its parameters and its object, or a delivery of a type."""

    op: str
    given: Json
    object: Json
    type: str = ""


def draw(seed: int, what: str, count: int) -> float:
    """A number in [0, 1) that the seed, the purpose and the count decide."""
    digest = sha256(f"{seed} {what} {count}".encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56


def first_match(script: Script, books: Books, seed: int, when: tuple[float, Occasion]) -> Do:
    """What the first rule that matches and whose time has come does; `when` starts with the script's age in seconds.

    Every rule that is for this occasion counts it, so that the second of two equal rules is not put off by the first.
    """
    age, occasion = when
    chosen: Do | None = None
    for index, rule in enumerate(script.rules):
        name = f"rule {index} {rule.name}"
        if age < rule.after_seconds or not _is_for(rule.on, occasion):
            continue
        count = books.count(name)
        if chosen is not None or not _is_time(rule, count, draw(seed, name, count)):
            continue
        if rule.times is None or books.count(f"{name} done") <= rule.times:
            chosen = rule.do
    return chosen or NOTHING


def _is_time(rule: Rule, count: int, drawn: float) -> bool:
    if rule.nth is not None and count != rule.nth:
        return False
    if rule.every is not None and count % rule.every:
        return False
    return rule.chance is None or drawn < rule.chance


def _is_for(on: On, occasion: Occasion) -> bool:
    if on.op == "webhook" or occasion.op == "webhook":
        is_named = on.op == occasion.op and on.type in ("", occasion.type)
    else:
        is_named = on.op in ("*", occasion.op)
    return is_named and all(_holds(path, wanted, occasion) for path, wanted in on.where.items())


def _holds(path: str, wanted: Any, occasion: Occasion) -> bool:
    found = _at(path, occasion.given)
    value = _at(path, occasion.object) if found is None else found
    if not isinstance(wanted, Mapping):
        return str(value) == str(wanted)
    if "prefix" in wanted and not str(value).startswith(str(wanted["prefix"])):
        return False
    try:
        number = float(value)
    except (TypeError, ValueError):
        return "gte" not in wanted and "lte" not in wanted
    return float(wanted.get("gte", -math.inf)) <= number <= float(wanted.get("lte", math.inf))


def _at(path: str, tree: Any) -> Any:
    for part in path.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree
