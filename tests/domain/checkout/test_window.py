"""A cart's delivery window at its checkout: what is refused, what is booked, and who gets the last place."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.checkout.checkout_world import Break, World, delivery_time, world
from tillroll.domain.checkout.decide import settle
from tillroll.domain.checkout.inputs import Decision
from tillroll.domain.delivery.delivery import DeliveryWindow, calendar_of

TOMORROW = "2027-01-16T12:00:00.000Z"  # the world's clock shows eight in the morning of the fifteenth


def _window(*fields: str | None) -> Break:
    def apply(world: World) -> None:
        world.cart.delivery_window = DeliveryWindow(*fields)

    return apply


def _offered(*more: Any, **changes: Any) -> Break:
    """Tomorrow's window of a delivery time that is changed, beside `more` delivery times."""

    def apply(world: World) -> None:
        world.cart.delivery_window = DeliveryWindow("w", "s", TOMORROW)
        world.calendars["main"] = calendar_of([delivery_time(**changes), *more])

    return apply


def _closure(**changes: Any) -> Any:
    return delivery_time(**{"id": "closed", "isDeliveryDay": False, "slots": [], "zoneId": None} | changes)


def _of_another_site(world: World) -> None:
    _offered()(world)
    world.calendars = {"elsewhere": world.calendars["main"]}


def _without_zone(world: World) -> None:
    _offered(zoneId="gone")(world)


def _other_method(world: World) -> None:
    slot = msgspec.to_builtins(delivery_time().slots[0]) | {"shippingMethod": "courier"}
    _offered(slots=[slot])(world)


def _booked(count: int) -> Break:
    def apply(world: World) -> None:
        _offered()(world)
        world.facts.booked["w/s/2027-01-16"] = count

    return apply


INCOMPLETE, INVALID = "delivery_window_incomplete", "delivery_window_invalid"
REFUSALS: list[tuple[str, Break, str, str]] = [
    ("without id", _window(None, "s", TOMORROW), INCOMPLETE, "id"),
    ("without slot", _window("w", None, TOMORROW), INCOMPLETE, "slotId"),
    ("without date", _window("w", "s", None), INCOMPLETE, "deliveryDate"),
    ("with empty texts", _window("w", "", TOMORROW), INCOMPLETE, "slotId"),
    ("with nothing but deliveryWindowId", lambda w: setattr(w.cart, "delivery_window_id", "w"), INCOMPLETE, "slotId"),
    ("of an unknown delivery time", _window("x", "s", TOMORROW), INVALID, "id"),
    ("of an unknown slot", _window("w", "x", TOMORROW), INVALID, "slotId"),
    ("of another site", _of_another_site, INVALID, "id"),
    ("of a closure", _offered(isDeliveryDay=False), INVALID, "id"),
    ("without a zone", _offered(zoneId=None), INCOMPLETE, "zoneId"),
    ("of a zone that is gone", _without_zone, INVALID, "id"),
    ("of another method", _other_method, INVALID, "slotId"),
    ("on no date", _window("w", "s", "soon"), INVALID, "deliveryDate"),
    ("on an impossible date", _window("w", "s", "2027-02-30"), INVALID, "deliveryDate"),
    ("yesterday", _window("w", "s", "2027-01-14T12:00:00.000Z"), INVALID, "deliveryDate"),
    ("today, after the cut-off", _window("w", "s", "2027-01-15T12:00:00.000Z"), INVALID, "deliveryDate"),
    ("beyond the horizon", _window("w", "s", "2029-01-15T12:00:00.000Z"), INVALID, "deliveryDate"),
    ("at the end of time", _window("w", "s", "9999-12-31T23:59:59.000Z"), INVALID, "deliveryDate"),
    ("on another weekday", _offered(day={"weekday": "FRIDAY"}), INVALID, "deliveryDate"),
    ("on a closed day", _offered(_closure(day={"weekday": "SATURDAY"})), INVALID, "deliveryDate"),
    ("in an unknown time zone", _offered(timeZoneId="Mars/Olympus"), INVALID, "deliveryDate"),
    ("that is full", _booked(10), "delivery_window_full", "slotId"),
    ("of which the capacity was lowered", _booked(12), "delivery_window_full", "slotId"),
]


@pytest.mark.parametrize(("name", "breaks", "reason", "subject"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_a_window_is_refused(name: str, breaks: Break, reason: str, subject: str) -> None:
    shop = world()
    shop.placed()
    breaks(shop)
    assert (reason, subject) in shop.refused()


ACCEPTANCES: list[tuple[str, Break]] = [
    ("tomorrow", _offered()),
    ("on its weekday", _offered(day={"weekday": "SATURDAY"})),
    ("on its single date", _offered(day={"singleDate": "2027-01-16T12:00:00.000Z"})),
    ("by a date alone", _window("w", "s", "2027-01-16")),
    ("beside a closure of another day", _offered(_closure(day={"weekday": "SUNDAY"}))),
    ("beside a closure of another zone", _offered(_closure(day={"weekday": "SATURDAY"}, zoneId="at"))),
    ("with its last place", _booked(9)),
]


@pytest.mark.parametrize(("name", "allows"), ACCEPTANCES, ids=[row[0] for row in ACCEPTANCES])
def test_a_window_is_booked(name: str, allows: Break) -> None:
    shop = world()
    allows(shop)
    delivery = shop.placed().order.delivery
    assert delivery is not None
    assert (delivery.window_id, delivery.day, delivery.cycle) == ("w/s/2027-01-16", "2027-01-16", "2027-01-16-06")
    assert (delivery.time_from, delivery.time_to, delivery.zone_id, delivery.method_id) == (
        "10:00",
        "12:00",
        "de",
        "parcel",
    )


def test_a_cart_without_a_window_books_nothing() -> None:
    assert world().placed().order.delivery is None


def test_a_full_window_is_one_reason_among_the_others() -> None:
    shop = world()
    _booked(10)(shop)
    shop.ask(currency="USD")
    assert shop.refused() == {("delivery_window_full", "slotId"), ("currency_mismatch", "currency")}


def test_of_a_group_as_many_are_accepted_as_there_are_places() -> None:
    shop = world()
    _booked(7)(shop)
    shop.facts.stock.clear()
    for _ in range(3):
        settle(shop.facts, "main", shop.placed())
    assert shop.facts.booked == {"w/s/2027-01-16": 10}
    assert shop.refused() == {("delivery_window_full", "slotId")}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(16, 18)),
        st.tuples(st.just("decline"), st.integers(0, 30)),
        st.tuples(st.just("capacity"), st.integers(0, 4)),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_is_bought_declined_and_changed_no_place_is_sold_above_the_capacity(
    steps: list[tuple[str, int]],
) -> None:
    shop = world()
    shop.facts.stock.clear()
    capacity, held = 2, list[str]()
    for step, number in steps:
        if step == "capacity":
            capacity = number
        elif step == "decline" and held:
            shop.facts.booked[held.pop(number % len(held))] -= 1
        elif step == "buy":
            slot = msgspec.to_builtins(delivery_time().slots[0]) | {"capacity": capacity}
            _offered(slots=[slot])(shop)
            shop.cart.delivery_window = DeliveryWindow("w", "s", f"2027-01-{number}")
            taken = held.count(f"w/s/2027-01-{number}")
            decided = shop.decide()
            assert isinstance(decided, Decision) == (taken < capacity)
            if isinstance(decided, Decision):
                settle(shop.facts, "main", decided)
                held.append(f"w/s/2027-01-{number}")
        assert all(shop.facts.booked.get(window, 0) == held.count(window) for window in held)
