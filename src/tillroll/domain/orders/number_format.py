"""Sequential ids: a counter, and the pattern that turns it into an id.

    ORDER-__year__-__month__- · 000042 · -D

Placeholders stand between double underscores or whatever the merchant calls them; those of the date, the time and the
country have values of their own, every other one a default or what the caller sends.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from tillroll.domain.site.sites import Site

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTRY = "DE"  # the vendor's own last resort


class Placeholder(Struct, frozen=True):
    """A part of a pattern that is filled in when an id is made."""

    required: bool = False
    default: str | None = None


class SequenceSchema(Struct, frozen=True, rename="camel"):
    """How ids of one kind are made; `counter` runs from `start_value` to `max_value`, both included."""

    id: str
    name: str
    start_value: int
    max_value: int
    number_of_digits: int
    schema_type: str = ""
    pre_text: str = ""
    post_text: str = ""
    placeholders: dict[str, Placeholder] = {}


def values_at(site: Site | None, now: int) -> dict[str, str]:
    """The values of the placeholders that come from the time and the place; `now` is microseconds UTC."""
    home = site.home_base if site is not None else None
    moment = (_EPOCH + timedelta(microseconds=now)).astimezone(site.clock if site is not None else UTC)
    country = home.address.country if home is not None and home.address is not None else _COUNTRY
    formats = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}
    return {f"__{name}__": moment.strftime(text) for name, text in formats.items()} | {"__country__": country}


def missing_placeholders(schema: SequenceSchema, values: Mapping[str, str]) -> list[str]:
    """The required placeholders that have neither a value nor a default."""
    return sorted(
        name for name, one in schema.placeholders.items() if one.required and one.default is None and name not in values
    )


def id_of(schema: SequenceSchema, counter: int, values: Mapping[str, str]) -> str:
    """The id of a counter's value; a placeholder without a value or default is left empty."""
    filled = {name: values.get(name, one.default or "") for name, one in schema.placeholders.items()}
    before, after = schema.pre_text, schema.post_text
    for name, value in filled.items():
        before, after = before.replace(name, value), after.replace(name, value)
    return f"{before}{counter:0{schema.number_of_digits}}{after}"
