"""Sales on the command line: made, made anew, and counted as a shop decides."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from tests.engine.sales.telling import HOUR, Telling
from tests.store.ground import SHOP, lay_ground, opened
from tillroll.cli import main
from tillroll.store import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened(database_url) as store:
        lay_ground(store)
        yield store


def run(url: str, *words: str) -> str:
    """What a command says; it has to succeed."""
    done = CliRunner().invoke(main, [*words, "--db", url], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def refused(url: str, *words: str) -> str:
    """How a command says no."""
    done = CliRunner().invoke(main, [*words, "--db", url], catch_exceptions=False)
    assert done.exit_code == 2, done.output
    return done.output


def test_sales_are_made_and_made_anew(store: Store, database_url: str) -> None:
    telling = Telling(store)
    telling.tell(telling.chat(at=-HOUR), telling.storefront())
    assert json.loads(run(database_url, "attribute", "--json")) == [{"shop": SHOP, "position": 2}]
    before = telling.sales(), telling.sums()
    assert before[1]["chat"][1] == 3083
    assert "up to event 2" in run(database_url, "attribute", "--rebuild", "--shop", SHOP)
    assert (telling.sales(), telling.sums()) == before


def test_a_shop_decides_how_it_counts(store: Store, database_url: str) -> None:
    telling = Telling(store)
    telling.told(telling.chat(at=-2 * HOUR), telling.storefront())
    found = json.loads(run(database_url, "shop", "counting", SHOP, "--window", "chat=1", "--json"))
    assert (found["window_hours"], found["window_days"]) == ({"chat": 1}, 30)
    assert json.loads(run(database_url, "shop", "counting", SHOP, "--json")) == found
    run(database_url, "attribute")
    assert telling.sums()["unattributed"][1] == 3083
    run(database_url, "shop", "counting", SHOP, "--window", "chat=2")
    run(database_url, "attribute")
    assert telling.sums()["chat"][1] == 3083
    run(database_url, "shop", "counting", SHOP, "--authority", "alhena, emporix", "--numbers", "exact")
    (sale,) = telling.told(telling.order(total=9999))
    assert sale.total_minor == 3083
    assert len(telling.told(telling.order("eon1001"))) == 2


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--authority", "alhena,nobody"], "--authority"),
        (["--window", "chat"], "SOURCE=HOURS"),
        (["--window", "chat=soon"], "SOURCE=HOURS"),
        (["--numbers", "roman"], "--numbers"),
        (["--match-minutes", "-1"], "--match-minutes"),
    ],
)
def test_what_can_not_be_decided_is_named(store: Store, database_url: str, words: list[str], part: str) -> None:
    assert store is not None
    assert part in refused(database_url, "shop", "counting", SHOP, *words)
