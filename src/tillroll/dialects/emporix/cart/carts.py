"""Carts: `/cart/{tenant}/carts` (docs/wire/emporix.md, 5 and 5.1).

Of each owner, site, type and legal entity there is one open cart at most. The owner is whoever the token says: the
`session-id` header is not looked at. A back office makes carts for the customers and sessions that it names.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.cart import chains, external, items, prices, search
from tillroll.dialects.emporix.cart import discounts as cart_discounts
from tillroll.dialects.emporix.cart import view as cart_view
from tillroll.dialects.emporix.cart.errors import refusal_of
from tillroll.dialects.emporix.cart.one_cart import EVERYBODY, Command, changing, may_set_prices, reading
from tillroll.dialects.emporix.cart.requests import ID_CHARACTERS_MAX, CartRequest, first_addresses, read_cart
from tillroll.dialects.emporix.wire.errors import CART, NO_CONTENT, Refusal, Reply, encode, respond
from tillroll.dialects.emporix.wire.fields import ZIP_CHARACTERS_MAX, country_problem
from tillroll.dialects.emporix.wire.payload import flag, refuse_if, typed
from tillroll.dialects.emporix.wire.rejections import rejections_of
from tillroll.dialects.emporix.wire.resources import expected_version
from tillroll.dialects.emporix.wire.secured import Call, Run, secured_many
from tillroll.dialects.emporix.wire.yrn import cart_yrn
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route
from tillroll.domain.cart.cart import CLOSED
from tillroll.domain.cart.commands import CartFields
from tillroll.domain.pricing.external import ExternalCartDiscount
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.change import CartEdit, change_cart, delete_cart
from tillroll.engine.cart.create import CartWish, create_carts, find_carts
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Transaction


class Criteria(Struct, frozen=True):
    """Which cart a client looks for, and whether it is to be made where there is none."""

    site: str
    type: str
    legal_entity_id: str | None
    customer_id: str | None
    session_id: str | None
    creates: bool


def routes(catalogue: Catalogue, guests: GuestLimits) -> list[Route]:
    """Every route of the cart service."""
    many = "/cart/{tenant}/carts"
    one = many + "/{cartId}"
    find = _finding(catalogue)
    return [
        Route("POST", many, _creating(catalogue), CART, read_cart, writes=True),
        # A GET that may create a cart goes through the writer; what it answers is kept for no key.
        Route("GET", many, find, CART, _read_criteria, writes=True, keeps_answers=False),
        Route("GET", one, reading(catalogue, _show), CART),
        Route("PUT", one, changing(catalogue, _put), CART, read_cart, writes=True),
        Route("DELETE", one, changing(catalogue, _delete), CART, writes=True),
        *search.routes(),
        chains.route(catalogue, _commands(guests)),
        *prices.routes(catalogue),
        *items.routes(catalogue),
        *cart_discounts.routes(catalogue, guests),
    ]


def _commands(guests: GuestLimits) -> dict[str, Command]:
    """Every call that may be a step of a chain, by the vendor's name for it (docs/wire/emporix.md, 5)."""
    return {
        "GetCart": Command("GET", "", _show, options=("expandCalculation", "zipCode", "countryCode")),
        "UpdateCart": Command("PUT", "", _put, read_cart, guarded=True),
        **items.commands(),
        **cart_discounts.commands(guests),
        **prices.commands(),
    }


# ----------------------------------------------------------------------------------------------------------- create


def _creating(catalogue: Catalogue) -> Run:
    def create_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        outcomes = create_carts(Desk(tx, catalogue), [_new_cart(call) for call in calls])
        return [
            refusal_of(outcome) if isinstance(outcome, Refused) else _created(call, outcome)
            for call, outcome in zip(calls, outcomes, strict=True)
        ]

    return secured_many(CART, EVERYBODY, create_many)


def _created(call: Call, stored: StoredCart) -> Response:
    cart_id = stored.cart.id
    location = f"{call.inbound.path.rstrip('/')}/{cart_id}".encode()
    headers = (JSON_CONTENT, (b"location", location), (b"version", b"%d" % stored.version))
    return Response(201, encode({"cartId": cart_id, "yrn": cart_yrn(call.shop, cart_id)}), headers)


def _new_cart(call: Call) -> CartWish:
    asked: CartRequest = call.inbound.command
    fields = asked.fields
    return CartWish(
        caller=call.caller,
        id=call.inbound.id,
        now=call.now,
        site_code=fields.site_code,
        type=fields.type or "",
        currency=fields.currency,
        customer_id=fields.customer_id,
        legal_entity_id=fields.legal_entity_id,
        fields=_fields_of(asked),
    )


def _fields_of(asked: CartRequest) -> CartFields:
    """What the client sent of the cart itself; null empties a field."""
    fields = asked.fields
    sent: dict[str, Any] = {
        "countryCode": ("country_code", fields.country_code or None),
        "zipCode": ("zip_code", fields.zip_code or None),
        "deliveryWindow": ("delivery_window", fields.delivery_window),
        "deliveryWindowId": ("delivery_window_id", fields.delivery_window_id),
        "channel": ("channel", fields.channel),
        "mixins": ("attached", fields.mixins or {}),
    }
    values = {attribute: value for name, (attribute, value) in sent.items() if asked.has(name)}
    schemas = (fields.metadata or {}).get("mixins")
    return CartFields(
        **values,
        metadata={"mixins": schemas} if isinstance(schemas, dict) else UNSET,
        addresses=tuple(first_addresses(fields.addresses)) if fields.addresses is not None else UNSET,
        extra={name: asked.document[name] for name in ("restriction", "sessionValidated") if asked.has(name)},
    )


