"""What outside systems set in a cart: kept, calculated, shown, bought, and guarded (docs/wire/emporix.md, 5.2)."""

import json
from typing import Any

import httpx
import msgspec
import pytest

from tests.dialects.emporix.hostile import NUMBERS, check_refusal
from tests.dialects.emporix.published_orders import (
    EON1200,
    GROSS_RULES,
    PHONE,
    PICKING,
    PICKING_NAME,
    View,
    taxed,
    view,
)
from tests.shop import Guest, Shop, number, send, succeeded, told
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.shapes import PricingLine, ShippingCharge

NET = "urn:yaas:saasag:caasproduct:product"


class Basket:
    """A guest's cart, which the guest and a back office with the scope for external prices work on."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.guest = shop.guest()
        self.pricer = shop.service
        self.id = shop.cart(self.guest)
        self.path = f"/cart/{shop.name}/carts/{self.id}"

    def put_in(self, product: str, quantity: int = 1, **fields: Any) -> str:
        """An item added by the holder of the scope; its id."""
        item = self.shop.item(product, quantity) | fields
        id: str = succeeded(send(self.pricer, "POST", f"{self.path}/items", item), 201)["itemId"]
        return id

    def change(self, client: httpx.Client, id: str, body: Any, partial: bool = True) -> httpx.Response:
        return send(client, "PUT", f"{self.path}/items/{id}" + ("?partial=true" if partial else ""), body)

    def item(self, id: str) -> View:
        return succeeded(self.guest.get(f"{self.path}/items/{id}"), 200)

    def cart(self) -> View:
        return succeeded(self.guest.get(self.path), 200)

    def buy(self, guest: Guest | None = None) -> httpx.Response:
        return self.shop.checkout(guest or self.guest, self.shop.order_request(self.id))


@pytest.fixture
def basket(shop: Shop) -> Basket:
    shop.standard()
    return Basket(shop)


def external(net: str, gross: str, **fields: Any) -> View:
    """The fields of an external item with these prices of one piece at 19 percent."""
    price = {"effectiveAmount": number(gross), "originalAmount": number(gross), "currency": "EUR"}
    tax = {"name": "STANDARD", "rate": 19, "netValue": number(net), "grossValue": number(gross)}
    return {"itemType": "EXTERNAL", "price": price, "tax": tax} | fields


def fee(amount: str, **fields: Any) -> View:
    return {"feeType": "ABSOLUTE", "feeAbsolute": {"amount": number(amount), "currency": "EUR"}} | fields


# ------------------------------------------------------------------------------------------------------- EON1200


def test_eon1200_is_bought_over_the_wire(shop: Shop) -> None:
    """Everything of the published order but its payment fee, which needs the vendor's fee service."""
    shop.site(cartCalculationScale=3)
    shop.tax()
    shop.zone()
    shop.method("Pickup", fee="10")
    uplift = {"key": "authorizedAmountUplift", "value": 30}
    succeeded(send(shop.service, "POST", f"/configuration/{shop.name}/configurations", uplift), 201)
    model = shop.price_model()
    phone = {"code": PHONE["code"], "name": PHONE["name"]}
    for id, amount, tax, fields in (
        ("galaxy-s24", "350", "STANDARD", phone),
        ("shirt--1", "10", "REDUCED", {}),
        ("galaxy-s27", "55", "REDUCED", {"weightDependent": True}),
    ):
        shop.price(shop.product(id, tax_class=tax, **fields), amount, model=model)
    shop.coupon("LS100EUROTOTAL", absolute=100, discountCalculationType="TOTAL")
    basket = Basket(shop)
    picking = fee("3.5", id=PICKING.id, name=PICKING_NAME, taxable=True, taxCode="REDUCED")
    free_phone = {"id": "buy-2-get-1-free", "discountType": "PERCENT", "value": 40, "sequence": 1}
    separate = {"keepAsSeparateLineItem": True, "externalFees": [picking]}
    for product, quantity, fields in (
        ("galaxy-s24", 2, separate | {"externalDiscounts": [free_phone]}),
        ("shirt--1", 1, {}),
        ("galaxy-s27", 2, separate),
    ):
        yrn = f"{NET}:{shop.name};{product}"
        basket.put_in(product, quantity, itemYrn=yrn, **fields)
    code = {"code": "LS100EUROTOTAL"}
    assert send(basket.guest, "POST", f"{basket.path}/discounts", code).status_code == 201
    channel = {"channel": EON1200.channel}
    assert send(basket.guest, "PUT", basket.path, channel).status_code == 204
    buyer = {"firstName": "John", "lastName": "Dutton", "email": EON1200.customer.email, "guest": True}
    payment = [{"provider": "stripe", "method": "invoice"}]
    request = shop.order_request(basket.id, "Pickup", customer=buyer, paymentMethods=payment)
    id = succeeded(shop.checkout(basket.guest, request), 200)["orderId"]
    bought = succeeded(shop.service.get(f"/order-v2/{shop.name}/salesorders/{id}"), 200)
    published = _without_the_payment_fee(id, shop.name)
    differing = {"cartId", "created", "lastStatusChange", "siteCode", "restriction"}
    differing |= {"billingAddress", "shippingAddress", "entries"}
    assert set(bought) == set(published)
    for key in set(published) - differing:
        assert bought[key] == published[key], key
    for entry, wanted in zip(bought["entries"], published["entries"], strict=True):
        assert set(entry) == set(wanted)
        for key in set(wanted) - {"itemYrn", "product", "price"}:
            assert entry[key] == wanted[key], (wanted["id"], key)
    # What stands in the contract, once more as it stands there.
    final = bought["calculatedPrice"]["finalPrice"]
    assert [round(final[side] * 1000) for side in ("netValue", "grossValue")] == [396_625, 459_390]
    assert bought["calculatedPrice"]["upliftValue"]["grossValue"] == 33
    assert [entry["id"] for entry in bought["entries"]] == ["0_SLI_galaxy-s24", "shirt--1", "2_SLI_galaxy-s27"]


