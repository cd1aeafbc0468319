"""Reports that convert, on both databases: by the rate of the day, exactly, and nothing without one."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.engine.attribution.test_removal import Walking
from tests.engine.sales.telling import HOUR, MINUTE
from tests.store.ground import NOW, SHOP, lay_ground, opened
from tillroll.domain.attribution.touches import DAY
from tillroll.domain.events.events import Origin
from tillroll.domain.rates.rates import DayRate
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.rates import rates
from tillroll.engine.rates.conversion import NotConverted
from tillroll.engine.rates.rates import RateChange
from tillroll.engine.sales import report
from tillroll.engine.sales.periods import day_of
from tillroll.engine.sales.report import Asked, Revenue
from tillroll.store import Transaction


class Changing(Walking):
    """A shop that sells in several currencies."""

    def today(self) -> int:
        """The day of NOW on the shop's clock."""
        return self.store.read_now(lambda tx: day_of(NOW, clock_of(tx, SHOP)))

    def rate(self, value: str | None, days_before: int = 0, currency: str = "PLN") -> None:
        """From that day on a unit is worth so much in EUR; None: there is no rate of that day."""
        day, worth = self.today() - days_before, Decimal(value or "1")
        one = DayRate(currency=currency, into="EUR", day=day, rate=worth, source="ECB")
        change = RateChange(Origin(SHOP, "native"), "id", NOW)

        def write(tx: Transaction) -> None:
            if value is None:
                assert rates.remove(tx, change, one, {})
            else:
                rates.set_rates(tx, change, [one], [])

        self.store.write_now(write)
        self.settle()

    def converted(self, **more: Any) -> Revenue:
        """The report of these three days in EUR, with what is converted into it."""
        today = self.today()
        asked: dict[str, Any] = {"shop": SHOP, "first": today - 2, "last": today, "currency": "EUR", "model": "linear"}
        asked |= {"calendar": "order", "converts": True}
        return self.store.read_now(lambda tx: report.revenue(tx, Asked(**asked | more)))


@pytest.fixture
def telling(database_url: str) -> Iterator[Changing]:
    with opened(database_url) as store:
        lay_ground(store)
        yield Changing(store)


def test_each_day_is_converted_by_its_rate_and_adds_up(telling: Changing) -> None:
    telling.told(
        *telling.met("ada", "mail", "ads", "chat", at=-2 * DAY - HOUR),
        telling.sold("1", "10.00", "ada", at=-2 * DAY, currency="PLN"),
        telling.sold("2", "10.00", "ada", at=0, currency="PLN"),
        telling.sold("3", "1.00", "eve"),
        telling.sold("4", "500", "joe", currency="JPY"),
        telling.refund(300, order_id="1", currency="PLN", at=MINUTE),
    )
    telling.rate("0.2343", days_before=20)
    telling.rate("0.2", days_before=0)
    found = telling.converted()
    assert (found.total.credited_minor, found.total.orders, found.total.refunded_minor) == (100 + 234 + 200, 3, 70)
    assert {source: one.credited_minor for source, one in found.sources.items()} == {
        "ads": 78 + 67,
        "chat": 78 + 66,
        "mail": 78 + 67,
        "unattributed": 100,
    }
    told = [(one.rate.rate, one.orders, one.total_minor, one.converted_minor) for one in found.used]
    assert told == [(Decimal("0.2343"), 1, 1000, 234), (Decimal("0.2"), 1, 1000, 200)]
    assert [(one.refunded_minor, one.converted_refunds_minor) for one in found.used] == [(300, 70), (0, 0)]
    assert found.missing == [NotConverted(currency="JPY", orders=1, total_minor=500, refunded_minor=0)]
    # What is given back is worth what it is worth on the day on which it is, where days of refunds are asked for.
    by_refund = telling.converted(calendar="refund")
    assert (by_refund.total.credited_minor, by_refund.total.refunded_minor) == (534, 60)
    assert sum(one.refunded_minor for one in by_refund.sources.values()) == 60
    assert telling.converted(converts=False).total.credited_minor == 100
    # The same sales and the same rates, told out of the sales themselves.
    telling.told(telling.sold("9", "7.77", "bob"))
    again = telling.converted(as_of=found.as_of)
    assert (again.total, again.sources, again.cells) == (found.total, found.sources, found.cells)


def test_a_position_has_the_rates_of_then(telling: Changing) -> None:
    telling.told(telling.sold("1", "10.00", "ada", currency="PLN"))
    shown = [telling.converted()]
    for value in ("0.25", "0.3", None):
        telling.rate(value)
        shown.append(telling.converted())
    totals = [one.total.credited_minor for one in shown]
    assert totals == [0, 250, 300, 0]
    assert [len(one.missing) for one in shown] == [1, 0, 0, 1]
    assert [telling.converted(as_of=one.as_of).total.credited_minor for one in shown] == totals
    positions = [one.as_of for one in shown]
    assert positions == sorted(set(positions))


def test_all_models_convert_alike(telling: Changing) -> None:
    telling.told(*telling.met("ada", "mail"), telling.sold("1", "10.00", "ada", currency="PLN"))
    telling.rate("0.25")
    today = telling.today()
    asked = Asked(shop=SHOP, first=today, last=today, currency="EUR", model="linear", calendar="order", converts=True)
    found = telling.store.read_now(lambda tx: report.models(tx, asked))
    assert {sum(one.credited_minor for one in sources.values()) for sources in found.values()} == {250}
    assert found["first"]["mail"].credited_minor == 250
