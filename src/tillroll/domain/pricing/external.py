"""What an outside system says of a cart: prices, taxes, fees and discounts that the catalogue knows nothing of.

    External, beside a line            ──► with_external: the line's PricingLine with its own price, fees and discounts
    ExternalCartDiscount, on the cart  ──► cart_discounts: discounts of external origin, behind the coupons' place

Nothing of it is compared with the catalogue, because there is nothing to compare it with; whoever may write it answers
for it (docs/wire/emporix.md, 5.2). Only discounts are looked at, since a cart can not cost less than nothing (5.4).
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from tillroll.domain.documents import Localized, Money, UnitQuantity
from tillroll.domain.money import HUNDRED, ZERO
from tillroll.domain.prices.match import line_total
from tillroll.domain.prices.prices import PriceModel
from tillroll.domain.prices.taxes import TaxTable
from tillroll.domain.pricing.shapes import Basis, CouponDiscount, DiscountKind, Fee, FeeKind, LineDiscount, PricingLine
from tillroll.domain.rejections import Reason, Rejection

_ONE = Decimal(1)


class ExternalTax(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A tax as an outside system calculated it: `name` is its code, `rate` in percent."""

    name: str | None = None
    rate: Decimal | None = None
    net_value: Decimal | None = None
    gross_value: Decimal | None = None


class ExternalLinePrice(Struct, frozen=True, rename="camel"):
    """What a whole line costs, as an outside system calculated it."""

    original_amount: Decimal
    effective_amount: Decimal
    currency: str


