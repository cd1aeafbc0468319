"""Country codes as Tillroll keeps them: ISO 3166, two letters, in capitals; and which there are.

Clients write `de`, `DE` and ` DE `, and mean one country. Every write brings a code into the form in which it is kept,
and what was kept before that was so is brought into it when it is read: tables, zones, prices, addresses and carts are
then compared letter by letter, and nobody has to remember to ask twice.
"""

from functools import cache
from importlib.resources import files

from tillroll.domain.typed import Typed

_LETTERS = 2
# Kosovo has a code that ISO 3166 leaves to its users, and that everybody uses, the European Commission among them.
_USED_BY_ALL = frozenset({"XK"})
# What people write for a country whose code is another one: of the road and of the law of taxes.
_MEANT = {"UK": "GB", "EL": "GR"}


def country_code(text: str) -> str:
    """A country code as it is kept, whatever blanks and small letters it was sent with.

    What is no pair of letters comes back as it was; whether there is such a country tells `is_country_code`.
    """
    if len(text) == _LETTERS and text.isascii() and text.isalpha():  # as nearly everybody sends it
        return text.upper()
    kept = Typed(text).trimmed
    # Not every small letter becomes one of two in capitals: "ß" would become "SS", which is a code.
    return kept.upper() if _is_pair(kept) else text


def is_country_code(text: str) -> bool:
    """Whether a text, but for blanks around it and small letters, is the code of a country that there is."""
    kept = text if text.isascii() and len(text) == _LETTERS else Typed(text).trimmed
    return _is_pair(kept) and kept.upper() in countries()


def strange_country(text: str) -> str | None:
    """What a text has to be that is the code of no country, and which one was probably meant: the end of a sentence
    about it. None where there is such a country."""
    if is_country_code(text):
        return None
    meant = _MEANT.get(Typed(text).trimmed.upper())
    hint = f", did you mean {meant}?" if meant is not None else ""
    return f"an ISO 3166 code of two letters, not '{text[:16]}'{hint}"


def _is_pair(text: str) -> bool:
    return len(text) == _LETTERS and text.isascii() and text.isalpha()


@cache
def countries() -> frozenset[str]:
    """The codes of all countries, as the zone data that Tillroll is installed with lists them (ISO 3166-1)."""
    listed = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return _USED_BY_ALL.union(line[:_LETTERS] for line in listed.splitlines() if line and not line.startswith("#"))


def by_country(codes: dict[str, str]) -> dict[str, str]:
    """A mapping by country, with the countries as they are kept; where one is there twice, its kept spelling holds."""
    if all(country_code(country) == country for country in codes):
        return codes
    kept = {country_code(country): code for country, code in codes.items()}
    return kept | {country: code for country, code in codes.items() if country in kept}
