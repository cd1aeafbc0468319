"""Quotes and their reasons, described (docs/wire/emporix.md, 12)."""

from collections.abc import Mapping

from tillroll.dialects.emporix.quotes.lists import PAGE_SIZE
from tillroll.dialects.emporix.quotes.requests import OPERATIONS, OPERATIONS_MAX, QuoteRequest
from tillroll.dialects.emporix.wire.described import (
    COUNT,
    FIELDS,
    LANGUAGE,
    LOCALIZED,
    SORT,
    TOTAL,
    Documents,
    Q,
    created,
    paging,
)
from tillroll.dialects.openapi import (
    ANYTHING,
    NUMBER,
    OBJECT,
    TEXT,
    TIME,
    Answer,
    Operation,
    Schema,
    either,
    listed,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.quotes.quote import TRANSITIONS

_QUOTES = "/quote/{tenant}/quotes"
_REASONS = Documents("/quote/{tenant}/quote-reasons", "quote.Reason", "a quote reason", left_out=frozenset({"change"}))


def operations() -> list[Operation]:
    """The operations of these services."""
    one = _QUOTES + "/{id}"
    page = Answer("One page, newest first.", listed(ref("quote.Listed")), TOTAL)
    history = Answer("Every change, oldest first.", listed(ref("quote.Change")), TOTAL)
    return [
        Operation(
            "GET",
            _QUOTES,
            "Lists quotes; a customer's own",
            {200: page},
            parameters=(Q, SORT, FIELDS, *paging(PAGE_SIZE), COUNT, LANGUAGE),
        ),
        Operation(
            "POST",
            _QUOTES,
            "Makes a quote",
            {201: created(record({"id": TEXT}))},
            ref("quote.QuoteRequest"),
            notes="With a `cartId` of that cart, which it closes; without one a back office says every item.",
        ),
        Operation("GET", one, "Shows a quote", {200: ref("quote.Quote")}, parameters=(LANGUAGE,)),
        Operation(
            "PATCH",
            one,
            "Changes a quote, or takes a step of its life",
            {204: None},
            either(ref("quote.Operation"), listed(ref("quote.Operation"), least=1, most=OPERATIONS_MAX)),
            notes="All operations are done or none. A quote that is accepted with all that an order needs becomes one.",
        ),
        Operation("DELETE", one, "Deletes a quote that is no order", {204: None}),
        Operation("GET", one + "/history", "Lists what has happened to a quote", {200: history}, parameters=(COUNT,)),
        *_REASONS.operations(),
    ]


_SIDES: Mapping[str, Schema] = {"netValue": NUMBER, "grossValue": NUMBER, "taxValue": NUMBER}
_ADDRESS = record({"id?": TEXT, "name": TEXT, "addressLine1": TEXT, "addressLine2?": TEXT, "city": TEXT}
                  | {"countryCode": TEXT, "postcode": TEXT, "state?": TEXT})  # fmt: skip
_STATUS = record({"value": one_of(*TRANSITIONS), "comment?": TEXT, "quoteReason?": OBJECT})
_PERSON = record({"customerId": TEXT, "firstName?": TEXT, "lastName?": TEXT, "contactEmail": TEXT})
_SHIPPING = record(
    {"value": NUMBER, "grossValue": NUMBER, "methodId": TEXT, "zoneId": TEXT, "methodName?": LOCALIZED}
    | {"shippingTaxCode?": TEXT}
)
_TAX_LINE = record({"name": TEXT, "amount": NUMBER, "rate": NUMBER, "taxable": NUMBER})


def components() -> dict[str, Schema]:
    """The shapes of these services."""
    reason = record({"id?": TEXT, "type": one_of("CHANGE", "DECLINE"), "code": TEXT, "message": LOCALIZED}, others=True)
    operation = record({"op": one_of(*OPERATIONS), "path": TEXT, "value?": ANYTHING}, others=True)
    quote = _quote()
    return {
        **structs("quote", {"QuoteRequest": QuoteRequest}),
        "quote.Quote": record(quote),
        "quote.Listed": record({name if name == "id" else f"{name.removesuffix('?')}?": quote[name] for name in quote}),
        "quote.Operation": operation,
        "quote.Reason": reason,
        "quote.Change": record(
            {"id": TEXT, "op": one_of(*OPERATIONS, "CREATE"), "path": TEXT, "newValue?": ANYTHING}
            | {"previousValue?": ANYTHING, "userId": TEXT, "userFirstName?": TEXT, "userLastName?": TEXT}
            | {"userType": one_of("EMPLOYEE", "CUSTOMER", "SYSTEM"), "modifiedAt": TIME}
        ),
    }


def _quote() -> dict[str, Schema]:
    price = record(
        {"type": one_of("INTERNAL", "EXTERNAL"), "priceId?": TEXT, "unitPrice": NUMBER, "newUnitPrice": NUMBER}
        | {"discount": NUMBER, "totalNetValue": NUMBER, "tax": OBJECT}
    )
    item = record(
        {"id": TEXT, "quantity": record({"quantity": NUMBER, "unitCode?": TEXT}), "price": price, "product": OBJECT}
        | {"mixins?": OBJECT, "metadata?": OBJECT}
    )
    total = record({"currency": TEXT, **_SIDES})
    return {
        "id": TEXT,
        "businessModel": one_of("B2B", "B2C"),
        "customer": _PERSON,
        "employee?": record({"employeeId": TEXT}),
        "cartId?": TEXT,
        "company?": record({"name": TEXT}),
        "siteCode": TEXT,
        "orderId?": TEXT,
        "currency": TEXT,
        "status": _STATUS,
        "validTo?": TIME,
        "comment?": record({"employeeComment?": TEXT, "customerComment?": TEXT}),
        "customerReference?": TEXT,
        "totalPrice": total,
        "subtotalPrice": total,
        "taxAggregate": record({"lines": listed(_TAX_LINE)}),
        "shipping?": _SHIPPING,
        "billingAddress?": _ADDRESS,
        "shippingAddress?": _ADDRESS,
        "items": listed(item),
        "deliveryWindow?": OBJECT,
        "mixins?": OBJECT,
        "metadata": ref("Metadata"),
    }
