"""Under which terms a quote is offered: its site, whose taxes, what its items and its shipping cost.

What the merchant says is a price is one; what the catalogue knows better (products, tax rates, methods) is asked of the
catalogue, and nothing is offered that could not be sold.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.quotes.requests import EXTERNAL, INTERNAL, Item, ItemPrice, Shipping
from tillroll.dialects.emporix.wire.fields import amount_problem
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.yrn import product_yrn
from tillroll.dialects.http import Malformed, Problem
from tillroll.domain.catalogue.products import Product
from tillroll.domain.checkout.inputs import Method
from tillroll.domain.checkout.shipping import shipping_tax_code
from tillroll.domain.customers.tax_address import Residence
from tillroll.domain.documents import Localized
from tillroll.domain.money import minor_exponent
from tillroll.domain.orders.order import Address, ShippingChoice
from tillroll.domain.prices.lists import named
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.pricing.shapes import PricingRules
from tillroll.domain.pricing.tax import EXACT
from tillroll.domain.pricing.terms import Whereabouts, rules_under, tax_country
from tillroll.domain.quotes.quote import Quote, QuoteLine, QuoteShipping, total_from_net, unit_of
from tillroll.domain.site.sites import Site
from tillroll.engine.customers.tax_addresses import residence
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices.terms import uplift_percent

_NOT_SOLD = "PARENT_VARIANT"


class _ShownProduct(Struct, rename="camel", frozen=True):
    """What of a product's document a quote copies."""

    name: Localized = ""
    media: Any = None
    tax_classes: dict[str, str] = {}


_PRODUCT = msgspec.json.Decoder(_ShownProduct, float_hook=Decimal)


class QuoteTerms(Struct, frozen=True):
    """What the items of one quote are offered under; `may_price` says whether prices from outside are allowed."""

    view: View
    shop: str
    site: Site
    rules: PricingRules
    country: str
    taxes: TaxTable | None
    may_price: bool


class PricesForbidden(Exception):
    """A price or product from outside, from somebody who may not set one."""


def site_of(view: View, code: str | None) -> Site:
    """An existing site; raises Malformed."""
    site = view.site(code) if code else None
    if site is None:
        message = f"there is no site '{(code or '')[:64]}': send the siteCode of one of the shop's sites"
        raise Malformed([Problem("siteCode", "invalid_value" if code else "missing_value", message)])
    return site


def check_currency(site: Site, currency: str | None) -> str:
    """The currency of a quote on this site; raises Malformed for another one than the site sells in."""
    if not currency or minor_exponent(currency) is None or currency != site.currency:
        message = f"currency must be {site.currency}, in which the site {site.code} sells"
        raise Malformed([Problem("currency", "invalid_value" if currency else "missing_value", message)])
    return currency


def rules_of(view: View, site: Site, currency: str, items: Sequence[Item]) -> PricingRules:
    """How a quote of these items on this site is calculated."""
    return rules_under(site, currency, _models(view, items), uplift_percent(view))


def _models(view: View, items: Sequence[Item]) -> Iterator[PriceModel | None]:
    """The models of the prices that the items name in the catalogue, in their order."""
    for item in items:
        price_id = item.price.price_id if item.price is not None and item.price.type == INTERNAL else None
        if item.product.type != EXTERNAL and item.product.product_id and price_id:
            found = named(view.prices(item.product.product_id), price_id, None)
            yield view.price_model(found[0].price_model_id) if found else None


def country_of(site: Site, addresses: Sequence[Address | None], at_home: Residence) -> str:
    """Whose taxes apply to a quote with these addresses, for a customer who is at home there."""
    named_here = tuple((one.type, one.country) for one in addresses if one is not None)
    return tax_country(site, Whereabouts(named_here, residence=at_home))


def terms_of(view: View, quote: Quote, *, may_price: bool) -> QuoteTerms:
    """The terms of a quote that is there; raises Malformed where its site is gone."""
    site = site_of(view, quote.site)
    return QuoteTerms(view, view.head.shop, site, quote.rules, quote.country, _taxes(view, quote.country), may_price)


