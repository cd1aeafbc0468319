"""What the merchant's price lists, exchange rates and regions mean for one item, buyer or country.

All of it is set-up and read through the cache; a shop that has none of a kind pays one look per catalogue version.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from tillroll.domain.countries import country_code
from tillroll.domain.prices.lists import Buyer, listed
from tillroll.domain.prices.match import PriceContext
from tillroll.domain.prices.prices import ListedPrice, Price
from tillroll.engine.customers.companies import ancestry, lineage
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View

# Tillroll's own: which countries lie in which region, as price lists name them: {"EU": ["DE", "FR"]}.
COUNTRY_REGIONS = "countryRegions"

_NO_REGIONS: frozenset[str] = frozenset()


def load(view: View, product_ids: Iterable[str]) -> None:
    """Fetch the catalogue's and the lists' prices of these products, with their lists and price models."""
    wanted = set(product_ids)
    view.load_prices(wanted)
    if not view.uses(Kind.LIST_PRICE):
        return
    view.load_about(Kind.LIST_PRICE, wanted)
    found = [one for id in wanted for one in view.about(Kind.LIST_PRICE, id)]
    view.load(Kind.PRICE_LIST, {list_id_of(id) for id, _ in found})
    view.load(Kind.PRICE_MODEL, {price.price_model_id for _, price in found})


def prices_of(view: View, product_id: str) -> tuple[Price, ...]:
    """All prices of a product, those of lists first, each group oldest first."""
    if not view.uses(Kind.LIST_PRICE):
        return view.prices(product_id)
    return (*_listed_prices(view, product_id), *view.prices(product_id))


def _listed_prices(view: View, product_id: str) -> list[ListedPrice]:
    found = []
    for id, price in view.about(Kind.LIST_PRICE, product_id):
        loaded = view.loaded(Kind.PRICE_LIST, list_id_of(id))
        if loaded is not None:
            found.append(listed(loaded.value, price, id.partition("/")[2]))
    return found


def list_id_of(id: str) -> str:
    """The list of a list's price, whose stored id is `list/price`."""
    return id.partition("/")[0]


def completed(view: View, context: PriceContext) -> PriceContext:
    """The context with the exchange rates into its currency and the regions of its country."""
    rates, regions = exchange_rates(view, context.currency), regions_of(view, context.country)
    if not rates and not regions:
        return context
    return replace(context, exchange_rates=rates, regions=regions)


def exchange_rates(view: View, currency: str) -> Mapping[str, Decimal]:
    """How much of a currency one unit of each other one is; those without a stored rate are absent."""
    return {rate.source_currency: rate.rate for _, rate in view.about(Kind.EXCHANGE_RATE, currency)}


def regions_of(view: View, country: str) -> frozenset[str]:
    """The regions in which a country lies, as the shop has configured them."""
    if not country or not view.uses(Kind.PRICE_LIST):
        return _NO_REGIONS
    regions: dict[str, frozenset[str]] = view.configured(COUNTRY_REGIONS, {}, _regions)
    return frozenset(region for region, countries in regions.items() if country in countries)


def _regions(value: Any) -> dict[str, frozenset[str]]:
    """The configured value as far as it can be understood: a list of country codes for each region."""
    if not isinstance(value, dict):
        return {}
    return {
        region: frozenset(country_code(country) for country in countries if isinstance(country, str))
        for region, countries in value.items()
        if isinstance(countries, list)
    }


def on_behalf(view: View, buyer: Buyer, legal_entity_id: str) -> Buyer:
    """A buyer for whom a back office says which company is bought for; it may say so of anybody."""
    if not legal_entity_id:
        return buyer
    companies = ancestry(view, legal_entity_id)
    groups = frozenset(group.id for company in companies for group in company.customer_groups)
    ids = tuple(company.id for company in companies) or (legal_entity_id,)
    return replace(buyer, companies=ids, groups=buyer.groups | groups)


def buyer_of(view: View, customer_id: str | None, legal_entity_id: str = "") -> Buyer:
    """Who buys, with all that prices may be bound to: the customer, its groups, the company and its parents."""
    if customer_id is None:
        return Buyer()
    companies = lineage(view, customer_id, legal_entity_id)
    groups = frozenset(group.id for company in companies for group in company.customer_groups)
    return Buyer(customer_id, groups, tuple(company.id for company in companies))
