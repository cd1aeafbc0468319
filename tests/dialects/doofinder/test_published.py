"""Doofinder's published description of the cart and of the checkout, fuzzed against a running server.

What the description allows must be taken. What it forbids is answered as it says, too, but may be taken: numbers count
as texts, because the vendor's own clients send them so.
"""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.dialects.doofinder.client import SearchShop

PUBLISHED = Path(__file__).parent / "published"
CASES = 25
CONFORMS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize(("name", "path"), [("cart", "cart/{session_id}"), ("checkout", "checkout")])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
def test_every_answer_is_as_published(search: SearchShop, name: str, path: str, mode: GenerationMode) -> None:
    load_all_checks()
    schema = schemathesis.openapi.from_path(str(PUBLISHED / f"{name}.yaml"))
    operation = schema[f"/6/{{hashid}}/stats/{path}"]["PUT"]

    @settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def send(case: Any, own: bool) -> None:
        if own:
            case.path_parameters = {**case.path_parameters, "hashid": search.hashid}
        answer = case.call(base_url=search.server.url, headers=search.token)
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=CONFORMS)
        if own and mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
            assert answer.json() == {"status": "registered"}

    send()
