"""Carts, described (docs/wire/emporix.md, 5)."""

from tillroll.dialects.emporix.cart.answers import Cart, CartItem, Discount, FoundCart
from tillroll.dialects.emporix.cart.chains import COMMANDS_MAX
from tillroll.dialects.emporix.cart.merge import CARTS_MAX
from tillroll.dialects.emporix.cart.requests import ITEMS_MAX, UPDATES_MAX
from tillroll.dialects.emporix.cart.search import PAGE_SIZE
from tillroll.dialects.emporix.wire.described import (
    AMOUNTS,
    COUNTRY,
    CURRENCY,
    FATES,
    LANGUAGE,
    LOCATION,
    PARTIAL,
    paging,
)
from tillroll.dialects.openapi import (
    ANYTHING,
    FLAG,
    NAME,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    Answer,
    Operation,
    Parameter,
    Schema,
    answers,
    extended,
    listed,
    nullable,
    one_of,
    record,
    ref,
    structs,
)
from tillroll.domain.pricing.external import (
    ExternalCartDiscount,
    ExternalDiscount,
    ExternalFee,
    ExternalLinePrice,
    ExternalTax,
)

_MANY = "/cart/{tenant}/carts"
_ONE = _MANY + "/{cartId}"
_PLACE = (
    Parameter("countryCode", COUNTRY, "The country to tax and ship to; together with `zipCode`, for this answer only."),
    Parameter("zipCode", {"type": "string", "maxLength": 11}, "Together with `countryCode`."),
)
_EXPAND = Parameter("expandCalculation", FLAG, "`false` leaves out everything that is calculated.")


def operations() -> list[Operation]:
    """The operations of this service."""
    cart = ref("cart.Cart")
    new = Answer("It is created.", record({"cartId": TEXT, "yrn": TEXT}), {**LOCATION, "Version": "Its version."})
    criteria = (
        Parameter("siteCode", NAME, "The site whose cart it is.", required=True),
        *(Parameter(name, TEXT) for name in ("type", "legalEntityId", "customerId", "sessionId")),
        Parameter("create", FLAG, "Whether a cart is made where there is none."),
    )
    return [
        Operation("POST", _MANY, "Creates a cart", {201: new}, ref("cart.NewCart")),
        Operation("GET", _MANY, "Finds the open cart of a site", {200: cart}, parameters=(*criteria, _EXPAND, *_PLACE)),
        Operation("GET", _ONE, "Shows a cart", {200: cart}, parameters=(_EXPAND, *_PLACE, LANGUAGE)),
        Operation("PUT", _ONE, "Changes a cart, field by field", {204: None}, ref("cart.CartFields")),
        Operation("DELETE", _ONE, "Deletes a cart", {204: None}),
        Operation("PUT", _ONE + "/refresh", "Gives each line today's best price", {204: None}),
        Operation(
            "POST",
            _ONE + "/changeSite",
            "Moves a cart to another site",
            {200: None},
            record({"siteCode": TEXT}, others=True),
        ),
        Operation(
            "POST",
            _ONE + "/changeCurrency",
            "Gives a cart another currency",
            {200: None},
            record({"currency": CURRENCY}, others=True),
        ),
        Operation("GET", _ONE + "/validate", "Says whether every line holds its price", {200: ref("cart.Validation")}),
        Operation(
            "POST",
            _MANY + "/search",
            "Finds carts by what they are",
            {200: listed(ref("cart.Found"))},
            record({"q?": nullable(TEXT)}, others=True),
            parameters=paging(PAGE_SIZE),
            notes="Shoppers find their own. Nothing is calculated.",
        ),
        Operation(
            "POST",
            _ONE + "/merge",
            "Merges other carts into this one",
            {200: None},
            record({"carts": listed(TEXT, least=1, most=CARTS_MAX)}, others=True),
        ),
        _execute(),
        *_items(),
        *_discounts(),
    ]


def _execute() -> Operation:
    options = dict.fromkeys(
        ("partial?", "expandCalculation?", "zipCode?", "countryCode?", "codes?", "discountIndex?"), ANYTHING
    )
    step = record(
        {
            "type": TEXT,
            "data?": ANYTHING,
            "options?": nullable(
                record({"itemId?": _MAYBE, "resourceVersion?": nullable(WHOLE), **options}, others=True)
            ),
        },
        others=True,
    )
    result = record(
        {
            "index": WHOLE,
            "type": TEXT,
            "code": WHOLE,
            "status": TEXT,
            "data?": ANYTHING,
            "headers?": record({"location": TEXT}),
        }
    )
    return Operation(
        "POST",
        _ONE + "/execute",
        "Runs several calls to one cart",
        {207: record({"results": listed(result)})},
        record({"commands": listed(step, most=COMMANDS_MAX)}, others=True),
        parameters=(
            Parameter("onError", one_of("fail", "resume"), "`fail` stops at the first command that is refused."),
            Parameter("versioning", one_of("skip", "explicit", "follow"), "Whose `resourceVersion` is compared."),
        ),
    )


