"""Every named query, on both databases, in one story: each step names its query, its parameters and its result.

A number is how many rows a statement touches; a list is the rows that a query returns.
"""

from functools import partial
from typing import Any

import pytest

from tests.store.ground import NOW, SHOP, engine_of
from tests.store.inventory.inventory_story import APPLICATIONS, INVENTORY, INVENTORY_AUDIT, REMOVAL, USERS
from tests.store.orders.buying_story import CARTS, DELIVERY, NEW_ORDER, ORDERS, PAGE, QUOTES, WINDOW
from tests.store.outbox.outbox_story import OUTBOX
from tests.store.payments.payments_story import PAYMENTS
from tests.store.rates.rates_story import RATES
from tests.store.sales.sales_story import EXPERIMENTS, SALES_STORY
from tests.store.search.search_story import CALL, CALLED, REPORTS, SEARCH
from tillroll.store import Store, Transaction
from tillroll.store.queries import keys, pairs, queries

Step = tuple[str, dict[str, Any], int | list[tuple[Any, ...]]]

LATER = NOW + 1
OF_SHOP = {"shop": SHOP}
ENTRY, STOCK = {**OF_SHOP, "kind": "product"}, {**OF_SHOP, "site": "main"}
COUPON_ROW = ("TEN", 2, 0, "{}")

SHOPS: list[Step] = [
    ("insert_shop", {"id": SHOP, "currency": "EUR", "settings": "{}", "now": NOW}, 0),
    ("insert_shop", {"id": "other", "currency": "PLN", "settings": "{}", "now": LATER}, 1),
    ("shops", {}, [(SHOP, "EUR", NOW), ("other", "PLN", LATER)]),
    ("bump_catalogue_version", OF_SHOP, [(2,)]),
    ("shop_heads", {"keys": keys([SHOP, "nobody"])}, [(SHOP, 2, "EUR", "{}")]),
    (
        "insert_credential",
        {**OF_SHOP, "kind": "service", "identifier": "id", "secret_hash": "h", "scopes": "a b", "now": NOW},
        1,
    ),
    ("credentials", OF_SHOP, [("service", "id", "a b", NOW, None)]),
    ("credential", {**OF_SHOP, "kind": "service", "identifier": "id"}, [("h", "a b")]),
    ("replace_secret", {**OF_SHOP, "identifier": "id", "secret_hash": "new"}, 1),
    ("credential_shops", {"identifier": "id"}, [(SHOP, "service", "new", "a b")]),
    ("revoke_credential", {**OF_SHOP, "identifier": "id", "now": LATER}, 1),
    ("revoke_credential", {**OF_SHOP, "identifier": "id", "now": LATER}, 0),
    ("credential", {**OF_SHOP, "kind": "service", "identifier": "id"}, []),
    (
        "insert_credential",
        {**OF_SHOP, "kind": "native", "identifier": "n", "secret_hash": "n", "scopes": "", "now": NOW},
        1,
    ),
    ("holdings_of_shop", OF_SHOP, [(0, 0, 0, 0, 0, 1, 0)]),
    ("revoke_credentials_of_shop", {**OF_SHOP, "now": LATER}, 1),
    ("revoke_credentials_of_shop", {**OF_SHOP, "now": LATER}, 0),
    ("removed_shops", {}, []),
]

MEMBER = {**OF_SHOP, "user_id": 1}
INVITATION = {**OF_SHOP, "hash": "h"}
MEMBERS: list[Step] = [
    ("role_of_member", MEMBER, []),
    ("store_member", {**MEMBER, "role": "viewer", "now": NOW}, 1),
    ("store_member", {**MEMBER, "role": "analyst", "now": LATER}, 1),
    ("role_of_member", MEMBER, [("analyst",)]),
    ("members_of_shop", OF_SHOP, [(1, "Ada", "analyst", NOW)]),
    ("shops_of_member", {"user_id": 1}, [(SHOP, "analyst")]),
    ("delete_member", {**MEMBER, "user_id": 404}, 0),
    ("delete_member", MEMBER, 1),
    ("shops_of_member", {"user_id": 1}, []),
    ("store_member", {**MEMBER, "role": "viewer", "now": NOW}, 1),
    ("delete_memberships", {"user_id": 404}, 0),
    ("delete_memberships", {"user_id": 1}, 1),
    ("store_member", {**MEMBER, "role": "viewer", "now": NOW}, 1),
    ("delete_members_of_shop", OF_SHOP, 1),
    ("insert_invitation", {**INVITATION, "role": "viewer", "invited_by": "Ada", "now": NOW, "expires_at": LATER}, 1),
    ("invitations_of_shop", {**OF_SHOP, "now": NOW}, [("h", "viewer", "Ada", NOW, LATER)]),
    ("invitations_of_shop", {**OF_SHOP, "now": LATER}, []),
    ("invitation", {"hash": "h", "now": NOW}, [(SHOP, "h", "viewer", "Ada", NOW, LATER)]),
    ("invitation", {"hash": "h", "now": LATER}, []),
    ("invitation", {"hash": "i", "now": NOW}, []),
    ("delete_invitation", {**INVITATION, "hash": "i"}, 0),
    ("delete_invitations_until", {**OF_SHOP, "until": NOW}, 0),
    ("delete_invitation", INVITATION, 1),
    ("insert_invitation", {**INVITATION, "role": "viewer", "invited_by": "Ada", "now": NOW, "expires_at": LATER}, 1),
    ("delete_invitations_until", {**OF_SHOP, "until": LATER}, 1),
]

