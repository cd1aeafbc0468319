"""Signing up, logging in and out, the password, and keys for programs.

A password is checked between two transactions: the attempt is counted in the first, so that a thousand at once are not
a thousand free guesses, and the session begins in the second, if the password is still the account's.
"""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.dialects.http import Inbound, Response, Route, new_secret
from tillroll.dialects.passwords import Passwords
from tillroll.dialects.rates import place_of
from tillroll.dialects.scout.pages.frame import HOME, PAGES, form_route
from tillroll.engine.inventory import totp, users
from tillroll.engine.inventory.users import NewSession
from tillroll.engine.shops import members
from tillroll.pages.forms import FORM, Form, read_form
from tillroll.pages.visits import (
    LOGIN,
    SESSION_COOKIE,
    VISIT_COOKIE,
    Desk,
    Visit,
    forged,
    is_proven,
    local_address,
    login_address,
)
from tillroll.store import Transaction
from tillroll.store.group_commit import Within
from tillroll.store.inventory.users import User

SIGN_UP = "/sign-up"
LOGOUT = "/logout"
LOGIN_CODE = f"{LOGIN}/code"
# Where staff of shops go on to.
DASHBOARD = "/dashboard"
ACCOUNT = "/account"

KEYS_MAX = 20
KEY_LABEL_CHARACTERS_MAX = 60
KEY_SECONDS = 100 * 365 * 24 * 3600

TOO_MANY = "Too many attempts. Wait a quarter of an hour, then try again."
TOO_MANY_SIGN_UPS = "Too many accounts were made from your address of late. Try again in an hour."
WRONG_CODE = "That is no code that holds now. Each is good once: wait for the next one, or use a recovery code."
TOO_LATE = "That took too long. Log in again."
WRONG_PASSWORD = "That name and password do not belong together."


class LoginAttempt(Struct, frozen=True):
    """What is known of a login before the password is checked."""

    user: User | None
    is_guessing: bool


class Verdict(Struct, frozen=True):
    """A login after its password was checked."""

    form: dict[str, str]
    user: User | None


class Fresh(Struct, frozen=True):
    """A sign-up or a change of password, whose new password has become a hash."""

    form: dict[str, str]
    problems: tuple[str, ...]
    user: User | None = None
    password_hash: str = ""

    def get(self, name: str, default: str = "") -> str:
        """A field of the form."""
        return self.form.get(name, default)


def routes(desk: Desk, passwords: Passwords, sign_ups_per_hour: int) -> list[Route]:
    """The pages about people's accounts."""
    entrance = Entrance(desk, passwords, sign_ups_per_hour)
    forms = (FORM,)
    return [
        Route("GET", SIGN_UP, desk.open(_sign_up_page), PAGES),
        Route("POST", SIGN_UP, entrance.sign_up, PAGES, decode=read_form, writes=True, content_types=forms,
              keeps_answers=False, prepare=entrance.prepare_sign_up),
        Route("GET", LOGIN, desk.open(_login_page), PAGES),
        Route("POST", LOGIN, entrance.log_in, PAGES, decode=read_form, writes=True, content_types=forms,
              keeps_answers=False, prepare=entrance.prepare_login),
        form_route(LOGIN_CODE, desk.open(entrance.log_in_with_code)),
        form_route(LOGOUT, desk.private(_log_out)),
        Route("GET", ACCOUNT, desk.private(_account_page), PAGES),
        Route("POST", f"{ACCOUNT}/password", entrance.change_password, PAGES, decode=read_form, writes=True,
              content_types=forms, keeps_answers=False, prepare=entrance.prepare_change),
        form_route(f"{ACCOUNT}/keys", desk.private(_make_key)),
        form_route(f"{ACCOUNT}/keys/{{key}}/revoke", desk.private(_revoke_key)),
    ]  # fmt: skip


