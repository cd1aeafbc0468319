"""The `saas-token`: a JWT that says which customer buys, signed with a secret of the shop (docs/wire/emporix.md, 2).

A bearer token says who asks and can be revoked; this one says it in a form that a merchant's own services can check.
The algorithm is pinned, and the time is the request's.
"""

from enum import StrEnum

import jwt
from jwt.types import Options

ALGORITHM = "HS256"

_MICROSECONDS = 1_000_000
# Longer than any token that is made here; what is longer is not even looked at.
_CHARACTERS_MAX = 4_096


class TokenVerdict(StrEnum):
    """What a saas-token is worth."""

    VALID = "valid"
    MISSING = "missing"
    INVALID = "invalid"
    EXPIRED = "expired"
    FOREIGN = "foreign"


def sign(secret: str, customer_id: str, expires_at: int) -> str:
    """A token for this customer; `expires_at` is microseconds UTC."""
    return jwt.encode({"sub": customer_id, "exp": expires_at // _MICROSECONDS}, secret, algorithm=ALGORITHM)


def judge(token: str, secret: str | None, customer_id: str, now: int) -> TokenVerdict:
    """Whether this token was signed by the shop for this customer and has not expired; `now` is microseconds UTC."""
    verdict, subject = read(token, secret, now)
    return TokenVerdict.FOREIGN if verdict is TokenVerdict.VALID and subject != customer_id else verdict


def read(token: str, secret: str | None, now: int) -> tuple[TokenVerdict, str]:
    """Whether the shop has signed this token and it has not expired, and for which customer."""
    if not token:
        return TokenVerdict.MISSING, ""
    if secret is None or len(token) > _CHARACTERS_MAX:
        return TokenVerdict.INVALID, ""
    options: Options = {"require": ["sub", "exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], options=options)
    except jwt.InvalidTokenError:
        return TokenVerdict.INVALID, ""
    expires_at = claims["exp"]
    if not isinstance(expires_at, int) or expires_at * _MICROSECONDS <= now:
        return TokenVerdict.EXPIRED, ""
    return TokenVerdict.VALID, claims["sub"]
