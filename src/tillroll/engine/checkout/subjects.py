"""What is bought: carts and quotes, locked, and whether they are the buyer's to buy.

Nobody learns more of what is somebody else's than that it is
not there.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.cart.cart import OPEN, Cart
from tillroll.domain.checkout.inputs import Attempt
from tillroll.domain.orders.order import PlaceOrder
from tillroll.domain.quotes import quote as rules
from tillroll.domain.quotes.history import StoredQuote
from tillroll.domain.rejections import Reason, Rejection
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.checkout.mixins import Verdicts
from tillroll.engine.documents.snapshot import View
from tillroll.engine.locks import Locks, Plan
from tillroll.engine.payments.attempts import PaymentTerms
from tillroll.store.quotes.kept import locked_quotes

CART = "cartId"
QUOTE = "quoteId"


# What was worked out before about what is attached to a purchase, by the key of the question.
Findings = Mapping[bytes, Verdicts]


class Purchase(Struct, frozen=True):
    """A request to buy: by whom, what could be read of it, and what could not. `now` is microseconds UTC.

    `quote` is the quote where the caller has locked and changed it already, to be bought as it is then. `verdicts` is
    what was worked out before about the mixins, by the key of the question.
    """

    caller: Caller
    request: PlaceOrder
    unreadable: tuple[Rejection, ...]
    now: int
    quote: StoredQuote | None = None
    verdicts: Findings = {}
    id: str = ""
    """The request's id, which becomes that of the attempt to pay, where a provider is asked."""
    terms: PaymentTerms = PaymentTerms()


class Subject(Struct, frozen=True):
    """The buyer's own cart or quote, whatever its state; `key` is the field that names it, and its id."""

    key: tuple[str, str]
    order_id: str | None
    cart: StoredCart | None = None
    quote: StoredQuote | None = None


class Subjects(Struct, frozen=True):
    """The carts and quotes of a group of purchases, by id."""

    carts: dict[str, StoredCart]
    quotes: dict[str, StoredQuote]

    def of(self, purchase: Purchase) -> Subject | None:
        """The cart or quote that is bought; None where the buyer has none of this id."""
        request = purchase.request
        if request.quote_id is not None:
            quote = self._own_quote(purchase)
            return Subject((QUOTE, quote.quote.id), quote.order_id, quote=quote) if quote is not None else None
        cart = self.carts.get(request.cart_id or "")
        if cart is None or not carts.belongs_to(cart, purchase.caller):
            return None
        return Subject((CART, cart.cart.id), cart.order_id, cart=cart)

    def open_cart(self, purchase: Purchase) -> Cart | None:
        """The cart that is bought, where it is the buyer's own and open."""
        found = self.carts.get(purchase.request.cart_id or "")
        is_theirs = found is not None and found.status == OPEN and carts.belongs_to(found, purchase.caller)
        return found.cart if found is not None and is_theirs else None

    def quote_attempt(self, view: View, purchase: Purchase) -> Attempt:
        """The attempt to buy a quote, with what speaks against it already (docs/wire/emporix.md, 12)."""
        request, customer_id = purchase.request, purchase.caller.customer_id
        stored = self._own_quote(purchase)
        refused = _refusal(request, stored)
        if stored is None or refused is not None:
            unreadable = (*purchase.unreadable, *([refused] if refused is not None else ()))
            return Attempt(request, None, customer_id, unreadable)
        attempt = rules.attempt_of(stored.quote, request, purchase.now, view.clock(stored.quote.site))
        return replace(attempt, unreadable=(*purchase.unreadable, *attempt.unreadable))

    def _own_quote(self, purchase: Purchase) -> StoredQuote | None:
        found, caller = purchase.quote or self.quotes.get(purchase.request.quote_id or ""), purchase.caller
        is_theirs = found is not None and (caller.kind == SERVICE or found.is_of(caller.customer_id))
        return found if is_theirs else None


def lock(locks: Locks, purchases: Sequence[Purchase]) -> Subjects:
    """Lock what these purchases name and nobody has locked yet."""
    wanted = {
        purchase.request.quote_id
        for purchase in purchases
        if purchase.request.quote_id is not None and purchase.quote is None
    }
    named = {purchase.request.cart_id for purchase in purchases if purchase.request.cart_id is not None}
    held = locks.take(Plan(quotes=wanted, carts=named))
    return Subjects(carts.held(held), locked_quotes(held.quotes, max(purchase.now for purchase in purchases)))


def _refusal(request: PlaceOrder, stored: StoredQuote | None) -> Rejection | None:
    """Why a quote can not be bought as it stands: states that the vendor does not name are left to us (12)."""
    if stored is None:
        message = f"there is no quote '{(request.quote_id or '')[:80]}' of this customer: log in, and name one"
        return Rejection(Reason.QUOTE_NOT_FOUND, QUOTE, message)
    if stored.status not in (rules.OPEN, rules.ACCEPTED):
        message = f"the quote is {stored.status}: only one that is OPEN or ACCEPTED can be bought"
        return Rejection(Reason.QUOTE_NOT_OPEN, QUOTE, message)
    return None
