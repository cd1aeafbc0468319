"""A site: one storefront with its currency, its home and its side of the tax."""

from datetime import UTC, tzinfo
from typing import Literal

from msgspec.structs import force_setattr

from tillroll.domain.countries import country_code
from tillroll.domain.documents import Document, Localized
from tillroll.domain.money import minor_exponent
from tillroll.domain.times import time_zone

# Of a currency that nobody knows; what is sold in one can not be bought.
_PLACES_UNKNOWN = 2


class HomeBaseAddress(Document, frozen=True):
    """Where a site is at home; the country is the last resort of tax determination."""

    country: str
    zip_code: str = ""

    def __post_init__(self) -> None:
        """The country is in its kept form, also in a document from before it was."""
        force_setattr(self, "country", country_code(self.country))


class HomeBase(Document, frozen=True):
    """A site's home base."""

    address: HomeBaseAddress | None = None
    timezone: str = ""


class Site(Document, frozen=True):
    """One storefront: currency, tax side, rounding scale (docs/wire/emporix.md, 15)."""

    code: str
    currency: str
    name: Localized = ""
    active: bool = True
    default: bool = False
    includes_tax: bool | None = None
    home_base: HomeBase | None = None
    tax_determination_based_on: Literal["BILLING_ADDRESS", "SHIPPING_ADDRESS"] = "BILLING_ADDRESS"
    cart_calculation_scale: int | None = None

    @property
    def home_country(self) -> str | None:
        """The country of the home base, if it has one."""
        return self.home_base.address.country if self.home_base and self.home_base.address else None

    @property
    def clock(self) -> tzinfo:
        """On which clock the site's days begin and end: that of its home base, else UTC."""
        name = self.home_base.timezone if self.home_base is not None else ""
        return time_zone(name) or UTC if name else UTC

    @property
    def names_a_clock(self) -> bool:
        """Whether the home base's time zone is one, or none at all."""
        return self.home_base is None or not self.home_base.timezone or time_zone(self.home_base.timezone) is not None

    def scale_in(self, currency: str) -> int:
        """To how many places amounts are rounded: none in a currency without a minor unit, as the site says in others.

        A scale finer than the minor unit is the merchant's to choose, but nobody can pay a tenth of a yen. Where the
        site says nothing it is that of the minor unit: two places in most currencies, three for a dinar.
        """
        places = minor_exponent(currency)
        if places == 0:
            return 0
        if self.cart_calculation_scale is not None:
            return self.cart_calculation_scale
        return places if places is not None else _PLACES_UNKNOWN
