"""Quotes are made in process: of a cart, which is closed by it, or item by item; or it is said why not."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from tests.engine.small_shop import SmallShop, open_shop
from tests.store.ground import NOW, opened
from tillroll.domain.cart.cart import CLOSED
from tillroll.domain.quotes.commands import NewQuote, OfferedItem, OfferedPrice, OfferedShipping
from tillroll.domain.quotes.history import StoredQuote
from tillroll.domain.quotes.quote import AWAITING, CREATING, EXTERNAL, OPEN, price_quote
from tillroll.domain.rejections import Reason, Refused
from tillroll.engine.access.access import Caller
from tillroll.engine.cart import carts
from tillroll.engine.quotes import quotes
from tillroll.engine.quotes.create import CreateQuote, create_quotes
from tillroll.engine.quotes.terms import Offerer
from tillroll.store import Store

PARCEL = OfferedShipping(Decimal(4), "parcel", "zone")
MUGS = OfferedItem(quantity=Decimal(3), product_id="mug", price=OfferedPrice(unit_price=Decimal(8)))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def in_shop(store: Store, work: Callable[[SmallShop], None]) -> None:
    """Do something in a small shop, in one transaction."""
    store.write_now(lambda tx: work(open_shop(tx)))


def wish(caller: Caller, new: NewQuote, *, manages: bool = False, may_price: bool = False) -> CreateQuote:
    """What a caller asks for."""
    return CreateQuote(Offerer(caller, NOW, manages, may_price), new)


def by_items(*items: OfferedItem, id: str = "q") -> NewQuote:
    """A quote for Ada, item by item."""
    return NewQuote(
        id=id,
        customer_email="ada@example.com",
        site_code="main",
        currency="EUR",
        billing_address_id="home",
        shipping_address_id="home",
        items=items,
    )


def created(shop: SmallShop, asked: CreateQuote) -> StoredQuote:
    """The quote that is made."""
    (outcome,) = create_quotes(shop.desk, [asked])
    assert isinstance(outcome, StoredQuote), outcome
    return outcome


def refused(shop: SmallShop, asked: CreateQuote) -> list[tuple[Reason, str]]:
    """The reasons and subjects for which no quote is made."""
    (outcome,) = create_quotes(shop.desk, [asked])
    assert isinstance(outcome, Refused), outcome
    return [(rejection.reason, rejection.subject) for rejection in outcome.rejections]


def test_a_customers_cart_is_offered_at_its_price_and_closed(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        shop.cart(shop.ada)
        stored = created(shop, wish(shop.ada, NewQuote(id="q", cart_id="cart", shipping=PARCEL)))
        assert (stored.status, stored.customer_id) == (AWAITING, shop.ada_id)
        assert price_quote(stored.quote).final_price.gross == Decimal("24.76")  # the fee is net
        found = quotes.find(shop.tx, shop.shop, "q", NOW)
        assert found is not None
        assert found.quote == stored.quote
        cart = carts.find(shop.tx, shop.shop, ["cart"])["cart"]
        assert (cart.status, cart.cart.quote_id) == (CLOSED, "q")
        again = wish(shop.ada, NewQuote(id="r", cart_id="cart"))
        assert refused(shop, again) == [(Reason.CART_NOT_FOUND, "cart_id")]

    in_shop(store, work)


def test_of_one_cart_in_one_transaction_there_is_one_quote(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        shop.cart(shop.ada)
        both = [wish(shop.ada, NewQuote(id=id, cart_id="cart")) for id in ("first", "second")]
        first, second = create_quotes(shop.desk, both)
        assert isinstance(first, StoredQuote)
        assert isinstance(second, Refused)

    in_shop(store, work)


def test_a_cart_that_is_a_guests_or_somebody_elses_is_not_offered_and_stays_open(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        shop.cart(shop.guest, id="guests")
        shop.cart(shop.ada)
        assert refused(shop, wish(shop.ada, NewQuote(id="q", cart_id="guests"))) == [(Reason.CART_NOT_FOUND, "cart_id")]
        offered = wish(shop.merchant, NewQuote(id="q", cart_id="guests"), manages=True)
        assert refused(shop, offered) == [(Reason.VALUE_INVALID, "cart_id")]
        other = wish(shop.merchant, NewQuote(id="q", cart_id="cart", customer_id="other"), manages=True)
        assert refused(shop, other) == [(Reason.VALUE_INVALID, "customer_id")]
        assert all(cart.is_open for cart in carts.find(shop.tx, shop.shop, ["guests", "cart"]).values())

    in_shop(store, work)


def test_a_customer_does_not_say_what_shipping_costs_and_a_merchant_does(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        shop.cart(shop.ada)
        cheap = NewQuote(id="q", cart_id="cart", shipping=OfferedShipping(Decimal(1), "parcel", "zone"))
        assert refused(shop, wish(shop.ada, cheap)) == [(Reason.SHIPPING_AMOUNT_MISMATCH, "shipping.amount")]
        assert created(shop, wish(shop.merchant, cheap, manages=True)).status == OPEN

    in_shop(store, work)


def test_a_merchant_offers_items_at_net_prices_of_their_own(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        stored = created(shop, wish(shop.merchant, by_items(MUGS), manages=True))
        (line,) = stored.quote.lines
        assert (stored.status, line.total, line.tax_rate, line.tax_code) == (
            OPEN,
            Decimal("28.56"),
            Decimal(19),
            "STANDARD",
        )
        assert line.product == {"name": "Mug", "taxClasses": {"DE": "STANDARD"}}
        empty = created(shop, wish(shop.merchant, by_items(id="empty"), manages=True))
        assert empty.status == CREATING
        taken = wish(shop.merchant, by_items(MUGS), manages=True)
        assert refused(shop, taken) == [(Reason.ID_TAKEN, "id")]

    in_shop(store, work)


@pytest.mark.parametrize(
    ("item", "subject", "reason"),
    [
        (OfferedItem(product_id="none"), "items[0].product.product_id", Reason.VALUE_INVALID),
        (OfferedItem(product_id="mug"), "items[0].price.unit_price", Reason.VALUE_MISSING),
        (OfferedItem(product_id="mug", quantity=Decimal(0)), "items[0].quantity", Reason.VALUE_INVALID),
        (
            OfferedItem(product_id="mug", price=OfferedPrice(unit_price=Decimal(1), tax_class="NONE")),
            "items[0].price.tax.tax_class",
            Reason.VALUE_INVALID,
        ),
        (
            OfferedItem(product_id="mug", price=OfferedPrice(unit_price=Decimal(1), price_id="other")),
            "items[0].price.price_id",
            Reason.VALUE_INVALID,
        ),
        (
            OfferedItem(product_type=EXTERNAL, product_name="Elsewhere", price=OfferedPrice(unit_price=Decimal(1))),
            "items[0].price",
            Reason.PRICES_FORBIDDEN,
        ),
    ],
)
def test_what_can_not_be_offered_is_named_as_a_field(
    store: Store, item: OfferedItem, subject: str, reason: Reason
) -> None:
    def work(shop: SmallShop) -> None:
        asked = wish(shop.merchant, by_items(item), manages=True)
        assert refused(shop, asked) == [(reason, subject)]
        assert quotes.find(shop.tx, shop.shop, "q", NOW) is None

    in_shop(store, work)


def test_nobody_without_the_permission_writes_items(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        for caller in (shop.ada, shop.merchant):
            assert refused(shop, wish(caller, by_items(MUGS))) == [(Reason.CHANGE_FORBIDDEN, "cart_id")]

    in_shop(store, work)
