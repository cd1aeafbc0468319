"""What shipping costs: quotes by zone, postal code, value, group and slot; what a cart shows and a checkout takes."""

from typing import Any

import httpx
import pytest

from tests.dialects.emporix.hostile import NUMBERS, check_refusal, refuses
from tests.harness import Server, known_customer, new_shop
from tests.shop import Shop, days_ahead, send, succeeded, told

Body = dict[str, Any]


def customer(server: Server, shop: Shop, id: str) -> httpx.Client:
    """A client with a customer's token, as a login would give it."""
    return known_customer(server, shop, id)


def eur(amount: Any) -> Body:
    return {"amount": amount, "currency": "EUR"}


def fee(cost: Any, floor: Any = 0, group: str = "") -> Body:
    return {"minOrderValue": eur(floor), "cost": eur(cost)} | ({"shippingGroupId": group} if group else {})


@pytest.fixture
def till(shop: Shop) -> Shop:
    """The standard shop: Germany by `standard` at 4.90."""
    shop.standard()
    return shop


def ask(till: Shop, kind: str = "", total: Any = 10, client: httpx.Client | None = None, **more: Any) -> httpx.Response:
    body = {"cartTotal": eur(total), "shipToAddress": {"zipCode": "10115", "country": "DE"}} | more
    return send(client or till.guest(), "POST", f"/shipping/{till.name}/main/quote{kind}", body)


def fees(answer: httpx.Response) -> dict[tuple[str, str], float]:
    assert answer.status_code == 200, told(answer)
    return {
        (one["zone"]["id"], method["id"]): method["fee"]["amount"] for one in answer.json() for method in one["methods"]
    }


def minimum(till: Shop, total: Any = 10, client: httpx.Client | None = None, **more: Any) -> Any:
    return succeeded(ask(till, "/minimum", total, client, **more), 200).get("fee")


def test_a_quote_names_each_way_of_shipping_with_its_fee(till: Shop) -> None:
    till.method("express", fee="9.90", name={"en": "Express"})
    assert ask(till).json() == [
        {
            "zone": {"id": "de", "name": "DE"},
            "methods": [
                {"id": "standard", "name": "Standard", "fee": eur(4.9), "shippingTaxCode": "STANDARD"},
                {"id": "express", "name": {"en": "Express"}, "fee": eur(9.9), "shippingTaxCode": "STANDARD"},
            ],
        }
    ]
    assert minimum(till) == eur(4.9)


def test_what_is_missing_in_a_quote_is_said_in_the_services_own_words(till: Shop) -> None:
    path = f"/shipping/{till.name}/main/quote"
    for kind, names in (
        ("", ["cartTotal", "shipToAddress"]),
        ("/minimum", ["cartTotal", "shipToAddress"]),
        ("/slot", ["cartTotal", "deliveryWindowId", "slotId"]),
    ):
        refused = till.guest().post(path + kind, json={})
        assert refused.status_code == 400
        assert refused.json()["type"] == "validation_violation"
        assert [(one["field"], one["message"], one["type"]) for one in refused.json()["details"]] == [
            (name, f"{name} must not be null", "missing_field") for name in names
        ]
    partly = till.guest().post(path, json={"cartTotal": {"amount": 1}, "shipToAddress": {"country": "DE"}})
    assert [one["field"] for one in partly.json()["details"]] == ["cartTotal.currency", "shipToAddress.zipCode"]


def test_a_quote_needs_a_site_and_a_token(till: Shop) -> None:
    body = {"cartTotal": eur(1), "shipToAddress": {"zipCode": "1", "country": "DE"}}
    for kind in ("", "/minimum", "/slot"):
        more = {"deliveryWindowId": "w", "slotId": "s"}
        missing = till.guest().post(f"/shipping/{till.name}/nowhere/quote{kind}", json=body | more)
        assert (missing.status_code, missing.json()["errorCode"]) == (404, "ENTITY-GET-404001")
        assert till.client().post(f"/shipping/{till.name}/main/quote{kind}", json=body | more).status_code == 401


@pytest.mark.parametrize(
    ("zip_code", "zone"),
    [("10115", "whole"), ("10117", "long"), ("12345", "short"), ("80331", "land"), ("", "land")],
)
def test_the_most_exact_zone_wins(shop: Shop, zip_code: str, zone: str) -> None:
    shop.site()
    for id, postal_code in (("land", "*"), ("short", "1*"), ("long", "101*"), ("whole", "10115")):
        shop.zone(id, shipTo=[{"country": "DE", "postalCode": postal_code}, {"country": "AT"}])
        shop.method(zone=id)
    found = fees(ask(shop, shipToAddress={"zipCode": zip_code, "country": "de"}))
    assert [id for id, _ in found] == [zone]
    assert len(fees(ask(shop, shipToAddress={"zipCode": zip_code, "country": "AT"}))) == 4
    assert fees(ask(shop, shipToAddress={"zipCode": zip_code, "country": "FR"})) == {}


