"""What the shop's schemas say of the mixins of a request: asked inside a transaction, answered outside of it.

    transaction: question_of ──► no verdict with its key ──► nothing is decided
    outside:     question.answer() ──► verdicts of every field, under that key
    transaction: question_of ──► the same key ──► the verdicts are facts

A schema that changes in between makes another question, and so does anything else that the answer depends on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from tillroll.domain.checkout.request import named_mixins
from tillroll.domain.orders.order import PlaceOrder
from tillroll.domain.site import json_schema
from tillroll.domain.site.json_schema import Violation
from tillroll.domain.site.schema_checks import Checks
from tillroll.engine.access import idempotency
from tillroll.engine.documents.snapshot import View
from tillroll.engine.site.schemas import schema_for_url

# By field: what is wrong with the mixin there.
Verdicts = Mapping[str, Sequence[Violation]]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Held(Struct, frozen=True):
    """A mixin, and the definition that it is held against."""

    field: str
    definition: Mapping[str, Any]
    value: Any


class Question(Struct, frozen=True):
    """All mixins of a request with the schemas that they name; `key` is the same while all of it is."""

    key: bytes
    held: tuple[Held, ...]

    def answer(self) -> Verdicts:
        """What the schemas say. As slow as `schemas.STEPS_MAX` lets it be: not for a transaction."""
        checks = Checks(json_schema.STEPS_MAX)
        return {one.field: json_schema.violations(one.definition, one.value, checks) for one in self.held}


def question_of(view: View, request: PlaceOrder) -> Question | None:
    """What has to be asked about the mixins of a request; None where none of them has a schema that is registered."""
    held: list[Held] = []
    parts: list[bytes] = []
    for mixin in named_mixins(request):
        schema = schema_for_url(view, mixin.address)
        if schema is not None:
            held.append(Held(mixin.field, schema.value.definition, mixin.value))
            parts += [mixin.field.encode(), bytes(schema.raw), _ENCODER.encode(mixin.value)]
    return Question(idempotency.digest_of(b"mixins", *parts), tuple(held)) if held else None