AUDITED = {**OF_SHOP, "now": NOW, "asked_by": "Ada", "document": "[]"}
LINKS: list[Step] = [
    ("shop_audit", OF_SHOP, []),
    ("store_shop_audit", AUDITED, 1),
    ("store_shop_audit", {**AUDITED, "now": LATER, "document": "[1]"}, 1),
    ("shop_audit", OF_SHOP, [(LATER, "Ada", "[1]")]),
    ("insert_setup_link", {"hash": "h", "now": NOW, "expires_at": LATER}, 1),
    ("insert_setup_link", {"hash": "i", "now": NOW, "expires_at": LATER + 1}, 1),
    ("setup_link", {"hash": "h"}, [(LATER,)]),
    ("setup_link", {"hash": "j"}, []),
    ("delete_setup_links", {"until": NOW}, 0),
    ("delete_setup_links", {"until": LATER}, 1),
    ("setup_link", {"hash": "i"}, [(LATER + 1,)]),
    ("delete_setup_links", {"until": LATER + 1}, 1),
]

TOKEN = {"kind": "anonymous", "client_id": "id", "scopes": "", "session_id": "s", "customer_id": None}
TOKEN |= {"legal_entity_id": None}

SPENDING = {"fresh": "refresh", "spent": "spent", "ends_at": NOW + 1}

TOKENS: list[Step] = [
    ("insert_token", {**OF_SHOP, **TOKEN, "hash": "one", "expires_at": NOW}, 1),
    ("insert_token", {**OF_SHOP, **TOKEN, "hash": "two", "expires_at": LATER}, 1),
    ("token", {"hash": "one"}, [("one", SHOP, "anonymous", "id", "", "s", None, None, NOW)]),
    ("tokens", {"keys": keys(["two", "none"])}, [("two", SHOP, "anonymous", "id", "", "s", None, None, LATER)]),
    ("delete_expired_tokens", {"now": LATER, "limit": 10}, 1),
    ("spend_token", {"hash": "two", **SPENDING, "now": NOW}, 0),
    ("insert_token", {**OF_SHOP, **TOKEN, "kind": "refresh", "hash": "three", "expires_at": LATER}, 1),
    ("spend_token", {"hash": "three", **SPENDING, "now": LATER}, 0),
    ("spend_token", {"hash": "three", **SPENDING, "now": NOW}, 1),
    ("spend_token", {"hash": "three", **SPENDING, "now": NOW, "ends_at": LATER}, 1),
    ("token", {"hash": "three"}, [("three", SHOP, "spent", "id", "", "s", None, None, NOW + 1)]),
    ("spend_token", {"hash": "three", **SPENDING, "now": NOW + 1}, 0),
    ("delete_tokens_of_client", {**OF_SHOP, "client_id": "id"}, 2),
    ("insert_token", {**OF_SHOP, **TOKEN, "hash": "four", "expires_at": LATER}, 1),
    ("delete_tokens_of_shop", OF_SHOP, 1),
    ("upsert_session_context", {**OF_SHOP, "session_id": "s", "document": "{}", "now": NOW}, 1),
    ("upsert_session_context", {**OF_SHOP, "session_id": "s", "document": "{1}", "now": NOW}, 1),
    ("session_context", {**OF_SHOP, "session_id": "s"}, [(2, "{1}")]),
    ("lock_session_context", {**OF_SHOP, "session_id": "s"}, [(2, "{1}")]),
]

ADA = {**OF_SHOP, "id": "1", "email": "ada@example.com"}
NEW = {
    "contact_email": "a@example.com",
    "password_hash": "h",
    "initial": 1,
    "active": 1,
    "on_hold": 0,
    "document": "{}",
    "now": NOW,
}
ADA_ROW = ("1", "ada@example.com", "h", 1, 1, 0, 1, "{}", NOW, NOW)
FAILURE = {**OF_SHOP, "kind": "account", "subject": "a"}