@pytest.mark.parametrize(
    ("total", "amount"),
    [("0", 10), ("49.99", 10), ("50", 5), ("99.99", 5), ("100", 0), ("200", 0), ("200.01", None)],
)
def test_the_fee_is_that_of_the_highest_value_that_is_reached(till: Shop, total: str, amount: Any) -> None:
    till.method("tiers", fees=[fee(10, 20), fee(0, 100), fee(5, 50)], maxOrderValue=eur(200))
    assert fees(ask(till, total=float(total))).get(("de", "tiers")) == amount


def test_a_method_that_sleeps_or_costs_other_money_is_not_offered(till: Shop) -> None:
    till.method("asleep", active=False)
    till.method(
        "abroad", fees=[{"minOrderValue": {"amount": 0, "currency": "USD"}, "cost": {"amount": 1, "currency": "USD"}}]
    )
    dollar = {"amount": 1, "currency": "USD"}
    assert set(fees(ask(till))) == {("de", "standard")}
    assert minimum(till, cartTotal=dollar) == dollar
    assert minimum(till, cartTotal={"amount": 1, "currency": "CHF"}) is None


# ------------------------------------------------------------------------------------------------------------ groups


@pytest.fixture
def grouped(till: Shop) -> Shop:
    """Two groups, of which C1 is in the first; `club` is the group's own method, `mixed` costs its members less."""
    base = f"/shipping/{till.name}/main"
    for id in ("group1", "group2"):
        assert till.service.post(f"{base}/groups", json={"id": id, "description": {"en": id}}).status_code == 201
    relation = till.service.post(f"{base}/cgrelations", json={"customerId": "C1", "groupId": "group1"})
    assert (relation.status_code, relation.json()) == (201, {"id": "C1"})
    till.method("club", fees=[fee(1, 0, "group1")])
    till.method("mixed", fees=[fee(10), fee(0, 0, "group1"), fee(7, 50, "group2"), fee(3, 80)])
    till.method("elite", fees=[fee(2)], shippingGroupId="group2")
    return till


def test_a_group_has_fees_and_methods_of_its_own(grouped: Shop) -> None:
    assert fees(ask(grouped)) == {("de", "standard"): 4.9, ("de", "mixed"): 10}
    members = fees(ask(grouped, client=grouped.service, customerId="C1"))
    assert members == {("de", "standard"): 4.9, ("de", "club"): 1, ("de", "mixed"): 0}
    assert fees(ask(grouped, total=90, client=grouped.service, customerId="C1"))["de", "mixed"] == 3
    assert minimum(grouped, client=grouped.service, customerId="C1") == eur(0)
    assert minimum(grouped, client=grouped.service, customerId="C2") == eur(4.9)


def test_nobody_asks_in_anothers_name(shared_server: Server, grouped: Shop) -> None:
    assert minimum(grouped, client=grouped.guest(), customerId="C1") == eur(4.9)
    member, other = customer(shared_server, grouped, "C1"), customer(shared_server, grouped, "C2")
    assert minimum(grouped, client=member) == eur(0)
    assert minimum(grouped, client=other, customerId="C1") == eur(4.9)


def test_a_checkout_takes_what_the_quote_offers_and_nothing_else(grouped: Shop) -> None:
    member, other = grouped.customer(), grouped.customer()
    relation = {"customerId": member.customer_id, "groupId": "group1"}
    assert grouped.service.post(f"/shipping/{grouped.name}/main/cgrelations", json=relation).status_code == 201
    for buyer, method, amount, status in (
        (member, "club", 1, 200),
        (other, "club", 1, 400),
        (member, "mixed", 0, 200),
        (other, "mixed", 0, 400),
        (other, "mixed", 10, 200),
        (other, "elite", 2, 400),
    ):
        cart_id = grouped.cart(buyer, ["mug"])
        shipping = {"methodId": method, "zoneId": "de", "methodName": method, "amount": amount}
        person = {"id": buyer.customer_id, "firstName": "Ada", "lastName": "Byron", "email": "ada@example.com"}
        answer = grouped.checkout(buyer, grouped.order_request(cart_id, shipping=shipping, customer=person))
        assert answer.status_code == status, told(answer)
        assert buyer.delete(f"/cart/{grouped.name}/carts/{cart_id}").status_code in (204, 404)


