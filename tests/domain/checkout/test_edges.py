"""Checks of a checkout at the very value where they turn, and where a neighbouring value would say otherwise."""

from decimal import Decimal as D

from msgspec.structs import replace

from tests.domain.checkout.checkout_world import method, read, world
from tillroll.domain.coupons.coupons import customer_key
from tillroll.domain.money import to_minor
from tillroll.domain.orders.order import ShippingChoice
from tillroll.domain.shipping.zones import ShippingMethod, Zone


def test_a_method_ships_orders_up_to_its_largest_value() -> None:
    here = world()
    for most, reasons in (("20.00", set()), ("19.99", {("shipping_method_not_found", "shipping.methodId")})):
        here.facts.methods["main", "de", "parcel"] = method(maxOrderValue={"amount": most, "currency": "EUR"})
        decided = here.decide()
        found = {(one.reason.value, one.subject) for one in decided} if isinstance(decided, list) else set()
        assert found == reasons


def test_a_zone_of_another_site_is_no_nearer_one() -> None:
    here = world()
    exact = read(Zone, {"id": "berlin", "shipTo": [{"country": "DE", "postalCode": "10115"}]})
    here.facts.zones["elsewhere", "berlin"] = exact
    here.placed()
    here.facts.zones["main", "berlin"] = exact
    assert here.refused() == {("shipping_zone_not_found", "shipping.zoneId")}


def test_a_fee_in_another_currency_is_another_fee() -> None:
    here = world()
    fee = {"minOrderValue": {"amount": "0", "currency": "USD"}, "cost": {"amount": "4.90", "currency": "USD"}}
    here.facts.methods["main", "de", "parcel"] = method(fees=[fee])
    assert here.refused() == {("shipping_amount_mismatch", "shipping.amount")}


def test_what_an_empty_cart_costs_to_ship_is_not_told_beside_what_else_is_wrong() -> None:
    here = world()
    here.cart.lines = []
    here.ask(shipping=ShippingChoice("parcel", "de", "Parcel", D("1.23")), currency="USD")
    assert here.refused() == {("cart_empty", "cart.items"), ("currency_mismatch", "currency")}


def test_a_guest_is_no_customer_whatever_the_request_says() -> None:
    here = world()
    assert here.request.customer is not None
    here.ask(customer=replace(here.request.customer, id="C1"))
    assert here.placed().order.customer.id is None


def test_of_two_fees_with_one_threshold_that_of_the_group_holds() -> None:
    cost = {"amount": "1", "currency": "EUR"}
    fees = [{"cost": cost | {"amount": "2"}}, {"cost": cost, "shippingGroupId": "g"}]
    for given in (fees, fees[::-1]):
        way = read(ShippingMethod, {"id": "m", "fees": given})
        assert [way.fee_for(D(5), groups).amount for groups in (frozenset({"g"}), frozenset())] == [1, 2]


def test_a_customer_counts_apart_for_each_company() -> None:
    keys = [customer_key("C1", company) for company in (None, "", "A", "B")]
    assert keys == ["C1", "C1", "C1@A", "C1@B"]


def test_half_a_minor_unit_is_a_whole_one() -> None:
    assert [to_minor(D(amount), "EUR") for amount in ("0.005", "0.0049", "1.015", "2.345")] == [1, 0, 102, 235]
