"""What can be wrong with one field of a request, whichever service it was sent to."""

from collections.abc import Iterable
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from tillroll.dialects.emporix.wire.errors import encode
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.countries import country_code, strange_country
from tillroll.domain.documents import Validity
from tillroll.domain.money import minor_exponent
from tillroll.domain.rejections import Rejection
from tillroll.domain.times import Period, instant
from tillroll.domain.values import ID_BYTES_MAX, amount_rejection, id_rejection, quantity_rejection

Document = dict[str, Any]

# What a client may attach to a cart or an item: more than any published mixin needs, little enough to rewrite with
# every change of the cart.
ATTACHED_BYTES_MAX = 32_768


ZIP_CHARACTERS_MAX = 11


# Eight is what NIST SP 800-63B asks for at least; nobody types more than a few hundred.
PASSWORD_CHARACTERS_MIN = 8


PASSWORD_CHARACTERS_MAX = 256


# Where a document holds country codes: a list on the way stands for each of its entries, and what lies at the end is a
# code, a list of codes, or an object whose names are codes.
Places = tuple[tuple[str, ...], ...]


def country_problem(field: str, country: str | None, *, needed: bool = False) -> Problem | None:
    """What is wrong with a country code, if anything; none at all where one is needed, else that is for others to
    miss."""
    expected = strange_country(country or "") if country or needed else None
    return Problem(field, "invalid_value", f"{field} must be {expected}") if expected is not None else None


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


def attached_problem(field: str, attached: object) -> Problem | None:
    """What is wrong with data that a client wants kept beside its cart, if anything."""
    if len(encode(attached)) <= ATTACHED_BYTES_MAX:
        return None
    return Problem(field, "too_large", f"{field} must not have more than {ATTACHED_BYTES_MAX} bytes of JSON")


def password_problem(field: str, password: str) -> Problem | None:
    """What is wrong with a new password, if anything."""
    if PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        return None
    bounds = f"{PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX}"
    return Problem(field, "invalid_value", f"{field} must have {bounds} characters")


def amount_problem(field: str, amount: Decimal, *, negative: bool = False) -> Problem | None:
    """What is wrong with an amount of money from outside, if anything."""
    return _problem(amount_rejection(field, amount, negative=negative))


def quantity_problem(field: str, quantity: Decimal) -> Problem | None:
    """What is wrong with a quantity from outside, if anything."""
    return _problem(quantity_rejection(field, quantity))


def id_problem(field: str, id: str, *, length_max: int = ID_BYTES_MAX) -> Problem | None:
    """What is wrong with an identifier from outside, if anything: it ends up in paths and index keys."""
    return _problem(id_rejection(field, id, length_max=length_max))


def code_problem(field: str, code: str, *, length_max: int = 255) -> Problem | None:
    """What is wrong with a code that people gave, if anything: no path holds it, and so it may have slashes."""
    if not code or len(code.encode()) > length_max or not code.isprintable() or code != code.strip():
        sentence = f"{field} must be 1 to {length_max} characters without control characters or outer blanks"
        return Problem(field, "invalid_value", sentence)
    return None


def _problem(rejection: Rejection | None) -> Problem | None:
    """What is wrong with a field that is named as on the wire."""
    return Problem(rejection.subject, "invalid_value", rejection.message) if rejection is not None else None


def validity_problems(field: str, validity: Validity | None) -> list[Problem | None]:
    """What is wrong with the ends of a period, each for itself."""
    if validity is None:
        return []
    ends = {name: text for name, text in (("from", validity.from_), ("to", validity.to)) if text is not None}
    return [
        Problem(f"{field}.{name}", "invalid_value", f"'{text[:64]}' is not a date and time in ISO 8601")
        for name, text in ends.items()
        if instant(text) is None
    ]


def period_problem(field: str, validity: Document | None, clocks: Iterable[tzinfo]) -> Problem | None:
    """What is wrong with a period that nothing could ever hold in, on none of these clocks; on one it is enough."""
    first, last = (validity or {}).get("from"), (validity or {}).get("to")
    if first is None or last is None or any(Period(first, last, clock).can_hold for clock in clocks):
        return None
    return Problem(field, "invalid_value", "from must not be after to")
