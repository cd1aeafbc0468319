"""The cart's lines at a checkout: is each product sold, in stock, taxed, and at the price that the client saw?"""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from tillroll.domain.cart import AgreedPrice, Cart, CartLine, CartPrice, is_same_amount
from tillroll.domain.catalogue import Price, PriceModel, Product, Site, TaxTable
from tillroll.domain.checkout_facts import Facts, Sellable
from tillroll.domain.external import (
    External,
    amount_of,
    discount_refusals,
    fee_refusals,
    line_tax_of,
    unit_price,
    with_external,
)
from tillroll.domain.money import ZERO, from_thousandths, rounded, to_thousandths
from tillroll.domain.order import OrderLine
from tillroll.domain.price_lists import list_of, named
from tillroll.domain.price_match import (
    PriceContext,
    line_total,
    misfit,
    model_of,
    sides,
    tier_values_here,
    value_here,
)
from tillroll.domain.pricing import LineDiscount, PricingLine
from tillroll.domain.rejections import Reason, Rejection

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_ONE = Decimal(1)
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


class LineTerms(Struct, frozen=True):
    """Under which terms all lines of one cart are judged."""

    facts: Facts
    site: Site
    includes_tax: bool
    country: str
    taxes: TaxTable | None
    context: PriceContext

    @property
    def scale(self) -> int:
        """To how many places amounts are rounded."""
        return self.site.scale_in(self.context.currency)


class _Valued(Struct, frozen=True):
    """What a line costs on the site's side: for one unit, and for all where that is not simply a multiple."""

    price_id: str
    original: Decimal
    effective: Decimal
    unit: Decimal
    total: Decimal | None
    unit_quantity: Decimal = _ONE
    price_list_id: str | None = None
    exchanged: tuple[str, Decimal] | None = None


class _Sale(Struct, frozen=True):
    """A line that may be sold: at which price, the copy of its product that the order keeps, and its tax."""

    line: CartLine
    valued: _Valued
    copy: Raw
    tax_code: str
    rate: Decimal
    weight_dependent: bool = False


def judge_lines(terms: LineTerms, cart: Cart) -> JudgedLines:
    """Judge every line of the cart; the lists of lines are complete only where there is no rejection."""
    judged = JudgedLines([], [], [], {}, set())
    for line in cart.lines:
        if line.quantity > 0:
            _judge(terms, line, judged)
    if not judged.pricing and not judged.rejections:
        message = "the cart has no items: add at least one with a quantity above zero"
        judged.rejections.append(Rejection(Reason.CART_EMPTY, "cart.items", message))
    return judged


def _judge(terms: LineTerms, line: CartLine, judged: JudgedLines) -> None:
    if _is_not_of_the_catalogue(terms, line, judged):
        return
    if line.price is not None and line.price.effective_amount is not None:
        judged.claimed_value += line.price.effective_amount * line.quantity
    sellable = terms.facts.products.get(line.product_id)
    if sellable is None or not sellable.value.published or sellable.value.product_type in _NOT_SOLD:
        judged.rejections.append(_not_sold(line, sellable))
        return
    product = sellable.value
    if product.product_type == "BUNDLE" and (missing := _missing_member(terms, product)) is not None:
        message = f"the bundle {product.id} holds {missing}, which is not sold: remove the item from the cart"
        judged.rejections.append(Rejection(Reason.PRODUCT_NOT_FOUND, line.id, message))
        return
    tax_code, rate = _tax_of(terms, line, product)
    if rate is None or tax_code is None:
        judged.rejections.append(_wrong_tax(terms, line, tax_code))
    valued = _price_of(terms, line, sellable, rate if rate is not None else ZERO)
    if isinstance(valued, Rejection):
        judged.rejections.append(valued)
    elif _rounds_to_nothing(terms, line, valued):
        message = f"{line.quantity} of the product {line.product_id} would cost nothing: order more of it in one item"
        judged.rejections.append(Rejection(Reason.PRICE_QUANTITY_MISMATCH, line.id, message))
    _take_stock(terms, line, product, judged)
    if isinstance(valued, Rejection) or rate is None or tax_code is None:
        return
    _sell(terms, _Sale(line, valued, sellable.copy, tax_code, rate, product.weight_dependent), judged)


def _is_not_of_the_catalogue(terms: LineTerms, line: CartLine, judged: JudgedLines) -> bool:
    """Judge a line whose product the catalogue does not have: one of a quote, or one of an outside system."""
    if line.agreed is not None and line.agreed.product is not None:
        _judge_external(terms, line, line.agreed, judged)
        return True
    if line.external is not None and line.external.product is not None:
        _judge_foreign(terms, line, line.external, judged)
        return True
    return False


def _price_of(terms: LineTerms, line: CartLine, sellable: Sellable, rate: Decimal) -> _Valued | Rejection:
    """What the line costs: as a quote agrees, as an outside system says, or as the catalogue's price does now."""
    agreed = _agreed(line)
    if agreed is not None:
        return agreed
    if line.external is not None and line.external.priced:
        return _external_value(terms, line, line.external)
    return _value(terms, line, sellable, rate)


