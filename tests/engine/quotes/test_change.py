"""Quotes are changed in process: edit by edit, all or none of them; what is accepted is bought at once."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from tests.engine.small_shop import SmallShop, open_shop
from tests.store.ground import NOW, opened
from tillroll.domain.quotes.commands import (
    ADD,
    REPLACE,
    Attach,
    DropItems,
    Edit,
    EditItem,
    NewQuote,
    OfferedItem,
    OfferedPrice,
    OfferedShipping,
    PutItems,
    QuoteEdit,
    Reprice,
    Say,
    ShipBy,
    Step,
    Unreadable,
)
from tillroll.domain.quotes.history import StoredQuote
from tillroll.domain.quotes.quote import ACCEPTED, DECLINED, IN_PROGRESS, OPEN, Quote, price_quote
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.access.access import Caller
from tillroll.engine.orders import orders
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.change import Changed, ChangeQuote, change_quotes
from tillroll.engine.quotes.create import CreateQuote, create_quotes
from tillroll.engine.quotes.edit import HistoryWords
from tillroll.engine.quotes.terms import Offerer
from tillroll.store import Store

MUGS = OfferedItem(quantity=Decimal(3), product_id="mug", price=OfferedPrice(unit_price=Decimal(8)))
PARCEL = OfferedShipping(Decimal(4), "parcel", "zone")


def line_ids(quote: Quote) -> list[str]:
    """A quote's items, as the history of these tests tells them."""
    return [line.id for line in quote.lines]


WORDS = HistoryWords(str, line_ids, lambda quote: str(quote.shipping.net) if quote.shipping is not None else None)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def with_offer(store: Store, work: Callable[[SmallShop], None], *, shipping: OfferedShipping | None = PARCEL) -> None:
    """Do something in a small shop that has offered Ada three mugs as the quote `q`."""

    def run(shop: SmallShop) -> None:
        new = NewQuote(
            id="q",
            customer_id=shop.ada_id,
            site_code="main",
            currency="EUR",
            billing_address_id="home",
            shipping_address_id="home",
            items=(MUGS,),
            shipping=shipping,
        )
        (made,) = create_quotes(shop.desk, [CreateQuote(Offerer(shop.merchant, NOW, True, False), new)])
        assert isinstance(made, StoredQuote)
        work(shop)

    store.write_now(lambda tx: run(open_shop(tx)))


def said(edit: Edit) -> QuoteEdit:
    """An edit, with how its author wrote it."""
    if isinstance(edit, Step):
        return QuoteEdit(REPLACE, "/status", edit, answers=True)
    return QuoteEdit(REPLACE, f"/{type(edit).__name__}", edit)


def change(caller: Caller, *edits: Edit, manages: bool = False, id: str = "q") -> ChangeQuote:
    """What a caller changes of a quote."""
    return ChangeQuote(Offerer(caller, NOW, manages, may_price=False), id, [said(edit) for edit in edits], WORDS)


def changed(shop: SmallShop, *changes: ChangeQuote) -> list[Changed]:
    """What becomes of these changes of one transaction."""
    return change_quotes(shop.desk, changes)


def reasons(outcome: Changed) -> list[tuple[Reason, str]]:
    """Why nothing was changed."""
    assert isinstance(outcome, Refused), outcome
    return [(rejection.reason, rejection.subject) for rejection in outcome.rejections]


def stored(shop: SmallShop) -> StoredQuote:
    """The quote as it is in the store."""
    found = quotes.find(shop.tx, shop.shop, "q", NOW)
    assert found is not None
    return found


