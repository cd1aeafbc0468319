"""What a price match is answered as (docs/wire/emporix.md, 8)."""

from decimal import Decimal
from typing import Any

from tillroll.dialects.emporix.wire.amounts import Taxed
from tillroll.dialects.emporix.wire.answers import AnswerPart


class PricedItem(AnswerPart, frozen=True, kw_only=True):
    """What a price is for."""

    item_type: str
    id: str


class PricedSite(AnswerPart, frozen=True, kw_only=True):
    """The site that a price holds on."""

    code: str


class PricedQuantity(AnswerPart, frozen=True, kw_only=True):
    """How much was asked for."""

    quantity: Decimal
    unit_code: str | None = None


class MatchValues(AnswerPart, frozen=True, kw_only=True):
    """The values of a price on both sides of the tax."""

    original_value: Taxed
    effective_value: Taxed
    total_value: Taxed


class MatchTax(AnswerPart, frozen=True, kw_only=True):
    """The tax in a price."""

    tax_class: str | None
    tax_rate: Decimal | None
    prices: MatchValues


class MatchedPrice(AnswerPart, frozen=True, kw_only=True):
    """The best price of one item."""

    price_id: str
    price_list_id: str | None = None
    item_id: PricedItem
    item_ref: PricedItem
    site: PricedSite
    currency: str
    original_value: Decimal
    effective_value: Decimal
    total_value: Decimal
    quantity: PricedQuantity
    includes_tax: bool
    price_model: dict[str, Any]
    tax: MatchTax
    tier_values: list[dict[str, Any]]
    metadata: dict[str, Any]
    location: Any = None
    sale_price: Any = None
    mixins: Any = None
