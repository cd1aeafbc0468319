"""Tax tables: `/tax/{tenant}/taxes`, one per country (docs/wire/emporix.md, 9). Every token may read them.

`locationCode` is the country in capitals, which clients may write as they like in the path; a table's country can not
be changed.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import UNSET, UnsetType

from tillroll.dialects.emporix.wire.errors import TAX
from tillroll.dialects.emporix.wire.fields import code_problem, country_problem
from tillroll.dialects.emporix.wire.languages import Path, accepted, speak
from tillroll.dialects.emporix.wire.resource_lists import Listing, list_route
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Change,
    Document,
    Ids,
    Resource,
    Shows,
    Words,
    Writes,
    noting,
    resource_routes,
    shown,
)
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office
from tillroll.dialects.http import Problem, Route
from tillroll.domain.countries import country_code
from tillroll.domain.documents import Localized
from tillroll.domain.money import places
from tillroll.domain.prices.taxes import TaxClass, TaxTable
from tillroll.engine.documents.documents import Kind
from tillroll.store.documents.rows import Entry

RATE_MAX = Decimal(100)
RATE_PLACES_MAX = 10  # as many as the calculation commands answer with
CLASSES_MAX = 200

_TEXTS: tuple[Path, ...] = (("taxClasses", "[]", "name"), ("taxClasses", "[]", "description"))

# Query parameters of the list, and the path into the table that each one compares.
FILTERS: Mapping[str, str] = {
    "name": "~taxClasses.name",
    "description": "~taxClasses.description",
    "rate": "taxClasses.rate",
    "taxClassCode": "~taxClasses.code",
    "countryCode": "location.countryCode",
}


class _TaxClass(TaxClass, frozen=True, rename="camel"):
    description: Localized = ""
    order: int = 0


class _TaxTable(TaxTable, frozen=True, rename="camel"):
    tax_classes: tuple[_TaxClass, ...]
    location_code: str = ""
    metadata: dict[str, Any] | UnsetType = UNSET


def routes() -> list[Route]:
    """The tax routes."""
    taxes = Resource(
        path="/tax/{tenant}/taxes",
        kind=Kind.TAX,
        service=TAX,
        writers=back_office("tax.tax_manage"),
        readers=anybody("tax.tax_read", "tax.tax_manage"),
        body=Body(_TaxTable, _check, countries=(("location", "countryCode"),)),
        ids=Ids("locationCode", normal=country_code, made_of=_country_of),
        words=Words(
            "The tax was not found for this code",
            "A tax configuration for '{id}' already exists.",
            "The object that you are trying to update has already changed. Please refresh and try again!",
        ),
        writes=Writes(created=lambda _tenant, country: {"locationCode": country}, needs_version=True),
        shows=Shows(_present),
        rules=(_spell_country, noting(*_TEXTS)),
    )
    return resource_routes(taxes, list_route(Listing(taxes, FILTERS)))


def _country_of(document: Document) -> str | None:
    location = document.get("location")
    country = location.get("countryCode") if isinstance(location, dict) else None
    return country if isinstance(country, str) else None


def _check(table: _TaxTable) -> list[Problem | None]:
    country = table.location.country_code
    codes = [known.code for known in table.tax_classes]
    repeated = sorted({code for code in codes if codes.count(code) > 1}) if len(codes) <= CLASSES_MAX else []
    return [
        country_problem("location.countryCode", country, needed=True),
        None
        if country_code(table.location_code) == country
        else Problem("location.countryCode", "invalid_value", f"countryCode must stay {table.location_code}"),
        None
        if 1 <= len(codes) <= CLASSES_MAX
        else Problem("taxClasses", "invalid_value", f"taxClasses must hold 1 to {CLASSES_MAX} classes"),
        Problem("taxClasses", "invalid_value", f"class codes must be unique, {repeated[0]} is not")
        if repeated
        else None,
        None
        if sum(known.is_default for known in table.tax_classes) <= 1
        else Problem("taxClasses", "invalid_value", "only one tax class can be the default"),
        *(_class_problem(position, known) for position, known in enumerate(table.tax_classes)),
    ]


def _class_problem(position: int, known: TaxClass) -> Problem | None:
    field, rate = f"taxClasses[{position}]", known.rate
    if not rate.is_finite() or not 0 <= rate <= RATE_MAX or places(rate) > RATE_PLACES_MAX:
        return Problem(f"{field}.rate", "invalid_value", f"rate must be 0 to 100 with at most {RATE_PLACES_MAX} places")
    return code_problem(f"{field}.code", known.code)


def _spell_country(change: Change) -> None:
    change.after["locationCode"] = country_code(change.after["locationCode"])


def _present(call: Call, entry: Entry) -> Document:
    document = shown(entry)
    document["taxClasses"].sort(key=lambda known: known.get("order", 0))
    speak(document, _TEXTS, accepted(call.inbound))
    return document
