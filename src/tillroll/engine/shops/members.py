"""The people of shops: users who may look at a shop, and what they may do there.

viewer    looks            analyst    decides about sales, too            admin    says who belongs to the shop, too
"""

from tillroll.engine.access.access import hash_of
from tillroll.store import Transaction
from tillroll.store.shops import members as rows
from tillroll.store.shops.members import Invitation, Member, Membership

VIEWER, ANALYST, ADMIN = "viewer", "analyst", "admin"
# Each may do what those before it may.
ROLES = (VIEWER, ANALYST, ADMIN)

INVITATION_DAYS = 7
# So many of a shop are open at a time.
INVITATIONS_MAX = 50
_DAY = 86_400_000_000


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


def invite(tx: Transaction, shop: str, secret: str, invited: Member) -> bool:
    """Let whoever comes with this secret within INVITATION_DAYS have a role in the shop, once.

    `invited` says which role, since when, and by its name who invites. False where INVITATIONS_MAX are open already.
    """
    now = invited.created_at
    rows.delete_invitations(tx, shop, now)
    if len(rows.invitations(tx, shop, now)) >= INVITATIONS_MAX:
        return False
    kept = Invitation(hash_of(secret), invited.role, invited.user_name, now, now + INVITATION_DAYS * _DAY)
    rows.invite(tx, shop, kept)
    return True


def invitations(tx: Transaction, shop: str, now: int) -> list[Invitation]:
    """The open invitations of a shop, oldest first."""
    return rows.invitations(tx, shop, now)


def invited(tx: Transaction, secret: str, now: int) -> tuple[str, Invitation] | None:
    """The shop that this secret is an invitation to, and the invitation; None where it holds no more."""
    return rows.invitation(tx, hash_of(secret), now)


def withdraw(tx: Transaction, shop: str, hash: str) -> bool:
    """Take an invitation back; False where there is none, or somebody has used it."""
    return rows.delete_invitation(tx, shop, hash)


def accept(tx: Transaction, secret: str, user: Member) -> str | None:
    """Use an invitation up for a user, whose role in the shop becomes that one unless it is more already.

    The shop; None where the invitation holds no more, or a rival was quicker. The role of `user` is not looked at.
    """
    found = invited(tx, secret, user.created_at)
    if found is None or not rows.delete_invitation(tx, found[0], found[1].hash):
        return None
    shop, invitation = found
    role = rows.role(tx, shop, user.user_id)
    if role is None or not may(role, invitation.role):
        rows.store(tx, shop, Member(user.user_id, user.user_name, invitation.role, user.created_at))
    return shop
