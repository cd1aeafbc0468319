"""Carts: `/cart/{tenant}/carts` (docs/wire/emporix.md, 5 and 5.1).

Of each owner, site, type and legal entity there is one open cart at most. The owner is whoever the token says: the
`session-id` header is not looked at. A back office makes carts for the customers and sessions that it names.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.cart import chains, external, items, prices, search
from tillroll.dialects.emporix.cart import discounts as cart_discounts
from tillroll.dialects.emporix.cart import view as cart_view
from tillroll.dialects.emporix.cart.errors import may_not_set_prices, refusal_of
from tillroll.dialects.emporix.cart.one_cart import (
    EVERYBODY,
    Command,
    changing,
    duplicate,
    is_stale,
    may_set_prices,
    reading,
    stale,
)
from tillroll.dialects.emporix.cart.requests import (
    CART_BYTES_MAX,
    ID_CHARACTERS_MAX,
    CartRequest,
    first_addresses,
    read_cart,
)
from tillroll.dialects.emporix.wire.errors import CART, NO_CONTENT, encode, respond
from tillroll.dialects.emporix.wire.fields import ZIP_CHARACTERS_MAX, country_problem, currency_problem
from tillroll.dialects.emporix.wire.payload import flag, refuse_if, typed
from tillroll.dialects.emporix.wire.resources import Document, expected_version
from tillroll.dialects.emporix.wire.secured import Call, Run, secured_many
from tillroll.dialects.emporix.wire.yrn import cart_yrn
from tillroll.dialects.http import JSON_CONTENT, Inbound, Malformed, Problem, Response, Route
from tillroll.domain.cart.cart import CLOSED, Cart
from tillroll.domain.countries import country_code
from tillroll.engine.access import access
from tillroll.engine.access.access import SERVICE
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import Identity, StoredCart
from tillroll.engine.cart.merge import OF_A_GUEST
from tillroll.engine.cart.moves import Goal, move
from tillroll.engine.customers.companies import acts_for
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue, View
from tillroll.store import Transaction

# Between two queries of one PostgreSQL transaction a rival may make, close or delete the cart: look again then.
_LOOKS_MAX = 5


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
    def create_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Response]:
        desk = Desk(tx, catalogue)
        answers: dict[int, Response] = {}
        wanted: list[tuple[str, Identity, int, Cart]] = []
        for position, call in enumerate(calls):
            try:
                cart, owner = _new_cart(desk, call)
                wanted.append((call.shop, carts.identity_of(cart, owner), position, cart))
            except Malformed as malformed:
                answers[position] = CART.refuse(400, malformed.problems)
            except _Forbidden:
                answers[position] = CART.forbidden([])
        # In one order, so that two processes that make carts of the same owners never wait for each other in a ring.
        for shop, identity, position, cart in sorted(wanted, key=lambda one: one[:3]):
            stored = carts.opened(cart, identity.owner, calls[position].now)
            is_new = carts.insert(tx, shop, stored)
            answers[position] = _created(calls[position], stored) if is_new else duplicate()
        return [answers[position] for position in range(len(calls))]

    return secured_many(CART, EVERYBODY, create_many)


class _Forbidden(Exception):
    """A shopper names another one."""


def _created(call: Call, stored: StoredCart) -> Response:
    cart_id = stored.cart.id
    location = f"{call.inbound.path.rstrip('/')}/{cart_id}".encode()
    headers = (JSON_CONTENT, (b"location", location), (b"version", b"%d" % stored.version))
    return Response(201, encode({"cartId": cart_id, "yrn": cart_yrn(call.shop, cart_id)}), headers)


def _new_cart(desk: Desk, call: Call) -> tuple[Cart, str]:
    """The cart that is asked for, and its owner; raises Malformed, and `_Forbidden` for a cart of somebody else."""
    asked: CartRequest = call.inbound.command
    fields, view = asked.fields, desk.view(call.shop)
    if not fields.currency:
        raise Malformed([Problem("currency", "missing_value", "currency is required: send an ISO 4217 code")])
    cart = Cart(
        call.inbound.id,
        _site_code(view, fields.site_code),
        fields.currency,
        type=fields.type or "",
    )
    owner = _owner(call, cart, fields.customer_id)
    cart.legal_entity_id = _company(desk, call, owner, fields.legal_entity_id)
    _fill(cart, asked)
    return cart, owner


def _company(desk: Desk, call: Call, owner: str, asked: str | None) -> str:
    """The company of a new cart: the one that is named, else that of the token, whose prices its bearer is shown.

    Raises as `_check_company` does; a token whose bearer no longer acts for its company means none.
    """
    if asked is not None:
        _check_company(desk, call, owner, asked)
        return asked
    caller, own = call.caller, call.caller.legal_entity_id or ""
    return own if own and acts_for(desk.tx, call.shop, caller.customer_id or "", own) else ""


def _check_company(desk: Desk, call: Call, owner: str, legal_entity_id: str) -> None:
    """Customers have carts of the companies that they act for, guests of none; a back office makes them for any.

    Raises Malformed, and `_Forbidden` for a company of other customers. The checkout looks once more.
    """
    caller = call.caller
    if not legal_entity_id:
        return
    if owner.startswith("session:"):
        raise Malformed([Problem("legalEntityId", "invalid_value", OF_A_GUEST)])
    if caller.kind == SERVICE:
        if desk.view(call.shop).loaded(Kind.LEGAL_ENTITY, legal_entity_id) is None:
            message = f"there is no legal entity '{legal_entity_id[:64]}': send the id of one of the shop's companies"
            raise Malformed([Problem("legalEntityId", "invalid_value", message)])
    elif not acts_for(desk.tx, call.shop, caller.customer_id or "", legal_entity_id):
        raise _Forbidden


def _owner(call: Call, cart: Cart, customer_id: str | None) -> str:
    """Name the cart's customer or session, and return its owner; raises `_Forbidden`."""
    caller = call.caller
    if caller.kind == SERVICE:
        cart.customer_id = customer_id or None
        return f"customer:{customer_id}" if customer_id else f"cart:{cart.id}"
    if customer_id and customer_id != caller.customer_id:
        raise _Forbidden
    cart.customer_id, cart.session_id = caller.customer_id, caller.session_id
    return caller.owner


