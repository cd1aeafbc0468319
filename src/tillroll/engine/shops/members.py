"""The people of shops: users who may look at a shop, and what they may do there.

viewer    looks            analyst    decides about sales, too            admin    says who belongs to the shop, too
"""

from tillroll.store import Transaction
from tillroll.store.shops import members as rows
from tillroll.store.shops.members import Member, Membership

VIEWER, ANALYST, ADMIN = "viewer", "analyst", "admin"
# Each may do what those before it may.
ROLES = (VIEWER, ANALYST, ADMIN)


def may(role: str, least: str) -> bool:
    """Whether somebody of this role may do what another one may at least."""
    return ROLES.index(role) >= ROLES.index(least)


def role_of(tx: Transaction, shop: str, user_id: int) -> str | None:
    """What a user is in a shop; None for who is nobody there."""
    return rows.role(tx, shop, user_id)


def members(tx: Transaction, shop: str) -> list[Member]:
    """Everybody in a shop, by name."""
    return rows.of_shop(tx, shop)


def shops_of(tx: Transaction, user_id: int) -> list[Membership]:
    """The shops of a user, by name."""
    return rows.of_user(tx, user_id)


def put(tx: Transaction, shop: str, member: Member) -> None:
    """Let a user belong to a shop, or be something else there."""
    rows.store(tx, shop, member)


def remove(tx: Transaction, shop: str, user_id: int) -> bool:
    """Let a user belong to a shop no more: from the next request on they see nothing of it."""
    return rows.delete(tx, shop, user_id)
