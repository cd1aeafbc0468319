"""Price models and prices: `/price/{tenant}/priceModels`, `/price/{tenant}/prices` (docs/wire/emporix.md, 8).

A price has as many values as its model has tiers, in their order. Tiers get ids from the server, so that the values can
name them; values that name no tier are taken in order. Prices are kept for products (`itemType` PRODUCT): the SKU that
Emporix calls a preview is refused.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.wire import query as filters
from tillroll.dialects.emporix.wire.errors import PRICE, Refusal, respond
from tillroll.dialects.emporix.wire.fields import (
    amount_problem,
    country_problem,
    currency_problem,
    id_problem,
    period_problem,
    quantity_problem,
    validity_problems,
)
from tillroll.dialects.emporix.wire.payload import body_as, reads_of_list, refuse_if, typed
from tillroll.dialects.emporix.wire.resource_lists import (
    Listing,
    bulk_routes,
    filtered,
    list_route,
    select,
    size_problem,
)
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Change,
    Document,
    Index,
    Resource,
    Words,
    Writes,
    resource_routes,
    stored,
)
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured
from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.domain.money import HUNDRED, ZERO
from tillroll.domain.prices.prices import Price, PriceModel, SalePrice, TierValue
from tillroll.domain.times import Period
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import clock_of
from tillroll.store import Transaction

# More steps than any price list has; each is looked at with every line of a checkout.
TIERS_MAX = 100
SITES_MAX = 100

_STALE = "The object that you are trying to update has already changed. Please refresh and try again!"

# Query parameters of the list, and the path into the document that each one compares.
_FILTERS: Mapping[str, str] = {
    "itemId": "itemId.id",
    "itemType": "itemId.itemType",
    "currency": "currency",
    "siteCode": "restrictions.siteCodes",
    "country": "location.countryCode",
    "priceModelId": "priceModelId",
    "principalId": "restrictions.principals.id",
}
# The same for price models.
MODEL_FILTERS: Mapping[str, str] = {
    "name": "~name",
    "description": "~description",
    "includesTax": "includesTax",
    "includesMarkup": "includesMarkup",
    "tierType": "tierDefinition.tierType",
    "unitcode": "measurementUnit.unitCode",
}


class PriceSearch(Struct, rename="camel", frozen=True):
    """The two bodies of a search: a query, or items with what their prices have to fit."""

    q: str = ""
    item_ids: tuple[str, ...] = ()
    currency: str = ""
    site_code: str = ""
    principal_id: str = ""


class _Price(Price, frozen=True, rename="camel", kw_only=True):
    price_model_id: str = ""


def routes() -> list[Route]:
    """The routes of price models and prices."""
    models, prices = _models(), _prices()
    show_prices = secured(PRICE, anybody(), _show_prices)
    search = secured(PRICE, anybody("price.price_read", "price.price_manage"), _search)
    return [
        *resource_routes(models, list_route(Listing(models, MODEL_FILTERS))),
        *resource_routes(prices, Route("GET", prices.path, show_prices, PRICE, reads=reads_of_list)),
        *bulk_routes(prices),
        Route("POST", prices.path + "/search", search, PRICE, _read_search, reads="search"),
    ]


def _models() -> Resource:
    return Resource(
        path="/price/{tenant}/priceModels",
        kind=Kind.PRICE_MODEL,
        service=PRICE,
        writers=back_office("price.pricemodel_manage", "price.price_manage"),
        readers=anybody("price.pricemodel_read", "price.pricemodel_manage", "price.price_read", "price.price_manage"),
        body=Body(PriceModel, _check_model, complete=_complete_model),
        words=Words("Price model with id {id} has not been found.", "Price model with id {id} already exists.", _STALE),
        writes=Writes(creates_on_put=True),
    )


def _prices() -> Resource:
    return Resource(
        path="/price/{tenant}/prices",
        kind=Kind.PRICE,
        service=PRICE,
        writers=back_office("price.price_manage"),
        readers=anybody(),
        body=Body(_Price, _check_price, countries=(("location", "countryCode"),), complete=complete_price),
        index=Index(parent=lambda document: str(document["itemId"]["id"])),
        words=Words("Price with id {id} has not been found.", "Price with id {id} already exists.", _STALE),
        writes=Writes(creates_on_put=True),
        rules=(take_default_model, _fit_into_shop),
    )


def _check_model(model: PriceModel) -> list[Problem | None]:
    definition, unit = model.tier_definition, model.measurement_unit
    minima = [tier.min_quantity for tier in definition.tiers]
    problems = [quantity_problem("measurementUnit.quantity", unit.quantity)]
    problems += [
        quantity_problem(f"tierDefinition.tiers[{index}].minQuantity.quantity", minimum.quantity)
        for index, minimum in enumerate(minima)
    ]
    if any(problems):
        return problems
    quantities = [minimum.quantity for minimum in minima]
    units = {minimum.unit_code for minimum in [*minima, unit] if minimum.unit_code}
    return [
        None if model.name else _wrong("name", "name may not be empty"),
        None
        if len(minima) <= TIERS_MAX
        else _wrong("tierDefinition.tiers", f"there may be at most {TIERS_MAX} tiers, not {len(minima)}"),
        None
        if not quantities or quantities[0] == 0
        else _wrong("tierDefinition.tiers[0].minQuantity.quantity", "the first tier must start at 0"),
        None
        if all(low < high for low, high in pairwise(quantities))
        else _wrong("tierDefinition.tiers", "the tiers must be unique and in ascending order of their minQuantity"),
        None
        if len(units) <= 1
        else _wrong("tierDefinition.tiers", f"all unitCode fields must be the same, not {', '.join(sorted(units))}"),
        None
        if quantities or definition.tier_type == "BASIC"
        else _wrong("tierDefinition.tiers", f"a {definition.tier_type} model needs at least one tier"),
        None
        if definition.tier_type != "BASIC" or len(quantities) <= 1
        else _wrong("tierDefinition.tiers", f"a BASIC model has a single tier, not {len(quantities)}"),
    ]


def _complete_model(document: Document) -> None:
    """Give every tier an id, and a BASIC model without tiers its only one."""
    definition = document.setdefault("tierDefinition", {})
    definition.setdefault("tierType", "BASIC")
    unit = document.get("measurementUnit", {}).get("unitCode")
    first = {"quantity": 0} | ({"unitCode": unit} if unit else {})
    definition["tiers"] = definition.get("tiers") or [{"minQuantity": first}]
    for position, tier in enumerate(definition["tiers"]):
        tier["id"] = tier.get("id") or f"{document['id']}-{position}"


def _check_price(price: Price) -> list[Problem | None]:
    country = price.location.country_code if price.location is not None else None
    restrictions = price.restrictions
    return [
        id_problem("itemId.id", price.item_id.id),
        None
        if price.item_id.item_type == "PRODUCT"
        else _wrong("itemId.itemType", f"prices are kept for a PRODUCT, not for a {price.item_id.item_type}"),
        currency_problem(price.currency),
        country_problem("location.countryCode", country),
        *tier_value_problems(price.tier_values),
        None
        if len(restrictions.site_codes) <= SITES_MAX
        else _wrong("restrictions.siteCodes", f"there may be at most {SITES_MAX} siteCodes"),
        *validity_problems("restrictions.validity", restrictions.validity),
        *_check_sale_price(price.sale_price),
    ]


def tier_value_problems(values: Sequence[TierValue]) -> list[Problem | None]:
    """What is wrong with the values of a price, whatever its model."""
    return [
        None
        if 1 <= len(values) <= TIERS_MAX
        else _wrong("tierValues", f"there must be 1 to {TIERS_MAX} tierValues, not {len(values)}"),
        *(
            amount_problem(f"tierValues[{index}].priceValue", tier.price_value)
            for index, tier in enumerate(values[:TIERS_MAX])
        ),
    ]


def _check_sale_price(sale: SalePrice | None) -> list[Problem | None]:
    if sale is None:
        return []
    amount, rate = sale.discount_amount, sale.discount_rate
    return [
        amount_problem("salePrice.discountAmount", amount) if amount is not None else None,
        amount_problem("salePrice.discountRate", rate) if rate is not None else None,
        None
        if rate is None or not rate.is_finite() or ZERO <= rate <= HUNDRED
        else _wrong("salePrice.discountRate", f"discountRate must be 0 to 100 percent, but is {rate}"),
    ]


def complete_price(document: Document) -> None:
    """Amounts that came as text, as in the published tutorial, become numbers."""
    for tier in document["tierValues"]:
        if isinstance(tier["priceValue"], str):
            tier["priceValue"] = Decimal(tier["priceValue"])


def take_default_model(change: Change) -> Refusal | None:
    """A price that names no price model has the shop's default one."""
    if change.after.get("priceModelId"):
        return None
    known = (stored(entry) for entry in documents.scan(change.tx, change.call.shop, Kind.PRICE_MODEL))
    default = next((model["id"] for model in known if model.get("default") is True), None)
    if default is None:
        message = "priceModelId is required: no price model of the shop is the default"
        return PRICE.refusal_if([Problem("priceModelId", "missing_value", message)])
    change.after["priceModelId"] = default
    return None


