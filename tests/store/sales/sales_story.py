"""The part of the store's story that is about sales: see `test_queries.py`."""

from typing import Any

from tests.store.ground import NOW, SHOP
from tillroll.store.queries import keys
from tillroll.store.sales.rows import spans

Step = tuple[str, dict[str, Any], int | list[tuple[Any, ...]]]

LATER = NOW + 1
OF_SHOP = {"shop": SHOP}


CART_ROW = (1, "alhena", "cart", "", "s", None, None, "", None, "accepted", "", NOW, LATER, None, "{}")
CLICK_ROW = (
    *(2, "doofinder", "click", "h", "item", "v", "p", "mobile", "red shoes", "repeated"),
    *("", NOW, LATER, "0a", "{1}"),
)
BETWEEN = {**OF_SHOP, "after": 0, "until": 2, "kinds": keys(["alhena/cart", "doofinder/click"]), "limit": 10}
OF_VISITORS = {**OF_SHOP, "keys": keys(["v", "none"]), "kinds": keys(["doofinder/click"]), "limit": 10}
OF_VISITORS |= {"since": NOW, "until": 2}
ARRIVED = {**OF_SHOP, "after": 0, "until": 2, "limit": 10}
OF_KIND = {**OF_SHOP, "dialect": "doofinder", "kind": "click", "since": NOW, "until": NOW, "up_to": 2, "limit": 10}

# The ledger has two events by now: `LEDGER` and the first step of `CALLS`.
FOLLOWING: list[Step] = [
    ("newest_position_of_shop", OF_SHOP, [(2,)]),
    ("newest_position_of_shop", {"shop": "nobody"}, [(0,)]),
    ("event_writers", {}, []),
    ("events_of_kinds", BETWEEN, [CART_ROW, CLICK_ROW]),
    ("events_of_kinds", {**BETWEEN, "limit": 1}, [CART_ROW]),
    ("events_of_kinds", {**BETWEEN, "after": 1}, [CLICK_ROW]),
    ("events_of_kinds", {**BETWEEN, "until": 1}, [CART_ROW]),
    ("events_of_kinds", {**BETWEEN, "kinds": keys(["alhena/click", "doofinder/clicks"])}, []),
    ("arrived_events", ARRIVED, [CART_ROW, CLICK_ROW]),
    ("arrived_events", {**ARRIVED, "limit": 1}, [CART_ROW]),
    ("arrived_events", {**ARRIVED, "after": 1}, [CLICK_ROW]),
    ("arrived_events", {**ARRIVED, "until": 1}, [CART_ROW]),
    ("arrived_events", {**ARRIVED, "shop": "nobody"}, []),
    ("events_of_kind", OF_KIND, [CLICK_ROW]),
    ("events_of_kind", {**OF_KIND, "kind": "init"}, []),
    ("events_of_kind", {**OF_KIND, "since": LATER}, []),
    ("events_of_kind", {**OF_KIND, "until": NOW - 1}, []),
    ("events_of_kind", {**OF_KIND, "up_to": 1}, []),
    ("events_of_visitors", OF_VISITORS, [CLICK_ROW]),
    ("events_of_visitors", {**OF_VISITORS, "since": LATER}, []),
    ("events_of_visitors", {**OF_VISITORS, "until": 1}, []),
    ("events_of_visitors", {**OF_VISITORS, "keys": keys(["none"])}, []),
    ("events_of_visitors", {**OF_VISITORS, "kinds": keys(["alhena/click"])}, []),
    ("currency_of_shop", OF_SHOP, [("EUR",)]),
    ("shops_between", {"after": 0, "until": 2}, [(SHOP,)]),
    ("shops_between", {"after": 2, "until": 9}, []),
    ("sales_followers", {}, [(SHOP, 0, "", None), ("other", 0, "", None)]),
    ("sales_followers_of", {"keys": keys(["other", "nobody"])}, [("other", 0, "", None)]),
    ("take_sales_follower", OF_SHOP, []),
    ("start_sales_follower", OF_SHOP, 1),
    ("sales_begun_anew", {}, [(SHOP,)]),
    ("start_sales_follower", OF_SHOP, 0),
    ("take_sales_follower", OF_SHOP, [(0, "", 0)]),
    ("move_sales_follower", {**OF_SHOP, "position": 7, "policy": "p"}, 1),
    ("start_sales_follower", OF_SHOP, 0),
    ("take_sales_follower", OF_SHOP, [(7, "p", 7)]),
    ("sales_followers", {}, [(SHOP, 7, "p", None), ("other", 0, "", None)]),
    ("sales_begun_anew", {}, []),
    ("sales_position", OF_SHOP, [(7,)]),
    ("sales_position", {"shop": "nobody"}, []),
    ("sales_policy", OF_SHOP, []),
    ("store_sales_policy", {**OF_SHOP, "document": "{}"}, 1),
    ("store_sales_policy", {**OF_SHOP, "document": "[]"}, 1),
    ("sales_policy", OF_SHOP, [("[]",)]),
    ("sales_followers_of", {"keys": keys([SHOP])}, [(SHOP, 7, "p", "[]")]),
]

