"""Letting an application post: the consent page, and the grants that can be seen and withdrawn (docs/wire/scout.md, 2).

    /oauth/new?client_id&redirect_uri&scopes ──► log in ──► allow ──► {redirect_uri}?code=…
                                                       └──► deny  ──► {redirect_uri}?error=access_denied

An address that is not saved, letter for letter, or a scope that is not approved gets a page and no redirect: nobody is
sent anywhere that the application has not named before. A `code_challenge` (RFC 7636, S256) is kept with the code, and
only its verifier exchanges it. Libraries for OAuth 2.0 say `scope`, with blanks between the scopes (RFC 6749, 3.3).
"""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct

from tillroll.dialects.http import Response, Route, new_secret
from tillroll.dialects.scout.pages.frame import PAGES, form_route
from tillroll.domain.typed import Typed
from tillroll.engine.access.access import hash_of
from tillroll.engine.inventory import applications
from tillroll.engine.inventory.applications import CHECKOUTS, USERNAME, Application, Consent
from tillroll.pages.visits import Desk, Visit
from tillroll.store import Transaction

CONSENT = "/oauth/new"
GRANTS = "/grants"
STATE_CHARACTERS_MAX = 2000
S256 = "S256"
_CODE_HEX_DIGITS = 24
# 256 bits in base64url (RFC 7636, 4.2).
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

SCOPE_WORDS = {
    CHECKOUTS: "Add what you buy to your inventory",
    USERNAME: "See your user name",
}


class Asked(Struct, frozen=True):
    """What an application asks a user for, once it is known to be in order."""

    application: Application
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    challenge: str = ""

    def address(self, **result: str) -> str:
        """Where the browser goes back to, with a code or an error."""
        given = result | ({} if self.state is None else {"state": self.state})
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{urlencode(given)}"


class NotInOrder(Exception):
    """The request for a consent is wrong; the text is for the user, who tells the application's people."""


def routes(desk: Desk) -> list[Route]:
    """The consent page and the grants."""
    return [
        Route("GET", CONSENT, desk.private(_ask), PAGES),
        form_route(CONSENT, desk.private(_decide)),
        Route("GET", GRANTS, desk.private(_grants_page), PAGES),
        form_route(f"{GRANTS}/{{client_id}}/withdraw", desk.private(_withdraw)),
    ]


def _ask(tx: Transaction, visit: Visit) -> Response:
    try:
        asked = _asked(tx, visit.inbound.query)
    except NotInOrder as wrong:
        return _wrong(visit, wrong)
    return visit.show_leaving(
        "consent.html",
        asked.redirect_uri,
        application=asked.application.name,
        shop=asked.application.shop,
        scopes=[(scope, SCOPE_WORDS[scope]) for scope in applications.in_order(asked.scopes)],
        address=asked.redirect_uri,
        fields={
            "client_id": asked.application.client_id,
            "redirect_uri": asked.redirect_uri,
            "scopes": ",".join(applications.in_order(asked.scopes)),
        }
        | ({} if asked.state is None else {"state": asked.state})
        | ({"code_challenge": asked.challenge, "code_challenge_method": S256} if asked.challenge else {}),
    )


def _decide(tx: Transaction, visit: Visit) -> Response:
    try:
        asked = _asked(tx, visit.form)
    except NotInOrder as wrong:
        return _wrong(visit, wrong)
    if visit.form.get("decision") != "allow":
        return visit.leave(asked.address(error="access_denied"))
    code = hash_of(new_secret())[:_CODE_HEX_DIGITS]
    given = Consent(
        visit.user_id, asked.application, asked.redirect_uri, asked.scopes, code, new_secret(), asked.challenge
    )
    applications.consent(tx, given, visit.now)
    return visit.leave(asked.address(code=code))


def _asked(tx: Transaction, fields: Mapping[str, str]) -> Asked:
    application = applications.by_client_id(tx, Typed(fields.get("client_id", "")).trimmed)
    if application is None:
        raise NotInOrder("No application has this client_id.")
    redirect_uri = fields.get("redirect_uri", "")
    if redirect_uri not in application.redirect_uris:
        raise NotInOrder(f"{application.name} has not saved this redirect_uri.")
    if fields.get("response_type", "code") != "code":
        raise NotInOrder("The response_type has to be code.")
    listed = ",".join(fields[name] for name in ("scopes", "scope") if name in fields)
    scopes = frozenset(listed.replace(",", " ").split())
    if not scopes:
        raise NotInOrder(f"{application.name} does not say what it wants to do: scopes are missing.")
    if not scopes <= application.scopes:
        raise NotInOrder(f"{application.name} asks for more than it is approved for.")
    state = fields.get("state")
    if state is not None and len(state) > STATE_CHARACTERS_MAX:
        raise NotInOrder("The state is too long.")
    return Asked(application, redirect_uri, scopes, state, _challenge(fields))


def _challenge(fields: Mapping[str, str]) -> str:
    """The challenge of a client that has a verifier, empty for the others. Without a method it would be `plain`."""
    challenge, method = fields.get("code_challenge", ""), fields.get("code_challenge_method", "")
    if not challenge and not method:
        return ""
    if method != S256:
        raise NotInOrder("The code_challenge_method has to be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise NotInOrder("The code_challenge is not 43 characters of base64url.")
    return challenge


def _wrong(visit: Visit, wrong: NotInOrder) -> Response:
    said = f"{wrong} Nothing was granted, and you were not sent anywhere. Tell the people who make the application."
    return visit.show("error.html", 422, title="This request is not in order", said=said)


def _grants_page(tx: Transaction, visit: Visit) -> Response:
    grants = applications.grants(tx, visit.user_id)
    return visit.show("grants.html", grants=grants, words=SCOPE_WORDS)


def _withdraw(tx: Transaction, visit: Visit) -> Response:
    applications.withdraw(tx, visit.user_id, visit.inbound.values["client_id"], visit.now)
    return visit.leave(GRANTS)
