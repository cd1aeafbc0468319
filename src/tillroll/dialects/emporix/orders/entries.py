"""The entries of an order as clients see them: what was bought, at which price (docs/wire/emporix.md, 7.1).

Fees stand in an entry three times, as the vendor has them: in `calculatedPrice`, in the deprecated `fees`, and in the
mixin `fees` that the deprecated ones came from.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import msgspec

from tillroll.dialects.emporix.wire import languages
from tillroll.dialects.emporix.wire.amounts import line_price, money, taxed
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.emporix.wire.yrn import fee_yrn
from tillroll.domain.money import ZERO
from tillroll.domain.orders.edit import entry_id
from tillroll.domain.orders.order import Order, OrderLine
from tillroll.domain.prices.match import sides
from tillroll.domain.pricing.shapes import LegacyLine, LegacyTotals, LineDiscount, PricedFee, PricedLine, PricingRules

# Where the vendor's own mixins are described, as its published orders name the places.
FEES_SCHEMA = "https://res.cloudinary.com/saas-ag/raw/upload/schemata/CAAS/fees_checkout-mashup.json"

# As many digits as tell any two binary doubles apart, which is what clients read these numbers into.
_DOUBLE = Context(prec=17, rounding=ROUND_HALF_UP)

_PRODUCT = msgspec.json.Decoder(Document, float_hook=Decimal)
_VARIANT_FIELDS = ("parentVariantId", "parentVariantPath", "ownVariantAttributes", "inheritedVariantAttributes")


def entries(order: Order, legacy: LegacyTotals, tenant: str) -> list[Document]:
    """All entries, in the order of the cart's lines."""
    lines = zip(order.lines, order.priced.lines, legacy.lines, strict=True)
    return [_entry(order, line, priced, _LegacyEntry(figures, tenant)) for line, priced, figures in lines]


class _LegacyEntry(msgspec.Struct, frozen=True):
    """A line's deprecated figures, and the tenant whose fees they name."""

    line: LegacyLine
    tenant: str


def _entry(order: Order, line: OrderLine, priced: PricedLine, legacy: _LegacyEntry) -> Document:
    rules, figures = order.rules, legacy.line
    unit_price = priced.unit_price.gross if rules.includes_tax else priced.unit_price.net
    document: Document = {
        "id": entry_id(line),
        "itemYrn": line.item_yrn,
        "keepAsSeparateLineItem": line.separate,
        "type": "EXTERNAL" if line.external is not None and line.external.priced else "INTERNAL",
        "amount": line.quantity,
        "orderedAmount": line.quantity,
        "effectiveQuantity": line.quantity,
        "originalAmount": line.original_amount,
        "originalPrice": line.original_amount,
        "unitPrice": unit_price,
        "calculatedUnitPrice": taxed(priced.unit_price),
        "totalPrice": figures.total_price,
        "product": product_copy(line.product),
        "tax": _tax(priced, figures, rules),
        "price": _price(line, rules),
        "totalDiscount": money(figures.total_discount, rules),
        "calculatedPrice": line_price(rules, priced),
        "priceMatchDetails": _price_match(order, line, priced),
    }
    if not line.item_yrn:
        del document["itemYrn"]  # a product that the catalogue does not have
    if rules.uplift_percent:
        document["authorizedAmount"] = figures.authorized_amount
    if line.external_discounts:
        document["externalDiscounts"] = _external_discounts(line.external_discounts)
    return document | _fees_and_mixins(line, priced, legacy)


def _tax(priced: PricedLine, legacy: LegacyLine, rules: PricingRules) -> Document:
    """The deprecated tax of an entry, whose total the vendor leaves at zero."""
    lines = []
    if priced.price.tax_code is not None:
        lines.append(tax_line(priced.price.tax_code, priced.price.tax_rate, money(legacy.tax, rules)))
        lines[0]["inclusive"] = rules.includes_tax
    return {"lines": lines, "total": {**money(ZERO, rules), "inclusive": rules.includes_tax}}


def tax_line(code: str, rate: Decimal | None, amount: Document, sequence_id: int = 0) -> Document:
    """One line of a deprecated tax."""
    return {**amount, "code": code, "name": code, "rate": rate or ZERO, "sequenceId": sequence_id, "inclusive": False}


def _price(line: OrderLine, rules: PricingRules) -> Document:
    return {
        "priceId": line.price_id,
        **({"priceListId": line.price_list_id} if line.price_list_id is not None else {}),
        "currency": rules.currency,
        "originalAmount": line.original_amount,
        "effectiveAmount": line.effective_amount,
        "basePrice": {},
        "presentationPrice": {},
        "metadata": {},
    }


