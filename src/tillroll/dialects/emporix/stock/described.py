"""Availability, described (docs/wire/emporix.md, 13)."""

from tillroll.dialects.emporix.stock.availability import PAGE_SIZE, SEARCHED_IDS_MAX, StockRecord
from tillroll.dialects.emporix.wire.described import FATES, Q, paging
from tillroll.dialects.emporix.wire.resource_lists import BULK_ITEMS_MAX
from tillroll.dialects.openapi import (
    FLAG,
    NAME,
    NUMBER,
    OBJECT,
    TEXT,
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


def operations() -> list[Operation]:
    """The operations of this service."""
    base = "/availability/{tenant}/availability"
    one, bulk, shown = base + "/{productId}/{site}", base + "/bulk", ref("availability.Shown")
    record_sent, many = ref("availability.StockRecord"), listed(ref("availability.Keyed"), most=BULK_ITEMS_MAX)
    new = Answer("It is created.", record({"id": TEXT}))
    page = Answer("One page.", listed(shown), {"X-Total-Count": "How many there are."})
    searched = either(listed(TEXT, most=SEARCHED_IDS_MAX), record({"q": NAME}, others=True))
    site = Parameter("site", TEXT, "Only records of this site.")
    return [
        Operation("GET", one, "Shows what is on hand of a product on a site", {200: shown}),
        Operation("POST", one, "Counts a product on a site for the first time", {201: new}, record_sent),
        Operation("PUT", one, "Counts a product on a site", {201: new, 204: None}, record_sent),
        Operation("DELETE", one, "Forgets a product's stock on a site", {204: None}),
        Operation(
            "GET", base + "/site/{site}", "Lists a site's records", {200: page}, parameters=(Q, *paging(PAGE_SIZE))
        ),
        Operation(
            "POST",
            base + "/search",
            "Searches records, by the ids of products or by `q`",
            {200: page},
            searched,
            (site, *paging(PAGE_SIZE)),
        ),
        Operation("POST", bulk, "Counts many products for the first time", {207: FATES}, many),
        Operation("PUT", bulk, "Counts many products", {207: FATES}, many),
        Operation("DELETE", bulk, "Forgets the stock of many products", {207: FATES}, many),
    ]


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    stock = structs("availability", {"StockRecord": StockRecord})
    key = {"productId": NAME, "site": NAME}
    shown = {**key, "id": TEXT, "stockLevel": NUMBER, "available": FLAG, "metadata": OBJECT}
    record_sent = stock["availability.StockRecord"]
    members = listed(ref("availability.Shown"))
    return {
        "availability.StockRecord": record_sent,
        "availability.Keyed": extended(record_sent, key, required=key),
        "availability.Shown": extended(record_sent, {**shown, "bundleAvailabilities": members}, required=shown),
    }
