"""Quotes in the store: they expire a few at a time, and what expired says so."""

from decimal import Decimal

import pytest

from tillroll.domain.events.events import Origin
from tillroll.domain.orders.order import Customer
from tillroll.domain.pricing.shapes import PricingRules
from tillroll.domain.quotes.history import SYSTEM, Author, QuoteChange, QuoteStep, StoredQuote
from tillroll.domain.quotes.quote import AWAITING, EXPIRED, OPEN, Quote
from tillroll.engine.quotes import quotes
from tillroll.store import Store, Transaction, open_store
from tillroll.store.quotes import kept
from tillroll.workers import ROWS_MAX, Expired, forget_some

NOW = 1_800_000_000_000_000
SHOP = "acme"
ADA = Author("CUSTOMER", "C1")


def offer(id: str, status: str, valid_to: int | None) -> StoredQuote:
    """A quote that was made long ago."""
    rules = PricingRules(2, True, "EUR", Decimal(0))
    quote = Quote(id, "main", rules, "DE", Customer("ada@example.com", id="C1"), valid_to=valid_to)
    return StoredQuote(quote, status, "C1", None, 1, NOW - 1000, NOW - 1000)


def put(tx: Transaction, *offers: StoredQuote) -> None:
    """A shop with these quotes."""
    tx.run("insert_shop", id=SHOP, currency="EUR", settings="{}", now=NOW)
    for one in offers:
        assert quotes.insert(tx, Origin(SHOP, "some"), one, ADA)


@pytest.fixture
def store(database_url: str) -> Store:
    """An empty store."""
    store = open_store(database_url)
    store.migrate()
    return store


def test_open_quotes_expire_when_their_time_has_passed_and_others_do_not(store: Store) -> None:
    kept = {"timeless": None, "ahead": NOW + 1}
    offers = [offer(id, OPEN, valid_to) for id, valid_to in kept.items()]
    store.write_now(lambda tx: put(tx, *offers, offer("asked", AWAITING, NOW - 1), offer("over", OPEN, NOW)))
    assert store.write_now(lambda tx: quotes.expire_some(tx, "some", NOW, 10)) == 1
    assert store.write_now(lambda tx: quotes.expire_some(tx, "some", NOW, 10)) == 0
    found = store.write_now(lambda tx: quotes.lock(tx, SHOP, ["timeless", "ahead", "asked", "over"], NOW))
    assert {id: one.status for id, one in found.items()} == {
        "timeless": OPEN,
        "ahead": OPEN,
        "asked": AWAITING,
        "over": EXPIRED,
    }
    history = store.write_now(lambda tx: quotes.history(tx, SHOP, "over"))
    assert [change for _, change in history][1:] == [
        QuoteChange("REPLACE", "/status", {"value": EXPIRED}, {"value": OPEN}, SYSTEM, NOW)
    ]
    store.close()


def test_the_broom_lets_them_expire_a_little_at_a_time(store: Store) -> None:
    store.write_now(lambda tx: put(tx, *(offer(f"q{n}", OPEN, NOW - 1) for n in range(ROWS_MAX + 1))))
    rounds = 1
    while store.write_now(lambda tx: forget_some(tx, [Expired(NOW, NOW, "some")])) == [True]:
        rounds += 1
    assert rounds == 2
    page = store.write_now(lambda tx: tx.rows("expiring_quotes", now=NOW, limit=10))
    assert page == []
    store.close()


def test_a_copy_that_is_thrown_away_leaves_the_quote_as_it_was(store: Store) -> None:
    stored = offer("q", OPEN, None)
    copy = kept.copy_of(stored)
    copy.quote.custom_fields["a"] = 1
    copy.become(QuoteStep("DECLINED", "no"), ADA, NOW)
    assert (stored.quote.custom_fields, stored.status, stored.changes) == ({}, OPEN, [])
    assert stored.quote.status_comment is None
    store.close()
