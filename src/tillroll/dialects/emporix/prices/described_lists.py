"""Price lists, their prices, currencies and exchange rates, described (docs/wire/emporix.md, 8)."""

from tillroll.dialects.emporix.wire.described import (
    COUNT,
    FATES,
    FIELDS,
    SORT,
    STALE,
    TOTAL,
    Documents,
    Q,
    listing,
    paging,
    with_patches,
    with_versions,
)
from tillroll.dialects.emporix.wire.resource_lists import BULK_ITEMS_MAX
from tillroll.dialects.openapi import (
    FLAG,
    NUMBER,
    OBJECT,
    TEXT,
    TIME,
    Answer,
    Operation,
    Parameter,
    Schema,
    either,
    extended,
    listed,
    record,
    ref,
    structs,
)
from tillroll.domain.prices.currencies import CurrencyDocument, ExchangeRate
from tillroll.domain.prices.prices import ListPrice, PriceList

_LIST = frozenset({"list"})
_LISTS = Documents("/price/{tenant}/price-lists", "price.PriceList", "a price list", put_creates=True, left_out=_LIST)
_PRICES = Documents(
    "/price/{tenant}/price-lists/{priceListId}/prices",
    "price.ListPrice",
    "a price of a price list",
    put_creates=True,
    left_out=_LIST,
)
_CURRENCIES = Documents(
    "/currency/{tenant}/currencies",
    "currency.Currency",
    "a currency",
    id_field="code",
    needs_version=True,
    filters=(Q, SORT, FIELDS, Parameter("code", TEXT, "Only codes that contain this."), Parameter("name", TEXT)),
    left_out=frozenset({"delete"}),
)
_RATES = Documents(
    "/currency/{tenant}/exchanges",
    "currency.ExchangeRate",
    "an exchange rate",
    id_field="code",
    needs_version=True,
    filters=(Q, SORT, FIELDS, Parameter("sourceCurrency", TEXT), Parameter("targetCurrency", TEXT)),
    left_out=frozenset({"replace"}),
)


def operations() -> list[Operation]:
    """The operations of price lists and of the currency service."""
    names = ("name", "currency", "country", "region", "site", "siteCode", "customerGroup", "legalEntityId")
    filters = tuple(Parameter(name, TEXT, "Only lists with this value.") for name in names)
    when = Parameter("effectiveDate", TIME, "Only lists that hold then.")
    of_prices = tuple(Parameter(name, TEXT) for name in ("itemId", "itemType", "priceModelId"))
    bulk = listed(ref("price.ListPrice"), most=BULK_ITEMS_MAX)
    force = Parameter("forceDelete", FLAG, "Whether its exchange rates go with it.")
    path = _PRICES.path
    return [
        *_LISTS.operations(),
        listing(_LISTS.path, _LISTS.noun, _LISTS.shown, (Q, SORT, FIELDS, *filters, when, *paging(60), COUNT)),
        _search(_LISTS),
        *_PRICES.operations(),
        listing(path, _PRICES.noun, _PRICES.shown, (Q, SORT, FIELDS, *of_prices, *paging(60), COUNT)),
        _search(_PRICES),
        Operation("POST", path + "/bulk", "Creates many prices in a list", {207: FATES}, bulk),
        Operation("PUT", path + "/bulk", "Replaces many prices of a list", {207: FATES}, bulk),
        Operation(
            "DELETE", path + "/bulk", "Deletes many prices of a list", {204: None}, listed(TEXT, most=BULK_ITEMS_MAX)
        ),
        *_CURRENCIES.operations(),
        Operation("DELETE", _CURRENCIES.path + "/{id}", "Deletes a currency", {204: None}, parameters=(force,)),
        *_RATES.operations(),
        Operation(
            "PUT",
            _RATES.path + "/{id}",
            "Changes an exchange rate",
            {204: None},
            ref("currency.ExchangeRatePatch"),
            conflict=STALE,
        ),
    ]


def _search(documents: Documents) -> Operation:
    noun = documents.noun.partition(" ")[2]
    return Operation(
        "POST",
        documents.path + "/search",
        f"Searches by `q`: each {noun} that fits",
        {200: Answer("One page.", listed(documents.shown), TOTAL)},
        record({"q?": TEXT}, others=True),
        (SORT, FIELDS, *paging(60), COUNT),
    )


def components() -> dict[str, Schema]:
    """The shapes of price lists and of the currency service."""
    found = structs("price", {"PriceList": PriceList, "ListPrice": ListPrice}, left_out=("ListPrice.priceModelId",))
    for name in ("price.PriceList", "price.ListPrice"):
        found[name] = extended(found[name], {"mixins": OBJECT, "metadata": OBJECT})
    found["price.PriceList"] = extended(found["price.PriceList"], {}, required=("name",))
    money = structs("currency", {"Currency": CurrencyDocument, "ExchangeRate": ExchangeRate})
    money["currency.Currency"] = extended(money["currency.Currency"], {"metadata": OBJECT}, required=("name",))
    rate = {"code": TEXT, "rate": either(TEXT, NUMBER), "metadata": OBJECT}
    money["currency.ExchangeRate"] = extended(money["currency.ExchangeRate"], rate)
    found = with_patches(found, "price.PriceList", "price.ListPrice")
    patched = ["currency.Currency", "currency.ExchangeRate"]
    return found | with_versions(money, replaced=["currency.Currency"], patched=patched)
