"""The examples of Emporix's services, in the order in which a shop comes to need them."""

from tests.examples.story import Step

_SHIPPING = "/shipping/{tenant}/{site}"
_TIMES = "/shipping/{tenant}/delivery-times"
_SALES = "/order-v2/{tenant}/salesorders"
_CART = "/cart/{tenant}/carts/{cartId}"
_LIST = "/price/{tenant}/price-lists/{priceListId}/prices"

SITE = [
    Step("POST /oauth/token", "anybody"),
    Step("POST /site/{tenant}/sites"),
    Step("PUT /site/{tenant}/sites/{id}", places={"id": "main"}),
    Step("PATCH /site/{tenant}/sites/{id}", places={"id": "main"}),
    Step("POST /configuration/{tenant}/configurations"),
    Step("PUT /configuration/{tenant}/configurations/{key}", places={"key": "maxNumberOfCouponsPerCart"}),
    Step("POST /schema/{tenant}/schemas"),
    Step("PUT /schema/{tenant}/schemas/{id}", places={"id": "care"}),
    Step("PATCH /schema/{tenant}/schemas/{id}", places={"id": "care"}),
    Step("POST /tax/{tenant}/taxes"),
    Step("PUT /tax/{tenant}/taxes/{id}", places={"id": "DE"}),
    Step("PATCH /tax/{tenant}/taxes/{id}", places={"id": "DE"}),
    Step("PUT /tax/{tenant}/taxes/calculation-commands"),
    Step("POST /payment-gateway/{tenant}/paymentmodes/config"),
    Step("PUT /payment-gateway/{tenant}/paymentmodes/config/{id}", places={"id": "invoice"}),
    Step("PATCH /payment-gateway/{tenant}/paymentmodes/config/{id}", places={"id": "invoice"}),
    Step("POST /sequential-id/{tenant}/schemas"),
    Step("POST /sequential-id/{tenant}/schemas/types/{schemaType}/nextId", places={"schemaType": "invoice"}),
    Step("POST /sequential-id/{tenant}/sequenceSchemaBatch/nextIds"),
]

CUSTOMERS = [
    Step("POST /customer/{tenant}/signup", "guest", keeps={"CUSTOMER_ID": "id"}),
    Step(
        "POST /customer/{tenant}/login", "guest", keeps={"CUSTOMER_TOKEN": "access_token", "SAAS_TOKEN": "saas_token"}
    ),
]

ACCOUNTS = [
    Step("PATCH /customer/{tenant}/me", "customer"),
    Step("PUT /customer/{tenant}/me", "customer"),
    Step("POST /customer/{tenant}/me/addresses", "customer"),
    Step("PUT /customer/{tenant}/me/addresses/{addressId}", "customer", {"addressId": "work"}),
    Step("PATCH /customer/{tenant}/me/addresses/{addressId}", "customer", {"addressId": "work"}),
    Step("POST /customer/{tenant}/password/change", "customer"),
    Step("PUT /customer/{tenant}/password", "customer"),
    Step("POST /customer/{tenant}/customers"),
    Step("PUT /customer/{tenant}/customers/{customerNumber}", places={"customerNumber": "10000042"}),
    Step("PATCH /customer/{tenant}/customers/{customerNumber}", places={"customerNumber": "10000042"}),
    Step("POST /customer/{tenant}/customers/{customerNumber}/addresses", places={"customerNumber": "10000042"}),
    *(
        Step(
            f"{method} /customer/{{tenant}}/customers/{{customerNumber}}/addresses/{{addressId}}",
            places={"customerNumber": "10000042", "addressId": "home"},
        )
        for method in ("PUT", "PATCH")
    ),
    *(
        Step(f"{method} /customer-management/{{tenant}}/{kind}{one}", places={"id": id} if one else {})
        for kind, id in (
            ("legal-entities", "engines"),
            ("locations", "factory"),
            ("contact-assignments", "ada-engines"),
        )
        for method, one in (("POST", ""), ("PUT", "/{id}"), ("PATCH", "/{id}"))
    ),
    Step("POST /customer-segment/{tenant}/segments"),
    Step("PUT /customer-segment/{tenant}/segments/{id}", places={"id": "regulars"}),
    Step(
        "PUT /customer-segment/{tenant}/segments/{segmentId}/customers/{id}",
        places={"segmentId": "regulars", "id": "CUSTOMER_ID"},
    ),
]

