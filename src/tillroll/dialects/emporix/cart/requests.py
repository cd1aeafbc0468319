"""What clients send to the cart: tolerant of unknown fields, exact about the known ones (docs/wire/emporix.md, 5)."""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.cart.external import ExternalFields, SentProduct
from tillroll.dialects.emporix.wire.conversion import converted
from tillroll.dialects.emporix.wire.fields import (
    ZIP_CHARACTERS_MAX,
    amount_problem,
    attached_problem,
    country_problem,
    currency_problem,
    keep_countries,
    quantity_problem,
)
from tillroll.dialects.emporix.wire.payload import read_json, refuse_if
from tillroll.dialects.emporix.wire.resources import Document, read_document
from tillroll.dialects.emporix.wire.yrn import product_id_of
from tillroll.dialects.http import Inbound, Malformed, Problem
from tillroll.dialects.nesting import may_be_too_deep, nesting_problem
from tillroll.domain.cart.cart import CartPrice
from tillroll.domain.delivery.delivery import DeliveryWindow
from tillroll.domain.documents import UnitQuantity

ITEMS_MAX = 200
UPDATES_MAX = 50

ID_CHARACTERS_MAX = 255
YRN_CHARACTERS_MAX = 400  # an id, and what stands before it
CODE_CHARACTERS_MAX = 150
ADDRESS_TYPES = ("BILLING", "SHIPPING")

_DOCUMENTS = msgspec.json.Decoder(list[Document], float_hook=Decimal)


class CartFields(Struct, rename="camel", frozen=True):
    """The fields of a cart that a client may set; None means not sent, or sent to be emptied: see `CartRequest`."""

    currency: str | None = None
    site_code: str | None = None
    type: str | None = None
    customer_id: str | None = None
    legal_entity_id: str | None = None
    status: str | None = None
    country_code: str | None = None
    zip_code: str | None = None
    delivery_window_id: str | None = None
    delivery_window: DeliveryWindow | None = None
    channel: dict[str, Any] | None = None
    addresses: list[dict[str, Any]] | None = None
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    restriction: str | None = None
    session_validated: bool | None = None


class _AddressFields(Struct, rename="camel", frozen=True):
    type: str | None = None
    country: str | None = None
    zip_code: str | None = None


class CartRequest(Struct, frozen=True):
    """A cart as it was sent: the fields that were read, and the document that says which of them were there."""

    fields: CartFields
    document: Document

    def has(self, name: str) -> bool:
        """Whether the client sent this field, be it as null."""
        return name in self.document


class _PriceFields(Struct, rename="camel", frozen=True):
    price_id: str | None = None
    original_amount: Decimal | None = None
    effective_amount: Decimal | None = None
    currency: str | None = None
    measurement_unit: UnitQuantity | None = None
    price_list_id: str | None = None


class ItemFields(ExternalFields, rename="camel", frozen=True):
    """An item as it was sent, None where nothing was; what only outside systems may send is read where they are."""

    item_yrn: str | None = None
    quantity: Decimal | None = None
    price: _PriceFields | None = None
    keep_as_separate_line_item: bool | None = None
    mixins: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class ItemRequest(Struct, frozen=True):
    """An item as it was sent, with the product that it names and the price as a cart keeps it."""

    fields: ItemFields
    product_id: str | None
    price: CartPrice | None


_ITEM = msgspec.json.Decoder(ItemFields, float_hook=Decimal)


class DiscountRequest(Struct, frozen=True):
    """A coupon to be put on a cart; what else clients send beside the code is the coupon's own business."""

    code: str


def read_cart(inbound: Inbound) -> CartRequest:
    """The body of POST and PUT of a cart; raises Malformed."""
    document = read_document(inbound)
    keep_countries(document, (("countryCode",), ("addresses", "country")))
    fields = converted(document, CartFields)
    refuse_if(
        [
            currency_problem(fields.currency),
            *(
                _length_problem(name, value, ID_CHARACTERS_MAX)
                for name, value in (
                    ("siteCode", fields.site_code),
                    ("type", fields.type),
                    ("customerId", fields.customer_id),
                    ("legalEntityId", fields.legal_entity_id),
                    ("deliveryWindowId", fields.delivery_window_id),
                    ("restriction", fields.restriction),
                )
            ),
            country_problem("countryCode", fields.country_code),
            _length_problem("zipCode", fields.zip_code, ZIP_CHARACTERS_MAX),
            None
            if fields.status in (None, "OPEN", "CLOSED")
            else Problem("status", "invalid_value", "status must be OPEN or CLOSED"),
            attached_problem("mixins", [fields.mixins, fields.metadata, fields.channel, fields.delivery_window]),
            attached_problem("addresses", first_addresses(fields.addresses)),
            *_address_problems(fields.addresses or []),
        ]
    )
    return CartRequest(fields, document)


