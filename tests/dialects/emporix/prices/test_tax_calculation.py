"""Tax calculation commands: docs/wire/emporix.md, 9."""

from typing import Any

import pytest

from tests.dialects.emporix.hostile import JSON, NUMBERS, check_refusal, refuses
from tests.harness import Server, new_shop
from tests.shop import Shop, told


@pytest.fixture
def command(shop: Shop) -> str:
    shop.tax()
    shop.tax("PL", {"STANDARD": 23})
    return f"/tax/{shop.name}/taxes/calculation-commands"


def asked(**changes: Any) -> dict[str, Any]:
    wanted = {"targetLocation": {"countryCode": "DE"}, "targetTaxClass": "STANDARD"}
    return {"commandUuid": "1", "input": wanted | {"includesTax": False, "price": 1.59} | changes}


FROM_GERMANY = {"sourceLocation": {"countryCode": "DE"}, "sourceTaxClass": "STANDARD"}
TO_POLAND = {"targetLocation": {"countryCode": "PL"}, "targetTaxClass": "STANDARD"}


def test_the_published_figures_come_out_to_the_last_digit(shop: Shop, command: str) -> None:
    figures: list[tuple[dict[str, Any], str]] = [
        ({}, '{"netPrice":1.59,"grossPrice":1.8921,"sourceTaxRate":19,"targetTaxRate":19}'),
        (
            {"includesTax": True},
            '{"netPrice":1.3361344538,"grossPrice":1.59,"sourceTaxRate":19,"targetTaxRate":19}',
        ),
        (
            {"includesTax": True, **FROM_GERMANY, **TO_POLAND},
            '{"netPrice":1.3361344538,"grossPrice":1.643445378174,"sourceTaxRate":19,"targetTaxRate":23}',
        ),
        ({"price": "1000"}, '{"netPrice":1000,"grossPrice":1190,"sourceTaxRate":19,"targetTaxRate":19}'),
        ({"price": 0, "includesTax": True}, '{"netPrice":0,"grossPrice":0,"sourceTaxRate":19,"targetTaxRate":19}'),
    ]
    for changes, output in figures:
        response = shop.service.put(command, json=asked(**changes))
        assert response.status_code == 200, told(response)
        assert response.text.endswith(f'"output":{output}}}')
        assert response.json()["commandUuid"] == "1"


def test_a_command_that_can_not_be_calculated_is_refused(shop: Shop, command: str) -> None:
    for changes, field in (
        ({"targetLocation": {"countryCode": "FR"}}, "input.targetLocation.countryCode"),
        ({"targetTaxClass": "LUXURY"}, "input.targetTaxClass"),
        ({"sourceTaxClass": "STANDARD"}, "input.sourceLocation"),
        ({"sourceLocation": {"countryCode": "DE"}}, "input.sourceTaxClass"),
        ({"price": None}, "input.price"),
        ({"includesTax": "yes"}, "input.includesTax"),
        ({**FROM_GERMANY, "sourceTaxClass": "LUXURY"}, "input.sourceTaxClass"),
    ):
        response = shop.service.put(command, json=asked(**changes))
        assert response.status_code == 400, told(response)
        assert any(detail.startswith(f"{field}: ") for detail in response.json()["details"]), told(response)
    body = '{"input": {"targetLocation": {"countryCode": "DE"}, "targetTaxClass": "STANDARD", "includesTax": true, %s}}'
    for value in NUMBERS:
        check_refusal(value, shop.service.put(command, content=body % f'"price": {value}', headers=JSON))
    assert list(refuses(shop.service, "PUT", command))


def test_every_caller_of_the_shop_may_calculate_and_nobody_else(
    shop: Shop, shared_server: Server, command: str
) -> None:
    for client in (shop.guest(), shop.customer(), shop.client(shop.service_token("site.site_read"))):
        assert client.put(command, json=asked()).status_code == 200
    with new_shop(shared_server) as other:
        assert other.service.put(command, json=asked()).status_code == 403
    assert shop.client().put(command, json=asked()).status_code == 401
