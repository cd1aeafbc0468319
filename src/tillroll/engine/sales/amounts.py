"""How many places the amounts of a currency have, for whoever writes or reads them."""

from decimal import Decimal

from tillroll.domain.money import is_sane_amount, minor_exponent, places


def exponent_of(currency: str) -> int:
    """The decimal places of a currency's minor unit; two of one that nobody knows."""
    found = minor_exponent(currency)
    return 2 if found is None else found


def minor_of_text(text: str, currency: str) -> int | None:
    """An amount as somebody types it in major units; None for what is no amount of this currency."""
    plain = text.strip().replace(",", ".")
    digits = plain.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit() and len(plain) <= 24):
        return None
    amount, exponent = Decimal(plain), exponent_of(currency)
    if not is_sane_amount(amount) or places(amount) > exponent:
        return None
    return int(amount.scaleb(exponent))
