"""A small shop for checkout tests: everything in it is right, and each test breaks one thing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from tillroll.domain.cart.cart import Cart, CartLine, CartPrice
from tillroll.domain.catalogue.products import Product
from tillroll.domain.checkout.decide import buying_country, decide, ground_of
from tillroll.domain.checkout.inputs import Attempt, CouponState, Decision, Facts, Method, Sellable, StockLevel
from tillroll.domain.checkout.window import asked_window
from tillroll.domain.coupons.coupons import Coupon
from tillroll.domain.delivery.delivery import Calendar, DeliveryTime, calendar_of
from tillroll.domain.delivery.request import find_window
from tillroll.domain.orders.order import Address, Customer, PaymentMethod, PlaceOrder, ShippingChoice
from tillroll.domain.prices.prices import Price, PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.rejections import Rejection
from tillroll.domain.shipping.zones import ShippingMethod, Zone
from tillroll.domain.site.json_schema import Violation
from tillroll.domain.site.sites import Site

NOW = 1_800_000_000_000_000  # 2027-01-15T08:00:00Z, microseconds


def read(shape: Any, document: dict[str, Any]) -> Any:
    """A document as the till reads it: through JSON, decimals exact."""
    return msgspec.json.decode(msgspec.json.encode(document), type=shape)


def product(id: str, **changes: Any) -> Sellable:
    """A published product with one price of 10.00."""
    document = {"id": id, "code": id, "name": id, "published": True, "taxClasses": {"DE": "STANDARD"}} | changes
    return Sellable(read(Product, document), Raw(msgspec.json.encode(document)), (price(id),))


def price(product_id: str, **changes: Any) -> Price:
    """A price of 10.00 EUR on the site main."""
    document = {
        "id": f"{product_id}-price",
        "itemId": {"itemType": "PRODUCT", "id": product_id},
        "currency": "EUR",
        "priceModelId": "basic",
        "restrictions": {"siteCodes": ["main"]},
        "tierValues": [{"priceValue": "10.00"}],
    }
    found: Price = read(Price, document | changes)
    return found


def coupon(code: str = "TEN", **changes: Any) -> CouponState:
    """A coupon of 10 percent that guests may redeem."""
    document = {
        "code": code,
        "name": code,
        "discountType": "PERCENT",
        "discountPercentage": "10",
        "allowAnonymous": True,
    } | changes
    return CouponState(read(Coupon, document), 0, Raw(msgspec.json.encode(document)))


def method(**changes: Any) -> Method:
    """A parcel for 4.90, free from 100 on."""
    document = {
        "id": "parcel",
        "name": "Parcel",
        "fees": [
            {"minOrderValue": {"amount": "0", "currency": "EUR"}, "cost": {"amount": "4.90", "currency": "EUR"}},
            {"minOrderValue": {"amount": "100", "currency": "EUR"}, "cost": {"amount": "0", "currency": "EUR"}},
        ],
        "shippingTaxCode": "STANDARD",
    } | changes
    return Method(read(ShippingMethod, document), Raw(msgspec.json.encode(document)))


def line(product_id: str = "tea", quantity: str = "2", **changes: Any) -> CartLine:
    """Two teas at 10.00."""
    seen = CartPrice(f"{product_id}-price", Decimal("10.00"), Decimal("10.00"), "EUR")
    found = CartLine("0", product_id, f"urn:yaas:hybris:product:product:acme;{product_id}", Decimal(quantity), seen)
    return msgspec.structs.replace(found, **changes)


def address(type: str, **changes: Any) -> Address:
    """An address in Berlin."""
    found = Address("Ada Example", "Invalidenstr. 1", "10115", "Berlin", "DE", type)
    return msgspec.structs.replace(found, **changes)


def delivery_time(**changes: Any) -> DeliveryTime:
    """A delivery time `w` of every day, with one slot `s` from ten to twelve that ten orders may book until six."""
    hours = {"timeFrom": "10:00", "timeTo": "12:00"}
    slot = {"id": "s", "shippingMethod": "parcel", "deliveryTimeRange": hours, "capacity": 10}
    period = {"dateFrom": "2020-01-01T12:00:00.000Z", "dateTo": "2099-12-31T12:00:00.000Z"}
    document = {"id": "w", "siteCode": "main", "isDeliveryDay": True, "zoneId": "de", "timeZoneId": "UTC"}
    document |= {"day": {"datePeriod": period}, "slots": [slot | {"cutOffTime": {"time": "06:00"}}]}
    found: DeliveryTime = read(DeliveryTime, document | changes)
    return found


class World(Struct):
    """Facts, cart and request that would make an order."""

    facts: Facts
    cart: Cart
    request: PlaceOrder
    sites: dict[str, Site]
    calendars: dict[str, Calendar]
    customer_id: str | None = None
    unreadable: tuple[Rejection, ...] = ()
    verdicts: dict[str, list[Violation]] = {}

    def ask(self, **changes: Any) -> None:
        """Change the request."""
        self.request = msgspec.structs.replace(self.request, **changes)

    def decide(self) -> Decision | list[Rejection]:
        """Decide on the world as it is."""
        return self.decided(Attempt(self.request, self.cart, self.customer_id, self.unreadable, verdicts=self.verdicts))

    def decided(self, attempt: Attempt) -> Decision | list[Rejection]:
        """Decide on an attempt, on the ground that it has in this world."""
        site = self.sites.get(attempt.cart.site) if attempt.cart is not None else None
        if attempt.cart is None or site is None:
            return decide(self.facts, attempt, None)
        country, asked = buying_country(self.facts, attempt, site), asked_window(attempt.cart)
        ground = ground_of(self.facts, attempt, site, country)
        if ground is not None and asked is not None:
            window = find_window(self.calendars.get(site.code, Calendar()), asked, self.facts.now)
            ground = replace(ground, asked=asked, window=window)
        return decide(self.facts, attempt, ground)

    def refused(self) -> set[tuple[str, str]]:
        """The reasons and subjects of the refusal; fails where the order is placed."""
        decided = self.decide()
        assert isinstance(decided, list), "the order was placed"
        return {(one.reason.value, one.subject) for one in decided}

    def placed(self) -> Decision:
        """The decision; fails where it is a refusal."""
        decided = self.decide()
        assert isinstance(decided, Decision), decided
        return decided


def world() -> World:
    """A shop in which a guest can buy two teas for 20.00 and 4.90 net shipping."""
    home = {"address": {"country": "DE", "zipCode": "10115"}}
    site = read(Site, {"code": "main", "currency": "EUR", "includesTax": True, "homeBase": home})
    classes = [{"code": "STANDARD", "rate": "19"}, {"code": "REDUCED", "rate": "7"}]
    taxes = read(TaxTable, {"location": {"countryCode": "DE"}, "taxClasses": classes})
    facts = Facts(
        now=NOW,
        tax_tables={"DE": taxes},
        products={"tea": product("tea"), "cup": product("cup")},
        models={"basic": read(PriceModel, {"id": "basic", "includesTax": True})},
        stock={("main", "tea"): StockLevel(5000, True)},
        coupons={"TEN": coupon()},
        coupon_uses={},
        zones={("main", "de"): read(Zone, {"id": "de", "shipTo": [{"country": "DE", "postalCode": "*"}]})},
        methods={("main", "de", "parcel"): method()},
        schemas=set(),
    )
    request = PlaceOrder(
        "cart-1",
        Customer("ada@example.com", first_name="Ada", guest=True),
        ShippingChoice("parcel", "de", "Parcel", Decimal("4.90")),
        (address("SHIPPING"), address("BILLING")),
        (PaymentMethod("none"),),
    )
    cart = Cart("cart-1", "main", "EUR", session_id="s", lines=[line()])
    return World(facts, cart, request, {"main": site}, {"main": calendar_of([delivery_time()])})


Break = Callable[[World], object]
