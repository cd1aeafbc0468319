"""What the merchant sets up, as far as the till decides by it.

The documents are kept as the merchant sent them and read through these structs, which name the documented fields and
pass over the rest. Field names follow contracts/emporix.md and emporix-products.md; times are ISO 8601 as written.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from tillroll.domain.countries import by_country, country_code
from tillroll.domain.money import minor_exponent

Localized = str | dict[str, str]

# More than a postal code has characters: a whole one names a place better than any beginning.
EXACT = 1000


class _Document(Struct, rename="camel", frozen=True, omit_defaults=True):
    """A merchant's document, in camel case on the wire."""


class Money(_Document, frozen=True):
    """An amount in a currency."""

    amount: Decimal
    currency: str


class HomeBaseAddress(_Document, frozen=True):
    """Where a site is at home; the country is the last resort of tax determination."""

    country: str
    zip_code: str = ""

    def __post_init__(self) -> None:
        """The country is in its kept form, also in a document from before it was."""
        force_setattr(self, "country", country_code(self.country))


class HomeBase(_Document, frozen=True):
    """A site's home base."""

    address: HomeBaseAddress | None = None
    timezone: str = ""


class Site(_Document, frozen=True):
    """One storefront: currency, tax side, rounding scale (contracts/emporix.md, 15)."""

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


class TaxClass(_Document, frozen=True):
    """One class of a country's tax table; the rate is in percent."""

    code: str
    rate: Decimal
    name: Localized = ""
    is_default: bool = False


class TaxLocation(_Document, frozen=True):
    """The country a tax table is for."""

    country_code: str

    def __post_init__(self) -> None:
        """The country is in its kept form, also in a document from before it was."""
        force_setattr(self, "country_code", country_code(self.country_code))


class TaxTable(_Document, frozen=True):
    """The tax classes of one country (contracts/emporix.md, 9)."""

    location: TaxLocation
    tax_classes: tuple[TaxClass, ...]

    @property
    def default_code(self) -> str | None:
        """The class that holds where none is named."""
        return next((one.code for one in self.tax_classes if one.is_default), None)

    def rate_of(self, code: str | None) -> Decimal | None:
        """The rate of a class in percent, or None where the country does not know it."""
        return next((known.rate for known in self.tax_classes if known.code == code), None)


class BundledProduct(_Document, frozen=True):
    """A member of a bundle and how many of it one bundle holds."""

    product_id: str
    amount: Decimal = Decimal(1)


class Product(_Document, frozen=True):
    """A product (contracts/emporix-products.md)."""

    id: str
    code: str
    name: Localized
    published: bool = False
    tax_classes: dict[str, str] = {}
    product_type: str = "BASIC"
    bundled_products: tuple[BundledProduct, ...] = ()
    weight_dependent: bool = False

    def __post_init__(self) -> None:
        """The countries of the tax classes are in their kept form, also in a document from before they were."""
        force_setattr(self, "tax_classes", by_country(self.tax_classes))

    def stock_needed(self, quantity: Decimal) -> tuple[tuple[str, Decimal], ...]:
        """Whose stock `quantity` of this product takes: a bundle takes its members', all others their own."""
        if self.product_type == "BUNDLE" and self.bundled_products:
            return tuple((member.product_id, member.amount * quantity) for member in self.bundled_products)
        return ((self.id, quantity),)


class UnitQuantity(_Document, frozen=True):
    """A quantity of a unit, e.g. 100 g."""

    quantity: Decimal = Decimal(1)
    unit_code: str | None = None


class Tier(_Document, frozen=True):
    """From which quantity on a tier holds."""

    min_quantity: UnitQuantity = UnitQuantity(quantity=Decimal(0))
    id: str | None = None


class TierDefinition(_Document, frozen=True):
    """How a price depends on the quantity: not at all, by the tier reached, or by a weighted average of tiers."""

    tier_type: Literal["BASIC", "VOLUME", "TIERED"] = "BASIC"
    tiers: tuple[Tier, ...] = (Tier(),)