def _price_match(order: Order, line: OrderLine, priced: PricedLine) -> Document:
    """The price that was matched, from both sides and not rounded to the site's scale."""
    rate = priced.price.tax_rate
    both = sides(line.effective_amount, is_gross=order.rules.includes_tax, rate=rate or ZERO)
    document: Document = {
        "netValue": _DOUBLE.plus(both.net),
        "grossValue": _DOUBLE.plus(both.gross),
        "taxValue": _DOUBLE.subtract(both.gross, both.net),
    }
    if rate is not None:
        document |= {"taxCode": priced.price.tax_code, "taxRate": rate}
    return document | {"taxCountry": order.country}


def _external_discounts(discounts: Sequence[LineDiscount]) -> list[Document]:
    return [
        {"id": one.id, "discountType": one.kind, "value": one.value, "sequence": sequence}
        | ({"includeFees": True} if one.include_fees else {})
        for sequence, one in enumerate(discounts, 1)
    ]


# -------------------------------------------------------------------------------------------------------------- fees


def _fees_and_mixins(line: OrderLine, priced: PricedLine, legacy: _LegacyEntry) -> Document:
    """The deprecated fees, the mixin that repeats them, and the cart item's own mixins."""
    whole = legacy.line.fee_total
    sums = (whole.sub_total, whole.total, whole.discount) if whole is not None else (ZERO, ZERO, ZERO)
    fees: Document = {"total": fee_total(*sums[:2])}
    mixin: Document = {"total": fee_total(*sums)}
    if priced.fees:
        figures = list(zip(priced.fees, legacy.line.fees, strict=True))
        fees["elements"] = [
            fee_element(fee, legacy.tenant, fee_total(one.sub_total, one.total)) for fee, one in figures
        ]
        mixin["elements"] = [
            fee_element(fee, legacy.tenant, fee_total(one.sub_total, one.total, one.discount)) for fee, one in figures
        ]
    schemas = line.metadata.get("mixins")
    known = schemas if isinstance(schemas, dict) else {}
    return {
        "fees": fees,
        "metadata": {"mixins": {**known, "fees": FEES_SCHEMA}},
        "mixins": {**line.attached, "fees": mixin},
    }


def fee_total(sub_total: Decimal, total: Decimal, discount: Decimal | None = None) -> Document:
    """A deprecated sum of fees; tax is never in it."""
    document: Document = {"subTotal": sub_total, "totalTax": ZERO, "total": total}
    return document if discount is None else document | {"discount": discount}


def fee_element(fee: PricedFee, tenant: str, total: Document) -> Document:
    """One deprecated fee."""
    yrn = fee_yrn(tenant, fee.id) if fee.id is not None else None
    document: Document = {"yrn": yrn, "name": fee.name, "taxCode": fee.price.tax_code}
    return {name: value for name, value in document.items() if value is not None} | {"total": total}


# ----------------------------------------------------------------------------------------------------------- product


def product_copy(stored: bytes | msgspec.Raw) -> Document:
    """The product as it was when it was bought; what it does not have is left out."""
    product = _PRODUCT.decode(stored)
    name = product.get("name", "")
    document: Document = {
        "id": product.get("id"),
        "sku": product.get("code"),
        "name": default_text(name),
        "localizedName": localized(name),
        "published": product.get("published") is True,
        "images": list(_images(product)),
        "productType": product.get("productType", "BASIC"),
    }
    if product.get("description"):
        document["description"] = _listed(product["description"])
    document |= {field: product[field] for field in (*_VARIANT_FIELDS, "vendor", "mixins") if product.get(field)}
    if isinstance(product.get("sellable"), bool):
        document["sellable"] = product["sellable"]
    metadata = product.get("metadata")
    if isinstance(metadata, dict) and metadata.get("mixins"):
        document["metadata"] = {"mixins": metadata["mixins"]}
    return document


def localized(text: Any) -> Document:
    """A text as a map from language to text."""
    return text if isinstance(text, dict) else {languages.DEFAULT_LANGUAGE: text}


def default_text(text: Any) -> Any:
    """A text in the default language, else in any that it has."""
    holder = {"text": text}
    languages.speak(holder, [("text",)], [languages.DEFAULT_LANGUAGE])
    return holder["text"]


def _listed(text: Any) -> str:
    """A description as the vendor prints one: `[en:Mug, pl:Kubek]`."""
    return "[" + ", ".join(f"{language}:{words}" for language, words in sorted(localized(text).items())) + "]"


def _images(product: Document) -> Iterator[Document]:
    media = product.get("images") or product.get("media")
    for one in media if isinstance(media, list) else ():
        if isinstance(one, dict) and one.get("url"):
            yield {"id": one.get("id", ""), "url": one["url"], "stored": one.get("stored") is True}
