"""Orders over HTTP: who sees which, lists, and the steps of their lives (docs/wire/emporix.md, 7)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.dialects.emporix.hostile import check_refusal, refuses
from tests.harness import Server, new_shop, running_servers
from tests.shop import Guest, Line, Shop, days_ahead, send, succeeded, told
from tillroll.engine.shops.audit import audit
from tillroll.store import Row, open_store

FOREVER = 2**60
NOT_FOUND = {
    "status": 404,
    "type": "element_resource_non_existing",
    "message": "The requested resource was not found on the server.",
    "moreInfo": "",
    "details": [],
}

# Every key that the contract names for an order made by a checkout with all that there can be (7.1).
KEYS = {
    "": """id status created lastStatusChange cartId createdBy entries discounts customer siteCode countryCode
        billingAddress shippingAddress payments shipping tax subTotalPrice totalPrice totalAuthorizedAmount currency
        metadata mixins channel deliveryWindow feeYrnAggregate calculatedPrice restriction""",
    "customer": "id name title firstName lastName company email",
    "entries.0": """id itemYrn keepAsSeparateLineItem type amount orderedAmount effectiveQuantity originalAmount
        originalPrice unitPrice calculatedUnitPrice totalPrice product tax price totalDiscount fees metadata mixins
        calculatedPrice priceMatchDetails""",
    "entries.0.product": "id sku name localizedName description published images productType",
    "entries.0.tax.lines.0": "amount currency code name rate sequenceId inclusive",
    "entries.0.tax.total": "amount currency inclusive",
    "entries.0.price": "priceId currency originalAmount effectiveAmount basePrice presentationPrice metadata",
    "entries.0.totalDiscount": "amount currency",
    "entries.0.fees": "total",
    "entries.0.fees.total": "subTotal totalTax total",
    "entries.0.mixins": "fees",
    "entries.0.metadata": "mixins",
    "entries.0.calculatedUnitPrice": "netValue grossValue taxValue taxCode taxRate",
    "entries.0.calculatedPrice": "price discountedPrice totalDiscount finalPrice",
    "entries.0.calculatedPrice.discountedPrice.appliedDiscounts.0": "id value price discountType origin",
    "entries.0.calculatedPrice.totalDiscount": "calculationType value price appliedDiscounts",
    "entries.0.priceMatchDetails": "netValue grossValue taxValue taxCode taxRate taxCountry",
    "shipping": "total lines",
    "shipping.lines.0": "amount currency code name localizedName tax shippingTaxCode",
    "shipping.lines.0.tax": "total rate",
    "discounts.0": "code amount currency sequenceId categoryRestricted",
    "payments.0": "status method paidAmount currency provider",
    "calculatedPrice": "price discountedPrice shipping totalShipping totalDiscount finalPrice",
    "calculatedPrice.finalPrice": "netValue grossValue taxValue taxAggregate",
    "metadata": "mixins version",
    "mixins": "payments generalAttributes deliveryTime payment gift",
    "mixins.payments": "elements total",
    "mixins.payments.elements.0": "paymentMethodYrn total",
    "mixins.payments.total": "subTotal totalTax total discount",
    "mixins.generalAttributes": "extendedOrderStatus customerFirstOrder orderNumber",
    "mixins.deliveryTime": """deliveryTimeId deliveryDate deliveryTimeFrom deliveryTimeTo deliveryTimeZoneId
        deliveryTimeMethodId deliveryCosts""",
    "mixins.payment": "paymentType",
    "deliveryWindow": "id slotId deliveryDate deliveryCycle deliveryTimeRange",
    "feeYrnAggregate": "total",
}


@pytest.fixture
def base(shop: Shop) -> str:
    shop.standard()
    return f"/order-v2/{shop.name}"


def place(shop: Shop, buyer: httpx.Client, lines: Sequence[Line] = ("mug",), **overrides: Any) -> str:
    """Buy a new cart; the order's id. `coupon` goes into the cart, the rest overrides the checkout request."""
    coupon = overrides.pop("coupon", None)
    cart_id = shop.cart(buyer, lines, **overrides.pop("cart", {}))
    if coupon is not None:
        succeeded(send(buyer, "POST", f"/cart/{shop.name}/carts/{cart_id}/discounts", {"code": coupon}), 201)
    id: str = succeeded(shop.checkout(buyer, shop.order_request(cart_id, **overrides)), 200)["orderId"]
    return id


