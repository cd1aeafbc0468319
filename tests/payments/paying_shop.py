"""A small shop that sells mugs by card: its stock, its till, and a bank behind it, with a clock of its own."""

import itertools
from decimal import Decimal
from typing import Any

import msgspec

from tests.engine.small_shop import SmallShop, open_shop
from tests.payments.bank import Bank
from tests.store.ground import NOW
from tillroll.domain.orders.order import Address, Customer, PaymentMethod, PlaceOrder, ShippingChoice
from tillroll.domain.payments.attempt import SECOND, PaymentAttempt
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.checkout.place import BeingPaid, Duplicate, Placed, place_orders
from tillroll.engine.checkout.subjects import Purchase
from tillroll.engine.coupons import coupons
from tillroll.engine.coupons.coupons import CouponWrite
from tillroll.engine.documents import documents
from tillroll.engine.documents.documents import Kind, Write
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.payments.gateway import Gateway, Patience
from tillroll.store import Store, Transaction
from tillroll.store.payments import rows

MODE = {"id": "card", "code": "card", "provider": "SIMULATOR", "active": True}
ON_HAND = 10
IMPATIENT = Patience(0.2, 0.2, 1.0)


class PayingShop:
    """The shop in a store; every purchase is a cart of its own, of one mug at 10.00 and 4.76 for the way."""

    def __init__(self, store: Store, configuration: dict[str, str] | None = None) -> None:
        self.store, self.now, self.catalogue = store, NOW, Catalogue()
        self.bank = Bank(lambda: self.now)
        self.gateway = self.new_gateway()
        self.told: list[PaymentAttempt] = []
        self.carts = 0
        self.numbers = itertools.count(1)
        self.small: SmallShop = store.write_now(lambda tx: self._opened(tx, configuration or {}))

    def new_gateway(self, patience: Patience = IMPATIENT) -> Gateway:
        """What a server makes anew when it starts."""
        return Gateway(Catalogue(), {"SIMULATOR": self.bank}, lambda: self.now, patience=patience)

    @property
    def shop(self) -> str:
        """Its id."""
        return self.small.shop

    def place(self, token: str, cart_id: str = "", *, coupon: str = "") -> Placed | Duplicate | BeingPaid:
        """The first transaction of a checkout, of a new cart or of this one."""

        def work(tx: Transaction) -> Placed | Duplicate | BeingPaid:
            if not cart_id:
                self.carts += 1
                self._fill(tx, f"cart-{self.carts}", coupon)
            id = f"{next(self.numbers):032x}"
            purchase = Purchase(self.small.guest, _request(cart_id or f"cart-{self.carts}", token), (), self.now, id=id)
            (outcome,) = place_orders(tx, self.catalogue, [purchase])
            assert isinstance(outcome, Placed | Duplicate | BeingPaid), outcome
            return outcome

        return self.store.write_now(work)

    async def pay(self, placed: object, gateway: Gateway | None = None) -> PaymentAttempt:
        """What follows the first transaction."""
        assert isinstance(placed, Placed)
        assert placed.task is not None
        asked = gateway or self.gateway
        return await asked.pay(self.store, placed.task, lambda _tx, one: self.told.append(one))

    async def wait(self, seconds: float, gateway: Gateway | None = None) -> None:
        """Let so much time pass, and whatever is due be looked at."""
        self.now += int(seconds * SECOND)
        while await (gateway or self.gateway).look_at_all(self.store):
            self.now += SECOND

    def attempt(self, order_id: str) -> PaymentAttempt:
        """The last attempt to pay an order."""
        return self.store.write_now(lambda tx: rows.attempts_of_order(tx, self.shop, order_id))[-1]

    def row(self, query: str, **parameters: Any) -> tuple[Any, ...] | None:
        """One row of a query of this shop."""
        return self.store.write_now(lambda tx: tx.row(query, shop=self.shop, **parameters))

    def order_status(self, order_id: str) -> str | None:
        """The status of an order, None where nobody sees one."""
        row = self.row("sales_order", id=order_id)
        return row[2] if row is not None else None

    def on_hand(self) -> int:
        """How many mugs are left."""
        row = self.row("availability", site="main", product_id="mug")
        assert row is not None
        return int(row[0]) // 1000

    def redeemed(self) -> int:
        """How often the coupon was."""
        row = self.store.write_now(lambda tx: tx.row("lock_coupons", shop=self.shop, keys='{"TEN":1}'))
        assert row is not None
        return int(row[2])

    def cart_status(self, number: int) -> str:
        """Whether a cart is open."""
        row = self.store.write_now(lambda tx: tx.row("carts", shop=self.shop, keys=f'{{"cart-{number}":1}}'))
        assert row is not None
        return str(row[5])

    def balances(self) -> dict[str, int]:
        """What the accounts stand at, holders added up; those at nought are not there."""
        found: dict[str, int] = {}
        for one in self.store.write_now(lambda tx: rows.balances(tx, self.shop)):
            found[one.account] = found.get(one.account, 0) + one.amount_minor
        return {account: amount for account, amount in found.items() if amount}

    def _opened(self, tx: Transaction, configuration: dict[str, str]) -> SmallShop:
        small = open_shop(tx, takes_stock=True)
        text = msgspec.json.encode({**MODE, "configuration": configuration}).decode()
        documents.insert(tx, small.shop, Write(Kind.PAYMENT_MODE, "card", text, "card", "", None), NOW)
        coupon = {"code": "TEN", "name": "TEN", "discountType": "PERCENT", "discountPercentage": 10}
        text = msgspec.json.encode(coupon | {"allowAnonymous": True}).decode()
        coupons.insert(tx, small.shop, CouponWrite("TEN", 5, text), NOW)
        stock = {"site": "main", "product_id": "mug", "on_hand": ON_HAND * 1000, "sellable": 1, "document": "{}"}
        tx.run("insert_availability", shop=small.shop, **stock, now=NOW)
        return small

    def _fill(self, tx: Transaction, id: str, coupon: str) -> StoredCart:
        small = SmallShop(self.small.desk, self.shop, self.small.ada_id)
        small.desk = type(small.desk)(tx, self.catalogue)
        del coupon
        return small.cart(small.guest, 1, id)


def _request(cart_id: str, token: str) -> PlaceOrder:
    where = Address("Ada Example", "Torstr. 1", "10115", "Berlin", "DE", "SHIPPING")
    billing = Address("Ada Example", "Torstr. 1", "10115", "Berlin", "DE", "BILLING")
    return PlaceOrder(
        cart_id,
        Customer("ada@example.com", first_name="Ada", guest=True),
        ShippingChoice("parcel", "zone", "Parcel", Decimal(4)),
        (where, billing),
        (PaymentMethod("payment-gateway", custom_attributes={"modeId": "card", "token": token}),),
    )
