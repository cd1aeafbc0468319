"""Orders in the hands of the back office (docs/wire/emporix.md, 7)."""

from typing import Any

import httpx
import msgspec
import pytest

from tests.dialects.emporix.hostile import NUMBERS, check_refusal, refuses
from tests.dialects.emporix.orders.test_orders import check_audit, ids, move, place, rows
from tests.harness import Server
from tests.shop import Shop, days_ahead, number, send, succeeded, told

ADDRESS = {"contactName": "Ada Byron", "street": "Torstrasse", "zipCode": "10115", "city": "Berlin", "country": "DE"}
STALE = "Order update cannot be done. Update version is not valid."


@pytest.fixture
def base(shop: Shop) -> str:
    shop.standard()
    return f"/order-v2/{shop.name}/salesorders"


def written(**fields: Any) -> dict[str, Any]:
    """An order of two mugs as somebody would write it down at the telephone."""
    body: dict[str, Any] = {"siteCode": "main", "customer": {"firstName": "Ada", "email": "ada@example.com"}}
    body |= {"billingAddress": ADDRESS, "entries": [{"id": "mug", "amount": 2, "unitPrice": 10}]}
    return body | fields


def write(shop: Shop, base: str, **fields: Any) -> str:
    id: str = succeeded(send(shop.service, "POST", base, written(**fields)), 201)["id"]
    return id


def show(shop: Shop, base: str, id: str) -> dict[str, Any]:
    return succeeded(shop.service.get(f"{base}/{id}"), 200)


def patch(client: httpx.Client, path: str, body: Any, method: str = "PATCH") -> httpx.Response:
    return send(client, method, path, body)


# --------------------------------------------------------------------------------------------------------------- write


def test_an_order_is_written_down_and_calculated(shared_server: Server, shop: Shop, base: str) -> None:
    shop.stock("mug", 5)
    bought = place(shop, shop.guest())
    shipping = {"lines": [{"amount": 5, "code": "post", "name": "Post", "shippingTaxCode": "STANDARD"}]}
    answer = send(shop.service, "POST", base, written(shipping=shipping, legalEntityId="LE1"))
    created = succeeded(answer, 201)
    assert created["yrn"] == f"urn:yaas:saasag:order:order:{shop.name};{created['id']}"
    assert answer.headers["location"] == f"{base}/{created['id']}"
    assert int(created["id"].removeprefix("EON")) == int(bought.removeprefix("EON")) + 1
    order = show(shop, base, created["id"])
    assert (order["status"], order["checkout"], order["legalEntityId"]) == ("CREATED", False, "LE1")
    (entry,) = order["entries"]
    assert (entry["id"], entry["amount"], entry["product"]["name"]) == ("mug", 2, "The mug")
    assert order["calculatedPrice"]["finalPrice"]["grossValue"] == 25.95
    assert order["shipping"]["lines"][0]["code"] == "post"
    assert shop.on_hand("mug") == 4
    history = shop.service.get(f"{base}/{created['id']}/historical-transitions").json()
    assert [one["status"] for one in history] == ["CREATED"]
    (event,) = rows(shared_server, "events_of_subject", shop=shop.name, subject=created["id"])
    assert event[2] == "order_written"
    assert move(shop.service, f"{base}/{created['id']}", "DECLINED").status_code == 204
    assert shop.on_hand("mug") == 4
    check_audit(shared_server)


