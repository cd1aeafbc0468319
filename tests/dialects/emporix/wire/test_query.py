"""What a query `q` lets the database leave out, before anybody decodes it: never a document that it means."""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.shop import Shop, succeeded, told
from tillroll.dialects.emporix.wire.errors import encode
from tillroll.dialects.emporix.wire.query import Condition, conditions, named_values, text_within
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.http import Malformed

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
VALUES = st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.dictionaries(TEXTS, TEXTS, max_size=2))
TESTS = st.one_of(TEXTS, TEXTS.map("~{}".format), TEXTS.map('"{}"'.format), st.sampled_from(["null", ">1", "1.0", "~"]))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", ""),
        ("name:mug", '"mug"'),
        ("name.en:~mug", "mug"),
        ('name:"a mug"', '"a mug"'),
        ("name.en:~ü", ""),  # which may be kept as one character, or as two
        ("name.en:~Küchenuhr", "chenuhr"),
        ('name:~"a mug"', "a mug"),
        ('name:"5\\" pipe"', r'"5\" pipe"'),
        ('name:" mug"', "mug"),
        ("name:mug vendor.id:potter", '"potter"'),
        ("code:12", ""),
        ("code:1e1", ""),
        ("published:true", ""),
        ("name:(mug,tea)", ""),
        ("name:missing", ""),
        ("name:null", ""),
        ("name:exists", ""),
        ("age:>=2", ""),
        ("metadata.createdAt:2026-01-01", ""),
        ("metadata.version:~x", ""),
    ],
)
def test_the_longest_text_that_has_to_stand_in_a_document_is_looked_for(query: str, text: str) -> None:
    assert text_within(conditions(query)) == text


@given(value=VALUES, test=TESTS)
def test_no_document_that_is_meant_is_left_out(value: Any, test: str) -> None:
    document: Document = msgspec.json.decode(encode({"field": [{"x": 1}, value]}))
    condition = Condition(("field",), (test,))
    if condition.holds(document):
        assert text_within([condition]) in encode(document).decode()


@pytest.mark.parametrize("name", ['a "quoted" mug', "back\\slash", "new\nline", "100 % mug_", "Ünïcode 🫖", "<b>&'"])
def test_a_text_is_found_whatever_stands_in_it(shop: Shop, name: str) -> None:
    products = f"/product/{shop.name}/products"
    for code, text in (("yes", name), ("no", "tea")):
        body = {"code": code, "name": {"en": text}, "published": True}
        assert shop.service.post(products, json=body).status_code == 201
    part = max((word for word in name.split() if '"' not in word), key=len)
    for q in (f"name.en:~{part}", f"code:yes name.en:~{part}"):
        answer = shop.service.post(
            f"{products}/search", content=json.dumps({"q": q}), headers={"content-type": "application/json"}
        )
        assert [one["code"] for one in answer.json()] == ["yes"], answer.text


MAC, KEPT = "Ku\u0308hl", "K\u00fchl"

# a query, and the names of which it finds those that are true
FOUND: list[tuple[str, dict[str, bool]]] = [
    ("name:~mug", {"a mug": True, "a cup": False}),
    ('name:~"mug"', {"a mug": True, '"mug"': True, "a cup": False}),
    ('name:~("a mug")', {"a mug": True, "a cup": False}),
    ('name:(~"a mug", ~tea)', {"a mug, blue": True, "teapot": True, "amug": False}),
    ('name:~"5\\""', {'5" pipe': True, "5 pipe": False}),
    ('name:~(5" pipe)', {'5" pipe': True, "5 pipe": False}),
    ('name:"5\\" pipe"', {'5" pipe': True, "5 pipe": False}),
    ('name:("5\\" pipe","a, b")', {'5" pipe': True, "a, b": True, "a": False}),
    ('name:("a OR b" OR c)', {"a OR b": True, "c": True, "a": False}),
    ('name:"a (b)"', {"a (b)": True}),
    (r'name:"back\\slash"', {"back\\slash": True}),
    (r'name:"back\slash"', {"back\\slash": True}),
    ('name:"mug "', {"mug": True, "mug ": True, "mugs": False}),
    ('name:"\u3000mug\u00a0"', {"mug": True}),
    (f"name:{MAC}", {KEPT: True, MAC: True, "Kuhl": False}),
    (f"name:{KEPT}", {KEPT: True, MAC: True}),
    (f"name:~{KEPT}", {f"{MAC}schrank": True}),
    ("name:MUG", {"MUG": True, "mug": False}),
]


