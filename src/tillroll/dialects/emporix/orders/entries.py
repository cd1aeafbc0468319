"""The entries of an order as clients see them: what was bought, at which price (docs/wire/emporix.md, 7.1).

Fees stand in an entry three times, as the vendor has them: in `calculatedPrice`, in the deprecated `fees`, and in the
mixin `fees` that the deprecated ones came from.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import msgspec

from tillroll.dialects.emporix.orders.answers import (
    EntryDiscount,
    EntryMatch,
    EntryMetadata,
    EntryPrice,
    InclusiveMoney,
    OrderEntry,
    OrderTax,
    OrderTaxLine,
)
from tillroll.dialects.emporix.wire import languages
from tillroll.dialects.emporix.wire.amounts import (
    FeeAggregate,
    FeesTotal,
    fee_element,
    fees_total,
    line_price,
    money,
    taxed,
)
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.domain.money import ZERO
from tillroll.domain.orders.edit import entry_id
from tillroll.domain.orders.order import Order, OrderLine
from tillroll.domain.prices.match import sides
from tillroll.domain.pricing.shapes import LegacyFee, LegacyLine, LegacyTotals, LineDiscount, PricedLine, PricingRules

# Where the vendor's own mixins are described, as its published orders name the places.
FEES_SCHEMA = "https://res.cloudinary.com/saas-ag/raw/upload/schemata/CAAS/fees_checkout-mashup.json"

# As many digits as tell any two binary doubles apart, which is what clients read these numbers into.
_DOUBLE = Context(prec=17, rounding=ROUND_HALF_UP)

_PRODUCT = msgspec.json.Decoder(Document, float_hook=Decimal)
_VARIANT_FIELDS = ("parentVariantId", "parentVariantPath", "ownVariantAttributes", "inheritedVariantAttributes")


def entries(order: Order, legacy: LegacyTotals, tenant: str) -> tuple[OrderEntry, ...]:
    """All entries, in the order of the cart's lines."""
    lines = zip(order.lines, order.priced.lines, legacy.lines, strict=True)
    return tuple(_entry(order, line, priced, _LegacyEntry(figures, tenant)) for line, priced, figures in lines)


class _LegacyEntry(msgspec.Struct, frozen=True):
    """A line's deprecated figures, and the tenant whose fees they name."""

    line: LegacyLine
    tenant: str


def _entry(order: Order, line: OrderLine, priced: PricedLine, legacy: _LegacyEntry) -> OrderEntry:
    rules, figures = order.rules, legacy.line
    unit_price = priced.unit_price.gross if rules.includes_tax else priced.unit_price.net
    schemas = line.metadata.get("mixins")
    known = schemas if isinstance(schemas, dict) else {}
    return OrderEntry(
        id=entry_id(line),
        item_yrn=line.item_yrn or None,  # a product that the catalogue does not have has none
        keep_as_separate_line_item=line.separate,
        type="EXTERNAL" if line.external is not None and line.external.priced else "INTERNAL",
        amount=line.quantity,
        ordered_amount=line.quantity,
        effective_quantity=line.quantity,
        original_amount=line.original_amount,
        original_price=line.original_amount,
        unit_price=unit_price,
        calculated_unit_price=taxed(priced.unit_price),
        total_price=figures.total_price,
        product=product_copy(line.product),
        tax=_tax(priced, figures, rules),
        price=_price(line, rules),
        total_discount=money(figures.total_discount, rules),
        calculated_price=line_price(rules, priced),
        price_match_details=_price_match(order, line, priced),
        authorized_amount=figures.authorized_amount if rules.uplift_percent else None,
        external_discounts=_external_discounts(line.external_discounts),
        fees=_fees(priced, legacy, with_discount=False),
        metadata=EntryMetadata(mixins={**known, "fees": FEES_SCHEMA}),
        mixins={**line.attached, "fees": _fees(priced, legacy, with_discount=True)},
    )


def _tax(priced: PricedLine, legacy: LegacyLine, rules: PricingRules) -> OrderTax:
    """The deprecated tax of an entry, whose total the vendor leaves at zero."""
    lines: tuple[OrderTaxLine, ...] = ()
    if priced.price.tax_code is not None:
        line = OrderTaxLine(
            amount=legacy.tax,
            currency=rules.currency,
            code=priced.price.tax_code,
            name=priced.price.tax_code,
            rate=priced.price.tax_rate or ZERO,
            sequence_id=0,
            inclusive=rules.includes_tax,
        )
        lines = (line,)
    total = InclusiveMoney(amount=ZERO, currency=rules.currency, inclusive=rules.includes_tax)
    return OrderTax(lines=lines, total=total)


def _price(line: OrderLine, rules: PricingRules) -> EntryPrice:
    return EntryPrice(
        price_id=line.price_id,
        price_list_id=line.price_list_id,
        currency=rules.currency,
        original_amount=line.original_amount,
        effective_amount=line.effective_amount,
        base_price={},
        presentation_price={},
        metadata={},
    )


def _price_match(order: Order, line: OrderLine, priced: PricedLine) -> EntryMatch:
    """The price that was matched, from both sides and not rounded to the site's scale."""
    rate = priced.price.tax_rate
    both = sides(line.effective_amount, is_gross=order.rules.includes_tax, rate=rate or ZERO)
    return EntryMatch(
        net_value=_DOUBLE.plus(both.net),
        gross_value=_DOUBLE.plus(both.gross),
        tax_value=_DOUBLE.subtract(both.gross, both.net),
        tax_code=priced.price.tax_code if rate is not None else None,
        tax_rate=rate,
        tax_country=order.country,
    )


def _external_discounts(discounts: Sequence[LineDiscount]) -> tuple[EntryDiscount, ...]:
    return tuple(
        EntryDiscount(
            id=discount.id,
            discount_type=discount.kind,
            value=discount.value,
            sequence=sequence,
            include_fees=True if discount.include_fees else None,
        )
        for sequence, discount in enumerate(discounts, 1)
    )


def _fees(priced: PricedLine, legacy: _LegacyEntry, *, with_discount: bool) -> FeeAggregate:
    """The deprecated fees, or the mixin that repeats them with what coupons took."""

    def total(fee: LegacyFee) -> FeesTotal:
        return fees_total(fee.sub_total, fee.total, fee.discount if with_discount else None)

    figures = zip(priced.fees, legacy.line.fees, strict=True) if priced.fees else ()
    return FeeAggregate(
        total=total(legacy.line.fee_total or LegacyFee(ZERO, ZERO, ZERO)),
        elements=tuple(fee_element(fee, legacy.tenant, total(figure)) for fee, figure in figures),
    )


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