def test_an_entry_takes_price_and_tax_from_the_catalogue_where_it_names_none(shop: Shop, base: str) -> None:
    foreign = {"product": {"id": "x1", "name": "Gift", "sku": "G-1"}, "amount": 1, "unitPrice": 5}
    foreign |= {"tax": {"lines": [{"code": "STANDARD", "rate": 19}]}}
    whole = {"netValue": number("16.01"), "grossValue": number("19.06"), "taxCode": "STANDARD", "taxRate": 19}
    entries = [{"id": "tea", "amount": 3}, foreign, {"id": "mug", "amount": 2, "calculatedPrice": {"price": whole}}]
    order = show(shop, base, write(shop, base, entries=entries))
    tea, gift, mug = order["entries"]
    assert (tea["unitPrice"], tea["calculatedPrice"]["price"]["taxRate"]) == (10.7, 7)
    assert (gift["product"]["sku"], gift["totalPrice"], "itemYrn" in gift) == ("G-1", 5, False)
    assert mug["calculatedPrice"]["price"]["grossValue"] == 19.06
    assert mug["calculatedPrice"]["price"]["calculated"] == "EXTERNAL"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"entries": []}, "entries"),
        ({"entries": None}, "entries"),
        ({"customer": None}, "customer"),
        ({"billingAddress": None}, "billingAddress"),
        ({"siteCode": "nowhere"}, "siteCode"),
        ({"status": "LOST"}, "status"),
        ({"status": "SHIPPED"}, "shipments"),
        ({"checkout": True, "cartId": "c"}, "checkout"),
        ({"entries": [{"id": "mug"}]}, "entries[0].amount"),
        ({"entries": [{"id": "nothing", "amount": 1}]}, "entries[0].tax"),
        ({"entries": [{"amount": 1}]}, "entries[0].itemYrn"),
        ({"entries": [{"itemYrn": "urn:yaas:hybris:product:product:other;mug", "amount": 1}]}, "entries[0].itemYrn"),
        ({"calculatedPrice": {"finalPrice": {"grossValue": 19}}}, "calculatedPrice.finalPrice.grossValue"),
        (
            {"entries": [{"id": "mug", "amount": 1, "calculatedPrice": {"price": {"netValue": 10, "grossValue": 50}}}]},
            "entries[0].calculatedPrice.price",
        ),
        ({"payments": [{"method": "card"}]}, "payments[0].paidAmount"),
        ({"payments": [{"method": "card", "paidAmount": 1, "currency": "EUR", "status": "X"}]}, "payments[0].status"),
        ({"currency": "XXXX"}, "currency"),
    ],
)
def test_what_is_missing_or_does_not_add_up_is_refused(shop: Shop, base: str, fields: Any, field: str) -> None:
    refused = send(shop.service, "POST", base, written(**fields))
    assert refused.status_code == 400, told(refused)
    assert field in [detail["field"] for detail in refused.json()["details"]]
    assert ids(shop.service.get(base)) == []


def test_a_cart_has_one_order_of_its_checkout(shop: Shop, base: str) -> None:
    guest = shop.guest()
    cart_id = shop.cart(guest, ["mug"])
    bought = succeeded(shop.checkout(guest, shop.order_request(cart_id)), 200)["orderId"]
    refused = send(shop.service, "POST", base, written(cartId=cart_id, checkout=True))
    assert refused.status_code == 409
    assert refused.content == shop.checkout(guest, shop.order_request(cart_id)).content
    assert bought in refused.text
    beside = write(shop, base, cartId=cart_id)
    assert show(shop, base, beside)["cartId"] == cart_id


def test_no_hostile_number_or_body_breaks_an_order(shop: Shop, base: str) -> None:
    id = write(shop, base)
    for method, path in (("POST", base), ("PUT", f"{base}/{id}"), ("PATCH", f"{base}/{id}")):
        for text in NUMBERS:
            body = f'{{"entries":[{{"id":"mug","amount":{text},"unitPrice":{text}}}]}}'
            check_refusal(
                text, shop.service.request(method, path, content=body, headers={"content-type": "application/json"})
            )
    for path in (f"{base}/{id}/entries", f"{base}/{id}/calculations", base):
        for name, response in refuses(shop.service, "POST", path):
            check_refusal(name, response)
    assert show(shop, base, id)["metadata"]["version"] == 1


# ------------------------------------------------------------------------------------------------------------- correct


