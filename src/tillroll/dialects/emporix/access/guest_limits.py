"""How often guests may do what costs disk, hashes or mail, and how often somebody may guess.

Back offices are not asked: all shoppers of a shop may come through one of them. Each server process counts for itself.
"""

from collections.abc import Callable

from msgspec import Struct

from tillroll.dialects.emporix.wire.errors import EmporixService, Refusal, Reply
from tillroll.dialects.emporix.wire.secured import Call
from tillroll.dialects.http import Inbound, TooMany
from tillroll.dialects.rates import place_of
from tillroll.engine.access.access import SERVICE
from tillroll.engine.access.throttle import HOUR_MINUTES, Allowance
from tillroll.settings import Settings

# Nobody forgets one password more often; whoever asks on behalf of somebody else fills no mailbox.
RESETS_OF_CUSTOMER_PER_HOUR = 5
# What a wrong guess is answered with: there is no such code, or it is somebody else's; there is no such secret.
_NO_SUCH_CODE = frozenset({403, 404})
_NO_SUCH_SECRET = frozenset({400, 401})


class GuestLimits(Struct, frozen=True):
    """The allowances of addresses, and of customers whose password is said to be forgotten."""

    sessions: Allowance
    sign_ups: Allowance
    resets: Allowance
    resets_of_customer: Allowance
    guesses: Allowance

    @classmethod
    def of(cls, settings: Settings) -> "GuestLimits":
        """Those that the operator has set."""
        resets = settings.password_resets_per_hour
        return cls(
            Allowance(settings.sessions_per_minute),
            Allowance(settings.customer_sign_ups_per_hour, minutes=HOUR_MINUTES),
            Allowance(resets, minutes=HOUR_MINUTES),
            Allowance(min(resets, RESETS_OF_CUSTOMER_PER_HOUR), minutes=HOUR_MINUTES),
            Allowance(settings.guesses_per_minute),
        )

    def begin_session(self, inbound: Inbound) -> None:
        """Take one session of this address. Raises TooMany."""
        seconds = self.sessions.take(place_of(inbound.remote), inbound.received_at)
        if seconds:
            raise TooMany(seconds)

    def sign_up(self, service: EmporixService, call: Call) -> Refusal | None:
        """Take one sign-up of this address; the refusal where there is none left."""
        return _taken(self.sign_ups, service, call)

    def reset(self, service: EmporixService, call: Call) -> Refusal | None:
        """Take one forgotten password of this address; the refusal where there is none left."""
        return _taken(self.resets, service, call)

    def is_reset_noted(self, call: Call, customer_id: str) -> bool:
        """Whether this customer's forgotten password is told to the shop once more."""
        return not self.resets_of_customer.take(f"{call.shop}/{customer_id}", call.now)

    def guess(self, service: EmporixService, call: Call, answer: Callable[[], Reply]) -> Reply:
        """The answer to a guess at a short code: a wrong one counts, and after too many nobody there is listened to."""
        if call.caller.kind == SERVICE:
            return answer()
        name = f"{call.shop}/{place_of(call.inbound.remote)}"
        seconds = self.guesses.wait(name, call.now)
        if seconds:
            return too_many(service, seconds)
        reply = answer()
        if reply.status in _NO_SUCH_CODE:
            self.guesses.take(name, call.now)
        return reply

    def wrong(self, service: EmporixService, inbound: Inbound, refusal: Refusal) -> Refusal:
        """The refusal of a wrong secret, which nobody guesses: after too many, to wait. A right one is not held up."""
        if refusal.status not in _NO_SUCH_SECRET:
            return refusal
        seconds = self.guesses.take(f"secret/{place_of(inbound.remote)}", inbound.received_at)
        return too_many(service, seconds) if seconds else refusal


def _taken(allowance: Allowance, service: EmporixService, call: Call) -> Refusal | None:
    if call.caller.kind == SERVICE:
        return None
    seconds = allowance.take(place_of(call.inbound.remote), call.now)
    return too_many(service, seconds) if seconds else None


def too_many(service: EmporixService, seconds: int) -> Refusal:
    """429 in the service's own words."""
    refusal = service.refusal(429, message=f"Too many requests: try again in {seconds} s.")
    return refusal.beside((b"retry-after", b"%d" % seconds))