CUSTOMERS: list[Step] = [
    ("insert_customer", {**ADA, **NEW}, 1),
    ("insert_customer", {**ADA, **NEW, "id": "2"}, 0),
    ("insert_customer", {**ADA, **NEW, "email": "bob@example.com"}, 0),
    ("customer", {**OF_SHOP, "id": "1"}, [ADA_ROW]),
    ("customer_by_email", {**OF_SHOP, "email": "ada@example.com"}, [ADA_ROW]),
    ("customers", {**OF_SHOP, "keys": keys(["1", "none"])}, [ADA_ROW]),
    ("lock_customers", {**OF_SHOP, "keys": keys(["1", "none"])}, [ADA_ROW]),
    ("customers_page", {**OF_SHOP, "limit": 10, "offset": 0}, [ADA_ROW]),
    ("customers_by_contact", {**OF_SHOP, "contact_email": "a@example.com", "limit": 10}, [ADA_ROW]),
    ("customer_count", OF_SHOP, [(1,)]),
    (
        "update_customer",
        {**OF_SHOP, "id": "1", "contact_email": "b", "active": 0, "on_hold": 1, "document": "[]"}
        | {"version": 1, "now": LATER},
        1,
    ),
    ("set_password", {**OF_SHOP, "id": "1", "password_hash": "i", "initial": 0, "now": LATER}, 1),
    ("customer", {**OF_SHOP, "id": "1"}, [("1", "ada@example.com", "i", 0, 0, 1, 2, "[]", NOW, LATER)]),
    ("insert_token", {**OF_SHOP, **TOKEN, "hash": "c", "customer_id": "1", "expires_at": NOW}, 1),
    ("delete_tokens_of_customer", {**OF_SHOP, "customer_id": "1", "kept": "c"}, 0),
    ("delete_tokens_of_customer", {**OF_SHOP, "customer_id": "1", "kept": ""}, 1),
    ("insert_token", {**OF_SHOP, **TOKEN, "hash": "d", "customer_id": "1", "expires_at": NOW}, 1),
    ("delete_tokens_of_session", {**OF_SHOP, "customer_id": "1", "session_id": "s"}, 1),
    ("insert_password_reset", {**OF_SHOP, "hash": "r", "customer_id": "1", "expires_at": NOW}, 1),
    ("password_reset", {**OF_SHOP, "hash": "r"}, [("1", NOW)]),
    ("delete_password_resets", {**OF_SHOP, "customer_id": "1"}, 1),
    ("insert_password_reset", {**OF_SHOP, "hash": "r", "customer_id": "1", "expires_at": NOW}, 1),
    ("delete_expired_password_resets", {"now": LATER, "limit": 10}, 1),
    ("delete_customer", {**OF_SHOP, "id": "1"}, 1),
    ("insert_token", {**OF_SHOP, **TOKEN, "hash": "g", "customer_id": "gone", "expires_at": LATER}, 1),
    ("reserve_numbers", {**OF_SHOP, "name": "customer", "next": 5}, 1),
    ("reserve_numbers", {**OF_SHOP, "name": "customer", "next": 4}, 0),
    ("take_customer_number", {**OF_SHOP, "name": "customer", "first": 1}, [(6,)]),
    ("take_customer_number", {**OF_SHOP, "name": "other", "first": 2_147_483_647}, [(2_147_483_648,)]),
    ("insert_token_secret", {**OF_SHOP, "secret": "s", "now": NOW}, 1),
    ("insert_token_secret", {**OF_SHOP, "secret": "t", "now": NOW}, 0),
    ("token_secret", OF_SHOP, [("s",)]),
    ("count_login_failure", {**FAILURE, "now": NOW, "rested_since": 0}, [(1,)]),
    ("count_login_failure", {**FAILURE, "now": LATER, "rested_since": 0}, [(2,)]),
    ("login_failures", FAILURE, [(2, LATER)]),
    ("lock_login_failures", FAILURE, [(2, LATER)]),
    ("count_login_failure", {**FAILURE, "now": LATER, "rested_since": LATER + 1}, [(1,)]),
    ("forgive_login_failures", {**FAILURE, "kind": "address"}, 0),
    ("delete_old_login_failures", {"before": LATER, "limit": 10}, 0),
    ("delete_old_login_failures", {"before": LATER + 1, "limit": 10}, 1),
    ("remember_login", {**OF_SHOP, "pair": "p", "account": "a", "now": NOW}, 1),
    ("remember_login", {**OF_SHOP, "pair": "p", "account": "a", "now": LATER}, 1),
    ("known_login", {**OF_SHOP, "pair": "p"}, [(LATER,)]),
    ("known_login", {**OF_SHOP, "pair": "q"}, []),
    ("remember_login", {**OF_SHOP, "pair": "q", "account": "a", "now": NOW}, 1),
    ("remember_login", {**OF_SHOP, "pair": "r", "account": "b", "now": NOW}, 1),
    ("forget_oldest_logins", {**OF_SHOP, "account": "a", "kept": 2}, 0),
    ("forget_oldest_logins", {**OF_SHOP, "account": "a", "kept": 1}, 1),
    ("known_login", {**OF_SHOP, "pair": "p"}, [(LATER,)]),
    ("delete_old_known_logins", {"before": NOW, "limit": 10}, 0),
    ("delete_old_known_logins", {"before": NOW + 1, "limit": 10}, 1),
]