def test_payments_shipments_and_people_are_corrected(shared_server: Server, shop: Shop, base: str) -> None:
    id = place(shop, shop.guest())
    path = f"{base}/{id}"
    before = show(shop, base, id)
    payment = {"method": "card", "paidAmount": number("17.73"), "currency": "EUR", "status": "CAPTURE_SUCCESS"}
    assert patch(shop.service, path, {"payments": [payment | {"transactionId": "t1"}]}).status_code == 204
    body = {"shipments": [{"carrier": "Post"}], "shippingAddress": ADDRESS | {"street": "Other"}}
    body |= {"customer": {"firstName": "Grace", "email": "g@example.com"}, "mixins": {"note": {"text": "ring"}}}
    assert patch(shop.service, path, body | {"metadata": {"version": 2}}).status_code == 204
    stale = patch(shop.service, path, body | {"metadata": {"version": 2}})
    assert (stale.status_code, stale.json()["type"], stale.json()["message"]) == (409, "conflict_resource", STALE)
    order = show(shop, base, id)
    assert order["metadata"]["version"] == 3
    assert [(one["status"], one["paidAmount"]) for one in order["payments"]] == [("CAPTURE_SUCCESS", 17.73)]
    assert (order["customer"]["firstName"], order["shippingAddress"]["street"]) == ("Grace", "Other")
    assert order["mixins"]["note"] == {"text": "ring"}
    assert order["lastStatusChange"] == before["lastStatusChange"]
    assert order["calculatedPrice"] == before["calculatedPrice"]
    assert [one["status"] for one in shop.service.get(f"{path}/transitions").json()] == ["CONFIRMED", "DECLINED"]
    assert move(shop.service, path, "CONFIRMED").status_code == 204
    assert patch(shop.service, path, {"status": "SHIPPED"}).status_code == 204
    assert show(shop, base, id)["status"] == "SHIPPED"
    assert patch(shop.service, path, {"status": "CREATED"}).status_code == 400
    check_audit(shared_server)


def test_an_order_that_is_sent_back_as_it_was_read_is_not_changed(shop: Shop, base: str) -> None:
    id = place(shop, shop.guest(), [("mug", 2), "tea"], coupon=shop.coupon())
    before = show(shop, base, id)
    assert patch(shop.service, f"{base}/{id}?recalculate=true", before, "PUT").status_code == 204
    after = show(shop, base, id)
    assert after["metadata"].pop("version") == before["metadata"].pop("version") + 1
    assert before["payments"][0].items() <= after["payments"][0].items()
    assert {name: value for name, value in after.items() if name != "payments"} == {
        name: value for name, value in before.items() if name != "payments"
    }


def test_a_completed_order_needs_its_scope(shop: Shop, base: str) -> None:
    id = write(shop, base, status="COMPLETED")
    clerk = shop.client(shop.service_token("order.order_update"))
    assert patch(clerk, f"{base}/{id}", {"channel": {"name": "x"}}).status_code == 403
    assert patch(shop.service, f"{base}/{id}", {"channel": {"name": "x"}}).status_code == 204
    assert patch(clerk, f"{base}/EON1", {}).status_code == 404
    reader = shop.client(shop.service_token("order.order_read"))
    for method, path in (("POST", base), ("PATCH", f"{base}/{id}"), ("DELETE", f"{base}/{id}")):
        assert send(reader, method, path, written()).status_code == 403


# ------------------------------------------------------------------------------------------------------------- entries


def test_other_quantities_move_the_stock_and_add_up(shared_server: Server, shop: Shop, base: str) -> None:
    for product in ("mug", "tea"):
        shop.stock(product, 5)
    id = place(shop, shop.guest(), [("mug", 2), "teapot"], coupon=shop.coupon())
    path = f"{base}/{id}"
    fewer = {"entries": [{"entryId": "mug", "deliveredAmount": 1}]}
    order = succeeded(send(shop.service, "POST", f"{path}/calculations", fewer), 200)
    assert order["calculatedPrice"]["price"]["grossValue"] == 35.7
    assert shop.on_hand("mug") == 4
    check_audit(shared_server)
    preview = {"entries": [{"entryId": "mug", "quantity": 4}]}
    shown = succeeded(send(shop.service, "POST", f"{path}/entries", preview), 200)
    assert shown["entries"][0]["amount"] == 4
    assert shop.on_hand("mug") == 4
    assert show(shop, base, id)["entries"][0]["amount"] == 1
    more = {"entries": [{"entryId": "mug", "quantity": 4}, {"productId": "tea", "quantity": 2}]}
    stored = succeeded(send(shop.service, "POST", f"{path}/entries?store=true", more), 200)
    assert [(entry["id"], entry["amount"]) for entry in stored["entries"]] == [("mug", 4), ("teapot", 1), ("tea", 2)]
    assert stored == show(shop, base, id)
    assert [shop.on_hand("mug"), shop.on_hand("tea")] == [1, 3]
    check_audit(shared_server)
    short = send(shop.service, "POST", f"{path}/entries?store=true", {"entries": [{"entryId": "mug", "quantity": 6}]})
    assert short.status_code == 400
    assert short.json()["details"][0]["type"] == "out_of_stock"
    assert shop.on_hand("mug") == 1
    gone = {"entries": [{"entryId": "teapot", "quantity": 0}]}
    assert len(succeeded(send(shop.service, "POST", f"{path}/entries?store=true", gone), 200)["entries"]) == 2
    assert move(shop.service, path, "DECLINED").status_code == 204
    assert [shop.on_hand("mug"), shop.on_hand("tea")] == [5, 5]
    refused = send(shop.service, "POST", f"{path}/entries?store=true", preview)
    assert refused.status_code == 400
    check_audit(shared_server)


