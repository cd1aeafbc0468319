"""Price models, prices and price matching, described (docs/wire/emporix.md, 8)."""

from tillroll.dialects.emporix.prices.answers import MatchedPrice
from tillroll.dialects.emporix.prices.match import MatchByContext, MatchPrices
from tillroll.dialects.emporix.prices.set_up import MODEL_FILTERS
from tillroll.dialects.emporix.wire.described import (
    AMOUNTS,
    COUNT,
    FATES,
    FIELDS,
    SORT,
    Documents,
    Q,
    asked_for,
    listing,
    paging,
    with_patches,
)
from tillroll.dialects.emporix.wire.resource_lists import BULK_ITEMS_MAX
from tillroll.dialects.openapi import (
    FLAG,
    OBJECT,
    TEXT,
    Operation,
    Parameter,
    Schema,
    answers,
    either,
    extended,
    listed,
    record,
    ref,
    structs,
)
from tillroll.domain.prices.prices import Price, PriceModel

_MODELS = Documents(
    "/price/{tenant}/priceModels",
    "price.PriceModel",
    "a price model",
    put_creates=True,
    filters=(Q, SORT, FIELDS, *asked_for(MODEL_FILTERS)),
)
_PRICES = Documents("/price/{tenant}/prices", "price.Price", "a price", put_creates=True, left_out=frozenset({"list"}))
_FILTERS = ("itemId", "itemType", "currency", "siteCode", "country", "priceModelId", "principalId")


def operations() -> list[Operation]:
    """The operations of this service."""
    path, price = _PRICES.path, _PRICES.shown
    filters = tuple(Parameter(name, TEXT, "Only prices with this value.") for name in _FILTERS)
    when = Parameter("effectiveDate", TEXT, "Only prices that hold at this time, or on this day.")
    bulk = listed(ref("price.Price"), most=BULK_ITEMS_MAX)
    grouped = listed(record({"itemId": TEXT, "prices": listed(price)}))
    matches = listed(ref("price.Match"))
    return [
        *_MODELS.operations(),
        *_PRICES.operations(),
        listing(path, _PRICES.noun, price, (Q, SORT, FIELDS, *filters, when, *paging(60), COUNT)),
        Operation("POST", path + "/bulk", "Creates many prices", {207: FATES}, bulk),
        Operation("PUT", path + "/bulk", "Replaces many prices", {207: FATES}, bulk),
        Operation(
            "POST",
            path + "/search",
            "Searches prices: by `itemIds`, grouped by item, or by `q`",
            {200: either(grouped, listed(price))},
            ref("price.Search"),
        ),
        Operation(
            "POST",
            "/price/{tenant}/match-prices",
            "Finds the best price of each item",
            {200: matches},
            ref("price.MatchPrices"),
            notes="Items without a price are left out.",
        ),
        Operation(
            "POST",
            "/price/{tenant}/match-prices-by-context",
            "Finds the best price of each item for the session's site, currency and country",
            {200: matches},
            ref("price.MatchByContext"),
            notes="Items without a price are left out.",
        ),
    ]


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    match = structs("price", {"MatchPrices": MatchPrices, "MatchByContext": MatchByContext})
    match["price.MatchPrices"] = extended(
        match["price.MatchPrices"], {}, required=("siteCode", "targetCurrency", "targetLocation")
    )
    match["price.TargetLocation"] = extended(match["price.TargetLocation"], {}, required=("countryCode",))
    found = structs("price", {"PriceModel": PriceModel, "Price": Price}, left_out=("Price.priceModelId",))
    found["price.PriceModel"] = extended(found["price.PriceModel"], {"default": FLAG}, required=("name",))
    found["price.Price"] = extended(found["price.Price"], {"mixins": OBJECT, "metadata": OBJECT})
    search = {"q?": TEXT, "itemIds?": listed(TEXT, most=BULK_ITEMS_MAX)}
    search |= {"currency?": TEXT, "siteCode?": TEXT, "principalId?": TEXT}
    more = {"price.Search": record(search, others=True), **answers("price", {"Match": MatchedPrice}, elsewhere=AMOUNTS)}
    return with_patches(found, "price.PriceModel", "price.Price") | match | more