def rows(server: Server, query: str, **parameters: Any) -> list[Row]:
    with closing(open_store(server.database_url)) as store:
        return store.write_now(lambda tx: tx.rows(query, **parameters))


def check_audit(server: Server) -> None:
    """Fail where what is stored does not add up."""
    with closing(open_store(server.database_url)) as store:
        problems = [problem for one in store.write_now(audit) for problem in one.problems]
    assert problems == []


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, told(response)
    return [order["id"] for order in response.json()]


def move(client: httpx.Client, path: str, status: str) -> httpx.Response:
    return send(client, "POST", f"{path}/transitions", {"status": status})


# --------------------------------------------------------------------------------------------------------- documents


def test_an_order_has_every_key_that_the_contract_names(shared_server: Server, shop: Shop, base: str) -> None:
    buyer = shop.customer()
    coupon = shop.coupon(discountCalculationType="TOTAL")
    cart = {
        "channel": {"name": "storefront", "source": "https://shop.example/"},
        "deliveryWindow": {"id": shop.delivery_time(), "slotId": "day", "deliveryDate": days_ahead(2)},
        "mixins": {"gift": {"wrap": True}},
    }
    shop.product("cup", description={"en": "A cup", "de": "Ein Becher"})
    shop.price("cup", "5.95")
    person = {"title": "MRS", "firstName": "Ada", "lastName": "Byron", "company": "Byron", "email": "ada@example.com"}
    payment = [{"provider": "none", "method": "invoice", "customAttributes": {"paymentType": "paymentByCredit"}}]
    id = place(
        shop,
        buyer,
        ["cup", "tea"],
        coupon=coupon,
        cart=cart,
        customer=person | {"id": buyer.customer_id},
        paymentMethods=payment,
    )
    order = succeeded(buyer.get(f"{base}/orders/{id}"), 200)
    for path, names in KEYS.items():
        place_in_order: Any = order
        for step in path.split(".") if path else ():
            place_in_order = place_in_order[int(step) if step.isdigit() else step]
        assert set(names.split()) - set(place_in_order) == set(), path
    assert order["customer"]["id"] == order["createdBy"] == buyer.customer_id
    assert order["entries"][0]["product"]["description"] == "[de:Ein Becher, en:A cup]"
    assert "type" not in order["billingAddress"]
    assert "checkout" not in order
    assert succeeded(shop.service.get(f"{base}/salesorders/{id}"), 200) == order | {"checkout": True}


def test_an_orders_figures_are_those_of_the_checkout(shop: Shop, base: str) -> None:
    guest = shop.guest()
    order = guest.get(f"{base}/orders/{place(shop, guest, [('mug', 2), 'tea'])}").json()
    assert order["calculatedPrice"]["price"]["grossValue"] == 34.5
    assert order["calculatedPrice"]["shipping"] == {
        "netValue": 4.9,
        "grossValue": 5.83,
        "taxValue": 0.93,
        "taxCode": "STANDARD",
        "taxRate": 19,
    }
    assert order["calculatedPrice"]["finalPrice"]["grossValue"] == 40.33
    assert (order["subTotalPrice"], order["totalPrice"], order["totalAuthorizedAmount"]) == (34.5, 40.33, 40.33)
    assert [entry["amount"] for entry in order["entries"]] == [2, 1]
    assert order["shipping"]["lines"][0]["code"] == "standard"


# --------------------------------------------------------------------------------------------------------- who sees it


def test_an_order_is_shown_to_its_buyer_and_the_back_office_alone(shared_server: Server, shop: Shop, base: str) -> None:
    guest, other = shop.guest(), shop.guest()
    id = place(shop, guest)
    assert succeeded(guest.get(f"{base}/orders/{id}"), 200)["id"] == id
    for refused in (
        other.get(f"{base}/orders/{id}"),
        shop.customer().get(f"{base}/orders/{id}"),
        other.get(f"{base}/orders/{id}/transitions"),
        move(other, f"{base}/orders/{id}", "DECLINED"),
        guest.get(f"{base}/orders/EON9999"),
        shop.service.get(f"{base}/salesorders/EON9999"),
        shop.service.get(f"{base}/salesorders/EON9999/historical-transitions"),
        move(shop.service, f"{base}/salesorders/EON9999", "CONFIRMED"),
    ):
        assert (refused.status_code, refused.json()) == (404, NOT_FOUND), told(refused)
    assert ids(other.get(f"{base}/orders")) == []


