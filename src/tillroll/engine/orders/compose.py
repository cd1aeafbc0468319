"""From an order that somebody writes down to the order: priced, taxed and added up (docs/wire/emporix.md, 7).

A product of the catalogue is copied from there, and its tax and price where the document names none; every other one is
what the document says. Sums are calculated here and nowhere else.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.cart.cart import CartLine
from tillroll.domain.cart.line_values import (
    LineBasis,
    LineTax,
    LineValue,
    Offered,
    catalogue_value,
    pricing_line,
    tax_of,
)
from tillroll.domain.catalogue.products import Product
from tillroll.domain.countries import country_code
from tillroll.domain.money import HUNDRED, ZERO, quantum
from tillroll.domain.orders.commands import WrittenLine, WrittenOrder
from tillroll.domain.orders.edit import EditedLine, with_own_names
from tillroll.domain.orders.order import Order, OrderLine, ShippingChoice
from tillroll.domain.prices.lists import named
from tillroll.domain.prices.match import PriceContext, model_of
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.external import External, ExternalTax
from tillroll.domain.pricing.shapes import PricedCart, PricingLine, ShippingCharge
from tillroll.domain.pricing.terms import PricingTerms, Whereabouts, tax_country
from tillroll.domain.rejections import Reason, Refused, Rejection
from tillroll.domain.site.sites import Site
from tillroll.domain.values import ID_BYTES_MAX
from tillroll.engine.customers.tax_addresses import default_tax_address
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.prices import match as prices
from tillroll.engine.prices.match import PriceQuery
from tillroll.engine.prices.terms import terms_in
from tillroll.engine.rejected import Rejected, invalid, refuse_if

ORDER_TOTAL_MAX = Decimal(10) ** 14


def compose(view: View, written: WrittenOrder, now: int) -> Order | Refused:
    """The order that is written down, or all that is missing or does not add up."""
    try:
        return _composed(view, written, now)
    except Rejected as rejected:
        return rejected.refused


def new_lines(
    view: View, terms: PricingTerms, lines: Sequence[WrittenLine], first_id: int = 0
) -> list[EditedLine] | Refused:
    """New lines of an order, or what each of them lacks."""
    wanted = {line.product_id for line in lines if line.product_id is not None}
    view.load(Kind.PRODUCT, wanted)
    price_lists.load(view, wanted)
    made: list[EditedLine] = []
    rejections: list[Rejection] = []
    for place, line in enumerate(lines):
        edited = _line(view, terms, line, _LineNames(f"entries[{place}]", str(first_id + place)))
        if isinstance(edited, Rejection):
            rejections.append(edited)
        else:
            made.append(edited)
    return Refused(tuple(rejections)) if rejections else made


def _composed(view: View, written: WrittenOrder, now: int) -> Order:
    site = _site(view, written.site_code)
    refuse_if(written.unreadable)
    terms = _terms(view, site, written, now)
    customer = written.customer
    refuse_if(
        [
            None if written.lines else _missing("entries", "entries is required: send at least one"),
            None if customer else _missing("customer", "customer is required: send one"),
            None
            if written.has_address
            else _missing("billing_address", "billingAddress or shippingAddress is required"),
        ]
    )
    assert customer is not None
    made = new_lines(view, terms, written.lines)
    if isinstance(made, Refused):
        raise Rejected(*made.rejections)
    lines = with_own_names(made)
    charge, choice = _shipping(terms.taxes, written)
    priced = price_cart(terms.rules, [line.pricing for line in lines], shipping=charge)
    refuse_if(_sum_rejections(written, priced))
    return Order(
        cart_id=written.cart_id,
        site=site.code,
        country=terms.country,
        rules=terms.rules,
        customer=customer,
        billing_address=written.billing,
        shipping_address=written.shipping_address,
        payment=written.payment,
        shipping=choice,
        lines=tuple([line.line for line in lines]),
        priced=priced,
        channel=written.channel,
        delivery_window=written.delivery_window,
        shipments=written.shipments,
        quote_id=written.quote_id,
        legal_entity_id=written.legal_entity_id,
        payments=written.payments,
        attached=written.attached,
        metadata=written.metadata,
        born=written.born,
    )


def _missing(field: str, message: str) -> Rejection:
    return Rejection(Reason.VALUE_MISSING, field, message)


def _site(view: View, code: str | None) -> Site:
    site = view.site(code) if code else view.default_site()
    if site is None:
        message = f"there is no site '{(code or 'main')[:64]}': send the code of one of the shop's sites"
        raise invalid("site_code", message)
    return site


def _terms(view: View, site: Site, written: WrittenOrder, now: int) -> PricingTerms:
    """What the order is priced under: the country is the one that the document states, else that of its addresses."""
    customer_id = written.customer.id if written.customer is not None else None
    company = written.legal_entity_id or ""
    named_here = tuple((address.type, address.country) for address in (written.billing, written.shipping_address))
    where = Whereabouts(named_here, default_tax_address=default_tax_address(view, customer_id, company))
    country = country_code(written.country_code) if written.country_code else tax_country(site, where)
    buyer = price_lists.buyer_of(view, customer_id, company)
    context = PriceContext(site, written.currency or site.currency, country, now, buyer)
    context = price_lists.completed(view, context)
    return terms_in(view, context, _models(view, context, written.lines))


def _models(view: View, context: PriceContext, lines: Sequence[WrittenLine]) -> Iterator[PriceModel | None]:
    """The models of the prices that the lines name, or that hold for those without one, in their order."""
    for line in lines:
        if not line.product_id or not line.quantity:
            continue
        if line.price_id:
            price_lists.load(view, [line.product_id])
            found = named(price_lists.prices_of(view, line.product_id), line.price_id, None)
            yield model_of(found[0], view.price_model) if found else None
        elif line.names_no_price:
            (match,) = prices.match(view, context, [PriceQuery("PRODUCT", line.product_id, line.quantity)])
            yield match.model if match is not None else None


class _LineNames(Struct, frozen=True):
    """The field that a line came in, and the id that it gets."""

    field: str
    id: str


def _line(view: View, terms: PricingTerms, written: WrittenLine, names: _LineNames) -> EditedLine | Rejection:
    field, product_id = names.field, written.product_id
    if not product_id or len(product_id.encode()) > ID_BYTES_MAX:
        return _missing(f"{field}.itemYrn", f"{field}: name a product of this shop by id or itemYrn")
    quantity = written.quantity
    if quantity is None or quantity <= 0:
        return Rejection(Reason.VALUE_INVALID, f"{field}.amount", f"{field}.amount must be greater than zero")
    loaded = view.loaded(Kind.PRODUCT, product_id)
    sold = CartLine(names.id, product_id, written.reference or "", quantity)
    code, rate = _tax(terms, written, sold, loaded.value if loaded is not None else None)
    if rate is None or code is None:
        message = f"{field} has no tax: send tax.lines[0].code and .rate, or a product with a tax class in the country"
        return _missing(f"{field}.tax", message)
    if not _adds_up(terms, written, quantity, rate):
        message = f"{field}.calculatedPrice.price: netValue with {rate} % of tax is not its grossValue"
        return Rejection(Reason.VALUE_INVALID, f"{field}.calculated_price.price", message)
    value = _stated_value(terms, written) or _matched_value(view, terms, sold, rate)
    if value is None:
        return _missing(f"{field}.unit_price", f"{field} has no price: send unitPrice")
    basis = LineBasis(value, code, rate, loaded is not None and loaded.value.weight_dependent)
    line = OrderLine(
        names.id,
        product_id,
        written.reference or (written.own_reference if loaded is not None else ""),
        written.separate,
        quantity,
        written.price_id or value.price_id,
        written.original_amount if written.original_amount is not None else value.original,
        value.effective,
        code,
        loaded.raw if loaded is not None else written.product,
        basis.weight_dependent,
        written.attached,
        metadata=written.metadata,
        external=External(priced=True, tax=ExternalTax(code, rate)),
        unit=value.unit_quantity,
        price_list_id=value.price_list_id,
        exchanged=value.exchanged,
    )
    return EditedLine(line, _with_stated_sides(terms, written, pricing_line(terms, sold, basis)))


def _tax(terms: PricingTerms, written: WrittenLine, sold: CartLine, product: Product | None) -> LineTax:
    """The tax that a line states, else that of the class that it names, else that of its product."""
    code, rate = written.tax_code, written.tax_rate
    if rate is not None:
        return code, rate
    if code is not None:
        return code, terms.taxes.rate_of(code) if terms.taxes is not None else None
    return tax_of(terms, sold, product)


def _adds_up(terms: PricingTerms, written: WrittenLine, quantity: Decimal, rate: Decimal) -> bool:
    """Whether both sides that a line states differ by its tax, as exactly as rounding each piece lets them."""
    net, gross = written.total.net, written.total.gross
    if net is None or gross is None:
        return True
    tolerated = quantum(terms.rules.scale) * max(Decimal(1), quantity)
    return abs(net * (1 + rate / HUNDRED) - gross) <= tolerated


def _with_stated_sides(terms: PricingTerms, written: WrittenLine, pricing: PricingLine) -> PricingLine:
    """The line with both sides of its whole price, where the document states them."""
    net, gross = written.total.net, written.total.gross
    if net is None or gross is None:
        return pricing
    sides = (gross, net) if terms.rules.includes_tax else (net, gross)
    return replace(pricing, price=sides[0], opposite_price=sides[1])


def _stated_value(terms: PricingTerms, written: WrittenLine) -> LineValue | None:
    """What one piece costs on the order's side, as the line says it; None where it says nothing."""
    both, unit = written.unit_sides, written.unit
    if both is not None:
        on_side = both.gross if terms.rules.includes_tax else both.net
        unit = on_side if on_side is not None else unit
    return LineValue("", unit, unit, unit) if unit is not None else None


