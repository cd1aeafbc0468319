"""Customers come and go: signup, login, refresh, validation, logout (docs/wire/emporix.md, 2 and 14).

None of these calls takes an Idempotency-Key: their answers hold secrets, and a fingerprint of their bodies would be a
quick hash of a password. A second signup meets the e-mail, which is taken.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.access import saas_token
from tillroll.dialects.emporix.access.guest_limits import GuestLimits
from tillroll.dialects.emporix.customers.requests import address_problems, email_problem, profile_problems, size_problem
from tillroll.dialects.emporix.wire.errors import CUSTOMER, DIALECT, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.fields import password_problem
from tillroll.dialects.emporix.wire.payload import read_json, refuse_if
from tillroll.dialects.emporix.wire.secured import Call, admit, anybody, secured, secured_many
from tillroll.dialects.http import RETRY_SOON, Inbound, Response, Route, new_secret
from tillroll.dialects.passwords import Passwords
from tillroll.dialects.rates import place_of
from tillroll.domain.customers.customer import CustomerAddress, CustomerDocument, Profile, login_name, put_address
from tillroll.engine.customers import customers, login
from tillroll.engine.customers.customers import NewCustomer, StoredCustomer
from tillroll.engine.customers.login import Announced, LoginAttempt, LoginLimits
from tillroll.engine.customers.passwords import Prover
from tillroll.engine.documents.desk import Desk
from tillroll.engine.documents.snapshot import Catalogue
from tillroll.engine.sessions.login import Login, LoginRefusal, log_in
from tillroll.engine.sessions.tokens import TokenPair
from tillroll.settings import Settings
from tillroll.store import Transaction
from tillroll.store.group_commit import Within

# The documents ask for an anonymous token; back offices that bring customers in send their own (seen in clients).
_ANYBODY = anybody()

_MICROSECONDS = 1_000_000


class Credentials(Struct, frozen=True):
    """What somebody logs in with."""

    email: str
    password: str


class Signup(Struct, frozen=True, rename="camel"):
    """The body of a signup; `signup` is an older place for e-mail and password."""

    email: str = ""
    password: str = ""
    customer_details: Profile | None = None
    customer_address: CustomerAddress | None = None
    signup: Credentials | None = None


class PreparedSignup(Struct):
    """A signup whose password has become a hash."""

    email: str
    password: str
    document: CustomerDocument
    password_hash: str = ""


class PreparedLogin(Struct):
    """A login: what was announced, whether the password is the account's, and the secrets that it may give out."""

    attempt: LoginAttempt
    password: str
    secrets: tuple[str, str]
    saas_secret: str
    announced: Announced | None = None
    is_right: bool = False
    new_hash: str | None = None


_SIGNUP = msgspec.json.Decoder(Signup, float_hook=Decimal)
_CREDENTIALS = msgspec.json.Decoder(Credentials)


def routes(desk: "LoginDesk") -> list[Route]:
    """The routes by which customers come."""
    base = "/customer/{tenant}"
    signup = secured(CUSTOMER, _ANYBODY, _signup)
    logins = secured_many(CUSTOMER, _ANYBODY, desk.login_many)
    return [
        Route("POST", base + "/signup", signup, CUSTOMER, _read_signup, True, keeps_answers=False,
              prepare=desk.prepare_signup),
        Route("POST", base + "/login", logins, CUSTOMER, desk.read_login, True, keeps_answers=False,
              prepare=desk.prepare_login),
    ]  # fmt: skip


def _read_signup(inbound: Inbound) -> PreparedSignup:
    asked = read_json(_SIGNUP, inbound.body)
    email = asked.email or (asked.signup.email if asked.signup else "")
    password = asked.password or (asked.signup.password if asked.signup else "")
    profile = asked.customer_details or Profile()
    address = asked.customer_address
    refuse_if(
        [
            email_problem("email", email),
            password_problem("password", password),
            *profile_problems("customerDetails", profile),
            *(address_problems("customerAddress", address) if address is not None else ()),
        ]
    )
    profile.contact_email = profile.contact_email or email
    document = CustomerDocument(profile)
    if address is not None:
        address.id = inbound.id
        put_address(document, address)
    refuse_if([size_problem(document)])
    return PreparedSignup(email, password, document)


