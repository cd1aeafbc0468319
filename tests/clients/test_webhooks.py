"""The published libraries for Standard Webhooks, for Python and for Node, verify what a server has sent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.clients.npm import run_script
from tests.harness import running_server
from tests.shop import succeeded
from tests.webhooks.receiver import received
from tests.webhooks.test_deliveries import SETTINGS, subscribed

Sent = tuple[str, dict[str, Any]]
STRANGER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
SCRIPT = """
const { Webhook } = require("standardwebhooks");
try {
  const message = new Webhook(process.env.SECRET).verify(process.env.BODY, JSON.parse(process.env.HEADERS));
  console.log(message.type);
} catch (error) {
  console.log(error.name);
}
"""


@pytest.fixture
def sent(sqlite_url: str, tmp_path: Path) -> Iterator[Sent]:
    """A secret, and a message that has come under it."""
    with (
        running_server(sqlite_url, settings=SETTINGS) as server,
        received(tmp_path / "r") as receiver,
        subscribed(server, receiver) as subscriber,
    ):
        succeeded(subscriber.client.post(f"/v1/webhooks/{subscriber.id}/test"), 202)
        (told,) = receiver.wait(lambda told: len(told) == 1)
        yield subscriber.secret, told


def test_the_library_for_python_verifies_what_was_sent_and_nothing_else(sent: Sent) -> None:
    secret, told = sent
    assert Webhook(secret).verify(told["body"], told["headers"])["type"] == "webhook.test"
    for wrong, body in ((STRANGER, told["body"]), (secret, told["body"] + " ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(wrong).verify(body, told["headers"])


def test_the_library_for_node_verifies_what_was_sent_and_nothing_else(sent: Sent, node_modules: Path) -> None:
    secret, told = sent
    headers = json.dumps({name.lower(): value for name, value in told["headers"].items()})
    said = [
        run_script(node_modules, SCRIPT, SECRET=wrong, BODY=body, HEADERS=headers).strip()
        for wrong, body in ((secret, told["body"]), (STRANGER, told["body"]), (secret, told["body"] + " "))
    ]
    assert said == ["webhook.test", "WebhookVerificationError", "WebhookVerificationError"]