def _without_the_payment_fee(id: str, shop: str) -> View:
    external_fee = msgspec.structs.replace(PICKING, origin="EXTERNAL")
    phone, shirt, weighed = EON1200.lines
    priced = price_cart(
        GROSS_RULES,
        [
            PricingLine(
                "0",
                phone.quantity,
                phone.effective_amount,
                "STANDARD",
                number(19),
                fees=(external_fee,),
                discounts=phone.external_discounts,
            ),
            PricingLine("1", shirt.quantity, shirt.effective_amount, "REDUCED", number(7)),
            PricingLine(
                "2",
                weighed.quantity,
                weighed.effective_amount,
                "REDUCED",
                number(7),
                fees=(external_fee,),
                weight_dependent=True,
            ),
        ],
        discounts=EON1200.discounts,
        shipping=ShippingCharge(number(10), "STANDARD", number(19)),
    )
    order = msgspec.structs.replace(EON1200, payment_fees=(), priced=priced)
    document: View = json.loads(json.dumps(view(order, id, shop)))
    return document


# ----------------------------------------------------------------------------------------------------- what is shown


def test_an_external_price_is_kept_calculated_and_bought(basket: Basket) -> None:
    id = basket.put_in("mug", 2, **external("8", "9.52"))
    item = basket.item(id)
    assert item["type"] == "EXTERNAL"
    assert item["tax"] == {"name": "STANDARD", "rate": 19, "netValue": 8, "grossValue": 9.52}
    assert item["calculatedPrice"]["price"] == taxed(16, 19.04, 3.04, "STANDARD", 19) | {"calculated": "INTERNAL"}
    assert succeeded(basket.guest.get(f"{basket.path}/validate"), 200) == {"isValid": True}
    order_id = succeeded(basket.buy(), 200)["orderId"]
    order = succeeded(basket.guest.get(f"/order-v2/{basket.shop.name}/orders/{order_id}"), 200)
    (entry,) = order["entries"]
    assert (entry["type"], entry["unitPrice"], entry["totalPrice"]) == ("EXTERNAL", 9.52, 19.04)
    assert order["calculatedPrice"]["price"]["grossValue"] == 19.04


