"""Who visits a page, what its forms must prove, and which headers keep others out.

    cookie ──► session (one look-up) ──► Visit ──► handle(tx, visit) ──► a page, or another address

A form proves with its `token` that it was on a page of ours: a digest of a cookie that other sites can neither read nor
send from their own forms (SameSite=Lax), nor set (`__Host-`, over TLS). Nobody may frame a page, and no script runs
on any that is not a file of ours.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import jinja2
from msgspec import Struct

from tillroll.dialects.guards import page_headers, redirect_headers
from tillroll.dialects.http import Header, Inbound, Problem, Response, Route, new_secret
from tillroll.engine.inventory import users
from tillroll.engine.inventory.users import Session
from tillroll.pages.assets import address_of
from tillroll.pages.forms import FORM, Form, cookie, read_form
from tillroll.store import Transaction

SESSION_COOKIE = "tillroll_session"
VISIT_COOKIE = "tillroll_visit"
LOGIN = "/login"

_FOLDER = Path(__file__).parent
# The cookies' names over TLS: browsers take such a name only with Secure, for this very host and for all its paths, so
# that no neighbour of the same domain can set it. Without TLS they would refuse it.
_HOST_PREFIX = "__Host-"
# Where browsers say that a form came from: a page of ours, or nobody's, such as one that was sent again.
_OWN_PLACES = ("", "same-origin", "none")
_TITLES = {
    400: "That could not be read",
    403: "Not allowed",
    404: "There is nothing here",
    413: "That is too large",
    500: "Something went wrong on our side",
    503: "Busy: please try again in a moment",
}

Filter = Callable[..., object]


class Pages(Struct, frozen=True):
    """The pages of one room: where their templates are, what they may load, and where people go on to."""

    folder: Path
    filters: tuple[tuple[str, Filter], ...]
    home: str
    home_name: str
    allowed: str = "style-src 'self'; img-src 'self' data:; form-action 'self'"

    @property
    def headers(self) -> tuple[Header, ...]:
        """Those of every page."""
        return page_headers(self.allowed, is_private=True)

    def render(self, template: str, **values: Any) -> bytes:
        """A page as bytes."""
        return _templates(self).get_template(template).render(**values).encode("utf-8", "replace")

    def refuse(self, status: int, problems: Sequence[Problem] = (), *, message: str = "") -> Response:
        """A page that says what is wrong; errors for people are pages."""
        said = message or " ".join(problem.message for problem in problems)
        title = _TITLES.get(status, "That is not possible")
        body = self.render("error.html", title=title, said=said, token="", user=None, here="")
        return Response(status, body, self.headers)


@cache
def _templates(pages: Pages) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([pages.folder / "templates", _FOLDER / "templates"]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(pages.filters)
    environment.globals.update(asset=address_of, home=pages.home, home_name=pages.home_name)
    return environment


class Visit(Struct, frozen=True):
    """One request of a browser, with who is logged in, and the secret behind its forms."""

    inbound: Inbound
    session: Session | None
    secret: str
    is_new: bool
    """Whether the secret was made for this visit and has yet to become a cookie."""
    is_secure: bool
    pages: Pages

    @property
    def now(self) -> int:
        """The time of receipt, microseconds UTC."""
        return self.inbound.received_at

    @property
    def user_id(self) -> int:
        """Who is logged in; only for pages that ask for a login."""
        assert self.session is not None
        return self.session.user_id

    @property
    def form(self) -> Form:
        """The fields that were sent."""
        form: Form = self.inbound.command
        return form

    @property
    def token(self) -> str:
        """What this visit's forms carry."""
        return hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        return self._page(template, status, self.pages.headers, values)

    def show_leaving(self, template: str, destination: str, **values: Any) -> Response:
        """A page whose form may end at another site: browsers follow its redirect only where the policy says so."""
        place = urlsplit(destination)
        source = f"{place.scheme}://{place.netloc}" if place.scheme in ("http", "https") else f"{place.scheme}:"
        return self._page(template, 200, page_headers(f"{self.pages.allowed} {source}", is_private=True), values)

    def leave(self, address: str, *cookies: Header) -> Response:
        """Another address, after a form or for want of a login."""
        return Response(303, b"", ((b"location", address.encode("ascii")), *redirect_headers(), *cookies))

    def cookie(self, name: str, value: str, seconds: int | None = None) -> Header:
        """A cookie that scripts and other sites do not get, and over TLS no other host of the domain can set."""
        text = f"{cookie_name(name, is_secure=self.is_secure)}={value}; Path=/; HttpOnly; SameSite=Lax"
        text += "" if seconds is None else f"; Max-Age={seconds}"
        return (b"set-cookie", f"{text}{'; Secure' if self.is_secure else ''}".encode("ascii"))

    def forgotten(self, *names: str) -> tuple[Header, ...]:
        """No more of these cookies, nor of those that carried them before they had names of this host alone."""
        found = [self.cookie(name, "", 0) for name in names]
        if self.is_secure:
            found += [(b"set-cookie", f"{name}=; Path=/; Max-Age=0; Secure".encode("ascii")) for name in names]
        return tuple(found)

    def _page(self, template: str, status: int, guards: tuple[Header, ...], values: dict[str, Any]) -> Response:
        user = self.session.user_name if self.session else None
        body = self.pages.render(template, token=self.token, user=user, here=self.inbound.path, **values)
        cookies = (self.cookie(VISIT_COOKIE, self.secret),) if self.is_new else ()
        return Response(status, body, (*guards, *cookies))


