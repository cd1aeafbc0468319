"""Price lists and their prices: `/price/{tenant}/price-lists[/{priceListId}/prices]` (docs/wire/emporix.md, 8).

A list says for whom, where and when its prices hold; its prices are net, whatever their models say. Only back offices
read them: what one company pays is nobody else's business, and shoppers see their prices in the price match.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.prices.set_up import (
    complete_price,
    fit_into_tiers,
    take_default_model,
    tier_value_problems,
)
from tillroll.dialects.emporix.wire import query as filters
from tillroll.dialects.emporix.wire.errors import PRICE, Refusal, Reply
from tillroll.dialects.emporix.wire.fields import (
    country_problem,
    currency_problem,
    id_problem,
    period_problem,
    validity_problems,
)
from tillroll.dialects.emporix.wire.languages import Path
from tillroll.dialects.emporix.wire.payload import body_as, reads_of_list, refuse_if, typed
from tillroll.dialects.emporix.wire.resource_lists import Listing, bulk_routes, filtered, size_problem
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Change,
    Document,
    Ids,
    Index,
    Resource,
    Words,
    Writes,
    noting,
    resource_routes,
)
from tillroll.dialects.emporix.wire.secured import Call, back_office, secured
from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.domain.prices.prices import ListPrice, PriceList, PriceModel
from tillroll.domain.times import Period, instant
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue, clock_of
from tillroll.store import Transaction

LIST_MISSING = "PRICE-LIST-PRICE-CREATION-1"
MODEL_MISSING = "PRICE-LIST-PRICE-CREATION-2"
TIERS_INVALID = "PRICE-LIST-PRICE-CREATION-3"

# More groups, countries and regions than there are on earth.
MEMBERS_MAX = 300
# A list's id and a price's id are one key, with a slash between them.
ID_BYTES_MAX = 120

_READ = ("price.pricelist_read", "price.pricelist_manage")
_MANAGE = ("price.pricelist_manage",)
_STALE = "The object that you are trying to update has already changed. Please refresh and try again!"
_TEXTS: tuple[Path, ...] = (("name",),)

# Query parameters of the lists, and the path into the document that each one compares.
_LIST_FILTERS: Mapping[str, str] = {
    "name": "name",
    "currency": "currency",
    "country": "countries",
    "region": "regions",
    "site": "siteCode",
    "siteCode": "siteCode",
    "customerGroup": "customerGroups",
    "legalEntityId": "legalEntityId",
}
_PRICE_FILTERS: Mapping[str, str] = {
    "itemId": "itemId.id",
    "itemType": "itemId.itemType",
    "priceModelId": "priceModelId",
}


class _ListPrice(ListPrice, frozen=True, rename="camel", kw_only=True):
    price_model_id: str = ""


class _Search(Struct, frozen=True):
    q: str = ""


def routes() -> list[Route]:
    """The routes of price lists and of the prices in them."""
    lists, prices = _lists(), _prices()
    read, write = lists.readers, lists.writers
    show_lists, show_prices = secured(PRICE, read, _show_lists), secured(PRICE, read, _show_prices)
    search_lists, search_prices = secured(PRICE, read, _search_lists), secured(PRICE, read, _search_prices)
    return [
        *resource_routes(lists, Route("GET", lists.path, show_lists, PRICE, reads=reads_of_list)),
        *resource_routes(prices, Route("GET", prices.path, show_prices, PRICE, reads=reads_of_list)),
        *bulk_routes(prices),
        Route("POST", f"{lists.path}/search", search_lists, PRICE, _read_search, reads="search"),
        Route("POST", f"{prices.path}/search", search_prices, PRICE, _read_search, reads="search"),
        Route("DELETE", f"{prices.path}/bulk", secured(PRICE, write, _delete_many), PRICE, _read_ids, writes=True),
    ]


def _lists() -> Resource:
    return Resource(
        path="/price/{tenant}/price-lists",
        kind=Kind.PRICE_LIST,
        service=PRICE,
        writers=back_office(*_MANAGE),
        readers=back_office(*_READ),
        body=Body(PriceList, _check_list, countries=(("countries",),)),
        ids=Ids(length_max=ID_BYTES_MAX),
        index=Index(below=Kind.LIST_PRICE),
        words=Words("Price list with id {id} has not been found.", "Price list with id {id} already exists.", _STALE),
        writes=Writes(creates_on_put=True),
        rules=(noting(*_TEXTS), _check_site, _check_company),
    )


def _prices() -> Resource:
    return Resource(
        path="/price/{tenant}/price-lists/{priceListId}/prices",
        kind=Kind.LIST_PRICE,
        service=PRICE,
        writers=back_office(*_MANAGE),
        readers=back_office(*_READ),
        body=Body(_ListPrice, _check_price, complete=complete_price),
        ids=Ids(under=("priceListId",), length_max=ID_BYTES_MAX),
        index=Index(subject=lambda document: str(document["itemId"]["id"])),
        words=Words("Price with id {id} has not been found.", "Price with id {id} already exists.", _STALE),
        writes=Writes(creates_on_put=True),
        rules=(take_default_model, _fit_into_list),
    )


# ------------------------------------------------------------------------------------------------- what makes it valid


def _check_list(price_list: PriceList) -> list[Problem | None]:
    countries, regions, groups = price_list.countries, price_list.regions, price_list.customer_groups
    members = {"countries": countries, "regions": regions, "customerGroups": groups}
    return [
        None if price_list.name else Problem("name", "missing_value", "name may not be empty"),
        currency_problem(price_list.currency),
        *(
            _wrong(field, f"there may be at most {MEMBERS_MAX} {field}, not {len(names)}")
            for field, names in members.items()
            if len(names) > MEMBERS_MAX
        ),
        *(country_problem("countries", country) for country in countries[:MEMBERS_MAX]),
        *(
            id_problem(field, member)
            for field in ("regions", "customerGroups")
            for member in members[field][:MEMBERS_MAX]
        ),
        id_problem("legalEntityId", price_list.legal_entity_id) if price_list.legal_entity_id is not None else None,
        _wrong("customerGroups", "Customer groups cannot be provided if there is a legal entity for the price list")
        if groups and price_list.legal_entity_id
        else None,
        *validity_problems("validity", price_list.validity),
    ]


def _check_site(change: Change) -> Refusal | None:
    """The site exists, and the validity ends after it begins on its clock."""
    tx, shop, code = change.tx, change.call.shop, change.after.get("siteCode")
    if code is not None and not documents.has_site(tx, shop, code):
        message = f"The site(s) with code(s):[{code[:64]}] do(es) not exist on tenant:{shop}."
        return PRICE.refusal_if([Problem("", "invalid_value", f"{message} Please provide valid site codes")])
    clocks = (clock_of(tx, shop, one) for one in [code])
    return PRICE.refusal_if([period_problem("validity", change.after.get("validity"), clocks)])


def _check_company(change: Change) -> Refusal | None:
    """The company exists that the list is for, unless the list was for it before: it may be gone meanwhile."""
    company = change.after.get("legalEntityId")
    if not company or (change.before is not None and change.before.get("legalEntityId") == company):
        return None
    if documents.find(change.tx, change.call.shop, Kind.LEGAL_ENTITY, company) is not None:
        return None
    return PRICE.refusal_if([_wrong("legalEntityId", f"there is no legal entity '{company[:80]}'")])


def _check_price(price: ListPrice) -> list[Problem | None]:
    return [
        id_problem("itemId.id", price.item_id.id),
        None
        if price.item_id.item_type == "PRODUCT"
        else _wrong("itemId.itemType", f"prices are kept for a PRODUCT, not for a {price.item_id.item_type[:16]}"),
        *tier_value_problems(price.tier_values),
    ]


def _fit_into_list(change: Change) -> Refusal | None:
    """Refuse a price whose list or model is not there, or whose values do not fit the model's tiers."""
    tx, call, document = change.tx, change.call, change.after
    list_id, model_id = call.inbound.values["priceListId"], document["priceModelId"]
    where = f"and tenant: {call.shop}"
    if documents.find(tx, call.shop, Kind.PRICE_LIST, list_id) is None:
        message = f"The price list with id: {list_id} {where} is not existing. Please provide a valid price list id."
        return _refused(LIST_MISSING, message)
    entry = documents.find(tx, call.shop, Kind.PRICE_MODEL, model_id)
    if entry is None:
        message = f"The price model with id: {model_id} {where} is not existing. Please provide a valid price model id."
        return _refused(MODEL_MISSING, message)
    model = msgspec.json.decode(entry.document, type=PriceModel)
    problem = fit_into_tiers(document, [tier.id for tier in model.tier_definition.tiers])
    if problem is None:
        return None
    message = f"Tier values not valid with price model: {model_id} for tenant: {call.shop}."
    return _refused(TIERS_INVALID, message, [problem.message])


