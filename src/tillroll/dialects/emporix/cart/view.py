"""A cart as clients see it: its lines, what it costs, and its coupons (docs/wire/emporix.md, 5, 5.2, 5.3 and 6.1)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.cart import external
from tillroll.dialects.emporix.wire import languages
from tillroll.dialects.emporix.wire.amounts import (
    LEGACY_NOTHING,
    cart_price,
    legacy_fees,
    line_price,
    money,
    tax_info,
    taxed,
)
from tillroll.dialects.emporix.wire.errors import encode
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.emporix.wire.yrn import cart_yrn, coupon_yrn
from tillroll.domain.cart.cart import CartLine
from tillroll.domain.documents import Localized
from tillroll.domain.money import ZERO
from tillroll.domain.pricing.shapes import LegacyFee, LegacyLine, PricedFee, PricedLine
from tillroll.domain.rejections import Rejection
from tillroll.engine.cart import pricing as cart_pricing
from tillroll.engine.cart.carts import StoredCart
from tillroll.engine.cart.pricing import Calculation, CartCoupon
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.documents import Kind
from tillroll.engine.documents.snapshot import View


class _ShownProduct(Struct, rename="camel", frozen=True):
    """What of a product's document a cart shows."""

    id: str = ""
    code: str = ""
    name: Localized = ""
    description: Any = None
    media: Any = None
    images: Any = None
    vendor: Any = None


_PRODUCT = msgspec.json.Decoder(_ShownProduct)


class Shown(Struct, frozen=True):
    """What one cart is shown from; texts that a cart has in one language are shown in the first of `languages`."""

    view: View
    stored: StoredCart
    calculation: Calculation
    coupons: dict[str, CartCoupon]
    languages: list[str]
    shop: str


def calculated(desk: Desk, call: Call, stored: StoredCart) -> Shown:
    """The cart, calculated for a caller now."""
    view = desk.view(call.shop)
    coupons = cart_pricing.coupons_of(desk.tx, call.shop, stored.cart)
    calculation = cart_pricing.calculate(view, stored, coupons, call.now)
    wanted = [one for one in languages.accepted(call.inbound) if one != languages.EVERY_LANGUAGE]
    return Shown(
        view, stored, calculation, coupons, wanted or [view.default_language() or languages.DEFAULT_LANGUAGE], call.shop
    )


def items(shown: Shown) -> list[Document]:
    """The items of a cart, calculated."""
    lines = zip(shown.stored.cart.lines, shown.calculation.priced.lines, shown.calculation.legacy.lines, strict=True)
    return [_plain_item(line) | _calculated_item(shown, line, priced, legacy) for line, priced, legacy in lines]


def whole(desk: Desk, call: Call, stored: StoredCart) -> Document:
    """A cart with everything that can be calculated."""
    shown = calculated(desk, call, stored)
    document = _plain_cart(call, stored) | {"addresses": _addresses(shown), "items": items(shown)}
    if stored.cart.coupons:
        document["discounts"] = discounts(shown)
    if stored.cart.external_discounts:
        document["externalDiscounts"] = external.shown_discounts(stored.cart.external_discounts)
    document["metadata"]["calculatedAt"] = iso(call.now)
    return document | _totals(shown)


def plain(call: Call, stored: StoredCart) -> Document:
    """A cart as it is kept, nothing calculated."""
    return _plain_cart(call, stored) | {"items": [_plain_item(line) for line in stored.cart.lines]}


def _plain_cart(call: Call, stored: StoredCart) -> Document:
    cart = stored.cart
    window = cart.delivery_window
    optional = {
        "customerId": cart.customer_id,
        "sessionId": cart.session_id,
        "legalEntityId": cart.legal_entity_id,
        "type": cart.type,
        "orderId": stored.order_id,
        "quoteId": cart.quote_id,
        "countryCode": cart.country_code,
        "zipCode": cart.zip_code,
        "deliveryWindow": msgspec.to_builtins(window) if window is not None else None,
        "deliveryWindowId": cart.delivery_window_id,
        "channel": cart.channel,
        "mixins": cart.attached,
        "restriction": cart.extra.get("restriction"),
    }
    return {
        "id": cart.id,
        "yrn": cart_yrn(call.shop, cart.id),
        "siteCode": cart.site,
        "currency": cart.currency,
        **{name: value for name, value in optional.items() if value},
        "totalUnitsCount": sum((line.quantity for line in cart.lines), ZERO),
        "leadTime": 0,
        "metadata": {
            **cart.metadata,
            "createdAt": iso(stored.created_at),
            "modifiedAt": iso(stored.modified_at),
            "version": stored.next_version,
        },
    }


