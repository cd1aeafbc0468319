"""Under which terms a quote is offered: its site, whose taxes, what its items and its shipping cost.

What the merchant says is a price is one; what the catalogue knows better (products, tax rates, methods) is asked of the
catalogue, and nothing is offered that could not be sold.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.catalogue.products import Product
from tillroll.domain.checkout.inputs import Method
from tillroll.domain.checkout.shipping import shipping_tax_code
from tillroll.domain.customers.tax_address import DefaultTaxAddress
from tillroll.domain.documents import Document, Localized
from tillroll.domain.money import minor_exponent
from tillroll.domain.orders.order import Address, ShippingChoice
from tillroll.domain.prices.lists import named
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.pricing.shapes import PricingRules
from tillroll.domain.pricing.tax import EXACT
from tillroll.domain.pricing.terms import Whereabouts, rules_under, tax_country
from tillroll.domain.quotes.commands import OfferedItem, OfferedPrice, OfferedShipping
from tillroll.domain.quotes.quote import Quote, QuoteLine, QuoteShipping, total_from_net, unit_of
from tillroll.domain.rejections import Reason, Rejection
from tillroll.domain.site.sites import Site
from tillroll.domain.values import amount_rejection
from tillroll.engine.access.access import Caller
from tillroll.engine.customers.tax_addresses import default_tax_address
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices.terms import uplift_percent
from tillroll.engine.rejected import Rejected, invalid, missing, refuse_if

_NOT_SOLD = "PARENT_VARIANT"


class Offerer(Struct, frozen=True):
    """Who makes or changes quotes, when (microseconds UTC), and what they may."""

    caller: Caller
    now: int
    manages: bool
    """Whether they may change every quote of the shop."""
    may_price: bool
    """Whether they may set prices from outside."""


class _ShownProduct(Document, frozen=True):
    """What of a product's document a quote copies."""

    name: Localized = ""
    media: Any = None
    tax_classes: dict[str, str] = msgspec.field(default_factory=dict)


_PRODUCT = msgspec.json.Decoder(_ShownProduct, float_hook=Decimal)


class QuoteTerms(Struct, frozen=True):
    """What the items of one quote are offered under; `may_price` says whether prices from outside are allowed."""

    view: View
    site: Site
    rules: PricingRules
    country: str
    taxes: TaxTable | None
    may_price: bool


def site_of(view: View, code: str | None) -> Site:
    """An existing site; raises Rejected."""
    site = view.site(code) if code else None
    if site is None:
        message = f"there is no site '{(code or '')[:64]}': send the siteCode of one of the shop's sites"
        raise (invalid if code else missing)("site_code", message)
    return site


def check_currency(site: Site, currency: str | None) -> str:
    """The currency of a quote on this site; raises Rejected for another one than the site sells in."""
    if not currency or minor_exponent(currency) is None or currency != site.currency:
        message = f"currency must be {site.currency}, in which the site {site.code} sells"
        raise (invalid if currency else missing)("currency", message)
    return currency


def rules_of(view: View, site: Site, currency: str, items: Sequence[OfferedItem]) -> PricingRules:
    """How a quote of these items on this site is calculated."""
    return rules_under(site, currency, _models(view, items), uplift_percent(view))


def _models(view: View, items: Sequence[OfferedItem]) -> Iterator[PriceModel | None]:
    """The models of the prices that the items name in the catalogue, in their order."""
    for item in items:
        price_id = item.price.price_id if not item.price.is_external else None
        if not item.is_external and item.product_id and price_id:
            found = named(view.prices(item.product_id), price_id, None)
            yield view.price_model(found[0].price_model_id) if found else None


def country_of(site: Site, addresses: Sequence[Address | None], at_home: DefaultTaxAddress) -> str:
    """Whose taxes apply to a quote with these addresses, for a customer who is at home there."""
    named_here = tuple((address.type, address.country) for address in addresses if address is not None)
    return tax_country(site, Whereabouts(named_here, default_tax_address=at_home))