def _signup(tx: Transaction, call: Call) -> Reply:
    """POST: 201 `{id}`; 409 where the e-mail is an account already."""
    asked: PreparedSignup = call.inbound.command
    new = NewCustomer(login_name(asked.email), asked.document, password_hash=asked.password_hash)
    id = customers.insert(tx, call.shop, new, call.now)
    return respond(201, {"id": id}) if id is not None else duplicate_account(call, asked.email)


def duplicate_account(call: Call, email: str) -> Refusal:
    """409 for an e-mail that somebody logs in with already (14)."""
    return CUSTOMER.refusal(409, message=f"Duplicate account '{email}' for tenant '{call.shop}'.")


class LoginDesk:
    """Signups and logins with what the operator has set."""

    def __init__(self, settings: Settings, catalogue: Catalogue, passwords: Passwords, guests: GuestLimits) -> None:
        self._settings = settings
        self.guests = guests
        self._catalogue = catalogue
        self.passwords = passwords
        self.limits = LoginLimits(
            settings.login_account_failures_max, settings.login_address_failures_max, settings.login_delay_seconds_max
        )

    async def prepare_signup(self, store: Within, inbound: Inbound) -> Response | None:
        """Hash the password, where it is somebody's who may sign up, and whose address has not done so too often."""
        admitted = await store.read(_admitted, inbound)
        refused = admitted if isinstance(admitted, Refusal) else self.guests.sign_up(CUSTOMER, admitted)
        if refused is not None:
            return refused.response()
        asked: PreparedSignup = inbound.command
        asked.password_hash = await self.passwords.hash(asked.password, inbound.remote)
        return None

    def read_login(self, inbound: Inbound) -> PreparedLogin:
        """The body of a login, with the secrets that it may give out."""
        asked = read_json(_CREDENTIALS, inbound.body)
        attempt = self.attempt(inbound, asked.email)
        return PreparedLogin(attempt, asked.password, (new_secret(), new_secret()), new_secret())

    def attempt(self, inbound: Inbound, email: str) -> LoginAttempt:
        """A request's attempt to prove who the owner of an e-mail is."""
        place = place_of(inbound.remote)
        return LoginAttempt(inbound.values["tenant"], email, place, self.limits, inbound.received_at)

    async def prepare_login(self, store: Within, inbound: Inbound) -> Response | None:
        """Announce the attempt, and look at the password between the transactions."""
        asked: PreparedLogin = inbound.command
        announced = await store.write(_announce, inbound)
        if isinstance(announced, Refusal):
            return announced.response()
        asked.announced = announced
        asked.is_right = await self.passwords.check(announced.password_hash, asked.password, inbound.remote)
        if asked.is_right and self.passwords.is_outdated(announced.password_hash or ""):
            asked.new_hash = await self.passwords.hash(asked.password, inbound.remote)
        return None

    def login_many(self, tx: Transaction, calls: Sequence[Call]) -> Sequence[Reply]:
        """POST: 200 with the tokens of a customer, whose password was right and who may act; else 401."""
        outcomes = log_in(Desk(tx, self._catalogue), [self._login(call) for call in calls])
        return [
            self._answer(tx, call, outcome) if isinstance(outcome, StoredCustomer) else _REFUSALS[outcome]()
            for call, outcome in zip(calls, outcomes, strict=True)
        ]

    def _login(self, call: Call) -> Login:
        prepared: PreparedLogin = call.inbound.command
        announced = prepared.announced or Announced()
        pair = self.pair(call, prepared.secrets)
        return Login(prepared.attempt, announced, prepared.is_right, _session(call), pair, DIALECT, prepared.new_hash)

    def _answer(self, tx: Transaction, call: Call, customer: StoredCustomer) -> Response:
        prepared: PreparedLogin = call.inbound.command
        secret = customers.saas_secret_or(tx, call.shop, prepared.saas_secret, call.now)
        expires_at = call.now + self._settings.customer_token_seconds * _MICROSECONDS
        tokens = shown_tokens(self.pair(call, prepared.secrets), _session(call))
        tokens["saas_token"] = tokens["saasToken"] = saas_token.sign(secret, customer.id, expires_at)
        return respond(200, tokens | {"initialPassword": customer.password_is_initial})

    def pair(self, call: Call, secrets: tuple[str, str]) -> TokenPair:
        """The two tokens that a caller's client may be given."""
        seconds, refresh_seconds = self._settings.customer_token_seconds, self._settings.refresh_token_seconds
        return TokenPair(*secrets, seconds, refresh_seconds, call.caller.client_id)

    def prover(self, call: Call) -> Prover:
        """A caller who proves to be an account's owner."""
        return Prover(call.caller, place_of(call.inbound.remote), self.limits, call.now)