class ExternalFee(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A fee on one line: percent of its net, a net amount, or a net amount for each piece."""

    fee_type: FeeKind
    id: str | None = None
    name: Localized | None = None
    yrn: str | None = None
    fee_percentage: Decimal | None = None
    fee_absolute: Money | None = None
    taxable: bool = False
    tax_code: str | None = None


class ExternalDiscount(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A discount on one line; the lowest `sequence` is taken first."""

    id: str
    discount_type: Literal["PERCENT", "ABSOLUTE"]
    value: Decimal
    include_fees: bool = False
    sequence: int | None = None


class ExternalCartDiscount(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A discount on the whole cart."""

    id: str
    discount_type: DiscountKind
    value: Decimal = ZERO
    discount_calculation_type: Basis = "SUBTOTAL"
    sequence: int | None = None


class External(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What an outside system says of one line.

    `priced` is the vendor's `itemType` EXTERNAL: the line's price is not the catalogue's. `product` is there where the
    catalogue does not have it; `line_tax` replaces what would be calculated for the whole line.
    """

    priced: bool = False
    product: dict[str, Any] | None = None
    tax_code: str | None = None
    tax: ExternalTax | None = None
    line_price: ExternalLinePrice | None = None
    line_tax: ExternalTax | None = None
    fees: tuple[ExternalFee, ...] = ()
    discounts: tuple[ExternalDiscount, ...] = ()

    def without_line_values(self) -> "External":
        """The same for another quantity: what was calculated for the whole line holds no more."""
        return replace(self, line_price=None, line_tax=None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left that is not the catalogue's."""
        return not (self.priced or self.fees or self.discounts)


def line_tax_of(external: External, taxes: TaxTable | None) -> tuple[str | None, Decimal | None]:
    """The code and rate that an outside system has named for its line; (None, None) where it named none."""
    stated = external.line_tax or external.tax
    if stated is not None and stated.rate is not None:
        return stated.name or external.tax_code, stated.rate
    code = external.tax_code or (stated.name if stated is not None else None)
    return (code, taxes.rate_of(code)) if taxes is not None and code is not None else (None, None)


def amount_of(external: External, claimed: Decimal, *, includes_tax: bool) -> Decimal:
    """The price of one measurement unit on the priced side: as the tax says it, else the price itself."""
    tax = external.tax
    if tax is None or tax.net_value is None or tax.gross_value is None:
        return claimed
    return tax.gross_value if includes_tax else tax.net_value


def with_external(line: PricingLine, external: External, taxes: TaxTable | None, *, includes_tax: bool) -> PricingLine:
    """The line with its external fees and discounts, and with its line values where it has them.

    For a line with a price of its own, `line` brings that price and its tax already (docs/wire/emporix.md, 5.2).
    """
    line = replace(line, fees=tuple(_fees(external.fees, taxes)), discounts=line_discounts(external.discounts))
    values = external.line_tax
    if values is None or values.net_value is None or values.gross_value is None:
        return line
    price, opposite = values.net_value, values.gross_value
    if includes_tax:
        price, opposite = opposite, price
    return replace(line, price=price, opposite_price=opposite)


def unit_price(amount: Decimal, unit: UnitQuantity | None) -> Decimal:
    """What one piece costs of a price that is for `unit`."""
    return amount if unit is None else line_total(amount, _ONE, PriceModel(measurement_unit=unit))


def line_discounts(discounts: Sequence[ExternalDiscount]) -> tuple[LineDiscount, ...]:
    """The discounts in the order in which they are taken; those without a sequence come last, as they were sent."""
    return tuple(
        [
            LineDiscount(one.id, one.discount_type, max(one.value, ZERO), include_fees=one.include_fees)
            for one in sorted(discounts, key=lambda one: (one.sequence is None, one.sequence or 0))
        ]
    )


def cart_discounts(discounts: Sequence[ExternalCartDiscount]) -> list[CouponDiscount]:
    """The cart's discounts in the order in which they are taken."""
    return [
        CouponDiscount(one.id, one.discount_type, one.value, one.discount_calculation_type, origin="EXTERNAL")
        for one in sorted(discounts, key=lambda one: (one.sequence is None, one.sequence or 0))
    ]


def discount_refusals(line_id: str, external: External, price: Decimal) -> Iterator[Rejection]:
    """What is wrong with a line's discounts; `price` is what the line costs before them (docs/wire/emporix.md, 5.4)."""
    seen: set[object] = set()
    for discount in external.discounts:
        if discount.discount_type == "PERCENT" and discount.value > HUNDRED:
            message = f"the external discount {discount.id} takes {discount.value} percent: send at most 100"
            yield Rejection(Reason.EXTERNAL_DISCOUNT_INVALID, line_id, message)
        if discount.id in seen or (discount.sequence is not None and discount.sequence in seen):
            message = (
                f"the external discount {discount.id} shares its id or its sequence with another one: send each once"
            )
            yield Rejection(Reason.EXTERNAL_DISCOUNT_INVALID, line_id, message)
        seen |= {discount.id, discount.sequence}
        if discount.discount_type == "ABSOLUTE" and discount.value > price:
            message = (
                f"the external discount {discount.id} takes {discount.value}, but the item costs {price}: send less"
            )
            yield Rejection(Reason.EXTERNAL_DISCOUNT_TOO_LARGE, line_id, message)


def fee_refusals(line_id: str, external: External, taxes: TaxTable | None) -> Iterator[Rejection]:
    """Fees that are to be taxed by a class that the country does not have."""
    for fee in external.fees:
        if fee.taxable and (taxes is None or taxes.rate_of(fee.tax_code) is None):
            message = f"the fee {fee.id} is taxable, but the country has no tax class {fee.tax_code}: use one it has"
            yield Rejection(Reason.TAX_CODE_INVALID, line_id, message)


def _fees(fees: Iterable[ExternalFee], taxes: TaxTable | None) -> Iterator[Fee]:
    for fee in fees:
        amount = fee.fee_absolute.amount if fee.fee_absolute is not None else ZERO
        value = fee.fee_percentage or ZERO if fee.fee_type == "PERCENT" else amount
        rate = taxes.rate_of(fee.tax_code) if fee.taxable and taxes is not None else None
        code = fee.tax_code if rate is not None else None
        yield Fee(fee.fee_type, value, fee.id, fee.name, code, rate, rate is not None, "EXTERNAL")