def test_line_values_rule_until_the_quantity_changes(basket: Basket) -> None:
    values = {"name": "STANDARD", "rate": 19, "netValue": number("16.01"), "grossValue": number("19.06")}
    price = {"originalAmount": number("19.06"), "effectiveAmount": number("19.06"), "currency": "EUR"}
    id = basket.put_in("mug", 2, **external("8", "9.52", lineTax=values, linePrice=price))
    item = basket.item(id)
    assert item["calculatedPrice"]["price"] == taxed(16.01, 19.06, 3.05, "STANDARD", 19) | {"calculated": "EXTERNAL"}
    assert (item["lineTax"]["grossValue"], item["linePrice"]["effectiveAmount"]) == (19.06, 19.06)
    assert basket.change(basket.pricer, id, {"mixins": {"note": "kept"}}).status_code == 204
    assert basket.item(id)["calculatedPrice"]["price"]["calculated"] == "EXTERNAL"
    assert basket.change(basket.pricer, id, {"quantity": 3}).status_code == 204
    item = basket.item(id)
    assert item["calculatedPrice"]["price"] == taxed(24, 28.56, 4.56, "STANDARD", 19) | {"calculated": "INTERNAL"}
    assert "lineTax" not in item
    assert item["type"] == "EXTERNAL"


def test_a_whole_put_clears_what_it_does_not_send_and_a_partial_one_keeps_it(basket: Basket) -> None:
    discount = {"id": "ten", "discountType": "PERCENT", "value": 10}
    id = basket.put_in("mug", externalFees=[fee("2")], externalDiscounts=[discount])
    assert basket.change(basket.pricer, id, {"quantity": 2}).status_code == 204
    item = basket.item(id)
    assert item["calculatedPrice"]["discountedPrice"]["grossValue"] == 21.42
    assert item["calculatedPrice"]["totalFee"]["netValue"] == 2
    assert item["fees"]["total"]["subTotal"] == 2
    assert basket.cart()["feeYrnAggregate"]["elements"][0]["total"]["subTotal"] == 2
    assert [one["id"] for one in item["externalDiscounts"]] == ["ten"]
    assert basket.change(basket.pricer, id, basket.shop.item("mug", 2), partial=False).status_code == 204
    item = basket.item(id)
    assert not {"externalDiscounts", "externalFees"} & set(item)
    assert item["calculatedPrice"]["finalPrice"]["grossValue"] == 23.8


def test_a_product_from_elsewhere_is_bought_without_the_catalogue(basket: Basket) -> None:
    product = {"id": "ip15p", "name": "iPhone 15 pro", "sku": "testSku", "description": "128gb"}
    item = external("1041.18", "1239", product=product, quantity=1, itemYrn=None)
    id = succeeded(send(basket.pricer, "POST", f"{basket.path}/items", item), 201)["itemId"]
    shown = basket.item(id)
    assert shown["product"] == {
        "id": "ip15p",
        "code": "testSku",
        "sku": "testSku",
        "name": "iPhone 15 pro",
        "localizedName": {"en": "iPhone 15 pro"},
        "description": "128gb",
    }
    assert "itemYrn" not in shown
    assert basket.change(basket.guest, id, {"quantity": 2}).status_code == 403
    order_id = succeeded(basket.buy(), 200)["orderId"]
    (entry,) = basket.guest.get(f"/order-v2/{basket.shop.name}/orders/{order_id}").json()["entries"]
    assert (entry["id"], entry["type"], entry["product"]["sku"]) == ("ip15p", "EXTERNAL", "testSku")
    assert "itemYrn" not in entry


def test_external_lines_stand_apart_from_those_of_the_catalogue_and_at_another_price(basket: Basket) -> None:
    first = basket.put_in("mug", **external("8", "9.52"))
    added = send(basket.guest, "POST", f"{basket.path}/items", basket.shop.item("mug"))
    assert succeeded(added, 201)["itemId"] != first
    assert basket.put_in("mug", 2, **external("8", "9.52")) == first
    other = basket.put_in("mug", 2, **external("7", "8.33"))
    lines = [(item["type"], item["quantity"]) for item in basket.cart()["items"]]
    assert lines == [("EXTERNAL", 3), ("INTERNAL", 1), ("EXTERNAL", 2)]
    assert [basket.item(id)["unitPrice"]["grossValue"] for id in (first, other)] == [9.52, 8.33]
    assert succeeded(basket.guest.get(f"{basket.path}/validate"), 200) == {"isValid": True}


