"""What browsers send: cookies, forms and uploaded files, each within limits."""

import io
from collections.abc import Mapping

from multipart import MultipartError, MultipartParser, parse_options_header

from tillroll.dialects.encoded import pairs_of
from tillroll.dialects.http import Inbound, Malformed, Problem

FORM = "application/x-www-form-urlencoded"
UPLOAD = "multipart/form-data"
FIELDS_MAX = 50

Form = Mapping[str, str]


def cookie(inbound: Inbound, name: str) -> str:
    """The value of a cookie, or an empty text."""
    for header, value in inbound.raw_headers:
        if header == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, content = pair.strip().partition("=")
                if key == name:
                    return content
    return ""


def read_form(inbound: Inbound) -> Form:
    """The fields of a form, or of a form with a file as text; raises Malformed for what is neither."""
    kind = inbound.header(b"content-type").partition(";")[0].strip().lower()
    fields = _upload(inbound) if kind == UPLOAD else _urlencoded(inbound.body)
    if any("\0" in name or "\0" in value for name, value in fields.items()):
        raise _malformed("a field holds a NUL character")
    return fields


def _urlencoded(body: bytes) -> dict[str, str]:
    try:
        pairs = pairs_of(body.decode("ascii"), pairs_max=FIELDS_MAX)
    except ValueError as error:
        raise _malformed("it is not an encoded form of UTF-8 text, or too long for one") from error
    return dict(pairs)


def _upload(inbound: Inbound) -> dict[str, str]:
    _, options = parse_options_header(inbound.header(b"content-type"))
    size = len(inbound.body)
    try:
        parser = MultipartParser(
            io.BytesIO(inbound.body),
            options.get("boundary", ""),
            content_length=size,
            part_limit=FIELDS_MAX,
            spool_limit=size + 1,
            memory_limit=size + 1,
            partsize_limit=size + 1,
        )
        return {part.name: part.raw.decode("utf-8-sig") for part in parser if part.name}
    except (MultipartError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise _malformed("it is not a form with a file of UTF-8 text") from error


def _malformed(why: str) -> Malformed:
    return Malformed([Problem("form", "invalid_value", f"The form can not be read: {why}.")])
