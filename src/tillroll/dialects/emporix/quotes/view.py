"""A quote as clients see it, and its history (docs/wire/emporix.md, 12)."""

from decimal import Decimal
from typing import Any

from tillroll.dialects.emporix.quotes.answers import (
    HistoryLine,
    ItemQuantity,
    QuoteAddress,
    QuoteComments,
    QuoteCompany,
    QuoteCustomer,
    QuoteEmployee,
    QuoteItem,
    QuoteItemPrice,
    QuoteItemTax,
    QuoteShippingShown,
    QuoteStatus,
    QuoteTaxes,
    QuoteTaxLine,
    QuoteTotal,
    ShownQuote,
    TaxedSides,
)
from tillroll.dialects.emporix.wire.answers import told
from tillroll.dialects.emporix.wire.languages import speak
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.domain.orders.order import Address
from tillroll.domain.pricing.shapes import PricedCart, PricedLine, TaxedAmount
from tillroll.domain.quotes.history import QuoteChange, StoredQuote
from tillroll.domain.quotes.quote import Quote, QuoteLine, discount_percent, price_quote, unit_of


def shown(stored: StoredQuote, languages: list[str]) -> ShownQuote:
    """The whole quote, its texts in the first of these languages that they have."""
    quote, priced = stored.quote, price_quote(stored.quote)
    return ShownQuote(
        id=quote.id,
        business_model="B2B" if quote.legal_entity_id or quote.company_name else "B2C",
        customer=_customer(quote),
        employee=QuoteEmployee(employee_id=quote.employee_id) if quote.employee_id else None,
        cart_id=quote.cart_id,
        company=QuoteCompany(name=quote.company_name) if quote.company_name else None,
        site_code=quote.site,
        order_id=stored.order_id,
        currency=quote.rules.currency,
        status=_status(stored, languages),
        valid_to=iso(quote.valid_to) if quote.valid_to is not None else None,
        comment=_comments(quote),
        customer_reference=quote.customer_reference,
        total_price=_total(quote, priced.final_price),
        subtotal_price=_total(quote, priced.price),
        tax_aggregate=QuoteTaxes(
            lines=tuple(_tax_line(amount) for amount in priced.tax_aggregate if amount.tax_code is not None)
        ),
        shipping=_shipping(quote, priced, languages),
        billing_address=_address(quote.billing_address, quote.billing_address_id),
        shipping_address=_address(quote.shipping_address, quote.shipping_address_id),
        items=_items(quote, priced, languages),
        delivery_window=quote.delivery_window,
        mixins=quote.custom_fields or None,
        metadata={
            **quote.metadata,
            "version": stored.version,
            "createdAt": iso(stored.created_at),
            "modifiedAt": iso(stored.modified_at),
        },
    )


def history_line(quote: Quote, position: int, change: QuoteChange) -> HistoryLine:
    """One line of a quote's history."""
    is_customers = change.author.type == "CUSTOMER"
    return HistoryLine(
        id=f"{quote.id}-{position}",
        op=change.op,
        path=change.path,
        new_value=change.new_value,
        previous_value=change.previous_value,
        user_id=change.author.id,
        user_first_name=quote.customer.first_name if is_customers else None,
        user_last_name=quote.customer.last_name if is_customers else None,
        user_type=change.author.type,
        modified_at=iso(change.changed_at),
    )


def items_of(quote: Quote) -> list[Document]:
    """The items of a quote, calculated, as its history keeps them."""
    items: list[Document] = told(_items(quote, price_quote(quote), []))
    return items


def shipping_of(quote: Quote) -> Document | None:
    """How a quote is shipped, as its history keeps it."""
    shipping: Document | None = told(_shipping(quote, price_quote(quote), []))
    return shipping


def _items(quote: Quote, priced: PricedCart, languages: list[str]) -> tuple[QuoteItem, ...]:
    return tuple(_item(line, cost, languages) for line, cost in zip(quote.lines, priced.lines, strict=True))


def _item(line: QuoteLine, cost: PricedLine, languages: list[str]) -> QuoteItem:
    """One item: its price before, what was agreed, and the tax on it."""
    net = cost.price.net
    price = QuoteItemPrice(
        type=line.price_type,
        price_id=line.price_id or None,
        unit_price=plain(line.unit_price),
        new_unit_price=plain(unit_of(net, line.quantity)),
        discount=plain(discount_percent(line, net)),
        total_net_value=net,
        tax=QuoteItemTax(
            tax_class=line.tax_code,
            tax_rate=line.tax_rate,
            prices=TaxedSides(gross_value=cost.price.gross, net_value=net),
        ),
    )
    product = {"productId": line.product_id, "type": "EXTERNAL" if line.is_external else "INTERNAL", **line.product}
    speak(product, [("name",)], languages)
    return QuoteItem(
        id=line.id,
        quantity=ItemQuantity(quantity=line.quantity, unit_code=line.unit_code or None),
        price=price,
        product=product,
        mixins=line.custom_fields or None,
        metadata=line.metadata or None,
    )


def _shipping(quote: Quote, priced: PricedCart, languages: list[str]) -> QuoteShippingShown | None:
    """How the quote is shipped: what it costs net and gross."""
    shipping = quote.shipping
    if shipping is None:
        return None
    charge, spoken = priced.shipping, {"name": shipping.method_name or None}
    speak(spoken, [("name",)], languages)
    return QuoteShippingShown(
        value=charge.net if charge is not None else shipping.net,
        gross_value=charge.gross if charge is not None else shipping.net,
        method_id=shipping.method_id,
        zone_id=shipping.zone_id,
        method_name=spoken["name"],
        shipping_tax_code=shipping.tax_code,
    )


def plain(number: Decimal) -> Decimal:
    """A number without trailing zeros: 34 for 34.0000000000, and 0 for -0.00."""
    whole = number.to_integral_value()
    return (whole or abs(whole)) if whole == number else number.normalize()


def _customer(quote: Quote) -> QuoteCustomer:
    customer = quote.customer
    return QuoteCustomer(
        customer_id=customer.id,
        first_name=customer.first_name,
        last_name=customer.last_name,
        contact_email=customer.email,
    )


def _status(stored: StoredQuote, languages: list[str]) -> QuoteStatus:
    reason: dict[str, Any] | None = stored.quote.status_reason
    if reason is not None:
        reason = dict(reason)
        speak(reason, [("message",)], languages)
    return QuoteStatus(value=stored.status, comment=stored.quote.status_comment, quote_reason=reason)


def _comments(quote: Quote) -> QuoteComments | None:
    if quote.employee_comment is None and quote.customer_comment is None:
        return None
    return QuoteComments(employee_comment=quote.employee_comment, customer_comment=quote.customer_comment)


def _total(quote: Quote, amount: TaxedAmount) -> QuoteTotal:
    return QuoteTotal(
        currency=quote.rules.currency, net_value=amount.net, gross_value=amount.gross, tax_value=amount.tax
    )


def _tax_line(amount: TaxedAmount) -> QuoteTaxLine:
    return QuoteTaxLine(name=amount.tax_code, amount=amount.tax, rate=amount.tax_rate, taxable=amount.gross)


def _address(address: Address | None, id: str | None) -> QuoteAddress | None:
    if address is None:
        return None
    return QuoteAddress(
        id=id,
        name=address.company_name or address.contact_name,
        address_line1=" ".join(part for part in (address.street, address.street_number) if part),
        address_line2=address.street_appendix,
        city=address.city,
        country_code=address.country,
        postcode=address.zip_code,
        state=address.state,
    )
