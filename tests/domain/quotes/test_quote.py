"""Quotes: their life, what they cost, and what happens to their prices when they are bought."""

from decimal import Decimal
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.domain.checkout.checkout_world import NOW, World, address, method, world
from tillroll.domain.checkout.inputs import CustomerState, Decision, StockLevel
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.orders.order import Customer, PaymentMethod, PlaceOrder
from tillroll.domain.pricing.shapes import PricingRules
from tillroll.domain.quotes.quote import (
    ACCEPTED,
    AWAITING,
    CREATING,
    DECLINED,
    DECLINED_BY_MERCHANT,
    EXPIRED,
    IN_PROGRESS,
    OPEN,
    TRANSITIONS,
    Quote,
    QuoteLine,
    QuoteShipping,
    attempt_of,
    discount_percent,
    is_for_customers,
    missing_parts,
    net_from_side,
    price_quote,
    status_at,
    step_objection,
    total_from_net,
    window_of,
)
from tillroll.domain.rejections import Rejection

GROSS = PricingRules(2, True, "EUR")
NET = PricingRules(2, False, "EUR")
LATER = NOW + 1


def line(product_id: str = "tea", total: str = "15.00", quantity: str = "2") -> QuoteLine:
    """Two teas, 15.00 gross for both."""
    return QuoteLine("q1", product_id, Decimal(quantity), Decimal("8.40"), Decimal(total), "STANDARD", Decimal(19))


def quote(**changes: object) -> Quote:
    """An offer of two teas to one customer, complete."""
    found = Quote(
        "quote-1",
        "main",
        GROSS,
        "DE",
        Customer("ada@example.com", id="C1", first_name="Ada"),
        billing_address=address("BILLING"),
        shipping_address=address("SHIPPING"),
        lines=[line()],
        shipping=QuoteShipping(Decimal("3.00"), "de", "parcel", "Parcel", "STANDARD", Decimal(19)),
    )
    return msgspec.structs.replace(found, **changes)


def bought(offer: Quote, shop: World | None = None, window_id: str | None = None) -> Decision | list[Rejection]:
    """What becomes of a checkout of the quote by its customer."""
    shop = shop or world()
    payment = (PaymentMethod("none"),)
    asked = PlaceOrder(None, None, None, (), payment, quote_id=offer.id, delivery_window_id=window_id)
    attempt = attempt_of(offer, asked, NOW)
    shop.facts.customers[attempt.acting_as] = CustomerState(may_buy=True)
    return shop.decided(attempt)


def placed(offer: Quote, shop: World | None = None) -> Decision:
    """The order that the quote becomes; fails where it is refused."""
    found = bought(offer, shop)
    assert isinstance(found, Decision), found
    return found


def refused(offer: Quote, shop: World | None = None, window_id: str | None = None) -> set[tuple[str, str]]:
    """The reasons and subjects of the refusal; fails where the order is placed."""
    found = bought(offer, shop, window_id)
    assert isinstance(found, list), "the order was placed"
    return {(one.reason.value, one.subject) for one in found}


# ------------------------------------------------------------------------------------------------------------ status

STEPS = {
    (AWAITING, OPEN),
    (AWAITING, DECLINED_BY_MERCHANT),
    (CREATING, OPEN),
    (EXPIRED, OPEN),
    (IN_PROGRESS, OPEN),
    (IN_PROGRESS, DECLINED_BY_MERCHANT),
    (OPEN, DECLINED),
    (OPEN, ACCEPTED),
    (OPEN, IN_PROGRESS),
}


@pytest.mark.parametrize(("status", "wanted"), list(product(TRANSITIONS, TRANSITIONS)))
def test_a_quote_takes_the_documented_steps_and_no_others(status: str, wanted: str) -> None:
    assert (step_objection(quote(), status, wanted, NOW) is None) is ((status, wanted) in STEPS)


def test_customers_answer_an_open_offer_and_do_nothing_else() -> None:
    own = {(status, wanted) for status, wanted in STEPS if is_for_customers(status, wanted)}
    assert own == {(OPEN, ACCEPTED), (OPEN, DECLINED), (OPEN, IN_PROGRESS)}


