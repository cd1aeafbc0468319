"""What one line of a purchase costs, for carts, quotes, orders by hand and checkouts alike.

    a quote's agreed price ─┐
    an outside system's ────┼─► LineValue, on the purchase's side ──► PricingLine ──► price_cart
    the catalogue's ────────┤
    the client's own word ──┘   (in carts alone, where the price is not known any more)

Nothing here refuses. Who sells compares what the client has seen before (`checkout.lines`); who shows, shows.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from tillroll.domain.cart.cart import AgreedPrice, CartLine, CartPrice
from tillroll.domain.catalogue.products import Product
from tillroll.domain.money import ZERO
from tillroll.domain.prices.lists import list_of, named
from tillroll.domain.prices.match import PriceContext, line_total, misfit, sides, value_here
from tillroll.domain.prices.prices import Price, PriceModel
from tillroll.domain.pricing.external import External, amount_of, line_tax_of, with_external
from tillroll.domain.pricing.shapes import PricingLine
from tillroll.domain.pricing.terms import PricingTerms

ONE = Decimal(1)

# The code of a tax, and its rate in percent where the country knows it.
LineTax = tuple[str | None, Decimal | None]


class LineValue(Struct, frozen=True):
    """What a line costs on the purchase's side: `original` and `effective` for one measurement unit of
    `unit_quantity` pieces, `unit` for one piece, and `total` for all where that is not simply a multiple of it."""

    price_id: str
    original: Decimal
    effective: Decimal
    unit: Decimal
    total: Decimal | None = None
    unit_quantity: Decimal = ONE
    price_list_id: str | None = None
    exchanged: tuple[str, Decimal] | None = None

    def for_all(self, quantity: Decimal) -> Decimal:
        """What this many cost, not rounded."""
        return self.total if self.total is not None else self.unit * quantity


class LineBasis(Struct, frozen=True):
    """What a line is priced by: its value, its tax, and whether it may weigh more than was ordered.

    `tax_rate` is None where the country knows no such tax: the line is then shown untaxed, and not sold.
    """

    value: LineValue
    tax_code: str | None
    tax_rate: Decimal | None
    weight_dependent: bool = False


def tax_of(terms: PricingTerms, line: CartLine, product: Product | None) -> LineTax:
    """A line's tax: what a quote or an outside system has named for it, else its product's class in the country."""
    taxes, external = terms.taxes, line.external
    if external is not None and (external.priced or external.product is not None):
        code, rate = line_tax_of(external, taxes)
        if rate is not None or external.product is not None:
            return code, rate
    code = product.tax_classes.get(terms.country) if product is not None else None
    if line.agreed is not None:
        code = line.agreed.tax_code
    return code, taxes.rate_of(code) if taxes is not None and code is not None else None


def named_price(context: PriceContext, line: CartLine, prices: Sequence[Price]) -> Price | None:
    """The price that a line names among those of its product: one that fits, else one that could be exchanged, else
    any."""
    claimed = line.price
    found = named(prices, claimed.price_id, claimed.price_list_id) if claimed is not None else []
    if len(found) < 2:
        return found[0] if found else None
    fitting = next((price for price in found if misfit(price, context) is None), None)
    if fitting is not None:
        return fitting
    known = {context.currency, *context.exchange_rates}
    return next((price for price in found if price.currency in known), found[0])


def agreed_value(agreed: AgreedPrice, claimed: CartPrice) -> LineValue:
    """The price that a quote agrees on, which holds whatever the price list says today."""
    original, effective = claimed.original_amount or ZERO, claimed.effective_amount or ZERO
    return LineValue(
        claimed.price_id, original, effective, effective, agreed.total, price_list_id=claimed.price_list_id
    )


def external_value(terms: PricingTerms, line: CartLine, external: External) -> LineValue:
    """The price that an outside system has set (docs/wire/emporix.md, 5.2)."""
    claimed = line.price if line.price is not None else CartPrice("")
    amount = amount_of(external, claimed.effective_amount or ZERO, includes_tax=terms.rules.includes_tax)
    return _claimed_value(claimed, amount, line.quantity)


def claimed_value(line: CartLine) -> LineValue:
    """The client's own word, where the line's price is not known any more."""
    claimed = line.price if line.price is not None else CartPrice("")
    return _claimed_value(claimed, claimed.effective_amount or ZERO, line.quantity)


def _claimed_value(claimed: CartPrice, amount: Decimal, quantity: Decimal) -> LineValue:
    original = claimed.original_amount
    if original is None:
        original = claimed.effective_amount or ZERO
    value = LineValue(claimed.price_id, original, amount, amount, price_list_id=claimed.price_list_id)
    unit = claimed.measurement_unit
    return value if unit is None else _per_unit(value, PriceModel(measurement_unit=unit), quantity)


class Offered(Struct, frozen=True):
    """A price of the catalogue, and the model that says what it means."""

    price: Price
    model: PriceModel


def catalogue_value(terms: PricingTerms, offered: Offered, quantity: Decimal, rate: Decimal) -> LineValue:
    """What a price that can be had in the purchase's currency makes of so many pieces at a tax rate in percent."""
    price, model = offered.price, offered.model
    value = value_here(price, model, quantity, terms.context)
    original = effective = on_side(terms, model, value.original, rate)
    if value.effective != value.original:
        effective = on_side(terms, model, value.effective, rate)
    list_id = getattr(list_of(price), "id", None)
    found = LineValue(price.id, original, effective, effective, None, ONE, list_id, _exchange(terms, price))
    return _per_unit(found, model, quantity)


