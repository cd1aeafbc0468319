"""How a shop counts: what it has decided, and what holds where it has decided nothing."""

from functools import lru_cache
from hashlib import sha256

import msgspec
from msgspec import Struct

from tillroll.domain.attribution.models import MODELS, Model, Setting
from tillroll.domain.attribution.paths import WINDOW_DEFAULT, Windows
from tillroll.domain.attribution.presets import CLICK_OF_THE_SESSION, FIRST_HELP_OF_A_DAY, SEARCH_OF_A_DAY, RuleSet
from tillroll.domain.attribution.touches import DAY, SEARCH_SESSION
from tillroll.domain.sales.book import Policy
from tillroll.domain.sales.facts import PLAIN, SaleRules
from tillroll.engine.sales.reading import Witnesses
from tillroll.store import Transaction
from tillroll.store.sales import rows

PRESETS = (FIRST_HELP_OF_A_DAY, CLICK_OF_THE_SESSION, SEARCH_OF_A_DAY)
# What needs all paths of a shop at once is reckoned when it is asked for.
KEPT_MODELS = tuple(model for model in MODELS if model is not Model.MARKOV)

# That a search session has begun is no interaction: what was clicked in it is. Some rules of others count it.
UNCOUNTED: dict[str, int | None] = {SEARCH_SESSION: None}

MINUTE = 60_000_000

# Counts up with every change of the program that makes other figures of the same events, so that a shop's sales are
# made anew by it.
RECKONING = 2


class Counting(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a shop may decide. Days and minutes, because people write it."""

    authority: tuple[str, ...] = ()
    numbers: str = PLAIN
    match_minutes: int = 30
    shared_persons: int = 3
    window_days: int = WINDOW_DEFAULT // DAY
    window_hours: dict[str, int] = {}
    """Windows of single sources, in hours; 0 hours: it never counts."""
    half_life_hours: int = 7 * 24


class Ruling(Struct, frozen=True):
    """How a shop counts, and the mark that tells it from any other way."""

    policy: Policy
    mark: str


_DECODER = msgspec.json.Decoder(Counting)


def counting(tx: Transaction, shop: str) -> Counting:
    """What the shop has decided."""
    return _counted(rows.policy(tx, shop))


def ruling(tx: Transaction, shop: str, witnesses: Witnesses) -> Ruling:
    """How the shop counts now."""
    return ruled(rows.policy(tx, shop), witnesses)


# Most shops have decided nothing, and all others rarely decide anew.
@lru_cache(maxsize=1024)
def ruled(document: str | None, witnesses: Witnesses) -> Ruling:
    """How a shop counts that has decided so; None where it has decided nothing."""
    policy = policy_of(_counted(document), witnesses)
    return Ruling(policy, digest(policy))


def _counted(document: str | None) -> Counting:
    return _DECODER.decode(document) if document is not None else Counting()


def store_counting(tx: Transaction, shop: str, counted: Counting) -> None:
    """Keep what a shop has decided; `follow.recount` makes its sales anew, too."""
    rows.store_policy(tx, shop, msgspec.json.encode(counted).decode())


def policy_of(counted: Counting, witnesses: Witnesses) -> Policy:
    """The rules that follow from a shop's decisions."""
    named = [dialect for dialect in counted.authority if dialect in witnesses.authority]
    rules = SaleRules(
        authority=(*named, *(one for one in witnesses.authority if one not in named)),
        numbers=counted.numbers,
        match_within=counted.match_minutes * MINUTE,
        shared_persons=counted.shared_persons,
    )
    return Policy(rules, rule_sets(counted), witnesses.persons)


def rule_sets(counted: Counting) -> tuple[RuleSet, ...]:
    """Every model with the shop's windows, and the rules by which others count."""
    windows = Windows(
        default=counted.window_days * DAY,
        by_source=UNCOUNTED | {source: hours * DAY // 24 or None for source, hours in counted.window_hours.items()},
    )
    half_life = counted.half_life_hours * DAY // 24
    ours = [RuleSet(model.value, Setting(model, half_life), windows) for model in KEPT_MODELS]
    return (*ours, *PRESETS)


def removal_rules(counted: Counting) -> RuleSet:
    """Removal effects, with the shop's windows: what the figures of some days are shared by when they are asked for."""
    return RuleSet(Model.MARKOV.value, Setting(Model.MARKOV), rule_sets(counted)[0].windows)


def digest(policy: Policy) -> str:
    """What tells one policy from another one, and from the same one by which the program has reckoned otherwise."""
    return sha256(msgspec.json.encode((RECKONING, policy))).hexdigest()


def longest_window(policy: Policy) -> int:
    """How long before a purchase anything may have happened that earns."""
    return max(
        window
        for one in policy.rule_sets
        for window in (one.windows.default, *one.windows.by_source.values())
        if window is not None
    )


def names_of() -> tuple[str, ...]:
    """The rule sets that figures can be asked for by: every model, and the rules by which others count."""
    return (*(model.value for model in KEPT_MODELS), *(preset.name for preset in PRESETS))


def names_in_reports() -> tuple[str, ...]:
    """The same, and what reports of some days can be asked for by besides."""
    return (*names_of(), Model.MARKOV.value)


def key_of(counted: Counting, number: str) -> str:
    """An order number in the form in which the shop compares them."""
    return SaleRules(numbers=counted.numbers).key_of(number)