@pytest.mark.parametrize(
    "changes",
    [
        [{"quantity": 1}],
        [{"quantity": 1, "entryId": "mug", "productId": "mug"}],
        [{"quantity": 1, "entryId": "nothing"}],
        [{"quantity": 1, "productId": "nothing"}],
        [{"quantity": -1, "entryId": "mug"}],
        [{"quantity": 0, "entryId": "mug"}],
    ],
)
def test_entries_that_can_not_be_are_refused(shop: Shop, base: str, changes: list[Any]) -> None:
    id = place(shop, shop.guest())
    refused = send(shop.service, "POST", f"{base}/{id}/entries?store=true", {"entries": changes})
    assert refused.status_code == 400, told(refused)
    assert show(shop, base, id)["metadata"]["version"] == 1


# --------------------------------------------------------------------------------------------------------------- split


def test_an_order_is_split_by_vendor(shared_server: Server, shop: Shop, base: str) -> None:
    for id, vendor in (("a1", "A"), ("b1", "B"), ("a2", "A")):
        shop.price(shop.product(id, vendor={"id": vendor}), "10.00")
    id = place(shop, shop.guest(), ["a1", ("b1", 2), "a2"])
    answer = succeeded(send(shop.service, "POST", f"{base}/{id}/split", {"splitBy": "VENDOR_ID"}), 200)
    assert [part["uniqueValue"] for part in answer["subOrders"]] == ["A", "B"]
    master = show(shop, base, id)
    assert (master["orderType"], master["subOrders"]) == ("MASTER_ORDER", [part["id"] for part in answer["subOrders"]])
    first, second = (show(shop, base, part["id"]) for part in answer["subOrders"])
    assert [entry["id"] for entry in first["entries"]] == ["a1", "a2"]
    assert (first["orderType"], first["masterOrder"]) == ("SUB_ORDER", id)
    assert first["splitInfo"] == {"splitBy": "VENDOR_ID", "uniqueValue": "A"}
    assert (first["calculatedPrice"]["finalPrice"]["grossValue"], second["totalPrice"]) == (20, 20)
    assert send(shop.service, "POST", f"{base}/{id}/split", {}).status_code == 400
    discounted = place(shop, shop.guest(), ["a1", "b1"], coupon=shop.coupon())
    for other in (discounted, place(shop, shop.guest(), ["a1", "a2"])):
        assert send(shop.service, "POST", f"{base}/{other}/split", {}).status_code == 400
    check_audit(shared_server)


# ----------------------------------------------------------------------------------------------- search, delete, owners


def test_orders_are_searched_and_deleted_without_a_gap(shared_server: Server, shop: Shop, base: str) -> None:
    first, second = write(shop, base), write(shop, base)
    found = send(shop.service, "POST", f"{base}/search", {"q": f"id:{first}"})
    assert ids(found) == [first]
    assert ids(send(shop.service, "POST", f"{base}/search", {})) == [second, first]
    assert shop.service.delete(f"{base}/{first}").status_code == 204
    for refused in (
        shop.service.delete(f"{base}/{first}"),
        shop.service.get(f"{base}/{first}"),
        patch(shop.service, f"{base}/{first}", {}),
        move(shop.service, f"{base}/{first}", "CONFIRMED"),
    ):
        assert refused.status_code == 404, told(refused)
    assert ids(shop.service.get(base)) == [second]
    check_audit(shared_server)