def test_a_refused_step_says_which_ones_there_are() -> None:
    assert step_objection(quote(), AWAITING, ACCEPTED, NOW) == (
        "a quote can not go from AWAITING to ACCEPTED; possible now: OPEN, DECLINED_BY_MERCHANT"
    )
    assert "possible now: nothing" in str(step_objection(quote(), DECLINED, OPEN, NOW))


def test_only_an_offer_with_items_and_time_left_is_opened() -> None:
    assert "no items" in str(step_objection(quote(lines=[]), CREATING, OPEN, NOW))
    assert "validTo" in str(step_objection(quote(valid_to=NOW), EXPIRED, OPEN, NOW))
    assert step_objection(quote(valid_to=LATER), EXPIRED, OPEN, NOW) is None


@pytest.mark.parametrize("status", list(TRANSITIONS))
def test_an_open_quote_expires_with_its_time_and_no_other_does(status: str) -> None:
    assert status_at(status, NOW, NOW) == (EXPIRED if status == OPEN else status)
    assert status_at(status, LATER, NOW) == status
    assert status_at(status, None, NOW) == status


# ------------------------------------------------------------------------------------------------------------ prices


def test_a_quote_costs_its_agreed_totals_and_shipping() -> None:
    final = price_quote(quote()).final_price
    assert (final.net, final.gross) == (Decimal("15.61"), Decimal("18.57"))  # 15.00 and 3.57 gross


@given(
    net=some.decimals(0, 10**9, places=2),
    rate=some.decimals(0, 100, places=2),
    scale=some.integers(2, 4),
)
def test_the_net_total_that_was_agreed_on_is_the_net_total_that_is_shown(
    net: Decimal, rate: Decimal, scale: int
) -> None:
    """Also where the site sells gross, and the agreed net is kept as its gross."""
    rules = PricingRules(scale, True, "EUR")
    total = total_from_net(rules, net, rate)
    offer = quote(rules=rules, shipping=None, lines=[msgspec.structs.replace(line(), total=total, tax_rate=rate)])
    assert price_quote(offer).lines[0].price.net == net
    assert total_from_net(NET, net, rate) == net


def test_a_price_on_the_gross_side_is_shown_net() -> None:
    assert net_from_side(GROSS, Decimal("11.90"), Decimal(19)) == Decimal(10)
    assert net_from_side(NET, Decimal("11.90"), Decimal(19)) == Decimal("11.90")


def test_the_discount_is_what_was_taken_off_the_unit_price() -> None:
    assert discount_percent(line(), Decimal("8.40")) == 50
    assert discount_percent(line(), Decimal("16.80")) == 0
    assert discount_percent(line(), Decimal("33.60")) == -100
    assert discount_percent(msgspec.structs.replace(line(), unit_price=Decimal(0)), Decimal(5)) == 0


def test_a_discount_that_rounds_to_nothing_is_not_below_zero() -> None:
    dear = msgspec.structs.replace(line(quantity="1"), unit_price=Decimal("1000.0588235294"))
    for net in ("1000.06", "1000.0588"):
        assert not discount_percent(dear, Decimal(net)).is_signed()


# ---------------------------------------------------------------------------------------------------------- checkout


def test_the_agreed_price_holds_whatever_the_list_says() -> None:
    shop = world()
    decision = placed(quote(), shop)
    order = decision.order
    assert (order.quote_id, order.cart_id) == ("quote-1", None)
    assert order.priced.final_price == price_quote(quote()).final_price
    assert decision.total_minor == 1857
    assert order.stock == (("tea", 2000),)
    shop.facts.products["tea"] = msgspec.structs.replace(shop.facts.products["tea"], prices=())
    assert placed(quote(), shop).total_minor == 1857


