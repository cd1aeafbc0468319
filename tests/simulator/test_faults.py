"""What goes wrong by script: what the client sees of it, and whether the work was done all the same."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import stripe

from tests.psp import Provider, new_key, running_provider
from tests.shop import NO_CERTIFICATES

AMOUNT: Any = {"amount": 1000, "currency": "eur", "capture_method": "manual"}
CARD: Any = {"payment_method": "pm_card_visa"}
CONFIRM = "payment_intents.confirm"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """A provider whose script these tests change."""
    with running_provider() as provider:
        yield provider


@pytest.fixture
def client(provider: Provider) -> Iterator[httpx.Client]:
    """A plain client on a new account, which gives up soon."""
    headers = {"Authorization": f"Bearer {new_key()}"}
    provider.play()
    with httpx.Client(
        base_url=provider.url, headers=headers, trust_env=False, verify=NO_CERTIFICATES, timeout=10
    ) as client:
        yield client


def opened(client: httpx.Client) -> str:
    """The id of a new intent."""
    return str(client.post("/v1/payment_intents", data=AMOUNT).json()["id"])


def confirm(client: httpx.Client, id: str, key: str = "c") -> httpx.Response:
    """The answer to a confirmation."""
    return client.post(f"/v1/payment_intents/{id}/confirm", data=CARD, headers={"Idempotency-Key": key})


def on_confirm(**do: Any) -> dict[str, Any]:
    """A rule for the first confirmation."""
    return {"on": {"op": CONFIRM}, "nth": 1, "do": do}


@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"fault": "timeout", "hold_ms": 20}, httpx.RemoteProtocolError),
        ({"fault": "close"}, httpx.RemoteProtocolError),
        ({"fault": "reset"}, (httpx.ReadError, httpx.RemoteProtocolError)),
        ({"fault": "cut_body"}, httpx.RemoteProtocolError),
    ],
    ids=["timeout", "close", "reset", "cut_body"],
)
def test_an_answer_is_lost(
    provider: Provider, client: httpx.Client, fault: dict[str, Any], error: Any, effect: bool
) -> None:
    id = opened(client)
    provider.play(on_confirm(**fault, effect=effect))
    with pytest.raises(error):
        confirm(client, id)
    assert provider.ledger(id) == ([("authorise", 1000)] if effect else [])
    again = confirm(client, id)
    assert again.json()["status"] == "requires_capture"
    assert ("idempotent-replayed" in again.headers) == effect
    assert provider.ledger(id) == [("authorise", 1000)]


@pytest.mark.parametrize("effect", [True, False])
def test_a_500_is_kept_by_its_key_whatever_was_done(provider: Provider, client: httpx.Client, effect: bool) -> None:
    id = opened(client)
    provider.play(on_confirm(fault="status", status=500, effect=effect))
    assert [confirm(client, id).status_code for _ in range(2)] == [500, 500]
    assert client.get(f"/v1/payment_intents/{id}").json()["status"] == (
        "requires_capture" if effect else "requires_payment_method"
    )


@pytest.mark.parametrize("effect", [True, False])
def test_a_503_is_of_somebody_in_between(provider: Provider, client: httpx.Client, effect: bool) -> None:
    id = opened(client)
    provider.play(on_confirm(fault="status", status=503, effect=effect))
    assert confirm(client, id).status_code == 503
    again = confirm(client, id)
    assert (again.status_code, "idempotent-replayed" in again.headers) == (200, effect)
    assert provider.ledger(id) == [("authorise", 1000)]


@pytest.mark.parametrize(
    ("fault", "status", "is_json"),
    [("bad_json", 200, False), ("html", 502, False), ("slow_body", 200, True), ("delay", 200, True)],
)
def test_an_answer_is_spoilt_or_late_and_the_work_is_done(
    provider: Provider, client: httpx.Client, fault: str, status: int, is_json: bool
) -> None:
    id = opened(client)
    provider.play(on_confirm(fault=fault, ms=0.1))
    answer = confirm(client, id)
    assert answer.status_code == status
    try:
        answer.json()
    except ValueError:
        assert not is_json
    else:
        assert is_json
    assert provider.ledger(id) == [("authorise", 1000)]


def test_work_is_done_after_its_client_has_gone_or_not_at_all_after_a_cancel(
    provider: Provider, client: httpx.Client
) -> None:
    ids = [opened(client), opened(client)]
    provider.play({"on": {"op": CONFIRM}, "do": {"fault": "delay_effect", "ms": 300, "hold_ms": 1}})
    for number, id in enumerate(ids):
        with pytest.raises(httpx.RemoteProtocolError):
            confirm(client, id, f"c{number}")
    assert client.post(f"/v1/payment_intents/{ids[1]}/cancel").json()["status"] == "canceled"
    while not provider.ledger(ids[0]):
        pass
    assert client.get(f"/v1/payment_intents/{ids[0]}").json()["status"] == "requires_capture"
    assert client.get(f"/v1/payment_intents/{ids[1]}").json()["status"] == "canceled"
    assert provider.ledger(ids[1]) == []


def test_limits_and_locks_are_429_and_kept_by_no_key(provider: Provider, client: httpx.Client) -> None:
    id = opened(client)
    rules = [on_confirm(fault="rate_limit"), {**on_confirm(fault="lock"), "nth": 2}]
    provider.play(*rules)
    answers = [confirm(client, id) for _ in range(3)]
    assert [one.status_code for one in answers] == [429, 429, 200]
    assert [one.json()["error"]["code"] for one in answers[:2]] == ["rate_limit", "lock_timeout"]
    provider.play(limits={"global_per_second": 2})
    statuses: set[int] = set()
    while statuses != {200, 429}:
        statuses.add(client.get(f"/v1/payment_intents/{id}").status_code)
        assert statuses <= {200, 429}


def test_a_decline_an_action_and_a_wrong_amount_by_script(provider: Provider, client: httpx.Client) -> None:
    above = {"on": {"op": CONFIRM, "where": {"amount": {"gte": 900}}}}
    provider.play({**above, "do": {"decline": "insufficient_funds"}})
    declined = confirm(client, opened(client), "a")
    assert (declined.status_code, declined.json()["error"]["decline_code"]) == (402, "insufficient_funds")
    provider.play({**above, "do": {"action": "3ds"}})
    assert confirm(client, opened(client), "b").json()["status"] == "requires_action"
    provider.play({**above, "do": {"fault": "wrong_amount", "delta": -1}})
    assert confirm(client, opened(client), "d").json()["amount_capturable"] == 999


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({"nth": 2}, [False, True, False, False]),
        ({"every": 2}, [False, True, False, True]),
        ({"times": 1}, [True, False, False, False]),
        ({"chance": 1}, [True, True, True, True]),
        ({"chance": 0}, [False, False, False, False]),
        ({"after_seconds": 600}, [False, False, False, False]),
        ({"on": {"op": CONFIRM}}, [False, False, False, False]),
        ({"on": {"op": "payment_intents.create", "where": {"metadata.order": {"prefix": "EON"}}}}, [False] * 4),
    ],
    ids=["nth", "every", "times", "always", "never", "later", "another", "elsewhere"],
)
def test_rules_hit_when_they_say(
    provider: Provider, client: httpx.Client, rule: dict[str, Any], hit: list[bool]
) -> None:
    provider.play({"do": {"fault": "status", "status": 418}, **rule})
    found = [client.post("/v1/payment_intents", data=AMOUNT).status_code == 418 for _ in range(4)]
    assert found == hit


@pytest.mark.parametrize(
    ("card", "outcome"),
    [
        ("pm_sim_timeout_before", []),
        ("pm_sim_reset_after", [("authorise", 1000)]),
        ("pm_sim_500_after", [("authorise", 1000)]),
        ("pm_sim_wrong_amount", [("authorise", 1001)]),
        ("pm_sim_expires_now", [("authorise", 1000), ("expire", 1000)]),
    ],
)
def test_cards_of_the_simulator_need_no_script(
    provider: Provider, client: httpx.Client, card: str, outcome: list[tuple[str, int]]
) -> None:
    id = opened(client)
    timeout = 0.5 if "timeout" in card else 10
    with suppress(httpx.TransportError):
        client.post(f"/v1/payment_intents/{id}/confirm", data={"payment_method": card}, timeout=timeout)
    client.get(f"/v1/payment_intents/{id}")
    assert provider.ledger(id) == outcome


def test_an_authorisation_runs_out_on_the_clock() -> None:
    with running_provider(is_clock_manual=True) as provider:
        sdk = provider.sdk(new_key())
        id = sdk.v1.payment_intents.create(AMOUNT).id
        sdk.v1.payment_intents.confirm(id, CARD)
        provider.advance(7 * 86_400)
        after = sdk.v1.payment_intents.retrieve(id)
        assert (after.status, after.cancellation_reason) == ("canceled", "expired")
        assert provider.ledger(id) == [("authorise", 1000), ("expire", 1000)]
        with pytest.raises(stripe.InvalidRequestError):
            sdk.v1.payment_intents.capture(id)
        assert [one.type for one in sdk.v1.events.list({"limit": 2}).data] == [
            "payment_intent.canceled",
            "charge.expired",
        ]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (b"{", "truncated"),
        (b'{"rules": [{"do": {"fault": "explode"}}]}', "explode"),
        (b'{"rulez": []}', "rulez"),
        (b'{"webhooks": {"lose": 2}}', "lose"),
    ],
)
def test_a_script_that_can_not_be_played_is_refused_by_name(provider: Provider, script: bytes, said: str) -> None:
    answer = provider.http.put("/_sim/script", content=script, headers={"Authorization": "Bearer control"})
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_control_routes_want_their_token(provider: Provider) -> None:
    for path in ("/_sim/ledger", "/_sim/requests"):
        assert provider.http.get(path, headers={"Authorization": "Bearer sk_test_1"}).status_code == 401
