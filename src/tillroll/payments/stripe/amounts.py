"""Minor units as ISO 4217 has them, and as Stripe wants them (docs/payments.md, Amounts)."""

from tillroll.domain.money import minor_exponent

# Whole units at Stripe. ISO 4217 gives the ariary two decimals, of which none can be charged.
ZERO_DECIMAL = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
# No decimals by ISO 4217, but hundredths at Stripe, which end in 00.
WHOLE_IN_HUNDREDTHS = frozenset(("ISK", "UGX"))
# Thousandths at Stripe, too, of which the last digit is 0.
THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
HUNDREDTHS = 2


def to_stripe(amount_minor: int, currency: str) -> int | None:
    """What Stripe is asked for; None for an amount that it can not charge exactly, and for a currency it has not."""
    if currency in ZERO_DECIMAL:
        whole, rest = divmod(amount_minor, _units(currency))
        return None if rest else whole
    if currency in WHOLE_IN_HUNDREDTHS:
        return amount_minor * 100
    if currency in THREE_DECIMAL:
        return None if amount_minor % 10 else amount_minor
    return amount_minor if minor_exponent(currency) == HUNDREDTHS else None


def from_stripe(amount: int, currency: str) -> int | None:
    """What Stripe tells, in minor units of ISO 4217; None where that has no such amount."""
    if currency in ZERO_DECIMAL:
        return amount * _units(currency)
    if currency in WHOLE_IN_HUNDREDTHS:
        return None if amount % 100 else amount // 100
    return amount


def _units(currency: str) -> int:
    """How many minor units of ISO 4217 are one of the currency."""
    return int(10 ** (minor_exponent(currency) or 0))
