"""Stripe's adapter against the simulator: every method, every kind of trouble, and nothing secret in what is told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.psp import Provider as Simulated
from tests.psp import new_key, running_provider
from tillroll.domain.payments.provider import (
    NOT_FOUND,
    Authorisation,
    Capture,
    Opening,
    PaymentReference,
    ProviderPayment,
    ProviderRefund,
    RefundOrder,
    RefundStage,
    Stage,
    Trouble,
    TroubleKind,
    Void,
)
from tillroll.payments.protocol import Provider
from tillroll.payments.stripe.client import API_VERSION, Account, StripeProvider

BACK = "http://127.0.0.1:1/back"
CONFIRM = "payment_intents.confirm"


@pytest.fixture(scope="module")
def simulated() -> Iterator[Simulated]:
    """A simulator whose script these tests change."""
    with running_provider() as simulated:
        yield simulated


@pytest.fixture
def use(simulated: Simulated) -> Callable[[Callable[[Provider], Awaitable[Any]]], Any]:
    """Runs something with the adapter, on a new account."""
    simulated.play()
    key = new_key()

    def run(work: Callable[[Provider], Awaitable[Any]]) -> Any:
        async def connected() -> Any:
            provider = StripeProvider(Account(key, simulated.url))
            try:
                return await work(provider)
            finally:
                await provider.close()

        return asyncio.run(connected())

    return run


Use = Callable[[Callable[[Provider], Awaitable[Any]]], Any]


def opening(key: str = "tr_a1_create", amount: int = 1000, currency: str = "EUR") -> Opening:
    """What makes a payment of the attempt a1."""
    return Opening(key, amount, currency, PaymentReference("acme", "a1", "EON1"), "Order EON1")


async def authorised(provider: Provider, card: str = "pm_card_visa", key: str = "tr_a1_confirm") -> Any:
    """A payment that was asked for with a card."""
    opened = await provider.open(opening(f"{key}_create"))
    assert isinstance(opened, ProviderPayment), opened
    return await provider.authorise(Authorisation(key, opened.id, card, BACK))


def test_a_payment_is_opened_held_taken_and_given_back(use: Use, simulated: Simulated) -> None:
    async def work(provider: Provider) -> None:
        opened = await provider.open(opening())
        again = await provider.open(opening())
        assert isinstance(opened, ProviderPayment)
        assert isinstance(again, ProviderPayment)
        assert (opened.stage, opened.amount_minor, opened.currency, opened.attempt) == (Stage.OPENED, 1000, "EUR", "a1")
        assert (again.id, opened.is_live, opened.capture_before) == (opened.id, False, None)
        held = await provider.authorise(Authorisation("tr_a1_confirm", opened.id, "pm_card_visa", BACK))
        assert isinstance(held, ProviderPayment)
        assert (held.stage, held.captured_minor) == (Stage.AUTHORISED, 0)
        assert held.capture_before is not None
        assert held.created_at is not None
        assert held.capture_before - held.created_at >= 7 * 86_400 * 1_000_000
        taken = await provider.capture(Capture("tr_a1_capture", opened.id, 700, "EUR"))
        assert isinstance(taken, ProviderPayment)
        assert (taken.stage, taken.amount_minor, taken.captured_minor) == (Stage.CAPTURED, 1000, 700)
        assert taken.charge_id == held.charge_id
        order = RefundOrder("tr_r1_refund", opened.id, "r1", "acme", "a1", 200, "EUR")
        given = await provider.refund(order)
        assert isinstance(given, ProviderRefund)
        assert (given.stage, given.amount_minor, given.refund) == (RefundStage.SUCCEEDED, 200, "r1")
        known = await provider.refunds(opened.id)
        assert isinstance(known, list)
        assert [(one.id, one.provider_id) for one in known] == [(given.id, opened.id)]
        now = await provider.look_up(opened.id)
        assert isinstance(now, ProviderPayment)
        assert (now.stage, now.charge_id) == (Stage.CAPTURED, taken.charge_id)
        assert simulated.ledger(opened.id) == [("authorise", 1000), ("capture", 700), ("release", 300), ("refund", 200)]

    use(work)


@pytest.mark.parametrize(
    ("card", "stage", "code"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", Stage.DECLINED, "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", Stage.DECLINED, "expired_card"),
        ("pm_card_radarBlock", Stage.DECLINED, "fraudulent"),
        ("pm_card_authenticationRequired", Stage.NEEDS_ACTION, None),
    ],
)
def test_a_card_is_declined_or_its_holder_wanted(use: Use, card: str, stage: Stage, code: str | None) -> None:
    async def work(provider: Provider) -> None:
        found = await authorised(provider, card)
        looked = await provider.look_up(found.id)
        assert isinstance(looked, ProviderPayment)
        for one in (found, looked):
            assert (one.stage, one.code, one.attempt) == (stage, code, "a1")
        assert (found.action is not None) == (stage is Stage.NEEDS_ACTION)

    use(work)


def test_a_void_closes_it_for_good_also_after_it_ran_out(use: Use, simulated: Simulated) -> None:
    async def work(provider: Provider) -> None:
        found = await authorised(provider)
        gone = await provider.void(Void("tr_a1_cancel", found.id))
        assert isinstance(gone, ProviderPayment)
        assert (gone.stage, gone.has_lapsed) == (Stage.CANCELED, False)
        late = await provider.capture(Capture("tr_a1_capture", found.id, 1000, "EUR"))
        assert isinstance(late, Trouble)
        assert (late.kind, late.code) == (TroubleKind.REFUSED, "unexpected_state")
        lapsed = await authorised(provider, "pm_sim_expires_now", "tr_a2_confirm")
        after = await provider.look_up(lapsed.id)
        assert isinstance(after, ProviderPayment)
        assert (after.stage, after.has_lapsed) == (Stage.CANCELED, True)
        assert simulated.ledger(found.id) == [("authorise", 1000), ("void", 1000)]

    use(work)


@pytest.mark.parametrize(
    ("do", "kind", "code", "is_done"),
    [
        ({"fault": "close", "effect": True}, TroubleKind.UNKNOWN, "no_answer", True),
        ({"fault": "reset", "effect": False}, TroubleKind.UNKNOWN, "no_answer", False),
        ({"fault": "timeout", "hold_ms": 10, "effect": True}, TroubleKind.UNKNOWN, "no_answer", True),
        ({"fault": "cut_body"}, TroubleKind.UNKNOWN, "no_answer", True),
        ({"fault": "bad_json"}, TroubleKind.UNKNOWN, "malformed", True),
        ({"fault": "html"}, TroubleKind.UNKNOWN, "malformed", True),
        ({"fault": "status", "status": 500, "effect": True}, TroubleKind.UNKNOWN, "api_error", True),
        ({"fault": "status", "status": 503}, TroubleKind.UNKNOWN, "api_error", False),
        ({"fault": "status", "status": 424, "code": "x"}, TroubleKind.UNKNOWN, "x", False),
        ({"fault": "rate_limit"}, TroubleKind.BUSY, "rate_limit", False),
        ({"fault": "lock"}, TroubleKind.BUSY, "lock_timeout", False),
        ({"fault": "status", "status": 409, "code": "idempotency_key_in_use"}, TroubleKind.BUSY, None, False),
        ({"fault": "status", "status": 403}, TroubleKind.UNHEALTHY, None, False),
        ({"fault": "status", "status": 400, "code": "parameter_missing"}, TroubleKind.REFUSED, None, False),
    ],
    ids=lambda value: value.get("fault", "") + str(value.get("status", "")) if isinstance(value, dict) else None,
)
def test_each_trouble_says_how_much_is_known_and_is_sent_once(
    use: Use, simulated: Simulated, do: dict[str, Any], kind: TroubleKind, code: str | None, is_done: bool
) -> None:
    simulated.play({"on": {"op": CONFIRM}, "nth": 1, "do": do})
    before = len(simulated.requests(CONFIRM))

    async def work(provider: Provider) -> None:
        found = await authorised(provider)
        assert isinstance(found, Trouble), found
        assert found.kind is kind
        assert code is None or found.code == code
        assert len(simulated.requests(CONFIRM)) == before + 1
        listed = await provider.payments(0, 2**52)
        assert isinstance(listed, list)
        now = await provider.look_up(listed[0].id)
        assert isinstance(now, ProviderPayment)
        assert now.stage is (Stage.AUTHORISED if is_done else Stage.OPENED)

    use(work)


def test_nobody_there_is_not_sent_and_a_wrong_key_unhealthy(simulated: Simulated) -> None:
    async def work() -> None:
        for account, kind in (
            (Account("sk_test_x", "http://127.0.0.1:1"), TroubleKind.NOT_SENT),
            (Account("sk_live_x", simulated.url), TroubleKind.UNHEALTHY),
        ):
            provider = StripeProvider(account)
            for found in (await provider.open(opening()), await provider.payments(0, 1)):
                assert isinstance(found, Trouble)
                assert found.kind is kind
            await provider.close()

    asyncio.run(work())


def test_a_payment_of_another_account_is_unhealthy_and_an_unknown_card_refused(use: Use) -> None:
    async def work(provider: Provider) -> None:
        stranger = await provider.look_up("pi_nobody")
        assert isinstance(stranger, Trouble)
        assert (stranger.kind, stranger.code) == (TroubleKind.UNHEALTHY, NOT_FOUND)
        card = await authorised(provider, "pm_nobody")
        assert (card.kind, card.code) == (TroubleKind.REFUSED, "resource_missing")

    use(work)


def test_a_key_with_other_values_is_unknown_and_what_can_not_be_charged_is_never_sent(
    use: Use, simulated: Simulated
) -> None:
    async def work(provider: Provider) -> None:
        await provider.open(opening("k"))
        other = await provider.open(opening("k", 2000))
        assert isinstance(other, Trouble)
        assert (other.kind, other.code) == (TroubleKind.UNKNOWN, "idempotency_error")
        before = len(simulated.requests("payment_intents.create"))
        for amount, currency in ((50_050, "MGA"), (5124, "KWD"), (1000, "XXX")):
            refused = await provider.open(opening("m", amount, currency))
            assert isinstance(refused, Trouble)
            assert (refused.kind, refused.code) == (TroubleKind.REFUSED, "amount_invalid")
        assert len(simulated.requests("payment_intents.create")) == before

    use(work)


def test_only_payments_of_ours_are_listed_and_all_pages_of_them(use: Use, simulated: Simulated) -> None:
    async def work(provider: Provider) -> None:
        opened = [await provider.open(opening(f"k{number}")) for number in range(3)]
        found = await provider.payments(0, 2**52)
        assert isinstance(found, list)
        assert [one.id for one in found] == [one.id for one in reversed(opened) if isinstance(one, ProviderPayment)]
        assert await provider.payments(0, 1_000_000) == []

    use(work)


def test_a_redirect_is_no_answer() -> None:
    """The SDK's own client for `requests` would take the page behind it for the answer to a POST."""

    async def work() -> None:
        away = httpx.MockTransport(lambda _: httpx.Response(302, headers={"location": "https://elsewhere.example/"}))
        provider = StripeProvider(Account("sk_test_x", "http://127.0.0.1:1", away))
        found = await provider.open(opening())
        assert isinstance(found, Trouble)
        assert (found.kind, found.code) == (TroubleKind.UNKNOWN, "malformed")
        await provider.close()

    asyncio.run(work())


