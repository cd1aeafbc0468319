"""What headers say of the body behind them, and pairs as forms encode them (`application/x-www-form-urlencoded`), of
which there may be so many and no more.

The standard library takes a second and more for a megabyte of pairs or of escaped letters, and everybody else waits.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, unquote_plus

FORM_CHARACTERS_MAX = 65_536
PAIRS_MAX = 200

# Parameters that are lists: clients write `fields=a,b`, repeat the name, or say `fields[]=a` and `fields[0]=a`.
_LISTS = frozenset(("categoryIds", "codes", "expand", "fields", "keys", "scopes", "sort", "tags"))
_LIST_NAME = re.compile(r"(?P<name>\w+)\[\d{0,4}\]", re.ASCII)


def pairs_of(
    form: str, *, characters_max: int = FORM_CHARACTERS_MAX, pairs_max: int = PAIRS_MAX
) -> list[tuple[str, str]]:
    """The pairs in their order, blank values too; raises ValueError for more, and for what is not UTF-8."""
    if len(form) > characters_max:
        raise ValueError(f"a form has at most {characters_max} characters")
    return parse_qsl(form, keep_blank_values=True, errors="strict", max_num_fields=pairs_max)


def unpacked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The pairs by name, a list with commas between its parts however it was packed.

    Raises ValueError with the name of a parameter of one value that is given several.
    """
    found: dict[str, str] = {}
    for written, value in pairs:
        match = _LIST_NAME.fullmatch(written)
        name = match["name"] if match is not None and match["name"] in _LISTS else written
        if name in _LISTS:
            found[name] = ",".join(part for part in (found.get(name), value) if part)
        elif found.setdefault(name, value) != value:
            raise ValueError(name)
    return found


# Headers that say one thing (RFC 9110, 5.3): where a client sends one twice, we and whoever stands in front of us could
# each believe another one.
_SAID_ONCE = frozenset(
    {
        *(b"authorization", b"content-encoding", b"content-type", b"idempotency-key", b"origin", b"session-id"),
        *(b"saas-token", b"emporix-tenant", b"x-api-key", b"x-tillroll-key"),
    }
)


class Announced:
    """What the headers say of the body that follows, and of themselves."""

    __slots__ = ("coding", "content_type", "length", "said_twice", "waits_for_word")

    def __init__(self, named: dict[bytes, bytes], headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.length = int(named.get(b"content-length", b"0"))  # 0 where it comes in chunks, too
        self.content_type = self.coding = ""
        if self.length or b"transfer-encoding" in named:
            self.coding = named.get(b"content-encoding", b"").decode("latin-1").strip().lower()
            self.content_type = _media_type(named.get(b"content-type", b""))
        self.waits_for_word = b"expect" in named
        self.said_twice = b"" if len(named) == len(headers) else _said_twice(headers)


@lru_cache(16)
def _media_type(said: bytes) -> str:
    return said.decode("latin-1").partition(";")[0].strip().lower()


def _said_twice(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The first header that says one thing and is there twice; empty where none is."""
    names = [name for name, _ in headers]
    return next((name for name in names if name in _SAID_ONCE and names.count(name) > 1), b"")


def basic_credentials(header: str) -> tuple[str, str] | None:
    """The name and the secret of a Basic header, each encoded as in a form (RFC 6749, 2.3.1); None for any other.

    Raises ValueError where they can not be read.
    """
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError as error:
        raise ValueError("the Basic credentials can not be read") from error
    if not colon:
        raise ValueError("the Basic credentials have no colon")
    return unquote_plus(name), unquote_plus(secret)