class PriceModel(_Document, frozen=True):
    """What prices of this model mean: tax side, measurement unit, tiers (contracts/emporix.md, 8)."""

    id: str = ""
    name: Localized = ""
    includes_tax: bool = False
    measurement_unit: UnitQuantity = UnitQuantity()
    tier_definition: TierDefinition = TierDefinition()


class PriceItem(_Document, frozen=True):
    """What a price is for."""

    id: str
    item_type: str = "PRODUCT"


class Validity(Struct, rename={"from_": "from"}, frozen=True, omit_defaults=True):
    """From when to when something holds; either end may be open."""

    from_: str | None = None
    to: str | None = None


class Principal(_Document, frozen=True):
    """A customer or a customer group."""

    id: str
    type: str = "CUSTOMER"


class PriceRestrictions(_Document, frozen=True):
    """Where, for whom and when a price holds; empty means everywhere and for everybody."""

    site_codes: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    validity: Validity | None = None


class TierValue(_Document, frozen=True):
    """The price of one tier, per measurement unit."""

    price_value: Decimal
    id: str | None = None


class SalePrice(_Document, frozen=True):
    """A reduction of the price, absolute or in percent."""

    discount_amount: Decimal | None = None
    discount_rate: Decimal | None = None


class PriceLocation(_Document, frozen=True):
    """The country a price is for; none means all."""

    country_code: str | None = None

    def __post_init__(self) -> None:
        """The country is in its kept form, also in a document from before it was."""
        if self.country_code is not None:
            force_setattr(self, "country_code", country_code(self.country_code))


class Price(_Document, frozen=True):
    """A price of one item in one currency (contracts/emporix.md, 8)."""

    item_id: PriceItem
    currency: str
    price_model_id: str
    tier_values: tuple[TierValue, ...]
    id: str = ""
    location: PriceLocation | None = None
    restrictions: PriceRestrictions = PriceRestrictions()
    sale_price: SalePrice | None = None