# ------------------------------------------------------------------------------------------------------------- find


def _read_criteria(inbound: Inbound) -> Criteria:
    query = inbound.query
    site = typed(query, "siteCode")
    names = ("siteCode", "type", "legalEntityId", "customerId", "sessionId")
    refuse_if(
        [
            None if site else Problem("siteCode", "missing_value", "siteCode is required: send the code of a site"),
            *(
                Problem(name, "invalid_value", f"{name} must have at most {ID_CHARACTERS_MAX} characters")
                for name in names
                if len(query.get(name, "")) > ID_CHARACTERS_MAX
            ),
            *_place_problems(query),
        ]
    )
    return Criteria(
        site,
        typed(query, "type"),
        typed(query, "legalEntityId") if "legalEntityId" in query else None,
        typed(query, "customerId") or None,
        query.get("sessionId") or None,
        flag(query, "create"),
    )


def _place_problems(query: dict[str, str]) -> list[Problem | None]:
    """What is wrong with `zipCode` and `countryCode`, which come together or not at all."""
    zip_code, country = typed(query, "zipCode"), typed(query, "countryCode")
    missing_name = "zipCode" if country and not zip_code else "countryCode" if zip_code and not country else ""
    message = f"{missing_name} is required: send zipCode and countryCode together"
    return [
        Problem(missing_name, "missing_value", message) if missing_name else None,
        country_problem("countryCode", country),
        Problem("zipCode", "invalid_value", f"zipCode must have at most {ZIP_CHARACTERS_MAX} characters")
        if len(zip_code) > ZIP_CHARACTERS_MAX
        else None,
    ]


def _finding(catalogue: Catalogue) -> Run:
    """GET by criteria: the open cart of this identity, made where `create=true` says so."""

    def find_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        desk = Desk(tx, catalogue)
        outcomes = find_carts(desk, [_wanted_cart(call) for call in calls])
        return [_found(desk, call, outcome) for call, outcome in zip(calls, outcomes, strict=True)]

    return secured_many(CART, EVERYBODY, find_many)


def _wanted_cart(call: Call) -> tuple[CartWish, bool]:
    asked: Criteria = call.inbound.command
    wish = CartWish(
        caller=call.caller,
        id=call.inbound.id,
        now=call.now,
        site_code=asked.site,
        type=asked.type,
        customer_id=asked.customer_id,
        session_id=asked.session_id,
        legal_entity_id=asked.legal_entity_id,
    )
    return wish, asked.creates


def _found(desk: Desk, call: Call, outcome: StoredCart | Refused) -> Reply:
    """The cart; nobody learns of another's more than that it is not there."""
    if isinstance(outcome, StoredCart):
        return _shown(desk, call, outcome)
    is_hidden = outcome.rejections[0].reason in (Reason.CART_NOT_FOUND, Reason.CHANGE_FORBIDDEN)
    return _none_found() if is_hidden else refusal_of(outcome)


def _none_found() -> Refusal:
    return CART.refusal(404, message="Cart with the given criteria not found.")


# --------------------------------------------------------------------------------------------- show, change, delete


def _show(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """GET of one cart; calculated unless `expandCalculation=false`."""
    refuse_if(_place_problems(call.inbound.query))
    return _shown(desk, call, stored)


def _shown(desk: Desk, call: Call, stored: StoredCart) -> Response:
    query = call.inbound.query
    if typed(query, "expandCalculation").lower() == "false":
        return respond(200, cart_view.plain(call, stored))
    if typed(query, "countryCode") and not (stored.cart.country_code and stored.cart.zip_code):
        cart = stored.cart  # only for this answer: a GET changes nothing that is there
        place = {
            "country_code": cart.country_code or typed(query, "countryCode"),
            "zip_code": cart.zip_code or typed(query, "zipCode"),
        }
        stored = replace(stored, cart=replace(cart, **place))
    return respond(200, cart_view.whole(desk, call, stored))


def _put(desk: Desk, call: Call, stored: StoredCart) -> Reply:
    """PUT: 204; what is sent replaces what was there, field by field."""
    refused = change_cart(desk, stored, _edit_of(call))
    return refusal_of(refused) if refused is not None else NO_CONTENT


def _edit_of(call: Call) -> CartEdit:
    asked: CartRequest = call.inbound.command
    fields = asked.fields
    discounts, unreadable = _discounts_of(asked)
    return CartEdit(
        caller=call.caller,
        now=call.now,
        names=tuple(asked.document),
        bytes_sent=len(encode(asked.document)),
        version=expected_version(asked.document),
        customer_id=fields.customer_id,
        site_code=fields.site_code,
        currency=fields.currency,
        type=fields.type,
        legal_entity_id=fields.legal_entity_id,
        fields=_fields_of(asked),
        discounts=discounts,
        sets_prices=may_set_prices(call),
        closes=fields.status == CLOSED,
        unreadable=unreadable,
    )


def _discounts_of(asked: CartRequest) -> tuple[tuple[ExternalCartDiscount, ...] | UnsetType, tuple[Rejection, ...]]:
    """What outside systems are to take off, or what is wrong with it."""
    if not asked.has("externalDiscounts"):
        return UNSET, ()
    try:
        return external.read_cart_discounts(asked.document["externalDiscounts"]), ()
    except Malformed as malformed:
        return UNSET, rejections_of(malformed)


def _delete(_desk: Desk, call: Call, stored: StoredCart) -> Response:
    """DELETE: 204."""
    delete_cart(stored, call.now)
    return NO_CONTENT
