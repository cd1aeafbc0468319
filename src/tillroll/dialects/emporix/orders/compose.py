"""From the fields of an order's document to the order: a new one, or a known one with its changes (contracts, 7).

A product of the catalogue is copied from there, and its tax and price where the document names none; every other one is
what the document says. Sums are calculated here and nowhere else.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from tillroll.dialects.emporix.orders.requests import Entry, OrderFields, Payment, Person, Place, product_copy
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.resources import iso
from tillroll.dialects.emporix.wire.yrn import product_yrn
from tillroll.dialects.http import Malformed, Problem
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
from tillroll.domain.customers.customer import BILLING, SHIPPING
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.money import HUNDRED, ZERO, quantum
from tillroll.domain.orders.edit import EditedLine, with_own_names
from tillroll.domain.orders.order import CREATED, Address, Customer, Order, OrderLine, PaymentMethod, ShippingChoice
from tillroll.domain.prices.lists import named
from tillroll.domain.prices.match import PriceContext, model_of
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.pricing.calculation import price_cart
from tillroll.domain.pricing.external import External, ExternalTax
from tillroll.domain.pricing.shapes import PricedCart, PricingLine, ShippingCharge
from tillroll.domain.pricing.terms import PricingTerms, Whereabouts, tax_country
from tillroll.domain.site.sites import Site
from tillroll.domain.times import instant
from tillroll.engine.customers.tax_addresses import residence
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View
from tillroll.engine.prices import lists as price_lists
from tillroll.engine.prices import match as prices
from tillroll.engine.prices.match import PriceQuery
from tillroll.engine.prices.terms import terms_in

ORDER_TOTAL_MAX = Decimal(10) ** 14


def composed(view: View, fields: OrderFields, now: int) -> Order:
    """A new order; raises Malformed with all that is missing or does not add up."""
    site = _site(view, fields.site_code)
    billing, shipping = _addresses(fields)
    if fields.delivery_window is not None:
        _day(fields.delivery_window)
    terms = _terms(view, site, fields, now)
    refuse_if(
        [
            None if fields.entries else Problem("entries", "missing_value", "entries is required: send at least one"),
            None if fields.customer else Problem("customer", "missing_value", "customer is required: send one"),
            None
            if fields.billing_address or fields.shipping_address
            else Problem("billingAddress", "missing_value", "billingAddress or shippingAddress is required"),
        ]
    )
    lines = with_own_names(entry_lines(view, terms, fields.entries or ()))
    charge, choice = _shipping(terms.taxes, fields)
    priced = price_cart(terms.rules, [one.pricing for one in lines], shipping=charge)
    refuse_if(_sum_problems(fields, priced))
    assert fields.customer is not None
    return Order(
        cart_id=fields.cart_id,
        site=site.code,
        country=terms.country,
        rules=terms.rules,
        customer=_customer(fields.customer),
        billing_address=billing,
        shipping_address=shipping,
        payment=_payment_method(fields.payments or ()),
        shipping=choice,
        lines=tuple([one.line for one in lines]),
        priced=priced,
        channel=fields.channel,
        delivery_window=fields.delivery_window,
        mixins=own_mixins(fields.mixins),
        metadata={"mixins": _named_schemas(fields)} if _named_schemas(fields) else {},
        shipments=fields.shipments or (),
        quote_id=fields.quote_id,
        legal_entity_id=fields.legal_entity_id,
        payments=tuple(msgspec.to_builtins(one, builtin_types=(Decimal,)) for one in fields.payments or ()),
        born=fields.status or CREATED,
    )


def _addresses(fields: OrderFields) -> tuple[Address, Address]:
    """Where an order is billed and shipped to: to the same place where only one is named."""
    return (
        _address(fields.billing_address or fields.shipping_address, BILLING),
        _address(fields.shipping_address or fields.billing_address, SHIPPING),
    )


def _terms(view: View, site: Site, fields: OrderFields, now: int) -> PricingTerms:
    """What the order is priced under: the country is the one that the document states, else that of its addresses."""
    customer_id = fields.customer.id if fields.customer is not None else None
    company = fields.legal_entity_id or ""
    named_here = tuple((one.type, one.country) for one in _addresses(fields))
    where = Whereabouts(named_here, residence=residence(view, customer_id, company))
    country = country_code(fields.country_code) if fields.country_code else tax_country(site, where)
    buyer = price_lists.buyer_of(view, customer_id, company)
    context = PriceContext(site, fields.currency or site.currency, country, now, buyer)
    context = price_lists.completed(view, context)
    return terms_in(view, context, _models(view, context, fields.entries or ()))


def _models(view: View, context: PriceContext, entries: Sequence[Entry]) -> Iterator[PriceModel | None]:
    """The models of the prices that the entries name, or that hold for those without one, in their order."""
    for entry in entries:
        product_id, quantity = entry.product_id(view.head.shop), entry.quantity
        if not product_id or not quantity:
            continue
        price_id = entry.price.price_id if entry.price is not None else None
        if price_id:
            price_lists.load(view, [product_id])
            found = named(price_lists.prices_of(view, product_id), price_id, None)
            yield model_of(found[0], view.price_model) if found else None
        elif entry.stated_unit is None and entry.calculated_unit_price is None:
            (match,) = prices.match(view, context, [PriceQuery("PRODUCT", product_id, quantity)])
            yield match.model if match is not None else None


def changed(order: Order, fields: OrderFields) -> Order:
    """A known order with the fields that may change after the purchase; entries are not among them."""
    changes: dict[str, Any] = {}
    if fields.customer is not None:
        changes["customer"] = replace(order.customer, **_sent(fields.customer))
    if fields.billing_address is not None:
        changes["billing_address"] = replace(order.billing_address, **_sent(fields.billing_address))
    if fields.shipping_address is not None:
        changes["shipping_address"] = replace(order.shipping_address, **_sent(fields.shipping_address))
    if fields.delivery_window is not None:
        changes["delivery_window"] = _window(order, fields.delivery_window)
    for name in ("channel", "shipments"):
        if (value := getattr(fields, name)) is not None:
            changes[name] = value
    if fields.mixins is not None:
        changes["mixins"] = own_mixins(fields.mixins)
    if _named_schemas(fields):
        changes["metadata"] = {**order.metadata, "mixins": _named_schemas(fields)}
    if fields.payments is not None:
        changes["payments"] = tuple(msgspec.to_builtins(one, builtin_types=(Decimal,)) for one in fields.payments)
    return replace(order, **changes)


def _sent(part: Person | Place) -> dict[str, Any]:
    """The fields of a part that were sent: the others stay as they are."""
    return {name: value for name in part.__struct_fields__ if (value := getattr(part, name)) is not None}


def _window(order: Order, asked: DeliveryWindow) -> DeliveryWindow | None:
    """The window of an order: one that was booked stays, because its place can not be given to another one here.

    Raises Malformed.
    """
    day, booked = _day(asked), order.delivery
    if booked is None:
        return asked
    if (asked.id, asked.slot_id, day) != (booked.time_id, booked.slot_id, booked.day):
        message = f"the order has a place on {booked.day} in the slot {booked.slot_id}: decline it, and order anew"
        raise Malformed([Problem("deliveryWindow", "invalid_value", message)])
    return order.delivery_window


def _day(window: DeliveryWindow) -> str | None:
    """The day of a window as `yyyy-MM-dd` in UTC; raises Malformed for what is none."""
    if window.delivery_date is None:
        return None
    moment = instant(window.delivery_date)
    if moment is None:
        message = f"deliveryWindow.deliveryDate must be a day, not '{window.delivery_date[:40]}'"
        raise Malformed([Problem("deliveryWindow.deliveryDate", "invalid_value", message)])
    return iso(moment).partition("T")[0]


def entry_lines(view: View, terms: PricingTerms, entries: Sequence[Entry], first_id: int = 0) -> list[EditedLine]:
    """New lines of an order; raises Malformed with what each of them lacks."""
    ids = [entry.product_id(view.head.shop) for entry in entries]
    wanted = {id for id in ids if id is not None}
    view.load(Kind.PRODUCT, wanted)
    price_lists.load(view, wanted)
    lines: list[EditedLine] = []
    problems: list[Problem] = []
    for place, (entry, product_id) in enumerate(zip(entries, ids, strict=True)):
        made = _line(view, terms, entry, (f"entries[{place}]", str(first_id + place), product_id or ""))
        if isinstance(made, Problem):
            problems.append(made)
        else:
            lines.append(made)
    if problems:
        raise Malformed(problems)
    return lines


def _line(view: View, terms: PricingTerms, entry: Entry, names: tuple[str, str, str]) -> EditedLine | Problem:
    field, line_id, product_id = names
    if not product_id or len(product_id.encode()) > 255:
        return Problem(f"{field}.itemYrn", "missing_value", f"{field}: name a product of this shop by id or itemYrn")
    quantity = entry.quantity
    if quantity is None or quantity <= 0:
        return Problem(f"{field}.amount", "invalid_value", f"{field}.amount must be greater than zero")
    loaded = view.loaded(Kind.PRODUCT, product_id)
    sold = CartLine(line_id, product_id, entry.item_yrn or "", quantity)
    code, rate = _tax(terms, entry, sold, loaded.value if loaded is not None else None)
    if rate is None or code is None:
        message = f"{field} has no tax: send tax.lines[0].code and .rate, or a product with a tax class in the country"
        return Problem(f"{field}.tax", "missing_value", message)
    if not _adds_up(terms, entry, quantity, rate):
        message = f"{field}.calculatedPrice.price: netValue with {rate} % of tax is not its grossValue"
        return Problem(f"{field}.calculatedPrice.price", "invalid_value", message)
    value = _stated_value(terms, entry) or _matched_value(view, terms, sold, rate)
    if value is None:
        return Problem(f"{field}.unitPrice", "missing_value", f"{field} has no price: send unitPrice")
    price = entry.price
    basis = LineBasis(value, code, rate, loaded is not None and loaded.value.weight_dependent)
    line = OrderLine(
        line_id,
        product_id,
        entry.item_yrn or (product_yrn(view.head.shop, product_id) if loaded is not None else ""),
        entry.keep_as_separate_line_item,
        quantity,
        (price.price_id if price is not None else None) or value.price_id,
        price.original_amount if price is not None and price.original_amount is not None else value.original,
        value.effective,
        code,
        loaded.raw if loaded is not None else product_copy(entry.product, product_id),
        basis.weight_dependent,
        _without_fees(entry.mixins),
        metadata={"mixins": schemas} if (schemas := _schemas_of(entry)) else {},
        external=External(priced=True, tax=ExternalTax(code, rate)),
        unit=value.unit_quantity,
        price_list_id=value.price_list_id,
        exchanged=value.exchanged,
    )
    return EditedLine(line, _with_stated_sides(terms, entry, pricing_line(terms, sold, basis)))


def _tax(terms: PricingTerms, entry: Entry, sold: CartLine, product: Product | None) -> LineTax:
    """The tax that an entry states, else that of the class that it names, else that of its product."""
    stated = entry.taxed()
    if stated.tax_rate is not None:
        return stated.tax_code, stated.tax_rate
    if stated.tax_code is not None:
        return stated.tax_code, terms.taxes.rate_of(stated.tax_code) if terms.taxes is not None else None
    return tax_of(terms, sold, product)


def _adds_up(terms: PricingTerms, entry: Entry, quantity: Decimal, rate: Decimal) -> bool:
    """Whether both sides that an entry states differ by its tax, as exactly as rounding each piece lets them."""
    whole = entry.calculated_price.price if entry.calculated_price is not None else None
    if whole is None or whole.net_value is None or whole.gross_value is None:
        return True
    tolerated = quantum(terms.rules.scale) * max(Decimal(1), quantity)
    return abs(whole.net_value * (1 + rate / HUNDRED) - whole.gross_value) <= tolerated


def _with_stated_sides(terms: PricingTerms, entry: Entry, pricing: PricingLine) -> PricingLine:
    """The line with both sides of its whole price, where the entry states them."""
    whole = entry.calculated_price.price if entry.calculated_price is not None else None
    if whole is None or whole.net_value is None or whole.gross_value is None:
        return pricing
    gross = terms.rules.includes_tax
    sides = (whole.gross_value, whole.net_value) if gross else (whole.net_value, whole.gross_value)
    return replace(pricing, price=sides[0], opposite_price=sides[1])


def _stated_value(terms: PricingTerms, entry: Entry) -> LineValue | None:
    """What one piece costs on the order's side, as the entry says it; None where it says nothing."""
    both, unit = entry.calculated_unit_price, entry.stated_unit
    if both is not None:
        on_side = both.gross_value if terms.rules.includes_tax else both.net_value
        unit = on_side if on_side is not None else unit
    return LineValue("", unit, unit, unit) if unit is not None else None


