"""An order that is written down in process: what it states is taken, what it leaves out is the catalogue's."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from msgspec import Raw
from msgspec.structs import replace

from tests.engine.small_shop import SmallShop, open_shop
from tests.store.ground import NOW, opened
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.orders.commands import BothSides, WrittenLine, WrittenOrder, WrittenShipping
from tillroll.domain.orders.order import CREATED, Address, Customer, Order, PaymentMethod
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.engine.orders.compose import compose
from tillroll.store import Store

MUG = WrittenLine(product_id="mug", reference=None, own_reference="our:mug", product=Raw(b"{}"), quantity=Decimal(2))
FOREIGN = replace(
    MUG,
    product_id="elsewhere",
    product=Raw(b'{"id": "elsewhere"}'),
    unit=Decimal("5.50"),
    tax_code="OUTSIDE",
    tax_rate=Decimal(10),
)
HERE = Address("Ada Byron", "Torstr. 1", "10115", "Berlin", "DE", "BILLING")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated store without a shop."""
    with opened(database_url) as store:
        store.migrate()
        yield store


def in_shop(store: Store, work: Callable[[SmallShop], None]) -> None:
    """Do something in a small shop, in one transaction."""
    store.write_now(lambda tx: work(open_shop(tx)))


def written(shop: SmallShop, *lines: WrittenLine) -> WrittenOrder:
    """An order of Ada's, written down."""
    return WrittenOrder(
        site_code="main",
        country_code=None,
        currency=None,
        customer=Customer("ada@example.com", id=shop.ada_id),
        legal_entity_id=None,
        billing=HERE,
        shipping_address=replace(HERE, type="SHIPPING"),
        has_address=True,
        lines=lines,
        shipping=WrittenShipping(Decimal(4), "parcel", "Parcel"),
        payment=PaymentMethod("none"),
        stated=BothSides(),
        born=CREATED,
    )


def composed(shop: SmallShop, order: WrittenOrder) -> Order:
    """The order that is made."""
    made = compose(shop.desk.view(shop.shop), order, NOW)
    assert isinstance(made, Order), made
    return made


def refused(shop: SmallShop, order: WrittenOrder) -> list[tuple[Reason, str]]:
    """Why there is no order."""
    made = compose(shop.desk.view(shop.shop), order, NOW)
    assert isinstance(made, Refused), made
    return [(rejection.reason, rejection.subject) for rejection in made.rejections]


def test_what_is_not_stated_is_the_catalogues_and_what_is_stated_holds(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        order = composed(shop, written(shop, MUG, FOREIGN))
        mug, foreign = order.lines
        assert (mug.price_id, mug.effective_amount, mug.tax_code) == ("mug-price", Decimal(10), "STANDARD")
        assert (foreign.effective_amount, foreign.tax_code) == (Decimal("5.50"), "OUTSIDE")
        assert bytes(foreign.product) == b'{"id": "elsewhere"}'
        assert (order.country, order.rules.includes_tax, order.rules.currency) == ("DE", True, "EUR")
        assert order.priced.price.gross == Decimal("31.00")
        assert order.priced.final_price.gross == Decimal("35.76")  # shipping is stated net, at the default class

    in_shop(store, work)


def test_a_sum_that_is_stated_has_to_be_the_one_that_is_calculated(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        order = written(shop, MUG)
        right = replace(order, stated=BothSides(gross=Decimal("24.76")))
        assert composed(shop, right).priced.final_price.gross == Decimal("24.76")
        wrong = replace(order, stated=BothSides(Decimal(1), Decimal("24.77")))
        assert refused(shop, wrong) == [
            (Reason.VALUE_INVALID, "calculated_price.final_price.net_value"),
            (Reason.VALUE_INVALID, "calculated_price.final_price.gross_value"),
        ]

    in_shop(store, work)


def test_all_that_is_missing_is_named_and_every_line_for_itself(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        bare = replace(written(shop), customer=None, has_address=False)
        assert refused(shop, bare) == [
            (Reason.VALUE_MISSING, "entries"),
            (Reason.VALUE_MISSING, "customer"),
            (Reason.VALUE_MISSING, "billing_address"),
        ]
        lines = (
            replace(MUG, product_id=None),
            replace(MUG, quantity=Decimal(0)),
            replace(MUG, product_id="unknown"),
            replace(FOREIGN, unit=None),
            replace(FOREIGN, total=BothSides(Decimal(10), Decimal(12))),
        )
        assert refused(shop, written(shop, MUG, *lines)) == [
            (Reason.VALUE_MISSING, "entries[1].itemYrn"),
            (Reason.VALUE_INVALID, "entries[2].amount"),
            (Reason.VALUE_MISSING, "entries[3].tax"),
            (Reason.VALUE_MISSING, "entries[4].unit_price"),
            (Reason.VALUE_INVALID, "entries[5].calculated_price.price"),
        ]

    in_shop(store, work)


def test_what_could_not_be_read_is_refused_once_the_site_is_known(store: Store) -> None:
    unreadable = Rejection(Reason.VALUE_INVALID, "delivery_window.delivery_date", "it is no day")

    def work(shop: SmallShop) -> None:
        order = replace(written(shop, MUG), unreadable=(unreadable,), delivery_window=DeliveryWindow("window"))
        assert refused(shop, order) == [(Reason.VALUE_INVALID, "delivery_window.delivery_date")]
        assert refused(shop, replace(order, site_code="other")) == [(Reason.VALUE_INVALID, "site_code")]

    in_shop(store, work)