def test_a_refresh_leaves_external_prices_and_another_currency_refuses_them(basket: Basket) -> None:
    id = basket.put_in("mug", **external("8", "9.52"))
    assert basket.guest.put(f"{basket.path}/refresh").status_code == 204
    assert basket.item(id)["price"]["effectiveAmount"] == 9.52
    moved = send(basket.guest, "POST", f"{basket.path}/changeCurrency", {"currency": "CHF"})
    assert moved.status_code == 400
    assert "items 0 have no price in CHF" in moved.json()["message"]


# ------------------------------------------------------------------------------------------------ discounts, validity


def test_bad_external_discounts_are_told_and_not_sold(basket: Basket) -> None:
    over = {"id": "over", "discountType": "PERCENT", "value": 101}
    large = {"id": "large", "discountType": "ABSOLUTE", "value": 12}
    basket.put_in("mug", externalDiscounts=[over])
    basket.put_in("tea", externalDiscounts=[large])
    told_by = succeeded(basket.guest.get(f"{basket.path}/validate"), 200)
    assert told_by["isValid"] is False
    codes = [
        [(error["errorCode"], error["field"]) for error in one["errors"]] for one in told_by["itemsValidationDetails"]
    ]
    assert codes == [
        [("CART-ITEM-EXTERNAL-DISCOUNT-100001", "items.externalDiscounts")],
        [("CART-ITEM-EXTERNAL-DISCOUNT-100002", "items.externalDiscounts")],
    ]
    refused = basket.buy()
    assert [detail["type"] for detail in refused.json()["details"]] == [
        "external_discount_invalid",
        "external_discount_too_large",
    ]


def test_an_external_discount_may_take_from_the_fees_as_well(basket: Basket) -> None:
    half = {"id": "half", "discountType": "PERCENT", "value": 50, "includeFees": True}
    id = basket.put_in("mug", externalFees=[fee("2")], externalDiscounts=[half])
    calculated = basket.item(id)["calculatedPrice"]
    assert calculated["fees"][0]["discountedPrice"]["grossValue"] == 1
    assert calculated["finalPrice"]["grossValue"] == 6.95


def test_a_cart_has_external_discounts_while_it_holds_what_they_were_given_for(basket: Basket) -> None:
    basket.put_in("mug")
    discount = {"id": "loyal", "discountType": "PERCENT", "value": 20, "discountCalculationType": "TOTAL"}
    assert send(basket.guest, "PUT", basket.path, {"externalDiscounts": [discount]}).status_code == 403
    assert send(basket.pricer, "PUT", basket.path, {"externalDiscounts": [discount]}).status_code == 204
    assert send(basket.guest, "PUT", basket.path, {"channel": {"name": "app"}}).status_code == 204
    cart = basket.cart()
    assert [one["id"] for one in cart["externalDiscounts"]] == ["loyal"]
    assert cart["calculatedPrice"]["finalPrice"]["grossValue"] == 9.52
    (applied,) = cart["calculatedPrice"]["totalDiscount"]["appliedDiscounts"]
    assert (applied["id"], applied["origin"]) == ("loyal", "EXTERNAL")
    assert send(basket.guest, "POST", f"{basket.path}/items", basket.shop.item("tea")).status_code == 201
    assert "externalDiscounts" not in basket.cart()
    assert send(basket.pricer, "PUT", basket.path, {"externalDiscounts": [discount]}).status_code == 204
    order_id = succeeded(basket.buy(), 200)["orderId"]
    order = basket.guest.get(f"/order-v2/{basket.shop.name}/orders/{order_id}").json()
    assert order["calculatedPrice"]["finalPrice"]["grossValue"] == pytest.approx(0.8 * (22.6 + 5.83), abs=0.01)
    assert order["discounts"] == []
    assert (
        basket.guest.post(
            f"/order-v2/{basket.shop.name}/orders/{order_id}/transitions", json={"status": "DECLINED"}
        ).status_code
        == 204
    )


# ------------------------------------------------------------------------------------------------------ who may write


