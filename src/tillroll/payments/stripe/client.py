"""One account at Stripe through its SDK: one request for each method, and nothing is sent twice.

The SDK is told not to try again, not to send telemetry (it would write an id into the home folder, too), and to use a
carrier of ours: it follows no redirects, heeds no proxy variables, and tells what was not sent from what is unknown.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import httpx
import stripe
from msgspec import Struct

from tillroll.domain.payments.provider import (
    Authorisation,
    Capture,
    Opening,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    RefundOrder,
    Trouble,
    TroubleKind,
    Void,
)
from tillroll.payments.stripe import answers
from tillroll.payments.stripe.amounts import to_stripe

# The version of the API that answers are read by: passed on every request, so that a newer SDK does not move it.
API_VERSION = "2026-10-28.endive"
# What a connection may take; how long an answer may take is for whoever asks to say, and this the end of it.
CONNECT_SECONDS = 3.0
ANSWER_SECONDS_MAX = 30.0
CONNECTIONS_MAX = 32
PAGE = 100
MICROSECONDS = 1_000_000
TOKEN_OF_CONFIRMATION = "ctoken_"

_ADDRESSES = ("api", "files", "connect", "meter_events")


class Account(Struct, frozen=True):
    """Whose account it is and where; `transport` leads into an application of this process instead of the network."""

    key: str
    base: str
    transport: httpx.AsyncBaseTransport | None = None


class NotSent(stripe.APIConnectionError):
    """Nothing has left: there was no connection."""


class Carrier(stripe.HTTPClient):
    """Carries the SDK's requests, each once."""

    name = "tillroll"

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__()
        self._client = client

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send a request; raises NotSent, or APIConnectionError where it may have been received."""
        try:
            answer = await self._client.request(method.upper(), url, headers=headers, content=post_data)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent(type(error).__name__, should_retry=False) from error  # type: ignore[no-untyped-call]
        except (httpx.HTTPError, OSError) as error:
            raise stripe.APIConnectionError(type(error).__name__) from error  # type: ignore[no-untyped-call]
        return answer.content, answer.status_code, answer.headers


class StripeProvider:
    """The provider protocol on one account; see `payments.protocol` for what each method promises."""

    def __init__(self, account: Account) -> None:
        stripe.enable_telemetry = False
        for chatty in ("stripe", "httpx", "httpcore"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._http = httpx.AsyncClient(
            transport=account.transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX),
        )
        addresses: Any = dict.fromkeys(_ADDRESSES, account.base.rstrip("/"))
        self._sdk = stripe.StripeClient(
            account.key,
            stripe_version=API_VERSION,
            base_addresses=addresses,
            max_network_retries=0,
            http_client=Carrier(self._http),
        )

    async def open(self, asked: Opening) -> ProviderPayment | Trouble:
        """Make an intent that is confirmed later, by its id."""
        amount = to_stripe(asked.amount_minor, asked.currency)
        if amount is None:
            return _not_exact(asked.amount_minor, asked.currency)
        reference = asked.reference
        given: dict[str, Any] = {
            "amount": amount,
            "currency": asked.currency.lower(),
            "capture_method": "manual",
            "confirmation_method": "automatic",
            "allowed_payment_method_types": ["card"],
            "metadata": {
                answers.MARK: answers.OURS,
                "shop": reference.shop,
                "attempt": reference.attempt,
                "order": reference.order,
            },
        }
        given |= {"description": asked.description} if asked.description else {}
        return await _payment(lambda: self._intents.create_async(given, _keyed(asked.key)))

    async def authorise(self, asked: Authorisation) -> ProviderPayment | Trouble:
        """Confirm an intent with what the storefront got for the card."""
        is_confirmation = asked.token.startswith(TOKEN_OF_CONFIRMATION)
        given = {
            "confirmation_token" if is_confirmation else "payment_method": asked.token,
            "expand": ["latest_charge"],
        }
        given |= {"return_url": asked.return_url} if asked.return_url else {}
        id = asked.provider_id
        return await _payment(lambda: self._intents.confirm_async(id, given, _keyed(asked.key)))

    async def capture(self, asked: Capture) -> ProviderPayment | Trouble:
        """Take what is held, or a part of it."""
        amount = to_stripe(asked.amount_minor, asked.currency)
        if amount is None:
            return _not_exact(asked.amount_minor, asked.currency)
        given = {"amount_to_capture": amount, "expand": ["latest_charge"]}
        return await _payment(lambda: self._intents.capture_async(asked.provider_id, given, _keyed(asked.key)))

    async def void(self, asked: Void) -> ProviderPayment | Trouble:
        """Cancel an intent that nothing was taken of."""
        given = {"cancellation_reason": "abandoned"}
        return await _payment(lambda: self._intents.cancel_async(asked.provider_id, given, _keyed(asked.key)))

    async def refund(self, asked: RefundOrder) -> ProviderRefund | Trouble:
        """Give back what was captured."""
        amount = to_stripe(asked.amount_minor, asked.currency)
        if amount is None:
            return _not_exact(asked.amount_minor, asked.currency)
        given = {
            "payment_intent": asked.provider_id,
            "amount": amount,
            "metadata": {"shop": asked.shop, "attempt": asked.attempt, "refund": asked.refund},
        }
        found = await _told(lambda: self._sdk.v1.refunds.create_async(given, _keyed(asked.key)))  # type: ignore[arg-type]
        if isinstance(found, Told):
            return answers.refund(found.data, found.request_id)
        return found if isinstance(found, Trouble) else answers.malformed("a payment in the place of a refund")

    async def look_up(self, provider_id: str) -> ProviderPayment | Trouble:
        """The intent as it is now."""
        given = {"expand": ["latest_charge"]}
        return await _payment(lambda: self._intents.retrieve_async(provider_id, given))

    async def refunds(self, provider_id: str) -> Sequence[ProviderRefund] | Trouble:
        """All refunds of an intent."""
        listed: Any = self._sdk.v1.refunds.list_async
        told = await _pages(listed, {"payment_intent": provider_id})
        if isinstance(told, Trouble):
            return told
        found = [answers.refund(data, request_id) for data, request_id in told]
        broken = next((one for one in found if isinstance(one, Trouble)), None)
        return broken or [one for one in found if isinstance(one, ProviderRefund)]

    async def disputes(self, provider_id: str) -> Sequence[ProviderDispute] | Trouble:
        """All disputes of an intent."""
        listed: Any = self._sdk.v1.disputes.list_async
        told = await _pages(listed, {"payment_intent": provider_id})
        if isinstance(told, Trouble):
            return told
        found = [answers.dispute(data, request_id) for data, request_id in told]
        broken = next((one for one in found if isinstance(one, Trouble)), None)
        return broken or [one for one in found if isinstance(one, ProviderDispute)]

    async def payments(self, since: int, until: int) -> Sequence[ProviderPayment] | Trouble:
        """All intents of ours that were made in a span of time."""
        span = {"gte": since // MICROSECONDS, "lte": -(-until // MICROSECONDS)}
        told = await _pages(self._intents.list_async, {"created": span, "expand": ["data.latest_charge"]})
        if isinstance(told, Trouble):
            return told
        found = [answers.payment(data, request_id) for data, request_id in told]
        broken = next((one for one in found if isinstance(one, Trouble)), None)
        return broken or [one for one in found if isinstance(one, ProviderPayment) and one.attempt is not None]

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    @property
    def _intents(self) -> Any:
        return self._sdk.v1.payment_intents


class Told(Struct, frozen=True):
    """An answer of 200: its JSON, and the request's id."""

    data: Any
    request_id: str | None