class Entrance:
    """Everything that needs a password."""

    def __init__(self, desk: Desk, passwords: Passwords, sign_ups_per_hour: int) -> None:
        self._desk = desk
        self._sign_ups_per_hour = sign_ups_per_hour
        self._passwords = passwords
        self.log_in = desk.each(self._log_in)
        self.sign_up = desk.each(self._sign_up)
        self.change_password = desk.each(self._change_password)

    async def prepare_login(self, store: Within, inbound: Inbound) -> Response | None:
        """Count the attempt, check the password, and leave the verdict as the command."""
        visit = self._desk.stranger(inbound)
        if not is_proven(visit):
            return forged(visit)
        name, password = visit.form.get("name", "").strip(), visit.form.get("password", "")
        attempt = await store.write(_announce, (name, place_of(inbound.remote), inbound.received_at))
        if attempt.is_guessing:
            return _guessing(_login_again(visit, visit.form, 429, TOO_MANY))
        known = attempt.user.password_hash if attempt.user else None
        is_right = await self._passwords.check(known, password, inbound.remote)
        inbound.command = Verdict(dict(visit.form), attempt.user if is_right else None)
        return None

    async def prepare_sign_up(self, store: Within, inbound: Inbound) -> Response | None:
        """Hash the new password, where everything else is in order and the address has not signed up too often."""
        visit = self._desk.stranger(inbound)
        if not is_proven(visit):
            return forged(visit)
        form = dict(visit.form)
        name, password = form.get("name", ""), form.get("password", "")
        told = (users.name_problem(name), users.password_problem(password), _repeat_problem(form))
        problems = tuple(problem for problem in told if problem is not None)
        if not problems:
            wait = await store.write(self._announce_sign_up, (place_of(inbound.remote), inbound.received_at))
            if wait:
                return _later(_sign_up_again(visit, form, 429, (TOO_MANY_SIGN_UPS,)), wait)
        hashed = "" if problems else await self._passwords.hash(password, inbound.remote)
        inbound.command = Fresh(form, problems, None, hashed)
        return None

    async def prepare_change(self, store: Within, inbound: Inbound) -> Response | None:
        """Check the old password, and hash the new one."""
        found = await store.read(self._visiting_user, inbound)
        if isinstance(found, Response):
            return found
        visit, user = found
        if not is_proven(visit):
            return forged(visit)
        form = dict(visit.form)
        attempt = await store.write(_announce, (user.name, place_of(inbound.remote), inbound.received_at))
        if attempt.is_guessing:
            return _guessing(visit.show("account_problem.html", 429, problems=[TOO_MANY]))
        problems = [users.password_problem(form.get("password", "")), _repeat_problem(form)]
        if not await self._passwords.check(user.password_hash, form.get("known", ""), inbound.remote):
            problems.insert(0, "The current password is another one.")
        told = tuple(problem for problem in problems if problem is not None)
        hashed = "" if told else await self._passwords.hash(form.get("password", ""), inbound.remote)
        inbound.command = Fresh(form, told, user, hashed)
        return None

    def _announce_sign_up(self, tx: Transaction, sign_ups: Sequence[tuple[str, int]]) -> list[int]:
        return [users.announce_sign_up(tx, address, self._sign_ups_per_hour, now) for address, now in sign_ups]

    def _visiting_user(self, tx: Transaction, inbound: Inbound) -> tuple[Visit, User] | Response:
        visit = self._desk.visit(tx, inbound)
        user = users.by_id(tx, visit.session.user_id) if visit.session else None
        return visit.leave(login_address(inbound)) if user is None else (visit, user)

    def _log_in(self, tx: Transaction, visit: Visit) -> Response:
        verdict: Verdict = visit.inbound.command
        user = users.by_id(tx, verdict.user.id) if verdict.user else None
        if user is None or verdict.user is None or user.password_hash != verdict.user.password_hash:
            return _login_again(visit, verdict.form, 403, WRONG_PASSWORD)
        users.forgive_attempt(tx, user.name, place_of(visit.inbound.remote), visit.now)
        if not totp.is_on(tx, user.id):
            return self._enter(tx, visit, user.id, verdict.form)
        step = new_secret()
        totp.open_step(tx, step, user.id, visit.now)
        return _code_page(visit, {"step": step, "next": verdict.form.get("next", "")})

    def log_in_with_code(self, tx: Transaction, visit: Visit) -> Response:
        """The second step of a login, behind a password that was right."""
        step, form = visit.form.get("step", ""), dict(visit.form)
        user = totp.step(tx, step, visit.now)
        if user is None:
            return _login_again(visit, form, 403, TOO_LATE)
        if totp.is_guessing(tx, user.id, visit.now):
            page = _code_page(visit, form, 429, TOO_MANY)
            return _later(page, totp.CODES_WINDOW)
        if not totp.is_right(tx, user.id, form.get("code", ""), visit.now):
            return _code_page(visit, form, 403, WRONG_CODE)
        if not totp.close_step(tx, step):
            return _login_again(visit, form, 403, TOO_LATE)
        return self._enter(tx, visit, user.id, form)

    def _sign_up(self, tx: Transaction, visit: Visit) -> Response:
        asked: Fresh = visit.inbound.command
        problems = asked.problems
        if not problems:
            id = users.add(tx, asked.get("name"), asked.password_hash, visit.now)
            if id is not None:
                return self._enter(tx, visit, id, asked.form)
            problems = ("That name is taken.",)
        return _sign_up_again(visit, asked.form, 422, problems)

    def _enter(self, tx: Transaction, visit: Visit, user_id: int, form: dict[str, str]) -> Response:
        secret = new_secret()
        users.open_session(tx, user_id, NewSession(secret, users.BROWSER, self._desk.session_seconds), visit.now)
        session = visit.cookie(SESSION_COOKIE, secret, self._desk.session_seconds)
        # What was before the login is worth nothing after it, not even once logged out again.
        return visit.leave(_onward(tx, user_id, form.get("next", "")), session, *visit.forgotten(VISIT_COOKIE))

    def _change_password(self, tx: Transaction, visit: Visit) -> Response:
        asked: Fresh = visit.inbound.command
        if asked.problems or asked.user is None or visit.session is None:
            return visit.show("account_problem.html", 422, problems=asked.problems)
        if not users.change_password(tx, asked.user, asked.password_hash, visit.now):
            return visit.show("account_problem.html", 422, problems=["The password has just been changed elsewhere."])
        users.forgive_attempt(tx, asked.user.name, place_of(visit.inbound.remote), visit.now)
        users.close_others(tx, asked.user.id, visit.session.hash)
        return visit.leave(f"{ACCOUNT}?changed=password")


