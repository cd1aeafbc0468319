"""Ninety days of a shop that was not there: visitors who search, ask and buy, and a dashboard has something to show.

The same seed makes the same days. Events are written as the dialects write them, through the ledger, many at a time;
the sales are made of them by the server, as of all others.
"""

import json
import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from hashlib import md5

from msgspec import Struct

from tillroll.domain.events.events import ACCEPTED, REFUSED, OutsideEvent
from tillroll.engine.ledger import ledger
from tillroll.engine.ledger.ledger import EventFilter
from tillroll.store import Store, Transaction
from tillroll.store.orders.rows import Refusals, add_refusals

SEED = 20260701
DAYS = 90
SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
EVENTS_A_COMMIT = 1_000

GOODS: tuple[tuple[str, str], ...] = (
    ("beans-house", "14.90"),
    ("beans-decaf", "15.90"),
    ("beans-single-origin", "19.50"),
    ("grinder", "79.00"),
    ("kettle", "64.90"),
    ("mug", "12.50"),
    ("dripper", "24.00"),
    ("filters", "6.90"),
    ("scale", "39.00"),
)
# Who leads visitors here, and how often.
LEADS: tuple[tuple[str, int], ...] = (
    ("search", 30),
    ("campaign", 18),
    ("chat", 14),
    ("faq", 9),
    ("newsletter", 10),
    ("nudge", 7),
    ("nothing", 22),
)
CAMPAIGNS = ("autumn-roast", "mother-of-pearl", "welcome-back")
_QUESTIONS = ("Which grinder do I need?", "How do I store beans?", "Is it fresh?", "What fits a V60?")
# What is tried with the visitors of the latest days: half of them never see the assistant.
EXPERIMENT, EXPERIMENT_DAYS = "assistant-on-every-page", 45
# Why the till refuses checkouts, and how often of a hundred days.
REFUSALS: tuple[tuple[str, int], ...] = (
    ("out_of_stock", 70),
    ("price_changed", 35),
    ("coupon_expired", 30),
    ("payment_amount_mismatch", 20),
    ("shipping_zone_not_found", 12),
)
# Of a hundred visitors so many buy, the more the more they have met.
_BUYERS = {0: 5, 1: 9, 2: 20, 3: 32}


class _Visitor(Struct):
    """Somebody, under the names that each system has for them."""

    session: str
    fingerprints: str
    own: str