def test_an_order_without_counted_products_takes_stock_when_it_gets_some(
    shared_server: Server, shop: Shop, base: str
) -> None:
    shop.stock("mug", 100)
    path = f"{base}/{place(shop, shop.guest(), [('mug', 5)])}/entries?store=true"
    assert shop.on_hand("mug") == 95
    swapped = {"entries": [{"entryId": "mug", "quantity": 0}, {"productId": "teapot", "quantity": 1}]}
    assert send(shop.service, "POST", path, swapped).status_code == 200
    assert shop.on_hand("mug") == 100
    assert send(shop.service, "POST", path, {"entries": [{"productId": "mug", "quantity": 7}]}).status_code == 200
    assert shop.on_hand("mug") == 93
    other = f"{base}/{place(shop, shop.guest(), ['teapot'])}/entries?store=true"
    too_many = send(shop.service, "POST", other, {"entries": [{"productId": "mug", "quantity": 94}]})
    assert too_many.status_code == 400
    assert shop.on_hand("mug") == 93
    assert send(shop.service, "POST", other, {"entries": [{"productId": "mug", "quantity": 3}]}).status_code == 200
    assert shop.on_hand("mug") == 90
    check_audit(shared_server)


def test_a_customer_sees_the_own_orders_of_a_legal_entity(shared_server: Server, shop: Shop, base: str) -> None:
    buyer, other = shop.customer(), shop.customer()
    company = shop.company(buyer, other)
    person = {"firstName": "Ada", "email": "ada@example.com"}
    mine = place(shop, buyer, cart={"legalEntityId": company}, customer=person)
    plain = place(shop, buyer, customer=person)
    theirs = place(shop, other, cart={"legalEntityId": company}, customer=person)
    path = f"/order-v2/{shop.name}/legal-entity-orders/{company}"
    answer = buyer.get(path)
    assert (ids(answer), answer.headers["x-total-count"]) == ([mine], "1")
    assert ids(shop.service.get(path)) == [theirs, mine]
    assert buyer.get(f"{path}/{mine}").json()["legalEntityId"] == company
    for refused in (buyer.get(f"{path}/{plain}"), buyer.get(f"{path}/{theirs}")):
        assert refused.status_code == 404
    assert shop.guest().get(path).status_code == 403


def test_an_order_given_to_another_customer_is_that_customers_alone(shop: Shop, base: str) -> None:
    guest, ada, bob = shop.guest(), shop.customer(), shop.customer()
    claimed = {"firstName": "Ada", "email": "a@example.com", "guest": True, "id": bob.customer_id}
    id = place(shop, guest, customer=claimed)
    own = f"/order-v2/{shop.name}/orders"
    assert patch(shop.service, f"{base}/{id}", {"mixins": {"note": {"text": "x"}}}).status_code == 204
    assert (ids(guest.get(own)), ids(bob.get(own))) == ([id], [])
    for owner, others in ((ada, (guest, bob)), (bob, (guest, ada))):
        person = {"customer": {"id": owner.customer_id, "firstName": "A", "email": owner.email}}
        assert patch(shop.service, f"{base}/{id}", person).status_code == 204
        assert ids(owner.get(own)) == ids(shop.service.get(base, params={"q": f"customer.id:{owner.customer_id}"}))
        assert ids(owner.get(own)) == [id]
        assert [ids(other.get(own)) for other in others] == [[], []]
        assert [other.get(f"{own}/{id}").status_code for other in others] == [404, 404]


def test_what_was_sold_before_it_was_counted_stays_out_of_the_count(
    shared_server: Server, shop: Shop, base: str
) -> None:
    path = f"{base}/{place(shop, shop.guest(), [('mug', 5)])}/entries?store=true"
    shop.stock("mug", 10)
    for quantity, left in ((4, 10), (6, 8), (5, 9), (1, 10), (3, 8)):
        change = {"entries": [{"entryId": "mug", "quantity": quantity}]}
        assert send(shop.service, "POST", path, change).status_code == 200
        assert shop.on_hand("mug") == left
    assert move(shop.service, path.partition("/entries")[0], "DECLINED").status_code == 204
    assert shop.on_hand("mug") == 10
    check_audit(shared_server)


