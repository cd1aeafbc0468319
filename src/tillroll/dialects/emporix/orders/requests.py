"""Orders as a back office writes them: read from the vendor's documents, calculated like any other (contracts, 7).

    entries[]: id | itemYrn | product{}, amount, unitPrice | calculatedUnitPrice | price{}, tax{}, calculatedPrice

What the client has calculated is kept where it says both sides of a line; sums are ours, and a `calculatedPrice` whose
final price is another than theirs is refused, so that what is stored adds up.
"""

from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct, field

from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.errors import encode
from tillroll.dialects.emporix.wire.fields import (
    amount_problem,
    attached_problem,
    country_problem,
    currency_problem,
    keep_countries,
    quantity_problem,
)
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.yrn import product_id_of
from tillroll.dialects.http import Problem
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.orders.order import TRANSITIONS

ENTRIES_MAX = 500
PARTS_MAX = 50
TEXT_CHARACTERS_MAX = 255

PAYMENT_STATUSES = (
    "PENDING", "SUCCESS", "FAILURE",
    "AUTHORIZATION_SUCCESS", "AUTHORIZATION_FAILURE", "CAPTURE_SUCCESS", "CAPTURE_FAILURE",
    "CANCELLATION_SUCCESS", "CANCELLATION_FAILURE", "REFUND_SUCCESS", "REFUND_FAILURE",
)  # fmt: skip


class _Taxed(Struct, rename="camel", frozen=True):
    net_value: Decimal | None = None
    gross_value: Decimal | None = None
    tax_code: str | None = None
    tax_rate: Decimal | None = None


class _LinePrice(Struct, rename="camel", frozen=True):
    price: _Taxed | None = None


class _TaxLine(Struct, frozen=True):
    code: str | None = None
    rate: Decimal | None = None


class _Tax(Struct, frozen=True):
    lines: tuple[_TaxLine, ...] = ()


class _Price(Struct, rename="camel", frozen=True):
    price_id: str | None = None
    original_amount: Decimal | None = None
    effective_amount: Decimal | None = None
    currency: str | None = None


class Entry(Struct, rename="camel", frozen=True):
    """One entry as it was sent."""

    id: str | None = None
    item_yrn: str | None = None
    product: dict[str, Any] | None = None
    amount: Decimal | None = None
    ordered_amount: Decimal | None = None
    unit_price: Decimal | None = None
    original_price: Decimal | None = None
    calculated_unit_price: _Taxed | None = None
    calculated_price: _LinePrice | None = None
    price: _Price | None = None
    tax: _Tax | None = None
    keep_as_separate_line_item: bool = False
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None

    @property
    def quantity(self) -> Decimal | None:
        """How many pieces."""
        return self.amount if self.amount is not None else self.ordered_amount

    def product_id(self, tenant: str) -> str | None:
        """The product that the entry is about."""
        if self.item_yrn is not None:
            return product_id_of(self.item_yrn, tenant)
        named = self.product.get("id") if self.product is not None else None
        return named if isinstance(named, str) and named else self.id

    @property
    def stated_unit(self) -> Decimal | None:
        """The price of one piece, wherever the entry states one that is not told on both sides."""
        effective = self.price.effective_amount if self.price is not None else None
        return next((one for one in (self.unit_price, effective, self.original_price) if one is not None), None)

    def taxed(self) -> _Taxed:
        """The tax that the entry names, wherever it names one."""
        for one in (self.calculated_price.price if self.calculated_price else None, self.calculated_unit_price):
            if one is not None and one.tax_rate is not None:
                return one
        line = self.tax.lines[0] if self.tax is not None and self.tax.lines else _TaxLine()
        return _Taxed(tax_code=line.code, tax_rate=line.rate)


class _FinalPrice(Struct, rename="camel", frozen=True):
    net_value: Decimal | None = None
    gross_value: Decimal | None = None


class _CartPrice(Struct, rename="camel", frozen=True):
    final_price: _FinalPrice | None = None


class _ShippingTax(Struct, frozen=True):
    rate: Decimal | None = None


