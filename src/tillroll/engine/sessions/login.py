"""The second transaction of logins: customers whose password was right enter, and the others are counted.

    lock the customers ──► may they act, and is the hash still the one that was looked at? ──► take the carts of their
    sessions over ──► forgive or count the attempts ──► tokens

Between the first one (`customers.login.announce`) and this one a thread has looked at the password.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from tillroll.engine.access import access
from tillroll.engine.access.access import SessionContext
from tillroll.engine.cart.claim import CartClaim, claim_carts
from tillroll.engine.coupons.coupons import coupons_max
from tillroll.engine.customers import customers
from tillroll.engine.customers import login as attempts
from tillroll.engine.customers.customers import StoredCustomer
from tillroll.engine.customers.login import Announced, LoginAttempt
from tillroll.engine.documents.desk import Desk
from tillroll.engine.sessions.tokens import Bearer, TokenPair, give_tokens


class Login(Struct, frozen=True):
    """An announced login whose password has been looked at; `new_hash` is there where the hash is to be a newer one.

    `session_id` is the session that the customer goes on in, `dialect` the one that the ledger tells of.
    """

    attempt: LoginAttempt
    announced: Announced
    is_right: bool
    session_id: str
    pair: TokenPair
    dialect: str
    new_hash: str | None = None

    @property
    def shop(self) -> str:
        """The shop that is logged in to."""
        return self.attempt.shop

    @property
    def customer_id(self) -> str | None:
        """Whose password it is; None where it is nobody's, or the wrong one."""
        return self.announced.customer_id if self.is_right else None


class LoginRefusal(StrEnum):
    """Why somebody does not enter: what they sent is wrong, or the account was changed while it was looked at."""

    WRONG = "wrong"
    CHANGED_MEANWHILE = "changed_meanwhile"


def log_in(desk: Desk, logins: Sequence[Login]) -> list[StoredCustomer | LoginRefusal]:
    """Let in those who may: of each login its customer, who has tokens then, or why there are none."""
    known = _locked(desk, logins)
    outcomes: list[StoredCustomer | LoginRefusal] = []
    for login in logins:
        customer = known.get((login.shop, login.customer_id or ""))
        if customer is None or not customer.active:
            outcomes.append(LoginRefusal.WRONG)
        elif customer.password_hash != login.announced.password_hash:
            outcomes.append(LoginRefusal.CHANGED_MEANWHILE)
        else:
            outcomes.append(customer)
    pairs = list(zip(logins, outcomes, strict=True))
    entering = [(login, customer) for login, customer in pairs if isinstance(customer, StoredCustomer)]
    _take_over(desk, entering)
    _settle(desk, [(login.attempt, outcome is not LoginRefusal.WRONG) for login, outcome in pairs])
    for login, customer in entering:
        _enter(desk, login, customer)
    return outcomes


def _locked(desk: Desk, logins: Sequence[Login]) -> dict[tuple[str, str], StoredCustomer]:
    known: dict[tuple[str, str], StoredCustomer] = {}
    for shop in sorted({login.shop for login in logins}):
        wanted = {login.customer_id for login in logins if login.shop == shop and login.customer_id is not None}
        known |= {(shop, id): stored for id, stored in customers.lock(desk.tx, shop, wanted).items()}
    return known


def _take_over(desk: Desk, entering: Sequence[tuple[Login, StoredCustomer]]) -> None:
    """The sessions of these customers are theirs now, with what is in their carts."""
    for shop in sorted({login.shop for login, _ in entering}):
        view = desk.view(shop)
        claims = [
            CartClaim(login.session_id, customer.id, login.attempt.now, login.dialect)
            for login, customer in entering
            if login.shop == shop
        ]
        claim_carts(desk.tx, view, claims, coupons_max=coupons_max(view))
        for claim in sorted(claims, key=lambda claim: (claim.session_id, claim.customer_id)):
            context = access.lock_session_context(desk.tx, shop, claim.session_id)
            context = context or SessionContext(claim.session_id)
            context.customer_id = claim.customer_id
            access.store_session_context(desk.tx, shop, context, claim.now)


def _settle(desk: Desk, settled: Sequence[tuple[LoginAttempt, bool]]) -> None:
    """Forgive the accounts whose password was right, and count the others for their addresses; in one order."""
    right = [attempt for attempt, is_right in settled if is_right]
    wrong = [attempt for attempt, is_right in settled if not is_right]
    for attempt in sorted(right, key=lambda attempt: (attempt.shop, attempt.subject)):
        attempts.succeeded(desk.tx, attempt)
    for attempt in sorted(wrong, key=lambda attempt: (attempt.shop, attempt.remote)):
        attempts.failed(desk.tx, attempt)


def _enter(desk: Desk, login: Login, customer: StoredCustomer) -> None:
    now = login.attempt.now
    if login.new_hash is not None:
        customer.password_hash = login.new_hash
        customers.save_password(desk.tx, login.shop, customer, now)
    give_tokens(desk.tx, login.shop, login.pair, Bearer(login.session_id, customer.id), now=now)
