"""The cart's lines at a checkout: is each product sold, in stock, taxed, and at the price that the client saw?"""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from tillroll.domain.cart.cart import AgreedPrice, Cart, CartLine, is_same_amount
from tillroll.domain.cart.line_values import (
    LineBasis,
    LineValue,
    Offered,
    agreed_value,
    as_shown,
    catalogue_value,
    external_value,
    named_price,
    pricing_line,
    tax_of,
)
from tillroll.domain.catalogue.products import Product
from tillroll.domain.checkout.inputs import Facts, Sellable
from tillroll.domain.checkout.plans import plain_sale, rounds_to_nothing
from tillroll.domain.money import ZERO, from_thousandths, to_thousandths
from tillroll.domain.orders.order import OrderLine
from tillroll.domain.prices.match import misfit, model_of, tier_values_here, value_here
from tillroll.domain.pricing.external import External, discount_refusals, fee_refusals
from tillroll.domain.pricing.shapes import LineDiscount, PricingLine
from tillroll.domain.pricing.terms import PricingTerms
from tillroll.domain.rejections import Reason, Rejection

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_NOT_SOLD = frozenset({"PARENT_VARIANT"})


class JudgedLines(Struct):
    """The lines as they will be sold, what is wrong with them, and the stock that they need (thousandths)."""

    pricing: list[PricingLine]
    entries: list[OrderLine]
    rejections: list[Rejection]
    stock: dict[str, int]
    named: set[str] = set()
    """The products that an entry is named after: any further line of one stands alone, under a name of its own."""
    claimed_value: Decimal = ZERO


class _Judging(Struct, frozen=True):
    """What all lines of one cart are judged by."""

    facts: Facts
    terms: PricingTerms


class _Sale(Struct, frozen=True):
    """A line that may be sold: by which price and tax, and the copy of its product that the order keeps."""

    line: CartLine
    basis: LineBasis
    tax_code: str
    copy: Raw


def judge_lines(facts: Facts, terms: PricingTerms, cart: Cart) -> JudgedLines:
    """Judge every line of the cart; the lists of lines are complete only where there is no rejection."""
    judged = JudgedLines([], [], [], {}, set())
    judging = _Judging(facts, terms)
    for line in cart.lines:
        if line.quantity > 0:
            _judge(judging, line, judged)
    if not judged.pricing and not judged.rejections:
        message = "the cart has no items: add at least one with a quantity above zero"
        judged.rejections.append(Rejection(Reason.CART_EMPTY, "cart.items", message))
    return judged


def _judge(judging: _Judging, line: CartLine, judged: JudgedLines) -> None:
    facts, terms = judging.facts, judging.terms
    if _is_not_of_the_catalogue(terms, line, judged):
        return
    if line.price is not None and line.price.effective_amount is not None:
        judged.claimed_value += line.price.effective_amount * line.quantity
    sellable = facts.products.get(line.product_id)
    if sellable is not None and (plain := plain_sale(facts, terms, line, sellable)) is not None:
        _take_stock(judging, line, sellable.value, judged)
        _sell(terms, _Sale(line, *plain, sellable.copy), judged)
        return
    if sellable is None or not sellable.value.published or sellable.value.product_type in _NOT_SOLD:
        judged.rejections.append(_not_sold(line, sellable))
        return
    product = sellable.value
    if product.product_type == "BUNDLE" and (missing := _missing_member(facts, product)) is not None:
        message = f"the bundle {product.id} holds {missing}, which is not sold: remove the item from the cart"
        judged.rejections.append(Rejection(Reason.PRODUCT_NOT_FOUND, line.id, message))
        return
    tax_code, rate = tax_of(terms, line, product)
    if rate is None or tax_code is None:
        judged.rejections.append(_wrong_tax(terms, line, tax_code))
    value = _value_of(judging, line, sellable, rate if rate is not None else ZERO)
    if isinstance(value, Rejection):
        judged.rejections.append(value)
    elif rounds_to_nothing(terms, line.quantity, value):
        message = f"{line.quantity} of the product {line.product_id} would cost nothing: order more of it in one item"
        judged.rejections.append(Rejection(Reason.PRICE_QUANTITY_MISMATCH, line.id, message))
    _take_stock(judging, line, product, judged)
    if isinstance(value, Rejection) or rate is None or tax_code is None:
        return
    basis = LineBasis(value, tax_code, rate, product.weight_dependent)
    _sell(terms, _Sale(line, basis, tax_code, sellable.copy), judged)


