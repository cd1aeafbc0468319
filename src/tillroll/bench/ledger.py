"""A ledger to measure sales with: what a busy shop's visitors did in ninety days, as the dialects write it.

    visits, one after the other ──► their events, in the order of time ──► the ledger, some thousands in a commit

Of ten events one is a purchase as the shop's own list has it, and one the same purchase as its storefront reports it.
The same numbers make the same events. Only as many as are in a commit are in memory, and refunds that are yet to come.
"""

import heapq
from collections.abc import Iterator
from functools import partial
from hashlib import md5
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from tillroll.bench.shop import PRODUCTS
from tillroll.dialects.http import uuid7
from tillroll.domain.events.events import OutsideEvent
from tillroll.engine.ledger import ledger
from tillroll.store import Store, Transaction

DAYS = 90
SECOND = 1_000_000
MINUTE, DAY = 60 * SECOND, 86_400 * SECOND
EVENTS_A_COMMIT = 4_000
# A visitor who buys leaves nine events, and somebody who only looks one.
EVENTS_OF_A_SALE = 10

_CAMPAIGNS = ("spring", "summer", "welcome-back", "newsletter", "outlet", "mother's day")
_REFUND_EVERY = 16
# Of so many who only look, one fills a cart and leaves it.
_CART_EVERY = 4


class Filled(Struct, frozen=True):
    """A stretch of such a ledger: of which shop, and how many events from which visit on."""

    shop: str
    hashid: str
    events: int
    first_visit: int
    now: int
    """When it is written (µs UTC): the ninety days end then."""


def fill(store: Store, stretch: Filled) -> int:
    """Write a stretch; the visit that the next one begins with."""
    visits = _Visits(stretch)
    events = islice(visits.events(), stretch.events)
    while part := list(islice(events, EVENTS_A_COMMIT)):
        store.write_now(partial(_record, part))
    return visits.next


def _record(events: list[OutsideEvent], tx: Transaction) -> None:
    ledger.record(tx, events)


class _Visits:
    """The visits of a stretch, each with events of its own."""

    def __init__(self, stretch: Filled) -> None:
        self.next = stretch.first_visit
        self._stretch = stretch
        self._written = 0
        self._apart = DAYS * DAY * EVENTS_OF_A_SALE // max(stretch.events, EVENTS_OF_A_SALE)

    def events(self) -> Iterator[OutsideEvent]:
        """All of them in the order of time, without an end."""
        waiting: list[tuple[int, int, OutsideEvent]] = []
        at, place = self._stretch.now - DAYS * DAY, 0
        while True:
            for event in self._visit(self.next, at):
                place += 1
                heapq.heappush(waiting, (event.happened_at, place, event))
            self.next += 1
            at += self._apart
            while waiting and waiting[0][0] < at:
                yield self._received(heapq.heappop(waiting)[2])

    def _received(self, event: OutsideEvent) -> OutsideEvent:
        """The event as it comes in now: a shop brings its past along."""
        self._written += 1
        at = self._stretch.now + self._written
        return replace(event, received_at=at, call=uuid7(at))

    def _visit(self, number: int, at: int) -> Iterator[OutsideEvent]:
        """Somebody who buys, and somebody who does not."""
        own, session, prints = f"v{number:x}", f"{number:032x}", f"{number:036x}/{number:036x}"
        product, price = f"sku-{number * 7 % PRODUCTS}", 500 + number % 97 * 100
        lead = f'{{"page":"https://shop.example/","campaign":{{"source":"{_CAMPAIGNS[number % len(_CAMPAIGNS)]}"}}}}'
        yield self._event("native", "page_viewed", at, lead, visitor=own)
        at += MINUTE
        yield self._event("doofinder", "init", at, "{}", subject=session, visitor=session, channel=self._stretch.hashid)
        digest = md5(product.encode(), usedforsecurity=False).hexdigest()
        clicked = {"subject": f"{self._stretch.hashid}@product@{digest}", "detail": f"query {number % 200}"}
        for later in (SECOND, 20 * SECOND):
            yield self._event("doofinder", "click", at + later, '{"query":"q"}', visitor=session, **clicked)
        talk = f'{{"question":"?","productId":"{product}"}}'
        yield self._event("alhena", "conversation_opened", at + MINUTE, talk, subject=f"t{number}", visitor=prints)
        names = f'"native:{own}","doofinder:{session}","alhena:{prints}"'
        link = f'{{"link":"lnk{number}","nodes":[{names}]}}'
        yield self._event("native", "identities_linked", at + MINUTE, link, subject=f"lnk{number}")
        yield self._cart(prints, at + 2 * MINUTE, product, price)
        yield from self._purchase(number, at + 5 * MINUTE, (own, prints), (product, price))
        if number % _CART_EVERY == 0:
            talk = f"{number:035x}x/{number:035x}x"
            yield self._cart(talk, at, product, price)
        else:
            yield self._event("native", "touch", at, '{"source":"newsletter"}', visitor=f"w{number:x}")

    def _purchase(self, number: int, at: int, who: tuple[str, str], bought: tuple[str, int]) -> Iterator[OutsideEvent]:
        """The order, what the storefront says of it, and now and then money back."""
        (own, prints), (product, minor) = who, bought
        total, line = f"{minor // 100}.{minor % 100:02}", f'"product_id":"{product}","quantity":1'
        said = f'{{"total":"{total}","currency":"EUR","lines":[{{{line},"total":"{total}"}}]}}'
        yield self._event("native", "checkout", at, said, subject=f"B{number}", visitor=own)
        items = f'"lineItems":[{{{line},"value":{total}}}],"valueMeans":"line"'
        told = f'{{"value":{total},"currency":"EUR","orderId":"B{number}",{items}}}'
        yield self._event("alhena", "checkout_event", at + SECOND, told, subject=f"B{number}", visitor=prints)
        if number % _REFUND_EVERY == 0:
            back = f'{{"order_id":"B{number}","currency":"EUR","amount_minor":{minor // 2},"reason":"broken"}}'
            yield self._event("native", "refund_made", at + 3 * DAY, back)

    def _cart(self, prints: str, at: int, product: str, minor: int) -> OutsideEvent:
        value = f'"value":{minor // 100}.{minor % 100:02},"currency":"EUR","valueMeans":"unit"'
        said = f'{{"type":"ITEM_ADDED","quantity":1,{value}}}'
        return self._event("alhena", "cart_event", at, said, subject=product, visitor=prints)

    def _event(self, dialect: str, kind: str, at: int, document: str, **columns: str) -> OutsideEvent:
        return OutsideEvent(
            shop=self._stretch.shop,
            dialect=dialect,
            kind=kind,
            call="",
            received_at=at,
            happened_at=at,
            document=document,
            **columns,
        )
