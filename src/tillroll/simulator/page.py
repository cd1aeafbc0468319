"""The bank's page: where the holder of a card says whether a payment is theirs, and goes back to the shop."""

from collections.abc import Mapping
from html import escape
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from tillroll.simulator.books import Books, Json
from tillroll.simulator.desk import Desk, hidden
from tillroll.simulator.faults import Broken
from tillroll.simulator.objects import intents

Answer = tuple[Broken, list[tuple[str, str]]]

_HTML = "text/html; charset=utf-8"
_SAFE = [("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"), ("Cache-Control", "no-store")]
_LAYOUT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Simulated bank</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 1rem/1.5 system-ui; max-width: 28rem; margin: 4rem auto; padding: 0 1rem }}
button {{ font: inherit; padding: .5rem 1rem; margin-right: .5rem }}
</style></head>
<body><main><h1>Simulated bank</h1>{content}</main></body></html>"""
_QUESTION = """<p>Is this payment of <strong>{amount} {currency}</strong> (in minor units) yours?</p>
<form method="post"><button name="result" value="success">Yes, pay</button>
<button name="result" value="failure">No</button></form>"""


class Asked(Protocol):
    """What is read of a request."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        ...

    @property
    def body(self) -> bytes:
        """The bytes."""
        ...


class Bank(Protocol):
    """What is asked of the simulator."""

    books: Books

    def desk(self, account: str, host: str = "") -> Desk:
        """A desk of an account."""
        ...


def answer(bank: Bank, method: str, path: str, request: Asked) -> Answer:
    """Show the question, or take the answer and send the browser back to the shop."""
    found = bank.books.find("payment_intent", path.removeprefix("/3ds/"))
    if found is None or method not in ("GET", "HEAD", "POST"):
        return _page(404, "<p>There is no such payment.</p>")
    intent, account = found
    if method != "POST":
        if intent["status"] != "requires_action":
            return _page(200, "<p>Nobody is asked for this payment any more.</p>")
        amount, currency = intent["amount"], escape(intent["currency"].upper())
        return _page(200, _QUESTION.format(amount=amount, currency=currency))
    result = _result(request)
    if result not in ("success", "failure"):
        return _page(400, "<p>The result is <code>success</code> or <code>failure</code>.</p>")
    with bank.books.commit():
        intent = intents.finish(bank.desk(account), intent, is_successful=result == "success")
    back = hidden(intent).get("return_url")
    if not back:
        return _page(200, "<p>Thank you. You may close this window.</p>")
    return Broken(303, b"", _HTML), [("Location", _address(back, intent)), *_SAFE]


def _page(status: int, content: str) -> Answer:
    return Broken(status, _LAYOUT.format(content=content).encode(), _HTML), list(_SAFE)


def _result(request: Asked) -> str:
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            return msgspec.json.decode(request.body, type=dict[str, str]).get("result", "")
        except msgspec.MsgspecError:
            return ""
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), max_num_fields=10)).get("result", "")


def _address(back: str, intent: Json) -> str:
    """Where the browser goes: the shop's address with what Stripe adds to it."""
    is_done = intent["status"] in ("requires_capture", "succeeded")
    brought = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if is_done else "failed",
    }
    parts = urlsplit(back)
    query = "&".join(part for part in (parts.query, urlencode(brought)) if part)
    return urlunsplit(parts._replace(query=query))
