"""How often the tests of this folder crash what they test: a few times with every run, more with `make faults`."""

import pytest


@pytest.fixture
def crashes(request: pytest.FixtureRequest) -> int:
    """How many crashes of each kind."""
    number: int = request.config.getoption("--crashes")
    return number
