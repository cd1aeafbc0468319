"""Tax tables: docs/wire/emporix.md, 9, format B."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import JSON, check_doors, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, told

GERMANY: dict[str, Any] = {
    "location": {"countryCode": "DE"},
    "taxClasses": [
        {"code": "STANDARD", "name": {"en": "Standard", "de": "Normal"}, "order": 0, "rate": 19, "isDefault": True},
        {"code": "REDUCED", "name": "Reduced", "description": "Food", "order": 1, "rate": 7.5},
    ],
}


@pytest.fixture
def taxes(shop: Shop) -> str:
    return f"/tax/{shop.name}/taxes"


def classes(*changes: dict[str, Any]) -> dict[str, Any]:
    """A table whose classes are the standard one with these changes."""
    standard = {"code": "STANDARD", "name": "Standard", "rate": 19}
    return GERMANY | {"taxClasses": [standard | change for change in changes]}


def test_a_table_is_created_read_replaced_and_deleted(shop: Shop, taxes: str) -> None:
    created = shop.service.post(taxes, json=GERMANY)
    assert created.status_code == 201, told(created)
    assert created.json() == {"locationCode": "DE"}
    table = shop.service.get(f"{taxes}/DE").json()
    metadata = table.pop("metadata")
    assert (metadata["version"], set(metadata)) == (1, {"version", "createdAt", "modifiedAt"})
    assert table == GERMANY | {"locationCode": "DE"}
    replaced = shop.service.put(f"{taxes}/DE", json=classes({"rate": 20}) | {"metadata": metadata})
    assert (replaced.status_code, replaced.content) == (204, b"")
    again = shop.service.get(f"{taxes}/de").json()
    assert again["metadata"]["version"] == 2
    assert [known["rate"] for known in again["taxClasses"]] == [20]
    for _ in range(2):
        assert shop.service.delete(f"{taxes}/DE").status_code == 204
    missing = shop.service.get(f"{taxes}/DE")
    assert missing.status_code == 404
    assert missing.json() == {"code": 404, "status": "Not Found", "message": "The tax was not found for this code"}


def test_a_country_has_one_table_however_it_is_written(shop: Shop, taxes: str) -> None:
    assert shop.service.post(taxes, json=GERMANY | {"location": {"countryCode": "de"}}).json() == {"locationCode": "DE"}
    assert shop.service.get(f"{taxes}/De").status_code == 200
    repeated = shop.service.post(taxes, json=GERMANY)
    assert repeated.status_code == 409, told(repeated)
    assert repeated.json()["status"] == "Conflict"


def test_a_replacement_names_the_version_it_replaces(shop: Shop, taxes: str) -> None:
    shop.service.post(taxes, json=GERMANY)
    unversioned_bodies: list[dict[str, Any]] = [{}, {"metadata": {}}, {"metadata": {"version": None}}]
    for metadata in unversioned_bodies:
        unversioned = shop.service.put(f"{taxes}/DE", json=GERMANY | metadata)
        assert unversioned.status_code == 400, told(unversioned)
        assert "metadata.version" in unversioned.json()["message"]
    assert shop.service.put(f"{taxes}/DE", json=GERMANY | {"metadata": {"version": 1}}).status_code == 204
    stale = shop.service.put(f"{taxes}/DE", json=GERMANY | {"metadata": {"version": 1}})
    message = "The object that you are trying to update has already changed. Please refresh and try again!"
    assert stale.status_code == 409
    assert stale.json() == {"code": 409, "status": "Conflict", "message": message}
    missing = shop.service.put(
        f"{taxes}/FR", json=GERMANY | {"location": {"countryCode": "FR"}, "metadata": {"version": 1}}
    )
    assert missing.status_code == 404


def test_a_table_stays_in_its_country(shop: Shop, taxes: str) -> None:
    shop.service.post(taxes, json=GERMANY)
    moved = shop.service.put(
        f"{taxes}/DE", json=GERMANY | {"location": {"countryCode": "FR"}, "metadata": {"version": 1}}
    )
    assert moved.status_code == 400
    assert "countryCode must stay DE" in moved.json()["message"]


def test_every_token_reads_and_pages_are_counted(shop: Shop, taxes: str) -> None:
    for country in ("DE", "PL", "FR"):
        shop.tax(country)
    for client in (shop.service, shop.guest(), shop.client(shop.service_token("tax.tax_read"))):
        page = client.get(taxes, params={"pageSize": "2", "pageNumber": "2"}, headers={"x-total-count": "true"})
        assert [table["location"]["countryCode"] for table in page.json()] == ["FR"]
        assert page.headers["x-total-count"] == "3"
        assert client.get(f"{taxes}/PL").status_code == 200


def test_names_are_answered_in_the_language_asked_for_and_classes_in_their_order(shop: Shop, taxes: str) -> None:
    table = GERMANY | {"taxClasses": GERMANY["taxClasses"][::-1]}
    shop.service.post(taxes, json=table, headers={"content-language": "en"})
    for language, names in (
        ("*", [{"en": "Standard", "de": "Normal"}, {"en": "Reduced"}]),
        ("de", ["Normal", "Reduced"]),
        ("en-GB", ["Standard", "Reduced"]),
    ):
        answered = shop.service.get(f"{taxes}/DE", headers={"accept-language": language}).json()
        assert [known["name"] for known in answered["taxClasses"]] == names


def test_what_is_wrong_with_a_table_is_said(shop: Shop, taxes: str) -> None:
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"taxClasses": []}, "location"),
        ({"location": {}, "taxClasses": []}, "location.countryCode"),
        (GERMANY | {"location": {"countryCode": "DEU"}}, "location.countryCode"),
        (GERMANY | {"location": {"countryCode": "D€"}}, "location.countryCode"),
        (GERMANY | {"locationCode": "FR"}, "location.countryCode"),
        (GERMANY | {"locationCode": 5}, "locationCode"),
        (GERMANY | {"taxClasses": "STANDARD"}, "taxClasses"),
        (classes(), "taxClasses"),
        (classes({}, {}), "taxClasses"),
        (classes({"isDefault": True}, {"code": "B", "isDefault": True}), "taxClasses"),
        (classes({"code": ""}), "taxClasses[0].code"),
        (classes({}, {"code": "x" * 300}), "taxClasses[1].code"),
        (classes({"order": "first"}), "taxClasses[0].order"),
        (classes({"name": 5}), "taxClasses[0].name"),
        (classes(*({"code": f"C{number}"} for number in range(201))), "taxClasses"),
    ]
    for body, field in mistakes:
        response = shop.service.post(taxes, json=body)
        assert response.status_code == 400, told(response)
        assert any(detail.startswith(f"{field}: ") for detail in response.json()["details"]), told(response)


def test_a_rate_is_a_percentage(shop: Shop, taxes: str) -> None:
    text = '{"location": {"countryCode": "DE"}, "taxClasses": [{"code": "A", "name": "A", "rate": %s}]}'
    for rate in ("-1", "100.1", "1e400", "-0.01", "1e-11", "1e30", '"NaN"', '"Infinity"', "null", "true", "[]", "{}"):
        check_refusal(rate, shop.service.post(taxes, content=text % rate, headers=JSON))
    for country, rate in (("DE", "0"), ("AT", "100"), ("CH", "8.1"), ("FR", "5.5000000001")):
        body = (text % rate).replace("DE", country)
        assert shop.service.post(taxes, content=body, headers=JSON).status_code == 201, rate
        assert f'"rate":{rate}' in shop.service.get(f"{taxes}/{country}").text


def test_hostile_bodies_are_refused_on_every_route(shop: Shop, taxes: str) -> None:
    shop.service.post(taxes, json=GERMANY)
    for method, path in (("POST", taxes), ("PUT", f"{taxes}/DE"), ("PATCH", f"{taxes}/DE")):
        for name, response in refuses(shop.service, method, path):
            assert response.json()["code"] == response.status_code, name
    assert shop.service.get(f"{taxes}/DE").json()["metadata"]["version"] == 1
    for path in ("/%00", "/" + "x" * 5_000, "/%FF"):
        assert shop.service.get(taxes + path).status_code == 404


def test_nobody_else_gets_in(shop: Shop, taxes: str, shared_server: Server) -> None:
    with new_shop(shared_server) as other:
        calls = [("POST", taxes, GERMANY), ("PUT", f"{taxes}/DE", GERMANY), ("DELETE", f"{taxes}/DE", None)]
        check_doors(shop, other, calls)
        for client in (other.service, other.guest(), shop.client(shop.service_token("site.site_read"))):
            assert client.get(taxes).status_code == 403
            assert client.get(f"{taxes}/DE").status_code == 403
    refused = shop.client(shop.service_token("tax.tax_read")).post(taxes, json=GERMANY).json()
    assert refused["message"] == "The access to the requested resource has been forbidden by the server."
    assert refused["details"] == ["Required scope(s): tax.tax_manage"]
