"""Cart items, one by one and in batches (docs/wire/emporix.md, 5 and 5.2)."""

from typing import Any

import httpx
import pytest

from tests.shop import Guest, Shop, send, succeeded, told


class Basket:
    """One guest's cart and the calls to its items."""

    def __init__(self, shop: Shop) -> None:
        shop.standard()
        self.shop = shop
        self.guest: Guest = shop.guest()
        self.id = shop.cart(self.guest)
        self.path = f"/cart/{shop.name}/carts/{self.id}"
        self.items = f"{self.path}/items"

    def add(self, product: str, **fields: Any) -> httpx.Response:
        return send(self.guest, "POST", self.items, self.shop.item(product) | fields)

    def send(self, method: str, path: str, body: object) -> httpx.Response:
        return send(self.guest, method, path, body)

    def lines(self) -> list[tuple[str, str, float]]:
        items: list[dict[str, Any]] = self.guest.get(self.items).json()
        return [(item["id"], item["product"]["id"], item["quantity"]) for item in items]

    def version(self) -> int:
        version: int = succeeded(self.guest.get(self.path), 200)["metadata"]["version"]
        return version


@pytest.fixture
def basket(shop: Shop) -> Basket:
    return Basket(shop)


def test_an_item_is_added_with_its_id_and_place(basket: Basket) -> None:
    added = basket.add("mug", quantity=2)
    assert added.status_code == 201, told(added)
    assert added.json() == {"itemId": "0", "yrn": f"urn:yaas:saasag:caascart:item:{basket.shop.name};{basket.id};0"}
    assert added.headers["location"] == f"{basket.items}/0"
    assert basket.add("tea").json()["itemId"] == "1"
    assert basket.add("mug").json()["itemId"] == "0"
    assert basket.lines() == [("0", "mug", 3), ("1", "tea", 1)]


def test_an_item_shows_what_it_is_and_costs(basket: Basket) -> None:
    basket.add("mug", quantity=2)
    item = succeeded(basket.guest.get(f"{basket.items}/0"), 200)
    price_id, _, _ = basket.shop.prices["mug"]
    assert item["price"] == {"priceId": price_id, "originalAmount": 11.9, "effectiveAmount": 11.9, "currency": "EUR"}
    sides = {"taxCode": "STANDARD", "taxRate": 19}
    assert item["unitPrice"] == {"netValue": 10, "grossValue": 11.9, "taxValue": 1.9} | sides
    line = {"netValue": 20, "grossValue": 23.8, "taxValue": 3.8} | sides
    assert item["calculatedPrice"] == {"price": line | {"calculated": "INTERNAL"}, "finalPrice": line}
    assert item["itemPrice"] == item["authorizedAmount"] == {"amount": 23.8, "currency": "EUR"}
    assert item["itemTaxInfo"] == [
        {"name": "STANDARD", "value": {"amount": 3.8}, "rate": 19, "grossValue": 23.8, "netValue": 20}
    ]
    assert (item["quantity"], item["effectiveQuantity"], item["type"]) == (2, 2, "INTERNAL")
    assert item["product"] == {
        "id": "mug",
        "sku": "mug",
        "code": "mug",
        "name": "The mug",
        "localizedName": {"en": "The mug"},
    }
    assert item["keepAsSeparateLineItem"] is False


def test_a_product_is_shown_as_it_is_now_and_in_the_language_asked_for(basket: Basket) -> None:
    shop = basket.shop
    media = [{"id": "m1", "url": "https://example.com/m1.jpg"}, {"id": "no address"}, "nonsense"]
    name = {"en": "Jug", "de": "Krug"}
    shop.product("jug", name=name, description={"de": "Aus Ton"}, media=media, vendor={"id": "v1", "name": "Potter"})
    shop.price("jug", "5")
    basket.add("jug")
    shown = basket.guest.get(f"{basket.items}/0", headers={"accept-language": "de"}).json()["product"]
    assert (shown["name"], shown["description"], shown["localizedName"]) == ("Krug", "Aus Ton", name)
    assert shown["images"] == media[:1]
    assert shown["vendor"] == {"id": "v1", "name": "Potter"}
    shop.service.delete(f"/product/{shop.name}/products/jug")
    gone = succeeded(basket.guest.get(f"{basket.items}/0"), 200)
    assert gone["product"] == {"id": "jug"}
    assert gone["unitPrice"]["grossValue"] == 5