class PriceList(_Document, frozen=True):
    """Net prices for some customers, countries or a time, on one site (contracts/emporix.md, 8).

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


class ListPrice(_Document, frozen=True):
    """A price in a price list, which says for whom and when it holds."""

    item_id: PriceItem
    price_model_id: str
    tier_values: tuple[TierValue, ...]
    id: str = ""


class ListedPrice(Price, frozen=True):
    """A price together with the list that it is from."""

    price_list: PriceList = PriceList("")


class CurrencyDocument(_Document, frozen=True):
    """A currency that the shop accepts."""

    code: str
    name: Localized = ""


class ExchangeRate(_Document, frozen=True):
    """How much of the target currency one unit of the source currency is, as the merchant says."""

    source_currency: str
    target_currency: str
    rate: Decimal


class Category(_Document, frozen=True):
    """A category of products; one without a parent is a root."""

    id: str = ""
    localized_name: dict[str, str] = {}
    name: Localized = ""
    parent_id: str | None = None
    code: str | None = None
    published: bool = False


class CategoryAssignment(_Document, frozen=True):
    """That a product is in a category; which ones stands in the keys."""

    id: str = ""


class Segment(_Document, frozen=True):
    """A group of customers on a site for a time; who is in it stands apart."""

    name: Localized
    id: str = ""
    status: str = "INACTIVE"
    site_code: str | None = None
    validity: Validity | None = None


class SegmentMember(_Document, frozen=True):
    """That a customer is in a segment; which ones stands in the keys."""

    id: str = ""


class ShipTo(_Document, frozen=True):
    """A country, and in it all postal codes (`*` or none) or those with a prefix (`12*`)."""

    country: str
    postal_code: str | None = None

    def __post_init__(self) -> None:
        """The country is in its kept form, also in a document from before it was."""
        force_setattr(self, "country", country_code(self.country))

    def reaches(self, country: str, zip_code: str) -> bool:
        """Whether an address lies in here."""
        if self.country != country:
            return False
        pattern = self.postal_code or "*"
        return zip_code.startswith(pattern[:-1]) if pattern.endswith("*") else zip_code == pattern

    @property
    def exactness(self) -> int:
        """How exactly it names a place: 0 for a whole country, more for each character of a postal code."""
        pattern = self.postal_code or "*"
        return len(pattern) - 1 if pattern.endswith("*") else EXACT + len(pattern)


class Zone(_Document, frozen=True):
    """Where a site ships to (contracts/emporix.md, 11)."""

    id: str
    name: Localized = ""
    default: bool = False
    ship_to: tuple[ShipTo, ...] = ()

    def reaches(self, country: str, zip_code: str) -> bool:
        """Whether an address lies in this zone."""
        return any(target.reaches(country, zip_code) for target in self.ship_to)

    def exactness(self, country: str | None, zip_code: str) -> int:
        """How exactly the zone names an address that lies in it; below zero where it does not. No country is any."""
        reached = [target.exactness for target in self.ship_to if target.reaches(country or target.country, zip_code)]
        return max(reached, default=-1)


class ShippingFee(_Document, frozen=True):
    """What shipping costs from an order value on."""

    cost: Money
    min_order_value: Money | None = None
    shipping_group_id: str | None = None

    @property
    def threshold(self) -> Decimal:
        """The order value from which this fee holds."""
        return self.min_order_value.amount if self.min_order_value else Decimal(0)


class ShippingMethod(_Document, frozen=True):
    """A way of shipping within a zone, and its fees (net; contracts/emporix.md, 11)."""

    id: str
    name: Localized = ""
    active: bool = True
    max_order_value: Money | None = None
    fees: tuple[ShippingFee, ...] = ()
    shipping_tax_code: str | None = None
    shipping_group_id: str | None = None

    def is_for(self, groups: frozenset[str]) -> bool:
        """Whether somebody in these shipping groups may have it: it, and one of its fees, is theirs or everybody's."""
        mine = {None, *groups}
        return self.shipping_group_id in mine and any(fee.shipping_group_id in mine for fee in self.fees)

    def fee_for(self, total: Decimal, groups: frozenset[str] = frozenset()) -> Money | None:
        """The fee with the highest threshold that `total` reaches, else the first; None where it is not for them.

        Fees of a shipping group are for its members, beside those for everybody; of two with one threshold the group's
        holds. Above the method's maximum there is none.
        """
        if not self.is_for(groups) or (self.max_order_value is not None and total > self.max_order_value.amount):
            return None
        fees = [fee for fee in self.fees if fee.shipping_group_id is None or fee.shipping_group_id in groups]
        reached = [fee for fee in fees if fee.threshold <= total]
        if reached:
            return max(reached, key=lambda fee: (fee.threshold, fee.shipping_group_id is not None)).cost
        return fees[0].cost


class ShippingGroup(_Document, frozen=True):
    """A group of customers with shipping fees of their own."""

    id: str
    description: Localized = ""


class GroupRelation(_Document, frozen=True):
    """Which shipping group of a site a customer is in."""

    customer_id: str
    group_id: str


class CouponRestrictions(_Document, frozen=True):
    """For whom, when, and from which order value on a coupon may be redeemed; empty lists mean everybody and all."""

    valid_for: tuple[str, ...] = ()
    valid_from: str | None = None
    valid_until: str | None = None
    min_order_value: Money | None = None
    included_categories: tuple[str, ...] = ()
    excluded_categories: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


class Coupon(_Document, frozen=True):
    """A coupon (contracts/emporix.md, 10); limits below zero mean none. Inactive is what starts in the future."""

    code: str
    name: Localized
    discount_type: Literal["PERCENT", "ABSOLUTE", "FREE_SHIPPING"] = "ABSOLUTE"
    discount_percentage: Decimal | None = None
    discount_absolute: Money | None = None
    discount_calculation_type: Literal["SUBTOTAL", "TOTAL"] = "SUBTOTAL"
    allow_anonymous: bool = False
    max_redemptions: int = -1
    max_redemptions_per_customer: int = -1
    category_restricted: bool = False
    segment_restricted: bool = False
    restrictions: CouponRestrictions = CouponRestrictions()
    issued_to: str | None = None
    referral_coupon: bool = False
