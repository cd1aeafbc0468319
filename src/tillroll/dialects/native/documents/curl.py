"""Requests as command lines that can be copied: the published example of a body stands in them.

What the reader has to fill in is a variable of the shell: `$URL`, `$SHOP` and `$TOKEN` as in the README, `$CART_ID` for
what the address or the example names so.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

# What stands in examples for what only a server knows; every other word in capitals is meant as it is.
STAND_INS = (
    *("SHOP", "HASHID", "USER_NAME"),
    *("CLIENT_ID", "CLIENT_SECRET", "APPLICATION_ID", "ACCESS_TOKEN", "RESET_TOKEN", "FORM_TOKEN", "CONSENT_CODE"),
    *("CART_ID", "OTHER_CART_ID", "ITEM_ID", "ORDER_ID", "ENTRY_ID", "QUOTE_ID", "CUSTOMER_ID", "USER_ID"),
    *("LOGIN_STEP", "FIRST_CODE", "RECOVERY_CODE", "DELIVERY_DATE"),
)
_STAND_IN = re.compile(rf"\b({'|'.join(STAND_INS)})\b")
_PLACE = re.compile(r"\{(\w+)\}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Longer bodies are written over several lines.
_BODY_CHARACTERS_MAX = 80
_KEYS = {"apiKey": "$KEY", "http": "Bearer $TOKEN", "oauth2": "Bearer $TOKEN"}


def command(method: str, path: str, operation: Mapping[str, Any], schemes: Mapping[str, Any]) -> str:
    """One request as a command line, with what is required and nothing else."""
    query = [f"{one['name']}=${variable(one['name'])}" for one in _required(operation, "query")]
    address = _PLACE.sub(lambda place: f"${variable(place[1])}", path)
    words = ["curl -I" if method == "HEAD" else f"curl -X {method}"]
    words[0] += f' "$URL{address}{"?" + "&".join(query) if query else ""}"'
    words += [f'-H "{name}: {value}"' for name, value in _credentials(operation, schemes)]
    words += [f'-H "{one["name"]}: ${variable(one["name"])}"' for one in _required(operation, "header")]
    for content_type, content in operation.get("requestBody", {}).get("content", {}).items():
        words += _sent(content_type, content.get("example"))
        break
    return " \\\n  ".join(words)


def variable(name: str) -> str:
    """The shell's variable for what a parameter names: `CART_ID` for `cartId`."""
    return "SHOP" if name == "tenant" else re.sub(r"\W", "", _HUMP.sub("_", name)).upper()


def _required(operation: Mapping[str, Any], place: str) -> list[Mapping[str, Any]]:
    return [one for one in operation["parameters"] if one["in"] == place and one["required"]]


def _credentials(operation: Mapping[str, Any], schemes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for asked in operation["security"][:1]:
        for name in asked:
            scheme = schemes[name]
            value = _KEYS[scheme["type"]]
            header = scheme.get("name", "Authorization")
            yield header, f"Token {value}" if (scheme["type"], header) == ("apiKey", "Authorization") else value


def _sent(content_type: str, body: Any) -> list[str]:
    if isinstance(body, dict) and content_type == "application/x-www-form-urlencoded":
        return [f"--data-urlencode {_quoted(f'{name}={value}')}" for name, value in body.items()]
    if isinstance(body, dict) and content_type == "multipart/form-data":
        return [
            f"-F {_quoted(f'{name}=@{name}.csv' if name == 'file' else f'{name}={value}')}"
            for name, value in body.items()
        ]
    return [f'-H "Content-Type: {content_type}"', f"--data-binary {_quoted(_written(body))}"]


def _written(body: Any) -> str:
    if isinstance(body, str):
        return body
    text = msgspec.json.format(msgspec.json.encode(body), indent=0).decode()
    return text if len(text) <= _BODY_CHARACTERS_MAX else msgspec.json.format(text, indent=2)


def _quoted(text: str) -> str:
    """A text for the shell, word for word but for what stands for a variable."""
    escaped = text.replace("'", "'\\''")
    return "'" + _STAND_IN.sub(lambda found: f"'\"${found[1]}\"'", escaped) + "'"
