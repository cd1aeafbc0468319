"""Sequential ids, and orders that are named by them (docs/wire/emporix.md, 7)."""

from functools import partial
from typing import Any

import pytest

from tests.dialects.emporix.hostile import check_refusal, refuses
from tests.dialects.emporix.orders.test_orders import check_audit, place
from tests.faults.crowd import at_once, statuses
from tests.harness import Server
from tests.shop import Shop, send, succeeded, told

SCHEMA: dict[str, Any] = {"name": "orders", "schemaType": "orderNoSequence", "preText": "ORDER-__year__-"}
SCHEMA |= {"postText": "-D", "startValue": 7, "maxValue": 999, "numberOfDigits": 4, "placeholders": {"__year__": {}}}


def create(shop: Shop, **fields: Any) -> str:
    path = f"/sequential-id/{shop.name}/schemas"
    id: str = succeeded(send(shop.service, "POST", path, SCHEMA | fields), 201)["id"]
    return id


def test_orders_are_named_by_the_shops_pattern(shared_server: Server, shop: Shop) -> None:
    shop.standard()
    assert place(shop, shop.guest()) == "EON1001"
    schema = create(shop)
    path = f"/sequential-id/{shop.name}/schemas/{schema}"
    first, second = place(shop, shop.guest()), place(shop, shop.guest())
    year = first.split("-")[1]
    assert (first, second) == (f"ORDER-{year}-0007-D", f"ORDER-{year}-0008-D")
    assert year.isdigit()
    shown = succeeded(shop.service.get(path), 200)
    assert (shown["active"], shown["counter"], shown["preText"]) == (True, 2, "ORDER-__year__-")
    other = create(shop, preText="X", postText="", numberOfDigits=2, startValue=1, maxValue=1)
    assert place(shop, shop.guest()).endswith("-0009-D")
    assert shop.service.post(f"/sequential-id/{shop.name}/schemas/{other}/setActive").status_code == 200
    assert place(shop, shop.guest()) == "X01"
    assert place(shop, shop.guest()) == "EON1006"
    listed = shop.service.get(f"/sequential-id/{shop.name}/schemas/types/orderNoSequence").json()
    assert [one["active"] for one in listed] == [False, True]
    assert shop.service.post(f"{path}/setActive").status_code == 200
    assert place(shop, shop.guest()).endswith("-0010-D")
    check_audit(shared_server)


def test_an_id_that_an_order_has_is_never_given_again(shared_server: Server, shop: Shop) -> None:
    shop.standard()
    assert place(shop, shop.guest()) == "EON1001"
    create(shop, preText="EON", postText="", startValue=1001, maxValue=9999, placeholders={})
    assert [place(shop, shop.guest()) for _ in range(2)] == ["EON1002", "EON1003"]
    other = create(shop, preText="EON", postText="", startValue=1002, maxValue=1003, placeholders={})
    shop.service.post(f"/sequential-id/{shop.name}/schemas/{other}/setActive")
    assert [place(shop, shop.guest()) for _ in range(2)] == ["EON1004", "EON1005"]
    check_audit(shared_server)


def test_a_crowd_of_orders_has_ids_without_gaps(shared_server: Server, shop: Shop) -> None:
    shop.standard()
    create(shop, preText="N", postText="", startValue=1, placeholders={})
    buyers = [(guest := shop.guest(), shop.order_request(shop.cart(guest, ["mug"]))) for _ in range(12)]
    answers = at_once([partial(shop.checkout, guest, body) for guest, body in buyers])
    assert statuses(answers) == {200: 12}
    assert sorted(answer.json()["orderId"] for answer in answers) == [f"N{number:04}" for number in range(1, 13)]
    check_audit(shared_server)


def test_ids_of_other_kinds_are_made_on_demand(shop: Shop) -> None:
    create(shop, name="invoices", schemaType="invoiceNoSequence", preText="__prefix__", postText="",
           placeholders={"__prefix__": {"required": True}}, maxValue=9)  # fmt: skip
    path = f"/sequential-id/{shop.name}/schemas/types/invoiceNoSequence/nextId"
    missing = send(shop.service, "POST", path, {})
    assert missing.status_code == 400
    assert "__prefix__" in missing.text
    wanted = {"placeholders": {"__prefix__": "INV"}}
    assert [succeeded(send(shop.service, "POST", path, wanted), 201)["id"] for _ in range(2)] == ["INV0007", "INV0008"]
    pool = wanted | {"sequenceKey": "2030-05"}
    assert succeeded(send(shop.service, "POST", path, pool), 201) == {"id": "INV0007"}
    batch = f"/sequential-id/{shop.name}/sequenceSchemaBatch/nextIds"
    asked = {"invoices": wanted | {"numberOfIds": 3}}
    assert succeeded(send(shop.service, "POST", batch, asked), 201) == {"invoices": {"ids": ["INV0009"]}}
    assert send(shop.service, "POST", path, wanted).status_code == 400
    assert send(shop.service, "POST", batch, {"nothing": {}}).status_code == 400
    other = f"/sequential-id/{shop.name}/schemas/types/quoteNoSequence/nextId"
    assert send(shop.service, "POST", other, {}).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"schemaType": "a b"},
        {"preText": "a/b"},
        {"preText": "x" * 101},
        {"startValue": -1},
        {"startValue": 1000},
        {"maxValue": 10**30},
        {"numberOfDigits": 0},
        {"numberOfDigits": 19},
        {"placeholders": {str(place): {} for place in range(21)}},
        {"placeholders": {"": {}}},
    ],
)
def test_a_pattern_that_makes_no_ids_is_refused(shop: Shop, fields: dict[str, Any]) -> None:
    refused = send(shop.service, "POST", f"/sequential-id/{shop.name}/schemas", SCHEMA | fields)
    assert refused.status_code == 400, told(refused)
    assert shop.service.get(f"/sequential-id/{shop.name}/schemas").json() == []


def test_the_service_is_for_those_with_its_scopes(shop: Shop) -> None:
    path = f"/sequential-id/{shop.name}/schemas"
    viewer = shop.client(shop.service_token("sequentialid.schema_view"))
    assert send(viewer, "POST", path, SCHEMA).status_code == 403
    assert viewer.get(path).json() == []
    assert viewer.get(f"{path}/none").status_code == 404
    assert shop.guest().get(path).status_code == 403
    assert shop.client().get(path).status_code == 401
    for name, response in refuses(shop.service, "POST", path):
        check_refusal(name, response)
