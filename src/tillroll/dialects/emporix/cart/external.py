"""What outside systems set in a cart: read from its items and discounts, and shown again (docs/wire/emporix.md, 5.2).

    itemType EXTERNAL · product · tax · taxCode · linePrice · lineTax · externalFees · externalDiscounts

Only the holder of `cart.cart_manage_external_prices` may write any of it. Shapes and numbers are checked here; whether
the figures are right is nobody's business but the sender's.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.errors import encode
from tillroll.dialects.emporix.wire.fields import amount_problem
from tillroll.dialects.emporix.wire.payload import refuse_if
from tillroll.dialects.emporix.wire.resources import Document
from tillroll.dialects.http import Problem
from tillroll.domain.money import minor_exponent
from tillroll.domain.pricing.external import (
    ExternalCartDiscount,
    ExternalDiscount,
    ExternalFee,
    ExternalLinePrice,
    ExternalTax,
)
from tillroll.engine.cart.external import SentExternal

# More fees and discounts than any line has, few enough to be taken from each line in every calculation.
FEES_MAX = 20
PRODUCT_BYTES_MAX = 8_192
ID_CHARACTERS_MAX = 255
RATE_MAX = Decimal(1000)


class SentProduct(Struct, frozen=True, omit_defaults=True):
    """A product as it was sent with an item; what is more than its id counts where the catalogue does not have it."""

    id: str | None = None
    sku: Any = None
    code: Any = None
    name: Any = None
    description: Any = None
    images: Any = None
    mixins: Any = None


class ExternalFields(Struct, rename="camel", frozen=True):
    """The external part of an item, not looked at yet; UNSET where the client did not send it."""

    item_type: Any = UNSET
    product: SentProduct | UnsetType | None = UNSET
    tax_code: Any = UNSET
    tax: Any = UNSET
    line_price: Any = UNSET
    line_tax: Any = UNSET
    external_fees: Any = UNSET
    external_discounts: Any = UNSET

    @property
    def is_external(self) -> bool:
        """Whether something was sent that only outside systems may set (docs/wire/emporix.md, 5.2)."""
        prices = (self.tax, self.line_price, self.line_tax)
        return self.item_type == "EXTERNAL" or any((*prices, self.external_fees, self.external_discounts))

    @property
    def external_part(self) -> Document:
        """What was sent of it, but for the product, by the names of the wire."""
        names = zip(ExternalFields.__struct_fields__, ExternalFields.__struct_encode_fields__, strict=True)
        sent = {name: getattr(self, field) for field, name in names if field != "product"}
        return {name: value for name, value in sent.items() if value is not UNSET}


class ExternalValues(Struct, rename="camel", frozen=True):
    """The external part of an item, looked at; UNSET where the client did not send it."""

    item_type: str | UnsetType | None = UNSET
    product: SentProduct | UnsetType | None = UNSET
    tax_code: str | UnsetType | None = UNSET
    tax: ExternalTax | UnsetType | None = UNSET
    line_price: ExternalLinePrice | UnsetType | None = UNSET
    line_tax: ExternalTax | UnsetType | None = UNSET
    external_fees: list[ExternalFee] | UnsetType | None = UNSET
    external_discounts: list[ExternalDiscount] | UnsetType | None = UNSET


class _CartDiscounts(Struct, rename="camel", frozen=True):
    external_discounts: list[ExternalCartDiscount]


def read(fields: ExternalFields, currency: str, *, names_product: bool) -> SentExternal:
    """The external part of an item for a cart in this currency; raises Malformed."""
    values = replace(converted(fields.external_part, ExternalValues), product=fields.product)
    refuse_if([*_line_problems(values, currency), *_fee_problems(values, currency), *_discount_problems(values)])
    fees, discounts = values.external_fees, values.external_discounts
    return SentExternal(
        priced=UNSET if values.item_type is UNSET else values.item_type == "EXTERNAL",
        product=UNSET if values.product is UNSET else _foreign(values.product),
        names_product=names_product,
        tax_code=values.tax_code,
        tax=values.tax,
        line_price=values.line_price,
        line_tax=values.line_tax,
        fees=UNSET if fees is UNSET else tuple(fees or ()),
        discounts=UNSET if discounts is UNSET else tuple(discounts or ()),
    )


def read_cart_discounts(sent: object) -> tuple[ExternalCartDiscount, ...]:
    """The discounts of a whole cart as they were sent; raises Malformed."""
    discounts = converted({"externalDiscounts": sent or []}, _CartDiscounts).external_discounts
    refuse_if(
        [
            _count_problem("externalDiscounts", discounts),
            *(
                problem
                for place, one in enumerate(discounts[:FEES_MAX])
                for problem in (
                    _id_problem(f"externalDiscounts[{place}].id", one.id),
                    amount_problem(f"externalDiscounts[{place}].value", one.value),
                    _percent_problem(f"externalDiscounts[{place}].value", one.discount_type, one.value),
                    _sequence_problem(f"externalDiscounts[{place}].sequence", one.sequence),
                )
            ),
            None
            if len({discount.id for discount in discounts}) == len(discounts)
            else Problem("externalDiscounts", "invalid_value", "externalDiscounts: send each id once"),
        ]
    )
    return tuple(discounts)


def _foreign(product: SentProduct | None) -> dict[str, Any] | None:
    """What a cart keeps of a product that the catalogue does not have."""
    if product is None:
        return None
    own = {
        "name": product.name,
        "description": product.description,
        "images": product.images,
        "mixins": product.mixins,
    }
    code = product.sku or product.code or product.id
    kept = {name: value for name, value in own.items() if value}
    return kept | {"id": product.id, "code": code, "productType": "BASIC"}


def _line_problems(fields: ExternalValues, currency: str) -> list[Problem | None]:
    problems: list[Problem | None] = []
    if fields.item_type not in (UNSET, None, "INTERNAL", "EXTERNAL"):
        problems.append(Problem("itemType", "invalid_value", "itemType must be INTERNAL or EXTERNAL"))
    is_external = fields.item_type == "EXTERNAL"
    for name, tax in (("tax", fields.tax), ("lineTax", fields.line_tax)):
        if isinstance(tax, ExternalTax):
            problems += _tax_problems(name, tax, has_code=isinstance(fields.tax_code, str))
            if fields.item_type in ("INTERNAL", None):
                message = f"{name} needs itemType EXTERNAL: send both, or neither"
                problems.append(Problem(name, "invalid_value", message))
    if isinstance(fields.line_tax, ExternalTax) and None in (fields.line_tax.net_value, fields.line_tax.gross_value):
        problems.append(Problem("lineTax", "missing_value", "lineTax needs netValue and grossValue: send both"))
    price = fields.line_price
    if isinstance(price, ExternalLinePrice):
        problems += [
            amount_problem("linePrice.originalAmount", price.original_amount),
            amount_problem("linePrice.effectiveAmount", price.effective_amount),
            _currency_problem("linePrice.currency", price.currency, currency),
            None
            if isinstance(fields.line_tax, ExternalTax)
            else Problem("lineTax", "missing_value", "linePrice needs lineTax: send both, or neither"),
        ]
    if isinstance(fields.product, SentProduct) and is_external:
        problems.append(_product_problem(fields.product))
    return [*problems, _id_problem("taxCode", fields.tax_code) if isinstance(fields.tax_code, str) else None]


def _tax_problems(name: str, tax: ExternalTax, *, has_code: bool) -> list[Problem | None]:
    rate = tax.rate
    out_of_range = rate is not None and not (rate.is_finite() and 0 <= rate <= RATE_MAX)
    message = f"{name}.name is required with a rate: send the tax code"
    return [
        Problem(f"{name}.rate", "invalid_value", f"{name}.rate must be a percentage from 0 to {RATE_MAX}")
        if out_of_range
        else amount_problem(f"{name}.rate", rate)
        if rate is not None
        else None,
        amount_problem(f"{name}.netValue", tax.net_value) if tax.net_value is not None else None,
        amount_problem(f"{name}.grossValue", tax.gross_value) if tax.gross_value is not None else None,
        Problem(f"{name}.name", "missing_value", message) if rate is not None and not (tax.name or has_code) else None,
        _id_problem(f"{name}.name", tax.name) if tax.name else None,
    ]


def _fee_problems(fields: ExternalValues, currency: str) -> list[Problem | None]:
    fees = fields.external_fees if isinstance(fields.external_fees, list) else []
    problems = [_count_problem("externalFees", fees)]
    for place, fee in enumerate(fees[:FEES_MAX]):
        field = f"externalFees[{place}]"
        absolute, percentage = fee.fee_absolute, fee.fee_percentage
        if fee.fee_type == "PERCENT" and percentage is None:
            problems.append(Problem(f"{field}.feePercentage", "missing_value", f"{field}.feePercentage is required"))
        if fee.fee_type != "PERCENT" and absolute is None:
            problems.append(Problem(f"{field}.feeAbsolute", "missing_value", f"{field}.feeAbsolute is required"))
        if fee.taxable and not fee.tax_code:
            problems.append(Problem(f"{field}.taxCode", "missing_value", f"{field}.taxCode is required with taxable"))
        problems += [
            amount_problem(f"{field}.feePercentage", percentage) if percentage is not None else None,
            amount_problem(f"{field}.feeAbsolute.amount", absolute.amount) if absolute is not None else None,
            _currency_problem(f"{field}.feeAbsolute.currency", absolute.currency, currency)
            if absolute is not None
            else None,
            *(
                _id_problem(f"{field}.{name}", text)
                for name, text in (("id", fee.id), ("taxCode", fee.tax_code))
                if text
            ),
            Problem(field, "too_large", f"{field}.name must not have more than {PRODUCT_BYTES_MAX} bytes")
            if len(encode(fee.name)) > PRODUCT_BYTES_MAX
            else None,
        ]
    return problems


def _discount_problems(fields: ExternalValues) -> list[Problem | None]:
    discounts = fields.external_discounts if isinstance(fields.external_discounts, list) else []
    problems = [_count_problem("externalDiscounts", discounts)]
    for place, one in enumerate(discounts[:FEES_MAX]):
        problems += [
            _id_problem(f"externalDiscounts[{place}].id", one.id),
            amount_problem(f"externalDiscounts[{place}].value", one.value),
            _sequence_problem(f"externalDiscounts[{place}].sequence", one.sequence),
        ]
    return problems


def _product_problem(product: SentProduct) -> Problem | None:
    if product.id is None or _id_problem("product.id", product.id) is not None:
        return Problem("product.id", "invalid_value", f"product.id must be a text of 1 to {ID_CHARACTERS_MAX} bytes")
    if not all(isinstance(code, str | None) for code in (product.sku, product.code)):
        return Problem("product", "invalid_value", "product.sku and product.code must be texts")
    if not isinstance(product.name, str | dict | None):
        return Problem("product.name", "invalid_value", "product.name must be a text, or one for each language")
    if len(encode(product)) > PRODUCT_BYTES_MAX:
        return Problem("product", "too_large", f"product must not have more than {PRODUCT_BYTES_MAX} bytes of JSON")
    return None


def _count_problem(field: str, sent: Sequence[object]) -> Problem | None:
    if len(sent) <= FEES_MAX:
        return None
    return Problem(field, "too_large", f"{field} must have at most {FEES_MAX} elements, not {len(sent)}")


def _currency_problem(field: str, sent: str, currency: str) -> Problem | None:
    if sent == currency and minor_exponent(sent) is not None:
        return None
    return Problem(field, "invalid_value", f"{field} must be that of the cart, {currency}, not '{sent[:16]}'")


def _percent_problem(field: str, kind: str, value: Decimal) -> Problem | None:
    if kind != "PERCENT" or not value.is_finite() or value <= 100:
        return None
    return Problem(field, "invalid_value", f"{field} must be at most 100 percent")


def _sequence_problem(field: str, sequence: int | None) -> Problem | None:
    if sequence is None or -(10**9) < sequence < 10**9:
        return None
    return Problem(field, "invalid_value", f"{field} must be a whole number below 10^9")


def _id_problem(field: str, text: str) -> Problem | None:
    if 0 < len(text.encode()) <= ID_CHARACTERS_MAX and text.isprintable():
        return None
    return Problem(field, "invalid_value", f"{field} must have 1 to {ID_CHARACTERS_MAX} characters")