CATALOGUE: list[Step] = [
    (
        "insert_catalogue_entry",
        {**ENTRY, "id": "mug", "alternate_key": "MUG", "parent": "p", "subject": "s", "document": "{}", "now": NOW},
        1,
    ),
    (
        "insert_catalogue_entry",
        {**ENTRY, "id": "tea", "alternate_key": None, "parent": "", "subject": None, "document": "{}", "now": LATER},
        1,
    ),
    ("catalogue_entries", {**ENTRY, "keys": keys(["tea", "none"])}, [("tea", 1, "{}")]),
    ("catalogue_entries_of_parents", {**ENTRY, "keys": keys(["p", "none"])}, [("p", "mug", 1, "{}")]),
    ("catalogue_entries_of_subjects", {**ENTRY, "keys": keys(["s", "none"])}, [("s", "mug", 1, "{}")]),
    ("catalogue_parent", {**ENTRY, "id": "mug"}, [("p",)]),
    ("catalogue_kind_is_used", ENTRY, [(1,)]),
    ("catalogue_kind_is_used", {**ENTRY, "kind": "none"}, []),
    (
        "update_catalogue_entry",
        {**ENTRY, "id": "mug", "alternate_key": "CUP", "parent": "p", "subject": "s", "document": "[]", "now": LATER},
        1,
    ),
    ("catalogue_entry", {**ENTRY, "id": "mug"}, [("mug", 2, "[]", NOW, LATER)]),
    ("catalogue_entry_by_alternate_key", {**ENTRY, "alternate_key": "CUP"}, [("mug", 2, "[]", NOW, LATER)]),
    ("catalogue_page", {**ENTRY, "limit": 1, "offset": 1}, [("tea", 1, "{}", LATER, LATER)]),
    ("catalogue_page_of_parent", {**ENTRY, **PAGE, "parent": "p"}, [("mug", 2, "[]", NOW, LATER)]),
    ("catalogue_chunk", {**ENTRY, "after": "mug", "limit": 10, "containing": ""}, [("tea", 1, "{}", LATER, LATER)]),
    ("catalogue_chunk", {**ENTRY, "after": "", "limit": 10, "containing": "]"}, [("mug", 2, "[]", NOW, LATER)]),
    (
        "catalogue_chunk_of_parent",
        {**ENTRY, "parent": "p", "after": "", "limit": 10, "containing": "["},
        [("mug", 2, "[]", NOW, LATER)],
    ),
    ("catalogue_chunk_of_parent", {**ENTRY, "parent": "p", "after": "mug", "limit": 10, "containing": ""}, []),
    ("catalogue_chunk_of_parent", {**ENTRY, "parent": "p", "after": "", "limit": 10, "containing": "{"}, []),
    ("catalogue_entries_in_full", {**ENTRY, "keys": keys(["mug", "none"])}, [("mug", 2, "[]", NOW, LATER)]),
    (
        "catalogue_entries_by_alternate_keys",
        {**ENTRY, "keys": keys(["CUP", "MUG"])},
        [("CUP", "mug", 2, "[]", NOW, LATER)],
    ),
    ("catalogue_count", ENTRY, [(2,)]),
    ("catalogue_count_of_parent", {**ENTRY, "parent": "p"}, [(1,)]),
    ("delete_catalogue_entry", {**ENTRY, "id": "tea"}, 1),
    ("delete_catalogue_entries_of_parent", {**ENTRY, "parent": "none"}, 0),
    ("delete_catalogue_entries_of_subject", {**ENTRY, "subject": "s"}, 1),
]

AVAILABLE = {**STOCK, "product_id": "mug"}
MOVE = {**AVAILABLE, "cause": "order", "subject": "EON1"}

AVAILABILITY: list[Step] = [
    ("update_availability", {**AVAILABLE, "on_hand": 3000, "sellable": 1, "document": "{}", "now": NOW}, 0),
    ("insert_availability", {**AVAILABLE, "on_hand": 3000, "sellable": 1, "document": "{}", "now": NOW}, 1),
    ("update_availability", {**AVAILABLE, "on_hand": 5000, "sellable": 1, "document": "{}", "now": NOW}, 1),
    ("availability_count", STOCK, [(1,)]),
    ("availability", AVAILABLE, [(5000, 1, 2, "{}")]),
    ("availabilities_of_site", {**STOCK, **PAGE}, [("mug", 5000, 1, 2, "{}")]),
    ("availabilities", {**STOCK, "keys": keys(["mug", "none"])}, [("mug", 5000, 1, 2, "{}")]),
    ("lock_availabilities", {**STOCK, "keys": keys(["none", "mug"])}, [("mug", 5000, 1, 2)]),
    ("take_stock", {**AVAILABLE, "quantity": 5001, "now": NOW}, 0),
    ("take_stock", {**AVAILABLE, "quantity": 5000, "now": NOW}, 1),
    ("return_stock", {**AVAILABLE, "quantity": 1000, "now": NOW}, 1),
    ("availability", AVAILABLE, [(1000, 1, 4, "{}")]),
    ("insert_stock_movement", {**MOVE, "quantity": -4000, "now": NOW}, 1),
    ("stock_movements_of_subject", {**OF_SHOP, "cause": "order", "subject": "EON1"}, [("main", "mug", -4000)]),
    ("stock_movements_of_cause", {**OF_SHOP, "cause": "order"}, [("main", "mug", -4000)]),
    ("stock_differences", {}, [(SHOP, "main", "mug", 1000, -4000)]),
    ("delete_availability", AVAILABLE, 1),
]

TEN = {**OF_SHOP, "code": "TEN"}
REDEMPTION = {"id": "r", "order_id": "EON1", "customer": "c", "legal_entity_id": "le", "document": "{}", "now": NOW}

