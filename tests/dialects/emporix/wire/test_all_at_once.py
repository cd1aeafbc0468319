"""What is wrong with a body is told at once, in all of its places; and a whole number may be written with decimals."""

from typing import Any

import pytest

from tests.dialects.emporix.coupons.test_restricted import category
from tests.shop import Shop, send, succeeded, told
from tillroll.dialects.emporix.wire.conversion import PROBLEMS_MAX

Body = dict[str, Any]

PERIOD = {"dateFrom": "2030-02-01", "dateTo": "2030-01-01"}
SLOT = {"shippingMethod": "mule", "deliveryTimeRange": {"timeFrom": "12:00", "timeTo": "10:00"}}
TIMES: list[tuple[Body, set[str]]] = [
    ({}, {"siteCode", "isDeliveryDay", "day", "timeZoneId"}),
    ({"siteCode": "main", "isDeliveryDay": "yes"}, {"isDeliveryDay", "day", "timeZoneId"}),
    (
        {"siteCode": "moon", "isDeliveryDay": True, "day": {"weekday": "FREEDAY"}, "timeZoneId": "Nowhere/City"},
        {"siteCode", "day.weekday", "timeZoneId", "zoneId"},
    ),
    (
        {"siteCode": "main", "isDeliveryDay": True, "zoneId": "de", "timeZoneId": "UTC", "day": {"datePeriod": PERIOD}}
        | {"deliveryDayShift": "one", "slots": [SLOT | {"capacity": -1}]},
        {"deliveryDayShift", "day.datePeriod.dateFrom", "slots[0].cutOffTime", "slots[0].capacity"}
        | {"slots[0].shippingMethod", "slots[0].deliveryTimeRange.timeFrom"},
    ),
    (
        {"siteCode": "main", "isDeliveryDay": True, "zoneId": "de", "timeZoneId": "UTC", "day": {"weekday": "MONDAY"}}
        | {"slots": [SLOT | {"capacity": -1, "cutOffTime": {"time": "noon"}}]},
        {"slots[0].capacity", "slots[0].cutOffTime.time", "slots[0].shippingMethod"}
        | {"slots[0].deliveryTimeRange.timeFrom"},
    ),
]


def fields_of(answer: Any) -> set[str]:
    assert answer.status_code == 400, told(answer)
    return {detail["field"] for detail in answer.json()["details"]}


@pytest.mark.parametrize(("body", "fields"), TIMES)
def test_a_delivery_time_is_refused_once_for_all(shop: Shop, body: Body, fields: set[str]) -> None:
    shop.standard()
    answer = send(shop.service, "POST", f"/shipping/{shop.name}/delivery-times", body)
    assert fields_of(answer) == fields


SET_UP: dict[str, tuple[str, Body, list[str]]] = {
    "price": (
        "/price/{}/prices",
        {"itemId": 3, "currency": "EURO", "tierValues": [{"priceValue": "x"}, {}], "location": {"countryCode": "D"}},
        ["itemId", "tierValues[0].priceValue", "tierValues[1].priceValue", "currency", "countryCode"],
    ),
    "product": ("/product/{}/products", {"published": "yes"}, ["code", "name", "published"]),
    "tax": (
        "/tax/{}/taxes",
        {"location": {}, "taxClasses": [{"code": 5, "rate": "x"}, {}]},
        ["location.countryCode", "taxClasses[0].code", "taxClasses[0].rate", "taxClasses[1].code"],
    ),
    "site": (
        "/site/{}/sites",
        {"code": "a/b", "cartCalculationScale": 99, "includesTax": 1, "homeBase": {"address": {"country": "Germany"}}},
        ["currency", "includesTax", "code", "cartCalculationScale", "country"],
    ),
    "coupon": (
        "/coupon/{}/coupons",
        {"code": 5, "maxRedemptions": 1.5, "restrictions": {"validFor": [1, "a", 2]}},
        ["code", "name", "maxRedemptions", "restrictions.validFor[0]", "restrictions.validFor[2]"],
    ),
    "zone": ("/shipping/{}/main/zones", {"default": 1, "shipTo": [{}, {"country": "X"}]}, ["shipTo[0].country"]),
    "ids": ("/sequential-id/{}/schemas", {"name": 5, "maxValue": "many"}, ["name", "maxValue"]),
}


