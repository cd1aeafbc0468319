"""What applications ask about users: a token for a code, and who a token stands for (docs/wire/scout.md, 2)."""

from collections.abc import Sequence

import msgspec

from tillroll.dialects.http import Inbound, Response, Route
from tillroll.dialects.scout.errors import SCOUT
from tillroll.dialects.scout.payload import decode_object
from tillroll.dialects.scout.posts import NOT_YOUR_TOKEN, WRONG_KEY, WRONG_TOKEN, applications_of, key_hash
from tillroll.engine.access.access import hash_of
from tillroll.engine.inventory import applications
from tillroll.engine.inventory.applications import USERNAME, Application, CodeClaim, CodeRefused, GrantWithdrawn
from tillroll.store import Transaction

TOKEN_PATH = "/api/v1/oauth/token"
INFO_PATH = "/api/v1/oauth/info"


def routes() -> list[Route]:
    """Both calls."""
    decode = decode_object("code", "redirect_uri", optional=("code_verifier",))
    return [
        Route("POST", TOKEN_PATH, exchange, SCOUT, decode=decode, writes=True, keeps_answers=False),
        Route("GET", INFO_PATH, inform, SCOUT, decode=_access_token),
    ]


def exchange(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    """Access tokens for codes, each once."""
    apps = applications_of(tx, requests)
    # By code: those that lock a grant each lock them in one order, whatever the order of arrival.
    answers: dict[int, Response] = {}
    for position in sorted(range(len(requests)), key=lambda n: str(requests[n].command["code"])):
        answers[position] = _exchange(tx, requests[position], apps.get(key_hash(requests[position])))
    return [answers[position] for position in range(len(requests))]


def inform(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
    """Who a token stands for; the name only with the scope `username`."""
    apps = applications_of(tx, requests)
    grants = applications.by_tokens(tx, {hash_of(inbound.command) for inbound in requests})
    answers = []
    for inbound in requests:
        application = apps.get(key_hash(inbound))
        grant = grants.get(hash_of(inbound.command))
        if application is None:
            answers.append(SCOUT.refuse(403, message=WRONG_KEY))
        elif not inbound.command:
            answers.append(SCOUT.refuse(400, message="access_token is required."))
        elif grant is None:
            answers.append(SCOUT.refuse(403, message=WRONG_TOKEN))
        elif grant.client_id != application.client_id:
            answers.append(SCOUT.refuse(403, message=NOT_YOUR_TOKEN))
        else:
            user: dict[str, object] = {"id": grant.user_id}
            if USERNAME in grant.scopes & application.scopes:
                user["username"] = grant.user_name
            answers.append(_success(user))
    return answers


def _exchange(tx: Transaction, inbound: Inbound, application: Application | None) -> Response:
    if application is None:
        return SCOUT.refuse(403, message=WRONG_KEY)
    asked = inbound.command
    key = inbound.header(b"x-api-key").strip()
    claim = CodeClaim(asked["code"], asked["redirect_uri"], key, asked["code_verifier"])
    try:
        issued = applications.exchange(tx, application, claim, inbound.received_at)
    except CodeRefused as refused:
        return SCOUT.refuse(422, message=str(refused))
    except GrantWithdrawn:
        return SCOUT.refuse(403, message="The user has withdrawn the grant.")
    scopes = applications.in_order(issued.scopes & application.scopes)
    return _success({"id": issued.user_id, "access_token": issued.token, "scopes": scopes})


def _access_token(inbound: Inbound) -> str:
    return inbound.query.get("access_token", "").strip()


def _success(user: dict[str, object]) -> Response:
    return Response(200, msgspec.json.encode({"success": True, "user": user}))
