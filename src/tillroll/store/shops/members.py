"""Rows of the people of shops: which user may look at which shop, and may do what there."""

from msgspec import Struct

from tillroll.store import Transaction


class Member(Struct, frozen=True):
    """A user who belongs to a shop."""

    user_id: int
    user_name: str
    role: str
    created_at: int


class Membership(Struct, frozen=True):
    """A shop that a user belongs to."""

    shop: str
    role: str


def role(tx: Transaction, shop: str, user_id: int) -> str | None:
    """What a user is in a shop; None for who is nobody there."""
    row = tx.row("role_of_member", shop=shop, user_id=user_id)
    return str(row[0]) if row is not None else None


def of_shop(tx: Transaction, shop: str) -> list[Member]:
    """Everybody in a shop, by name."""
    return [Member(*row) for row in tx.rows("members_of_shop", shop=shop)]


def of_user(tx: Transaction, user_id: int) -> list[Membership]:
    """The shops of a user, by name."""
    return [Membership(*row) for row in tx.rows("shops_of_member", user_id=user_id)]


def store(tx: Transaction, shop: str, member: Member) -> None:
    """Let a user belong to a shop, or be something else there."""
    tx.run("store_member", shop=shop, user_id=member.user_id, role=member.role, now=member.created_at)


def delete(tx: Transaction, shop: str, user_id: int) -> bool:
    """Let a user belong to a shop no more; False where they did not."""
    return bool(tx.run("delete_member", shop=shop, user_id=user_id))


def delete_all_of_shop(tx: Transaction, shop: str) -> None:
    """Let nobody belong to a shop any more."""
    tx.run("delete_members_of_shop", shop=shop)


def delete_all_of_user(tx: Transaction, user_id: int) -> None:
    """Let a user belong to no shop any more."""
    tx.run("delete_memberships", user_id=user_id)