def _matched_value(view: View, terms: PricingTerms, sold: CartLine, rate: Decimal) -> LineValue | None:
    """What the catalogue's best price now makes of an entry that names none."""
    (match,) = prices.match(view, terms.context, [PriceQuery("PRODUCT", sold.product_id, sold.quantity)])
    return catalogue_value(terms, Offered(match.price, match.model), sold.quantity, rate) if match is not None else None


def _sum_problems(fields: OrderFields, priced: PricedCart) -> list[Problem | None]:
    """What does not add up: a final price that is another than that of the entries and the shipping."""
    if priced.final_price.gross >= ORDER_TOTAL_MAX or priced.price.gross >= ORDER_TOTAL_MAX:
        return [Problem("entries", "invalid_value", f"an order is worth less than {ORDER_TOTAL_MAX:f}")]
    stated = fields.calculated_price.final_price if fields.calculated_price is not None else None
    if stated is None:
        return []
    found: list[Problem | None] = []
    for name, said, is_so in (
        ("netValue", stated.net_value, priced.final_price.net),
        ("grossValue", stated.gross_value, priced.final_price.gross),
    ):
        if said is not None and said != is_so:
            message = f"calculatedPrice.finalPrice.{name} is {said}, but entries and shipping add up to {is_so}"
            found.append(Problem(f"calculatedPrice.finalPrice.{name}", "invalid_value", message))
    return found


