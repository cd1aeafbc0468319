"""The audit finds what is wrong with sales and their sums, in the shop where it is, and nothing in a healthy one."""

from pathlib import Path
from shutil import copyfile

import pytest

from tests.engine.sales.telling import HOUR, MINUTE, WITNESSES, Telling
from tests.store.ground import SHOP, add_shop, change, lay_ground, opened
from tillroll.engine.sales.audit import Retelling
from tillroll.engine.shops.audit import CASES_MAX, audit

# What breaks a promise; the property that is broken by it, and the beginning of what is said of it.
BREACHES = [
    ("DELETE FROM sale WHERE id = 's4'", "sales", "the report 4 belongs to a sale s4 that is not there"),
    ("DELETE FROM sale_report WHERE position = 5", "sales", "the sale s4 counts 2 reports, but has 1"),
    ("UPDATE sale SET reports = 3 WHERE id = 's4'", "sales", "the sale s4 counts 3 reports, but has 2"),
    ("UPDATE sale_report SET position = 99 WHERE position = 5", "sales", "the report 99 is no event"),
    ("UPDATE sales_follower SET position = 4", "sales", "the report 5 is no event that the sales have come to"),
    ("UPDATE sales_follower SET position = 99", "sales", "the sales are at event 99, beyond the last one, 8"),
    ("DELETE FROM sale_report WHERE position = 4", "sales", "the sales have passed the order A by"),
    ("UPDATE sale SET refunded_minor = 3084 WHERE id = 's4'", "sales", "the sale s4 has given 3084 back of 3083"),
    ("UPDATE sale SET refunded_minor = -1 WHERE id = 's4'", "sales", "the sale s4 has given -1 back of 3083"),
    (
        "UPDATE revenue SET credited_minor = 1 WHERE model = 'last'",
        "revenue",
        "by the order calendar in EUR the model last",
    ),
    (
        "UPDATE revenue SET refunded_minor = 1 WHERE model = 'first'",
        "revenue",
        "by the order calendar in EUR the model fi",
    ),
    ("UPDATE revenue SET orders = orders + 1", "revenue", "the sums of ('order', 'EUR', '', "),
    ("UPDATE revenue SET assisted_minor = 7 WHERE source = 'chat'", "revenue", "the sums of "),
    ("UPDATE revenue SET direct_minor = 7 WHERE source = 'chat'", "revenue", "the sums of "),
    ("UPDATE revenue SET day = day + 1", "revenue", "the sums of "),
    ("DELETE FROM revenue WHERE calendar = 'refund'", "revenue", "the sums of ('refund', "),
    ("DELETE FROM revenue WHERE model = 'last'", "revenue", "the sums of ('order', 'EUR', 'last', "),
    (
        "UPDATE sale SET total_minor = 3082 WHERE id = 's4'",
        "revenue",
        "the sale s4 does not say what its document says",
    ),
    ("UPDATE sale SET entries = '[]' WHERE id = 's4'", "revenue", "the sale s4 of 3083, of which 1000 were given back"),
    ("UPDATE sale SET state = 'refused' WHERE id = 's4'", "revenue", "the sale s4 does not say what its document says"),
    ("UPDATE sale SET since = 7 WHERE id = 's4'", "revenue", "the sale s4 at event 8 is not what the events make"),
    ("DELETE FROM sale_version WHERE since = 4", "revenue", "the sale s4 as it was since event 4 is not what"),
    (
        "UPDATE event SET subject = 'C' WHERE position = 6",
        "revenue",
        "the sale s6 at event 8 is not what the events make",
    ),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shops that tell the same of their sales."""
    path = tmp_path_factory.mktemp("audit") / "tillroll.db"
    with opened(f"sqlite:///{path}") as store:
        lay_ground(store)
        store.write_now(lambda tx: add_shop(tx, "other"))
        for shop in (SHOP, "other"):
            tell(Telling(store, shop))
    return path


def tell(telling: Telling) -> None:
    """Eight events, of which the fourth and the fifth report one order."""
    telling.tell(
        telling.chat(at=-MINUTE),
        telling.chat(at=-HOUR, visitor="three/four"),
        telling.click(at=-HOUR),
        telling.order("A"),
        telling.storefront("A"),
        telling.order("B", at=HOUR, total=1),
        telling.session(at=HOUR),
        telling.refund(1000, at=HOUR, order_id="A"),
    )
    telling.settle()


@pytest.fixture
def url(told: Path, tmp_path: Path) -> str:
    """A database of its own with these shops."""
    copyfile(told, tmp_path / "tillroll.db")
    return f"sqlite:///{tmp_path / 'tillroll.db'}"


def problems(url: str, retelling: Retelling | None) -> dict[str, tuple[str, ...]]:
    """What is said of each property that does not hold; only these two are looked at."""
    with opened(url) as store:
        found = store.read_now(lambda tx: audit(tx, retelling))
    return {one.name: one.problems for one in found if one.problems and one.name in ("sales", "revenue")}


@pytest.mark.parametrize(("breach", "name", "said"), BREACHES)
def test_a_breach_is_found_in_the_shop_where_it_is(url: str, breach: str, name: str, said: str) -> None:
    assert problems(url, Retelling(WITNESSES)) == {}
    change(url, f"{breach} {'AND' if 'WHERE' in breach else 'WHERE'} shop = '{SHOP}'")
    found = problems(url, Retelling(WITNESSES))
    assert all(problem.startswith(f"{SHOP}: ") for problem in found[name])
    assert [problem for problem in found[name] if problem.startswith(f"{SHOP}: {said}")], found[name]


def test_so_many_events_are_told_again_as_were_asked_for(url: str) -> None:
    change(url, "UPDATE event SET subject = 'C' WHERE position = 6")
    assert problems(url, None) == {}
    assert problems(url, Retelling(WITNESSES, events_max=5)) == {}
    for events in (6, None):
        (problem,) = problems(url, Retelling(WITNESSES, events_max=events))["revenue"]
        assert problem.startswith(f"{SHOP}: the sale s6 at event ")


def test_sales_that_are_about_to_be_made_anew_are_not_told_again(url: str) -> None:
    change(url, "UPDATE event SET subject = 'C' WHERE position = 6")
    change(url, "UPDATE sales_follower SET policy = 'an older one'")
    assert problems(url, Retelling(WITNESSES)) == {}


def test_a_healthy_shop_holds_on_both_databases(database_url: str) -> None:
    with opened(database_url) as store:
        lay_ground(store)
        tell(Telling(store))
        found = store.read_now(lambda tx: audit(tx, Retelling(WITNESSES, None)))
    assert {one.name for one in found} >= {"sales", "revenue"}
    assert {one.name: one.problems for one in found if one.name in ("sales", "revenue") and one.problems} == {}


def test_no_more_cases_are_named_than_help(url: str) -> None:
    change(url, "UPDATE revenue SET orders = orders + 1")
    assert len(problems(url, None)["revenue"]) == CASES_MAX
