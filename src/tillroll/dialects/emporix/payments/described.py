"""Payment modes and payments that were put off, described (docs/wire/emporix.md, 17)."""

from tillroll.dialects.emporix.payments.acts import PAYMENT, PaymentAmount, RefundRequest
from tillroll.dialects.emporix.payments.deferred import Authorization
from tillroll.dialects.emporix.payments.modes import PaymentModeDocument
from tillroll.dialects.emporix.wire.described import PARTIAL, STALE, Documents, with_patches
from tillroll.dialects.openapi import FLAG, OBJECT, TEXT, Operation, Schema, listed, one_of, record, ref, structs

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
        *(
            Operation(
                "POST",
                f"{_BASE}/payment/frontend/{name}",
                "Says how an order is paid whose checkout put that off",
                {200: ref("payment.Authorized")},
                ref("payment.Authorization"),
                notes="Both names do the same: a mode that is paid outside has nothing to prepare.",
            )
            for name in ("initialize", "authorize")
        ),
    ]


# What an answer says of a provider that has not said.
_UNKNOWN = (
    "What the provider does not say within the request's patience is `successful: false`; the same call tells it later."
)
_OFFERED = "payment.Offered"
_WHOLE = "payment.PaymentMode"


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    shapes = {
        "PaymentModeDocument": PaymentModeDocument,
        "Authorization": Authorization,
        "PaymentAmount": PaymentAmount,
        "RefundRequest": RefundRequest,
    }
    sent = structs("payment", shapes, left_out=("PaymentModeDocument.id",))
    settled = {"successful": FLAG, "paymentTransactionId": TEXT, "requiresExternalPayment": FLAG}
    done = {"successful": FLAG, "message?": TEXT}
    return {
        **with_patches(sent, "payment.PaymentModeDocument"),
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