COUPONS: list[Step] = [
    ("insert_coupon", {**TEN, "redemptions_max": 2, "document": "{}", "now": NOW}, 1),
    ("coupons", {**OF_SHOP, "keys": keys(["TEN", "NONE"])}, [COUPON_ROW]),
    ("lock_coupons", {**OF_SHOP, "keys": keys(["TEN", "NONE"])}, [COUPON_ROW]),
    ("redeem_coupon", {**TEN, "uses": 3, "now": LATER}, 0),
    ("redeem_coupon", {**TEN, "uses": 2, "now": LATER}, 1),
    ("redeem_coupon", {**TEN, "uses": 1, "now": LATER}, 0),
    ("use_coupon_as_customer", {**TEN, "customer": "c", "uses_max": 1}, 1),
    ("use_coupon_as_customer", {**TEN, "customer": "c", "uses_max": 1}, 0),
    ("use_coupon_as_customer", {**TEN, "customer": "c", "uses_max": -1}, 1),
    (
        "coupon_customer_uses",
        {**OF_SHOP, "keys": keys(["TEN"]), "customers": keys(["c", "d"])},
        [("TEN", "c", 2)],
    ),
    ("insert_coupon_redemption", {**TEN, **REDEMPTION}, 1),
    ("coupon_redemptions_page", {**TEN, **PAGE}, [("r", "EON1", "c", "{}", NOW)]),
    ("coupon_redemption", {**TEN, "id": "r"}, [("r", "EON1", "c", "{}", NOW)]),
    ("coupon_legal_entity_counts", {**OF_SHOP, "keys": keys(["TEN", "NONE"])}, [("TEN", "le", 1)]),
    ("delete_coupon_redemption", {**TEN, "id": "none"}, []),
    ("delete_coupon_redemption", {**TEN, "id": "r"}, [("c",)]),
    ("return_coupon", {**TEN, "now": LATER}, 1),
    ("return_coupon_use", {**TEN, "customer": "c"}, 1),
    ("return_coupon_use", {**TEN, "customer": "none"}, 0),
    ("update_coupon", {**TEN, "redemptions_max": -1, "document": "[]", "deleted": 1, "now": LATER}, 1),
    ("coupon", TEN, [("TEN", -1, 1, 1, 2, "[]", NOW, LATER)]),
    ("coupons_page", {**OF_SHOP, **PAGE, "deleted": 0}, []),
    ("coupon_count", {**OF_SHOP, "deleted": 1}, [(1,)]),
    ("coupons", {**OF_SHOP, "keys": keys(["TEN"])}, []),
]

EVENT = {"dialect": "alhena", "kind": "cart", "subject": "s", "visitor": None}
ANSWER = {"caller": "c", "key": "k", "fingerprint": b"\x00\xff", "status": 201, "headers": "[]", "body": b"{}"}

LEDGER: list[Step] = [
    ("insert_event", {**OF_SHOP, **EVENT, "happened_at": NOW, "received_at": LATER, "document": "{}"}, 1),
    ("events_of_subject", {**OF_SHOP, "subject": "s"}, [(1, "alhena", "cart", None, NOW, LATER, "{}")]),
    ("insert_answer", {**OF_SHOP, **ANSWER, "now": NOW}, 1),
    (
        "answers",
        {**OF_SHOP, "claims": pairs([("c", "k"), ("c", "none"), ("d", "k")])},
        [("c", "k", b"\x00\xff", 201, "[]", b"{}")],
    ),
    ("delete_old_answers", {"before": NOW, "limit": 10}, 0),
    ("delete_old_answers", {"before": LATER, "limit": 10}, 1),
]

EVERYWHERE = {"after": 0, "before": 2**63 - 1, "since": 0, "until": 2**63 - 1}
ANY = {**EVERYWHERE, "limit": 10, "dialect": "", "kind": "", "outcome": ""}
CLICKS = {**EVERYWHERE, "limit": 10, "dialect": "doofinder", "kind": "click", "outcome": "repeated"}
CALL_ROW = (
    2,
    "doofinder",
    "click",
    "h",
    "item",
    "v",
    "p",
    "mobile",
    "red shoes",
    "repeated",
    "",
    NOW,
    LATER,
    "0a",
    "{1}",
)
EVENT_ROW = (1, "alhena", "cart", "", "s", None, None, "", None, "accepted", "", NOW, LATER, None, "{}")
REQUEST = {**OF_SHOP, "call": "0a", "received_at": LATER, "first": 1, "limit": 10}
FIRST = {**OF_SHOP, "dialect": "doofinder", "kind": "click", "subject": "item"}
TALLY = {**OF_SHOP, "dialect": "doofinder", "day": 19_000, "outcome": "refused", "reason": "forbidden"}
DAYS = {**OF_SHOP, "first": 19_000, "last": 19_001}
STRAY_ROW = ("0b", "doofinder", "h", "init", "unknown", NOW, "{}")
STRAY = {"call": "0b", "dialect": "doofinder", "claimed": "h", "kind": "init", "reason": "unknown", "document": "{}"}

