"""Shops and carts as Hypothesis makes them up, to be priced: every kind of price, discount and tax, in odd numbers.

A shop is put straight into the store, through the engine, and its documents are written as merchants write them: the
countries in any spelling.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as some
from msgspec import Struct
from msgspec.structs import replace

from tests.store.ground import NOW
from tillroll.domain.cart.cart import Cart, CartLine, CartPrice
from tillroll.domain.documents import Money, UnitQuantity
from tillroll.domain.pricing.external import External, ExternalCartDiscount, ExternalDiscount, ExternalFee, ExternalTax
from tillroll.engine.coupons import coupons
from tillroll.engine.coupons.coupons import CouponWrite
from tillroll.engine.documents import documents as catalogue
from tillroll.engine.documents.documents import Kind, Write
from tillroll.store import Transaction

Document = dict[str, Any]
Draw = Callable[[some.SearchStrategy[Any]], Any]

COUNTRIES = ("DE", "PL", "FR")
CURRENCIES = ("EUR", "JPY", "KWD", "BHD")
RATES = {"DE": ("19", "7"), "PL": ("23", "8"), "FR": ("20", "5.5")}
OTHER_CURRENCY, EXCHANGE_RATE = "USD", "0.8735"
_ANYWHERE = {"contactName": "Ada Byron", "street": "Torstr. 1", "city": "Somewhere"}
_ENCODER = msgspec.json.Encoder(decimal_format="number")

amounts = (
    some.decimals("0.01", "999", places=2)
    | some.decimals("0.0001", "99", places=4)
    | some.integers(1, 5000).map(Decimal)
)
quantities = some.integers(1, 60).map(Decimal) | some.decimals("0.001", "25", places=3)
percentages = some.integers(1, 100).map(Decimal) | some.decimals("0.1", "60", places=1)


def spelled(country: str) -> some.SearchStrategy[str]:
    """A country as somebody may write it."""
    return some.sampled_from([country, country.lower(), country.capitalize(), f" {country} ", f"{country.lower()} "])


class Shop(Struct, frozen=True):
    """A made-up shop: its documents, and what a purchase in it has to name."""

    site: Document
    documents: tuple[tuple[Kind, str, Document, str], ...]
    coupons: tuple[Document, ...]
    products: tuple[str, ...]
    currency: str
    country: str

    def put(self, tx: Transaction, shop: str) -> None:
        """Store it under this id."""
        tx.run("insert_shop", id=shop, currency=self.currency, settings="{}", now=NOW)
        for kind, id, document, parent in self.documents:
            subject = document["targetCurrency"] if kind is Kind.EXCHANGE_RATE else None
            write = Write(kind, id, _ENCODER.encode(document).decode(), None, parent, subject)
            catalogue.insert(tx, shop, write, NOW)
        for coupon in self.coupons:
            write_coupon = CouponWrite(coupon["code"], -1, _ENCODER.encode(coupon).decode())
            coupons.insert(tx, shop, write_coupon, NOW)


@some.composite
def shops(draw: Draw) -> Shop:
    """A shop with one site, taxes in three countries, one way of shipping, some products and some coupons."""
    currency, country = draw(some.sampled_from(CURRENCIES)), draw(some.sampled_from(COUNTRIES))
    site: Document = {
        "code": "main",
        "currency": currency,
        "includesTax": draw(some.sampled_from([True, False, None])),
        "cartCalculationScale": draw(some.sampled_from([2, 2, 3])),
        "taxDeterminationBasedOn": draw(some.sampled_from(["BILLING_ADDRESS", "SHIPPING_ADDRESS"])),
        "homeBase": {"address": {"country": draw(spelled("DE")), "zipCode": "10115"}},
    }
    products = tuple(f"p{number}" for number in range(draw(some.integers(1, 4))))
    documents: list[tuple[Kind, str, Document, str]] = [(Kind.SITE, "main", site, "")]
    documents += [(Kind.TAX, one, draw(_tax_tables(one)), "") for one in COUNTRIES]
    documents += _shipping(draw, currency)
    rate = {"sourceCurrency": OTHER_CURRENCY, "targetCurrency": currency, "rate": EXCHANGE_RATE}
    documents.append((Kind.EXCHANGE_RATE, f"{OTHER_CURRENCY}_{currency}", rate, ""))
    uplift = {"key": "authorizedAmountUplift", "value": draw(some.sampled_from([0, 30]))}
    documents.append((Kind.CONFIGURATION, "authorizedAmountUplift", uplift, ""))
    for id in products:
        documents += _product(draw, id, currency)
    found = [draw(_coupons(f"C{number}", currency)) for number in range(draw(some.integers(0, 2)))]
    return Shop(site, tuple(documents), tuple(found), products, currency, country)


@some.composite
def _tax_tables(draw: Draw, country: str) -> Document:
    standard, reduced = RATES[country]
    classes = [
        {"code": "STANDARD", "rate": Decimal(standard), "isDefault": draw(some.booleans())},
        {"code": "REDUCED", "rate": Decimal(reduced)},
        {"code": "NONE", "rate": Decimal(0)},
    ]
    return {"location": {"countryCode": draw(spelled(country))}, "taxClasses": classes}


def _shipping(draw: Draw, currency: str) -> list[tuple[Kind, str, Document, str]]:
    def fee(from_: int) -> Document:
        cost = draw(some.integers(0, 20)) + (0 if currency == "JPY" else draw(some.sampled_from([0, Decimal("0.9")])))
        return {
            "minOrderValue": {"amount": from_, "currency": currency},
            "cost": {"amount": cost, "currency": currency},
        }

    targets = [{"country": draw(spelled(one)), "postalCode": "*"} for one in COUNTRIES]
    method: Document = {"id": "parcel", "name": "Parcel", "fees": [fee(0), fee(100)]}
    code = draw(some.sampled_from(["STANDARD", "REDUCED", None]))
    zone: Document = {"id": "zone", "name": "Zone", "shipTo": targets}
    return [
        (Kind.ZONE, "main/zone", zone, "main"),
        (Kind.METHOD, "main/zone/parcel", method | ({"shippingTaxCode": code} if code else {}), "main/zone"),
    ]


def _product(draw: Draw, id: str, currency: str) -> list[tuple[Kind, str, Document, str]]:
    codes = some.sampled_from(["STANDARD", "REDUCED", "NONE"])
    product: Document = {
        "id": id,
        "code": id,
        "name": id,
        "published": True,
        "taxClasses": {draw(spelled(country)): draw(codes) for country in COUNTRIES},
        "weightDependent": draw(some.booleans()),
    }
    documents: list[tuple[Kind, str, Document, str]] = []
    if draw(some.integers(0, 3)) == 0:
        member = f"{id}-member"
        product |= {"productType": "BUNDLE", "bundledProducts": [{"productId": member, "amount": 2}]}
        documents.append(
            (Kind.PRODUCT, member, {"id": member, "code": member, "name": member, "published": True}, "published")
        )
    tiers = draw(some.sampled_from(["BASIC", "BASIC", "VOLUME", "TIERED"]))
    minima = [0] if tiers == "BASIC" else [0, 5, 20]
    model: Document = {
        "id": f"{id}-model",
        "includesTax": draw(some.booleans()),
        "measurementUnit": {"quantity": draw(some.sampled_from([1, 1, 100, 3])), "unitCode": "pc"},
        "tierDefinition": {
            "tierType": tiers,
            "tiers": [{"minQuantity": {"quantity": one, "unitCode": "pc"}} for one in minima],
        },
    }
    price: Document = {
        "id": f"{id}-price",
        "itemId": {"itemType": "PRODUCT", "id": id},
        "currency": draw(some.sampled_from([currency, currency, OTHER_CURRENCY])),
        "priceModelId": f"{id}-model",
        "restrictions": {"siteCodes": ["main"]},
        "tierValues": [{"priceValue": draw(amounts)} for _ in minima],
    }
    sale = draw(some.sampled_from([None, None, {"discountRate": 15}, {"discountAmount": Decimal("0.005")}]))
    return [
        *documents,
        (Kind.PRODUCT, id, product, "published"),
        (Kind.PRICE_MODEL, f"{id}-model", model, ""),
        (Kind.PRICE, f"{id}-price", price | ({"salePrice": sale} if sale else {}), id),
    ]


@some.composite
def _coupons(draw: Draw, code: str, currency: str) -> Document:
    kind = draw(some.sampled_from(["PERCENT", "ABSOLUTE", "FREE_SHIPPING"]))
    coupon: Document = {
        "code": code,
        "name": code,
        "discountType": kind,
        "allowAnonymous": True,
        "discountCalculationType": draw(some.sampled_from(["SUBTOTAL", "TOTAL"])),
    }
    if kind == "PERCENT":
        return coupon | {"discountPercentage": draw(percentages)}
    return coupon | (
        {"discountAbsolute": {"amount": draw(amounts), "currency": currency}} if kind == "ABSOLUTE" else {}
    )


@some.composite
def carts(draw: Draw, shop: Shop, *, plain: bool = False) -> Cart:
    """A cart of a guest in a shop, its prices yet to be found; a `plain` one has nothing from outside systems."""
    billing, shipping = draw(some.sampled_from(COUNTRIES)), draw(some.sampled_from(COUNTRIES))
    addresses = [
        {"type": type, "country": draw(spelled(country)), "zipCode": "10115", **_ANYWHERE}
        for type, country in (("BILLING", billing), ("SHIPPING", shipping))
    ]
    lines = [draw(_lines(shop, str(number), plain=plain)) for number in range(draw(some.integers(1, 5)))]
    discounts: tuple[ExternalCartDiscount, ...] = ()
    if not plain and draw(some.integers(0, 3)) == 0:
        kind, basis = draw(some.sampled_from(["PERCENT", "ABSOLUTE"])), draw(some.sampled_from(["SUBTOTAL", "TOTAL"]))
        discounts = (ExternalCartDiscount("outside", kind, draw(some.integers(0, 100).map(Decimal)), basis),)
    return Cart(
        "cart",
        "main",
        shop.currency,
        session_id="s",
        lines=lines,
        lines_made=len(lines),
        coupons=[] if plain else [coupon["code"] for coupon in shop.coupons],
        addresses=addresses,
        external_discounts=discounts,
    )


@some.composite
def _lines(draw: Draw, shop: Shop, id: str, *, plain: bool) -> CartLine:
    product, quantity = draw(some.sampled_from(shop.products)), draw(quantities)
    line = CartLine(id, product, "", quantity, separate=True)
    if plain:
        return line
    kind = draw(some.sampled_from(["catalogue", "catalogue", "nothing", "fees", "priced", "foreign"]))
    if kind == "catalogue":
        return line
    fees = tuple(draw(some.lists(_fees(shop.currency), max_size=2)))
    percent = ExternalDiscount(f"d{id}", "PERCENT", draw(percentages), include_fees=draw(some.booleans()))
    discounts = draw(some.sampled_from([(), (percent,)]))
    external = External(fees=fees, discounts=discounts)
    if kind == "nothing":
        line.quantity = Decimal(0)
    if kind in ("priced", "foreign"):
        unit = UnitQuantity(quantity=Decimal(draw(some.sampled_from([1, 3, 100]))))
        line.price = CartPrice("outside", None, draw(amounts), shop.currency, unit)
        external = replace(external, priced=True, tax_code="REDUCED", line_tax=draw(some.none() | _line_taxes()))
    if kind == "foreign":
        line.product_id, external = "elsewhere", replace(external, product={"name": "From elsewhere"})
    line.external = external if not external.is_empty else None
    return line


@some.composite
def _fees(draw: Draw, currency: str) -> ExternalFee:
    kind = draw(some.sampled_from(["PERCENT", "ABSOLUTE", "ABSOLUTE_MULTIPLY_ITEMQUANTITY"]))
    code = draw(some.sampled_from(["STANDARD", None]))
    if kind == "PERCENT":
        return ExternalFee(kind, "fee", fee_percentage=draw(percentages), taxable=code is not None, tax_code=code)
    amount = Money(draw(amounts), currency)
    return ExternalFee(kind, "fee", fee_absolute=amount, taxable=code is not None, tax_code=code)


@some.composite
def _line_taxes(draw: Draw) -> ExternalTax:
    net, rate = draw(amounts), Decimal(13)
    return ExternalTax("OUTSIDE", rate, net, net * (100 + rate) / 100)