class _ShippingLine(Struct, rename="camel", frozen=True):
    amount: Decimal
    code: str = ""
    name: str | dict[str, str] = ""
    shipping_tax_code: str | None = None
    tax: _ShippingTax | None = None


class _Shipping(Struct, frozen=True):
    lines: tuple[_ShippingLine, ...] = ()


class Payment(Struct, rename="camel", frozen=True, omit_defaults=True):
    """One payment of an order (docs/wire/emporix.md, 7)."""

    method: str
    paid_amount: Decimal
    currency: str
    status: str = "PENDING"
    payment_response: str | None = None
    refund_amount: Decimal | None = None
    transaction_id: str | None = None
    redirect_url: str | None = None
    authorized_amount: Decimal | None = None
    provider: str | None = None


class Person(Struct, rename="camel", frozen=True):
    """Who an order is for."""

    id: str | None = None
    name: str | None = None
    title: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    email: str | None = None
    contact_phone: str | None = None
    attached: dict[str, Any] | None = field(default=None, name="mixins")
    metadata: dict[str, Any] | None = None


class Place(Struct, rename="camel", frozen=True):
    """An address of an order."""

    contact_name: str | None = None
    company_name: str | None = None
    street: str | None = None
    street_number: str | None = None
    street_appendix: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country: str | None = None
    state: str | None = None
    contact_phone: str | None = None


class OrderFields(Struct, rename="camel", frozen=True):
    """An order's document as far as it can be written; None means not sent, or sent to be left as it is."""

    status: str | None = None
    cart_id: str | None = None
    checkout: bool | None = None
    quote_id: str | None = None
    entries: tuple[Entry, ...] | None = None
    customer: Person | None = None
    site_code: str | None = None
    country_code: str | None = None
    billing_address: Place | None = None
    shipping_address: Place | None = None
    payments: tuple[Payment, ...] | None = None
    shipping: _Shipping | None = None
    currency: str | None = None
    channel: dict[str, Any] | None = None
    delivery_window: DeliveryWindow | None = None
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    shipments: tuple[dict[str, Any], ...] | None = None
    calculated_price: _CartPrice | None = None
    legal_entity_id: str | None = None


def fields_of(document: Document) -> OrderFields:
    """The document as fields that can be written; raises Malformed with all that is wrong in it."""
    keep_countries(document, (("countryCode",), ("billingAddress", "country"), ("shippingAddress", "country")))
    fields = converted(document, OrderFields)
    refuse_if(
        [
            None
            if fields.status is None or fields.status in TRANSITIONS
            else Problem("status", "invalid_value", f"status must be one of {', '.join(TRANSITIONS)}"),
            currency_problem(fields.currency),
            *_text_problems(fields),
            *_entry_problems(fields.entries or ()),
            *_payment_problems(fields.payments or ()),
            *_shipping_problems(fields.shipping),
            *_place_problems(fields),
            attached_problem("mixins", [fields.mixins, fields.metadata, fields.channel]),
            attached_problem("shipments", fields.shipments),
            attached_problem("customer", [fields.customer, fields.billing_address, fields.shipping_address]),
            _count_problem("shipments", len(fields.shipments or ()), PARTS_MAX),
        ]
    )
    return fields


def product_copy(product: dict[str, Any] | None, product_id: str) -> Raw:
    """The copy of a product that only the order knows."""
    sent = product or {}
    kept = {name: sent[name] for name in ("name", "description", "images", "mixins", "vendor") if sent.get(name)}
    code = sent.get("sku") or sent.get("code")
    document = {"id": product_id, "code": code or product_id, "published": True, "productType": "BASIC"} | kept
    return Raw(encode(document))


def _text_problems(fields: OrderFields) -> list[Problem | None]:
    named = {
        "siteCode": fields.site_code,
        "cartId": fields.cart_id,
        "quoteId": fields.quote_id,
        "legalEntityId": fields.legal_entity_id,
        "customer.id": fields.customer.id if fields.customer is not None else None,
    }
    message = "{} must have at most " + str(TEXT_CHARACTERS_MAX) + " characters"
    return [
        Problem(name, "invalid_value", message.format(name))
        for name, text in named.items()
        if text is not None and len(text.encode()) > TEXT_CHARACTERS_MAX
    ]


