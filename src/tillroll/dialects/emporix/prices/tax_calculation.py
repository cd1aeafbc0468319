"""A price on the other side of the tax: `PUT /tax/{tenant}/taxes/calculation-commands` (docs/wire/emporix.md, 9).

    gross price, source country ──► net, 10 places ──► gross in the target country

A command changes nothing, and its answer is the command with an `output`.
"""

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.errors import TAX, respond
from tillroll.dialects.emporix.wire.fields import amount_problem
from tillroll.dialects.emporix.wire.payload import read_json, refuse_if
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import Call, anybody, secured
from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.dialects.nesting import nesting_problem
from tillroll.domain.countries import country_code, is_country_code
from tillroll.domain.money import HUNDRED
from tillroll.domain.prices.taxes import TaxLocation
from tillroll.engine.documents.snapshot import Catalogue, View

# A net price that is calculated ends after so many places; the gross price follows from it exactly.
NET_PLACES = 10

_STEP = Decimal(1).scaleb(-NET_PLACES)
_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
_DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)


class TaxInput(Struct, rename="camel", frozen=True):
    """A price in a country and tax class; with a source, it is taxed there and wanted in the target."""

    target_location: TaxLocation
    target_tax_class: str
    includes_tax: bool
    price: Decimal
    source_location: TaxLocation | None = None
    source_tax_class: str | None = None


class TaxCommand(Struct, rename="camel", frozen=True):
    """The whole command."""

    input: TaxInput
    command_uuid: str | None = None


def routes(catalogue: Catalogue) -> list[Route]:
    """The one route of tax commands: storefronts show with it what shipping costs."""
    run = secured(TAX, anybody(), lambda tx, call: _calculate(catalogue.view(tx, call.shop), call))
    return [Route("PUT", "/tax/{tenant}/taxes/calculation-commands", run, TAX, _read)]


def _read(inbound: Inbound) -> tuple[TaxCommand, Document]:
    document = read_json(_DOCUMENT, inbound.body)
    refuse_if([nesting_problem(document)])
    command = converted(document, TaxCommand)
    asked = command.input
    is_half = (asked.source_location is None) != (asked.source_tax_class is None)
    missing = "input.sourceTaxClass" if asked.source_tax_class is None else "input.sourceLocation"
    refuse_if(
        [
            amount_problem("input.price", asked.price),
            Problem(missing, "missing_value", f"{missing} is required: a source is a country and a tax class")
            if is_half
            else None,
        ]
    )
    return command, document


def _calculate(view: View, call: Call) -> Response:
    """PUT: 200 with both sides of the price in the target country; 400 where a country or a class is not set up."""
    (command, document) = call.inbound.command
    asked: TaxInput = command.input
    target = _rate(view, "target", asked.target_location.country_code, asked.target_tax_class)
    source = target
    if asked.source_location is not None and asked.source_tax_class is not None:
        source = _rate(view, "source", asked.source_location.country_code, asked.source_tax_class)
    if isinstance(source, Problem) or isinstance(target, Problem):
        problems = dict.fromkeys(one for one in (source, target) if isinstance(one, Problem))
        raise Malformed(list(problems))
    net = _net(asked.price, source) if asked.includes_tax else asked.price
    gross = asked.price if asked.includes_tax and source == target else _EXACT.multiply(net, _factor(target))
    output: dict[str, Any] = {
        "netPrice": _plain(net),
        "grossPrice": _plain(gross),
        "sourceTaxRate": source,
        "targetTaxRate": target,
    }
    return respond(200, document | {"output": output})


def _rate(view: View, which: str, country: str, tax_class: str) -> Decimal | Problem:
    table = view.tax_table(country) if is_country_code(country) else None
    if table is None:
        field = f"input.{which}Location.countryCode"
        return Problem(field, "invalid_value", f"The tax was not found for this code: {country[:8]}")
    rate = table.rate_of(tax_class)
    if rate is None:
        field = f"input.{which}TaxClass"
        message = f"The tax class {tax_class[:64]} was not found for {country_code(country)}"
        return Problem(field, "invalid_value", message)
    return rate


def _net(gross: Decimal, rate: Decimal) -> Decimal:
    return _EXACT.divide(gross, _factor(rate)).quantize(_STEP, context=_EXACT)


def _factor(rate: Decimal) -> Decimal:
    return _EXACT.add(1, _EXACT.divide(rate, HUNDRED))


def _plain(amount: Decimal) -> Decimal:
    """Without trailing zeros, and never in powers of ten."""
    short = amount.normalize(_EXACT)
    return short if int(short.as_tuple().exponent) <= 0 else short.quantize(Decimal(1), context=_EXACT)