def _fit_into_shop(change: Change) -> Refusal | None:
    """Whether the model and the sites of a price exist; brings its values into the order of the model's tiers."""
    tx, shop, document = change.tx, change.call.shop, change.after
    restrictions = document.get("restrictions", {})
    codes = restrictions.get("siteCodes", [])
    unknown = [code for code in dict.fromkeys(codes) if not documents.has_site(tx, shop, code)]
    problems: list[Problem | None] = []
    if unknown:
        message = f"The site(s) with code(s):[{', '.join(unknown)}] do(es) not exist on tenant:{shop}."
        problems.append(Problem("", "invalid_value", f"{message} Please provide valid site codes"))
    clocks = (clock_of(tx, shop, code) for code in codes or [None])
    problems.append(period_problem("restrictions.validity", restrictions.get("validity"), clocks))
    model_id = document["priceModelId"]
    entry = documents.find(tx, shop, Kind.PRICE_MODEL, model_id)
    if entry is None:
        problems.append(_wrong("priceModelId", f"Price model with id {model_id} has not been found."))
    else:
        model = msgspec.json.decode(entry.document, type=PriceModel)
        problems.append(fit_into_tiers(document, [tier.id for tier in model.tier_definition.tiers]))
    return PRICE.refusal_if(problems)


def fit_into_tiers(document: Document, tiers: list[str | None]) -> Problem | None:
    """Bring the values of a price into the order of its model's tiers, or say why they do not fit."""
    values: list[Document] = document["tierValues"]
    if len(values) != len(tiers):
        message = f"the price model has {len(tiers)} tier(s), but there are {len(values)} tierValues"
        return _wrong("tierValues", message)
    named = [(value.get("id") or "").strip() for value in values]
    if any(named):
        if sorted(named) != sorted(tier or "" for tier in tiers):
            return _wrong("tierValues", "the ids of the tierValues must be those of the price model's tiers, once each")
        values.sort(key=lambda value: tiers.index(value["id"].strip()))
    for value, tier in zip(values, tiers, strict=True):
        value["id"] = tier
    return None


