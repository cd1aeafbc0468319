"""A quote as clients see it, and its history (docs/wire/emporix.md, 12)."""

from decimal import Decimal
from typing import Any

import msgspec

from tillroll.dialects.emporix.wire.amounts import taxed
from tillroll.dialects.emporix.wire.languages import Path, speak
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.domain.orders.order import Address
from tillroll.domain.pricing.shapes import PricedCart, PricedLine, TaxedAmount
from tillroll.domain.quotes.history import QuoteChange, StoredQuote
from tillroll.domain.quotes.quote import Quote, QuoteLine, discount_percent, price_quote, unit_of

_TEXTS: tuple[Path, ...] = (
    ("items", "[]", "product", "name"),
    ("shipping", "methodName"),
    ("status", "quoteReason", "message"),
)


def shown(stored: StoredQuote, languages: list[str]) -> Document:
    """The whole quote, its texts in the first of these languages that they have."""
    quote, priced = stored.quote, price_quote(stored.quote)
    comments = {"employeeComment": quote.employee_comment, "customerComment": quote.customer_comment}
    document = {
        "id": quote.id,
        "businessModel": "B2B" if quote.legal_entity_id or quote.company_name else "B2C",
        "customer": _customer(quote),
        "employee": {"employeeId": quote.employee_id} if quote.employee_id else None,
        "cartId": quote.cart_id,
        "company": {"name": quote.company_name} if quote.company_name else None,
        "siteCode": quote.site,
        "orderId": stored.order_id,
        "currency": quote.rules.currency,
        "status": dict(stored.shown_status),
        "validTo": iso(quote.valid_to) if quote.valid_to is not None else None,
        "comment": _present(comments) or None,
        "customerReference": quote.customer_reference,
        "totalPrice": _total(quote, priced.final_price),
        "subtotalPrice": _total(quote, priced.price),
        "taxAggregate": {"lines": [_tax_line(one) for one in priced.tax_aggregate if one.tax_code is not None]},
        "shipping": shipping_document(quote, priced),
        "billingAddress": _address(quote.billing_address, quote.billing_address_id),
        "shippingAddress": _address(quote.shipping_address, quote.shipping_address_id),
        "items": [item_document(line, cost) for line, cost in zip(quote.lines, priced.lines, strict=True)],
        "deliveryWindow": msgspec.to_builtins(quote.delivery_window) if quote.delivery_window is not None else None,
        "mixins": quote.custom_fields or None,
        "metadata": {
            **quote.metadata,
            "version": stored.version,
            "createdAt": iso(stored.created_at),
            "modifiedAt": iso(stored.modified_at),
        },
    }
    document = _present(document)
    speak(document, _TEXTS, languages)
    return document


def history_document(quote: Quote, position: int, change: QuoteChange) -> Document:
    """One line of a quote's history."""
    is_customers = change.author.type == "CUSTOMER"
    document = {
        "id": f"{quote.id}-{position}",
        "op": change.op,
        "path": change.path,
        "newValue": change.new_value,
        "previousValue": change.previous_value,
        "userId": change.author.id,
        "userFirstName": quote.customer.first_name if is_customers else None,
        "userLastName": quote.customer.last_name if is_customers else None,
        "userType": change.author.type,
        "modifiedAt": iso(change.changed_at),
    }
    return _present(document)


def items_of(quote: Quote) -> list[Document]:
    """The items of a quote, calculated."""
    priced = price_quote(quote)
    return [item_document(line, cost) for line, cost in zip(quote.lines, priced.lines, strict=True)]


def item_document(line: QuoteLine, cost: PricedLine) -> Document:
    """One item: its price before, what was agreed, and the tax on it."""
    net = cost.price.net
    price = {
        "type": line.price_type,
        "priceId": line.price_id or None,
        "unitPrice": plain(line.unit_price),
        "newUnitPrice": plain(unit_of(net, line.quantity)),
        "discount": plain(discount_percent(line, net)),
        "totalNetValue": net,
        "tax": {
            "taxClass": line.tax_code,
            "taxRate": line.tax_rate,
            "prices": {"grossValue": cost.price.gross, "netValue": net},
        },
    }
    product = {"productId": line.product_id, "type": "EXTERNAL" if line.is_external else "INTERNAL", **line.product}
    document = {
        "id": line.id,
        "quantity": {"quantity": line.quantity, "unitCode": line.unit_code} if line.unit_code else None,
        "price": _present(price),
        "product": product,
        "mixins": line.custom_fields or None,
        "metadata": line.metadata or None,
    }
    document["quantity"] = document["quantity"] or {"quantity": line.quantity}
    return _present(document)


def shipping_document(quote: Quote, priced: PricedCart | None = None) -> Document | None:
    """How the quote is shipped: what it costs net and gross."""
    shipping = quote.shipping
    if shipping is None:
        return None
    charge = (priced or price_quote(quote)).shipping
    document = {
        "value": charge.net if charge is not None else shipping.net,
        "grossValue": charge.gross if charge is not None else shipping.net,
        "methodId": shipping.method_id,
        "zoneId": shipping.zone_id,
        "methodName": shipping.method_name or None,
        "shippingTaxCode": shipping.tax_code,
    }
    return _present(document)


def plain(number: Decimal) -> Decimal:
    """A number without trailing zeros: 34 for 34.0000000000, and 0 for -0.00."""
    whole = number.to_integral_value()
    return (whole or abs(whole)) if whole == number else number.normalize()


def _customer(quote: Quote) -> Document:
    customer = quote.customer
    return _present(
        {
            "customerId": customer.id,
            "firstName": customer.first_name,
            "lastName": customer.last_name,
            "contactEmail": customer.email,
        }
    )


def _total(quote: Quote, amount: TaxedAmount) -> Document:
    sides = taxed(amount)
    return {"currency": quote.rules.currency} | {name: sides[name] for name in ("netValue", "grossValue", "taxValue")}


def _tax_line(amount: TaxedAmount) -> Document:
    """The tax of one class; `taxable` is gross, as the vendor's examples have it."""
    return {"name": amount.tax_code, "amount": amount.tax, "rate": amount.tax_rate, "taxable": amount.gross}


def _address(address: Address | None, id: str | None) -> Document | None:
    if address is None:
        return None
    document = {
        "id": id,
        "name": address.company_name or address.contact_name,
        "addressLine1": " ".join(one for one in (address.street, address.street_number) if one),
        "addressLine2": address.street_appendix,
        "city": address.city,
        "countryCode": address.country,
        "postcode": address.zip_code,
        "state": address.state,
    }
    return _present(document)


def _present(document: dict[str, Any]) -> Document:
    return {name: value for name, value in document.items() if value is not None}
