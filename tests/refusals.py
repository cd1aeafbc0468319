"""How each service says no: the shapes of their error bodies, and what fails where an answer has another one."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx


def is_format_a(status: int, body: Any) -> bool:
    """Checkout, orders, coupons, sites, customers, and with a code of its own shipping."""
    return (
        {"status", "type", "message"} <= set(body) <= {"status", "type", "message", "moreInfo", "details", "errorCode"}
        and body["status"] == status
        and re.fullmatch(r"[a-z]+[a-z_]*[a-z]+", body["type"]) is not None
        and isinstance(body["message"], str)
        and all(set(detail) - {"moreInfo"} == {"field", "type", "message"} for detail in body.get("details", []))
    )


def is_customer(status: int, body: Any) -> bool:
    """Customers: format A, with the vendor's own words for a 403 and for a customer who is not there."""
    own = {(403, "Forbidden"), (404, "application/json")}
    return is_format_a(status, {**body, "type": "own"} if (status, body.get("type")) in own else body)


def is_format_b(status: int, body: Any) -> bool:
    """Carts, prices, taxes, products, schemas, configuration, session contexts."""
    return (
        {"code", "status", "message"} == set(body) - {"details", "productId", "resourceId"}
        and (body["code"], body["status"]) == (status, HTTPStatus(status).phrase)
        and all(isinstance(detail, str) for detail in body.get("details", []))
    )


def is_format_d(status: int, body: Any) -> bool:
    """The payment gateway."""
    return set(body) == {"code", "timestamp", "message"} and body["code"] == status and body["message"] != ""


def is_format_e(status: int, body: Any) -> bool:
    """Availability."""
    return {"code", "message"} == set(body) - {"status", "_embedded"} and body["code"] == status


def is_oauth(status: int, body: Any) -> bool:
    """The token endpoint: RFC 6749, 5.2."""
    return set(body) == {"error", "error_description"}


def is_native(status: int, body: Any) -> bool:
    """Our own: problem details (RFC 9457)."""
    return (
        {"type", "title", "status", "detail"} == set(body) - {"errors"}
        and body["status"] == status
        and all(set(error) == {"field", "message"} for error in body.get("errors", [{"field": "", "message": ""}]))
    )


def is_approval(status: int, body: Any) -> bool:
    """Approvals: format B with an errorCode, and details that are objects."""
    details = body.pop("details", [])
    return is_format_b(status, {name: body[name] for name in body if name != "errorCode"}) and all(
        set(detail) == {"message"} for detail in details
    )


_IN_FORMAT_A = ["checkout", "order-v2", "sequential-id", "coupon", "shipping", "site", "customerlogin"]
_IN_FORMAT_B = ["cart", "price", "currency", "category", "customer-segment", "tax", "product", "schema", "quote"]
_IN_FORMAT_B += ["session-context", "configuration", "customer-management"]

FORMATS: dict[str, Callable[[int, Any], bool]] = {
    **dict.fromkeys(_IN_FORMAT_A, is_format_a),
    **dict.fromkeys(_IN_FORMAT_B, is_format_b),
    "customer": is_customer,
    "approval": is_approval,
    "availability": is_format_e,
    "payment-gateway": is_format_d,
    "oauth": is_oauth,
}


def assert_refused(response: httpx.Response, status: int, path: str) -> None:
    """Fail unless this is that refusal, in the words of the service that the path belongs to."""
    assert response.status_code == status, response.text
    is_right = FORMATS.get(path.split("/")[1], is_native)
    own_type = "application/problem+json" if is_right is is_native else "application/json"
    assert response.headers["content-type"] == own_type
    if response.request.method == "HEAD":
        assert response.content == b""
        return
    assert is_right(status, response.json()), response.text