def test_an_entry_that_is_sent_twice_is_refused(shop: Shop, base: str) -> None:
    id = place(shop, shop.guest())
    entries = [{"id": "mug", "amount": 1}, {"id": "mug", "amount": 3}]
    refused = patch(shop.service, f"{base}/{id}", {"entries": entries}, "PUT")
    assert refused.status_code == 400, told(refused)
    assert show(shop, base, id)["entries"][0]["amount"] == 1


def test_a_back_office_looks_at_a_customers_orders_with_the_customers_saas_token(shop: Shop, base: str) -> None:
    ada, bob = shop.customer(), shop.customer()
    person = {"firstName": "Ada", "email": "ada@example.com"}
    mine, theirs = place(shop, ada, customer=person), place(shop, bob, customer=person)
    own = f"/order-v2/{shop.name}/orders"
    clerk = shop.client(shop.service_token("order.history_view"))
    for_ada = {"saas-token": ada.saas_token}
    assert ids(clerk.get(own, headers=for_ada)) == [mine]
    assert succeeded(clerk.get(f"{own}/{mine}", headers=for_ada), 200)["id"] == mine
    assert clerk.get(f"{own}/{theirs}", headers=for_ada).status_code == 404
    assert clerk.get(own).status_code == 403
    assert clerk.get(own, headers={"saas-token": ada.saas_token + "x"}).status_code == 401
    assert shop.client(shop.service_token("order.order_read")).get(own, headers=for_ada).status_code == 403
    decline = {"status": "DECLINED"}
    assert clerk.post(f"{own}/{mine}/transitions", json=decline, headers=for_ada).status_code == 403
    other = shop.client(shop.service_token("order.order_updateascustomer"))
    assert other.post(f"{own}/{theirs}/transitions", json=decline, headers=for_ada).status_code == 404
    assert other.post(f"{own}/{mine}/transitions", json=decline, headers=for_ada).status_code == 204
    assert show(shop, base, mine)["status"] == "DECLINED"


def test_every_entry_has_a_name_of_its_own(shared_server: Server, shop: Shop, base: str) -> None:
    shop.stock("mug", 20)
    external = shop.item("mug", 5, itemType="EXTERNAL") | {"price": {"effectiveAmount": 9, "originalAmount": 9}}
    customer = shop.customer()
    cart_id = shop.cart(shop.service, ["mug", external], customerId=customer.customer_id)
    buyer = {"id": customer.customer_id, "firstName": "Ada", "email": customer.email}
    id = succeeded(shop.checkout(customer, shop.order_request(cart_id, customer=buyer)), 200)["orderId"]
    first, second = show(shop, base, id)["entries"]
    assert (first["id"], first["amount"], second["id"], second["amount"]) == ("mug", 1, "1_SLI_mug", 5)
    delivered = {"entries": [{"entryId": "mug", "deliveredAmount": 4}]}
    assert send(shop.service, "POST", f"{base}/{id}/calculations", delivered).status_code == 200
    assert [entry["amount"] for entry in show(shop, base, id)["entries"]] == [4, 5]
    assert shop.on_hand("mug") == 11
    added = {"entries": [{"productId": "tea", "quantity": 1}, {"productId": "tea", "quantity": 2}]}
    assert send(shop.service, "POST", f"{base}/{id}/entries?store=true", added).status_code == 200
    written_twice = write(shop, base, entries=[{"id": "mug", "amount": 1}, {"id": "mug", "amount": 2}])
    for one in (id, written_twice):
        order = show(shop, base, one)
        names = [entry["id"] for entry in order["entries"]]
        assert len(set(names)) == len(names), names
        assert patch(shop.service, f"{base}/{one}", order, "PUT").status_code == 204
        assert show(shop, base, one)["entries"] == order["entries"]
    twice = {"entries": [{"entryId": "mug", "quantity": 1}, {"entryId": "mug", "quantity": 2}]}
    assert send(shop.service, "POST", f"{base}/{id}/entries", twice).status_code == 400
    check_audit(shared_server)