CALLS: list[Step] = [
    ("insert_call", {**OF_SHOP, **CALL, **CALLED}, 1),
    ("events_page", {**OF_SHOP, **ANY}, [EVENT_ROW, CALL_ROW]),
    ("events_page", {**OF_SHOP, **ANY, "after": 1}, [CALL_ROW]),
    ("events_page", {**OF_SHOP, **CLICKS}, [CALL_ROW]),
    ("events_page", {**OF_SHOP, **CLICKS, "outcome": "accepted"}, []),
    ("events_page", {**OF_SHOP, **ANY, "before": 2}, [EVENT_ROW]),
    ("events_page", {**OF_SHOP, **ANY, "since": LATER, "until": LATER}, [EVENT_ROW, CALL_ROW]),
    ("events_page", {**OF_SHOP, **ANY, "since": LATER + 1}, []),
    ("events_page", {**OF_SHOP, **ANY, "until": LATER - 1}, []),
    ("events_page_down", {**OF_SHOP, **ANY}, [CALL_ROW, EVENT_ROW]),
    ("events_page_down", {**OF_SHOP, **ANY, "limit": 1}, [CALL_ROW]),
    ("events_page_down", {**OF_SHOP, **ANY, "before": 2}, [EVENT_ROW]),
    ("events_page_down", {**OF_SHOP, **CLICKS, "until": LATER - 1}, []),
    ("events_page_down_of_visitor", {**OF_SHOP, **CLICKS, "visitor": "v"}, [CALL_ROW]),
    ("events_page_down_of_visitor", {**OF_SHOP, **ANY, "visitor": "v", "since": LATER + 1}, []),
    ("events_page_down_of_subject", {**OF_SHOP, **ANY, "subject": "item"}, [CALL_ROW]),
    ("events_page_down_of_subject", {**OF_SHOP, **ANY, "subject": "item", "before": 2}, []),
    ("event_from", {**OF_SHOP, "position": 0}, [(1, LATER)]),
    ("event_from", {**OF_SHOP, "position": 2}, [(2, LATER)]),
    ("event_from", {**OF_SHOP, "position": 3}, []),
    ("events_page_of_visitor", {**OF_SHOP, **ANY, "visitor": "v"}, [CALL_ROW]),
    ("events_page_of_visitor", {**OF_SHOP, **CLICKS, "kind": "init", "visitor": "v"}, []),
    ("events_page_of_subject", {**OF_SHOP, **ANY, "subject": "item"}, [CALL_ROW]),
    ("events_page_of_subject", {**OF_SHOP, **CLICKS, "after": 2, "subject": "item"}, []),
    ("received_from", {"position": 1, "limit": 2}, [(LATER,), (LATER,)]),
    ("last_position", {}, [(2,)]),
    ("latest_events", {"limit": 2}, [("alhena", 1, 0, 0, LATER), ("doofinder", 0, 1, 0, LATER)]),
    ("latest_events", {"limit": 1}, [("doofinder", 0, 1, 0, LATER)]),
    ("events_of_request", {**REQUEST, "behind": 3}, [EVENT_ROW, CALL_ROW]),
    ("events_of_request", {**REQUEST, "behind": 2}, [EVENT_ROW]),
    ("events_of_request", {**REQUEST, "behind": 3, "call": "another"}, [EVENT_ROW]),
    ("events_of_request", {**REQUEST, "behind": 3, "received_at": NOW}, []),
    ("first_accepted", {**FIRST, "before": 9}, []),
    ("add_to_tally", {**TALLY, "stripe": 1, "calls": 2}, 1),
    ("add_to_tally", {**TALLY, "stripe": 1, "calls": 3}, 1),
    ("add_to_tally", {**TALLY, "stripe": 2, "calls": 1}, 1),
    ("tallies", DAYS, [("doofinder", 19_000, "refused", "forbidden", 6)]),
    ("insert_stray_call", {**STRAY, "received_at": NOW}, 1),
    ("stray_calls", {"dialect": "doofinder", "claimed": "h", "limit": 1}, [STRAY_ROW]),
    ("delete_old_stray_calls", {"before": NOW, "limit": 10}, 0),
    ("delete_old_stray_calls", {"before": LATER, "limit": 10}, 1),
]

BATCHES: list[Step] = [
    ("reported_items", {**OF_SHOP, "keys": keys(["i", "none"])}, []),
    ("claim_item", {**OF_SHOP, "id": "i", "call": "0a"}, 1),
    ("claim_item", {**OF_SHOP, "id": "i", "call": "0b"}, 0),
    ("reported_items", {**OF_SHOP, "keys": keys(["i", "none"])}, [("i", "0a")]),
]

CHANNEL = {"dialect": "doofinder", "identifier": "h"}
KEY = {**OF_SHOP, "kind": "doofinder", "identifier": "k"}
NATIVE_KEY = {"kind": "doofinder", "identifier": "k", "secret_hash": "hash"}