def _is_not_of_the_catalogue(terms: PricingTerms, line: CartLine, judged: JudgedLines) -> bool:
    """Judge a line whose product the catalogue does not have: one of a quote, or one of an outside system."""
    if line.agreed is not None and line.agreed.product is not None:
        _judge_agreed(terms, line, line.agreed, judged)
        return True
    if line.external is not None and line.external.product is not None:
        _judge_foreign(terms, line, line.external, judged)
        return True
    return False


def _judge_agreed(terms: PricingTerms, line: CartLine, agreed: AgreedPrice, judged: JudgedLines) -> None:
    """A line of a quote for something that is not in the catalogue: it has no stock, only a price and a tax."""
    code, rate = tax_of(terms, line, None)
    if code is None or rate is None or line.price is None:
        judged.rejections.append(_wrong_tax(terms, line, code))
        return
    copy = Raw(_ENCODER.encode(agreed.product))
    _sell(terms, _Sale(line, LineBasis(agreed_value(agreed, line.price), code, rate), code, copy), judged)


def _judge_foreign(terms: PricingTerms, line: CartLine, external: External, judged: JudgedLines) -> None:
    """A line whose product the catalogue does not have: an outside system answers for all of it, and for its stock."""
    code, rate = tax_of(terms, line, None)
    if rate is None or code is None:
        message = f"the external product {line.product_id} has no tax that {terms.country} knows: send tax or taxCode"
        judged.rejections.append(Rejection(Reason.TAX_CODE_INVALID, line.id, message))
        return
    value = _external_value(terms, line, external)
    if isinstance(value, Rejection):
        judged.rejections.append(value)
        return
    copy = Raw(_ENCODER.encode({**(external.product or {}), "id": line.product_id, "published": True}))
    _sell(terms, _Sale(line, LineBasis(value, code, rate), code, copy), judged)


def _value_of(judging: _Judging, line: CartLine, sellable: Sellable, rate: Decimal) -> LineValue | Rejection:
    """What the line costs: as a quote agrees, as an outside system says, or as the catalogue's price does now."""
    if line.agreed is not None and line.price is not None:
        return agreed_value(line.agreed, line.price)
    if line.external is not None and line.external.priced:
        return _external_value(judging.terms, line, line.external)
    return _catalogue_value(judging, line, sellable, rate)


def _external_value(terms: PricingTerms, line: CartLine, external: External) -> LineValue | Rejection:
    """The price that an outside system has set; there is nothing to compare it with (docs/wire/emporix.md, 5.2)."""
    price = line.price
    if price is None or price.effective_amount is None:
        return Rejection(Reason.PRICE_NOT_FOUND, line.id, "the external item has no price: send price.effectiveAmount")
    if price.currency not in (None, terms.context.currency):
        message = f"the external price is in {price.currency}, the cart in {terms.context.currency}: send one in that"
        return Rejection(Reason.PRICE_NOT_APPLICABLE, line.id, message)
    return external_value(terms, line, external)


def _catalogue_value(judging: _Judging, line: CartLine, sellable: Sellable, rate: Decimal) -> LineValue | Rejection:
    """The price that holds for the line now, or what is wrong with the one that the client saw."""
    terms, claimed = judging.terms, line.price
    if claimed is None:
        return Rejection(Reason.PRICE_NOT_FOUND, line.id, "the item has no price: add one from the price match")
    price = named_price(terms.context, line, sellable.prices)
    model = model_of(price, judging.facts.models.get) if price is not None else None
    if price is None or model is None:
        message = f"there is no price {claimed.price_id} for the product {line.product_id}: match prices again"
        return Rejection(Reason.PRICE_NOT_FOUND, line.id, message)
    reason = misfit(price, terms.context)
    if claimed.currency not in (None, terms.context.currency):
        reason = Reason.PRICE_NOT_APPLICABLE
    if reason is not None:
        return Rejection(reason, line.id, _misfit_message(terms, price.id, reason))
    offered = Offered(price, model)
    value = catalogue_value(terms, offered, line.quantity, rate)
    if claimed.effective_amount is None or claimed.effective_amount == value.effective:
        return value
    effective = as_shown(terms, model, value_here(price, model, line.quantity, terms.context).effective, rate)
    if is_same_amount(claimed.effective_amount, effective, terms.rules.scale):
        return value
    return _changed_price(terms, line, offered, rate)