REPORT = {**OF_SHOP, "position": 10, "sale": "s9", "order_key": "42", "call": "0c", "document": "old"}
ELSE = {**REPORT, "position": 11, "sale": "s11", "order_key": "", "call": "0d", "document": "else"}
NODE = {**OF_SHOP, "node": "a:v", "at": NOW, "position": 10}
NEAR = {**OF_SHOP, "keys": keys(["a:v", "a:w"]), "since": NOW, "limit": 10}
REFUND = {**OF_SHOP, "position": 12, "order_key": "42", "report": 0, "document": "back"}

REPORTS_OF_PURCHASES: list[Step] = [
    ("store_sale_report", REPORT, 1),
    ("store_sale_report", {**REPORT, "sale": "s10", "order_key": "never", "call": "never", "document": "new"}, 1),
    ("store_sale_report", ELSE, 1),
    ("sale_reports", {**OF_SHOP, "keys": keys(["10", "404"])}, [("new",)]),
    ("sale_reports_of_keys", {**OF_SHOP, "keys": keys(["42", "never"])}, [("new",)]),
    ("sale_reports_of_calls", {**OF_SHOP, "keys": keys(["0c", "never"])}, [("new",)]),
    ("sale_reports_of_sales", {**OF_SHOP, "keys": keys(["s10", "s9"])}, [("new",)]),
    ("sales_of_reports", {**OF_SHOP, "keys": keys(["10", "404"])}, [("s10",)]),
    ("sale_of_report", {**OF_SHOP, "position": 11}, [("s11",)]),
    ("insert_sale_node", NODE, 1),
    ("insert_sale_node", NODE, 0),
    ("insert_sale_node", {**NODE, "node": "a:w", "at": LATER, "position": 11}, 1),
    ("sale_positions_of_nodes", NEAR, [(11,), (10,)]),
    ("sale_positions_of_nodes", {**NEAR, "limit": 1}, [(11,)]),
    ("sale_positions_of_nodes", {**NEAR, "since": LATER}, [(11,)]),
    ("sale_positions_of_nodes", {**NEAR, "keys": keys(["a:w"])}, [(11,)]),
    ("store_identity_link", {**OF_SHOP, "id": "lnk", "document": "old"}, 1),
    ("store_identity_link", {**OF_SHOP, "id": "lnk", "document": "new"}, 1),
    ("identity_links", {**OF_SHOP, "keys": keys(["lnk", "none"])}, [("lnk", "new")]),
    ("insert_identity_node", {**OF_SHOP, "node": "a:v", "link": "lnk"}, 1),
    ("insert_identity_node", {**OF_SHOP, "node": "a:v", "link": "lnk"}, 0),
    ("insert_identity_node", {**OF_SHOP, "node": "a:w", "link": "lnk"}, 1),
    ("links_of_nodes", {**OF_SHOP, "keys": keys(["a:v", "a:w", "none"]), "limit": 10}, [("lnk",)]),
    ("links_of_nodes", {**OF_SHOP, "keys": keys(["none"]), "limit": 10}, []),
    ("store_sale_decision", {**OF_SHOP, "id": "dec", "document": "old"}, 1),
    ("store_sale_decision", {**OF_SHOP, "id": "dec", "document": "new"}, 1),
    ("sale_decisions", {**OF_SHOP, "keys": keys(["dec", "none"])}, [("dec", "new")]),
    ("insert_decided_report", {**OF_SHOP, "report": 10, "decision": "dec"}, 1),
    ("insert_decided_report", {**OF_SHOP, "report": 10, "decision": "dec"}, 0),
    ("insert_decided_report", {**OF_SHOP, "report": 11, "decision": "dec"}, 1),
    ("decisions_of_reports", {**OF_SHOP, "keys": keys(["10", "11", "404"])}, [("dec",)]),
    ("insert_sale_refund", REFUND, 1),
    ("insert_sale_refund", {**REFUND, "document": "again"}, 0),
    ("insert_sale_refund", {**REFUND, "position": 13, "order_key": "", "report": 10, "document": "more"}, 1),
    ("refunds_of_keys", {**OF_SHOP, "keys": keys(["42", "none"])}, [(12, "back")]),
    ("refunds_of_reports", {**OF_SHOP, "keys": keys(["10", "404"])}, [(13, "more")]),
]

