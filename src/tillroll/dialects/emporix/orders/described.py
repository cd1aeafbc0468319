"""Orders, described (docs/wire/emporix.md, 7)."""

from tillroll.dialects.emporix.orders.answers import OrderEntry, OrderPayment, SalesOrder
from tillroll.dialects.emporix.orders.lists import PAGE_SIZE
from tillroll.dialects.emporix.orders.requests import Entry, OrderFields
from tillroll.dialects.emporix.wire.described import (
    AMOUNTS,
    COUNT,
    FIELDS,
    SORT,
    TOTAL,
    Q,
    created,
    paging,
)
from tillroll.dialects.openapi import (
    FLAG,
    NUMBER,
    TEXT,
    TIME,
    Answer,
    Operation,
    Parameter,
    Schema,
    answers,
    extended,
    listed,
    nullable,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.orders.order import TRANSITIONS

_STATUS = one_of(*TRANSITIONS)
_OWN, _ALL = "/order-v2/{tenant}/orders", "/order-v2/{tenant}/salesorders"


def operations() -> list[Operation]:
    """The operations of these services."""
    return [
        *_of_shoppers(),
        *_of_the_back_office(),
        *_by_hand(),
        *_of_legal_entities(),
    ]


def _by_hand() -> list[Operation]:
    one, order, written = _ALL + "/{id}", ref("order.Order"), ref("order.Written")
    page = Answer("One page.", listed(ref("order.Listed")), TOTAL)
    recalculate = Parameter("recalculate", FLAG, "Calculates the order again, also where no quantity changed.")
    changes = record({"quantity": NUMBER, "entryId?": nullable(TEXT), "productId?": nullable(TEXT)}, others=True)
    delivered = record({"entryId": TEXT, "deliveredAmount": NUMBER}, others=True)
    part = record({"id": TEXT, "uniqueValue?": TEXT})
    split = record({"masterOrder": TEXT, "splitBy": TEXT, "subOrders": listed(part)})
    new = created(record({"id": TEXT, "yrn": TEXT}))
    conflict = Answer(schema=ref("checkout.Conflict"))
    return [
        Operation("POST", _ALL, "Writes an order down", {201: new, 409: conflict}, ref("order.NewOrder")),
        Operation(
            "POST",
            _ALL + "/search",
            "Finds orders",
            {200: page},
            record({"q?": nullable(TEXT)}, others=True),
            (SORT, FIELDS, *paging(PAGE_SIZE), COUNT),
        ),
        Operation("PUT", one, "Corrects an order", {204: None}, written, (recalculate,)),
        Operation("PATCH", one, "Corrects parts of an order", {204: None}, written, (recalculate,)),
        Operation("DELETE", one, "Takes an order out of sight", {204: None}),
        Operation(
            "POST",
            one + "/entries",
            "Gives an order other entries",
            {200: order},
            record({"entries": listed(changes)}, others=True),
            (Parameter("store", FLAG, "Whether the result is kept."),),
        ),
        Operation(
            "POST",
            one + "/calculations",
            "Calculates an order by what was delivered",
            {200: order},
            record({"entries": listed(delivered)}, others=True),
        ),
        Operation(
            "POST",
            one + "/split",
            "Splits an order by vendor",
            {200: split},
            record({"splitBy?": one_of("VENDOR_ID")}, others=True),
        ),
    ]


def _of_legal_entities() -> list[Operation]:
    many = "/order-v2/{tenant}/legal-entity-orders/{legalEntityId}"
    page = Answer("One page.", listed(ref("order.Listed")), {"X-Total-Count": "How many there are."})
    wanted = (Q, SORT, FIELDS, *paging(PAGE_SIZE))
    return [
        Operation("GET", many, "Lists a legal entity's orders", {200: page}, parameters=wanted),
        Operation("GET", many + "/{id}", "Shows an order of a legal entity", {200: ref("order.Order")}),
    ]


def _of_shoppers() -> list[Operation]:
    order = ref("order.Order")
    own = Answer("One page.", listed(ref("order.Listed")), {"X-Total-Count": "How many there are."})
    possible, wanted = listed(record({"status": _STATUS})), record({"status": _STATUS}, others=True)
    return [
        Operation(
            "GET", _OWN, "Lists the shopper's own orders", {200: own}, parameters=(Q, SORT, FIELDS, *paging(PAGE_SIZE))
        ),
        Operation("GET", _OWN + "/{id}", "Shows one of the shopper's orders", {200: order}),
        Operation("GET", _OWN + "/{id}/transitions", "Lists where an order may go now", {200: possible}),
        Operation("POST", _OWN + "/{id}/transitions", "Declines an order", {204: None}, wanted),
    ]


def _of_the_back_office() -> list[Operation]:
    order, one = ref("order.Order"), _ALL + "/{id}"
    page = Answer("One page.", listed(ref("order.Listed")), TOTAL)
    count = Answer("Their number.", headers={"X-Total-Count": "How many there are."})
    possible, wanted = listed(record({"status": _STATUS})), record({"status": _STATUS}, others=True)
    history = listed(record({"status": _STATUS, "changedAt": TIME}, others=True))
    return [
        Operation(
            "GET", _ALL, "Lists all orders", {200: page}, parameters=(Q, SORT, FIELDS, *paging(PAGE_SIZE), COUNT)
        ),
        Operation("HEAD", _ALL, "Counts all orders", {200: count}, parameters=(Q,)),
        Operation("GET", one, "Shows an order", {200: order}),
        Operation("GET", one + "/transitions", "Lists where an order may go now", {200: possible}),
        Operation("POST", one + "/transitions", "Gives an order its next status", {204: None}, wanted),
        Operation("GET", one + "/historical-transitions", "Lists every status that it had", {200: history}),
    ]


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    shown = answers(
        "order", {"Order": SalesOrder, "Entry": OrderEntry, "ShownPayment": OrderPayment}, elsewhere=AMOUNTS
    )
    written = structs("order", {"Written": OrderFields, "WrittenEntry": Entry})
    needed = {"entries": listed(ref("order.WrittenEntry"), least=1), "customer": ref("order.Person")}
    return {
        **shown,
        "order.ShownPayment": {**shown["order.ShownPayment"], "additionalProperties": True},
        "order.Listed": {**shown["order.Order"], "required": ["id"]},
        **written,
        "order.NewOrder": extended(written["order.Written"], needed, required=needed),
    }
