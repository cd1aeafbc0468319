"""Finding prices: the best one for each of many items, after a fixed number of queries (docs/wire/emporix.md, 8).

    queries ──► load products, prices, models (cached) ──► per item: tax class ──► best price ──► shown side of the tax

An item without a price that fits, or without a tax class in the country, has no match.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct

from tillroll.domain.catalogue.products import Product
from tillroll.domain.prices.lists import list_of
from tillroll.domain.prices.match import PriceContext, PriceValue, Sides, best_match, line_total, sides
from tillroll.domain.prices.prices import Price, PriceModel
from tillroll.domain.site.sites import Site
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices import lists

# The site whose prices stand in for those of the others, where a client asks for that.
FALLBACK_SITE = "main"


class PriceQuery(Struct, frozen=True):
    """What a price is looked for: the best one of a product, or one price by its id; for `quantity` of a unit."""

    item_type: Literal["PRODUCT", "PRICE"]
    id: str
    quantity: Decimal
    unit_code: str | None = None


class PriceMatch(Struct, frozen=True):
    """The price that holds, and its tax.

    `value` is on the side of the price model, per measurement unit, and in `currency`, whatever the price's own is.
    """

    query: PriceQuery
    price: Price
    model: PriceModel
    site: Site
    value: PriceValue
    tax_class: str
    tax_rate: Decimal
    currency: str

    @property
    def includes_tax(self) -> bool:
        """Whether amounts are shown gross: as the site says, else as the model has them."""
        return self.model.includes_tax if self.site.includes_tax is None else self.site.includes_tax

    @property
    def price_list_id(self) -> str | None:
        """The list that the price is from; None for one of the catalogue."""
        price_list = list_of(self.price)
        return price_list.id if price_list is not None else None

    @property
    def original(self) -> Sides:
        """One measurement unit before the sale price, not rounded."""
        return self._sides(self.value.original)

    @property
    def effective(self) -> Sides:
        """One measurement unit, not rounded."""
        return self._sides(self.value.effective)

    @property
    def total(self) -> Sides:
        """The whole quantity, not rounded."""
        return self._sides(line_total(self.value.effective, self.query.quantity, self.model))

    def _sides(self, amount: Decimal) -> Sides:
        return sides(amount, is_gross=self.model.includes_tax, rate=self.tax_rate)


def match(
    view: View, context: PriceContext, queries: Sequence[PriceQuery], *, uses_fallback: bool = False
) -> list[PriceMatch | None]:
    """The match of each query, in order; what has none may be looked for again on `FALLBACK_SITE`."""
    _load(view, queries)
    context = lists.completed(view, context)
    found = [_match_one(view, context, query) for query in queries]
    if not uses_fallback or context.site.code == FALLBACK_SITE or None not in found:
        return found
    main = view.site(FALLBACK_SITE)
    if main is None:
        return found
    elsewhere = msgspec.structs.replace(context, site=main)
    return [one or _match_one(view, elsewhere, query) for one, query in zip(found, queries, strict=True)]


def _load(view: View, queries: Sequence[PriceQuery]) -> None:
    """Three queries at most, whatever the number of items."""
    price_ids = [query.id for query in queries if query.item_type == "PRICE"]
    product_ids = {query.id for query in queries if query.item_type == "PRODUCT"}
    view.load(Kind.PRICE, price_ids)
    named = [view.loaded(Kind.PRICE, id) for id in price_ids]
    lists.load(view, product_ids)
    view.load(Kind.PRODUCT, product_ids | {loaded.value.item_id.id for loaded in named if loaded is not None})
    view.load(Kind.PRICE_MODEL, {loaded.value.price_model_id for loaded in named if loaded is not None})


def _match_one(view: View, context: PriceContext, query: PriceQuery) -> PriceMatch | None:
    prices = _candidates(view, query)
    product = view.product(prices[0].item_id.id) if prices else None
    taxed = tax_of(view, product, context.country) if product is not None else None
    if taxed is None:
        return None
    tax_class, rate = taxed

    def model_of(id: str) -> PriceModel | None:
        model = view.price_model(id)
        return model if model is not None and _fits_unit(query, model) else None

    best = best_match(prices, model_of, msgspec.structs.replace(context, tax_rate=rate), query.quantity)
    if best is None:
        return None
    price, model, value = best
    return PriceMatch(query, price, model, context.site, value, tax_class, rate, context.currency)


def _candidates(view: View, query: PriceQuery) -> Sequence[Price]:
    if query.item_type == "PRODUCT":
        return lists.prices_of(view, query.id)
    loaded = view.loaded(Kind.PRICE, query.id)
    return (loaded.value,) if loaded is not None else ()


def tax_of(view: View, product: Product, country: str) -> tuple[str, Decimal] | None:
    """A product's tax class in a country and its rate in percent; None where either is missing."""
    code = product.tax_classes.get(country)
    table = view.tax_table(country) if code is not None else None
    rate = table.rate_of(code) if table is not None else None
    return (code, rate) if code is not None and rate is not None else None


def _fits_unit(query: PriceQuery, model: PriceModel) -> bool:
    """Whether the quantity is in the model's unit: a price per gram says nothing about kilograms."""
    unit = model.measurement_unit.unit_code
    return query.unit_code is None or unit is None or query.unit_code == unit