def terms_of(view: View, quote: Quote, *, may_price: bool) -> QuoteTerms:
    """The terms of a quote that is there; raises Rejected where its site is gone."""
    site = site_of(view, quote.site)
    taxes = view.tax_table(quote.country) if quote.country else None
    return QuoteTerms(view, site, quote.rules, quote.country, taxes, may_price)


# ------------------------------------------------------------------------------------------------------------- items


def line_of(terms: QuoteTerms, quote: Quote, item: OfferedItem, field: str) -> QuoteLine:
    """An item as a line of the quote; raises Rejected."""
    refuse_if(item.rejections(field))
    price = item.price
    if (item.is_external or price.is_external) and not terms.may_price:
        message = f"{field}.price must be the shop's own: prices and products from outside need a permission"
        raise Rejected(Rejection(Reason.PRICES_FORBIDDEN, f"{field}.price", message))
    if item.is_external:
        product, copy = None, _external_copy(item, field)
        id = item.product_id or f"external-{quote.next_line_id()}"
    else:
        product, copy, id = _known_product(terms, item, field)
    tax_code, rate = _tax(terms, product, price, field)
    if not price.is_external and not item.is_external:
        _check_price_id(terms, id, price, field)
    unit, net = _amounts(price, item.quantity, field)
    total = total_from_net(terms.rules, net, rate)
    refuse_if([amount_rejection(f"{field}.price.total_net_value", total)])
    return QuoteLine(
        id=item.item_id or quote.next_line_id(),
        product_id=id,
        quantity=item.quantity,
        unit_price=unit,
        total=total,
        tax_code=tax_code,
        tax_rate=rate,
        unit_code=item.unit_code,
        price_id=price.price_id or "",
        price_type=price.type,
        item_reference=f"{item.reference_prefix}{id}",
        is_external=item.is_external,
        product=copy,
        **item.attached,
    )


def product_copy(view: View, id: str) -> dict[str, Any]:
    """What a quote shows of a product of the catalogue."""
    loaded = view.loaded(Kind.PRODUCT, id)
    if loaded is None:
        return {}
    product = _PRODUCT.decode(loaded.raw)
    media = product.media[0] if isinstance(product.media, list) and product.media else None
    copy = msgspec.to_builtins(_ShownProduct(product.name, media, product.tax_classes), builtin_types=(Decimal,))
    return {name: value for name, value in copy.items() if value}


def _known_product(terms: QuoteTerms, item: OfferedItem, field: str) -> tuple[Product, dict[str, Any], str]:
    id = item.product_id
    product = terms.view.product(id) if id else None
    if product is None or not product.published or product.product_type == _NOT_SOLD:
        message = f"there is no product '{(id or '')[:80]}' that could be sold: send the productId of one"
        raise invalid(f"{field}.product.product_id", message)
    return product, product_copy(terms.view, product.id) | item.product_attached, product.id


def _external_copy(item: OfferedItem, field: str) -> dict[str, Any]:
    if not item.product_name:
        message = f"{field}.product.name is required of a product that is not in the catalogue"
        raise missing(f"{field}.product.name", message)
    media = {"media": item.product_media} if item.product_media else {}
    return {"name": item.product_name} | media | item.product_attached


def _tax(terms: QuoteTerms, product: Product | None, price: OfferedPrice, field: str) -> tuple[str, Decimal]:
    """The tax class of an item and its rate in the quote's country; raises Rejected."""
    code = price.tax_class or (product.tax_classes.get(terms.country) if product is not None else None)
    rate = terms.taxes.rate_of(code) if terms.taxes is not None and code is not None else None
    if code is None or rate is None:
        known = (
            ", ".join(tax_class.code for tax_class in terms.taxes.tax_classes) if terms.taxes is not None else "none"
        )
        message = f"'{(code or '')[:40]}' is no tax class of {terms.country or 'any country'}, which has: {known}"
        raise invalid(f"{field}.price.tax.tax_class", message)
    if price.tax_rate is not None and price.tax_rate != rate:
        message = f"the rate of {code} in {terms.country} is {rate}: send that, or no rate"
        raise invalid(f"{field}.price.tax.tax_rate", message)
    return code, rate