def test_a_merchant_changes_what_is_offered_and_the_history_tells_it(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        edits: list[Edit] = [
            Say("company_name", "Engines"),
            PutItems((OfferedItem(item_id="more", product_id="mug", price=OfferedPrice(unit_price=Decimal(1))),)),
            EditItem("more", Reprice(Decimal(100))),
            EditItem("more", Attach(ADD, ("custom_fields", "colour"), "blue")),
            DropItems(frozenset({"0"})),
            ShipBy(None),
        ]
        (outcome,) = changed(shop, change(shop.merchant, *edits, manages=True))
        assert isinstance(outcome, StoredQuote)
        quote = stored(shop).quote
        assert (quote.company_name, line_ids(quote), quote.shipping) == ("Engines", ["more"], None)
        assert quote.line("more") is not None
        assert quote.lines[0].custom_fields == {"colour": "blue"}
        assert price_quote(quote).final_price.gross == Decimal("119.00")
        told = [(one.path, one.new_value, one.previous_value) for _, one in quotes.history(shop.tx, shop.shop, "q")]
        assert told[1:] == [
            ("/Say", "Engines", None),
            ("/PutItems", ["more"], None),
            ("/EditItem", "more", "more"),
            ("/EditItem", "blue", None),
            ("/DropItems", None, ["0"]),
            ("/ShipBy", None, "4"),
        ]

    with_offer(store, work)


def test_an_item_that_is_replaced_stays_where_it_was_under_its_own_name(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        more = OfferedItem(item_id="more", product_id="mug", price=OfferedPrice(unit_price=Decimal(1)))
        five = OfferedItem(quantity=Decimal(5), product_id="mug", price=OfferedPrice(unit_price=Decimal(2)))
        (outcome,) = changed(shop, change(shop.merchant, PutItems((more,)), EditItem("0", five), manages=True))
        assert isinstance(outcome, StoredQuote)
        quote = stored(shop).quote
        assert [(line.id, line.quantity) for line in quote.lines] == [("0", Decimal(5)), ("more", Decimal(1))]
        told = [(one.path, one.new_value, one.previous_value) for _, one in quotes.history(shop.tx, shop.shop, "q")]
        assert told[-1] == ("/EditItem", "0", "0")

    with_offer(store, work)


def test_of_several_edits_all_are_made_or_none_and_the_first_that_can_not_be_is_told(store: Store) -> None:
    unreadable = Unreadable((Rejection(Reason.VALUE_INVALID, "somewhere", "somewhere is nowhere"),))

    def work(shop: SmallShop) -> None:
        before = stored(shop)
        tries: list[tuple[tuple[Edit, ...], list[tuple[Reason, str]]]] = [
            ((Say("company_name", "x"), unreadable), [(Reason.VALUE_INVALID, "somewhere")]),
            ((unreadable, DropItems(frozenset({"none"}))), [(Reason.VALUE_INVALID, "somewhere")]),
            ((DropItems(frozenset({"none"})), unreadable), [(Reason.VALUE_INVALID, "/DropItems")]),
            ((EditItem("none", unreadable),), [(Reason.VALUE_INVALID, "/EditItem")]),
            ((EditItem("0", unreadable),), [(Reason.VALUE_INVALID, "somewhere")]),
            ((DropItems(frozenset({"0"})),), [(Reason.VALUE_INVALID, "items")]),
        ]
        for edits, expected in tries:
            (outcome,) = changed(shop, change(shop.merchant, *edits, manages=True))
            assert reasons(outcome) == expected
        assert stored(shop) == before

    with_offer(store, work)


def test_a_customer_answers_an_offer_and_changes_nothing_else(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        outcomes = changed(
            shop,
            change(shop.ada, Say("company_name", "x")),
            change(shop.guest, Step(DECLINED)),
            change(shop.merchant, Step(DECLINED)),
            change(shop.ada, Step(IN_PROGRESS, "cheaper")),
            change(shop.ada, Step(OPEN)),
            change(shop.merchant, Step(OPEN), manages=True),
        )
        assert reasons(outcomes[0]) == [(Reason.CHANGE_FORBIDDEN, "q")]
        assert reasons(outcomes[1]) == [(Reason.QUOTE_NOT_FOUND, "q")]
        assert reasons(outcomes[2]) == [(Reason.CHANGE_FORBIDDEN, "q")]
        assert isinstance(outcomes[3], StoredQuote)
        assert reasons(outcomes[4]) == [(Reason.CHANGE_FORBIDDEN, "status")]
        assert isinstance(outcomes[5], StoredQuote)
        assert stored(shop).status == OPEN

    with_offer(store, work)


def test_an_offer_that_is_accepted_is_bought_once_and_then_stays_as_it_is(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        first, second, third = changed(
            shop,
            change(shop.ada, Step(ACCEPTED)),
            change(shop.ada, Step(ACCEPTED)),
            change(shop.merchant, Say("company_name", "x"), manages=True),
        )
        assert isinstance(first, StoredQuote)
        assert reasons(second) == [(Reason.VALUE_INVALID, "status")]
        assert reasons(third) == [(Reason.VALUE_INVALID, "/Say")]
        found = stored(shop)
        assert (found.status, found.order_id) == (ACCEPTED, first.order_id)
        assert first.order_id is not None
        order = orders.find(shop.tx, shop.ada, first.order_id)
        assert order is not None
        assert order.order().priced.final_price.gross == Decimal("33.32")

    with_offer(store, work)


def test_an_offer_that_lacks_something_or_is_not_sold_at_once_waits_for_its_checkout(store: Store) -> None:
    def without_shipping(shop: SmallShop) -> None:
        (outcome,) = changed(shop, change(shop.ada, Step(ACCEPTED)))
        assert isinstance(outcome, StoredQuote)
        assert (stored(shop).status, stored(shop).order_id) == (ACCEPTED, None)
        late = QuoteEdit(ADD, "/shipping", ShipBy(PARCEL), completes="shipping")
        completed = ChangeQuote(Offerer(shop.merchant, NOW, True, False), "q", [late], WORDS)
        (outcome,) = changed(shop, completed)
        assert isinstance(outcome, StoredQuote)
        assert stored(shop).quote.shipping is not None

    def not_at_once(shop: SmallShop) -> None:
        offerer = Offerer(shop.ada, NOW, manages=False, may_price=False)
        (outcome,) = changed(shop, ChangeQuote(offerer, "q", [said(Step(ACCEPTED))], WORDS, sells=False))
        assert isinstance(outcome, StoredQuote)
        assert (stored(shop).status, stored(shop).order_id) == (ACCEPTED, None)

    with_offer(store, without_shipping, shipping=None)
    with_offer(store, not_at_once)
