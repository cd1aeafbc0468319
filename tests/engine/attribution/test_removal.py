"""Removal effects on both databases: of the paths of some days, those that ended with a sale and those that did not."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.engine.sales.telling import HOUR, MINUTE, WITNESSES, Telling
from tests.store.ground import NOW, SHOP, lay_ground, opened
from tillroll.domain.attribution.markov import removal_effects
from tillroll.domain.attribution.touches import DAY
from tillroll.domain.events.events import OutsideEvent
from tillroll.engine.attribution.removal import AskedPaths, PathBounds, Removal, TooManyPaths, removal
from tillroll.engine.documents.snapshot import clock_of
from tillroll.engine.sales import report
from tillroll.engine.sales.periods import day_of
from tillroll.engine.sales.report import Asked, Revenue


class Walking(Telling):
    """A ledger that tells of paths; whoever is somebody's is named by that visitor's own id."""

    def met(self, visitor: str, *sources: str, at: int = 0) -> list[OutsideEvent]:
        """A visitor meets these, one a minute."""
        return [
            self.event("native", "touch", {"source": one}, at + place * MINUTE, visitor=visitor, detail=one)
            for place, one in enumerate(sources)
        ]

    def sold(self, number: str, total: str, visitor: str, at: int = HOUR, currency: str = "EUR") -> OutsideEvent:
        """An order of the shop's own list."""
        document = {"order_id": number, "total": Decimal(total), "currency": currency, "lines": []}
        return self.event("native", "checkout", document, at, subject=number, visitor=visitor)

    def removal(self, **more: Any) -> Removal | TooManyPaths:
        """What the paths of the day of NOW say."""
        return self.store.read_now(lambda tx: removal(tx, WITNESSES, self._asked(tx, **more)))

    def _asked(self, tx: Any, **more: Any) -> AskedPaths:
        today = day_of(NOW, clock_of(tx, SHOP))
        return AskedPaths(SHOP, today, today, **more)

    def revenue(self, found: Removal) -> Revenue:
        """The report of that day, shared by removal effects."""

        def read(tx: Any) -> Revenue:
            clock = clock_of(tx, SHOP)
            today = day_of(NOW, clock)
            asked = Asked(shop=SHOP, first=today, last=today, currency="EUR", model="markov", calendar="order")
            return report.revenue(tx, asked, found.rows_on(clock))

        return self.store.read_now(read)


@pytest.fixture
def telling(database_url: str) -> Iterator[Walking]:
    with opened(database_url) as store:
        lay_ground(store)
        yield Walking(store)


def test_effects_are_of_the_paths_of_the_days_and_credits_add_up(telling: Walking) -> None:
    telling.told(
        *telling.met("ada", "mail", "ads"),
        telling.sold("1", "10.01", "ada"),
        *telling.met("ada", "ads", at=HOUR + MINUTE),  # after the order: a path of its own, that led to nothing
        *telling.met("bob", "ads", "mail", at=-3 * DAY),  # before the days, and before a sale within them
        *telling.met("bob", "ads", at=1),
        telling.sold("2", "0.99", "bob"),
        telling.sold("3", "7.00", "eve"),  # nobody led to it
        *telling.met("joe", "mail"),
        *telling.met("ann", "mail", "mail", "ads"),
        *telling.met("old", "mail", at=-2 * DAY),  # before the days, and no sale
        *telling.met("pam", "ads"),
        telling.sold("4", "30.00", "pam", currency="PLN"),
        telling.link("native:max", "native:moritz"),
        *telling.met("max", "mail"),
        *telling.met("moritz", "ads", at=MINUTE),
        telling.refund(500, order_id="1"),
    )
    found = telling.removal()
    assert isinstance(found, Removal)
    won = Counter({("mail", "ads"): 1, ("ads", "mail", "ads"): 1, (): 1, ("ads",): 1})
    lost = Counter({("ads",): 1, ("mail",): 1, ("mail", "mail", "ads"): 1, ("mail", "ads"): 1})
    assert (found.converting, found.lost) == (4, 4)
    assert found.effects == removal_effects(won, lost)
    assert 0 < found.effects["mail"] < found.effects["ads"] < 1
    shown = telling.revenue(found)
    assert (shown.total.credited_minor, shown.total.refunded_minor, shown.total.orders) == (1800, 500, 3)
    assert sum(one.credited_minor for one in shown.sources.values()) == 1800
    assert sum(one.refunded_minor for one in shown.sources.values()) == 500
    assert shown.sources["unattributed"].credited_minor == 700
    share = found.effects["mail"] / (found.effects["mail"] + found.effects["ads"])
    share_of_three = found.effects["mail"] / (found.effects["mail"] + 2 * found.effects["ads"])
    assert shown.sources["mail"].credited_minor == round(1001 * share) + round(99 * share_of_three)


def test_a_shared_device_leads_nobody_and_what_does_not_count_is_on_no_path(telling: Walking) -> None:
    telling.told(
        telling.event("doofinder", "init", {}, subject="s", visitor="s"),  # a session that only began
        *telling.met("till", "ads"),
        *(telling.link("native:till", f"emporix:customer:{n}", id=f"lnk_{n}") for n in range(4)),
        *telling.met("eve", "mail"),
        telling.sold("1", "5", "eve"),
    )
    found = telling.removal()
    assert isinstance(found, Removal)
    assert (found.converting, found.lost, dict(found.effects)) == (1, 0, {"mail": Fraction(1)})


@pytest.mark.parametrize("what", ["sales", "touches", "sources"])
def test_more_than_is_looked_at_is_told(telling: Walking, what: str) -> None:
    events = [event for n in range(3) for event in telling.met(f"v{n}", f"s{n}")]
    events += [telling.sold(str(n), "5", f"v{n}") for n in range(3)]
    telling.told(*events)
    assert telling.removal(bounds=PathBounds(**{what: 2})) == TooManyPaths(what, 2)
    assert isinstance(telling.removal(bounds=PathBounds(**{what: 3})), Removal)


def test_nothing_has_happened_in_most_days(telling: Walking) -> None:
    found = telling.removal()
    assert isinstance(found, Removal)
    assert (found.converting, found.lost, found.effects, found.shares) == (0, 0, {}, [])
