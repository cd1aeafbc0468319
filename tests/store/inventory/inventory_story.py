"""The part of the store's story that is about users, applications and the inventory: see `test_queries.py`."""

from typing import Any

from tests.store.ground import NOW, SHOP
from tillroll.store.queries import keys

Step = tuple[str, dict[str, Any], int | list[tuple[Any, ...]]]

LATER = NOW + 1
ADA = {"id": 1, "name": "Ada", "name_key": "ada", "password_hash": "h"}
SESSION = {"user_id": 1, "kind": "browser", "label": "", "now": NOW}

OF_ADA = {"user_id": 1}
USERS: list[Step] = [
    ("insert_user", {"name": "Ada", "name_key": "ada", "password_hash": "h", "now": NOW}, [(1,)]),
    ("insert_user", {"name": "ADA", "name_key": "ada", "password_hash": "i", "now": NOW}, []),
    ("user_by_name", {"name_key": "ada"}, [(1, "Ada", "h")]),
    ("user", {"id": 1}, [(1, "Ada", "h")]),
    ("users", {}, [(1, "Ada", NOW)]),
    ("change_password", {"id": 1, "password_hash": "j", "known_hash": "i", "now": NOW}, 0),
    ("change_password", {"id": 1, "password_hash": "j", "known_hash": "h", "now": NOW}, 1),
    ("set_user_password", {"id": 2, "password_hash": "k", "now": NOW}, 0),
    ("set_user_password", {"id": 1, "password_hash": "k", "now": NOW}, 1),
    ("insert_user_session", {**SESSION, "hash": "a", "expires_at": NOW}, 1),
    ("insert_user_session", {**SESSION, "hash": "b", "expires_at": LATER}, 1),
    ("insert_user_session", {**SESSION, "hash": "c", "expires_at": LATER}, 1),
    ("user_session", {"hash": "a"}, [(1, "Ada", "browser", NOW)]),
    ("user_sessions", {"user_id": 1, "kind": "browser"}, [("a", "", NOW), ("b", "", NOW), ("c", "", NOW)]),
    ("user_sessions", {"user_id": 1, "kind": "key"}, []),
    ("delete_expired_user_sessions", {"now": LATER, "limit": 10}, 1),
    ("delete_user_session", {"hash": "b", "user_id": 2}, 0),
    ("delete_user_sessions", {"user_id": 1, "but": "b"}, 1),
    ("delete_user_session", {"hash": "b", "user_id": 1}, 1),
    ("totp", OF_ADA, []),
    ("begin_totp", {**OF_ADA, "secret": "a", "now": NOW}, 1),
    ("begin_totp", {**OF_ADA, "secret": "b", "now": LATER}, 1),
    ("totp", OF_ADA, [("b", 0, None)]),
    ("take_totp_code", {**OF_ADA, "code": 7}, 1),
    ("take_totp_code", {**OF_ADA, "code": 7}, 0),
    ("confirm_totp", {**OF_ADA, "now": LATER}, 1),
    ("confirm_totp", {**OF_ADA, "now": LATER}, 0),
    ("begin_totp", {**OF_ADA, "secret": "c", "now": LATER}, 0),
    ("totp", OF_ADA, [("b", 7, LATER)]),
    ("insert_recovery_code", {**OF_ADA, "hash": "r"}, 1),
    ("insert_recovery_code", {**OF_ADA, "hash": "s"}, 1),
    ("recovery_codes_left", OF_ADA, [(2,)]),
    ("take_recovery_code", {**OF_ADA, "hash": "r"}, 1),
    ("take_recovery_code", {**OF_ADA, "hash": "r"}, 0),
    ("delete_recovery_codes", OF_ADA, 1),
    ("delete_totp", OF_ADA, 1),
    ("insert_login_step", {**OF_ADA, "hash": "a", "expires_at": NOW}, 1),
    ("insert_login_step", {**OF_ADA, "hash": "b", "expires_at": LATER}, 1),
    ("insert_login_step", {**OF_ADA, "hash": "c", "expires_at": LATER}, 1),
    ("login_step", {"hash": "b", "now": NOW}, [(1, "Ada", "k")]),
    ("login_step", {"hash": "b", "now": LATER}, []),
    ("delete_expired_login_steps", {"now": LATER, "limit": 10}, 1),
    ("delete_login_step", {"hash": "b"}, 1),
    ("delete_login_steps_of_user", OF_ADA, 1),
    ("count_user_attempt", {"subject": "s", "now": NOW, "window_start": 0}, 1),
    ("count_user_attempt", {"subject": "s", "now": LATER, "window_start": 0}, 1),
    ("user_attempts", {"keys": keys(["s", "t"])}, [("s", 2, NOW)]),
    ("count_user_attempt", {"subject": "s", "now": LATER, "window_start": LATER}, 1),
    ("user_attempts", {"keys": keys(["s", "t"])}, [("s", 1, LATER)]),
    ("uncount_user_attempt", {"subject": "s"}, 1),
    ("uncount_user_attempt", {"subject": "s"}, 0),
    ("delete_old_user_attempts", {"before": LATER, "limit": 10}, 0),
    ("delete_old_user_attempts", {"before": LATER + 1, "limit": 10}, 1),
    ("forgive_user_attempts", {"subject": "s"}, 0),
]

