"""Payment modes: `/payment-gateway/{tenant}/paymentmodes` (docs/wire/emporix.md, 17).

The merchant sets them up, storefronts list those that can be paid with and name one in the checkout. What is paid
outside (an invoice, cash on delivery) and by a provider that is connected can be bought with, the rest is only kept.
What the merchant sends is answered whole, secrets too, to whoever may read configurations; storefronts never see them.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import PAYMENT_GATEWAY, Reply, respond
from tillroll.dialects.emporix.wire.fields import code_problem
from tillroll.dialects.emporix.wire.resources import (
    Body,
    Document,
    Index,
    Resource,
    Words,
    Writes,
    create,
    read_document,
    replace,
    resource_routes,
    stored,
)
from tillroll.dialects.emporix.wire.secured import Call, anybody, back_office, secured
from tillroll.dialects.http import Problem, Response, Route
from tillroll.domain.payments.payment import ASKED_PROVIDERS, PaymentMode
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.payments.gateway import Gateway
from tillroll.store import Transaction

MANAGE = "payment-gateway.paymentmodes_manage"
READ = ("payment-gateway.paymentmodes_read", MANAGE)

_BASE = "/payment-gateway/{tenant}/paymentmodes"


class PaymentModeDocument(Struct, frozen=True):
    """A payment mode as the merchant sends it; `configuration` is the provider's own and stays as it is."""

    id: str
    code: str
    provider: Literal["INVOICE", "CASH_ON_DELIVERY", "SPREEDLY", "SPREEDLY_SAFERPAY", "UNZER", "STRIPE", "SIMULATOR"]
    active: bool = True
    configuration: dict[str, Any] = {}


def routes(catalogue: Catalogue, gateway: Gateway) -> list[Route]:
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

    storefront, modes = _BASE + "/frontend", _resource(gateway)
    create_one = secured(PAYMENT_GATEWAY, modes.writers, lambda tx, call: _create(modes, tx, call))
    replace_one = secured(PAYMENT_GATEWAY, modes.writers, lambda tx, call: _replace(modes, tx, call))
    return [
        *resource_routes(
            modes,
            Route("POST", modes.path, create_one, PAYMENT_GATEWAY, modes.read_document, writes=True),
            Route("PUT", modes.one, replace_one, PAYMENT_GATEWAY, read_document, writes=True),
        ),
        Route("GET", storefront, secured(PAYMENT_GATEWAY, anybody(), listed), PAYMENT_GATEWAY, reads="list"),
        Route("GET", storefront + "/{id}", secured(PAYMENT_GATEWAY, anybody(), shown), PAYMENT_GATEWAY),
    ]


def _create(modes: Resource, tx: Transaction, call: Call) -> Reply:
    """POST: 200 with the whole mode, which official clients rely on."""
    reply = create(modes, tx, call)
    return _whole(call.inbound.command) if reply.status == 201 else reply


def _replace(modes: Resource, tx: Transaction, call: Call) -> Reply:
    """PUT: 200 with the whole mode. Its code and its provider stay what they are."""
    id, sent = call.inbound.values["id"], dict(call.inbound.command)
    documents.touch(tx, call.shop)  # its lock: what is read here is what will be replaced
    entry = documents.find(tx, call.shop, Kind.PAYMENT_MODE, modes.key(call, id))
    if entry is None:
        return modes.missing(id)
    before = stored(entry)
    wrong = [
        Problem(field, "invalid_value", f"{field} can not be changed: it is {before[field]!r:.80}")
        for field in ("code", "provider")
        if sent.get(field, before[field]) != before[field]
    ]
    if wrong:
        return PAYMENT_GATEWAY.refusal(400, wrong)
    call.inbound.command = sent | {"code": before["code"], "provider": before["provider"]}
    reply = replace(modes, tx, call)
    changed = documents.find(tx, call.shop, Kind.PAYMENT_MODE, modes.key(call, id))
    return _whole(stored(changed)) if reply.status == 204 and changed is not None else reply


def _whole(document: Document) -> Response:
    fields = ("id", "code", "active", "provider", "configuration")
    return respond(200, {field: document[field] for field in fields})


def _resource(gateway: Gateway) -> Resource:
    return Resource(
        path=_BASE + "/config",
        kind=Kind.PAYMENT_MODE,
        service=PAYMENT_GATEWAY,
        writers=back_office(MANAGE),
        readers=back_office(*READ),
        body=Body(PaymentModeDocument, partial(_check, gateway), complete=_complete),
        index=Index(alternate_key=lambda document: str(document["code"])),
        words=Words(
            "There is no payment mode {id:.80}.",
            "There is a payment mode with the id {id}.",
            taken="There is another payment mode with the code {code}.",
        ),
        writes=Writes(deletes_strictly=True, deleted=200),
    )


def _check(gateway: Gateway, mode: PaymentModeDocument) -> list[Problem | None]:
    return [code_problem("code", mode.code), *_provider_problems(gateway, mode)]


def _provider_problems(gateway: Gateway, mode: PaymentModeDocument) -> Iterator[Problem]:
    """What is wrong with how a provider that is asked is to be reached; nobody is asked for it."""
    if mode.provider not in ASKED_PROVIDERS:
        return
    if not gateway.is_connected(mode.provider):
        yield Problem("provider", "invalid_value", f"{mode.provider} is not connected to this server")
        return
    odd = [key for key, value in mode.configuration.items() if not isinstance(value, str)]
    for key in odd:
        yield Problem(f"configuration.{key:.80}", "invalid_value", f"configuration.{key:.80} must be a text")
    if not odd:
        for key, message in gateway.problems(mode.provider, mode.configuration).items():
            yield Problem(f"configuration.{key:.80}", "invalid_value", message)


def _complete(document: Document) -> None:
    document.setdefault("active", True)
    document.setdefault("configuration", {})


def _offered(mode: PaymentMode) -> Document:
    """A mode as storefronts see it: EXTERNAL is what is paid outside of the gateway, TOKENIZED what a card is asked for
    in the shop's own pages."""
    if not mode.is_asked:
        return {"id": mode.id, "code": mode.code, "integrationType": "EXTERNAL", "paymentMethodType": mode.provider}
    shown = {"id": mode.id, "code": mode.code, "integrationType": "TOKENIZED", "paymentMethodType": "credit_card"}
    for name, key in (("publicKey", "/PublishableKey"), ("javascriptUrl", "/JavascriptUrl")):
        found = [value for setting, value in sorted(mode.settings.items()) if setting.endswith(key)]
        shown |= {name: found[0]} if found else {}
    return shown
