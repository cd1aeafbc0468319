"""The part of the store's story that is about windows, carts, orders and quotes: see `test_queries.py`."""

from typing import Any

from tests.store.ground import NOW, SHOP
from tillroll.store.queries import keys

Step = tuple[str, dict[str, Any], int | list[tuple[Any, ...]]]

LATER = NOW + 1
OF_SHOP = {"shop": SHOP}
CART = {"site": "main", "type": "", "legal_entity_id": ""}
ORDER_ROW = ("EON1", "cart", "CREATED", None, "guest", 1, 1, "{}", NOW, NOW)
PAGE = {"limit": 10, "offset": 0}
WINDOW = {**OF_SHOP, "id": "w/s/2030-01-01"}

DELIVERY: list[Step] = [
    ("open_delivery_counter", {**WINDOW, "capacity": 2, "now": NOW}, 1),
    ("open_delivery_counter", {**WINDOW, "capacity": 9, "now": NOW}, 0),
    ("take_places", {**WINDOW, "places": 3, "capacity": 2, "now": LATER}, 0),
    ("take_places", {**WINDOW, "places": 3, "capacity": 3, "now": LATER}, 1),
    ("take_places", {**WINDOW, "places": 1, "capacity": 1, "now": LATER}, 0),
    ("return_place", {**WINDOW, "now": LATER}, 1),
    ("delivery_counters", {**OF_SHOP, "keys": keys([WINDOW["id"], "none"])}, [(WINDOW["id"], 2)]),
    ("lock_delivery_counters", {**OF_SHOP, "keys": keys([WINDOW["id"], "none"])}, [(WINDOW["id"], 2)]),
    (
        "insert_delivery_booking",
        {**OF_SHOP, "window_id": WINDOW["id"], "cause": "order", "subject": "EON1", "places": 1, "now": NOW},
        1,
    ),
]

OPEN_CART = ("cart", "main", "", "", "guest", "OPEN", None, 1, "{}", NOW, NOW)
EMPTIED_CART = ("cart", "main", "", "", "guest", "OPEN", None, 2, "[]", NOW, LATER)
OF_CART = {**OF_SHOP, "id": "cart"}

VERSION = {"version": 1, "changes": 1}
CHANGED = {"owner": "guest", "status": "OPEN", "document": "[]", "now": LATER}

CARTS: list[Step] = [
    ("insert_cart", {**OF_CART, **CART, "owner": "guest", "document": "{}", "now": NOW}, 1),
    ("open_cart", {**OF_SHOP, **CART, "owner": "guest"}, [("cart",)]),
    ("carts", {**OF_SHOP, "keys": keys(["cart", "none"])}, [OPEN_CART]),
    ("open_carts_of_owners", {**OF_SHOP, "keys": keys(["guest", "none"])}, [("cart",)]),
    ("update_cart", {**OF_CART, **CART, **CHANGED, **VERSION, "version": 2}, 0),
    ("update_cart", {**OF_CART, **CART, **CHANGED, **VERSION}, 1),
    ("carts_page", {**OF_SHOP, **PAGE, "status": "OPEN"}, [EMPTIED_CART]),
    ("carts_page", {**OF_SHOP, **PAGE, "status": "CLOSED"}, []),
    ("carts_of_owner", {**OF_SHOP, **PAGE, "owner": "guest", "status": ""}, [EMPTIED_CART]),
    ("carts_of_owner", {**OF_SHOP, **PAGE, "owner": "nobody", "status": ""}, []),
    ("idle_carts", {"oldest": "d", "before": LATER + 1, "limit": 10}, [(SHOP, "cart")]),
    ("idle_carts", {"oldest": "d", "before": LATER, "limit": 10}, []),
    ("idle_carts", {"oldest": "c", "before": LATER + 1, "limit": 10}, []),
    ("lock_carts", {**OF_SHOP, "keys": keys(["none", "cart"])}, [EMPTIED_CART]),
    ("close_cart", {**OF_CART, "order_id": "EON1", "version": 1, "now": LATER}, 0),
    ("close_cart", {**OF_CART, "order_id": "EON1", "version": 2, "now": LATER}, 1),
    ("close_cart", {**OF_CART, "order_id": "EON1", "version": 3, "now": LATER}, 0),
    ("open_cart", {**OF_SHOP, **CART, "owner": "guest"}, []),
    ("delete_cart", OF_CART, 1),
]

