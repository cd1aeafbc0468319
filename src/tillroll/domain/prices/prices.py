"""Prices as the merchant sets them up: models with their tiers, prices, and lists of prices."""

from decimal import Decimal
from typing import Literal

from msgspec.structs import force_setattr

from tillroll.domain.countries import country_code
from tillroll.domain.documents import Document, Localized, UnitQuantity, Validity


class Tier(Document, frozen=True):
    """From which quantity on a tier holds."""

    min_quantity: UnitQuantity = UnitQuantity(quantity=Decimal(0))
    id: str | None = None


class TierDefinition(Document, frozen=True):
    """How a price depends on the quantity: not at all, by the tier reached, or by a weighted average of tiers."""

    tier_type: Literal["BASIC", "VOLUME", "TIERED"] = "BASIC"
    tiers: tuple[Tier, ...] = (Tier(),)


class PriceModel(Document, frozen=True):
    """What prices of this model mean: tax side, measurement unit, tiers (docs/wire/emporix.md, 8)."""

    id: str = ""
    name: Localized = ""
    includes_tax: bool = False
    measurement_unit: UnitQuantity = UnitQuantity()
    tier_definition: TierDefinition = TierDefinition()


class PriceItem(Document, frozen=True):
    """What a price is for."""

    id: str
    item_type: str = "PRODUCT"


class Principal(Document, frozen=True):
    """A customer or a customer group."""

    id: str
    type: str = "CUSTOMER"


class PriceRestrictions(Document, frozen=True):
    """Where, for whom and when a price holds; empty means everywhere and for everybody."""

    site_codes: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    validity: Validity | None = None


class TierValue(Document, frozen=True):
    """The price of one tier, per measurement unit."""

    price_value: Decimal
    id: str | None = None


class SalePrice(Document, frozen=True):
    """A reduction of the price, absolute or in percent."""

    discount_amount: Decimal | None = None
    discount_rate: Decimal | None = None


class PriceLocation(Document, frozen=True):
    """The country a price is for; none means all."""

    country_code: str | None = None

    def __post_init__(self) -> None:
        """The country is in its kept form, also in a document from before it was."""
        if self.country_code is not None:
            force_setattr(self, "country_code", country_code(self.country_code))


class Price(Document, frozen=True):
    """A price of one item in one currency (docs/wire/emporix.md, 8)."""

    item_id: PriceItem
    currency: str
    price_model_id: str
    tier_values: tuple[TierValue, ...]
    id: str = ""
    location: PriceLocation | None = None
    restrictions: PriceRestrictions = PriceRestrictions()
    sale_price: SalePrice | None = None


class PriceList(Document, frozen=True):
    """Net prices for some customers, countries or a time, on one site (docs/wire/emporix.md, 8).

    Empty means everybody and everywhere. A list is for customer groups or for a company, never for both.
    """

    currency: str
    id: str = ""
    name: Localized = ""
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    customer_groups: tuple[str, ...] = ()
    legal_entity_id: str | None = None
    site_code: str | None = None
    validity: Validity | None = None

    def __post_init__(self) -> None:
        """The countries are in their kept form, also in a document from before they were."""
        force_setattr(self, "countries", tuple([country_code(country) for country in self.countries]))


class ListPrice(Document, frozen=True):
    """A price in a price list, which says for whom and when it holds."""

    item_id: PriceItem
    price_model_id: str
    tier_values: tuple[TierValue, ...]
    id: str = ""


class ListedPrice(Price, frozen=True):
    """A price together with the list that it is from."""

    price_list: PriceList = PriceList("")
