"""Which amounts a card is charged, in the provider's own minor units (payments: minimum, maximum, steps)."""

from collections.abc import Mapping

import iso4217

from tillroll.simulator.wire import invalid

# Twelve digits is what a card's network takes.
AMOUNT_MAX = 999_999_999_999

ZERO_DECIMAL = frozenset(
    {
        *("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"),
        *("pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"),
    }
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
# Without decimals in everyday life, but asked for in hundredths.
WHOLE_IN_HUNDREDTHS = frozenset(("isk", "ugx"))

# The least that is charged, in minor units, where charge and settlement have one currency.
MINIMUM: Mapping[str, int] = {
    **dict.fromkeys(("usd", "ars", "aud", "brl", "cad", "chf", "cop", "eur"), 50),
    **dict.fromkeys(("idr", "ils", "inr", "nzd", "rub", "sgd", "zar"), 50),
    **{"aed": 200, "czk": 1500, "dkk": 250, "gbp": 30, "hkd": 400, "huf": 17_500, "jpy": 50, "krw": 50, "mxn": 1000},
    **{"myr": 200, "nok": 300, "pln": 200, "ron": 200, "sek": 300, "thb": 1000},
}

_CURRENCIES = frozenset(one.code.lower() for one in iso4217.Currency)


def check(amount: int, currency: str) -> None:
    """Raises Refused for an amount that can not be charged, and for a currency that is none."""
    if currency not in _CURRENCIES:
        raise invalid(f"There is no currency {currency[:10]}.", "parameter_invalid_string", "currency")
    if amount < 1:
        raise invalid("The amount is a whole number of minor units above zero.", "parameter_invalid_integer", "amount")
    if amount > AMOUNT_MAX:
        raise invalid("The amount has more than twelve digits.", "amount_too_large", "amount")
    if amount < MINIMUM.get(currency, 1):
        raise invalid(f"The least in {currency} is {MINIMUM[currency]}.", "amount_too_small", "amount")
    step = 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE_IN_HUNDREDTHS else 1
    if amount % step:
        raise invalid(f"Amounts in {currency} are multiples of {step}.", "parameter_invalid_integer", "amount")
