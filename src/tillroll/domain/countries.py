"""Country codes as Tillroll keeps them: ISO 3166, two letters, in capitals.

Clients write `de`, `DE` and ` DE `, and mean one country. Every write brings a code into the form in which it is kept,
and what was kept before that was so is brought into it when it is read: tables, zones, prices, addresses and carts are
then compared letter by letter, and nobody has to remember to ask twice.
"""

from tillroll.domain.typed import Typed

_LETTERS = 2


def country_code(text: str) -> str:
    """A country code as it is kept, whatever blanks and small letters it was sent with.

    What is no country code comes back as it was: `is_country_code` tells.
    """
    if len(text) == _LETTERS and text.isascii() and text.isalpha():  # as nearly everybody sends it
        return text.upper()
    kept = Typed(text).trimmed
    # Not every small letter becomes one of two in capitals: "ß" would become "SS", which is a code.
    return kept.upper() if is_country_code(kept) else text


def is_country_code(text: str) -> bool:
    """Whether a text, but for blanks around it, could be a country code: two letters."""
    kept = text if text.isascii() and len(text) == _LETTERS else Typed(text).trimmed
    return len(kept) == _LETTERS and kept.isascii() and kept.isalpha()


def by_country(codes: dict[str, str]) -> dict[str, str]:
    """A mapping by country, with the countries as they are kept; where one is there twice, its kept spelling holds."""
    if all(country_code(country) == country for country in codes):
        return codes
    kept = {country_code(country): code for country, code in codes.items()}
    return kept | {country: code for country, code in codes.items() if country in kept}