def _keyed(key: str) -> Any:
    return {"idempotency_key": key}


def _not_exact(amount_minor: int, currency: str) -> Trouble:
    message = f"{amount_minor} {currency} can not be charged exactly"
    return Trouble(kind=TroubleKind.REFUSED, code="amount_invalid", message=message)


async def _payment(call: Callable[[], Awaitable[Any]]) -> ProviderPayment | Trouble:
    found = await _told(call)
    return answers.payment(found.data, found.request_id) if isinstance(found, Told) else found


async def _pages(
    call: Callable[[Any], Awaitable[Any]], given: dict[str, Any]
) -> list[tuple[Any, str | None]] | Trouble:
    """Everything that a list has, page by page."""
    found: list[tuple[Any, str | None]] = []
    while True:
        asked = {**given, "limit": PAGE} | ({"starting_after": found[-1][0]["id"]} if found else {})
        page = await _told(lambda asked=asked: call(asked))  # type: ignore[misc]
        if not isinstance(page, Told):
            return page if isinstance(page, Trouble) else answers.malformed("a payment in the place of a list")
        try:
            data, has_more = list(page.data["data"]), page.data["has_more"]
            found += [(one, page.request_id) for one in data if one["id"]]
        except (KeyError, TypeError) as error:
            return answers.malformed(f"a list without {error}", page.request_id)
        if not has_more or not data:
            return found


async def _told(call: Callable[[], Awaitable[Any]]) -> Told | ProviderPayment | Trouble:
    """What a call of the SDK tells; it raises nothing but CancelledError."""
    try:
        response: Any = (await call()).last_response
        return Told(response.data, response.request_id)
    except NotSent as error:
        return Trouble(kind=TroubleKind.NOT_SENT, code="not_sent", message=str(error.user_message))
    except stripe.StripeError as error:
        if error.http_status is None:
            return Trouble(kind=TroubleKind.UNKNOWN, code="no_answer", message=type(error.__cause__ or error).__name__)
        return answers.refusal(error.http_status, error.json_body, error.request_id)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return answers.malformed(f"the SDK can not read it: {type(error).__name__}")