def _taxes(view: View, country: str) -> TaxTable | None:
    return view.tax_table(country) if country else None


# ------------------------------------------------------------------------------------------------------------- items


def line_of(terms: QuoteTerms, quote: Quote, item: Item, field: str) -> QuoteLine:
    """An item as a line of the quote; raises Malformed, and `PricesForbidden`."""
    is_external = item.product.type == EXTERNAL
    price = item.price or ItemPrice()
    if (is_external or price.type == EXTERNAL) and not terms.may_price:
        raise PricesForbidden
    if is_external:
        product, copy = None, _external_copy(item, field)
        id = item.product.product_id or f"external-{quote.next_line_id()}"
    else:
        product, copy, id = _known_product(terms, item, field)
    tax_code, rate = _tax(terms, product, price, field)
    if price.type == INTERNAL and not is_external:
        _check_price_id(terms, id, price, field)
    unit, net = _amounts(price, item.amount, field)
    total = total_from_net(terms.rules, net, rate)
    refuse_if([amount_problem(f"{field}.price.totalNetValue", total)])
    return QuoteLine(
        id=item.item_id or quote.next_line_id(),
        product_id=id,
        quantity=item.amount,
        unit_price=unit,
        total=total,
        tax_code=tax_code,
        tax_rate=rate,
        unit_code=item.unit_code,
        price_id=price.price_id or "",
        price_type=price.type,
        item_yrn=product_yrn(terms.shop, id),
        is_external=is_external,
        product=copy,
        mixins=item.mixins or {},
        metadata=item.metadata or {},
    )


def product_copy(view: View, id: str) -> Document:
    """What a quote shows of a product of the catalogue."""
    loaded = view.loaded(Kind.PRODUCT, id)
    if loaded is None:
        return {}
    product = _PRODUCT.decode(loaded.raw)
    media = product.media[0] if isinstance(product.media, list) and product.media else None
    copy = {"name": product.name, "media": media, "taxClasses": product.tax_classes}
    return {name: value for name, value in copy.items() if value}


def _known_product(terms: QuoteTerms, item: Item, field: str) -> tuple[Product, Document, str]:
    id = item.product.product_id
    product = terms.view.product(id) if id else None
    if product is None or not product.published or product.product_type == _NOT_SOLD:
        message = f"there is no product '{(id or '')[:80]}' that could be sold: send the productId of one"
        raise Malformed([Problem(f"{field}.product.productId", "invalid_value", message)])
    return product, product_copy(terms.view, product.id) | _attached(item), product.id


def _external_copy(item: Item, field: str) -> Document:
    if not item.product.name:
        message = f"{field}.product.name is required of a product that is not in the catalogue"
        raise Malformed([Problem(f"{field}.product.name", "missing_value", message)])
    media = {"media": item.product.media} if item.product.media else {}
    return {"name": item.product.name} | media | _attached(item)


def _attached(item: Item) -> Document:
    attached = {"mixins": item.product.mixins, "metadata": item.product.metadata}
    return {name: value for name, value in attached.items() if value}


def _tax(terms: QuoteTerms, product: Product | None, price: ItemPrice, field: str) -> tuple[str, Decimal]:
    """The tax class of an item and its rate in the quote's country; raises Malformed."""
    claimed = price.tax.tax_class if price.tax is not None else None
    code = claimed or (product.tax_classes.get(terms.country) if product is not None else None)
    rate = terms.taxes.rate_of(code) if terms.taxes is not None and code is not None else None
    if code is None or rate is None:
        known = ", ".join(one.code for one in terms.taxes.tax_classes) if terms.taxes is not None else "none"
        message = f"'{(code or '')[:40]}' is no tax class of {terms.country or 'any country'}, which has: {known}"
        raise Malformed([Problem(f"{field}.price.tax.taxClass", "invalid_value", message)])
    if price.tax is not None and price.tax.tax_rate is not None and price.tax.tax_rate != rate:
        message = f"the rate of {code} in {terms.country} is {rate}: send that, or no rate"
        raise Malformed([Problem(f"{field}.price.tax.taxRate", "invalid_value", message)])
    return code, rate


