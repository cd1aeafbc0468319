"""Rows of experiments: who was assigned to which arm."""

import msgspec
from msgspec import Struct

from tillroll.store import Transaction


class Assignments(Struct, frozen=True):
    """Which assignments to read: of an experiment, from when until when (µs UTC), and how many."""

    shop: str
    experiment: str
    since: int
    until: int
    limit: int


class AssignedRow(Struct, frozen=True):
    """One visitor and the arm that somebody was assigned to."""

    dialect: str
    visitor: str
    arm: str
    happened_at: int


def assigned(tx: Transaction, wanted: Assignments) -> list[AssignedRow]:
    """The assignments, in the order of the ledger."""
    return [AssignedRow(*row) for row in tx.rows("experiment_assignments", **msgspec.structs.asdict(wanted))]
