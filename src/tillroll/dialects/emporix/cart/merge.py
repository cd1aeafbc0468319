"""`POST /cart/{tenant}/carts/{cartId}/merge`: what a guest has collected comes into another cart (5.1).

A login merges by itself. This call is for clients that do it on their own, and answers 200 for what was merged already.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.dialects.emporix.cart.errors import refusal_of
from tillroll.dialects.emporix.cart.one_cart import EVERYBODY, version_in
from tillroll.dialects.emporix.wire.errors import CART, Reply
from tillroll.dialects.emporix.wire.payload import body_as, refuse_if
from tillroll.dialects.emporix.wire.secured import Call, Run, secured_many
from tillroll.dialects.http import Inbound, Problem, Response, Route
from tillroll.engine.cart.merge import Merging, merge_carts
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Transaction

# A session has a cart for each site and type; nobody has more of them at hand.
CARTS_MAX = 50


class MergeRequest(Struct, frozen=True):
    """Which carts come in."""

    carts: tuple[str, ...]


def routes(catalogue: Catalogue) -> list[Route]:
    """The merge."""
    return [Route("POST", "/cart/{tenant}/carts/{cartId}/merge", _merging(catalogue), CART, _read, writes=True)]


def _read(inbound: Inbound) -> MergeRequest:
    asked: MergeRequest = body_as(MergeRequest)(inbound)
    count = len(asked.carts)
    wrong = None if 1 <= count <= CARTS_MAX else Problem("carts", "invalid_value", f"carts must name 1 to {CARTS_MAX}")
    refuse_if([wrong])
    return asked


def _merging(catalogue: Catalogue) -> Run:
    """POST: 200, all of the carts or none; 404 for a cart that the caller may not touch, 400 where it can not be."""

    def merge_many(tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        outcomes = merge_carts(Desk(tx, catalogue), [_asked(call) for call in calls])
        return [refusal_of(refused) if refused is not None else Response(200, b"", ()) for refused in outcomes]

    return secured_many(CART, EVERYBODY, merge_many)


def _asked(call: Call) -> Merging:
    request: MergeRequest = call.inbound.command
    version = version_in(call.inbound.header(b"if-match"))
    return Merging(call.caller, call.inbound.values["cartId"], request.carts, version, call.now)
