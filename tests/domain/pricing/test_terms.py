"""Whose taxes apply, and on which side a purchase is priced: the same for whoever asks."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.domain.checkout.checkout_world import read, world
from tillroll.domain.customers.tax_address import DefaultTaxAddress
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.pricing.terms import Whereabouts, side_of, tax_country
from tillroll.domain.site.sites import Site

SITE: Site = world().sites["main"]
HOME = DefaultTaxAddress({"BILLING": "AT"}, {"SHIPPING": "CH"})


@pytest.mark.parametrize(
    ("known", "billing", "shipping"),
    [
        ({"addresses": (("BILLING", "pl"), ("SHIPPING", "FR")), "country": "IT"}, "PL", "FR"),
        ({"addresses": (("BILLING", "PL"),), "country": "IT"}, "PL", "IT"),
        ({"addresses": (("BILLING", "PL"),)}, "PL", "PL"),
        ({"addresses": (("SHIPPING", "FR"),)}, "AT", "FR"),
        ({"addresses": (("BILLING", ""), ("BILLING", "PL"))}, "PL", "PL"),
        ({"country": " it "}, "IT", "IT"),
        ({}, "AT", "CH"),
        ({"default_tax_address": DefaultTaxAddress()}, "DE", "DE"),
    ],
)
def test_the_nearest_that_is_known_decides_about_taxes(known: dict[str, Any], billing: str, shipping: str) -> None:
    where = Whereabouts(**({"default_tax_address": HOME} | known))
    assert tax_country(SITE, where) == billing
    assert tax_country(replace(SITE, tax_determination_based_on="SHIPPING_ADDRESS"), where) == shipping


def test_a_site_without_a_home_and_a_buyer_from_nowhere_have_no_country() -> None:
    assert tax_country(replace(SITE, home_base=None), Whereabouts()) == ""


def test_the_site_says_the_side_else_the_first_price_model_else_it_is_net() -> None:
    gross: PriceModel = read(PriceModel, {"includesTax": True})
    net: PriceModel = read(PriceModel, {"includesTax": False})
    for said in (True, False):
        assert side_of(replace(SITE, includes_tax=said), [net, gross]) is said
    open_site = replace(SITE, includes_tax=None)
    assert side_of(open_site, [None, gross, net]) is True
    assert side_of(open_site, [None, net, gross]) is False
    assert side_of(open_site, [None]) is False