FIGURES = {"total_minor": 3083, "refunded_minor": 83, "reports": 2, "conflicts": 1, "candidates": 0}
SALE = {**OF_SHOP, "id": "s10", "since": 10, "placed_at": NOW, "number": "#42", "order_key": "42", "currency": "EUR"}
SALE |= {**FIGURES, "state": "counted", "sources": "\nchat\n", "document": "{}", "entries": "[]"}
NOW_SALE = {**SALE, "since": 12, "total_minor": 4000, "document": "{1}"}
SALE_ROW = (*("s10", 12, NOW, "#42", "42", "EUR", 4000, 83, 2, 1, 0, "counted", "\nchat\n", "{1}", "[]"),)
SALES_PAGE = {**OF_SHOP, "since": 0, "until": LATER, "at": 2**62, "id": "", "currency": "", "state": "", "source": ""}
SALES_PAGE |= {"wanted": "", "conflicting": 0, "limit": 10}
PAST = {**OF_SHOP, "id": "s10", "since": 10, "until": 11, "document": "first", "entries": "[]"}
SUM = {**OF_SHOP, "calendar": "order", "currency": "EUR", "model": "last", "day": 19_000, "source": "chat"}
SUM |= {"orders": 1, "credited_minor": 3000, "direct_minor": 1, "assisted_minor": 3083, "refunded_minor": 5}
DAYS = {**OF_SHOP, "first": 19_000, "last": 19_001}
PERIOD = {**DAYS, "calendar": "order", "currency": "EUR"}
ALL_ROW = {**SUM, "model": "", "source": ""}

SALES: list[Step] = [
    ("store_sale", SALE, 1),
    ("sales", {**OF_SHOP, "keys": keys(["s10", "none"])}, [("s10", 10, "{}", "[]")]),
    ("store_sale", NOW_SALE, 1),
    ("store_sale", {**SALE, "id": "s11", "placed_at": NOW - 1, "order_key": "", "state": "refused"}, 1),
    ("delete_sale", {**OF_SHOP, "id": "s11"}, 1),
    ("delete_sale", {**OF_SHOP, "id": "s11"}, 0),
    ("sales_page", SALES_PAGE, [SALE_ROW]),
    ("sales_page", {**SALES_PAGE, "at": NOW, "id": "s10"}, []),
    ("sales_page", {**SALES_PAGE, "at": NOW, "id": "s11"}, [SALE_ROW]),
    ("insert_sale_version", {**PAST, "until": 12, "document": "never"}, 1),
    ("insert_sale_version", PAST, 1),
    ("counted_sales", {**OF_SHOP, "since": NOW, "until": NOW, "limit": 10}, [("s10", 12, "{1}", "[]")]),
    ("counted_sales", {**OF_SHOP, "since": LATER, "until": LATER, "limit": 10}, []),
    ("past_sales", {**OF_SHOP, "position": 9}, []),
    ("past_sales", {**OF_SHOP, "position": 10}, [("s10", 10, "first", "[]")]),
    ("past_sales", {**OF_SHOP, "position": 11}, []),
    ("past_sales", {**OF_SHOP, "position": 12}, [("s10", 12, "{1}", "[]")]),
    ("add_to_revenue", SUM, 1),
    ("sums_of_revenue", OF_SHOP, [("order", "EUR", "last", 19_000, "chat", 1, 3000, 1, 3083, 5)]),
    ("add_to_revenue", {**SUM, "orders": 2, "credited_minor": -1000, "direct_minor": 0}, 1),
    ("add_to_revenue", {**SUM, "day": 19_002}, 1),
    ("add_to_revenue", {**SUM, "calendar": "refund"}, 1),
    ("add_to_revenue", ALL_ROW, 1),
    ("add_to_revenue", {**ALL_ROW, "currency": "PLN", "orders": 2}, 1),
    ("add_to_revenue", {**ALL_ROW, "currency": "USD", "orders": 0}, 1),
    ("revenue_of_days", {**PERIOD, "model": "last"}, [("last", 19_000, "chat", 3, 2000, 1, 6166, 10)]),
    ("revenue_of_models", PERIOD, [("", "", 1, 3000, 1, 3083, 5), ("last", "chat", 3, 2000, 1, 6166, 10)]),
    ("currencies_of_revenue", DAYS, [("PLN", 2), ("EUR", 1)]),
    ("currencies_of_figures", DAYS, [("EUR",), ("PLN",), ("USD",)]),
]