def _judge_foreign(terms: LineTerms, line: CartLine, external: External, judged: JudgedLines) -> None:
    """A line whose product the catalogue does not have: an outside system answers for all of it, and for its stock."""
    code, rate = line_tax_of(external, terms.taxes)
    if rate is None or code is None:
        message = f"the external product {line.product_id} has no tax that {terms.country} knows: send tax or taxCode"
        judged.rejections.append(Rejection(Reason.TAX_CODE_INVALID, line.id, message))
        return
    valued = _external_value(terms, line, external)
    if isinstance(valued, Rejection):
        judged.rejections.append(valued)
        return
    copy = Raw(_ENCODER.encode({**(external.product or {}), "id": line.product_id, "published": True}))
    _sell(terms, _Sale(line, valued, copy, code, rate), judged)


def _sell(terms: LineTerms, sale: _Sale, judged: JudgedLines) -> None:
    """Write down the line as it will be priced and as the order will keep it."""
    line, valued = sale.line, sale.valued
    pricing = PricingLine(
        line.id,
        line.quantity,
        valued.unit,
        sale.tax_code,
        sale.rate,
        weight_dependent=sale.weight_dependent,
        price=valued.total,
    )
    discounts: tuple[LineDiscount, ...] = ()
    if line.external is not None:
        pricing = with_external(pricing, line.external, terms.taxes, includes_tax=terms.includes_tax)
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
            valued.price_id,
            valued.original,
            valued.effective,
            sale.tax_code,
            sale.copy,
            sale.weight_dependent,
            line.mixins,
            discounts,
            line.metadata,
            line.external,
            valued.unit_quantity,
            valued.price_list_id,
            valued.exchanged,
        )
    )


def _agreed(line: CartLine) -> _Valued | None:
    """The price that a quote agrees on, which holds whatever the price list says today."""
    if line.agreed is None or line.price is None:
        return None
    original, effective = line.price.original_amount or ZERO, line.price.effective_amount or ZERO
    total = line.agreed.total
    return _Valued(line.price.price_id, original, effective, effective, total, price_list_id=line.price.price_list_id)


def _judge_external(terms: LineTerms, line: CartLine, agreed: AgreedPrice, judged: JudgedLines) -> None:
    """A line of a quote for something that is not in the catalogue: it has no stock, only a price and a tax."""
    valued = _agreed(line)
    rate = terms.taxes.rate_of(agreed.tax_code) if terms.taxes is not None else None
    if rate is None or valued is None:
        judged.rejections.append(_wrong_tax(terms, line, agreed.tax_code))
        return
    copy = Raw(_ENCODER.encode(agreed.product))
    _sell(terms, _Sale(line, valued, copy, agreed.tax_code, rate), judged)


def _tax_of(terms: LineTerms, line: CartLine, product: Product) -> tuple[str | None, Decimal | None]:
    """The line's tax: what a quote or an outside system has named for it, else the product's class in the country."""
    if line.external is not None and line.external.priced:
        code, rate = line_tax_of(line.external, terms.taxes)
        if rate is not None:
            return code, rate
    tax_code = product.tax_classes.get(terms.country) or product.tax_classes.get(terms.country.upper())
    if line.agreed is not None:
        tax_code = line.agreed.tax_code
    return tax_code, terms.taxes.rate_of(tax_code) if terms.taxes is not None and tax_code is not None else None


def _external_value(terms: LineTerms, line: CartLine, external: External) -> _Valued | Rejection:
    """The price that an outside system has set; there is nothing to compare it with (contracts/emporix.md, 5.2)."""
    price = line.price
    if price is None or price.effective_amount is None:
        return Rejection(Reason.PRICE_NOT_FOUND, line.id, "the external item has no price: send price.effectiveAmount")
    if price.currency not in (None, terms.context.currency):
        message = f"the external price is in {price.currency}, the cart in {terms.context.currency}: send one in that"
        return Rejection(Reason.PRICE_NOT_APPLICABLE, line.id, message)
    original = price.original_amount if price.original_amount is not None else price.effective_amount
    amount = amount_of(external, price.effective_amount, includes_tax=terms.includes_tax)
    unit = price.measurement_unit
    quantity = unit.quantity if unit is not None and unit.quantity else _ONE
    return _Valued(price.price_id, original, amount, unit_price(amount, unit), None, quantity)


def _exchange(terms: LineTerms, price: Price) -> tuple[str, Decimal] | None:
    """The currency and the rate that a price was exchanged at, so that the order can be explained later."""
    if price.currency == terms.context.currency:
        return None
    return price.currency, terms.context.exchange_rates[price.currency]


def _missing_member(terms: LineTerms, product: Product) -> str | None:
    """A member of a bundle that can not be sold with it: one that is gone, unpublished, or a bundle itself."""
    for member in product.bundled_products:
        sold = terms.facts.products.get(member.product_id)
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


