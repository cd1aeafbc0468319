"""A provider that all tests share which go by no script, and a new account of it for each."""

from collections.abc import Iterator

import pytest
import stripe

from tests.psp import Provider, new_key, running_provider


@pytest.fixture(scope="session")
def shared_provider() -> Iterator[Provider]:
    """One provider, on which nothing goes wrong and a search is never behind."""
    with running_provider() as provider:
        provider.play()
        yield provider


@pytest.fixture
def sdk(shared_provider: Provider) -> stripe.StripeClient:
    """The official SDK on an account of its own."""
    return shared_provider.sdk(new_key())