SEEN = {**OF_SHOP, "day": 19_000, "node": "a:v"}
VISITS: list[Step] = [
    ("insert_visitor_day", SEEN, 1),
    ("insert_visitor_day", SEEN, 0),
    ("insert_visitor_day", {**SEEN, "day": 19_001}, 1),
    ("add_visits", {**OF_SHOP, "day": 19_000, "visits": 2}, 1),
    ("add_visits", {**OF_SHOP, "day": 19_000, "visits": 3}, 1),
    ("add_visits", {**OF_SHOP, "day": 19_002, "visits": 7}, 1),
    ("visits_by_day", {**DAYS, "last": 19_002}, [(19_000, 5), (19_002, 7)]),
    ("visits_of_days", DAYS, [(5,)]),
    ("visits_of_days", {**DAYS, "first": 19_001}, [(0,)]),
]

ALL = {"limit": 10}
SHARE = (SHOP, "order", "EUR", "last", 19_000, 2000, 3000, 10, 5)
# The second report's sale is deleted, the first one's has lost a report, and the sums were written by hand.
AUDITED: list[Step] = [
    ("audit_reports_without_sale", ALL, [(SHOP, 11, "s11")]),
    ("audit_sales_without_reports", ALL, [(SHOP, "s10", 2, 1)]),
    ("audit_reports_without_event", ALL, [(SHOP, 10), (SHOP, 11)]),
    ("audit_orders_without_sale", ALL, []),
    ("audit_refunds_beyond_sales", ALL, []),
    ("audit_shares_of_revenue", {"limit": 1}, [SHARE]),
    ("audit_followers_ahead", ALL, [(SHOP, 7, 2)]),
    (
        "audit_sales_after",
        {**OF_SHOP, "after": "", "limit": 10},
        [("s10", NOW, "EUR", 4000, 83, 2, "counted", "{1}", "[]")],
    ),
    ("audit_sales_after", {**OF_SHOP, "after": "s10", "limit": 10}, []),
    ("audit_past_sales", {**OF_SHOP, "position": 10}, []),
    ("audit_past_sales", {**OF_SHOP, "position": 11}, [("s10", 10, 11, "first", "[]")]),
]

CART = {**OF_SHOP, "node": "alhena:v", "closed": 0, "dialect": "alhena", "currency": "EUR", "opened_day": 19_000}
CART |= {"changed_at": NOW, "bought_at": 0, "worth_minor": 700, "document": "{}"}
CART_DAY = {**OF_SHOP, "dialect": "alhena", "currency": "EUR", "day": 19_000, "node": "alhena:v"}
CART_SUM = {**OF_SHOP, "dialect": "alhena", "currency": "EUR", "span": 1, "day": 19_000, "product": "mug"}
CART_SUM |= {"added": 2000, "removed": 1000, "added_minor": 500, "removed_minor": 250, "carts": 0}
CUP_SUM = {**CART_SUM, "product": "cup", "added": 1000, "removed": 3000}
OF_DIALECT = {**DAYS, "dialect": "alhena"}
CART_DAYS = {**OF_DIALECT, "currency": "EUR"}
LEFT = {**OF_SHOP, "since": NOW, "before": LATER, "limit": 10}
TOLD_CART = {**OF_SHOP, "node": "alhena:v", "changed_at": NOW}
IN_SPANS = {**OF_SHOP, "dialect": "alhena", "currency": "EUR", "spans": spans(19_000, 19_001)}
OUTCOME = {**OF_SHOP, "dialect": "alhena", "currency": "EUR", "day": 19_001, "carts": 1, "checkouts": 1, "orders": 1}
OUTCOME |= {"unbought": 0, "unbought_minor": 0}
UNBOUGHT = {"checkouts": 0, "orders": 0, "unbought": 1, "unbought_minor": 900}