def _changed_price(terms: PricingTerms, line: CartLine, offered: Offered, rate: Decimal) -> Rejection:
    """What to tell a client that saw another price than the one which holds: it has changed, or is another tier's."""
    price, model = offered.price, offered.model
    effective = as_shown(terms, model, value_here(price, model, line.quantity, terms.context).effective, rate)
    claimed = line.price.effective_amount if line.price is not None else None
    tiers = [as_shown(terms, model, tier.effective, rate) for tier in tier_values_here(price, model, terms.context)]
    if claimed is not None and any(is_same_amount(claimed, tier, terms.rules.scale) for tier in tiers):
        message = (
            f"the price {claimed} {terms.context.currency} does not hold for a quantity of {line.quantity}: the tier "
            f"for it costs {effective}. Refresh the cart."
        )
        return Rejection(Reason.PRICE_QUANTITY_MISMATCH, line.id, message)
    message = f"the price in the cart is {claimed}, but it is {effective} now: refresh the cart"
    return Rejection(Reason.PRICE_CHANGED, line.id, message)


def _misfit_message(terms: PricingTerms, price_id: str, reason: Reason) -> str:
    if reason is Reason.PRICE_NOT_VALID_NOW:
        return f"the price {price_id} is not valid now: match prices again"
    place = f"the site {terms.site.code}, {terms.context.currency} and {terms.country}"
    return f"the price {price_id} does not hold for {place}: match prices again"


def _missing_member(facts: Facts, product: Product) -> str | None:
    """A member of a bundle that can not be sold with it: one that is gone, unpublished, or a bundle itself."""
    for member in product.bundled_products:
        sold = facts.products.get(member.product_id)
        if sold is None or not sold.value.published or sold.value.product_type in {"BUNDLE", *_NOT_SOLD}:
            return member.product_id
    return None


def _not_sold(line: CartLine, sellable: Sellable | None) -> Rejection:
    if sellable is None:
        what = "does not exist"
    elif not sellable.value.published:
        what = "is not published"
    else:
        what = "has variants and is not sold itself"
    message = f"the product {line.product_id} {what}: remove the item from the cart"
    return Rejection(Reason.PRODUCT_NOT_FOUND, line.id, message)


def _wrong_tax(terms: PricingTerms, line: CartLine, tax_code: str | None) -> Rejection:
    if tax_code is None:
        message = f"the product {line.product_id} has no tax class for {terms.country}: set taxClasses.{terms.country}"
    elif terms.taxes is None:
        message = f"there are no taxes for {terms.country}: set up its tax classes, {tax_code} among them"
    else:
        known = ", ".join(tax_class.code for tax_class in terms.taxes.tax_classes)
        message = f"{terms.country} has no tax class {tax_code}, only: {known}"
    return Rejection(Reason.TAX_CODE_INVALID, line.id, message)


def _sell(terms: PricingTerms, sale: _Sale, judged: JudgedLines) -> None:
    """Write down the line as it will be priced and as the order will keep it."""
    line, basis = sale.line, sale.basis
    value = basis.value
    pricing = pricing_line(terms, line, basis)
    discounts: tuple[LineDiscount, ...] = ()
    if line.external is not None:
        discounts = pricing.discounts
        price = pricing.price if pricing.price is not None else pricing.unit_price * pricing.quantity
        judged.rejections += discount_refusals(line.id, line.external, price)
        judged.rejections += fee_refusals(line.id, line.external, terms.taxes)
    stands_alone = line.separate or line.product_id in judged.named
    if not stands_alone:
        judged.named.add(line.product_id)
    judged.pricing.append(pricing)
    judged.entries.append(
        OrderLine(
            line.id,
            line.product_id,
            line.item_yrn,
            stands_alone,
            line.quantity,
            value.price_id,
            value.original,
            value.effective,
            sale.tax_code,
            sale.copy,
            basis.weight_dependent,
            line.attached,
            discounts,
            line.metadata,
            line.external,
            value.unit_quantity,
            value.price_list_id,
            value.exchanged,
        )
    )


def _take_stock(judging: _Judging, line: CartLine, product: Product, judged: JudgedLines) -> None:
    """Add what the line needs to what the lines before it need, and refuse what is more than there is."""
    for product_id, quantity in product.stock_needed(line.quantity):
        level = judging.facts.stock.get((judging.terms.site.code, product_id))
        if level is None:
            continue  # a product without a stock record sells without end (docs/wire/emporix.md, 13)
        needed = judged.stock.get(product_id, 0) + to_thousandths(quantity)
        judged.stock[product_id] = needed
        if not level.sellable or needed > level.on_hand:
            left = from_thousandths(level.on_hand) if level.sellable else ZERO
            what = f"{left} of the product {product_id} are left, the cart asks for {from_thousandths(needed)}"
            mend = "reduce the quantity" if left else "remove the item"
            judged.rejections.append(Rejection(Reason.OUT_OF_STOCK, line.id, f"{what}: {mend}"))
