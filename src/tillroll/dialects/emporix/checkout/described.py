"""The checkout and approvals, described (docs/wire/emporix.md, 4)."""

from tillroll.dialects.emporix.checkout.approvals import Question
from tillroll.dialects.openapi import (
    FLAG,
    NAME,
    OBJECT,
    TEXT,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    listed,
    nullable,
    one_of,
    one_shape,
    record,
    ref,
    structs,
)
from tillroll.domain.orders.order import PlaceOrder


def operations() -> list[Operation]:
    """The operations of both services."""
    permitted = record({"action": one_of("CHECKOUT"), "permitted": FLAG})
    return [
        _checkout("/checkout/{tenant}/checkouts/order", ""),
        _checkout("/checkout/{tenant}/checkouts/orders", "The same call, as one of the vendor's guides writes it."),
        Operation(
            "POST",
            "/approval/{tenant}/approval/permitted",
            "Says whether the caller may check out a cart or a quote now",
            {200: permitted},
            ref("approval.Question"),
        ),
    ]


def _checkout(path: str, notes: str) -> Operation:
    site = Parameter("siteCode", TEXT, "Sent by clients, and passed over: the cart knows its site.")
    token = Parameter("saas-token", TEXT, "Of a customer who is logged in; guests have none.", "header")
    conflict = Answer(schema=ref("checkout.Conflict"))
    return Operation(
        "POST",
        path,
        "Buys a cart or a quote",
        {200: ref("checkout.Placed"), 409: conflict},
        ref("checkout.PlaceOrder"),
        (site, token),
        notes or "One transaction: the order exists with all that belongs to it, or nothing has happened.",
    )


def components() -> dict[str, Schema]:
    """The shapes of both services."""
    sent = structs("checkout", {"PlaceOrder": PlaceOrder})
    del sent["checkout.PlaceOrder"]
    detail = record({"field": TEXT, "type": TEXT, "message": TEXT, "moreInfo": nullable(TEXT)})
    return sent | {
        **structs("approval", {"Question": Question}),
        "checkout.PlaceOrder": one_shape("checkout.BuyCart", "checkout.BuyQuote"),
        "checkout.BuyCart": record(
            {
                "cartId": NAME,
                "customer": ref("checkout.Customer"),
                "shipping": ref("checkout.ShippingChoice"),
                "addresses": listed(ref("checkout.Address"), least=2),
                "paymentMethods": listed(ref("checkout.PaymentMethod"), least=1),
                "currency?": nullable(TEXT),
            },
            others=True,
        ),
        "checkout.BuyQuote": record(
            {
                "quoteId": NAME,
                "paymentMethods": listed(ref("checkout.PaymentMethod"), least=1),
                "deliveryWindowId?": nullable(TEXT),
            },
            others=True,
        ),
        "checkout.Placed": record({"orderId": TEXT, "paymentDetails": nullable(OBJECT), "checkoutId": nullable(TEXT)}),
        "checkout.Conflict": record(
            {"status": WHOLE, "type": TEXT, "message": TEXT, "moreInfo": nullable(TEXT), "details": listed(detail)}
        ),
        "ErrorApproval": record(
            {"code": {"type": "integer"}, "status": TEXT, "message": TEXT, "errorCode?": TEXT}
            | {"details?": listed(record({"message": TEXT}))},
            note="Format B with a code, and details that are objects.",
        ),
    }