def _check_price_id(terms: QuoteTerms, product_id: str, price: ItemPrice, field: str) -> None:
    if price.price_id is None or any(one.id == price.price_id for one in terms.view.prices(product_id)):
        return
    message = f"the product {product_id} has no price '{price.price_id[:80]}': send one that it has, or none"
    raise Malformed([Problem(f"{field}.price.priceId", "invalid_value", message)])


def _amounts(price: ItemPrice, quantity: Decimal, field: str) -> tuple[Decimal, Decimal]:
    """What one costs and what all cost, net; the one that was not sent comes from the other."""
    unit, total = price.unit_price, price.total_net_value
    if unit is None and total is None:
        message = f"{field}.price.unitPrice or totalNetValue is required: say what the item costs"
        raise Malformed([Problem(f"{field}.price.unitPrice", "missing_value", message)])
    with localcontext(EXACT):
        if total is None:
            assert unit is not None
            total = unit * quantity
        return unit if unit is not None else unit_of(total, quantity), total


# ---------------------------------------------------------------------------------------------------------- shipping


def shipping_of(terms: QuoteTerms, asked: Shipping) -> QuoteShipping:
    """A way of shipping at a price, with the tax that a checkout would put on it; raises Malformed."""
    choice = ShippingChoice(asked.method_id, asked.zone_id, "", asked.value, asked.shipping_tax_code)
    site = terms.site.code
    zone = terms.view.zone(site, asked.zone_id)
    loaded = terms.view.loaded(Kind.METHOD, f"{site}/{asked.zone_id}/{asked.method_id}") if zone is not None else None
    if loaded is None:
        field, id = ("zoneId", asked.zone_id) if zone is None else ("methodId", asked.method_id)
        message = f"the site {site} has no such {field} '{id[:80]}': choose one of the site's zones and its methods"
        raise Malformed([Problem(f"shipping.{field}", "invalid_value", message)])
    code = shipping_tax_code(choice, Method(loaded.value, loaded.raw), terms.taxes)
    rate = terms.taxes.rate_of(code) if terms.taxes is not None and code is not None else None
    if code is not None and rate is None:
        message = f"{terms.country or 'the country'} has no tax class {code[:40]} for shipping: use one that it has"
        raise Malformed([Problem("shipping.shippingTaxCode", "invalid_value", message)])
    return QuoteShipping(
        net=asked.value,
        zone_id=asked.zone_id,
        method_id=asked.method_id,
        method_name=loaded.value.name,
        tax_code=code,
        tax_rate=rate,
        asked_tax_code=asked.shipping_tax_code,
    )


def retaxed(view: View, quote: Quote) -> None:
    """Put the quote under the taxes of its addresses, as they are now: what is agreed on the priced side stays.

    Raises Malformed where the country does not know a tax class that the quote needs.
    """
    site = site_of(view, quote.site)
    addresses = (quote.shipping_address, quote.billing_address)
    quote.country = country_of(site, addresses, residence(view, quote.customer.id, quote.legal_entity_id or ""))
    terms = terms_of(view, quote, may_price=True)
    for line in quote.lines:
        product = terms.view.product(line.product_id) if not line.is_external else None
        own = product.tax_classes.get(terms.country) if product is not None else None
        code = own or line.tax_code
        rate = terms.taxes.rate_of(code) if terms.taxes is not None else None
        if rate is None:
            message = f"{terms.country} has no tax class {code[:40]}, which the item {line.id} needs"
            raise Malformed([Problem(f"items[{line.id}].price.tax.taxClass", "invalid_value", message)])
        line.tax_code, line.tax_rate = code, rate
    if quote.shipping is not None:
        shipping = quote.shipping
        asked = Shipping(shipping.net, shipping.method_id, shipping.zone_id, shipping.asked_tax_code)
        quote.shipping = shipping_of(terms, asked)
