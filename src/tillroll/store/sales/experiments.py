"""Rows of experiments: who was assigned to which arm."""

import msgspec
from msgspec import Struct

from tillroll.store import Transaction

# Which experiments there are is read off the latest assignments: a page is to take no longer.
ASSIGNMENTS_SEEN_MAX = 5_000


class Assignments(Struct, frozen=True):
    """Which assignments to read: of an experiment, from when until when (µs UTC), and how many."""

    shop: str
    experiment: str
    since: int
    until: int
    limit: int


class ExperimentRow(Struct, frozen=True):
    """An experiment, and how many of the latest assignments are its own."""

    name: str
    assignments: int


class AssignedRow(Struct, frozen=True):
    """One visitor and the arm that somebody was assigned to."""

    dialect: str
    visitor: str
    arm: str
    happened_at: int


def assigned(tx: Transaction, wanted: Assignments) -> list[AssignedRow]:
    """The assignments, in the order of the ledger."""
    return [AssignedRow(*row) for row in tx.rows("experiment_assignments", **msgspec.structs.asdict(wanted))]


def known(tx: Transaction, shop: str, dialect: str, during: tuple[int, int]) -> list[ExperimentRow]:
    """The experiments that a dialect tells of assignments to from one moment to another (µs UTC), the largest first."""
    since, until = during
    asked = {"shop": shop, "dialect": dialect, "since": since, "until": until, "limit": ASSIGNMENTS_SEEN_MAX}
    return [ExperimentRow(*row) for row in tx.rows("known_experiments", **asked)]
