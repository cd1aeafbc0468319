"""A cart as clients see it: its lines, what it costs, and its coupons (docs/wire/emporix.md, 5, 5.2, 5.3 and 6.1)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.cart.answers import (
    Cart,
    CartItem,
    CartItemPrice,
    CartProduct,
    CartTaxes,
    CartTaxLine,
    CouponLink,
    CouponShare,
    Discount,
    DiscountProblems,
    FoundCart,
    Image,
    ItemTax,
    Subtotal,
    TaxAmount,
)
from tillroll.dialects.emporix.wire import languages
from tillroll.dialects.emporix.wire.amounts import NO_FEES, cart_price, legacy_fees, line_price, money, taxed
from tillroll.dialects.emporix.wire.errors import encode
from tillroll.dialects.emporix.wire.resources import Document, iso
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.emporix.wire.yrn import cart_yrn, coupon_yrn
from tillroll.domain.cart.cart import CartLine
from tillroll.domain.coupons.coupons import Coupon
from tillroll.domain.documents import Localized
from tillroll.domain.money import ZERO
from tillroll.domain.pricing.shapes import LegacyFee, LegacyLine, PricedFee, PricedLine, TaxedAmount
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


def items(shown: Shown) -> tuple[CartItem, ...]:
    """The items of a cart, calculated."""
    lines = zip(shown.stored.cart.lines, shown.calculation.priced.lines, shown.calculation.legacy.lines, strict=True)
    return tuple(_calculated_item(shown, line, priced, legacy) for line, priced, legacy in lines)


def whole(desk: Desk, call: Call, stored: StoredCart) -> Cart:
    """A cart with everything that can be calculated."""
    shown = calculated(desk, call, stored)
    return Cart(
        **_plain_cart(call, stored, {"calculatedAt": iso(call.now)}),
        **_totals(shown),
        addresses=_addresses(shown),
        items=items(shown),
        discounts=discounts(shown),
        external_discounts=stored.cart.external_discounts,
    )


def plain(call: Call, stored: StoredCart) -> Cart:
    """A cart as it is kept, nothing calculated."""
    return Cart(**_plain_cart(call, stored, {}), items=_plain_items(stored))


def found(call: Call, stored: StoredCart) -> FoundCart:
    """A cart as it is kept, in a list."""
    return FoundCart(**_plain_cart(call, stored, {}), items=_plain_items(stored), status=stored.status)


def _plain_items(stored: StoredCart) -> tuple[CartItem, ...]:
    return tuple(CartItem(**_plain_item(line)) for line in stored.cart.lines)


def _plain_cart(call: Call, stored: StoredCart, known: Document) -> dict[str, Any]:
    """The fields of a cart that need no calculation; `known` is what is known of it now."""
    cart = stored.cart
    return {
        "id": cart.id,
        "yrn": cart_yrn(call.shop, cart.id),
        "site_code": cart.site,
        "currency": cart.currency,
        "customer_id": cart.customer_id or None,
        "session_id": cart.session_id or None,
        "legal_entity_id": cart.legal_entity_id or None,
        "type": cart.type or None,
        "order_id": stored.order_id or None,
        "quote_id": cart.quote_id or None,
        "country_code": cart.country_code or None,
        "zip_code": cart.zip_code or None,
        "delivery_window": cart.delivery_window,
        "delivery_window_id": cart.delivery_window_id or None,
        "channel": cart.channel or None,
        "mixins": cart.attached or None,
        "restriction": cart.extra.get("restriction") or None,
        "total_units_count": sum((line.quantity for line in cart.lines), ZERO),
        "lead_time": 0,
        "metadata": {
            **cart.metadata,
            "createdAt": iso(stored.created_at),
            "modifiedAt": iso(stored.modified_at),
            "version": stored.next_version,
            **known,
        },
    }


def _addresses(shown: Shown) -> tuple[Document, ...]:
    """The addresses that count, with their origin: as sent, else the site's home (docs/wire/emporix.md, 5.1)."""
    sent = {address["type"]: address for address in shown.stored.cart.addresses}
    site = shown.calculation.terms.site
    home = site.home_base.address if site.home_base is not None else None
    addresses: list[Document] = []
    for type in ("BILLING", "SHIPPING"):
        if type in sent:
            addresses.append({**sent[type], "origin": "REQUEST"})
        elif home is not None:
            own = {"type": type, "origin": "SITE", "siteCode": site.code, "country": home.country}
            addresses.append(own | ({"zipCode": home.zip_code} if home.zip_code else {}))
    return tuple(addresses)