class Days:
    """The days before a moment, as events in the order of time."""

    def __init__(self, shop: str, hashid: str, now: int) -> None:
        self._shop, self._hashid, self._now = shop, hashid, now
        self._dice = random.Random(SEED)
        self._orders = 20_000
        self._links = 0

    def events(self) -> list[OutsideEvent]:
        """All of them."""
        found = [event for day in range(DAYS) for event in self._day(day)]
        return sorted((one for one in found if one.received_at < self._now), key=lambda one: one.received_at)

    def _day(self, day: int) -> Iterator[OutsideEvent]:
        begins = (self._now // DAY - DAYS + 1 + day) * DAY
        weekday = (begins // DAY + 3) % 7
        growth = 24 + day // 4 + (9 if weekday in (5, 6) else 0)
        rush = 26 if day in (52, 53, 54) else 0  # a sale of three days
        for _ in range(self._dice.randint(growth - 6, growth + 6) + rush):
            hour = min(max(self._dice.gauss(15.5, 4.0), 0.2), 23.7)
            arm = self._dice.choice(("test", "control")) if day >= DAYS - EXPERIMENT_DAYS else ""
            yield from self._visit(begins + int(hour * HOUR), arm, is_rush=bool(rush))

    def _visit(self, at: int, arm: str, *, is_rush: bool) -> Iterator[OutsideEvent]:
        dice = self._dice
        who = _Visitor(f"{dice.getrandbits(128):032x}", f"{self._uuid()}/{self._uuid()}", f"v{dice.getrandbits(48):x}")
        leads = [] if dice.random() < 0.2 else dice.choices([one for one, _ in LEADS], [n for _, n in LEADS], k=3)
        met = [one for one in leads[: dice.choice((1, 1, 1, 2, 2, 3))] if one != "nothing"]
        if arm:
            said = {"experiment": EXPERIMENT, "group": arm}
            columns = {"subject": EXPERIMENT, "visitor": who.own, "detail": arm}
            yield self._event("native", "experiment_assigned", at, said, **columns)
            met = [one for one in met if one != "chat" or arm == "test"]
        wishes = dice.sample(GOODS, dice.choice((1, 1, 1, 2, 3)))
        known: list[str] = []
        when = at - (dice.randint(1, 12) * DAY if len(met) > 1 and dice.random() < 0.4 else 0)
        for lead in met:
            if lead == "search" and f"doofinder:{who.session}" not in known:
                yield self._event("doofinder", "init", when, {}, subject=who.session, visitor=who.session)
            yield self._touch(lead, who, when, wishes[0][0] if dice.random() < 0.6 else dice.choice(GOODS)[0])
            known.append(_name_in(lead, who))
            when = min(at, when + dice.randint(2, 600) * MINUTE)
        if len(set(known)) > 1 or (known and not known[0].startswith("native:")):
            yield self._link(at + MINUTE, sorted({*known, f"native:{who.own}"}))
        buys = dice.randrange(100) < _BUYERS[len(met)] + (12 if is_rush else 0)
        if ("chat" in met or "faq" in met) and (buys or dice.random() < 0.5):
            yield from self._cart(who, at + MINUTE, wishes)
        if buys:
            yield from self._purchase(who, at + dice.randint(3, 50) * MINUTE, wishes, met)

    def _cart(self, who: _Visitor, at: int, wishes: list[tuple[str, str]]) -> Iterator[OutsideEvent]:
        """What the storefront tells of a cart: all wishes are put in, and now and then something that is not kept."""
        dice = self._dice
        for product, price in wishes:
            yield self._cart_event(who, at, ("ITEM_ADDED", product, price, 1))
        if dice.random() < 0.3:
            product, price = dice.choice([one for one in GOODS if one not in wishes])
            yield self._cart_event(who, at + 20 * SECOND, ("ITEM_ADDED", product, price, 1))
            yield self._cart_event(who, at + MINUTE, ("ITEM_REMOVED", product, price, 0))

    def _cart_event(self, who: _Visitor, at: int, change: tuple[str, str, str, int]) -> OutsideEvent:
        kind, product, price, quantity = change
        said = {"type": kind, "quantity": quantity, "value": float(price), "currency": "EUR", "valueMeans": "unit"}
        return self._event("alhena", "cart_event", at, said, subject=product, visitor=who.fingerprints)

    def _touch(self, lead: str, who: _Visitor, at: int, product: str) -> OutsideEvent:
        dice = self._dice
        if lead == "search":
            digest = md5(product.encode(), usedforsecurity=False).hexdigest()
            subject = f"{self._hashid}@product@{digest}"
            query = product.partition("-")[0]
            asked = {"query": query}
            return self._event("doofinder", "click", at, asked, subject=subject, visitor=who.session, detail=query)
        if lead in ("chat", "faq"):
            kind = "conversation_opened" if lead == "chat" else "faq_question_asked"
            said = {"question": dice.choice(_QUESTIONS), "helpful": dice.random() < 0.85, "productId": product}
            return self._event("alhena", kind, at, said, subject=self._uuid(), visitor=who.fingerprints)
        if lead == "nudge":
            return self._event(
                "native", "nudge_clicked", at, {"product_id": product}, subject="nudge-1", visitor=who.own
            )
        if lead == "newsletter":
            return self._event("native", "touch", at, {"source": "newsletter"}, visitor=who.own)
        return self._event("native", "touch", at, {"source": f"campaign:{dice.choice(CAMPAIGNS)}"}, visitor=who.own)

    def _link(self, at: int, nodes: list[str]) -> OutsideEvent:
        self._links += 1
        id = f"lnk_demo{self._links}"
        return self._event("native", "identities_linked", at, {"link": id, "nodes": nodes}, subject=id)

    def _purchase(
        self, who: _Visitor, at: int, wishes: list[tuple[str, str]], met: list[str]
    ) -> Iterator[OutsideEvent]:
        dice = self._dice
        self._orders += 1
        number = str(self._orders)
        lines = []
        for product, price in wishes:
            pieces = dice.choice((1, 1, 1, 2, 3)) if Decimal(price) < 30 else 1
            lines.append({"product_id": product, "quantity": pieces, "total": str(Decimal(price) * pieces)})
        priced = [(one, float(price)) for one, (_, price) in zip(lines, wishes, strict=True)]
        total = sum((Decimal(str(one["total"])) for one in lines), Decimal(0))
        said = {"order_id": number, "total": str(total), "currency": "EUR", "lines": lines}
        yield self._event("native", "checkout", at, said, subject=number, visitor=who.own)
        if "search" in met:
            cart = [{"id": one["product_id"], "amount": one["quantity"], "price": price} for one, price in priced]
            yield self._event(
                "doofinder", "checkout", at + SECOND, {"cart": cart}, subject=who.session, visitor=who.session
            )
        has_talked = "chat" in met or "faq" in met
        if has_talked or dice.random() < 0.1:
            yield self._storefront(who, at + 2 * SECOND, (number, total), lines, has_talked=has_talked)
        if dice.random() < 0.06:
            back: dict[str, object] = {
                "order_id": number,
                "currency": "EUR",
                "reason": dice.choice(("Arrived broken", "Changed their mind")),
            }
            part: dict[str, object] = {} if dice.random() < 0.6 else {"amount_minor": int(total * 100) // 2}
            yield self._event("native", "refund_made", at + dice.randint(1, 9) * DAY, back | part)

    def _storefront(  # noqa: PLR0913  whose purchase, when, of what
        self,
        who: _Visitor,
        at: int,
        order: tuple[str, Decimal],
        lines: list[dict[str, object]],
        *,
        has_talked: bool,
    ) -> OutsideEvent:
        """The same purchase as the storefront tells it: now and then with another amount, or without a conversation."""
        number, total = order
        told = total - Decimal("4.90") if self._dice.random() < 0.05 else total
        items = [
            {"product_id": one["product_id"], "quantity": one["quantity"], "value": float(str(one["total"]))}
            for one in lines
        ]
        said = {"value": float(told), "currency": "EUR", "orderId": number, "lineItems": items, "valueMeans": "line"}
        outcome, reason = (ACCEPTED, "") if has_talked else (REFUSED, "no_interaction")
        return self._event(
            "alhena",
            "checkout_event",
            at,
            said,
            subject=number,
            visitor=who.fingerprints,
            outcome=outcome,
            reason=reason,
        )

    def _event(self, dialect: str, kind: str, at: int, document: Mapping[str, object], **columns: str) -> OutsideEvent:
        return OutsideEvent(
            shop=self._shop,
            dialect=dialect,
            kind=kind,
            call=self._call(at),
            received_at=at,
            happened_at=at,
            document=json.dumps(dict(document)),
            **columns,
        )

    def _call(self, at: int) -> str:
        """The id of a request of that moment, as the door makes them (RFC 9562, 6.2)."""
        return f"{at // 1000:012x}7{at % 1000 * 4096 // 1000:03x}8{self._dice.getrandbits(60):015x}"

    def _uuid(self) -> str:
        digits = f"{self._dice.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def _name_in(lead: str, who: _Visitor) -> str:
    if lead == "search":
        return f"doofinder:{who.session}"
    return f"alhena:{who.fingerprints}" if lead in ("chat", "faq") else f"native:{who.own}"


def fill(store: Store, shop: str, hashid: str, now: int) -> int:
    """Give a shop its days, unless it has events already; how many events they are."""
    if store.read_now(lambda tx: ledger.events(tx, shop, EventFilter(limit=1))):
        return 0
    events = Days(shop, hashid, now).events()
    for start in range(0, len(events), EVENTS_A_COMMIT):
        store.write_now(partial(_record, events[start : start + EVENTS_A_COMMIT]))
    store.write_now(lambda tx: add_refusals(tx, refusals(shop, now)))
    return len(events)


def refusals(shop: str, now: int) -> list[Refusals]:
    """The checkouts that the till has refused on these days, each for one reason."""
    dice, last, found = random.Random(SEED), now // DAY, []
    for day in range(last - DAYS + 1, last + 1):
        counts = {reason: dice.randint(1, 4) for reason, often in REFUSALS if dice.randrange(100) < often}
        if counts:
            counts |= {"": sum(counts.values())}
        found += [Refusals(shop, day, reason, 0, checkouts) for reason, checkouts in sorted(counts.items())]
    return found


def _record(events: list[OutsideEvent], tx: Transaction) -> None:
    ledger.record(tx, events)
