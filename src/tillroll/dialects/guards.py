"""Headers of every page for people, and the address that links to this server begin with."""

import re

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


def origin_of(inbound: Inbound) -> str:
    """Under which address the client has reached this server; empty where its headers do not say so."""
    host = inbound.header(b"host")
    scheme = "https" if inbound.header(b"x-forwarded-proto") == "https" else "http"
    return f"{scheme}://{host}" if _HOST.match(host) else ""
