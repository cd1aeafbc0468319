"""What a payment mode's configuration has to be like, and where it leads."""

import asyncio

import pytest

from tests.psp import TOKEN
from tillroll.domain.payments.provider import Opening, PaymentReference, ProviderPayment
from tillroll.payments.stripe.connector import SimulatorConnector, StripeConnector
from tillroll.simulator.application import Setup, Simulator

SECRET = "sk_test_0123456789"
STRIPE = StripeConnector()
SIMULATOR = SimulatorConnector(lambda: Simulator(Setup(token=TOKEN)))


@pytest.mark.parametrize(
    ("connector", "configuration", "wrong"),
    [
        (STRIPE, {"Stripe/SecretKey": SECRET}, []),
        (
            STRIPE,
            {
                "Stripe/SecretKey": SECRET,
                "Stripe/PublishableKey": "pk_test_1",
                "Stripe/WebhookSecret": "whsec_0123456789",
                "Stripe/RedirectURL": "https://shop.example/back?x=1",
                "Stripe/Capture": "manual",
                "Stripe/JavascriptUrl": "https://js.example/v3",
            },
            [],
        ),
        (STRIPE, {}, ["Stripe/SecretKey"]),
        (STRIPE, {"Stripe/SecretKey": "pk_test_0123456789"}, ["Stripe/SecretKey"]),
        (STRIPE, {"Stripe/SecretKey": f"{SECRET}\n"}, ["Stripe/SecretKey"]),
        (STRIPE, {"Stripe/SecretKey": SECRET, "Stripe/PublishableKey": "pk_live_1"}, ["Stripe/PublishableKey"]),
        (STRIPE, {"Stripe/SecretKey": SECRET, "Stripe/PublishableKey": "public"}, ["Stripe/PublishableKey"]),
        (STRIPE, {"Stripe/SecretKey": SECRET, "Stripe/WebhookSecret": "hush"}, ["Stripe/WebhookSecret"]),
        (STRIPE, {"Stripe/SecretKey": SECRET, "Stripe/RedirectURL": "http://shop.example"}, ["Stripe/RedirectURL"]),
        (STRIPE, {"Stripe/SecretKey": SECRET, "Stripe/Capture": "later"}, ["Stripe/Capture"]),
        (STRIPE, {"Stripe/SecretKey": SECRET, "Stripe/JavascriptUrl": "javascript:1"}, ["Stripe/JavascriptUrl"]),
        (STRIPE, {"Stripe/SecretKey": SECRET, "Stripe/Sekret": "x"}, ["Stripe/Sekret"]),
        (SIMULATOR, {}, []),
        (SIMULATOR, {"Simulator/Url": "http://127.0.0.1:8556", "Simulator/RedirectURL": "http://localhost/b"}, []),
        (SIMULATOR, {"Simulator/Url": "https://api.stripe.com"}, ["Simulator/Url"]),
        (SIMULATOR, {"Simulator/Url": "http://192.0.2.1"}, ["Simulator/Url"]),
        (SIMULATOR, {"Simulator/Capture": ""}, ["Simulator/Capture"]),
    ],
)
def test_what_is_wrong_is_named_and_never_shown(
    connector: StripeConnector | SimulatorConnector, configuration: dict[str, str], wrong: list[str]
) -> None:
    found = connector.problems(configuration)
    assert list(found) == wrong
    for key, problem in found.items():
        assert not configuration.get(key) or configuration[key] not in problem


def test_a_mode_without_an_address_leads_to_a_simulator_in_this_process() -> None:
    async def work() -> None:
        first, second = SIMULATOR.connect({}), SIMULATOR.connect({"Simulator/Capture": "manual"})
        opened = await first.open(Opening("k", 1000, "EUR", PaymentReference("acme", "a1", "EON1")))
        assert isinstance(opened, ProviderPayment)
        assert isinstance(await second.look_up(opened.id), ProviderPayment)
        await first.close()
        await second.close()

    asyncio.run(work())