def _check_price_id(terms: QuoteTerms, product_id: str, price: OfferedPrice, field: str) -> None:
    if price.price_id is None or any(known.id == price.price_id for known in terms.view.prices(product_id)):
        return
    message = f"the product {product_id} has no price '{price.price_id[:80]}': send one that it has, or none"
    raise invalid(f"{field}.price.price_id", message)


def _amounts(price: OfferedPrice, quantity: Decimal, field: str) -> tuple[Decimal, Decimal]:
    """What one costs and what all cost, net; the one that was not sent comes from the other."""
    unit, total = price.unit_price, price.total_net_value
    with localcontext(EXACT):
        if total is None:
            if unit is None:
                message = f"{field}.price.unitPrice or totalNetValue is required: say what the item costs"
                raise missing(f"{field}.price.unit_price", message)
            total = unit * quantity
        return unit if unit is not None else unit_of(total, quantity), total


# ---------------------------------------------------------------------------------------------------------- shipping


def shipping_of(terms: QuoteTerms, offered: OfferedShipping) -> QuoteShipping:
    """A way of shipping at a price, with the tax that a checkout would put on it; raises Rejected."""
    choice = ShippingChoice(offered.method_id, offered.zone_id, "", offered.value, offered.tax_code)
    site = terms.site.code
    zone = terms.view.zone(site, offered.zone_id)
    name = f"{site}/{offered.zone_id}/{offered.method_id}"
    loaded = terms.view.loaded(Kind.METHOD, name) if zone is not None else None
    if loaded is None:
        is_zone = zone is None
        lacking = f"zoneId '{offered.zone_id[:80]}'" if is_zone else f"methodId '{offered.method_id[:80]}'"
        message = f"the site {site} has no such {lacking}: choose one of the site's zones and its methods"
        raise invalid("shipping.zone_id" if is_zone else "shipping.method_id", message)
    code = shipping_tax_code(choice, Method(loaded.value, loaded.raw), terms.taxes)
    rate = terms.taxes.rate_of(code) if terms.taxes is not None and code is not None else None
    if code is not None and rate is None:
        message = f"{terms.country or 'the country'} has no tax class {code[:40]} for shipping: use one that it has"
        raise invalid("shipping.shipping_tax_code", message)
    return QuoteShipping(
        net=offered.value,
        zone_id=offered.zone_id,
        method_id=offered.method_id,
        method_name=loaded.value.name,
        tax_code=code,
        tax_rate=rate,
        asked_tax_code=offered.tax_code,
    )


def retaxed(view: View, quote: Quote) -> None:
    """Put the quote under the taxes of its addresses, as they are now: what is agreed on the priced side stays.

    Raises Rejected where the country does not know a tax class that the quote needs.
    """
    site = site_of(view, quote.site)
    addresses = (quote.shipping_address, quote.billing_address)
    quote.country = country_of(
        site, addresses, default_tax_address(view, quote.customer.id, quote.legal_entity_id or "")
    )
    terms = terms_of(view, quote, may_price=True)
    for line in quote.lines:
        product = terms.view.product(line.product_id) if not line.is_external else None
        own = product.tax_classes.get(terms.country) if product is not None else None
        code = own or line.tax_code
        rate = terms.taxes.rate_of(code) if terms.taxes is not None else None
        if rate is None:
            message = f"{terms.country} has no tax class {code[:40]}, which the item {line.id} needs"
            raise invalid(f"items[{line.id}].price.tax.tax_class", message)
        line.tax_code, line.tax_rate = code, rate
    if quote.shipping is not None:
        shipping = quote.shipping
        offered = OfferedShipping(shipping.net, shipping.method_id, shipping.zone_id, shipping.asked_tax_code)
        quote.shipping = shipping_of(terms, offered)
