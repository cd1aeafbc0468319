"""Which price holds, and what it makes: docs/wire/emporix.md, 8."""

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillroll.domain.documents import UnitQuantity, Validity
from tillroll.domain.prices.lists import Buyer
from tillroll.domain.prices.match import (
    PriceContext,
    PriceValue,
    best_match,
    line_total,
    misfit,
    sides,
    tier_values,
    tier_values_here,
    value_for,
    value_here,
)
from tillroll.domain.prices.prices import (
    Price,
    PriceItem,
    PriceLocation,
    PriceModel,
    PriceRestrictions,
    Principal,
    SalePrice,
    Tier,
    TierDefinition,
    TierValue,
)
from tillroll.domain.rejections import Reason
from tillroll.domain.site.sites import Site
from tillroll.domain.times import instant

MAIN = Site(code="main", currency="EUR")
NOON = instant("2026-06-01T12:00:00Z") or 0
HERE = PriceContext(MAIN, "EUR", "DE", NOON, Buyer("C1", frozenset({"G1"})))


def price(*values: str, **fields: Any) -> Price:
    given_fields: dict[str, Any] = {"id": "p", "currency": "EUR", "price_model_id": "m", **fields}
    return Price(
        item_id=PriceItem(id="mug"),
        tier_values=tuple(TierValue(price_value=D(value)) for value in values),
        **given_fields,
    )


def model(kind: Any = "BASIC", *minima: int, unit: str = "1", **fields: Any) -> PriceModel:
    tiers = tuple(Tier(min_quantity=UnitQuantity(quantity=D(minimum))) for minimum in minima or (0,))
    return PriceModel(
        id="m",
        measurement_unit=UnitQuantity(quantity=D(unit)),
        tier_definition=TierDefinition(tier_type=kind, tiers=tiers),
        **fields,
    )


def restricted(**fields: Any) -> Price:
    return price("1", restrictions=PriceRestrictions(**fields))


NOT_APPLICABLE, NOT_NOW = Reason.PRICE_NOT_APPLICABLE, Reason.PRICE_NOT_VALID_NOW


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (price("1"), None),
        (price("1", currency="USD"), NOT_APPLICABLE),
        (restricted(site_codes=("main", "other")), None),
        (restricted(site_codes=("other",)), NOT_APPLICABLE),
        (price("1", location=PriceLocation(country_code="DE")), None),
        (price("1", location=PriceLocation(country_code="de")), None),
        (price("1", location=PriceLocation()), None),
        (price("1", location=PriceLocation(country_code="AT")), NOT_APPLICABLE),
        (restricted(principals=(Principal(id="C1"),)), None),
        (restricted(principals=(Principal(id="C9"), Principal(id="G1", type="GROUP"))), None),
        (restricted(principals=(Principal(id="C9"),)), NOT_APPLICABLE),
        (restricted(principals=(Principal(id="G1"), Principal(id="C1", type="GROUP"))), NOT_APPLICABLE),
        (restricted(validity=Validity()), None),
        (restricted(validity=Validity(from_="2026-06-01T12:00:00Z")), None),
        (restricted(validity=Validity(from_="2026-06-01T12:00:00.001Z")), NOT_NOW),
        (restricted(validity=Validity(to="2026-06-01T14:00:00+02:00")), None),
        (restricted(validity=Validity(to="2026-06-01T13:59:59+02:00")), NOT_NOW),
        (restricted(validity=Validity(from_="2026-06-01", to="2026-06-01")), None),
        (restricted(validity=Validity(to="2026-05-31")), NOT_NOW),
        (restricted(validity=Validity(from_="once")), NOT_NOW),
        (restricted(validity=Validity(to="never")), NOT_NOW),
        (restricted(site_codes=("other",), validity=Validity(to="2020-01-01")), NOT_APPLICABLE),
    ],
)
def test_a_price_fits_where_for_whom_and_when_it_says(candidate: Price, expected: Reason | None) -> None:
    assert misfit(candidate, HERE) is expected


VOLUME = model("VOLUME", 0, 5, 10)
TIERED = model("TIERED", 0, 5, 10)


