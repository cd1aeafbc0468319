"""What outside systems say of the lines of a cart, on top of what they have said before (docs/wire/emporix.md, 5.2)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from tillroll.domain.cart.cart import CartLine
from tillroll.domain.pricing.external import External, ExternalDiscount, ExternalFee, ExternalLinePrice, ExternalTax


class SentExternal(Struct, frozen=True, kw_only=True):
    """What was sent of a line; what is UNSET stays as it is.

    `product` is what the catalogue may not have: it counts only in a line priced outside that names no other one.
    """

    priced: bool | UnsetType = UNSET
    product: dict[str, Any] | UnsetType | None = UNSET
    names_product: bool = False
    tax_code: str | UnsetType | None = UNSET
    tax: ExternalTax | UnsetType | None = UNSET
    line_price: ExternalLinePrice | UnsetType | None = UNSET
    line_tax: ExternalTax | UnsetType | None = UNSET
    fees: tuple[ExternalFee, ...] | UnsetType = UNSET
    discounts: tuple[ExternalDiscount, ...] | UnsetType = UNSET


class ExternalChange(Struct, frozen=True, kw_only=True):
    """What a change of a line sends beside: its quantity and product, where it sends any, and whether a price.

    `sent` is there where the caller `may_price` and something external is to be said or kept.
    """

    sent: SentExternal | None
    is_partial: bool
    may_price: bool
    quantity: Decimal | None
    product_id: str | None
    has_price: bool


def applied(known: External | None, sent: SentExternal, mark: str) -> External | None:
    """What is known of a line with what was sent on top; None where nothing external is left.

    `mark` makes the ids of fees that come without one: two fees of a line are never taken for the same.
    """
    external = known or External()
    priced = external.priced if sent.priced is UNSET else sent.priced
    changes: dict[str, Any] = {"priced": priced}
    if sent.product is not UNSET:
        changes["product"] = sent.product if priced and not sent.names_product else None
    for name in ("tax_code", "tax", "line_price", "line_tax", "discounts"):
        if (value := getattr(sent, name)) is not UNSET:
            changes[name] = value
    if sent.fees is not UNSET:
        changes["fees"] = tuple(_identified(sent.fees, mark))
    external = replace(external, **changes)
    if not external.priced:
        external = External(fees=external.fees, discounts=external.discounts)
    return None if external.is_empty else external


def changed(line: CartLine, change: ExternalChange, mark: str) -> External | None:
    """What of a line stays an outside system's after a change.

    A whole change leaves only what it sends. A partial one keeps the rest, but another quantity ends the line values;
    and from anybody who may not set prices, another quantity, price or product ends everything external.
    """
    known = line.external if change.is_partial else None
    is_other_quantity = change.quantity is not None and change.quantity != line.quantity
    if known is not None and not change.may_price:
        is_other_product = change.product_id not in (None, line.product_id)
        return None if is_other_quantity or is_other_product or change.has_price else known
    if known is not None and is_other_quantity:
        known = known.without_line_values()
    return applied(known, change.sent, mark) if change.sent is not None else None


def _identified(fees: Iterable[ExternalFee], mark: str) -> Iterable[ExternalFee]:
    for place, fee in enumerate(fees):
        yield fee if fee.id else replace(fee, id=f"{mark}{place:02}")