def test_a_guest_does_not_see_what_a_customer_bought_in_the_same_session(
    shared_server: Server, shop: Shop, base: str
) -> None:
    guest = shop.guest()
    before = place(shop, guest)
    buyer = shop.customer(guest=guest)
    after = place(shop, buyer, customer={"firstName": "Ada", "email": "ada@example.com"})
    assert (ids(guest.get(f"{base}/orders")), ids(buyer.get(f"{base}/orders"))) == ([before], [after])
    assert guest.get(f"{base}/orders/{after}").status_code == 404
    assert buyer.get(f"{base}/orders/{before}").status_code == 404


def test_every_door_is_shut_to_strangers(shop: Shop, shared_server: Server, base: str) -> None:
    id = place(shop, shop.guest())
    unscoped = shop.client(shop.service_token("site.site_read"))
    reader = shop.client(shop.service_token("order.order_read"))
    with new_shop(shared_server) as other:
        calls: list[tuple[str, str, Any]] = [
            ("GET", f"{base}/salesorders", None),
            ("GET", f"{base}/salesorders/{id}", None),
            ("GET", f"{base}/salesorders/{id}/transitions", None),
            ("GET", f"{base}/salesorders/{id}/historical-transitions", None),
            ("POST", f"{base}/salesorders/{id}/transitions", {"status": "CONFIRMED"}),
        ]
        for method, path, body in calls:
            assert shop.client().request(method, path, json=body).status_code == 401
            for stranger in (other.service, unscoped, shop.guest()):
                refused = stranger.request(method, path, json=body)
                assert refused.status_code == 403, told(refused)
                said = refused.json()
                assert said["type"] == "insufficient_permissions"
                assert said["message"] == (
                    "Given request does not have required scopes. It is not authorized to perform this operation."
                )
        assert other.guest().get(f"{base}/orders/{id}").status_code == 403
        assert other.service.get(f"/order-v2/{other.name}/salesorders/{id}").status_code == 404
    assert shop.service.get(f"{base}/orders").status_code == 403
    assert move(reader, f"{base}/salesorders/{id}", "CONFIRMED").status_code == 403
    assert reader.get(f"{base}/salesorders/{id}").json()["status"] == "CREATED"


# -------------------------------------------------------------------------------------------------------------- lists


def test_a_shopper_pages_through_the_own_orders(shop: Shop, base: str) -> None:
    guest = shop.guest()
    place(shop, shop.guest())
    placed = [place(shop, guest) for _ in range(18)][::-1]
    first = guest.get(f"{base}/orders")
    assert (ids(first), first.headers["x-total-count"]) == (placed[:16], "18")
    second = guest.get(f"{base}/orders", params={"pageNumber": "2"})
    assert (ids(second), second.headers["x-total-count"]) == (placed[16:], "18")
    assert ids(guest.get(f"{base}/orders", params={"pageSize": "5", "pageNumber": "2"})) == placed[5:10]
    assert ids(guest.get(f"{base}/orders", params={"pageSize": "5", "pageNumber": "5"})) == []
    found = guest.get(f"{base}/orders", params={"q": f"id:{placed[3]}"})
    assert (ids(found), found.headers["x-total-count"]) == ([placed[3]], "1")
    for wrong in ({"pageSize": "0"}, {"pageNumber": "x"}, {"q": "("}, {"sort": "&"}):
        assert guest.get(f"{base}/orders", params=wrong).status_code == 400


