"""Models: how much each touch of a path earns.

All of them are additive: the weights of a path are not below zero and add up to one, exactly, as they are fractions and
not decimals. docs/attribution.md has the formula of each with an example.

    last            last_non_direct   first       by place
    linear          position          w_shaped    by place, shared
    time_decay                                    by age
    shapley         markov                        by the company that sources keep
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import lcm

from msgspec import Struct

from tillroll.domain.attribution.touches import DAY, Touch

# Enough digits for the logarithm and the exponential, which decimal arithmetic rounds correctly on every machine; the
# library's binary one may differ in its last digit from machine to machine.
_DECAY = Context(prec=40, rounding=ROUND_HALF_EVEN)
_MINUS_LN2 = Decimal("-0.69314718055994530941723212145817656807550013436025525412068000949339")
# What the newest touch weighs: what is more than 100 half-lives older weighs nothing.
_NEWEST = 10**30

_ZERO = Fraction(0)
_ONE = Fraction(1)


class Model(StrEnum):
    """A rule that shares a sale among the touches of its path."""

    LAST = "last"
    LAST_NON_DIRECT = "last_non_direct"
    FIRST = "first"
    LINEAR = "linear"
    POSITION = "position"
    W_SHAPED = "w_shaped"
    TIME_DECAY = "time_decay"
    SHAPLEY = "shapley"
    MARKOV = "markov"


MODELS = tuple(Model)


class Setting(Struct, frozen=True):
    """A model, and the figures that some of them have.

    `half_life` is in microseconds. `first_share` and `last_share` are those of `position`, and what they leave is
    shared by the touches between; those of `w_shaped` begin with `w`. Shares that can not be raise ValueError.
    """

    model: Model = Model.LAST_NON_DIRECT
    half_life: int = 7 * DAY
    first_share: Decimal = Decimal("0.4")
    last_share: Decimal = Decimal("0.4")
    w_first_share: Decimal = Decimal("0.3")
    w_milestone_share: Decimal = Decimal("0.3")
    w_last_share: Decimal = Decimal("0.3")

    def __post_init__(self) -> None:
        if self.half_life <= 0:
            raise ValueError("a half-life is longer than nothing")
        for shares in (
            (self.first_share, self.last_share),
            (self.w_first_share, self.w_milestone_share, self.w_last_share),
        ):
            if not all(share.is_finite() and share >= 0 for share in shares) or sum(map(Fraction, shares)) > 1:
                raise ValueError("shares are not below zero, and one together at most")


SETTING = Setting()


def weights(  # noqa: PLR0913  what is weighed and how, and what only one model asks for, which go by name
    model: Model,
    path: Sequence[Touch],
    ordered_at: int,
    *,
    setting: Setting = SETTING,
    effects: Mapping[str, Fraction] | None = None,
    milestone: int | None = None,
) -> list[Fraction]:
    """What each touch of a path earns: not below zero, exactly one together; nothing where nobody is on the path.

    As `parts`, divided by their sum.
    """
    found = parts(model, path, ordered_at, setting=setting, effects=effects, milestone=milestone)
    whole = sum(found)
    return [Fraction(part, whole) for part in found]


def parts(  # noqa: PLR0913  those of `weights`
    model: Model,
    path: Sequence[Touch],
    ordered_at: int,
    *,
    setting: Setting = SETTING,
    effects: Mapping[str, Fraction] | None = None,
    milestone: int | None = None,
) -> Sequence[int]:
    """The weights of a path as whole numbers, in proportion: money is shared by them without any fraction.

    The path is in the order of time and ends with the order at the latest (`paths.taken`). `milestone` is when the cart
    was made, which `w_shaped` asks for; `effects` are those of `markov.removal_effects`, without which `markov` raises
    ValueError. Where none of the path's sources has an effect, its touches share equally.
    """
    if not path:
        return []
    if path[-1].at > ordered_at:
        raise ValueError("a touch after the order earns nothing")
    if model is Model.MARKOV:
        if effects is None:
            raise ValueError("the removal effects are missing")
        return _whole([effects.get(touch.source, _ZERO) for touch in path])
    if model is Model.W_SHAPED:
        return _w_shaped(path, setting, milestone)
    return _RULES[model](path, setting)


def any_touch(path: Iterable[Touch]) -> frozenset[str]:
    """The sources that assisted, each with the whole of the sale: their revenues do NOT add up to the total."""
    return frozenset(touch.source for touch in path)


def exclusive(path: Iterable[Touch]) -> str | None:
    """The source that was alone on its path, which has the whole of the sale; None where there were others."""
    sources = any_touch(path)
    return next(iter(sources)) if len(sources) == 1 else None


def _whole(shares: Sequence[Fraction]) -> list[int]:
    """Shares as whole numbers in proportion; equal ones where all are nothing."""
    if not any(shares):
        return [1] * len(shares)
    common = lcm(*(share.denominator for share in shares))
    return [share.numerator * (common // share.denominator) for share in shares]


def _only(place: int, count: int) -> list[int]:
    """Everything for the touch at one place."""
    return [int(other == place) for other in range(count)]


def _last(path: Sequence[Touch], _setting: Setting) -> list[int]:
    return _only(len(path) - 1, len(path))


def _last_non_direct(path: Sequence[Touch], _setting: Setting) -> list[int]:
    """The last touch that was not direct; where all were, the last."""
    places = [place for place, touch in enumerate(path) if not touch.is_direct]
    return _only(places[-1] if places else len(path) - 1, len(path))


def _first(path: Sequence[Touch], _setting: Setting) -> list[int]:
    return _only(0, len(path))


def _linear(path: Sequence[Touch], _setting: Setting) -> list[int]:
    return [1] * len(path)


def _position(path: Sequence[Touch], setting: Setting) -> Sequence[int]:
    """The first and the last have shares of their own, those between them what is left."""
    return _of_ends(len(path), setting.first_share, setting.last_share)


# A shop's paths are of few lengths.
@lru_cache(maxsize=1024)
def _of_ends(count: int, first_share: Decimal, last_share: Decimal) -> tuple[int, ...]:
    ends = {0: Fraction(first_share)}
    ends[count - 1] = ends.get(count - 1, _ZERO) + Fraction(last_share)
    return tuple(_whole(_shared(ends, count)))


def _w_shaped(path: Sequence[Touch], setting: Setting, milestone: int | None) -> Sequence[int]:
    """As `_position`, with a third share for the last touch before the cart was made; without one, as `_position`."""
    before = [place for place, touch in enumerate(path) if milestone is not None and touch.at <= milestone]
    if not before:
        return _position(path, setting)
    holders: dict[int, Fraction] = {}
    for place, share in (
        (0, setting.w_first_share),
        (before[-1], setting.w_milestone_share),
        (len(path) - 1, setting.w_last_share),
    ):
        holders[place] = holders.get(place, _ZERO) + Fraction(share)
    return _whole(_shared(holders, len(path)))


def _shared(holders: Mapping[int, Fraction], count: int) -> list[Fraction]:
    """The shares of some places, and what they leave, shared by all others."""
    others = count - len(holders)
    rest = (_ONE - sum(holders.values(), _ZERO)) / others if others else _ZERO
    return [holders.get(place, rest) for place in range(count)]


def _time_decay(path: Sequence[Touch], setting: Setting) -> list[int]:
    """Half as much for each half-life that a touch is older than the newest one."""
    return [_decayed(path[-1].at - touch.at, setting.half_life) for touch in path]


def _decayed(age: int, half_life: int) -> int:
    """2 ^ (-age / half-life) of what the newest touch weighs."""
    halvings = _DECAY.divide(Decimal(age), Decimal(half_life))
    left = _DECAY.exp(_DECAY.multiply(halvings, _MINUS_LN2))
    return int(_DECAY.to_integral_value(_DECAY.multiply(left, Decimal(_NEWEST))))


def _shapley(path: Sequence[Touch], _setting: Setting) -> list[int]:
    """An equal share for each source of the path, and of that an equal one for each of its touches."""
    counts = Counter(touch.source for touch in path)
    common = lcm(*counts.values())
    return [common // counts[touch.source] for touch in path]


_RULES: Mapping[Model, Callable[[Sequence[Touch], Setting], Sequence[int]]] = {
    Model.LAST: _last,
    Model.LAST_NON_DIRECT: _last_non_direct,
    Model.FIRST: _first,
    Model.LINEAR: _linear,
    Model.POSITION: _position,
    Model.TIME_DECAY: _time_decay,
    Model.SHAPLEY: _shapley,
}
