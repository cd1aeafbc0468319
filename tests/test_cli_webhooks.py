"""`tillroll webhooks`: endpoints, what became of their messages, and messages that are sent once more."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from tests.harness import add_shop
from tests.store.ground import opened
from tests.test_cli_settings import call
from tillroll.engine.outbox import endpoints, lanes
from tillroll.engine.outbox.lanes import LanesClaim, SendOutcome
from tillroll.store import Transaction
from tillroll.store.outbox.rows import NewWebhook

Result = TypeVar("Result")
HOOK = "we_1"
NOW = time.time_ns() // 1_000


def write(url: str, work: Callable[[Transaction], Result]) -> Result:
    """Do something in a transaction."""
    with opened(url) as store:
        return store.write_now(work)


@pytest.fixture
def url(sqlite_url: str) -> str:
    """A shop with an endpoint, to which one message was delivered; another one waits."""
    add_shop(sqlite_url, "acme")

    def fill(tx: Transaction) -> None:
        endpoints.create(tx, NewWebhook("acme", HOOK, "https://a.example/", "order.created", "", NOW), "whsec_AAAA")
        row = endpoints.of_id(tx, "acme", HOOK)
        assert row is not None
        for _ in range(2):
            endpoints.test(tx, "acme", row, NOW)
        ((task,),) = lanes.claim(tx, [LanesClaim(NOW, NOW + 1, 10)])
        done = SendOutcome(task=task, status=204, answer="", now=NOW, until=NOW + 1, jitter_thousandths=0)
        lanes.settle(tx, [done])

    write(sqlite_url, fill)
    return sqlite_url


def said(*words: str, url: str) -> Any:
    """What a command says as JSON."""
    done = call("webhooks", *words, "--json", "--db", url)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_endpoints_and_their_messages_are_listed(url: str) -> None:
    (shown,) = said("list", "acme", url=url)
    assert (shown["id"], shown["status"], shown["pending"], shown["dead"]) == (HOOK, "enabled", 1, 0)
    listed = said("deliveries", "acme", HOOK, url=url)
    assert [(one["id"], one["status"]) for one in listed] == [("msg_2", "pending"), ("msg_1", "delivered")]
    assert [one["id"] for one in said("deliveries", "acme", HOOK, "--status", "pending", url=url)] == ["msg_2"]
    assert said("deliveries", "acme", HOOK, "--status", "dead", url=url) == []
    for words in (("list", "acme"), ("deliveries", "acme", HOOK)):
        text = call("webhooks", *words, "--db", url).output
        assert "https://a.example/" in text or "msg_1" in text


def test_messages_are_sent_once_more(url: str) -> None:
    assert said("replay", "acme", HOOK, "--since", "2020-01-01", url=url) == {"replayed": 0}
    assert said("replay", "acme", HOOK, "msg_2", url=url) == {"replayed": 0}
    assert said("replay", "acme", HOOK, "--since", "2020-01-01", "--status", "delivered", url=url) == {"replayed": 1}
    assert [one["status"] for one in said("deliveries", "acme", HOOK, url=url)] == ["pending", "pending"]
    assert call("audit", "--db", url).exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "nobody"), "there is no shop nobody"),
        (("deliveries", "acme", "we_2"), "there is no endpoint we_2"),
        (("replay", "acme", "we_2", "msg_1"), "there is no endpoint we_2"),
        (("replay", "acme", HOOK, "msg_9"), "there is no message msg_9"),
        (("replay", "acme", HOOK, "x"), "there is no message x"),
        (("replay", "acme", HOOK), "name a message, or say --since"),
        (("replay", "acme", HOOK, "msg_1", "--since", "2020-01-01"), "name a message, or say --since"),
        (("replay", "acme", HOOK, "--since", "yesterday"), "--since is a moment"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_is_not_there_is_one_sentence(url: str, words: tuple[str, ...], told: str) -> None:
    done = call("webhooks", *words, "--db", url)
    assert done.exit_code != 0
    assert told in done.output
    assert "Traceback" not in done.output


def test_an_endpoint_that_is_switched_off_is_sent_nothing(url: str) -> None:
    write(url, lambda tx: endpoints.switch_off(tx, "acme", HOOK, NOW))
    done = call("webhooks", "replay", "acme", HOOK, "msg_1", "--db", url)
    assert (done.exit_code, "is switched off" in done.output) == (1, True)
