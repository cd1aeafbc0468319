"""What is attached to a quote, by its path."""

from copy import deepcopy
from typing import Any

import pytest

from tillroll.domain.quotes.commands import ADD, REMOVE, REPLACE, Attach, put_attached
from tillroll.domain.rejections import Rejection

HOLDERS: dict[str, Any] = {"mixins": {"gift": {"wrap": True}}, "metadata": {"mixins": {}}}

# What is asked, what it answers, and what is there afterwards.
DONE: list[tuple[Attach, Any, dict[str, Any]]] = [
    (Attach(REMOVE, ("mixins", "gift", "wrap")), True, {"mixins": {"gift": {}}}),
    (Attach(REMOVE, ("mixins", "gift")), {"wrap": True}, {"mixins": {}}),
    (Attach(REMOVE, ("mixins",)), {"gift": {"wrap": True}}, {"mixins": {}}),  # the field itself stays, and is empty
    (Attach(REPLACE, ("mixins", "gift", "wrap"), False), True, {"mixins": {"gift": {"wrap": False}}}),
    (Attach(ADD, ("mixins", "note", "text"), "Hi"), None, {"mixins": {"gift": {"wrap": True}, "note": {"text": "Hi"}}}),
    (Attach(ADD, ("mixins",), {"a": {}}, whole=True), {"gift": {"wrap": True}}, {"mixins": {"a": {}}}),
]
REFUSED = [
    Attach(REMOVE, ("mixins", "note")),
    Attach(REPLACE, ("mixins", "note", "text"), "Hi"),
    Attach(REPLACE, ("mixins", "gift", "wrap", "deeper"), 1),
    Attach(ADD, ("mixins", "gift", "wrap", "deeper"), 1),
    Attach(ADD, ("mixins",), "a text", whole=True),
]


@pytest.mark.parametrize(("attach", "before", "after"), DONE)
def test_what_is_changed_is_answered_and_nothing_beside_it(attach: Attach, before: Any, after: dict[str, Any]) -> None:
    holders = deepcopy(HOLDERS)
    assert put_attached(holders, attach, "/a") == before
    assert holders == HOLDERS | after


@pytest.mark.parametrize("attach", REFUSED)
def test_what_is_not_there_or_no_object_is_refused_and_changes_nothing(attach: Attach) -> None:
    holders = deepcopy(HOLDERS)
    assert isinstance(put_attached(holders, attach, "/a"), Rejection)
    assert holders == HOLDERS
