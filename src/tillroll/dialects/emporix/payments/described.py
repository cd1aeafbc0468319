"""Payment modes and payments that were put off, described (docs/wire/emporix.md, 17)."""

from tillroll.dialects.emporix.payments.deferred import Authorization
from tillroll.dialects.emporix.payments.modes import PaymentModeDocument
from tillroll.dialects.emporix.wire.described import Documents, with_patches
from tillroll.dialects.openapi import FLAG, TEXT, Operation, Schema, listed, one_of, record, ref, structs

_BASE = "/payment-gateway/{tenant}"
_MODES = Documents(f"{_BASE}/paymentmodes/config", "payment.PaymentModeDocument", "a payment mode")


def operations() -> list[Operation]:
    """The operations of this service."""
    offered = f"{_BASE}/paymentmodes/frontend"
    return [
        *_MODES.operations(),
        Operation("GET", offered, "Lists the payment modes that orders can be paid by", {200: listed(ref(_OFFERED))}),
        Operation("GET", offered + "/{id}", "Shows one of them", {200: ref(_OFFERED)}),
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


_OFFERED = "payment.Offered"


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    shapes = {"PaymentModeDocument": PaymentModeDocument, "Authorization": Authorization}
    sent = structs("payment", shapes, left_out=("PaymentModeDocument.id",))
    settled = {"successful": FLAG, "paymentTransactionId": TEXT, "requiresExternalPayment": FLAG}
    return {
        **with_patches(sent, "payment.PaymentModeDocument"),
        _OFFERED: record(
            {"id": TEXT, "code": TEXT, "integrationType": one_of("EXTERNAL"), "paymentMethodType": TEXT},
        ),
        "payment.Authorized": record(settled),
    }
