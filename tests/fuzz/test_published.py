"""Generated requests, made from our own description: no 5xx, and every answer is as described."""

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.ground import (
    AnyCase,
    AnyOperation,
    Ground,
    authorization,
    cases,
    check,
    examples,
    grounded,
    operations_of,
    plant,
    services,
)
from tests.fuzz.inventory import with_inventory
from tests.harness import Server, new_shop
from tillroll.app import described_routes
from tillroll.dialects.published import document
from tillroll.settings import Settings

DOCUMENT = document(*described_routes(Settings()), version="0")
SERVICES = list(services(DOCUMENT))


@pytest.fixture(scope="module")
def ground(shared_server: Server) -> Iterator[Ground]:
    """A shop and an inventory for all of these tests."""
    with new_shop(shared_server) as shop, with_inventory(grounded(shop), shared_server) as ground:
        yield ground


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_a_service_is_sent_it_answers_as_described(
    ground: Ground, shared_server: Server, service: str
) -> None:
    for operation in operations():
        if operation.path.split("/")[1] == service:
            fuzz(ground, operation)
    shared_server.check_log()


@cache
def operations() -> list[AnyOperation]:
    """All operations; read once, which takes longer than sending them something."""
    return operations_of(DOCUMENT, lambda _path: True)


@cache
def cases_of(method: str, path: str) -> st.SearchStrategy[AnyCase]:
    """The requests of an operation, which both databases get; made once, for the same reason."""
    return next(cases(one) for one in operations() if (one.method, one.path) == (method, path))


def fuzz(ground: Ground, operation: AnyOperation) -> None:
    """Send generated requests to one operation."""

    @examples(few=2, many=300)
    @given(data=st.data())
    def attempt(data: st.DataObject) -> None:
        case = data.draw(cases_of(operation.method, operation.path))
        plant(data, ground, case)
        check(case, ground, authorization(data, ground, operation))

    attempt()