ACCESS: list[Step] = [
    ("access_head", OF_SHOP, [("EUR", 1)]),
    ("insert_channel", {**OF_SHOP, **CHANNEL, "name": "shoes", "now": NOW}, 1),
    ("insert_channel", {"shop": "other", **CHANNEL, "name": "", "now": NOW}, 0),
    ("bump_access_version", OF_SHOP, 1),
    ("channels", {"dialect": "doofinder", "keys": keys(["h", "none"])}, [("h", SHOP, 2)]),
    ("channels", {"dialect": "alhena", "keys": keys(["h"])}, []),
    ("channels_of_shop", {**OF_SHOP, "dialect": "doofinder"}, [("h", "shoes", NOW)]),
    ("delete_channel", {"shop": "other", **CHANNEL}, 0),
    ("delete_channel", {**OF_SHOP, **CHANNEL}, 1),
    ("insert_credential", {**KEY, "secret_hash": "hash", "scopes": "", "now": NOW}, 1),
    ("live_key_hashes", {**OF_SHOP, "kind": "doofinder"}, [("hash",)]),
    ("live_keys", {**OF_SHOP, "kind": "doofinder"}, [("hash", "")]),
    ("key_of_secret", NATIVE_KEY, [(SHOP, "k", "")]),
    ("key_of_secret", {**NATIVE_KEY, "secret_hash": "another"}, []),
    ("insert_allowed_origin", {**OF_SHOP, "origin": "*", "now": NOW}, 1),
    ("insert_allowed_origin", {**OF_SHOP, "origin": "*", "now": LATER}, 0),
    ("allowed_origins", OF_SHOP, [("*", NOW)]),
    ("delete_allowed_origin", {**OF_SHOP, "origin": "*"}, 1),
    ("insert_banned_network", {**OF_SHOP, "network": "10.0.0.0/8", "now": NOW}, 1),
    ("insert_banned_network", {**OF_SHOP, "network": "10.0.0.0/8", "now": LATER}, 0),
    ("banned_networks", OF_SHOP, [("10.0.0.0/8", NOW)]),
    ("delete_banned_network", {**OF_SHOP, "network": "10.0.0.0/8"}, 1),
    ("insert_signing_key", {**OF_SHOP, "identifier": "k", "secret": "s", "now": NOW}, 1),
    ("signing_keys", {"shop": "", "limit": 10}, [(SHOP, "k", "s")]),
    ("signing_keys", {**OF_SHOP, "limit": 10}, [(SHOP, "k", "s")]),
    ("signing_keys", {"shop": "other", "limit": 10}, []),
    ("delete_signing_key", {**OF_SHOP, "identifier": "k"}, 1),
    ("insert_signing_key", {**OF_SHOP, "identifier": "l", "secret": "s", "now": NOW}, 1),
    ("delete_signing_keys_of_shop", OF_SHOP, 1),
]

VISITOR = {**OF_SHOP, "visitor": "v"}
TALK = {**VISITOR, "kind": "conversation", "id": "t"}
REPORTED_LINE = {**VISITOR, "product_id": "mug"}
REFUSED = {**VISITOR, "happened_at": NOW, "id": "r"}

STOREFRONTS: list[Step] = [
    ("lock_visitors", {**OF_SHOP, "keys": keys(["v", "w"])}, [(1,)]),
    ("insert_interaction", {**TALK, "started_at": NOW, "last_at": LATER, "closed_at": None}, 1),
    ("insert_interaction", {**TALK, "started_at": LATER, "last_at": LATER, "closed_at": LATER}, 1),
    ("stretches_of_interaction", TALK, [(NOW, LATER, None), (LATER, LATER, LATER)]),
    ("delete_interaction", {**TALK, "started_at": LATER}, 1),
    ("interactions", {**OF_SHOP, "keys": keys(["v", "none"])}, [("v", NOW, LATER, None)]),
    (
        "store_reported_cart_line",
        {**REPORTED_LINE, "quantity": 1000, "changed_at": NOW, "added_at": NOW, "increased_at": None},
        1,
    ),
    (
        "store_reported_cart_line",
        {**REPORTED_LINE, "quantity": 2000, "changed_at": LATER, "added_at": NOW, "increased_at": LATER},
        1,
    ),
    (
        "reported_cart_lines",
        {**OF_SHOP, "pairs": pairs([("v", "mug"), ("v", "none"), ("none", "mug")])},
        [("v", "mug", 2000, LATER, NOW, LATER)],
    ),
    ("claim_reported_order", {**OF_SHOP, "key": "order/1", "fingerprint": "f", "now": NOW}, 1),
    ("claim_reported_order", {**OF_SHOP, "key": "order/1", "fingerprint": "g", "now": NOW}, 0),
    ("reported_orders", {**OF_SHOP, "keys": keys(["order/1", "none"])}, [("order/1", "f", NOW)]),
    ("insert_uncredited_report", {**REFUSED, "document": "{}"}, 1),
    ("uncredited_reports", {**VISITOR, "since": NOW, "limit": 10}, [("v", NOW, "r", "{}")]),
    ("uncredited_reports", {**VISITOR, "since": LATER, "limit": 10}, []),
    ("delete_uncredited_report", REFUSED, 1),
    ("shop_settings", OF_SHOP, [("{}",)]),
    ("store_shop_settings", {**OF_SHOP, "settings": '{"a":1}'}, 1),
    ("shop_settings", OF_SHOP, [('{"a":1}',)]),
]

