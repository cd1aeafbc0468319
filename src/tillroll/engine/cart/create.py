"""Carts are made and found: of each owner, site, type and company there is one open cart (docs/wire/emporix.md, 5.1).

    wish ─► site, owner, company ─► the cart as it would be ─► insert, or the one of its identity

The owner is whoever the token says; a back office makes carts for the customers and sessions that it names.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.domain.cart.cart import Cart
from tillroll.domain.cart.commands import CartFields, fill
from tillroll.domain.money import minor_exponent
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.domain.site.sites import Site
from tillroll.engine.access import access
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.merge import OF_A_GUEST
from tillroll.engine.customers import customers
from tillroll.engine.customers.companies import acts_for
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.rejected import Rejected, invalid, missing

# The site that nobody has named, as clients name it where the shop has none of that code.
UNNAMED_SITE = "default"

# Between two queries of one PostgreSQL transaction a rival may make, close or delete the cart: look again then.
_LOOKS_MAX = 5


class CartWish(Struct, frozen=True, kw_only=True):
    """A caller's cart as it is to be made or found; `id` is for a new one.

    Without a company it is that of the token. Without a currency one that is found is in that of the session or site.
    """

    caller: Caller
    id: str
    now: int
    site_code: str | None
    type: str = ""
    currency: str | None = None
    customer_id: str | None = None
    session_id: str | None = None
    legal_entity_id: str | None = None
    fields: CartFields = CartFields()

    @property
    def shop(self) -> str:
        """The caller's shop."""
        return self.caller.shop


def create_carts(desk: Desk, wishes: Sequence[CartWish]) -> list[StoredCart | Refused]:
    """Make these carts; of each the cart, or why there is none."""
    outcomes: dict[int, StoredCart | Refused] = {}
    new: list[tuple[str, carts.Identity, int, Cart]] = []
    for position, wish in enumerate(wishes):
        try:
            cart, owner = _new_cart(desk, wish)
        except Rejected as rejected:
            outcomes[position] = rejected.refused
        else:
            new.append((wish.shop, carts.identity_of(cart, owner), position, cart))
    # In one order, so that two processes that make carts of the same owners never wait for each other in a ring.
    for _shop, identity, position, cart in sorted(new, key=lambda one: one[:3]):
        wish = wishes[position]
        stored = carts.opened(cart, identity.owner, wish.now)
        outcomes[position] = stored if carts.insert(desk.tx, wish.caller.origin, stored) else _exists(identity)
    return [outcomes[position] for position in range(len(wishes))]


def find_carts(desk: Desk, wishes: Sequence[tuple[CartWish, bool]]) -> list[StoredCart | Refused]:
    """The open carts of these identities; made where there is none and a wish says so."""
    in_order = sorted(enumerate(wishes), key=lambda one: (one[1][0].shop, one[1][0].caller.owner, one[0]))
    found = {position: _found(desk, wish, creates=creates) for position, (wish, creates) in in_order}
    return [found[position] for position in range(len(wishes))]


def site_code(view: View, asked: str | None) -> str:
    """The code of an existing site, the default one where none is named; raises Rejected."""
    site: Site | None = view.site(asked) if asked else view.default_site()
    if site is None and asked == UNNAMED_SITE:
        site = view.default_site()
    if site is None:
        name = asked or "main"
        message = f"there is no site with the code '{name[:64]}': send the code of one of the shop's sites"
        raise invalid("site_code", message)
    return site.code


def check_company(desk: Desk, caller: Caller, owner: str, legal_entity_id: str) -> None:
    """Customers have carts of the companies that they act for, guests of none; a back office makes them for any.

    Raises Rejected. The checkout looks once more.
    """
    if not legal_entity_id:
        return
    if owner.startswith("session:"):
        raise invalid("legal_entity_id", OF_A_GUEST)
    if caller.kind == SERVICE:
        if desk.view(caller.shop).loaded(Kind.LEGAL_ENTITY, legal_entity_id) is None:
            message = f"there is no legal entity '{legal_entity_id[:64]}': send the id of one of the shop's companies"
            raise invalid("legal_entity_id", message)
    elif not acts_for(desk.tx, caller.shop, caller.customer_id or "", legal_entity_id):
        raise _forbidden("legal_entity_id", "a customer has carts of the companies that it acts for")


