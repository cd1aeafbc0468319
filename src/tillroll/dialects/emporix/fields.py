"""Fields that many documents have: what is wrong with a country or a currency, and how a country is written down."""

from typing import Any

from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.countries import country_code, is_country_code
from tillroll.domain.money import minor_exponent

# Where a document holds country codes: a list on the way stands for each of its entries, and what lies at the end is a
# code, a list of codes, or an object whose names are codes.
Places = tuple[tuple[str, ...], ...]


def country_problem(field: str, country: str | None) -> Problem | None:
    """What is wrong with a country code, if anything; none at all is for others to miss."""
    if not country or is_country_code(country):
        return None
    return Problem(field, "invalid_value", f"{field} must be an ISO 3166 code of two letters, not '{country[:16]}'")


def currency_problem(currency: str | None, field: str = "currency") -> Problem | None:
    """What is wrong with a currency, if anything; none at all is for others to miss."""
    if currency is None or minor_exponent(currency) is not None:
        return None
    return Problem(field, "invalid_value", f"{field} must be an ISO 4217 code, not '{currency[:16]}'")


def keep_countries(document: Any, places: Places) -> None:
    """Bring the country codes at these places of a document into the form in which they are kept.

    What is no code stays as it was sent, for whoever checks the document. Raises Malformed where an object names one
    country twice.
    """
    for place in places:
        _keep(document, place, "")


def _keep(holder: Any, place: tuple[str, ...], before: str) -> None:
    if isinstance(holder, list):
        for position, one in enumerate(holder):
            _keep(one, place, f"{before}[{position}]")
        return
    name, rest = place[0], place[1:]
    if not isinstance(holder, dict) or name not in holder:
        return
    field = f"{before}.{name}".removeprefix(".")
    if rest:
        _keep(holder[name], rest, field)
    else:
        holder[name] = _kept(holder[name], field)


def _kept(value: Any, field: str) -> Any:
    if isinstance(value, str):
        return country_code(value)
    if isinstance(value, list):
        return [_kept(one, field) for one in value]
    if isinstance(value, dict):
        kept = {country_code(name): one for name, one in value.items()}
        if len(kept) < len(value):
            message = f"{field} names a country twice, in two spellings: send it once"
            raise Malformed([Problem(field, "invalid_value", message)])
        return kept
    return value
