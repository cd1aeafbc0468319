"""Whatever is asked in whatever order, and whatever goes wrong with the answers: the provider's books add up."""

import asyncio
from collections import Counter
from itertools import zip_longest
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.psp import TOKEN
from tillroll.simulator.application import Setup, Simulator
from tillroll.simulator.script import Script

ACCOUNT = {"Authorization": "Bearer sk_test_books"}
CONTROL = {"Authorization": f"Bearer {TOKEN}"}
EXAMPLES = 25
GOOD = ("pm_card_visa", "pm_card_createDispute", "pm_card_pendingRefund", "pm_card_refundFail")
OTHERS = ("pm_card_visa_chargeDeclined", "pm_card_authenticationRequired")

Step = tuple[str, Any]

cards = st.tuples(st.just("confirm"), st.sampled_from((*GOOD, *GOOD, *OTHERS)))
captures = st.tuples(st.just("capture"), st.integers(300, 1100))
refunds = st.tuples(st.just("refund"), st.integers(1, 600))
others = st.one_of(
    cards,
    captures,
    st.tuples(st.just("finish"), st.sampled_from(("success", "failure"))),
    st.tuples(st.sampled_from(("cancel", "dispute", "expire", "refund_all")), st.just(0)),
    st.tuples(st.just("advance"), st.sampled_from((1, 60, 604_800))),
)
# A payment's life: a card, a capture, and whatever else before and after.
lives = st.tuples(cards, st.lists(others, max_size=1), captures, st.lists(st.one_of(refunds, others), max_size=5)).map(
    lambda life: [life[0], *life[1], life[2], *life[3]]
)
rules = st.lists(
    st.fixed_dictionaries(
        {
            "chance": st.sampled_from((0.2, 0.5)),
            "do": st.fixed_dictionaries(
                {"fault": st.sampled_from(("close", "status", "reset")), "effect": st.booleans()}
            ),
        }
    ),
    max_size=2,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(lives, lives, rules)
def test_what_was_authorised_is_captured_released_voided_expired_or_open(
    first: list[Step], second: list[Step], faults: list[dict[str, Any]]
) -> None:
    turns = zip_longest(((0, step) for step in first), ((1, step) for step in second))
    asyncio.run(played([one for turn in turns for one in turn if one is not None], faults))


async def played(story: list[tuple[int, Step]], faults: list[dict[str, Any]]) -> None:
    """Play a story with two intents, each step twice under its key, and reckon up."""
    simulator = Simulator(Setup(token=TOKEN, script=Script(), is_clock_manual=True))
    transport = httpx.ASGITransport(simulator)
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
        ids = []
        for _ in range(2):
            made = {"amount": 1000, "currency": "eur", "capture_method": "manual"}
            ids.append((await client.post("/v1/payment_intents", data=made, headers=ACCOUNT)).json()["id"])
        await client.put("/_sim/script", json={"rules": faults}, headers=CONTROL)
        for number, (which, step) in enumerate(story):
            for _ in range(2):
                await taken(client, ids[which], step, f"k{number}")
        await client.put("/_sim/script", json={}, headers=CONTROL)
        await client.post("/_sim/clock", json={"advance_seconds": 60}, headers=CONTROL)  # refunds are decided by then
        for id in ids:
            await reckoned(client, id)
    await simulator.stop()


async def taken(client: httpx.AsyncClient, id: str, step: Step, key: str) -> None:
    """Take a step; what is refused, or goes wrong, is as good as any other answer."""
    what, value = step
    headers = {**ACCOUNT, "Idempotency-Key": key}
    base = f"/v1/payment_intents/{id}"
    try:
        if what == "confirm":
            data = {"payment_method": value, "return_url": "http://127.0.0.1:1/"}
            await client.post(f"{base}/confirm", data=data, headers=headers)
        elif what == "capture":
            await client.post(f"{base}/capture", data={"amount_to_capture": value}, headers=headers)
        elif what == "cancel":
            await client.post(f"{base}/cancel", headers=headers)
        elif what == "refund":
            await client.post("/v1/refunds", data={"payment_intent": id, "amount": value}, headers=headers)
        elif what == "finish":
            await client.post(f"/3ds/{id}", json={"result": value})
        elif what == "advance":
            await client.post("/_sim/clock", json={"advance_seconds": value}, headers=CONTROL)
        else:
            act = {"do": what.removesuffix("_all"), "id": id}
            answer = await client.post("/_sim/act", json=act, headers=CONTROL)
            assert answer.status_code < 500
    except ConnectionResetError:
        pass  # how a fault of the wire shows itself where there is none


async def reckoned(client: httpx.AsyncClient, id: str) -> None:
    """The ledger's sums, the intent's own figures and the balance's movements are one story."""
    intent = (await client.get(f"/v1/payment_intents/{id}?expand[]=latest_charge", headers=ACCOUNT)).json()
    lines = [one for one in (await client.get("/_sim/ledger", headers=CONTROL)).json()["data"] if one["intent"] == id]
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line["op"]] += line["amount"]
    ends = sums["capture"] + sums["release"] + sums["void"] + sums["expire"]
    assert sums["authorise"] == ends + intent["amount_capturable"]
    assert sums["capture"] == intent["amount_received"]
    assert not (sums["capture"] and (sums["void"] or sums["expire"]))
    given_back = sums["refund"] - sums["refund_failed"]
    assert 0 <= given_back <= sums["capture"]
    if isinstance(intent["latest_charge"], dict) and intent["latest_charge"]["captured"]:
        assert intent["latest_charge"]["amount_refunded"] == given_back
    effects = Counter((line["key"], line["op"]) for line in lines if line["key"] is not None)
    assert all(count == 1 for count in effects.values())
    moved = await balance(client, id)
    assert moved == sums["capture"] - given_back - sums["dispute"] + sums["reinstate"]


async def balance(client: httpx.AsyncClient, id: str) -> int:
    """What all movements of the balance that are an intent's add up to."""
    sources = set()
    for path in ("charges", "refunds", "disputes"):
        answer = await client.get(f"/v1/{path}?payment_intent={id}&limit=100", headers=ACCOUNT)
        sources |= {one["id"] for one in answer.json()["data"]}
    moved = (await client.get("/v1/balance_transactions?limit=100", headers=ACCOUNT)).json()
    assert not moved["has_more"]
    return sum(one["net"] for one in moved["data"] if one["source"] in sources)
