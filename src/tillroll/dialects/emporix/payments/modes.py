"""Payment modes: `/payment-gateway/{tenant}/paymentmodes` (docs/wire/emporix.md, 17).

The merchant sets them up, storefronts list those that can be paid with and name one in the checkout. No provider of
payments is connected: what is paid outside (an invoice, cash on delivery) can be bought with, the rest is only kept.
"""

from typing import Any, Literal

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import PAYMENT_GATEWAY, Reply, respond
from tillroll.dialects.emporix.wire.fields import code_problem
from tillroll.dialects.emporix.wire.resources import Body, Document, Index, Resource, Words, Writes, resource_routes
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured
from tillroll.dialects.http import Problem, Response, Route
from tillroll.domain.payments.payment import PaymentMode
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Transaction

MANAGE = "payment-gateway.paymentmodes_manage"
READ = ("payment-gateway.paymentmodes_read", MANAGE)

_BASE = "/payment-gateway/{tenant}/paymentmodes"


class PaymentModeDocument(Struct, frozen=True):
    """A payment mode as the merchant sends it; `configuration` is the provider's own and stays as it is."""

    id: str
    code: str
    provider: Literal["INVOICE", "CASH_ON_DELIVERY", "SPREEDLY", "SPREEDLY_SAFERPAY", "UNZER"]
    active: bool = True
    configuration: dict[str, Any] = {}


def routes(catalogue: Catalogue) -> list[Route]:
    """The routes of payment modes."""

    def listed(tx: Transaction, call: Call) -> Response:
        """GET: the modes that a storefront may offer, in the order of their making."""
        view = catalogue.view(tx, call.shop)
        return respond(200, [_offered(one.value) for one in view.below(Kind.PAYMENT_MODE, "") if one.value.can_buy])

    def shown(tx: Transaction, call: Call) -> Reply:
        """GET of one of them."""
        id = call.inbound.values["id"]
        loaded = catalogue.view(tx, call.shop).loaded(Kind.PAYMENT_MODE, id)
        if loaded is None or not loaded.value.can_buy:
            return modes.missing(id)
        return respond(200, _offered(loaded.value))

    storefront, modes = _BASE + "/frontend", _resource()
    return [
        *resource_routes(modes),
        Route("GET", storefront, secured(PAYMENT_GATEWAY, anybody(), listed), PAYMENT_GATEWAY, reads="list"),
        Route("GET", storefront + "/{id}", secured(PAYMENT_GATEWAY, anybody(), shown), PAYMENT_GATEWAY),
    ]


def _resource() -> Resource:
    return Resource(
        path=_BASE + "/config",
        kind=Kind.PAYMENT_MODE,
        service=PAYMENT_GATEWAY,
        writers=back_office(MANAGE),
        readers=back_office(*READ),
        body=Body(PaymentModeDocument, _check, complete=_complete),
        index=Index(alternate_key=lambda document: str(document["code"])),
        words=Words(
            "There is no payment mode {id:.80}.",
            "There is a payment mode with the id {id}.",
            taken="There is another payment mode with the code {code}.",
        ),
        writes=Writes(deletes_strictly=True),
    )


def _check(mode: PaymentModeDocument) -> list[Problem | None]:
    return [code_problem("code", mode.code)]


def _complete(document: Document) -> None:
    document.setdefault("active", True)


def _offered(mode: PaymentMode) -> Document:
    """A mode as storefronts see it: EXTERNAL is what is paid outside of the gateway."""
    return {"id": mode.id, "code": mode.code, "integrationType": "EXTERNAL", "paymentMethodType": mode.provider}
