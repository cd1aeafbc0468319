"""Every type of message, as it is sent and as docs/webhooks.md shows it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.emporix.payments.test_acts import act, buy
from tests.dialects.native.test_sales import Office
from tests.harness import Server
from tests.shop import send, succeeded
from tests.webhooks.receiver import Receiver, verified
from tests.webhooks.test_deliveries import Subscriber, receiver, server, subscribed  # noqa: F401  fixtures
from tillroll.domain.outbox.messages import TYPES, WEBHOOK_TEST

DOCUMENT = Path(__file__).parents[2] / "docs" / "webhooks.md"
_EXAMPLE = re.compile(r"^```json\n(.*?)^```", re.DOTALL | re.MULTILINE)
# What a provider says days later, or not at all, and what is left for a day.
LATE = {"payment.refund_failed", "cart.abandoned"}


def examples() -> dict[str, dict[str, Any]]:
    """The example of each type."""
    return {one["type"]: one for one in map(json.loads, _EXAMPLE.findall(DOCUMENT.read_text("utf-8")))}


def test_every_type_has_an_example_and_a_line() -> None:
    assert set(examples()) == {*TYPES, WEBHOOK_TEST}
    text = DOCUMENT.read_text("utf-8")
    assert [type for type in examples() if f"\n| `{type}` | " not in text] == []


@pytest.fixture
def subscriber(server: Server, receiver: Receiver) -> Any:  # noqa: F811
    with subscribed(server, receiver, *TYPES) as subscriber:
        yield subscriber


def test_what_happens_in_a_shop_is_told_in_the_shape_of_the_examples(
    subscriber: Subscriber,
    receiver: Receiver,  # noqa: F811
) -> None:
    shop = subscriber.shop
    succeeded(subscriber.client.post(f"/v1/webhooks/{subscriber.id}/test"), 202)
    shop.stock("mug", 3)
    first, second = subscriber.buy(), subscriber.buy()
    subscriber.move(first, "CONFIRMED")
    mode = shop.payment_mode("card", provider="SIMULATOR", configuration={"Simulator/Capture": "manual"})
    paid = buy(shop, shop.guest(), mode)
    for body in ({"amount": 10.5, "currency": "EUR"}, None):
        succeeded(act(shop, paid, "capture", body), 200)
    succeeded(act(shop, paid, "refund", {"amount": 1, "currency": "EUR"}), 200)
    succeeded(shop.service.delete(f"/order-v2/{shop.name}/salesorders/{second}"), 204)
    declined = {"provider": "payment-gateway", "customAttributes": {"modeId": mode, "token": DECLINED_TOKEN}}
    shop.stocked("mug", 1)
    cart = shop.cart(guest := shop.guest(), ["mug"])
    assert shop.checkout(guest, shop.order_request(cart, paymentMethods=[declined])).status_code == 400
    office = Office(shop)
    later, earlier = (one["id"] for one in office.wait(lambda found: len(found) >= 2)[:2])
    office.decide(earlier, "refunds", amount_minor=100)
    office.decide(earlier, "merge", sales=[later])
    wanted = {*TYPES, WEBHOOK_TEST} - LATE
    told = receiver.wait(lambda told: wanted <= {one["type"] for one in told})
    shown = examples()
    for one in told:
        example = shown[one["type"]]
        assert list(json.loads(one["body"])) == list(example)
        assert list(one["data"]) == list(example["data"]), one
        assert verified(subscriber.secret, one)
    of_paid = [one["type"] for one in told if one["data"].get("order", one["data"].get("id")) == paid["id"]]
    assert of_paid[:4] == ["order.created", "payment.authorised", "payment.captured", "payment.refunded"]


DECLINED_TOKEN = "pm_card_visa_chargeDeclined"


def test_a_new_secret_signs_beside_the_one_before(subscriber: Subscriber, receiver: Receiver) -> None:  # noqa: F811
    path = f"/v1/webhooks/{subscriber.id}"
    old = subscriber.secret
    new = succeeded(subscriber.client.post(f"{path}/secrets", json={"overlap_hours": 1}), 201)["secret"]
    assert new != old
    succeeded(subscriber.client.post(f"{path}/test"), 202)
    (both,) = receiver.wait(lambda told: len(told) == 1)
    assert verified(old, both)
    assert verified(new, both)
    newest = succeeded(subscriber.client.post(f"{path}/secrets", json={"overlap_hours": 0}), 201)["secret"]
    succeeded(subscriber.client.post(f"{path}/test"), 202)
    alone = receiver.wait(lambda told: len(told) == 2)[1]
    assert verified(newest, alone)
    assert "," in alone["headers"]["webhook-signature"]
    assert " " not in alone["headers"]["webhook-signature"]


def test_what_was_delivered_is_sent_once_more_under_its_own_id(
    subscriber: Subscriber,
    receiver: Receiver,  # noqa: F811
) -> None:
    path = f"/v1/webhooks/{subscriber.id}"
    sent = [succeeded(subscriber.client.post(f"{path}/test"), 202)["message"] for _ in range(2)]
    subscriber.settled(2)
    assert succeeded(subscriber.client.post(f"{path}/deliveries/{sent[0]}/replay"), 202)["replayed"] == 1
    told = receiver.wait(lambda told: len(told) == 3)
    assert [one["id"] for one in told] == [*sent, sent[0]]
    assert told[0]["body"] == told[2]["body"]
    subscriber.settled(2)
    again = {"since": "2020-01-01T00:00:00Z", "status": "delivered"}
    assert succeeded(send(subscriber.client, "POST", f"{path}/replay", again), 202) == {"replayed": 2, "next": None}
    assert [one["id"] for one in receiver.wait(lambda told: len(told) == 5)[3:]] == sent