@pytest.mark.parametrize(("query", "names"), FOUND)
def test_a_value_is_asked_for_as_it_is_meant(query: str, names: dict[str, bool]) -> None:
    wanted = conditions(query)
    assert {name: all(one.holds({"name": name}) for one in wanted) for name in names} == names
    assert all(text_within(wanted) in encode({"name": name}).decode() for name, is_meant in names.items() if is_meant)


@pytest.mark.parametrize(
    "query", ['name:"5" pipe"', 'name:"a', 'name:a"', 'name:~"a', 'name:("a)', 'name:"a\\"', 'a:b"c"d']
)
def test_quotation_marks_that_do_not_close_are_refused(query: str) -> None:
    with pytest.raises(Malformed):
        conditions(query)


def test_an_index_is_asked_for_each_spelling() -> None:
    for query, values in (('id:"a b "', {"a b ", "a b"}), ("id:(a,b)", {"a", "b"}), (f"id:{KEPT}", {KEPT, MAC})):
        (condition,) = conditions(query)
        assert named_values(condition) == values


def test_a_code_that_was_pasted_finds_its_product(shop: Shop) -> None:
    products = f"/product/{shop.name}/products"
    for code in ("SH-1/2", KEPT):
        body = {"code": code, "name": "x", "published": True}
        assert shop.service.post(products, json=body).status_code == 201
    for q, code in (('code:"SH-1/2 "', "SH-1/2"), ('code:"\u00a0SH-1/2"', "SH-1/2"), (f"code:{MAC}", KEPT)):
        assert [one["code"] for one in shop.service.get(products, params={"q": q}).json()] == [code], q


DAY = "2026-12-24"


@pytest.mark.parametrize(
    ("value", "zone", "found"),
    [
        ("2026-12-24T10:00:00.000Z", "UTC", True),
        ("2026-12-24T00:00:00Z", "UTC", True),
        ("2026-12-24T23:59:59.999Z", "UTC", True),
        ("2026-12-25T00:00:00Z", "UTC", False),
        ("2026-12-23T23:00:00Z", "Europe/Berlin", True),
        ("2026-12-24T23:00:00Z", "Europe/Berlin", False),
        ("2026-12-24", "Asia/Tokyo", True),
        ("20261224", "UTC", True),
        ("2026-12-24 is Christmas Eve", "UTC", False),
        (20261224, "UTC", False),
        (None, "UTC", False),
    ],
)
def test_a_day_alone_is_every_moment_of_it(value: object, zone: str, found: bool) -> None:
    for query in (f"created:{DAY}", f'created:"{DAY}"', f"created:({DAY} OR 1999-01-01)"):
        (condition,) = conditions(query)
        assert replace(condition, clock=ZoneInfo(zone)).holds({"created": value}) is found, query
    assert text_within(conditions(f"created:{DAY}")) == ""


