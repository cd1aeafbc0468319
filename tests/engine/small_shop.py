"""A small shop whose every number is known: one product at 10.00 gross with 19 % inside, a way of shipping, a customer.

It is put straight into the store, through the engine; what a test asks of it is asked of use cases, in process.
"""

import itertools
from decimal import Decimal
from typing import Any

from msgspec import Struct

from tests.engine.priced_shops import Shop
from tests.store.ground import NOW
from tillroll.domain.cart.cart import Cart, CartLine, CartPrice
from tillroll.domain.customers.customer import CustomerAddress, CustomerDocument, Profile
from tillroll.engine.access.access import ANONYMOUS, CUSTOMER, SERVICE, Caller
from tillroll.engine.cart import carts
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.customers import customers
from tillroll.engine.customers.customers import NewCustomer
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.store import Transaction

SITE: dict[str, Any] = {
    "code": "main",
    "currency": "EUR",
    "includesTax": True,
    "homeBase": {"address": {"country": "DE", "zipCode": "10115"}},
}
_MODEL: dict[str, Any] = {
    "id": "piece",
    "includesTax": True,
    "measurementUnit": {"quantity": 1, "unitCode": "pc"},
    "tierDefinition": {"tierType": "BASIC", "tiers": [{"minQuantity": {"quantity": 0, "unitCode": "pc"}}]},
}
_PRICE: dict[str, Any] = {
    "id": "mug-price",
    "itemId": {"itemType": "PRODUCT", "id": "mug"},
    "currency": "EUR",
    "priceModelId": "piece",
    "restrictions": {"siteCodes": ["main"]},
    "tierValues": [{"priceValue": Decimal(10)}],
}
_TAXES = [{"code": "STANDARD", "rate": Decimal(19), "isDefault": True}, {"code": "REDUCED", "rate": Decimal(7)}]
_FEE = {"minOrderValue": {"amount": 0, "currency": "EUR"}, "cost": {"amount": 4, "currency": "EUR"}}
_MUG = {"id": "mug", "code": "mug", "name": "Mug", "published": True, "taxClasses": {"DE": "STANDARD"}}
_ZONE = {"id": "zone", "name": "Zone", "shipTo": [{"country": "DE", "postalCode": "*"}]}
_PARCEL = {"id": "parcel", "name": "Parcel", "fees": [_FEE], "shippingTaxCode": "STANDARD"}
_DOCUMENTS: tuple[tuple[Kind, str, dict[str, Any], str], ...] = (
    (Kind.SITE, "main", SITE, ""),
    (Kind.TAX, "DE", {"location": {"countryCode": "DE"}, "taxClasses": _TAXES}, ""),
    (Kind.PRODUCT, "mug", _MUG, "published"),
    (Kind.PRICE_MODEL, "piece", _MODEL, ""),
    (Kind.PRICE, "mug-price", _PRICE, "mug"),
    (Kind.ZONE, "main/zone", _ZONE, "main"),
    (Kind.METHOD, "main/zone/parcel", _PARCEL, "main/zone"),
)
_NUMBERS = itertools.count(1)
# In which dialect everybody calls.
DIALECT = "some"


class SmallShop(Struct):
    """The shop inside one transaction, with the customer Ada, who has an address to bill and to ship to."""

    desk: Desk
    shop: str
    ada_id: str

    @property
    def tx(self) -> Transaction:
        """The transaction."""
        return self.desk.tx

    @property
    def merchant(self) -> Caller:
        """A back office."""
        return Caller(self.shop, SERVICE, "office", frozenset(), None, None, NOW + 1, dialect=DIALECT)

    @property
    def ada(self) -> Caller:
        """The customer."""
        return Caller(self.shop, CUSTOMER, "client", frozenset(), "s", self.ada_id, NOW + 1, dialect=DIALECT)

    @property
    def guest(self) -> Caller:
        """Somebody with a session and no account."""
        return Caller(self.shop, ANONYMOUS, "client", frozenset(), "g", None, NOW + 1, dialect=DIALECT)

    def cart(self, caller: Caller, mugs: int = 2, id: str = "cart") -> StoredCart:
        """An open cart with mugs, stored."""
        line = CartLine("0", "mug", "", Decimal(mugs), CartPrice("mug-price", Decimal(10), Decimal(10), "EUR"))
        session = caller.session_id if caller.customer_id is None else None
        cart = Cart(id, "main", "EUR", customer_id=caller.customer_id, session_id=session, lines=[line], lines_made=1)
        stored = carts.opened(cart, caller.owner, NOW)
        assert carts.insert(self.tx, caller.origin, stored)
        return stored


def open_shop(tx: Transaction, *, takes_stock: bool = False) -> SmallShop:
    """The shop, put into the store within this transaction."""
    id = f"small{next(_NUMBERS)}"
    switch = {"key": "checkoutTakesStock", "value": takes_stock}
    documents = (*_DOCUMENTS, (Kind.CONFIGURATION, "checkoutTakesStock", switch, ""))
    Shop(SITE, documents, (), ("mug",), "EUR", "DE").put(tx, id)
    address = CustomerAddress(
        "home", "Ada Byron", street="Torstr.", street_number="1", zip_code="10115", city="Berlin", country="DE"
    )
    profile = Profile(contact_email="ada@example.com", first_name="Ada", last_name="Byron")
    new = NewCustomer("ada@example.com", CustomerDocument(profile, [address]))
    ada = customers.insert(tx, id, new, NOW)
    assert ada is not None
    return SmallShop(Desk(tx, Catalogue()), id, ada)
