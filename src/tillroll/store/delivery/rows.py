"""Rows of delivery windows: how many places of each are booked, and the bookings that add up to it.

Times are microseconds UTC.
"""

from collections.abc import Iterable, Sequence
from typing import TypedDict

from tillroll.store import Transaction
from tillroll.store.queries import keys


class NewCounter(TypedDict):
    """A window's counter to be opened, with nothing booked."""

    shop: str
    id: str
    capacity: int
    now: int


class PlacesTaken(TypedDict):
    """So many places of a window, out of how many it has."""

    shop: str
    id: str
    places: int
    capacity: int
    now: int


class BookingRow(TypedDict):
    """Places of a window booked, or given back where they are below zero; what for, and on whose account."""

    shop: str
    window_id: str
    cause: str
    subject: str
    places: int
    now: int


def booked(tx: Transaction, shop: str, window_ids: Iterable[str]) -> dict[str, int]:
    """How many places of these windows are booked; a window without a counter is absent."""
    return dict(tx.rows("delivery_counters", shop=shop, keys=keys(window_ids)))


def open_counters(tx: Transaction, counters: Sequence[NewCounter]) -> None:
    """Make these counters where they are not there, so that there is a row to lock."""
    tx.run_many("open_delivery_counter", counters)


def lock_counters(tx: Transaction, shop: str, window_ids: Iterable[str]) -> dict[str, int]:
    """How many places of these windows are booked, their counters locked in the order of their ids."""
    return dict(tx.rows("lock_delivery_counters", shop=shop, keys=keys(window_ids)))


def take_places(tx: Transaction, taken: Sequence[PlacesTaken]) -> int:
    """Count these places; of how many windows, those that have not as many left being left alone."""
    return tx.run_many("take_places", taken)


def return_place(tx: Transaction, shop: str, window_id: str, now: int) -> int:
    """Count one place less; of how many windows."""
    return tx.run("return_place", shop=shop, id=window_id, now=now)


def insert_bookings(tx: Transaction, bookings: Sequence[BookingRow]) -> None:
    """Write down how places were booked."""
    tx.run_many("insert_delivery_booking", bookings)
