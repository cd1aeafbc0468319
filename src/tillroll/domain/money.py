"""Exact decimals in, integers stored, never a float in between.

Amounts inside the domain are `Decimal`; what the store sums and compares is an integer in minor units beside its
ISO 4217 currency. Quantities are `Decimal` with at most three places and are stored as integer thousandths, so that
half a kilogram sells as exactly as three pieces.
"""

from contextlib import AbstractContextManager
from decimal import (
    ROUND_CEILING,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import cache, lru_cache

from iso4217 import Currency

# What Python begins with, said: a library that sets another precision for its thread, or for all threads to come, does
# not matter. 28 digits hold every amount with its places; a calculation that needs more sets a context of its own.
_ARITHMETIC = Context(prec=28, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])

ZERO = Decimal(0)
HUNDRED = Decimal(100)

CURRENCY_CHARACTERS = 3

# Larger than any till has seen, and as many places as a JavaScript client prints of a price that it divided (about 17).
AMOUNT_MAX = Decimal(10) ** 12
AMOUNT_PLACES_MAX = 20

QUANTITY_MAX = Decimal(10) ** 9
QUANTITY_PLACES_MAX = 3

# Codes that ISO 4217 has withdrawn since 1999, with the decimal places that they had: the list of today, which the
# package brings, has them no more.
_WITHDRAWN_PLACES = {
    0: "BEF BYR ESP GRD ITL LUF MGF PTE TRL",
    2: (
        "AFA ANG ATS AZM BGN CSD CUC CYP DEM EEK FIM FRF GHC HRK IEP LTL LVL MRO MTL MZM NLG ROL RUR SDD SIT SKK SLL "
        "SRG STD TMM USS VEB VEF YUM ZMK ZWD ZWL ZWN ZWR"
    ),
}
_WITHDRAWN = {code: places for places, codes in _WITHDRAWN_PLACES.items() for code in codes.split()}


def plain_arithmetic() -> AbstractContextManager[Context]:
    """Calculate in here as everywhere, whatever others have set for this thread, and leave that as it is."""
    return localcontext(_ARITHMETIC)


@cache
def quantum(scale: int) -> Decimal:
    """The smallest step at `scale` places, e.g. 0.01 for 2."""
    return Decimal(1).scaleb(-scale)


def rounded(amount: Decimal, scale: int) -> Decimal:
    """`amount` at `scale` places, HALF_UP, and never a zero below zero (docs/wire/emporix.md, 6.1 rule 1)."""
    return amount.quantize(quantum(scale), ROUND_HALF_UP) or quantum(scale) * 0


def minor_exponent(currency: str) -> int | None:
    """How many decimal places the currency's minor unit has, or None where ISO 4217 does not know the currency.

    Funds, metals and units of account have none, and are counted whole. A withdrawn currency keeps the places that it
    had: what was bought in it is still read, audited and given back.
    """
    return _minor_exponent(currency) if len(currency) == CURRENCY_CHARACTERS else None


def currency_code(text: str) -> str:
    """A currency's code as it is kept, whatever blanks and small letters it was typed with; what is none, as it was."""
    kept = text.strip().upper()
    return kept if text.isascii() and minor_exponent(kept) is not None else text


# More than there are currencies: what else has three letters is soon forgotten.
@lru_cache(maxsize=1024)
def _minor_exponent(currency: str) -> int | None:
    try:
        exponent: int | None = Currency(currency).exponent
    except ValueError:
        return _WITHDRAWN.get(currency)
    return exponent or 0


def currency_name(currency: str) -> str:
    """What ISO 4217 calls a currency in English; its code where it has no name there, as those that were withdrawn."""
    try:
        return str(Currency(currency).currency_name)
    except ValueError:
        return currency


def has_unpayable_decimals(amount: Decimal, currency: str) -> bool:
    """Whether an amount has decimals in a currency without minor units: nobody can pay a tenth of a yen."""
    return minor_exponent(currency) == 0 and places(amount) > 0


def to_minor(amount: Decimal, currency: str) -> int:
    """`amount` as an integer in the currency's minor units, HALF_UP; the currency must be known."""
    exponent = minor_exponent(currency)
    if exponent is None:
        raise ValueError(f"unknown currency {currency!r}")
    return int(rounded(amount, exponent).scaleb(exponent))


def from_minor(stored: int, currency: str) -> Decimal:
    """The amount that `to_minor` made an integer of; the currency must be known."""
    exponent = minor_exponent(currency)
    if exponent is None:
        raise ValueError(f"unknown currency {currency!r}")
    return Decimal(stored).scaleb(-exponent)


def is_sane_amount(amount: Decimal) -> bool:
    """Whether an amount from outside is finite, not absurd, and short enough to calculate with exactly."""
    return amount.is_finite() and -AMOUNT_MAX < amount < AMOUNT_MAX and places(amount) <= AMOUNT_PLACES_MAX


def is_sane_quantity(quantity: Decimal) -> bool:
    """Whether a quantity from outside is finite, not negative, below a milliard and of at most three places."""
    return quantity.is_finite() and ZERO <= quantity < QUANTITY_MAX and places(quantity) <= QUANTITY_PLACES_MAX


# Nearly all prices and quantities have so many places; to ask for these is cheaper than to take a number apart.
_STEPS = (Decimal(1), Decimal("0.1"), Decimal("0.01"))


def places(number: Decimal) -> int:
    """How many significant decimal places a finite number has: 2 for 1.50, 1 for 1.5, 0 for 1E+3."""
    for few, step in enumerate(_STEPS):
        if number.same_quantum(step):
            return few
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def to_thousandths(quantity: Decimal) -> int:
    """A sane quantity as the integer the store keeps; what is finer than a thousandth counts as a whole one."""
    return int(quantity.scaleb(3).to_integral_value(ROUND_CEILING))


def from_thousandths(stored: int) -> Decimal:
    """The quantity that `to_thousandths` stored, without trailing zeros: 2000 is 2, 500 is 0.5."""
    whole, rest = divmod(stored, 1000)
    return Decimal(stored).scaleb(-3).normalize() if rest else Decimal(whole)
