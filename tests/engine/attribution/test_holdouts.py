"""Experiments on both databases: everybody who was assigned, by all their names, and what they bought since."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.engine.sales.telling import HOUR, MINUTE, WITNESSES, Telling
from tests.store.ground import SHOP, lay_ground, opened
from tillroll.domain.attribution.holdout import compared, incremental, sample
from tillroll.domain.events.events import REFUSED, OutsideEvent
from tillroll.engine.attribution import holdouts
from tillroll.engine.attribution.holdouts import HoldoutReport, Tried


class Trying(Telling):
    """A ledger that tells of an experiment."""

    def assigned(self, visitor: str, group: str, at: int = 0, dialect: str = "native", **more: Any) -> OutsideEvent:
        """A visitor is in a group from now on."""
        document = {"experiment": "spring", "group": group}
        return self.event(
            dialect, "experiment_assigned", document, at, subject="spring", visitor=visitor, detail=group, **more
        )

    def sold(self, number: str, total: str, visitor: str, at: int = MINUTE) -> OutsideEvent:
        """An order of the shop's own list."""
        document = {"order_id": number, "total": Decimal(total), "currency": "EUR", "lines": []}
        return self.event("native", "checkout", document, at, subject=number, visitor=visitor)

    def compare(self, **more: Any) -> HoldoutReport:
        """What the experiment says."""
        asked = Tried(shop=SHOP, experiment="spring", since=0, until=2**62, currency="EUR", **more)
        return self.store.read_now(lambda tx: holdouts.report(tx, WITNESSES, asked))


@pytest.fixture
def telling(database_url: str) -> Iterator[Trying]:
    with opened(database_url) as store:
        lay_ground(store)
        yield Trying(store)


def test_revenue_is_net_and_of_what_was_bought_since(telling: Trying) -> None:
    telling.told(
        telling.sold("0", "99", "ada", at=-HOUR),
        telling.assigned("ada", "test"),
        telling.assigned("ada", "test", HOUR),
        telling.assigned("bob", "test"),
        telling.assigned("eve", "control"),
        telling.assigned("ann", "else"),
        telling.assigned("joe", "control", outcome=REFUSED, reason="rate"),
        telling.sold("1", "20", "ada"),
        telling.sold("2", "5", "ada", 2 * HOUR),
        telling.sold("3", "7", "eve"),
        telling.refund(500, order_id="1"),
    )
    found = telling.compare()
    assert (found.test.visitors, found.test.buyers, found.test.orders, found.test.revenue_minor) == (2, 1, 2, 2000)
    assert (found.control.visitors, found.control.buyers, found.control.revenue_minor) == (1, 1, 700)
    assert (found.raw.difference, found.incremental, found.mixed, found.is_cut) == (None, None, 0, False)
    assert telling.compare(test="else").test.visitors == 1


def test_somebody_of_two_names_is_one_visitor_and_who_is_in_both_arms_is_in_neither(telling: Trying) -> None:
    telling.told(
        telling.link("native:ada", "alhena:one/two"),
        telling.assigned("ada", "test"),
        telling.assigned("one/two", "test", dialect="alhena"),
        telling.storefront("9", "30", at=MINUTE),
        telling.assigned("bob", "test"),
        telling.assigned("bob", "control"),
    )
    found = telling.compare()
    assert (found.test.visitors, found.test.revenue_minor, found.control.visitors, found.mixed) == (1, 3000, 0, 1)


def test_what_it_proves_stands_beside_what_is_credited(telling: Trying) -> None:
    events = []
    for number in range(40):
        events += [telling.assigned(f"t{number}", "test"), telling.assigned(f"c{number}", "control")]
        events.append(telling.sold(f"T{number}", str(10 + number % 7), f"t{number}"))
        events.append(telling.sold(f"C{number}", str(4 + number % 5), f"c{number}"))
        touch = {"source": "newsletter"}
        events.append(telling.event("native", "touch", touch, 0, visitor=f"t{number}", detail="newsletter"))
    telling.told(*events)
    found = telling.compare(source="newsletter", model="last")
    of_test = {(10 + rest) * 100: sum(n % 7 == rest for n in range(40)) for rest in range(7)}
    of_control = {(4 + rest) * 100: sum(n % 5 == rest for n in range(40)) for rest in range(5)}
    expected = compared(sample(of_test, 40), sample(of_control, 40), Decimal("0.5"))
    assert found.raw == expected
    assert found.test.attributed_minor == found.test.revenue_minor == sum(k * v for k, v in of_test.items())
    assert found.incremental == incremental(found.capped, 40)
    assert found.calibration is not None
    assert 0 < found.calibration.low < found.calibration.estimate < 1
    assert telling.compare(control_share=Decimal("0.9")).raw.is_withheld