def test_what_was_made_on_a_day_is_found_by_it_in_every_list(shop: Shop) -> None:
    zone = "Pacific/Kiritimati"
    shop.site(homeBase={"address": {"country": "DE", "zipCode": "10115"}, "timezone": zone})
    shop.tax()
    shop.price(shop.product("mug"), "11.90")
    shop.method(zone=shop.zone())
    guest = shop.guest()
    succeeded(shop.checkout(guest, shop.order_request(shop.cart(guest, ["mug"]))), 200)
    today = datetime.now(ZoneInfo(zone)).date()
    for path, field in (
        (f"/order-v2/{shop.name}/salesorders", "created"),
        (f"/product/{shop.name}/products", "metadata.createdAt"),
        (f"/price/{shop.name}/prices", "metadata.createdAt"),
    ):
        counts = [
            len(shop.service.get(path, params={"q": f"{field}:{day}"}).json())
            for day in (today - timedelta(days=1), today, today + timedelta(days=1))
        ]
        assert counts[1] > 0, path
        assert counts[0] == counts[2] == 0, path


def test_an_e_mail_is_found_in_whatever_letters_it_is_asked_for(shop: Shop) -> None:
    shop.standard()
    guest = shop.guest()
    body = shop.order_request(shop.cart(guest, ["mug"]))
    body["customer"] |= {"email": "Ada.Byron@Example.com"}
    order = succeeded(shop.checkout(guest, body), 200)["orderId"]
    customer = shop.customer("ada.byron@example.com").customer_id
    orders, customers = f"/order-v2/{shop.name}/salesorders", f"/customer/{shop.name}/customers"
    for typed in ("ada.byron@example.com", "ADA.BYRON@EXAMPLE.COM", '" Ada.Byron@example.com "', "~byron@EXAMPLE"):
        for path, field, id in ((orders, "customer.email", order), (customers, "contactEmail", customer)):
            found = shop.service.get(path, params={"q": f"{field}:{typed}"})
            assert [one["id"] for one in found.json()] == [id], (typed, told(found))
    assert shop.service.get(orders, params={"q": "customer.lastName:BYRON"}).json() == []


@pytest.mark.parametrize("bound", [">nonsense", "<=24.12.2026", ">=2026-W52", "(>=2026-12-24 AND <soon)"])
def test_nothing_is_later_than_what_is_no_time(shop: Shop, bound: str) -> None:
    for path in ("product/{}/products", "order-v2/{}/salesorders", "customer/{}/customers", "coupon/{}/coupons"):
        refused = shop.service.get("/" + path.format(shop.name), params={"q": f"metadata.createdAt:{bound}"})
        assert (refused.status_code, "neither a time" in refused.text) == (400, True), told(refused)


@pytest.mark.parametrize("name", ["validityFrom", "validityTo", "metadataModifiedAt"])
def test_a_parameter_that_is_a_time_is_one(shop: Shop, name: str) -> None:
    path = f"/category/{shop.name}/categories"
    assert shop.service.get(path, params={name: "2026-12-24"}).status_code == 200
    refused = shop.service.get(path, params={name: "yesterday"})
    assert (refused.status_code, "neither a time" in refused.text) == (400, True), told(refused)


def test_an_order_is_up_or_down(shop: Shop) -> None:
    path = f"/product/{shop.name}/products"
    shop.product("a")
    shop.product("b")
    for sort, ids in (("id:desc", ["b", "a"]), ("id:ASC", ["a", "b"]), ("id:DESC", ["b", "a"]), ("id", ["a", "b"])):
        assert [one["id"] for one in shop.service.get(path, params={"sort": sort}).json()] == ids
    assert shop.service.get(path, params={"sort": "id:down"}).status_code == 400


@pytest.mark.parametrize(
    ("said", "status"),
    [("true", 204), ("TRUE", 204), ("1", 204), ("yes", 204), ("on ", 204), ("maybe", 400), ("0", 400)],
)
def test_a_flag_is_read_as_clients_write_it_or_refused(shop: Shop, said: str, status: int) -> None:
    shop.product("parent", productType="PARENT_VARIANT")
    shop.product("variant", productType="VARIANT", parentVariantId="parent")
    answer = shop.service.delete(f"/product/{shop.name}/products/parent", params={"force": said})
    assert answer.status_code == status, told(answer)
    assert ("true or false" in answer.text) == (said == "maybe")
