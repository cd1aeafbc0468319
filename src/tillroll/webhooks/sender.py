"""One message to one endpoint, once: its host is resolved, the address is judged, and that address is connected to.

    url ─► target ─► addresses ─► public? ─► POST to the address, with the host's name for TLS and in Host ─► answer

The address is judged at each delivery, because a name may lead elsewhere since it was registered, and the connection
goes to the very address that was judged. Redirects are not followed, no proxy of the environment is used, and of the
answer only the beginning is read.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from msgspec import Struct
from standardwebhooks import Webhook

from tillroll import __version__
from tillroll.domain.outbox.targets import Target, refused_addresses, target_of
from tillroll.engine.outbox.ids import message_id
from tillroll.engine.outbox.lanes import SendTask

# Of an answer nobody needs more than how it begins.
ANSWER_BYTES_MAX = 4_096
# A host may have an address that does not answer: the next one is tried, but not all of a hundred.
ADDRESSES_MAX = 3
# How long a name server may take while somebody waits for the answer about an endpoint: less than a request may.
RESOLVE_SECONDS = 3
# Statuses that ask for patience, by Retry-After where they say how much (RFC 9110, 10.2.3).
PATIENCE = (429, 503)
GONE = 410
SECRET_PREFIX = "whsec_"

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, for a port; raises OSError where there are none."""


class SentAnswer(Struct, frozen=True):
    """What an endpoint answered: no status where nothing came back, and then why not.

    `rest_seconds` is how long it wants to be left alone.
    """

    status: int | None
    text: str
    rest_seconds: int = 0

    @property
    def is_gone(self) -> bool:
        """Whether the endpoint wants to be told nothing more."""
        return self.status == GONE


class Sender:
    """Sends messages; a whole delivery takes so many seconds at most."""

    def __init__(self, *, call_seconds: float, private_allowed: bool, resolve: Resolve | None = None) -> None:
        self.call_seconds = call_seconds
        self._private_allowed = private_allowed
        self._resolve = resolve or resolved
        self._client: httpx.AsyncClient | None = None

    async def problem(self, url: str) -> str:
        """What speaks against an endpoint at this URL, for people; nothing where messages may go there."""
        target = target_of(url, private_allowed=self._private_allowed)
        if isinstance(target, str):
            return target
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                addresses = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):  # a timeout is an OSError, too
            return "the host of url has no address"
        return self._refusal(addresses)

    async def send(self, task: SendTask, now: int) -> SentAnswer:
        """Send a message, as of now (microseconds UTC); whatever happens is an answer."""
        target = target_of(task.url, private_allowed=self._private_allowed)
        if isinstance(target, str):
            return SentAnswer(None, target)
        try:
            async with asyncio.timeout(self.call_seconds):
                addresses = await self._resolve(target.host, target.port)
                refusal = self._refusal(addresses)
                if refusal:
                    return SentAnswer(None, refusal)
                return await self._posted(target, addresses[:ADDRESSES_MAX], (task, now))
        except TimeoutError:
            return SentAnswer(None, f"no answer within {self.call_seconds:g} s")
        except (httpx.HTTPError, OSError, UnicodeError) as trouble:
            return SentAnswer(None, f"{type(trouble).__name__}: {trouble}")

    async def close(self) -> None:
        """Let go of all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _refusal(self, addresses: Sequence[str]) -> str:
        refused = refused_addresses(addresses, private_allowed=self._private_allowed)
        if refused:
            return f"the host of url has the address {refused[0]}, which is not one of the public internet"
        return "" if addresses else "the host of url has no address"

    async def _posted(self, target: Target, addresses: Sequence[str], sent: tuple[SendTask, int]) -> SentAnswer:
        """Send to the first of these addresses that can be connected to."""
        *others, last = addresses
        for address in others:
            try:
                return await self._post(target, address, sent)
            except httpx.ConnectError:
                continue  # nothing was sent: the next address is tried
        return await self._post(target, last, sent)

    async def _post(self, target: Target, address: str, sent: tuple[SendTask, int]) -> SentAnswer:
        task, now = sent
        host = f"[{address}]" if ":" in address else address
        url = f"{target.scheme}://{host}:{target.port}{target.path}"
        content = task.document.encode()
        headers = {"host": target.authority, **signed(task, now)}
        named = {"sni_hostname": target.host}
        posting = self._opened().stream("POST", url, content=content, headers=headers, extensions=named)
        async with posting as response:
            text = await _beginning(response)
        rest = rest_seconds(response.headers.get("retry-after", ""), now) if response.status_code in PATIENCE else 0
        return SentAnswer(response.status_code, text, rest)

    def _opened(self) -> httpx.AsyncClient:
        """The client: made when it is first needed. No connection is kept, because one address may have many hosts."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                trust_env=False,
                follow_redirects=False,
                timeout=self.call_seconds,
                limits=httpx.Limits(max_keepalive_connections=0),
                headers={"content-type": "application/json", "user-agent": f"Tillroll/{__version__}"},
            )
        return self._client


async def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host, in the order of the system."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def signed(task: SendTask, now: int) -> dict[str, str]:
    """The headers of a message as Standard Webhooks has them, signed with every secret that holds."""
    id, moment = message_id(task.position), datetime.fromtimestamp(now // 1_000_000, UTC)
    signatures = [Webhook(secret).sign(id, moment, task.document) for secret in task.secrets]
    return {
        "webhook-id": id,
        "webhook-timestamp": str(now // 1_000_000),
        "webhook-signature": " ".join(signatures),
    }


def rest_seconds(said: str, now: int) -> int:
    """What a Retry-After asks for: seconds, or a date; nothing where it can not be read."""
    text = said.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return int(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp()) - now // 1_000_000)


async def _beginning(response: httpx.Response) -> str:
    """How an answer begins; the connection is closed on the rest. It is not unpacked."""
    found = b""
    async for chunk in response.aiter_raw():
        found += chunk[: ANSWER_BYTES_MAX - len(found)]
        if len(found) >= ANSWER_BYTES_MAX:
            break
    return found.decode("utf-8", "replace")
