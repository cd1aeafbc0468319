"""Where a site ships to, by which methods, for which fees, and for which groups of customers."""

from decimal import Decimal

from msgspec.structs import force_setattr

from tillroll.domain.countries import country_code
from tillroll.domain.documents import Document, Localized, Money
from tillroll.domain.shipping.postcodes import is_within
from tillroll.domain.typed import Typed

# More than a postal code has characters: a whole one names a place better than any beginning.
EXACT = 1000


class ShipTo(Document, frozen=True):
    """A country, and in it all postal codes (`*` or none) or those with a prefix (`12*`)."""

    country: str
    postal_code: str | None = None

    def __post_init__(self) -> None:
        """The country is in its kept form, also in a document from before it was."""
        force_setattr(self, "country", country_code(self.country))

    def reaches(self, country: str, zip_code: str) -> bool:
        """Whether an address lies in here."""
        return self.country == country and is_within(country, zip_code, self._pattern)

    @property
    def specificity(self) -> int:
        """How exactly it names a place: 0 for a whole country, more for each character of a postal code."""
        pattern = self._pattern
        return len(pattern) - 1 if pattern.endswith("*") else EXACT + len(pattern)

    @property
    def _pattern(self) -> str:
        return Typed(self.postal_code).folded or "*" if self.postal_code else "*"


class Zone(Document, frozen=True):
    """Where a site ships to (docs/wire/emporix.md, 11)."""

    id: str
    name: Localized = ""
    default: bool = False
    ship_to: tuple[ShipTo, ...] = ()

    def reaches(self, country: str, zip_code: str) -> bool:
        """Whether an address lies in this zone."""
        return any(target.reaches(country, zip_code) for target in self.ship_to)

    def specificity(self, country: str | None, zip_code: str) -> int:
        """How exactly the zone names an address that lies in it; below zero where it does not. No country is any."""
        reached = [target.specificity for target in self.ship_to if target.reaches(country or target.country, zip_code)]
        return max(reached, default=-1)


class ShippingFee(Document, frozen=True):
    """What shipping costs from an order value on."""

    cost: Money
    min_order_value: Money | None = None
    shipping_group_id: str | None = None

    @property
    def threshold(self) -> Decimal:
        """The order value from which this fee holds."""
        return self.min_order_value.amount if self.min_order_value else Decimal(0)


class ShippingMethod(Document, frozen=True):
    """A way of shipping within a zone, and its fees (net; docs/wire/emporix.md, 11)."""

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


class ShippingGroup(Document, frozen=True):
    """A group of customers with shipping fees of their own."""

    id: str
    description: Localized = ""


class GroupRelation(Document, frozen=True):
    """Which shipping group of a site a customer is in."""

    customer_id: str
    group_id: str
