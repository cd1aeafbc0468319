"""Orders, described (docs/wire/emporix.md, 7)."""

from tillroll.dialects.emporix.orders.lists import PAGE_SIZE
from tillroll.dialects.emporix.orders.requests import Entry, OrderFields
from tillroll.dialects.emporix.wire.described import (
    CART_PRICE,
    COUNT,
    FEES_TOTAL,
    FIELDS,
    LINE_PRICE,
    MONEY,
    SORT,
    TAXED,
    TOTAL,
    P,
    Q,
    created,
    paging,
)
from tillroll.dialects.openapi import (
    ANYTHING,
    FLAG,
    NUMBER,
    OBJECT,
    TEXT,
    TIME,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    listed,
    mapped,
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
        Operation("POST", _ALL, "Writes an order down", {201: new, 409: conflict}, written),
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
    order = record(_order_fields())
    return {
        "order.Order": order,
        "order.Listed": {**order, "required": ["id"]},
        "order.Entry": _entry(),
        **structs("order", {"Written": OrderFields, "WrittenEntry": Entry}),
    }


def _order_fields() -> dict[str, Schema]:
    address = record(dict.fromkeys(_ADDRESS, TEXT))
    shipping_line = record(
        {
            "amount": NUMBER,
            "currency": TEXT,
            "code": TEXT,
            "name": ANYTHING,
            "localizedName": OBJECT,
            "tax": record({"total": record({**_MONEY, "inclusive": FLAG}), "rate": NUMBER}),
            "shippingTaxCode?": TEXT,
        }
    )
    metadata = record({"mixins": OBJECT, "version": WHOLE})
    return {
        "id": TEXT,
        "status": _STATUS,
        "created": TIME,
        "lastStatusChange": TIME,
        "cartId?": TEXT,
        "createdBy?": TEXT,
        "entries": listed(ref("order.Entry")),
        "discounts": listed(OBJECT),
        "customer": OBJECT,
        "siteCode": TEXT,
        "countryCode": TEXT,
        "billingAddress": address,
        "shippingAddress": address,
        "payments": listed(_payment()),
        "shipping": record({"total": MONEY, "lines": listed(shipping_line)}),
        "tax": _tax(),
        "subTotalPrice": NUMBER,
        "totalPrice": NUMBER,
        "totalAuthorizedAmount": NUMBER,
        "currency": TEXT,
        "metadata": metadata,
        "mixins": OBJECT,
        "channel?": OBJECT,
        "deliveryWindow?": OBJECT,
        "shipments?": listed(OBJECT),
        "feeYrnAggregate": record({"total": FEES_TOTAL, "elements?": listed(OBJECT)}),
        "calculatedPrice": CART_PRICE,
        "restriction": TEXT,
        "legalEntityId?": TEXT,
        "orderType?": one_of("MASTER_ORDER", "SUB_ORDER"),
        "masterOrder?": TEXT,
        "subOrders?": listed(TEXT),
        "splitInfo?": OBJECT,
        "checkout?": FLAG,
    }


_MONEY: dict[str, Schema] = {"amount": NUMBER, "currency": TEXT}
_ADDRESS = (
    *("contactName", "street", "zipCode", "city", "country"),
    *("companyName?", "streetNumber?", "streetAppendix?", "state?", "contactPhone?"),
)


def _payment() -> Schema:
    return record(
        {
            "status": TEXT,
            "method": TEXT,
            "paymentResponse?": TEXT,
            "paidAmount": NUMBER,
            "currency": TEXT,
            "authorizedAmount?": NUMBER,
            "refundAmount?": NUMBER,
            "transactionId?": TEXT,
            "redirectUrl?": TEXT,
            "provider?": TEXT,
        },
        others=True,
    )


def _tax() -> Schema:
    line = record({**_MONEY, "code": TEXT, "name": TEXT, "rate": NUMBER, "sequenceId": WHOLE, "inclusive": FLAG})
    return record({"lines": listed(line), "total": record({**_MONEY, "inclusive": FLAG})})


def _entry() -> Schema:
    price = record(
        {
            "priceId": TEXT,
            "priceListId?": TEXT,
            "currency": TEXT,
            "originalAmount": NUMBER,
            "effectiveAmount": NUMBER,
            "basePrice": OBJECT,
            "presentationPrice": OBJECT,
            "metadata": OBJECT,
        }
    )
    match = record({**TAXED, "taxCountry": TEXT})
    return record(
        {
            "id": TEXT,
            "itemYrn?": TEXT,
            "keepAsSeparateLineItem": FLAG,
            "type": one_of("INTERNAL", "EXTERNAL"),
            "amount": NUMBER,
            "orderedAmount": NUMBER,
            "effectiveQuantity": NUMBER,
            "originalAmount": NUMBER,
            "originalPrice": NUMBER,
            "unitPrice": NUMBER,
            "calculatedUnitPrice": P,
            "totalPrice": NUMBER,
            "authorizedAmount?": NUMBER,
            "product": record({"id": TEXT, "localizedName": OBJECT, "published": FLAG}, others=True),
            "tax": _tax(),
            "price": price,
            "totalDiscount": MONEY,
            "fees": record({"total": FEES_TOTAL, "elements?": listed(OBJECT)}),
            "metadata": record({"mixins": mapped(TEXT)}),
            "mixins": OBJECT,
            "calculatedPrice": LINE_PRICE,
            "priceMatchDetails": match,
            "externalDiscounts?": listed(OBJECT),
        }
    )