def _addresses(shown: Shown) -> list[Document]:
    """The addresses that count, with their origin: as sent, else the site's home (docs/wire/emporix.md, 5.1)."""
    sent = {address["type"]: address for address in shown.stored.cart.addresses}
    site = shown.calculation.terms.site
    home = site.home_base.address if site.home_base is not None else None
    found: list[Document] = []
    for type in ("BILLING", "SHIPPING"):
        if type in sent:
            found.append({**sent[type], "origin": "REQUEST"})
        elif home is not None:
            own = {"type": type, "origin": "SITE", "siteCode": site.code, "country": home.country}
            found.append(own | ({"zipCode": home.zip_code} if home.zip_code else {}))
    return found


# ------------------------------------------------------------------------------------------------------------ items


def _plain_item(line: CartLine) -> Document:
    price = line.price
    document: Document = {
        "id": line.id,
        "keepAsSeparateLineItem": line.separate,
        "type": "EXTERNAL" if line.is_priced_externally else "INTERNAL",
        "itemYrn": line.item_yrn or None,
        "quantity": line.quantity,
        "effectiveQuantity": line.quantity,
    }
    if price is not None:
        amounts = {
            "priceId": price.price_id,
            "priceListId": price.price_list_id,
            "originalAmount": price.original_amount,
            "effectiveAmount": price.effective_amount,
            "currency": price.currency,
            "measurementUnit": msgspec.to_builtins(price.measurement_unit, builtin_types=(Decimal,)),
        }
        document["price"] = {name: value for name, value in amounts.items() if value not in (None, "")}
    if line.external is not None and line.external.product is not None:
        del document["itemYrn"]
    document |= external.shown(line.external)
    return document | {name: value for name, value in (("mixins", line.attached), ("metadata", line.metadata)) if value}


def _calculated_item(shown: Shown, line: CartLine, priced: PricedLine, legacy: LegacyLine) -> Document:
    rules = shown.calculation.rules
    document: Document = {
        "product": _product(shown, line),
        "unitPrice": taxed(priced.unit_price),
        "calculatedPrice": line_price(rules, priced),
        "itemPrice": money(legacy.total_price, rules),
        "itemTaxInfo": tax_info(priced.price, legacy.tax),
        "fees": legacy_fees(zip(priced.fees, legacy.fees, strict=True), shown.shop),
        "authorizedAmount": money(legacy.authorized_amount, rules),
        "totalDiscount": money(legacy.total_discount, rules),
    }
    if legacy.discounts:
        document["couponDiscounts"] = [{"couponId": one.id, "value": one.amount} for one in legacy.discounts]
    if priced.price.tax_code is not None:
        document["taxCode"] = priced.price.tax_code
    return document


def _product(shown: Shown, line: CartLine) -> Document:
    """The product as it is now; its bare id where it is gone."""
    if line.external is not None and line.external.product is not None:
        product = _PRODUCT.decode(encode({**line.external.product, "id": line.product_id}))
    else:
        loaded = shown.view.loaded(Kind.PRODUCT, line.product_id)
        if loaded is None:
            return {"id": line.product_id}
        product = _PRODUCT.decode(loaded.raw)
    name = product.name
    document = {
        "id": line.product_id,
        "code": product.code,
        "sku": product.code,
        "name": name,
        "localizedName": name if isinstance(name, dict) else {languages.DEFAULT_LANGUAGE: name},
        "description": product.description,
        "images": _images(product.images or product.media) or None,
        "vendor": product.vendor,
    }
    languages.speak(document, [("name",), ("description",)], shown.languages)
    return {name: value for name, value in document.items() if value is not None}


def _images(media: Any) -> list[Document]:
    """Those media of a product that have an id and an address."""
    return [
        {"id": one["id"], "url": one["url"]}
        for one in (media if isinstance(media, list) else ())
        if isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("url"), str)
    ]


