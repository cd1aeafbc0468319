"""The part of the store's story that is about search sessions, their carts and reports: see `test_queries.py`."""

from typing import Any

from tests.store.ground import NOW, SHOP

Step = tuple[str, dict[str, Any], int | list[tuple[Any, ...]]]

LATER = NOW + 1
OF_SHOP = {"shop": SHOP}
CALL = {"call": "0a", "channel": "h", "person": "p", "detail": "red shoes", "outcome": "repeated", "reason": ""}
CALL |= {
    "dialect": "doofinder",
    "kind": "click",
    "subject": "item",
    "visitor": "v",
    "document": "{1}",
    "device": "mobile",
}
CALLED = {"happened_at": NOW, "received_at": LATER}

FIRST = {**OF_SHOP, "dialect": "doofinder", "kind": "cart_clear", "subject": "item"}
SESSION = {**OF_SHOP, "channel": "h", "session_id": "v"}
LINE = {**SESSION, "line": "l", "index_name": "product", "item_id": "i", "price": None, "title": "t", "now": NOW}
AT_LINE = {**SESSION, "line": "l"}

SEARCH: list[Step] = [
    ("lock_search_sessions", {"places": '["a","b"]'}, [(2,)]),
    ("add_to_search_cart", {**LINE, "quantity": 1000}, 1),
    ("add_to_search_cart", {**LINE, "quantity": 2000, "price": "1.50", "title": "u"}, 1),
    ("take_from_search_cart", {**AT_LINE, "quantity": 500}, 1),
    ("delete_empty_search_cart_line", AT_LINE, 0),
    ("audit_search_cart_lines", {}, [(SHOP, "h", "v", "l", 2500)]),
    ("idle_search_carts", {"before": NOW + 1, "limit": 10}, [(SHOP, "h", "v")]),
    ("touch_search_cart", {**SESSION, "now": NOW + 1}, 1),
    ("idle_search_carts", {"before": NOW + 1, "limit": 10}, []),
    ("touch_search_cart", {**SESSION, "now": NOW}, 1),
    ("empty_search_cart", SESSION, [("product", "i", 2500, "1.50", "u", NOW)]),
    ("empty_search_cart", SESSION, []),
    ("add_to_search_cart", {**LINE, "quantity": 1000}, 1),
    ("take_from_search_cart", {**AT_LINE, "quantity": 5000}, 1),
    ("delete_empty_search_cart_line", AT_LINE, 1),
    ("clear_search_cart", SESSION, 0),
    ("count_search_checkout", SESSION, [(1,)]),
    ("count_search_checkout", SESSION, [(2,)]),
    ("insert_call", {**OF_SHOP, **CALL, **CALLED, "kind": "cart_clear", "outcome": "accepted"}, 1),
    ("first_event_of_search_session", SESSION, [(NOW,)]),
    ("last_event_of_search_session", SESSION, [(LATER,)]),
    ("first_accepted", {**FIRST, "before": 4}, [("0a",)]),
    ("first_accepted", {**FIRST, "before": 3}, []),
    ("audit_search_cart_events", {"after": 0, "limit": 10}, [(3, SHOP, "h", "v", "cart_clear", "{1}")]),
    ("audit_receptions_after", {"after": 1, "limit": 1}, [(2, SHOP, "0a", LATER)]),
    ("audit_tallies", {"limit": 1}, [(SHOP, "doofinder", "accepted", "", 1, 0)]),
]

SPAN = {**OF_SHOP, "channels": "|g||h|", "edge": "|", "first": 0, "last": LATER, "device": ""}
NAMELESS = {"names": ""}
QUARTER = NOW // 900_000_000

REPORTS: list[Step] = [
    ("insert_call", {**OF_SHOP, **CALL, **CALLED, "outcome": "accepted"}, 1),
    ("search_counts", {**SPAN, "kind": "click"}, [(QUARTER, 1)]),
    ("search_counts", {**SPAN, "kind": "click", "channels": "|gh|"}, []),
    ("search_counts", {**SPAN, "kind": "click", "channels": "", "last": NOW}, []),
    ("search_counts", {**SPAN, "kind": "click", "device": "mobile"}, [(QUARTER, 1)]),
    ("search_counts", {**SPAN, "kind": "click", "device": "desktop"}, []),
    ("search_queries", {**SPAN, **NAMELESS, "subject": "", "limit": 10}, [("red shoes", 1, 1, 1)]),
    (
        "search_queries",
        {**SPAN, "names": "|red shoes|", "subject": "", "limit": 1},
        [("red shoes", 1, 1, 1)],
    ),
    ("search_queries", {**SPAN, "names": "|red|", "subject": "", "limit": 1}, []),
    ("search_queries", {**SPAN, **NAMELESS, "subject": "another", "limit": 10}, []),
    ("search_subjects", {**SPAN, "kind": "click", "detail": "red shoes", "limit": 10}, [("item", 1, 1, 1)]),
    ("search_subjects", {**SPAN, "kind": "click", "detail": "blue", "limit": 10}, []),
    ("search_totals", {**SPAN, "kind": "click"}, [(1, 1, 1)]),
    ("search_documents", {**SPAN, "kind": "click"}, [("v", "item", NOW, "{1}")]),
    ("shops_of_secret", {"kind": "doofinder", "secret_hash": "hash"}, [(SHOP,)]),
]