def _wrong_tax(terms: LineTerms, line: CartLine, tax_code: str | None) -> Rejection:
    if tax_code is None:
        message = f"the product {line.product_id} has no tax class for {terms.country}: set taxClasses.{terms.country}"
    elif terms.taxes is None:
        message = f"there are no taxes for {terms.country}: set up its tax classes, {tax_code} among them"
    else:
        known = ", ".join(one.code for one in terms.taxes.tax_classes)
        message = f"{terms.country} has no tax class {tax_code}, only: {known}"
    return Rejection(Reason.TAX_CODE_INVALID, line.id, message)


def _value(terms: LineTerms, line: CartLine, sellable: Sellable, rate: Decimal) -> _Valued | Rejection:
    """The price that holds for the line now, or what is wrong with the one that the client saw."""
    claimed = line.price
    if claimed is None:
        return Rejection(Reason.PRICE_NOT_FOUND, line.id, "the item has no price: add one from the price match")
    found = named(sellable.prices, claimed.price_id, claimed.price_list_id)
    price = next((one for one in found if misfit(one, terms.context) is None), found[0] if found else None)
    model = model_of(price, terms.facts.models.get) if price is not None else None
    if price is None or model is None:
        message = f"there is no price {claimed.price_id} for the product {line.product_id}: match prices again"
        return Rejection(Reason.PRICE_NOT_FOUND, line.id, message)
    reason = misfit(price, terms.context)
    if claimed.currency not in (None, terms.context.currency):
        reason = Reason.PRICE_NOT_APPLICABLE
    if reason is not None:
        return Rejection(reason, line.id, _misfit_message(terms, price.id, reason))
    value = value_here(price, model, line.quantity, terms.context)
    original = _on_site_side(terms, model, value.original, rate)
    effective = _on_site_side(terms, model, value.effective, rate) if value.effective != value.original else original
    if claimed.effective_amount is not None and claimed.effective_amount != effective:
        wrong = _compare(terms, line.id, claimed, effective)
        if wrong is not None:
            values = tier_values_here(price, model, terms.context)
            tiers = [_on_site_side(terms, model, tier.effective, rate) for tier in values]
            if any(is_same_amount(claimed.effective_amount, tier, terms.scale) for tier in tiers):
                message = (
                    f"the price {claimed.effective_amount} {claimed.currency or terms.site.currency} does not hold for "
                    f"a quantity of {line.quantity}: the tier for it costs {effective}. Refresh the cart."
                )
                return Rejection(Reason.PRICE_QUANTITY_MISMATCH, line.id, message)
            return wrong
    unit, total, quantity = effective, None, model.measurement_unit.quantity
    if quantity in (_ONE, ZERO):
        quantity = _ONE
    else:
        unit, total = line_total(effective, _ONE, model), line_total(effective, line.quantity, model)
    list_id = getattr(list_of(price), "id", None)
    return _Valued(price.id, original, effective, unit, total, quantity, list_id, _exchange(terms, price))


def _rounds_to_nothing(terms: LineTerms, line: CartLine, valued: _Valued) -> bool:
    """Whether a product that has a price is split so finely that a line of it would be free."""
    total = valued.total if valued.total is not None else valued.unit * line.quantity
    return total > 0 and rounded(total, terms.scale) == 0


def _on_site_side(terms: LineTerms, model: PriceModel, amount: Decimal, rate: Decimal) -> Decimal:
    if terms.site.includes_tax is None or terms.site.includes_tax == model.includes_tax:
        return amount
    return sides(amount, is_gross=model.includes_tax, rate=rate).on(terms.site.includes_tax)


def _compare(terms: LineTerms, line_id: str, claimed: CartPrice, effective: Decimal) -> Rejection | None:
    if claimed.effective_amount is None or is_same_amount(claimed.effective_amount, effective, terms.scale):
        return None
    message = f"the price in the cart is {claimed.effective_amount}, but it is {effective} now: refresh the cart"
    return Rejection(Reason.PRICE_CHANGED, line_id, message)


def _misfit_message(terms: LineTerms, price_id: str, reason: Reason) -> str:
    if reason is Reason.PRICE_NOT_VALID_NOW:
        return f"the price {price_id} is not valid now: match prices again"
    place = f"the site {terms.site.code}, {terms.context.currency} and {terms.country}"
    return f"the price {price_id} does not hold for {place}: match prices again"


def _take_stock(terms: LineTerms, line: CartLine, product: Product, judged: JudgedLines) -> None:
    """Add what the line needs to what the lines before it need, and refuse what is more than there is."""
    for product_id, quantity in product.stock_needed(line.quantity):
        level = terms.facts.stock.get((terms.site.code, product_id))
        if level is None:
            continue  # a product without a stock record sells without end (contracts/emporix.md, 13)
        needed = judged.stock.get(product_id, 0) + to_thousandths(quantity)
        judged.stock[product_id] = needed
        if not level.sellable or needed > level.on_hand:
            left = from_thousandths(level.on_hand) if level.sellable else ZERO
            what = f"{left} of the product {product_id} are left, the cart asks for {from_thousandths(needed)}"
            mend = "reduce the quantity" if left else "remove the item"
            judged.rejections.append(Rejection(Reason.OUT_OF_STOCK, line.id, f"{what}: {mend}"))
