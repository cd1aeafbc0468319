"""The columns of the queries about users and what they have bought are those that they are read by."""

from tests.store.columns import Fits, misfits
from tillroll.store import Store
from tillroll.store.inventory.applications import (
    ApplicationRow,
    CodeRow,
    ListedApplication,
    ListedGrant,
    TokenGrant,
    UserGrant,
)
from tillroll.store.inventory.items import GroupRow, InventoryItem, ItemStep, LockedItem, StateTotals, Version
from tillroll.store.inventory.totp import TotpRow
from tillroll.store.inventory.users import AttemptCount, ListedUser, OpenSession, User, UserHoldings, UserSession

FITS: Fits = {
    "application": ApplicationRow,
    "application_names": ("client_id", "name"),
    "applications": ListedApplication,
    "applications_by_key": ("secret_hash", *ApplicationRow.__struct_fields__),
    "grant_code": CodeRow,
    "grants_by_token": TokenGrant,
    "held_grants_by_token": TokenGrant,
    "holdings_of_user": UserHoldings,
    "insert_user": ("id",),
    "inventory_changes": ItemStep,
    "inventory_fingerprints": ("fingerprint", "item_id"),
    "inventory_groups": GroupRow,
    "inventory_item": InventoryItem,
    "inventory_order_items": InventoryItem,
    "inventory_page": InventoryItem,
    "inventory_page_back": InventoryItem,
    "inventory_totals": StateTotals,
    "inventory_versions": Version,
    "lock_inventory_item": InventoryItem,
    "lock_inventory_items": LockedItem,
    "lock_user_grant": UserGrant,
    "login_step": User,
    "recovery_codes_left": ("codes",),
    "totp": TotpRow,
    "user": User,
    "user_attempts": AttemptCount,
    "user_by_name": User,
    "user_grants": ListedGrant,
    "user_session": UserSession,
    "user_sessions": OpenSession,
    "users": ListedUser,
}


def test_every_query_returns_what_it_is_read_by(store: Store, database_url: str) -> None:
    assert misfits(database_url, "inventory", FITS) == []