GOODS = [
    Step("POST /product/{tenant}/products"),
    Step("PUT /product/{tenant}/products/{id}", places={"id": "shirt"}),
    Step("PATCH /product/{tenant}/products/{id}", places={"id": "mug"}),
    Step("POST /product/{tenant}/products/bulk"),
    Step("PUT /product/{tenant}/products/bulk"),
    Step("POST /product/{tenant}/products/search", "guest"),
    Step("POST /product/{tenant}/search", "guest"),
    Step("POST /category/{tenant}/categories"),
    Step("PUT /category/{tenant}/categories/{id}", places={"id": "kitchen"}),
    Step("PATCH /category/{tenant}/categories/{id}", places={"id": "kitchen"}),
    Step("POST /category/{tenant}/categories/{categoryId}/assignments", places={"categoryId": "kitchen"}),
    Step("POST /category/{tenant}/categories/{categoryId}/assignments/bulk", places={"categoryId": "kitchen"}),
    Step(
        "PUT /category/{tenant}/categories/{categoryId}/assignments/references/bulk", places={"categoryId": "kitchen"}
    ),
    Step("POST /category/{tenant}/categories/search", "guest"),
    Step("POST /category/{tenant}/category-trees/search", "guest"),
    Step("POST /availability/{tenant}/availability/{productId}/{site}", places={"productId": "mug"}),
    Step("PUT /availability/{tenant}/availability/{productId}/{site}", places={"productId": "mug"}),
    Step("POST /availability/{tenant}/availability/bulk"),
    Step("PUT /availability/{tenant}/availability/bulk"),
    Step("POST /availability/{tenant}/availability/search", "guest"),
    Step("DELETE /availability/{tenant}/availability/bulk"),
]

PRICES = [
    Step("POST /price/{tenant}/priceModels"),
    Step("PUT /price/{tenant}/priceModels/{id}", places={"id": "net"}),
    Step("PATCH /price/{tenant}/priceModels/{id}", places={"id": "net"}),
    Step("POST /price/{tenant}/prices"),
    Step("PUT /price/{tenant}/prices/{id}", places={"id": "shirt-m-price"}),
    Step("PATCH /price/{tenant}/prices/{id}", places={"id": "mug-price"}),
    Step("POST /price/{tenant}/prices/bulk"),
    Step("PUT /price/{tenant}/prices/bulk"),
    Step("POST /price/{tenant}/prices/search", "guest"),
    Step("POST /price/{tenant}/match-prices"),
    Step("POST /price/{tenant}/match-prices-by-context", "guest"),
    Step("POST /price/{tenant}/price-lists"),
    Step("PUT /price/{tenant}/price-lists/{id}", places={"id": "trade"}),
    Step("PATCH /price/{tenant}/price-lists/{id}", places={"id": "trade"}),
    Step("POST /price/{tenant}/price-lists/search"),
    Step(f"POST {_LIST}", places={"priceListId": "trade"}),
    Step(f"PUT {_LIST}/{{id}}", places={"priceListId": "trade", "id": "mug-trade"}),
    Step(f"PATCH {_LIST}/{{id}}", places={"priceListId": "trade", "id": "mug-trade"}),
    *(
        Step(f"{method} {_LIST}/{last}", places={"priceListId": "trade"})
        for method, last in (("POST", "search"), ("POST", "bulk"), ("PUT", "bulk"), ("DELETE", "bulk"))
    ),
    Step("POST /currency/{tenant}/currencies"),
    Step("PUT /currency/{tenant}/currencies/{id}", places={"id": "USD"}),
    Step("PATCH /currency/{tenant}/currencies/{id}", places={"id": "USD"}),
    Step("POST /currency/{tenant}/exchanges"),
    Step("PUT /currency/{tenant}/exchanges/{id}", places={"id": "EUR_USD"}),
    Step("PATCH /currency/{tenant}/exchanges/{id}", places={"id": "EUR_USD"}),
]