def test_a_change_of_a_part_leaves_the_rest_of_it(shop: Shop, base: str) -> None:
    id = place(shop, shop.guest())
    before = show(shop, base, id)
    change = {"customer": {"firstName": "Zed"}, "shippingAddress": {"street": "New"}}
    assert patch(shop.service, f"{base}/{id}", change).status_code == 204
    order = show(shop, base, id)
    assert order["shippingAddress"] == before["shippingAddress"] | {"street": "New"}
    person = {name: value for name, value in before["customer"].items() if name not in ("name", "firstName")}
    assert order["customer"] == person | {"firstName": "Zed", "name": order["customer"]["name"]}
    unknown = patch(shop.service, f"{base}/{id}", {"customer": {"id": "nobody"}})
    assert (unknown.status_code, unknown.json()["details"][0]["field"]) == (400, "customer.id")


@pytest.mark.parametrize("version", ["1", 1.0, "999", "x", 7, True, {}])
def test_a_version_that_is_not_the_latest_is_stale_however_it_is_written(shop: Shop, base: str, version: Any) -> None:
    id = place(shop, shop.guest())
    assert patch(shop.service, f"{base}/{id}", {"mixins": {"n": {"v": 1}}}).status_code == 204
    body = msgspec.json.encode({"metadata": {"version": version}, "mixins": {"n": {"v": 2}}})
    json = {"content-type": "application/json"}
    refused = shop.service.patch(f"{base}/{id}", content=body, headers=json)
    assert refused.status_code == 409, told(refused)
    product = f"/product/{shop.name}/products/mug"
    for _ in range(2):
        assert patch(shop.service, product, {"name": "Mug"}).status_code in (200, 204)
    body = msgspec.json.encode({"metadata": {"version": version}, "name": "Lost"})
    assert shop.service.patch(product, content=body, headers=json).status_code == 409
    assert patch(shop.service, f"{base}/{id}", {"metadata": {"version": "2"}}).status_code == 204


def test_the_window_of_an_order_that_booked_one_stays(shop: Shop, base: str) -> None:
    time_id = shop.delivery_time(capacity=1)
    window = {"id": time_id, "slotId": "day", "deliveryDate": days_ahead(3)}
    id = place(shop, shop.guest(), cart={"deliveryWindow": window})
    order = show(shop, base, id)
    other = patch(shop.service, f"{base}/{id}", {"deliveryWindow": window | {"deliveryDate": days_ahead(4)}})
    assert (other.status_code, other.json()["details"][0]["field"]) == (400, "deliveryWindow")
    assert patch(shop.service, f"{base}/{id}", order, "PUT").status_code == 204
    after = show(shop, base, id)
    assert (after["deliveryWindow"], after["mixins"]) == (order["deliveryWindow"], order["mixins"])
    plain = place(shop, shop.guest())
    bogus = {"deliveryWindow": {"id": "x", "slotId": "y", "deliveryDate": "bogus"}}
    assert patch(shop.service, f"{base}/{plain}", bogus).status_code == 400


def test_a_guest_sees_the_parts_of_an_order_that_was_split(shop: Shop, base: str) -> None:
    for product, vendor in (("a1", "A"), ("b1", "B")):
        shop.price(shop.product(product, vendor={"id": vendor}), "10.00")
    guest = shop.guest()
    id = place(shop, guest, ["a1", "b1"])
    parts = succeeded(send(shop.service, "POST", f"{base}/{id}/split", {}), 200)["subOrders"]
    for part in parts:
        assert guest.get(f"/order-v2/{shop.name}/orders/{part['id']}").status_code == 200


def test_what_may_not_be_sold_is_not_added_to_an_order_either(shop: Shop, base: str) -> None:
    id = place(shop, shop.guest())
    shop.stock("teapot", 10, available=False)
    added = {"entries": [{"productId": "teapot", "quantity": 1}]}
    assert send(shop.service, "POST", f"{base}/{id}/entries?store=true", added).status_code == 400
    assert shop.on_hand("teapot") == 10