@pytest.mark.parametrize(
    ("yrn", "status"),
    [
        ("urn:yaas:saasag:caasproduct:product:{shop};mug", 201),
        ("urn:yaas:hybris:product:product:{shop};mug", 201),
        ("mug", 400),
        ("urn:yaas:saasag:caasproduct:category:{shop};mug", 400),
        ("urn:aws:hybris:product:product:{shop};mug", 400),
        ("urn:yaas:hybris:product:product:another;mug", 400),
        ("urn:yaas:hybris:product:product:{shop}x;mug", 400),
        ("urn:yaas:hybris:product:product:{shop};", 400),
        ("", 400),
        ("urn:yaas:hybris:product:product:{shop};" + "x" * 256, 400),
        ("urn:yaas:" + "x" * 400 + ":product:product:{shop};mug", 400),
    ],
)
def test_products_are_named_in_both_spellings_and_no_other(basket: Basket, yrn: str, status: int) -> None:
    answer = basket.add("mug", itemYrn=yrn.format(shop=basket.shop.name))
    assert answer.status_code == status, told(answer)
    if status == 400 and len(yrn) < 100:
        assert "Given yrn does not match yaas urn scheme" in answer.json()["message"]


def test_an_item_may_name_its_product_by_id(basket: Basket) -> None:
    item = basket.shop.item("mug") | {"itemYrn": None, "product": {"id": "mug", "name": "anything"}}
    succeeded(basket.send("POST", basket.items, item), 201)
    assert basket.lines() == [("0", "mug", 1)]


def test_what_is_not_sold_and_costs_something_else_can_still_be_added(basket: Basket) -> None:
    item = basket.shop.item("mug") | {"itemYrn": f"urn:yaas:hybris:product:product:{basket.shop.name};nothing"}
    item["price"] |= {"priceId": "nothing", "effectiveAmount": 3, "originalAmount": 4}
    succeeded(basket.send("POST", basket.items, item), 201)
    shown = succeeded(basket.guest.get(basket.path), 200)
    assert shown["totalPrice"]["amount"] == 3
    assert "taxCode" not in shown["items"][0]["unitPrice"]
    assert succeeded(basket.guest.get(f"{basket.path}/validate"), 200)["isValid"] is False


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"quantity": None}, "quantity is required"),
        ({"price": None}, "price is required"),
        ({"itemYrn": None}, "itemYrn is required"),
        ({"quantity": 0}, "Quantity must be greater than zero"),
        ({"quantity": -1}, "quantity must be from 0"),
        ({"quantity": "many"}, "quantity"),
        ({"quantity": 1.0001}, "at most three decimal places"),
        ({"quantity": 10**9}, "quantity must be from 0"),
        ({"price": {}}, "price.priceId is required"),
        ({"price": {"priceId": "p"}}, "price.effectiveAmount is required"),
        ({"price": {"priceId": "p", "originalAmount": -1, "effectiveAmount": 1, "currency": "EUR"}}, "originalAmount"),
        ({"price": {"priceId": "p", "originalAmount": 1, "effectiveAmount": 1, "currency": "E"}}, "price.currency"),
        ({"mixins": {"a": "x" * 40_000}}, "mixins must not have more than"),
        ({"keepAsSeparateLineItem": "yes"}, "Expected"),
    ],
)
def test_an_item_that_can_not_be_is_refused(basket: Basket, fields: dict[str, Any], said: str) -> None:
    refused = basket.add("mug", **fields)
    assert refused.status_code == 400, told(refused)
    assert said in refused.text
    assert basket.version() == 1


def test_a_shop_may_let_clients_leave_out_parts_of_the_price(basket: Basket) -> None:
    price_id, _, _ = basket.shop.prices["mug"]
    parts = ("OriginalAmount", "EffectiveAmount", "Currency")
    for part in parts:
        assert basket.add("mug", price={"priceId": price_id}).status_code == 400, part
        _configure(basket.shop, f"cartItemValidationSkip{part}", True)
    succeeded(basket.add("mug", price={"priceId": price_id}), 201)
    item = succeeded(basket.guest.get(f"{basket.items}/0"), 200)
    assert item["price"] == {"priceId": price_id, "currency": "EUR"}
    assert item["unitPrice"]["grossValue"] == 11.9