def first_addresses(sent: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The first address of each type; others are ignored (docs/wire/emporix.md, 5)."""
    found = [next((one for one in sent or [] if one.get("type") == type), None) for type in ADDRESS_TYPES]
    return [address for address in found if address is not None]


def _address_problems(sent: list[dict[str, Any]]) -> list[Problem | None]:
    found: list[Problem | None] = []
    for position, document in enumerate(sent):
        fields = converted(document, _AddressFields)
        field = f"addresses[{position}]"
        found += [
            country_problem(f"{field}.country", fields.country),
            _length_problem(f"{field}.zipCode", fields.zip_code, ZIP_CHARACTERS_MAX),
        ]
    return found


def read_item(inbound: Inbound) -> ItemRequest:
    """The body of an item, decoded once; raises Malformed."""
    if may_be_too_deep(inbound.body):
        read_document(inbound)
    return _item_of(read_json(_ITEM, inbound.body), inbound.values["tenant"])


def item_of(document: Document, tenant: str) -> ItemRequest:
    """An item's document as a request to a tenant, whose products alone it may name; raises Malformed."""
    return _item_of(converted(document, ItemFields), tenant)


def _item_of(fields: ItemFields, tenant: str) -> ItemRequest:
    product_id = fields.product.id if isinstance(fields.product, SentProduct) else None
    if fields.item_yrn is not None:
        product_id = product_id_of(fields.item_yrn, tenant)
        if product_id is None:
            raise Malformed([Problem("", "invalid_value", "Given yrn does not match yaas urn scheme")])
    price = fields.price
    refuse_if(
        [
            _length_problem("itemYrn", fields.item_yrn, YRN_CHARACTERS_MAX),
            _length_problem("product.id", product_id, ID_CHARACTERS_MAX),
            quantity_problem("quantity", fields.quantity) if fields.quantity is not None else None,
            *(_price_problems(price) if price is not None else []),
            attached_problem("mixins", [fields.mixins, fields.metadata]),
        ]
    )
    if fields.quantity is not None and fields.quantity <= 0:
        raise Malformed([Problem("", "invalid_quantity", "Quantity must be greater than zero")])
    return ItemRequest(fields, product_id, _price_of(price) if price is not None else None)


def _price_of(price: _PriceFields) -> CartPrice:
    return CartPrice(
        price.price_id or "",
        price.original_amount,
        price.effective_amount,
        price.currency,
        price.measurement_unit if price.measurement_unit != UnitQuantity() else None,
        price.price_list_id or None,
    )


def _price_problems(price: _PriceFields) -> list[Problem | None]:
    unit = price.measurement_unit
    return [
        _length_problem("price.priceId", price.price_id, ID_CHARACTERS_MAX),
        _length_problem("price.priceListId", price.price_list_id, ID_CHARACTERS_MAX),
        *(
            amount_problem(f"price.{name}", amount)
            for name, amount in (("originalAmount", price.original_amount), ("effectiveAmount", price.effective_amount))
            if amount is not None
        ),
        currency_problem(price.currency, "price.currency"),
        quantity_problem("price.measurementUnit.quantity", unit.quantity) if unit is not None else None,
        _length_problem("price.measurementUnit.unitCode", unit.unit_code, 32) if unit is not None else None,
    ]


def read_items(inbound: Inbound) -> list[Document]:
    """The body of a batch of new items; each is judged on its own later; raises Malformed."""
    return _read_batch(inbound, ITEMS_MAX)


def read_item_updates(inbound: Inbound) -> list[Document]:
    """The body of a batch of changes; raises Malformed."""
    return _read_batch(inbound, UPDATES_MAX)


def _read_batch(inbound: Inbound, items_max: int) -> list[Document]:
    documents = read_json(_DOCUMENTS, inbound.body)
    message = f"Maximum size of the payload array is {items_max}."
    refuse_if(
        [nesting_problem(documents), Problem("", "invalid_value", message) if len(documents) > items_max else None]
    )
    return documents


def read_discount(inbound: Inbound) -> DiscountRequest:
    """The body of a new discount; raises Malformed."""
    asked = converted(read_document(inbound), DiscountRequest)
    refuse_if(
        [
            _length_problem("code", asked.code, CODE_CHARACTERS_MAX),
            None if asked.code.strip() else Problem("code", "missing_value", "code is required: send a coupon's code"),
        ]
    )
    return asked


def _length_problem(field: str, text: str | None, characters_max: int) -> Problem | None:
    # Counted as UTF-8 bytes, like the index keys that these become.
    if text is None or len(text.encode()) <= characters_max:
        return None
    return Problem(field, "invalid_value", f"{field} must have at most {characters_max} characters, not {len(text)}")