def shown_tokens(pair: TokenPair, session_id: str) -> dict[str, Any]:
    """A customer's two tokens as they are answered, in both spellings (2)."""
    values = {
        ("access_token", "accessToken"): pair.secret,
        ("expires_in", "expiresIn"): pair.seconds,
        ("refresh_token", "refreshToken"): pair.refresh_secret,
        ("refresh_token_expires_in", "refreshTokenExpiresIn"): pair.refresh_seconds,
        ("token_type", "tokenType"): "Bearer",
        ("session_id", "sessionId"): session_id,
    }
    return {name: value for names, value in values.items() for name in names}


def _admitted(tx: Transaction, inbound: Inbound) -> Refusal | Call:
    return admit(tx, CUSTOMER, _ANYBODY, inbound)


def _announce(tx: Transaction, requests: Sequence[Inbound]) -> list[Refusal | Announced]:
    """The first transaction of logins: who may ask, and may the account be tried now?"""
    answers: dict[int, Refusal | Announced] = {}
    for position, inbound in enumerate(requests):
        admitted = _admitted(tx, inbound)
        if isinstance(admitted, Refusal):
            answers[position] = admitted
    asked = [position for position in range(len(requests)) if position not in answers]
    announced = login.announce(tx, [requests[position].command.attempt for position in asked])
    for position, one in zip(asked, announced, strict=True):
        answers[position] = slowed_or(one)
    return [answers[position] for position in range(len(requests))]


def _session(call: Call) -> str:
    """The session that the customer goes on in: the guest's, or a new one for a back office that has none."""
    return call.caller.session_id or call.inbound.id


def wrong_password() -> Refusal:
    """401 in the gateway's format: whether it is the e-mail or the password is not told."""
    detail = {"errorcode": "oauth.v2.InvalidCredentials"}
    return Refusal(401, {"fault": {"faultstring": "Invalid email or password", "detail": detail}})


def changed_meanwhile() -> Refusal:
    """503 for a password that was changed while it was looked at."""
    refusal = CUSTOMER.refusal(503, message="The account was changed in this very moment. Try again.")
    return refusal.beside(RETRY_SOON)


def slowed_or(announced: Announced) -> Refusal | Announced:
    """What became of an announcement: nothing to be tried before its wait is over."""
    return slowed_down(announced.wait_seconds) if announced.wait_seconds else announced


def slowed_down(seconds: int) -> Refusal:
    """429 after too many failures, whether there is such an account or not."""
    refusal = CUSTOMER.refusal(429)
    return refusal.beside((b"retry-after", b"%d" % seconds))


_REFUSALS = {LoginRefusal.WRONG: wrong_password, LoginRefusal.CHANGED_MEANWHILE: changed_meanwhile}