def _configure(shop: Shop, key: str, value: object) -> None:
    succeeded(shop.service.post(f"/configuration/{shop.name}/configurations", json={"key": key, "value": value}), 201)


def test_a_product_at_two_prices_is_refused_unless_the_shop_allows_it(basket: Basket) -> None:
    basket.add("mug")
    other = {"priceId": "other", "originalAmount": 1, "effectiveAmount": 1, "currency": "EUR"}
    refused = basket.add("mug", price=other)
    assert refused.status_code == 400
    assert "with the price" in refused.json()["message"]
    _configure(basket.shop, "cartItemValidationSkipExistingItemsValidationOnAddToCart", "true")
    succeeded(basket.add("mug", price=other, keepAsSeparateLineItem=True), 201)
    assert basket.lines() == [("0", "mug", 1), ("1", "mug", 1)]
    listed = ",".join(sorted(["other", basket.shop.prices["mug"][0]]))
    details = succeeded(basket.guest.get(f"{basket.path}/validate"), 200)["itemsValidationDetails"]
    assert {"errorCode": "CART-ITEM-UNIT-PRICE-100002", "field": "items.unitPrice"} | {
        "message": f"Duplicated prices [{listed}] found for the same product in the cart"
    } in details[0]["errors"]


@pytest.mark.parametrize(
    "fields",
    [
        {"itemType": "EXTERNAL"},
        {"linePrice": {"effectiveAmount": 1, "originalAmount": 1, "currency": "EUR"}},
        {"lineTax": {"rate": 19, "netValue": 1, "grossValue": 1.19}},
        {"externalFees": [{"feeType": "ABSOLUTE"}]},
        {"externalDiscounts": [{"id": "all", "discountType": "PERCENT", "value": 100}]},
    ],
)
def test_nobody_sets_prices_of_their_own(basket: Basket, fields: dict[str, Any]) -> None:
    clerk = basket.shop.client(basket.shop.service_token("cart.cart_manage"))
    for client in (basket.guest, clerk):
        refused = send(client, "POST", basket.items, basket.shop.item("mug") | fields)
        assert refused.status_code == 403, told(refused)
        assert refused.json()["details"] == ["Required scope(s): cart.cart_manage_external_prices"]
    succeeded(basket.add("mug"), 201)
    assert basket.send("PUT", f"{basket.items}/0?partial=true", fields).status_code == 403
    discount = {"id": "all", "discountType": "PERCENT", "value": 100}
    assert basket.send("PUT", basket.path, {"externalDiscounts": [discount]}).status_code == 403


def test_a_put_replaces_and_a_partial_one_merges(basket: Basket) -> None:
    basket.add("mug", mixins={"note": {"text": "blue"}, "size": 1})
    partial = basket.send("PUT", f"{basket.items}/0?partial=true", {"quantity": 4, "mixins": {"size": 2}})
    assert (partial.status_code, partial.content) == (204, b"")
    item = basket.guest.get(f"{basket.items}/0").json()
    assert (item["quantity"], item["mixins"]) == (4, {"note": {"text": "blue"}, "size": 2})
    whole = basket.shop.item("mug", 5)
    assert basket.send("PUT", f"{basket.items}/0", whole).status_code == 204
    item = basket.guest.get(f"{basket.items}/0").json()
    assert item["quantity"] == 5
    assert "mixins" not in item
    cheaper = {"price": {"effectiveAmount": 9}}
    assert basket.send("PUT", f"{basket.items}/0?partial=true", cheaper).status_code == 204
    price = basket.guest.get(f"{basket.items}/0").json()["price"]
    assert (price["originalAmount"], price["effectiveAmount"]) == (11.9, 9)
    assert basket.send("PUT", f"{basket.items}/0", cheaper).status_code == 400
    assert basket.send("PUT", f"{basket.items}/0", {"quantity": 0}).status_code == 400
    basket.add("tea")
    other = basket.send("PUT", f"{basket.items}/1", basket.shop.item("mug"))
    assert other.status_code == 400
    assert "item 0 already" in other.json()["message"]
    assert basket.send("PUT", f"{basket.items}/1", basket.shop.item("teapot")).status_code == 204
    assert basket.lines() == [("0", "mug", 5), ("1", "teapot", 1)]


