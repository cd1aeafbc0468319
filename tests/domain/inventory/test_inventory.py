"""Which steps an item can take."""

from typing import Any

import pytest
from msgspec.structs import replace

from tillroll.domain.inventory.inventory import (
    AMOUNT_MINOR_MAX,
    DAY,
    IN_STOCK,
    LISTED,
    LOST,
    RETURNED,
    SOLD,
    ItemChange,
    change_problem,
)

NOW = 1_780_000_000_000_000
SALE = ItemChange(SOLD, 4200, "eur", NOW)

IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "a state that there is not": ({"state": "eaten"}, "the state must be one of"),
    "a currency that there is not": ({"currency": "jpy"}, "the currency must be one of"),
    "a sale without a price": ({"amount_minor": None}, "a sale needs its price"),
    "a price in stock": ({"state": IN_STOCK}, "an item that is in stock has no price"),
    "a price of what is lost": ({"state": LOST}, "an item that is lost has no price"),
    "a price below zero": ({"amount_minor": -1}, "the price is negative"),
    "a price beyond all": ({"amount_minor": AMOUNT_MINOR_MAX + 1}, "the price is negative or absurdly high"),
    "before 1970": ({"happened_at": -1}, "the date is before 1970"),
    "too far ahead": ({"happened_at": NOW + DAY + 1}, "more than a day ahead"),
}
POSSIBLE: dict[str, dict[str, Any]] = {
    "in stock": {"state": IN_STOCK, "amount_minor": None},
    "listed": {"state": LISTED},
    "listed without a price": {"state": LISTED, "amount_minor": None},
    "sold for nothing": {"amount_minor": 0},
    "sold for the most": {"amount_minor": AMOUNT_MINOR_MAX},
    "returned without a refund": {"state": RETURNED, "amount_minor": None},
    "lost": {"state": LOST, "amount_minor": None},
    "in 1970": {"happened_at": 0},
    "a day ahead": {"happened_at": NOW + DAY},
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_step_that_makes_no_sense_is_named(name: str) -> None:
    changes, said = IMPOSSIBLE[name]
    assert said in (change_problem(replace(SALE, **changes), NOW) or "")


@pytest.mark.parametrize("name", POSSIBLE)
def test_every_other_step_can_be_taken(name: str) -> None:
    assert change_problem(replace(SALE, **POSSIBLE[name]), NOW) is None