# ------------------------------------------------------------------------------------------------------------ items


def _plain_item(line: CartLine) -> dict[str, Any]:
    """The fields of an item that need no calculation."""
    price, external = line.price, line.external
    item: dict[str, Any] = {
        "id": line.id,
        "keep_as_separate_line_item": line.separate,
        "type": "EXTERNAL" if line.is_priced_externally else "INTERNAL",
        "item_yrn": line.item_yrn or None,
        "quantity": line.quantity,
        "effective_quantity": line.quantity,
        "mixins": line.attached or None,
        "metadata": line.metadata or None,
    }
    if price is not None:
        item["price"] = CartItemPrice(
            price_id=price.price_id or None,
            price_list_id=price.price_list_id or None,
            original_amount=price.original_amount,
            effective_amount=price.effective_amount,
            currency=price.currency or None,
            measurement_unit=price.measurement_unit,
        )
    if external is not None:
        item |= {
            "tax_code": external.tax_code,
            "tax": external.tax,
            "line_price": external.line_price,
            "line_tax": external.line_tax,
            "external_fees": external.fees,
            "external_discounts": external.discounts,
        }
    return item


def _calculated_item(shown: Shown, line: CartLine, priced: PricedLine, legacy: LegacyLine) -> CartItem:
    rules = shown.calculation.rules
    item = _plain_item(line) | {
        "product": _product(shown, line),
        "unit_price": taxed(priced.unit_price),
        "calculated_price": line_price(rules, priced),
        "item_price": money(legacy.total_price, rules),
        "item_tax_info": _tax_info(priced.price, legacy.tax),
        "fees": legacy_fees(zip(priced.fees, legacy.fees, strict=True), shown.shop),
        "authorized_amount": money(legacy.authorized_amount, rules),
        "total_discount": money(legacy.total_discount, rules),
        "coupon_discounts": tuple(
            CouponShare(coupon_id=discount.id, value=discount.amount) for discount in legacy.discounts
        ),
    }
    if priced.price.tax_code is not None:
        item["tax_code"] = priced.price.tax_code
    return CartItem(**item)


def _tax_info(price: TaxedAmount, tax: Decimal) -> tuple[ItemTax, ...]:
    """The deprecated tax of an item; none where it is not taxed."""
    if price.tax_code is None:
        return ()
    value = TaxAmount(amount=tax)
    return (
        ItemTax(name=price.tax_code, value=value, rate=price.tax_rate, gross_value=price.gross, net_value=price.net),
    )


def _product(shown: Shown, line: CartLine) -> CartProduct:
    """The product as it is now; its bare id where it is gone."""
    if line.external is not None and line.external.product is not None:
        product = _PRODUCT.decode(encode({**line.external.product, "id": line.product_id}))
    else:
        loaded = shown.view.loaded(Kind.PRODUCT, line.product_id)
        if loaded is None:
            return CartProduct(id=line.product_id)
        product = _PRODUCT.decode(loaded.raw)
    name = product.name
    spoken = {"name": name, "description": product.description}
    languages.speak(spoken, [("name",), ("description",)], shown.languages)
    return CartProduct(
        id=line.product_id,
        code=product.code,
        sku=product.code,
        name=spoken["name"],
        localized_name=name if isinstance(name, dict) else {languages.DEFAULT_LANGUAGE: name},
        description=spoken["description"],
        images=_images(product.images or product.media),
        vendor=product.vendor,
    )


def _images(media: Any) -> tuple[Image, ...]:
    """Those media of a product that have an id and an address."""
    return tuple(
        Image(id=one["id"], url=one["url"])
        for one in (media if isinstance(media, list) else ())
        if isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("url"), str)
    )


# ----------------------------------------------------------------------------------------------------------- totals