def test_groups_and_relations_are_kept_changed_and_deleted(shared_server: Server, grouped: Shop) -> None:
    base = f"/shipping/{grouped.name}/main"
    back_office, guest = grouped.service, grouped.guest()
    assert [one["id"] for one in guest.get(f"{base}/groups").json()] == ["group1", "group2"]
    assert back_office.put(f"{base}/groups/group2", json={"id": "group2", "description": "Two"}).status_code == 200
    assert guest.get(f"{base}/groups/group2").json()["description"] == "Two"
    missing = guest.get(f"{base}/groups/group3")
    assert (missing.status_code, missing.json()["message"]) == (404, "A group with id 'group3' does not exist.")
    taken = back_office.post(f"{base}/groups", json={"id": "group1"})
    assert (taken.status_code, taken.json()["type"]) == (409, "conflict_resource")
    again = back_office.post(f"{base}/cgrelations", json={"customerId": "C1", "groupId": "group2"})
    assert again.status_code == 409
    unknown = back_office.post(f"{base}/cgrelations", json={"customerId": "C2", "groupId": "group3"})
    assert unknown.status_code == 400
    assert back_office.put(f"{base}/cgrelations/C1", json={"groupId": "group2"}).status_code == 200
    assert back_office.get(f"{base}/cgrelations/C1").json()["groupId"] == "group2"
    assert [one["customerId"] for one in back_office.get(f"{base}/cgrelations").json()] == ["C1"]
    assert customer(shared_server, grouped, "C1").get(f"{base}/cgrelations/C1").status_code == 200
    for stranger in (guest, customer(shared_server, grouped, "C2")):
        assert stranger.get(f"{base}/cgrelations/C1").status_code == 404
        assert stranger.get(f"{base}/cgrelations").status_code == 403
    assert back_office.delete(f"{base}/cgrelations/C1").status_code == 204
    assert back_office.delete(f"{base}/groups/group2").status_code == 204
    assert back_office.post(f"/shipping/{grouped.name}/nowhere/groups", json={"id": "x"}).status_code == 404


# ------------------------------------------------------------------------------------------------------------- slots


def test_a_slot_costs_what_its_method_costs(till: Shop) -> None:
    till.method("courier", fees=[fee(9, 0), fee(6, 50)], maxOrderValue=eur(100))
    hours = {"timeFrom": "10:00", "timeTo": "12:00"}
    slot = {"id": "s", "shippingMethod": "courier", "deliveryTimeRange": hours, "cutOffTime": {"time": "06:00"}}
    till.delivery_time("w", slots=[slot | {"capacity": 1}])
    asked: Body = {"deliveryWindowId": "w", "slotId": "s"}
    no_address = asked | {"shipToAddress": None}
    for total, amount in ((10, 9), (50, 6)):
        assert succeeded(ask(till, "/slot", total, **asked), 200) == {"fee": eur(amount)}
        assert succeeded(ask(till, "/slot", total, **no_address), 200) == {"fee": eur(amount)}
    assert succeeded(ask(till, "/slot", 101, **asked), 200) == {}
    assert succeeded(ask(till, "/slot", **asked | {"shipToAddress": {"zipCode": "1", "country": "FR"}}), 200) == {}
    for name in asked:
        assert ask(till, "/slot", **asked | {name: "x"}).status_code == 404


# ------------------------------------------------------------------------------------------------------------- carts


def test_a_cart_with_a_place_shows_the_least_fee(till: Shop) -> None:
    till.method("express", fee="2.00")
    guest = till.guest()
    cart_id = till.cart(guest, ["mug"])
    path = f"/cart/{till.name}/carts/{cart_id}"
    assert "shipping" not in guest.get(path).json()["calculatedPrice"]
    assert guest.put(path, json={"countryCode": "DE", "zipCode": "10115"}).status_code == 204
    cart = guest.get(path).json()
    assert cart["calculatedPrice"]["shipping"] == {
        "netValue": 2,
        "grossValue": 2.38,
        "taxValue": 0.38,
        "taxCode": "STANDARD",
        "taxRate": 19,
    }
    assert cart["calculatedPrice"]["totalShipping"] == cart["calculatedPrice"]["shipping"]
    assert cart["calculatedPrice"]["finalPrice"]["grossValue"] == 14.28
    assert (cart["subTotalPrice"]["amount"], cart["totalPrice"]["amount"]) == (11.9, 14.28)
    address = {"type": "SHIPPING", "country": "FR", "zipCode": "75001"}
    assert guest.put(path, json={"addresses": [address]}).status_code == 204
    assert "shipping" not in guest.get(path).json()["calculatedPrice"]


def test_a_free_shipping_coupon_takes_the_fee_from_the_cart(till: Shop) -> None:
    code = till.coupon(discountType="FREE_SHIPPING", discountPercentage=None)
    guest = till.guest()
    cart_id = till.cart(guest, ["mug"], countryCode="DE", zipCode="10115")
    assert send(guest, "POST", f"/cart/{till.name}/carts/{cart_id}/discounts", {"code": code}).status_code == 201
    price = guest.get(f"/cart/{till.name}/carts/{cart_id}").json()["calculatedPrice"]
    assert (price["shipping"]["netValue"], price["totalShipping"]["netValue"]) == (4.9, 0)
    assert price["finalPrice"]["grossValue"] == 11.9