Handle = Callable[[Transaction, Visit], Response]
Run = Callable[[Transaction, Sequence[Inbound]], Sequence[Response]]


class Desk(Struct, frozen=True):
    """Makes a route's `run` of a handler; knows what the operator has set about cookies."""

    pages: Pages
    always_secure: bool
    session_seconds: int

    def open(self, handle: Handle) -> Run:
        """A page for everybody."""
        return self.each(lambda tx, visit: self._proven(tx, visit, handle))

    def private(self, handle: Handle) -> Run:
        """A page for whoever is logged in; others are asked to, and then come back."""

        def run_private(tx: Transaction, visit: Visit) -> Response:
            if visit.session is None:
                return visit.leave(login_address(visit.inbound))
            return self._proven(tx, visit, handle)

        return self.each(run_private)

    def visit(self, tx: Transaction, inbound: Inbound) -> Visit:
        """Who visits."""
        secret = self._cookie(inbound, SESSION_COOKIE)
        session = users.session(tx, secret, users.BROWSER, inbound.received_at)
        if session is not None:
            return Visit(inbound, session, secret, False, self.is_secure(inbound), self.pages)
        return self.stranger(inbound)

    def stranger(self, inbound: Inbound) -> Visit:
        """A visit of somebody who is not logged in."""
        secret = self._cookie(inbound, VISIT_COOKIE)
        is_new = not secret or len(secret) > 200
        return Visit(inbound, None, new_secret() if is_new else secret, is_new, self.is_secure(inbound), self.pages)

    def _cookie(self, inbound: Inbound, name: str) -> str:
        """A cookie of ours. Over TLS one without the name of this host is nobody's: a neighbour may have set it."""
        return cookie(inbound, cookie_name(name, is_secure=self.is_secure(inbound)))

    def is_secure(self, inbound: Inbound) -> bool:
        """Whether the browser came by TLS, as the proxy in front says, or as is set."""
        return self.always_secure or inbound.header(b"x-forwarded-proto").strip().lower() == "https"

    def each(self, handle: Handle) -> Run:
        """A `run` for a handler that answers one visit at a time, and has seen to proof and login itself."""

        def run(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
            # By path: those that lock an item each lock them in one order, whatever the order of arrival.
            answers: dict[int, Response] = {}
            for position in sorted(range(len(requests)), key=lambda n: requests[n].path):
                answers[position] = handle(tx, self.visit(tx, requests[position]))
            return [answers[position] for position in range(len(requests))]

        return run

    def _proven(self, tx: Transaction, visit: Visit, handle: Handle) -> Response:
        if visit.inbound.method == "POST" and not is_proven(visit):
            return forged(visit)
        return handle(tx, visit)


def cookie_name(name: str, *, is_secure: bool) -> str:
    """What a cookie is called on its way."""
    return f"{_HOST_PREFIX}{name}" if is_secure else name


def form_route(path: str, run: Run, pages: Pages, *, content_type: str = FORM) -> Route:
    """A route that takes a form and writes."""
    kinds = (content_type,)
    return Route("POST", path, run, pages, decode=read_form, writes=True, content_types=kinds, keeps_answers=False)


def is_proven(visit: Visit) -> bool:
    """Whether a form was on a page of ours, for this visitor."""
    is_foreign = visit.inbound.header(b"sec-fetch-site") not in _OWN_PLACES
    return not is_foreign and hmac.compare_digest(visit.form.get("token", "").encode(), visit.token.encode())


def forged(visit: Visit) -> Response:
    """What a form gets that proves nothing."""
    said = "This form is out of date. Go back, load the page again, and send it once more."
    return visit.show("error.html", 403, title="That form is out of date", said=said)


def login_address(inbound: Inbound) -> str:
    """Where to log in, and to come back from there to what was asked for."""
    if inbound.method != "GET":
        return LOGIN
    query = inbound.query_string.decode("ascii", "replace")
    back = quote(inbound.path) + (f"?{query}" if query else "")
    return f"{LOGIN}?next={quote(back, safe='')}"


def local_address(text: str, home: str) -> str:
    """The address to go on to: one of our own, whatever the client says; else home."""
    is_plain = text.isascii() and text.isprintable() and "\\" not in text
    if not is_plain or not text.startswith("/") or text.startswith("//"):
        return home
    try:
        place = urlsplit(text)
    except ValueError:  # what is no address is no address of ours
        return home
    return text if not place.scheme and not place.netloc else home
