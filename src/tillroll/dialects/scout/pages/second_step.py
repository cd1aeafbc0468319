"""The second step of logins: a user lets a device make codes, gets recovery codes, and ends it again.

POST /account/second-step           a secret  ──► GET /account/second-step   its picture, and a field for the first code
POST /account/second-step/confirm   the step is on, and recovery codes are shown once
POST /account/second-step/codes     other recovery codes         POST /account/second-step/end   no second step any more
"""

import segno

from tillroll.dialects.http import Response, Route, new_secret
from tillroll.dialects.scout.pages.frame import PAGES, form_route
from tillroll.dialects.scout.pages.people import ACCOUNT, TOO_MANY, WRONG_CODE
from tillroll.engine.inventory import totp
from tillroll.pages.visits import Desk, Visit
from tillroll.store import Transaction

STEP = f"{ACCOUNT}/second-step"
# So that a telephone reads it from a screen.
_SCALE = 5


def routes(desk: Desk) -> list[Route]:
    """The page and its forms."""
    return [
        Route("GET", STEP, desk.private(_page), PAGES),
        form_route(STEP, desk.private(_begin)),
        form_route(f"{STEP}/confirm", desk.private(_confirm)),
        form_route(f"{STEP}/codes", desk.private(_other_codes)),
        form_route(f"{STEP}/end", desk.private(_end)),
    ]


def _begin(tx: Transaction, visit: Visit) -> Response:
    is_begun = totp.begin(tx, visit.user_id, new_secret(), visit.now)
    return visit.leave(STEP if is_begun else ACCOUNT)


def _page(tx: Transaction, visit: Visit) -> Response:
    return _shown(tx, visit)


def _shown(tx: Transaction, visit: Visit, status: int = 200, problem: str = "") -> Response:
    """The secret that has yet to be confirmed, as a picture and as letters."""
    secret = totp.waiting_secret(tx, visit.user_id)
    if secret is None or visit.session is None:
        return visit.leave(ACCOUNT)
    picture = segno.make(totp.address_of(secret, visit.session.user_name), error="m", micro=False)
    drawn = picture.svg_inline(scale=_SCALE, dark="#000", light="#fff", omitsize=True)
    letters = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    return visit.show("second_step.html", status, picture=drawn, secret=letters, problem=problem)


def _confirm(tx: Transaction, visit: Visit) -> Response:
    if totp.is_guessing(tx, visit.user_id, visit.now):
        return _shown(tx, visit, 429, TOO_MANY)
    if not totp.confirm(tx, visit.user_id, "".join(visit.form.get("code", "").split()), visit.now):
        return _shown(tx, visit, 422, WRONG_CODE)
    return _codes(tx, visit)


def _codes(tx: Transaction, visit: Visit) -> Response:
    """Recovery codes in the place of those that there were, shown once."""
    shown = totp.replace_recovery_codes(tx, visit.user_id, [new_secret() for _ in range(totp.RECOVERY_CODES)])
    return visit.show("recovery.html", codes=shown)


def _other_codes(tx: Transaction, visit: Visit) -> Response:
    return _refused(tx, visit) or _codes(tx, visit)


def _end(tx: Transaction, visit: Visit) -> Response:
    refused = _refused(tx, visit)
    if refused is None:
        totp.end(tx, visit.user_id)
    return refused or visit.leave(ACCOUNT)


def _refused(tx: Transaction, visit: Visit) -> Response | None:
    """Why nothing is changed: whoever is at a browser that was left open has no code."""
    problem, status = "", 422
    if totp.is_guessing(tx, visit.user_id, visit.now):
        problem, status = TOO_MANY, 429
    elif not totp.is_right(tx, visit.user_id, visit.form.get("code", ""), visit.now):
        problem = WRONG_CODE
    if not problem:
        return None
    return visit.show("error.html", status, title="The second step is as it was", said=problem)
