"""Rows of the people of shops: which user may look at which shop, and may do what there."""

from msgspec import Struct

from tillroll.store import Transaction

# Behind every time.
FOR_EVER = 2**63 - 1


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


class Invitation(Struct, frozen=True):
    """A role in a shop for whoever comes with the secret of this hash."""

    hash: str
    role: str
    invited_by: str
    created_at: int
    expires_at: int


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


def invite(tx: Transaction, shop: str, invitation: Invitation) -> None:
    """Keep an invitation."""
    times = {"now": invitation.created_at, "expires_at": invitation.expires_at}
    who = {"role": invitation.role, "invited_by": invitation.invited_by}
    tx.run("insert_invitation", shop=shop, hash=invitation.hash, **who, **times)


def invitations(tx: Transaction, shop: str, now: int) -> list[Invitation]:
    """Those of a shop that still hold, oldest first."""
    return [Invitation(*row) for row in tx.rows("invitations_of_shop", shop=shop, now=now)]


def invitation(tx: Transaction, hash: str, now: int) -> tuple[str, Invitation] | None:
    """The shop of an invitation that still holds, and the invitation."""
    row = tx.row("invitation", hash=hash, now=now)
    return (row[0], Invitation(*row[1:])) if row is not None else None


def delete_invitation(tx: Transaction, shop: str, hash: str) -> bool:
    """Take an invitation back, or use it up; False where somebody else has."""
    return bool(tx.run("delete_invitation", shop=shop, hash=hash))


def delete_invitations(tx: Transaction, shop: str, until: int) -> None:
    """Forget those that end until then."""
    tx.run("delete_invitations_until", shop=shop, until=until)