def _site_code(view: View, asked: str | None) -> str:
    """The code of an existing site; raises Malformed. `default` is what Emporix calls the site that nobody named."""
    site = view.site(asked) if asked else view.default_site()
    if site is None and asked == "default":
        site = view.default_site()
    if site is None:
        name = asked or "main"
        message = f"there is no site with the code '{name[:64]}': send the code of one of the shop's sites"
        raise Malformed([Problem("siteCode", "invalid_value", message)])
    return site.code


def _fill(cart: Cart, asked: CartRequest) -> None:
    """Set what the client sent and leave the rest; null empties a field."""
    fields = asked.fields
    sent: Document = {
        "countryCode": ("country_code", fields.country_code or None),
        "zipCode": ("zip_code", fields.zip_code or None),
        "deliveryWindow": ("delivery_window", fields.delivery_window),
        "deliveryWindowId": ("delivery_window_id", fields.delivery_window_id),
        "channel": ("channel", fields.channel),
        "mixins": ("mixins", fields.mixins or {}),
    }
    for name, (attribute, value) in sent.items():
        if asked.has(name):
            setattr(cart, attribute, value)
    mixins = (fields.metadata or {}).get("mixins")
    if isinstance(mixins, dict):
        cart.metadata = {"mixins": mixins}
    if fields.addresses is not None:
        cart.addresses = _addresses(cart, first_addresses(fields.addresses))
    for name in ("restriction", "sessionValidated"):
        if asked.has(name):
            cart.extra = {**cart.extra, name: asked.document[name]}


def _addresses(cart: Cart, sent: list[Document]) -> list[Document]:
    """These addresses; what is not sent again is emptied, and stays as a stub (docs/wire/emporix.md, 5.1)."""
    types = {address["type"] for address in sent}
    stubs = [{"type": known["type"]} for known in cart.addresses if known["type"] not in types]
    return sorted([*sent, *stubs], key=lambda address: str(address["type"]))


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
    def find_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Response]:
        desk = Desk(tx, catalogue)
        answers = {
            position: _find(desk, call)
            for position, call in sorted(enumerate(calls), key=lambda one: (one[1].shop, one[1].caller.owner, one[0]))
        }
        return [answers[position] for position in range(len(calls))]

    return secured_many(CART, EVERYBODY, find_many)


