"""The checkout decision: each documented check passes and fails, all failures are reported at once."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.domain.checkout.checkout_world import (
    NOW,
    Break,
    World,
    address,
    coupon,
    line,
    method,
    price,
    product,
    read,
    world,
)
from tillroll.domain.cart.cart import CartPrice
from tillroll.domain.checkout.decide import buying_country, settle
from tillroll.domain.checkout.inputs import Attempt, CustomerState, StockLevel
from tillroll.domain.customers.tax_address import NOWHERE, DefaultTaxAddress
from tillroll.domain.money import to_thousandths
from tillroll.domain.orders.order import Customer, PaymentMethod, ShippingChoice
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.site.json_schema import violations
from tillroll.domain.site.sites import Site


def _tiered(world: World, tier_type: str) -> None:
    tiers = [{"minQuantity": {"quantity": n}} for n in ("0", "10")]
    model = {"id": "basic", "includesTax": True, "tierDefinition": {"tierType": tier_type, "tiers": tiers}}
    world.facts.models["basic"] = read(PriceModel, model)
    values = [{"priceValue": "10.00"}, {"priceValue": "9.00"}]
    world.facts.products["tea"] = replace(product("tea"), prices=(price("tea", tierValues=values),))


def _seen(amount: str, price_id: str = "tea-price") -> CartPrice:
    return CartPrice(price_id, Decimal(amount), Decimal(amount), "EUR")


def _no_country_tax(world: World) -> None:
    world.facts.tax_tables = {}


def _with_coupon(**changes: Any) -> Break:
    def apply(world: World) -> None:
        world.cart.coupons = ["TEN"]
        world.facts.coupons = {"TEN": coupon(**changes)}

    return apply


def _with_price(**changes: Any) -> Break:
    def apply(world: World) -> None:
        world.facts.products["tea"] = replace(product("tea"), prices=(price("tea", **changes),))

    return apply


def _with_customer(customer: Customer | None) -> Break:
    return lambda world: world.ask(customer=customer)


def _with_addresses(*types: str) -> Break:
    return lambda world: world.ask(addresses=tuple(address(type) for type in types))


def _with_shipping(amount: str, zone: str = "de", method_id: str = "parcel") -> Break:
    return lambda world: world.ask(shipping=ShippingChoice(method_id, zone, "Parcel", Decimal(amount)))


def _used_up(world: World) -> None:
    _with_coupon(maxRedemptions=10)(world)
    world.facts.coupons["TEN"].redemption_count = 10


def _logged_in(world: World, *, may_buy: bool = True, default_tax_address: DefaultTaxAddress = NOWHERE) -> None:
    world.customer_id = "C1"
    world.ask(customer=Customer("ada@example.com", id="C1", first_name="Ada"))
    world.facts.customers["C1", ""] = CustomerState(may_buy, default_tax_address)


def _used_by_customer(world: World) -> None:
    _with_coupon(allowAnonymous=False, maxRedemptionsPerCustomer=1)(world)
    _logged_in(world)
    world.facts.coupon_uses["TEN", "C1"] = 1


def _cart_line(**changes: Any) -> Break:
    def apply(world: World) -> None:
        world.cart.lines = [line(**changes)]

    return apply


def _unpublished(world: World) -> None:
    world.facts.products["tea"] = product("tea", published=False)


def _parent(world: World) -> None:
    world.facts.products["tea"] = product("tea", productType="PARENT_VARIANT")


def _untaxed(world: World) -> None:
    world.facts.products["tea"] = product("tea", taxClasses={"DE": "LUXURY"})


def _two_lines(world: World) -> None:
    world.cart.lines = [line(quantity="3"), line(quantity="3", id="1", separate=True)]


def _not_sellable(world: World) -> None:
    world.facts.stock["main", "tea"] = StockLevel(5000, False)


def _dollar_site(world: World) -> None:
    world.sites["main"] = read(Site, {"code": "main", "currency": "USD", "includesTax": True})


def _schema(owner: str) -> Break:
    def apply(world: World) -> None:
        url = "https://schemas.example/loyalty.json"
        number = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
        world.facts.schemas.add(url)
        mixin = {"number": "seven"}
        place = "customer" if owner == "customer" else "addresses[1]"
        world.verdicts[f"{place}.mixins.loyalty"] = violations(number, mixin)
        extra = {"metadata": {"mixins": {"loyalty": url}}, "attached": {"loyalty": mixin}}
        assert world.request.customer is not None
        if owner == "customer":
            world.ask(customer=replace(world.request.customer, **extra))
        else:
            world.ask(addresses=(address("SHIPPING"), address("BILLING", **extra)))

    return apply


def _fee_unchecked(world: World) -> None:
    _with_shipping("1")(world)
    world.facts.checks_shipping_fee = False


def _free_shipping(amount: str) -> Break:
    def apply(world: World) -> None:
        _with_coupon(discountType="FREE_SHIPPING")(world)
        _with_shipping(amount)(world)

    return apply


REFUSALS: list[tuple[str, Break, str, str]] = [
    ("no billing address", _with_addresses("SHIPPING", "SHIPPING"), "address_missing", "addresses"),
    ("no shipping address", _with_addresses("BILLING"), "address_missing", "addresses"),
    ("long zip", lambda w: w.ask(addresses=(address("SHIPPING"), address("BILLING", zip_code="123456789012"))),
     "value_invalid", "addresses[1].zipCode"),
    ("odd country", lambda w: w.ask(addresses=(address("SHIPPING", country="DEU"), address("BILLING"))),
     "value_invalid", "addresses[0].country"),
    ("empty cart", lambda w: setattr(w.cart, "lines", []), "cart_empty", "cart.items"),
    ("only zeros", _cart_line(quantity="0"), "cart_empty", "cart.items"),
    ("no name", _with_customer(Customer("a@b.c", guest=True)), "value_missing", "customer.firstName"),
    ("no guest flag", _with_customer(Customer("a@b.c", first_name="A")), "value_missing", "customer.guest"),
    ("claimed id", _with_customer(Customer("a@b.c", id="C9", first_name="A")), "value_invalid", "customer.id"),
    ("odd e-mail", _with_customer(Customer("nobody", first_name="A", guest=True)), "value_invalid", "customer.email"),
    ("no payment", lambda w: w.ask(payment_methods=()), "payment_methods_invalid", "paymentMethods"),
    ("two payments", lambda w: w.ask(payment_methods=(PaymentMethod("none"), PaymentMethod("custom"))),
     "payment_methods_invalid", "paymentMethods"),
    ("gateway", lambda w: w.ask(payment_methods=(PaymentMethod("payment-gateway"),)),
     "payment_methods_invalid", "paymentMethods[0].customAttributes.modeId"),
    ("customer mixin", _schema("customer"), "customer_schema_violated", "customer.mixins.loyalty.number"),
    ("address mixin", _schema("address"), "address_schema_violated", "addresses[1].mixins.loyalty.number"),
    ("no price", _cart_line(price=None), "price_not_found", "0"),
    ("unknown price", _cart_line(price=_seen("10.00", "other")), "price_not_found", "0"),
    ("price of yesterday", _with_price(restrictions={"siteCodes": ["main"], "validity": {"to": "2026-01-01"}}),
     "price_not_valid_now", "0"),
    ("price of tomorrow", _with_price(restrictions={"siteCodes": ["main"], "validity": {"from": "2028-01-01"}}),
     "price_not_valid_now", "0"),
    ("price of another site", _with_price(restrictions={"siteCodes": ["other"]}), "price_not_applicable", "0"),
    ("price in another currency", _with_price(currency="CHF"), "price_not_applicable", "0"),
    ("price of another country", _with_price(location={"countryCode": "AT"}), "price_not_applicable", "0"),
    ("price claimed in another currency",
     _cart_line(price=CartPrice("tea-price", Decimal(10), Decimal(10), "USD")), "price_not_applicable", "0"),
    ("split into nothing", _cart_line(quantity="0.0004"), "price_quantity_mismatch", "0"),
    ("worth more than money", _cart_line(quantity="99999999999999"), "value_invalid", "cart.items"),
    ("endless e-mail", _with_customer(Customer("a" * 400 + "@b.c", first_name="A", guest=True)),
     "value_invalid", "customer.email"),
    ("a crowd of mixins",
     _with_customer(Customer("a@b.c", first_name="A", guest=True, attached={str(n): {} for n in range(11)})),
     "value_invalid", "customer.mixins"),
    ("negative payment", lambda w: w.ask(payment_methods=(PaymentMethod("none", amount=Decimal(-1)),)),
     "value_invalid", "paymentMethods[0].amount"),
    ("price changed", _cart_line(price=_seen("9.99")), "price_changed", "0"),
    ("unknown product", lambda w: w.facts.products.pop("tea"), "product_not_found", "0"),
    ("unpublished", _unpublished, "product_not_found", "0"),
    ("parent of variants", _parent, "product_not_found", "0"),
    ("tax class unknown", _untaxed, "tax_code_invalid", "0"),
    ("country unknown", _no_country_tax, "tax_code_invalid", "0"),
    ("too many", _cart_line(quantity="6"), "out_of_stock", "0"),
    ("too many in two lines", _two_lines, "out_of_stock", "1"),
    ("not sellable", _not_sellable, "out_of_stock", "0"),
    ("coupon of tomorrow", _with_coupon(restrictions={"validFrom": "2028-01-01"}), "coupon_not_active", "TEN"),
    ("coupon of yesterday", _with_coupon(restrictions={"validUntil": "2026-01-01"}), "coupon_expired", "TEN"),
    ("coupon gone", lambda w: setattr(w.cart, "coupons", ["GONE"]), "coupon_not_active", "GONE"),
    ("coupon used up", _used_up, "coupon_redemptions_exceeded", "TEN"),
    ("coupon used by this customer", _used_by_customer, "coupon_redemptions_exceeded", "TEN"),
    ("order too small", _with_coupon(restrictions={"minOrderValue": {"amount": "20.01", "currency": "EUR"}}),
     "coupon_order_total_too_low", "TEN"),
    ("coupon in francs", _with_coupon(discountType="ABSOLUTE", discountAbsolute={"amount": "1", "currency": "CHF"}),
     "coupon_currency_incorrect", "TEN"),
    ("coupon not for guests", _with_coupon(allowAnonymous=False), "coupon_redemption_forbidden", "TEN"),
    ("shipping not free", _free_shipping("4.90"), "free_shipping_not_applied", "shipping.amount"),
    ("unknown zone", _with_shipping("4.90", zone="fr"), "shipping_zone_not_found", "shipping.zoneId"),
    ("zone out of reach", lambda w: w.ask(addresses=(address("SHIPPING", country="FR"), address("BILLING"))),
     "shipping_zone_not_found", "shipping.zoneId"),
    ("unknown method", _with_shipping("4.90", method_id="drone"), "shipping_method_not_found", "shipping.methodId"),
    ("method asleep", lambda w: w.facts.methods.update({("main", "de", "parcel"): method(active=False)}),
     "shipping_method_not_found", "shipping.methodId"),
    ("order too large for the method",
     lambda w: w.facts.methods.update(
         {("main", "de", "parcel"): method(maxOrderValue={"amount": "19.99", "currency": "EUR"})}),
     "shipping_method_not_found", "shipping.methodId"),
    ("shipping too cheap", _with_shipping("0"), "shipping_amount_mismatch", "shipping.amount"),
    ("shipping amount absurd", _with_shipping("1E+400"), "value_invalid", "shipping.amount"),
    ("shipping amount negative", _with_shipping("-1"), "value_invalid", "shipping.amount"),
    ("unknown shipping tax",
     lambda w: (w.facts.methods.update({("main", "de", "parcel"): method(shippingTaxCode="LUXURY")})),
     "value_invalid", "shipping.shippingTaxCode"),
    ("site sells in dollars", _dollar_site, "currency_mismatch", "currency"),
    ("request in dollars", lambda w: w.ask(currency="USD"), "currency_mismatch", "currency"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "breaks", "reason", "subject"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_each_check_refuses_what_it_is_there_for(name: str, breaks: Break, reason: str, subject: str) -> None:
    shop = world()
    shop.placed()  # the world is right before it is broken
    breaks(shop)
    assert (reason, subject) in shop.refused()


ACCEPTANCES: list[tuple[str, Break]] = [
    ("guest with a last name only", _with_customer(Customer("a@b.c", last_name="B", guest=True))),
    ("the whole profile of a guest", _with_customer(Customer("a@b.c", id="00000000", first_name="A", guest=True))),
    ("the whole stock", _cart_line(quantity="5")),
    ("half a piece", _cart_line(quantity="0.5")),
    ("no stock record", lambda w: w.facts.stock.clear()),
    ("echoed double", _cart_line(price=_seen("10.000000000000002"))),
    ("no amounts claimed", _cart_line(price=CartPrice("tea-price"))),
    ("coupon that holds", _with_coupon(restrictions={"minOrderValue": {"amount": "20", "currency": "EUR"}})),
    ("last redemption", _with_coupon(maxRedemptions=1)),
    ("free shipping for nothing", _free_shipping("0")),
    ("same currency", lambda w: w.ask(currency="EUR")),
    ("an unchecked mixin", _with_customer(Customer("a@b.c", first_name="A", guest=True, attached={"x": {"y": 1}}))),
    ("any provider", lambda w: w.ask(payment_methods=(PaymentMethod("INVOICE", "invoice"),))),
    ("fee not checked", _fee_unchecked),
]


@pytest.mark.parametrize(("name", "allows"), ACCEPTANCES, ids=[row[0] for row in ACCEPTANCES])
def test_each_check_lets_through_what_is_right(name: str, allows: Break) -> None:
    shop = world()
    allows(shop)
    assert shop.placed().order.cart_id == "cart-1"


def test_everything_that_is_wrong_is_said_at_once() -> None:
    shop = world()
    _two_lines(shop)
    _with_coupon(allowAnonymous=False)(shop)
    _with_shipping("4.90", zone="fr")(shop)
    shop.ask(payment_methods=(), currency="USD", customer=Customer("a@b.c", guest=True))
    assert shop.refused() == {
        ("value_missing", "customer.firstName"),
        ("payment_methods_invalid", "paymentMethods"),
        ("out_of_stock", "1"),
        ("coupon_redemption_forbidden", "TEN"),
        ("shipping_zone_not_found", "shipping.zoneId"),
        ("currency_mismatch", "currency"),
    }


def test_a_request_that_could_not_be_read_is_refused_with_what_else_is_wrong() -> None:
    shop = world()
    shop.unreadable = (Rejection(Reason.VALUE_MISSING, "addresses[1].zipCode", "is required"),)
    shop.ask(addresses=(address("SHIPPING"),))
    shop.cart.lines = [line(quantity="6")]
    assert shop.refused() == {("value_missing", "addresses[1].zipCode"), ("out_of_stock", "0")}


@pytest.mark.parametrize("tier_type", ["VOLUME", "TIERED"])
def test_a_price_of_another_tier_is_told_from_one_that_has_changed(tier_type: str) -> None:
    shop = world()
    _tiered(shop, tier_type)
    shop.facts.stock.clear()
    shop.cart.lines = [line(quantity="20")]
    assert shop.refused() == {("price_quantity_mismatch", "0")}
    shop.cart.lines = [line(quantity="20", price=_seen("8.00"))]
    assert shop.refused() == {("price_changed", "0")}
    fitting = {"VOLUME": "9.00", "TIERED": "9.5"}[tier_type]
    shop.cart.lines = [line(quantity="20", price=_seen(fitting))]
    _with_shipping("0")(shop)
    assert shop.placed().order.priced.final_price.gross == Decimal("20") * Decimal(fitting)


def test_an_order_is_priced_by_us_and_in_minor_units() -> None:
    shop = world()
    shop.cart.coupons = ["TEN"]
    decision = shop.placed()
    assert decision.order.priced.final_price.gross == Decimal("23.83")  # 20.00 − 2.00 + 4.90 × 1.19
    assert decision.total_minor == 2383
    assert decision.order.stock == (("tea", 2000),)
    assert [(one.code, one.discount_minor) for one in decision.redemptions] == [("TEN", 200)]


def test_the_last_piece_and_the_last_redemption_go_to_the_first_of_two() -> None:
    shop = world()
    _with_coupon(maxRedemptions=1)(shop)
    shop.facts.stock["main", "tea"] = StockLevel(2000, True)
    settle(shop.facts, "main", shop.placed())
    assert shop.refused() == {("out_of_stock", "0"), ("coupon_redemptions_exceeded", "TEN")}


def test_a_bundle_takes_the_stock_of_its_members() -> None:
    shop = world()
    members = [{"productId": "leaf", "amount": "2"}, {"productId": "cup", "amount": "1"}]
    shop.facts.products["tea"] = product("tea", productType="BUNDLE", bundledProducts=members)
    shop.facts.products["leaf"] = product("leaf")
    shop.facts.stock["main", "leaf"] = StockLevel(5000, True)
    shop.facts.stock["main", "cup"] = StockLevel(3000, True)
    assert shop.placed().order.stock == (("cup", 2000), ("leaf", 4000))
    shop.cart.lines = [line(quantity="3")]
    assert shop.refused() == {("out_of_stock", "0")}
    for unsold in (product("leaf", published=False), product("leaf", productType="BUNDLE")):
        shop.facts.products["leaf"] = unsold
        assert shop.refused() == {("product_not_found", "0")}
    del shop.facts.products["leaf"]
    assert shop.refused() == {("product_not_found", "0")}


def test_stock_that_is_counted_elsewhere_is_checked_but_not_taken() -> None:
    shop = world()
    shop.facts.keeps_stock = False
    assert shop.placed().order.stock == ()
    shop.cart.lines = [line(quantity="6")]
    assert shop.refused() == {("out_of_stock", "0")}


def test_taxes_follow_the_address_that_the_site_names() -> None:
    shop = world()
    classes = [{"code": "STANDARD", "rate": "20"}]
    shop.facts.tax_tables["AT"] = read(TaxTable, {"location": {"countryCode": "AT"}, "taxClasses": classes})
    shop.facts.products["tea"] = product("tea", taxClasses={"DE": "STANDARD", "AT": "STANDARD"})
    shop.ask(addresses=(address("SHIPPING"), address("BILLING", country="AT")))
    assert shop.placed().order.country == "AT"
    by_shipping = {"code": "main", "currency": "EUR", "includesTax": True}
    by_shipping["taxDeterminationBasedOn"] = "SHIPPING_ADDRESS"
    shop.sites["main"] = read(Site, by_shipping)
    assert shop.placed().order.country == "DE"


def test_the_client_does_not_choose_the_tax_on_shipping() -> None:
    shop = world()
    shop.facts.methods["main", "de", "parcel"] = method(shippingTaxCode=None)
    classes = [{"code": "REDUCED", "rate": "7"}, {"code": "STANDARD", "rate": "19", "isDefault": True}]
    shop.facts.tax_tables["DE"] = read(TaxTable, {"location": {"countryCode": "DE"}, "taxClasses": classes})
    for claimed in ("REDUCED", "STANDARD", None):
        shop.ask(shipping=ShippingChoice("parcel", "de", "Parcel", Decimal("4.90"), claimed))
        assert shop.placed().total_minor == 2583


def test_now_is_a_fact_and_not_a_clock() -> None:
    shop = world()
    _with_price(restrictions={"validity": {"to": "2027-01-15T08:00:00Z"}})(shop)
    assert shop.placed().total_minor == 2583
    shop.facts.now = NOW + 1
    assert shop.refused() == {("price_not_valid_now", "0")}
    assert to_thousandths(Decimal("0.5")) == 500


def test_a_customer_who_is_active_buys() -> None:
    one = world()
    _logged_in(one)
    assert one.placed().order.customer.id == "C1"


def test_a_customer_who_may_not_buy_or_is_gone_does_not() -> None:
    one = world()
    _logged_in(one, may_buy=False)
    assert one.refused() == {("customer_not_active", "customer")}
    one.facts.customers.clear()
    assert one.refused() == {("customer_not_active", "customer")}


@pytest.mark.parametrize(
    ("determined_by", "types", "expected"),
    [
        ("BILLING_ADDRESS", ("SHIPPING", "BILLING"), "PL"),
        ("SHIPPING_ADDRESS", ("SHIPPING", "BILLING"), "FR"),
        ("SHIPPING_ADDRESS", ("BILLING",), "PL"),
        ("BILLING_ADDRESS", ("SHIPPING",), "AT"),
        ("SHIPPING_ADDRESS", (), "CH"),
    ],
)
def test_the_address_that_the_site_names_decides_about_taxes_then_where_the_buyer_lives(
    determined_by: str, types: tuple[str, ...], expected: str
) -> None:
    one = world()
    _logged_in(one, default_tax_address=DefaultTaxAddress({"BILLING": "AT"}, {"BILLING": "IT", "SHIPPING": "CH"}))
    countries = {"SHIPPING": "fr", "BILLING": "PL"}
    one.ask(addresses=tuple(replace(address(type), country=countries[type]) for type in types))
    site = replace(one.sites["main"], tax_determination_based_on=determined_by)
    assert buying_country(one.facts, Attempt(one.request, one.cart, "C1"), site) == expected
    if not types:
        one.facts.customers.clear()
        assert buying_country(one.facts, Attempt(one.request, one.cart, "C1"), site) == "DE"