def _matched_value(view: View, terms: PricingTerms, sold: CartLine, rate: Decimal) -> LineValue | None:
    """What the catalogue's best price now makes of a line that names none."""
    (match,) = prices.match(view, terms.context, [PriceQuery("PRODUCT", sold.product_id, sold.quantity)])
    return catalogue_value(terms, Offered(match.price, match.model), sold.quantity, rate) if match is not None else None


def _shipping(taxes: TaxTable | None, written: WrittenOrder) -> tuple[ShippingCharge | None, ShippingChoice]:
    """What shipping costs, with the tax that the document states, else that of the country's default class."""
    shipping = written.shipping
    if shipping is None:
        return None, ShippingChoice("none", "", "", ZERO)
    code, rate = shipping.tax_code, shipping.tax_rate
    if taxes is not None and code is None and rate is None:
        code = taxes.default_code
    known = taxes.rate_of(code) if taxes is not None and code is not None else None
    rate = known if known is not None else rate
    charge = ShippingCharge(shipping.amount, code if rate is not None else None, rate)
    name = shipping.name or shipping.code
    return charge, ShippingChoice(shipping.code or "none", "", name, shipping.amount, shipping.tax_code)


def _sum_rejections(written: WrittenOrder, priced: PricedCart) -> Iterator[Rejection]:
    """What does not add up: a final price that is another than that of the lines and the shipping."""
    if priced.final_price.gross >= ORDER_TOTAL_MAX or priced.price.gross >= ORDER_TOTAL_MAX:
        message = f"an order is worth less than {ORDER_TOTAL_MAX:f}"
        yield Rejection(Reason.VALUE_INVALID, "entries", message)
        return
    sides = (
        ("net_value", written.stated.net, priced.final_price.net),
        ("gross_value", written.stated.gross, priced.final_price.gross),
    )
    for name, stated, is_so in sides:
        if stated is not None and stated != is_so:
            field = f"calculated_price.final_price.{name}"
            message = f"{field} is {stated}, but entries and shipping add up to {is_so}"
            yield Rejection(Reason.VALUE_INVALID, field, message)
