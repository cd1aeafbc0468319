"""Our books of payments against those of the providers: an audit that asks others, and changes nothing."""

from collections.abc import Sequence

from msgspec import Struct

from tillroll.domain.payments.comparison import differences
from tillroll.domain.payments.payment import PaymentMode
from tillroll.domain.payments.provider import Trouble
from tillroll.engine.payments import history
from tillroll.engine.payments.history import PaymentSpan
from tillroll.payments.gateway import Gateway
from tillroll.store import Store

# A payment may stand at its provider a little before or after it does here.
LEEWAY = 300_000_000


class ComparedMode(Struct, frozen=True):
    """What came of comparing the payments by one mode of a shop; `unreachable` says why none were, if so."""

    shop: str
    mode: str
    provider: str
    payments: int = 0
    problems: tuple[str, ...] = ()
    unreachable: str = ""


async def compare(
    store: Store, gateway: Gateway, modes: Sequence[tuple[str, PaymentMode]], span: tuple[int, int]
) -> list[ComparedMode]:
    """Compare the payments by these modes, each with its shop, that were begun in a span of time (µs UTC)."""
    found = []
    for shop, mode in modes:
        found.append(await _compared(store, gateway, (shop, mode), span))
    return found


async def _compared(
    store: Store, gateway: Gateway, one: tuple[str, PaymentMode], span: tuple[int, int]
) -> ComparedMode:
    shop, mode = one
    since, until = span
    theirs = await gateway.books_of(mode, since - LEEWAY, until + LEEWAY)
    if isinstance(theirs, Trouble):
        said = theirs.message or theirs.code or theirs.kind.value
        return ComparedMode(shop, mode.id, mode.provider, unreachable=said)
    # Ours are read afterwards: what the provider had by then was begun here before.
    ours = await store.read(history.between, PaymentSpan(shop, mode.id, since - LEEWAY, until + LEEWAY), "list")
    inside = {past.attempt.provider_id for past in ours if since <= past.attempt.created_at <= until}
    told = [
        payment
        for payment in theirs
        if payment.shop == shop
        and (payment.id in inside or (payment.created_at is None or since <= payment.created_at <= until))
    ]
    attempts = [past.attempt for past in ours if past.attempt.provider_id in inside]
    begun_at_the_edge = {past.attempt.provider_id for past in ours} - inside
    problems = differences(
        attempts,
        [payment for payment in told if payment.id not in begun_at_the_edge],
        {past.attempt.id: past.refunds for past in ours},
    )
    return ComparedMode(shop, mode.id, mode.provider, len(attempts), tuple(problems))
