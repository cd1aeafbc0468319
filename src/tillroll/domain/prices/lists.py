"""For whom prices hold, and which of several price lists is the most exact one (docs/wire/emporix.md, 8).

    own company ► its parents, nearest first ► customer group ► everybody
    country     ► region                     ► everywhere

Lists are compared by whom they are for, then by where they hold. Of equally exact ones the lowest value wins, which is
for `prices.match` to say.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.domain.prices.prices import ListedPrice, ListPrice, Price, PriceList, PriceRestrictions, Principal

_COUNTRY, _REGION, _EVERYWHERE = 2, 1, 0

# How exact a list is: whom it is for, where it holds; greater is more exact.
Specificity = tuple[int, int]


class Buyer(Struct, frozen=True):
    """Who buys: a customer, the customer's groups, and the company bought for with its parents, nearest first."""

    customer_id: str | None = None
    groups: frozenset[str] = frozenset()
    companies: tuple[str, ...] = ()

    def is_one_of(self, principals: tuple[Principal, ...]) -> bool:
        """Whether something that is for these principals is for this buyer; for nobody in particular is for all."""
        if not principals:
            return True
        return any(
            principal.id in self.groups if principal.type == "GROUP" else principal.id == self.customer_id
            for principal in principals
        )


def listed(price_list: PriceList, price: ListPrice, id: str) -> ListedPrice:
    """A list's price as a price: in the list's currency, on its site, for its time; always net."""
    return ListedPrice(
        item_id=price.item_id,
        currency=price_list.currency,
        price_model_id=price.price_model_id,
        tier_values=price.tier_values,
        id=id,
        restrictions=PriceRestrictions(
            site_codes=(price_list.site_code,) if price_list.site_code else (), validity=price_list.validity
        ),
        price_list=price_list,
    )


def list_of(price: Price) -> PriceList | None:
    """The list that a price is from; None for a price of the catalogue."""
    return price.price_list if isinstance(price, ListedPrice) else None


def named(prices: Sequence[Price], id: str, list_id: str | None) -> list[Price]:
    """Those prices of a product that a client means: by id, and by list where it names one, too."""
    found = [price for price in prices if price.id == id]
    if list_id is None:
        return found
    return [price for price in found if getattr(list_of(price), "id", "") == list_id]


def specificity(price_list: PriceList, buyer: Buyer, country: str, regions: frozenset[str]) -> Specificity | None:
    """How exactly a list is meant for a buyer in a country; None where it is not meant for them.

    Where a list names countries and regions, either may fit.
    """
    whom, where = _whom(price_list, buyer), _where(price_list, country, regions)
    return None if whom is None or where is None else (whom, where)


def _whom(price_list: PriceList, buyer: Buyer) -> int | None:
    if price_list.legal_entity_id:
        if price_list.legal_entity_id not in buyer.companies:
            return None
        return 1 + len(buyer.companies) - buyer.companies.index(price_list.legal_entity_id)
    if price_list.customer_groups:
        return None if buyer.groups.isdisjoint(price_list.customer_groups) else 1
    return 0


def _where(price_list: PriceList, country: str, regions: frozenset[str]) -> int | None:
    if country in price_list.countries:
        return _COUNTRY
    if not regions.isdisjoint(price_list.regions):
        return _REGION
    return None if price_list.countries or price_list.regions else _EVERYWHERE
