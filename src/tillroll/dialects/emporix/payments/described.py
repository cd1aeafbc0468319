"""Payment modes and payments that were put off, described (docs/wire/emporix.md, 17)."""

from tillroll.dialects.emporix.payments.acts import PAYMENT, PaymentAmount, RefundRequest
from tillroll.dialects.emporix.payments.bells import CALLBACK, RETURN
from tillroll.dialects.emporix.payments.deferred import BASE, Authorization, BackOfficeAuthorization
from tillroll.dialects.emporix.payments.modes import PaymentModeDocument
from tillroll.dialects.emporix.payments.transactions import PAGE_SIZE, PATH, PaymentTransaction
from tillroll.dialects.emporix.wire.described import COUNT, PARTIAL, STALE, TOTAL, Documents, paging, with_patches
from tillroll.dialects.openapi import (
    FLAG,
    OBJECT,
    TEXT,
    Answer,
    Operation,
    Schema,
    answers,
    listed,
    one_of,
    record,
    ref,
    structs,
)

_BASE = "/payment-gateway/{tenant}"
_MODES = Documents(
    f"{_BASE}/paymentmodes/config",
    "payment.PaymentModeDocument",
    "a payment mode",
    left_out=frozenset({"create", "replace"}),
    deleted=200,
)


def operations() -> list[Operation]:
    """The operations of this service."""
    offered = f"{_BASE}/paymentmodes/frontend"
    return [
        Operation(
            "POST",
            _MODES.path,
            "Creates a payment mode",
            {200: ref(_WHOLE)},
            ref("payment.PaymentModeDocument"),
            conflict="There is a payment mode with this id or code already.",
        ),
        *_MODES.operations(),
        Operation(
            "PUT",
            _MODES.path + "/{id}",
            "Replaces a payment mode",
            {200: ref(_WHOLE)},
            ref("payment.ModeChange"),
            (PARTIAL,),
            conflict=STALE,
        ),
        Operation("GET", offered, "Lists the payment modes that orders can be paid by", {200: listed(ref(_OFFERED))}),
        Operation("GET", offered + "/{id}", "Shows one of them", {200: ref(_OFFERED)}),
        *_acts(),
        *(
            Operation(
                "POST",
                f"{BASE}/{name}",
                f"{said} the payment of an order whose checkout put that off, or whose card was declined",
                {200: ref("payment.Authorized")},
                ref(f"payment.{shape}"),
                notes=_OUTSIDE,
            )
            for name, said, shape in (
                ("frontend/initialize", "Prepares", "Authorization"),
                ("frontend/authorize", "Makes", "Authorization"),
                ("authorize", "Makes, for a back office,", "BackOfficeAuthorization"),
            )
        ),
        *_looks(),
    ]


def _acts() -> list[Operation]:
    """What a back office does with a payment."""
    return [
        Operation(
            "POST",
            f"{PAYMENT}/capture",
            "Takes what is held of a buyer's money, or a part of it",
            {200: ref("payment.Captured")},
            ref("payment.PaymentAmount"),
            notes=_UNKNOWN,
        ),
        Operation(
            "POST",
            f"{PAYMENT}/refund",
            "Gives back what was taken of a buyer's money, or a part of it",
            {200: ref("payment.Done")},
            ref("payment.RefundRequest"),
            notes=_UNKNOWN,
        ),
        Operation(
            "POST",
            f"{PAYMENT}/cancel",
            "Lets go of what is held, or is about to be",
            {200: ref("payment.Done")},
            notes=_UNKNOWN,
        ),
    ]


def _looks() -> list[Operation]:
    """What makes a payment be looked at, and what is seen of it."""
    return [
        Operation(
            "POST",
            CALLBACK,
            "Hears from a provider that something has happened, and looks at the payment",
            {200: record({"received": FLAG})},
            notes="Signed by the provider: the header is `Stripe-Signature`. Nothing else of it is believed.",
        ),
        Operation(
            "GET",
            RETURN,
            "Looks at the payment of a buyer who comes back from the bank, and sends the browser on to the shop",
            {
                200: record({"message": TEXT}),
                303: Answer("To the mode's `RedirectURL`.", headers={"Location": "The shop's own page."}),
            },
        ),
        Operation(
            "GET",
            PATH,
            "Lists payments whose provider is asked, the newest first",
            {200: Answer("One page.", listed(ref("payment.PaymentTransaction")), TOTAL)},
            parameters=(*paging(PAGE_SIZE), COUNT),
            notes="At most fifty stand on a page.",
        ),
        Operation(
            "GET",
            PATH + "/{transactionId}",
            "Shows a payment whose provider is asked",
            {200: ref("payment.PaymentTransaction")},
        ),
    ]


# What an answer says of a provider that has not said.
_UNKNOWN = (
    "What the provider does not say within the request's patience is `successful: false`; the same call tells it later."
)
_OUTSIDE = (
    "A mode that is paid outside has nothing to prepare. Where a provider is asked, the same call, repeated, tells "
    "what became of it. A buyer who has to go to the bank first is sent to `externalPaymentRedirectURL`."
)
_OFFERED = "payment.Offered"
_WHOLE = "payment.PaymentMode"


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    shapes = {
        "PaymentModeDocument": PaymentModeDocument,
        "Authorization": Authorization,
        "BackOfficeAuthorization": BackOfficeAuthorization,
        "PaymentAmount": PaymentAmount,
        "RefundRequest": RefundRequest,
    }
    sent = structs("payment", shapes, left_out=("PaymentModeDocument.id",))
    settled = {"successful": FLAG, "paymentTransactionId": TEXT, "requiresExternalPayment": FLAG}
    elsewhere = ("authorizationToken", "externalPaymentRedirectURL", "externalPaymentHttpMethod", "message")
    settled |= {f"{name}?": TEXT for name in elsewhere}
    done = {"successful": FLAG, "message?": TEXT}
    return {
        **with_patches(sent, "payment.PaymentModeDocument"),
        **answers("payment", {"PaymentTransaction": PaymentTransaction}, elsewhere=("Money",)),
        "payment.ModeChange": record({"active?": FLAG, "configuration?": OBJECT}, others=True),
        _WHOLE: record({"id": TEXT, "code": TEXT, "active": FLAG, "provider": TEXT, "configuration": OBJECT}),
        _OFFERED: record(
            {"id": TEXT, "code": TEXT, "integrationType": one_of("EXTERNAL", "TOKENIZED"), "paymentMethodType": TEXT}
            | {"publicKey?": TEXT, "javascriptUrl?": TEXT},
        ),
        "payment.Authorized": record(settled),
        "payment.Done": record(done),
        "payment.Captured": record(done | {"captureId?": TEXT}),
    }
