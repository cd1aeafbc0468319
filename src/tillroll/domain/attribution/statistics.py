"""The few functions of statistics that an experiment needs, in decimals: the same digits on every machine."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

DIGITS = Context(prec=60, rounding=ROUND_HALF_EVEN)

_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640629")
# The normal quantile for an interval that holds in 95 of 100 cases, 2.5 left out on each side.
_NORMAL_95 = Decimal("1.95996398454005423552459443052055152795555895956749")
# Beyond this many standard deviations nothing is left that anybody would print.
_DEVIATIONS_MAX = 11
_SMALLEST = Decimal(1).scaleb(-50)

# Below, the expansion is not exact enough.
FREEDOM_MIN = 9


def chance_of_deviation(chi_square: Decimal) -> Decimal:
    """How likely chance alone makes a sum of squared deviations this large or larger, with one degree of freedom."""
    with localcontext(DIGITS):
        deviations = chi_square.sqrt()
        if deviations > _DEVIATIONS_MAX:
            return Decimal(0)
        # The normal distribution's series without alternating signs (Abramowitz, Stegun: 26.2.11).
        term = total = deviations
        odd = 1
        while term > _SMALLEST:
            odd += 2
            term *= chi_square / odd
            total += term
        return 1 - 2 * total * (-chi_square / 2).exp() / (2 * _PI).sqrt()


def student_95(freedom: Decimal) -> Decimal:
    """How many standard errors an interval of 95 % reaches on each side, for FREEDOM_MIN degrees of freedom or more.

    The expansion around the normal quantile (Abramowitz, Stegun: 26.7.5), which is 0.00002 off at nine degrees, and
    less with more.
    """
    if freedom < FREEDOM_MIN:
        raise ValueError(f"{FREEDOM_MIN} degrees of freedom at least")
    z = _NORMAL_95
    with localcontext(DIGITS):
        terms = (
            (z**3 + z) / 4,
            (5 * z**5 + 16 * z**3 + 3 * z) / 96,
            (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
            (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
        )
        return z + sum((term / freedom**power for power, term in enumerate(terms, 1)), Decimal(0))
