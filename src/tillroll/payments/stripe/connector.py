"""Makes providers of payment modes: of Stripe's own, and of those that lead to the simulator on this machine."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tillroll.domain.payments.provider import Bell, NoBell
from tillroll.payments.protocol import BellRequest, Provider
from tillroll.payments.stripe.bells import heard

if TYPE_CHECKING:
    import httpx

STRIPE = "https://api.stripe.com"
# The simulator takes any test key for an account: all modes that lead to it have this one.
SIMULATED_KEY = "sk_test_tillroll"
SIMULATED = "http://simulator.localhost"

SECRET_KEY, PUBLISHABLE_KEY = "Stripe/SecretKey", "Stripe/PublishableKey"
URL = "Simulator/Url"
CAPTURES = ("checkout", "manual")

_STRIPE_KEYS = frozenset(
    {
        *(SECRET_KEY, PUBLISHABLE_KEY, "Stripe/WebhookSecret", "Stripe/WebhookSecretPrevious"),
        *("Stripe/RedirectURL", "Stripe/Capture", "Stripe/JavascriptUrl"),
    }
)
_SIMULATOR_KEYS = frozenset((URL, "Simulator/WebhookSecret", "Simulator/RedirectURL", "Simulator/Capture"))


class StripeConnector:
    """Providers of modes with a secret key of Stripe."""

    def problems(self, configuration: Mapping[str, str]) -> Mapping[str, str]:
        """What is wrong with a configuration, by key; no value is ever told."""
        found = _common(configuration, "Stripe", _STRIPE_KEYS)
        secret, publishable = configuration.get(SECRET_KEY, ""), configuration.get(PUBLISHABLE_KEY)
        if not secret.startswith(("sk_live_", "rk_live_", "sk_test_", "rk_test_")) or not _is_visible(secret):
            found[SECRET_KEY] = "a secret or restricted key is needed, which begins with sk_ or rk_"
        if publishable is not None:
            if not publishable.startswith(("pk_live_", "pk_test_")):
                found[PUBLISHABLE_KEY] = "a publishable key begins with pk_live_ or pk_test_"
            elif publishable[3:7] != secret[3:7]:
                found[PUBLISHABLE_KEY] = "of live and test mode, it has to be in that of the secret key"
        script = configuration.get("Stripe/JavascriptUrl")
        if script is not None and urlsplit(script).scheme != "https":
            found["Stripe/JavascriptUrl"] = "an address with https is needed"
        return found

    def hears(self, configuration: Mapping[str, str], request: BellRequest) -> Bell | NoBell | None:
        """The bell that a request is; one of the other mode, live or test, is of no payment."""
        bell = _heard(configuration, "Stripe", request)
        if isinstance(bell, Bell) and bell.is_live != ("_live_" in configuration.get(SECRET_KEY, "")):
            return Bell(bell.event, bell.type, None, None, bell.is_live)
        return bell

    def is_shared(self, configuration: Mapping[str, str]) -> bool:
        """There is one Stripe."""
        del configuration
        return True

    def connect(self, configuration: Mapping[str, str]) -> Provider:
        """The account of the mode's secret key."""
        return _connected(configuration[SECRET_KEY], STRIPE, None)


class SimulatorConnector:
    """Providers of modes that lead to a simulator: the one at `Simulator/Url`, or else one in this process."""

    def __init__(self, application: Callable[[], Any]) -> None:
        self._application = application
        self._running: Any = None
        self._beginning = Lock()

    def problems(self, configuration: Mapping[str, str]) -> Mapping[str, str]:
        """What is wrong with a configuration, by key."""
        found = _common(configuration, "Simulator", _SIMULATOR_KEYS)
        url = configuration.get(URL)
        if url is not None and not (urlsplit(url).scheme == "http" and _is_loopback(url)):
            found[URL] = "a simulator is on this machine only: http://127.0.0.1:8556"
        return found

    def hears(self, configuration: Mapping[str, str], request: BellRequest) -> Bell | NoBell | None:
        """The bell that a request is."""
        return _heard(configuration, "Simulator", request)

    def is_shared(self, configuration: Mapping[str, str]) -> bool:
        """Without an address each process has a simulator of its own."""
        return URL in configuration

    def connect(self, configuration: Mapping[str, str]) -> Provider:
        """The simulator's account of Tillroll."""
        url = configuration.get(URL)
        if url is not None:
            return _connected(SIMULATED_KEY, url, None)
        import httpx  # noqa: PLC0415  only who has such a mode needs it

        with self._beginning:  # several modes may be connected at once, in threads
            if self._running is None:
                self._running = self._application()
        return _connected(SIMULATED_KEY, SIMULATED, httpx.ASGITransport(self._running))


def _heard(configuration: Mapping[str, str], prefix: str, request: BellRequest) -> Bell | NoBell | None:
    names = f"{prefix}/WebhookSecret", f"{prefix}/WebhookSecretPrevious"
    secrets = [configuration[name] for name in names if name in configuration]
    if not secrets:
        return None
    signature = request.header(b"stripe-signature")
    return heard(request.body, signature, secrets, request.received_at // 1_000_000)


def _connected(key: str, base: str, transport: "httpx.AsyncBaseTransport | None") -> Provider:
    from tillroll.payments.stripe.client import Account, StripeProvider  # noqa: PLC0415  the SDK takes half a second

    return StripeProvider(Account(key, base, transport))


def _common(configuration: Mapping[str, str], prefix: str, known: frozenset[str]) -> dict[str, str]:
    """What is wrong with what both kinds of modes have."""
    names = f"{prefix}/WebhookSecret", f"{prefix}/WebhookSecretPrevious"
    found = {
        key: f"there is no such key; known are {', '.join(sorted(known))}"
        for key in configuration
        if key.startswith(f"{prefix}/") and key not in known
    }
    for name in names:
        secret = configuration.get(name)
        if secret is not None and not (secret.startswith("whsec_") and _is_visible(secret)):
            found.setdefault(name, "the secret of a webhook endpoint begins with whsec_")
    url = configuration.get(f"{prefix}/RedirectURL")
    if url is not None and not _is_landing(url):
        found[f"{prefix}/RedirectURL"] = "an address with https is needed, or with http on this machine"
    capture = configuration.get(f"{prefix}/Capture")
    if capture is not None and capture not in CAPTURES:
        found[f"{prefix}/Capture"] = f"one of {', '.join(CAPTURES)}"
    return found


def _is_visible(text: str) -> bool:
    """Whether a text has nothing but characters that can stand in a header."""
    return len(text) > len("sk_test_") and all("!" <= one <= "~" for one in text)


def _is_landing(url: str) -> bool:
    parts = urlsplit(url)
    return (parts.scheme == "https" and bool(parts.hostname)) or (parts.scheme == "http" and _is_loopback(url))


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