def _new_cart(desk: Desk, wish: CartWish) -> tuple[Cart, str]:
    """The cart that is asked for, and its owner; raises Rejected."""
    if not wish.currency:
        raise missing("currency", "currency is required: send an ISO 4217 code")
    cart = Cart(wish.id, site_code(desk.view(wish.shop), wish.site_code), wish.currency, type=wish.type)
    owner = _owner(wish, cart)
    _check_customer(desk, wish)
    cart.legal_entity_id = _company(desk, wish, owner)
    fill(cart, wish.fields)
    return cart, owner


def _found(desk: Desk, wish: CartWish, *, creates: bool) -> StoredCart | Refused:
    try:
        cart, owner = _wanted_cart(desk, wish)
        if creates:
            _check_customer(desk, wish)
    except Rejected as rejected:
        return rejected.refused
    identity = carts.identity_of(cart, owner)
    for _ in range(_LOOKS_MAX):
        id = carts.open_cart_id(desk.tx, wish.shop, identity)
        known = carts.find(desk.tx, wish.shop, [id]).get(id) if id is not None else None
        if known is not None and known.is_open:
            return known
        stored = carts.opened(cart, owner, wish.now)
        if creates and carts.insert(desk.tx, wish.caller.origin, stored):
            return stored
        if id is None and not creates:
            break
    return Refused((Rejection(Reason.CART_NOT_FOUND, "", "there is no open cart of this identity"),))


def _wanted_cart(desk: Desk, wish: CartWish) -> tuple[Cart, str]:
    """The cart as it would be made, and its owner; raises Rejected."""
    caller, view = wish.caller, desk.view(wish.shop)
    cart = Cart(wish.id, site_code(view, wish.site_code), "", type=wish.type)
    cart.currency = _currency(desk, wish, view.site(cart.site))
    if caller.kind == SERVICE and not wish.customer_id:
        if not wish.session_id:
            raise missing("session_id", "session_id or customerId is required: say whose cart it is")
        cart.session_id = wish.session_id
        owner = f"session:{wish.session_id}"
    elif caller.kind != SERVICE and wish.session_id not in (None, caller.session_id):
        raise _forbidden("session_id", "a shopper finds the carts of its own session")
    else:
        owner = _owner(wish, cart)
    cart.legal_entity_id = _company(desk, wish, owner)
    return cart, owner


def _currency(desk: Desk, wish: CartWish, site: Site | None) -> str:
    """The currency of the caller's session, else that of the site."""
    session_id = wish.caller.session_id
    session = access.session_context(desk.tx, wish.shop, session_id) if session_id else None
    if session is not None and session.currency and minor_exponent(session.currency) is not None:
        return session.currency
    return site.currency if site is not None else desk.view(wish.shop).head.currency


def _owner(wish: CartWish, cart: Cart) -> str:
    """Name the cart's customer or session, and return its owner; raises Rejected."""
    caller, customer_id = wish.caller, wish.customer_id
    if caller.kind == SERVICE:
        cart.customer_id = customer_id or None
        return f"customer:{customer_id}" if customer_id else f"cart:{cart.id}"
    if customer_id and customer_id != caller.customer_id:
        raise _forbidden("customer_id", "a shopper has carts of its own")
    cart.customer_id, cart.session_id = caller.customer_id, caller.session_id
    return caller.owner


def _check_customer(desk: Desk, wish: CartWish) -> None:
    """A back office makes carts for customers that there are: a mistyped number would be nobody's cart, and nobody
    could buy it. Raises Rejected."""
    if wish.caller.kind != SERVICE or not wish.customer_id:
        return
    if customers.find(desk.tx, wish.shop, wish.customer_id) is None:
        message = f"there is no customer '{wish.customer_id[:64]}': send the id of one of the shop's customers"
        raise invalid("customer_id", message)


def _company(desk: Desk, wish: CartWish, owner: str) -> str:
    """The company of a new cart: the one that is named, else that of the token, whose prices its bearer is shown.

    Raises as `check_company` does; a token whose bearer no longer acts for its company means none.
    """
    caller, asked = wish.caller, wish.legal_entity_id
    if asked is not None:
        check_company(desk, caller, owner, asked)
        return asked
    own = caller.legal_entity_id or ""
    return own if own and acts_for(desk.tx, wish.shop, caller.customer_id or "", own) else ""


def _exists(identity: carts.Identity) -> Refused:
    message = "the owner has an open cart of that site, type and company already"
    return Refused((Rejection(Reason.CART_EXISTS, identity.site, message),))


def _forbidden(subject: str, message: str) -> Rejected:
    return Rejected(Rejection(Reason.CHANGE_FORBIDDEN, subject, message))