def _site(view: View, code: str | None) -> Site:
    site = view.site(code) if code else view.default_site()
    if site is None:
        message = f"there is no site '{(code or 'main')[:64]}': send the code of one of the shop's sites"
        raise Malformed([Problem("siteCode", "invalid_value", message)])
    return site


def _shipping(taxes: TaxTable | None, fields: OrderFields) -> tuple[ShippingCharge | None, ShippingChoice]:
    """What shipping costs, with the tax that the document states, else that of the country's default class."""
    line = fields.shipping.lines[0] if fields.shipping is not None and fields.shipping.lines else None
    if line is None:
        return None, ShippingChoice("none", "", "", ZERO)
    code, rate = line.shipping_tax_code, line.tax.rate if line.tax is not None else None
    if taxes is not None and code is None and rate is None:
        code = taxes.default_code
    known = taxes.rate_of(code) if taxes is not None and code is not None else None
    rate = known if known is not None else rate
    name = line.name if isinstance(line.name, str) else next(iter(line.name.values()), "")
    charge = ShippingCharge(line.amount, code if rate is not None else None, rate)
    asked = line.shipping_tax_code
    return charge, ShippingChoice(line.code or "none", "", name or line.code, line.amount, asked)


def _payment_method(payments: Sequence[Payment]) -> PaymentMethod:
    first = payments[0] if payments else None
    return PaymentMethod("none" if first is None else first.provider or "none", first.method if first else None)


