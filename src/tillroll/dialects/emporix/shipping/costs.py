"""What shipping costs: `/shipping/{tenant}/{site}/quote`, its minimum, and that of a slot (docs/wire/emporix.md, 11).

A quote is an offer of nothing but what the checkout accepts: the same zones, the same methods, the same fees.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.errors import SHIPPING, Reply, respond
from tillroll.dialects.emporix.wire.fields import ZIP_CHARACTERS_MAX, amount_problem
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.resources import Document, read_document
from tillroll.dialects.emporix.wire.secured import Call, anybody, secured
from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.domain.countries import country_code
from tillroll.domain.documents import Money
from tillroll.domain.money import minor_exponent
from tillroll.engine.access.access import SERVICE
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.engine.shipping import shipping
from tillroll.engine.shipping.shipping import Destination, Offer
from tillroll.store import Transaction

_QUOTE = "/shipping/{tenant}/{site}/quote"


class _Address(Struct, rename="camel", frozen=True):
    zip_code: str
    country: str

    def __post_init__(self) -> None:
        """The country is in its kept form, however it was sent."""
        force_setattr(self, "country", country_code(self.country))


class QuoteRequest(Struct, rename="camel", frozen=True):
    """What is to be shipped where; who asks counts only where the caller may speak for that customer."""

    cart_total: Money
    ship_to_address: _Address | None = None
    customer_id: str | None = None
    delivery_window_id: str | None = None
    slot_id: str | None = None


def routes(catalogue_: Catalogue) -> list[Route]:
    """The routes of quotes."""

    def run(handle: Any) -> Any:
        def with_view(tx: Transaction, call: Call) -> Reply:
            if not documents.has_site(tx, call.shop, call.inbound.values["site"]):
                return SHIPPING.refusal(404)
            answer: Response = handle(catalogue_.view(tx, call.shop), call)
            return answer

        return secured(SHIPPING, anybody(), with_view)

    return [
        Route("POST", _QUOTE, run(_quote), SHIPPING, _reading("cartTotal", "shipToAddress")),
        Route("POST", _QUOTE + "/minimum", run(_minimum), SHIPPING, _reading("cartTotal", "shipToAddress")),
        Route("POST", _QUOTE + "/slot", run(_slot), SHIPPING, _reading("cartTotal", "deliveryWindowId", "slotId")),
    ]


def _reading(*required: str) -> Any:
    def decode(inbound: Inbound) -> QuoteRequest:
        return _read(read_document(inbound), required)

    return decode


def _read(document: Document, required: tuple[str, ...]) -> QuoteRequest:
    """The request; raises Malformed with the documented sentence for each required value that is not there."""
    needed = [*required]
    for holder, names in (("cartTotal", ("amount", "currency")), ("shipToAddress", ("zipCode", "country"))):
        if isinstance(document.get(holder), dict):
            needed += [f"{holder}.{name}" for name in names]
    refuse_if([_missing(field) for field in needed if _value(document, field) is None])
    asked = converted(document, QuoteRequest)
    address = asked.ship_to_address
    refuse_if(
        [
            amount_problem("cartTotal.amount", asked.cart_total.amount),
            None
            if minor_exponent(asked.cart_total.currency) is not None
            else _invalid("cartTotal.currency", "cartTotal.currency must be an ISO 4217 code"),
            None
            if address is None or len(address.zip_code) <= ZIP_CHARACTERS_MAX
            else _invalid("shipToAddress.zipCode", f"zipCode must have at most {ZIP_CHARACTERS_MAX} characters"),
        ]
    )
    return asked


def _value(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _missing(field: str) -> Problem:
    return Problem(field, "missing_field", f"{field} must not be null")


def _invalid(field: str, message: str) -> Problem:
    return Problem(field, "invalid_field", message)


def _customer(call: Call) -> str | None:
    """Whose shipping groups count: a back office speaks for every customer, a customer for nobody else."""
    return call.inbound.command.customer_id if call.caller.kind == SERVICE else call.caller.customer_id


def _offers(view: View, call: Call) -> list[Offer]:
    asked: QuoteRequest = call.inbound.command
    address = asked.ship_to_address
    assert address is not None
    place = Destination(address.country, address.zip_code)
    return shipping.offers(view, (call.inbound.values["site"], place), asked.cart_total, _customer(call))


def _quote(view: View, call: Call) -> Response:
    """POST: every way of shipping to the address, by zone, with its fee; a zone without any is left out."""
    by_zone: dict[str, Document] = {}
    for offer in _offers(view, call):
        zone = by_zone.setdefault(
            offer.zone.id, {"zone": {"id": offer.zone.id, "name": offer.zone.name}, "methods": []}
        )
        method: Document = {"id": offer.method.id, "name": offer.method.name, "fee": _money(offer.fee)}
        if offer.method.shipping_tax_code is not None:
            method["shippingTaxCode"] = offer.method.shipping_tax_code
        zone["methods"].append(method)
    return respond(200, list(by_zone.values()))


def _minimum(view: View, call: Call) -> Response:
    """POST: the lowest fee, or an empty object where nothing is shipped there."""
    fees = [offer.fee for offer in _offers(view, call)]
    return respond(200, {"fee": _money(min(fees, key=lambda fee: fee.amount))} if fees else {})


def _slot(view: View, call: Call) -> Reply:
    """POST: the fee of a slot's method in its delivery time's zone, or an empty object where it does not ship that."""
    asked: QuoteRequest = call.inbound.command
    site = call.inbound.values["site"]
    loaded = view.loaded(Kind.DELIVERY_TIME, asked.delivery_window_id or "")
    time = loaded.value if loaded is not None and loaded.value.site_code == site else None
    slot = time.slot(asked.slot_id or "") if time is not None else None
    if time is None or slot is None:
        return SHIPPING.refusal(404)
    zone = view.zone(site, time.zone_id or "")
    method = view.method(site, time.zone_id or "", slot.shipping_method)
    address = asked.ship_to_address
    if zone is None or (address is not None and not zone.reaches(address.country, address.zip_code)):
        return respond(200, {})
    groups = shipping.groups_of(view, site, _customer(call))
    fee = shipping.fee_of(method, asked.cart_total, groups) if method is not None else None
    return respond(200, {"fee": _money(fee)} if fee is not None else {})


def _money(fee: Money) -> dict[str, Decimal | str]:
    return {"amount": fee.amount, "currency": fee.currency}