APP = {"shop": SHOP, "client_id": "app"}
KEY = {"shop": SHOP, "kind": "scout", "identifier": "app", "secret_hash": "key", "scopes": "checkouts", "now": NOW}
GRANT = {"user_id": 1, "client_id": "app"}
CODE = {**GRANT, "hash": "code", "redirect_uri": "https://a", "scopes": "checkouts", "seed": "s", "expires_at": NOW}

APPLICATIONS: list[Step] = [
    ("insert_credential", KEY, 1),
    ("insert_application", {**APP, "name": "App", "redirect_uris": "[]", "counts_repeats": 0, "now": NOW}, 1),
    ("change_application", {**APP, "name": "Bot", "redirect_uris": '["u"]', "counts_repeats": 1}, 1),
    ("change_credential_scopes", {"shop": SHOP, "kind": "scout", "identifier": "app", "scopes": "username"}, 1),
    ("applications", {}, [(SHOP, "app", "Bot", '["u"]', 1, "username", NOW, None)]),
    ("application", {"client_id": "app"}, [(SHOP, "app", "Bot", '["u"]', 1, "username")]),
    (
        "applications_by_key",
        {"keys": keys(["key", "none"])},
        [("key", SHOP, "app", "Bot", '["u"]', 1, "username")],
    ),
    ("application_names", {"keys": keys(["app", "none"])}, [("app", "Bot")]),
    ("insert_user_grant", {**GRANT, "seed": "s", "scopes": "checkouts", "now": NOW}, 1),
    ("insert_user_grant", {**GRANT, "seed": "t", "scopes": "username", "now": NOW}, 0),
    ("lock_user_grant", GRANT, [("s", None, "checkouts", None)]),
    ("change_user_grant", {**GRANT, "seed": "s", "token_hash": "tok", "scopes": "username", "now": LATER}, 1),
    ("user_grants", {"user_id": 1}, [("app", "Bot", SHOP, "username", NOW)]),
    ("grants_by_token", {"keys": keys(["tok", "none"])}, [("tok", 1, "Ada", "app", "username")]),
    ("held_grants_by_token", {"keys": keys(["tok", "none"])}, [("tok", 1, "Ada", "app", "username")]),
    ("insert_grant_code", CODE, 1),
    ("grant_code", {"hash": "code"}, [(1, "app", "https://a", "s", NOW, None)]),
    ("use_grant_code", {"hash": "code", "now": LATER}, 1),
    ("use_grant_code", {"hash": "code", "now": LATER}, 0),
    ("delete_expired_grant_codes", {"before": LATER, "limit": 10}, 1),
    ("withdraw_user_grant", {**GRANT, "now": LATER}, 1),
    ("withdraw_user_grant", {**GRANT, "now": LATER}, 0),
    ("grants_by_token", {"keys": keys(["tok"])}, []),
    ("user_grants", {"user_id": 1}, []),
]

FACTS: dict[str, Any] = {
    "order_id": "1",
    "name": "Shoe",
    "size": "9",
    "brand": "Nike",
    "store": "Kith",
    "month": "2020-06",
}
FACTS |= {"search": "shoe 100%\nkith", "currency": "usd", "landed_minor": 150, "bought_at": NOW, "document": "{}"}
ITEM = {**FACTS, "id": "i", "user_id": 1, "identity": "x", "shop": SHOP, "client_id": "app", "now": NOW}
VERSION = {"item_id": "i", "version": 1, "fingerprint": "f", "source": "ingest", "document": "{}", "raw": "{}"}
ALL = {"user_id": 1, "state": "", "currency": "", "pattern": ""}
PAGE = {**ALL, "limit": 10, "bought_at": NOW + 1, "id": ""}
NEW = ("i", "app", 1, 0, "in_stock", None, "usd", NOW, 0, "{}", NOW, LATER)
SOLD = ("i", "app", 1, 3, "sold", 200, "eur", LATER, 1, "{}", NOW, LATER)
STEP = {"item_id": "i", "position": 1, "state": "sold", "amount_minor": 200, "currency": "eur"}
STEP |= {"happened_at": LATER, "now": LATER}