def _totals(shown: Shown) -> dict[str, Any]:
    """The sums of the whole cart, those that are deprecated included (docs/wire/emporix.md, 6.1 rules 12 to 16)."""
    calculation = shown.calculation
    rules, priced, legacy = calculation.rules, calculation.priced, calculation.legacy
    price = priced.price
    fees = [pair for line, old in zip(priced.lines, legacy.lines, strict=True) for pair in _pairs(line, old)]
    aggregate = legacy_fees(fees, shown.shop)
    return {
        "fee_yrn_aggregate": aggregate if fees else None,
        "total_price": money(legacy.total_price, rules),
        "sub_total_price": money(legacy.sub_total_price, rules),
        "total_discount": money(sum((discount.amount for discount in legacy.discounts), ZERO), rules),
        "total_tax": money(legacy.shipping_tax, rules),
        "tax_aggregate": _tax_aggregate(calculation),
        "subtotal_aggregate": Subtotal(
            currency=rules.currency, net_value=price.net, gross_value=price.gross, tax_value=price.tax
        ),
        "item_fees_total": aggregate.total,
        "payment_fees_total": NO_FEES,
        "total_authorized_amount": money(legacy.authorized_amount, rules),
        "calculated_price": cart_price(rules, priced),
    }


def _tax_aggregate(calculation: Calculation) -> CartTaxes:
    """The deprecated tax of each class, and what it was calculated from."""
    taxable: dict[tuple[str | None, Decimal], Decimal] = {}
    for line in calculation.priced.lines:
        key = (line.price.tax_code, line.price.tax_rate or ZERO)
        side = line.price.gross if calculation.rules.includes_tax else line.price.net
        taxable[key] = taxable.get(key, ZERO) + side
    return CartTaxes(
        lines=tuple(
            CartTaxLine(
                name=tax.tax_code,
                amount=tax.amount,
                rate=tax.tax_rate,
                taxable=taxable.get((tax.tax_code, tax.tax_rate), ZERO),
            )
            for tax in calculation.legacy.tax_lines
        )
    )


def _pairs(line: PricedLine, legacy: LegacyLine) -> Iterator[tuple[PricedFee, LegacyFee]]:
    return zip(line.fees, legacy.fees, strict=True)


# -------------------------------------------------------------------------------------------------------- discounts


def discounts(shown: Shown) -> tuple[Discount, ...]:
    """The coupons of a cart, with whether each counts and why not (docs/wire/emporix.md, 5.3)."""
    return tuple(_discount(shown, index, code) for index, code in enumerate(shown.stored.cart.coupons))


def _discount(shown: Shown, index: int, code: str) -> Discount:
    refused = shown.calculation.refused.get(code, [])
    known = shown.coupons.get(code)
    return Discount(
        id=str(index),
        discount_index=index,
        code=code,
        valid=not refused,
        links=_links(f"/coupon/{shown.shop}/coupons/{code}"),
        calculation_type="ApplyDiscountBeforeTax",
        discount_validation_details=_validation_details(refused) if refused else None,
        **(_of_coupon(shown, known.coupon) if known is not None else {}),
    )


def _links(base: str) -> tuple[CouponLink, ...]:
    kind = "application/json"
    return (
        CouponLink(rel="validate", title="Coupon Validation", href=f"{base}/validation", type=kind),
        CouponLink(rel="redeem", title="Coupon Redemption", href=f"{base}/redemptions", type=kind),
    )


def _of_coupon(shown: Shown, coupon: Coupon) -> dict[str, Any]:
    """The fields of a discount that its coupon says; one that is gone says none."""
    spoken = {"name": coupon.name}
    languages.speak(spoken, [("name",)], shown.languages)
    is_percent, absolute = coupon.discount_type == "PERCENT", coupon.discount_absolute
    amount = absolute if absolute is not None and not is_percent else None
    return {
        "yrn": coupon_yrn(shown.shop, coupon.code),
        "name": spoken["name"],
        "currency": amount.currency if amount is not None else shown.stored.cart.currency,
        "discount_type": coupon.discount_type,
        "discount_calculation_type": coupon.discount_calculation_type,
        "category_restricted": coupon.category_restricted,
        "discount_rate": (coupon.discount_percentage or ZERO) if is_percent else None,
        "amount": amount.amount if amount is not None else None,
    }


def _validation_details(refused: Sequence[Rejection]) -> DiscountProblems:
    details = tuple(rejection.message for rejection in refused)
    return DiscountProblems(message="The coupon can not be redeemed.", details=details)
