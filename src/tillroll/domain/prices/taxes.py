"""The tax classes of each country."""

from decimal import Decimal

from msgspec.structs import force_setattr

from tillroll.domain.countries import country_code
from tillroll.domain.documents import Document, Localized


class TaxClass(Document, frozen=True):
    """One class of a country's tax table; the rate is in percent."""

    code: str
    rate: Decimal
    name: Localized = ""
    is_default: bool = False


class TaxLocation(Document, frozen=True):
    """The country a tax table is for."""

    country_code: str

    def __post_init__(self) -> None:
        """The country is in its kept form, also in a document from before it was."""
        force_setattr(self, "country_code", country_code(self.country_code))


class TaxTable(Document, frozen=True):
    """The tax classes of one country (docs/wire/emporix.md, 9)."""

    location: TaxLocation
    tax_classes: tuple[TaxClass, ...]

    @property
    def default_code(self) -> str | None:
        """The class that holds where none is named."""
        return next((tax_class.code for tax_class in self.tax_classes if tax_class.is_default), None)

    def rate_of(self, code: str | None) -> Decimal | None:
        """The rate of a class in percent, or None where the country does not know it."""
        for known in self.tax_classes:
            if known.code == code:
                return known.rate
        return None
