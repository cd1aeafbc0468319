"""Currencies and exchange rates: `/currency/{tenant}/currencies`, `/currency/{tenant}/exchanges`.

Rates are what the merchant says they are: nothing is ever fetched. A rate's code is `EUR_USD`, from the source to the
target, and its other direction is a rate of its own (docs/wire/emporix.md, 8).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from tillroll.dialects.emporix.wire import query as filters
from tillroll.dialects.emporix.wire.errors import CURRENCY, Refusal, Reply
from tillroll.dialects.emporix.wire.fields import currency_problem
from tillroll.dialects.emporix.wire.languages import Path
from tillroll.dialects.emporix.wire.payload import flag, reads_of_list
from tillroll.dialects.emporix.wire.resource_lists import Listing, filtered
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Change,
    Document,
    Ids,
    Index,
    Resource,
    Shows,
    Words,
    Writes,
    merge,
    noting,
    read_document,
    resource_routes,
    speaking,
    stored,
)
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured
from tillroll.dialects.http import Problem, Response, Route
from tillroll.domain.money import ZERO, places
from tillroll.domain.prices.currencies import CurrencyDocument, ExchangeRate
from tillroll.domain.typed import Typed
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.store import Transaction

# A million of the one for one of the other, with as many places as that needs the other way round.
RATE_MAX = Decimal(10) ** 6
RATE_PLACES_MAX = 12

_MANAGE, _READ = ("currency.currency_manage",), ("currency.currency_read", "currency.currency_manage")
_TEXTS: tuple[Path, ...] = (("name",),)
_PAIR = ("sourceCurrency", "targetCurrency")
_WRITES = Writes(created=lambda _tenant, code: {"code": code}, needs_version=True)
_STALE = "The object that you are trying to update has already changed. Please refresh and try again!"


def routes() -> list[Route]:
    """The routes of currencies and of exchange rates."""
    currencies, rates = _currencies(), _rates()
    read, write = currencies.readers, currencies.writers
    list_currencies, list_rates = _list_of(currencies, ("code", "name")), _list_of(rates, _PAIR)
    # What a rate is between can not be changed, and a PUT does not repeat it.
    put = secured(CURRENCY, write, lambda tx, call: merge(rates, tx, call))
    return [
        *resource_routes(
            currencies,
            Route("GET", currencies.path, secured(CURRENCY, read, list_currencies), CURRENCY, reads=reads_of_list),
            Route("DELETE", currencies.one, secured(CURRENCY, write, _delete_currency), CURRENCY, writes=True),
        ),
        *resource_routes(
            rates,
            Route("GET", rates.path, secured(CURRENCY, read, list_rates), CURRENCY, reads=reads_of_list),
            Route("PUT", rates.one, put, CURRENCY, read_document, writes=True),
        ),
    ]


def _currencies() -> Resource:
    return Resource(
        path="/currency/{tenant}/currencies",
        kind=Kind.CURRENCY,
        service=CURRENCY,
        writers=back_office(*_MANAGE),
        readers=anybody(*_READ),
        body=Body(CurrencyDocument, _check_currency),
        ids=Ids("code", normal=str.upper),
        words=Words("Currency with code {id} has not been found.", "Currency with code {id} already exists.", _STALE),
        writes=_WRITES,
        shows=Shows(speaking(*_TEXTS)),
        rules=(noting(*_TEXTS),),
    )


def _rates() -> Resource:
    return Resource(
        path="/currency/{tenant}/exchanges",
        kind=Kind.EXCHANGE_RATE,
        service=CURRENCY,
        writers=back_office(*_MANAGE),
        readers=anybody(*_READ),
        body=Body(ExchangeRate, _check_rate, complete=_complete_rate),
        ids=Ids("code", normal=str.upper, made_of=_code_of),
        index=Index(subject=lambda document: str(document["targetCurrency"])),
        words=Words(
            "Exchange rate with code {id} has not been found.", "Exchange rate with code {id} already exists.", _STALE
        ),
        writes=_WRITES,
        rules=(_keep_pair, _check_currencies),
    )


def _check_currency(currency: CurrencyDocument) -> list[Problem | None]:
    return [
        currency_problem(currency.code, "code"),
        None if currency.name else Problem("name", "missing_value", "name may not be empty"),
    ]


def _code_of(document: Document) -> str | None:
    source, target = document.get("sourceCurrency"), document.get("targetCurrency")
    return f"{source}_{target}" if isinstance(source, str) and isinstance(target, str) else None


def _check_rate(rate: ExchangeRate) -> list[Problem | None]:
    is_sane = rate.rate.is_finite() and ZERO < rate.rate <= RATE_MAX and places(rate.rate) <= RATE_PLACES_MAX
    return [
        currency_problem(rate.source_currency, "sourceCurrency"),
        currency_problem(rate.target_currency, "targetCurrency"),
        Problem("targetCurrency", "invalid_value", "source and target must be two different currencies")
        if rate.source_currency == rate.target_currency
        else None,
        None
        if is_sane
        else Problem(
            "rate", "invalid_value", f"rate must be above 0, {RATE_MAX} at most, with {RATE_PLACES_MAX} places at most"
        ),
    ]


def _check_currencies(change: Change) -> Refusal | None:
    """Both currencies have to be among those of the shop."""
    return CURRENCY.refusal_if(
        Problem(field, "invalid_value", f"Currency with code {change.after[field]} has not been found.")
        for field in _PAIR
        if documents.find(change.tx, change.call.shop, Kind.CURRENCY, change.after[field]) is None
    )


def _keep_pair(change: Change) -> Refusal | None:
    """The code is the pair: what is stored under it, or would be, must not say another one."""
    before, after = change.before, change.after
    if after["code"] == _code_of(after) and (before is None or _code_of(before) == _code_of(after)):
        return None
    message = f"code must be sourceCurrency, underscore, targetCurrency, which is {_code_of(after)}"
    return CURRENCY.refusal_if([Problem("code", "invalid_value", message)])


def _complete_rate(document: Document) -> None:
    """A rate is text, as documented, whether it came as text or as a number."""
    document["rate"] = f"{Decimal(str(document['rate'])):f}"


def _list_of(resource: Resource, parameters: tuple[str, ...]) -> Callable[[Transaction, Call], Response]:
    """GET of a list, by `q` and by these fields, which have to contain what is asked for."""

    def show(tx: Transaction, call: Call) -> Response:
        asked: Mapping[str, str] = call.inbound.query
        wanted = [(name, text) for name in parameters if (text := Typed(asked.get(name, "")).folded)]
        if not wanted:
            return filtered(Listing(resource, {}), tx, call)
        return filtered(Listing(resource, {}), tx, call, fits=lambda document: _contains(document, wanted))

    return show


def _contains(document: Document, wanted: list[tuple[str, str]]) -> bool:
    return all(
        any(text in Typed(value).folded for value in filters.values_at(document, (name,)) if isinstance(value, str))
        for name, text in wanted
    )


def _delete_currency(tx: Transaction, call: Call) -> Reply:
    """DELETE: 204; where there are exchange rates of the currency, 400, or with `forceDelete=true` they go, too."""
    code = Typed(call.inbound.values["id"]).trimmed.upper()
    documents.touch(tx, call.shop)
    rates = [entry for entry in documents.scan(tx, call.shop, Kind.EXCHANGE_RATE) if code in entry.id.split("_")]
    if rates and not flag(call.inbound.query, "forceDelete"):
        named = ", ".join(stored(rate)["code"] for rate in rates[:10])
        message = f"Currency {code} is used by the exchange rates {named}. Delete them first, or set forceDelete."
        return CURRENCY.refusal(400, message=message)
    for rate in rates:
        documents.remove(tx, call.shop, Kind.EXCHANGE_RATE, rate.id)
    documents.remove(tx, call.shop, Kind.CURRENCY, code)
    return Response(204, b"", ())