def test_the_back_office_finds_orders(shared_server: Server, shop: Shop, base: str) -> None:
    path, buyer, guest = f"{base}/salesorders", shop.customer(), shop.guest()
    bought = place(shop, buyer, [("teapot", 3)], customer={"firstName": "Ada", "email": "ada@example.com"})
    waiting = place(shop, guest, paymentMethods=[{"provider": "custom"}])
    plain = place(shop, guest, ["tea"])
    everything = [plain, waiting, bought]

    def found(q: str = "", **parameters: str) -> list[str]:
        return ids(shop.service.get(path, params={"q": q, **parameters}))

    assert found() == everything
    assert found(f"id:{waiting}") == [waiting]
    assert found(f"id:({waiting},EON9,{bought})") == [waiting, bought]
    assert found(f"id:{waiting} status:CREATED") == []
    assert found("status:IN_CHECKOUT") == [waiting]
    assert found("status:(IN_CHECKOUT,CREATED)") == everything
    assert found("siteCode:main status:CREATED") == [plain, bought]
    assert found("siteCode:other") == found('status:""') == []
    number = buyer.customer_id
    assert found(f"customer.id:{number}") == found(f"createdBy:{number}") == [bought]
    assert found(f"customer.id:{number} status:DECLINED") == []
    assert found("customer.email:ada@example.com") == everything
    assert found("entries.product.id:tea") == [plain]
    assert found("totalPrice:>50") == [bought]
    assert found(sort="created:desc") == everything
    assert found(sort="created:asc") == everything[::-1]
    assert found(sort="totalPrice:desc") == [bought, waiting, plain]
    assert found("status:CREATED", sort="totalPrice", pageSize="1", pageNumber="2") == [bought]
    assert found("entries.product.id:exists", pageSize="2", pageNumber="2") == [bought]
    assert shop.service.get(path, params={"fields": "status", "q": f"id:{plain}"}).json() == [
        {"id": plain, "status": "CREATED"}
    ]
    assert found(pageSize="10000") == everything
    for wrong in ({"q": "("}, {"sort": "&"}, {"pageSize": "0"}):
        refused = shop.service.get(path, params=wrong)
        assert (refused.status_code, refused.json()["type"]) == (400, "validation_violation")


def test_the_back_office_counts_orders(shop: Shop, base: str) -> None:
    path, guest = f"{base}/salesorders", shop.guest()
    for provider in ("none", "custom", "none"):
        place(shop, guest, paymentMethods=[{"provider": provider}])

    def count(method: str, **parameters: str) -> str | None:
        answer = shop.service.request(method, path, params=parameters, headers={"x-total-count": "true"})
        assert answer.status_code == 200, told(answer)
        total: str | None = answer.headers.get("x-total-count")
        return total

    assert "x-total-count" not in shop.service.get(path).headers
    for method in ("GET", "HEAD"):
        assert count(method) == count(method, pageSize="2", pageNumber="7") == "3"
        assert count(method, q="status:CREATED") == "2"
        assert count(method, q="payments.provider:custom") == "1"
        assert count(method, q="payments.provider:none", pageSize="1") == "2"
        assert count(method, q="payments.provider:none", pageNumber="9") == "2"
        assert count(method, q="status:CREATED", sort="totalPrice") == "2"
    assert shop.service.head(path).headers["x-total-count"] == "3"
    assert shop.service.head(path).content == b""
    assert shop.service.head(path, params={"q": "("}).status_code == 400


# -------------------------------------------------------------------------------------------------------- transitions


def test_an_order_walks_through_its_life(shared_server: Server, shop: Shop, base: str) -> None:
    guest = shop.guest()
    id = place(shop, guest, paymentMethods=[{"provider": "custom"}])
    path = f"{base}/salesorders/{id}"
    walk = [("CREATED", "CREATED DECLINED"), ("CONFIRMED", "CONFIRMED DECLINED"), ("COMPLETED", "COMPLETED DECLINED")]
    for status, expected in walk:
        possible = shop.service.get(f"{path}/transitions").json()
        assert possible == [{"status": one} for one in expected.split()]
        moved = move(shop.service, path, status)
        assert (moved.status_code, moved.content) == (204, b"")
    assert shop.service.get(f"{path}/transitions").json() == []
    order = shop.service.get(path).json()
    assert (order["status"], order["metadata"]["version"]) == ("COMPLETED", 4)
    assert order["lastStatusChange"] > order["created"]
    assert order["mixins"]["generalAttributes"]["extendedOrderStatus"] == "10"
    history = shop.service.get(f"{path}/historical-transitions").json()
    assert [one["status"] for one in history] == ["IN_CHECKOUT", "CREATED", "CONFIRMED", "COMPLETED"]
    assert (history[0]["changedAt"], history[-1]["changedAt"]) == (order["created"], order["lastStatusChange"])
    events = rows(shared_server, "events_of_subject", shop=shop.name, subject=id)
    assert [event[2] for event in events] == ["order_placed", *["order_status_changed"] * 3]
    assert {event[3] for event in events} == {f"session:{guest.session_id}"}
    assert events[1][6] == '{"from":"IN_CHECKOUT","to":"CREATED","by":"service","stock":[],"coupons":[]}'
    check_audit(shared_server)


