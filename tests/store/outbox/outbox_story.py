"""The part of the store's story that is about the outbox: see `test_queries.py`."""

from typing import Any

from tests.store.ground import NOW, SHOP
from tillroll.store.queries import keys

Step = tuple[str, dict[str, Any], int | list[tuple[Any, ...]]]

LATER = NOW + 1
OF_SHOP = {"shop": SHOP}
HOOK = {**OF_SHOP, "id": "we_1"}
OF_HOOK = {**OF_SHOP, "webhook_id": "we_1"}
NEW = {**HOOK, "url": "https://a.example/", "types": "order.created", "description": "", "now": NOW}
NEW_ROW = ("we_1", "https://a.example/", "order.created", "", "ENABLED", "", 0, NOW, NOW, NOW)
CHANGED: dict[str, Any] = {
    **HOOK,
    "url": "https://b.example/",
    "types": "stock.out",
    "description": "d",
    "state": "ENABLED",
}
CHANGED |= {"reason": "", "rest_until": 0, "asked_since": LATER, "changed_at": LATER}
CHANGED_ROW = ("we_1", "https://b.example/", "stock.out", "d", "ENABLED", "", 0, LATER, NOW, LATER)
LANE = {**OF_HOOK, "subject": "order:1"}
MESSAGE = {**LANE, "type": "order.created", "document": "{}", "now": NOW}
CLAIM = {"until": NOW + 10, "limit": 10}
SETTLED: dict[str, Any] = {**OF_SHOP, "position": 1, "state": "DELIVERED", "tries": 1, "status": 204, "answer": "a"}
SETTLED |= {"tried_at": LATER, "settled_at": LATER}
ROW = (1, "order.created", "order:1", "PENDING", 0, 0, None, "", NOW, None, None)
DONE_ROW = (1, "order.created", "order:1", "DELIVERED", 1, 0, 204, "a", NOW, LATER, LATER)
SECOND_ROW = (2, "order.created", "order:1", "PENDING", 0, 0, None, "", NOW, None, None)
PAGE = {**OF_HOOK, "before": 10, "limit": 10}
AGAIN = {**OF_HOOK, "state": "DELIVERED", "since": NOW, "after": 0, "limit": 10}

OUTBOX: list[Step] = [
    ("insert_webhook", NEW, 1),
    ("webhooks", OF_SHOP, [NEW_ROW]),
    ("webhook", HOOK, [NEW_ROW]),
    ("webhook", {**OF_SHOP, "id": "we_2"}, []),
    ("webhooks_asking", OF_SHOP, [("we_1", "order.created")]),
    ("shops_asking", {"type": "order.created"}, [(SHOP, NOW)]),
    ("shops_asking", {"type": "order"}, []),
    ("update_webhook", CHANGED, 1),
    ("webhook", HOOK, [CHANGED_ROW]),
    ("insert_webhook_secret", {**OF_HOOK, "secret": "one", "now": NOW}, 1),
    ("end_webhook_secrets", {**OF_HOOK, "ends_at": LATER}, 1),
    ("end_webhook_secrets", {**OF_HOOK, "ends_at": LATER}, 0),
    ("insert_webhook_secret", {**OF_HOOK, "secret": "two", "now": LATER}, 1),
    ("webhook_secrets", {**OF_HOOK, "now": NOW}, [("two",), ("one",)]),
    ("webhook_secrets", {**OF_HOOK, "now": LATER}, [("two",)]),
    ("delete_ending_webhook_secrets", OF_HOOK, 1),
    ("delete_webhook_secrets", OF_HOOK, 1),
    ("insert_webhook_delivery", MESSAGE, 1),
    ("insert_webhook_delivery", MESSAGE, 1),
    ("webhook_lanes_due", {"now": NOW}, [(0,)]),
    ("open_webhook_lane", {**LANE, "now": NOW}, 1),
    ("open_webhook_lane", {**LANE, "now": LATER}, 1),
    ("webhook_lanes_due", {"now": NOW - 1}, [(0,)]),
    ("webhook_lanes_due", {"now": NOW}, [(1,)]),
    ("rest_webhook", {**HOOK, "until": LATER}, 1),
    ("rest_webhook", {**HOOK, "until": LATER}, 0),
    ("webhook_lanes_due", {"now": NOW}, [(0,)]),
    ("claim_webhook_lanes", {**CLAIM, "now": NOW, "busy": keys([])}, []),
    ("claim_webhook_lanes", {**CLAIM, "now": LATER, "busy": keys(["we_1"])}, []),
    ("claim_webhook_lanes", {**CLAIM, "now": LATER, "busy": keys(["we_2"])}, [(SHOP, "we_1", "order:1", NOW + 1)]),
    ("claim_webhook_lanes", {**CLAIM, "now": LATER, "busy": keys([])}, []),
    ("lock_webhook_lane", LANE, [(NOW + 1,)]),
    ("next_webhook_delivery", LANE, [(1, "{}", 0)]),
    ("webhook_delivery", {**OF_HOOK, "position": 1}, [ROW]),
    ("settle_webhook_delivery", SETTLED, 1),
    ("settle_webhook_delivery", SETTLED, 0),
    ("webhook_delivery", {**OF_HOOK, "position": 1}, [DONE_ROW]),
    ("next_webhook_delivery", LANE, [(2, "{}", 0)]),
    ("move_webhook_lane", {**LANE, "due_at": LATER, "turn": 7}, 1),
    ("lock_webhook_lane", LANE, [(7,)]),
    ("close_webhook_lane", LANE, 1),
    ("lock_webhook_lane", LANE, []),
    ("open_webhook_lane", {**LANE, "now": NOW}, 1),
    ("webhook_deliveries_page", PAGE, [SECOND_ROW, DONE_ROW]),
    ("webhook_deliveries_page", {**PAGE, "before": 2}, [DONE_ROW]),
    ("webhook_deliveries_page_in_state", {**PAGE, "state": "PENDING"}, [SECOND_ROW]),
    ("webhook_delivery_counts", OF_SHOP, [("we_1", "DELIVERED", 1, NOW), ("we_1", "PENDING", 1, NOW)]),
    ("webhook_deliveries_settled", AGAIN, [(1, "order:1")]),
    ("webhook_deliveries_settled", {**AGAIN, "since": LATER}, []),
    ("webhook_deliveries_settled", {**AGAIN, "after": 1}, []),
    ("webhook_deliveries_settled", {**AGAIN, "state": "DEAD"}, []),
    ("replay_webhook_delivery", {**OF_SHOP, "position": 1}, 1),
    ("replay_webhook_delivery", {**OF_SHOP, "position": 1}, 0),
    ("next_webhook_delivery", LANE, [(1, "{}", 0)]),
    ("close_webhook_lanes", OF_HOOK, 1),
    ("drop_webhook_deliveries", {**OF_HOOK, "now": LATER}, 2),
    ("delete_old_webhook_deliveries", {"before": LATER, "limit": 10}, 0),
    ("delete_old_webhook_deliveries", {"before": LATER + 1, "limit": 1}, 1),
    ("delete_old_webhook_deliveries", {"before": LATER + 1, "limit": 10}, 1),
    ("update_webhook", {**CHANGED, "state": "DISABLED"}, 1),
    ("webhooks_asking", OF_SHOP, []),
    ("update_webhook", {**CHANGED, "state": "REMOVED"}, 1),
    ("webhook", HOOK, []),
    ("webhooks", OF_SHOP, []),
]