@pytest.mark.parametrize(
    ("of", "quantity", "expected"),
    [
        (model(), "0", "3"),
        (model(), "99", "3"),
        (VOLUME, "0", "3"),
        (VOLUME, "4.999", "3"),
        (VOLUME, "5", "2"),
        (VOLUME, "9", "2"),
        (VOLUME, "10", "1"),
        (VOLUME, "1000", "1"),
        (TIERED, "0", "3"),
        (TIERED, "5", "3"),
        (TIERED, "10", "2.5"),
        (TIERED, "16", "1.9375"),  # 5 × 3 + 5 × 2 + 6 × 1 = 31
        (TIERED, "6", "2.8333333333"),
    ],
)
def test_the_quantity_chooses_the_tier(of: PriceModel, quantity: str, expected: str) -> None:
    value = value_for(price("3", "2", "1"), of, D(quantity))
    assert value == PriceValue(D(expected), D(expected))


@pytest.mark.parametrize(
    ("sale", "expected"),
    [
        (SalePrice(), "10"),
        (SalePrice(discount_amount=D("2.50")), "7.50"),
        (SalePrice(discount_amount=D(11)), "0"),
        (SalePrice(discount_rate=D("12.5")), "8.75"),
        (SalePrice(discount_rate=D(0)), "10"),
        (SalePrice(discount_rate=D(100)), "0"),
        (SalePrice(discount_amount=D(1), discount_rate=D(50)), "9"),
    ],
)
def test_a_sale_price_lowers_the_effective_value(sale: SalePrice, expected: str) -> None:
    assert value_for(price("10", sale_price=sale), model(), D(1)) == PriceValue(D(10), D(expected))


def test_every_tier_has_its_value() -> None:
    sale = SalePrice(discount_rate=D(50))
    assert tier_values(price("3", "2", "1"), VOLUME) == tuple(PriceValue(D(n), D(n)) for n in (3, 2, 1))
    assert tier_values(price("3", "2", sale_price=sale), VOLUME)[1] == PriceValue(D(2), D(1))


def test_a_price_with_fewer_values_than_tiers_keeps_its_last() -> None:
    assert value_for(price("3"), VOLUME, D(100)).effective == 3
    assert value_for(price("3"), TIERED, D(100)).effective == 3


@pytest.mark.parametrize(
    ("effective", "quantity", "unit", "expected"),
    [
        ("1.99", "1200", "100", "23.88"),
        ("13.55", "10", "0.1", "1355"),
        ("11.90", "3", "1", "35.70"),
        ("5", "3", "0", "15"),
        ("999999999999.99999999999999999999", "999999999.999", "1", "999999999998999999999.99999999999000000000001"),
    ],
)
def test_a_line_costs_its_units(effective: str, quantity: str, unit: str, expected: str) -> None:
    assert line_total(D(effective), D(quantity), model(unit=unit)) == D(expected)


def test_the_other_side_of_the_tax_is_not_rounded() -> None:
    both = sides(D(350), is_gross=True, rate=D(19))
    assert both.gross == 350
    assert str(both.net).startswith("294.1176470588235294")
    assert sides(D("10.84"), is_gross=False, rate=D(25)).gross == D("13.55")
    assert sides(D(5), is_gross=True, rate=D(0)).net == 5
    assert (both.on(True), both.on(False)) == (both.gross, both.net)


def known(*models: PriceModel) -> Callable[[str], PriceModel | None]:
    by_id = {one.id: one for one in models}
    return by_id.get


def test_the_lowest_price_wins_then_the_oldest() -> None:
    prices = [price("5", id="a"), price("3", id="b"), price("3", id="c"), price("1", id="d", currency="USD")]
    best = best_match(prices, known(model()), HERE, D(1))
    assert best is not None
    assert best[0].id == "b"
    assert best_match(prices[3:], known(model()), HERE, D(1)) is None
    assert best_match([price("1", price_model_id="gone")], known(model()), HERE, D(1)) is None


def test_prices_for_different_units_compete_per_unit() -> None:
    kilo = msgspec.structs.replace(model(unit="1000"), id="kilo")
    hundred = msgspec.structs.replace(model(unit="100"), id="hundred")
    prices = [price("20.00", id="a", price_model_id="kilo"), price("1.99", id="b", price_model_id="hundred")]
    best = best_match(prices, known(kilo, hundred), HERE, D(1200))
    assert best is not None
    assert (best[0].id, best[1].id, best[2].effective) == ("b", "hundred", D("1.99"))