ALL = {"limit": 10}
AUDITED_ORDER = ("acme", 1, "EON1", "CONFIRMED", "EUR", 1190, "{}")
# By now the cart of the order is deleted, numbers have gaps and the ledger knows nothing: the audit sees all that.
AUDIT: list[Step] = [
    ("audit_carts_with_two_orders", ALL, []),
    ("audit_sales_by_hand", ALL, []),
    ("audit_orders_without_closed_cart", ALL, [("acme", "EON1")]),
    ("audit_carts_without_order", ALL, []),
    ("audit_quotes_with_two_orders", ALL, []),
    ("audit_orders_without_accepted_quote", ALL, []),
    ("audit_quotes_without_order", ALL, [("acme", "quote")]),
    ("audit_quotes_of_open_carts", ALL, []),
    ("audit_quotes_without_history", ALL, [("acme", "quote", 0)]),
    ("audit_number_gaps", ALL, [("acme", 2, 2, 1003)]),
    ("audit_negative_stock", ALL, []),
    ("audit_overredeemed_coupons", ALL, []),
    ("audit_coupon_counts", ALL, [("acme", "TEN", 1, 0)]),
    ("audit_redemptions_without_order", ALL, []),
    ("audit_customer_uses", ALL, [("acme", "TEN", "c", 1, 0)]),
    ("audit_orders_without_event", ALL, [("acme", "EON1", 0)]),
    ("audit_events_without_order", ALL, []),
    ("audit_overbooked_windows", ALL, []),
    ("audit_window_counts", ALL, [("acme", WINDOW["id"], 2, 1)]),
    ("audit_places_of_orders", {}, [("acme", "EON1", WINDOW["id"], 1)]),
    ("audit_emails_of_two_customers", ALL, []),
    ("audit_tokens_without_customer", ALL, [("acme", "gone")]),
    ("audit_stock_taken", {}, [("acme", "main", "mug", -4000)]),
    ("audit_orders_after", {"shop": "", "number": 0, "limit": 1}, [AUDITED_ORDER]),
    ("audit_payment_entries", ALL, []),
    ("audit_payment_clearing", ALL, [("acme", "a1", "asked", 1190)]),
    ("audit_orders_without_money", ALL, []),
    ("audit_money_without_order", ALL, []),
    ("audit_orders_without_message", ALL, []),
    ("audit_messages_without_order", ALL, []),
    ("audit_messages_without_lane", ALL, []),
    ("audit_overtaken_messages", ALL, []),
    ("audit_refunds_beyond_captures", ALL, [("acme", "a1", 190, 0)]),
]
MARK = {"writer": "w", "mark": NOW}
MARKS: list[Step] = [
    ("leave_commit_mark", MARK, 0),
    ("insert_commit_mark", MARK, 1),
    ("leave_commit_mark", {**MARK, "mark": LATER}, 1),
    ("lock_commit_mark", {"writer": "w"}, [(LATER,)]),
    ("lock_commit_mark", {"writer": "nobody"}, []),
    ("delete_old_commit_marks", {"before": LATER, "limit": 10}, 0),
    ("delete_old_commit_marks", {"before": LATER + 1, "limit": 10}, 1),
    ("is_any_shop_there", {}, [(1,)]),
]
STORY = [
    *SHOPS,
    *MARKS,
    *TOKENS,
    *CUSTOMERS,
    *CATALOGUE,
    *AVAILABILITY,
    *COUPONS,
    *DELIVERY,
    *CARTS,
    *ORDERS,
    *QUOTES,
    *PAYMENTS,
    *OUTBOX,
    *LEDGER,
    *CALLS,
    *SALES_STORY,
    *BATCHES,
    *ACCESS,
    *SEARCH,
    *STOREFRONTS,
    *REPORTS,
    *USERS,
    *MEMBERS,
    *LINKS,
    *APPLICATIONS,
    *INVENTORY,
    *AUDIT,
    *INVENTORY_AUDIT,
    *EXPERIMENTS,
    *RATES,
    *REMOVAL,
]


def test_every_step_of_the_story_has_the_same_result_on_both_databases(store: Store) -> None:
    for query, parameters, expected in STORY:
        step = partial(result_of, query=query, parameters=parameters, expected=expected)
        assert store.write_now(step) == expected, (query, parameters)


def test_every_query_has_a_step_in_the_story(database_url: str) -> None:
    assert {query for query, _, _ in STORY} == set(queries(engine_of(database_url)))


def test_a_statement_for_no_rows_touches_none(store: Store) -> None:
    assert store.write_now(lambda tx: tx.run_many("insert_token", [])) == 0


def test_a_statement_for_many_rows_counts_them_all(store: Store) -> None:
    tokens = [{**OF_SHOP, **TOKEN, "hash": str(number), "expires_at": NOW} for number in range(300)]
    assert store.write_now(lambda tx: tx.run_many("insert_token", tokens)) == 300
    assert store.write_now(lambda tx: tx.run("delete_expired_tokens", now=LATER, limit=200)) == 200
    assert store.write_now(lambda tx: tx.run("delete_expired_tokens", now=LATER, limit=200)) == 100


@pytest.mark.parametrize("amount", [0, 2**31, 2**53 + 1, 2**63 - 1])
def test_whole_numbers_come_back_exactly(store: Store, amount: int) -> None:
    order = {**OF_SHOP, **NEW_ORDER, "number": amount, "id": "big", "total_minor": amount, "now": amount}
    store.write_now(lambda tx: tx.run("insert_sales_order", **order))
    row = store.write_now(lambda tx: tx.row("sales_order", shop=SHOP, id="big"))
    assert row is not None
    assert row[-1] == amount


def result_of(tx: Transaction, query: str, parameters: dict[str, Any], expected: object) -> object:
    """The rows, or how many there were, depending on what is expected."""
    if isinstance(expected, list):
        return [tuple(row) for row in tx.rows(query, **parameters)]
    return tx.run(query, **parameters)