def _items() -> list[Operation]:
    many, one, batch = _ONE + "/items", _ONE + "/items/{itemId}", _ONE + "/itemsBatch"
    item, sent = ref("cart.Item"), ref("cart.ItemFields")
    new = Answer("It is in the cart.", record({"itemId": TEXT, "yrn": TEXT}), LOCATION)
    added = listed(ref("cart.AddedItem"))
    return [
        Operation("GET", many, "Lists a cart's items", {200: listed(item)}),
        Operation("POST", many, "Adds an item, or more of one", {201: new}, ref("cart.NewItem")),
        Operation("DELETE", many, "Empties a cart", {204: None}),
        Operation("GET", one, "Shows an item", {200: item}),
        Operation("PUT", one, "Changes an item", {204: None}, sent, (PARTIAL,)),
        Operation("DELETE", one, "Removes an item", {204: None}),
        Operation("POST", batch, "Adds many items", {200: added}, listed(ref("cart.NewItem"), most=ITEMS_MAX)),
        Operation(
            "PUT",
            batch,
            "Changes many items",
            {207: FATES},
            listed(extended(_item_fields(), {"id": TEXT}, required=("id",)), most=UPDATES_MAX),
            (PARTIAL,),
        ),
    ]


def _discounts() -> list[Operation]:
    many = _ONE + "/discounts"
    new = record({"yrn": TEXT, "discountId": TEXT, "discountIndex": WHOLE})
    codes = Parameter("codes", TEXT, "Only these coupons, separated by commas.")
    return [
        Operation("GET", many, "Lists a cart's coupons", {200: listed(ref("cart.Discount"))}),
        Operation(
            "POST",
            many,
            "Puts a coupon on a cart",
            {201: Answer("It is on the cart.", new, LOCATION)},
            record({"code": NAME}, others=True),
        ),
        Operation("DELETE", many, "Takes coupons off a cart", {204: None}, parameters=(codes,)),
        Operation("DELETE", many + "/{discountIndex}", "Takes a coupon off a cart", {204: None}),
    ]


def components() -> dict[str, Schema]:
    """The shapes of this service."""
    fields, item = _cart_fields(), _item_fields()
    external = {
        "ExternalTax": ExternalTax,
        "LinePrice": ExternalLinePrice,
        "ExternalFee": ExternalFee,
        "ExternalDiscount": ExternalDiscount,
        "ExternalCartDiscount": ExternalCartDiscount,
    }
    shown = {"Cart": Cart, "Found": FoundCart, "Item": CartItem, "Discount": Discount}
    return {
        **answers("cart", shown | external, elsewhere=AMOUNTS),
        **structs("cart", external),
        "cart.CartFields": fields,
        "cart.NewCart": extended(fields, {"currency": CURRENCY}, required=("currency",)),
        "cart.ItemFields": item,
        "cart.NewItem": extended(item, {}, required=("itemYrn", "quantity", "price")),
        "cart.AddedItem": record(
            {
                "index": WHOLE,
                "status": WHOLE,
                "id?": TEXT,
                "yrn?": TEXT,
                "headers?": record({"location": TEXT}),
                "errorMessage?": TEXT,
            }
        ),
        "cart.Validation": _validation(),
    }


def _cart_fields() -> Schema:
    window = record({"id?": _MAYBE, "slotId?": _MAYBE, "deliveryDate?": _MAYBE}, others=True)
    kept = (
        "id",
        "contactName",
        "companyName",
        "contactPhone",
        "street",
        "streetNumber",
        "streetAppendix",
        "city",
        "state",
    )
    address = record(
        {"type?": _MAYBE, "country?": nullable(COUNTRY), "zipCode?": _MAYBE, **{f"{name}?": ANYTHING for name in kept}},
        others=True,
    )
    return record(
        {
            "currency?": nullable(CURRENCY),
            "siteCode?": _MAYBE,
            "type?": _MAYBE,
            "customerId?": _MAYBE,
            "legalEntityId?": _MAYBE,
            "status?": nullable(one_of("OPEN", "CLOSED")),
            "countryCode?": nullable(COUNTRY),
            "zipCode?": nullable({"type": "string", "maxLength": 11}),
            "deliveryWindowId?": _MAYBE,
            "deliveryWindow?": nullable(window),
            "channel?": nullable(OBJECT),
            "addresses?": nullable(listed(address)),
            "mixins?": nullable(OBJECT),
            "metadata?": nullable(OBJECT),
            "restriction?": _MAYBE,
            "sessionValidated?": nullable(FLAG),
            "externalDiscounts?": nullable(listed(ref("cart.ExternalCartDiscount"))),
        },
        others=True,
    )


_MAYBE = nullable(TEXT)


def _item_fields() -> Schema:
    unit = record({"quantity?": NUMBER, "unitCode?": _MAYBE}, others=True)
    price = record(
        {
            "priceId": NAME,
            "priceListId?": nullable(TEXT),
            "originalAmount": NUMBER,
            "effectiveAmount": NUMBER,
            "currency": CURRENCY,
            "measurementUnit?": nullable(unit),
        },
        others=True,
    )
    return record(
        {
            "itemYrn?": {"type": "string", "pattern": "^urn:yaas:[^:;]+:[^:;]+:product:[^;]+;.+$", "maxLength": 400},
            "quantity?": {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000_000},
            "price?": price,
            "keepAsSeparateLineItem?": FLAG,
            "itemType?": one_of("INTERNAL", "EXTERNAL"),
            "tax?": nullable(ref("cart.ExternalTax")),
            "lineTax?": nullable(ref("cart.ExternalTax")),
            "linePrice?": nullable(ref("cart.LinePrice")),
            "externalFees?": nullable(listed(ref("cart.ExternalFee"))),
            "externalDiscounts?": nullable(listed(ref("cart.ExternalDiscount"))),
            "mixins?": OBJECT,
            "metadata?": OBJECT,
        },
        others=True,
    )


def _validation() -> Schema:
    error = record({"errorCode": TEXT, "message": TEXT, "field": TEXT})
    return record({"isValid": FLAG, "itemsValidationDetails?": listed(record({"id": TEXT, "errors": listed(error)}))})