def test_customer_addresses_and_shipping_are_those_of_the_quote() -> None:
    order = placed(quote(billing_address=address("BILLING", city="Bonn"))).order
    assert order.customer.id == "C1"
    assert (order.billing_address.city, order.shipping_address.city) == ("Bonn", "Berlin")
    assert (order.shipping.method_id, order.shipping.amount) == ("parcel", Decimal("3.00"))


def test_a_customer_without_a_name_buys_by_that_of_the_contact() -> None:
    asked = PlaceOrder(None, None, None, (), (PaymentMethod("none"),), quote_id="quote-1")
    nameless = Customer("ada@example.com", id="C1")
    request = attempt_of(quote(customer=nameless), asked, NOW).request
    assert request.customer == msgspec.structs.replace(nameless, name=address("BILLING").contact_name)
    assert attempt_of(quote(), asked, NOW).request.customer == quote().customer


def test_what_can_still_fail_is_checked() -> None:
    shop = world()
    shop.facts.stock["main", "tea"] = StockLevel(1000, True)
    assert refused(quote(), shop) == {("out_of_stock", "q1")}
    assert refused(quote(lines=[line("gone")])) == {("product_not_found", "q1")}
    shop = world()
    shop.facts.methods.clear()
    assert refused(quote(), shop) == {("shipping_method_not_found", "shipping.methodId")}
    shop = world()
    shop.sites["main"] = msgspec.structs.replace(shop.sites["main"], currency="PLN")
    assert refused(quote(), shop) == {("currency_mismatch", "currency")}
    assert refused(quote(lines=[msgspec.structs.replace(line(), tax_code="OLD")])) == {("tax_code_invalid", "q1")}


def test_a_quote_that_lacks_something_says_all_of_it() -> None:
    lacking = quote(shipping=None, billing_address=None)
    assert missing_parts(lacking) == ["billingAddress", "shipping"]
    assert refused(lacking) == {("value_missing", "quote.billingAddress"), ("value_missing", "quote.shipping")}


def test_nobody_is_charged_another_sum_because_taxes_have_changed() -> None:
    offer = quote(rules=NET, lines=[msgspec.structs.replace(line(), tax_rate=Decimal(16))])
    assert refused(offer) == {("quote_outdated", "quoteId")}


def test_the_fee_of_shipping_was_agreed_on_and_is_not_compared() -> None:
    shop = world()
    shop.facts.methods["main", "de", "parcel"] = method(fees=[])
    assert placed(quote(), shop).order.shipping.amount == 3


def test_what_the_catalogue_does_not_know_is_sold_as_it_was_offered() -> None:
    engraving = msgspec.structs.replace(line("engraving"), is_external=True, product={"id": "engraving", "name": "An"})
    order = placed(quote(lines=[engraving])).order
    assert order.stock == ()
    assert msgspec.json.decode(order.lines[0].product) == {"id": "engraving", "name": "An"}
    assert order.priced.final_price.gross == Decimal("18.57")


def test_lines_of_one_product_stay_apart_and_others_are_as_always() -> None:
    offer = quote(lines=[line(), msgspec.structs.replace(line(total="7.00"), id="q2"), line("mug")])
    cart = attempt_of(offer, PlaceOrder(None, None, None, (), (), quote_id="quote-1"), NOW).cart
    assert cart is not None
    assert [(one.product_id, one.separate) for one in cart.lines] == [("tea", True), ("tea", True), ("mug", False)]


def test_the_window_of_the_quote_is_taken_where_it_lies_ahead_or_is_named() -> None:
    ahead = DeliveryWindow("w", "s", "2028-01-01T10:00:00.000Z")
    over = DeliveryWindow("w", "s", "2020-01-01T10:00:00.000Z")
    assert window_of(quote(delivery_window=ahead), None, NOW) == ahead
    assert window_of(quote(delivery_window=over), None, NOW) is None
    assert window_of(quote(delivery_window=over), "w", NOW) == over
    assert refused(quote(delivery_window=over), window_id="w") == {("delivery_window_invalid", "deliveryDate")}
    assert refused(quote(), window_id="w") == {
        ("delivery_window_incomplete", "slotId"),
        ("delivery_window_incomplete", "deliveryDate"),
    }