def test_what_the_machine_does_not_know_is_refused(shop: Shop, base: str) -> None:
    id = place(shop, shop.guest())
    path = f"{base}/salesorders/{id}"
    refused = move(shop.service, path, "SHIPPED")
    assert refused.status_code == 400, told(refused)
    assert refused.json()["type"] == "validation_violation"
    assert refused.json()["details"] == [
        {
            "field": "status",
            "type": "invalid_transition",
            "message": "the order can not go from CREATED to SHIPPED; possible now: CONFIRMED, DECLINED",
            "moreInfo": "",
        }
    ]
    assert move(shop.service, path, "CONFIRMED").status_code == 204
    unshipped = move(shop.service, path, "SHIPPED")
    assert unshipped.status_code == 400
    assert [detail["type"] for detail in unshipped.json()["details"]] == ["missing_value"]
    assert unshipped.json()["details"][0]["field"] == "shipments"
    assert move(shop.service, path, "LOST").status_code == 400
    assert shop.service.get(path).json()["status"] == "CONFIRMED"
    for name, response in refuses(shop.service, "POST", f"{path}/transitions"):
        check_refusal(name, response)
    assert shop.service.get(path).json()["metadata"]["version"] == 2


def test_a_shopper_may_decline_what_is_created_and_nothing_else(shop: Shop, base: str) -> None:
    guest = shop.guest()
    id, waiting = place(shop, guest), place(shop, guest, paymentMethods=[{"provider": "custom"}])
    assert guest.get(f"{base}/orders/{waiting}/transitions").json() == []
    for order, status, wanted in ((waiting, "IN_CHECKOUT", "DECLINED"), (id, "CREATED", "CONFIRMED")):
        refused = move(guest, f"{base}/orders/{order}", wanted)
        assert (refused.status_code, refused.json()) == (
            403,
            {
                "status": 403,
                "type": "insufficient_permissions",
                "message": f"Customers are not allowed to change order status from {status} to {wanted}",
                "moreInfo": "",
                "details": [],
            },
        )
    path = f"{base}/orders/{id}"
    assert guest.get(f"{path}/transitions").json() == [{"status": "DECLINED"}]
    assert move(guest, path, "DECLINED").status_code == 204
    assert guest.get(path).json()["status"] == "DECLINED"
    assert move(guest, path, "DECLINED").status_code == 400
    assert move(shop.service, f"{base}/salesorders/{id}", "CREATED").status_code == 400


