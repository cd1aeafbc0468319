"""Which parameters an operation takes, and of what kind. What is not listed is refused, so that requests are checked.

`!` behind a kind: the parameter is needed. What Stripe documents beyond this list is nothing that Tillroll sends.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tillroll.simulator.books import Json
from tillroll.simulator.wire import invalid

METADATA_PAIRS_MAX = 50
METADATA_NAME_MAX = 40
METADATA_VALUE_MAX = 500
TEXT_MAX = 5000

_LISTING = {"limit": "integer", "starting_after": "text", "ending_before": "text", "expand": "list"}
_LOOK = {"expand": "list"}
_SEARCH = {"query": "text!", "limit": "integer", "page": "text", "expand": "list"}
_ENDPOINT = {"url": "url", "enabled_events": "list", "description": "text", "metadata": "metadata", "expand": "list"}
_ABOUT = {"description": "text", "metadata": "metadata", "receipt_email": "text", "expand": "list"}
_CONFIRM = {
    "payment_method": "text",
    "confirmation_token": "text",
    "return_url": "url",
    "error_on_requires_action": "flag",
    "off_session": "flag",
    "use_stripe_sdk": "flag",
    "receipt_email": "text",
    "mandate_data": "map",
    "shipping": "map",
    "payment_method_options": "map",
    "expand": "list",
}

# By operation: its parameters, and the kind of each.
KNOWN: Mapping[str, Mapping[str, str]] = {
    "payment_intents.create": {
        **_CONFIRM,
        **_ABOUT,
        "amount": "integer!",
        "currency": "text!",
        "capture_method": "text",
        "confirmation_method": "text",
        "confirm": "flag",
        "allowed_payment_method_types": "list",
        "excluded_payment_method_types": "list",
        "payment_method_types": "list",
        "automatic_payment_methods": "map",
        "statement_descriptor": "text",
        "statement_descriptor_suffix": "text",
        "transfer_group": "text",
    },
    "payment_intents.update": {**_ABOUT, "payment_method": "text"},
    "payment_intents.confirm": _CONFIRM,
    "payment_intents.retrieve": {**_LOOK, "client_secret": "text"},
    "payment_intents.capture": {"amount_to_capture": "integer", "metadata": "metadata", "expand": "list"},
    "payment_intents.cancel": {"cancellation_reason": "text", "expand": "list"},
    "payment_intents.list": {**_LISTING, "created": "range", "customer": "text"},
    "payment_intents.search": _SEARCH,
    "refunds.create": {
        "payment_intent": "text",
        "charge": "text",
        "amount": "integer",
        "reason": "text",
        "metadata": "metadata",
        "expand": "list",
    },
    "refunds.retrieve": _LOOK,
    "refunds.list": {**_LISTING, "created": "range", "payment_intent": "text", "charge": "text"},
    "charges.retrieve": _LOOK,
    "charges.list": {**_LISTING, "created": "range", "payment_intent": "text"},
    "disputes.retrieve": _LOOK,
    "disputes.list": {**_LISTING, "created": "range", "payment_intent": "text"},
    "balance_transactions.retrieve": _LOOK,
    "balance_transactions.list": {**_LISTING, "created": "range", "source": "text", "type": "text"},
    "events.retrieve": _LOOK,
    "events.list": {**_LISTING, "created": "range", "type": "text", "types": "list", "delivery_success": "flag"},
    "payment_methods.create": {"type": "text!", "card": "map", "metadata": "metadata", "expand": "list"},
    "payment_methods.retrieve": _LOOK,
    "confirmation_tokens.create": {"payment_method": "text!", "expand": "list"},
    "webhook_endpoints.create": {**_ENDPOINT, "url": "url!", "enabled_events": "list!", "api_version": "text"},
    "webhook_endpoints.update": {**_ENDPOINT, "disabled": "flag"},
    "webhook_endpoints.retrieve": _LOOK,
    "webhook_endpoints.list": _LISTING,
    "webhook_endpoints.delete": {},
}


def checked(operation: str, given: Json) -> Json:
    """The parameters as values; raises Refused for one that is unknown, missing or of another kind."""
    known = KNOWN[operation]
    for name in given:
        if name not in known:
            raise invalid(f"{operation} takes no parameter {name} here.", "parameter_unknown", name)
    for name, kind in known.items():
        if kind.endswith("!") and name not in given:
            raise invalid(f"The parameter {name} is needed.", "parameter_missing", name)
    return {name: _READERS[known[name].rstrip("!")](name, value) for name, value in given.items()}


def _text(name: str, value: Any) -> str | None:
    if not isinstance(value, str):
        raise invalid(f"{name} is a text.", "parameter_invalid_string", name)
    if len(value) > TEXT_MAX:
        raise invalid(f"{name} has at most {TEXT_MAX} characters.", "parameter_invalid_string_too_long", name)
    return value or None


def _integer(name: str, value: Any) -> int:
    if value == "":
        raise invalid(f"{name} is empty.", "parameter_invalid_empty", name)
    text = value[1:] if isinstance(value, str) and value[:1] == "-" else value
    if not isinstance(text, str) or not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise invalid(f"{name} is a whole number.", "parameter_invalid_integer", name)
    return int(value)


def _flag(name: str, value: Any) -> bool:
    if value not in ("true", "false"):
        raise invalid(f"{name} is true or false.", None, name)
    return bool(value == "true")


def _list(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise invalid(f"{name} is a list of texts.", "parameter_invalid_array", name)
    return value


def _map(name: str, value: Any) -> Json:
    if value == "":
        return {}
    if not isinstance(value, dict):
        raise invalid(f"{name} is a map.", "parameter_invalid_hash", name)
    return value


def _metadata(name: str, value: Any) -> Json | None:
    """The pairs to set; an empty text takes one away, an empty text for all of it all of them (None)."""
    if value == "":
        return None
    pairs = dict(enumerate(value)) if isinstance(value, list) else value
    if not isinstance(pairs, dict) or not all(isinstance(one, str) for one in pairs.values()):
        raise invalid("metadata is a map of texts.", "parameter_invalid_hash", name)
    found = {str(key): one for key, one in pairs.items()}
    if len(found) > METADATA_PAIRS_MAX or any(len(key) > METADATA_NAME_MAX for key in found):
        raise invalid("metadata has at most 50 names, of 40 characters at most.", None, name)
    if any(len(one) > METADATA_VALUE_MAX for one in found.values()):
        raise invalid("A value of metadata has at most 500 characters.", None, name)
    return found


def _url(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise invalid(f"{name} is an address of the web.", "url_invalid", name)
    return value


def _range(name: str, value: Any) -> tuple[int, int]:
    """The first and the last second that are meant."""
    if isinstance(value, str):
        return _integer(name, value), _integer(name, value)
    if not isinstance(value, dict) or not set(value) <= {"gt", "gte", "lt", "lte"}:
        raise invalid(f"{name} is a time, or bounds of it.", "parameter_invalid_hash", name)
    bounds = {bound: _integer(f"{name}[{bound}]", one) for bound, one in value.items()}
    since = max(bounds.get("gte", 0), bounds.get("gt", -1) + 1)
    return since, min(bounds.get("lte", 2**62), bounds.get("lt", 2**62) - 1)


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "flag": _flag,
    "list": _list,
    "map": _map,
    "metadata": _metadata,
    "url": _url,
    "range": _range,
}