def test_a_shopper_can_not_carry_an_external_price_to_another_quantity(basket: Basket) -> None:
    """The catalogue's price holds again, and nothing that was given for what the line was."""
    discount = {"id": "gift", "discountType": "PERCENT", "value": 90}
    id = basket.put_in("mug", **external("8", "9.52", externalDiscounts=[discount], externalFees=[fee("2")]))
    assert basket.change(basket.guest, id, {"mixins": {"note": "blue"}}).status_code == 204
    assert basket.item(id)["type"] == "EXTERNAL"
    assert basket.change(basket.guest, id, {"quantity": 100}).status_code == 204
    item = basket.item(id)
    assert item["type"] == "INTERNAL"
    assert item["calculatedPrice"]["finalPrice"]["grossValue"] == 1190
    assert not {"externalDiscounts", "externalFees", "tax"} & set(item)
    assert basket.buy().status_code == 200


def test_a_shoppers_whole_put_returns_a_line_to_the_catalogue(basket: Basket) -> None:
    id = basket.put_in("mug", **external("1", "1.19"))
    cheap = {"price": {"priceId": "", "effectiveAmount": 1, "originalAmount": 1, "currency": "EUR"}}
    assert basket.change(basket.guest, id, cheap | {"quantity": 1}, partial=False).status_code == 400
    assert basket.change(basket.guest, id, {"quantity": 1}, partial=False).status_code == 204
    item = basket.item(id)
    assert (item["type"], item["price"]["effectiveAmount"]) == ("INTERNAL", 11.9)


def test_a_batch_can_not_do_what_a_single_change_can_not(basket: Basket) -> None:
    id = basket.put_in("mug", **external("8", "9.52"))
    stolen = {"id": id, "externalDiscounts": [{"id": "all", "discountType": "PERCENT", "value": 100}]}
    (fate,) = send(basket.guest, "PUT", f"{basket.path}/itemsBatch?partial=true", [stolen]).json()
    assert fate["code"] == 403
    (added,) = send(
        basket.guest, "POST", f"{basket.path}/itemsBatch", [basket.shop.item("tea") | external("1", "1.19")]
    ).json()
    assert added["status"] == 403


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"externalFees": [{"feeType": "ABSOLUTE"}]}, "externalFees[0].feeAbsolute is required"),
        ({"externalFees": [{"feeType": "PERCENT"}]}, "externalFees[0].feePercentage is required"),
        ({"externalFees": [fee("-1")]}, "must not be negative"),
        ({"externalFees": [fee("1", taxable=True)]}, "externalFees[0].taxCode is required"),
        ({"externalFees": [fee("1")] * 21}, "at most 20 elements"),
        (
            {"externalFees": [{"feeType": "ABSOLUTE", "feeAbsolute": {"amount": 1, "currency": "USD"}}]},
            "must be that of",
        ),
        ({"externalDiscounts": [{"id": "a", "discountType": "PERCENT", "value": -1}]}, "must not be negative"),
        ({"externalDiscounts": [{"id": "", "discountType": "PERCENT", "value": 1}]}, "externalDiscounts[0].id"),
        ({"externalDiscounts": [{"id": "a", "discountType": "FREE", "value": 1}]}, "externalDiscounts"),
        ({"externalDiscounts": {"id": "a"}}, "externalDiscounts"),
        ({"itemType": "FOREIGN", "externalFees": [fee("1")]}, "itemType must be INTERNAL or EXTERNAL"),
        ({"tax": {"rate": 19}, "itemType": "EXTERNAL"}, "tax.name is required"),
        ({"tax": {"name": "A", "rate": 1001}, "itemType": "EXTERNAL"}, "tax.rate must be a percentage"),
        ({"lineTax": {"name": "A", "rate": 19}, "itemType": "EXTERNAL"}, "lineTax needs netValue and grossValue"),
        ({"lineTax": {"name": "A", "netValue": 1, "grossValue": 1}, "itemType": "INTERNAL"}, "needs itemType EXTERNAL"),
        (
            {"itemType": "EXTERNAL", "linePrice": {"originalAmount": 1, "effectiveAmount": 1, "currency": "EUR"}},
            "linePrice needs lineTax",
        ),
        ({"itemType": "EXTERNAL", "itemYrn": None, "product": {"id": 7}}, "product.id"),
        ({"itemType": "EXTERNAL", "price": {"priceId": "p"}}, "price.effectiveAmount is required"),
    ],
)
def test_what_can_not_be_calculated_is_refused(basket: Basket, fields: View, said: str) -> None:
    refused = send(basket.pricer, "POST", f"{basket.path}/items", basket.shop.item("mug") | fields)
    assert refused.status_code == 400, told(refused)
    assert said in refused.text
    assert "items" not in basket.cart() or basket.cart()["items"] == []