def _customer(person: Person) -> Customer:
    return Customer(
        person.email or "",
        person.id,
        person.name,
        person.title,
        person.first_name,
        person.middle_name,
        person.last_name,
        person.contact_phone,
        person.company,
        metadata=person.metadata,
        mixins=person.mixins,
    )


def _address(place: Place | None, type: str) -> Address:
    sent = place or Place()
    return Address(
        sent.contact_name or "",
        sent.street or "",
        sent.zip_code or "",
        sent.city or "",
        sent.country or "",
        type,
        sent.company_name,
        sent.street_number,
        sent.street_appendix,
        sent.state,
        sent.contact_phone,
    )


def own_mixins(mixins: dict[str, Any] | None) -> dict[str, Any]:
    """The mixins that are the client's own: those that an order's view adds are made anew for each view."""
    made = ("payments", "generalAttributes", "deliveryTime", "payment")
    return {name: value for name, value in (mixins or {}).items() if name not in made}


def _without_fees(mixins: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (mixins or {}).items() if name != "fees"}


def _schemas_of(entry: Entry) -> dict[str, Any]:
    named = (entry.metadata or {}).get("mixins")
    return {name: value for name, value in named.items() if name != "fees"} if isinstance(named, dict) else {}


def _named_schemas(fields: OrderFields) -> dict[str, Any]:
    named = (fields.metadata or {}).get("mixins")
    return own_mixins(named) if isinstance(named, dict) else {}
