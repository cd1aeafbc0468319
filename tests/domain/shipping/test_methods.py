"""Whose a way of shipping is."""

from decimal import Decimal

import pytest

from tillroll.domain.documents import Money
from tillroll.domain.shipping.zones import ShippingFee, ShippingMethod

# The group of the method, those of its fees, the groups that somebody is in, and whether it is for them.
GROUPS: list[tuple[str | None, tuple[str | None, ...], set[str], bool]] = [
    (None, (None,), set(), True),
    (None, (None,), {"vip"}, True),
    ("vip", (None,), {"vip"}, True),
    ("vip", (None,), set(), False),
    ("vip", (None,), {"staff"}, False),
    (None, ("vip",), {"vip"}, True),
    (None, ("vip",), {"staff"}, False),
    (None, ("vip", "staff"), {"staff"}, True),
    ("vip", ("staff",), {"vip"}, False),
    ("vip", ("staff",), {"vip", "staff"}, True),
    (None, (), {"vip"}, False),
]


@pytest.mark.parametrize(("own", "fees", "groups", "is_theirs"), GROUPS)
def test_a_method_is_for_those_in_its_group_and_in_that_of_a_fee(
    own: str | None, fees: tuple[str | None, ...], groups: set[str], is_theirs: bool
) -> None:
    cost = Money(Decimal("4.90"), "EUR")
    method = ShippingMethod(
        "parcel", fees=tuple(ShippingFee(cost, shipping_group_id=one) for one in fees), shipping_group_id=own
    )
    assert method.is_for(frozenset(groups)) is is_theirs
