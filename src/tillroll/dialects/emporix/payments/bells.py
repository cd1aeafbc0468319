"""What providers and banks send here of themselves: `/payment-gateway/{tenant}/callbacks` and `…/returns`.

    POST …/callbacks/{modeId}        a provider rings: verified, kept, 200; the payment is looked at then
    GET  …/returns/{transactionId}   a buyer's browser comes back: the payment is looked at, and it goes on to the shop

Both are only bells. Nothing is believed of what they bring along: what has become of a payment is asked. They take no
token, as who sends them has none: one is signed, and the other tells nobody more than where the shop's own page is.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from tillroll.dialects.emporix.payments.acts import unknown
from tillroll.dialects.emporix.wire.errors import PAYMENT_GATEWAY, rendered, respond
from tillroll.dialects.http import Continued, Inbound, Problem, Response, Route
from tillroll.domain.payments.attempt import SECOND, PaymentAttempt, State
from tillroll.domain.payments.payment import PaymentMode
from tillroll.domain.payments.provider import NoBell
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.payments import bells, wishes
from tillroll.payments.gateway import Gateway, landing
from tillroll.payments.protocol import BellRequest
from tillroll.store import Store, Transaction
from tillroll.store.group_commit import Within
from tillroll.store.payments.rows import NewBell

CALLBACK = "/payment-gateway/{tenant}/callbacks/{modeId}"
RETURN = "/payment-gateway/{tenant}/returns/{transactionId}"
# How long a browser that comes back is kept waiting for its payment to be settled.
RETURN_SECONDS = 5
# Who reloads the page does not ask the provider anew each time.
RETURN_REST = SECOND


def routes(catalogue: Catalogue, gateway: Gateway) -> list[Route]:
    """The two of them."""
    booth = BellBooth(catalogue, gateway)
    return [
        Route(
            "POST",
            CALLBACK,
            _ring,
            PAYMENT_GATEWAY,
            writes=True,
            content_types=(),
            keeps_answers=False,
            prepare=booth.listen,
        ),
        Route("GET", RETURN, booth.send_on, PAYMENT_GATEWAY, writes=True, keeps_answers=False),
    ]


class BellBooth:
    """Who listens."""

    def __init__(self, catalogue: Catalogue, gateway: Gateway) -> None:
        self._catalogue, self._gateway = catalogue, gateway

    async def listen(self, within: Within, inbound: Inbound) -> Response | None:
        """Verify a bell: 404 for a mode that hears none, 400 for what is none."""
        mode = await within.read(self._mode, inbound)
        request = BellRequest(inbound.body, inbound.header, inbound.received_at)
        bell = await self._gateway.hear_bell(mode, request) if mode is not None else None
        if mode is None or bell is None:
            message = f"There is no payment mode {inbound.values['modeId'][:80]} that hears of payments."
            return PAYMENT_GATEWAY.refuse(404, message=message)
        if isinstance(bell, NoBell):
            return PAYMENT_GATEWAY.refuse(400, [Problem("", "invalid_value", bell.reason)])
        inbound.command = NewBell(
            *(inbound.values["tenant"], mode.id, bell.event, bell.type, bell.provider_id),
            told=bell.told,
            now=inbound.received_at,
        )
        return None

    def send_on(self, tx: Transaction, requests: Sequence[Inbound]) -> list[Response]:
        """303 to the shop's own page, once the payment was looked at where there is anything left to find out."""
        return [self._send_on(tx, one) for one in requests]

    def _send_on(self, tx: Transaction, inbound: Inbound) -> Response:
        id = inbound.values["transactionId"]
        view = self._catalogue.views(tx, [inbound.values["tenant"]]).get(inbound.values["tenant"])
        attempt = wishes.find(tx, inbound.values["tenant"], id) if view is not None else None
        if view is None or attempt is None:
            return rendered(unknown(id))
        loaded = view.loaded(Kind.PAYMENT_MODE, attempt.mode_id)
        answer = _sent_on(landing(loaded.value.settings, attempt) if loaded is not None else "")
        is_open = attempt.state in (State.ACTION_REQUIRED, State.PENDING, State.CREATED)
        if is_open and inbound.received_at - attempt.changed_at > RETURN_REST:
            return Continued(go_on=partial(self._look, attempt, answer))
        return answer

    async def _look(self, attempt: PaymentAttempt, answer: Response, store: Store) -> Response:
        deadline = asyncio.get_running_loop().time() + RETURN_SECONDS
        await self._gateway.look(store, attempt.shop, attempt.id, deadline)
        return answer

    def _mode(self, tx: Transaction, inbound: Inbound) -> PaymentMode | None:
        view = self._catalogue.views(tx, [inbound.values["tenant"]]).get(inbound.values["tenant"])
        loaded = view.loaded(Kind.PAYMENT_MODE, inbound.values["modeId"]) if view is not None else None
        return loaded.value if loaded is not None else None


def _sent_on(address: str) -> Response:
    if not address:
        return respond(200, {"message": "This window can be closed."})
    return Response(303, b"", ((b"location", address.encode()),))


def _ring(tx: Transaction, requests: Sequence[Inbound]) -> list[Response]:
    """200 for every bell that was verified, however often it is rung."""
    bells.ring(tx, [one.command for one in requests])
    return [respond(200, {"received": True}) for _ in requests]