@pytest.mark.parametrize("name", SET_UP)
def test_what_is_set_up_is_refused_once_for_all(shop: Shop, name: str) -> None:
    shop.standard()
    path, body, wanted = SET_UP[name]
    answer = send(shop.service, "POST", path.format(shop.name), body)
    assert answer.status_code == 400, told(answer)
    assert [field for field in wanted if field not in answer.text] == []


def test_a_refusal_has_an_end(shop: Shop) -> None:
    shop.standard()
    zone = {"name": "Z", "shipTo": [{"country": "DE", "postalCode": 1}] * 300}
    answer = send(shop.service, "POST", f"/shipping/{shop.name}/main/zones", zone)
    assert answer.status_code == 400
    assert len(answer.json()["details"]) == PROBLEMS_MAX


def test_a_body_that_breaks_off_after_a_wrong_field_is_no_json(shop: Shop) -> None:
    broken = b'{"name": 5, "schemaType": '
    path, headers = f"/sequential-id/{shop.name}/schemas", {"content-type": "application/json"}
    answer = shop.service.post(path, content=broken, headers=headers)
    assert (answer.status_code, "not valid JSON" in answer.text) == (400, True)


def test_whole_numbers_may_be_written_with_decimals(shop: Shop) -> None:
    shop.standard()
    classes = [{"code": "STANDARD", "name": "Standard", "order": 1.0, "rate": 19, "isDefault": True}]
    tax = {"location": {"countryCode": "FR"}, "taxClasses": classes}
    assert send(shop.service, "POST", f"/tax/{shop.name}/taxes", tax).status_code == 201
    category(shop, "cups", position=2.0)
    stock = {"stockLevel": 5.0, "popularity": 5.0}
    assert send(shop.service, "POST", f"/availability/{shop.name}/availability/mug/main", stock).status_code == 201
    code = shop.coupon(maxRedemptions=5.0)
    schema = {"name": "bill", "schemaType": "BILL", "maxValue": 1e3, "startValue": 1.0, "numberOfDigits": 4.0}
    assert send(shop.service, "POST", f"/sequential-id/{shop.name}/schemas", schema).status_code == 201
    wanted = {"bill": {"numberOfIds": 2.0}}
    made = send(shop.service, "POST", f"/sequential-id/{shop.name}/sequenceSchemaBatch/nextIds", wanted)
    assert len(succeeded(made, 201)["bill"]["ids"]) == 2
    site = {"cartCalculationScale": 2.0}
    assert send(shop.service, "PATCH", f"/site/{shop.name}/sites/main", site).status_code == 200
    guest = shop.guest()
    cart = shop.cart(guest, ["mug"])
    assert send(guest, "POST", f"/cart/{shop.name}/carts/{cart}/discounts", {"code": code}).status_code == 201
    succeeded(shop.checkout(guest, shop.order_request(cart)), 200)
    shown = shop.service.get(f"/coupon/{shop.name}/coupons/{code}").text
    assert '"maxRedemptions":5,' in shown


@pytest.mark.parametrize("number", [5.5, 1e300, True, "5", "5.0"])
def test_what_is_no_whole_number_is_refused(shop: Shop, number: object) -> None:
    coupon = {"code": "X", "name": "X", "discountType": "PERCENT", "discountPercentage": 1, "maxRedemptions": number}
    answer = send(shop.service, "POST", f"/coupon/{shop.name}/coupons", coupon)
    assert (answer.status_code, "maxRedemptions" in answer.text) == (400, True)