# The one sale and its report at 10 are there by now.
FOLLOWED_CARTS: list[Step] = [
    ("store_followed_cart", CART, 1),
    ("store_followed_cart", {**CART, "worth_minor": 900, "document": "{1}"}, 1),
    ("store_followed_cart", {**CART, "closed": 10, "bought_at": NOW, "opened_day": 19_001}, 1),
    ("store_followed_cart", {**CART, "node": "alhena:w", "opened_day": 0, "worth_minor": 0}, 1),
    ("followed_carts", {**OF_SHOP, "keys": keys(["alhena:v", "none"])}, [("alhena:v", 19_000, "{1}")]),
    ("carts_left", LEFT, [("alhena:v", "alhena", "EUR", 900, NOW, "{1}")]),
    ("carts_left", {**LEFT, "since": LATER}, []),
    ("carts_left", {**LEFT, "before": NOW}, []),
    ("claim_told_cart", TOLD_CART, 1),
    ("claim_told_cart", TOLD_CART, 0),
    ("carts_left", LEFT, []),
    ("claim_told_cart", {**TOLD_CART, "changed_at": LATER}, 1),
    ("fresh_carts", {**CART_DAYS, "since": NOW}, [(1, 900)]),
    ("fresh_carts", {**CART_DAYS, "since": LATER}, [(0, 0)]),
    ("fresh_carts", {**CART_DAYS, "first": 19_001, "since": NOW}, [(0, 0)]),
    ("ended_carts", {**OF_SHOP, "keys": keys(["10", "11"])}, [(10, "alhena", "EUR", 19_001, NOW)]),
    ("add_to_cart_outcomes", OUTCOME, 1),
    ("add_to_cart_outcomes", {**OUTCOME, **UNBOUGHT, "day": 19_000}, 1),
    ("add_to_cart_outcomes", {**OUTCOME, "carts": 2}, 1),
    ("cart_outcomes", CART_DAYS, [(4, 2, 2, 1, 900)]),
    ("cart_outcomes", {**CART_DAYS, "first": 19_002, "last": 19_003}, [(0, 0, 0, 0, 0)]),
    ("abandoned_carts", {**CART_DAYS, "before": LATER, "limit": 10, "characters": 3}, [("{1}",)]),
    ("abandoned_carts", {**CART_DAYS, "before": NOW, "limit": 10, "characters": 3}, []),
    ("abandoned_carts", {**CART_DAYS, "before": LATER, "limit": 10, "characters": 2}, []),
    ("insert_cart_day", CART_DAY, 1),
    ("insert_cart_day", CART_DAY, 0),
    ("add_to_cart_sums", CART_SUM, 1),
    ("add_to_cart_sums", CART_SUM, 1),
    ("add_to_cart_sums", CUP_SUM, 1),
    ("add_to_cart_sums", {**CART_SUM, "span": 0, "product": "", "carts": 1}, 1),
    ("add_to_cart_sums", {**CART_SUM, "span": 0, "product": "", "carts": 2, "currency": "PLN"}, 1),
    ("cart_days", CART_DAYS, [(19_000, 500, 250, 1)]),
    (
        "cart_products",
        {**IN_SPANS, "removed": 0, "limit": 9},
        [("mug", 4000, 2000, 1000, 500), ("cup", 1000, 3000, 500, 250)],
    ),
    ("cart_products", {**IN_SPANS, "removed": 1, "limit": 1}, [("cup", 1000, 3000, 500, 250)]),
    ("cart_products", {**IN_SPANS, "spans": spans(19_001, 19_001), "removed": 0, "limit": 9}, []),
    ("cart_currencies", OF_DIALECT, [("PLN", 2), ("EUR", 1)]),
]

