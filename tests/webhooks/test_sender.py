"""Where a message really goes: to the address that was judged, whatever its name says the next time."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.webhooks.receiver import free_port, received
from tillroll.engine.outbox.lanes import SendTask
from tillroll.settings import Settings
from tillroll.store.outbox.rows import ClaimedLane
from tillroll.webhooks.sender import RESOLVE_SECONDS, Resolve, Sender, SentAnswer, rest_seconds, signed

NOW = 1_800_000_000_000_000
SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")


def task_to(url: str) -> SendTask:
    """A message to a URL."""
    lane = ClaimedLane("acme", "we_1", "order:1", 1)
    return SendTask(lane, 7, '{"type":"webhook.test","data":null}', 0, url, SECRETS, NOW)


def resolving(*answers: Sequence[str]) -> Resolve:
    """A name server that says something else each time."""
    left = list(answers)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return left.pop(0)

    return resolve


def sent(url: str, resolve: Resolve, *, private_allowed: bool) -> SentAnswer:
    """What sending to a URL comes to."""

    async def send() -> SentAnswer:
        sender = Sender(call_seconds=5, private_allowed=private_allowed, resolve=resolve)
        try:
            return await sender.send(task_to(url), NOW)
        finally:
            await sender.close()

    return asyncio.run(send())


def test_the_address_that_was_judged_is_connected_to_under_the_name(tmp_path: Path) -> None:
    with received(tmp_path / "r") as receiver:
        url = f"http://shop.example:{receiver.port}/a"
        answer = sent(url, resolving(["127.0.0.1"]), private_allowed=True)
        assert answer.status == 204
        (told,) = receiver.told()
        assert (told["path"], told["id"]) == ("/a", "msg_7")
        headers = {name.lower(): value for name, value in told["headers"].items()}
        assert headers["host"] == f"shop.example:{receiver.port}"
        assert headers["content-type"] == "application/json"


def test_an_address_that_does_not_answer_is_passed_over(tmp_path: Path) -> None:
    with received(tmp_path / "r") as receiver:
        url = f"http://shop.example:{receiver.port}/a"
        assert sent(url, resolving(["127.0.0.2", "127.0.0.1"]), private_allowed=True).status == 204
        assert len(receiver.told()) == 1


def test_a_name_that_leads_inside_since_it_was_registered_is_not_connected_to(tmp_path: Path) -> None:
    with received(tmp_path / "r") as receiver:

        async def twice() -> tuple[str, SentAnswer]:
            url = f"https://shop.example:{receiver.port}/"
            names = resolving(["93.184.216.34"], ["93.184.216.34", "127.0.0.1"])
            sender = Sender(call_seconds=5, private_allowed=False, resolve=names)
            return await sender.problem(url), await sender.send(task_to(url), NOW)

        problem, answer = asyncio.run(twice())
        assert (problem, answer.status) == ("", None)
        assert "127.0.0.1" in answer.text
        assert receiver.told() == []


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["93.184.216.34", "::1"], []], ids=["inside", "both", "none"])
def test_an_endpoint_inside_is_refused_when_it_is_registered(addresses: list[str]) -> None:
    sender = Sender(call_seconds=5, private_allowed=False, resolve=resolving(addresses))
    assert "url has" in asyncio.run(sender.problem("https://shop.example/"))


@pytest.mark.parametrize("host", ["no-such-host.invalid", f"{'a' * 64}.example"])
def test_a_host_that_is_nowhere_is_an_answer(host: str) -> None:
    answer = asyncio.run(Sender(call_seconds=5, private_allowed=False).send(task_to(f"https://{host}/"), NOW))
    assert answer.status is None
    assert answer.text
    assert "no address" in asyncio.run(Sender(call_seconds=5, private_allowed=False).problem(f"https://{host}/"))


def test_a_name_server_that_does_not_answer_is_waited_for_no_longer_than_a_request() -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    assert Settings().request_seconds > RESOLVE_SECONDS
    asking = Sender(call_seconds=5, private_allowed=False, resolve=resolve)
    assert "no address" in asyncio.run(asking.problem("https://shop.example/"))


def test_nobody_who_listens_is_an_answer() -> None:
    answer = sent(f"http://127.0.0.1:{free_port()}/", resolving(["127.0.0.1"]), private_allowed=True)
    assert (answer.status, answer.text.partition(":")[0]) == (None, "ConnectError")


def test_either_secret_verifies_while_both_sign() -> None:
    task, now = task_to("https://a.example/"), time.time_ns() // 1_000  # the library takes what is of just now
    headers = signed(task, now)
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_7", str(now // 1_000_000))
    assert headers["webhook-signature"].count("v1,") == 2
    for secret in SECRETS:
        Webhook(secret).verify(task.document, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").verify(task.document, headers)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        *(("", 0), ("soon", 0), ("-1", 0), ("7", 7), (" 7 ", 7), ("9999999999", 0), ("1.5", 0)),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(said: str, seconds: int) -> None:
    assert rest_seconds(said, NOW) == seconds