def test_a_larger_number_for_a_larger_unit_may_be_the_lower_price() -> None:
    """15.00 for a kilo is less than 1.99 for 100 g, whichever of them is asked first."""
    kilo = msgspec.structs.replace(model(unit="1000"), id="kilo")
    models = known(kilo, msgspec.structs.replace(model(unit="100"), id="hundred"))
    prices = [price("15.00", id="a", price_model_id="kilo"), price("1.99", id="b", price_model_id="hundred")]
    for offered in (prices, prices[::-1]):
        best = best_match(offered, models, HERE, D(1200))
        assert best is not None
        assert (best[0].id, best[2].effective) == ("a", D("15.00"))


def test_a_sale_price_in_another_currency_is_exchanged_with_it() -> None:
    abroad = msgspec.structs.replace(HERE, exchange_rates={"USD": D("0.5")})
    sold = price("10.00", currency="USD", sale_price=SalePrice(discount_amount=D(4)))
    assert value_here(sold, model(), D(1), abroad) == PriceValue(D("5.00"), D("3.00"))
    assert tier_values_here(sold, model(), abroad) == (PriceValue(D("5.00"), D("3.00")),)
    plain = price("10.00", currency="USD")
    assert value_here(plain, model(), D(1), abroad) == PriceValue(D("5.00"), D("5.00"))


def test_net_and_gross_prices_compete_on_one_side() -> None:
    gross = msgspec.structs.replace(model(includes_tax=True), id="gross")
    net = msgspec.structs.replace(model(), id="net")
    prices = [price("10.00", id="net", price_model_id="net"), price("11.00", id="gross", price_model_id="gross")]
    taxed = msgspec.structs.replace(HERE, tax_rate=D(19))
    best = best_match(prices, known(gross, net), taxed, D(1))
    assert best is not None
    assert best[0].id == "gross"


amounts = st.decimals(0, 10**6, places=4)
quantities = st.decimals(0, 10**6, places=3)


@given(amounts, amounts, amounts, quantities)
def test_an_average_lies_between_its_tiers(first: D, second: D, third: D, quantity: D) -> None:
    values = (first, second, third)
    average = value_for(price(*map(str, values)), TIERED, quantity).original
    assert min(values) <= average <= max(values)


@given(amounts, quantities, st.integers(1, 1000))
def test_tiers_of_one_value_are_one_price(value: D, quantity: D, unit: int) -> None:
    same = price(str(value), str(value), str(value))
    assert value_for(same, VOLUME, quantity) == value_for(same, TIERED, quantity) == value_for(same, model(), quantity)
    assert line_total(value, quantity * unit, model(unit=str(unit))) == value * quantity


@given(amounts, st.decimals(0, 100, places=2), st.booleans())
def test_going_to_the_other_side_and_back_changes_nothing(amount: D, rate: D, is_gross: bool) -> None:
    there = sides(amount, is_gross=is_gross, rate=rate)
    back = sides(there.on(not is_gross), is_gross=not is_gross, rate=rate)
    assert abs(back.on(is_gross) - amount) < D("1e-80")


@given(st.lists(st.tuples(amounts, st.booleans()), max_size=20), quantities)
def test_no_price_that_fits_is_lower_than_the_best(offers: list[tuple[D, bool]], quantity: D) -> None:
    prices = [
        price(str(value), id=str(number), currency="EUR" if fits else "USD")
        for number, (value, fits) in enumerate(offers)
    ]
    best = best_match(prices, known(model()), HERE, quantity)
    fitting = [value for value, fits in offers if fits]
    assert (best is None) == (not fitting)
    assert best is None or best[2].effective == min(fitting)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.001Z", 1000),
        ("1970-01-01T00:00:00.000001", 1),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1970-01-01T02:00:00.000+0200", 0),
        ("1969-12-31T23:59:59.999Z", -1000),
        ("0001-01-01T00:00:00+14:00", -62_135_647_200_000_000),
        ("", None),
        ("now", None),
        ("2026-13-01", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-06-01T25:00:00Z", None),
        ("1" * 1000, None),
        ("２０２６-06-01", None),
    ],
)
def test_a_point_in_time_is_read(text: str, expected: int | None) -> None:
    assert instant(text) == expected