def _wrong(field: str, message: str) -> Problem:
    return Problem(field, "invalid_value", message)


def _show_prices(tx: Transaction, call: Call) -> Response:
    """GET of a list of prices; no scope is needed. With `effectiveDate`, those that hold then."""
    moment = typed(call.inbound.query, "effectiveDate")
    if not moment:
        return filtered(_listing(), tx, call)
    clock = clock_of(tx, call.shop)
    asked = Period(moment, moment, clock)
    if asked.begins is None:
        raise Malformed([_wrong("effectiveDate", f"'{moment[:64]}' is not a date and time in ISO 8601")])
    return filtered(_listing(), tx, call, fits=lambda price: _holds(price, asked))


def _holds(price: Document, asked: Period) -> bool:
    """Whether a price holds at some moment of what is asked."""
    validity = (price.get("restrictions") or {}).get("validity") or {}
    own = Period(validity.get("from"), validity.get("to"), asked.clock)
    begins, ends = asked.begins or 0, asked.ends or 0
    return (own.begins is None or own.begins <= ends) and (own.ends is None or own.ends >= begins)


def _listing() -> Listing:
    return Listing(_prices(), _FILTERS, "itemId.id")


def _read_search(inbound: Inbound) -> PriceSearch:
    search: PriceSearch = body_as(PriceSearch)(inbound)
    if not search.q and not search.item_ids:
        raise Malformed([Problem("", "missing_value", "ItemIds may not be empty")])
    refuse_if([size_problem(search.item_ids)])
    filters.conditions(search.q)
    return search


def _search(tx: Transaction, call: Call) -> Response:
    """POST /prices/search: by `itemIds`, grouped by item; or by `q`, as a plain list."""
    search: PriceSearch = call.inbound.command
    if not search.item_ids:
        return respond(200, select(_listing(), tx, call, filters.shop_conditions(tx, call.shop, search.q)))
    given = {"currency": search.currency, "siteCode": search.site_code, "principalId": search.principal_id}
    wanted = [filters.asked(_FILTERS[name], value) for name, value in given.items() if value]
    wanted.append(filters.Condition(("itemId", "id"), search.item_ids))
    groups: dict[str, list[Document]] = {id: [] for id in search.item_ids}
    for document in select(_listing(), tx, call, wanted):
        groups[document["itemId"]["id"]].append(document)
    return respond(200, [{"itemId": id, "prices": prices} for id, prices in groups.items()])