def _per_unit(value: LineValue, model: PriceModel, quantity: Decimal) -> LineValue:
    """The value for one piece and for all, where its price is for another number of pieces: 1.99 for 100 g."""
    unit_quantity = model.measurement_unit.quantity
    if unit_quantity in (ONE, ZERO):
        return value
    return LineValue(
        value.price_id,
        value.original,
        value.effective,
        line_total(value.effective, ONE, model),
        line_total(value.effective, quantity, model),
        unit_quantity,
        value.price_list_id,
        value.exchanged,
    )


def on_side(terms: PricingTerms, model: PriceModel, amount: Decimal, rate: Decimal) -> Decimal:
    """An amount of a price model on the side that the purchase is calculated on."""
    return _converted(amount, model, rate, is_gross=terms.rules.includes_tax)


def as_shown(terms: PricingTerms, model: PriceModel, amount: Decimal, rate: Decimal) -> Decimal:
    """An amount of a price model on the side that a client is shown it on: the site's, else the model's own."""
    includes_tax = terms.site.includes_tax
    return amount if includes_tax is None else _converted(amount, model, rate, is_gross=includes_tax)


def _converted(amount: Decimal, model: PriceModel, rate: Decimal, *, is_gross: bool) -> Decimal:
    if model.includes_tax == is_gross:
        return amount
    return sides(amount, is_gross=model.includes_tax, rate=rate).on(is_gross)


def _exchange(terms: PricingTerms, price: Price) -> tuple[str, Decimal] | None:
    """The currency and the rate that a price was exchanged at, so that the order can be explained later."""
    if price.currency == terms.context.currency:
        return None
    return price.currency, terms.context.exchange_rates[price.currency]


def pricing_line(terms: PricingTerms, line: CartLine, basis: LineBasis) -> PricingLine:
    """The line as the calculation takes it, with the fees and discounts of outside systems.

    None of a product costs nothing, whatever was said of it: neither a fee nor a value for the whole line.
    """
    pricing = PricingLine(
        line.id,
        line.quantity,
        basis.value.unit,
        basis.tax_code if basis.tax_rate is not None else None,
        basis.tax_rate,
        weight_dependent=basis.weight_dependent,
        price=basis.value.total,
    )
    if line.external is None or not line.quantity:
        return pricing
    return with_external(pricing, line.external, terms.taxes, includes_tax=terms.rules.includes_tax)