INVENTORY: list[Step] = [
    ("insert_inventory_item", ITEM, 1),
    ("insert_inventory_item", {**ITEM, "id": "j"}, 0),
    ("lock_inventory_items", {"keys": keys(["x", "y"])}, [("x", "i", 0)]),
    ("inventory_fingerprints", {"keys": keys(["f"])}, []),
    ("insert_inventory_version", {**VERSION, "now": NOW}, 1),
    ("inventory_fingerprints", {"keys": keys(["f"])}, [("f", "i")]),
    ("correct_inventory_item", {**FACTS, "id": "i", "version": 1, "now": LATER}, 1),
    ("inventory_item", {"user_id": 1, "id": "i"}, [NEW]),
    ("inventory_item", {"user_id": 2, "id": "i"}, []),
    ("lock_inventory_item", {"user_id": 1, "id": "i"}, [NEW]),
    ("repeat_inventory_item", {"id": "i", "count": 3}, 1),
    ("insert_inventory_change", STEP, 1),
    ("change_inventory_item", STEP, 1),
    ("inventory_page", PAGE, [SOLD]),
    ("inventory_page", {**PAGE, "pattern": "%100!%%"}, [SOLD]),
    ("inventory_page", {**PAGE, "pattern": "%100!%!%%"}, []),
    ("inventory_page", {**PAGE, "state": "lost"}, []),
    ("inventory_page", {**PAGE, "state": "sold", "currency": "usd"}, [SOLD]),
    ("inventory_page", {**PAGE, "user_id": 2}, []),
    ("inventory_page", {**PAGE, "currency": "eur"}, [SOLD]),
    ("inventory_page", {**PAGE, "currency": "gbp"}, []),
    ("inventory_page", {**PAGE, "bought_at": NOW, "id": "i"}, []),
    ("inventory_page_back", {**PAGE, "bought_at": NOW, "id": "h"}, [SOLD]),
    ("inventory_page_back", {**PAGE, "bought_at": NOW, "id": "i"}, []),
    ("inventory_totals", ALL, [("usd", "eur", "sold", 1, 150, 200, 150)]),
    ("inventory_totals", {**ALL, "currency": "gbp"}, []),
    ("inventory_groups", {"user_id": 1, "by": "brand", "limit": 10}, [("Nike", "usd", 1, 150)]),
    ("inventory_groups", {"user_id": 1, "by": "month", "limit": 10}, [("2020-06", "usd", 1, 150)]),
    ("inventory_versions", {"item_id": "i"}, [(1, "ingest", "{}", "{}", NOW)]),
    ("inventory_changes", {"item_id": "i"}, [(1, "sold", 200, "eur", LATER, LATER)]),
    ("inventory_order_items", {"user_id": 1, "order_id": "1", "id": "none", "limit": 10}, [SOLD]),
    ("inventory_order_items", {"user_id": 1, "order_id": "1", "id": "i", "limit": 10}, []),
]

# The ledger knows nothing of the version that an application is said to have posted.
INVENTORY_AUDIT: list[Step] = [
    ("audit_item_versions", {"limit": 10}, []),
    ("audit_item_documents", {"limit": 10}, []),
    ("audit_item_changes", {"limit": 10}, []),
    ("audit_posted_versions", {"limit": 10}, [(SHOP, "app", 0, 1)]),
]

# At the end of all stories: Ada goes, and of what an application posted for her the number is left.
OF_ADA = {"user_id": 1}
REMOVAL: list[Step] = [
    ("insert_grant_code", {**CODE, "hash": "late"}, 1),
    ("insert_user_session", {**SESSION, "hash": "d", "expires_at": LATER}, 1),
    ("holdings_of_user", OF_ADA, [(1, 0, 1)]),
    ("delete_user_sessions", {**OF_ADA, "but": ""}, 1),
    ("delete_grant_codes_of_user", OF_ADA, 1),
    ("delete_user_grants", OF_ADA, 1),
    ("count_removed_versions", OF_ADA, 1),
    ("delete_inventory_changes", OF_ADA, 1),
    ("delete_inventory_versions", OF_ADA, 1),
    ("delete_inventory_items", OF_ADA, 1),
    ("audit_posted_versions", {"limit": 10}, [(SHOP, "app", 0, 1)]),
    ("close_user", {"id": 1, "name_key": "removed", "now": LATER}, 1),
    ("close_user", {"id": 1, "name_key": "removed", "now": LATER}, 0),
    ("users", {}, []),
    ("user_by_name", {"name_key": "ada"}, []),
    ("remove_shop", {"shop": SHOP, "now": LATER}, 1),
    ("remove_shop", {"shop": SHOP, "now": LATER}, 0),
    ("removed_shops", {}, [(SHOP, "EUR", NOW, LATER)]),
]