# ----------------------------------------------------------------------------------------------------------- totals


def _totals(shown: Shown) -> Document:
    """The sums of the whole cart, those that are deprecated included (docs/wire/emporix.md, 6.1 rules 12 to 16)."""
    calculation = shown.calculation
    rules, priced, legacy = calculation.rules, calculation.priced, calculation.legacy
    discount = sum((one.amount for one in legacy.discounts), ZERO)
    taxable: dict[tuple[str | None, Decimal], Decimal] = {}
    for line in priced.lines:
        key = (line.price.tax_code, line.price.tax_rate or ZERO)
        taxable[key] = taxable.get(key, ZERO) + (line.price.gross if rules.includes_tax else line.price.net)
    tax_lines = [
        {
            "name": one.tax_code,
            "amount": one.amount,
            "rate": one.tax_rate,
            "taxable": taxable.get((one.tax_code, one.tax_rate), ZERO),
        }
        for one in legacy.tax_lines
    ]
    price = priced.price
    fees = [pair for line, old in zip(priced.lines, legacy.lines, strict=True) for pair in _pairs(line, old)]
    aggregate = legacy_fees(fees, shown.shop)
    return {
        **({"feeYrnAggregate": aggregate} if fees else {}),
        "totalPrice": money(legacy.total_price, rules),
        "subTotalPrice": money(legacy.sub_total_price, rules),
        "totalDiscount": money(discount, rules),
        "totalTax": money(legacy.shipping_tax, rules),
        "taxAggregate": {"lines": tax_lines},
        "subtotalAggregate": {
            "currency": rules.currency,
            "netValue": price.net,
            "grossValue": price.gross,
            "taxValue": price.tax,
        },
        "itemFeesTotal": aggregate["total"],
        "paymentFeesTotal": LEGACY_NOTHING,
        "totalAuthorizedAmount": money(legacy.authorized_amount, rules),
        "calculatedPrice": cart_price(rules, priced),
    }


def _pairs(line: PricedLine, legacy: LegacyLine) -> Iterator[tuple[PricedFee, LegacyFee]]:
    return zip(line.fees, legacy.fees, strict=True)


# -------------------------------------------------------------------------------------------------------- discounts


def discounts(shown: Shown) -> list[Document]:
    """The coupons of a cart, with whether each counts and why not (docs/wire/emporix.md, 5.3)."""
    return [_discount(shown, index, code) for index, code in enumerate(shown.stored.cart.coupons)]


def _discount(shown: Shown, index: int, code: str) -> Document:
    refused = shown.calculation.refused.get(code, [])
    known = shown.coupons.get(code)
    base = f"/coupon/{shown.shop}/coupons/{code}"
    document: Document = {
        "id": str(index),
        "discountIndex": index,
        "code": code,
        "valid": not refused,
        "links": [
            {"rel": "validate", "title": "Coupon Validation", "href": f"{base}/validation", "type": "application/json"},
            {"rel": "redeem", "title": "Coupon Redemption", "href": f"{base}/redemptions", "type": "application/json"},
        ],
        "calculationType": "ApplyDiscountBeforeTax",
    }
    if refused:
        document["discountValidationDetails"] = _validation_details(refused)
    if known is None:
        return document
    coupon = known.coupon
    named = {"name": coupon.name}
    languages.speak(named, [("name",)], shown.languages)
    document |= {
        "yrn": coupon_yrn(shown.shop, code),
        **named,
        "currency": shown.stored.cart.currency,
        "discountType": coupon.discount_type,
        "discountCalculationType": coupon.discount_calculation_type,
        "categoryRestricted": coupon.category_restricted,
    }
    if coupon.discount_type == "PERCENT":
        document["discountRate"] = coupon.discount_percentage or ZERO
    elif coupon.discount_absolute is not None:
        document |= {"amount": coupon.discount_absolute.amount, "currency": coupon.discount_absolute.currency}
    return document


def _validation_details(refused: Sequence[Rejection]) -> Document:
    return {
        "message": "The coupon can not be redeemed.",
        "details": [rejection.message for rejection in refused],
    }
