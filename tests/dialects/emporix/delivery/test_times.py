"""Delivery times and their slots: what is kept, and every documented code with the body that earns it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.dialects.emporix.hostile import JSON, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, send, succeeded, told
from tillroll.dialects.emporix.delivery.errors import CODES

Body = dict[str, Any]

SLOT: Body = {
    "id": "morning",
    "shippingMethod": "standard",
    "deliveryTimeRange": {"timeFrom": "10:00", "timeTo": "12:00"},
    "cutOffTime": {"time": "2023-06-12T06:00:00.000Z", "deliveryCycleName": "early"},
    "capacity": 100,
}
TIME: Body = {
    "id": "friday",
    "siteCode": "main",
    "name": "Fridays",
    "isDeliveryDay": True,
    "zoneId": "de",
    "day": {"weekday": "FRIDAY"},
    "isForAllZones": False,
    "timeZoneId": "Europe/Warsaw",
    "deliveryDayShift": 0,
    "slots": [SLOT],
}
CLOSED: Body = {
    "id": "closed",
    "siteCode": "main",
    "isDeliveryDay": False,
    "isForAllZones": True,
    "timeZoneId": "Europe/Warsaw",
    "day": {"singleDate": "2023-06-12T10:00:00.000Z"},
}


@pytest.fixture
def times(shop: Shop) -> str:
    shop.standard()
    return f"/shipping/{shop.name}/delivery-times"


def slot(**changes: Any) -> Body:
    return SLOT | changes


def hours(first: str, last: str, **changes: Any) -> Body:
    return slot(deliveryTimeRange={"timeFrom": first, "timeTo": last}) | changes


def period(first: str, last: str) -> Body:
    return {"datePeriod": {"dateFrom": f"{first}T10:00:00.000Z", "dateTo": f"{last}T10:00:00.000Z"}}


def code_of(response: httpx.Response) -> str:
    assert response.status_code >= 400, told(response)
    body = response.json()
    assert body["status"] == response.status_code
    code: str = body.get("errorCode", "")
    return code


def bare(document: Body) -> Body:
    return {name: value for name, value in document.items() if name != "metadata"}


# ------------------------------------------------------------------------------------------------------- life cycle


def test_a_delivery_time_is_created_read_replaced_patched_and_deleted(shop: Shop, times: str) -> None:
    back_office = shop.service
    created = back_office.post(times, json=TIME)
    assert (created.status_code, created.json()) == (201, {"id": "friday"})
    assert created.headers["location"] == f"{times}/friday"
    assert bare(back_office.get(f"{times}/friday").json()) == TIME
    assert [bare(one) for one in back_office.get(times).json()] == [TIME]
    replaced = back_office.put(f"{times}/friday", json=TIME | {"name": "On Fridays", "metadata": {"version": 1}})
    assert (replaced.status_code, replaced.content) == (200, b"")
    patch = [
        {"op": "replace", "path": "/name", "value": "newdeliverytime"},
        {"op": "ADD", "path": "/slots/-", "value": hours("14:00", "16:00", id="afternoon")},
        {"op": "remove", "path": "/slots/0"},
    ]
    assert back_office.patch(f"{times}/friday", json=patch).status_code == 200
    shown = back_office.get(f"{times}/friday").json()
    assert (shown["name"], [one["id"] for one in shown["slots"]]) == ("newdeliverytime", ["afternoon"])
    assert shown["metadata"]["version"] == 3
    assert back_office.delete(f"{times}/friday").status_code == 204
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        sent: dict[str, Any] = {"PUT": {"json": TIME}, "PATCH": {"json": patch}}
        body: Body = sent.get(method, {})
        assert code_of(back_office.request(method, f"{times}/friday", **body)) == "DELIVERY-TIME-404002", method


def test_ids_are_made_where_none_are_sent(shop: Shop, times: str) -> None:
    body = {name: value for name, value in TIME.items() if name != "id"} | {
        "slots": [slot(id=None), hours("13:00", "14:00")]
    }
    id = shop.service.post(times, json=body).json()["id"]
    first, second = shop.service.get(f"{times}/{id}").json()["slots"]
    assert first["id"] not in ("", second["id"])
    assert second["id"] == "morning"


def test_what_has_no_value_is_as_good_as_left_out(shop: Shop, times: str) -> None:
    body = CLOSED | {"zoneId": None, "slots": None, "name": None, "deliveryDayShift": None}
    assert shop.service.post(times, json=body).status_code == 201
    assert bare(shop.service.get(f"{times}/closed").json()) == CLOSED


def test_a_slot_is_created_read_replaced_patched_and_deleted(shop: Shop, times: str) -> None:
    back_office, slots = shop.service, f"{times}/friday/slots"
    assert back_office.post(times, json=TIME | {"slots": []}).status_code == 201
    created = back_office.post(slots, json=SLOT)
    assert (created.status_code, created.json()) == (201, {"id": "morning"})
    assert back_office.get(slots).json() == [SLOT]
    assert back_office.get(f"{slots}/morning").json() == SLOT
    assert back_office.put(f"{slots}/morning", json=hours("09:00", "11:00")).status_code == 200
    patch = [{"op": "replace", "path": "/cutOffTime/time", "value": "05:00"}]
    assert back_office.patch(f"{slots}/morning", json=patch).status_code == 200
    changed = back_office.get(f"{slots}/morning").json()
    assert (changed["deliveryTimeRange"]["timeFrom"], changed["cutOffTime"]["time"]) == ("09:00", "05:00")
    assert back_office.post(slots, json=hours("14:00", "16:00", id="afternoon")).status_code == 201
    assert back_office.delete(f"{slots}/morning").status_code == 204
    assert [one["id"] for one in back_office.get(slots).json()] == ["afternoon"]
    assert back_office.delete(slots).status_code == 204
    assert back_office.get(slots).json() == []
    assert back_office.get(f"{times}/friday").json()["metadata"]["version"] == 7


# ------------------------------------------------------------------------------------------------------------ codes

# code, what is there before, and the body that is posted
OF_TIMES: list[tuple[str, list[Body], Body]] = [
    ("400001", [], CLOSED | {"slots": [SLOT]}),
    ("400003", [TIME], TIME | {"id": "x", "slots": [hours("11:00", "13:00")]}),
    ("400004", [TIME | {"day": {"singleDate": "2030-01-04"}}], TIME | {"id": "x", "day": {"singleDate": "2030-01-04"}}),
    ("400005", [], TIME | {"slots": [SLOT, hours("11:00", "13:00", id="noon")]}),
    ("400006", [TIME | {"day": period("2030-01-01", "2030-01-07")}],
     TIME | {"id": "x", "day": period("2030-01-07", "2030-01-09")}),
    ("400007", [], TIME | {"slots": [SLOT, slot(id="again")]}),
    ("400008", [], CLOSED | {"zoneId": "de"}),
    ("400009", [], TIME | {"zoneId": "nowhere"}),
    ("400010", [], TIME | {"slots": [slot(shippingMethod="drone")]}),
    ("400011", [], TIME | {"slots": [hours("12:00", "10:00")]}),
    ("400011", [], TIME | {"slots": [hours("10:00", "10:00")]}),
    ("400012", [], TIME | {"day": period("2030-01-09", "2030-01-07")}),
    ("400013", [], {name: value for name, value in TIME.items() if name != "zoneId"} | {"isForAllZones": True}),
    ("400014", [], {name: value for name, value in TIME.items() if name != "zoneId"}),
    ("400015", [], TIME | {"slots": [SLOT, hours("13:00", "14:00")]}),
    ("400016", [], TIME | {"timeZoneId": "Europe/Atlantis"}),
    ("400017", [], TIME | {"day": {"singleDate": "2030-07-04T12:00:00.000+01:00"}}),
    ("400018", [], TIME | {"slots": [slot(cutOffTime={"time": "12:01"})]}),
    ("404001", [], TIME | {"siteCode": "nowhere"}),
    ("409001", [TIME], TIME | {"day": {"weekday": "MONDAY"}}),
    ("SLOT-400005", [], TIME | {"day": {"singleDate": "2030-01-04"},
                               "slots": [slot(cutOffTime={"time": "06:00", "cutOffDayShift": 1})]}),
    ("SLOT-400006", [], TIME | {"deliveryDayShift": 1,
                               "slots": [slot(cutOffTime={"time": "06:00", "cutOffDayShift": 1})]}),
]  # fmt: skip


@pytest.mark.parametrize(("number", "before", "body"), OF_TIMES, ids=[row[0] for row in OF_TIMES])
def test_a_delivery_time_is_refused_by_its_code(
    shop: Shop, times: str, number: str, before: list[Body], body: Body
) -> None:
    for one in before:
        assert shop.service.post(times, json=one).status_code == 201
    code = f"DELIVERY-TIME-{number}"
    refused = shop.service.post(times, json=body)
    assert code_of(refused) == code
    assert len(shop.service.get(times).json()) == len(before)
    (line,) = shop.service.post(f"{times}/bulk", json=[body]).json()
    assert (line["code"], line["status"]) == (refused.status_code, refused.reason_phrase.upper().replace(" ", "_"))
    assert line["errorCodes"] == [code]


def _slots(shop: Shop, times: str) -> str:
    assert (
        shop.service.post(times, json=TIME | {"slots": [SLOT, hours("14:00", "16:00", id="late")]}).status_code == 201
    )
    return f"{times}/friday/slots"


OF_SLOTS: list[tuple[str, str, str, Body]] = [
    ("SLOT-400002", "PUT", "/late", slot(id="other", deliveryTimeRange={"timeFrom": "17:00", "timeTo": "18:00"})),
    ("SLOT-400003", "POST", "", hours("17:00", "18:00", id="late")),
    ("SLOT-400004", "POST", "", slot(id="new")),
    ("SLOT-400004", "PUT", "/late", slot(id="late")),
    ("SLOT-404001", "PUT", "/nothing", slot(id="nothing")),
    ("SLOT-404001", "GET", "/nothing", {}),
    ("SLOT-404001", "DELETE", "/nothing", {}),
    ("SLOT-400006", "POST", "", hours("17:00", "18:00", id="new", cutOffTime={"time": "06:00", "cutOffDayShift": 1})),
    ("400005", "POST", "", hours("15:00", "17:00", id="new")),
    ("400010", "POST", "", hours("17:00", "18:00", id="new", shippingMethod="drone")),
    ("400011", "POST", "", hours("18:00", "17:00", id="new")),
    ("400011", "POST", "", hours("18:00", "18:00:00", id="new")),
    ("400018", "POST", "", hours("17:00", "18:00", id="new", cutOffTime={"time": "19:00"})),
]


@pytest.mark.parametrize(("number", "method", "path", "body"), OF_SLOTS, ids=[f"{row[1]} {row[0]}" for row in OF_SLOTS])
def test_a_slot_is_refused_by_its_code(shop: Shop, times: str, number: str, method: str, path: str, body: Body) -> None:
    slots = _slots(shop, times)
    if number == "SLOT-400006":
        patch = [{"op": "add", "path": "/deliveryDayShift", "value": 1}]
        assert shop.service.patch(f"{times}/friday", json=patch).status_code == 200
    before = shop.service.get(slots).json()
    sent: Body = {"json": body} if body else {}
    assert code_of(shop.service.request(method, slots + path, **sent)) == f"DELIVERY-TIME-{number}"
    assert shop.service.get(slots).json() == before


def test_a_slot_without_its_delivery_time_is_refused_as_that(shop: Shop, times: str) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", ""), ("GET", "/x"), ("PUT", "/x"), ("DELETE", "/x")):
        sent: Body = {"json": SLOT} if method in ("POST", "PUT") else {}
        answer = shop.service.request(method, f"{times}/nothing/slots{path}", **sent)
        assert code_of(answer) == "DELIVERY-TIME-404002", (method, path)


def test_a_stale_version_and_a_foreign_id_are_refused(shop: Shop, times: str) -> None:
    shop.service.post(times, json=TIME)
    assert (
        code_of(shop.service.put(f"{times}/friday", json=TIME | {"metadata": {"version": 7}})) == "DELIVERY-TIME-409002"
    )
    assert code_of(shop.service.put(f"{times}/friday", json=TIME | {"id": "monday"})) == "DELIVERY-TIME-400002"
    patch = [{"op": "replace", "path": "/id", "value": "monday"}]
    assert code_of(shop.service.patch(f"{times}/friday", json=patch)) == "DELIVERY-TIME-400002"
    assert bare(shop.service.get(f"{times}/friday").json()) == TIME


def test_everything_that_is_wrong_is_said_at_once_in_the_shape_of_the_service(shop: Shop, times: str) -> None:
    refused = shop.service.post(times, json=TIME | {"timeZoneId": "X", "slots": [hours("12:00", "10:00")]})
    assert refused.status_code == 400
    assert refused.json() == {
        "status": 400,
        "type": "validation_violation",
        "message": "There are validation problems, see details section for more information",
        "moreInfo": "",
        "errorCode": "DELIVERY-TIME-400016",
        "details": [
            {
                "field": "timeZoneId",
                "type": "invalid_field",
                "message": "timeZoneId must be the name of a time zone, such as Europe/Warsaw",
                "moreInfo": "",
            },
            {
                "field": "slots[0].deliveryTimeRange.timeFrom",
                "type": "invalid_field",
                "message": "timeFrom can not be after timeTo",
                "moreInfo": "",
            },
        ],
    }


def test_slot_ids_that_overlap_have_both_of_their_codes_in_a_bulk_call(shop: Shop, times: str) -> None:
    body = TIME | {"slots": [SLOT, hours("13:00", "14:00")]}
    assert shop.service.post(times, json=body).status_code == 400
    details = [one["message"] for one in shop.service.post(times, json=body).json()["details"]]
    assert details == [CODES["DELIVERY-TIME-400015"], CODES["DELIVERY-TIME-SLOT-400001"]]


# ---------------------------------------------------------------------------------------------------------- overlaps


@pytest.mark.parametrize(
    "body",
    [
        TIME | {"id": "x", "day": {"weekday": "MONDAY"}},
        TIME | {"id": "x", "slots": [hours("12:00", "13:00")]},
        TIME | {"id": "x", "slots": [hours("11:00", "13:00", shippingMethod="courier")]},
        TIME | {"id": "x", "zoneId": "at", "slots": []},
        TIME | {"id": "x", "day": {"singleDate": "2030-01-04"}},
        TIME | {"id": "x", "isDeliveryDay": False, "slots": []},
    ],
    ids=["another weekday", "later", "another method", "another zone", "a single Friday", "no delivery"],
)
def test_what_does_not_overlap_is_kept(shop: Shop, times: str, body: Body) -> None:
    shop.method("courier")
    shop.zone("at", countries=["AT"])
    assert shop.service.post(times, json=TIME).status_code == 201
    assert shop.service.post(times, json=body).status_code == 201


def test_overlaps_are_kept_where_nobody_asks(shop: Shop, times: str) -> None:
    unasked = {"validateOverlap": "false"}
    body = TIME | {"slots": [SLOT, hours("11:00", "13:00", id="noon")]}
    assert shop.service.post(times, json=body, params=unasked).status_code == 201
    assert shop.service.post(times, json=body | {"id": "x"}, params=unasked).status_code == 201
    assert code_of(shop.service.put(f"{times}/x", json=body | {"id": "x"})) in CODES
    assert shop.service.put(f"{times}/x", json=body | {"id": "x"}, params=unasked).status_code == 200


def test_a_bulk_call_answers_for_each_and_compares_it_with_those_before(shop: Shop, times: str) -> None:
    sent = [TIME, TIME | {"id": "x"}, TIME | {"id": "y", "day": {"weekday": "MONDAY"}}, {"siteCode": 5}]
    answer = shop.service.post(f"{times}/bulk", json=sent)
    assert answer.status_code == 207
    lines = answer.json()
    assert [(one["index"], one["code"]) for one in lines] == [(0, 201), (1, 400), (2, 201), (3, 400)]
    assert lines[0] == {"index": 0, "id": "friday", "code": 201, "status": "CREATED", "message": "Created"}
    assert lines[1]["errorCodes"] == ["DELIVERY-TIME-400003"]
    assert lines[3]["status"] == "BAD_REQUEST"
    assert len(shop.service.get(times).json()) == 2


def test_an_offset_that_is_the_zones_is_taken(shop: Shop, times: str) -> None:
    for day in ("2030-07-04T12:00:00.000+02:00", "2030-01-04T12:00:00.000+01:00", "2030-01-04T11:00:00.000Z"):
        body = TIME | {"id": day[:10] + day[11:13], "day": {"singleDate": day}}
        assert shop.service.post(times, json=body, params={"validateOverlap": "false"}).status_code == 201, day


# ----------------------------------------------------------------------------------------------------------- hostile


def test_delivery_times_are_for_those_who_may_manage_them(shared_server: Server, shop: Shop, times: str) -> None:
    shop.service.post(times, json=TIME)
    slots = f"{times}/friday/slots"
    with new_shop([shared_server]) as other:
        calls = [
            ("POST", times, TIME),
            ("POST", f"{times}/bulk", [TIME]),
            ("PUT", f"{times}/friday", TIME),
            ("PATCH", f"{times}/friday", []),
            ("DELETE", f"{times}/friday", None),
            ("POST", slots, SLOT),
            ("PUT", f"{slots}/morning", SLOT),
            ("PATCH", f"{slots}/morning", []),
            ("DELETE", f"{slots}/morning", None),
            ("DELETE", slots, None),
            ("GET", times, None),
            ("GET", slots, None),
        ]
        check_doors(shop, other, calls)
    assert bare(shop.service.get(f"{times}/friday").json()) == TIME


def test_hostile_bodies_are_refused_and_change_nothing(shop: Shop, times: str) -> None:
    shop.service.post(times, json=TIME)
    slots = f"{times}/friday/slots"
    for method, path in (
        ("POST", times),
        ("POST", f"{times}/bulk"),
        ("PUT", f"{times}/friday"),
        ("PATCH", f"{times}/friday"),
        ("POST", slots),
        ("PUT", f"{slots}/morning"),
        ("PATCH", f"{slots}/morning"),
    ):
        for name, _ in refuses(shop.service, method, path):
            assert name
    assert bare(shop.service.get(f"{times}/friday").json()) == TIME


ODD: list[tuple[str, Callable[[Any], Body]]] = [
    ("id", lambda value: TIME | {"id": value}),
    ("siteCode", lambda value: TIME | {"siteCode": value}),
    ("day", lambda value: TIME | {"day": value}),
    ("singleDate", lambda value: TIME | {"day": {"singleDate": value}}),
    ("dateTo", lambda value: TIME | {"day": {"datePeriod": {"dateFrom": "2030-01-01", "dateTo": value}}}),
    ("shift", lambda value: TIME | {"deliveryDayShift": value}),
    ("capacity", lambda value: TIME | {"slots": [slot(capacity=value)]}),
    ("timeTo", lambda value: TIME | {"slots": [hours("10:00", value)]}),
    ("cut-off", lambda value: TIME | {"slots": [slot(cutOffTime={"time": value})]}),
    ("slots", lambda value: TIME | {"slots": value}),
]
VALUES = [0.5, -1, 10**30, True, [], {}, [[]], "", "x" * 300, "a/b", " ", "1e5", "９:00", "9999-99-99", "-0001-01-01"]

IDS = ["", "1e5", "９:00", "9999-99-99", "-0001-01-01"]


@pytest.mark.parametrize(("name", "made"), ODD, ids=[row[0] for row in ODD])
def test_odd_values_are_refused(shop: Shop, times: str, name: str, made: Callable[[Any], Body]) -> None:
    for value in VALUES:
        if (name, value) in (("slots", []), ("siteCode", "1e5")) or (name == "id" and value in IDS):
            continue  # no slots yet, no site of this name, an id like any other or one to be made
        refused = send(shop.service, "POST", times, made(value))
        check_refusal(f"{name}: {value}", refused)
    huge = b'{"siteCode":"main","slots":[{"capacity":1e400}]}'
    check_refusal("huge", shop.service.post(times, content=huge, headers=JSON))
    assert shop.service.get(times).json() == []


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "move", "from": "/name", "path": "/x"}],
        [{"op": "test", "path": "/name", "value": "Fridays"}],
        [{"op": "remove", "path": "/nothing"}],
        [{"op": "replace", "path": "/slots/7", "value": {}}],
        [{"op": "replace", "path": "/slots/-1/capacity", "value": 1}],
        [{"op": "replace", "path": "name", "value": "x"}],
        [{"op": "replace", "path": "/name"}],
        [{"op": "replace", "path": "/name/first", "value": "x"}],
        [{"op": "replace", "path": "/slots", "value": 5}],
        [{"op": "remove", "path": "/timeZoneId"}],
        [5],
        5,
    ],
)
def test_a_patch_that_can_not_be_applied_changes_nothing(shop: Shop, times: str, patch: Any) -> None:
    shop.service.post(times, json=TIME)
    check_refusal(str(patch), shop.service.patch(f"{times}/friday", json=patch))
    assert bare(shop.service.get(f"{times}/friday").json()) == TIME


def test_every_code_is_documented_and_reached() -> None:
    reached = {f"DELIVERY-TIME-{row[0]}" for row in [*OF_TIMES, *OF_SLOTS]}
    elsewhere = {"DELIVERY-TIME-400002", "DELIVERY-TIME-404002", "DELIVERY-TIME-409002", "DELIVERY-TIME-SLOT-400001"}
    assert reached | elsewhere == {code for code in CODES if code.startswith("DELIVERY-TIME")}


def test_hours_are_shown_in_one_spelling_however_they_were_sent(shop: Shop, times: str) -> None:
    sent = [("9:00", "10:00:00"), ("11:00:00", "12:30:00"), ("13:00:30", "24:00:00")]
    slots = [hours(*one, id=f"s{place}") for place, one in enumerate(sent)]
    id = succeeded(shop.service.post(times, json=TIME | {"id": "spelled", "slots": slots}), 201)["id"]
    ranges = [one["deliveryTimeRange"] for one in succeeded(shop.service.get(f"{times}/{id}"), 200)["slots"]]
    assert [(one["timeFrom"], one["timeTo"]) for one in ranges] == [
        ("09:00", "10:00"),
        ("11:00", "12:30"),
        ("13:00:30", "24:00"),
    ]
