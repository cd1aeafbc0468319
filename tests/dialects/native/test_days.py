"""Days that lists and reports are asked for: those of the shop's clock, whichever day it is in UTC."""

import pytest

from tests.dialects.emporix.clocks import far_clock, shop_at, today
from tests.dialects.native.test_sales import Office
from tests.shop import Shop, told

# Of moments or days, and what else each of them has to be asked.
MOMENTS: dict[str, dict[str, str]] = {"/v1/events": {}, "/v1/sales": {}, "/v1/reports/holdout": {"experiment": "x"}}
DAYS: dict[str, dict[str, str]] = {
    "/v1/reports/revenue": {},
    "/v1/reports/attribution": {},
    "/v1/reports/carts": {},
    "/v1/reports/search": {},
}
ALL = {**MOMENTS, **DAYS, "/v1/events/outcomes": {}, "/v1/rates": {}}


@pytest.mark.parametrize("path", DAYS)
@pytest.mark.parametrize("clock", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_is_the_day_that_the_shops_clock_shows(shop: Shop, path: str, clock: str) -> None:
    shop_at(shop, clock)
    day = today(clock)
    found = Office(shop).get(path, **DAYS[path], **{"from": day})
    assert (found["from"], found["to"]) == (day, day)


@pytest.mark.parametrize("path", MOMENTS)
def test_an_end_is_before_its_beginning_on_the_shops_clock_alone(shop: Shop, path: str) -> None:
    shop_at(shop, "Pacific/Pago_Pago")  # eleven hours behind UTC: the 24th ends there when it is 11 on the 25th in UTC
    office = Office(shop).client
    for begins, status in (("2026-12-25T10:00:00Z", 200), ("2026-12-25T12:00:00Z", 400)):
        answer = office.get(path, params=MOMENTS[path] | {"from": begins, "to": "2026-12-24"})
        assert answer.status_code == status, told(answer)


@pytest.mark.parametrize("path", ALL)
def test_both_ends_are_told_of_where_neither_can_be_read(shop: Shop, path: str) -> None:
    shop_at(shop, far_clock())
    refused = Office(shop).client.get(path, params=ALL[path] | {"from": "24.12.2026", "to": "12/25/2026"})
    assert refused.status_code == 400, told(refused)
    assert [one["field"] for one in refused.json()["errors"]] == ["from", "to"]


@pytest.mark.parametrize("path", ALL)
def test_a_period_that_ends_before_it_begins_is_never_an_empty_list(shop: Shop, path: str) -> None:
    shop_at(shop, far_clock())
    refused = Office(shop).client.get(path, params=ALL[path] | {"from": "2026-12-24", "to": "2026-12-23"})
    assert refused.status_code == 400, told(refused)
    assert [one["field"] for one in refused.json()["errors"]] == ["from"]


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/sales", "/v1/rates", "/v1/reports/revenue", "/v1/reports/attribution"),
        *("/v1/reports/carts", "/v1/reports/holdout"),
    ],
)
def test_a_currency_that_there_is_not_is_never_one_without_sales(shop: Shop, path: str) -> None:
    office, others = Office(shop).client, ALL[path]
    for said, status in ((" eur", 200), ("EUR", 200), ("euro", 400), ("EU", 400), ("XX!", 400)):
        answer = office.get(path, params=others | {"currency": said})
        assert answer.status_code == status, told(answer)