NEW_ORDER = {"cart_id": "cart", "checkout": 1, "status": "CREATED", "customer_id": None, "session_id": "guest"}
NEW_ORDER |= {
    "legal_entity_id": "le",
    "quote_id": None,
    "site": "main",
    "currency": "EUR",
    "total_minor": 1190,
    "document": "{}",
    "now": NOW,
}

REFUSED = {**OF_SHOP, "day": 19_000, "reason": "out_of_stock", "stripe": 3, "checkouts": 2}
REFUSED_DAYS = {**OF_SHOP, "first": 19_000, "last": 19_001}
BY_REASON = [("out_of_stock", 4), ("", 3)]

ORDERS: list[Step] = [
    ("add_refused_checkouts", REFUSED, 1),
    ("add_refused_checkouts", REFUSED, 1),
    ("add_refused_checkouts", {**REFUSED, "reason": "", "stripe": 4, "checkouts": 3}, 1),
    ("add_refused_checkouts", {**REFUSED, "day": 19_002}, 1),
    ("refused_checkouts", REFUSED_DAYS, BY_REASON),
    ("take_numbers", {**OF_SHOP, "name": "order", "first": 1000, "count": 1}, [(1001,)]),
    ("take_numbers", {**OF_SHOP, "name": "order", "first": 1000, "count": 3}, [(1004,)]),
    ("take_numbers", {**OF_SHOP, "name": "large", "first": 32_000, "count": 1000}, [(33_000,)]),
    ("take_numbers", {**OF_SHOP, "name": "huge", "first": 2_147_483_647, "count": 1}, [(2_147_483_648,)]),
    ("insert_sales_order", {**OF_SHOP, **NEW_ORDER, "number": 1, "id": "EON1"}, 1),
    ("sales_order", {**OF_SHOP, "id": "EON1"}, [ORDER_ROW]),
    ("lock_sales_orders", {**OF_SHOP, "keys": keys(["EON1", "none"])}, [ORDER_ROW]),
    ("sales_orders", {**OF_SHOP, **PAGE, "status": "", "site": ""}, [ORDER_ROW]),
    ("sales_orders", {**OF_SHOP, **PAGE, "status": "CREATED", "site": "main"}, [ORDER_ROW]),
    ("sales_orders", {**OF_SHOP, **PAGE, "status": "", "site": "other"}, []),
    ("sales_order_count", {**OF_SHOP, "status": "", "site": ""}, [(1,)]),
    ("sales_order_count", {**OF_SHOP, "status": "SHIPPED", "site": ""}, [(0,)]),
    ("sales_order_ids", {**OF_SHOP, "keys": keys(["EON1", "none"])}, [("EON1",)]),
    ("checkout_order_of_cart", {**OF_SHOP, "cart_id": "cart"}, [("EON1",)]),
    ("checkout_order_of_cart", {**OF_SHOP, "cart_id": "none"}, []),
    ("sequence_next", {**OF_SHOP, "name": "order"}, [(1004,)]),
    ("sales_orders_of_legal_entity", {**OF_SHOP, **PAGE, "owner": "le"}, [ORDER_ROW]),
    ("sales_order_count_of_legal_entity", {**OF_SHOP, "owner": "none"}, [(0,)]),
    (
        "update_sales_order",
        {**OF_SHOP, "id": "none", "customer_id": None, "session_id": "s", "total_minor": 1, "document": "{}"},
        0,
    ),
    ("delete_sales_order", {**OF_SHOP, "id": "none"}, 0),
    ("sales_orders_of_customer", {**OF_SHOP, **PAGE, "owner": "c"}, []),
    ("sales_order_count_of_customer", {**OF_SHOP, "owner": "c"}, [(0,)]),
    ("sales_orders_of_session", {**OF_SHOP, **PAGE, "owner": "guest"}, [ORDER_ROW]),
    ("sales_order_count_of_session", {**OF_SHOP, "owner": "guest"}, [(1,)]),
    ("update_sales_order_status", {**OF_SHOP, "id": "EON1", "status": "CONFIRMED", "now": LATER}, 1),
    (
        "insert_order_transition",
        {**OF_SHOP, "order_id": "EON1", "position": 1, "status": "CONFIRMED", "comment": "", "now": LATER},
        1,
    ),
    ("order_transitions", {**OF_SHOP, "order_id": "EON1"}, [(1, "CONFIRMED", "", LATER)]),
    ("sales_order_awaits", {**OF_SHOP, "id": "EON1"}, [(0,)]),
    ("withdraw_sales_order", {**OF_SHOP, "id": "EON1", "now": LATER}, 0),
    ("hold_sales_orders", {**OF_SHOP, "id": "EON1"}, 1),
    ("sales_order_awaits", {**OF_SHOP, "id": "EON1"}, [(1,)]),
    ("place_held_sales_order", {**OF_SHOP, "id": "EON1"}, 1),
    ("place_held_sales_order", {**OF_SHOP, "id": "EON1"}, 0),
    ("insert_cart", {**OF_SHOP, **CART, "id": "held", "owner": "h", "document": "{}", "now": NOW}, 1),
    ("close_cart", {**OF_SHOP, "id": "held", "order_id": "EON2", "version": 1, "now": NOW}, 1),
    ("insert_sales_order", {**OF_SHOP, **NEW_ORDER, "number": 2, "id": "EON2", "cart_id": "held"}, 1),
    ("hold_sales_orders", {**OF_SHOP, "id": "EON2"}, 1),
    ("withdraw_sales_order", {**OF_SHOP, "id": "EON2", "now": LATER}, 1),
    ("withdraw_sales_order", {**OF_SHOP, "id": "EON2", "now": LATER}, 0),
    ("sales_order", {**OF_SHOP, "id": "EON2"}, []),
    ("reopen_cart", {**OF_SHOP, "id": "held", "order_id": "EON1", "now": LATER}, 0),
    ("reopen_cart", {**OF_SHOP, "id": "held", "order_id": "EON2", "now": LATER}, 1),
    ("open_cart", {**OF_SHOP, **CART, "owner": "h"}, [("held",)]),
]