CLICKS = {**OF_SHOP, "kind": "click", "span": 0, "day": 19_000, "name": "", "events": 2, "minor": 0}
SOLD = {**OF_SHOP, "kind": "query_sold", "span": 1, "day": 19_000, "name": "mugs", "events": 1, "minor": 700}
OF_QUERIES = {**OF_SHOP, "kind": "query_sold", "spans": spans(19_000, 19_001)}
SEARCHED: list[Step] = [
    ("add_to_search_sums", CLICKS, 1),
    ("add_to_search_sums", CLICKS, 1),
    ("add_to_search_sums", {**CLICKS, "span": 1, "name": "item"}, 1),
    ("add_to_search_sums", {**CLICKS, "day": 19_002}, 1),
    ("add_to_search_sums", {**CLICKS, "kind": "session"}, 1),
    ("add_to_search_sums", SOLD, 1),
    ("add_to_search_sums", {**SOLD, "day": 19_001, "minor": 300}, 1),
    ("add_to_search_sums", {**SOLD, "name": "cups", "minor": 900, "events": 9}, 1),
    ("search_days", {**DAYS, "kind": "click"}, [("click", 19_000, 4, 0)]),
    ("search_names", {**OF_QUERIES, "limit": 9}, [("mugs", 2, 1000), ("cups", 9, 900)]),
    ("search_names", {**OF_QUERIES, "limit": 1}, [("mugs", 2, 1000)]),
    ("search_names", {**OF_QUERIES, "spans": spans(18_999, 18_999), "limit": 1}, []),
]

ASSIGNED: dict[str, Any] = {
    "subject": "spring",
    "kind": "experiment_assigned",
    "dialect": "native",
    "visitor": "v",
    "detail": "test",
}
ASSIGNED |= {**OF_SHOP, "happened_at": NOW, "received_at": NOW, "document": "{}", "outcome": "accepted", "reason": ""}
ASSIGNED |= {"call": "0f", "channel": "", "person": None, "device": ""}
OF_SPRING = {**OF_SHOP, "experiment": "spring", "since": NOW, "until": NOW, "limit": 9}
KNOWN = {**OF_SHOP, "dialect": "native"}
EXPERIMENTS: list[Step] = [
    ("insert_call", ASSIGNED, 1),
    ("insert_call", {**ASSIGNED, "visitor": "w", "outcome": "refused"}, 1),
    ("insert_call", {**ASSIGNED, "visitor": "w", "happened_at": LATER}, 1),
    ("known_experiments", {**KNOWN, "since": NOW, "until": LATER, "limit": 9}, [("spring", 2)]),
    ("known_experiments", {**KNOWN, "since": NOW, "until": NOW, "limit": 9}, [("spring", 1)]),
    ("known_experiments", {**KNOWN, "since": NOW, "until": LATER, "limit": 1}, [("spring", 1)]),
    ("known_experiments", {**KNOWN, "dialect": "alhena", "since": NOW, "until": LATER, "limit": 9}, []),
    ("experiment_assignments", OF_SPRING, [("native", "v", "test", NOW)]),
    ("experiment_assignments", {**OF_SPRING, "experiment": "autumn"}, []),
    ("experiment_assignments", {**OF_SPRING, "until": LATER, "limit": 1}, [("native", "v", "test", NOW)]),
    ("experiment_assignments", {**OF_SPRING, "since": LATER, "until": LATER}, [("native", "w", "test", LATER)]),
]

# A rebuild takes it all away, and nothing else.
FORGETTING: list[Step] = [
    ("forget_sale_reports", OF_SHOP, 2),
    ("forget_sale_nodes", OF_SHOP, 2),
    ("forget_identity_links", OF_SHOP, 1),
    ("forget_identity_nodes", OF_SHOP, 2),
    ("forget_sale_decisions", OF_SHOP, 1),
    ("forget_decided_reports", OF_SHOP, 2),
    ("forget_sale_refunds", OF_SHOP, 2),
    ("forget_sales", OF_SHOP, 1),
    ("forget_sale_versions", OF_SHOP, 1),
    ("forget_revenue", OF_SHOP, 6),
    ("forget_visitor_days", OF_SHOP, 2),
    ("forget_visits", OF_SHOP, 2),
    ("forget_followed_carts", OF_SHOP, 3),
    ("forget_cart_days", OF_SHOP, 1),
    ("forget_cart_sums", OF_SHOP, 4),
    ("forget_cart_outcomes", OF_SHOP, 2),
    ("forget_search_sums", OF_SHOP, 7),
]

SALES_STORY = [*FOLLOWING, *REPORTS_OF_PURCHASES, *SALES, *VISITS, *AUDITED, *FOLLOWED_CARTS, *SEARCHED, *FORGETTING]