def test_a_cart_that_is_bought_as_it_is_shown_costs_what_it_showed(till: Shop) -> None:
    guest = till.guest()
    cart_id = till.cart(guest, ["mug", "tea"], countryCode="DE", zipCode="10115")
    shown = guest.get(f"/cart/{till.name}/carts/{cart_id}").json()["calculatedPrice"]["finalPrice"]["grossValue"]
    order_id = succeeded(till.checkout(guest, till.order_request(cart_id)), 200)["orderId"]
    order = guest.get(f"/order-v2/{till.name}/orders/{order_id}").json()
    assert order["calculatedPrice"]["finalPrice"]["grossValue"] == shown


def test_a_checkout_does_not_ship_by_a_wider_zone_than_the_address_has(till: Shop) -> None:
    till.zone("island", shipTo=[{"country": "DE", "postalCode": "10*"}])
    till.method("ferry", zone="island", fee="20.00")
    guest = till.guest()
    cart_id = till.cart(guest, ["mug"])
    refused = till.checkout(guest, till.order_request(cart_id))
    assert [(one["field"], one["type"]) for one in refused.json()["details"]] == [
        ("shipping.zoneId", "shipping_zone_not_found")
    ]
    assert till.checkout(guest, till.order_request(cart_id, method="ferry")).status_code == 200


# ------------------------------------------------------------------------------------------------------------- sites


def test_sites_are_found_by_postal_code(till: Shop) -> None:
    till.site("second")
    till.zone("austria", countries=["AT"], site="second")
    till.delivery_time("daily")
    path, guest = f"/shipping/{till.name}/findSite", till.guest()
    (site,) = guest.post(path, json={"postalCode": "10115", "country": "DE"}).json()
    assert (site["id"], site["defaultZoneId"], site["metadata"]["version"]) == ("main", "de", 1)
    (zone,) = site["zones"]
    assert (zone["id"], [method["id"] for method in zone["methods"]]) == ("de", ["standard"])
    assert "actualDeliveryWindows" not in zone
    for limit in (0, 2):
        (site,) = guest.post(path, params={"windowsLimit": limit}, json={"postalCode": "10115", "country": "DE"}).json()
        windows = [one["deliveryDate"] for one in site["zones"][0]["actualDeliveryWindows"]]
        assert windows == [days_ahead(1), days_ahead(2)][:limit]
    assert [one["id"] for one in guest.post(path, json={"postalCode": "1010", "country": "AT"}).json()] == ["second"]
    assert [one["id"] for one in guest.post(path, json={"postalCode": "1010"}).json()] == ["main", "second"]
    assert guest.post(path, json={"postalCode": "1010", "country": "FR"}).json() == []
    for body in ({}, {"postalCode": ""}, {"postalCode": "1" * 100}, {"postalCode": "1", "country": "Germany"}):
        check_refusal(str(body), guest.post(path, json=body))
    check_refusal("limit", guest.post(path, params={"windowsLimit": "-1"}, json={"postalCode": "1010"}))


# ----------------------------------------------------------------------------------------------------------- hostile


def test_hostile_quotes_are_refused(till: Shop) -> None:
    base = f"/shipping/{till.name}/main"
    for path in (f"{base}/quote", f"{base}/quote/minimum", f"{base}/quote/slot", f"/shipping/{till.name}/findSite"):
        for name, _ in refuses(till.guest(), "POST", path):
            assert name
    for path in (f"{base}/groups", f"{base}/cgrelations"):
        for name, _ in refuses(till.service, "POST", path):
            assert name
    for number in NUMBERS:
        content = b'{"shipToAddress":{"zipCode":"1","country":"DE"},"cartTotal":{"currency":"EUR","amount":%s}}'
        body = content % number.encode()
        headers = {"content-type": "application/json"}
        check_refusal(number, till.guest().post(f"{base}/quote", content=body, headers=headers))
    values: list[Any] = [None, [], "x" * 5000, {"a": 1}, 5]
    for value in values:
        check_refusal(str(value)[:20], ask(till, shipToAddress=value))
        check_refusal(str(value)[:20], ask(till, cartTotal=value))


def test_another_shop_learns_nothing(shared_server: Server, grouped: Shop) -> None:
    with new_shop([shared_server]) as other:
        for path in ("groups", "groups/group1", "cgrelations", "cgrelations/C1"):
            assert other.service.get(f"/shipping/{grouped.name}/main/{path}").status_code == 403
