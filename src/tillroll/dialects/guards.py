"""Headers of every page for people, who wants one, and the address that links to this server begin with."""

import re
from decimal import Decimal

from tillroll.dialects.http import NO_STORE, Header, Inbound

HTML: Header = (b"content-type", b"text/html; charset=utf-8")

# What a page may load and do: nothing, but for what it names itself. A page is in no frame, and sends no form away.
_POLICY = "default-src 'none'; {allowed}; base-uri 'none'; frame-ancestors 'none'"
_AROUND_PAGES: tuple[Header, ...] = (
    (b"x-frame-options", b"DENY"),  # for browsers that do not know frame-ancestors
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)

_WEIGHT = re.compile(r"^q=([01](?:\.[0-9]{0,3})?)$")
_JSON_KINDS = ("application/json", "application/problem+json", "application/*")
_HOST = re.compile(r"^[A-Za-z0-9.\-_\[\]:]{1,255}$")


def page_headers(allowed: str, *, is_private: bool) -> tuple[Header, ...]:
    """The headers of an HTML page; `allowed` are the directives of what it may load, and where its forms may go.

    A private page is about somebody, and no browser keeps it.
    """
    policy = (b"content-security-policy", _POLICY.format(allowed=allowed).encode("ascii", "replace"))
    return (HTML, policy, *_AROUND_PAGES, *(NO_STORE if is_private else ()))


def redirect_headers() -> tuple[Header, ...]:
    """The headers of an answer that only leads elsewhere, from or to a private page."""
    return (*_AROUND_PAGES, *NO_STORE)


def wants_page(accept: str) -> bool:
    """Whether whoever sends this `Accept` would rather read a page than JSON, as browsers do (RFC 9110, 12.5.1)."""
    weights: dict[str, Decimal] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (one.strip() for one in part.split(";"))
        said = next((found[1] for one in parameters if (found := _WEIGHT.match(one))), "1")
        weights[kind] = max(weights.get(kind, Decimal()), Decimal(said))
    return weights.get("text/html", Decimal()) > max(weights.get(kind, Decimal()) for kind in _JSON_KINDS)


def origin_of(inbound: Inbound) -> str:
    """Under which address the client has reached this server; empty where its headers do not say so."""
    host = inbound.header(b"host")
    scheme = "https" if inbound.header(b"x-forwarded-proto") == "https" else "http"
    return f"{scheme}://{host}" if _HOST.match(host) else ""