def test_a_retried_transition_gets_its_first_answer(shop: Shop, base: str) -> None:
    path = f"{base}/salesorders/{place(shop, shop.guest())}"
    answers = [
        send(shop.service, "POST", f"{path}/transitions", {"status": "DECLINED"}, headers={"idempotency-key": "1"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert len(shop.service.get(f"{path}/historical-transitions").json()) == 2


# ------------------------------------------------------------------------------------------------------- giving back


def test_a_declined_order_gives_back_its_stock_and_its_coupon(shared_server: Server, shop: Shop, base: str) -> None:
    shop.product("set", productType="BUNDLE", bundledProducts=[{"productId": "tea", "amount": 2}])
    shop.price("set", "19.90")
    shop.stock("mug", 3)
    shop.stock("tea", 5)
    coupon = shop.coupon(maxRedemptions=1)
    guest = shop.guest()
    id = place(shop, guest, [("mug", 2), "set"], coupon=coupon)
    assert [shop.on_hand("mug"), shop.on_hand("tea")] == [1, 3]
    again = shop.cart(guest, ["teapot"])
    spent = send(guest, "POST", f"/cart/{shop.name}/carts/{again}/discounts", {"code": coupon})
    refused = shop.checkout(guest, shop.order_request(again)) if spent.status_code == 201 else spent
    assert refused.status_code >= 400, told(refused)
    assert move(guest, f"{base}/orders/{id}", "DECLINED").status_code == 204
    assert [shop.on_hand("mug"), shop.on_hand("tea")] == [3, 5]
    assert rows(shared_server, "coupon_redemptions_page", shop=shop.name, code=coupon, limit=9, offset=0) == []
    returned = rows(shared_server, "stock_movements_of_subject", shop=shop.name, cause="return", subject=id)
    assert sorted(returned) == [("main", "mug", 2000), ("main", "tea", 2000)]
    event = rows(shared_server, "events_of_subject", shop=shop.name, subject=id)[-1]
    assert event[6] == (
        f'{{"from":"CREATED","to":"DECLINED","by":"anonymous","stock":[["mug",2],["tea",2]],"coupons":["{coupon}"]}}'
    )
    check_audit(shared_server)
    place(shop, shop.guest(), [("mug", 3)], coupon=coupon)
    assert shop.on_hand("mug") == 0
    check_audit(shared_server)


def test_stock_that_is_no_longer_counted_is_not_given_back(shared_server: Server, shop: Shop, base: str) -> None:
    for product in ("mug", "tea"):
        shop.stock(product, 3)
    id = place(shop, shop.guest(), ["mug", "tea"])
    assert shop.service.delete(f"/availability/{shop.name}/availability/mug/main").status_code == 204
    assert move(shop.service, f"{base}/salesorders/{id}", "DECLINED").status_code == 204
    assert shop.on_hand("tea") == 3
    assert shop.service.get(f"/availability/{shop.name}/availability/mug/main").status_code == 404
    check_audit(shared_server)


def test_a_coupon_that_the_merchant_deleted_still_gets_its_redemption_back(
    shared_server: Server, shop: Shop, base: str
) -> None:
    coupon = shop.coupon()
    id = place(shop, shop.guest(), coupon=coupon)
    assert shop.service.delete(f"/coupon/{shop.name}/coupons/{coupon}").status_code == 204
    assert move(shop.service, f"{base}/salesorders/{id}", "DECLINED").status_code == 204
    check_audit(shared_server)
    (row,) = rows(shared_server, "coupon", shop=shop.name, code=coupon)
    assert row[2] == 0


def test_of_many_who_decline_an_order_one_wins(database_url: str) -> None:
    with running_servers(database_url, 2) as servers, new_shop(servers) as shop:
        shop.standard()
        shop.stock("mug", 5)
        coupon = shop.coupon()
        guest = shop.guest()
        id = place(shop, guest, [("mug", 2)], coupon=coupon)
        token = guest.headers["authorization"].removeprefix("Bearer ")
        sides: list[tuple[httpx.Client, str]] = []
        for server in servers:
            there = shop.at(server.url)
            sides += [(there.client(token), "orders"), (there.client(shop.service_token()), "salesorders")] * 2

        def decline(side: tuple[httpx.Client, str]) -> int:
            client, kind = side
            return move(client, f"/order-v2/{shop.name}/{kind}/{id}", "DECLINED").status_code

        with ThreadPoolExecutor(len(sides)) as pool:
            statuses = sorted(pool.map(decline, sides))
        assert statuses == [204] + [400] * (len(sides) - 1)
        assert shop.on_hand("mug") == Decimal(5)
        check_audit(servers[0])


def test_declining_and_buying_at_once_keeps_the_stock_exact(shared_server: Server, shop: Shop, base: str) -> None:
    shop.stock("mug", 4)
    guests: list[Guest] = [shop.guest() for _ in range(8)]
    placed = [place(shop, guest, ["mug"]) for guest in guests[:4]]
    requests = [shop.order_request(shop.cart(guest, ["mug"])) for guest in guests]

    def buy_or_decline(number: int) -> int:
        if number < 4:
            return move(guests[number], f"{base}/orders/{placed[number]}", "DECLINED").status_code
        return shop.checkout(guests[number], requests[number]).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(buy_or_decline, range(8)))
    assert statuses[:4] == [204] * 4
    sold = statuses.count(200)
    assert sold + statuses.count(400) == 4
    assert shop.on_hand("mug") == 4 - sold
    check_audit(shared_server)