def test_no_number_of_a_hostile_system_breaks_the_cart(basket: Basket) -> None:
    yrn = f"{NET}:{basket.shop.name};mug"
    for text in NUMBERS:
        for field in (
            f'"externalDiscounts":[{{"id":"a","discountType":"ABSOLUTE","value":{text}}}]',
            f'"externalFees":[{{"feeType":"PERCENT","feePercentage":{text}}}]',
            f'"tax":{{"name":"A","rate":{text},"netValue":{text},"grossValue":{text}}}',
            f'"lineTax":{{"name":"A","rate":1,"netValue":{text},"grossValue":{text}}}',
        ):
            price = '"price":{"effectiveAmount":1,"originalAmount":1,"currency":"EUR"}'
            body = f'{{"itemYrn":"{yrn}","quantity":1,"itemType":"EXTERNAL",{price},{field}}}'
            answer = basket.pricer.post(
                f"{basket.path}/items", content=body, headers={"content-type": "application/json"}
            )
            check_refusal(body, answer)
    assert basket.cart()["items"] == []


# ------------------------------------------------------------------------------------------------------ configuration


def configure(shop: Shop, key: str, value: Any) -> None:
    body = {"key": key, "value": value}
    succeeded(send(shop.service, "POST", f"/configuration/{shop.name}/configurations", body), 201)


@pytest.mark.parametrize(
    "value", ["PLN", '[{"id":"EUR"},{"id":"PLN","default":true}]', [{"id": "PLN", "default": True}, {"id": "EUR"}]]
)
def test_a_shop_without_sites_sells_in_its_configured_currency(shop: Shop, value: Any) -> None:
    configure(shop, "project_curr", value)
    found = shop.guest().get(f"/cart/{shop.name}/carts", params={"siteCode": "main", "create": "true"})
    assert succeeded(found, 200)["currency"] == "PLN"


@pytest.mark.parametrize("value", ["XYZ1", "[", [7], 7, None, [{"id": 7}]])
def test_a_configured_currency_that_is_none_counts_nothing(shop: Shop, value: Any) -> None:
    configure(shop, "project_curr", value)
    found = shop.guest().get(f"/cart/{shop.name}/carts", params={"siteCode": "main", "create": "true"})
    assert succeeded(found, 200)["currency"] == "EUR"


def test_a_cart_speaks_the_shops_language_where_nobody_names_one(shop: Shop) -> None:
    shop.standard()
    shop.price(shop.product("cup", name={"en": "Cup", "de": "Becher"}), "2.00")
    guest = shop.guest()
    path = f"/cart/{shop.name}/carts/{shop.cart(guest, ['cup'])}/items/0"
    assert guest.get(path).json()["product"]["name"] == "Cup"
    configure(shop, "project_lang", [{"id": "en"}, {"id": "de", "default": True}])
    assert guest.get(path).json()["product"]["name"] == "Becher"
    assert guest.get(path, headers={"accept-language": "en"}).json()["product"]["name"] == "Cup"


@pytest.mark.parametrize(
    ("value", "uplift"), [(30, 3.57), ("30", 3.57), ("lots", None), (-1, None), (True, None), (0, None)]
)
def test_the_uplift_is_a_percentage_of_what_is_weighed(shop: Shop, value: Any, uplift: float | None) -> None:
    shop.standard()
    shop.price(shop.product("ham", weightDependent=True), "11.90")
    configure(shop, "authorizedAmountUplift", value)
    guest = shop.guest()
    cart = succeeded(guest.get(f"/cart/{shop.name}/carts/{shop.cart(guest, ['ham', 'mug'])}"), 200)
    found = cart["calculatedPrice"].get("upliftValue", {}).get("grossValue")
    assert found == uplift
    assert cart["totalAuthorizedAmount"]["amount"] == pytest.approx(23.8 + (uplift or 0))