def _refused(code: str, message: str, details: Sequence[str] = ()) -> Refusal:
    body: dict[str, Any] = {"code": 400, "errorCode": code, "status": HTTPStatus(400).phrase, "message": message}
    return Refusal(400, body | ({"details": list(details)} if details else {}))


def _wrong(field: str, message: str) -> Problem:
    return Problem(field, "invalid_value", message)


# ----------------------------------------------------------------------------------------------------- what is asked


def _read_ids(inbound: Inbound) -> list[str]:
    ids: list[str] = body_as(list[str])(inbound)
    refuse_if([size_problem(ids)])
    return ids


def _read_search(inbound: Inbound) -> _Search:
    search: _Search = body_as(_Search)(inbound)
    filters.conditions(search.q)
    return search


def _show_lists(tx: Transaction, call: Call) -> Response:
    """GET: the lists of the shop, by `q` and the documented parameters; `effectiveDate` keeps those that hold then,
    on a day alone at any time of it."""
    return _lists_that_fit(tx, call, call.inbound.query.get("q", ""))


def _search_lists(tx: Transaction, call: Call) -> Response:
    return _lists_that_fit(tx, call, call.inbound.command.q)


def _lists_that_fit(tx: Transaction, call: Call, q: str) -> Response:
    text = typed(call.inbound.query, "effectiveDate")
    if not text:
        return filtered(Listing(_lists(), _LIST_FILTERS), tx, call, q=q)
    if instant(text) is None:
        raise Malformed([_wrong("effectiveDate", f"'{text[:64]}' is not a date and time in ISO 8601")])
    clock = Catalogue().view(tx, call.shop).clock

    def fits(document: Document) -> bool:
        validity, here = document.get("validity") or {}, clock(document.get("siteCode"))
        return Period(text, text, here).meets(Period(validity.get("from"), validity.get("to"), here))

    return filtered(Listing(_lists(), _LIST_FILTERS), tx, call, q=q, fits=fits)


def _show_prices(tx: Transaction, call: Call) -> Reply:
    """GET: the prices of one list; 404 where there is no such list."""
    return _prices_that_fit(tx, call, call.inbound.query.get("q", ""))


def _search_prices(tx: Transaction, call: Call) -> Reply:
    return _prices_that_fit(tx, call, call.inbound.command.q)


def _prices_that_fit(tx: Transaction, call: Call, q: str) -> Reply:
    list_id = call.inbound.values["priceListId"]
    if documents.find(tx, call.shop, Kind.PRICE_LIST, list_id) is None:
        return _lists().missing(list_id)
    return filtered(Listing(_prices(), _PRICE_FILTERS), tx, call, q=q, parent=list_id)


def _delete_many(tx: Transaction, call: Call) -> Response:
    """DELETE of several prices by their ids: 204, also for those that are gone already."""
    list_id = call.inbound.values["priceListId"]
    for id in call.inbound.command:
        documents.remove(tx, call.shop, Kind.LIST_PRICE, f"{list_id}/{id}")
    return Response(204, b"", ())