def _find(desk: Desk, call: Call) -> Response:
    """GET by criteria: the open cart of this identity, made where `create=true` says so."""
    asked: Criteria = call.inbound.command
    view = desk.view(call.shop)
    try:
        cart, owner = _wanted_cart(desk, view, call)
    except Malformed as malformed:
        return CART.refuse(400, malformed.problems)
    except _Forbidden:
        return _none_found()
    identity = carts.identity_of(cart, owner)
    for _ in range(_LOOKS_MAX):
        found = carts.open_cart_id(desk.tx, call.shop, identity)
        known = carts.find(desk.tx, call.shop, [found]).get(found) if found is not None else None
        if known is not None and known.is_open:
            return _shown(desk, call, known)
        stored = carts.opened(cart, owner, call.now)
        if asked.creates and carts.insert(desk.tx, call.shop, stored):
            return _shown(desk, call, stored)
        if found is None and not asked.creates:
            break
    return _none_found()


def _wanted_cart(desk: Desk, view: View, call: Call) -> tuple[Cart, str]:
    """The cart as it would be made, and its owner; raises Malformed and `_Forbidden`."""
    asked: Criteria = call.inbound.command
    caller = call.caller
    code = _site_code(view, asked.site)
    site = view.site(code)
    currency = site.currency if site is not None else view.head.currency
    session = access.session_context(desk.tx, call.shop, caller.session_id) if caller.session_id else None
    if session is not None and session.currency and not currency_problem(session.currency):
        currency = session.currency
    cart = Cart(call.inbound.id, code, currency, type=asked.type)
    if caller.kind == SERVICE and not asked.customer_id:
        if not asked.session_id:
            message = "sessionId or customerId is required: say whose cart it is"
            raise Malformed([Problem("sessionId", "missing_value", message)])
        cart.session_id = asked.session_id
        owner = f"session:{asked.session_id}"
    elif caller.kind != SERVICE and asked.session_id not in (None, caller.session_id):
        raise _Forbidden
    else:
        owner = _owner(call, cart, asked.customer_id)
    cart.legal_entity_id = _company(desk, call, owner, asked.legal_entity_id)
    return cart, owner


def _none_found() -> Response:
    return CART.refuse(404, message="Cart with the given criteria not found.")


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
        stored = stored.copy()  # only for this answer: a GET changes nothing that is there
        cart = stored.cart
        cart.country_code = cart.country_code or country_code(query["countryCode"])
        cart.zip_code = cart.zip_code or typed(query, "zipCode")
    return respond(200, cart_view.whole(desk, call, stored))


def _put(desk: Desk, call: Call, stored: StoredCart) -> Response:
    """PUT: 204; what is sent replaces what was there, field by field."""
    asked: CartRequest = call.inbound.command
    fields, cart = asked.fields, stored.cart
    if is_stale(stored, expected_version(asked.document)):
        return stale()
    if fields.customer_id and fields.customer_id != cart.customer_id:
        message = "customerId can not be changed: make a cart for this customer"
        return CART.refuse(400, [Problem("customerId", "invalid_value", message)])
    discounts = cart.external_discounts
    if asked.has("externalDiscounts"):
        discounts = external.read_cart_discounts(asked.document["externalDiscounts"])
        if discounts and not may_set_prices(call):
            return may_not_set_prices().response()
    view = desk.view(call.shop)
    target = Identity(
        stored.owner,
        _site_code(view, fields.site_code) if fields.site_code else cart.site,
        cart.type if fields.type is None else fields.type,
        cart.legal_entity_id if fields.legal_entity_id is None else fields.legal_entity_id,
    )
    if target.legal_entity_id != cart.legal_entity_id:
        try:
            _check_company(desk, call, stored.owner, target.legal_entity_id)
        except _Forbidden:
            return CART.forbidden([])
    if len(encode([cart, asked.document])) > CART_BYTES_MAX:
        message = f"a cart must not have more than {CART_BYTES_MAX} bytes of JSON in all"
        return CART.refuse(400, [Problem("mixins", "too_large", message)])
    refused = move(view, stored, Goal(target, fields.currency), call.now)
    if refused is not None:
        return refusal_of(refused).response()
    _fill(cart, asked)
    cart.external_discounts = discounts
    if fields.status == CLOSED:
        stored.status = CLOSED
    stored.note("closed" if fields.status == CLOSED else "changed", call.now, fields=sorted(asked.document))
    return NO_CONTENT


def _delete(_desk: Desk, call: Call, stored: StoredCart) -> Response:
    """DELETE: 204."""
    stored.deleted = True
    stored.note("deleted", call.now)
    return NO_CONTENT
