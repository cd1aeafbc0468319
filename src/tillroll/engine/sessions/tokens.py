"""The two tokens of a customer's session: one to ask with, one to get the next two for."""

from msgspec import Struct

from tillroll.engine.access import access
from tillroll.engine.access.access import CUSTOMER, REFRESH, NewToken
from tillroll.store import Transaction

_MICROSECONDS = 1_000_000


class TokenPair(Struct, frozen=True):
    """Two tokens to be given out: their secrets, made at the door, how long each holds, and to which client."""

    secret: str
    refresh_secret: str
    seconds: int
    refresh_seconds: int
    client_id: str


class Bearer(Struct, frozen=True):
    """Whom a customer's tokens are for."""

    session_id: str
    customer_id: str
    legal_entity_id: str | None = None


def give_tokens(tx: Transaction, shop: str, pair: TokenPair, bearer: Bearer, *, now: int) -> None:  # noqa: PLR0913  what, for whom, and when
    """Store a customer's next two tokens."""
    kinds = ((pair.secret, CUSTOMER, pair.seconds), (pair.refresh_secret, REFRESH, pair.refresh_seconds))
    tokens = [
        NewToken(
            secret,
            kind,
            pair.client_id,
            "",
            now + seconds * _MICROSECONDS,
            bearer.session_id,
            bearer.customer_id,
            bearer.legal_entity_id,
        )
        for secret, kind, seconds in kinds
    ]
    access.store_tokens(tx, shop, tokens)
