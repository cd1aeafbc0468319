"""What answers are made of: structs, from which both the JSON of an answer and its schema in the description come."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

# A point in time, as `iso` writes it.
Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
# What the server knows of a document; its shape is told once, among the components.
KeptMetadata = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/components/schemas/Metadata"})]
# A text in one language, or a map from language to text.
SpokenText = str | dict[str, str]


class AnswerPart(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """A part of an answer, whose fields are told in their order.

    What has its default, above all None, is left out. So a field without a default is always there, and one that may be
    null is a field without a default.
    """


def told(answer: object) -> Any:
    """An answer as dictionaries and lists, for what is filtered, sorted or spoken in a language before it is sent."""
    return msgspec.to_builtins(answer, builtin_types=(Decimal,))
