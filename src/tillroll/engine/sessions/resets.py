"""Forgotten passwords: a back office gets a secret for its own mail, of anybody else the shop is told.

Tillroll sends no mail. Whoever has the secret sets another password with it (`engine/customers/passwords`).
"""

from collections.abc import Callable

from msgspec import Struct

from tillroll.domain.customers.customer import login_name
from tillroll.domain.events.events import Note
from tillroll.engine.access.access import SERVICE, Caller
from tillroll.engine.customers import customers
from tillroll.engine.ledger import ledger
from tillroll.store import Transaction

RESET_REQUESTED = "password_reset_requested"


class ResetAsked(Struct, frozen=True):
    """Somebody says that a password is forgotten: the secret that is given for it, and until when it is good."""

    caller: Caller
    email: str
    secret: str
    expires_at: int
    now: int


def ask_for_reset(tx: Transaction, asked: ResetAsked, may_be_told: Callable[[str], bool]) -> bool:
    """Keep the secret for a back office's own mail; or tell the shop, where it may be told of this customer once more.

    False where nobody has this e-mail, which only a back office is to learn.
    """
    caller = asked.caller
    known = customers.find_by_email(tx, caller.shop, login_name(asked.email))
    if known is None:
        return False
    if caller.kind == SERVICE:
        customers.keep_reset(tx, caller.shop, known.id, (asked.secret, asked.expires_at))
    elif may_be_told(known.id):
        note = Note(
            shop=caller.shop,
            dialect=caller.dialect,
            kind=RESET_REQUESTED,
            subject=known.id,
            visitor=caller.owner,
            happened_at=asked.now,
            received_at=asked.now,
            document="{}",
        )
        ledger.note(tx, [note])
    return True