def _announce(tx: Transaction, attempts: Sequence[tuple[str, str, int]]) -> list[LoginAttempt]:
    found = []
    for name, address, now in attempts:
        is_guessing = users.is_guessing(tx, name, address, now)
        if not is_guessing:
            users.announce_attempt(tx, name, address, now)
        found.append(LoginAttempt(users.by_name(tx, name), is_guessing))
    return found


def _repeat_problem(form: dict[str, str]) -> str | None:
    return None if form.get("password") == form.get("again") else "The two passwords are not the same."


def _guessing(page: Response) -> Response:
    return _later(page, users.FAILURE_WINDOW)


def _later(page: Response, microseconds: int) -> Response:
    seconds = -(-microseconds // 1_000_000)
    return Response(page.status, page.body, (*page.headers, (b"retry-after", b"%d" % seconds)))


def _login_page(tx: Transaction, visit: Visit) -> Response:
    address = local_address(visit.inbound.query.get("next", ""), "")
    if visit.session is not None:
        return visit.leave(_onward(tx, visit.user_id, address))
    return visit.show("login.html", problem="", name="", next=address)


def _login_again(visit: Visit, form: Form, status: int, problem: str) -> Response:
    address = local_address(form.get("next", ""), "")
    return visit.show("login.html", status, problem=problem, name=form.get("name", ""), next=address)


def _code_page(visit: Visit, form: Form, status: int = 200, problem: str = "") -> Response:
    address = local_address(form.get("next", ""), "")
    return visit.show("code.html", status, problem=problem, step=form.get("step", ""), next=address)


def _sign_up_page(tx: Transaction, visit: Visit) -> Response:
    address = local_address(visit.inbound.query.get("next", ""), "")
    if visit.session is not None:
        return visit.leave(_onward(tx, visit.user_id, address))
    return visit.show("sign_up.html", problems=(), name="", next=address)


def _sign_up_again(visit: Visit, form: Form, status: int, problems: tuple[str, ...]) -> Response:
    address = local_address(form.get("next", ""), "")
    return visit.show("sign_up.html", status, problems=problems, name=form.get("name", ""), next=address)


def _onward(tx: Transaction, user_id: int, wanted: str) -> str:
    """Where somebody goes on to: what was asked for, else the shops of who has any, else the inventory."""
    return local_address(wanted, DASHBOARD if members.shops_of(tx, user_id) else HOME)


def _log_out(tx: Transaction, visit: Visit) -> Response:
    if visit.session is not None:
        users.close_session(tx, visit.session.user_id, visit.session.hash)
    return visit.leave(LOGIN, *visit.forgotten(SESSION_COOKIE, VISIT_COOKIE))


def _account_page(tx: Transaction, visit: Visit) -> Response:
    return _account(tx, visit)


def _account(tx: Transaction, visit: Visit, *, key: str = "", problem: str = "") -> Response:
    changed = visit.inbound.query.get("changed") == "password"
    keys = users.sessions(tx, visit.user_id, users.KEY)
    values = {"changed": changed, "keys": keys, "new_key": key, "problem": problem}
    values |= {"has_step": totp.is_on(tx, visit.user_id), "codes": totp.recovery_codes_left(tx, visit.user_id)}
    return visit.show("account.html", 422 if problem else 200, **values)


def _make_key(tx: Transaction, visit: Visit) -> Response:
    label = visit.form.get("label", "").strip()
    if not label or len(label) > KEY_LABEL_CHARACTERS_MAX:
        return _account(tx, visit, problem=f"A key needs a name of {KEY_LABEL_CHARACTERS_MAX} characters at most.")
    if len(users.sessions(tx, visit.user_id, users.KEY)) >= KEYS_MAX:
        return _account(tx, visit, problem=f"There are {KEYS_MAX} keys already: revoke one first.")
    secret = new_secret()
    users.open_session(tx, visit.user_id, NewSession(secret, users.KEY, KEY_SECONDS, label), visit.now)
    return _account(tx, visit, key=secret)


def _revoke_key(tx: Transaction, visit: Visit) -> Response:
    users.close_session(tx, visit.user_id, visit.inbound.values["key"])
    return visit.leave(ACCOUNT)