OF_QUOTE = {**OF_SHOP, "id": "quote"}
NEW_QUOTE = {"customer_id": "c", "status": "OPEN", "valid_to": NOW, "cart_id": "cart", "document": "{}", "now": NOW}
QUOTE_ROW = ("quote", "OPEN", "c", None, 1, "{}", NOW, NOW)
CHANGE = {"position": 1000, "op": "CREATE", "path": "/quote", "new_value": "{}", "previous_value": None}
CHANGE |= {"quote_id": "draft", "user_type": "SYSTEM", "user_id": "system", "now": NOW}
MADE = (1000, "CREATE", "/quote", "{}", None, "SYSTEM", "system", NOW)
ACCEPTED_QUOTE = {"customer_id": "c", "status": "ACCEPTED", "valid_to": None, "order_id": "EON1", "document": "[]"}

QUOTES: list[Step] = [
    ("insert_quote", {**OF_QUOTE, **NEW_QUOTE}, 1),
    ("insert_quote", {**OF_QUOTE, **NEW_QUOTE, "cart_id": None}, 0),
    ("insert_quote", {**OF_SHOP, **NEW_QUOTE, "id": "draft", "customer_id": "d", "cart_id": None, "now": LATER}, 1),
    ("quote", OF_QUOTE, [QUOTE_ROW]),
    ("lock_quotes", {**OF_SHOP, "keys": keys(["none", "quote"])}, [QUOTE_ROW]),
    ("quotes_page", {**OF_SHOP, "limit": 1, "offset": 1}, [QUOTE_ROW]),
    ("quotes_page_of_customer", {**OF_SHOP, **PAGE, "customer": "c"}, [QUOTE_ROW]),
    ("quote_count", OF_SHOP, [(2,)]),
    ("quote_count_of_customer", {**OF_SHOP, "customer": "c"}, [(1,)]),
    ("expiring_quotes", {"now": NOW - 1, "limit": 10}, []),
    ("expiring_quotes", {"now": NOW, "limit": 10}, [(SHOP, "draft"), (SHOP, "quote")]),
    ("insert_quote_change", {**OF_SHOP, **CHANGE}, 1),
    ("quote_changes", {**OF_SHOP, "quote_id": "draft"}, [MADE]),
    ("delete_quote_changes", {**OF_SHOP, "id": "draft"}, 1),
    ("delete_quote", {**OF_SHOP, "id": "draft"}, 1),
    ("update_quote", {**OF_QUOTE, **ACCEPTED_QUOTE, "version": 2, "now": LATER}, 0),
    ("update_quote", {**OF_QUOTE, **ACCEPTED_QUOTE, "version": 1, "now": LATER}, 1),
    ("delete_quote", OF_QUOTE, 0),
    ("release_quote", {**OF_QUOTE, "order_id": "none", "now": LATER}, 0),
    ("expiring_quotes", {"now": LATER, "limit": 10}, []),
]
