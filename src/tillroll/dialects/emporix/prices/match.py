"""Price matching: `/price/{tenant}/match-prices` and `/match-prices-by-context` (docs/wire/emporix.md, 8).

Amounts are not rounded to cents. They are written with 17 significant digits, which is what tells two floating-point
numbers apart: a client that reads JSON numbers as such gets exactly the published 294.11764705882354.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.prices.answers import (
    MatchedPrice,
    MatchTax,
    MatchValues,
    PricedItem,
    PricedQuantity,
    PricedSite,
)
from tillroll.dialects.emporix.wire.amounts import Taxed
from tillroll.dialects.emporix.wire.errors import PRICE, respond
from tillroll.dialects.emporix.wire.fields import currency_problem, quantity_problem
from tillroll.dialects.emporix.wire.payload import body_as, refuse_if
from tillroll.dialects.emporix.wire.resource_lists import size_problem
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.secured import SHOPPERS, Call, back_office, secured
from tillroll.dialects.http import Inbound, Malformed, Problem, Response, Route
from tillroll.domain.countries import country_code
from tillroll.domain.prices.lists import Buyer
from tillroll.domain.prices.match import PriceContext, Sides
from tillroll.engine.access import access
from tillroll.engine.documents.documents import Kind, find_by_alternate_keys
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.prices import match as prices
from tillroll.engine.prices.match import PriceMatch, PriceQuery
from tillroll.store import Transaction

_WRITTEN = Context(prec=17, rounding=ROUND_HALF_UP)
_DOCUMENT = msgspec.json.Decoder(Document, float_hook=Decimal)


class MatchedItem(Struct, frozen=True):
    """The item of a match request."""

    id: str
    item_type: Literal["PRODUCT", "PRICE", "SKU"] = msgspec.field(default="PRODUCT", name="itemType")


class MatchedQuantity(Struct, rename="camel", frozen=True):
    """How many units of what."""

    quantity: Decimal = Decimal(1)
    unit_code: str | None = None


class MatchLine(Struct, rename="camel", frozen=True):
    """One item and its quantity."""

    item_id: MatchedItem
    quantity: MatchedQuantity = MatchedQuantity()


class TargetLocation(Struct, rename="camel", frozen=True):
    """The country to match and to tax for."""

    country_code: str = ""


class MatchedPrincipal(Struct, frozen=True):
    """The customer or group to match for."""

    id: str
    type: Literal["CUSTOMER", "GROUP"] = "CUSTOMER"


class MatchByContext(Struct, rename="camel", frozen=True):
    """The body of `/match-prices-by-context`."""

    items: tuple[MatchLine, ...]


class MatchPrices(MatchByContext, frozen=True):
    """The body of `/match-prices`."""

    site_code: str = ""
    target_currency: str = ""
    target_location: TargetLocation = TargetLocation()
    principal: MatchedPrincipal | None = None
    use_fallback: bool = False
    legal_entity_id: str | None = None


def routes(catalogue: Catalogue) -> list[Route]:
    """The two matching routes; both only read."""
    scopes = back_office("price.price_read", "price.price_manage")
    by_criteria = secured(PRICE, scopes, lambda tx, call: _match_by_criteria(catalogue.view(tx, call.shop), tx, call))
    by_context = secured(PRICE, SHOPPERS, lambda tx, call: _match_by_context(catalogue.view(tx, call.shop), tx, call))
    return [
        Route("POST", "/price/{tenant}/match-prices", by_criteria, PRICE, _read_criteria),
        Route("POST", "/price/{tenant}/match-prices-by-context", by_context, PRICE, _read_items),
    ]


def _read_criteria(inbound: Inbound) -> MatchPrices:
    asked: MatchPrices = body_as(MatchPrices)(inbound)
    refuse_if(
        [
            _missing("SiteCode") if not asked.site_code else None,
            _missing("Currency") if not asked.target_currency else None,
            _missing("TargetLocation") if not asked.target_location.country_code else None,
            *_problems_of(asked.items),
        ]
    )
    return asked


def _read_items(inbound: Inbound) -> MatchByContext:
    asked: MatchByContext = body_as(MatchByContext)(inbound)
    refuse_if(_problems_of(asked.items))
    return asked


def _problems_of(items: Sequence[MatchLine]) -> list[Problem | None]:
    return [
        size_problem(items),
        *(
            quantity_problem(f"items[{index}].quantity.quantity", item.quantity.quantity)
            for index, item in enumerate(items)
        ),
    ]


def _missing(what: str) -> Problem:
    return Problem("", "missing_value", f"{what} may not be empty")


def _match_by_criteria(view: View, tx: Transaction, call: Call) -> Response:
    asked: MatchPrices = call.inbound.command
    site = view.site(asked.site_code)
    if site is None and asked.use_fallback:
        site = view.site(prices.FALLBACK_SITE)
    if site is None:
        raise Malformed([Problem("siteCode", "invalid_value", f"there is no site with the code '{asked.site_code}'")])
    buyer = _buyer(view, asked)
    country = country_code(asked.target_location.country_code)
    context = PriceContext(site, asked.target_currency, country, call.now, buyer)
    refuse_if([currency_problem(context.currency, "targetCurrency")])
    queries = _queries(tx, call, asked.items)
    return _answer(view, prices.match(view, context, queries, uses_fallback=asked.use_fallback))


def _buyer(view: View, asked: MatchPrices) -> Buyer:
    """Whom a back office asks for: it may ask for anybody."""
    principal = asked.principal
    if principal is not None and principal.type == "GROUP":
        buyer = Buyer(groups=frozenset({principal.id}))
    else:
        buyer = price_lists.buyer_of(view, principal.id if principal is not None else None)
    return price_lists.on_behalf(view, buyer, asked.legal_entity_id or "")


def _match_by_context(view: View, tx: Transaction, call: Call) -> Response:
    """Site, currency and country are those of the session, else those of the shop's default site.

    The prices are those of the caller, and of the company that its token is for.
    """
    caller = call.caller
    session = access.session_context(tx, call.shop, caller.session_id or "") or access.SessionContext(session_id="")
    site = view.site(session.site_code) if session.site_code else view.default_site()
    if site is None:
        raise Malformed([Problem("siteCode", "invalid_value", f"there is no site with the code '{session.site_code}'")])
    country = session.target_location or site.home_country
    if not country:
        raise Malformed([_missing("TargetLocation")])
    buyer = price_lists.buyer_of(view, caller.customer_id, caller.legal_entity_id or "")
    context = PriceContext(site, session.currency or site.currency, country, call.now, buyer)
    return _answer(view, prices.match(view, context, _queries(tx, call, call.inbound.command.items)))


def _queries(tx: Transaction, call: Call, items: Sequence[MatchLine]) -> list[PriceQuery]:
    """What is looked for; a SKU is the code of a product, and one that no product has finds nothing."""
    skus = {item.item_id.id for item in items if item.item_id.item_type == "SKU"}
    known = find_by_alternate_keys(tx, call.shop, Kind.PRODUCT, skus) if skus else {}
    found = []
    for item in items:
        kind, id = item.item_id.item_type, item.item_id.id
        if kind == "SKU":
            if id not in known:
                continue
            kind, id = "PRODUCT", known[id].id
        found.append(PriceQuery(kind, id, item.quantity.quantity, item.quantity.unit_code))
    return found


def _answer(view: View, matches: Sequence[PriceMatch | None]) -> Response:
    found = [match for match in matches if match is not None]
    view.load(Kind.PRICE, {match.price.id for match in found if match.price_list_id is None})
    return respond(200, [_encode(view, match) for match in found])


def _encode(view: View, match: PriceMatch) -> MatchedPrice:
    price, model, gross = match.price, match.model, match.includes_tax
    list_id = match.price_list_id
    kind, key = (Kind.PRICE, price.id) if list_id is None else (Kind.LIST_PRICE, f"{list_id}/{price.id}")
    stored = _stored(view, kind, key)
    item = PricedItem(item_type=price.item_id.item_type, id=price.item_id.id)
    unit = match.query.unit_code or model.measurement_unit.unit_code
    return MatchedPrice(
        price_id=price.id,
        price_list_id=list_id,
        item_id=item,
        item_ref=item,
        site=PricedSite(code=match.site.code),
        currency=match.currency,
        original_value=_number(match.original.on(gross)),
        effective_value=_number(match.effective.on(gross)),
        total_value=_number(match.total.on(gross)),
        quantity=PricedQuantity(quantity=match.query.quantity, unit_code=unit or None),
        includes_tax=gross,
        price_model=_stored(view, Kind.PRICE_MODEL, model.id),
        tax=MatchTax(
            tax_class=match.tax_class,
            tax_rate=match.tax_rate,
            prices=MatchValues(
                original_value=_both(match.original),
                effective_value=_both(match.effective),
                total_value=_both(match.total),
            ),
        ),
        tier_values=stored.get("tierValues", []),
        metadata=stored["metadata"],
        location=stored.get("location"),
        sale_price=stored.get("salePrice"),
        mixins=stored.get("mixins"),
    )


def _stored(view: View, kind: Kind, id: str) -> Document:
    """A document as the merchant sent it, with its version."""
    loaded = view.loaded(kind, id)
    if loaded is None:
        return {"id": id, "metadata": {}}
    document: Document = _DOCUMENT.decode(loaded.raw)
    metadata = document.get("metadata")
    document["metadata"] = {**(metadata if isinstance(metadata, dict) else {}), "version": loaded.version}
    return document


def _both(amount: Sides) -> Taxed:
    net, gross = _number(amount.net), _number(amount.gross)
    return Taxed(net_value=net, gross_value=gross, tax_value=_number(gross - net))


def _number(amount: Decimal) -> Decimal:
    return _WRITTEN.plus(amount)