def test_nothing_secret_is_told_or_logged(use: Use, simulated: Simulated, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def work(provider: Provider) -> list[object]:
        told: list[object] = [await authorised(provider)]
        told.append(await authorised(provider, "pm_card_visa_chargeDeclined", "k2"))
        told.append(await provider.look_up("pi_nobody"))
        simulated.play({"on": {"op": "*"}, "do": {"fault": "close"}})
        told.append(await provider.look_up("pi_nobody"))
        return told

    told = repr(use(work)) + caplog.text
    for secret in ("_secret_", "sk_test_", "fingerprint", "last4", "exp_month"):
        assert secret not in told


def test_the_version_that_is_read_is_the_one_that_is_sent(use: Use, simulated: Simulated) -> None:
    """And the one that the pinned SDK was made for: who raises that has to read what has changed."""
    import stripe  # noqa: PLC0415

    assert stripe.api_version == API_VERSION


@pytest.mark.parametrize(
    ("minor", "currency", "sent"),
    [
        (1000, "EUR", 1000),
        (500, "JPY", 500),
        (50_000, "MGA", 500),
        (5, "ISK", 500),
        (5, "UGX", 500),
        (12_345, "HUF", 12_345),
        (5120, "KWD", 5120),
    ],
)
def test_each_group_of_currencies_goes_there_and_back(
    use: Use, simulated: Simulated, minor: int, currency: str, sent: int
) -> None:
    factor = 100  # above every least amount

    async def work(provider: Provider) -> None:
        opened = await provider.open(opening(amount=minor * factor, currency=currency))
        assert isinstance(opened, ProviderPayment), opened
        assert (opened.amount_minor, opened.currency) == (minor * factor, currency)
        assert f'"amount":{sent * factor}' in opened.told

    use(work)
