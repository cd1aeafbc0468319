"""Whose key a request to our own API brings."""

from collections.abc import Callable, Sequence

from tillroll.dialects.http import Inbound, Response
from tillroll.dialects.native.errors import NATIVE
from tillroll.engine.access import admission
from tillroll.store import Transaction

Handle = Callable[[Transaction, str, Inbound], Response]


def for_shop(handle: Handle) -> Callable[[Transaction, Sequence[Inbound]], Sequence[Response]]:
    """A route's `run` for a handler of calls that bring a shop's native key; it is told the shop."""

    def run(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        return [_answer(tx, handle, inbound) for inbound in requests]

    return run


def _answer(tx: Transaction, handle: Handle, inbound: Inbound) -> Response:
    scheme, _, secret = inbound.header(b"authorization").partition(" ")
    shop = admission.shop_of_native_key(tx, secret.strip()) if scheme.lower() == "bearer" else None
    return handle(tx, shop, inbound) if shop is not None else NATIVE.refuse(401)
