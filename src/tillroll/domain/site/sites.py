"""A site: one storefront with its currency, its home and its side of the tax."""

from typing import Literal

from msgspec.structs import force_setattr

from tillroll.domain.countries import country_code
from tillroll.domain.documents import Document, Localized
from tillroll.domain.money import minor_exponent


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
    cart_calculation_scale: int = 2

    @property
    def home_country(self) -> str | None:
        """The country of the home base, if it has one."""
        return self.home_base.address.country if self.home_base and self.home_base.address else None

    def scale_in(self, currency: str) -> int:
        """To how many places amounts are rounded: none in a currency without a minor unit, as the site says in others.

        A scale finer than the minor unit is the merchant's to choose, but nobody can pay a tenth of a yen.
        """
        return 0 if minor_exponent(currency) == 0 else self.cart_calculation_scale
