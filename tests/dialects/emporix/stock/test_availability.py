"""Availability: docs/wire/emporix.md, 13, format E; and the movements that have to add up to what is on hand."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from tests.dialects.emporix.hostile import JSON, NUMBERS, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop, running_servers
from tests.shop import Shop, send, told
from tillroll.store import open_store

RECORD: dict[str, Any] = {
    "stockLevel": 10,
    "available": True,
    "popularity": 5,
    "distributionChannel": "ASSORTMENT",
    "mixins": {"productCustomAttributes": {"minOrderQuantity": 2}},
    "metadata": {"mixins": {"productCustomAttributes": "https://example.com/attributes.json"}},
}


@pytest.fixture
def base(shop: Shop) -> str:
    shop.site()
    return f"/availability/{shop.name}/availability"


def movements(server: Server, shop: Shop) -> tuple[list[Any], list[Any]]:
    """The counts that were kept of this shop, and the places of any shop where they do not add up."""
    with closing(open_store(server.database_url)) as store:
        return store.write_now(
            lambda tx: (
                tx.rows("stock_movements_of_cause", shop=shop.name, cause="count"),
                tx.rows("stock_differences"),
            )
        )


def test_a_record_is_created_read_replaced_and_deleted(shop: Shop, base: str) -> None:
    created = shop.service.post(f"{base}/mug/main", json=RECORD)
    assert (created.status_code, created.json()) == (201, {"id": "main:mug"})
    record = shop.guest().get(f"{base}/mug/main").json()
    assert record.pop("metadata") == RECORD["metadata"] | {"version": 1}
    assert record == {name: value for name, value in RECORD.items() if name != "metadata"} | {
        "id": "main:mug",
        "site": "main",
        "productId": "mug",
    }
    again = shop.service.post(f"{base}/mug/main", json=RECORD)
    assert (again.status_code, again.json()) == (409, {"code": 409, "message": "Resource already exists."})
    replaced = shop.service.put(f"{base}/mug/main", json={"stockLevel": 2.5, "available": False})
    assert (replaced.status_code, replaced.content) == (204, b"")
    record = shop.service.get(f"{base}/mug/main").json()
    assert (record["stockLevel"], record["available"], record["metadata"]) == (2.5, False, {"version": 2})
    assert "popularity" not in record
    assert shop.service.delete(f"{base}/mug/main").status_code == 204
    for method in ("GET", "DELETE"):
        missing = shop.service.request(method, f"{base}/mug/main")
        assert missing.status_code == 404
        assert missing.content == (
            b'{"message":"There is no availability for productId: mug and site: main","code":404}'
        )


def test_a_put_creates_what_is_not_there(shop: Shop, base: str) -> None:
    created = shop.service.put(f"{base}/tea/main", json={})
    assert (created.status_code, created.json()) == (201, {"id": "main:tea"})
    record = shop.service.get(f"{base}/tea/main").json()
    assert (record["stockLevel"], record["available"]) == (0, True)


def test_every_count_writes_its_movement(shop: Shop, shared_server: Server, base: str) -> None:
    shop.stock("mug", 10)
    shop.stocked("mug", "12.5")
    shop.stocked("mug", "12.5")
    shop.stocked("mug", 3)
    assert shop.on_hand("mug") == 3
    shop.service.delete(f"{base}/mug/main")
    shop.stock("mug", 7)
    moved, differences = movements(shared_server, shop)
    assert [quantity for _site, _product, quantity in moved] == [10_000, 2_500, -9_500, -3_000, 7_000]
    assert differences == []


def test_counts_at_the_same_time_add_up(shop: Shop, shared_server: Server, base: str) -> None:
    service = shop.service
    levels = [Decimal(number) for number in range(40)]

    def change(level: Decimal) -> int:
        if level % 7 == 0:
            return service.delete(f"{base}/mug/main").status_code
        return send(service, "PUT", f"{base}/mug/main", {"stockLevel": level}).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(change, levels))
    assert set(statuses) <= {201, 204, 404}
    moved, differences = movements(shared_server, shop)
    assert differences == []
    record = service.get(f"{base}/mug/main")
    on_hand = Decimal(str(record.json()["stockLevel"])) if record.status_code == 200 else Decimal(0)
    assert sum(quantity for _site, _product, quantity in moved) == on_hand * 1000


def test_counts_through_two_servers_add_up(database_url: str) -> None:
    with running_servers(database_url, 2) as servers, new_shop(servers) as shop:
        shop.site()
        services = [shop.service, shop.at(servers[1].url).service]
        path = f"/availability/{shop.name}/availability/mug/main"

        def change(level: int) -> int:
            service = services[level % 2]
            if level % 5 == 0:
                return service.delete(path).status_code
            return service.put(path, json={"stockLevel": level}).status_code

        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(change, range(100))) <= {201, 204, 404}
        assert movements(servers[0], shop)[1] == []


def test_a_retried_count_moves_once(shop: Shop, shared_server: Server, base: str) -> None:
    shop.stock("mug", 10)
    for _ in range(2):
        key = {"Idempotency-Key": "count-1"}
        assert shop.service.put(f"{base}/mug/main", json={"stockLevel": 4}, headers=key).status_code == 204
    moved, differences = movements(shared_server, shop)
    assert [quantity for _site, _product, quantity in moved] == [10_000, -6_000]
    assert differences == []


def test_a_bulk_call_answers_for_each_record(shop: Shop, shared_server: Server, base: str) -> None:
    mug = {"productId": "mug", "site": "main", "stockLevel": 1}
    created = shop.service.post(
        f"{base}/bulk", json=[mug, mug, mug | {"site": "nowhere"}, {"site": "main"}, mug | {"stockLevel": -1}]
    )
    assert created.status_code == 207, told(created)
    assert created.json() == [
        {"id": "main:mug", "index": 0, "code": 201, "status": "Created"},
        {"id": "main:mug", "index": 1, "code": 409, "status": "Conflict", "message": "Resource already exists."},
        {
            "id": "nowhere:mug",
            "index": 2,
            "code": 400,
            "status": "Bad Request",
            "message": "site: there is no site with the code 'nowhere'",
        },
        {
            "id": "",
            "index": 3,
            "code": 400,
            "status": "Bad Request",
            "message": "productId: productId is required: send a value",
        },
        {
            "id": "main:mug",
            "index": 4,
            "code": 400,
            "status": "Bad Request",
            "message": "stockLevel: stockLevel must be from 0 to 10^9 with at most three decimal places",
        },
    ]
    tea = {"productId": "tea", "site": "main", "stockLevel": 5}
    changed = shop.service.put(f"{base}/bulk", json=[mug | {"stockLevel": 3}, mug | {"stockLevel": 2}, tea])
    assert [line["status"] for line in changed.json()] == ["No Content", "No Content", "Created"]
    assert shop.on_hand("mug") == 2
    assert shop.on_hand("tea") == 5
    gone = [{"productId": "mug", "site": "main"}, {"productId": "mug", "site": "main"}]
    deleted = shop.service.request("DELETE", f"{base}/bulk", json=gone)
    assert [line["code"] for line in deleted.json()] == [204, 404]
    assert deleted.json()[1]["message"] == "There is no availability for productId: mug and site: main"
    assert movements(shared_server, shop)[1] == []
    too_many = shop.service.put(f"{base}/bulk", json=[tea] * 201)
    assert too_many.status_code == 400
    assert too_many.json()["_embedded"]["errors"] == [{"message": "Maximum size of the payload array is 200."}]


def test_records_are_listed_and_searched(shop: Shop, base: str) -> None:
    shop.site("second")
    for product, site, level in (("mug", "main", 1), ("tea", "main", 2), ("mug", "second", 3)):
        shop.stock(product, level, site=site)

    def ids(response: Any) -> list[str]:
        assert response.status_code == 200, told(response)
        return [record["id"] for record in response.json()]

    listed = shop.guest().get(f"{base}/site/main")
    assert ids(listed) == ["main:mug", "main:tea"]
    assert listed.headers["x-total-count"] == "2"
    assert ids(shop.guest().get(f"{base}/site/main", params={"pageSize": "1", "pageNumber": "2"})) == ["main:tea"]
    assert ids(shop.guest().get(f"{base}/site/main", params={"q": "stockLevel:>1"})) == ["main:tea"]
    assert ids(shop.guest().get(f"{base}/site/main", params={"pageSize": "20000"})) == ["main:mug", "main:tea"]
    search = f"{base}/search"
    assert ids(shop.guest().post(search, json=["mug", "cup", "mug"])) == ["main:mug", "second:mug"]
    assert ids(shop.guest().post(search, params={"site": "second"}, json=["mug", "tea"])) == ["second:mug"]
    assert ids(shop.guest().post(search, json={"q": "stockLevel:>=2"})) == ["main:tea", "second:mug"]
    assert ids(shop.guest().post(search, json=[])) == []
    for body, params in (({}, {}), ({"q": "x"}, {}), ({"q": "a:b"}, {"site": "main"}), ([1], {}), ("x", {})):
        refused = shop.guest().post(search, params=params, json=body)
        assert refused.status_code == 400, told(refused)


def test_a_bundle_has_as_many_as_its_scarcest_member(shop: Shop, base: str) -> None:
    for product in ("cup", "saucer"):
        shop.product(product)
    members = [{"productId": "cup", "amount": 2}, {"productId": "saucer", "amount": 1}]
    shop.product("set", productType="BUNDLE", bundledProducts=members)
    assert shop.service.get(f"{base}/set/main").status_code == 404
    shop.stock("cup", 7)
    shop.stock("saucer", 5)
    bundle = shop.guest().get(f"{base}/set/main").json()
    assert (bundle["id"], bundle["stockLevel"], bundle["available"]) == ("main:set", 3, True)
    assert [member["id"] for member in bundle["bundleAvailabilities"]] == ["main:cup", "main:saucer"]
    shop.service.put(f"{base}/saucer/main", json={"stockLevel": 5, "available": False})
    assert shop.guest().get(f"{base}/set/main").json()["available"] is False
    refused = shop.service.put(f"{base}/set/main", json={"stockLevel": 1})
    assert refused.status_code == 400
    assert "count the products that it is made of" in refused.json()["_embedded"]["errors"][0]["message"]


@pytest.mark.parametrize(
    "change", [{"available": "yes"}, {"popularity": "high"}, {"distributionChannel": "DRONE"}, {"mixins": []}]
)
def test_a_record_that_means_nothing_is_refused(shop: Shop, base: str, change: dict[str, Any]) -> None:
    response = shop.service.post(f"{base}/mug/main", json=RECORD | change)
    assert response.status_code == 400, told(response)
    body = response.json()
    assert (body["code"], body["status"]) == (400, "Bad Request")
    assert body["message"] == "There is a validation error. Please check the details."
    assert next(iter(change)) in body["_embedded"]["errors"][0]["message"]


@pytest.mark.parametrize("value", [*NUMBERS, "0.0001", "1e9", "99999999999999999999"])
def test_levels_that_are_no_quantities_are_refused(shop: Shop, base: str, value: str) -> None:
    body = f'{{"stockLevel": {value}}}'
    check_refusal(value, shop.service.put(f"{base}/mug/main", content=body, headers=JSON))
    bulk = f'[{{"productId": "mug", "site": "main", "stockLevel": {value}}}]'
    response = shop.service.put(f"{base}/bulk", content=bulk, headers=JSON)
    assert response.status_code == 400 or response.json()[0]["code"] == 400, told(response)
    assert shop.service.get(f"{base}/mug/main").status_code == 404


def test_hostile_bodies_are_refused(shop: Shop, base: str) -> None:
    for method, path in (("POST", f"{base}/x/main"), ("PUT", f"{base}/x/main")):
        for name, response in refuses(shop.service, method, path):
            assert response.json()["code"] == response.status_code, name
    for method in ("POST", "PUT", "DELETE"):
        assert list(refuses(shop.service, method, f"{base}/bulk"))
    for path in (f"{base}/{'x' * 256}/main", f"{base}/x/{'y' * 300}", f"{base}/%20x/main"):
        check_refusal(path, shop.service.put(path, json=RECORD))


def test_every_door_is_shut_to_strangers(shop: Shop, shared_server: Server, base: str) -> None:
    calls: list[tuple[str, str, Any]] = [("DELETE", f"{base}/mug/main", None)]
    calls += [(method, f"{base}/mug/main", RECORD) for method in ("POST", "PUT")]
    calls += [(method, f"{base}/bulk", []) for method in ("POST", "PUT", "DELETE")]
    with new_shop(shared_server) as other:
        check_doors(shop, other, calls)
        for path in (f"{base}/mug/main", f"{base}/site/main"):
            assert other.service.get(path).json() == {
                "code": 403,
                "status": "Forbidden",
                "message": "User not authorized.",
            }


def version(shop: Shop, base: str) -> int:
    found: int = shop.service.get(f"{base}/mug/main").json()["metadata"]["version"]
    return found


def test_a_sale_a_return_and_a_correction_make_a_later_version(shop: Shop) -> None:
    shop.standard()
    base = f"/availability/{shop.name}/availability"
    shop.stock("mug", 10)
    guest, read = shop.guest(), {"stockLevel": 10, "metadata": {"version": version(shop, base)}}
    placed = shop.checkout(guest, shop.order_request(shop.cart(guest, [("mug", 4)]))).json()
    refused = shop.service.put(f"{base}/mug/main", json=read)
    assert refused.status_code == 409
    assert shop.on_hand("mug") == 6
    assert refused.json()["message"].startswith("The version is out of date, as after a sale")
    seen = version(shop, base)
    order = f"/order-v2/{shop.name}/salesorders/{placed['orderId']}"
    entry = shop.service.get(order).json()["entries"][0]
    corrected = send(shop.service, "PATCH", order, {"entries": [{"id": entry["id"], "amount": 3}]})
    assert corrected.status_code == 204, told(corrected)
    assert version(shop, base) > seen
    assert shop.on_hand("mug") == 7
    seen = version(shop, base)
    declined = send(shop.service, "POST", f"{order}/transitions", {"status": "DECLINED"})
    assert declined.status_code == 204, told(declined)
    assert version(shop, base) > seen
    assert shop.on_hand("mug") == 10
    stale = [{"productId": "mug", "site": "main", "stockLevel": 1, "metadata": {"version": seen}}]
    (line,) = shop.service.put(f"{base}/bulk", json=stale).json()
    assert line["code"] == 409
    assert shop.on_hand("mug") == 10
    fresh = {"stockLevel": 12, "metadata": {"version": version(shop, base)}}
    assert shop.service.put(f"{base}/mug/main", json=fresh).status_code == 204
    assert shop.on_hand("mug") == 12