DELIVERY = [
    Step(f"POST {_SHIPPING}/zones"),
    Step(f"PUT {_SHIPPING}/zones/{{id}}", places={"id": "germany"}),
    Step(f"PATCH {_SHIPPING}/zones/{{id}}", places={"id": "germany"}),
    Step(f"POST {_SHIPPING}/zones/{{zone}}/methods", places={"zone": "germany"}),
    Step(f"PUT {_SHIPPING}/zones/{{zone}}/methods/{{id}}", places={"zone": "germany", "id": "parcel"}),
    Step(f"PATCH {_SHIPPING}/zones/{{zone}}/methods/{{id}}", places={"zone": "germany", "id": "parcel"}),
    Step(f"POST {_SHIPPING}/groups"),
    Step(f"PUT {_SHIPPING}/groups/{{id}}", places={"id": "neighbours"}),
    Step(f"PATCH {_SHIPPING}/groups/{{id}}", places={"id": "neighbours"}),
    Step(f"POST {_SHIPPING}/cgrelations"),
    Step(f"PUT {_SHIPPING}/cgrelations/{{id}}", places={"id": "CUSTOMER_ID"}),
    Step(f"PATCH {_SHIPPING}/cgrelations/{{id}}", places={"id": "CUSTOMER_ID"}),
    Step(f"POST {_TIMES}"),
    Step(f"POST {_TIMES}/bulk"),
    Step(f"PUT {_TIMES}/{{id}}", places={"id": "fridays"}),
    Step(f"PATCH {_TIMES}/{{id}}", places={"id": "fridays"}),
    Step(f"POST {_TIMES}/{{id}}/slots", places={"id": "fridays"}),
    Step(f"PUT {_TIMES}/{{id}}/slots/{{slotId}}", places={"id": "fridays", "slotId": "late"}),
    Step(f"PATCH {_TIMES}/{{id}}/slots/{{slotId}}", places={"id": "fridays", "slotId": "late"}),
    Step(f"POST {_SHIPPING}/quote", "guest"),
    Step(f"POST {_SHIPPING}/quote/minimum", "guest"),
    Step(f"POST {_SHIPPING}/quote/slot", "guest"),
    Step("POST /shipping/{tenant}/findSite", "guest"),
]

COUPONS = [
    Step("POST /coupon/{tenant}/coupons"),
    Step("PATCH /coupon/{tenant}/coupons/{code}", places={"code": "SPRING"}),
    Step("PUT /coupon/{tenant}/coupons/{code}", places={"code": "SPRING"}),
    Step("POST /coupon/{tenant}/coupons/{code}/validation", "customer", {"code": "SPRING"}),
    Step("POST /coupon/{tenant}/coupons/{code}/redemptions", "customer", {"code": "SPRING"}),
    Step("POST /coupon/{tenant}/referral-coupons/{customerNumber}", places={"customerNumber": "CUSTOMER_ID"}),
]

CARTS = [
    Step("POST /cart/{tenant}/carts", "guest", keeps={"CART_ID": "cartId"}),
    Step(f"POST {_CART}/items", "guest", keeps={"ITEM_ID": "itemId"}),
]

WINDOWS = [
    Step("POST /shipping/{tenant}/deliveryWindowValidation", "guest"),
    Step("POST /shipping/{tenant}/actualDeliveryWindows/incrementCounter"),
    Step("POST /shipping/{tenant}/delivery-cycles/generate"),
    Step(f"PUT {_CART}", "guest"),
]

CART = [
    Step(f"POST {_CART}/execute", "guest"),
    Step(f"POST {_CART}/itemsBatch", "guest"),
    Step(f"PUT {_CART}/items/{{itemId}}", "guest", {"itemId": "ITEM_ID"}),
    Step(f"PUT {_CART}/itemsBatch", "guest"),
    Step(f"POST {_CART}/discounts", "guest"),
    Step("POST /cart/{tenant}/carts/search", "guest"),
    Step("POST /approval/{tenant}/approval/permitted", "guest"),
    Step("POST /checkout/{tenant}/checkouts/order", "guest", keeps={"ORDER_ID": "orderId"}),
]

ORDERS = [
    Step(f"POST {_SALES}/search"),
    Step(f"PUT {_SALES}/{{id}}", places={"id": "ORDER_ID"}),
    Step(f"PATCH {_SALES}/{{id}}", places={"id": "ORDER_ID"}),
    Step(f"POST {_SALES}/{{id}}/entries", places={"id": "ORDER_ID"}),
    Step(f"POST {_SALES}/{{id}}/calculations", places={"id": "ORDER_ID"}),
    Step("POST /order-v2/{tenant}/orders/{id}/transitions", "guest", {"id": "ORDER_ID"}),
    Step(f"POST {_SALES}", keeps={"ORDER_ID": "id"}),
    Step(f"POST {_SALES}/{{id}}/transitions", places={"id": "ORDER_ID"}),
]

QUOTES = [
    Step("POST /quote/{tenant}/quotes", "customer", keeps={"QUOTE_ID": "id"}),
    Step("PATCH /quote/{tenant}/quotes/{id}", places={"id": "QUOTE_ID"}),
    Step("POST /checkout/{tenant}/checkouts/orders", "customer"),
    Step("POST /quote/{tenant}/quote-reasons"),
    Step("PUT /quote/{tenant}/quote-reasons/{id}", places={"id": "too-expensive"}),
]
