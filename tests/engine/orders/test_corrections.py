"""Orders are corrected in process: fields, entries, deliveries, splits; each is made, or it is said why not."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import psycopg
import pytest
from msgspec import Raw
from msgspec.structs import replace

from tests.engine.small_shop import SmallShop, open_shop
from tests.store.ground import NOW, opened
from tillroll.domain.orders.commands import (
    AddressChange,
    BothSides,
    CustomerChange,
    Delivered,
    FieldsChange,
    LinesChange,
    OrderCommand,
    QuantityChange,
    SentLine,
    SplitByVendor,
    WrittenLine,
    WrittenOrder,
)
from tillroll.domain.orders.order import CREATED, DECLINED, SHIPPED, Address, Customer, Order, PaymentMethod
from tillroll.domain.rejections import Reason, Refused
from tillroll.engine.documents import documents
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.documents import Kind, Write
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.orders import orders
from tillroll.engine.orders.compose import compose
from tillroll.engine.orders.corrections import Corrected, Correction, Touched, correct_orders, lock_ahead
from tillroll.engine.orders.manual import BoughtAlready, remove, text_of, write_down
from tillroll.engine.orders.split import SplitOrder
from tillroll.engine.stock import stock
from tillroll.engine.stock.stock import Count, StockPlace
from tillroll.store import Store, Transaction
from tillroll.store.orders.rows import OrderRow, StoredOrder, insert_orders
from tillroll.store.queries import keys, queries

MUG = WrittenLine(product_id="mug", reference=None, own_reference="our:mug", product=Raw(b"{}"), quantity=Decimal(2))
HERE = Address("Ada Byron", "Torstr. 1", "10115", "Berlin", "DE", "BILLING")
BUNDLE = (
    '{"id": "set", "code": "set", "name": "Set", "productType": "BUNDLE",'
    ' "bundledProducts": [{"productId": "lid", "amount": 1}]}'
)
LOCK_TIMEOUT_MS = 500


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
        customer=Customer("ada@example.com", id=shop.ada_id, first_name="Ada"),
        legal_entity_id=None,
        billing=HERE,
        shipping_address=replace(HERE, type="SHIPPING"),
        has_address=True,
        lines=lines or (MUG,),
        shipping=None,
        payment=PaymentMethod("none"),
        stated=BothSides(),
        born=CREATED,
    )


def foreign(product_id: str, vendor: str) -> WrittenLine:
    """A line of what the catalogue does not have, by a vendor."""
    product = Raw(f'{{"id": "{product_id}", "vendor": {{"id": "{vendor}"}}}}'.encode())
    line = replace(MUG, product_id=product_id, product=product, unit=Decimal(5))
    return replace(line, tax_code="OUTSIDE", tax_rate=Decimal(10))


def order_of(shop: SmallShop, *lines: WrittenLine) -> str:
    """The id of an order that was written down."""
    id = write_down(shop.desk.view(shop.shop), shop.merchant, written(shop, *lines), NOW)
    assert isinstance(id, str), id
    return id


def bought(shop: SmallShop, *lines: WrittenLine, id: str = "EON1") -> str:
    """The id of an order as a checkout leaves it, which has taken two mugs."""
    order = compose(shop.desk.view(shop.shop), written(shop, *lines), NOW)
    assert isinstance(order, Order), order
    order = replace(order, cart_id="cart", stock=(("mug", 2000),), takes_stock=True)
    row = OrderRow(
        shop=shop.shop,
        number=1,
        id=id,
        cart_id="cart",
        quote_id=None,
        checkout=1,
        status=CREATED,
        customer_id=shop.ada_id,
        session_id=None,
        site="main",
        currency="EUR",
        total_minor=2000,
        legal_entity_id=None,
        document=text_of(order),
        now=NOW,
    )
    insert_orders(shop.tx, [row])
    return id


def counted(shop: SmallShop, product_id: str, on_hand: int) -> None:
    """Count a product."""
    stock.count(
        shop.tx, StockPlace(shop.shop, "main", product_id), Count(Decimal(on_hand), True, "{}", product_id, NOW)
    )


def on_hand(shop: SmallShop, product_id: str) -> Decimal:
    """What is on hand of a product."""
    return stock.find_many(shop.tx, shop.shop, "main", [product_id])[product_id].on_hand


def corrected(shop: SmallShop, id: str, *commands: OrderCommand) -> list[Corrected]:
    """What becomes of these changes of one order, in one commit."""
    return correct_orders(shop.desk, [Correction(shop.merchant, id, command, NOW + 1) for command in commands])


def order_after(shop: SmallShop, id: str, command: OrderCommand) -> Order:
    """The order as a change leaves it."""
    (outcome,) = corrected(shop, id, command)
    assert isinstance(outcome, StoredOrder), outcome
    return outcome.order()


def refused(shop: SmallShop, id: str, command: OrderCommand) -> list[tuple[Reason, str]]:
    """Why a change is not made."""
    (outcome,) = corrected(shop, id, command)
    assert isinstance(outcome, Refused), outcome
    return [(rejection.reason, rejection.subject) for rejection in outcome.rejections]


def stored(shop: SmallShop, id: str) -> StoredOrder:
    """The order in the store."""
    found = orders.find(shop.tx, shop.merchant, id)
    assert found is not None
    return found


# ------------------------------------------------------------------------------------------------------------ fields


def test_what_is_sent_of_an_order_replaces_it_and_the_rest_stays(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        id = order_of(shop)
        change = FieldsChange(
            customer=CustomerChange(title="MRS"),
            billing=AddressChange(city="Potsdam"),
            attached={"gift": {"wrap": True}},
            metadata={"seen": 1},
        )
        order = order_after(shop, id, change)
        assert (order.customer.title, order.customer.first_name) == ("MRS", "Ada")
        assert (order.billing_address.city, order.billing_address.street) == ("Potsdam", "Torstr. 1")
        assert (order.shipping_address.city, order.attached, order.metadata) == (
            "Berlin",
            {"gift": {"wrap": True}},
            {"seen": 1},
        )
        assert stored(shop, id).order() == order
        assert stored(shop, id).version == 2

    in_shop(store, work)


def test_later_changes_of_one_commit_see_what_the_first_has_made(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        id = order_of(shop)
        first, second, stale = corrected(
            shop,
            id,
            FieldsChange(version=1, channel={"name": "shop"}),
            FieldsChange(version=2, status="CONFIRMED"),
            FieldsChange(version=2),
        )
        assert isinstance(first, StoredOrder)
        assert isinstance(second, StoredOrder)
        assert isinstance(stale, Refused)
        assert (first.version, second.version, second.status) == (2, 4, "CONFIRMED")
        assert stale.rejections[0].reason is Reason.ORDER_OUTDATED
        assert (stored(shop, id).version, stored(shop, id).status) == (second.version, second.status)

    in_shop(store, work)


def test_an_order_that_can_not_be_changed_so_says_why(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        id = order_of(shop)
        assert refused(shop, "nothing", FieldsChange()) == [(Reason.ORDER_NOT_FOUND, "nothing")]
        assert refused(shop, id, FieldsChange(customer=CustomerChange(id="nobody"))) == [
            (Reason.VALUE_INVALID, "customer.id")
        ]
        assert refused(shop, id, FieldsChange(status="COMPLETED")) == [(Reason.ORDER_STATUS_IMPOSSIBLE, "status")]
        fewer = (SentLine("mug", replace(MUG, quantity=Decimal(1))),)
        assert refused(shop, id, FieldsChange(status=DECLINED, lines=fewer)) == [(Reason.VALUE_INVALID, "entries")]
        assert refused(shop, id, FieldsChange(lines=fewer * 2)) == [(Reason.VALUE_INVALID, "entries")]
        corrected(shop, id, FieldsChange(status="CONFIRMED"))
        assert refused(shop, id, FieldsChange(status=SHIPPED)) == [(Reason.VALUE_MISSING, "shipments")]
        corrected(shop, id, FieldsChange(status="COMPLETED"))
        (forbidden,) = correct_orders(
            shop.desk, [Correction(shop.merchant, id, FieldsChange(), NOW, may_change_completed=False)]
        )
        assert isinstance(forbidden, Refused)
        assert forbidden.rejections[0].reason is Reason.CHANGE_FORBIDDEN
        assert isinstance(order_after(shop, id, FieldsChange()), Order)

    in_shop(store, work)


# ------------------------------------------------------------------------------------------------------------- lines


def test_other_quantities_are_calculated_again_and_only_kept_where_they_are_to_be(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        id = order_of(shop)
        more = LinesChange((QuantityChange(Decimal(3), "mug"), QuantityChange(Decimal(2), None, foreign("pen", "A"))))
        preview = order_after(shop, id, replace(more, keeps=False))
        assert [f"{line.quantity} {line.product_id}" for line in preview.lines] == ["3 mug", "2 pen"]
        assert preview.priced.price.gross == Decimal("40.00")  # 3 at 10.00, 2 at 5.00
        assert stored(shop, id).version == 1
        assert order_after(shop, id, more) == preview
        assert stored(shop, id).order() == preview
        sent = (SentLine("mug", replace(MUG, quantity=Decimal(1))),)
        assert [line.product_id for line in order_after(shop, id, FieldsChange(lines=sent)).lines] == ["mug"]

    in_shop(store, work)


def test_entries_that_can_not_be_are_all_named(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        id = order_of(shop)
        one = Decimal(1)
        changes = (
            QuantityChange(one, "mug"),
            QuantityChange(one, "mug"),
            QuantityChange(one),
            QuantityChange(one, "nothing"),
        )
        assert refused(shop, id, LinesChange(changes)) == [
            (Reason.VALUE_INVALID, "entries[1].entry_id"),
            (Reason.VALUE_INVALID, "entries[2]"),
            (Reason.VALUE_INVALID, "entries[3].entry_id"),
        ]
        assert refused(shop, id, LinesChange((QuantityChange(Decimal(0), "mug"),))) == [
            (Reason.VALUE_INVALID, "entries")
        ]
        assert refused(shop, id, LinesChange((QuantityChange(-one, "mug"),))) == [(Reason.VALUE_INVALID, "entries[0]")]
        assert refused(shop, id, Delivered((("nothing", one),))) == [(Reason.VALUE_INVALID, "entries")]

    in_shop(store, work)


def test_an_order_that_was_bought_takes_and_gives_back_what_its_entries_need(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        counted(shop, "mug", 3)
        id = bought(shop)
        assert order_after(shop, id, Delivered((("mug", Decimal(1)),))).stock == (("mug", 1000),)
        assert on_hand(shop, "mug") == 4
        too_many = LinesChange((QuantityChange(Decimal(6), "mug"),))
        assert refused(shop, id, too_many) == [(Reason.OUT_OF_STOCK, "mug")]
        assert order_after(shop, id, LinesChange((QuantityChange(Decimal(5), "mug"),))).stock == (("mug", 5000),)
        assert on_hand(shop, "mug") == 0
        corrected(shop, id, FieldsChange(status=DECLINED))
        assert on_hand(shop, "mug") == 5
        assert refused(shop, id, Delivered((("mug", Decimal(1)),))) == [(Reason.VALUE_INVALID, "entries")]

    in_shop(store, work)


# ------------------------------------------------------------------------------------------- split, written, removed


def test_an_order_becomes_one_for_each_vendor(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        id = order_of(shop, foreign("a1", "A"), foreign("b1", "B"), foreign("a2", "A"))
        (split,) = corrected(shop, id, SplitByVendor())
        assert isinstance(split, SplitOrder)
        assert [vendor for _part, vendor in split.parts] == ["A", "B"]
        parts = [stored(shop, part).order() for part, _vendor in split.parts]
        assert [[line.product_id for line in part.lines] for part in parts] == [["a1", "a2"], ["b1"]]
        assert stored(shop, id).order().sub_orders == tuple(part for part, _vendor in split.parts)
        assert refused(shop, id, SplitByVendor()) == [(Reason.VALUE_INVALID, "split_by")]
        assert refused(shop, order_of(shop), SplitByVendor()) == [(Reason.VALUE_INVALID, "split_by")]

    in_shop(store, work)


def test_the_order_of_a_cart_that_was_bought_is_not_written_down_again(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        id = bought(shop)
        view = shop.desk.view(shop.shop)
        of_cart = replace(written(shop), cart_id="cart", bought=True)
        assert write_down(view, shop.merchant, of_cart, NOW) == BoughtAlready("cart", id)
        of_none = write_down(view, shop.merchant, replace(of_cart, cart_id="other"), NOW)
        assert isinstance(of_none, Refused)
        assert of_none.rejections[0].subject == "checkout"
        shipped = write_down(view, shop.merchant, replace(written(shop), born=SHIPPED), NOW)
        assert isinstance(shipped, Refused)
        assert (shipped.rejections[0].reason, shipped.rejections[0].subject) == (Reason.VALUE_MISSING, "shipments")

    in_shop(store, work)


def test_an_order_is_removed_once(store: Store) -> None:
    def work(shop: SmallShop) -> None:
        id = order_of(shop)
        assert remove(shop.tx, shop.merchant, id, NOW)
        assert not remove(shop.tx, shop.merchant, id, NOW)
        assert refused(shop, id, FieldsChange()) == [(Reason.ORDER_NOT_FOUND, id)]

    in_shop(store, work)


# ------------------------------------------------------------------------------------------------------------- locks


@pytest.mark.parametrize("changed", [set[str](), {"EON1"}], ids=["fields", "lines"])
def test_what_new_lines_take_is_locked_ahead_also_the_members_of_bundles(postgres_url: str, changed: set[str]) -> None:
    def set_up(tx: Transaction) -> str:
        shop = open_shop(tx)
        documents.insert(tx, shop.shop, Write(Kind.PRODUCT, "set", BUNDLE, None, "published", None), NOW)
        counted(shop, "lid", 1)
        bought(shop)
        return shop.shop

    def change_ahead(tx: Transaction) -> bool:
        lock_ahead(Desk(tx, Catalogue()), shop, Touched({"EON1"}, changed_ids=changed, product_ids={"set"}))
        return stock_is_locked(postgres_url, shop, "lid")

    with opened(postgres_url) as store:
        store.migrate()
        shop = store.write_now(set_up)
        assert store.write_now(change_ahead) == bool(changed)


def stock_is_locked(url: str, shop: str, product_id: str) -> bool:
    """Whether another connection would have to wait for a product's stock."""
    with psycopg.connect(url) as other:
        other.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}".encode())
        try:
            values = {"shop": shop, "site": "main", "keys": keys([product_id])}
            other.execute(queries("postgres")["lock_availabilities"].encode(), values)
        except psycopg.errors.LockNotAvailable:
            return True
        return False