def _entry_problems(entries: tuple[Entry, ...]) -> list[Problem | None]:
    problems = [_count_problem("entries", len(entries), ENTRIES_MAX)]
    for place, entry in enumerate(entries[:ENTRIES_MAX]):
        field = f"entries[{place}]"
        if entry.quantity is not None:
            problems.append(quantity_problem(f"{field}.amount", entry.quantity))
        tax = entry.taxed()
        amounts = {
            "unitPrice": entry.unit_price,
            "originalPrice": entry.original_price,
            "tax.rate": tax.tax_rate,
            "price.originalAmount": entry.price.original_amount if entry.price is not None else None,
            "price.effectiveAmount": entry.price.effective_amount if entry.price is not None else None,
        }
        for name, both in (
            ("calculatedUnitPrice", entry.calculated_unit_price),
            ("calculatedPrice.price", entry.calculated_price.price if entry.calculated_price is not None else None),
        ):
            if both is not None:
                amounts |= {f"{name}.netValue": both.net_value, f"{name}.grossValue": both.gross_value}
        problems += [
            amount_problem(f"{field}.{name}", amount) for name, amount in amounts.items() if amount is not None
        ]
        if tax.tax_rate is not None and tax.tax_rate.is_finite() and tax.tax_rate > 1000:
            problems.append(Problem(f"{field}.tax", "invalid_value", f"{field}: a tax rate is at most 1000 percent"))
        names = (entry.id, entry.item_yrn, tax.tax_code, entry.price.price_id if entry.price is not None else None)
        if any(text is not None and len(text.encode()) > 400 for text in names):
            problems.append(Problem(field, "invalid_value", f"{field}: ids and codes have at most 400 characters"))
        problems.append(attached_problem(field, [entry.product, entry.mixins, entry.metadata]))
    return problems


def _payment_problems(payments: tuple[Payment, ...]) -> list[Problem | None]:
    problems = [_count_problem("payments", len(payments), PARTS_MAX)]
    for place, one in enumerate(payments[:PARTS_MAX]):
        field = f"payments[{place}]"
        if one.status not in PAYMENT_STATUSES:
            message = f"{field}.status must be one of {', '.join(PAYMENT_STATUSES)}"
            problems.append(Problem(f"{field}.status", "invalid_value", message))
        amounts = {
            "paidAmount": one.paid_amount,
            "refundAmount": one.refund_amount,
            "authorizedAmount": one.authorized_amount,
        }
        problems += [
            amount_problem(f"{field}.{name}", amount) for name, amount in amounts.items() if amount is not None
        ]
        problems.append(currency_problem(one.currency, f"{field}.currency"))
        problems.append(attached_problem(field, one))
    return problems


def _shipping_problems(shipping: _Shipping | None) -> list[Problem | None]:
    lines = shipping.lines if shipping is not None else ()
    if len(lines) > 1:
        return [Problem("shipping.lines", "invalid_value", "shipping.lines must have at most one element")]
    found: list[Problem | None] = []
    for line in lines:
        rate = line.tax.rate if line.tax is not None else None
        found += [
            amount_problem("shipping.lines[0].amount", line.amount),
            amount_problem("shipping.lines[0].tax.rate", rate) if rate is not None else None,
            attached_problem("shipping.lines", [line.code, line.name, line.shipping_tax_code]),
        ]
    return found


def _place_problems(fields: OrderFields) -> list[Problem | None]:
    return [
        country_problem("countryCode", fields.country_code),
        *(
            country_problem(f"{name}.country", place.country)
            for name, place in (
                ("billingAddress", fields.billing_address),
                ("shippingAddress", fields.shipping_address),
            )
            if place is not None
        ),
    ]


def _count_problem(field: str, count: int, most: int) -> Problem | None:
    if count <= most:
        return None
    return Problem(field, "too_large", f"{field} must have at most {most} elements, not {count}")
