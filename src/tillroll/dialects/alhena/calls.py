"""What every call of this dialect goes through, whatever it reports.

    decode ─► whose company? may it report? all fields there? ─► said before? ─► judge ─► keep the event ─► answer

Every call of a known company becomes one event of the ledger, whatever it is answered; only a replay leaves no trace.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import Struct

from tillroll.dialects.alhena.companies import DIALECT, Companies, Company
from tillroll.dialects.alhena.errors import (
    ALHENA,
    COMPANY_NOT_FOUND,
    MISSING_FIELDS,
    message_of,
    missing_message,
)
from tillroll.dialects.alhena.payload import Told
from tillroll.dialects.alhena.replays import Said, keep_answers, kept_answers, twins
from tillroll.dialects.http import Inbound, Response
from tillroll.dialects.rates import RefusedCalls
from tillroll.domain.events.events import OF_A_PAGE, REFUSED, SHORT, TOO_MANY, Note, OutsideEvent, unread
from tillroll.engine.ledger import ledger
from tillroll.store import Transaction
from tillroll.store.ledger.rows import StrayCall

ENCODER = msgspec.json.Encoder(decimal_format="number")

_NO_COMPANY = Company.of_nobody()


class Call(Struct, frozen=True):
    """One call of a known company, and what it says."""

    inbound: Inbound
    company: Company
    told: Told
    is_refused: bool = False
    """Whether it is refused for what it is, whatever was reported before."""

    @property
    def list_bytes_max(self) -> int:
        """How much of a list of what was said is kept: all of it from a back end, little of what is refused."""
        if self.is_refused:
            return SHORT.known_bytes
        return -1 if self.company.trusts(self.inbound) else OF_A_PAGE.known_bytes


class Settled(Struct, frozen=True):
    """How a call ended: its answer, the event that is kept of it, and what else became true by it."""

    response: Response
    event: OutsideEvent | None = None
    notes: tuple[Note, ...] = ()


class Reception(Struct, frozen=True):
    """What all desks share: who is known, and how many refused calls are kept."""

    companies: Companies
    refused: RefusedCalls


class Desk(Struct, frozen=True):
    """What is particular to one kind of call: its name in the ledger, its event, and what becomes of valid ones."""

    kind: str
    event: Callable[[Call, str, str], OutsideEvent]
    judge: Callable[[Transaction, Sequence[Call]], Sequence[Settled]]


Run = Callable[[Transaction, Sequence[Inbound]], Sequence[Response]]


def at_desk(reception: Reception, desk: Desk) -> Run:
    """A route's `run` that takes calls through all steps."""

    def run(tx: Transaction, requests: Sequence[Inbound]) -> Sequence[Response]:
        known = reception.companies.of(tx, {inbound.command.sender.company_key for inbound in requests})
        settled: dict[int, Settled] = {}
        calls: dict[int, Call] = {}
        for position, inbound in enumerate(requests):
            company = known.get(inbound.command.sender.company_key)
            call = Call(inbound, company or _NO_COMPANY, inbound.command)
            end = _turned_away(tx, reception, desk, call)
            if end is not None:
                settled[position] = end
            else:
                calls[position] = call
        if calls:
            settled |= _judged_once(tx, desk, calls)
        ends = [settled[position] for position in range(len(requests))]
        ledger.record(tx, [one.event for one in ends if one.event is not None])
        ledger.note(tx, [note for one in ends for note in one.notes])
        return [one.response for one in ends]

    return run


def _turned_away(tx: Transaction, reception: Reception, desk: Desk, call: Call) -> Settled | None:
    """The end of a call that is not heard: refused, of no shop, or too often either; None for all others."""
    if call.told.wait_seconds:
        return _too_often(desk, call, call.told.wait_seconds)
    objection = "no_company" if not call.company.shop else _objection(call)
    if not objection:
        return None
    wait = reception.refused.take(call.company.shop, call.inbound)
    if wait:
        return _too_often(desk, call, wait)
    return _refused(desk, call, objection) if call.company.shop else _stray(tx, desk, call)


def _too_often(desk: Desk, call: Call, seconds: int) -> Settled:
    """A call that is counted, and not kept."""
    response = ALHENA.refuse(429, message=f"Too many requests: try again in {seconds} s.")
    response = Response(response.status, response.body, (*response.headers, (b"retry-after", b"%d" % seconds)))
    if not call.company.shop:
        return Settled(response)
    return Settled(response, desk.event(msgspec.structs.replace(call, is_refused=True), REFUSED, TOO_MANY))


def unread_facts(inbound: Inbound) -> dict[str, object]:
    """The beginning of a body that can not be used as it is; `truncated` says how long all of it is."""
    body = unread(inbound.body)
    return {"body": body} | ({"truncated": len(inbound.body)} if len(body.encode()) < len(inbound.body) else {})


def _stray(tx: Transaction, desk: Desk, call: Call) -> Settled:
    """A call that no shop stands behind: kept apart, because its company may be registered later."""
    wrong = [one.field for one in call.told.wrong if not one.is_forgivable]
    code = MISSING_FIELDS if wrong else COMPANY_NOT_FOUND
    stray = StrayCall(
        call=call.inbound.id,
        dialect=DIALECT,
        claimed=call.told.sender.company_key,
        kind=desk.kind,
        reason=code.lower(),
        received_at=call.inbound.received_at,
        document=ENCODER.encode(unread_facts(call.inbound)).decode(),
    )
    ledger.record_strays(tx, [stray])
    return Settled(call.company.error(code, missing_message(wrong) if wrong else message_of(code)))


def _objection(call: Call) -> str:
    """Why the call is refused before anybody looks at what was reported before, as a reason; empty where it is not."""
    return call.company.objection(call.inbound) or (MISSING_FIELDS.lower() if _wrong(call) else "")


def _wrong(call: Call) -> list[str]:
    return [one.field for one in call.told.wrong if not (one.is_forgivable and call.company.is_lenient)]


def _refused(desk: Desk, call: Call, objection: str) -> Settled:
    if objection == MISSING_FIELDS.lower():
        response = call.company.error(MISSING_FIELDS, missing_message(_wrong(call)))
    else:
        message = f"The shop takes no reports from this sender: {objection.replace('_', ' ')}."
        response = call.company.error("FORBIDDEN", message, status=403)
    return Settled(response, desk.event(msgspec.structs.replace(call, is_refused=True), REFUSED, objection))


def _judged_once(tx: Transaction, desk: Desk, calls: Mapping[int, Call]) -> dict[int, Settled]:
    """Every call's end; those that were made before end as they did then."""
    said = {position: _said(call) for position, call in calls.items()}
    settled: dict[int, Settled] = {}
    for position, answer in kept_answers(tx, said).items():
        if answer is None:
            message = "This event_id or Idempotency-Key was used with another report: send a new one."
            settled[position] = Settled(calls[position].company.error("KEY_REUSED", message, status=422))
        else:
            settled[position] = Settled(Response(answer.status, answer.body))
    repeats = {one: first for one, first in twins(said).items() if one not in settled}
    fresh = [one for one in calls if one not in settled and one not in repeats]
    settled.update(zip(fresh, desk.judge(tx, [calls[one] for one in fresh]), strict=True))
    settled |= {one: Settled(settled[first].response) for one, first in repeats.items()}
    keep_answers(tx, {one: said[one] for one in fresh}, {one: settled[one].response for one in fresh})
    return settled


def _said(call: Call) -> Said:
    content = ENCODER.encode(msgspec.structs.replace(call.told, happened_at=0))
    return Said(call.company.shop, call.told.event_id, content, call.inbound)