def test_items_are_removed_one_by_one_and_all_at_once(basket: Basket) -> None:
    for product in ("mug", "tea", "teapot"):
        basket.add(product)
    gone = basket.guest.delete(f"{basket.items}/1")
    assert (gone.status_code, gone.content) == (204, b"")
    assert basket.lines() == [("0", "mug", 1), ("2", "teapot", 1)]
    for method, body in (("GET", None), ("PUT", {"quantity": 1}), ("DELETE", None)):
        sent: dict[str, Any] = {"json": body} if body is not None else {}
        missing = basket.guest.request(method, f"{basket.items}/1", **sent)
        assert missing.status_code == 404
        assert missing.json()["message"] == f"Cart item not found in cart {basket.id} with code 1"
    assert basket.guest.delete(basket.items).status_code == 204
    assert basket.guest.delete(basket.items).status_code == 204
    assert basket.lines() == []
    assert basket.add("mug").json()["itemId"] == "3"


def test_a_batch_of_new_items_tells_the_fate_of_each(basket: Basket) -> None:
    shop = basket.shop
    items = [
        shop.item("mug", 2),
        shop.item("tea") | {"quantity": 0},
        {"nonsense": 1},
        shop.item("tea"),
        shop.item("mug"),
    ]
    answer = basket.send("POST", f"{basket.path}/itemsBatch", items)
    fates: Any = succeeded(answer, 200)
    assert [(fate["index"], fate["status"], fate.get("id")) for fate in fates] == [
        (0, 201, "0"),
        (1, 400, None),
        (2, 400, None),
        (3, 201, "1"),
        (4, 201, "0"),
    ]
    assert fates[0]["headers"] == {"location": f"/carts/{basket.id}/items/0"}
    assert fates[0]["yrn"].endswith(f"{basket.id};0")
    assert "greater than zero" in fates[1]["errorMessage"]
    assert "is required" in fates[2]["errorMessage"]
    assert basket.lines() == [("0", "mug", 3), ("1", "tea", 1)]
    assert basket.version() == 2


def test_a_batch_of_changes_tells_the_fate_of_each(basket: Basket) -> None:
    shop = basket.shop
    for product in ("mug", "tea"):
        basket.add(product)
    changes = [
        shop.item("mug", 7) | {"id": "0"},
        {"id": "1", "quantity": 0},
        {"id": "9", "quantity": 1},
        {"quantity": 1},
    ]
    answer = basket.send("PUT", f"{basket.path}/itemsBatch", changes)
    fates: Any = succeeded(answer, 207)
    assert [(fate["index"], fate["id"], fate["code"], fate["status"]) for fate in fates] == [
        (0, "0", 204, "No Content"),
        (1, "1", 400, "Bad Request"),
        (2, "9", 404, "Not Found"),
        (3, None, 400, "Bad Request"),
    ]
    assert fates[1]["details"] == ["Quantity must be greater than zero"]
    assert basket.lines() == [("0", "mug", 7), ("1", "tea", 1)]


@pytest.mark.parametrize(("method", "count"), [("POST", 201), ("PUT", 51), ("POST", 10_000)])
def test_a_batch_has_an_end(basket: Basket, method: str, count: int) -> None:
    refused = basket.send(method, f"{basket.path}/itemsBatch", [{"id": "0"}] * count)
    assert refused.status_code == 400, told(refused)
    assert "Maximum size of the payload array is" in refused.json()["message"]
    assert basket.version() == 1


def test_a_weighed_product_costs_what_it_weighs(basket: Basket) -> None:
    """docs/wire/emporix.md, 8: 1.99 for 100 g makes 23.88 for 1200 g."""
    shop = basket.shop
    shop.product("cheese", tax_class="REDUCED")
    unit = {"quantity": 100, "unitCode": "g"}
    tiers = {"tierType": "BASIC", "tiers": [{"minQuantity": {"quantity": 0, "unitCode": "g"}}]}
    shop.price("cheese", "1.99", model=shop.price_model(measurementUnit=unit, tierDefinition=tiers))
    item = shop.item("cheese", "1200")
    item["price"]["measurementUnit"] = unit
    succeeded(basket.send("POST", basket.items, item), 201)
    shown = succeeded(basket.guest.get(f"{basket.items}/0"), 200)
    assert shown["price"]["measurementUnit"] == unit
    assert shown["calculatedPrice"]["price"]["grossValue"] == 23.88
    assert shown["unitPrice"]["grossValue"] == 0.02
