"""Passwords that change: by the customer who knows the old one, or with a token for those who do not (14).

Tillroll sends no mail. Who has forgotten a password says so to the storefront, and that stands in the ledger; a back
office with `customer.customer_manage` gets the token for its own mail by making the same call.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from tillroll.dialects.emporix.customers.login import LoginDesk, changed_meanwhile, slowed_or, wrong_password
from tillroll.dialects.emporix.customers.one_customer import NO_CONTENT
from tillroll.dialects.emporix.customers.requests import email_problem
from tillroll.dialects.emporix.wire.errors import CUSTOMER, Refusal, Reply, respond
from tillroll.dialects.emporix.wire.fields import password_problem
from tillroll.dialects.emporix.wire.payload import read_json, refuse_if
from tillroll.dialects.emporix.wire.secured import CUSTOMERS, Call, admit, anybody, bearer_hash, secured
from tillroll.dialects.http import Inbound, Problem, Response, Route, new_secret
from tillroll.engine.access.access import SERVICE
from tillroll.engine.customers import customers
from tillroll.engine.customers.login import Announced
from tillroll.engine.customers.passwords import (
    NewPassword,
    PasswordRefusal,
    announce_changes,
    change_password,
    reset_password,
)
from tillroll.engine.sessions.resets import ResetAsked, ask_for_reset
from tillroll.settings import Settings
from tillroll.store import Transaction
from tillroll.store.group_commit import Within

_MICROSECONDS = 1_000_000
_ANYBODY = anybody("customer.customer_manage")


class PasswordChange(Struct, rename="camel"):
    """Two passwords; `announced` says whose, `new_hash` is there where the current one was right."""

    current_password: str
    new_password: str
    announced: Announced | None = None
    new_hash: str = ""


class ResetRequest(Struct):
    """Whose password is forgotten, and the secret that may be given out for it."""

    email: str
    secret: str = ""


class PasswordReset(Struct):
    """A secret for a new password; `new_hash` is there where the secret was good."""

    token: str
    password: str
    new_hash: str = ""


_CHANGE = msgspec.json.Decoder(PasswordChange)
_REQUEST = msgspec.json.Decoder(ResetRequest)
_RESET = msgspec.json.Decoder(PasswordReset)


def routes(settings: Settings, desk: LoginDesk) -> list[Route]:
    """The routes of passwords; two have an older path that clients still call."""
    base = "/customer/{tenant}/password"
    doors = _Doors(settings, desk)
    change, reset = secured(CUSTOMER, CUSTOMERS, doors.change), secured(CUSTOMER, _ANYBODY, doors.reset)
    ask = secured(CUSTOMER, _ANYBODY, doors.ask)
    changes = [
        Route(method, path, change, CUSTOMER, _read_change, True, keeps_answers=False, prepare=doors.prepare_change)
        for method, path in (("POST", base + "/change"), ("PUT", base))
    ]
    resets = [
        Route("POST", path, reset, CUSTOMER, _read_reset, True, keeps_answers=False, prepare=doors.prepare_reset)
        for path in (base + "/reset/update", base + "/reset/confirm")
    ]
    return [*changes, Route("POST", base + "/reset", ask, CUSTOMER, _read_request, True, keeps_answers=False), *resets]


def _read_change(inbound: Inbound) -> PasswordChange:
    asked = read_json(_CHANGE, inbound.body)
    refuse_if([password_problem("newPassword", asked.new_password)])
    return PasswordChange(asked.current_password, asked.new_password)


def _read_request(inbound: Inbound) -> ResetRequest:
    asked = read_json(_REQUEST, inbound.body)
    refuse_if([email_problem("email", asked.email)])
    return ResetRequest(asked.email, new_secret())


def _read_reset(inbound: Inbound) -> PasswordReset:
    asked = read_json(_RESET, inbound.body)
    refuse_if([password_problem("password", asked.password)])
    return PasswordReset(asked.token, asked.password)


class _Doors:
    """What happens between the transactions, and what depends on the settings."""

    def __init__(self, settings: Settings, desk: LoginDesk) -> None:
        self._reset_seconds = settings.password_reset_seconds
        self._desk = desk

    async def prepare_change(self, store: Within, inbound: Inbound) -> Response | None:
        """Look at the current password as a login does, and hash the new one."""
        asked: PasswordChange = inbound.command
        announced = await store.write(self._announce, inbound)
        if isinstance(announced, Refusal):
            return announced.response()
        asked.announced = announced
        if await self._desk.passwords.check(announced.password_hash, asked.current_password, inbound.remote):
            asked.new_hash = await self._desk.passwords.hash(asked.new_password, inbound.remote)
        return None

    def _announce(self, tx: Transaction, requests: Sequence[Inbound]) -> list[Refusal | Announced]:
        admitted = [admit(tx, CUSTOMER, CUSTOMERS, inbound) for inbound in requests]
        provers = [self._desk.prover(call) for call in admitted if isinstance(call, Call)]
        announced = iter(announce_changes(tx, provers))
        return [call if isinstance(call, Refusal) else slowed_or(next(announced)) for call in admitted]

    async def prepare_reset(self, store: Within, inbound: Inbound) -> Response | None:
        """Hash the new password, where the token is good for one."""
        found = await store.read(_resettable, inbound)
        if isinstance(found, Refusal):
            return self._desk.guests.wrong(CUSTOMER, inbound, found).response()
        asked: PasswordReset = inbound.command
        asked.new_hash = await self._desk.passwords.hash(asked.password, inbound.remote)
        return None

    def ask(self, tx: Transaction, call: Call) -> Reply:
        """POST: 204, whether there is such an account or not; a back office gets the token for it, or 404."""
        asked: ResetRequest = call.inbound.command
        refused = self._desk.guests.reset(CUSTOMER, call)
        if refused is not None:
            return refused
        expires_at = call.now + self._reset_seconds * _MICROSECONDS
        reset = ResetAsked(call.caller, asked.email, asked.secret, expires_at, call.now)
        is_known = ask_for_reset(tx, reset, lambda id: self._desk.guests.is_reset_noted(call, id))
        if call.caller.kind != SERVICE:
            return NO_CONTENT
        if not is_known:
            return CUSTOMER.refusal(404, message="Customer not Found", type="application/json")
        return respond(200, {"token": asked.secret, "expiresIn": self._reset_seconds})

    def change(self, tx: Transaction, call: Call) -> Reply:
        """POST: 204, and every other token of the customer is gone; 401 for a wrong password."""
        sent: PasswordChange = call.inbound.command
        assert sent.announced is not None
        new = NewPassword(sent.announced.password_hash, sent.new_hash, bearer_hash(call.inbound))
        return _answer(change_password(tx, self._desk.prover(call), new))

    def reset(self, tx: Transaction, call: Call) -> Reply:
        """POST: 204, and every token of the customer is gone; 400 for a token that is unknown, used or too old."""
        sent: PasswordReset = call.inbound.command
        return _answer(reset_password(tx, self._desk.prover(call), sent.token, sent.new_hash))


def _answer(refusal: PasswordRefusal | None) -> Reply:
    if refusal is PasswordRefusal.BAD_SECRET:
        return _bad_token()
    if refusal is PasswordRefusal.CHANGED_MEANWHILE:
        return changed_meanwhile()
    return wrong_password() if refusal is PasswordRefusal.WRONG else NO_CONTENT


def _resettable(tx: Transaction, inbound: Inbound) -> Refusal | str:
    call = admit(tx, CUSTOMER, _ANYBODY, inbound)
    if isinstance(call, Refusal):
        return call
    return customers.reset_customer(tx, call.shop, inbound.command.token, call.now) or _bad_token()


def _bad_token() -> Refusal:
    message = "the token is unknown, used already, or too old: ask for another one"
    return CUSTOMER.refusal(400, [Problem("token", "invalid_value", message)])
